"""The desk's pages of an assignment, through their own forms."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from caselib.review.actions import stages
from caselib.review.models import Call, DeclaredConflict, Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.rounds import FRONT, NOW
from tests.web.assigned import AssignedSite
from tests.web.rounds import send, text_of


@pytest.fixture
def site(app: Flask) -> AssignedSite:
    return AssignedSite(app)


@pytest.fixture
def browser(site: AssignedSite) -> FlaskClient:
    return site.browser("editor")


def at(call: Call, tail: str = "") -> str:
    return f"/desk/calls/{call.id}/assignment{tail}"


def members(page: TestResponse) -> dict[str, list[str]]:
    """The assignment table: number of each submission → its experts with their standing, and what is missing."""
    lines = re.split(r'<p class="name"><span class="nowrap">', page.text)[1:]
    found = [(line[:8], re.findall(r'<ul class="members plain">(.*?)</ul>', line, re.DOTALL)) for line in lines]
    rows = [(number, items[0]) for number, items in found if items]
    strip = re.compile(r"<[^>]+>")
    return {
        number: [" ".join(strip.sub(" ", item).split()) for item in re.findall(r"<li.*?</li>", items, re.DOTALL)]
        for number, items in rows
    }


def apply(browser: FlaskClient, call: Call, **values: object) -> TestResponse:
    """Press the button of the proposal as it is shown."""
    page = browser.get(at(call, "/proposal"))
    (digest,) = re.findall(r'name="digest" value="(.*?)"', page.text)
    return send(browser, at(call, "/proposal"), digest=digest, **values)


def version_of(site: AssignedSite, call: Call) -> int:
    return int(site.stored(call).version)


# The whole table


def test_before_anything_is_assigned_the_page_tells_what_is_missing(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(2)
    call, _ = site.round(1)
    page = browser.get(at(call))
    assert members(page) == {"2022-001": ["缺 2 位"]}
    assert ("1 份还没有配齐" in text_of(page), "设计检查" in text_of(page)) == (True, False)


@pytest.mark.parametrize(("submissions", "said"), [(0, "还没有受理的申报。"), (1, "还没有评审专家。")])
def test_a_round_without_submissions_or_experts_says_so(
    site: AssignedSite, browser: FlaskClient, submissions: int, said: str
) -> None:
    call, _ = site.round(submissions)
    page = browser.get(at(call))
    assert (page.status_code, said in text_of(page), "提出方案" in text_of(page)) == (200, True, False)


def test_the_page_counts_forbidden_pairs_by_what_forbids_them(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(2)
    site.expert("e3", name="专家三", province="330000")
    site.expert("e4", name="专家四", province="330000", employer=FRONT["firm"])
    call, _ = site.round(2)
    assert "专家与申报共 8 对组合，其中 4 对不能分派：同一省份 4 对，同一单位 2 对。一对可能有几个原因。" in text_of(
        browser.get(at(call))
    )


def test_the_table_is_searched_and_cut_to_what_lacks_experts(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(2)
    call, (one, two) = site.round(2, reviews=1)
    site.by_hand(one, "e1")
    shown = {
        query: list(members(browser.get(at(call, query)))) for query in ("?words=专家一", "?short=1", "?words=没有")
    }
    assert shown == {"?words=专家一": [one.number], "?short=1": [two.number], "?words=没有": []}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_page_costs_the_same_however_many_submissions_there_are(
    site: AssignedSite, browser: FlaskClient, count: int
) -> None:
    site.experts(3)
    call, _ = site.round(count, reviews=1)
    if count:
        site.apply(call)
    assert (site.statements(browser, at(call)), len(members(browser.get(at(call))))) == (19, count)


# The proposal


def test_a_proposal_is_shown_with_its_design_check_and_written_only_when_it_is_applied(
    site: AssignedSite, browser: FlaskClient
) -> None:
    site.experts(3)
    call, _ = site.round(3)
    page = browser.get(at(call, "/proposal"))
    words = text_of(page)
    assert ("连成一块" in words, "可以校准" in words, "都是 2 份" in words) == (True, True, True)
    assert (site.rows(call), {len(each) for each in members(page).values()}) == ([], {2})
    answer = apply(browser, call)
    assert (answer.status_code, answer.location, len(site.rows(call))) == (303, at(call), 6)
    assert "分派已采用：新增 6 项，取消 0 项。" in text_of(browser.get(at(call)))


def test_where_the_experts_fall_apart_the_check_says_which_methods_do_without_calibration(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, _ = site.begun(1, 1, reviews=1)
    assert "专家宽严 无法校准 ，宽严校准和稳健校准都退回原始平均分 预期标准误" in text_of(browser.get(at(call)))


def test_a_limit_of_reviews_an_expert_is_kept_through_the_form(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(3)
    call, _ = site.round(2, reviews=1)
    page = browser.get(at(call, "/proposal?max_load=1"))
    (digest,) = re.findall(r'name="digest" value="(.*?)"', page.text)
    send(browser, at(call, "/proposal"), at=at(call, "/proposal?max_load=1"), digest=digest, max_load="1")
    assert len({row.expert_id for row in site.rows(call)}) == 2


def test_a_proposal_that_is_impossible_says_which_submissions_lack_whom(
    site: AssignedSite, browser: FlaskClient
) -> None:
    site.experts(1)
    call, _ = site.round(1)
    answer = browser.get(at(call, "/proposal"))
    assert (answer.status_code, "2022-001" in text_of(answer), site.rows(call)) == (409, True, [])


def test_a_proposal_is_not_applied_after_things_have_changed_and_the_new_one_is_shown(
    site: AssignedSite, browser: FlaskClient
) -> None:
    site.experts(2)
    call, (one,) = site.round(1, reviews=1)
    (digest,) = re.findall(r'name="digest" value="(.*?)"', browser.get(at(call, "/proposal")).text)
    added = site.submission(call, SubmissionState.ACCEPTED)
    answer = send(browser, at(call, "/proposal"), digest=digest)
    assert answer.status_code == 409
    assert "提出方案以后，申报、专家或分派有了变化，这个方案没有执行。" in text_of(answer)
    assert (sorted(members(answer)), site.rows(call)) == ([one.number, added.number], [])


def test_when_nothing_is_to_change_there_is_no_button(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(1)
    call, _ = site.round(1, reviews=1)
    site.apply(call)
    page = browser.get(at(call, "/proposal"))
    assert ("没有更好的改法。" in text_of(page), "采用这份分派" in page.text) == (True, False)


# The stages


def test_review_starts_with_invitations_and_frozen_rules(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(1)
    call, _ = site.round(2, reviews=1)
    site.apply(call)
    answer = send(browser, at(call, "/start"), at=at(call), version=version_of(site, call))
    assert (answer.status_code, answer.location) == (303, f"/desk/calls/{call.id}")
    stored = site.stored(call)
    assert (stored.state, stored.rules_digest) == ("reviewing", stored.rulebook.fingerprint())
    assert [letter[:2] for letter in site.letters()] == [("e1@example.cn", "小微企业质量提升案例库：请评审 2 份申报")]


def test_review_does_not_start_while_experts_are_missing(site: AssignedSite, browser: FlaskClient) -> None:
    site.experts(1)
    call, _ = site.round(1, reviews=1)
    answer = send(browser, at(call, "/start"), at=at(call), version=version_of(site, call))
    assert (answer.status_code, "2022-001 的评审专家没有配齐。" in text_of(answer)) == (409, True)
    assert (site.stored(call).state, site.letters()) == ("screening", [])


def test_review_ends_with_a_reason_where_reviews_are_missing_and_is_resumed_with_another(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, _ = site.begun(1, 1, reviews=1)
    refused = send(browser, at(call, "/end"), at=at(call), version=version_of(site, call))
    assert (refused.status_code, "还缺 1 份评审。" in text_of(refused)) == (400, True)
    send(browser, at(call, "/end"), at=at(call), version=version_of(site, call), reason="到期")
    ended = site.stored(call).state
    unexplained = send(browser, at(call, "/resume"), at=at(call), version=version_of(site, call))
    send(browser, at(call, "/resume"), at=at(call), version=version_of(site, call), reason="补评")
    assert (ended, unexplained.status_code, site.stored(call).state) == ("closed", 400, "reviewing")


def test_the_second_of_two_editors_who_end_review_is_told(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.begun(1, 1, reviews=1)
    stale = version_of(site, call) - 1
    answer = send(browser, at(call, "/end"), at=at(call), version=stale, reason="到期")
    assert (answer.status_code, "这一项刚被您自己在别处修改过。" in text_of(answer)) == (409, True)
    assert ("到期</textarea>" in answer.text, site.stored(call).state) == (True, "reviewing")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (CallState.OPEN, []),
        (CallState.SCREENING, ["start"]),
        (CallState.REVIEWING, ["end"]),
        (CallState.CLOSED, ["resume"]),
        (CallState.NOTICE, []),
        (CallState.PUBLISHED, []),
    ],
)
def test_the_call_and_its_assignment_offer_the_stages_in_season(
    site: AssignedSite, browser: FlaskClient, state: CallState, shown: list[str]
) -> None:
    call, _ = site.round(1, state)
    pages = [browser.get(path).text for path in (at(call), f"/desk/calls/{call.id}")]
    offered = [re.findall(r"/assignment/(start|end|resume)\"", page) for page in pages]
    assert offered == [shown, shown]


# One submission


def one(call: Call, submission: Submission, tail: str = "") -> str:
    return at(call, f"/{submission.id}{tail}")


def test_candidates_come_by_match_and_load_and_the_barred_with_their_reasons(
    site: AssignedSite, browser: FlaskClient
) -> None:
    site.expert("e1", name="外行", industries=("A01",))
    site.expert("e2", name="内行")
    site.expert("e3", name="本省人", province="330000")
    call, (submission,) = site.round(1)
    page = browser.get(one(call, submission))
    options = re.findall(r"<option value=\"\d+\">([^<]*份）)</option>", page.text)
    assert options == ["内行（同一大类，现有 0 份）", "外行（其他行业，现有 0 份）"]
    barred = re.findall(r'<th scope="row" class="nowrap">(.*?)</th><td>(.*?)</td>', page.text)
    assert barred == [("本省人", "与申报同属浙江省")]


def test_an_expert_is_added_by_hand_and_invited_once_review_has_begun(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = site.begun(1, 1, reviews=1)
    added = site.expert("e9", name="专家九")
    path = one(call, submission)
    answer = send(browser, f"{path}/assign", at=path, account=added.id)
    assert (answer.status_code, answer.location) == (303, path)
    assert [expert for _, expert, _ in site.table(call)] == ["e1", "e9"]
    assert [letter[0] for letter in site.letters()] == ["e9@example.cn"]


def test_who_is_added_by_a_proposal_is_invited_once_review_has_begun(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = site.begun(1, 2)
    site.put(site.row(call, submission, "e1"), AssignmentState.RELEASED)
    assert apply(browser, call).status_code == 303
    assert [letter[0] for letter in site.letters()] == ["e1@example.cn"]


def test_an_expert_with_a_conflict_is_refused_with_its_reason(site: AssignedSite, browser: FlaskClient) -> None:
    barred = site.expert("e1", name="本省人", province="330000")
    call, (submission,) = site.round(1)
    path = one(call, submission)
    answer = send(browser, f"{path}/assign", at=path, account=barred.id)
    assert answer.status_code == 409
    assert "“本省人”不能评审申报 2022-001：与申报同属浙江省。" in text_of(answer)
    nobody = send(browser, f"{path}/assign", at=path)
    assert (nobody.status_code, "没有选择评审专家。" in text_of(nobody), site.rows(call)) == (400, True, [])


def test_an_assignment_is_released_with_a_reason_and_not_without(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = site.begun(1, 1, reviews=1)
    (row,) = site.rows(call)
    path = one(call, submission)
    fields = {"assignment": row.id, "version": row.version}
    refused = send(browser, f"{path}/release", at=path, **fields)
    assert (refused.status_code, "没有写原因。" in text_of(refused)) == (400, True)
    stale = send(browser, f"{path}/release", at=path, reason="专家请假", **fields | {"version": row.version - 1})
    assert (stale.status_code, site.rows(call)) == (409, [row])
    send(browser, f"{path}/release", at=path, reason="专家请假", **fields)
    assert [(each.state, each.reason) for each in site.rows(call)] == [("released", "专家请假")]
    assert "专家一 已撤销 专家请假" in text_of(browser.get(path))


def test_a_review_that_counted_when_review_ended_is_not_offered_for_release(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, (submission,) = site.begun(1, 2)
    site.put(site.row(call, submission, "e1"), AssignmentState.SUBMITTED, submitted_at=NOW)
    for action in (stages.end_review, stages.resume_review):
        with site.doing("editor") as who:
            row = who["session"].get_one(Call, call.id)
            action(**who, call=row, expected_version=row.version, reason="还缺一份")
    page = browser.get(one(call, submission))
    offered = re.findall(r'name="assignment" value="(\d+)"', page.text)
    assert offered == [str(site.row(call, submission, "e2").id)]
    assert "评审结束时已计入，不能撤销；有利害关系的，登记利害关系即作回避。" in text_of(page)


def test_an_assignment_of_another_submission_is_not_released_from_here(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, (first, second) = site.begun(2, 1, reviews=1)
    row = site.row(call, second, "e1")
    path = one(call, first)
    answer = send(browser, f"{path}/release", at=path, assignment=row.id, version=row.version, reason="误")
    assert (answer.status_code, {state for _, _, state in site.table(call)}) == (404, {"assigned"})


def test_a_declared_tie_ends_the_review_and_an_alternate_steps_in_and_both_are_shown(
    site: AssignedSite, browser: FlaskClient
) -> None:
    call, (submission,) = site.begun(1, 2, reviews=1)
    (row,) = site.rows(call)
    path = one(call, submission)
    send(browser, f"{path}/tie", at=path, account=row.expert_id, reason="曾任顾问")
    names = {actor.id: actor.name for actor in site.actors.values()}
    gone, came = names[row.expert_id], ({"专家一", "专家二"} - {names[row.expert_id]}).pop()
    assert members(browser.get(at(call))) == {"2022-001": [f"{came} 未读"]}
    assert f"2022-001 {gone} 曾任顾问 {came}" in text_of(browser.get(at(call)))
    assert len(site.letters()) == 1


def test_a_recusal_that_nobody_can_fill_tells_the_editor_why(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = site.begun(1, 1, reviews=1)
    path = one(call, submission)
    send(browser, f"{path}/tie", at=path, account=site["e1"].id, reason="曾任顾问")
    words = text_of(browser.get(path))
    assert ("缺 1 位" in words, "已登记“专家一”与这份申报的利害关系。" in words) == (True, True)
    assert "没有递补" in text_of(browser.get(at(call)))


def test_conflicts_that_appear_later_are_listed_with_their_reason(site: AssignedSite, browser: FlaskClient) -> None:
    call, _ = site.begun(1, 1, reviews=1)
    site.change("e1", province="330000")
    words = text_of(browser.get(at(call)))
    assert ("分派以后出现的利害关系 1 项" in words, "专家一：与申报同属浙江省" in words) == (True, True)


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (CallState.SCREENING, "请重新提出方案：已提交的作回避，其余取消，并补上空缺；也可以逐份登记利害关系。"),
        (CallState.REVIEWING, "请重新提出方案：已提交的作回避，其余取消，并补上空缺；也可以逐份登记利害关系。"),
        (CallState.CLOSED, "已提交的，请逐份登记利害关系，评审即作回避；没有提交的不计入，不必处理。"),
        (CallState.NOTICE, "已提交的评审已经计入。请先撤回公示，逐份登记利害关系，再重新遴选和公示。"),
        (CallState.PUBLISHED, "名单已经发布，这里只作记录。"),
    ],
)
def test_what_is_advised_about_later_conflicts_can_be_done_in_that_state(
    site: AssignedSite, browser: FlaskClient, state: CallState, advice: str
) -> None:
    call, _ = site.begun(1, 1, reviews=1)
    site.change("e1", province="330000")
    site.now_in(state, call)
    words = text_of(browser.get(at(call)))
    assert (advice in words, "重新提出方案" in words) == (True, state in (CallState.SCREENING, CallState.REVIEWING))


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_one_submission_costs_the_same_in_any_round(
    site: AssignedSite, browser: FlaskClient, count: int
) -> None:
    call, rows = site.begun(count, 3)
    assert site.statements(browser, one(call, rows[0])) == 16


# Who may see what


def test_an_editor_who_is_tied_is_told_no_expert_and_may_not_assign(site: AssignedSite) -> None:
    call, (submission, free) = site.begun(2, 2)
    browser = site.tied(submission)
    assert list(members(browser.get(at(call)))) == [free.number]
    assert "每人评审份数" not in text_of(browser.get(at(call)))
    words = text_of(browser.get(one(call, submission)))
    assert ("专家一 未读" in words, "您与这份申报有利害关系（亲属）" in words) == (False, True)
    row = site.row(call, submission, "e1")
    path = one(call, submission)
    answer = send(browser, f"{path}/release", at=at(call), assignment=row.id, version=row.version, reason="换人")
    assert (answer.status_code, site.stored(row).state) == (403, AssignmentState.ASSIGNED)


def test_a_proposal_tells_an_editor_who_is_tied_only_that_it_changes_something(site: AssignedSite) -> None:
    site.experts(1)
    call, (submission,) = site.round(1, reviews=1)
    words = text_of(site.tied(submission).get(at(call, "/proposal")))
    assert ("专家一" in words, "您应当回避（亲属），不显示专家。" in words) == (False, True)
    assert "每人评审份数" not in words


def test_a_proposal_that_leaves_alone_what_an_editor_is_tied_to_tells_no_loads_either(site: AssignedSite) -> None:
    call, (submission, _) = site.begun(2, 2)
    site.submission(call, SubmissionState.ACCEPTED)
    words = text_of(site.tied(submission).get(at(call, "/proposal")))
    assert ("会改动的申报 1 份" in words, "每人评审份数" in words) == (True, False)


@pytest.mark.parametrize("username", ["zhejiang", "e9", "operator"])
def test_nobody_but_editors_gets_in(site: AssignedSite, username: str) -> None:
    site.expert("e9", name="专家九")
    site.set_password("e9")
    call, rows = site.round(1)
    browser = site.browser(username)
    paths = [at(call), at(call, "/proposal"), one(call, rows[0])]
    assert [browser.get(path).status_code for path in paths] == [403, 403, 403]


def test_what_is_not_there_or_of_another_call_is_not_found(site: AssignedSite, browser: FlaskClient) -> None:
    call, (submission,) = site.round(1)
    other, _ = site.round(0, batch=4)
    draft = site.submission(call, SubmissionState.DRAFT)
    paths = [at(call, "/99"), one(other, submission), one(call, draft), "/desk/calls/99/assignment"]
    assert [browser.get(path).status_code for path in paths] == [404] * 4
    answer = send(browser, one(other, submission, "/tie"), at=at(call), account=site["editor"].id, reason="亲属")
    with site.database.reading() as session:
        assert (answer.status_code, session.exec(select(DeclaredConflict)).all()) == (404, [])
