"""Chat and mail through Apprise: the last hop only, behind the same outbox and the same retries as webhooks."""

import asyncio
import logging

from agents.deliver.receivers import ERROR_CHARACTERS, Answer, Message, Reason
from config.schema import Receiver

TIMEOUT_SECONDS = 30  # a mail may need several round trips; the outbox retries what takes longer

# What went wrong stands with the attempt; said twice it would only be harder to read.
log = logging.getLogger("apprise")
log.setLevel(logging.WARNING)
log.propagate = False


async def send(receiver: Receiver, message: Message) -> Answer:
    """Hand the message to Apprise in a thread: the first line is the title, the rest the text."""
    return await asyncio.to_thread(_send, receiver.url or "", message)


def _send(url: str, message: Message) -> Answer:
    import apprise  # half a second, and only receivers of this type need it

    service = apprise.Apprise()
    if not service.add(url):
        return Answer(Reason.ERROR, error="Apprise knows no service with such an address")
    title, _, rest = message.body.decode("utf-8", "replace").partition("\n")
    rest = rest.strip()
    result = service.notify(
        body=rest or title,
        title=title if rest else "",
        body_format=apprise.NotifyFormat.TEXT,
        timeout=TIMEOUT_SECONDS,
        log_level=logging.WARNING,
    )
    if result:
        return Answer(Reason.OK)
    if result.status == apprise.AppriseResultStatus.TIMEOUT:
        return Answer(Reason.TIMEOUT, error=f"no answer within {TIMEOUT_SECONDS} s")
    said = "; ".join(entry.message for entry in result.logs())
    return Answer(Reason.ERROR, error=said[:ERROR_CHARACTERS] or "Apprise could not send it")
