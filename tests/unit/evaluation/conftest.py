"""What tests of figures share: a command's JSON, as whoever runs it gets it."""

import json
from collections.abc import Callable

import pytest

from orchbench.cli import main
from orchbench.trace import Json


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[[str], Json]:
    def run_command(command: str) -> Json:
        capsys.readouterr()
        main([*command.split(), "--json"])
        document: Json = json.loads(capsys.readouterr().out)
        return document

    return run_command
