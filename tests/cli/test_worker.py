"""Who takes a connection when some processes are busy. The processes are real, and so are the connections."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from multiprocessing.connection import wait
from pathlib import Path

import pytest

from tests.serving import environment, free_port

APP = """
import os, socket

def app(environ, start_response):
    # Say at the gate which process this is, and answer when the gate opens.
    with socket.create_connection(("127.0.0.1", int(os.environ["GATE"]))) as gate:
        gate.sendall(b"%d\\n" % os.getpid())
        gate.recv(1)
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""


@pytest.fixture
def gate() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield listening


@contextmanager
def serving(tmp_path: Path, gate: socket.socket, workers: int) -> Iterator[int]:
    """The port of so many processes, of one thread each."""
    (tmp_path / "waiting.py").write_text(APP)
    port = free_port()
    options = (
        f"-b 127.0.0.1:{port} -w {workers} -k caselib.cli.worker.Worker --threads 1 --keep-alive 60 --no-control-socket"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "waiting:app", *options.split()],
        cwd=tmp_path, env=environment() | {"GATE": str(gate.getsockname()[1])}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    try:
        booting = (line for line in process.stderr if "Booting worker" in line)
        for _ in range(workers):
            next(booting)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=60)


def asking(port: int) -> HTTPConnection:
    """A connection that asked and has no answer yet."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    return connection


def let_one_through(gate: socket.socket) -> None:
    waiting, _ = gate.accept()
    with waiting:
        assert waiting.recv(20).strip().isdigit()  # one of the processes, and nobody who mistook the port


def test_a_busy_process_leaves_connections_to_those_that_are_free(tmp_path: Path, gate: socket.socket) -> None:
    """No request is answered before each process has one."""
    with serving(tmp_path, gate, workers=4) as port:
        visitors = [asking(port) for _ in range(4)]
        waiting = [gate.accept()[0] for _ in visitors]
        assert len({each.recv(20) for each in waiting}) == 4
        for each in waiting:
            each.close()
        assert [visitor.getresponse().status for visitor in visitors] == [200] * 4


def test_who_comes_later_is_answered_although_the_others_never_stop_asking(tmp_path: Path, gate: socket.socket) -> None:
    with serving(tmp_path, gate, workers=1) as port:
        first = asking(port)
        let_one_through(gate)
        assert first.getresponse().read() == b""
        second = asking(port)
        let_one_through(gate)
        assert second.getresponse().read() == b""
        first.request("GET", "/")
        second.request("GET", "/")
        late = asking(port)
        visitors = {each.sock: each for each in (first, second, late)}
        answered = []
        while late not in answered and len(answered) < 6:
            let_one_through(gate)
            done = visitors[wait([*visitors], 20)[0]]  # not select(), which fails beyond a thousand open files
            assert done.getresponse().read() == b""
            answered.append(done)
            done.request("GET", "/")
        for _ in visitors:
            let_one_through(gate)
        assert late in answered
