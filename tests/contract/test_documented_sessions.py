"""The sessions that documents show against the local AWS: run, and what is shown compared."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from documented import DOCUMENTS, Shown, agrees, shell_commands, shown
from project import ROOT

pytestmark = [pytest.mark.local, pytest.mark.timeout(300)]

BIN = Path(sys.executable).parent
TOOLS = Path(sys.prefix) / "tools" / "awscli" / "bin"
UP = "orchbench up"
READY, DEADLINE_SECONDS = "It runs until Ctrl-C", 240
END = "\x1e"
AWS_CLI = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }\n'
"""Version 1 of the AWS CLI has an address of its own for SQS, which the exports do not change."""
ENDED = (
    'until [ "$(aws stepfunctions describe-execution --execution-arn $ARN --query status --output text)" '
    "!= RUNNING ]; do sleep 0.2; done\n"
)
WAITS = {"orchbench-cancel": ENDED}
"""What must be before a command that names such a function: a reader is not as quick as a script."""
SESSIONS = {
    document: [one for one in shown(document) if one.run == "local" and one.command != UP]
    for document in DOCUMENTS
}
SESSIONS = {document: session for document, session in SESSIONS.items() if session}


class Reader:
    """Somebody with ``orchbench up`` in one terminal and a shell in another."""

    def __init__(self, folder: Path, up: Path) -> None:
        self.folder = folder
        self.up = up

    def run(self, commands: list[str]) -> list[tuple[str, int]]:
        """Run commands in one shell, and return what each printed, with its exit code."""
        waited = ("".join(wait for name, wait in WAITS.items() if name in one) + one for one in commands)
        script = AWS_CLI + "\n".join(f"{command}\nprintf '{END}%s{END}' $?" for command in waited)
        exports = dict(re.findall(r"^export (\w+)=(.*)$", self.up.read_text(), re.MULTILINE))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        path = os.pathsep.join([str(BIN), str(TOOLS), os.environ["PATH"]])
        ended = subprocess.run(
            ["bash"],
            input=script,
            cwd=self.folder,
            env=clean | exports | {"PATH": path, "COLUMNS": "110", "AWS_PAGER": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        parts = ended.stdout.split(END)
        return [(parts[at], int(parts[at + 1])) for at in range(0, len(parts) - 1, 2)]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader")
    for name in ("functions", "statemachine", "template.yaml"):
        (folder / name).symlink_to(ROOT / name)
    said = folder / "up.txt"
    with (
        said.open("w") as output,
        subprocess.Popen(
            [BIN / "orchbench", "up", "--rows", "20000"], cwd=folder, stdout=output, stderr=subprocess.STDOUT
        ) as up,
    ):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while READY not in said.read_text():
            assert up.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            time.sleep(0.1)
        yield Reader(folder, said)
        up.send_signal(signal.SIGINT)
        assert up.wait(timeout=DEADLINE_SECONDS) == 0, said.read_text()


def test_what_up_says_is_what_its_document_shows(reader: Reader) -> None:
    documented = [one for document in DOCUMENTS for one in shown(document) if one.command == UP]
    real = reader.up.read_text()
    assert documented
    for one in documented:
        assert agrees(one.output, real), real


@pytest.mark.skipif(not (TOOLS / "aws").exists(), reason="run `make tools` first")
@pytest.mark.parametrize("document", SESSIONS, ids=lambda path: path.name)
def test_a_session_shows_what_its_document_shows(document: Path, reader: Reader) -> None:
    session: list[Shown] = SESSIONS[document]
    results = reader.run([one.command for one in session])
    assert len(results) == len(session)
    for one, (real, _code) in zip(session, results, strict=True):
        assert agrees(one.output, real), f"{one.command} printed:\n{real}"


def test_what_is_documented_for_an_account_runs_against_the_local_endpoint(reader: Reader) -> None:
    operations = shell_commands(ROOT / "docs" / "operations.md")
    commands = [one for one in operations if re.match(r"orchbench (start|stop) .*--target aws", one)]
    assert len(commands) == 3
    # The execution that is stopped is one that a reader has started before.
    before = 'orchbench start sfn-poll --name nightly-1 --input \'{"poll": {"interval_seconds": 2}}\''
    assert [code for _printed, code in reader.run([before, *commands])][1:] == [0, 0, 0]
