"""A published case is taken away: it is nowhere but in its grave, its address can say why, and a crash between is mended."""

import os
from typing import Any

import pytest

from caselib import journal
from caselib.content import ContentStore, Kind
from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.publishing import tombstones
from caselib.publishing.alone import Busy, publishing_alone
from caselib.publishing.models import Tombstone
from caselib.search import SearchQuery, SearchRoom
from tests.conftest import Synced
from tests.content.trees import CASE
from tests.publishing.rounds import LATER, NOW, Publishing, files, publisher


@pytest.fixture
def published(round_: Publishing, store: ContentStore) -> ContentStore:
    (store.root / "cases" / "one.md").write_text(CASE, "utf-8")
    return store


def withdraw(round_: Publishing, store: ContentStore, username: str = "editor", **values: Any) -> Tombstone:
    usual = {"slug": "one", "reason": "数据失实", "now": NOW, "data": store.root.parent / "var"}
    return tombstones.withdraw_case(
        database=round_.database, store=store, actor=round_[username], **{**usual, **values}
    )


def grave(tombstone: Tombstone) -> str:
    return f"withdrawn/one.{tombstone.withdrawn_at:%Y%m%dT%H%M%S}.{tombstone.digest[:8]}.md"


def test_a_withdrawn_case_is_gone_from_the_library_and_kept_aside(round_: Publishing, published: ContentStore) -> None:
    room = SearchRoom(published.root.parent / "index", published.taxonomy)
    room.rebuild(published)
    title = published.read(Kind.CASE, "one").meta.title
    assert room.search(SearchQuery(q=title)).total == 1
    found = withdraw(round_, published, search=room)
    assert (found.slug, found.title, found.reason, found.withdrawn_at) == ("one", title, "数据失实", NOW)
    assert (files(published), published.scan()) == ([grave(found)], {})
    assert (room.search(SearchQuery(q=title)).total, published.check()) == (0, [])
    assert (published.root / grave(found)).read_text("utf-8") == CASE


def test_a_withdrawn_case_is_in_its_grave_on_the_disk_too(
    round_: Publishing, published: ContentStore, synced: Synced
) -> None:
    found = withdraw(round_, published)
    there = {path.relative_to(published.root).as_posix(): held for path, held in synced}
    assert (there["withdrawn"], there["cases"], "." in there) == ([grave(found).partition("/")[2]], [], True)


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_withdraw(round_: Publishing, published: ContentStore, username: str) -> None:
    with pytest.raises(Forbidden):
        withdraw(round_, published, username)
    assert files(published) == ["cases/one.md"]


def test_there_must_be_a_case_and_a_reason(round_: Publishing, published: ContentStore) -> None:
    with pytest.raises(NotFound):
        withdraw(round_, published, slug="two")
    with pytest.raises(CaselibError, match="没有写原因"):
        withdraw(round_, published, reason=" ")
    assert files(published) == ["cases/one.md"]


def test_a_case_whose_file_was_changed_meanwhile_is_not_said_to_be_gone(
    round_: Publishing, published: ContentStore
) -> None:
    path = published.root / "cases" / "one.md"
    published.read(Kind.CASE, "one")
    before, changed = path.stat(), CASE.replace("2022", "2021")
    path.write_text(changed, "utf-8")
    os.utime(
        path, ns=(before.st_atime_ns, before.st_mtime_ns)
    )  # as rsync does: what was read seems to be what is there
    with pytest.raises(Conflict) as caught:
        withdraw(round_, published)
    title = published.read(Kind.CASE, "one").meta.title
    assert caught.value.message == f"“{title}”的文件刚被改动，案例还在。"
    assert path.read_text("utf-8") == changed


def test_a_case_whose_file_is_gone_already_is_withdrawn(round_: Publishing, published: ContentStore) -> None:
    with round_.doing("editor") as who:
        found = tombstones.entomb(**who, document=published.read(Kind.CASE, "one"), reason="失实", now=NOW)
    (published.root / "cases" / "one.md").unlink()
    assert (tombstones.bury(published, found), files(published)) == (True, [])


