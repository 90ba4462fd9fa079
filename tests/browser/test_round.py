"""A whole round in a real browser: an editor, a submitter and experts take a call to a batch, and a reader finds its case."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect

from caselib import db
from caselib.config import Settings
from caselib.db import Database
from caselib.people.queries import get_account
from caselib.publishing.actions.notices import announce
from caselib.review.calendar import today
from caselib.review.models import Call
from tests.browser.conftest import Visit, sign_in, sign_out

TITLE = "浏览器里的征集"
CASES = {
    "七道工序挂牌检验 莲蓬头不再渗水": ("浙江清泉洁具有限公司", "莲蓬头渗水", 0.9),
    "标准样件进车间 色差一眼看得出": ("浙江青禾纸品有限公司", "印刷色差", 0.7),
    "交接班对着清单说 错漏少了一半": ("浙江知行仪表有限公司", "交接错漏", 0.5),
}
"""Title → firm, its trouble, and the share of full marks that experts give."""
BEST = next(iter(CASES))
BATCH = 77
"""Of no other call here."""
BODY = """## 企业概况

主要生产小件产品，以销定产。

## 问题

{trouble}的情况每月都有，原因说不清楚。

## 做法

每道工序交接时各检一次，谁检谁挂牌，有问题当场停下。

## 成效

半年以后，{trouble}的投诉明显减少。

## 可借鉴之处

