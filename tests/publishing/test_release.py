"""A batch goes out whole or not at all: what it writes, what stops it, death at every step, and who sees what meanwhile."""

import hashlib
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from caselib import journal
from caselib.content import ContentStore, Kind
from caselib.content.withholding import FILE
from caselib.db import Database
from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import COMMAND_LINE, Role
from caselib.publishing import documents
from caselib.publishing.actions import notices, objections
from caselib.publishing.documents import BatchText, NoticeRun, slug_among
from caselib.publishing.models import Notice, Release
from caselib.publishing.queries import pending_release, released_cases, standing_notice
from caselib.publishing.release import Publisher
from caselib.review.models import Call, Revision, Submission
from caselib.review.queries import sent_revision
from caselib.review.states import CallState, SubmissionState
from caselib.search import SearchQuery, SearchRoom
from tests.conftest import Synced
from tests.publishing.rounds import (
    ENDS,
    EVE,
    LATER,
    MARKS,
    NOW,
    STARTS,
    TEXT,
    Publishing,
    die_at,
    files,
    publisher,
    rules,
)
from tests.ready import copied

STEPS = [
    "staged", "prepared", "withheld", "placed cases/2022-001.md", "placed cases/2022-002.md", "placed batches/4.md",
    "marking", "marked", "shown", "indexed", "cleared",
]  # fmt: skip
BATCH = ["batches/4.md", "cases/2022-001.md", "cases/2022-002.md"]
CASE = """---
title: 第一号案例
industry: [C23]
region: "330400"
year: 2022
batch: 4
firm: 甲0厂
firm_size: 小型
certifier: 乙认证有限公司
submitter: 丙省市场监督管理局
problems: [process-control]
metrics:
  - {name: 产品合格率, unit: '%', before: 98.2, after: 99.8}
published: 2023-03-08
---

## 企业概况
"""
PAGE = f"""---
title: 第四批小微企业质量管理体系认证提升行动优良案例
year: 2022
published: 2023-03-08
submitted: 4
selected: 2
summary: 2022年度共收到申报4份，经形式审查、专家评审和公示，2篇作为第四批优良案例发布。
---

各有关单位、各小微企业：

“2022 年优良案例征集”共收到申报4份。经形式审查、专家评审和公示，2篇入选，现作为第四批优良案例发布，供小微企业学习借鉴。

入选名单自2023年3月1日至2023年3月7日公示，期间没有收到异议。

## 公示原文

{TEXT}
"""


def publish(round_: Publishing, store: ContentStore, call: Call, **more: Any) -> Release:
    return publisher(round_, store, **more).publish(actor=round_["editor"], call_id=call.id or 0, now=LATER)


def state_of(round_: Publishing, call: Call) -> tuple[str, list[tuple[int, bool, int]]]:
    """The call's state, and of every release, by batch, whether it is out, and how many files it has."""
    with round_.database.reading() as session:
        releases = session.exec(select(Release).order_by(col(Release.batch))).all()
        return session.get_one(Call, call.id).state, [
            (r.batch, r.published_at is not None, len(r.files)) for r in releases
        ]


def seen(store: ContentStore) -> list[str]:
    """What a reader can list, each of it readable."""
    fresh = ContentStore(store.root)
    found = sorted(f"{kind.folder}/{slug}.md" for kind, slug in fresh.scan())
    for kind, slug in fresh.scan():
        assert fresh.read(kind, slug).slug == slug
    return found


def test_what_is_staged_is_on_the_disk_before_the_batch_is_prepared(
    round_: Publishing, store: ContentStore, synced: Synced
) -> None:
    call, _ = round_.announced()
    until: dict[str, Synced] = {}
    publish(round_, store, call, step=lambda name: until.setdefault(name, synced.copy()))
    staging = store.root.parent / "var/releases/4"
    folders = [path.parent if path.suffix else path for path, _ in until["staged"]]
    assert (folders, until["staged"][-1][1]) == ([staging] * 6 + [staging.parent], ["4", "lock"])


