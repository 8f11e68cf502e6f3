"""What is cut off a story before it is compared."""

import pytest

from agents.deduplicate.furniture import shipped_furniture

STORY = "Poland has signed for 48 howitzers, a minister said on Friday."
furniture = shipped_furniture()


@pytest.mark.parametrize(
    "dateline",
    [
        "(Reuters) - ",
        "WARSAW (Reuters) - ",
        "WARSAW, March 3 (AFP) — ",
        "KYIV, Ukraine (AP) — ",
        "SEOUL, March 4 - ",
        "Reuters: ",
        "New Delhi [ANI]: ",
    ],
)
def test_a_dateline_is_no_part_of_the_story(dateline: str) -> None:
    assert furniture.bare_text(dateline + STORY) == STORY


@pytest.mark.parametrize(
    "tail",
    [
        " The post Poland buys guns appeared first on Defence Page.",
        " (Reporting by Ann Lee; Editing by Bo Ray)",
        " © 2026 The Ledger",
        " Sign up for our newsletter.",
        " All rights reserved.",
    ],
)
def test_what_a_site_appends_is_no_part_of_the_story(tail: str) -> None:
    assert furniture.bare_text(STORY + tail) == STORY


def test_the_last_word_of_a_cut_text_goes_because_it_may_be_half_a_figure() -> None:
    assert furniture.bare_text("The contract is worth sixteen…") == "The contract is worth"


def test_a_text_of_boilerplate_alone_is_left_as_it_is() -> None:
    assert furniture.bare_text("Read more") == "Read more"


@pytest.mark.parametrize(
    "title",
    [
        "UPDATE 2-US clears sale",
        "EXCLUSIVE: US clears sale",
        "(LEAD) US clears sale",
        "US clears sale - Reuters",
        "US clears sale | The Page",
        "US clears sale – Ledger",
    ],
)
def test_tags_and_signatures_are_no_part_of_a_headline(title: str) -> None:
    assert furniture.bare_title(title, outlet="Ledger") == "US clears sale"


def test_a_word_that_is_also_a_tag_stays_in_the_headline() -> None:
    assert furniture.bare_title("Lead contractor wins order") == "Lead contractor wins order"
