"""Follows a Choice's rules where one variable is known: true, false, or None where another decides."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from orchbench.trace import Json

_COMPARISON = re.compile(
    r"""(?P<path>[$\w.\[\]]+)\s*(?P<sign>!?=)\s*(?P<quote>['"])(?P<value>[^'"]*)(?P=quote)"""
)
_JSONATA = re.compile(r"\{%(?P<inside>.*)%\}", re.DOTALL)


def verdict(rule: Json, variable: str, value: str) -> bool | None:
    """Return whether a rule holds where a variable has a value; None where that does not decide it."""
    rule = readable(rule)
    if isinstance(inner := rule.get("Not"), dict):
        found = verdict(inner, variable, value)
        return None if found is None else not found
    for key, deciding in (("And", False), ("Or", True)):
        if isinstance(parts := rule.get(key), list):
            verdicts = [verdict(part, variable, value) for part in parts if isinstance(part, dict)]
            if deciding in verdicts:
                return deciding
            return None if None in verdicts else not deciding
    return _compared(rule, value) if rule.get("Variable") == variable else None


def _compared(rule: Json, value: str) -> bool | None:
    """Compare a known text."""
    if isinstance(wanted := rule.get("StringEquals"), str):
        return value == wanted
    if isinstance(pattern := rule.get("StringMatches"), str):
        # Step Functions knows no wildcard but the star.
        return fnmatchcase(value, re.sub(r"([?\[])", r"[\1]", pattern))
    for key, answer in (("IsPresent", True), ("IsString", True), ("IsNull", False), ("IsNumeric", False)):
        if isinstance(wanted := rule.get(key), bool):
            return wanted is answer
    return None


def comparisons(rule: Json) -> Iterator[tuple[str, str]]:
    """Yield the variables that a rule compares with texts, and each text."""
    rule = readable(rule)
    if isinstance(inner := rule.get("Not"), dict):
        yield from comparisons(inner)
    for key in ("And", "Or"):
        if isinstance(parts := rule.get(key), list):
            for part in parts:
                if isinstance(part, dict):
                    yield from comparisons(part)
    text = rule.get("StringEquals", rule.get("StringMatches"))
    if isinstance(text, str) and isinstance(rule.get("Variable"), str):
        yield rule["Variable"], text


def readable(rule: Json) -> Json:
    """Return a rule in JSONata as the JSONPath rule that says the same, where it is as plain as that.

    Comparisons with texts, joined by ``and`` or by ``or``; anything else stays, and decides nothing.
    """
    condition = rule.get("Condition")
    inside = _JSONATA.fullmatch(condition.strip()) if isinstance(condition, str) else None
    if inside is None:
        return rule
    text = inside["inside"].strip()
    for word, key in ((" or ", "Or"), (" and ", "And")):
        if word in text and not ({" or ", " and "} - {word}) & {
            one for one in (" or ", " and ") if one in text
        }:
            return {key: [_plain(part) for part in text.split(word)]}
    return _plain(text)


def _plain(text: str) -> Json:
    found = _COMPARISON.fullmatch(text.strip().strip("()").strip())
    if found is None:
        return {}
    equal = {"Variable": found["path"], "StringEquals": found["value"]}
    return equal if found["sign"] == "=" else {"Not": equal}
