"""The manifest: replaced whole, never trusted blindly, one writer at a time."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from caselib.search.index import manifest as manifests
from caselib.search.index.manifest import DamagedIndex, Entry, Manifest
from tests.search.conftest import no_file_to_open


def entry(folder: Path, name: str) -> Entry:
    (folder / name).mkdir(exist_ok=True)
    return Entry(name, 2, [1], {"a.npy": (3, 4)})


def test_what_is_put_in_force_is_read_back(tmp_path: Path) -> None:
    manifest = Manifest("", "t", [entry(tmp_path, "s-1")], {"case/a": (5, 6)}, {"case/b": (7, 8, [])})
    manifests.commit(tmp_path, manifest)
    read = manifests.read(tmp_path)
    assert read is not None
    assert (read.taxonomy, read.segments[0].name, read.segments[0].dead, len(read.generation)) == ("t", "s-1", [1], 32)
    assert tuple(read.segments[0].files["a.npy"]) == (3, 4)


def test_segments_of_the_last_manifest_are_kept_and_older_ones_removed(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        with manifests.writing(tmp_path):
            manifests.commit(tmp_path, Manifest("", "t", [entry(tmp_path, f"s-{number}")]))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["s-2", "s-3"]


def test_what_a_writer_left_behind_goes_and_nothing_that_is_not_the_indexs_own(tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    entry(tmp_path, "s-dead")
    with manifests.writing(tmp_path):
        assert not (tmp_path / "s-dead").exists()
        manifests.commit(tmp_path, Manifest("", "t", [entry(tmp_path, "s-1")]))
    with pytest.raises(OSError, match="full"), manifests.writing(tmp_path):
        entry(tmp_path, "s-half")
        raise OSError("full")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["s-1", "uploads"]


def test_segments_of_another_format_stay_until_there_is_an_index_of_ours(tmp_path: Path) -> None:
    body = json.dumps({"format": manifests.FORMAT - 1})
    (tmp_path / "manifest.json").write_text(f"{zlib.crc32(body.encode()):08x}\n{body}")
    entry(tmp_path, "s-old")
    with manifests.writing(tmp_path):
        assert (tmp_path / "s-old").exists()
        manifests.commit(tmp_path, Manifest())
    assert not (tmp_path / "s-old").exists()


def test_a_manifest_changes_its_state_and_generation(tmp_path: Path) -> None:
    assert manifests.state(tmp_path) is None
    manifests.commit(tmp_path, Manifest())
    first, generation = manifests.state(tmp_path), manifests.read(tmp_path)
    manifests.commit(tmp_path, Manifest())
    second = manifests.read(tmp_path)
    assert manifests.state(tmp_path) != first
    assert generation and second and generation.generation != second.generation


def test_a_manifest_replaced_within_one_tick_of_the_clock_is_another_state(tmp_path: Path) -> None:
    states = []
    for _ in range(2):
        manifests.commit(tmp_path, Manifest())
        os.utime(tmp_path / "manifest.json", ns=(1, 1))
        states.append(manifests.state(tmp_path))
    assert len(set(states)) == 2


FORKS = """
import os, sys
from pathlib import Path
from caselib.search.index.manifest import UnverifiedNote

folder = Path(sys.argv[1])
note = UnverifiedNote(folder)
assert note.leave()
if os.fork() == 0:
    note.take_away()
    os._exit(0)
os.wait()
print(len(list(folder.glob("unverified-*"))))
"""


def test_a_worker_that_ends_leaves_the_note_of_the_process_it_came_from(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FORKS, str(tmp_path)], capture_output=True, check=True, text=True)
    assert (done.stdout, list(tmp_path.glob("unverified-*"))) == ("1\n", [])


def signed(body: str) -> bytes:
    return f"{zlib.crc32(body.encode()):08x}\n{body}".encode()


@pytest.mark.parametrize(
    "damage",
    [b"", b"{}", b"00000000\n{}", b"\xff\xfe", b"zz\n{}"]
    + [
        signed(body)
        for body in (
            "{}",
            "[]",
            f'{{"format": {manifests.FORMAT}}}',
            f'{{"format": {manifests.FORMAT}, "segments": [1]}}',
        )
    ],
)
def test_a_damaged_manifest_is_said_to_be_so(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "manifest.json").write_bytes(damage)
    with pytest.raises(DamagedIndex, match=r"manifest\.json"):
        manifests.read(tmp_path)


def test_a_manifest_that_no_more_files_can_be_opened_for_is_not_damaged(tmp_path: Path) -> None:
    manifests.commit(tmp_path, Manifest())
    with no_file_to_open(), pytest.raises(OSError, match="Too many open files"):
        manifests.read(tmp_path)


def test_no_manifest_and_one_of_another_format_are_no_index(tmp_path: Path) -> None:
    assert manifests.read(tmp_path) is None
    body = json.dumps({"format": manifests.FORMAT + 1})
    (tmp_path / "manifest.json").write_text(f"{zlib.crc32(body.encode()):08x}\n{body}")
    assert manifests.read(tmp_path) is None


def test_there_is_one_writer_at_a_time(tmp_path: Path) -> None:
    with manifests.writing(tmp_path), pytest.raises(BlockingIOError), manifests.writing(tmp_path, wait=False):
        pass
    with manifests.writing(tmp_path, wait=False):
        pass
