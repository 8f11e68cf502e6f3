"""Bodies as servers compress them come out whole, and too large ones do not."""

import zlib

import pytest

from streams.feeds.inflate import INFLATED_BYTES, Body, BodyRefused, Refused

GZIP, ZLIB, RAW = 31, 15, -15


def compressed(data: bytes, form: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, form)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(("form", "encoding"), [(GZIP, "gzip"), (ZLIB, "deflate"), (RAW, "deflate")])
@pytest.mark.parametrize("beyond", [0, 1, 3, 7, 200])
def test_a_body_that_ends_just_behind_a_step_is_whole(form: int, encoding: str, beyond: int) -> None:
    data = b"a" * (64 * 1024 + beyond)
    body = Body(encoding)
    body.add(compressed(data, form))
    assert body.finish() == (data, True)


def test_a_body_that_was_cut_off_says_so() -> None:
    body = Body("gzip")
    body.add(compressed(bytes(range(256)) * 9, GZIP)[:-9])
    assert body.finish()[1] is False


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    body = Body("gzip")
    with pytest.raises(BodyRefused) as refused:
        body.add(compressed(bytes(INFLATED_BYTES + 1), GZIP))
    assert refused.value.reason is Refused.INFLATED
