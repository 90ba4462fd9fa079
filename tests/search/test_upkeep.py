"""The index over time: built, changed, damaged, raced; readers see one whole state."""

import gc
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.errors import Unavailable
from caselib.search import SearchQuery, SearchRoom, room
from caselib.search.index import manifest as manifests
from caselib.search.spelling import Speller
from tests.search.conftest import TEXTS, Library, in_force, no_file_to_open, text


def fill(library: Library) -> None:
    for path, values in TEXTS.items():
        library.write(path, text(*values))


def test_without_an_index_everything_is_empty_and_nothing_fails(empty: Library) -> None:
    assert (empty.room.ready, empty.find("质量"), empty.room.suggest("质"), empty.room.related("case", "x")) == (
        False,
        [],
        [],
        [],
    )


def test_building_reports_progress_to_the_end(empty: Library) -> None:
    fill(empty)
    steps: list[tuple[int, int]] = []
    report = empty.room.rebuild(empty.store, lambda done, total: steps.append((done, total)))
    assert (report.indexed, report.refused, steps[-1]) == (5, [], (5, 5))


WARMED = """
import sys
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from caselib.content import ContentStore
from caselib.search import SearchRoom
from caselib.search.index import matching, scoring
folder = Path(sys.argv[1])
SearchRoom.open(f"whoosh:{folder}/index", ContentStore(folder / "content").taxonomy).warm()
loops = [
    loop for room in (matching, scoring) for loop in vars(room).values()
    if isinstance(loop, Dispatcher) and loop.__module__ == room.__name__
]
print(sorted(loop.__name__ for loop in loops if not loop.signatures and not loop.__name__.startswith("_")))
"""


def test_a_warm_room_has_compiled_every_loop_that_answers_take(empty: Library) -> None:
    """All but that of a score taken apart; the inner ones are part of those that call them."""
    fill(empty)
    empty.room.rebuild(empty.store)
    command = [sys.executable, "-c", WARMED, str(empty.folder)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=120)
    assert done.stdout == "['tally']\n"


def test_an_empty_library_is_an_index_too(empty: Library) -> None:
    assert empty.room.rebuild(empty.store).indexed == 0
    empty.room.warm()
    assert (empty.room.ready, empty.room.search(SearchQuery("质量")).total) == (True, 0)


