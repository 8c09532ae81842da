"""Values of an input, as the sentences that refuse them word them."""

import math
from typing import Any


def is_whole(value: Any) -> bool:
    """Tell whether a value of JSON is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Tell whether a value of JSON is a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # 1e400 is infinite once it is read from JSON.
    return isinstance(value, int) or math.isfinite(value)


def shown(value: Any) -> str:
    """Write a value as a refusal shows it, and not all of a long one."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def kind_of(value: Any) -> str:
    """Say what kind of JSON a value is."""
    names = {bool: "true or false", dict: "an object", list: "a list", str: "text", type(None): "null"}
    return names.get(type(value), "a number")
