"""Independent texts on one event are one development, texts on different events are several: read by the real classifier."""

from collections.abc import Sequence

import msgspec
import pytest

from agents.classify.classifier import Classifier
from agents.watch.development import Development, choose, join, report
from config.lexicons import load_lexicon
from streams.records import Event
from tests.builders import an_article

Text = tuple[str, str]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(load_lexicon())


def developments(classifier: Classifier, texts: Sequence[Text]) -> list[Development]:
    """The developments that the texts make, read one after the other."""
    found: dict[str, Development] = {}
    for title, summary in texts:
        article = an_article(title=title, summary=summary)
        read = msgspec.to_builtins(classifier.classify(title, summary))
        new = report(msgspec.convert(read | {"id": article.event_id, "story": article.id, "article": article}, Event))
        joined = choose(new, found.values())
        found[joined.id if joined else new.id] = join(new, joined) if joined else new
    return list(found.values())


ONE_EVENT = {
    "Taurus for Ukraine": [
        ("Germany clears delivery of Taurus cruise missiles to Ukraine", "The German government has approved the delivery of Taurus cruise missiles to Ukraine, Chancellor Friedrich Merz said on Tuesday."),
        ("Merz: Berlin will give Kyiv Taurus missiles", "After months of debate Germany is to supply Ukraine with the Taurus, a cruise missile with a range of 500 kilometres."),
        ("Ukraine to get Taurus from Germany", "Berlin said it would hand over an unspecified number of the long-range weapons."),
        ("Germany drops its objection to sending Taurus to Ukraine", "The chancellor told parliament that a first batch of Taurus missiles would be sent to Kyiv."),
        ("Kyiv welcomes German decision on Taurus", "Ukraine's president thanked Germany for agreeing to provide Taurus missiles."),
    ],
    "F-16 for Bahrain": [
        ("Bahrain orders 16 F-16 fighters from Lockheed Martin", "Bahrain has signed a contract for sixteen F-16 Block 70 fighters made by Lockheed Martin."),
        ("Lockheed wins F-16 order from Bahrain", "The American company will build 16 jets for the Gulf kingdom."),
        ("Bahrain buys new F-16s from the US", "The deal is worth 1.1 billion dollars."),
        ("US firm to supply Bahrain with F-16 jets", "Manama signed for sixteen aircraft, the Pentagon said."),
        ("Bahrain signs deal for F-16 Block 70", "A contract between the United States and Bahrain was announced on Friday."),
    ],
    "shells for Russia": [
        ("North Korea sent artillery shells to Russia, Seoul says", "South Korea's spy agency said Pyongyang had shipped containers of artillery ammunition to Russia."),
        ("Seoul: Pyongyang ships shells to Moscow", "Containers of North Korean ammunition have reached Russia by rail."),
        ("North Korean ammunition reaches Russia", "A train with shells from North Korea crossed into Russia, according to South Korean intelligence."),
        ("Spy agency says North Korea delivered a million shells to Russia", "The deliveries began in August."),
        ("Russia receives more North Korean shells", "South Korea said on Thursday that Russia received artillery rounds from North Korea."),
    ],
    "Leopard 1 in Ukraine": [
        ("Denmark hands Leopard 1 tanks to Ukraine", "Denmark delivered a first group of Leopard 1A5 tanks to Ukraine, the defence ministry said."),
        ("First Danish Leopard 1 tanks arrive in Ukraine", "Ten Leopard 1 tanks from Denmark arrived in Ukraine on Monday."),
        ("Ukraine gets Leopard 1 tanks from Denmark and Germany", "The tanks, refurbished in Germany, were handed over on Monday."),
        ("Leopard 1A5 tanks delivered to Kyiv", "Copenhagen said that ten tanks had been delivered."),
        ("Copenhagen: Leopard 1 tanks now in Ukrainian hands", "Ukraine has received Leopard 1 tanks that Denmark paid for."),
    ],
    "a frigate for Greece": [
        ("Greece buys a fourth frigate from France", "Athens signed a contract with Naval Group for another FDI frigate on Thursday."),
        ("France's Naval Group to build one more frigate for Greece", "The Greek navy will get a fourth ship of the FDI class, the company said."),
        ("Greek navy buys another French frigate", "The defence minister signed the order in Athens."),
        ("France's Naval Group wins Greek contract for fourth frigate", "Greece signed the contract on Thursday."),
        ("Athens and Paris seal deal on fourth FDI frigate", "The ship will be delivered in 2028, France said."),
    ],
    "Patriot for Romania": [
        ("US approves sale of Patriot missiles to Romania", "The State Department has cleared a possible sale of Patriot missiles to Romania for 740 million dollars."),
        ("Washington clears Patriot interceptors for Bucharest", "Congress was notified of the sale of air defence missiles to Romania."),
        ("State Department backs Romanian Patriot purchase", "Romania asked the United States for more Patriot missiles."),
        ("Romania gets green light from US for Patriot missiles", "The sale would be worth 740 million dollars."),
        ("Pentagon notifies Congress of Patriot sale to Romania", "The Defense Security Cooperation Agency announced the possible sale on Friday."),
    ],
}  # fmt: skip

TWO_EVENTS = {
    "another country": [
        ("US approves sale of Patriot missiles to Romania", "The State Department notified Congress on Friday."),
        ("US approves sale of Patriot missiles to Sweden", "The State Department notified Congress on Friday."),
    ],
    "another system": [
        ("Denmark hands Leopard 1 tanks to Ukraine", "Ten arrived on Monday."),
        ("Denmark hands Caesar howitzers to Ukraine", "Ten arrived on Monday."),
    ],
    "the opposite decision": [
        ("Germany approves Taurus missiles for Ukraine", "The cabinet decided on Monday."),
        ("Germany refuses to send Taurus missiles to Ukraine", "The cabinet decided on Monday."),
    ],
    "a denial": [
        ("Serbia sent ammunition to Ukraine, leaked papers say", "Belgrade agreed to supply ammunition to Kyiv."),
        ("Serbia denies sending ammunition to Ukraine", "Belgrade called the report a lie."),
    ],
    "a later stage": [
        ("Poland orders K2 tanks from South Korea", "Warsaw signed a contract for 180 tanks."),
        ("First K2 tanks from South Korea arrive in Poland", "A ship with ten tanks docked at Gdynia."),
    ],
    "the other way round": [
        ("Russia delivers Su-35 fighters to Iran", "The first jets landed in Hamadan."),
        ("Iran delivers Shahed drones to Russia", "The drones were flown to Moscow."),
    ],
}


@pytest.mark.parametrize("name", ONE_EVENT)
def test_five_independent_texts_on_one_event_are_one_development(classifier: Classifier, name: str) -> None:
    assert len(developments(classifier, ONE_EVENT[name])) == 1


@pytest.mark.parametrize("name", TWO_EVENTS)
def test_texts_on_two_events_are_two_developments(classifier: Classifier, name: str) -> None:
    assert len(developments(classifier, TWO_EVENTS[name])) == 2
