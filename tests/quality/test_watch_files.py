"""`armswire test`: the shipped watches fire where their own tests say, read by the real classifier."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from config.settings import SHIPPED
from streams.cli import armswire


def write(folder: Path, watches: str, receivers: str = "receivers: []") -> Path:
    (folder / "feeds.yaml").write_text("feeds: []")
    (folder / "receivers.yaml").write_text(receivers)
    (folder / "watches.yaml").write_text(watches)
    return folder / "watches.yaml"


WATCH = """
watches:
  - id: taurus
    when: {{systems: [taurus]}}
    tests:
      - {{title: "Berlin clears Taurus cruise missiles for Kyiv", fires: {fires}}}
"""


def test_every_test_of_the_shipped_watches_passes() -> None:
    result = CliRunner().invoke(armswire, ["test"], env={"ARMSWIRE_CONFIG": str(SHIPPED)})
    assert result.exit_code == 0, result.output
    assert "0 failed" in result.output


@pytest.mark.parametrize(
    ("fires", "code", "said"), [("true", 0, "1 passed, 0 failed"), ("false", 1, "should not fire, fires")]
)
def test_a_failed_test_is_told_and_exits_with_one(tmp_path: Path, fires: str, code: int, said: str) -> None:
    write(tmp_path, WATCH.format(fires=fires))
    result = CliRunner().invoke(armswire, ["test"], env={"ARMSWIRE_CONFIG": str(tmp_path)})
    assert result.exit_code == code
    assert said in result.output


def test_watches_are_tested_without_the_secrets_of_their_receivers(tmp_path: Path) -> None:
    receivers = 'receivers:\n  - {id: desk, type: webhook, url: "https://desk.example/", secret: "${DESK_SECRET}"}\n'
    write(tmp_path, WATCH.format(fires="true").replace("when:", "send_to: [desk]\n    when:"), receivers)
    result = CliRunner().invoke(armswire, ["test"], env={"ARMSWIRE_CONFIG": str(tmp_path)})
    assert result.exit_code == 0, result.output


def test_a_file_is_tested_that_is_in_no_configuration_folder(tmp_path: Path) -> None:
    file = write(tmp_path, WATCH.format(fires="true"))
    result = CliRunner().invoke(armswire, ["test", str(file)], env={"ARMSWIRE_CONFIG": str(SHIPPED)})
    assert "1 tests of 1 watches" in result.output
