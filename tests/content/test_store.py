import os
import threading
import time
from pathlib import Path

import pytest

from caselib.content import ContentStore, Document, InvalidDocument, Kind
from caselib.content.report import FileFault, Unreadable
from caselib.content.store import CACHED_DOCUMENTS
from caselib.errors import CaselibError, NotFound
from tests.conftest import Synced
from tests.content.trees import BATCH, CASE, GUIDE, PAGE, case, put

ESCAPES = ["../x", "..", ".", "", "/etc/passwd", "a/b", "..%2fx", "x\0", ".x", "X", "x.md", "a\\b", "x" * 300]


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "content")


def title(document: Document) -> str:
    return document.meta.title


class TestScanning:
    def test_every_kind_has_its_folder(self, store: ContentStore) -> None:
        for name, text in (("cases/a", CASE), ("guides/b", GUIDE), ("batches/3", BATCH), ("pages/about", PAGE)):
            put(store.root, f"{name}.md", text)
        assert set(store.scan()) == {(Kind.CASE, "a"), (Kind.GUIDE, "b"), (Kind.BATCH, "3"), (Kind.PAGE, "about")}
        assert set(store.scan(Kind.GUIDE, Kind.BATCH)) == {(Kind.GUIDE, "b"), (Kind.BATCH, "3")}

    def test_a_stamp_tells_the_file_its_time_and_size(self, store: ContentStore) -> None:
        path = put(store.root, "cases/a.md")
        os.utime(path, ns=(5, 7))
        stamp = store.scan()[Kind.CASE, "a"]
        assert (stamp.path, stamp.mtime_ns, stamp.size) == (path, 7, len(CASE.encode()))

    def test_what_is_no_document_is_left_out(self, store: ContentStore) -> None:
        for name in (".a.md", ".b.tmp", "c.md~", "d.txt", "E.md", "f.MD", "g h.md", "sub/i.md", "j.png"):
            put(store.root, f"cases/{name}")
        (store.root / "cases" / "k.md").mkdir()
        os.mkfifo(store.root / "cases" / "l.md")
        assert store.scan() == {}

    def test_a_look_at_some_files_finds_of_each_what_a_look_at_all_would(
        self, store: ContentStore, tmp_path: Path
    ) -> None:
        for name in ("cases/a.md", "cases/b.md", "cases/c.md", "guides/a.md", "cases/E.md", "a.md"):
            put(store.root, name)
        (store.root / "cases" / "d.md").symlink_to(put(tmp_path, "outside.md"))
        (store.root / "cases" / "k.md").mkdir()
        store.withheld.put({"cases/b.md": ""})
        found = store.look([
            "cases/a.md", "cases/b.md", "cases/d.md", "cases/k.md", "cases/gone.md", "guides/a.md",
            "cases/E.md", "a.md", "cases/../cases/c.md", "cases/a.png", "/etc/passwd", "",
        ])  # fmt: skip
        everything = store.scan()
        assert found == {
            (Kind.CASE, slug): everything.get((Kind.CASE, slug)) for slug in ("a", "b", "d", "k", "gone")
        } | {(Kind.GUIDE, "a"): everything[Kind.GUIDE, "a"]}
        assert [slug for (_, slug), stamp in found.items() if stamp] == ["a", "a"]

    def test_a_library_that_does_not_exist_is_empty(self, store: ContentStore) -> None:
        assert store.scan() == {}
        assert store.check() == []
        with pytest.raises(NotFound):
            store.read(Kind.CASE, "a")

    def test_a_file_where_a_folder_should_be_is_an_empty_folder(self, store: ContentStore) -> None:
        put(store.root, "cases", "not a folder")
        assert store.scan() == {}

    def test_a_folder_that_may_not_be_read_is_an_empty_one(self, unprivileged_root: Path) -> None:
        put(unprivileged_root, "guides/b.md", GUIDE)
        folder = put(unprivileged_root, "cases/a.md").parent
        folder.chmod(0)
        assert set(ContentStore(unprivileged_root).scan()) == {(Kind.GUIDE, "b")}
        folder.chmod(0o700)

    def test_twelve_thousand_files_are_scanned_without_reading_them(self, store: ContentStore) -> None:
        folder = store.root / "cases"
        folder.mkdir(parents=True)
        for number in range(12_000):
            os.close(os.open(folder / f"anli-{number:05d}.md", os.O_CREAT | os.O_WRONLY, 0o600))

        def seconds() -> float:
            start = time.thread_time()
            assert len(store.scan()) == 12_000
            return time.thread_time() - start

        assert min(seconds() for _ in range(3)) < 0.5


