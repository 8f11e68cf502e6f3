"""From a document to what is sent on: new items and edits as Articles, and what must be remembered of all of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.schema import Feed
from streams.feeds.items import Item
from streams.feeds.seen import HASH_BYTES, Seen, encode_alias, seen_key
from streams.records import ARTICLE_BYTES, Article, encode

TITLE_BYTES = 1024
SUMMARY_BYTES = 32 * 1024
GUID_BYTES = 1024
DATE_LETTERS = 200
LANGUAGE_LETTERS = 35  # the longest tag of BCP 47 in use
ITEMS_A_POLL = 2000  # the rest comes at once in the next poll
REVISIONS_MOST = 24  # a text that changes more often only counts its readers
SUSPECT_FUTURE = timedelta(hours=24)


@dataclass(slots=True)
class Harvest:
    """Articles to publish, entries to remember after that; ``more`` are waiting; ``overlap``: an item was known."""

    articles: list[Article] = field(default_factory=list)
    seen: dict[bytes, bytes] = field(default_factory=dict)
    fresh: int = 0
    more: bool = False
    overlap: bool = False


def harvest(
    feed: Feed,
    items: Sequence[Item],
    known: Mapping[str, Seen],
    owners: Mapping[bytes, str],
    *,
    now: datetime,
    cutoff: datetime | None,
    first: bool,
) -> Harvest:
    """Sort one document's items into new, edited, seen, and too old to be sent on (dated before ``cutoff``).

    ``known`` and ``owners`` are what PollMemory.known found, ``first`` marks the feed's very first poll.
    """
    result = Harvest()
    stamp = int(now.timestamp())
    here = {item.id for item in items}
    for item in items:
        item_id = item.id
        if item_id not in known:
            # A guid or link that churns: known by a second key, unless its owner stands in this document itself.
            owner = next((owners[a] for a in item.aliases if owners.get(a) in known and owners[a] not in here), None)
            item_id = owner or item_id
        before = known.get(item_id)
        result.overlap = result.overlap or before is not None
        content = bytes.fromhex(item.content_hash)[:HASH_BYTES]
        revision, send = before.revision if before else 0, before is None
        if before is not None and before.content != content and before.revision < REVISIONS_MOST:
            revision, send = before.revision + 1, True
        too_old = cutoff is not None and item.published is not None and item.published < cutoff
        if send and not too_old:
            if len(result.articles) >= ITEMS_A_POLL:
                result.more = True
                continue
            result.articles.append(article_of(feed, item, item_id, revision=revision, now=now, backfill=first))
            result.fresh += before is None
        result.seen[seen_key(item_id)] = Seen(content, revision, stamp).encode()
        for alias in item.aliases:
            result.seen[alias] = encode_alias(item_id, stamp)
    return result


def article_of(feed: Feed, item: Item, item_id: str, *, revision: int, now: datetime, backfill: bool) -> Article:
    """The Article of an item, cut so that it fits the wire; a date in the far future is none."""
    title, title_cut = _cut(item.title, TITLE_BYTES)
    summary, summary_cut = _cut(item.summary, SUMMARY_BYTES)
    guid, _ = _cut(item.guid or "", GUID_BYTES)
    suspect = item.published is not None and item.published > now + SUSPECT_FUTURE
    article = Article(
        id=item_id,
        feed=feed.id,
        outlet=feed.outlet,
        tier=feed.tier,
        url=item.link,
        canonical_url=item.canonical_url,
        guid=guid or None,
        title=title,
        summary=summary,
        language=(item.language or feed.language or "")[:LANGUAGE_LETTERS] or None,
        published=None if suspect else item.published,
        published_raw=(item.published_raw or "")[:DATE_LETTERS] or None,
        fetched=now,
        revision=revision,
        content_hash=item.content_hash,
        backfill=backfill,
        truncated=title_cut or summary_cut,
    )
    while len(encode(article)) > ARTICLE_BYTES:  # quotes and line breaks take two bytes each on the wire
        article.summary, _ = _cut(article.summary, len(article.summary.encode()) * 3 // 4)
        article.truncated = True
    return article


def _cut(text: str, limit: int) -> tuple[str, bool]:
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text, False
    return raw[:limit].decode("utf-8", "ignore").rstrip(), True
