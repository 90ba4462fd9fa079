"""The expert's pages: the list, the form, what is kept and what is refused, and many at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from werkzeug.test import TestResponse

from caselib import journal
from caselib.review.calendar import today, written
from caselib.review.expert_queries import Standing
from caselib.review.judgements import Judgement
from caselib.review.models import Submission
from caselib.review.states import CallState, SubmissionState
from tests.review.reviewing import FULL, amend, assign, reviewing, rules, save, submit, task
from tests.review.rounds import BODY
from tests.web.conftest import token_of
from tests.web.reviewing import WHOLE, add_expert, fill, hidden, scores, values
from tests.web.rounds import SiteRound, figures_of, text_of


def test_the_list_has_what_is_to_do_in_groups_with_the_deadline(site_round: SiteRound) -> None:
    day = today(datetime.now(UTC)) + timedelta(days=4)
    call = site_round.call(CallState.REVIEWING, rules=rules(), review_deadline=day)
    tasks = [task(site_round, call, title=f"第{place}篇案例") for place in "一二三四五"]
    save(site_round, tasks[1], Judgement({"typical": 10}))
    submit(site_round, tasks[2])
    submit(site_round, tasks[3])
    amend(site_round, site_round.stored(Submission(id=tasks[3].submission_id)), BODY + "\n补充。\n")
    said = text_of(site_round.browser("expert01").get("/review/"))
    assert f"1 / 5 份已提交 ，还有 4 份 评审截止： {written(day)} （还有 5 天，含今天） 接着评审".replace(" ", "") in (
        said.replace(" ", "")
    )
    order = re.findall(r"正文已改，请重评 1|评审中 1|未读 2|已提交 1|第.篇案例|一张工艺卡", said)
    assert order[:3] == ["正文已改，请重评 1", "一张工艺卡", "评审中 1"]
    assert (order[3], order[4], sorted(order[5:7]), order[7:]) == (
        "第二篇案例",
        "未读 2",
        ["第一篇案例", "第五篇案例"],
        ["已提交 1", "第三篇案例"],
    )
    assert "您给的总分 81" in said


@pytest.mark.parametrize(
    ("days", "said"), [(0, "（今天截止）"), (-1, "，已经过期，请尽快提交"), (1, "（还有 2 天，含今天）")]
)
def test_the_list_counts_the_days_in_shanghai(site_round: SiteRound, days: int, said: str) -> None:
    day = today(datetime.now(UTC)) + timedelta(days=days)
    call = site_round.call(CallState.REVIEWING, rules=rules(), review_deadline=day)
    task(site_round, call)
    assert f"评审截止：{written(day)}{said}" in text_of(site_round.browser("expert01").get("/review/")).replace(
        f"{written(day)} ", written(day)
    )


def test_an_expert_without_assignments_is_told_so(site_round: SiteRound) -> None:
    assert "现在没有分派给您的评审" in text_of(site_round.browser("expert01").get("/review/"))


def test_the_list_costs_the_same_however_long(site_round: SiteRound) -> None:
    call, browser = reviewing(site_round), site_round.browser("expert01")
    counts = []
    for more in (0, 1, 2):
        for _ in range(more):
            save(site_round, task(site_round, call))
        counts.append(site_round.statements(browser, "/review/"))
    assert len(set(counts)) == 1


def test_a_score_form_is_saved_and_shown_again(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    fields = {"score-typical": "12.5", "unable-method": "1", "comment-effect": "要核对 <b>", "comment": "先看到这里"}
    answer = fill(browser, path, do="save", **fields)
    assert (answer.status_code, answer.location) == (303, path)
    assert scores(site_round, assignment) == {"typical": 12.5, "method": None}
    page = browser.get(path)
    assert values(page) == {"typical": "12.5", "method": "", "effect": "", "spread": ""}
    shown = page.get_data(as_text=True)
    assert re.findall(r'name="unable-(\w+)" value="1" checked', shown) == ["method"]
    assert ("要核对 &lt;b&gt;</textarea>" in shown, "先看到这里</textarea>" in shown) == (True, True)
    assert "已保存，还没有提交。" in text_of(page)
    assert "已评 2 / 4 项" in text_of(page)
    assert re.findall(r'<details class="remark"( open)?>', shown) == ["", "", " open", ""]


def test_a_review_is_submitted_seen_and_opened_again(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    assert fill(browser, path, do="submit", **WHOLE).location == path
    said = text_of(browser.get(path))
    assert ("已提交。" in said, "总分（按百分计） 81" in said, "修改评审" in said) == (True, True, True)
    assert site_round.stored(assignment).state == "submitted"
    assert fill(browser, path, f"{path}/reopen").location == path
    assert site_round.stored(assignment).state == "started"
    assert values(browser.get(path)) == {"typical": "16", "method": "24", "effect": "27", "spread": "14"}


def test_what_does_not_fit_is_shown_at_its_field_and_nothing_typed_is_lost(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    typed = {"score-typical": "25", "score-method": "八", "comment-spread": "一句话", "comment": "总的来说"}
    answer = fill(browser, f"/review/{assignment.id}", do="save", **typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert re.findall(r'<p class="wrong" id="wrong-(\d)">([^<]*)</p>', page) == [
        ("1", "25 分不在 0 到 20 之间。"),
        ("2", "“八”不是数。请填 0 到 30 之间的分数。"),
    ]
    assert re.findall(r'aria-invalid="true" aria-describedby="(wrong-\d)"', page) == ["wrong-1", "wrong-2"]
    assert values(answer) == {"typical": "25", "method": "八", "effect": "", "spread": ""}
    assert ("一句话</textarea>" in page, "总的来说</textarea>" in page) == (True, True)
    assert (scores(site_round, assignment), site_round.stored(assignment).version) == ({}, 0)


def test_a_half_done_review_is_not_submitted_and_says_where(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    answer = fill(browser, f"/review/{assignment.id}", do="submit", **{**WHOLE, "score-effect": ""})
    assert answer.status_code == 400
    assert "还有 1 项没有打分，评审没有提交。" in text_of(answer)
    assert re.findall(r'id="wrong-(\d)">([^<]*)<', answer.get_data(as_text=True)) == [
        ("3", "请打分，或者勾选“无法评价”。")
    ]
    assert values(answer)["spread"] == "14"


def test_of_two_windows_the_second_sees_both_and_loses_nothing(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    opened = browser.get(path)
    page = opened.get_data(as_text=True)
    first = {"csrf_token": token_of(opened), "version": hidden(page, "version"), "text": hidden(page, "text")}
    browser.post(path, data={**first, "score-typical": "11", "comment-typical": "先写的", "comment": "先写的总评"})
    answer = browser.post(path, data={**first, "score-typical": "15", "comment": "后写的"})
    assert answer.status_code == 409
    said = text_of(answer)
    assert "这一项刚被您自己在别处修改过。 另一处已保存的列在评分表里。" in " ".join(said.split())
    assert "另一处已保存的是：先写的总评" in said
    assert "另一处已保存的是：11 分，意见“先写的”" in said
    assert (values(answer)["typical"], "后写的</textarea>" in answer.get_data(as_text=True)) == ("15", True)
    assert scores(site_round, assignment) == {"typical": 11}
    again = {**first, "version": hidden(answer.get_data(as_text=True), "version"), "score-typical": "15"}
    assert browser.post(path, data=again).status_code == 303
    assert scores(site_round, assignment) == {"typical": 15}


def test_what_was_typed_after_another_window_submitted_is_shown_to_be_copied(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    opened = browser.get(path)
    page = opened.get_data(as_text=True)
    first = {"csrf_token": token_of(opened), "version": hidden(page, "version"), "text": hidden(page, "text")}
    browser.post(path, data={**first, **WHOLE, "do": "submit"})
    answer = browser.post(path, data={**first, "comment": "很长的一段意见"})
    assert (answer.status_code, "很长的一段意见</textarea>" in answer.get_data(as_text=True)) == (409, True)
    assert "没有保存。需要的话请先复制" in text_of(answer)


def test_a_text_that_changed_under_the_reader_is_shown_anew_with_what_was_typed(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    opened = browser.get(path)
    page = opened.get_data(as_text=True)
    first = {"csrf_token": token_of(opened), "version": hidden(page, "version"), "text": hidden(page, "text")}
    amend(site_round, site_round.stored(Submission(id=assignment.submission_id)), BODY + "\n新补的一句。\n")
    answer = browser.post(path, data={**first, **WHOLE, "do": "submit"})
    said = text_of(answer)
    assert (answer.status_code, "正文有改动" in said, "新补的一句。" in said) == (409, True, True)
    assert values(answer) == {"typical": "16", "method": "24", "effect": "27", "spread": "14"}
    again = {**first, "text": hidden(answer.get_data(as_text=True), "text"), **WHOLE, "do": "submit"}
    assert browser.post(path, data=again).status_code == 303


def test_a_stale_review_says_so_and_is_opened_again(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    submit(site_round, assignment)
    amend(site_round, site_round.stored(Submission(id=assignment.submission_id)), BODY + "\n补充。\n")
    assert "您提交之后，正文有改动。" in text_of(browser.get(path))
    fill(browser, path, f"{path}/reopen")
    fill(browser, path, do="submit", **WHOLE)
    assert "您提交之后，正文有改动。" not in text_of(browser.get(path))


def test_an_expert_is_told_by_mail_when_an_amended_text_is_accepted(site_round: SiteRound) -> None:
    assignment = task(site_round, reviewing(site_round))
    submission = site_round.stored(Submission(id=assignment.submission_id))
    submit(site_round, assignment)
    amend(site_round, submission, BODY + "\n补充。\n")
    site_round.now_in(SubmissionState.SENT, submission)
    path = f"/desk/submissions/{submission.id}"
    editor = site_round.browser("editor")
    opened = editor.get(path)
    version = str(site_round.stored(submission).version)
    data = {"csrf_token": token_of(opened), "verb": "accept", "version": version}
    assert editor.post(path, data=data).status_code == 303
    told = [text for to, _, text in site_round.letters() if to == "expert01@example.cn"]
    assert len(told) == 1
    assert f"http://localhost/review/{assignment.id}" in told[0]


def test_save_and_next_goes_to_the_least_reviewed(site_round: SiteRound) -> None:
    call, browser = reviewing(site_round), site_round.browser("expert01")
    add_expert(site_round, "expert02")
    tasks = [task(site_round, call) for _ in range(3)]
    other = assign(site_round, site_round.stored(Submission(id=tasks[1].submission_id)), "expert02")
    submit(site_round, other, username="expert02")
    answer = fill(browser, f"/review/{tasks[0].id}", do="next", **{"score-typical": "3"})
    assert answer.location == f"/review/{tasks[2].id}"
    assert "已保存，这是下一份。" in text_of(browser.get(answer.location))
    for done in (tasks[1], tasks[2]):
        submit(site_round, done)
    assert fill(browser, f"/review/{tasks[0].id}", do="next").location == "/review/"
    assert browser.get(f"/review/calls/{call.id}/next").location == f"/review/{tasks[0].id}"
    assert browser.get("/review/calls/99/next").location == "/review/"


def shown_first(answer: TestResponse) -> tuple[str, bool, bool]:
    """What the page's head says was in the way, whether it leads to the reason, and whether the browser goes there."""
    page = answer.get_data(as_text=True)
    said = re.search(r'role="alert"><p><strong>(.*?)</strong>', page)
    reason = re.search(r'<textarea id="reason"[^>]*>', page)
    assert reason is not None
    return said[1] if said else "", '<a href="#reason">去写原因</a>' in page, " autofocus" in reason[0]


