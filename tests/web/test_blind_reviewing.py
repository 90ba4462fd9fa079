"""What the pages must not tell: a review that is somebody else's, and whose case a double-blind one is."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from caselib.content import ContentStore
from caselib.people import Account
from caselib.review.models import Assignment, Attachment, Call, Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.reviewing import amend, assign, reviewing, rules, submit, task
from tests.review.rounds import BODY
from tests.web.conftest import token_of
from tests.web.reviewing import add_expert, fill
from tests.web.rounds import SiteRound, figures_of, text_of

WRITES = ("", "/reopen", "/abstain", "/recuse")


@pytest.mark.parametrize(
    ("username", "status"),
    [("expert02", 404), ("recused", 404), ("released", 404), ("editor", 403), ("zhejiang", 403), ("operator", 403)],
)
def test_to_everybody_else_a_review_is_as_one_that_does_not_exist(
    site_round: SiteRound, username: str, status: int
) -> None:
    for name in ("expert02", "recused", "released"):
        add_expert(site_round, name)
    submission = site_round.submission(reviewing(site_round), SubmissionState.ACCEPTED)
    assignment = assign(site_round, submission)
    numbers = [assignment.id, 9_999, 2_147_483_647]
    for state in ("recused", "released"):
        assign(site_round, submission, state, AssignmentState(state))
    if username in ("recused", "released"):
        with site_round.database.reading() as session:
            own = select(Assignment).where(Assignment.expert_id == site_round[username].id)
            numbers.append(session.exec(own).one().id)
    browser = site_round.browser(username)
    token = token_of(browser.get("/account"))
    for end in (*WRITES, "/attachments/1"):
        answers = [browser.get(f"/review/{number}{end}") for number in numbers] if end not in WRITES[1:] else []
        if end in WRITES:
            data = {"csrf_token": token, "version": "0", "reason": "原因", "do": "save"}
            answers += [browser.post(f"/review/{number}{end}", data=data) for number in numbers]
        assert {answer.status_code for answer in answers} == {status}
        assert len({without_address(answer) for answer in answers}) == 1
    assert browser.get("/review/99999999999999999999").status_code == 404


def without_address(answer: TestResponse) -> str:
    """The page without what differs by its own address, and by the request."""
    page = re.sub(r"/review/\d+[a-z/0-9]*", "", answer.get_data(as_text=True))
    return re.sub(r'name="(csrf_token|version|next)"[^>]*>', "", page)


@pytest.mark.parametrize(("blind", "status"), [("none", 200), ("single", 200), ("double", 404)])
def test_attachments_are_fetched_where_the_call_lets_them(site_round: SiteRound, blind: str, status: int) -> None:
    assignment, browser = task(site_round, reviewing(site_round, blind)), site_round.browser("expert01")
    attach(site_round, assignment, b"PNG")
    answer = browser.get(f"/review/{assignment.id}/attachments/1")
    assert answer.status_code == status
    assert ("嘉兴甲.png" in browser.get(f"/review/{assignment.id}").get_data(as_text=True)) is (status == 200)
    if status == 200:
        found = (answer.data, answer.headers["Cache-Control"], "ETag" in answer.headers)
        assert found == (b"PNG", "private, no-store", False)
    assert browser.get(f"/review/{assignment.id}/attachments/2").status_code == 404


def attach(site_round: SiteRound, assignment: Assignment, data: bytes) -> None:
    uploads = site_round.settings.data / "uploads"
    uploads.mkdir(parents=True)
    (uploads / ("d" * 64)).write_bytes(data)
    with site_round.database.writing() as session:
        kept = {"media_type": "image/png", "size": len(data), "digest": "d" * 64, "name": "嘉兴甲.png"}
        session.add(Attachment(submission_id=assignment.submission_id, **kept))


def test_of_an_attachment_of_another_submission_nothing_is_told(site_round: SiteRound) -> None:
    call, browser = reviewing(site_round), site_round.browser("expert01")
    assignment, other = task(site_round, call), site_round.submission(call, SubmissionState.ACCEPTED)
    attach(site_round, Assignment(submission_id=other.id or 0), b"PNG")
    assert browser.get(f"/review/{assignment.id}/attachments/1").status_code == 404


SECRETS = ("嘉兴", "浙江", "华美", "信诚", "市场监督", "嘉禾", "huamei", "13812345678", "2022-0", "王经理", "机密来源")
FIRM = {
    "title": "华美包装 一张工艺卡 把住出厂关",
    "firm": "浙江嘉兴华美包装有限公司",
    "certifier": "北京中兴信诚认证有限公司",
    "submitter": "浙江省市场监督管理局",
    "summary": "嘉兴的华美包装把返工率降了一半。",
    "source": "机密来源",
    "linkman": "王经理",
    "guides": ["zhejiang-packaging-2022"],
    "metrics": [{"name": "华美牌纸箱合格率", "unit": "%", "before": 98.2, "after": 99.8}],
}
TELLING = (
    BODY
    + "\n浙江省嘉兴市的华**美**包装，见 [官网](https://huamei.cn)、![华美](huamei.png)，<a href='//huamei.cn'>华美</a>，"
    + "电话 13812345678，写信到 wang@huamei.cn。由嘉禾协会推荐，中兴信诚认证。\n\n## 华美公司\n\n再说一句。\n"
)


def blind_round(site_round: SiteRound) -> tuple[Call, list[Assignment], FlaskClient]:
    """A double-blind call whose texts tell everything, and an expert's browser."""
    with site_round.database.writing() as session:
        account = session.get_one(Account, site_round["zhejiang"].id)
        account.name, account.employer = "嘉禾协会", "浙江省市场监督管理局"
    call = reviewing(site_round, "double")
    tasks = [task(site_round, call, body=TELLING, **FIRM) for _ in range(3)]
    attach(site_round, tasks[0], b"PNG")
    return call, tasks, site_round.browser("expert01")


