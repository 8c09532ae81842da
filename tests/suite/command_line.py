"""A program's command line, each command in a fork of one process: imports take most of a command's time."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

SERVE = """
import contextlib, io, json, os, sys, traceback
{entry}
for line in sys.stdin:
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps({{"code": status, "out": "", "errors": "It died."}}), flush=True)
        continue
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    order = json.loads(line)
    os.chdir(order["folder"])
    out, errors, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            code = run(order["arguments"])
        except SystemExit as ended:
            code = ended.code
        except Exception:
            code = traceback.format_exc()
    answer = {{"code": code or 0, "out": out.getvalue(), "errors": errors.getvalue()}}
    print(json.dumps(answer), flush=True)
    os._exit(0)
"""
SAM_ENTRY = """
import samcli.commands.deploy.deploy_context, samcli.commands.package.package_context
from samcli.cli.main import cli as run
"""
AWS_ENTRY = """
from awscli.clidriver import create_clidriver
def run(words):
    return create_clidriver().main(words)
"""


class CommandLine:
    """Runs one command after the other, each in a folder, all in one environment.

    Args:
        python: the interpreter of the program's environment.
        entry: imports or defines ``run``, which takes a command's words, and returns or raises its exit code.
    """

    def __init__(self, python: Path, entry: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [python, "-c", SERVE.format(entry=entry)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, arguments: list[str], folder: Path) -> str:
        """Run a command that succeeds, and return what it wrote to standard output."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "folder": str(folder)}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["code"] == 0, answer["out"] + answer["errors"]
        return str(answer["out"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)
