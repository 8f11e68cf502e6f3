"""Articles for measurements: general news made from word lists, and three in a hundred about arms transfers."""

# ruff: noqa: SIM905 - lists of words read better as text
import random
from datetime import UTC, datetime

from streams.feeds.identity import content_hash
from streams.records import Article

PEOPLE = (
    "mayor minister teacher judge farmer singer doctor director captain engineer painter senator baker pilot".split()
)
PLACES = (
    "harbour valley museum station hospital theatre library stadium market village university airport bridge".split()
)
DOINGS = "opened visited closed praised questioned repaired extended planned sold measured painted inspected".split()
THINGS = (
    "a budget, a road, the summer timetable, an exhibition, the school roof, a bakery chain, new trams, cheaper tickets, "
    "the flood report, a local election, wheat prices, an orchestra, a film festival, the tax form, a water pipe"
).split(", ")
STATES = "Poland Greece Morocco India Brazil Kenya Norway Japan Chile Egypt Vietnam Qatar Romania Peru Finland".split()
OTHER_STATES = (  # of the articles whose way is timed, so that each is a development of its own
    "Mexico Colombia Ecuador Bolivia Ghana Nigeria Senegal Angola Zambia Oman Kuwait Bahrain Jordan Iraq Malaysia Indonesia "
    "Thailand Singapore Philippines Nepal Estonia Latvia Lithuania Hungary Slovakia Slovenia Croatia Austria Ireland Tunisia"
).split()
SYSTEMS = "Leopard 2|F-16|HIMARS|Patriot|Rafale|Gripen|K9|NASAMS|Javelin|TB2|Black Hawk|Iron Dome|Taurus|Caesar".split(
    "|"
)
SUPPLIERS = {
    "Germany": "DE", "France": "FR", "Sweden": "SE", "Israel": "IL", "Turkey": "TR", "Italy": "IT", "Spain": "ES",
    "Britain": "GB", "Switzerland": "CH", "Belgium": "BE", "Canada": "CA", "Australia": "AU",
}  # fmt: skip
FORCES = (
    "Two F-16 fighter jets collided over the sea during an exercise",
    "The army showed tanks and rocket launchers at its yearly parade",
    "A missile test lit up the sky over the northern coast",
    "Soldiers found an old artillery shell in a field",
)
RELEVANT_SHARE = 0.03
FORCES_SHARE = 0.005  # general news that speaks of arms: analysed, then found irrelevant; as many as in news corpora
FEEDS = 40


def an_item(number: int, dice: random.Random, *, relevant: bool) -> tuple[str, str]:
    """Title and a summary of about forty words."""
    if relevant:
        return a_transfer(number, dice, dice.choice(list(SUPPLIERS)), dice.choice(STATES))
    who, where, did, what = dice.choice(PEOPLE), dice.choice(PLACES), dice.choice(DOINGS), dice.choice(THINGS)
    title = f"The {who} of the {where} in {dice.choice(STATES)} {did} {what}, report {number}"
    if dice.random() < FORCES_SHARE:
        title = f"{dice.choice(FORCES)}, report {number}"
    words = " ".join(f"{dice.choice(PEOPLE)} {dice.choice(DOINGS)} {dice.choice(THINGS)}" for _ in range(7))
    return title, f"On day {number % 365} at the {where}, {words}; nobody in {dice.choice(STATES)} was surprised."


def a_transfer(number: int, dice: random.Random, giver: str, taker: str) -> tuple[str, str]:
    """Title and summary of a report on an arms transfer from ``giver`` to ``taker``."""
    system, count = dice.choice(SYSTEMS), dice.randrange(2, 400)
    title = f"{giver} to deliver {count} {system} systems to {taker}"
    text = (
        f"The government of {giver} has approved the delivery of {count} {system} systems to {taker}, the defence "
        f"ministry said in notice {number}. The first of them will arrive next year, and crews are already being "
        f"trained. A contract worth {dice.randrange(20, 900)} million euros was signed in the capital."
    )
    return title, text


def an_article(number: int, dice: random.Random) -> Article:
    """The article ``number`` of a run, relevant with the usual share."""
    return article_of(number, *an_item(number, dice, relevant=dice.random() < RELEVANT_SHARE))


def article_of(number: int, title: str, summary: str) -> Article:
    """An article as collect makes it."""
    now = datetime.now(UTC)
    feed = number % FEEDS
    return Article(
        id=f"{number:064x}",
        feed=f"feed-{feed}",
        outlet=f"Outlet {feed}",
        tier=2,
        url=f"https://outlet-{feed}.example/{number}",
        canonical_url=f"https://outlet-{feed}.example/{number}",
        guid=str(number),
        title=title,
        summary=summary,
        published=now,
        fetched=now,
        content_hash=content_hash(title, summary),
    )