def secrets_in(answer: TestResponse) -> list[str]:
    """Which secrets the whole answer tells, headers included, however they are written."""
    whole = f"{answer.headers}\n{answer.get_data(as_text=True)}"
    bare = re.sub(r"<[^>]*>|\s|[\u200b*]", "", unquote(unescape(whole)))
    return [word for word in SECRETS if word in bare or word in unquote(unescape(whole))]


def test_blind_review_tells_its_expert_nothing_by_any_route(site_round: SiteRound) -> None:
    call, tasks, browser = blind_round(site_round)
    other = site_round.call(CallState.REVIEWING, rules=rules("single"), batch=4)
    plain = assign(site_round, site_round.submission(other, SubmissionState.ACCEPTED, **FIRM))
    assert "华美" in secrets_in(browser.get(f"/review/{plain.id}"))
    with site_round.database.writing() as session:
        session.get_one(Assignment, plain.id).state = "released"
    path = f"/review/{tasks[0].id}"
    answers = [
        browser.get("/review/"),
        browser.get(path),
        fill(browser, path, do="save", **{"score-typical": "99"}),
        fill(browser, path, do="submit"),
        fill(browser, path, f"{path}/abstain"),
        fill(browser, path, f"{path}/recuse"),
        fill(browser, path, do="next", **{"score-typical": "9"}),
        browser.get(f"{path}/attachments/1"),
        browser.get(f"/submit/{tasks[0].submission_id}"),
        browser.get(f"/desk/submissions/{tasks[0].submission_id}"),
        browser.get("/review/"),
    ]
    submit(site_round, tasks[1])
    amend(site_round, site_round.stored(Submission(id=tasks[1].submission_id)), TELLING.replace("再说", "又说"), **FIRM)
    answers += [browser.get(f"/review/{tasks[1].id}"), browser.get("/account")]
    answers += [fill(browser, f"/review/{tasks[2].id}", f"/review/{tasks[2].id}/recuse", reason="认出来了")]
    for state in (CallState.CLOSED, CallState.NOTICE):
        site_round.now_in(state, call)
        answers += [browser.get("/review/"), browser.get(path)]
    assert [secrets_in(answer) for answer in answers] == [[]] * len(answers)


ELSEWHERE = ["/", "/cases/", "/insights", "/batches/", "/problems/", "/industries/C23", "/feed.atom", "/sitemap.xml"]
ELSEWHERE += [
    f"{path}?q={word}"
    for path in ("/search", "/api/v1/search", "/suggest")
    for word in ("工艺卡", "华美包装", "把住出厂关", "huamei", "开槽尺寸", "嘉兴")
]


def test_an_expert_gets_the_same_answers_on_the_rest_of_the_site_as_without_the_round(site_round: SiteRound) -> None:
    browser = site_round.browser("expert01")
    before = {path: timeless(browser.get(path)) for path in ELSEWHERE}
    blind_round(site_round)
    site = site_round.app.extensions["caselib"]
    site.search.rebuild(ContentStore(site.settings.content))
    assert {path: timeless(browser.get(path)) for path in ELSEWHERE} == before
    assert {status for status, _ in before.values()} == {200}


def timeless(answer: TestResponse) -> tuple[int, str]:
    """Status and the whole answer without how long it took."""
    return answer.status_code, re.sub(r'"took_ms": ?[\d.]+|用时[^<]*', "", answer.get_data(as_text=True))


def test_a_submitter_is_told_nothing_of_who_reviews(site_round: SiteRound) -> None:
    assignment = task(site_round, reviewing(site_round))
    submit(site_round, assignment)
    browser = site_round.browser("zhejiang")
    for path in ("/submit/", f"/submit/{assignment.submission_id}", f"/submit/{assignment.submission_id}/revisions"):
        said = text_of(answer := browser.get(path))
        told = [word for word in ("专家一", "expert01", "可以作为本行业", "数据有前后对比") if word in said]
        assert (answer.status_code, told, "81" in figures_of(answer)) == (200, [], False)
