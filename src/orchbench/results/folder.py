"""A results folder: written as a comparison grows, and read back.

``docs/results.md`` describes the files. ``comparison.json`` names the runs; each run has its raw history
below ``histories/`` and its trace below ``traces/``; ``summary.json`` holds the figures, which follow from
the other files alone. Every file is written whole or not at all, after each run, so that a comparison that is
interrupted, killed or cut off from power leaves what ran so far, and can go on from there.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchbench.results.comparison import (
    COMPARISON_SCHEMA,
    Comparison,
    ComparisonSettings,
    InvalidResults,
    ResultsNotWritten,
    Run,
)
from orchbench.trace import Json
from orchbench.ways.recorded import read_trace

COMPARISON_FILE = "comparison.json"
SUMMARY_FILE = "summary.json"
TRIED_BYTES = 1024 * 1024
"""About what a few runs take."""


@dataclass(frozen=True)
class ResultsFolder:
    """Writes a comparison as it grows, and reads it back."""

    path: Path

    def prepare(self) -> None:
        """Make the folder and try a file in it, before anything is run for it; drafts left behind go.

        Raises:
            OSError: files cannot be written there.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.path) as tried:
            tried.write(bytes(TRIED_BYTES))
        for folder in (self.path, self.path / "histories", self.path / "traces"):
            for draft in folder.glob("*.draft"):
                draft.unlink()

    def write_run(self, run: Run, history: Mapping[str, Any]) -> None:
        """Write one run's history and trace."""
        self._write(f"histories/{run.file_name}", history)
        self._write(f"traces/{run.file_name}", run.trace.to_json())

    def write(self, comparison: Comparison, summary: Json) -> None:
        """Write what the comparison is and the figures that follow."""
        document = {
            "schema": COMPARISON_SCHEMA,
            "started_at": comparison.started_at,
            "complete": comparison.complete,
            "settings": asdict(comparison.settings),
            "ways": dict(comparison.ways),
            "runs": [
                {
                    "way": run.way,
                    "number": run.number,
                    "mart": run.mart,
                    "trace": f"traces/{run.file_name}",
                    "history": f"histories/{run.file_name}",
                }
                for run in comparison.runs
            ],
        }
        self._write(COMPARISON_FILE, document)
        self._write(SUMMARY_FILE, summary)

    def read(self) -> Comparison:
        """Read the comparison.

        Raises:
            InvalidResults: a file is missing, is not valid JSON, or is not of the schema.
        """
        document = self._read(COMPARISON_FILE)
        if not isinstance(document, dict):
            raise InvalidResults(f"{self.path / COMPARISON_FILE} is not a JSON object.")
        if document.get("schema") != COMPARISON_SCHEMA:
            raise InvalidResults(
                f"{self.path / COMPARISON_FILE} has the schema {document.get('schema')!r}: "
                f"this version reads {COMPARISON_SCHEMA!r}."
            )
        try:
            return Comparison(
                settings=ComparisonSettings(**document["settings"]),
                ways=document["ways"],
                started_at=document["started_at"],
                complete=document["complete"],
                runs=tuple(
                    Run(one["way"], one["number"], one["mart"], read_trace(self._read(one["trace"])))
                    for one in document["runs"]
                ),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidResults(f"{self.path} does not follow {COMPARISON_SCHEMA}: {error!r}.") from error

    def read_summary(self) -> Json:
        """Read the figures as they were written."""
        return self._read(SUMMARY_FILE)

    def write_document(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a further file of the folder, whole or not at all."""
        self._write(name, document)

    def read_document(self, name: str, schema: str | None = None) -> Json | None:
        """Read a further file, None where the folder has none of this name.

        Raises:
            InvalidResults: it is not valid JSON, or not of the schema.
        """
        if not (self.path / name).exists():
            return None
        document = self._read(name)
        if not isinstance(document, dict):
            raise InvalidResults(f"{self.path / name} is not a JSON object.")
        if schema is not None and document.get("schema") != schema:
            raise InvalidResults(
                f"{self.path / name} has the schema {document.get('schema')!r}: "
                f"this version reads {schema!r}."
            )
        return document

    def _read(self, name: str) -> Json:
        file = self.path / name
        try:
            document: Json = json.loads(file.read_text())
        except OSError as error:
            wanted = (
                "name a results folder, which holds that file"
                if name == COMPARISON_FILE
                else f"{COMPARISON_FILE} names it, so the folder is not whole"
            )
            raise InvalidResults(f"{file} cannot be read ({error.strerror}): {wanted}.") from error
        except ValueError as error:
            raise InvalidResults(f"{file} is not valid JSON: {error}.") from error
        return document

    def _write(self, name: str, document: Mapping[str, Any]) -> None:
        file = self.path / name
        draft = file.with_suffix(".draft")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w") as written:
                written.write(json.dumps(document, indent=1, default=_moment) + "\n")
                written.flush()
                os.fsync(written.fileno())
            draft.replace(file)
            _sync_folder(file.parent)
        except OSError as error:
            # A full disk has no room for half a file.
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise ResultsNotWritten(f"{file} could not be written ({error.strerror})") from error


def _sync_folder(folder: Path) -> None:
    """Put a folder's list of files on the disk: a run's files must be there before their names are told."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a JSON value")
