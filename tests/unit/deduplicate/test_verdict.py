"""New, copy or revision: judged from what the store knows."""

import pytest

from agents.deduplicate.deduplicator import Deduplicator, marked
from agents.deduplicate.verdict import Candidate, Holder, Known, Reason, as_candidate
from streams.records import Article, Verdict
from tests.builders import an_article

TITLE = "US clears F-16 sale to Bulgaria"
TEXT = (
    "The State Department has cleared the possible sale of eight F-16 fighter jets to Bulgaria in a package valued at 1.3 billion dollars, "
    "according to a notice sent to Congress on Tuesday. Sofia wants the aircraft to replace its last Soviet-built interceptors."
)


def known(deduplicator: Deduplicator, *articles: Article, story: str | None = None) -> Known:
    candidates: list[Candidate] = []
    for article in articles:
        candidate = as_candidate(deduplicator.fingerprint(article), story or article.id)
        assert candidate
        candidates.append(candidate)
    return Known(candidates=candidates)


def verdict(deduplicator: Deduplicator, article: Article, *others: Article, story: str | None = None) -> Verdict:
    return deduplicator.judge(deduplicator.fingerprint(article), known(deduplicator, *others, story=story)).verdict


def test_an_article_that_nothing_is_known_of_founds_its_own_story(deduplicator: Deduplicator) -> None:
    article = an_article(title=TITLE, summary=TEXT)
    decision = deduplicator.judge(deduplicator.fingerprint(article), Known())
    assert (decision.verdict, decision.story, decision.copy_of, decision.reason) == (
        Verdict.NEW,
        article.id,
        None,
        Reason.NONE,
    )


def test_a_near_copy_says_what_it_is_a_copy_of_and_how_alike_they_are(deduplicator: Deduplicator) -> None:
    first, second = (
        an_article(title=TITLE, summary=TEXT),
        an_article(title="Washington approves Bulgarian F-16s", summary="(Reuters) - " + TEXT),
    )
    decision = deduplicator.judge(deduplicator.fingerprint(second), known(deduplicator, first))
    assert (decision.verdict, decision.story, decision.copy_of, decision.reason) == (
        Verdict.COPY,
        first.id,
        first.id,
        Reason.NEAR,
    )
    assert decision.similarity
    assert 0.6 <= decision.similarity <= 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Bulgaria", "Slovakia"),
        ("eight", "sixteen"),
        ("F-16", "F-35"),
        ("clear", "reject"),
        ("1.3 billion", "900 million"),
        ("to Bulgaria", "to Morocco"),
    ],
)
def test_a_template_twin_is_another_story(deduplicator: Deduplicator, old: str, new: str) -> None:
    twin = an_article(title=TITLE.replace(old, new), summary=TEXT.replace(old, new).replace("Sofia", "Its government"))
    first = an_article(title=TITLE, summary=TEXT)
    assert verdict(deduplicator, twin, first) is Verdict.NEW
    assert verdict(deduplicator, first, twin) is Verdict.NEW


def test_what_was_approved_and_its_arrival_are_two_stories(deduplicator: Deduplicator) -> None:
    approved = an_article(
        title="Norway approves delivery of NASAMS launchers to Lithuania",
        summary="Norway has approved the delivery of 12 NASAMS launchers to Lithuania, the cabinet in Oslo said on Friday. "
        "The first launchers are to arrive by the summer.",
    )
    arrived = an_article(
        title="First NASAMS launchers from Norway arrive in Lithuania",
        summary="Lithuania has received the first NASAMS launchers from Norway, the defence ministry in Vilnius said on Friday.",
    )
    assert verdict(deduplicator, arrived, approved) is Verdict.NEW
    assert verdict(deduplicator, approved, arrived) is Verdict.NEW


def test_a_story_with_one_member_that_disagrees_is_not_joined_through_another(deduplicator: Deduplicator) -> None:
    vague = an_article(
        title="US clears F-16 sale to foreign ally",
        summary=TEXT.replace("to Bulgaria ", "").replace("Sofia", "Air force"),
    )
    to_bulgaria = an_article(title=TITLE, summary=TEXT)
    to_slovakia = an_article(
        title=TITLE.replace("Bulgaria", "Slovakia"),
        summary=TEXT.replace("Bulgaria", "Slovakia").replace("Sofia", "Bratislava"),
    )
    assert verdict(deduplicator, to_slovakia, vague) is Verdict.COPY
    assert verdict(deduplicator, to_slovakia, vague, to_bulgaria, story=vague.id) is Verdict.NEW


def test_a_cut_text_is_a_copy_although_it_names_fewer_facts(deduplicator: Deduplicator) -> None:
    whole, cut = (
        an_article(title=TITLE, summary=TEXT),
        an_article(title=TITLE, summary=" ".join(TEXT.split()[:15]) + "…"),
    )
    assert verdict(deduplicator, cut, whole) is Verdict.COPY
    assert verdict(deduplicator, whole, cut) is Verdict.COPY


