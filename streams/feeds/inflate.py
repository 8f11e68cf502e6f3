"""Bodies inflated as they arrive, counted, and refused before they fill the memory."""

import zlib
from enum import StrEnum

WIRE_BYTES = 5 * 1024**2
INFLATED_BYTES = 15 * 1024**2
_STEP = 64 * 1024
_GZIP = b"\x1f\x8b"
_LAYERS = 2  # more wrappings than two are no honest server's


class Refused(StrEnum):
    """Why a body is not read to its end."""

    WIRE = "more than 5 MiB on the wire"
    INFLATED = "more than 15 MiB inflated"
    ENCODING = "an encoding that was not offered"
    BROKEN = "compressed data that is broken"


class BodyRefused(Exception):
    """A body that is too big or cannot be inflated."""

    def __init__(self, reason: Refused, detail: str = "") -> None:
        super().__init__(f"{reason}{f' ({detail})' if detail else ''}")
        self.reason = reason


class Body:
    """Takes the bytes of the wire and gives the inflated body; raises BodyRefused as soon as a cap is passed."""

    def __init__(self, encoding: str = "") -> None:
        names = [name.strip().lower() for name in encoding.split(",") if name.strip().lower() not in ("", "identity")]
        for name in names:
            if name not in ("gzip", "x-gzip", "deflate"):
                raise BodyRefused(Refused.ENCODING, name[:20])
        if len(names) > _LAYERS:
            raise BodyRefused(Refused.ENCODING, f"{len(names)} layers")
        self.wire = 0
        self._inflated = bytearray()
        self._layers = [_Layer(deflate=name == "deflate") for name in reversed(names)]
        self._first = True

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the wire."""
        self.wire += len(chunk)
        if self.wire > WIRE_BYTES:
            raise BodyRefused(Refused.WIRE)
        if self._first and chunk:
            self._first = False
            if not self._layers and chunk.startswith(_GZIP):
                self._layers = [_Layer(deflate=False)]  # some servers compress without saying so
        self._pass_on(chunk, 0)

    def finish(self) -> tuple[bytes, bool]:
        """The body, and whether every layer of it came to its end."""
        return bytes(self._inflated), all(layer.ended for layer in self._layers)

    def _pass_on(self, chunk: bytes, depth: int) -> None:
        if depth == len(self._layers):
            self._inflated += chunk
            if len(self._inflated) > INFLATED_BYTES:
                raise BodyRefused(Refused.INFLATED)
            return
        for piece in self._layers[depth].inflate(chunk):
            self._pass_on(piece, depth + 1)


class _Layer:
    """One wrapping, inflated in small steps."""

    def __init__(self, *, deflate: bool) -> None:
        self._deflate = deflate
        self._inflater = None if deflate else zlib.decompressobj(31)
        self._total = 0
        self._started = False

    @property
    def ended(self) -> bool:
        return not self._started or (self._inflater is not None and self._inflater.eof)

    def inflate(self, chunk: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        full = False
        while chunk or full:
            self._started = True
            if self._inflater is None:
                # "deflate" means zlib in the standard and raw deflate in some servers; the first byte tells.
                self._inflater = zlib.decompressobj(15 if chunk[0] & 0x0F == 8 else -15)
            if self._inflater.eof:
                if self._deflate or not chunk.startswith(_GZIP):
                    return pieces  # padding after the end
                self._inflater = zlib.decompressobj(31)  # gzip members may follow one another
            try:
                piece = self._inflater.decompress(chunk, _STEP)
            except zlib.error as error:
                raise BodyRefused(Refused.BROKEN, str(error)) from error
            chunk = self._inflater.unconsumed_tail or self._inflater.unused_data
            full = len(piece) == _STEP and not self._inflater.eof  # all input is taken, and more may come of it
            self._total += len(piece)
            if self._total > INFLATED_BYTES:
                raise BodyRefused(Refused.INFLATED)
            pieces.append(piece)
        return pieces
