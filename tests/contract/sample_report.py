"""The report of the stored results, as ``docs/sample`` holds it, and a picture of its first screen.

    .venv/bin/python tests/contract/sample_report.py

writes both anew; the picture takes Chromium, and is left alone where there is none. It is the report that
`orchbench report docs/results/compare-local` makes, but that prices are as old as on the day of the runs, so
that it stays the same.
"""

import hashlib
import re
import shutil
import struct
import sys
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from orchbench.cli import build_parser
from orchbench.commands.report import given_for, results_of
from orchbench.report.build import PAGE, files, report, write
from orchbench.report.model import Report

ROOT = Path(__file__).resolve().parents[2]
STORED, SAMPLE = ROOT / "docs" / "results" / "compare-local", ROOT / "docs" / "sample"
PICTURE = SAMPLE / "first-screen.png"
OF = "report.html sha256"
"""Under which name the picture says of which page it is."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def sample() -> Report:
    """Return the report of the stored results."""
    arguments = build_parser().parse_args(["report", str(STORED)])
    results = results_of(arguments)
    day = date.fromisoformat(results[0].comparison.started_at[:10])
    return report(results, replace(given_for(arguments, results), today=day))


def words(text: str) -> str:
    """Return a file without where charts' words stand, which depends on a machine's fonts."""

    def of_a_chart(found: re.Match[str]) -> str:
        return " ".join(re.findall(r">([^<>\s][^<>]*)<", found.group()))

    return re.sub(r"<svg.*?</svg>", of_a_chart, text, flags=re.DOTALL)


def digest(page: str) -> str:
    """Return what a picture says of its page."""
    return hashlib.sha256(page.encode()).hexdigest()


def told_digest(picture: bytes) -> str | None:
    """Return what a picture says of its page; None where it says nothing."""
    at = len(SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        kind, held = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if kind == b"tEXt" and held.startswith(f"{OF}\0".encode()):
            return held.partition(b"\0")[2].decode()
        at += 12 + length
    return None


def with_digest(picture: bytes, page: str) -> bytes:
    """Return a picture that says of which page it is."""
    held = f"{OF}\0{digest(page)}".encode()
    chunk = b"tEXt" + held
    told = struct.pack(">I", len(held)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    after_the_head = len(SIGNATURE) + 12 + 13
    return picture[:after_the_head] + told + picture[after_the_head:]


def photographed(page: Path, program: str) -> bytes:
    """Return a picture of a page's first screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        window = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        window.goto(page.as_uri())
        picture = window.screenshot()
        browser.close()
    return picture


def main() -> None:
    """Write the sample and its picture."""
    made: Mapping[str, str] = files(sample())
    shutil.rmtree(SAMPLE / "charts", ignore_errors=True)
    write(SAMPLE, made)
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        sys.exit("There is no Chromium here: the picture is not made anew.")
    PICTURE.write_bytes(with_digest(photographed(SAMPLE / PAGE, program), made[PAGE]))


if __name__ == "__main__":
    main()
