"""The whole site through HTTP: ``caselib serve`` and a bare Flask page under the same server, loaded by ``wrk`` in turn.

12,000 documents, 1,000 different questions. ``wrk`` is a system package (``apt-get install wrk``). It runs on the same
machine and takes its share of it, of every row alike.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from tests.serving import Browser, environment, free_port, serving

from bench import corpus
from bench.pages import bare_app
from caselib.cli.operations import THREADS
from caselib.content import ContentStore
from caselib.search import SearchRoom

TITLE = "Through HTTP: 2 workers under wrk (2 threads, 16 connections), requests a second and milliseconds"
DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "12000"))
QUESTIONS = 1000
SECONDS = int(os.environ.get("BENCH_SECONDS", "15"))
WORKERS = 2
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def bare() -> Flask:
    """The bare page for gunicorn; as long as the file that the environment names."""
    return bare_app(Path(os.environ["BENCH_PAGE"]).read_text("utf-8"))


def run() -> list[dict[str, object]]:
    """One row for each kind of page.

    Raises:
        SystemExit: ``wrk`` is not installed.
    """
    if not shutil.which("wrk"):
        raise SystemExit("This part needs wrk: apt-get install wrk")
    with tempfile.TemporaryDirectory(prefix="caselib-bench-") as name:
        root = Path(name)
        documents = list(corpus.texts(DOCUMENTS))
        questions = [quote(question) for question in corpus.questions(documents, QUESTIONS)]
        corpus.write(documents, root / "content")
        store = ContentStore(root / "content")
        SearchRoom.open(f"whoosh:{root / 'data/index'}", store.taxonomy).rebuild(store)
        place = {"content": str(store.root), "data": str(root / "data"), "secret_key": "only for this measurement"}
        with serving("serve", "--workers", str(WORKERS), folder=root, ready="网站已启动", **place) as server:
            found = {
                "search page": _load(server.site, [f"/search?q={question}" for question in questions], root),
                "search API": _load(server.site, [f"/api/v1/search?q={question}" for question in questions], root),
                "case page": _load(server.site, [f"/cases/{text.slug}" for text in documents[:200]], root),
            }
            page = server.browser.fetch(f"/search?q={questions[0]}")[1]
        with _bare_site(page, root) as site:
            found["bare Flask page"] = _load(site, ["/"], root)
    least = float(found["bare Flask page"]["requests/s"])  # type: ignore[arg-type]
    for row in found.values():
        row["% of bare"] = round(100 * float(row["requests/s"]) / least)  # type: ignore[arg-type]
    return [{"page": name, **row} for name, row in found.items()]


def _load(site: str, paths: list[str], root: Path) -> dict[str, object]:
    script = root / "paths.lua"
    script.write_text(
        f"local paths = {{{','.join(map(json.dumps, paths))}}}\nlocal at = 0\n"
        "init = function() at = math.random(#paths) end\n"
        "request = function() at = at % #paths + 1; return wrk.format('GET', paths[at]) end\n"
    )
    command = ["wrk", "-t2", "-c16", "--latency", "--timeout", "30s", "-s", str(script)]
    subprocess.run([*command, "-d3s", site], check=True, capture_output=True)
    said = subprocess.run([*command, f"-d{SECONDS}s", site], check=True, capture_output=True, text=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate and not bad, said
    return {"requests/s": float(rate[1]), "p50": _latency(said, "50%"), "p99": _latency(said, "99%")}


def _latency(said: str, share: str) -> float:
    found = re.search(rf"^\s+{share}\s+([\d.]+)([a-z]+)", said, re.MULTILINE)
    assert found, said
    return float(found[1]) * _UNITS[found[2]]


@contextmanager
def _bare_site(page: str, root: Path) -> Iterator[str]:
    (root / "page.html").write_text(page, "utf-8")
    port = free_port()
    options = f"-b 127.0.0.1:{port} -w {WORKERS} -k gthread --threads {THREADS} --log-level error".split()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "bench.serving:bare()", *options],
        env=environment() | {"BENCH_PAGE": str(root / "page.html")},
    )
    site = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if process.poll() is None and _answers(site):
                break
        yield site
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(site: str) -> bool:
    try:
        return Browser(site).fetch("/")[0] == 200
    except OSError:
        os.sched_yield()
        return False