def test_a_headline_alone_is_a_copy_of_the_text_under_the_same_headline_only(deduplicator: Deduplicator) -> None:
    whole = an_article(title=TITLE, summary=TEXT)
    assert verdict(deduplicator, an_article(title=TITLE), whole) is Verdict.COPY
    assert (
        verdict(deduplicator, an_article(title="State Department moves on Bulgaria F-16 package"), whole) is Verdict.NEW
    )


def test_another_text_of_the_same_item_is_a_revision_of_its_story_even_where_it_reverses_it(
    deduplicator: Deduplicator,
) -> None:
    article = an_article(title=TITLE.replace("clears", "blocks"), summary="")
    decision = deduplicator.judge(deduplicator.fingerprint(article), Known(item_story="the-story"))
    assert (decision.verdict, decision.story, decision.reason) == (Verdict.REVISION, "the-story", Reason.ITEM)


def test_an_equal_text_is_a_copy_without_a_second_look(deduplicator: Deduplicator) -> None:
    taken = deduplicator.fingerprint(an_article(title=TITLE, summary=TEXT))
    decision = deduplicator.judge(taken, Known(text=Holder("first", "story", frozenset())))
    assert (decision.story, decision.copy_of, decision.similarity, decision.reason) == (
        "story",
        "first",
        1.0,
        Reason.TEXT,
    )


def test_an_edited_text_at_the_same_address_is_a_copy(deduplicator: Deduplicator) -> None:
    page = "http://127.0.0.1/2026/f16"
    first = deduplicator.fingerprint(
        an_article(title="Storm hits coast near Varna harbour", summary="Ferries stay in port.", canonical_url=page)
    )
    second = deduplicator.fingerprint(
        an_article(title="Storm near Varna harbour: ferries cancelled", canonical_url=page)
    )
    decision = deduplicator.judge(second, Known(url=Holder(first.article, first.article, first.sketch)))
    assert (decision.verdict, decision.reason, decision.copy_of) == (Verdict.COPY, Reason.URL, first.article)


def test_items_that_all_link_to_one_page_are_no_copies_of_one_another(deduplicator: Deduplicator) -> None:
    first = deduplicator.fingerprint(
        an_article(title="Minister meets Norwegian colleague", summary="Talks on fish quotas.")
    )
    second = deduplicator.fingerprint(
        an_article(title="New barracks opened", summary="Soldiers of the engineers move in.")
    )
    assert (
        deduplicator.judge(second, Known(url=Holder(first.article, first.article, first.sketch))).verdict is Verdict.NEW
    )


def test_the_same_address_with_the_opposite_decision_is_another_story(deduplicator: Deduplicator) -> None:
    first, second = (
        an_article(title=TITLE, summary=TEXT),
        an_article(title="US rejects F-16 sale to Bulgaria", summary="The State Department has rejected the sale."),
    )
    taken = deduplicator.fingerprint(first)
    seen = Known(url=Holder(first.id, first.id, taken.sketch), candidates=known(deduplicator, first).candidates)
    assert deduplicator.judge(deduplicator.fingerprint(second), seen).verdict is Verdict.NEW


def test_marks_are_put_on_the_article_and_nothing_else_changes(deduplicator: Deduplicator) -> None:
    article = an_article(title=TITLE, summary=TEXT)
    decision = deduplicator.judge(deduplicator.fingerprint(article), Known(text=Holder("first", "story", frozenset())))
    went_on = marked(article, decision)
    assert (went_on.story, went_on.verdict, went_on.copy_of, went_on.similarity) == (
        "story",
        Verdict.COPY,
        "first",
        1.0,
    )
    assert (went_on.id, went_on.title, went_on.summary, article.story) == (article.id, TITLE, TEXT, None)


def test_an_article_is_never_a_copy_of_itself(deduplicator: Deduplicator) -> None:
    article = an_article(title=TITLE, summary=TEXT)
    decision = deduplicator.judge(deduplicator.fingerprint(article), known(deduplicator, article, story="the-story"))
    assert (decision.verdict, decision.story, decision.copy_of) == (Verdict.REVISION, "the-story", None)


def test_a_name_with_a_hyphen_is_the_same_name_in_both_texts(deduplicator: Deduplicator) -> None:
    text = "The Zarnov-Petrik works will repair F-16 jets that Bulgaria buys from the United States, the ministry in Sofia said on Friday."
    first, second = (
        an_article(title=TITLE, summary=text),
        an_article(title="Bulgarian F-16s to be repaired", summary=text),
    )
    assert verdict(deduplicator, second, first) is Verdict.COPY


def test_the_same_template_with_an_unknown_name_is_another_story(deduplicator: Deduplicator) -> None:
    text = "Officials said the Korvath missile had been sold by Turkey to Qatar for its coastal batteries, in a deal signed this week."
    first = an_article(title="Turkey sells coastal missile to Qatar", summary=text)
    second = an_article(title="Turkey sells coastal missile to Qatar", summary=text.replace("Korvath", "Zelmira"))
    assert verdict(deduplicator, second, first) is Verdict.NEW
