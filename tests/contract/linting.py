"""cfn-lint with its rules loaded once: its own ``lint`` loads them anew, which takes longer than linting."""

import json
from functools import cache
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.runner import Runner, run_template_by_data

REGION = "us-east-1"


def linted(template: str | dict[str, Any]) -> list[Any]:
    """Return what the linter finds in a template, given as text or as a document."""
    decoded, errors = decode_str(template if isinstance(template, str) else json.dumps(template))
    return errors or list(run_template_by_data(decoded, _config(), _loaded().rules))


def _config() -> ConfigMixIn:
    return ConfigMixIn(regions=[REGION])


@cache
def _loaded() -> Runner:
    return Runner(_config())
