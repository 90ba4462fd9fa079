"""What is written when: touched files, merging, two processes, repairing one of several segments."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from caselib.search import SearchQuery
from caselib.search.index import writing
from caselib.search.index.manifest import Entry
from caselib.search.index.reading import Index, load
from caselib.search.index.segment import Segment
from caselib.search.index.writing import _to_merge, repair
from tests.search.conftest import TEXTS, Library, in_force, text
from tests.search.shelves import cutter


def fill(library: Library) -> None:
    for path, values in TEXTS.items():
        library.write(path, text(*values))


def test_a_file_only_touched_is_read_once_and_not_indexed_again(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    segments = [entry.name for entry in in_force(empty).segments]
    os.utime(empty.folder / "content" / "cases" / "tea.md", ns=(1, 1))
    assert empty.room.pending(empty.store) == 1
    assert (empty.room.sync(empty.store).indexed, empty.room.pending(empty.store)) == (0, 0)
    assert ([entry.name for entry in in_force(empty).segments], empty.find("渥堆")) == (segments, ["tea"])


class Meanwhile:
    """Instead of an index that is open already: whoever asks for its segments finds the index written twice since."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._times = 2

    @property
    def segments(self) -> list[Segment]:
        while self._times:
            self._times -= 1
            self._library.room.rebuild(self._library.store)
        return []


