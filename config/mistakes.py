"""How a mistake in the configuration is told: file, key, value, what is wrong, the nearest valid name."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend; ``key`` is the path of the key in the file, or line and column where it is no YAML."""

    file: str
    key: str
    value: object
    reason: str
    nearest: str | None = None

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        value = f" {self.value!r}" if self.value not in ("", None) else ""
        hint = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{where}{':' if value else ''}{value}: {self.reason}{hint}"


class ConfigurationError(ValueError):
    """A configuration that cannot be used: every mistake at once."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def nearest(value: str, names: Iterable[str]) -> str | None:
    """The valid name that is most like ``value``, if any is."""
    folded = {name.casefold(): name for name in sorted(names)}
    found = difflib.get_close_matches(value.casefold(), list(folded), 1, cutoff=0.5)
    return folded[found[0]] if found else None
