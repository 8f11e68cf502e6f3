"""Figures of a text as values."""

import pytest

from agents.deduplicate.numbers import numbers


def values(text: str) -> set[str]:
    return {value for _, value in numbers(text)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twelve jets", "12 jets"),
        ("€1.2bn", "1.2 billion euros"),
        ("$500m", "US$ 500 million"),
        ("1,500 shells", "1500 shells"),
        ("forty-eight guns", "48 guns"),
        ("two dozen launchers", "24 launchers"),
        ("the second batch", "the 2nd batch"),
    ],
)
def test_a_figure_is_the_same_however_it_is_written(one: str, other: str) -> None:
    assert values(one) == values(other) != set()


def test_a_rank_is_no_count() -> None:
    assert values("the third battery") != values("three batteries")


def test_years_dates_and_one_are_no_figures() -> None:
    assert values("On March 3, 2024 one officer said at 10:30 GMT that 5 May 2025 would do") == set()


def test_a_sum_in_money_may_look_like_a_year() -> None:
    assert values("$2000 a piece") == {"2000"}


def test_a_figure_inside_a_designation_is_not_read() -> None:
    assert values("F-16 and Su-35") == set()


def test_the_offset_is_that_of_the_figure() -> None:
    ((at, value),) = numbers("buys 12 jets")
    assert (at, value) == (5, "12") or (at, value) == (4, "12")
