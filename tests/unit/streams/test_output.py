"""Rows as commands print them."""

import csv
import io
import json

import pytest

from streams.output import print_rows
from tests.builders import NOW

ROWS = [{"at": NOW, "who": ["DE", "FR"], "why": None}]
COLUMNS = ("at", "who", "why")


def printed(form: str, capsys: pytest.CaptureFixture[str]) -> str:
    print_rows(ROWS, COLUMNS, form)
    return capsys.readouterr().out


def test_json_and_csv_write_times_as_records_do(capsys: pytest.CaptureFixture[str]) -> None:
    moment = NOW.isoformat().replace("+00:00", "Z")
    assert json.loads(printed("json", capsys)) == {"at": moment, "who": ["DE", "FR"], "why": None}
    _, row = csv.reader(io.StringIO(printed("csv", capsys)))
    assert row == [moment, "DE, FR", ""]


def test_a_table_writes_times_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{NOW:%Y-%m-%d %H:%M} " in printed("table", capsys)


def test_a_row_that_is_piped_on_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    print_rows([{"id": "desk", "why": "no answer " * 30}], ("id", "why"), "table")
    assert len(capsys.readouterr().out.splitlines()) == 2
