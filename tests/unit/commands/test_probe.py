"""``orchbench probe`` on a stubbed account: what it lists, asks, writes and ends with."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchbench.cli import main
from orchbench.commands.failure import UsageError
from orchbench.commands.probe import probe, probes_of
from orchbench.commands.probe_consent import confirm
from orchbench.deployment.bench import Bench
from orchbench.deployment.connection import Connection
from orchbench.probes import all_probes
from orchbench.probes.lab import Lab
from orchbench.probes.probe import Finding, Probe, confirmed, inconclusive, refuted
from orchbench.results.folder import ResultsFolder

OUTPUTS = {
    "DataApiRoleArn": "arn:aws:iam::123456789012:role/reports",
    "Target": "big",
    "Database": "dev",
}


class Clients:
    """A region whose one client tells its endpoint."""

    region = "us-east-1"

    def client(self, _service: str) -> Any:
        class Meta:
            endpoint_url = "https://states.us-east-1.amazonaws.com"

        return type("Client", (), {"meta": Meta})()


def lab(host: str) -> Lab:
    return Lab(Bench(Connection(host, Clients(), "reports", OUTPUTS)), "r1")


def ending(finding: Finding) -> Probe:
    first = next(iter(all_probes().values()))
    return replace(first, name="one", not_local="", attempt=lambda _lab: finding)


@pytest.fixture
def console() -> Console:
    return Console(record=True, width=200, force_terminal=False)


def test_the_list_has_every_probe_and_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "--list"]) == 0

    printed = capsys.readouterr().out
    assert len(all_probes()) >= 20
    assert [name for name in all_probes() if name not in printed] == []


def test_a_list_of_one_probe_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "--list", "--probe", "retry-events"]) == 0
    assert "\n1 probe. USD" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--probe", "nothing"], "There is no probe 'nothing': `orchbench probe --list` names them."),
        (["--probe", ","], "--probe is empty: give at least one, or leave it out."),
        (["--list", "--probe", "retry-events,cancel"], "There is no probe 'cancel'"),
    ],
)
def test_a_probe_that_there_is_not_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", *arguments]) == 2

    told = capsys.readouterr().err
    assert sentence in told
    assert told.count("\n") == 1


def test_probes_are_named_with_commas_or_again_and_run_once() -> None:
    chosen = probes_of(["retry-events,cancel-queued", "retry-events"])

    assert [one.name for one in chosen] == ["cancel-queued", "retry-events"]


@pytest.mark.parametrize(
    ("host", "finding", "ends"),
    [
        ("aws", confirmed("Yes."), (0, "confirmed")),
        ("aws", inconclusive("Who knows."), (0, "inconclusive")),
        ("aws", refuted("No."), (1, "refuted")),
        ("local", refuted("No."), (0, "contradicted by the emulator")),
    ],
)
def test_only_what_aws_refutes_fails_the_command(
    host: str, finding: Finding, ends: tuple[int, str], tmp_path: Path, console: Console
) -> None:
    code, word = ends
    assert probe([ending(finding)], lab(host), ResultsFolder(tmp_path), console) == code

    written = json.loads((tmp_path / "probes.json").read_text())
    assert written["probes"]["one"]["verdict"] == word
    assert f"1 {word}" in console.export_text()


def test_what_is_left_is_said_written_and_fails_the_command(tmp_path: Path, console: Console) -> None:
    def leaves(lab: Lab) -> Finding:
        lab.remains.keep("The queue q", "aws sqs delete-queue", stuck)
        return confirmed("Yes.")

    def stuck() -> None:
        raise TimeoutError("no answer")

    one = replace(ending(confirmed("Yes.")), attempt=leaves)
    assert probe([one], lab("aws"), ResultsFolder(tmp_path), console) == 1

    sentence = "The queue q may be left (no answer); remove it with: aws sqs delete-queue"
    assert sentence in console.export_text()
    assert json.loads((tmp_path / "probes.json").read_text())["left"] == [sentence]


def test_an_interrupted_run_keeps_what_was_found(tmp_path: Path, console: Console) -> None:
    def interrupted(_lab: Lab) -> Finding:
        raise KeyboardInterrupt

    probes = [ending(confirmed("Yes.")), replace(ending(confirmed("")), name="two", attempt=interrupted)]
    with pytest.raises(KeyboardInterrupt):
        probe(probes, lab("aws"), ResultsFolder(tmp_path), console)

    assert list(json.loads((tmp_path / "probes.json").read_text())["probes"]) == ["one"]


def test_nobody_to_ask_means_that_nothing_runs(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(UsageError, match="give --yes"):
        confirm(list(all_probes().values()), lab("aws"), console, assume_yes=False)

    said = console.export_text()
    assert f"This runs {len(all_probes())} probes on" in said
    assert "estimated at the list prices of us-east-1, and" in said
    assert "of the cluster, which is paid by the hour" in said


def test_prices_of_another_region_are_said_to_be_so(console: Console) -> None:
    class Ireland(Clients):
        region = "eu-west-1"

        def client(self, service: str) -> Any:
            pages = [{"workgroups": [{"workgroupArn": "arn:w", "workgroupName": "w", "baseCapacity": 4}]}]
            found = super().client(service)
            found.get_paginator = lambda _name: type("Pages", (), {"paginate": lambda _self: pages})()
            return found

    outputs = OUTPUTS | {"Target": "arn:w"}
    lab = Lab(Bench(Connection("aws", Ireland(), "reports", outputs)), "r1")

    confirm([all_probes()["describe-keeps-awake"]], lab, console, assume_yes=True)
    confirm([all_probes()["durable-name-per-function"]], lab, console, assume_yes=True)

    said = console.export_text()
    assert "This runs 1 probe on the stack" in said
    assert "$0.375 per RPU-hour, us-east-1's because eu-west-1's is not known" in said
    assert "the list prices of eu-west-1 (all assumed from us-east-1)" in said
    assert "nothing for the warehouse" in said


def test_a_stack_that_cannot_be_reached_leaves_no_results_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    out = tmp_path / "found"

    assert main(["probe", "--target", "aws", "--out", str(out), "--yes"]) == 1

    assert "No AWS region is set" in capsys.readouterr().err
    assert not out.exists()


def test_one_probe_is_listed_in_the_singular(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "--list", "--probe", "retry-events"]) == 0

    assert "\n1 probe. USD is estimated" in capsys.readouterr().out
