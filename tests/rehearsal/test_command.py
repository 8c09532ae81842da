"""``orchbench rehearse`` as a person and as a program use it."""

import json

import pytest

from orchbench.cli import main
from orchbench.ways import all_ways, the_pair
from orchbench.ways.way import Waits

POLLS_A_MINUTE = {Waits.BY_POLLING: 6, Waits.HELD: 2, Waits.FOR_AN_EVENT: 1}
SHORT = ["rehearse", "--duration", "60", "--poll", "fixed:10s", "--processes", "1"]
OF_THE_PAIR = [word for name in the_pair() for word in ("--way", name)]


@pytest.mark.slow
def test_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SHORT, "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["label"] == "rehearsed"
    assert [row["way"] for row in document["rehearsals"]] == list(all_ways())
    for row in document["rehearsals"]:
        assert row["outcome"] == "SUCCEEDED"
        assert row["polls"]["value"] == POLLS_A_MINUTE[all_ways()[row["way"]].waits]
        assert row["rehearsal_seconds"]["value"] > 0


@pytest.mark.slow
def test_the_same_command_twice_gives_the_same_digest(capsys: pytest.CaptureFixture[str]) -> None:
    command = [*SHORT, "--fault", "throttle:rate=0.3", "--seed", "5", "--json"]
    digests = set()
    for _ in range(2):
        main(command)
        digests.add(json.loads(capsys.readouterr().out)["digest"])
    assert len(digests) == 1


@pytest.mark.slow
def test_several_processes_give_the_digest_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    digests = set()
    for processes in ("1", "2"):
        main([*SHORT, *OF_THE_PAIR, "--processes", processes, "--json"])
        digests.add(json.loads(capsys.readouterr().out)["digest"])
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--duration", "soon"], "'soon' is not a duration"),
        (["--poll", "eager"], "'eager' is not a poll policy"),
        (["--way", "glue"], "no way 'glue': take one of sfn-poll"),
        (["--fault", "fire"], "The fault 'fire' is unknown"),
        (["--latency", "real"], "no latency profile 'real'"),
        (["--latency", "none.json"], "none.json cannot be read"),
        (["--scenarios", "none.yaml"], "none.yaml cannot be read"),
        (["--scenarios", "none.yaml", "--duration", "1h"], "leave them out"),
    ],
)
def test_a_wrong_argument_is_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main(["rehearse", *arguments]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
