import pytest

from agents.classify.sentences import DATELINE, OUTLET, Sentence, Word, _repeats, _split, _truecase
from streams.language.mentions import Kind, Mention


def cased(title: str, body: str, *names: str) -> str:
    """The title after true casing; the names are mentions."""
    mentions = [Mention(title.index(n), title.index(n) + len(n), n, Kind.COUNTRY, "XX", n, "name") for n in names]
    sentence = Sentence(0, "title", title, [])
    for i, piece in enumerate(title.split()):
        start = title.index(piece)
        mention = next((m for m in mentions if m.start == start), None)
        sentence.words.append(Word(i, piece, piece.lower(), start, start + len(piece), mention))
    _truecase(sentence, body)
    return " ".join(word.text for word in sentence.words)


def test_a_title_case_headline_is_lowered_but_for_names():
    assert cased("Norway Sends Heavy Tanks To Chad", "", "Norway", "Chad") == "Norway sends heavy tanks to Chad"


def test_a_word_that_the_body_writes_large_keeps_its_case():
    assert (
        cased("Norway Sends Heavy Stiletto Boats", "the Stiletto boats", "Norway")
        == "Norway sends heavy Stiletto boats"
    )


def test_a_headline_in_sentence_case_is_left_as_it_is():
    assert cased("Norway sends heavy Stiletto boats", "", "Norway") == "Norway sends heavy Stiletto boats"


def test_a_headline_in_capitals_is_lowered():
    assert cased("NORWAY SENDS HEAVY TANKS", "", "NORWAY") == "NORWAY sends heavy tanks"


@pytest.mark.parametrize(
    "text",
    ["PARIS (Reuters) - Chad", "AFP - Chad", "LIMA, May 3 (AP) — Chad", "GENEVA – Chad", "Accra, Ghana (AP) — Chad"],
)
def test_a_dateline_is_cut(text):
    match = DATELINE.match(text)
    assert match
    assert text[match.end() :] == "Chad"


@pytest.mark.parametrize("text", ["Chad buys tanks - and jets", "Chad – the army said – buys tanks"])
def test_what_is_no_dateline_stays(text):
    assert not DATELINE.match(text)


@pytest.mark.parametrize(
    "title", ["Chad buys tanks - Reuters", "Chad buys tanks | Defence Weekly", "Chad buys tanks (AFP)"]
)
def test_the_name_of_the_outlet_behind_a_headline_is_cut(title):
    match = OUTLET.search(title)
    assert match
    assert title[: match.start()] == "Chad buys tanks"


def test_a_summary_that_repeats_the_headline_is_no_second_sentence():
    found = _split("Chad buys tanks", "Chad buys tanks The Wire. More follows here.", ([], []))
    assert [sentence.number for sentence in found] == [0, 2]


def test_a_lead_that_goes_on_is_no_repetition():
    title = Sentence(0, "title", "Chad buys", [Word(0, "Chad", "chad", 0, 4), Word(1, "buys", "buys", 5, 9)])
    lead = [Word(i, w, w, 0, 0) for i, w in enumerate(["chad", "buys", "forty", "tanks", "from", "niger", "today"])]
    assert not _repeats(title, lead)


def test_words_know_their_place_in_the_original():
    text = "“Chad’s army” didn’t buy 1,200 rifles."
    sentence = _split("", text, ([], []))[0]
    assert all(text[word.start : word.end] == word.text for word in sentence.words)
    assert [word.low for word in sentence.words] == [
        "“",
        "chad",
        "'s",
        "army",
        "”",
        "did",
        "n't",
        "buy",
        "1,200",
        "rifles",
        ".",
    ]
