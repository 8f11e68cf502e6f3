"""``armswire classify`` and ``armswire explain`` as a person pipes and reads them."""

import json

from click.testing import CliRunner

from agents.workbench.classify import classify
from agents.workbench.explain import explain

LINES = [
    '{"id": "a", "title": "Norway sells F-16s to Romania", "text": "The jets leave Bodø in May."}',
    "not json",
    '{"id": "b", "title": 5}',
    "[1]",
    '{"id": 7, "text": "Rain is expected in Leeds."}',
]


def test_each_line_is_answered_in_order_and_a_bad_one_is_named():
    result = CliRunner().invoke(classify, input="\n".join(LINES) + "\n")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [row["id"] for row in rows] == ["a", None, "b", None, 7]
    assert ["error" in row for row in rows] == [False, True, True, True, False]
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["line 2", "line 3", "line 4"]


def test_evidence_names_the_fields_of_the_input():
    result = CliRunner().invoke(
        classify, input='{"id": 1, "title": "Arms for Chad", "text": "Norway sells tanks to Chad."}\n'
    )
    row = json.loads(result.stdout)
    assert (row["relevant"], row["suppliers"], row["recipients"]) == (True, ["NO"], ["TD"])
    assert {span["source"] for span in row["evidence"]} <= {"title", "text"}
    assert "article" not in row


def test_explain_tells_frames_roles_and_evidence():
    result = CliRunner().invoke(explain, ["Poland buys 24 K9 howitzers from South Korea."])
    assert result.exit_code == 0
    assert "KR → PL" in result.stdout
    assert "buy: from" in result.stdout


def test_explain_tells_why_not():
    result = CliRunner().invoke(explain, ["Leeds sign a striker from Porto."])
    assert "not relevant: no weapon" in result.stdout


def test_explain_without_a_text_is_a_usage_error():
    assert CliRunner().invoke(explain, [], input="").exit_code == 2
