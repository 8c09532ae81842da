"""Reads a decision record back, as far as it is decided anew from: its inputs, and what is compared.

Whether an input makes sense (a duration, a region) is for whoever decides to say; here it only has its kind.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from orchbench.report.record import SCHEMA
from orchbench.trace import Json


class InvalidRecord(ValueError):
    """A document that is no record: the rest of a sentence, behind what it is."""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_text_or_none(value: Any) -> bool:
    return value is None or _is_text(value)


def _is_memory(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 128 <= value <= 10_240


def _is_architecture(value: Any) -> bool:
    return value in ("x86_64", "arm64")


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_yes(value: Any) -> bool:
    return value is True


def _are_seconds(value: Any) -> bool:
    numbers = isinstance(value, list) and bool(value) and {type(one) for one in value} <= {int, float}
    return numbers and all(0 <= one <= 86_400 for one in value)


INPUTS: Mapping[str, Callable[[Any], bool]] = {
    "region": _is_text,
    "architecture": _is_architecture,
    "memory": _is_memory,
    "runs_a_month": _is_text,
    "acceptable_lag": _is_text,
    "timeout": _is_text_or_none,
    "assume": _are_texts,
}
OPTIONAL_INPUTS: Mapping[str, Callable[[Any], bool]] = {
    "way": _are_texts,
    "material": _are_texts,
    **dict.fromkeys(("budget_usd", "peak_factor"), _is_text),
    **dict.fromkeys(("redshift_rpus", "redshift_hour_usd", "redshift_rpu_hour_usd"), _is_text),
    **dict.fromkeys(("free_tier", "no_redshift"), _is_yes),
}
"""Those that a record has only where they were given."""
COMPARED = {"prices": "usd", "assumptions": "value", "counts": "usage"}
"""Parts with values by name, and what each value says."""


def record_from_json(document: Any) -> Json:
    """Return a record that can be decided anew from.

    Raises:
        InvalidRecord: the rest of a sentence.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InvalidRecord(f"it takes decision.json of the schema {SCHEMA}.")
    inputs = _object(document, "inputs")
    for name, is_right in INPUTS.items():
        _input(inputs, name, is_right)
    if "durations_seconds" in inputs:
        _input(inputs, "durations_seconds", _are_seconds)
        for key in ("source", "origin"):
            if not _is_text(inputs["durations_seconds"].get(key)):
                raise InvalidRecord(f"it has no inputs.durations_seconds.{key}.")
    else:
        _input(inputs, "duration", _is_text)
    for name in inputs.keys() & OPTIONAL_INPUTS.keys():
        _input(inputs, name, OPTIONAL_INPUTS[name])
    for part, key in COMPARED.items():
        values = _object(_object(document, part), "values", f"{part}.")
        if not all(isinstance(one, dict) and key in one for one in values.values()):
            raise InvalidRecord(f"not all of its {part}.values have a {key!r}.")
    _recommended(_object(document, "decision"))
    return document


def _object(document: Json, name: str, before: str = "") -> Json:
    found = document.get(name)
    if not isinstance(found, dict):
        raise InvalidRecord(f"it has no {before}{name}.")
    return found


def _input(inputs: Json, name: str, is_right: Callable[[Any], bool]) -> None:
    found = inputs.get(name)
    if not isinstance(found, dict) or "value" not in found:
        raise InvalidRecord(f"it has no inputs.{name}.")
    if not is_right(found["value"]):
        raise InvalidRecord(f"its inputs.{name} has the value {str(found['value'])[:60]!r}.")


def _recommended(decision: Json) -> None:
    found = decision.get("recommended", {})
    if found is None:
        return
    try:
        texts = (found["way"], found["poll"])
        amount = Decimal(found["usd_a_month"]["value"])
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise InvalidRecord("its decision.recommended has no way, no poll or no usd_a_month.") from None
    if not all(map(_is_text, texts)) or not amount.is_finite():
        raise InvalidRecord("its decision.recommended has no way, no poll or no usd_a_month.")
