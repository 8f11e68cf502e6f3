"""``armswire feeds parse``: files in, items out, one JSON line each, in order; a bad file never stops it."""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click
import msgspec

from streams.feeds.inflate import INFLATED_BYTES, Body, BodyRefused
from streams.feeds.items import Document, NotAFeed
from streams.feeds.parse_worker import Job
from streams.feeds.parser_pool import WORKERS, ParserPool
from streams.output import utc_text


class Request(msgspec.Struct):
    """One line of input; ``file`` holds the body of a response."""

    file: str
    content_type: str | None = None
    url: str | None = None
    feed_id: str | None = None


async def parse_lines() -> None:
    """Answer each line of stdin on stdout; reasons for refusals go to stderr."""
    decoder = msgspec.json.Decoder(Request)
    async with ParserPool() as pool:
        waiting: deque[asyncio.Task[dict[str, Any]]] = deque()
        async for line in _lines():
            waiting.append(asyncio.create_task(_answer(decoder, pool, line)))
            while waiting and (waiting[0].done() or len(waiting) > WORKERS):
                _print(await waiting.popleft())
        while waiting:
            _print(await waiting.popleft())


async def _lines() -> AsyncIterator[bytes]:
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        if line.strip():
            yield line


def _print(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


async def _answer(decoder: "msgspec.json.Decoder[Request]", pool: ParserPool, line: bytes) -> dict[str, Any]:
    name = "a line"
    try:
        request = decoder.decode(line)
        name = request.file
        body = await asyncio.to_thread(_body, Path(request.file))
        job = Job(body, request.content_type or "", request.url or "", request.feed_id or "")
        document = await pool.parse(job)
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError, ValueError, NotAFeed, BodyRefused) as error:
        click.echo(f"parsing {name}: {error}", err=True)
        return {"outcome": "reject", "feed_title": None, "entries": []}
    return _shown(document)


def _body(path: Path) -> bytes:
    if path.stat().st_size > INFLATED_BYTES:
        raise NotAFeed("more than 15 MiB")
    body = Body()
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            body.add(chunk)
    return body.finish()[0]


def _shown(document: Document) -> dict[str, Any]:
    entries = [
        {
            "id": item.id,
            "title": item.title,
            "link": item.link,
            "published": utc_text(item.published) if item.published else None,
            "text": item.summary,
        }
        for item in document.items
    ]
    return {"outcome": "ok", "feed_title": document.title, "entries": entries}