class TestReading:
    def test_a_document_is_read_by_kind_and_slug(self, store: ContentStore) -> None:
        put(store.root, "cases/嘉兴.md")
        assert title(store.read(Kind.CASE, "嘉兴")) == "定制技术攻关方案"

    @pytest.mark.parametrize("slug", ESCAPES)
    def test_no_slug_leads_out_of_its_folder(self, store: ContentStore, slug: str) -> None:
        for name in ("x.md", "content/x.md", "content/cases/X.md", "content/cases/a/b.md", "content/cases/.x.md"):
            put(store.root.parent, name)
        with pytest.raises(NotFound) as caught:
            store.read(Kind.CASE, slug)
        assert caught.value.message == "没有这个案例。"

    def test_a_document_is_read_once_while_its_file_stays(self, store: ContentStore) -> None:
        put(store.root, "cases/a.md")
        assert store.read(Kind.CASE, "a") is store.read(Kind.CASE, "a")

    def test_a_changed_file_is_read_again_even_at_the_same_time_and_size(self, store: ContentStore) -> None:
        path = put(store.root, "cases/a.md", case("firm: 甲"))
        first = store.read(Kind.CASE, "a")
        status = path.stat()
        store.write(Kind.CASE, "a", case("firm: 乙").encode())
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert store.read(Kind.CASE, "a").digest != first.digest

    @pytest.mark.parametrize(("firm", "tick"), [("丙", 1), ("甲乙", 0)])
    def test_a_file_written_over_in_place_is_read_again(self, store: ContentStore, firm: str, tick: int) -> None:
        """At the same size, or within one tick of the clock."""
        path = put(store.root, "cases/a.md", case("firm: 甲"))
        first = store.read(Kind.CASE, "a")
        status = path.stat()
        path.write_text(case(f"firm: {firm}"), encoding="utf-8")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + tick))
        assert (path.stat().st_ino, store.read(Kind.CASE, "a").digest != first.digest) == (status.st_ino, True)

    def test_a_removed_file_is_gone(self, store: ContentStore) -> None:
        path = put(store.root, "cases/a.md")
        store.read(Kind.CASE, "a")
        path.unlink()
        with pytest.raises(NotFound):
            store.read(Kind.CASE, "a")

    def test_the_cache_is_bounded(self, store: ContentStore) -> None:
        for number in range(CACHED_DOCUMENTS + 1):
            put(store.root, f"pages/{number}.md", PAGE)
        first = store.read(Kind.PAGE, "0")
        second = store.read(Kind.PAGE, "1")
        store.read(Kind.PAGE, "0")
        for number in range(2, CACHED_DOCUMENTS + 1):
            store.read(Kind.PAGE, str(number))
        assert store.read(Kind.PAGE, "0") is first
        assert store.read(Kind.PAGE, "1") is not second

    def test_a_bad_file_is_told_with_all_its_problems_and_hides_no_other(self, store: ContentStore) -> None:
        put(store.root, "cases/bad.md", case("year: 1", "x: 1", without="year"))
        put(store.root, "cases/good.md")
        with pytest.raises(InvalidDocument) as caught:
            store.read(Kind.CASE, "bad")
        assert [(p.path, p.line, p.level) for p in caught.value.faults] == [
            ("cases/bad.md", 5, "error"),
            ("cases/bad.md", 6, "warning"),
        ]
        assert caught.value.message == "cases/bad.md 第 5 行：year（年份）的值“1”不对。"
        assert title(store.read(Kind.CASE, "good")) == "定制技术攻关方案"

    def test_a_file_of_50_mb_is_refused(self, store: ContentStore) -> None:
        os.truncate(put(store.root, "cases/a.md"), 50 * 1024 * 1024)
        with pytest.raises(Unreadable) as caught:
            store.read(Kind.CASE, "a")
        assert caught.value.faults[0].message == "文件有 50.0 MB，超过 2 MB。"

    def test_many_threads_read_the_same_documents(self, store: ContentStore) -> None:
        for number in range(20):
            put(store.root, f"pages/{number}.md", PAGE)
        failures: list[Exception] = []

        def work() -> None:
            try:
                for turn in range(200):
                    store.read(Kind.PAGE, str(turn % 20))
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