@pytest.mark.both_databases
def test_a_batch_is_published_with_its_cases_and_its_notice(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    round_.submission(call, SubmissionState.DRAFT)
    release = publish(round_, store, call)
    assert list(release.files) == ["cases/2022-001.md", "cases/2022-002.md", "batches/4.md"]
    assert seen(store) == BATCH
    with round_.database.reading() as session:
        assert released_cases(session, 4) == ["2022-001", "2022-002"]
    assert (store.root / "cases" / "2022-001.md").read_text("utf-8").startswith(CASE)
    assert (store.root / "batches" / "4.md").read_text("utf-8") == PAGE
    assert state_of(round_, call) == ("published", [(4, True, 3)])
    assert store.check() == []
    assert [event[:2] for event in round_.events(release)] == [
        ("编辑甲", "release.prepare"),
        ("编辑甲", "release.publish"),
    ]
    assert round_.events(call)[-1] == (
        "编辑甲", "call.publish", {"state": "notice"}, {"state": "published", "release": release.id}
    )  # fmt: skip


def test_nothing_is_left_beside_the_library(round_: Publishing, store: ContentStore) -> None:
    publish(round_, store, round_.announced()[0])
    assert [path.name for path in store.root.glob(".*")] == []
    assert [path.name for path in (store.root.parent / "var" / "releases").iterdir()] == ["lock"]
    assert publisher(round_, store).interrupted() is False


def test_only_known_keys_of_a_submission_are_published(round_: Publishing, store: ContentStore) -> None:
    call = round_.closed(marks=())
    secret = {"phone": "13800000000", "metrics": [{"name": "合格率", "before": 1, "after": 2, "who": "张三"}]}
    more = {"guides": ["nowhere"], "problems": ["quality-awareness"], "sample": True}
    round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED, **secret, **more), 90)
    round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED, sample=True), 80)
    round_.select(call)
    round_.announce(call)
    publish(round_, store, call)
    case = store.read(Kind.CASE, "2022-001").meta
    assert (case.model_extra, case.guides, case.problems, case.sample) == ({}, [], ["quality-awareness"], True)  # type: ignore[union-attr]
    assert case.metrics[0].model_extra == {}  # type: ignore[union-attr]
    assert store.read(Kind.BATCH, "4").meta.sample is True


@pytest.mark.parametrize(("samples", "said"), [([True, True], True), ([True, False], None)])
def test_a_batch_is_demonstration_content_if_all_of_its_cases_are(samples: list[bool], said: bool | None) -> None:
    cases = [(Submission(call_id=1, owner_id=1), Revision(front={"sample": each}, digest="")) for each in samples]
    call, notice = Call(year=2022, title="征集", batch=4), Notice(text=TEXT)
    text = BatchText(call, notice, cases, STARTS, sent=3, runs=[NoticeRun(STARTS, ENDS, ENDS)])
    assert documents._page(text)[0]["sample"] is said


def test_the_page_tells_of_objections(round_: Publishing, store: ContentStore) -> None:
    call, notice = round_.announced()
    for number, upheld in (("2022-001", True), ("2022-002", False)):
        objection = round_.object_to(notice, number)
        round_.act(objections.answer, objection, text="经核实。")
        round_.act(objections.close, round_.stored(objection), upheld=upheld)
    late = LATER.replace(day=8)
    publisher(round_, store).publish(actor=round_["editor"], call_id=call.id or 0, now=late)
    said = "入选名单自2023年3月1日至2023年3月8日公示，共收到异议2条，均已答复并结案，其中1条成立，名单已作调整。"
    said += "公示期原定至2023年3月7日，因名单调整延长至2023年3月8日。\n"
    assert said in (store.root / "batches" / "4.md").read_text("utf-8")
    assert seen(store) == ["batches/4.md", "cases/2022-002.md", "cases/2022-003.md"]


def test_the_page_tells_of_a_withdrawal_and_of_no_notice_that_nobody_could_read(
    round_: Publishing, store: ContentStore
) -> None:
    call, _ = round_.announced(MARKS[:3], size=2)
    round_.act(notices.retract, call, reason="日期有误", now=EVE)
    round_.announce(call)
    round_.act(notices.withdraw_selected, call, submission=round_.numbered("2022-002"), reason="停产")
    publisher(round_, store).publish(actor=round_["editor"], call_id=call.id or 0, now=LATER.replace(day=8))
    said = (
        "\n入选名单自2023年3月1日至2023年3月8日公示，期间没有收到异议。公示期间报送单位撤回1篇，名单已作调整。"
        "公示期原定至2023年3月7日，因名单调整延长至2023年3月8日。\n"
    )
    assert said in (store.root / "batches" / "4.md").read_text("utf-8")


