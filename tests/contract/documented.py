"""What the documents show: commands, the output below them, and the blocks that are made from the program.

In a console block a line that begins with ``$`` is a command and what follows is its output, where ``...``
stands for what was left out: lines, where it stands alone, or the part of a line. ``<!-- run: ... -->`` above
the block says where it runs: ``slow`` is one for the whole test run, ``local`` needs the local AWS.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from project import ROOT

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.ja.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LEFT_OUT = "..."

_CONSOLE = re.compile(r"(?:<!-- run: (\w+) -->\n)?```console\n(.*?)```", re.DOTALL)
_GENERATED = re.compile(r"<!-- (?P<name>[\w-]+):begin -->\n(?P<text>.*?)<!-- (?P=name):end -->", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """One command of a console block, and the output that the document shows below it."""

    document: str
    run: str
    command: str
    output: tuple[str, ...]


def shown(document: Path) -> Iterator[Shown]:
    """Yield the commands of a document's console blocks."""
    for run, block in _CONSOLE.findall(document.read_text()):
        first, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
        assert first == "", f"{document.name}: a console block begins with a command"
        for part in parts:
            # An output may end its lines with a backslash too, which belongs to it.
            typed = re.match(r"(?:.*\\\n)*.*", part)
            assert typed
            command, output = re.sub(r"\\\n\s*", "", typed[0]), part[typed.end() :].removeprefix("\n")
            yield Shown(document.name, run or "here", command, tuple(output.splitlines()))


def shell_commands(document: Path) -> Iterator[str]:
    """Yield the commands of a document's shell blocks, without their comments."""
    for block in re.findall(r"```sh\n(.*?)```", document.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield shlex.join(words)


def generated(document: Path) -> dict[str, str]:
    """Return the texts of a document's generated blocks by their names."""
    return {found["name"]: found["text"] for found in _GENERATED.finditer(document.read_text())}


def with_generated(text: str, blocks: dict[str, str]) -> str:
    """Return a document's text with its generated blocks made anew."""

    def anew(found: re.Match[str]) -> str:
        name = found["name"]
        made = blocks.get(name, found["text"])
        return f"<!-- {name}:begin -->\n{made}<!-- {name}:end -->"

    return _GENERATED.sub(anew, text)


def agrees(documented: tuple[str, ...], real: str) -> bool:
    """Tell whether an output is the one that a document shows, apart from what it leaves out."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == LEFT_OUT else _line_pattern(line) + r"\s*\n"
        for line in documented
        if line.strip()
    )
    text = "".join(f"{line.rstrip()}\n" for line in real.splitlines() if line.strip())
    return re.fullmatch(pattern, text) is not None


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.rstrip().split(LEFT_OUT))