class TestLinks:
    def test_a_link_within_the_tree_is_followed(self, store: ContentStore) -> None:
        put(store.root, "shared/a.md")
        (store.root / "cases").mkdir()
        (store.root / "cases" / "a.md").symlink_to("../shared/a.md")
        assert set(store.scan()) == {(Kind.CASE, "a")}
        assert title(store.read(Kind.CASE, "a")) == "定制技术攻关方案"

    def test_a_link_out_of_the_tree_is_neither_listed_nor_read(self, store: ContentStore) -> None:
        put(store.root.parent, "secret.md")
        (store.root / "cases").mkdir(parents=True)
        (store.root / "cases" / "a.md").symlink_to(store.root.parent / "secret.md")
        assert store.scan() == {}
        with pytest.raises(NotFound):
            store.read(Kind.CASE, "a")

    def test_a_folder_linked_out_of_the_tree_is_empty(self, store: ContentStore) -> None:
        put(store.root.parent, "elsewhere/a.md")
        store.root.mkdir()
        (store.root / "cases").symlink_to(store.root.parent / "elsewhere")
        assert store.scan() == {}
        with pytest.raises(NotFound):
            store.read(Kind.CASE, "a")
        with pytest.raises(CaselibError) as caught:
            store.write(Kind.CASE, "b", CASE.encode())
        assert caught.value.message == f"{store.root / 'cases'} 指向内容目录之外。"
        assert [path.name for path in (store.root.parent / "elsewhere").iterdir()] == ["a.md"]

    def test_the_root_itself_may_be_a_link(self, tmp_path: Path) -> None:
        put(tmp_path, "release-1/cases/a.md")
        (tmp_path / "current").symlink_to("release-1")
        store = ContentStore(tmp_path / "current")
        assert set(store.scan()) == {(Kind.CASE, "a")}
        assert title(store.read(Kind.CASE, "a")) == "定制技术攻关方案"

    def test_a_link_to_nowhere_and_a_link_to_itself_are_left_out(self, store: ContentStore) -> None:
        (store.root / "cases").mkdir(parents=True)
        (store.root / "cases" / "a.md").symlink_to("b.md")
        (store.root / "cases" / "c.md").symlink_to("c.md")
        assert store.scan() == {}
        for slug in "ac":
            with pytest.raises(NotFound):
                store.read(Kind.CASE, slug)


class TestWriting:
    def test_a_document_is_written_into_a_library_that_did_not_exist(self, store: ContentStore) -> None:
        path = store.write(Kind.CASE, "a", CASE.encode())
        assert path == store.root / "cases" / "a.md"
        assert path.read_bytes() == CASE.encode()
        assert title(store.read(Kind.CASE, "a")) == "定制技术攻关方案"

    def test_the_folder_that_a_first_document_needs_is_on_the_disk_before_it(
        self, store: ContentStore, synced: Synced
    ) -> None:
        path = store.write(Kind.CASE, "a", CASE.encode())
        assert (synced[0], synced[-1]) == ((store.root, ["cases"]), (path.parent, ["a.md"]))

    def test_data_with_errors_is_refused_and_the_old_file_stays(self, store: ContentStore) -> None:
        store.write(Kind.CASE, "a", CASE.encode())
        with pytest.raises(InvalidDocument):
            store.write(Kind.CASE, "a", case(without="title").encode())
        assert (store.root / "cases" / "a.md").read_bytes() == CASE.encode()

    def test_warnings_do_not_stop_a_write(self, store: ContentStore) -> None:
        store.write(Kind.CASE, "a", case("contact: 张三").encode())
        assert set(store.scan()) == {(Kind.CASE, "a")}

    @pytest.mark.parametrize("slug", ESCAPES)
    def test_a_bad_slug_is_refused_and_writes_nothing(self, store: ContentStore, slug: str) -> None:
        with pytest.raises(CaselibError) as caught:
            store.write(Kind.CASE, slug, CASE.encode())
        assert caught.value.message.startswith(f"“{slug}”不能用作文件名：")
        assert list(store.root.parent.iterdir()) == []

    def test_more_than_2_mb_are_refused(self, store: ContentStore) -> None:
        with pytest.raises(FileFault):
            store.write(Kind.CASE, "a", (CASE + "字" * 1024 * 1024).encode())
        assert store.scan() == {}


