"""A headless Chromium, driven over two pipes in the DevTools protocol: no port and no client library."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
LAUNCHER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads from descriptor 3 and writes to 4."""
LONGEST_SECONDS = 60

Json = dict[str, Any]


def executable() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One tab; what it said besides its answers is kept."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._number = 0
        self._buffer = b""
        self._session: str | None = None
        self.events: list[Json] = []

    def open(self, url: str, *, width: int, dark: bool = False, height: int = 900) -> None:
        """Open a page in a new tab, and wait until it has loaded."""
        self.events = []
        target = self.call("Target.createTarget", session=False, url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", session=False, targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def screenshot(self, file: Path, *, clip: Json | None = None) -> None:
        options: Json = {"format": "png", "captureBeyondViewport": True}
        if clip:
            options["clip"] = clip | {"scale": 1}
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))

    def print(self, file: Path) -> None:
        printed = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        file.write_bytes(base64.b64decode(printed["data"]))

    def said(self, method: str) -> list[Json]:
        return [event["params"] for event in self.events if event["method"] == method]

    def call(self, method: str, *, session: bool = True, **parameters: Any) -> Json:
        self._number += 1
        message: Json = {"id": self._number, "method": method, "params": parameters}
        if session and self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                result: Json = answer["result"]
                return result

    def wait_for(self, method: str) -> None:
        until = time.monotonic() + LONGEST_SECONDS
        while not self.said(method):
            assert time.monotonic() < until, f"no {method} in {LONGEST_SECONDS} s"
            self._read()

    def _read(self) -> Json:
        while b"\0" not in self._buffer:
            part = os.read(self._from, 1 << 16)
            assert part, "the browser has ended"
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: Json = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message


@contextmanager
def chromium(program: str, profile: Path) -> Iterator[Browser]:
    """Start a browser with a profile of its own, and stop it."""
    their_input, our_output = os.pipe()
    our_input, their_output = os.pipe()
    # Above 9, so that neither is in the way of the other.
    theirs = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (their_input, their_output)]
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, *map(str, theirs), program, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=theirs,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for one in theirs:
        os.close(one)
    os.close(their_input)
    os.close(their_output)
    browser = Browser(our_output, our_input)
    try:
        yield browser
        browser.call("Browser.close", session=False)
    finally:
        os.close(our_output)
        os.close(our_input)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