def test_changed_added_and_removed_files_are_taken_in_without_a_rebuild(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    before = empty.room.generation
    empty.write("cases/tea", text("六堡茶窖藏", "A01", "450400", 2020, "窖藏湿度每天记录。"))
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    (empty.folder / "content" / "cases" / "firm.md").unlink()
    report = empty.room.sync(empty.store)
    assert (report.indexed, report.removed) == (2, 1)
    assert (empty.find("渥堆"), empty.find("窖藏"), empty.find("螺蛳粉"), empty.find("德鑫隆")) == (
        [],
        ["tea"],
        ["new"],
        [],
    )
    assert empty.room.search(SearchQuery()).total == 5
    assert empty.room.generation != before


def test_of_many_changes_only_the_named_files_are_taken_in_and_the_others_at_the_next_look(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    empty.write("cases/other", text("另一个案例", "C14", "110000", 2023, "酱油酿造。"))
    empty.write("cases/tea", text("六堡茶窖藏", "A01", "450400", 2020, "窖藏湿度每天记录。"))
    (empty.folder / "content" / "cases" / "firm.md").unlink()
    named = [
        "cases/new.md",
        "cases/tea.md",
        "cases/firm.md",
        "cases/rate.md",
        "cases/nobody.md",
        "../x.md",
        "notes.txt",
    ]
    report = empty.room.sync(empty.store, named)
    assert (report.indexed, report.removed) == (2, 1)
    assert (empty.find("螺蛳粉"), empty.find("渥堆"), empty.find("德鑫隆"), empty.find("酱油")) == (["new"], [], [], [])
    report = empty.room.sync(empty.store)
    assert (report.indexed, report.removed, empty.find("酱油")) == (1, 0, ["other"])


def test_a_new_synonym_answers_at_once_and_nothing_is_built_anew_but_a_new_name_is_in_the_index(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    built, before = in_force(empty), empty.room.generation
    taxonomy = empty.folder / "content" / "taxonomy"
    shutil.copytree(shipped("content") / "taxonomy", taxonomy)
    (taxonomy / "synonyms.yml").write_text("entries:\n  - [渥堆, 霹雳发酵]\n", "utf-8")
    empty.room.sync(empty.store)
    assert (in_force(empty), empty.find("霹雳发酵"), empty.room.generation == before) == (built, ["tea"], False)
    problems = (taxonomy / "industries.yml").read_text("utf-8").replace("金属制品业", "霹雳制品业")
    (taxonomy / "industries.yml").write_text(problems, "utf-8")
    assert empty.room.sync(empty.store).indexed == 5
    assert sorted(empty.find("霹雳制品业")) == ["firm", "rate"]


def test_a_trade_that_moves_to_another_letter_is_outdated_until_its_cases_move_with_it(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    taxonomy = empty.folder / "content" / "taxonomy"
    shutil.copytree(shipped("content") / "taxonomy", taxonomy)
    metal = "  - key: C33\n    name: 金属制品业\n    parent: "
    written = (taxonomy / "industries.yml").read_text("utf-8")
    assert (written.count(f"{metal}C\n"), empty.room.outdated(empty.store)) == (1, False)
    (taxonomy / "industries.yml").write_text(written.replace(f"{metal}C\n", f"{metal}A\n"), "utf-8")
    assert (empty.room.outdated(empty.store), empty.room.sync(empty.store).indexed) == (True, 5)
    assert sorted(empty.find(industry=("A",))) == ["firm", "rate", "tea"]
    assert empty.room.outdated(empty.store) is False


def test_nothing_changed_leaves_the_generation(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    before = empty.room.generation
    report = empty.room.sync(empty.store)
    assert (report.indexed, report.removed, empty.room.generation) == (0, 0, before)


def test_a_bad_file_is_left_out_and_named_and_the_good_ones_stay(empty: Library) -> None:
    fill(empty)
    empty.write("cases/bad", "---\ntitle: [\n---\n")
    report = empty.room.rebuild(empty.store)
    assert (report.indexed, {fault.path for fault in report.refused}) == (5, {"cases/bad.md"})
    assert {fault.path for fault in empty.room.refused} == {"cases/bad.md"}
    empty.write("cases/bad", text("改好了", "C14", "110000", 2023, "改好了。"))
    empty.room.sync(empty.store)
    assert (empty.room.refused, empty.find("改好")[:1]) == ([], ["bad"])


def test_a_file_that_turns_bad_leaves_the_index(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    empty.write("cases/tea", "---\ntitle: [\n---\n")
    empty.room.sync(empty.store)
    assert empty.find("渥堆") == []


def test_many_small_changes_answer_as_one_rebuild_would(empty: Library) -> None:
    empty.room.rebuild(empty.store)
    for path, values in TEXTS.items():
        empty.write(path, text(*values))
        empty.room.sync(empty.store)
    for number in range(8):
        empty.write(
            "cases/tea", text("六堡茶渥堆有了记录", "A01", "450400", 2020, f"第{number}次改写，渥堆温度每天记录。")
        )
        empty.room.sync(empty.store)
    questions = ("渥堆", "合格率", "首件检验", "MES", "少了")
    grown = {q: empty.find(q) for q in questions}
    empty.room.rebuild(empty.store)
    assert grown == {q: empty.find(q) for q in questions}


def spellers() -> int:
    return sum(type(each) is Speller for each in gc.get_objects())


def test_who_answered_before_a_change_keeps_neither_files_nor_words_of_the_old_index(empty: Library) -> None:
    """Without the garbage collector: it looks at what is old so seldom that a site would have too many files open by then."""
    fill(empty)
    empty.room.rebuild(empty.store)
    gc.collect()
    gc.disable()
    before = spellers()
    try:
        for change in "一二三":
            empty.room.search(SearchQuery("质良管理"))
            empty.room.explain(SearchQuery("质量管理"))
            empty.room.related("case", "tea")
            empty.room.suggest("质")
            empty.write("cases/tea", text(*TEXTS["cases/tea"]) + f"又改{change}次。\n")
            empty.room.sync(empty.store)
        assert empty.find("又改三次") == ["tea"]
        after = spellers()
        opened = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    finally:
        gc.enable()
    assert [name for name in opened if name.startswith(str(empty.folder)) and name.endswith("(deleted)")] == []
    assert after == before


def test_another_process_sees_the_new_index(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    assert other.search(SearchQuery("螺蛳粉")).total == 0
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    empty.room.sync(empty.store)
    assert [hit.slug for hit in other.search(SearchQuery("螺蛳粉")).hits] == ["new"]


def test_a_rebuild_that_dies_leaves_the_old_index(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)

    def dies(done: int, total: int) -> None:
        raise KeyboardInterrupt

    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    with pytest.raises(KeyboardInterrupt):
        empty.room.rebuild(empty.store, dies)
    assert (empty.another_room().search(SearchQuery("渥堆")).total, empty.find("螺蛳粉")) == (1, [])
    assert empty.room.rebuild(empty.store).indexed == 6


def test_damaged_arrays_are_made_again_from_the_durable_copy(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    arrays = sorted(empty.folder.glob("index/*/*.npy")) or sorted(empty.folder.glob("index/**/*.bin"))
    assert arrays != []
    for path in arrays:
        path.write_bytes(os.urandom(path.stat().st_size))
    assert [hit.slug for hit in empty.another_room().search(SearchQuery("渥堆")).hits] == ["tea"]


class GivingWay:
    """The lock of a room, which whoever verifies takes next."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        finish_verifying()


def finish_verifying() -> None:
    for thread in threading.enumerate():
        if thread.name == "verifying" and thread is not threading.current_thread():
            thread.join()


def test_a_large_index_is_verified_while_it_answers_and_mended(empty: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "VERIFIED_AT_ONCE", 0)
    monkeypatch.setattr(room, "VERIFY_AFTER", 0.0)
    fill(empty)
    empty.room.rebuild(empty.store)
    segments = [path.name for path in (empty.folder / "index").iterdir() if path.is_dir()]
    path = empty.folder / "index" / segments[0] / "words.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    other = empty.another_room()
    other._lock = GivingWay()  # type: ignore[assignment]
    assert [hit.slug for hit in other.search(SearchQuery("渥堆")).hits] == ["tea"]
    finish_verifying()
    assert [hit.slug for hit in other.search(SearchQuery("渥堆")).hits] == ["tea"]
    assert not {path.name for path in (empty.folder / "index").iterdir() if path.is_dir()} <= set(segments)


ANSWERS_AND_ENDS = """
import os, sys
from pathlib import Path
from caselib.content import ContentStore
from caselib.search import SearchQuery, SearchRoom, room

room.VERIFIED_AT_ONCE, room.VERIFY_AFTER = 0, 1000.0
folder, end = Path(sys.argv[1]), sys.argv[2]
library = SearchRoom.open(f"whoosh:{folder / 'index'}", ContentStore(folder / "content").taxonomy)
assert library.search(SearchQuery("渥堆")).total == 1
if end == "dies":
    os._exit(9)
"""


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize(("end", "mended_before_the_first_answer"), [("dies", True), ("in order", False)])
def test_who_comes_after_one_that_died_unverified_verifies_first(
    empty: Library, monkeypatch: pytest.MonkeyPatch, end: str, mended_before_the_first_answer: bool, others: int
) -> None:
    """Also where others are alive that have not verified it either."""
    monkeypatch.setattr(room, "VERIFIED_AT_ONCE", 0)
    monkeypatch.setattr(room, "VERIFY_AFTER", 1000.0)
    fill(empty)
    empty.room.rebuild(empty.store)
    (before,) = in_force(empty).segments
    flip(empty.folder / "index" / before.name / "held.npy")
    alive = [empty.another_room() for _ in range(others)]
    assert all(each.ready for each in alive)
    ended = subprocess.run([sys.executable, "-c", ANSWERS_AND_ENDS, str(empty.folder), end], check=False)
    assert ended.returncode == (9 if end == "dies" else 0)
    other = empty.another_room()
    assert [hit.slug for hit in other.search(SearchQuery("渥堆")).hits] == ["tea"]
    (now,) = in_force(empty).segments
    assert (now.name != before.name) is mended_before_the_first_answer


def test_who_may_open_no_more_files_answers_on_and_verifies_later(
    empty: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "VERIFIED_AT_ONCE", 0)
    monkeypatch.setattr(room, "VERIFY_AFTER", 1000.0)
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    before, entries = other.generation, in_force(empty).segments

    def left_to_verify() -> tuple[int, int]:
        timers = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
        notes = list((empty.folder / "index").glob("unverified-*"))
        return sum(timer.function == other._verify_now for timer in timers), len(notes)

    assert left_to_verify() == (1, 1)
    with no_file_to_open():
        other._verify_now(entries)
    found = [hit.slug for hit in other.search(SearchQuery("渥堆")).hits]
    assert (found, other.generation, left_to_verify()) == (["tea"], before, (2, 1))
    other._verify_now(entries)
    assert left_to_verify() == (2, 0)


def test_a_segment_that_went_before_it_was_verified_is_no_damage(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    assert other.ready
    old = in_force(empty).segments
    for _ in range(3):
        empty.room.rebuild(empty.store)
    assert (other._given_up(old), [hit.slug for hit in other.search(SearchQuery("渥堆")).hits]) == (False, ["tea"])


def test_a_wholly_damaged_index_is_said_and_can_be_rebuilt(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    for folder in [path for path in (empty.folder / "index").iterdir() if path.is_dir()]:
        shutil.rmtree(folder)
    room: SearchRoom = empty.another_room()
    assert (room.search(SearchQuery("渥堆")).total, "caselib index" in room.trouble) == (0, True)
    room.rebuild(empty.store)
    assert (room.search(SearchQuery("渥堆")).total, room.trouble) == (1, "")


def flip(path: Path) -> None:
    held = bytearray(path.read_bytes())
    held[len(held) // 2] ^= 1
    path.write_bytes(held)


def test_a_damaged_durable_copy_is_built_anew_by_the_next_look(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    flip(next(empty.folder.glob("index/*/whoosh/*_stored.col")))
    other = empty.another_room()
    assert (other.search(SearchQuery("渥堆")).total, "caselib index" in other.trouble) == (0, True)
    assert other.sync(empty.store).indexed == len(empty.store.scan())
    assert (other.search(SearchQuery("渥堆")).total, other.trouble) == (1, "")


def test_what_was_built_anew_once_for_damage_is_kept_up_like_any_other(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    flip(next(empty.folder.glob("index/*/whoosh/*_stored.col")))
    other = empty.another_room()
    assert other.sync(empty.store).indexed == 5
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    assert other.sync(empty.store).indexed == 1


@pytest.mark.parametrize("cut", [False, True])
def test_a_file_of_the_index_that_is_lost_under_a_running_site_is_made_again_by_the_next_look(
    empty: Library, cut: bool
) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    assert empty.room.ready
    lost = next(empty.folder.glob("index/*/whoosh/*_stored.col"))
    if cut:
        os.truncate(lost, lost.stat().st_size - 1)
    else:
        lost.unlink()
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    assert (empty.room.sync(empty.store).indexed, [entry.docs for entry in in_force(empty).segments]) == (6, [6])


def test_who_has_an_index_open_answers_from_it_while_another_mends_the_new_one(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    assert other.ready
    empty.room.rebuild(empty.store)
    flip(empty.folder / "index" / in_force(empty).segments[-1].name / "text.npy")
    with manifests.writing(empty.folder / "index"):
        assert (other.search(SearchQuery("渥堆")).total, other.trouble) == (1, "搜索索引正在写入，请稍候。")


def test_a_damaged_segment_is_given_up_though_the_manifest_rotted_with_it(empty: Library) -> None:
    """Bits that rot leave no trace in a file's times, so nobody would open the index anew for them."""
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    assert other.ready
    entries, manifest = in_force(empty).segments, empty.folder / "index" / "manifest.json"
    times = manifest.stat()
    flip(manifest)
    os.utime(manifest, ns=(times.st_atime_ns, times.st_mtime_ns))
    flip(empty.folder / "index" / entries[0].name / "text.npy")
    assert other._given_up(entries) is True
    assert (other.search(SearchQuery("渥堆")).total, "caselib index" in other.trouble) == (0, True)


def test_what_was_in_the_way_of_mending_is_forgotten_when_it_is_gone(
    empty: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "RETRY_AFTER", 0.0)
    fill(empty)
    empty.room.rebuild(empty.store)
    flip(next(empty.folder.glob("index/*/text.npy")))
    other = empty.another_room()
    with manifests.writing(empty.folder / "index"):
        assert (other.search(SearchQuery("渥堆")).total, other.trouble) == (0, "搜索索引正在写入，请稍候。")
    assert (other.search(SearchQuery("渥堆")).total, other.trouble) == (1, "")


def test_a_disk_that_cannot_be_used_is_said_in_chinese_and_fails_no_question(
    empty: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    lock = empty.folder / "index" / "lock"
    lock.unlink()
    lock.mkdir()  # whoever runs this, nobody can open it to write
    flip(next(empty.folder.glob("index/*/text.npy")))
    other = empty.another_room()
    assert other.search(SearchQuery("渥堆")).total == 0
    assert other.trouble.startswith("搜索索引读写不了：它是文件夹，不是文件")
    with pytest.raises(Unavailable, match=r"请检查 .* 的权限、磁盘空间"):
        other.rebuild(empty.store)
    with pytest.raises(Unavailable):
        other.sync(empty.store)


def test_who_has_an_index_open_answers_from_it_while_the_new_one_cannot_be_opened(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    assert other.ready
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。"))
    empty.room.sync(empty.store)
    flip(empty.folder / "index" / in_force(empty).segments[-1].name / "text.npy")
    lock = empty.folder / "index" / "lock"
    lock.unlink()
    lock.mkdir()
    found = [other.search(SearchQuery(typed)).total for typed in ("渥堆", "螺蛳粉")]
    assert (found, other.trouble.startswith("搜索索引读写不了")) == ([1, 0], True)


def test_words_that_are_lost_after_the_index_was_opened_are_mended(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    other = empty.another_room()
    assert other.ready
    next(empty.folder.glob("index/*/words.npy")).unlink()
    assert other.search(SearchQuery("iso*")).total == 1


def test_the_whole_index_can_be_deleted_at_any_time(empty: Library) -> None:
    fill(empty)
    empty.room.rebuild(empty.store)
    shutil.rmtree(empty.folder / "index")
    assert empty.find("渥堆") == []
    empty.room.sync(empty.store)
    assert empty.find("渥堆") == ["tea"]


def test_readers_see_a_whole_state_while_it_is_written(empty: Library) -> None:
    """Every text says the same number; a reader must never see two numbers at once."""

    def write(number: int) -> None:
        for slug in ("a", "b", "c"):
            empty.write(f"cases/{slug}", text(f"第{number}版", "C14", "110000", 2000 + number, "螺蛳粉配料。"))

    write(1)
    empty.room.rebuild(empty.store)
    seen: list[set[int | None]] = []
    stop = threading.Event()

    def read() -> None:
        reader = empty.another_room()
        while not stop.is_set():
            seen.append({hit.year for hit in reader.search(SearchQuery("螺蛳粉")).hits})

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(2, 7):
        write(number)
        empty.room.sync(empty.store)
    stop.set()
    for reader in readers:
        reader.join()
    assert {len(years) for years in seen} == {1}


def test_two_writers_at_once_do_not_hurt_each_other(empty: Library) -> None:
    fill(empty)
    rooms = [empty.another_room() for _ in range(4)]
    threads = [threading.Thread(target=room.sync, args=(empty.store,)) for room in rooms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {room.search(SearchQuery()).total for room in rooms} == {5}


def test_the_index_folder_holds_no_file_from_outside(empty: Library, tmp_path: Path) -> None:
    """A manifest that names a folder elsewhere is not followed."""
    fill(empty)
    empty.room.rebuild(empty.store)
    manifest = empty.folder / "index" / "manifest.json"
    name = next(path.name for path in (empty.folder / "index").iterdir() if path.is_dir())
    shutil.move(empty.folder / "index" / name, tmp_path / "elsewhere")
    manifest.write_text(manifest.read_text("utf-8").replace(name, "../elsewhere"), encoding="utf-8")
    room = empty.another_room()
    assert (room.search(SearchQuery("渥堆")).total, room.trouble == "") == (0, False)