def test_an_abstention_needs_a_reason_and_can_be_taken_back(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    answer = fill(browser, path, f"{path}/abstain", reason=" ", comment="已经写的")
    assert (answer.status_code, "已经写的</textarea>" in answer.get_data(as_text=True)) == (400, True)
    assert 'id="wrong-reason">没有写原因。' in answer.get_data(as_text=True)
    assert shown_first(answer) == ("没有写原因。", True, True)
    assert fill(browser, path, f"{path}/abstain", reason="不熟悉造纸").location == "/review/"
    said = text_of(browser.get(path))
    assert ("您已弃权： 不熟悉造纸" in said, "取消弃权" in said) == (True, True)
    assert "弃权 1 份" in text_of(browser.get("/review/"))
    assert "没有要评的" in text_of(browser.get("/review/"))
    fill(browser, path, f"{path}/reopen")
    assert site_round.stored(assignment).state == "started"
    assert "已取消弃权，请评分后提交。" in text_of(browser.get(path))


@pytest.mark.parametrize("after", [[], ["abstain"]])
def test_who_recuses_sees_the_submission_no_more(site_round: SiteRound, after: list[str]) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    path = f"/review/{assignment.id}"
    for verb in after:
        fill(browser, path, f"{path}/{verb}", reason="不熟悉造纸")
    answer = fill(browser, path, f"{path}/recuse", reason="")
    assert (answer.status_code, 'id="wrong-reason">没有写原因。' in answer.get_data(as_text=True)) == (400, True)
    assert shown_first(answer) == ("没有写原因。", True, True)
    assert fill(browser, path, f"{path}/recuse", reason="曾为其做过咨询").location == "/review/"
    assert (site_round.stored(assignment).state, browser.get(path).status_code) == ("recused", 404)
    assert "现在没有分派给您的评审" in text_of(browser.get("/review/"))


def test_after_the_round_own_review_is_read_only_beside_others_totals(site_round: SiteRound) -> None:
    call = reviewing(site_round)
    assignment, browser = task(site_round, call), site_round.browser("expert01")
    submit(site_round, assignment)
    for number, score in ((2, 10.0), (3, 20.0)):
        add_expert(site_round, f"expert0{number}", name=f"某某专家{number}")
        other = assign(site_round, site_round.stored(Submission(id=assignment.submission_id)), f"expert0{number}")
        submit(site_round, other, Judgement({**FULL.scores, "typical": score}), f"expert0{number}")
    path = f"/review/{assignment.id}"
    opened = browser.get(path)
    assert ("其他专家" in text_of(opened), figures_of(opened) & {"85", "75"}) == (False, set())
    site_round.now_in(CallState.CLOSED, call)
    said = text_of(browser.get(path))
    assert "其他专家的总分 85 75 由高到低排列，不署名。" in said
    assert ("某某专家" in said, "修改评审" in said, "需要回避" in said) == (False, False, False)
    answer = browser.post(path, data={"csrf_token": token_of(browser.get("/account")), "version": "1"})
    assert (answer.status_code, "现在是“评审结束”，不能“保存”" in text_of(answer)) == (409, True)


def test_pages_of_reviews_are_not_kept_by_anybody_and_carry_no_tag(site_round: SiteRound) -> None:
    assignment, browser = task(site_round, reviewing(site_round)), site_round.browser("expert01")
    for path in ("/review/", f"/review/{assignment.id}"):
        answer = browser.get(path)
        assert (answer.headers["Cache-Control"], "ETag" in answer.headers) == ("private, no-store", False)


@pytest.mark.both_databases
def test_thirty_two_experts_save_at_once_through_the_site_and_nothing_is_lost(site_round: SiteRound) -> None:
    submission = site_round.submission(reviewing(site_round), SubmissionState.ACCEPTED)
    names = [f"judge{number:02d}" for number in range(32)]
    for name in names:
        add_expert(site_round, name)
    assignments = {name: assign(site_round, submission, name) for name in names}
    browsers = {name: site_round.browser(name) for name in names}
    ready = {}
    for name in names:
        opened = browsers[name].get(f"/review/{assignments[name].id}")
        page = opened.get_data(as_text=True)
        ready[name] = {key: hidden(page, key) for key in ("version", "text")} | {"csrf_token": token_of(opened)}
    with site_round.database.reading() as session:
        events, _ = journal.verify(session)
    barrier = Barrier(32)

    def act(number: int) -> tuple[int, str | None]:
        name = names[number]
        typed = {**WHOLE, "score-typical": str(number / 2), "do": "submit" if number % 2 else "save"}
        barrier.wait()
        answer = browsers[name].post(f"/review/{assignments[name].id}", data={**ready[name], **typed})
        return answer.status_code, answer.location

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(act, range(32)))
    assert answers == [(303, f"/review/{assignments[name].id}") for name in names]
    assert [scores(site_round, assignments[name])["typical"] for name in names] == [n / 2 for n in range(32)]
    assert [site_round.stored(assignments[name]).state for name in names] == ["started", "submitted"] * 16
    with site_round.database.reading() as session:
        assert journal.verify(session) == (events + 32, [])


def test_the_experts_manual_names_buttons_and_groups_that_are_there() -> None:
    root = Path(__file__).parents[2]
    pages = [path.read_text("utf-8") for path in (root / "templates" / "reviewing").glob("*.html")]
    shown = "".join([*pages, (root / "templates" / "base.html").read_text("utf-8"), *(each.label for each in Standing)])
    named = re.findall(r"\*\*(.+?)\*\*", (root / "docs" / "manuals" / "expert.md").read_text("utf-8"))
    assert len(named) == 19
    assert [name for name in named if name not in shown] == []


def test_the_form_is_shown_as_its_reader_chose(site_round: SiteRound) -> None:
    assignment = task(site_round, site_round.call(CallState.REVIEWING, rules=rules()))
    browser = site_round.browser("expert01")
    browser.set_cookie("caselib_view", "large.elder")
    page = browser.get(f"/review/{assignment.id}").get_data(as_text=True)
    assert '<html lang="zh-CN" data-text="large" data-elder>' in page
