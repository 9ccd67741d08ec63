"""A headless Chromium driven by the DevTools protocol over two pipes: nothing else is needed."""

import base64
import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from matplotlib.image import imread

NAMES = ("chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", "--hide-scrollbars",
)  # fmt: skip
"""WebGL by software, as a machine without a graphics card has it."""

START = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes the browser, which reads from 3 and writes to 4."""

PATIENCE = 120.0
"""Seconds until a browser that says nothing is given up."""


def find():
    """Return the browser's path, None if there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """A page in a browser; ``events`` are all that it told, in order."""

    def __init__(self, path):
        self._home = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses root's
        command = [path, *FLAGS, *sandbox, f"--user-data-dir={self._home.name}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, str(to_browser), str(from_browser), *command],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._numbers, self._pending, self._session = itertools.count(1), b"", None
        self.events = []
        try:
            self._attach()
        except BaseException:
            self.close()
            raise

    def _attach(self):
        """Open a page and listen to it."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._read)
        os.close(self._write)
        self._home.cleanup()

    def call(self, method, **parameters):
        """Call a method of the protocol and return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        content = json.dumps(message).encode() + b"\0"
        while content:
            content = content[os.write(self._write, content) :]
        return self._until(lambda reply: reply.get("id") == number)["result"]

    def open(self, path: Path):
        """Open a file and wait until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        if not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._until(lambda reply: reply.get("method") == "Page.loadEventFired")

    def evaluate(self, expression):
        """Return the value of an expression, or of the promise that it gives."""
        done = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def size(self, width, height, *, mobile=False):
        """Set the size of the window in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=mobile,
        )  # fmt: skip

    def press(self, key):
        """Press a key where the focus is."""
        for kind in ("rawKeyDown", "keyUp"):
            code = {"ArrowLeft": 37, "Home": 36}[key]
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)

    def screenshot(self, selector=None):
        """Return the picture of an element, or of the whole page, as PNG."""
        options = {"captureBeyondViewport": True}
        if selector:
            self.evaluate(f"document.querySelector('{selector}').scrollIntoView()")
            box = self.evaluate(
                f"(r => ({{x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height}}))"
                f"(document.querySelector('{selector}').getBoundingClientRect())"
            )
            options["clip"] = {**box, "scale": 1}
        return base64.b64decode(self.call("Page.captureScreenshot", **options)["data"])

    def pdf(self):
        """Return the printed page."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])

    @property
    def complaints(self):
        """Errors and warnings of the page, in words."""
        found = []
        for event in self.events:
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(event["params"]["exceptionDetails"]))
            if event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] in (
                "error", "warning", "assert",
            ):  # fmt: skip
                found.append(str(event["params"]["args"]))
            if event["method"] == "Log.entryAdded":
                found.append(str(event["params"]["entry"]))
        return found

    @property
    def requests(self):
        """Addresses that were asked for, apart from what lies in the page itself."""
        urls = [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith(("data:", "blob:"))]

    def _until(self, wanted):
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            while b"\0" in self._pending:
                text, self._pending = self._pending.split(b"\0", 1)
                reply = json.loads(text)
                if "method" in reply:
                    self.events.append(reply)
                if wanted(reply):
                    assert "error" not in reply, reply
                    return reply
            self._pending += self._received()
        raise TimeoutError(f"the browser said nothing for {PATIENCE} s")

    def _received(self):
        content = os.read(self._read, 1 << 20)
        assert content, f"the browser has ended with code {self._process.poll()}"
        return content


def pixels(png):
    """Return the pixels of a PNG; shape (height, width, 3), 0 to 1."""
    return np.asarray(imread(io.BytesIO(png), format="png"))[:, :, :3]