先把容易出错的地方列出来，再一处一处补上。
"""
PNG = b"\x89PNG\r\n\x1a\n" + b"a picture of a card"


def opened_call(desk: Visit) -> str:
    """The number of a small call that the editor makes and opens."""
    page = sign_in(desk, "editor")
    desk.go("/desk/calls/new")
    page.get_by_label("名称").fill(TITLE)
    page.get_by_label("征集截止日期").fill("2099-09-30")
    page.get_by_label("评审截止日期").fill("2099-12-31")
    for label, value in (
        ("批次", BATCH),
        ("正文最少字数", 50),
        ("每份申报的评审数", 2),
        ("入选篇数", 1),
        ("公示天数", 1),
    ):
        page.get_by_label(label).fill(str(value))
    page.get_by_label("盲审").select_option("double")
    page.get_by_role("button", name="新建征集").click()
    page.get_by_role("button", name="开始征集").click()
    expect(page.locator(".page-head .state")).to_have_text("征集中")
    number: str = re.findall(r"\d+", page.url)[-1]
    sign_out(desk)
    return number


def write(desk: Visit, call: str, title: str) -> None:
    """One submission written in the form, checked and sent; the best has an attachment."""
    firm, trouble, _ = CASES[title]
    page = desk.go(f"/submit/calls/{call}/new")
    page.get_by_role("button", name="开始填写").click()
    if title == BEST:
        page.locator("#f-attachment").set_input_files({"name": "工艺卡.png", "mimeType": "image/png", "buffer": PNG})
        page.get_by_role("button", name="上传附件").click()
        expect(page.get_by_role("link", name="工艺卡.png")).to_be_visible()
    page.get_by_label("标题").fill(title)
    page.get_by_label("企业名称").fill(firm)
    page.get_by_label("企业规模").select_option("小型")
    page.get_by_label("所在地区").select_option("330400")
    page.get_by_label("主要行业").select_option("C33")
    page.locator("#f-body").fill(BODY.format(trouble=trouble))
    for name, value in (("name", "投诉件数"), ("unit", "件"), ("before", "12"), ("after", "3")):
        page.locator(f"[name=metric-{name}]").first.fill(value)
    page.get_by_role("button", name="保存并检查，准备报送").click()
    page.get_by_role("button", name="确认报送").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def accept_all(page: Page, desk: Visit, call: str) -> None:
    """Screening is over: everything is accepted, at once, after a look at what will be touched."""
    desk.go(f"/desk/calls/{call}/submissions")
    for title in CASES:
        page.get_by_role("row").filter(has_text=title).get_by_role("checkbox").check()
    page.get_by_role("button", name="受理选中的", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("受理：3 份")
    page.get_by_role("button", name="受理这 3 份", exact=True).click()
    expect(page.locator("td .state")).to_have_text(["已受理"] * 3)


def assign(page: Page, desk: Visit, call: str) -> set[str]:
    """The call is closed, a plan proposed and applied, review begun; the user names of the experts."""
    desk.go(f"/desk/calls/{call}")
    unfold(page, "截止征集")
    page.get_by_label("原因").first.fill("各省都已报送。")
    page.get_by_role("button", name="截止征集").click()
    expect(page.locator(".page-head .state")).to_have_text("形式审查")
    desk.go(f"/desk/calls/{call}/assignment").get_by_role("button", name="提出方案").click()
    expect(page.get_by_text("都是 2 份")).to_be_visible()
    page.get_by_role("button", name="采用这份分派").click()
    expect(page.get_by_text("新增 6 项")).to_be_visible()
    experts = {f"expert{number}" for number in re.findall(r"示例专家(\d\d)", page.locator(".seats").inner_text())}
    unfold(page, "开始评审")
    page.get_by_role("button", name="开始评审").click()
    expect(page.locator(".page-head .state")).to_have_text("评审中")
    return experts


def judge(desk: Visit, expert: str) -> int:
    """Everything that this expert has in the call is scored and submitted; how many that were."""
    page = sign_in(desk, expert)
    desk.go("/review/")
    links = page.get_by_role("region", name=TITLE).locator(".works a").all()
    addresses = [str(link.get_attribute("href")) for link in links]
    for address in addresses:
        desk.go(address)
        title = " ".join(page.get_by_role("heading", level=1).inner_text().split())
        for criterion in page.locator("fieldset.criterion").all():
            full = float(str(criterion.get_attribute("data-max")))
            criterion.get_by_label("得分").fill(f"{full * CASES[title][2]:g}")
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.get_by_role("button", name="修改评审")).to_be_visible()
    sign_out(desk)
    return len(addresses)


def pick(page: Page, desk: Visit, call: str) -> None:
    """Review ends, and the best is picked and recorded."""
    desk.go(f"/desk/calls/{call}")
    unfold(page, "结束评审")
    page.get_by_role("button", name="结束评审").click()
    expect(page.locator(".page-head .state")).to_have_text("评审结束")
    desk.go(f"/desk/calls/{call}/selection")
    expect(page.locator("tr.in .title a")).to_have_text([re.compile(BEST)])
    page.get_by_role("button", name="记录遴选结果").click()
    expect(page.get_by_text("遴选结果已记录，入选 1 篇")).to_be_visible()


def take_notice_back(page: Page) -> None:
    unfold(page, "撤回公示")
    page.get_by_role("textbox", name="原因（对外可见）").fill("结束日期要提前。")
    page.get_by_role("button", name="撤回公示").click()
    expect(page.get_by_text("公示已撤回")).to_be_visible()


def notice_of_last_week(folder: Path, call: str) -> None:
    """A notice whose days are over, by the action that the form calls, seven days ago: nobody waits for them here."""
    then = db.now() - timedelta(days=7)
    with Database.open(Settings(content=folder / "content", data=folder / "var")).writing() as session:
        row = session.get_one(Call, int(call))
        announce(
            session=session,
            actor=get_account(session, "editor").actor,
            call=row,
            expected_version=row.version,
            starts=today(then),
            ends=today(then),
            text="现予公示。",
            now=then - timedelta(days=1),
        )


def unfold(page: Page, summary: str) -> None:
    page.locator("summary", has_text=summary).click()


def titles_found(visit: Visit, words: str) -> list[str]:
    return visit.go(f"/search?q={quote(words)}&batch={BATCH}").locator("#results h3 a").all_inner_texts()


def test_a_call_becomes_a_batch_and_a_reader_finds_its_case(desk: Visit, phone: Visit, folder: Path) -> None:
    call = opened_call(desk)
    sign_in(desk, "zhejiang")
    for title in CASES:
        write(desk, call, title)
    sign_out(desk)

    page = sign_in(desk, "editor")
    accept_all(page, desk, call)
    experts = assign(page, desk, call)
    sign_out(desk)
    assert sum(judge(desk, expert) for expert in sorted(experts)) == 6

    sign_in(desk, "editor")
    pick(page, desk, call)
    desk.go(f"/desk/calls/{call}/notice").get_by_role("button", name="开始公示").click()
    expect(page.get_by_text("还不能发布")).to_be_visible()
    phone.go("/notices/").get_by_role("listitem").filter(has_text=TITLE).get_by_role("link").click()
    expect(phone.page.locator(".selected-cases td.title")).to_have_text([BEST])
    assert titles_found(phone, "莲蓬头渗水") == []

    take_notice_back(page)
    notice_of_last_week(folder, call)
    desk.go(f"/desk/calls/{call}/notice").get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_text("已发布，共 1 篇案例")).to_be_visible()
    edges = "[['header', 'bottom'], ['main .notice', 'top']]"
    below, said = page.evaluate(f"{edges}.map(([s, edge]) => document.querySelector(s).getBoundingClientRect()[edge])")
    assert said - below == 16
    assert [titles_found(phone, CASES[title][1]) for title in CASES] == [[BEST], [], []]
    phone.page.goto(f"{phone.site}/search?q={quote('莲蓬头渗水')}")
    phone.page.get_by_role("link", name=BEST, exact=True).click()
    expect(phone.page.get_by_role("heading", level=1)).to_have_text(BEST)
    expect(phone.page.locator("main")).to_contain_text("浙江清泉洁具有限公司")
    sign_out(desk)
    sign_in(desk, "zhejiang")
    assert [outcome(desk.go("/submit/"), title) for title in CASES] == ["已入选", "未入选", "未入选"]


def outcome(page: Page, title: str) -> str:
    return page.locator(".works li", has_text=title).locator(".state").inner_text()


def test_an_expert_scores_with_the_keyboard_alone(desk: Visit) -> None:
    page = sign_in(desk, "expert01")
    started = desk.go("/review/").locator(".group:has(h3:text('评审中')) .name a").first.get_attribute("href")
    desk.go(str(started))
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('fieldset.criterion [type=number]')"):
            break
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("17.5")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # cannot be judged
    page.keyboard.press("Space")  # it can
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "save":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("已保存")).to_be_visible()
    expect(page.locator("fieldset.criterion").first.get_by_label("得分")).to_have_value("17.5")
