"""What blind review hides: names in every form a text may use, links, files, and marks that tell nothing."""

from typing import Any

import pytest

from caselib.content.rendering import render
from caselib.people import Actor, Role
from caselib.review import blinding
from caselib.review.blinding import Mask, View, order_mark, organisation_forms, text_mark, view
from caselib.review.models import Call, Revision, Submission
from caselib.review.texts import columns, digest
from tests.growth import BOUNDED, growth
from tests.review.reviewing import rules
from tests.review.rounds import BODY, FRONT, TAXONOMY

REAL: dict[str, Any] = {
    **FRONT,
    "title": "华美包装：一张工艺卡 把住出厂关",
    "firm": "浙江嘉兴华美包装（集团）有限公司",
    "certifier": "北京中兴信诚认证有限公司",
    "submitter": "浙江省市场监督管理局",
    "summary": "嘉兴的华美包装把返工率降了一半。",
    "problems": ["quality-awareness", "浙江嘉兴华美"],
    "guides": ["zhejiang-packaging-2022"],
    "source": "华美包装内部资料",
    "linkman": "王经理",
    "metrics": [{"name": "华美牌纸箱合格率", "unit": "%", "before": 98.2, "after": 99.8, "note": "华美"}],
}


def seen(blind: str, body: str = BODY, also: tuple[str, ...] = (), **front: Any) -> View:
    front = {**REAL, **front}
    submission = Submission(id=7, call_id=1, owner_id=1, number="2022-017", **columns(front))
    revision = Revision(submission_id=7, number=3, front=front, body=body, digest=digest(front, body), sent=True)
    call = Call(year=2022, title="征集", batch=3, rules=rules(blind), deadline=None)
    return view(call, submission, revision, TAXONOMY, also=also)


@pytest.mark.parametrize("blind", ["none", "single"])
def test_without_double_blind_everything_of_the_submission_is_seen(blind: str) -> None:
    body = "华美包装 [官网](https://huamei.cn) 电话 0573-82223333"
    rest = {key: value for key, value in REAL.items() if key not in ("title", "summary")}
    assert seen(blind, body) == View("2022-017", REAL["title"], REAL["summary"], body, rest, True)


def test_double_blind_keeps_known_keys_only() -> None:
    assert seen("double").front == {
        "year": "2022",
        "firm_size": "小型",
        "industry": ["C23"],
        "problems": ["quality-awareness"],
        "measures": [],
        "effects": [],
        "metrics": [{"name": "〔企业〕牌纸箱合格率", "unit": "%", "before": 98.2, "after": 99.8}],
    }


def test_a_name_in_a_place_for_a_choice_or_a_figure_is_not_seen_either() -> None:
    metrics = [{"name": "合格率", "unit": "华美牌%", "before": "华美 98", "after": 99}, "华美"]
    shown = seen("double", firm_size="华美小型", problems=["quality-awareness", 7, {"华美": 1}], metrics=metrics).front
    assert (shown["firm_size"], shown["problems"], shown["metrics"]) == (
        "〔企业〕小型",
        ["quality-awareness"],
        [{"name": "合格率", "unit": "〔企业〕牌%", "after": 99}],
    )


def test_double_blind_masks_title_and_summary_and_shows_neither_number_nor_attachments() -> None:
    shown = seen("double")
    assert (shown.number, shown.title, shown.summary, shown.attachments) == (
        "",
        "〔企业〕：一张工艺卡 把住出厂关",
        "〔地区〕的〔企业〕把返工率降了一半。",
        False,
    )


def test_a_way_to_reach_somebody_is_masked_outside_the_text_too() -> None:
    shown = seen("double", title="见 huamei.cn", summary="电话 0573-82223333", metrics=[{"name": "见 a@huamei.cn"}])
    assert (shown.title, shown.summary, shown.front["metrics"]) == (
        "见 〔网址〕",
        "电话 〔电话〕",
        [{"name": "见 〔邮箱〕", "unit": ""}],
    )


@pytest.mark.parametrize("region", ["330000", "330100", "330400"])
def test_double_blind_masks_every_city_of_the_province(region: str) -> None:
    shown = seen("double", "嘉兴市秀洲区，与台州同行；学苏州。", region=region, title="嘉兴纸箱厂提升合格率")
    assert (shown.title, shown.body) == ("〔地区〕纸箱厂提升合格率", "〔地区〕秀洲区，与〔地区〕同行；学苏州。")


