"""A real ``caselib`` process that serves, started and ended by a test."""

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

CASELIB = (sys.executable, "-m", "caselib")


class Browser:
    """Fetches pages of one site and keeps its cookies."""

    def __init__(self, site: str) -> None:
        self.site = site
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._open = urllib.request.build_opener(jar, urllib.request.ProxyHandler({})).open

    def fetch(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and text of the page that is shown in the end."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        try:
            with self._open(self.site + path, data, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def sign_in(self, username: str, password: str) -> tuple[int, str]:
        """What is shown after the login form was sent."""
        _, page = self.fetch("/login")
        token = re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page)[-1]
        return self.fetch("/login", {"csrf_token": token, "username": username, "password": password})


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with ``CASELIB_<NAME>`` for each setting and none but those."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASELIB_")}
    return kept | {f"CASELIB_{name.upper()}": value for name, value in settings.items()} | {"PYTHONUNBUFFERED": "1"}


class Server:
    """A process that is serving; ``said`` is what it printed until it was ready, ``log`` what it prints since."""

    def __init__(self, process: "subprocess.Popen[str]", site: str, said: list[str]) -> None:
        self.process, self.site, self.said = process, site, said
        self.browser = Browser(site)
        self.log: list[str] = []
        output = cast(IO[str], process.stdout)
        threading.Thread(target=lambda: self.log.extend(output), daemon=True).start()  # a full pipe would stop it

    def stop(self) -> int:
        """End it as an operator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextmanager
def serving(
    *arguments: str, folder: Path, ready: str, program: Sequence[str] = CASELIB, **settings: str
) -> Iterator[Server]:
    """Run ``caselib arguments --port …`` in ``folder`` until the block ends; ``ready`` is in its line that says so."""
    port = free_port()
    process = subprocess.Popen(
        [*program, *arguments, "--port", str(port)],
        cwd=folder,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        said = _read_until(cast(IO[str], process.stdout), ready)
        yield Server(process, f"http://127.0.0.1:{port}", said)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=60)


def _read_until(lines: IO[str], wanted: str) -> list[str]:
    said: list[str] = []
    for line in lines:
        said.append(line.rstrip("\n"))
        if wanted in line:
            return said
    raise AssertionError("it ended instead of serving:\n" + "\n".join(said))
