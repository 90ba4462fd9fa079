"""How much is read to answer: postings, documents and characters counted, not seconds, so that work cannot slide back unseen."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search.answering import Answerer
from caselib.search.index import matching, scoring
from caselib.search.index.building import build
from caselib.search.index.manifest import DamagedIndex, Manifest
from caselib.search.index.reading import Index
from caselib.search.index.segment import Segment
from caselib.search.model import SearchQuery
from caselib.search.text.tokens import term_key
from tests.search.shelves import cutter, index_of, record

COMMON, RARE = "质量管理体系认证企业生产", "焊接首件检验返工浪费节拍换型防错"
load = Segment._load
score: Any = scoring.score
read = {"postings": 0, "likely": 0, "scored": 0, "bytes": 0}


def named(function: Callable[..., Any], given: tuple[Any, ...], name: str) -> Any:
    """What was given for the argument ``name``."""
    return signature(function).bind(*given).arguments[name]


class CountedText:
    def __init__(self, text: memoryview) -> None:
        self.text = text

    def __getitem__(self, wanted: slice) -> memoryview:
        read["bytes"] += wanted.stop - wanted.start
        return self.text[wanted]


def texts(rng: random.Random) -> Iterator[str]:
    for _ in range(8):
        words = rng.choices(COMMON, k=60) + rng.choices(RARE, k=rng.choice((0, 0, 1, 6)))
        rng.shuffle(words)
        yield "".join(words)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    rng = random.Random(7)
    records = [record(f"d{number:04d}", *texts(rng), title="题目") for number in range(400)]
    records[17] = record("d0017", *texts(rng), "焊接首件检验返工", title="焊接首件")
    index = index_of(tmp_path_factory.mktemp("index"), records)
    for segment in index.segments:
        segment._text = CountedText(segment._text)  # type: ignore[assignment]
    return Answerer(index, Taxonomy.load(shipped("content") / "taxonomy"), cutter())


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the compiled loops tell what they are given to go through."""
    add = matching.add

    def counted_add(at: Any, doc: Any, peak: Any, where: Any, places: Any, *sums: Any) -> None:
        known = places[places >= 0]
        read["postings"] += int((at[known + 1] - at[known]).sum())
        add(at, doc, peak, where, places, *sums)

    def counted_score(*arrays: Any) -> Any:
        totals, best = score(*arrays)
        read["likely"] += len(totals)
        read["scored"] += int((totals > 0).sum())
        return totals, best

    monkeypatch.setattr(matching, "add", counted_add)
    monkeypatch.setattr(scoring, "score", counted_score)


def cost(answerer: Answerer, typed: str) -> dict[str, int]:
    read.update(dict.fromkeys(read, 0))
    answerer.search(SearchQuery(typed))
    return read


def held(answerer: Answerer, typed: str) -> int:
    """How many entries the lists of the question's terms have."""
    (segment,) = answerer.index.segments
    keys = np.array([term_key(term) for term in answerer._read(typed).weights], np.uint64)
    places = segment.find(keys)
    places = places[places >= 0]
    lists = segment.postings.at
    return int((lists[places + 1] - lists[places]).sum())


@pytest.mark.parametrize(
    ("typed", "likely", "scored"), [("质量", 115, 20), ("管理 企业", 140, 25), ("质量 管理 企业", 215, 25)]
)
def test_few_documents_are_read_to_the_end(answerer: Answerer, typed: str, likely: int, scored: int) -> None:
    assert answerer.search(SearchQuery(typed)).total > 380
    assert 10 <= cost(answerer, typed)["scored"] <= scored
    assert read["likely"] <= likely


@pytest.mark.parametrize(
    ("typed", "matching", "looked_at", "looked_up"),
    [("管理 企业", 385, 140, 750), (f"{COMMON[::-1]}，{RARE}，{COMMON}，{RARE[::-1]}", 400, 225, 11_300)],
)
def test_most_documents_are_ruled_out_by_their_sums_and_others_by_a_few_of_their_terms(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch, typed: str, matching: int, looked_at: int, looked_up: int
) -> None:
    """The second is what somebody asks who tells a whole story, of which all documents have something."""
    docs: list[int] = []
    lists: list[int] = []
    bounded, place = scoring._bounded.py_func, scoring.place_of.py_func  # type: ignore[attr-defined]
    monkeypatch.setattr(scoring, "score", score.py_func)
    monkeypatch.setattr(
        scoring, "_bounded", lambda *given: docs.append(named(bounded, given, "own")) or bounded(*given)
    )
    monkeypatch.setattr(scoring, "place_of", lambda *given: lists.append(named(place, given, "begin")) or place(*given))
    assert answerer.search(SearchQuery(typed)).total == matching
    assert len(docs) <= looked_at and len(lists) <= looked_up


