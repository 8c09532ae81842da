"""The SAM CLI of ``make tools``: builds, deploys and deletes stacks, and says which command failed.

What it prints goes to standard error, where progress belongs.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAM = Path(sys.prefix) / "tools" / "sam" / "bin" / "sam"
RUNTIMES = ("python3.14", "python3.13")
"""What the template's parameter Runtime takes, the default first."""
MADE_BY = ("made-by", "orchbench-compare-aws")
"""The tag of the stacks that this makes: no other is updated or deleted."""

Run = Callable[[Sequence[str], Path], int]


class ToolMissing(Exception):
    """A program that a step needs is not there."""


class SamFailed(Exception):
    """The SAM CLI ended with an error; it has said which."""


def run_in(command: Sequence[str], folder: Path) -> int:
    """Run a command in a folder with its output on standard error, and return its exit code."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)  # noqa: S603
    return done.returncode


def runtime_found(which: Callable[[str], str | None] = shutil.which) -> str:
    """Return the runtime that functions can be built for here: its interpreter is on the path.

    Raises:
        ToolMissing: there is none.
    """
    found = next((runtime for runtime in RUNTIMES if which(runtime)), None)
    if found is None:
        raise ToolMissing(
            f"`sam build` needs {' or '.join(RUNTIMES)} on the PATH, as the functions run on it: install "
            "one, or build in a container with --container."
        )
    return found


@dataclass(frozen=True)
class Sam:
    """The SAM CLI for one account and region.

    Attributes:
        folder: the project's, with the templates and samconfig.toml.
        region: of every stack.
        profile: of the credentials; None for those that are found.
        program: its path.
        run: runs a command in a folder and returns its exit code.
    """

    folder: Path
    region: str
    profile: str | None = None
    program: Path = SAM
    run: Run = run_in

    def require(self) -> None:
        """Raise ToolMissing where the program is not installed."""
        if not self.program.exists():
            raise ToolMissing("The SAM CLI is not installed: run `make tools`, or `make compare-aws`.")

    def build(self, runtime: str, *, container: bool) -> None:
        """Build the functions for a runtime; it installs their packages from an index."""
        in_container = ["--use-container"] if container else []
        self._do("build", *in_container, "--parameter-overrides", f"Runtime={runtime}")

    def deploy(
        self,
        stack_name: str,
        parameters: Mapping[str, str],
        *,
        environment: str = "default",
        built: bool = True,
    ) -> None:
        """Create or update a stack, and wait for its end.

        Args:
            stack_name: of the stack, which is tagged as made by this.
            parameters: of its template.
            environment: of samconfig.toml, which names the template.
            built: whether what ``build`` left is deployed, and not template.yaml as it stands.
        """
        as_it_stands = [] if built else ["--template-file", "template.yaml"]
        values = [f"{name}={value}" for name, value in parameters.items() if value]
        overrides = ["--parameter-overrides", *values] if values else []
        tag = "=".join(MADE_BY)
        named = ["--config-env", environment, "--stack-name", stack_name, "--tags", tag]
        self._do("deploy", *named, *as_it_stands, *overrides)

    def delete(self, stack_name: str) -> None:
        """Delete a stack and what SAM uploaded for it."""
        self._do(*self._deletion(stack_name))

    def deletion(self, stack_name: str) -> str:
        """Return the command that deletes a stack, for a shell."""
        return shlex.join([str(self.program), *self._everywhere(self._deletion(stack_name))])

    def _deletion(self, stack_name: str) -> list[str]:
        return ["delete", "--stack-name", stack_name, "--no-prompts"]

    def _everywhere(self, arguments: Sequence[str]) -> list[str]:
        profile = ["--profile", self.profile] if self.profile else []
        return [*arguments, "--region", self.region, *profile]

    def _do(self, *arguments: str) -> None:
        command = [str(self.program), *self._everywhere(arguments)]
        if (code := self.run(command, self.folder)) != 0:
            raise SamFailed(f"`sam {arguments[0]}` ended with exit code {code}; its reason stands above.")
