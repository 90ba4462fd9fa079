"""Segments: written once, verified, opened without trust, salvaged from their durable copy."""

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from caselib.search.index.building import build
from caselib.search.index.manifest import DamagedIndex, Entry
from caselib.search.index.segment import Segment, damaged, salvage
from caselib.search.text.tokens import term_key
from tests.search.conftest import no_file_to_open
from tests.search.shelves import cutter, index_of, record

RECORDS = [
    record("a", "首件检验", "ＩＳＯ　９００１", title="甲", facets=[("year", "2022"), ("industry", "C")], newest=3),
    record("b", "…產業鏈", title="乙", facets=[("year", "2021")]),
    record("c", "管理", title="丙"),
]


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    built = build(tmp_path, RECORDS, cutter())
    assert built
    return built


def test_no_records_make_no_segment(tmp_path: Path) -> None:
    assert (build(tmp_path, [], cutter()), list(tmp_path.iterdir())) == (None, [])


def test_texts_and_what_is_shown_come_back(tmp_path: Path, entry: Entry) -> None:
    segment = Segment(tmp_path, entry)
    assert (len(segment), segment.names, segment.first.tolist()) == (3, ["case/a", "case/b", "case/c"], [0, 3, 5, 7])
    assert [segment.text(p) for p in range(7)] == ["甲", "首件检验", "ＩＳＯ　９００１", "乙", "…產業鏈", "丙", "管理"]
    assert [segment.fold(p).text for p in (2, 4)] == ["iso 9001", "...产业链"]
    assert (segment.fold(2).starts, segment.fold(4).starts) == (None, [0, 0, 0, 1, 2, 3, 4])
    shown, anchors = segment.shown(0)
    assert (shown.title, shown.url, anchors) == ("甲", "/cases/a", ["", "s0", "s1"])


@contextmanager
def threads_that_change_often() -> Iterator[None]:
    """Let Python change threads wherever it may: in the middle of parsing too, where it does so while it collects garbage."""

    def give_way(*_: object) -> None:
        """Python changes threads when a function of Python's is called."""

    usual, interval = gc.get_threshold(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(give_way)
    gc.set_threshold(1, 1_000_000, 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        sys.setswitchinterval(interval)
        gc.callbacks.remove(give_way)


def test_threads_open_segments_at_once(tmp_path: Path, entry: Entry) -> None:
    with threads_that_change_often(), ThreadPoolExecutor(4) as threads:
        opened = threads.map(lambda _: len(Segment(tmp_path, entry)), range(200))
    assert list(opened) == [3] * 200


def test_facets_are_read_both_ways(tmp_path: Path) -> None:
    index = index_of(tmp_path, RECORDS[:1], RECORDS[1:])
    assert index.facets_of(0) == [("kind", "case"), ("year", "2022"), ("industry", "C")]
    assert index.with_values([("year", "2021"), ("industry", "C")]).tolist() == [True, True, False]
    assert index.with_values([("year", "1999")]).tolist() == [False, False, False]


def test_counts_leave_the_dead_out(tmp_path: Path) -> None:
    index = index_of(tmp_path, RECORDS, dead=[[0]])
    (segment,) = index.segments
    places = segment.find(np.array(list(map(term_key, ("首件", "产业", "管理", "不在"))), np.uint64))
    assert (segment.passages_with(places).tolist(), places[3]) == ([0, 1, 1, 0], -1)
    assert (index.doc_count, index.passage_count, index.alive.tolist()) == (2, 4, [False, True, True])


def test_a_changed_byte_in_any_file_is_found(tmp_path: Path, entry: Entry) -> None:
    for name in entry.files:
        path = tmp_path / entry.name / name
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        assert damaged(tmp_path, entry) == f"{entry.name}/{name}"
        path.write_bytes(good)
    assert damaged(tmp_path, entry) == ""


def test_a_file_that_is_shorter_or_gone_is_not_opened(tmp_path: Path, entry: Entry) -> None:
    path = tmp_path / entry.name / "peak.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DamagedIndex, match=r"peak\.npy"):
        Segment(tmp_path, entry)
    path.unlink()
    with pytest.raises(DamagedIndex, match=r"peak\.npy"):
        Segment(tmp_path, entry)


def test_a_segment_that_no_more_files_can_be_opened_for_is_not_damaged(tmp_path: Path, entry: Entry) -> None:
    for look in (Segment, damaged):
        with no_file_to_open(), pytest.raises(OSError, match="Too many open files"):
            look(tmp_path, entry)


def test_arrays_that_hold_pickles_are_refused(tmp_path: Path, entry: Entry) -> None:
    path = tmp_path / entry.name / "names.npy"
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    entry.files["names.npy"] = (path.stat().st_size, 0)
    with pytest.raises(DamagedIndex, match=r"names\.npy"):
        Segment(tmp_path, entry)


def test_living_records_are_salvaged_without_the_arrays(tmp_path: Path, entry: Entry) -> None:
    for path in (tmp_path / entry.name).glob("*.npy"):
        path.unlink()
    entry.dead = [1]
    assert list(salvage(tmp_path, entry)) == [RECORDS[0], RECORDS[2]]


def test_nothing_is_unpickled_from_a_damaged_durable_copy(tmp_path: Path, entry: Entry) -> None:
    (path,) = (tmp_path / entry.name / "whoosh").glob("*.toc")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DamagedIndex, match="toc"):
        salvage(tmp_path, entry)


def test_the_most_usual_words_that_begin_so_come_first(tmp_path: Path) -> None:
    texts = ["iso 管理", "iso isolation", "iso isolation isobar", "ISOBAR", "j", "is"]
    index = index_of(tmp_path, [record(f"d{n}", each) for n, each in enumerate(texts)])
    assert index.words_from("iso") == ["iso", "isobar", "isolation"]
    assert (index.words_from("iso", 1), index.words_from("isob"), index.words_from("k")) == (["iso"], ["isobar"], [])
