"""Read the configuration folder, check everything, explain every mistake with file, key and value."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from config.consistency import Known, check_feeds, check_receivers, check_watch
from config.lexicons import Lexicon, load_lexicon
from config.mistakes import ConfigurationError, Mistake, nearest
from config.schema import (
    Clause,
    Feed,
    FeedsFile,
    Receiver,
    ReceiversFile,
    Watch,
    WatchesFile,
)

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a user edits, checked: feeds, watches with their lists filled in, receivers with their secrets."""

    feeds: tuple[Feed, ...]
    watches: tuple[Watch, ...]
    receivers: tuple[Receiver, ...]
    lexicon: Lexicon
    files: Mapping[str, str] = field(default_factory=dict)  # file -> sha256

    def feed(self, feed_id: str) -> Feed | None:
        return next((feed for feed in self.feeds if feed.id == feed_id), None)

    def watch(self, watch_id: str) -> Watch | None:
        return next((watch for watch in self.watches if watch.id == watch_id), None)

    def receivers_of(self, watch: Watch) -> tuple[Receiver, ...]:
        """The receivers a watch sends to: those it names, or all that take alerts."""
        names = {r.id for r in self.receivers} if watch.send_to is None else set(watch.send_to)
        return tuple(r for r in self.receivers if r.id in names and "alert" in r.events)


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


# Country codes such as NO must not become booleans: YAML 1.1 reads NO as false.
_UniqueKeys.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_UniqueKeys.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def load_configuration(folder: Path, environment: Mapping[str, str] | None = None) -> Configuration:
    """The checked configuration in ``folder``; raises ConfigurationError with every mistake at once."""
    mistakes: list[Mistake] = []
    files: dict[str, str] = {}
    try:
        lexicon = load_lexicon(folder / "lexicon" if (folder / "lexicon").is_dir() else None)
    except ConfigurationError as error:
        mistakes.extend(error.mistakes)
        lexicon = load_lexicon(None)
    feeds = _read(folder / "feeds.yaml", FeedsFile, mistakes, files)
    receivers = _read(folder / "receivers.yaml", ReceiversFile, mistakes, files)
    watch_files = sorted((folder / "watches").glob("*.yaml")) if (folder / "watches").is_dir() else []
    watches = [(p, _read(p, WatchesFile, mistakes, files)) for p in watch_files or [folder / "watches.yaml"]]

    feed_list = list(feeds.feeds) if feeds else []
    receiver_list = list(receivers.receivers) if receivers else []
    known = Known(
        countries=lexicon.country_codes,
        systems=lexicon.system_ids,
        feeds=frozenset(f.id for f in feed_list),
        receivers=frozenset(r.id for r in receiver_list),
    )
    mistakes += check_feeds(feed_list, known)
    resolved = []
    for index, receiver in enumerate(receiver_list):
        where = f"receivers[{index}]"
        resolved.append(_with_secrets(receiver, where, os.environ if environment is None else environment, mistakes))
    mistakes += check_receivers(resolved)
    watch_list = []
    seen: set[str] = set()
    for path, content in watches:
        for index, watch in enumerate(content.watches if content else []):
            lists = content.lists if content else {}
            filled = _fill_lists(watch, lists, path.name, index, mistakes)
            mistakes += check_watch(filled, path.name, f"watches[{index}]", known)
            if watch.id in seen:
                mistakes.append(Mistake(path.name, f"watches[{index}].id", watch.id, "another watch has this id"))
            seen.add(watch.id)
            watch_list.append(filled)
    if mistakes:
        raise ConfigurationError(mistakes)
    files.update({f"lexicon/{name}": digest for name, digest in lexicon.versions.items()})
    return Configuration(tuple(feed_list), tuple(watch_list), tuple(resolved), lexicon, files)


def _read(path: Path, shape: type[M], mistakes: list[Mistake], files: dict[str, str]) -> M | None:
    try:
        content = path.read_bytes()
    except OSError as error:
        mistakes.append(Mistake(path.name, "", str(path), f"cannot be read: {error.strerror}"))
        return None
    files[path.name] = hashlib.sha256(content).hexdigest()
    try:
        data = yaml.load(content, _UniqueKeys)  # noqa: S506 - a SafeLoader that is stricter about keys
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        mistakes.append(Mistake(path.name, line, "", f"is no YAML: {getattr(error, 'problem', None) or error}"))
        return None
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        mistakes += [_explain(path.name, shape, fault) for fault in error.errors()]
        return None


