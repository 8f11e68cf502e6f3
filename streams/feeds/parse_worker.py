"""A process that reads documents for its parent: limited in memory and CPU, gone with its parent."""

import ctypes
import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

import msgspec

from streams.feeds.items import Document, NotAFeed
from streams.feeds.parse import parse

MEMORY_BYTES = 1024**3
CPU_SECONDS = 10
_FRAME = struct.Struct(">I")
_PR_SET_PDEATHSIG = 1


class Job(msgspec.Struct):
    """What is to be read: see parse.parse."""

    body: bytes
    content_type: str
    url: str
    feed: str
    complete: bool = True


class Answer(msgspec.Struct):
    """A document, or what the body is instead."""

    document: Document | None = None
    reason: str = ""


def write_frame(value: bytes) -> bytes:
    return _FRAME.pack(len(value)) + value


def frame_size(head: bytes) -> int:
    size: int = _FRAME.unpack(head)[0]
    return size


HEAD_BYTES = _FRAME.size


def main() -> None:
    """Answer jobs from stdin on stdout until it closes."""
    # The kernel ends us with our parent, even where that was killed with kill -9 in the middle of a job.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is for the parent to obey
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    decoder = msgspec.msgpack.Decoder(Job)
    while frame := _read_frame(incoming):
        _allow_cpu(CPU_SECONDS)
        outgoing.write(write_frame(msgspec.msgpack.encode(_answer(decoder.decode(frame)))))
        outgoing.flush()


def _allow_cpu(seconds: int) -> None:
    """Let the next job use that much CPU; one second more and the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _answer(job: Job) -> Answer:
    try:
        document = parse(job.body, content_type=job.content_type, url=job.url, feed=job.feed, complete=job.complete)
    except NotAFeed as error:
        return Answer(reason=str(error))
    except (MemoryError, RecursionError) as error:
        return Answer(reason=f"a document that takes too much to read ({type(error).__name__})")
    except Exception as error:  # noqa: BLE001 - whatever a hostile document makes a library raise, it is one failed poll
        return Answer(reason=f"a document that cannot be read ({type(error).__name__}: {error})"[:500])
    return Answer(document=document)


def _read_frame(incoming: BinaryIO) -> bytes | None:
    head = incoming.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        return None
    return incoming.read(frame_size(head))


if __name__ == "__main__":
    main()
