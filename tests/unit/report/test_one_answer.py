"""The README, ``decide`` and the page: three places that name a way, and one answer."""

import json
import re
import shlex
from pathlib import Path

import pytest

from orchbench.cli import main

README = (Path(__file__).resolve().parents[3] / "README.md").read_text()
(SHOWN,) = re.findall(r"^orchbench decide (.+)$", README, re.MULTILINE)
OF_ITS_TABLE_AND_THE_PAGE = "--duration 1h --runs-a-month 1000 --acceptable-lag 10s"


@pytest.mark.slow
def test_where_cost_does_not_decide_the_readme_the_page_and_decide_name_the_same_way_of_the_pair(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (chosen,) = re.findall(r"\*\*Choose `([\w-]+)` over", README)
    page = (written / "report.md").read_text()

    assert re.findall(r"Choose \*\*([\w-]+)\*\* over ", page) == [chosen]
    # A variant costs less, and is named after the pair.
    assert "**durable-condition** does the same for less: $" in page
    for workload in (OF_ITS_TABLE_AND_THE_PAGE, SHOWN):
        assert main(["decide", *shlex.split(workload), "--json"]) == 0
        decided = json.loads(capsys.readouterr().out)
        assert "Cost does not decide here." in decided["said"][1]
        assert decided["recommended"]["way"] == chosen
        assert f"durable-condition does the same as {chosen} for $" in decided["said"][3]