def _explain(file: str, shape: type[BaseModel], fault: Any) -> Mistake:
    key = _path(fault["loc"])
    value = fault["input"] if isinstance(fault["input"], str | int | float | bool) else ""
    if fault["type"] == "extra_forbidden":
        unknown = str(fault["loc"][-1])
        return Mistake(file, key, "", "no such key", nearest(unknown, _keys_at(shape, fault["loc"][:-1])))
    if fault["type"] == "missing":
        return Mistake(file, key, "", "must be given")
    if fault["type"] in ("literal_error", "enum"):
        choices = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        return Mistake(file, key, value, f"must be one of {', '.join(choices)}", nearest(str(value), choices))
    if fault["type"] == "string_pattern_mismatch":
        return Mistake(file, key, value, "must be lower-case letters, digits and hyphens, at most 64")
    return Mistake(file, key, value, str(fault["msg"]).removeprefix("Value error, "))


def _path(parts: Iterable[str | int]) -> str:
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _keys_at(shape: type[BaseModel], parts: Iterable[str | int]) -> list[str]:
    model: type[BaseModel] = shape
    for part in parts:
        if isinstance(part, int):
            continue
        info = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        model = next((m for m in _models(info.annotation if info else None)), model)
    return [f.alias or name for name, f in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def _with_secrets(receiver: Receiver, where: str, environment: Mapping[str, str], mistakes: list[Mistake]) -> Receiver:
    values: dict[str, Any] = {}
    texts = {"url": receiver.url, "secret": receiver.secret}
    for key, text in texts.items():
        values[key] = _interpolate(text, f"{where}.{key}", environment, mistakes)
    values["headers"] = {
        name: _interpolate(text, f"{where}.headers.{name}", environment, mistakes)
        for name, text in receiver.headers.items()
    }
    if receiver.secret and not re.fullmatch(r"\$\{\w+\}", receiver.secret):
        mistakes.append(
            Mistake("receivers.yaml", f"{where}.secret", "", "must stand in the environment, here as ${NAME}")
        )
    return receiver.model_copy(update=values)


def _interpolate(text: str | None, key: str, environment: Mapping[str, str], mistakes: list[Mistake]) -> str | None:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in environment:
            return environment[name]
        if f"{name}_FILE" in environment:
            try:
                return Path(environment[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except OSError as error:
                mistakes.append(
                    Mistake("receivers.yaml", key, f"${{{name}}}", f"reading {name}_FILE: {error.strerror}")
                )
                return ""
        mistakes.append(
            Mistake("receivers.yaml", key, f"${{{name}}}", f"the environment has neither {name} nor {name}_FILE")
        )
        return ""

    return None if text is None else re.sub(r"\$\{(\w+)\}", value, text)


def _fill_lists(watch: Watch, lists: dict[str, list[str]], file: str, index: int, mistakes: list[Mistake]) -> Watch:
    def fill(names: list[str] | None, key: str) -> list[str] | None:
        if names is None:
            return None
        filled: list[str] = []
        for name in names:
            if not name.startswith("@"):
                filled.append(name)
            elif name[1:] in lists:
                filled += lists[name[1:]]
            else:
                mistakes.append(Mistake(file, key, name, "no such list", nearest(name[1:], lists)))
        return filled

    def clause(value: Clause, key: str) -> Clause:
        changes: dict[str, Any] = {
            name: fill(getattr(value, name), f"{key}.{name}")
            for name in ("parties", "supplier", "recipient", "country", "systems", "text", "feeds")
        }
        if value.pair:
            changes["pair"] = value.pair.model_copy(
                update={
                    side: fill(getattr(value.pair, side), f"{key}.pair.{side}") for side in ("supplier", "recipient")
                }
            )
        changes |= {
            group: [clause(c, f"{key}.{group}[{n}]") for n, c in enumerate(getattr(value, group))]
            for group in ("all", "any")
            if getattr(value, group) is not None
        }
        if value.not_:
            changes["not_"] = clause(value.not_, f"{key}.not")
        return value.model_copy(update=changes)

    where = f"watches[{index}]"
    unless = [clause(c, f"{where}.unless[{n}]") for n, c in enumerate(watch.unless)]
    return watch.model_copy(
        update={"when": clause(watch.when, f"{where}.when"), "unless": unless, "title": watch.title or watch.id}
    )
