"""``armswire classify``: articles as JSON lines in, events as JSON lines out, in the same order, one line each."""

import json
import sys
from functools import cache
from typing import Any

import click
import msgspec

from agents.classify.classifier import Classifier
from config.lexicons import load_lexicon
from config.mistakes import ConfigurationError
from config.settings import read_settings


@click.command()
@click.option("--model", help="An installed spaCy model; ARMSWIRE_MODEL otherwise.")
def classify(model: str | None) -> None:
    """Read {"id", "title", "text", "lang"} a line from standard input; write the event of each line.

    A line that is no such object gives a line with "error", and is named on standard error.
    """
    classifier = load_classifier(model)
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if raw.strip():
            click.echo(answer(classifier, raw, number))


@cache
def load_classifier(model: str | None = None) -> Classifier:
    """The classifier of the settings in the environment; exits with 2 where lexicon or model cannot be read."""
    settings = read_settings()
    try:
        return Classifier.load(load_lexicon(settings.config / "lexicon"), model or settings.model)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"loading the model: {error}") from error


def answer(classifier: Classifier, raw: bytes, number: int) -> str:
    """One line of output for one line of input."""
    identity: Any = None
    try:
        row = json.loads(raw)
        identity = row.get("id") if isinstance(row, dict) else None
        title, text, language = (_text(row, name) for name in ("title", "text", "lang"))
        result = msgspec.to_builtins(classifier.classify(title, text, language or None))
    except (ValueError, TypeError) as error:
        click.echo(f"line {number}: {error}", err=True)
        return json.dumps({"id": identity, "error": f"line {number}: {error}"}, ensure_ascii=False)
    for span in result["evidence"]:
        span["source"] = "title" if span["source"] == "title" else "text"
    return json.dumps({"id": identity, **result}, ensure_ascii=False)


def _text(row: Any, name: str) -> str:
    if not isinstance(row, dict):
        raise TypeError("not an object")
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f'"{name}" is {type(value).__name__}, not text')
    return value