def test_a_page_behind_the_last_one_scores_nothing(answerer: Answerer) -> None:
    read.update(dict.fromkeys(read, 0))
    answer = answerer.search(SearchQuery("质量", page=10_000, per_page=100))
    assert (answer.hits, answer.total > 380, read["likely"]) == ([], True, 0)


def test_pages_of_any_size_give_the_same_order(answerer: Answerer) -> None:
    few = [hit.slug for page in range(1, 41) for hit in answerer.search(SearchQuery("管理 企业", page=page)).hits]
    many = [
        hit.slug for page in (1, 2) for hit in answerer.search(SearchQuery("管理 企业", page=page, per_page=200)).hits
    ]
    assert (few, len(few)) == (many, 385)


def test_each_list_is_gone_through_once(answerer: Answerer) -> None:
    assert cost(answerer, "质量管理体系认证")["postings"] == held(answerer, "质量管理体系认证") > 1000


def test_a_phrase_is_found_where_its_rarest_term_first_is(answerer: Answerer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other passage is looked through for it: here none may be."""
    with_run = scoring.with_run

    def near(*given: Any) -> Any:
        *arrays, masks, spots, run, only = given
        return with_run(*arrays, np.zeros_like(masks), spots, run, only)

    monkeypatch.setattr(scoring, "with_run", near)
    assert answerer.search(SearchQuery("“件检验返工”")).total == 1


def test_texts_are_read_for_the_hits_only(answerer: Answerer) -> None:
    (segment,) = answerer.index.segments
    longest = int(np.diff(segment.passages["text_at"]).max())
    assert 0 < cost(answerer, "质量")["bytes"] <= 10 * longest


def test_a_word_that_nobody_has_reads_nothing(answerer: Answerer) -> None:
    assert cost(answerer, "霹雳") == {"postings": 0, "likely": 0, "scored": 0, "bytes": 0}


def test_a_change_opens_the_new_segment_and_no_other_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = index_of(tmp_path, [record("a", "质量"), record("b", "管理")])
    added = build(tmp_path, [record("c", "焊接")], cutter())
    assert added
    opened: list[str] = []
    monkeypatch.setattr(Segment, "_load", lambda self, name: opened.append(self.entry.name) or load(self, name))
    (old,) = before.manifest.segments
    index = Index(tmp_path, Manifest("h", "t", [replace(old, dead=[1]), added]), before)
    assert (set(opened), index.names, index.alive.tolist()) == (
        {added.name}, ["case/a", "case/b", "case/c"], [True, False, True]
    )  # fmt: skip
    assert (before.alive.tolist(), before.segments[0].dead.tolist()) == ([True, True], [])


def test_a_segment_whose_files_went_is_not_taken_over(tmp_path: Path) -> None:
    before = index_of(tmp_path, [record("a", "质量")])
    (old,) = before.manifest.segments
    (tmp_path / old.name / "peak.npy").unlink()
    with pytest.raises(DamagedIndex, match="peak"):
        Index(tmp_path, Manifest("h", "t", [old]), before)


def test_the_loops_start_without_what_they_do_not_need() -> None:
    """Which Numba would look for, and which costs a third of a second before the first answer."""
    started = """
import sys
import numpy
from caselib.search.index import matching
assert matching.count_units(numpy.array([5, 4], "u8"), numpy.array([True, True]), 3).tolist() == [1, 0, 2]
print([name for name in ("scipy", "scipy.linalg", "cffi") if name in sys.modules])
import cffi, scipy.linalg
"""
    done = subprocess.run([sys.executable, "-c", started], capture_output=True, check=True, text=True, timeout=120)
    assert done.stdout == "[]\n"
