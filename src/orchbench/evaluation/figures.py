"""A figure as a report writes it: its value with its unit, its label and its source."""

from orchbench.trace import Json, Label


def figure(value: object, unit: str, label: Label, source: str) -> Json:
    """Return one figure as JSON values; money is text, so that no digit is lost."""
    return {"value": value, "unit": unit, "label": label.value, "source": source}
