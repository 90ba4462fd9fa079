import os
import stat
import threading
from pathlib import Path

import pytest

from caselib.content.files import MAX_BYTES, read_bounded, shown, write_atomically
from caselib.content.report import FileFault
from tests.audited import audited
from tests.conftest import Synced


class TestReading:
    def test_a_file_up_to_the_limit_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        path.write_bytes(b"a" * MAX_BYTES)
        assert len(read_bounded(path)) == MAX_BYTES

    def test_a_file_of_50_mb_is_refused_by_its_size_and_not_read(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        path.touch()
        os.truncate(path, 50 * 1024 * 1024)
        with audited() as done, pytest.raises(FileFault) as caught:
            read_bounded(path)
        assert (caught.value.message, done) == ("文件有 50.0 MB，超过 2 MB。", {})

    def test_a_missing_file_is_told_from_a_bad_one(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            read_bounded(tmp_path / "x")

    def test_a_folder_and_a_pipe_are_no_files_and_do_not_block(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path, tmp_path / "pipe"):
            with pytest.raises(FileFault) as caught:
                read_bounded(path)
            assert caught.value.message == "这不是一个普通文件。"

    def test_a_path_through_a_file_is_a_fault_and_no_traceback(self, tmp_path: Path) -> None:
        (tmp_path / "x").touch()
        with pytest.raises(FileFault) as caught:
            read_bounded(tmp_path / "x" / "y")
        assert caught.value.message == "读不出这个文件（它或它的上级不是文件夹）。"


class TestWriting:
    def test_the_bytes_are_there_and_nothing_else(self, tmp_path: Path) -> None:
        write_atomically(tmp_path / "x", b"one")
        write_atomically(tmp_path / "x", b"two")
        assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x", b"two")]

    def test_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_return(
        self, tmp_path: Path, synced: Synced
    ) -> None:
        (tmp_path / "x").write_bytes(b"old")
        write_atomically(tmp_path / "x", b"new")
        assert [(path.suffix, held) for path, held in synced] == [(".tmp", b"new"), ("", ["x"])]

    def test_a_new_file_can_be_read_by_others_and_an_old_one_keeps_its_mode(self, tmp_path: Path) -> None:
        mask = os.umask(0o022)
        try:
            write_atomically(tmp_path / "new", b"")
        finally:
            os.umask(mask)
        (tmp_path / "old").touch(0o600)
        write_atomically(tmp_path / "old", b"")
        modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "old")]
        assert modes == [0o644, 0o600]

    def test_a_link_is_replaced_and_what_it_points_at_is_left(self, tmp_path: Path) -> None:
        (tmp_path / "target").write_bytes(b"old")
        (tmp_path / "x").symlink_to("target")
        write_atomically(tmp_path / "x", b"new")
        assert (tmp_path / "target").read_bytes() == b"old"
        assert (tmp_path / "x").is_symlink() is False

    def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(self, tmp_path: Path) -> None:
        folder = tmp_path / "x"
        folder.mkdir()
        with pytest.raises(IsADirectoryError):
            write_atomically(folder, b"data")
        assert [path.name for path in tmp_path.iterdir()] == ["x"]

    def test_a_reader_sees_one_whole_version_or_the_other(self, tmp_path: Path) -> None:
        path = tmp_path / "x"
        versions = [b"a" * 100_000, b"b" * 200_000]
        path.write_bytes(versions[0])
        seen: list[bytes] = []
        done = threading.Event()

        def look() -> None:
            while not done.is_set():
                seen.append(path.read_bytes())

        reader = threading.Thread(target=look)
        reader.start()
        for turn in range(40):
            write_atomically(path, versions[turn % 2])
        done.set()
        reader.join()
        assert set(seen) <= set(versions)
        assert seen != []


def test_a_name_that_cannot_be_printed_is_shown_escaped() -> None:
    assert shown(Path("案例.md")) == "案例.md"
    assert shown("a\n\u202e\udcb0.md") == "a\\n\\u202e\\xb0.md"