@pytest.mark.parametrize(("place", "region"), [("北京市", "110100"), ("重庆市", "500200")])
def test_what_stands_for_no_place_in_a_municipality_is_not_masked(place: str, region: str) -> None:
    assert seen("double", f"{place}的市辖区、县", region=region).body == "〔地区〕的市辖区、县"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("浙江嘉兴华美包装（集团）有限公司是小企业", "〔企业〕是小企业"),
        ("浙江嘉兴华美包装(集团)有限公司", "〔企业〕"),
        ("嘉兴华美包装有限公司", "〔地区〕〔企业〕"),
        ("华美包装", "〔企业〕"),
        ("华美公司的做法", "〔企业〕公司的做法"),
        ("华**美**包 装", "〔企业〕"),
        ("华\u200b美包装", "〔企业〕"),
        ("华•美·包`装", "〔企业〕"),
        ("华_美~包^装", "〔企业〕"),
        ("华\\美包装", "〔企业〕"),
        ("华&#32654;包装", "〔企业〕"),
        ("华&#x7F8E;包装", "〔企业〕"),
        ("华美包&#35013;厂", "〔企业〕厂"),
        ("华<b>美</b>包装", "〔企业〕"),
        ("华<!-- 空 -->美包装", "〔企业〕"),
        ("中兴信诚认证", "〔认证机构〕"),
        ("中兴信诚认证有限公司", "〔认证机构〕"),
        ("浙江省市场监督管理局", "〔报送单位〕"),
        ("省市场监督管理局的同志", "省〔报送单位〕的同志"),
        ("浙江省嘉兴市南湖区", "〔地区〕〔地区〕南湖区"),
        ("浙 江", "〔地区〕"),
        ("![华美厂房](华美.png)", "〔图片〕"),
        ("[![图](a.png)](https://x.cn)", "〔图片〕"),
        ("![图][huamei]", "〔图片〕"),
        ('[官网](https://huamei.cn/关于(一).html "华美")', "官网"),
        ('[官网][hm]\n\n[hm]: https://huamei.cn "华美"', "[官网][hm]\n\n"),
        ("见 https://huamei.cn/a?b=1，很好", "见 〔网址〕，很好"),
        ("见 www.huamei.com.cn 首页", "见 〔网址〕 首页"),
        ("见 huamei.com.cn 首页", "见 〔网址〕 首页"),
        ("见 huamei.中国 首页", "见 〔网址〕 首页"),
        ("见 ftp://huamei/a 首页", "见 〔网址〕 首页"),
        ("<https://huamei.cn>", ""),
        ("写信到 wang@huamei.cn。", "写信到 〔邮箱〕。"),
        ("电话 13812345678，", "电话 〔电话〕，"),
        ("电话 138 1234 5678", "电话 〔电话〕"),
        ("电话 010 82223333", "电话 〔电话〕"),
        ("电话 05738222333", "电话 〔电话〕"),
        ("电话 0573-82223333", "电话 〔电话〕"),
        ("电话 400-123-4567，", "电话 〔电话〕，"),
        ("电话 4001234567", "电话 〔电话〕"),
        ("电话（0573）82223333", "电话〔电话〕"),
        ("电话 (010) 8222-3333", "电话 〔电话〕"),
        ("电话０５７３－８２２２３３３３；手机１３８ １２３４ ５６７８", "电话〔电话〕；手机〔电话〕"),
        ("手机 138—1234—5678", "手机 〔电话〕"),
        ("Tel.0573-82223333.", "Tel.〔电话〕."),
        ("代码 91330400MA28A1234X 的", "代码 〔代码〕 的"),
        ('<img src=x alt="华美">', ""),
        ("<script>华美</script>", "〔企业〕"),
        ("华美人都说好", "〔企业〕人都说好"),
    ],
)
def test_every_way_of_telling_who_it_is_is_masked(text: str, masked: str) -> None:
    assert seen("double", text).body == masked


def test_a_name_in_letters_is_masked_in_any_case() -> None:
    assert seen("double", "HUAMEI packaging 好", firm="HuaMei Packaging").body == "〔企业〕 好"


def test_what_tells_nothing_stays_as_it_was_written() -> None:
    body = "## 做法\n\n- 工艺卡 **每道** 一张\n- 合格率 98.2% → 99.8%，a < b，系数 0.13812345678\n\n| 项 | 数 |\n|---|---|\n| 人均产量 | 145.7 |\n\n脚注[^1]\n\n[^1]: 注。\n"
    assert seen("double", body).body == body


