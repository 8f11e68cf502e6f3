"""``armswire test``: the tests in watch files, each text through the real classifier and its watch's rule."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
import yaml
from rich.console import Console
from rich.markup import escape

from agents.watch.match import match
from agents.watch.rules import Match, Miss
from agents.workbench.classify import load_classifier
from config.load import load_configuration
from config.schema import Watch, WatchTest
from config.settings import read_settings
from streams.records import Article, Classification, Event

Classify = Callable[[str, str], Classification]


@dataclass(frozen=True, slots=True)
class Result:
    """One test of a watch: what was found, and what the classifier made of the text."""

    watch: Watch
    test: WatchTest
    found: Match | Miss
    read: Classification

    @property
    def passed(self) -> bool:
        return isinstance(self.found, Match) is self.test.fires


def run_tests(watches: Iterable[Watch], classify: Classify) -> list[Result]:
    """Every test of every watch, in the order of the files."""
    return [_run(watch, test, classify) for watch in watches for test in watch.tests]


def _run(watch: Watch, test: WatchTest, classify: Classify) -> Result:
    read = classify(test.title, test.text)
    now = datetime.now(UTC)
    article = Article(
        id="test", feed="test", outlet="test", title=test.title, summary=test.text, fetched=now, content_hash="test"
    )
    event = msgspec.convert({**msgspec.to_builtins(read), "id": "test", "story": "test", "article": article}, Event)
    return Result(watch, test, match(watch, event), read)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", help="An installed spaCy model; ARMSWIRE_MODEL otherwise.")
@click.option("-v", "--verbose", is_flag=True, help="Show what the classifier read in every text, passed tests too.")
def test(files: tuple[Path, ...], model: str | None, verbose: bool) -> None:
    """Run the tests of the watches in FILES, or of all watches in the configuration folder; exit 1 where one fails."""
    watches = load_watches(read_settings().config, files)
    results = run_tests(watches, load_classifier(model).classify)
    without = [watch.id for watch in watches if not watch.tests]
    _show(results, verbose=verbose)
    failed = sum(not result.passed for result in results)
    click.echo(f"{len(results)} tests of {len(watches)} watches: {len(results) - failed} passed, {failed} failed")
    if without:
        click.echo(f"without tests: {', '.join(without)}", err=True)
    sys.exit(1 if failed else 0)


def load_watches(folder: Path, files: Iterable[Path] = ()) -> tuple[Watch, ...]:
    """The watches in ``files``, or of the whole folder, checked against the folder's feeds, lexicon and receivers.

    Receivers stand in by name only: a test tells nobody, so it needs none of their secrets. Raises ConfigurationError.
    """
    with TemporaryDirectory(prefix="armswire-test-") as name:
        trial = Path(name)
        for kept in ("feeds.yaml", "lexicon"):
            if (folder / kept).exists():
                (trial / kept).symlink_to((folder / kept).resolve())
        (trial / "receivers.yaml").write_bytes(_without_secrets(folder / "receivers.yaml"))
        (trial / "watches").mkdir()
        chosen = list(files) or sorted((folder / "watches").glob("*.yaml")) or [folder / "watches.yaml"]
        for number, path in enumerate(chosen):
            taken = trial / "watches" / path.name
            (taken.with_stem(f"{path.stem}-{number}") if taken.is_symlink() else taken).symlink_to(path.resolve())
        return load_configuration(trial).watches


def _without_secrets(path: Path) -> bytes:
    """The receivers as consoles; a file that is not as it must be stays, for its mistakes are told when it is read."""
    try:
        content = path.read_bytes()
        names = [{"id": receiver["id"], "type": "console"} for receiver in yaml.safe_load(content)["receivers"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return content if path.exists() else b"receivers: []"
    return json.dumps({"receivers": names}).encode()


def _show(results: Iterable[Result], *, verbose: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    shown = ""
    for result in results:
        if result.watch.id != shown:
            shown = result.watch.id
            console.print(f"[bold]{shown}[/bold]  {escape(result.watch.title)}")
        mark = "[green]ok  [/green]" if result.passed else "[bold red]FAIL[/bold red]"
        text = result.test.title or result.test.text
        console.print(f"  {mark}  {_verdict(result):<42} {escape(text)}")
        if verbose or not result.passed:
            console.print(f"        [dim]read as {escape(_read(result.read))}[/dim]")


def _verdict(result: Result) -> str:
    fires = isinstance(result.found, Match)
    said = "fires" if fires else f"does not fire: {result.found.reason}" if isinstance(result.found, Miss) else ""
    return said if result.passed else f"should {'fire' if result.test.fires else 'not fire'}, {said}"


def _read(read: Classification) -> str:
    if not read.relevant:
        return f"irrelevant ({read.reason})"
    roles = {name: getattr(read, name) for name in ("authorizers", "financiers", "via")}
    extra = "".join(f", {name} {' '.join(codes)}" for name, codes in roles.items() if codes)
    ends = f"{' '.join(read.suppliers) or '?'} → {' '.join(read.recipients) or '?'}{extra}"
    names = ", ".join(system.name for system in read.systems) or "no system"
    return f"{', '.join(read.types)} ({read.assertion}): {ends}; {names}; named {' '.join(read.countries)}"
