"""Which decisions a text reports."""

import pytest

from agents.deduplicate.decisions import shipped_decisions

decisions = shipped_decisions()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Berlin approves Taurus", {"grant"}),
        ("Berlin does not approve Taurus", {"refuse"}),
        ("Berlin refuses to approve Taurus", {"refuse"}),
        ("Berlin refuses to send Taurus", {"refuse"}),
        ("Berlin lifts the arms export ban", {"resume"}),
        ("Ankara drops its objection", {"resume"}),
        ("Poland cancels order", {"cancel"}),
        ("US won't block sale", {"grant"}),
        ("Jets will not go to Kyiv", {"not"}),
        ("Rome suspends licences", {"stop"}),
        ("Minister denies delay", {"deny", "delay"}),
        ("Warsaw turned down the offer", {"refuse"}),
        ("Two jets land in Crete", set()),
        ("First NASAMS arrive in Vilnius", {"arrive"}),
        ("Lithuania has received its first NASAMS", {"arrive"}),
        ("Oslo hands over NASAMS to Vilnius", {"arrive"}),
        ("The first launchers are to arrive in spring", set()),
        ("Launchers will soon be delivered", set()),
        ("Oslo agrees to hand over NASAMS", {"grant"}),
        ("Oslo approves NASAMS, to be delivered in spring", {"grant"}),
        ("Oslo waits until the jets arrive", set()),
        ("Oslo refuses to deliver NASAMS", {"refuse"}),
        ("NASAMS have not arrived", {"not"}),
    ],
)
def test_a_headline_reports_its_decision(text: str, expected: set[str]) -> None:
    assert decisions.find(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("approves", "rejects"), ("allows", "blocks"), ("lifts", "suspends"), ("resumes", "halts"), ("confirms", "denies"),
        ("delays", "cancels"), ("clears", "postpones"), ("confirms", "delays"), ("approves", "arrives after"),
    ],
)  # fmt: skip
def test_opposite_decisions_contradict_each_other_both_ways(one: str, other: str) -> None:
    some, others = decisions.find(f"Berlin {one} sale"), decisions.find(f"Berlin {other} sale")
    assert decisions.contradict(some, others)
    assert decisions.contradict(others, some)


@pytest.mark.parametrize(
    ("one", "other"), [("approves", "allows"), ("rejects", "blocks"), ("scraps", "cancels"), ("halts", "suspends")]
)
def test_two_words_for_one_decision_do_not_contradict(one: str, other: str) -> None:
    assert not decisions.contradict(decisions.find(f"Berlin {one} sale"), decisions.find(f"Berlin {other} sale"))


def test_a_decision_that_both_report_is_no_contradiction() -> None:
    both = decisions.find("Berlin approves what it had rejected")
    assert not decisions.contradict(both, decisions.find("Berlin approves sale"))