def test_names_of_the_sending_account_are_masked_too() -> None:
    assert seen("double", "由嘉禾质量协会推荐", also=("嘉禾质量协会",)).body == "由〔报送单位〕推荐"


def test_a_rendered_blind_text_leads_nowhere() -> None:
    body = BODY + "[a](https://x.cn) ![b](b.png) <a href='https://y.cn'>y</a> <img src='z.png'> https://w.cn\n"
    html = render(seen("double", body).body, base_url="/review/1/").html
    assert [word for word in ("href", "src", "x.cn", "y.cn", "w.cn", "png") if word in html] == []


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("", []),
        ("某厂", []),
        ("甲有限公司", ["甲有限公司"]),
        ("包装厂", ["包装厂"]),
        ("甲乙丙有限公司", ["甲乙丙有限公司", "甲乙丙"]),
        ("中国质量认证中心", ["中国质量认证中心", "中国质量认证"]),
        ("华美种植专业合作社", ["华美种植专业合作社", "华美种植专业", "华美"]),
        ("正衡认证事务所", ["正衡认证事务所", "正衡认证", "正衡"]),
        ("华美包装有限公司", ["华美包装有限公司", "华美包装", "华美"]),
        ("华美有限公司", ["华美有限公司", "华美"]),
        ("华美集团", ["华美集团", "华美"]),
        ("华美研究院", ["华美研究院", "华美研究", "华美"]),
        ("华美检验所", ["华美检验所", "华美检验", "华美"]),
        ("华美检验局", ["华美检验局", "华美检验", "华美"]),
    ],
)
def test_the_forms_of_a_name(name: str, forms: list[str]) -> None:
    assert organisation_forms(name) == forms


@pytest.mark.parametrize(
    ("firm", "text"),
    [
        ("嘉兴精密机械有限公司", "精密加工，机械手上料"),
        ("嘉兴包装厂", "包装线"),
        ("嘉兴食品有限公司", "食品级材料"),
        ("浙江嘉兴某包装有限公司", "某道工序"),
    ],
)
def test_common_words_are_not_taken_for_a_trade_name(firm: str, text: str) -> None:
    assert seen("double", text, firm=firm).body == text


def test_a_mask_without_names_changes_nothing() -> None:
    assert Mask({}).markdown("[a](b) <b>") == "[a](b) <b>"


def test_a_hostile_text_is_masked_in_a_time_bounded_by_its_size() -> None:
    def mask(size: int) -> str:
        text = "[" * size + "(" * size + "华" * size + "<a" * (size // 2) + "![" * (size // 2)
        return seen("double", text).body

    assert growth(mask, 2_000) < BOUNDED


@pytest.mark.parametrize("again", ["a", "a.", "a-", "a@", "@a", "1"])
def test_a_long_run_of_letters_is_masked_in_a_time_bounded_by_its_size(again: str) -> None:
    assert growth(lambda size: seen("double", again * size), 5_000) < BOUNDED
    assert seen("double", again * 50_000).body == again * 50_000


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("a.b-c+d_e%f@x-y.example.com.cn", "〔邮箱〕"),
        ("a@b.cn_c@d.cn", "〔邮箱〕〔邮箱〕"),
        (f"{'a' * 64}＠{'b' * 64}.cn", "〔邮箱〕"),
        ("a@b, c@d", "a@b, c@d"),
        (f"{'a' * 63}.{'b.' * 6}com-x", "〔网址〕-x"),
        ("a.com.b.cnx", "〔网址〕.b.cnx"),
    ],
)
def test_addresses_of_every_length(text: str, masked: str) -> None:
    assert seen("double", text).body == masked


def test_marks_depend_on_the_key_the_expert_and_the_text_and_tell_none_of_them() -> None:
    one, two = (Actor(number, f"e{number}", "专家", frozenset({Role.EXPERT})) for number in (1, 2))
    submission = Submission(id=7, call_id=1, owner_id=1)
    revision = Revision(submission_id=7, number=1, digest="d" * 64)
    other = Revision(submission_id=7, number=2, digest="e" * 64)
    marks = [
        text_mark("k", one, revision),
        text_mark("K", one, revision),
        text_mark("k", two, revision),
        text_mark("k", one, other),
        order_mark("k", one, submission),
        order_mark("k", two, submission),
    ]
    assert len(set(marks)) == 6
    assert {len(mark) for mark in marks} == {32}
    assert blinding.mark("k", "text", 1, 7, "d" * 64) == marks[0]