def test_the_page_tells_objections_to_a_notice_that_was_retracted_from_those_to_the_last(
    round_: Publishing, store: ContentStore
) -> None:
    call, notice = round_.announced()
    objection = round_.object_to(notice)
    round_.act(notices.retract, call, reason="正文有误", now=NOW.replace(hour=16))  # midnight in Shanghai
    round_.announce(call)
    round_.act(objections.answer, objection, text="经核实，数据属实。")
    round_.act(objections.close, round_.stored(objection), upheld=False)
    publish(round_, store, call)
    said = (
        "\n名单曾自2023年3月1日起公示，2023年3月2日撤回后重新公示；撤回的公示共收到异议1条，均已答复并结案。"
        "入选名单自2023年3月1日至2023年3月7日公示，期间没有收到异议。\n"
    )
    assert said in (store.root / "batches" / "4.md").read_text("utf-8")


def test_the_page_tells_what_left_a_notice_that_was_retracted(round_: Publishing, store: ContentStore) -> None:
    call, notice = round_.announced()
    round_.act(notices.withdraw_selected, call, submission=round_.numbered("2022-002"), reason="停产")
    objection = round_.object_to(notice)
    round_.act(notices.retract, round_.stored(call), reason="正文有误")
    round_.act(objections.answer, objection, text="数据不实。")
    round_.act(objections.close, round_.stored(objection), upheld=True)
    round_.select(round_.stored(call))
    round_.announce(round_.stored(call))
    publish(round_, store, call)
    said = (
        "\n名单曾自2023年3月1日起公示，2023年3月1日撤回后重新公示；撤回的公示共收到异议1条，均已答复并结案，"
        "其中1条成立，有关案例不再入选；期间报送单位撤回1篇。入选名单自2023年3月1日至2023年3月7日公示，期间没有收到异议。\n"
    )
    assert said in (store.root / "batches" / "4.md").read_text("utf-8")


def obstruct_early(round_: Publishing, store: ContentStore, call: Call) -> dict[str, Any]:
    return {"now": NOW}


def obstruct_objection(round_: Publishing, store: ContentStore, call: Call) -> dict[str, Any]:
    with round_.database.reading() as session:
        notice = standing_notice(session, call)
    round_.object_to(notice)
    return {}


def obstruct_objection_to_a_retracted_notice(round_: Publishing, store: ContentStore, call: Call) -> dict[str, Any]:
    obstruct_objection(round_, store, call)
    round_.act(notices.retract, call, reason="正文有误")
    round_.announce(call)
    return {}


def obstruct_withdrawal(round_: Publishing, store: ContentStore, call: Call) -> dict[str, Any]:
    round_.now_in(SubmissionState.WITHDRAWN, round_.numbered("2022-002"))
    return {}


def obstruct_version(round_: Publishing, store: ContentStore, call: Call) -> dict[str, Any]:
    return {"expected_version": 1}


def obstruct_page(round_: Publishing, store: ContentStore, call: Call) -> dict[str, Any]:
    (store.root / "batches").mkdir()
    (store.root / "batches" / "4.md").write_text("别人写的", "utf-8")
    return {}


@pytest.mark.parametrize(
    ("obstruct", "said"),
    [
        (obstruct_early, "不能发布：公示到2023年3月7日结束，还没有满。"),
        (obstruct_objection, "不能发布：还有 1 条异议没有结案。"),
        (obstruct_objection_to_a_retracted_notice, "不能发布：还有 1 条异议没有结案。"),
        (obstruct_withdrawal, "不能发布：入选的 2022-002 已不是“已受理”。"),
        (obstruct_version, "这一项刚被您自己在别处修改过。"),
        (obstruct_page, "案例库里已有第四批（batches/4.md）。"),
    ],
)
def test_what_stands_in_the_way_is_said_and_nothing_is_written(
    round_: Publishing, store: ContentStore, obstruct: Callable[..., dict[str, Any]], said: str
) -> None:
    call, _ = round_.announced()
    more = obstruct(round_, store, call)
    before = files(store)
    with pytest.raises(Conflict) as error:
        publisher(round_, store).publish(actor=round_["editor"], call_id=call.id or 0, **{"now": LATER, **more})
    assert error.value.message == said
    assert (files(store), state_of(round_, call)) == (before, ("notice", []))


