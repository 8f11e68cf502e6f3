"""Worker processes that read documents, started at first use, killed and replaced where a document is too much for them."""

import asyncio
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from streams.feeds.items import Document, NotAFeed
from streams.feeds.parse_worker import HEAD_BYTES, Answer, Job, frame_size, write_frame

WORKERS = 2
WALL_SECONDS = 60.0  # of one job: 10 s of CPU on a machine that is busy with other work
_ROOT = str(Path(__file__).parents[2])
_decoder = msgspec.msgpack.Decoder(Answer)


class ParserPool:
    """At most ``workers`` processes; one job each at a time. Close it with ``async with`` or ``close()``."""

    def __init__(self, workers: int = WORKERS) -> None:
        self._slots = asyncio.Semaphore(workers)
        self._idle: list[asyncio.subprocess.Process] = []
        self._busy: set[asyncio.subprocess.Process] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def parse(self, job: Job) -> Document:
        """The document of ``job``; raises NotAFeed, also for one that took more than its share of time or memory."""
        async with self._slots:
            worker = self._idle.pop() if self._idle else await _start()
            if worker.returncode is not None:  # it died while idle
                worker = await _start()
            self._busy.add(worker)
            try:
                async with asyncio.timeout(WALL_SECONDS):
                    answer = await _ask(worker, job)
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
                raise NotAFeed("a document that takes too long to read; the reader was ended") from error
            else:
                self._idle.append(worker)
            finally:
                self._busy.discard(worker)
                if worker not in self._idle:
                    await _end(worker)
        if answer.document is None:
            raise NotAFeed(answer.reason)
        return answer.document

    async def close(self) -> None:
        """End every worker."""
        while self._idle or self._busy:
            await _end(self._idle.pop() if self._idle else self._busy.pop())


async def _start() -> asyncio.subprocess.Process:
    path = os.pathsep.join(part for part in (_ROOT, os.environ.get("PYTHONPATH")) if part)
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "streams.feeds.parse_worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        # A worker needs none of our secrets, and a hostile document must not find them there.
        env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"},
    )


async def _ask(worker: asyncio.subprocess.Process, job: Job) -> Answer:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(write_frame(msgspec.msgpack.encode(job)))
    await worker.stdin.drain()
    size = frame_size(await worker.stdout.readexactly(HEAD_BYTES))
    return _decoder.decode(await worker.stdout.readexactly(size))


async def _end(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
    # The transport closes its pipes only when asked; without this each ended worker leaves two open until collected.
    worker._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001
