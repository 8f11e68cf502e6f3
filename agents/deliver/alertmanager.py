"""An alert as Prometheus Alertmanager's webhook body, version 4, for tools that already take those."""

import hashlib

import msgspec

from agents.deliver.wording import clip, facts_of, headline
from streams.records import Alert, AlertKind

LABEL_BYTES, ANNOTATION_BYTES = 200, 1_200
NEVER = "0001-01-01T00:00:00Z"  # Go's zero time: how Alertmanager writes "has not ended"


def alertmanager_body(alert: Alert, receiver: str) -> bytes:
    """The body with one alert: firing, or resolved where it was retracted or a source has recovered."""
    over = alert.kind in (AlertKind.RETRACTED, AlertKind.SOURCE_RECOVERED)
    raised = msgspec.to_builtins(alert.raised, str_keys=True)
    labels = _clipped(_labels(alert), LABEL_BYTES)
    annotations = _clipped(_annotations(alert), ANNOTATION_BYTES)
    status = "resolved" if over else "firing"
    # Firing and resolved must carry the same fingerprint, so it is of the development, not of the message.
    group = f"{labels.get('watch', labels['kind'])}:{alert.development or alert.subject or alert.id}"
    link = clip(alert.link or "", ANNOTATION_BYTES)
    return msgspec.json.encode(
        {
            "version": "4",
            "groupKey": clip(group, LABEL_BYTES),
            "truncatedAlerts": 0,
            "status": status,
            "receiver": receiver,
            "groupLabels": {"alertname": labels["alertname"]},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": link,
            "alerts": [
                {
                    "status": status,
                    "labels": labels,
                    "annotations": annotations,
                    "startsAt": raised,
                    "endsAt": raised if over else NEVER,
                    "generatorURL": link,
                    "fingerprint": hashlib.sha256(group.encode()).hexdigest()[:16],
                }
            ],
        }
    )


def _labels(alert: Alert) -> dict[str, str]:
    labels = {"alertname": "ArmsTransfer" if alert.watch else "Armswire", "kind": str(alert.kind)}
    if alert.watch:
        labels |= {"watch": alert.watch.id, "severity": alert.watch.level}
    if alert.subject:
        labels["subject"] = alert.subject
    return labels | facts_of(alert.event or {})


def _annotations(alert: Alert) -> dict[str, str]:
    annotations = {"summary": headline(alert), "id": alert.id}
    if alert.articles:
        annotations |= {"title": alert.articles[0].title, "outlet": alert.articles[0].outlet}
        annotations |= {"url": alert.articles[0].url} if alert.articles[0].url else {}
    if alert.detail:
        annotations["description"] = alert.detail
    if alert.watch:
        annotations["independent_outlets"] = str(alert.independent_outlets)
    return annotations


def _clipped(values: dict[str, str], size: int) -> dict[str, str]:
    return {name: clip(value, size) for name, value in values.items()}