def test_nothing_is_written_through_a_link_that_leads_out_of_the_library(
    round_: Publishing, store: ContentStore, tmp_path: Path
) -> None:
    call, _ = round_.announced()
    (tmp_path / "elsewhere").mkdir()
    (store.root / "batches").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict) as error:
        publish(round_, store, call)
    assert error.value.message == f"{store.root / 'batches'} 指向内容目录之外。"
    assert (files(store), list((tmp_path / "elsewhere").iterdir()), state_of(round_, call)) == ([], [], ("notice", []))


def test_a_case_with_an_upheld_objection_that_nothing_could_replace_is_not_published(
    round_: Publishing, store: ContentStore
) -> None:
    call, notice = round_.announced((90, 80))
    objection = round_.object_to(notice)
    round_.act(objections.answer, objection, text="数据失实。")
    round_.act(objections.close, round_.stored(objection), upheld=True)
    with pytest.raises(Conflict) as error:
        publish(round_, store, call)
    assert error.value.message == (
        "不能发布：异议成立的 2022-001 还在名单里，按规则补不出：请撤回公示，修订规则（入选篇数或名额约束），再重新遴选。"
    )
    assert (files(store), state_of(round_, call)) == ([], ("notice", []))


@pytest.mark.parametrize("state", [state for state in CallState if state is not CallState.NOTICE])
def test_only_a_call_under_notice_is_published(round_: Publishing, store: ContentStore, state: CallState) -> None:
    call, _ = round_.announced()
    round_.now_in(state, call)
    with pytest.raises(Conflict, match=f"现在是“{state.label}”，不能“发布”"):
        publish(round_, store, call)
    assert files(store) == []


@pytest.mark.parametrize("username", ["zhejiang", "expert01", "operator"])
def test_only_editors_publish(round_: Publishing, store: ContentStore, username: str) -> None:
    call, _ = round_.announced()
    with pytest.raises(Forbidden):
        publisher(round_, store).publish(actor=round_[username], call_id=call.id or 0, now=LATER)
    with round_.database.reading() as session, pytest.raises(Forbidden):
        publisher(round_, store).outline(session, round_[username], call, LATER)


def test_there_must_be_such_a_call(round_: Publishing, store: ContentStore) -> None:
    with pytest.raises(NotFound, match="没有这次征集"):
        publisher(round_, store).publish(actor=COMMAND_LINE, call_id=9, now=LATER)


def spoilt(round_: Publishing, call: Call, mark: float, **front: Any) -> None:
    """A reviewed submission whose text was changed behind everybody's back."""
    submission = round_.submission(call, SubmissionState.ACCEPTED)
    round_.reviewed(submission, mark)
    with round_.database.writing() as session:
        revision = sent_revision(session, submission)
        assert revision is not None
        revision.front = {**revision.front, **front}
        session.add(revision)


def misfits(round_: Publishing, store: ContentStore, call: Call) -> str:
    """What is said of texts that do not fit the library, of which none is published."""
    round_.select(call)
    round_.announce(call)
    with pytest.raises(CaselibError) as error:
        publish(round_, store, call)
    assert files(store) == []
    return error.value.message


def test_texts_that_do_not_fit_the_library_are_named_all_at_once(round_: Publishing, store: ContentStore) -> None:
    call = round_.closed(marks=())
    for mark in (90, 80):
        spoilt(round_, call, mark, region="999999")
    assert misfits(round_, store, call) == (
        "有 2 处不合案例库的要求，没有发布：\n2022-001：region 里没有“999999”这个地区代码。\n2022-002：region 里没有“999999”这个地区代码。"
    )


@pytest.mark.parametrize("mark", ["-", "[", "{", "?"])
def test_a_text_may_have_as_many_marks_as_it_likes(round_: Publishing, store: ContentStore, mark: str) -> None:
    summary = f"改进前{mark * 1100}改进后"
    call = round_.call(CallState.CLOSED, rules=rules(size=1), batch=4)
    round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED, summary=summary), 80.0, 82.0)
    round_.select(call)
    round_.announce(call)
    publish(round_, store, call)
    assert store.read(Kind.CASE, "2022-001").meta.summary == summary


