"""A running site finds what changed in its folder; one process looks, another takes over."""

import time

import pytest

from caselib.search import SearchQuery, Watcher
from caselib.search.watching import rest
from tests.search.conftest import Library, text

NEW = text("新来的案例", "C14", "110000", 2023, "螺蛳粉配料。")


def watcher(library: Library, seconds: float = 60) -> Watcher:
    return Watcher(library.another_room(), library.store, library.folder / "watch.lock", seconds)


def test_a_look_takes_in_what_changed_and_the_next_has_nothing_to_do(empty: Library) -> None:
    empty.room.rebuild(empty.store)
    empty.write("cases/new", NEW)
    watching = watcher(empty)
    first, second = watching.look(), watching.look()
    assert (first and first.indexed, second, empty.find("螺蛳粉")) == (1, None, ["new"])
    watching.stop()


def test_a_removed_file_is_seen(empty: Library) -> None:
    empty.write("cases/new", NEW)
    empty.room.rebuild(empty.store)
    (empty.folder / "content" / "cases" / "new.md").unlink()
    watching = watcher(empty)
    report = watching.look()
    assert (report and report.removed, empty.find("螺蛳粉")) == (1, [])
    watching.stop()


def test_words_that_changed_are_taken_up_by_who_looks_and_by_who_does_not(empty: Library) -> None:
    empty.write("cases/new", NEW)
    empty.room.rebuild(empty.store)
    rooms = [empty.another_room() for _ in range(2)]
    watchers = [Watcher(room, empty.store, empty.folder / "watch.lock") for room in rooms]
    taxonomy = empty.folder / "content" / "taxonomy"
    taxonomy.mkdir()
    (taxonomy / "synonyms.yml").write_text("entries:\n  - [螺蛳粉, 霹雳]\n", "utf-8")
    reports = [each.look() for each in watchers]
    found = [[hit.slug for hit in room.search(SearchQuery("霹雳")).hits] for room in rooms]
    assert (reports, found) == ([None, None], [["new"], ["new"]])
    watchers[0].stop()


def test_one_looks_and_another_takes_over_when_it_is_gone(empty: Library) -> None:
    empty.room.rebuild(empty.store)
    first, second = watcher(empty), watcher(empty)
    assert first.look() is None
    empty.write("cases/new", NEW)
    assert second.look() is None
    first.stop()
    report = second.look()
    assert report and report.indexed == 1
    second.stop()


def test_the_thread_finds_a_new_file_by_itself(empty: Library) -> None:
    empty.room.rebuild(empty.store)
    watching = watcher(empty, seconds=0.05)
    watching.start()
    empty.write("cases/new", NEW)
    end = time.monotonic() + 20
    while not empty.room.search(SearchQuery("螺蛳粉")).total and time.monotonic() < end:
        pass
    watching.stop()
    assert empty.find("螺蛳粉") == ["new"]


def test_a_fault_is_logged_and_the_next_look_tries_again(empty: Library, caplog: pytest.LogCaptureFixture) -> None:
    empty.room.rebuild(empty.store)
    (empty.folder / "watch.lock").mkdir()
    watching = watcher(empty, seconds=0.05)
    watching.start()
    end = time.monotonic() + 20
    while "trying again" not in caplog.text and time.monotonic() < end:
        pass
    (empty.folder / "watch.lock").rmdir()
    empty.write("cases/new", NEW)
    while not empty.room.search(SearchQuery("螺蛳粉")).total and time.monotonic() < end:
        pass
    watching.stop()
    assert empty.find("螺蛳粉") == ["new"]


def test_a_deleted_index_is_made_again(empty: Library) -> None:
    empty.write("cases/new", NEW)
    watching = watcher(empty)
    report = watching.look()
    assert (report and report.indexed, empty.find("螺蛳粉")) == (1, ["new"])
    watching.stop()


def test_a_changed_name_in_the_taxonomy_reaches_the_facets(empty: Library) -> None:
    empty.write("cases/new", text("新来的案例", "C14", "110000", 2023, "配料。", "problems: [quality-awareness]\n"))
    empty.room.rebuild(empty.store)
    problems = empty.folder / "content" / "taxonomy" / "problems.yml"
    problems.parent.mkdir()
    problems.write_text(
        "groups:\n  - {key: lacking, name: 两不}\nentries:\n"
        "  - {key: quality-awareness, name: 新名字, group: lacking}\n",
        encoding="utf-8",
    )
    watching = watcher(empty)
    assert watching.look() is not None
    empty.room.adopt(empty.store.taxonomy)
    assert [value.label for value in empty.room.search(SearchQuery()).facets["problem"]] == ["新名字"]
    watching.stop()


@pytest.mark.parametrize(("took", "seconds"), [(0.0, 2.0), (0.2, 2.0), (0.5, 5.0), (2.0, 20.0), (90.0, 20.0)])
def test_a_look_at_a_large_folder_takes_a_tenth_of_a_core_at_most_unless_that_would_be_late(
    took: float, seconds: float
) -> None:
    assert rest(2.0, took) == seconds
