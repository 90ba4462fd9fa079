"""The screening desk, through its own forms."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caselib.people import Role
from caselib.review.models import Call, Submission
from caselib.review.states import SubmissionState
from caselib.web.editing import screening
from tests.review.rounds import BODY
from tests.web.case_forms import fill
from tests.web.rounds import SiteRound, send, text_of

LATER = date(2099, 9, 30)


@pytest.fixture
def call(site_round: SiteRound) -> Call:
    return site_round.call(deadline=LATER)


@pytest.fixture
def browser(site_round: SiteRound) -> FlaskClient:
    return site_round.browser("editor")


def listed(page: TestResponse) -> list[str]:
    return re.findall(r'<a href="/desk/submissions/\d+">(.*?)</a>', page.get_data(as_text=True))


def decide(browser: FlaskClient, submission: Submission, verb: str, reason: str = "") -> TestResponse:
    """Press a button on the submission's page as it is shown."""
    path = f"/desk/submissions/{submission.id}"
    (version,) = re.findall(r'name="version" value="(\d+)"', browser.get(path).get_data(as_text=True))
    return send(browser, path, version=version, verb=verb, reason=reason)


# The list


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["甲", "乙", "丙"]),
        ("?state=accepted", ["乙"]),
        ("?province=330000", ["甲", "乙"]),
        ("?letter=C", ["甲", "丙"]),
        ("?words=嘉兴 甲", ["甲"]),
        ("?words=２０２２-００３", ["丙"]),
        ("?state=accepted&province=440000", []),
        ("?page=9", ["甲", "乙", "丙"]),
        ("?page=x&state=nonsense", []),
    ],
)
def test_the_list_is_filtered(
    site_round: SiteRound, call: Call, browser: FlaskClient, query: str, titles: list[str]
) -> None:
    site_round.submission(call, title="甲", industry=["C23"], region="330400", firm="嘉兴甲厂")
    site_round.submission(call, SubmissionState.ACCEPTED, title="乙", industry=["A01"], region="330000", firm="乙社")
    site_round.submission(call, title="丙", industry=["A01", "C13"], region="440100", firm="丙厂")
    assert listed(browser.get(f"/desk/calls/{call.id}/submissions{query}")) == titles