def test_a_text_that_cannot_be_a_file_is_named_and_so_are_the_others(round_: Publishing, store: ContentStore) -> None:
    call = round_.call(CallState.CLOSED, rules=rules(), batch=4)
    spoilt(round_, call, 90.0, metrics=[{"name": "产量", "change": 1}] * 700)
    spoilt(round_, call, 80.0, region="999999")
    assert misfits(round_, store, call) == (
        "有 2 处不合案例库的要求，没有发布：\n2022-001：各栏内容合起来太长，或量化指标太多，写不成文件。\n"
        "2022-002：region 里没有“999999”这个地区代码。"
    )


def test_an_address_that_is_taken_gets_a_number(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    (store.root / "cases" / "2022-001.md").write_text("别人写的", "utf-8")
    assert next(iter(publish(round_, store, call).files)) == "cases/2022-001-2.md"
    assert (store.root / "cases" / "2022-001.md").read_text("utf-8") == "别人写的"


def test_a_case_is_known_by_its_number_whatever_address_it_got() -> None:
    found = [slug_among([slug], "2022-001") for slug in ("2022-001", "2022-001-2", "2022-0012", "2022-002")]
    assert found == ["2022-001", "2022-001-2", "", ""]


def test_the_outline_names_the_files_and_the_obstacles_and_writes_nothing(
    round_: Publishing, store: ContentStore
) -> None:
    call, _ = round_.announced()
    with round_.database.reading() as session:
        outline = publisher(round_, store).outline(session, round_["editor"], call, NOW)
        ready = publisher(round_, store).outline(session, round_["editor"], call, LATER)
    assert (outline.files, outline.obstacles) == (
        ["cases/2022-001.md", "cases/2022-002.md", "batches/4.md"],
        ["公示到2023年3月7日结束，还没有满"],
    )
    assert (ready.obstacles, files(store)) == ([], [])


def test_the_outline_names_what_is_too_early_and_what_does_not_fit_together(
    round_: Publishing, store: ContentStore
) -> None:
    call, _ = round_.announced()
    obstruct_page(round_, store, call)
    with round_.database.reading() as session:
        outline = publisher(round_, store).outline(session, round_["editor"], call, NOW)
    assert (outline.files, outline.obstacles) == (
        [],
        ["公示到2023年3月7日结束，还没有满", "案例库里已有第四批（batches/4.md）"],
    )


def test_two_at_once_are_told(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    told: list[str] = []

    def another(name: str) -> None:
        try:
            publish(round_, store, call)
        except Conflict as error:
            told.append(error.message)
        assert publisher(round_, store).recover() == []

    publish(round_, store, call, step=lambda name: another(name) if name == "withheld" else None)
    assert (told, state_of(round_, call)) == (
        ["正在发布、撤下案例或备份，一次只能做一件。"],
        ("published", [(4, True, 3)]),
    )


@pytest.mark.parametrize("doomed", STEPS)
def test_killed_at_any_step_a_restart_finds_it_whole_or_not_at_all(
    round_: Publishing, store: ContentStore, doomed: str
) -> None:
    call, _ = round_.announced()
    editor = round_["editor"]

    def begin(worker: Publisher) -> None:
        worker.publish(actor=editor, call_id=call.id or 0, now=LATER)

    assert die_at(round_, store, doomed, begin) == signal.SIGKILL
    assert seen(store) == (BATCH if doomed in ("shown", "indexed", "cleared") else [])
    publisher(round_, store).recover()
    assert [path.name for path in (store.root.parent / "var" / "releases").iterdir()] == ["lock"]
    if doomed == "staged":
        assert (files(store), state_of(round_, call)) == ([], ("notice", []))
        publish(round_, store, call)
    assert (seen(store), state_of(round_, call)) == (BATCH, ("published", [(4, True, 3)]))
    assert (store.root / "cases" / "2022-001.md").read_text("utf-8").startswith(CASE)
    assert [event[:2] for event in round_.events(call)][-1] == ("编辑甲", "call.publish")
    assert publisher(round_, store).recover() == []
    with round_.database.reading() as session:
        assert journal.verify(session)[1] == []


@pytest.mark.parametrize("doomed", STEPS[2:])
def test_killed_again_while_it_recovers_it_still_comes_out_whole(
    round_: Publishing, store: ContentStore, doomed: str
) -> None:
    call, _ = round_.announced()
    editor = round_["editor"]
    die_at(
        round_,
        store,
        "placed cases/2022-001.md",
        lambda worker: worker.publish(actor=editor, call_id=call.id or 0, now=LATER),
    )
    assert die_at(round_, store, doomed, lambda worker: worker.recover()) == signal.SIGKILL
    assert seen(store) in ([], BATCH)
    assert die_at(round_, store, "cleared", lambda worker: worker.recover()) in (0, signal.SIGKILL)
    publisher(round_, store).recover()
    assert (seen(store), state_of(round_, call)) == (BATCH, ("published", [(4, True, 3)]))


def test_every_step_is_one_at_which_it_was_killed(round_: Publishing, store: ContentStore) -> None:
    steps: list[str] = []
    publish(round_, store, round_.announced()[0], step=steps.append)
    assert steps == STEPS


def test_publishing_again_goes_on_where_it_was_cut_off(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    editor = round_["editor"]
    die_at(round_, store, "withheld", lambda worker: worker.publish(actor=editor, call_id=call.id or 0, now=LATER))
    assert publish(round_, store, call).batch == 4
    assert (seen(store), state_of(round_, call)) == (BATCH, ("published", [(4, True, 3)]))


@pytest.fixture
def cut_off(round_: Publishing, store: ContentStore) -> Iterator[Call]:
    """A call whose batch was cut off when one of its files lay in its place."""
    call, _ = round_.announced()
    editor = round_["editor"]
    doomed = "placed cases/2022-001.md"
    die_at(round_, store, doomed, lambda worker: worker.publish(actor=editor, call_id=call.id or 0, now=LATER))
    assert files(store) == ["cases/2022-001.md"]
    yield call


def test_a_batch_is_published_though_another_had_to_be_finished_first(
    round_: Publishing, store: ContentStore, cut_off: Call
) -> None:
    call = round_.closed(batch=5)
    round_.select(call)
    round_.announce(call)
    assert publish(round_, store, call).batch == 5
    assert store.read(Kind.BATCH, "5").meta.submitted == 4  # type: ignore[union-attr]
    assert state_of(round_, call) == ("published", [(4, True, 3), (5, True, 3)])


@pytest.mark.parametrize(
    ("spoil", "said", "left"),
    [
        (
            lambda root: (root / "content" / "cases" / "2022-002.md").write_text("别人写的"),
            "撤销了第四批没有做完的发布：content 里的 cases/2022-002.md 被别的文件占用。",
            ["cases/2022-002.md"],
        ),
        (
            lambda root: [path.unlink() for path in (root / "var" / "releases" / "4").iterdir()],
            "撤销了第四批没有做完的发布：备好的文件 cases/2022-002.md 丢失或损坏。",
            [],
        ),
        (
            lambda root: [path.write_text("坏了") for path in (root / "var" / "releases" / "4").iterdir()],
            "撤销了第四批没有做完的发布：备好的文件 cases/2022-002.md 丢失或损坏。",
            [],
        ),
    ],
)
def test_what_cannot_be_finished_is_undone_and_can_be_published_anew(
    round_: Publishing,
    store: ContentStore,
    cut_off: Call,
    tmp_path: Path,
    spoil: Callable[[Path], object],
    said: str,
    left: list[str],
) -> None:
    spoil(tmp_path)
    assert publisher(round_, store).recover() == [said]
    assert (files(store), state_of(round_, cut_off)) == (left, ("notice", [(4, False, 0)]))
    with round_.database.reading() as session:
        assert pending_release(session, cut_off) is None  # or the notice could never be changed again
    for path in left:
        (store.root / path).unlink()
    publish(round_, store, cut_off)
    assert (seen(store), state_of(round_, cut_off)) == (BATCH, ("published", [(4, True, 3)]))


def test_publishing_again_what_could_only_be_undone_publishes_it_anew(
    round_: Publishing, store: ContentStore, cut_off: Call, tmp_path: Path
) -> None:
    for path in (tmp_path / "var" / "releases" / "4").iterdir():
        path.unlink()
    assert publish(round_, store, cut_off).published_at is not None
    assert (seen(store), state_of(round_, cut_off)) == (BATCH, ("published", [(4, True, 3)]))


def test_what_a_call_that_left_its_notice_had_begun_to_publish_is_taken_back(
    round_: Publishing, store: ContentStore, cut_off: Call, synced: Synced
) -> None:
    round_.now_in(CallState.CLOSED, cut_off)
    assert publisher(round_, store).recover() == [f"撤销了第四批没有做完的发布：征集已是“{CallState.CLOSED.label}”。"]
    assert (files(store), state_of(round_, cut_off)) == ([], ("closed", [(4, False, 0)]))
    assert [names for folder, names in synced if folder == store.root / "cases"] == [[]]


def test_a_file_that_lies_in_its_place_needs_no_staged_bytes(
    round_: Publishing, store: ContentStore, cut_off: Call, tmp_path: Path
) -> None:
    placed = (store.root / "cases" / "2022-001.md").read_bytes()
    (tmp_path / "var" / "releases" / "4" / hashlib.sha256(placed).hexdigest()).unlink()
    assert publisher(round_, store).recover() == ["接着完成了第四批的发布。"]
    assert (seen(store), state_of(round_, cut_off)) == (BATCH, ("published", [(4, True, 3)]))


def test_a_file_that_gets_in_the_way_meanwhile_undoes_the_release(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()

    def intrude(name: str) -> None:
        if name == "prepared":
            (store.root / "cases" / "2022-002.md").write_text("别人写的", "utf-8")

    with pytest.raises(Conflict) as error:
        publish(round_, store, call, step=intrude)
    assert str(error.value) == (
        "没有发布：content 里的 cases/2022-002.md 被别的文件占用。 已恢复原状；排除后请再发布一次。"
    )
    assert (files(store), state_of(round_, call)) == (["cases/2022-002.md"], ("notice", [(4, False, 0)]))
    (store.root / "cases" / "2022-002.md").unlink()
    other = round_.add("editor2", Role.EDITOR, name="编辑乙")
    release = publisher(round_, store).publish(actor=other, call_id=call.id or 0, now=LATER)
    assert [event[:2] for event in round_.events(release)[-2:]] == [
        ("编辑乙", "release.prepare"),
        ("编辑乙", "release.publish"),
    ]


@pytest.mark.parametrize("whole", [False, True], ids=["the database", "the whole data folder"])
def test_a_database_that_was_put_back_takes_the_half_batch_with_it(
    round_: Publishing, store: ContentStore, absent: Database, whole: bool
) -> None:
    call, _ = round_.announced()
    editor, before = round_["editor"], copied(round_.database, absent)
    die_at(round_, store, "placed cases/2022-002.md", lambda worker: worker.publish(
        actor=editor, call_id=call.id or 0, now=LATER
    ))  # fmt: skip
    round_.database.close()
    round_.database = before
    if whole:
        shutil.rmtree(store.root.parent / "var" / "releases")
    assert publisher(round_, store).recover() == ["移走了一批没有发布完、数据库里也没有记录的文件。"]
    assert (files(store), seen(store), state_of(round_, call)) == ([], [], ("notice", []))


def test_a_disk_that_refuses_leaves_nothing_to_see_and_the_next_try_goes_on(
    round_: Publishing, store: ContentStore
) -> None:
    call, _ = round_.announced()

    def full(name: str) -> None:
        if name == "placed cases/2022-001.md":
            raise OSError(28, "No space left on device")

    with pytest.raises(CaselibError, match="这一批还没有发布，读者什么都看不到"):
        publish(round_, store, call, step=full)
    assert (seen(store), state_of(round_, call)) == ([], ("notice", [(4, False, 3)]))
    publish(round_, store, call)
    assert seen(store) == BATCH


REFUSED = (
    "写文件时出错（{}），这一批还没有发布，读者什么都看不到。 请检查磁盘空间和权限，再点一次“发布”，它会接着做完。"
)


def test_a_disk_that_still_refuses_is_said_again_at_every_try(round_: Publishing, store: ContentStore) -> None:
    call, _ = round_.announced()
    obstacle = store.root / ".releasing.json"
    told = []
    for step in (lambda name: obstacle.mkdir() if name == "prepared" else None, lambda name: None):
        with pytest.raises(CaselibError) as error:
            publish(round_, store, call, step=step)
        told.append(str(error.value))
    assert told == [REFUSED.format("它是文件夹，不是文件")] * 2
    obstacle.rmdir()
    publish(round_, store, call)
    assert seen(store) == BATCH


@pytest.mark.parametrize("place", ["releases", "releases/4"])
def test_a_disk_that_refuses_to_stage_leaves_nothing_and_says_so(
    round_: Publishing, store: ContentStore, tmp_path: Path, place: str
) -> None:
    call, _ = round_.announced()
    obstacle = tmp_path / "var" / place
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("")
    with pytest.raises(CaselibError) as error:
        publish(round_, store, call)
    assert (str(error.value), files(store), state_of(round_, call)) == (
        REFUSED.format("已有同名的文件"),
        [],
        ("notice", []),
    )
    obstacle.unlink()
    publish(round_, store, call)
    assert seen(store) == BATCH


def test_while_a_release_waits_to_be_finished_nothing_of_it_can_be_changed(
    round_: Publishing, store: ContentStore, cut_off: Call
) -> None:
    with pytest.raises(Conflict, match="这一批正在发布，不能再改动"):
        round_.act(notices.retract, cut_off, reason="重新遴选")
    with pytest.raises(Conflict, match="这一批正在发布，不能再改动"):
        round_.act(notices.withdraw_selected, cut_off, submission=round_.numbered("2022-001"), reason="停产")
    with round_.database.reading() as session:
        assert released_cases(session, 4) == []


def test_a_reader_sees_all_or_nothing_at_every_step_and_searches_find_no_more(
    round_: Publishing, store: ContentStore
) -> None:
    call, _ = round_.announced()
    writing, reading = (SearchRoom(store.root.parent / "index", store.taxonomy) for _ in range(2))
    writing.rebuild(store)
    looks: list[tuple[str, int, int]] = []

    def look(name: str) -> None:
        SearchRoom(store.root.parent / "index", store.taxonomy).sync(ContentStore(store.root))  # as a watcher would
        found = reading.search(SearchQuery(q="号案例"))
        looks.append((name, len(seen(store)), found.total))
        assert found.facets.get("batch", []) == [] or found.total == 2
        assert len(reading.suggest("第一号")) == (1 if found.total else 0)

    publish(round_, store, call, search=writing, step=look)
    before = [(name, 0, 0) for name in STEPS[: STEPS.index("shown")]]
    assert looks == before + [(name, 3, 2) for name in STEPS[STEPS.index("shown") :]]


def test_what_is_published_is_found_at_once(round_: Publishing, store: ContentStore) -> None:
    room = SearchRoom(store.root.parent / "index", store.taxonomy)
    room.rebuild(store)
    publish(round_, store, round_.announced()[0], search=room)
    assert room.search(SearchQuery(q="号案例")).total == 2


def test_a_batch_is_out_though_the_index_cannot_take_it_in(round_: Publishing, store: ContentStore) -> None:
    class Broken(SearchRoom):
        def sync(self, *_: Any, **__: Any) -> Any:
            raise ValueError("a damaged segment")

    call, _ = round_.announced()
    publish(round_, store, call, search=Broken(store.root.parent / "index", store.taxonomy))
    assert (seen(store), state_of(round_, call)) == (BATCH, ("published", [(4, True, 3)]))
    assert [path.name for path in (store.root.parent / "var" / "releases").iterdir()] == ["lock"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_recovery_asks_little_where_there_is_nothing_to_do(
    tmp_path: Path, store: ContentStore, absent: Database, caplog: pytest.LogCaptureFixture
) -> None:
    assert Publisher(absent, store, tmp_path / "var").recover() == []
    assert ([path.name for path in tmp_path.iterdir()], caplog.messages) == (["content"], [])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # on PostgreSQL the tables are the next test's too
@pytest.mark.parametrize("spoilt", ["the list", "the lock", "the database"])
def test_a_recovery_that_fails_leaves_all_withheld_and_stops_no_site(
    round_: Publishing, store: ContentStore, caplog: pytest.LogCaptureFixture, spoilt: str
) -> None:
    data, listed = store.root.parent / "var", store.root / FILE
    data.mkdir(exist_ok=True)
    listed.write_text("{" if spoilt == "the list" else "{}", "utf-8")
    if spoilt == "the lock":
        (data / "releases").write_text("", "utf-8")
    if spoilt == "the database":
        with round_.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE release")
    assert publisher(round_, store).recover() == []
    assert caplog.messages == ["a release cannot be finished; its files stay withheld"]
    assert listed.exists()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_where_nobody_can_say_whether_a_release_was_cut_off_no_site_is_stopped(
    round_: Publishing, store: ContentStore, caplog: pytest.LogCaptureFixture
) -> None:
    with round_.database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE release")
    assert publisher(round_, store).recover() == []
    assert caplog.messages == ["nobody can say whether a release was cut off"]