def test_whose_segments_went_while_they_were_opened_opens_the_newer_index(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    before = in_force(empty).generation
    index = load(empty.folder / "index", cast(Index, Meanwhile(empty)))
    assert index is not None
    assert (index.doc_count, index.manifest.generation != before) == (5, True)


@pytest.fixture
def unprivileged(shelf: Library, request: pytest.FixtureRequest) -> Library:
    """A library for whose files permissions hold. What builds was compiled for the shelf, by one who may keep it."""
    assert shelf.room.ready
    library = Library(request.getfixturevalue("unprivileged_root"))
    fill(library)
    return library


def holds_tea(library: Library) -> bool:
    index = load(library.folder / "index")
    return index is not None and index.locate("case/tea") is not None


def test_a_file_that_may_be_read_again_is_taken_in_though_its_time_and_size_stayed(unprivileged: Library) -> None:
    room, store = unprivileged.room, unprivileged.store
    tea = unprivileged.folder / "content" / "cases" / "tea.md"
    tea.chmod(0)
    room.rebuild(store)
    before = room.generation
    assert ([fault.path for fault in room.refused], holds_tea(unprivileged)) == (["cases/tea.md"], False)
    assert (room.pending(store), room.sync(store).indexed, room.generation) == (0, 0, before)
    tea.chmod(0o644)
    assert room.pending(store) == 1
    assert (room.sync(store).indexed, room.pending(store)) == (1, 0)
    assert (room.refused, holds_tea(unprivileged)) == ([], True)


def test_a_file_touched_while_it_may_not_be_read_comes_back_when_it_may(unprivileged: Library) -> None:
    room, store = unprivileged.room, unprivileged.store
    room.rebuild(store)
    tea = unprivileged.folder / "content" / "cases" / "tea.md"
    tea.chmod(0)
    os.utime(tea, ns=(1, 1))
    room.sync(store, ["cases/tea.md"])
    os.utime(tea, ns=(2, 2))
    assert (holds_tea(unprivileged), room.pending(store)) == (False, 0)
    tea.chmod(0o644)
    assert room.sync(store, ["cases/tea.md"]).indexed == 1
    assert (room.refused, holds_tea(unprivileged), room.pending(store)) == ([], True, 0)


def test_a_file_that_could_not_be_read_and_is_gone_is_forgotten(unprivileged: Library) -> None:
    room, store = unprivileged.room, unprivileged.store
    tea = unprivileged.folder / "content" / "cases" / "tea.md"
    tea.chmod(0)
    room.rebuild(store)
    tea.unlink()
    assert (room.pending(store), room.sync(store).removed) == (1, 1)
    assert (room.refused, room.pending(store)) == ([], 0)


def test_a_segment_whose_documents_are_all_replaced_goes(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    for path, values in TEXTS.items():
        empty.write(path, text(*values, "summary: 新的摘要\n"))
    assert empty.room.sync(empty.store).indexed == 5
    assert [(entry.docs, entry.dead) for entry in in_force(empty).segments] == [(5, [])]


def test_what_a_change_left_dead_stays_so_after_the_next(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    for path, body in (("cases/tea", "窖藏湿度每天记录。"), ("cases/rate", "良率提升。")):
        empty.write(path, text("改过", "C23", "330400", 2022, body))
        empty.room.sync(empty.store)
    assert ([empty.find(q) for q in ("渥堆", "窖藏", "返修", "良率")], len(empty.find())) == (
        [[], ["tea"], [], ["rate"]],
        5,
    )
    assert [(entry.docs, len(entry.dead)) for entry in in_force(empty).segments] == [(5, 2), (1, 0), (1, 0)]


def test_a_file_touched_and_then_removed_is_forgotten(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    tea = empty.folder / "content" / "cases" / "tea.md"
    os.utime(tea, ns=(1, 1))
    empty.room.sync(empty.store)
    tea.unlink()
    assert (empty.room.sync(empty.store).removed, empty.room.pending(empty.store)) == (1, 0)


def test_a_file_removed_while_the_library_is_read_is_left_out(empty: Library) -> None:
    fill(empty)
    tea = empty.folder / "content" / "cases" / "tea.md"
    report = empty.room.rebuild(empty.store, lambda done, total: tea.unlink(missing_ok=True))
    assert (report.indexed, report.refused, empty.find("渥堆")) == (4, [], [])


def test_two_processes_give_the_same_answers_as_one(empty: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(empty)
    empty.write("cases/bad", "---\ntitle: [\n---\n")
    questions = ("渥堆", "合格率", "首件检验", "MES", "少了")
    empty.room.rebuild(empty.store)
    one = {q: [(h.slug, h.score, h.snippet_html) for h in empty.room.search(SearchQuery(q)).hits] for q in questions}
    monkeypatch.setattr(writing, "WORTH_A_PROCESS", 1)
    steps: list[int] = []
    report = empty.room.rebuild(empty.store, lambda done, total: steps.append(total))
    two = {q: [(h.slug, h.score, h.snippet_html) for h in empty.room.search(SearchQuery(q)).hits] for q in questions}
    assert (report.indexed, len(report.refused) >= 1, set(steps) <= {6}) == (5, True, True)
    assert ([entry.docs for entry in in_force(empty).segments], two) == ([2, 3], one)


@pytest.mark.parametrize(("heaviest", "sizes"), [(10**9, [2, 3]), (200, [1, 1, 1, 1, 1])])
def test_large_files_come_into_more_segments(
    empty: Library, monkeypatch: pytest.MonkeyPatch, heaviest: int, sizes: list[int]
) -> None:
    fill(empty)
    monkeypatch.setattr(writing, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(writing, "HEAVIEST", heaviest)
    empty.room.rebuild(empty.store)
    assert sorted(entry.docs for entry in in_force(empty).segments) == sizes


def test_very_many_new_files_are_taken_in_as_a_rebuild_would(empty: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which bounds its memory, whoever copies a whole library into a running site."""
    empty.write("cases/old", text("旧的案例", "C14", "110000", 2023, "配料。"))
    empty.room.rebuild(empty.store)
    fill(empty)
    monkeypatch.setattr(writing, "LARGEST", 4)
    monkeypatch.setattr(writing, "WORTH_A_PROCESS", 1)
    assert empty.room.sync(empty.store).indexed == 6
    assert sorted(entry.docs for entry in in_force(empty).segments) == [3, 3]


def test_damage_that_merging_comes_upon_is_mended_by_building_anew(empty: Library) -> None:
    for number in range(4):
        empty.write(f"cases/n{number}", text("新来的案例", "C14", "110000", 2023, f"第{number}种配料。"))
        empty.room.sync(empty.store)
    first, *_ = (entry.name for entry in in_force(empty).segments)
    for path in (empty.folder / "index" / first).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    fill(empty)
    assert empty.room.sync(empty.store).indexed == 9
    assert [entry.docs for entry in in_force(empty).segments] == [9]


def test_one_damaged_segment_of_several_is_mended_and_the_others_stay(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    empty.room.sync(empty.store)
    first, second = (entry.name for entry in in_force(empty).segments)
    path: Path = empty.folder / "index" / first / "peak.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    other = empty.another_room()
    assert [hit.slug for hit in other.search(SearchQuery("渥堆")).hits] == ["tea"]
    names = [entry.name for entry in in_force(empty).segments]
    assert (second in names, first in names, len(names)) == (True, False, 2)


def test_where_nothing_is_damaged_mending_writes_nothing(empty: Library) -> None:
    """Nobody has to open anything again, and what was replaced last stays for whoever is opening it."""
    fill(empty)
    for _ in range(2):
        empty.room.rebuild(empty.store)
    before = in_force(empty)
    repair(empty.folder / "index", cutter())
    assert (len(before.previous), in_force(empty)) == (1, before)


def entry(name: str, docs: int, dead: int = 0) -> Entry:
    return Entry(name, docs, list(range(dead)), {})


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ([], []),
        ([900, 1, 1, 1], []),
        ([900, 1, 1, 1, 1], ["b", "c", "d", "e"]),
        ([900, 900, 300, 1, 1], ["d", "e"]),
        ([900, 900, 3, 2, 2], ["c", "d", "e"]),
        ([5, 5, 5, 5, 5], ["a", "b", "c", "d", "e"]),
        ([25_000, 25_000, 25_000, 25_000, 1], []),
        ([25_000, 3000, 25_000, 25_000, 1, 1, 1, 1], []),
        ([25_000, 2999, 25_000, 25_000, 1, 1, 1, 1], ["e", "f", "g", "h"]),
    ],
)
def test_of_too_many_segments_the_small_ones_are_merged(sizes: list[int], merged: list[str]) -> None:
    entries = [entry(name, docs) for name, docs in zip("abcdefgh", sizes, strict=False)]
    assert sorted(each.name for each in _to_merge(entries)) == merged


def test_a_segment_more_than_half_dead_is_written_anew() -> None:
    assert [each.name for each in _to_merge([entry("a", 10, 5), entry("b", 10, 6), entry("c", 10, 6)])] == ["b"]


ENDLESS = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from caselib.search.index import writing
pool = ProcessPoolExecutor(1, get_context("spawn"), writing._count_in, (None,))
print(pool.submit(os.getpid).result(), flush=True)
pool.submit(time.sleep, 600).result()
"""


def test_a_builder_ends_when_whoever_began_it_is_gone() -> None:
    """It has our pipe too, which is at its end only when both are gone."""
    process = subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    builder = int(process.stdout.readline())
    process.kill()
    try:
        assert process.communicate(timeout=60)[0] == ""
    except subprocess.TimeoutExpired:
        os.kill(builder, signal.SIGKILL)
        raise
