"""Where Armswire runs: the environment ``ARMSWIRE_*``, each secret also as ``ARMSWIRE_*_FILE``."""

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "ARMSWIRE_"
SHIPPED = Path(__file__).parent
SECRETS = frozenset({"BROKER", "REDIS", "DATABASE"})  # URLs that may carry a password
RETRY_DELAYS = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)


class SettingsError(ValueError):
    """Settings that cannot be used: every mistake at once, one a line."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Settings:
    """One process's surroundings; times in seconds."""

    config: Path = SHIPPED
    state: Path = field(default_factory=lambda: Path.home() / ".local/state/armswire")
    database: str = ""
    host: str = "127.0.0.1"
    port: int = 6066
    broker: str | None = None
    redis: str | None = None
    embedded: bool = False
    replication: int = 3
    place: str | None = None
    model: str = "en_core_web_sm"
    contact: str | None = None
    log_format: str = "json"
    log_level: str = "INFO"
    group_interval: float = 900.0
    digest_wait: float = 120.0
    retry_delays: tuple[float, ...] = RETRY_DELAYS

    @property
    def session_timeout(self) -> float:
        """Seconds until the broker gives up a silent worker: a group join on the embedded broker takes half of it."""
        return 6.0 if self.embedded else 15.0


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises SettingsError that names every variable that cannot be used."""
    environment = os.environ if environment is None else environment
    mistakes: list[str] = []
    values = _values(environment, mistakes)
    known = {name.upper() for name in Settings.__dataclass_fields__}
    for name in sorted(set(values) - known):
        near = difflib.get_close_matches(name, sorted(known), 1)
        hint = f"; did you mean {PREFIX}{near[0]}?" if near else ""
        mistakes.append(f"{PREFIX}{name}: no such setting{hint}")
    fields: dict[str, object] = {}
    for name in sorted(set(values) & known):
        try:
            fields[name.lower()] = _convert(name, values[name])
        except ValueError as error:
            mistakes.append(f"{PREFIX}{name}: {error}")
    if mistakes:
        raise SettingsError(mistakes)
    settings = Settings(**fields)  # type: ignore[arg-type]
    if not settings.database:
        fields["database"] = f"sqlite+aiosqlite:///{settings.state}/armswire.db"
        settings = Settings(**fields)  # type: ignore[arg-type]
    return settings


def _values(environment: Mapping[str, str], mistakes: list[str]) -> dict[str, str]:
    values = {}
    for key, value in environment.items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX)
        if name.endswith("_FILE") and name.removesuffix("_FILE") in SECRETS:
            try:
                values[name.removesuffix("_FILE")] = Path(value).read_text(encoding="utf-8").strip()
            except OSError as error:
                mistakes.append(f"{key}: reading {value!r}: {error.strerror}")
        elif value:
            values[name] = value
    return values


def _convert(name: str, value: str) -> object:
    converted: object = value
    match name:
        case "CONFIG":
            converted = _folder(value)
        case "STATE":
            converted = Path(value).expanduser()
        case "PORT":
            converted = _whole(value, 0, 65535)
        case "REPLICATION":
            converted = _whole(value, 1, 9)
        case "EMBEDDED":
            converted = _choice(value, "1", "0") == "1"
        case "GROUP_INTERVAL" | "DIGEST_WAIT":
            converted = float(_positive(value))
        case "RETRY_DELAYS":
            converted = tuple(_positive(part) for part in value.split(","))
        case "LOG_FORMAT":
            converted = _choice(value, "json", "text")
        case "LOG_LEVEL":
            converted = _choice(value.upper(), "DEBUG", "INFO", "WARNING", "ERROR")
        case "DATABASE":
            converted = database_url(value)
    return converted


def database_url(value: str) -> str:
    """The database's URL with the driver that Armswire uses; ``postgresql://`` and ``sqlite:///`` are enough."""
    scheme, separator, rest = value.partition("://")
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "sqlite+aiosqlite": "sqlite+aiosqlite",
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
        "postgresql+asyncpg": "postgresql+asyncpg",
    }
    if not separator or scheme not in drivers:
        raise ValueError(
            f"{scheme!r} is no database that Armswire can use; write sqlite:///FILE or postgresql://HOST/NAME"
        )
    return f"{drivers[scheme]}://{rest}"


def _folder(value: str) -> Path:
    path = Path(value).expanduser()
    if not path.is_dir():
        raise ValueError(f"{value!r} is no folder")
    return path


def _whole(value: str, least: int, most: int) -> int:
    if not value.isdecimal() or not least <= int(value) <= most:
        raise ValueError(f"{value!r} is no whole number from {least} to {most}")
    return int(value)


def _positive(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e9:
        raise ValueError(f"{value!r} is no number of seconds")
    return number


def _choice(value: str, *choices: str) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is none of {', '.join(choices)}")
    return value
