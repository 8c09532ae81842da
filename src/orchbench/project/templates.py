"""A SAM template's document, read as the SAM transform reads it."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """In C where PyYAML has it: some seven times faster."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def load_template(path: Path) -> dict[str, Any]:
    """Return a template's document; short forms such as ``!Ref`` become their long ones.

    It is the caller's own, who may change it.
    """
    return deepcopy(_read(path.read_text()))


# Complexity and deployments read the same template once for each way.
@lru_cache(maxsize=8)
def _read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    return document