def test_nothing_is_withdrawn_while_a_batch_goes_out_or_a_backup_is_made(
    round_: Publishing, published: ContentStore
) -> None:
    with publishing_alone(published.root.parent / "var"), pytest.raises(Busy):
        withdraw(round_, published)
    with round_.database.reading() as session:
        assert (session.get(Tombstone, "one"), files(published)) == (None, ["cases/one.md"])


def test_a_withdrawal_cut_off_before_the_file_moved_is_finished_by_the_next_start(
    round_: Publishing, published: ContentStore
) -> None:
    with round_.doing("editor") as who:
        found = tombstones.entomb(**who, document=published.read(Kind.CASE, "one"), reason="失实", now=NOW)
    assert files(published) == ["cases/one.md"]
    publisher(round_, published).recover()
    assert files(published) == [grave(found)]


def test_a_case_put_back_stays_and_can_be_withdrawn_again(round_: Publishing, published: ContentStore) -> None:
    first = withdraw(round_, published)
    (published.root / "cases" / "one.md").write_text(CASE, "utf-8")
    publisher(round_, published).recover()
    assert published.read(Kind.CASE, "one").slug == "one"
    assert tombstones.missing_from(published, 3, {"one"}, [first]) == []
    (published.root / "cases" / "one.md").write_text(CASE + "\n改过。\n", "utf-8")
    second = withdraw(round_, published, reason="仍然失实", now=LATER)
    assert second.digest != first.digest
    assert files(published) == [grave(first), grave(second)]
    assert tombstones.missing_from(published, 3, {"one"}, [second]) == [second]
    with round_.database.reading() as session:
        assert session.get_one(Tombstone, "one").reason == "仍然失实"


def test_a_case_put_back_as_it_was_is_buried_though_its_second_withdrawal_was_cut_off(
    round_: Publishing, published: ContentStore
) -> None:
    first = withdraw(round_, published)
    (published.root / "cases" / "one.md").write_text(CASE, "utf-8")
    with round_.doing("editor") as who:
        second = tombstones.entomb(**who, document=published.read(Kind.CASE, "one"), reason="仍然失实", now=LATER)
    assert second.digest == first.digest
    publisher(round_, published).recover()
    assert files(published) == [grave(first), grave(second)]


def test_a_long_title_and_a_long_address_are_cut_to_what_a_table_holds(
    round_: Publishing, published: ContentStore
) -> None:
    slug = "a" * 70
    text = CASE.replace("title: 定制技术攻关方案", f"title: {'长' * 130}")
    (published.root / "cases" / f"{slug}.md").write_text(text, "utf-8")
    assert withdraw(round_, published, slug=slug).title == "长" * 120
    with round_.database.reading() as session:
        (event,) = journal.events_of(session, f"case:{slug}"[:64])
    assert (event.action, event.after["slug"]) == ("case.withdraw", slug)


def test_a_withdrawn_case_that_came_with_the_library_belongs_to_the_batch_that_it_tells(
    round_: Publishing, published: ContentStore
) -> None:
    (published.root / "cases" / "one.md").write_text(CASE.replace("year: 2022", "year: 2022\nbatch: 3"), "utf-8")
    found = withdraw(round_, published)
    assert [tombstones.missing_from(published, batch, (), [found]) for batch in (3, 4)] == [[found], []]
    (published.root / grave(found)).unlink()
    assert tombstones.missing_from(published, 3, (), [found]) == []
    (published.root / grave(found)).mkdir()
    assert tombstones.missing_from(published, 3, (), [found]) == []


def test_the_address_of_a_withdrawn_case_is_not_given_to_another(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    (store.root / "cases" / "2022-001.md").write_text(CASE, "utf-8")
    withdraw(round_, store, slug="2022-001")
    release = publisher(round_, store).publish(actor=round_["editor"], call_id=call.id or 0, now=LATER)
    assert next(iter(release.files)) == "cases/2022-001-2.md"
