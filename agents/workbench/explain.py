"""``armswire explain``: why a text is what event, and why not: names, gate, frames, roles, evidence, confidence."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.classify.candidates import Candidate
from agents.classify.parties import codes
from agents.classify.reading import Reading
from agents.workbench.classify import load_classifier
from streams.language.mentions import Kind, Mention
from streams.records import Classification, Quantity

STYLES = {Kind.COUNTRY: "underline cyan", Kind.FIRM: "underline magenta", Kind.SYSTEM: "underline bold yellow",
          Kind.WEAPON: "underline yellow", Kind.VETO: "strike"}  # fmt: skip
SHOWN = 8  # frames, the best first
WIDTH = 110  # columns where the output is no terminal


@click.command()
@click.argument("text", required=False)
@click.option("--title", default="", help="The headline; TEXT is then the summary.")
@click.option("--model", help="An installed spaCy model; ARMSWIRE_MODEL otherwise.")
def explain(text: str | None, title: str, model: str | None) -> None:
    """Tell how TEXT (standard input where it is left out) is read, step by step."""
    text = text if text is not None else sys.stdin.read().strip()
    if not (text or title):
        raise click.UsageError("there is no text to explain")
    show(load_classifier(model).read(title, text), title, text)


def show(reading: Reading, title: str, text: str, console: Console | None = None) -> None:
    """Print a reading of title and text for a person."""
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    for whole, mentions in ((title, reading.mentions[0]), (text, reading.mentions[1])):
        if whole:
            console.print(_underlined(whole, mentions))
    console.print(_names([*reading.mentions[0], *reading.mentions[1]]))
    verdict = reading.verdict
    passed = "passes" if verdict.passes else "stops it"
    console.print(f"\n[bold]gate[/]    {passed}: {verdict.reason}, score {verdict.score:g}")
    if reading.candidates:
        console.print(_frames(reading.candidates))
    result = reading.classification
    if not result.relevant:
        console.print(f"[bold]result[/]  not relevant: {result.reason.replace('_', ' ')}")
        return
    _result(console, result)


def _underlined(whole: str, mentions: Sequence[Mention]) -> Text:
    shown = Text(whole)
    for mention in mentions:
        shown.stylize(STYLES[mention.kind], mention.start, mention.end)
    return shown


def _names(mentions: Sequence[Mention]) -> Text:
    """What each underlined name was taken for, for those who see no colours."""
    told = dict.fromkeys(
        f"{m.text} = {m.id if m.kind is not Kind.VETO else 'no name'}{' (in context)' if m.weak else ''}"
        for m in mentions
        if m.kind is not Kind.WEAPON
    )
    return Text("names   " + ("; ".join(told) or "none"), style="dim")


def _frames(candidates: Sequence[Candidate]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    for name in ("frames", "where", "type", "from", "to", "read as"):
        table.add_column(name, no_wrap=name in ("where", "frames"))
    table.add_column("score", justify="right")
    for candidate in sorted(candidates, key=lambda c: -c.score)[:SHOWN]:
        trigger, sentence = candidate.trigger, candidate.scene.sentence
        start, end = sentence.span(trigger.i, trigger.last)
        moods = [name for name in ("negated", "wanted", "planned", "background", "passive") if getattr(trigger, name)]
        over = [f"under {o.entry.lemma}" for o in candidate.operators]
        table.add_row(
            sentence.whole[start:end],
            "title" if sentence.number == 0 else f"sentence {sentence.number}",
            ", ".join(candidate.types),
            " ".join(codes(candidate.roles.suppliers)) or "-",
            " ".join(codes(candidate.roles.recipients)) or "-",
            ", ".join([*moods, *over]) or str(trigger.frame),
            f"{candidate.score:.2f}",
        )
    return table


def _result(console: Console, result: Classification) -> None:
    sure = result.confidence
    doubt = "; under the limit, abstains" if result.abstain else ""
    arrow = f"{' '.join(result.suppliers) or '?'} → {' '.join(result.recipients) or '?'}"
    console.print(
        f"[bold]result[/]  [bold]{', '.join(result.types)}[/] · {result.assertion} · {result.realis} · "
        f"[bold]{arrow}[/] · "
        f"confidence {sure.overall:.2f}{doubt}"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("evidence", "value", "words", "rule"):
        table.add_column(name, overflow="fold")
    for span in result.evidence:
        where = "title" if span.source == "title" else "text"
        table.add_row(span.field, span.value, f"“{span.text}” ({where} {span.start}-{span.end})", span.rule)
    console.print(table)
    fields = ("relevant", "types", "assertion", "suppliers", "recipients", "systems")
    console.print("[bold]trust[/]   " + "  ".join(f"{name} {getattr(sure, name):.2f}" for name in fields))
    if result.alternatives:
        console.print(f"[bold]or[/]      {', '.join(result.alternatives)}")
    for quantity in result.quantities:
        about = "about " if quantity.approx else ""
        told = " ".join(part for part in (quantity.unit, quantity.system, quantity.stage) if part)
        console.print(f"[bold]count[/]   {about}{_range(quantity)} {told}")
    for sum_ in result.money:
        console.print(f"[bold]money[/]   {sum_.amount:,.0f} {sum_.currency} {sum_.kind or ''}")


def _range(quantity: Quantity) -> str:
    if quantity.value is not None:
        return f"{quantity.value:,.0f}"
    low, high = quantity.min, quantity.max
    if low is not None and high is not None:
        return f"{low:,.0f} to {high:,.0f}"
    return f"at least {low:,.0f}" if low is not None else f"up to {high or 0:,.0f}"
