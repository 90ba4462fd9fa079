"""The whole site through HTTP: ``caselib serve`` and a bare Flask page under the same server, loaded by ``wrk`` in turn.

12,000 documents, 1,000 different questions. Beside each page stands a bare one as long as it (of the search page: as its
median), with the same workers, threads and time of keeping connections. All have their turn in every round, and the median
round counts. ``wrk`` is a system package (``apt-get install wrk``); it runs on the same machine and takes its share of it, of
every row alike.
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
from statistics import median
from urllib.parse import quote

from flask import Flask
from tests.serving import Browser, environment, free_port, serving

from bench import corpus
from bench.pages import bare_app
from caselib.cli.operations import KEPT_SECONDS, THREADS
from caselib.content import ContentStore
from caselib.search import SearchRoom

TITLE = "Through HTTP: 2 workers under wrk (2 threads, 16 connections), requests a second and milliseconds"
DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "12000"))
QUESTIONS = 1000
SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
ROUNDS = 3
WORKERS = 2
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def bare() -> Flask:
    """The bare pages for gunicorn; as long as the files in the folder that the environment names."""
    files = Path(os.environ["BENCH_PAGES"]).iterdir()
    return bare_app({f"/{file.name}": file.read_text("utf-8") for file in files})


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
        questions = [quote(question.words) for question in corpus.questions(documents, QUESTIONS)]
        corpus.write(documents, root / "content")
        store = ContentStore(root / "content")
        SearchRoom.open(f"whoosh:{root / 'data/index'}", store.taxonomy).rebuild(store)
        place = {"content": str(store.root), "data": str(root / "data"), "secret_key": "only for this measurement"}
        with serving("serve", "--workers", str(WORKERS), folder=root, ready="网站已启动", **place) as server:
            asked = {
                "search page": [f"/search?q={question}" for question in questions],
                "search API": [f"/api/v1/search?q={question}" for question in questions],
                "case page": [f"/cases/{documents[0].slug}"],
            }
            with _bare_site({kind: _typical(server.browser, paths) for kind, paths in asked.items()}, root) as site:
                return _in_turn(asked, server.site, site, root)


def _typical(browser: Browser, paths: list[str]) -> str:
    """The page of median length among the first hundred."""
    pages = sorted((browser.fetch(path)[1] for path in paths[:100]), key=len)
    return pages[len(pages) // 2]


def _in_turn(asked: dict[str, list[str]], site: str, bare_site: str, root: Path) -> list[dict[str, object]]:
    """Each page and its bare peer, in every round."""
    rounds: dict[str, list[dict[str, float]]] = {}
    for _ in range(ROUNDS):
        for kind, paths in asked.items():
            rounds.setdefault(kind, []).append(_load(site, paths, root))
            rounds.setdefault(_bare(kind), []).append(_load(bare_site, [f"/{_file(kind)}"], root))
    found = {kind: {name: median(each[name] for each in rows) for name in rows[0]} for kind, rows in rounds.items()}
    length = {kind: (root / "bare" / _file(kind)).stat().st_size for kind in asked}
    return [
        row
        for kind in asked
        for row in (
            {"page": kind, "bytes": length[kind], **found[kind], "% of bare": _share(found, kind)},
            {"page": _bare(kind), "bytes": length[kind], **found[_bare(kind)]},
        )
    ]


def _bare(kind: str) -> str:
    return f"bare page as long as a {kind}"


def _file(kind: str) -> str:
    return kind.replace(" ", "-").lower()


def _share(found: dict[str, dict[str, float]], kind: str) -> float:
    return 100 * found[kind]["requests/s"] / found[_bare(kind)]["requests/s"]


def _load(site: str, paths: list[str], root: Path) -> dict[str, float]:
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
def _bare_site(pages: dict[str, str], root: Path) -> Iterator[str]:
    (root / "bare").mkdir()
    for kind, page in pages.items():
        (root / "bare" / _file(kind)).write_text(page, "utf-8")
    port = free_port()
    pool = f"-w {WORKERS} -k caselib.cli.worker.Worker --threads {THREADS} --keep-alive {KEPT_SECONDS}"
    options = f"-b 127.0.0.1:{port} {pool} --log-level error"
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "bench.serving:bare()", *options.split()],
        env=environment() | {"BENCH_PAGES": str(root / "bare")},
    )
    site = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            if process.poll() is None and _answers(f"{site}/{_file(next(iter(pages)))}"):
                break
        yield site
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(address: str) -> bool:
    try:
        return Browser(address).fetch("")[0] == 200
    except OSError:
        os.sched_yield()
        return False