class TestAssets:
    @pytest.mark.parametrize("place", ["cases/a/图.png", "cases/图.png"])
    def test_an_image_lies_in_the_folder_of_the_slug_or_beside_the_file(self, store: ContentStore, place: str) -> None:
        path = put(store.root, place, b"png")
        assert store.asset(Kind.CASE, "a", "图.png") == path

    def test_the_folder_of_the_slug_comes_first(self, store: ContentStore) -> None:
        put(store.root, "cases/x.png", b"")
        own = put(store.root, "cases/a/x.png", b"")
        assert store.asset(Kind.CASE, "a", "x.png") == own

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "../x.png",
                "a/x.png",
                "/x.png",
                "a.md",
                "x.svg",
                "x.html",
                ".x.png",
                "",
                "x.png\0",
                "..",
                "none.png",
                "d.png",
            ),
            *("a" * 252 + ".png", "图" * 84 + ".png"),
        ],
        ids=lambda name: repr(name[:9]),
    )
    def test_nothing_else_is_served(self, store: ContentStore, name: str) -> None:
        for place in (
            "x.png",
            "cases/a.md",
            "cases/x.svg",
            "cases/x.html",
            "cases/.x.png",
            "cases/a/a/x.png",
            "cases/d.png/x",
        ):
            put(store.root, place, b"")
        with pytest.raises(NotFound) as caught:
            store.asset(Kind.CASE, "a", name)
        assert caught.value.message == "没有这个附件。"

    def test_an_image_linked_out_of_the_tree_is_not_served(self, store: ContentStore) -> None:
        put(store.root.parent, "secret.png", b"")
        (store.root / "cases").mkdir(parents=True)
        (store.root / "cases" / "x.png").symlink_to(store.root.parent / "secret.png")
        with pytest.raises(NotFound):
            store.asset(Kind.CASE, "a", "x.png")


class TestTaxonomy:
    OWN = "entries:\n  - {key: own, name: 自己的做法}\n"

    def test_a_root_without_taxonomy_uses_the_shipped_one(self, store: ContentStore) -> None:
        assert len(store.taxonomy.industries) == 117

    def test_a_changed_file_is_taken_up_and_documents_are_judged_anew(self, store: ContentStore) -> None:
        put(store.root, "cases/a.md", case("measures: own"))
        with pytest.raises(InvalidDocument):
            store.read(Kind.CASE, "a")
        path = put(store.root, "taxonomy/measures.yml", self.OWN)
        assert title(store.read(Kind.CASE, "a")) == "定制技术攻关方案"
        path.unlink()
        assert "own" not in store.taxonomy.measures  # whoever serves documents asks for it now and then
        with pytest.raises(InvalidDocument):
            store.read(Kind.CASE, "a")

    def test_an_unchanged_taxonomy_is_loaded_once(self, store: ContentStore) -> None:
        assert store.taxonomy is store.taxonomy

    def test_a_broken_file_keeps_the_last_good_taxonomy_in_use_and_is_reported(self, store: ContentStore) -> None:
        put(store.root, "taxonomy/measures.yml", self.OWN)
        assert list(store.taxonomy.measures) == ["own"]
        put(store.root, "taxonomy/measures.yml", "entries: [\n")
        assert list(store.taxonomy.measures) == ["own"]
        for told in (store.check(), store.passed_over()):
            assert [fault.path for fault in told] == ["taxonomy/measures.yml"]
