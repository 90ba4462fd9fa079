"""What is withheld is not there for anybody, until all of it is."""

from pathlib import Path

import pytest

from caselib.content import ContentStore, Kind
from caselib.content.withholding import FILE, Withheld
from caselib.errors import NotFound, Unavailable
from tests.conftest import Synced
from tests.content.trees import CASE


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    for name in ("one", "two", "three"):
        (tmp_path / "cases").mkdir(exist_ok=True)
        (tmp_path / "cases" / f"{name}.md").write_text(CASE, "utf-8")
    return ContentStore(tmp_path)


def seen(store: ContentStore) -> list[str]:
    return sorted(slug for _, slug in store.scan())


def readable(store: ContentStore, slug: str) -> bool:
    try:
        return store.read(Kind.CASE, slug).slug == slug
    except NotFound:
        return False


def test_without_a_list_everything_is_seen(store: ContentStore) -> None:
    assert (seen(store), dict(store.withheld.files())) == (["one", "three", "two"], {})


def test_what_is_listed_is_neither_listed_nor_read_and_comes_back_at_once(store: ContentStore) -> None:
    assert readable(store, "one")
    store.withheld.put({"cases/one.md": "a" * 64, "cases/three.md": "b" * 64})
    assert (seen(store), readable(store, "one"), readable(store, "two")) == (["two"], False, True)
    store.withheld.lift()
    assert (seen(store), readable(store, "one")) == (["one", "three", "two"], True)


def test_what_is_withheld_and_what_is_seen_again_is_so_on_the_disk(store: ContentStore, synced: Synced) -> None:
    store.withheld.put({"cases/one.md": "a" * 64})
    assert synced[1:] == [(store.root, [FILE, "cases"])]
    synced.clear()
    store.withheld.lift()
    assert synced == [(store.root, ["cases"])]


def test_another_process_sees_the_same(store: ContentStore) -> None:
    other = ContentStore(store.root)
    assert len(seen(other)) == 3
    store.withheld.put({"cases/one.md": ""})
    assert seen(other) == ["three", "two"]
    store.withheld.put({"cases/two.md": ""})
    assert seen(other) == ["one", "three"]


def test_a_batch_that_comes_to_be_seen_during_a_look_is_seen_whole(store: ContentStore) -> None:
    store.withheld.put({"cases/one.md": "", "cases/four.md": ""})
    look, looks = store._scan, []

    def while_it_is_released(kinds: tuple[Kind, ...]):  # type: ignore[no-untyped-def]
        found = look(kinds)
        if not looks:
            (store.root / "cases" / "four.md").write_text(CASE, "utf-8")
            store.withheld.lift()
        looks.append(len(found))
        return found

    store._scan = while_it_is_released  # type: ignore[method-assign]
    assert seen(store) == ["four", "one", "three", "two"]
    assert looks == [3, 4]


@pytest.mark.parametrize("text", ["", "[", "[1]", "3", "\ud800"])
def test_a_list_that_cannot_be_read_closes_everything_rather_than_opening_it(store: ContentStore, text: str) -> None:
    (store.root / FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(Unavailable, match="无法判断哪些内容已经发布"):
        store.scan()
    with pytest.raises(Unavailable):
        store.read(Kind.CASE, "one")


def test_a_list_that_may_not_be_read_closes_everything_too(unprivileged_root: Path) -> None:
    Withheld(unprivileged_root).put({"cases/one.md": ""})
    (unprivileged_root / FILE).chmod(0)
    with pytest.raises(Unavailable):
        ContentStore(unprivileged_root).scan()


def test_lifting_twice_is_the_same_as_once(tmp_path: Path) -> None:
    withheld = Withheld(tmp_path)
    withheld.put({"cases/one.md": ""})
    withheld.lift()
    withheld.lift()
    assert list(tmp_path.iterdir()) == []
