"""Picking at the desk: tried out, explained, recorded, and its file made again elsewhere."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from caselib.cli import main
from caselib.people import Role
from caselib.publishing import queries
from caselib.review.actions import discussions, submissions
from caselib.review.models import Call
from caselib.review.states import CallState, SubmissionState
from caselib.web.editing.selecting import choices
from tests.web.publishing import SitePublishing, version
from tests.web.rounds import send, text_of


@pytest.fixture
def browser(round_: SitePublishing) -> FlaskClient:
    return round_.browser("editor")


@pytest.fixture
def tied(round_: SitePublishing) -> FlaskClient:
    """An editor who works for the firm of the second submission."""
    round_.add("tied", Role.EDITOR, employer="甲1厂")
    return round_.browser_of_new("tied")


def path(call: Call) -> str:
    return f"/desk/calls/{call.id}/selection"


def rows(page: str) -> list[tuple[str, str]]:
    """Number and result of each row of the ranking."""
    table = page[page.index('<table class="ranking">') :]
    found = re.findall(r"<tr.*?</tr>", table[: table.index("</table>")], re.DOTALL)[1:]
    return [
        (re.findall(r"\d{4}-\d{3}", row)[0], "入选" if '<td class="nowrap">入选</td>' in row else "") for row in found
    ]


def record(browser: FlaskClient, call: Call, query: str = "", **fields: str) -> int:
    page = browser.get(path(call) + query).get_data(as_text=True)
    return send(browser, path(call), **{"version": version(page), **fields}).status_code


def test_a_trial_ranks_marks_and_keeps_nothing(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    page = browser.get(path(call)).get_data(as_text=True)
    assert rows(page) == [("2022-001", "入选"), ("2022-002", "入选"), ("2022-003", ""), ("2022-004", "")]
    assert round_.selected(call) == []


def test_choices_and_quotas_are_explained_in_names(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed(
        (), quotas=[{"attribute": "province", "max": 1}, {"attribute": "industry_letter", "value": "C", "max": 9}]
    )
    for mark, region in ((90, "330400"), (80, "330400"), (70, "440300")):
        round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED, region=region), mark)
    page = text_of(browser.get(path(call)))
    assert (
        "选入 2022-003 一张工艺卡 把住出厂关 替换 2022-002 一张工艺卡 把住出厂关 浙江省已有 1 篇，达到上限（省份（每一个）至多 1 篇）"
        in page
    )
    assert "行业门类“制造业”至多 9 篇 0.00 分" in page
    assert "省份（每一个）至多 1 篇 10.00 分" in page


def test_the_words_of_an_editor_stay_as_they_are_written(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    choices = {"include": "2022-004 合同额 330000 元", "exclude": "2022-001 缺少“C”须补"}
    page = text_of(browser.get(path(call), query_string=choices))
    assert ("必须入选：合同额 330000 元" in page, "不得入选：缺少“C”须补" in page) == (True, True)
    assert "2022-001按决定不入选：缺少“C”须补；2022-004按决定必须入选：合同额 330000 元" in page


def test_what_if_names_what_would_flip(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed((), size=1)
    for marks in ((90, 90, 0), (70, 70, 70)):
        round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED), *marks)
    page = text_of(browser.get(path(call)))
    assert "去高去低 2022-001 一张工艺卡 把住出厂关 2022-002 一张工艺卡 把住出厂关" in page
    tried = text_of(browser.get(path(call) + "?method=trimmed"))
    assert ("不能记录" in tried, "记录遴选结果" in tried) == (True, False)


def test_another_method_or_fewer_quotas_can_be_tried_and_not_recorded(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed(quotas=[{"attribute": "province", "max": 1}])
    for query in ("", "?method=none"):
        assert "省份（每一个）至多 1 篇" in text_of(browser.get(path(call) + query))
    for query in ("?without=0", "?without=0&method=trimmed"):
        page = browser.get(path(call) + query)
        assert rows(page.get_data(as_text=True))[1] == ("2022-002", "入选")
        assert "不能记录" in text_of(page)
        assert "记录遴选结果" not in text_of(page)


def test_the_pick_is_recorded_with_its_choices(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    assert record(browser, call, include="２０２２-００４ 填补空白\n", exclude="2022-001  失实") == 303
    assert round_.selected(call) == ["2022-002", "2022-004"]
    assert "入选 2 篇" in text_of(browser.get(path(call)))


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"include": "2022-004"}, 400, "必须入选的 2022-004 后面没有写原因。"),
        ({"exclude": "2022-001 失实\n2022-004"}, 400, "不得入选的 2022-004 后面没有写原因。"),
        (
            {"include": "2022-004 好", "exclude": "2022-004 失实"},
            400,
            "2022-004 既写在必须入选里，又写在不得入选里。",
        ),
        ({"include": "2022-009 好"}, 400, "没有编号为“2022-009”的已受理申报。"),
        ({"version": "0"}, 409, "这一项刚被"),
        ({"version": "x"}, 409, "这一项刚被"),
    ],
)
def test_what_is_in_the_way_is_said_and_what_was_typed_stays(
    round_: SitePublishing, browser: FlaskClient, fields: dict[str, str], status: int, said: str
) -> None:
    call = round_.closed()
    page = browser.get(path(call)).get_data(as_text=True)
    answer = send(browser, path(call), **{"version": version(page), **fields})
    assert (answer.status_code, said in text_of(answer)) == (status, True)
    assert fields.get("include", "") in answer.get_data(as_text=True)
    assert round_.selected(call) == []


def test_quotas_that_collide_are_said_on_the_page(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed(quotas=[{"attribute": "province", "max": 1}])
    answer = browser.get(path(call))
    assert answer.status_code == 200
    assert "单这一条名额约束就满足不了：省份（每一个）至多 1 篇。" in text_of(answer)


def test_the_file_can_be_replayed_on_another_machine(
    round_: SitePublishing, browser: FlaskClient, tmp_path: Path
) -> None:
    call = round_.closed()
    assert browser.get(f"/desk/calls/{call.id}/decision.json").status_code == 404
    record(browser, call)
    answer = browser.get(f"/desk/calls/{call.id}/decision.json")
    assert answer.headers["Content-Disposition"] == "attachment; filename=decision-2022-4.json"
    (tmp_path / "decision.json").write_bytes(answer.data)
    assert json.loads(answer.data)["selected"] == ["2022-001", "2022-002"]
    result = CliRunner().invoke(main, ["replay", str(tmp_path / "decision.json")])
    assert (result.exit_code, result.stdout) == (0, "复核一致：4 份申报，入选 2 篇，方法 mean。\n")


def test_an_editor_with_a_tie_sees_no_figure_of_the_case_and_gets_no_file(
    round_: SitePublishing, tied: FlaskClient
) -> None:
    call = round_.closed((90, 81.5, 70))
    round_.select(call)
    assert "81.50" in text_of(round_.browser("editor").get(path(call)))
    page = text_of(tied.get(path(call)))
    assert ("81.50" in page, "您应当回避" in page, "90.00" in page) == (False, True, True)
    assert ("/decision.json" in tied.get(path(call)).text, "请由其他编辑下载" in page) == (False, True)
    answer = tied.get(f"/desk/calls/{call.id}/decision.json")
    assert (answer.status_code, "81.5" in text_of(answer)) == (403, False)


def told_beside_the_form(page: str) -> str:
    """What stands in the first column, before the forms."""
    column = page[page.index('<div class="stack">') : page.index('<aside class="beside" aria-label="办理">')]
    return " ".join(re.sub(r"<[^>]+>", " ", column).split())


def test_the_first_column_says_why_there_is_nothing_to_compare(
    round_: SitePublishing, tied: FlaskClient, browser: FlaskClient
) -> None:
    call = round_.closed()
    pages = [each.get(path(call)).get_data(as_text=True) for each in (browser, tied)]
    assert [told_beside_the_form(page) for page in pages] == [
        "入选的都按名次：没有哪一篇因名额约束、合议或指定而让位。",
        "您应当回避其中的 1 份申报 它们的得分和名次不显示。也不能试算别的方法、约束和名单，免得由此推知；请由其他编辑试算。",
    ]
    assert ['id="try"' in page for page in pages] == [True, False]


def test_a_submission_the_editor_is_tied_to_has_no_place_and_leaves_no_gap(
    round_: SitePublishing, tied: FlaskClient
) -> None:
    call = round_.closed()
    page = tied.get(path(call)).get_data(as_text=True)
    assert rows(page) == [("2022-001", "入选"), ("2022-003", ""), ("2022-004", "")]
    assert re.findall(r"<td>(\d)</td>\s*<td class=\"title\">", page) == ["1", "2", "3"]
    after = page[page.index("</table>", page.index('<table class="ranking">')) :]
    assert ("2022-002　第二号案例" in after, "您应当回避（" in after) == (True, True)


def test_what_follows_from_every_figure_is_not_shown_to_an_editor_with_a_tie(
    round_: SitePublishing, tied: FlaskClient, browser: FlaskClient
) -> None:
    call = round_.closed(quotas=[{"attribute": "province", "max": 1}], size=1)
    parts = ("入选概率</th>", 'id="costs"', 'id="flips"', 'name="without"')
    assert [part in browser.get(path(call)).get_data(as_text=True) for part in parts] == [True] * 4
    assert [part in tied.get(path(call)).get_data(as_text=True) for part in parts] == [False] * 4


def test_swaps_are_not_shown_to_an_editor_with_a_tie(
    round_: SitePublishing, tied: FlaskClient, browser: FlaskClient
) -> None:
    call = round_.closed((), quotas=[{"attribute": "province", "max": 1}])
    for place, (mark, region) in enumerate(((90, "330400"), (80, "330400"), (70, "440300"))):
        firm = f"甲{place}厂"
        round_.reviewed(round_.submission(call, SubmissionState.ACCEPTED, region=region, firm=firm), mark)
    assert "替换" in text_of(browser.get(path(call)))
    page = text_of(tied.get(path(call)))
    assert ("替换" in page, "让位" in page, "您应当回避" in page) == (False, False, True)


@pytest.mark.parametrize("query", ["method=trimmed", "without=0", "exclude=2022-001 失实", "include=2022-004 填补空白"])
def test_an_editor_with_a_tie_tries_nothing_out(
    round_: SitePublishing, tied: FlaskClient, browser: FlaskClient, query: str
) -> None:
    call = round_.closed(quotas=[{"attribute": "province", "max": 3}])
    assert '<table class="ranking">' in browser.get(f"{path(call)}?{query}").get_data(as_text=True)
    answer = tied.get(f"{path(call)}?{query}")
    assert "您应当回避其中的 2022-002，不能试算别的方法、约束和名单。" in text_of(answer)
    assert '<table class="ranking">' not in answer.get_data(as_text=True)


def test_regions_and_industries_that_stand_in_the_way_go_by_their_names(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed(quotas=[{"attribute": "industry", "value": "C22", "min": 2}])
    words = text_of(browser.get(path(call)))
    assert ("行业“造纸和纸制品业”至少 2 篇" in words, "C22" in words) == (True, False)
    other = round_.closed((90, 80), batch=5)
    round_.add("near", Role.EDITOR, province="330000")
    near = round_.browser_of_new("near")
    number = round_.numbered("2022-005")
    said = [text_of(near.get(address)) for address in (path(other), f"/desk/submissions/{number.id}")]
    known = ("与申报同属一个省份", "与申报同属浙江省")
    assert [reason in each for reason, each in zip(known, said, strict=True)] == [True, True]


def test_an_editor_with_a_tie_records_what_the_rules_give_and_nothing_else(
    round_: SitePublishing, tied: FlaskClient
) -> None:
    call = round_.closed()
    for side in ("include", "exclude"):
        assert record(tied, call, **{side: "2022-001 失实"}) == 403
    assert round_.selected(call) == []
    assert record(tied, call) == 303
    assert round_.selected(call) == ["2022-001", "2022-002"]


@pytest.mark.parametrize("state", [CallState.SCREENING, CallState.REVIEWING])
def test_before_review_is_over_there_is_nothing_to_see(
    round_: SitePublishing, browser: FlaskClient, state: CallState
) -> None:
    call = round_.closed()
    round_.now_in(state, call)
    page = text_of(browser.get(path(call)))
    assert ("评审结束以后才能遴选" in page, "90.00" in page) == (True, False)


def test_after_the_notice_the_recorded_pick_is_shown_from_its_file(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, _ = round_.announced()
    round_.review(round_.numbered("2022-004"), "expert09", 100.0)
    page = browser.get(path(call)).get_data(as_text=True)
    assert rows(page)[:2] == [("2022-001", "入选"), ("2022-002", "入选")]
    assert ("试算" in text_of(browser.get(path(call))).replace("试算结果", ""), "记录的结果" in page) == (False, True)


def test_a_pick_that_is_no_longer_of_the_data_says_so(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    round_.select(call)
    with round_.doing("zhejiang") as who:
        row = who["session"].merge(round_.numbered("2022-002"))
        submissions.withdraw(**who, submission=row, expected_version=row.version, reason="不参加了")
    assert "上次记录遴选以后，评审、申报、异议或规则又有变动" in text_of(browser.get(path(call)))


@pytest.mark.parametrize("username", ["", "zhejiang", "expert01", "operator"])
def test_only_editors_come_here(round_: SitePublishing, username: str) -> None:
    call = round_.closed((90, 80))
    visitor = round_.browser(username)
    for address in (path(call), f"/desk/calls/{call.id}/decision.json"):
        answer = visitor.get(address)
        assert answer.status_code == (403 if username else 303)
        assert "号案例" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same_however_many_there_are(
    round_: SitePublishing, browser: FlaskClient, count: int
) -> None:
    call = round_.closed((90, 80, 70)[:count], size=1)
    assert round_.statements(browser, path(call)) == 13


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("2022-017 好\n\n 2022-018\t很 好 ", {"2022-017": "好", "2022-018": "很 好 "}),
        ("2022-017", {"2022-017": ""}),
        ("２０２２－０１７　材料失实（见附件），不宜推广", {"2022-017": "材料失实（见附件），不宜推广"}),
    ],
)
def test_choices_are_one_a_line(text: str, found: dict[str, str]) -> None:
    assert choices(text) == found


def recorded(round_: SitePublishing, call: Call) -> list[tuple[list[tuple[str, str]], list[tuple[str, str]]]]:
    """What each pick was told must be in and must stay out, the newest first."""
    with round_.database.reading() as session:
        found = queries.list_selections(session, round_["editor"], call)
        sides = [(each.decision["include"], each.decision["exclude"]) for each in found]
    include, exclude = ([[(c["submission"], c["reason"]) for c in side[k]] for side in sides] for k in (0, 1))
    return list(zip(include, exclude, strict=True))


def test_the_page_opens_with_the_choices_of_the_record_and_records_them_again(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed()
    with round_.doing("editor") as who:
        row = who["session"].merge(round_.numbered("2022-003"))
        discussions.record(**who, submission=row, outcome="include", reason="分歧已议定", present="甲、乙")
    record(browser, call, include="2022-004 填补空白", exclude="2022-001 失实")
    page = browser.get(path(call)).get_data(as_text=True)
    assert rows(page) == [("2022-001", ""), ("2022-002", ""), ("2022-003", "入选"), ("2022-004", "入选")]
    assert "已带入上次记录的指定" in text_of(browser.get(path(call)))
    hidden = dict(re.findall(r'<input type="hidden" name="(include|exclude)" value="([^"]*)">', page))
    assert hidden == {"include": "2022-004 填补空白", "exclude": "2022-001 失实"}
    record(browser, call, **hidden)
    kept = ([("2022-003", "合议：分歧已议定"), ("2022-004", "填补空白")], [("2022-001", "失实")])
    assert recorded(round_, call) == [kept, kept]


def test_the_query_says_otherwise_than_the_record(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    record(browser, call, exclude="2022-001 失实")
    page = browser.get(path(call) + "?include=&exclude=&method=mean").get_data(as_text=True)
    assert rows(page) == [("2022-001", "入选"), ("2022-002", "入选"), ("2022-003", ""), ("2022-004", "")]
    assert "已带入上次记录的指定" not in page
    page = browser.get(path(call) + "?method=trimmed").get_data(as_text=True)
    assert rows(page) == [("2022-001", ""), ("2022-002", "入选"), ("2022-003", "入选"), ("2022-004", "")]


def test_a_choice_of_the_record_that_left_the_round_is_not_carried_on(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed()
    record(browser, call, include="2022-004 填补空白", exclude="2022-001 失实")
    with round_.doing("zhejiang") as who:
        row = who["session"].merge(round_.numbered("2022-004"))
        submissions.withdraw(**who, submission=row, expected_version=row.version, reason="不参加了")
    page = browser.get(path(call)).get_data(as_text=True)
    assert rows(page) == [("2022-001", ""), ("2022-002", "入选"), ("2022-003", "入选")]


def test_a_choice_of_the_record_that_a_later_panel_discussion_contradicts_is_not_carried_on(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call = round_.closed()
    record(browser, call, include="2022-004 填补空白", exclude="2022-001 失实")
    with round_.doing("editor") as who:
        for number, outcome in (("2022-001", "include"), ("2022-004", "exclude")):
            row = who["session"].merge(round_.numbered(number))
            discussions.record(**who, submission=row, outcome=outcome, reason="已议定", present="甲、乙")
    page = browser.get(path(call)).get_data(as_text=True)
    assert rows(page) == [("2022-001", "入选"), ("2022-002", "入选"), ("2022-003", ""), ("2022-004", "")]


def test_an_editor_with_a_tie_is_not_shown_the_choices_of_another_when_the_trial_fails(
    round_: SitePublishing, tied: FlaskClient, browser: FlaskClient
) -> None:
    call = round_.closed()
    record(browser, call, exclude="2022-001 失实")
    with round_.doing("zhejiang") as who:
        for number in ("2022-003", "2022-004"):
            row = who["session"].merge(round_.numbered(number))
            submissions.withdraw(**who, submission=row, expected_version=row.version, reason="不参加了")
    pages = [each.get(path(call)).get_data(as_text=True) for each in (tied, browser)]
    assert ["要选 2 篇，可选的只有 1 篇。" in page for page in pages] == [True, True]
    assert ["2022-001 失实" in page for page in pages] == [False, True]
    assert ["请由其他编辑下载" in page for page in pages] == [True, False]


def test_an_editor_with_a_tie_does_not_record_over_the_choices_of_another(
    round_: SitePublishing, tied: FlaskClient, browser: FlaskClient
) -> None:
    call = round_.closed()
    record(browser, call, exclude="2022-001 失实")
    page = tied.get(path(call))
    assert rows(page.get_data(as_text=True)) == [("2022-001", ""), ("2022-003", "入选"), ("2022-004", "")]
    assert "上次记录里有指定入选或不入选的，请由其他编辑记录。" in text_of(page)
    assert 'name="exclude"' not in page.get_data(as_text=True)


def test_the_newest_pick_is_the_one_that_counts(round_: SitePublishing, browser: FlaskClient) -> None:
    call = round_.closed()
    record(browser, call)
    record(browser, call, exclude="2022-001 失实")
    with round_.database.reading() as session:
        assert len(queries.list_selections(session, round_["editor"], call)) == 2
    assert json.loads(browser.get(f"/desk/calls/{call.id}/decision.json").data)["selected"] == ["2022-002", "2022-003"]
