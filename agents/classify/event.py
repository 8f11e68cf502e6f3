"""The event that an article makes: its classification, its own id, and never larger than its topic allows."""

import msgspec

from streams.records import EVENT_BYTES, Article, Classification, Event, encode


def event_of(article: Article, answer: Classification) -> tuple[Event, bytes]:
    """The event and its JSON; evidence is cut where the event would be too large."""
    fields = {name: getattr(answer, name) for name in answer.__struct_fields__}
    event = Event(id=article.event_id, story=article.story or article.id, article=article, **fields)
    value = encode(event)
    while len(value) > EVENT_BYTES and event.evidence:
        event = msgspec.structs.replace(event, evidence=event.evidence[: len(event.evidence) // 2])
        value = encode(event)
    return event, value
