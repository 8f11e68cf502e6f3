"""What happens, one line each, where stdout is no terminal: events, alerts with their evidence, deliveries. Pure."""

from streams.run.lines import AlertLine, AttemptLine, EventLine
from streams.run.view import outlets, parties


def event_text(event: EventLine) -> str:
    """One line for an event."""
    parts = [
        f"{event.at:%H:%M:%S} event",
        f"{event.type} ({event.assertion})",
        parties(event),
        ", ".join(event.systems) or "-",
        f"[{event.outlet}{', ' + event.verdict if event.verdict in ('copy', 'revision') else ''}]",
        f"“{event.because or event.title}”",
    ]
    return "  ".join(parts)


def alert_text(alert: AlertLine) -> str:
    """One line for an alert: why it came, and the sentence that decided."""
    seen = f", {outlets(alert)}" if alert.outlets else ""
    held = f" ({alert.held}, not sent)" if alert.held else ""
    reasons = "; ".join(alert.reasons) or alert.watch_title
    return (
        f"{alert.at:%H:%M:%S} ALERT {alert.level} {alert.kind}{held}  {alert.watch}: {alert.title} ({reasons}{seen})"
        f"  evidence: “{alert.because or alert.title}”"
    )


def attempt_text(attempt: AttemptLine) -> str:
    """One line for an attempt to deliver."""
    what = f"{attempt.kind} {attempt.watch}".strip()
    if attempt.status is not None and 200 <= attempt.status < 300:
        return f"{attempt.at:%H:%M:%S} delivered {what} to {attempt.receiver} ({attempt.alert})"
    why = attempt.error or f"status {attempt.status}"
    return f"{attempt.at:%H:%M:%S} delivery of {what} to {attempt.receiver} failed: {why} ({attempt.alert})"
