"""Files of the lexicon as raw rows and mappings, a user's changes laid over, every mistake told with file, key and value."""

import csv
import difflib
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

TABLES = {"countries": "code", "firms": "id", "systems": "id", "classes": "class"}  # one CSV each, and its key column
PHRASES = ("vetoes", "gate", "events", "cues")  # one YAML mapping each

Files = tuple[tuple[str, bytes], ...]
Row = dict[str, Any]


def shipped_files(folder: Path) -> Files:
    """Name and bytes of the tables and phrases that are there, by name."""
    names = sorted([*(f"{name}.csv" for name in TABLES), *(f"{name}.yaml" for name in PHRASES)])
    return tuple((name, (folder / name).read_bytes()) for name in names if (folder / name).is_file())


def user_files(folder: Path) -> Files:
    """Name and bytes of every CSV and YAML file of a user's folder, by name."""
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".yaml", ".yml"))
    return tuple((path.name, path.read_bytes()) for path in paths)


def nearest(value: str, valid: Iterable[str]) -> str:
    """``; did you mean "x"?``, or nothing where no valid name is near."""
    found = difflib.get_close_matches(value, list(valid), n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""


def user_changes(user: Files, mistakes: list[str]) -> dict[str, dict[str, Any]]:
    """A user's files as ``{name: {add, remove}}``."""
    known = [f"{name}.yaml" for name in (*TABLES, *PHRASES)]
    changes: dict[str, dict[str, Any]] = {}
    for name, data in user:
        if name not in known:
            mistakes.append(f"lexicon/{name}: not a file of the lexicon{nearest(name, known)}")
            continue
        loaded = _yaml(f"lexicon/{name}", data, mistakes)
        unknown = sorted(set(map(str, loaded)) - {"add", "remove"})
        mistakes.extend(f'lexicon/{name}: unknown key "{key}"; write add: and remove:' for key in unknown)
        changes[name.removesuffix(".yaml")] = loaded
    return changes


def table(name: str, shipped: Mapping[str, bytes], changes: Mapping[str, Row], mistakes: list[str]) -> dict[str, Row]:
    """Rows of a CSV by key; a user's row of a known key widens its lists and replaces its single values."""
    key = TABLES[name]
    rows: dict[str, Row] = {}
    for row in _csv(f"{name}.csv", shipped.get(f"{name}.csv", b""), mistakes):
        if row[key] in rows:
            mistakes.append(f'{name}.csv: {key} "{row[key]}" stands there twice')
        rows[row[key]] = row
    own = changes.get(name, {})
    gone = [str(value) for value in _list(own.get("remove"), f"lexicon/{name}.yaml: remove", mistakes)]
    unknown = [value for value in gone if value not in rows]
    mistakes.extend(f'lexicon/{name}.yaml: remove: no {key} "{value}"{nearest(value, rows)}' for value in unknown)
    rows = {value: row for value, row in rows.items() if value not in gone}
    for row in _list(own.get("add"), f"lexicon/{name}.yaml: add", mistakes):
        if not isinstance(row, dict) or not row.get(key):
            mistakes.append(f"lexicon/{name}.yaml: add: a row needs {key}, got {row!r}")
            continue
        code = str(row[key])
        rows[code] = {**_widened(rows.get(code, {}), row), "_file": f"lexicon/{name}.yaml"}
    return rows


def mapping(name: str, shipped: Mapping[str, bytes], changes: Mapping[str, Row], mistakes: list[str]) -> Row:
    """A YAML file of phrases with a user's additions and removals at the same keys."""
    merged = _yaml(f"{name}.yaml", shipped.get(f"{name}.yaml", b""), mistakes)
    for verb in ("remove", "add"):
        part, where = changes.get(name, {}).get(verb) or {}, f"lexicon/{name}.yaml: {verb}"
        if not isinstance(part, dict):
            mistakes.append(f"{where}: must be a mapping with the keys of the shipped {name}.yaml")
            continue
        unknown = [str(key) for key in part if key not in merged]
        mistakes.extend(f'{where}: unknown key "{key}"{nearest(key, map(str, merged))}' for key in unknown)
        known = {key: value for key, value in part.items() if key in merged}
        merged = _merged(merged, known, adding=verb == "add", where=where, mistakes=mistakes)
    return merged


def listed(value: Any) -> tuple[str, ...]:
    """A cell's list: parts between ``|``, or a YAML list."""
    parts = value if isinstance(value, list) else str(value or "").split("|")
    return tuple(text for part in parts if (text := str(part).strip()))


def _widened(row: Row, more: Row) -> Row:
    wide = dict(row)
    for column, value in more.items():
        plural = isinstance(value, list) or "|" in str(value)
        wide[column] = [*listed(row.get(column)), *listed(value)] if plural else value
    return wide


def _csv(name: str, data: bytes, mistakes: list[str]) -> list[Row]:
    lines = [line for line in data.decode("utf-8-sig").splitlines() if line.strip() and not line.startswith("#")]
    rows = []
    for number, row in enumerate(csv.DictReader(io.StringIO("\n".join(lines))), 1):
        if None in row or None in row.values():
            first = next(iter(row.values()))
            mistakes.append(f'{name}: row {number} ("{first}"): has not as many cells as the head has columns')
            continue
        rows.append({**row, "_file": name})
    return rows


def _yaml(name: str, data: bytes, mistakes: list[str]) -> dict[str, Any]:
    try:
        loaded = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both loaders are safe
    except yaml.YAMLError as error:
        mistakes.append(f"{name}: not YAML: {error}")
        return {}
    if loaded is None or isinstance(loaded, dict):
        return loaded or {}
    mistakes.append(f"{name}: must be a mapping, is a {type(loaded).__name__}")
    return {}


def _list(value: Any, where: str, mistakes: list[str]) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    mistakes.append(f"{where}: must be a list, is {value!r}")
    return []


def _merged(base: Any, change: Any, *, adding: bool, where: str, mistakes: list[str]) -> Any:
    if isinstance(base, dict) and isinstance(change, dict):
        merged = dict(base)
        for key, value in change.items():
            if key in base:
                merged[key] = _merged(base[key], value, adding=adding, where=f"{where}: {key}", mistakes=mistakes)
            elif adding:
                merged[key] = value
            else:
                mistakes.append(f'{where}: unknown key "{key}"{nearest(str(key), map(str, base))}')
        return merged
    if isinstance(base, list) and isinstance(change, list):
        return [*base, *(v for v in change if v not in base)] if adding else [v for v in base if v not in change]
    if adding and type(base) is type(change):
        return change
    mistakes.append(f"{where}: must be of the kind that the shipped file has there ({type(base).__name__})")
    return base
