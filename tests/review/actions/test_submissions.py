"""Writing, sending and withdrawing a submission, from every state and by everyone."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import Role
from caselib.review import queries, texts
from caselib.review.actions import submissions
from caselib.review.models import Call, Revision, Submission
from caselib.review.states import CallState, SubmissionState
from tests.review.rounds import AFTER, BODY, FRONT, NOW, TAXONOMY, Round

LAST_MOMENT = datetime(2022, 9, 30, 15, 59, 59, tzinfo=UTC)


def create(round_: Round, call: Call, owner: str = "zhejiang", now: datetime = NOW) -> Submission:
    with round_.doing(owner) as who:
        return submissions.create_submission(**who, call=who["session"].get_one(Call, call.id), now=now)


def save(round_: Round, submission: Submission, owner: str = "zhejiang", **values: Any) -> Revision:
    values = {"front": FRONT, "body": BODY, "expected_version": round_.stored(submission).version, **values}
    with round_.doing(owner) as who:
        row = who["session"].get_one(Submission, submission.id)
        return submissions.save_revision(**who, submission=row, **values)


def send(round_: Round, submission: Submission, owner: str = "zhejiang", **values: Any) -> None:
    values = {"expected_version": round_.stored(submission).version, "taxonomy": TAXONOMY, "now": NOW, **values}
    with round_.doing(owner) as who:
        submissions.send(**who, submission=who["session"].get_one(Submission, submission.id), **values)


def withdraw(round_: Round, submission: Submission, owner: str = "zhejiang", reason: str = "企业不同意公开") -> None:
    with round_.doing(owner) as who:
        row = who["session"].get_one(Submission, submission.id)
        submissions.withdraw(**who, submission=row, expected_version=row.version, reason=reason)


def revisions(round_: Round, submission: Submission) -> list[tuple[int, str, bool, bool]]:
    """Number, body, sent and autosave of each, oldest first."""
    found = round_.read(queries.list_revisions, "zhejiang", submission)
    return [(r.number, r.body, r.sent, r.autosave) for r in reversed(found)]


def test_a_new_draft_holds_what_is_known_and_the_headings_asked_for(round_: Round) -> None:
    submission = round_.stored(create(round_, round_.call()))
    assert (submission.state, submission.number, submission.region, submission.version) == ("draft", None, "330000", 0)
    with round_.database.reading() as session:
        revision = queries.newest_revision(session, submission)
    assert revision is not None
    assert revision.front == {"year": 2022, "region": "330000", "submitter": "浙江省局"}
    assert revision.body.split() == ["##", "企业概况", "##", "问题", "##", "做法", "##", "成效", "##", "可借鉴之处"]
    assert round_.events(submission) == [
        ("浙江省局", "submission.create", {}, {"state": "draft", "revision": 1, "digest": revision.digest})
    ]


@pytest.mark.parametrize("username", ["editor", "expert01", "operator"])
def test_only_submitters_begin_a_submission(round_: Round, username: str) -> None:
    with pytest.raises(Forbidden, match="只有报送单位可以申报"):
        create(round_, round_.call(), username)


def test_a_call_in_preparation_is_not_known_to_submitters(round_: Round) -> None:
    with pytest.raises(NotFound, match="没有这次征集"):
        create(round_, round_.call(CallState.DRAFT))


@pytest.mark.parametrize("state", [state for state in CallState if state not in (CallState.DRAFT, CallState.OPEN)])
def test_a_submission_is_begun_while_the_call_is_open(round_: Round, state: CallState) -> None:
    with pytest.raises(Conflict, match="不能“新建申报”"):
        create(round_, round_.call(state))


def test_the_deadline_lasts_to_the_end_of_its_day_in_shanghai(round_: Round) -> None:
    call = round_.call()
    assert create(round_, call, now=LAST_MOMENT).state == "draft"
    with pytest.raises(Conflict) as error:
        create(round_, call, now=AFTER)
    assert str(error.value) == "这次征集已于2022年9月30日截止。 如有特殊情况，请联系编辑。"


def test_an_autosave_gives_way_to_whatever_is_saved_next(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission, body="一", autosave=True)
    save(round_, submission, body="二", autosave=True)
    assert revisions(round_, submission) == [(1, "二", False, True)]
    save(round_, submission, body="三")
    assert revisions(round_, submission) == [(1, "三", False, False)]


def test_what_was_saved_by_hand_stays(round_: Round) -> None:
    submission = create(round_, round_.call())
    for body, autosave in (("一", False), ("二", False), ("三", True), ("四", True)):
        save(round_, submission, body=body, autosave=autosave)
    assert revisions(round_, submission) == [(1, "一", False, False), (2, "二", False, False), (3, "四", False, True)]
    assert round_.stored(submission).revision == 3


@pytest.mark.parametrize(("autosave", "version"), [(False, 1), (True, 1)])
def test_saving_the_same_text_again_writes_nothing(round_: Round, autosave: bool, version: int) -> None:
    submission = create(round_, round_.call())
    first = save(round_, submission)
    again = save(round_, submission, autosave=autosave, body=BODY.replace("\n", "\r\n"))
    assert (again.number, again.digest) == (first.number, first.digest)
    assert round_.stored(submission).version == version
    assert len(round_.events(submission)) == 2


def test_a_figure_is_the_same_with_and_without_a_fraction_of_nothing(round_: Round) -> None:
    submission = create(round_, round_.call())
    for before in (98.0, 98):
        save(round_, submission, front=FRONT | {"metrics": [{"name": "合格率", "before": before, "after": 99}]})
    assert revisions(round_, submission) == [(1, BODY, False, False)]
    assert len(round_.events(submission)) == 2


def test_saving_an_autosaved_text_by_hand_keeps_it(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission, autosave=True)
    save(round_, submission)
    assert revisions(round_, submission) == [(1, BODY, False, False)]


def test_what_was_sent_as_it_was_kept_by_itself_is_never_written_again(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission, autosave=True)
    send(round_, submission)
    round_.now_in(SubmissionState.RETURNED, submission)
    save(round_, submission, body="二", autosave=True)
    assert revisions(round_, submission) == [(1, BODY, True, False), (2, "二", False, True)]


def test_saving_tells_which_text_it_was(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission)
    digest = texts.digest(FRONT, BODY)
    assert round_.events(submission)[1] == (
        "浙江省局",
        "submission.save",
        {},
        {"revision": 1, "digest": digest, "autosave": False},
    )
    stored = round_.stored(submission)
    assert (stored.title, stored.industry, stored.firm_size) == ("一张工艺卡 把住出厂关", ["C23"], "小型")


def test_two_windows_on_one_draft_the_second_is_told(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission, body="一", expected_version=0)
    with pytest.raises(Conflict) as error:
        save(round_, submission, body="二", expected_version=0)
    assert str(error.value) == "这一项刚被您自己在别处修改过。 请刷新页面，看过新的内容再操作。"
    assert revisions(round_, submission) == [(1, "一", False, False)]


@pytest.mark.parametrize("autosave", [False, True])
def test_a_form_that_was_sent_twice_is_kept_once_and_no_conflict(round_: Round, autosave: bool) -> None:
    submission = create(round_, round_.call())
    first = save(round_, submission, expected_version=0, autosave=autosave)
    second = save(round_, submission, expected_version=0, autosave=autosave)
    assert (second.number, second.created_at, round_.stored(submission).version) == (1, first.created_at, 1)


def test_an_owner_is_not_told_which_editor_was_first(round_: Round) -> None:
    submission = round_.submission(round_.call())
    version = round_.stored(submission).version
    round_.accept(submission)
    with pytest.raises(Conflict, match=r"^这一项刚被别人修改过。"), round_.doing("zhejiang") as who:
        row = who["session"].get_one(Submission, submission.id)
        submissions.withdraw(**who, submission=row, expected_version=version, reason="不报了")


def test_sending_numbers_the_submission_and_fixes_its_text(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission)
    send(round_, submission)
    stored = round_.stored(submission)
    assert (stored.state, stored.number[:5], stored.sent_at, stored.version) == ("sent", "2022-", NOW, 2)
    assert revisions(round_, submission) == [(1, BODY, True, False)]
    actor, action, before, after = round_.events(submission)[-1]
    assert (actor, action, before["state"], after["state"]) == ("浙江省局", "submission.send", "draft", "sent")
    assert (after["number"], after["revision"], after["digest"]) == (stored.number, 1, texts.digest(FRONT, BODY))


def test_no_number_is_given_twice_in_a_year(round_: Round) -> None:
    numbers = []
    for call in (round_.call(), round_.call(batch=4, title="第二次征集")):
        for _ in range(2):
            submission = create(round_, call)
            save(round_, submission)
            send(round_, submission)
            numbers.append(round_.stored(submission).number)
    assert [bool(re.fullmatch(r"2022-[1-9]\d{4}", number)) for number in numbers] == [True] * 4
    assert len(set(numbers)) == 4


def test_an_incomplete_text_is_not_sent_and_says_all_that_is_missing(round_: Round) -> None:
    submission = create(round_, round_.call())
    save(round_, submission, front={**FRONT, "title": "", "metrics": []}, body=BODY.replace("## 成效", "## 结果"))
    with pytest.raises(CaselibError) as error:
        send(round_, submission)
    assert str(error.value) == (
        "还有 3 处要补正：1. 标题没有填。2. 没有量化指标。3. 缺少“成效”一节。 请逐项补正并保存，再报送。"
    )
    assert round_.stored(submission).state == "draft"


def test_a_draft_is_not_sent_after_the_deadline_but_what_was_returned_is(round_: Round) -> None:
    call = round_.call()
    draft, returned = round_.submission(call, SubmissionState.DRAFT), round_.submission(call, SubmissionState.RETURNED)
    with pytest.raises(Conflict, match="已于2022年9月30日截止"):
        send(round_, draft, now=AFTER)
    round_.now_in(CallState.REVIEWING, call)
    save(round_, returned, body=BODY + "\n补充一句。\n")
    send(round_, returned, now=AFTER)
    stored = round_.stored(returned)
    assert (stored.state, stored.number, stored.revision, stored.sent_at) == ("sent", "2022-001", 2, AFTER)
    assert [sent for _, _, sent, _ in revisions(round_, returned)] == [True, True]


def test_lists_do_not_tell_what_is_changed_before_it_is_sent_again(round_: Round) -> None:
    submission = round_.submission(round_.call(), SubmissionState.RETURNED)
    save(round_, submission, front={**FRONT, "region": "320500", "title": "改过的标题"})
    assert (round_.stored(submission).region, round_.stored(submission).title) == ("330400", FRONT["title"])
    send(round_, submission)
    assert (round_.stored(submission).region, round_.stored(submission).title) == ("320500", "改过的标题")


@pytest.mark.parametrize("state", SubmissionState)
def test_what_the_owner_can_do_in_every_state(round_: Round, state: SubmissionState) -> None:
    submission = round_.submission(round_.call(), state)
    done = {}
    for name, act in (("save", save), ("send", send), ("withdraw", withdraw)):
        round_.now_in(state, submission)
        try:
            act(round_, submission)
        except Conflict:
            continue
        done[name] = round_.stored(submission).state
    allowed = {
        "draft": {"save": "draft", "send": "sent", "withdraw": "withdrawn"},
        "returned": {"save": "returned", "send": "sent", "withdraw": "withdrawn"},
        "sent": {"withdraw": "withdrawn"},
        "accepted": {"withdraw": "withdrawn"},
    }
    assert done == allowed.get(state, {})


@pytest.mark.parametrize("state", CallState)
def test_what_the_owner_can_do_in_every_state_of_the_call(round_: Round, state: CallState) -> None:
    call = round_.call()
    done = set()
    for name, act in (("save", save), ("send", send), ("withdraw", withdraw)):
        submission = round_.submission(call, SubmissionState.RETURNED)
        round_.now_in(state, call)
        try:
            act(round_, submission)
            done.add(name)
        except Conflict:
            pass
    everything = {"save", "send", "withdraw"}
    allowed = {"open": everything, "screening": everything, "reviewing": everything, "closed": {"withdraw"}}
    assert done == allowed.get(state, set())


@pytest.mark.parametrize("act", [save, send, withdraw])
@pytest.mark.parametrize(
    ("username", "sent", "refused"),
    [
        ("jiangsu", False, NotFound),
        ("jiangsu", True, NotFound),
        ("editor", False, NotFound),
        ("editor", True, Forbidden),
        ("expert01", True, NotFound),
        ("operator", True, NotFound),
    ],
)
def test_nobody_else_acts_on_a_submission(
    round_: Round, act: Any, username: str, sent: bool, refused: type[CaselibError]
) -> None:
    state = SubmissionState.RETURNED if sent else SubmissionState.DRAFT
    submission = round_.submission(round_.call(), state)
    before = round_.events(submission)
    with pytest.raises(refused):
        act(round_, submission, username)
    assert round_.events(submission) == before


def test_an_editor_who_is_also_a_submitter_acts_on_own_submissions_only(round_: Round) -> None:
    round_.add("both", Role.EDITOR, Role.SUBMITTER)
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    with pytest.raises(NotFound):
        save(round_, submission, "both")


def test_withdrawing_what_was_sent_needs_a_reason_and_a_draft_none(round_: Round) -> None:
    call = round_.call()
    draft, sent = round_.submission(call, SubmissionState.DRAFT), round_.submission(call)
    with pytest.raises(CaselibError, match="没有写原因"):
        withdraw(round_, sent, reason=" ")
    withdraw(round_, draft, reason="")
    withdraw(round_, sent, reason="企业搬迁")
    assert round_.events(sent)[-1] == (
        "浙江省局",
        "submission.withdraw",
        {"state": "sent", "reason": ""},
        {"state": "withdrawn", "reason": "企业搬迁"},
    )
    assert round_.events(draft)[-1] == (
        "浙江省局",
        "submission.withdraw",
        {"state": "draft"},
        {"state": "withdrawn"},
    )


def test_the_last_free_number_of_a_year_is_found_and_then_it_is_said_that_there_is_none(round_: Round) -> None:
    call = round_.call()
    first, second = (round_.submission(call, SubmissionState.DRAFT) for _ in range(2))
    taken = [f"{call.year}-{number}" for number in range(10_000, 100_000) if number != 54_321]
    with round_.database.writing() as session:
        owner = first.owner_id
        others = {"call_id": call.id, "owner_id": owner, "created_at": NOW}
        rows = [{"id": place, "number": number, **others} for place, number in enumerate(taken, start=10)]
        session.execute(insert(Submission), rows)
    send(round_, first)
    assert round_.stored(first).number == f"{call.year}-54321"
    with pytest.raises(Conflict, match="2022 年的申报编号已经用完"):
        send(round_, second)
    assert round_.stored(second).state == "draft"
