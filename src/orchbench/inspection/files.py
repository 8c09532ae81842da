"""Reads a file that may be a history, a definition, or a template that holds definitions.

Nothing in it is run: JSON, and YAML with safe tags, are all that is read. What is neither, or only a part, is
refused in one sentence.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchbench.platforms import Platform, all_platforms
from orchbench.platforms.errors import InvalidExport
from orchbench.platforms.platform import Record
from orchbench.trace import Json

MOST_BYTES = 256 * 2**20
"""More than the 100 MB that a durable execution may store, and than 25,000 events of 10 KB each."""
MOST_TEMPLATE_BYTES = 2**20
"""As large as CloudFormation takes a template, and Step Functions a definition."""
NEITHER = (
    "is neither a history, as `aws stepfunctions get-execution-history` or `aws lambda "
    "get-durable-execution-history` prints it, nor a state machine's definition"
)


class NotInspectable(Exception):
    """A file that cannot be inspected; the message is a sentence that names it."""


@dataclass(frozen=True)
class History:
    """A history of one execution.

    Attributes:
        invocations: as a run's file of this project keeps them; None where Lambda's reports are not there.
    """

    platform: Platform
    record: Record
    invocations: tuple[Json, ...] | None


@dataclass(frozen=True)
class Definition:
    """A state machine's definition.

    Attributes:
        name: what its template calls it; empty where the file is the definition.
    """

    name: str
    document: Json


def read(path: Path) -> History | tuple[Definition, ...]:
    """Read a file.

    Raises:
        NotInspectable: it cannot be read, is neither, is cut off, or is larger than a history can be.
    """
    documents = _documents(path, _text(path))
    try:
        for platform in all_platforms().values():
            record = platform.exported(documents)
            if record is not None:
                return History(platform, record, _invocations(documents))
    except InvalidExport as error:
        raise NotInspectable(f"{path} {error}.") from None
    return definitions_in(path, documents)


def read_definitions(path: Path) -> tuple[Definition, ...]:
    """Read a file that must hold definitions.

    Raises:
        NotInspectable: it cannot be read, or holds none.
    """
    return definitions_in(path, _documents(path, _text(path)))


def definitions_in(path: Path, documents: list[Any]) -> tuple[Definition, ...]:
    """Return the definitions in a file's documents, those in a template's strings among them."""
    found = tuple(_definitions(documents))
    if not found:
        raise NotInspectable(f"{path} {NEITHER}.")
    large = next((one for one in found if len(json.dumps(one.document)) > MOST_TEMPLATE_BYTES), None)
    if large is not None:
        raise NotInspectable(f"{path} holds a definition of more than the 1 MiB that Step Functions takes.")
    return found


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise NotInspectable(f"{path} is a folder: name a file.")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise NotInspectable(
                f"{path} has {size / 2**20:,.0f} MiB, which is larger than a history can be: "
                f"{MOST_BYTES // 2**20} MiB are read at most."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NotInspectable(f"{path} is not text in UTF-8: {NEITHER.removeprefix('is ')}.") from None
    except OSError as error:
        raise NotInspectable(f"{path} cannot be read ({error.strerror}).") from None


def _documents(path: Path, text: str) -> list[Any]:
    """Return the JSON values of a file, one behind the other, or else its YAML documents."""
    stripped = text.strip()
    try:
        if not stripped:
            raise NotInspectable(f"{path} is empty.")
        if stripped[0] in "{[":
            return list(_json_values(stripped))
        if path.suffix not in (".yaml", ".yml", ".template") or len(text) > MOST_TEMPLATE_BYTES:
            raise NotInspectable(f"{path} {NEITHER}.")
        return list(yaml.load_all(text, _Loader))
    except json.JSONDecodeError as error:
        if error.pos >= len(stripped) - 1 or error.msg.startswith("Unterminated string"):
            raise NotInspectable(f"{path} is cut off: its JSON ends at line {error.lineno}.") from None
        raise NotInspectable(f"{path} is not JSON: {error.msg} at line {error.lineno}.") from None
    except yaml.YAMLError as error:
        line = (
            error.problem_mark.line + 1
            if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark
            else 1
        )
        raise NotInspectable(f"{path} is not YAML: line {line} cannot be read.") from None
    except (RecursionError, ValueError):
        raise NotInspectable(f"{path} {NEITHER}.") from None


def _json_values(text: str) -> Iterator[Any]:
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        yield value
        while position < len(text) and text[position] in " \t\r\n,":
            position += 1


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's own tags as the values behind them."""


def _behind(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _behind)


def _definitions(documents: list[Any]) -> Iterator[Definition]:
    waiting: list[tuple[str, Any]] = [("", one) for one in reversed(documents)]
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, str):
            value = _in_text(value)
        # An alias of YAML is the same object again, and could be nested beyond every measure.
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, list):
            waiting += [(name, one) for one in reversed(value)]
        elif isinstance(value.get("States"), dict) and isinstance(value.get("StartAt"), str):
            yield Definition(name, value)
        else:
            resources = value.get("Resources")
            inner = resources if isinstance(resources, dict) else value
            named = inner is resources
            waiting += [(str(key) if named else name, one) for key, one in reversed(inner.items())]


def _in_text(text: str) -> Any:
    """Return the definition that a template holds as text."""
    if not text.lstrip().startswith("{") or '"StartAt"' not in text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _invocations(documents: list[Any]) -> tuple[Json, ...] | None:
    for one in documents:
        if isinstance(one, dict) and isinstance(one.get("invocations"), list):
            return tuple(one["invocations"])
    return None