def test_a_long_list_goes_on_on_further_pages_with_the_same_filters(
    site_round: SiteRound, call: Call, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for title in ("甲", "乙", "丙"):
        site_round.submission(call, title=title)
    monkeypatch.setattr(screening, "PER_PAGE", 2)
    path = f"/desk/calls/{call.id}/submissions"
    pages = [browser.get(f"{path}?state=sent&page={number}") for number in ("1", "2", "9", "-1")]
    assert [listed(page) for page in pages] == [["甲", "乙"], ["丙"], ["丙"], ["甲", "乙"]]
    turns = [re.findall(r'href="([^"]*)" rel="(\w+)"', page.text) for page in pages[:2]]
    assert turns == [[(f"{path}?page=2&amp;state=sent", "next")], [(f"{path}?page=1&amp;state=sent", "prev")]]


def test_drafts_are_not_in_the_list_and_not_there(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    draft = site_round.submission(call, SubmissionState.DRAFT, title="没有报送的")
    page = browser.get(f"/desk/calls/{call.id}/submissions")
    assert ("没有报送的" in text_of(page), browser.get(f"/desk/submissions/{draft.id}").status_code) == (False, 404)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_list_costs_the_same_however_long_it_is(
    site_round: SiteRound, call: Call, browser: FlaskClient, count: int
) -> None:
    for _ in range(count):
        site_round.submission(call)
    path = f"/desk/calls/{call.id}/submissions"
    assert (site_round.statements(browser, path), len(listed(browser.get(path)))) == (5, count)


# Several at once


def test_several_are_accepted_after_a_page_that_lists_exactly_which(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    one, two, done = (site_round.submission(call, title=title) for title in ("甲", "乙", "丙"))
    site_round.now_in(SubmissionState.ACCEPTED, done)
    path = f"/desk/calls/{call.id}/submissions"
    preview = send(browser, path, verb="accept", id=[one.id, done.id])
    sections = re.findall(r'<h2 id="(touched|left)">(.*?)</section>', preview.get_data(as_text=True), re.DOTALL)
    assert {name: re.findall(r'/\d+">(.*?)</a>', part) for name, part in sections} == {
        "touched": ["甲"],
        "left": ["丙"],
    }
    assert "现在是“已受理”，不能“受理”。" in text_of(preview)
    assert site_round.stored(one).state == "sent"
    items = re.findall(r'name="item" value="(.*?)"', preview.get_data(as_text=True))
    send(browser, f"{path}/decide", at=path, verb="accept", item=items)
    assert [site_round.stored(each).state for each in (one, two, done)] == ["accepted", "sent", "accepted"]
    assert [letter[1] for letter in site_round.letters()] == ["小微企业质量提升案例库：已受理（2022-001）"]


def test_of_several_none_is_touched_when_one_was_changed_meanwhile(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    one, two = (site_round.submission(call) for _ in range(2))
    path = f"/desk/calls/{call.id}/submissions"
    items = [f"{each.id}:{site_round.stored(each).version}" for each in (one, two)]
    site_round.accept(two)
    answer = send(browser, f"{path}/decide", at=path, verb="return", item=items, reason="缺数据")
    assert answer.status_code == 409
    assert "选中的 2 份都没有处理。" in text_of(answer)
    assert [site_round.stored(each).state for each in (one, two)] == ["sent", "accepted"]
    assert site_round.letters() == []


def test_what_was_sent_for_another_call_is_not_decided_from_here(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    own, foreign = site_round.submission(call), site_round.submission(site_round.call(batch=9))
    path = f"/desk/calls/{call.id}/submissions"
    items = [f"{each.id}:{each.version}" for each in (own, foreign)]
    asked = send(browser, path, verb="accept", id=[own.id, foreign.id])
    done = send(browser, f"{path}/decide", at=path, verb="accept", item=items)
    for answer in (asked, done):
        said = "选中的 2 份申报里，有 1 份不是报给这次征集的"
        assert (answer.status_code, said in text_of(answer)) == (404, True)
    assert [site_round.stored(each).state for each in (own, foreign)] == ["sent", "sent"]


def test_several_are_not_returned_without_a_reason(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    one = site_round.submission(call)
    path = f"/desk/calls/{call.id}/submissions"
    answer = send(browser, f"{path}/decide", at=path, verb="return", item=[f"{one.id}:{one.version}"])
    assert (answer.status_code, "没有写原因。" in text_of(answer)) == (400, True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"verb": "accept"}, "没有选中申报。"),
        ({"verb": "publish", "id": [1]}, "没有说明要怎样处理"),
        ({"verb": "accept", "id": [99]}, "选中的 1 份申报里，有 1 份不是报给这次征集的"),
    ],
)
def test_a_choice_that_makes_no_sense_is_answered_in_words(
    site_round: SiteRound, call: Call, browser: FlaskClient, fields: dict[str, object], said: str
) -> None:
    site_round.submission(call)
    assert said in text_of(send(browser, f"/desk/calls/{call.id}/submissions", **fields))


# One


@pytest.mark.parametrize(
    ("state", "verb", "reason", "becomes", "letter"),
    [
        ("sent", "accept", "", "accepted", "已受理"),
        ("sent", "return", "成效没有数据", "returned", "请修改后重新报送"),
        ("sent", "refuse", "不是小微企业", "refused", "不予受理"),
        ("refused", "reinstate", "", "sent", "恢复审查"),
    ],
)
def test_a_decision_is_kept_and_the_submitter_gets_a_letter(
    site_round: SiteRound,
    call: Call,
    browser: FlaskClient,
    state: str,
    verb: str,
    reason: str,
    becomes: str,
    letter: str,
) -> None:
    submission = site_round.submission(call, SubmissionState(state))
    assert decide(browser, submission, verb, reason).status_code == 303
    ((to, subject, text),) = site_round.letters()
    assert (site_round.stored(submission).state, to, subject) == (
        becomes,
        "zhejiang@example.cn",
        f"小微企业质量提升案例库：{letter}（2022-001）",
    )
    assert reason in text


def test_a_submitter_without_an_address_gets_no_letter(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    submission = site_round.submission(call)
    with site_round.database.writing() as session:
        session.get_one(type(site_round.account("zhejiang")), site_round["zhejiang"].id).email = ""
    decide(browser, submission, "accept")
    assert (site_round.stored(submission).state, site_round.letters()) == ("accepted", [])


@pytest.mark.parametrize("verb", ["return", "refuse"])
def test_a_reason_is_needed_and_what_was_decided_before_stands(
    site_round: SiteRound, call: Call, browser: FlaskClient, verb: str
) -> None:
    submission = site_round.submission(call)
    answer = decide(browser, submission, verb)
    assert (answer.status_code, "没有写原因。" in text_of(answer)) == (400, True)
    assert (site_round.stored(submission).state, site_round.letters()) == ("sent", [])


def test_the_second_of_two_editors_is_told_and_keeps_the_reason(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    submission = site_round.submission(call)
    site_round.accept(submission)
    path = f"/desk/submissions/{submission.id}"
    answer = send(browser, path, version=submission.version, verb="return", reason="我写的原因")
    assert (answer.status_code, "我写的原因" in text_of(answer)) == (409, True)
    assert re.findall("[^ ]*刚被[^ ]*", text_of(answer)) == ["这一项刚被您自己在别处修改过。"]


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("sent", ["accept", "return", "refuse"]),
        ("accepted", ["return"]),
        ("refused", ["reinstate"]),
        ("returned", []),
        ("withdrawn", []),
    ],
)
def test_the_buttons_are_those_in_season(
    site_round: SiteRound, call: Call, browser: FlaskClient, state: str, offered: list[str]
) -> None:
    submission = site_round.submission(call, SubmissionState(state))
    page = browser.get(f"/desk/submissions/{submission.id}").get_data(as_text=True)
    assert re.findall(r'name="verb" value="(\w+)"', page) == offered


def test_an_editor_with_a_tie_reads_and_does_not_decide(site_round: SiteRound, call: Call) -> None:
    submission = site_round.submission(call, firm="本厂")
    site_round.add("tied", Role.EDITOR, employer="本厂")
    with site_round.database.writing() as session:
        account = session.get_one(type(site_round.account("tied")), site_round["tied"].id)
        account.password_hash = site_round.account("editor").password_hash
    page = site_round.browser("tied").get(f"/desk/submissions/{submission.id}")
    assert ("您应当回避" in text_of(page), 'name="verb"' in page.get_data(as_text=True)) == (True, False)


def test_what_was_changed_since_the_last_sending_is_shown(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    submission = site_round.submission(call)
    decide(browser, submission, "return", "请写清人数")
    own = site_round.browser("zhejiang")
    fill(own, f"/submit/{submission.id}", body=BODY.replace("三十", "四十"))
    fill(own, f"/submit/{submission.id}/send")
    page = browser.get(f"/desk/submissions/{submission.id}").get_data(as_text=True)
    assert re.findall(r"<(del|ins)>(.)</\1>", page) == [("del", "三"), ("ins", "四")]


def test_likeness_to_another_submission_leads_to_it(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    one, two = (site_round.submission(call, owner=owner) for owner in ("zhejiang", "jiangsu"))
    page = browser.get(f"/desk/submissions/{two.id}").get_data(as_text=True)
    assert f'对照看：<a href="/desk/submissions/{one.id}" class="nowrap">2022-001</a>' in page


def test_the_next_one_to_screen_is_one_link_away(site_round: SiteRound, call: Call, browser: FlaskClient) -> None:
    one, two, three = (site_round.submission(call) for _ in range(3))
    site_round.accept(two)
    following = [
        re.findall(r"下一份待审：([\d-]+)", browser.get(f"/desk/submissions/{each.id}").get_data(as_text=True))
        for each in (one, two, three)
    ]
    assert following == [["2022-003"], ["2022-003"], ["2022-001"]]


@pytest.mark.parametrize("who", ["zhejiang", "expert01", "operator"])
def test_screening_is_for_editors(site_round: SiteRound, call: Call, who: str) -> None:
    submission = site_round.submission(call)
    other = site_round.browser(who)
    pages = [f"/desk/calls/{call.id}/submissions", f"/desk/submissions/{submission.id}"]
    assert [other.get(page).status_code for page in pages] == [403, 403]
