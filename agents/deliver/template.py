"""A receiver's own wording: a Jinja2 template, sandboxed."""

from functools import lru_cache

import msgspec
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agents.deliver.wording import headline, text
from streams.records import Alert


class TemplateFault(ValueError):
    """A template that gives no message, and why."""


_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=False)
# Nothing is escaped: bodies are JSON or plain text, never HTML. `{{ alert.id | tojson }}` is how JSON is written.


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    return _environment.from_string(source)


def fill(source: str, alert: Alert, kind: str, receiver: str, limit: int) -> bytes:
    """The template with ``alert`` (as in the webhook's ``data``), ``type``, ``headline``, ``text`` and ``receiver`` in it.

    Raises TemplateFault, which says what is wrong and where, also where the result has more than ``limit`` bytes.
    """
    try:
        filled = _compiled(source).render(
            alert=msgspec.to_builtins(alert), type=kind, headline=headline(alert), text=text(alert), receiver=receiver
        )
        body = filled.encode()
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise TemplateFault(f"{f'line {line}: ' if line else ''}{error.message}") from error
    except Exception as error:  # a template may do whatever an expression can: divide by zero, add a text to a number
        raise TemplateFault(f"{type(error).__name__}: {error}") from error
    if len(body) > limit:
        raise TemplateFault(f"it gives {len(body)} bytes, more than {limit}")
    return body
