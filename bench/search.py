"""The whole answer of a search at 12,000 documents, beside what a user would pick instead; and what the index costs.

``BENCH_DOCUMENTS`` sets another size, ``BENCH_PEERS`` (names, comma separated) leaves peers out.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import corpus, peers
from caselib.content import ContentStore, Kind
from caselib.search import SearchQuery, SearchRoom

TITLE = "Search: the whole answer (10 hits with snippets, 5 facets, total), milliseconds"
DOCUMENTS = int(os.environ.get("BENCH_DOCUMENTS", "12000"))
QUESTIONS, BATCH = 40, 25
ROUNDS, LEAST, SECONDS = 10, 3, 20.0
"""How often each question is asked, and how often at least where so many seconds have passed."""
Engine = Callable[[corpus.Question], object]
"""Gives the whole answer."""
Asked = dict[str, list[corpus.Question]]
"""The questions of each kind."""

_WORKER = """
import json, sys, time
start = time.time()
from pathlib import Path
from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search import SearchQuery, SearchRoom
room = SearchRoom.open(sys.argv[1], Taxonomy.load(shipped("content") / "taxonomy"))
questions = json.loads(sys.argv[2])
room.search(SearchQuery(questions[0]))
first = time.time() - start
for question in questions: room.search(SearchQuery(question))
sizes = {key: int(value.split()[0]) / 1024 for key, _, value in
         (line.partition(":") for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])}
print(json.dumps({"first": first, "rss": sizes["Rss"], "own": sizes["Anonymous"]}))
"""


def run() -> list[dict[str, object]]:
    """One row for each engine; ours says what one worker of it costs, too."""
    documents = list(corpus.texts(DOCUMENTS))
    questions = {kind: corpus.questions(documents, QUESTIONS, kind) for kind in corpus.KINDS}
    gc.freeze()  # the corpus is no part of any engine: Python's collector shall not look through it while they are timed
    with tempfile.TemporaryDirectory(prefix="caselib-bench-") as folder:
        root = Path(folder)
        corpus.write(documents, root / "content")
        store = ContentStore(root / "content")
        room = SearchRoom.open(f"whoosh:{root / 'index'}", store.taxonomy)
        rows = [_row("caselib", documents, room.rebuild(store).seconds, root / "index")]
        engines: list[Engine] = [lambda question: room.search(_typed(question))]
        for make in _wanted():
            peer = make()
            rows.append(_row(peer.name, documents, _built(peer, documents, root / make.__name__), root / make.__name__))
            engines.append(peer.answer)
        for row, times in zip(rows, _times(engines, questions), strict=True):
            row |= times
        rows[0] |= _worker(root / "index", questions) | _changes(room, store, documents)
    for row in rows[1:]:
        for column in [name for name in row if name.endswith(("p50", "p95")) or name == "build s"]:
            row[f"{column} ×"] = round(row[column] / rows[0][column], 1)  # type: ignore[operator]
    return rows


def _wanted() -> list[type[peers.Peer]]:
    every: list[type[peers.Peer]] = [peers.StockWhoosh, peers.Fts5, peers.Tantivy]
    names = os.environ.get("BENCH_PEERS")
    return every if names is None else [peer for peer in every if peer.__name__ in names.split(",")]


def _row(name: str, documents: list[corpus.Text], seconds: float, folder: Path) -> dict[str, object]:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {"engine": name, "documents": len(documents), "build s": seconds, "index MB": size / 2**20}


def _built(peer: peers.Peer, documents: list[corpus.Text], folder: Path) -> float:
    """The seconds that it takes."""
    folder.mkdir()
    start = time.perf_counter()
    peer.build(documents, folder)
    return time.perf_counter() - start


def _worker(index: Path, questions: Asked) -> dict[str, object]:
    """What a worker that only searches takes."""
    asked = json.dumps([question.words for question in questions["words"]])
    command = [sys.executable, "-c", _WORKER, f"whoosh:{index}", asked]
    said = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return {"first answer s": said["first"], "worker MB": said["rss"], "of that its own MB": said["own"]}


def _changes(room: SearchRoom, store: ContentStore, documents: list[corpus.Text]) -> dict[str, object]:
    return {
        "one changed file s": _changed(room, store, documents[7:8], False),
        "25 published s": _changed(room, store, documents[10 : 10 + BATCH], True),
    }


def _changed(room: SearchRoom, store: ContentStore, texts: list[corpus.Text], told: bool) -> float:
    """From the change of files to the answer that knows of them; ``told`` is whether it is known which files they are."""
    word = f"霹雳{len(texts)}号"
    for text in texts:
        path = store.folder(Kind.CASE) / f"{text.slug}.md"
        path.write_text(f"{path.read_text('utf-8')}\n{word}\n", "utf-8")
    start = time.perf_counter()
    room.sync(store, [f"cases/{text.slug}.md" for text in texts] if told else None)
    found = room.search(SearchQuery(f'"{word}"', per_page=BATCH))
    seconds = time.perf_counter() - start
    assert sorted(hit.slug for hit in found.hits) == [text.slug for text in texts]
    return seconds


def _typed(question: corpus.Question) -> SearchQuery:
    """The question as a visitor would type it."""
    special = [f"“{question.phrase}”" * bool(question.phrase), f"标题:{question.title}" * bool(question.title)]
    typed = " ".join([question.words, *special, f"{question.beginning}*" * bool(question.beginning)]).strip()
    return SearchQuery(typed, year=(int(question.year),) if question.year else ())


def _times(engines: list[Engine], questions: Asked) -> list[dict[str, float]]:
    """For each engine the median and the 95th percentile of each kind of question."""
    columns: list[dict[str, float]] = [{} for _ in engines]
    for kind, asked in questions.items():
        begun = "" if kind == "words" else f"{kind} "
        for told, best in zip(columns, _best(engines, asked), strict=True):
            told |= {f"{begun}p50": best[len(best) // 2], f"{begun}p95": best[int(len(best) * 0.95)]}
    return columns


def _best(engines: list[Engine], questions: list[corpus.Question]) -> list[list[float]]:
    """The milliseconds of each question at its best of some rounds after a warm one, the least first; a list for each engine.

    The engines have their rounds in turns, so that the machine's slow minutes are everybody's.
    """
    best = [[float("inf")] * len(questions) for _ in engines]
    spent = [0.0] * len(engines)
    for number in range(1 + ROUNDS):
        for each, answer in enumerate(engines):
            if number > LEAST and spent[each] > SECONDS:
                continue
            for place, question in enumerate(questions):
                start = time.perf_counter()
                answer(question)
                seconds = time.perf_counter() - start
                spent[each] += seconds
                if number:
                    best[each][place] = min(best[each][place], seconds * 1000)
    return [sorted(times) for times in best]
