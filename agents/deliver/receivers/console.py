"""One line an alert in the log of the stage, for trying out and for terminals."""

import logging

from agents.deliver.receivers import Answer, Message, Reason
from config.schema import Receiver

log = logging.getLogger("armswire.alerts")


async def send(_receiver: Receiver, message: Message) -> Answer:
    """Print the message."""
    log.info("%s", message.body.decode("utf-8", "replace"), extra={"alert": message.id})
    return Answer(Reason.OK)
