"""The configuration in use outlives whatever is done to its files."""

from pathlib import Path

import pytest

from streams.configuration import LiveConfiguration


@pytest.mark.parametrize("content", ["feeds: 7\n", "[" * 500, "\x00\x01"])
async def test_a_file_that_cannot_be_used_keeps_the_last_good_set(tmp_path: Path, content: str) -> None:
    for name in ("feeds", "watches", "receivers"):
        (tmp_path / f"{name}.yaml").write_text(f"{name}: []\n")
    live = LiveConfiguration(tmp_path)
    good = live.current
    (tmp_path / "feeds.yaml").write_text(content)
    await live.reload()
    assert live.current is good
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    await live.reload()
    assert live.current is not good
