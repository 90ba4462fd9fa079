"""Writing a case in a real browser: from the editor's new call to what is kept when the line is down."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, sign_in
from tests.review.test_word import document, paragraph

IDLE, RETRY = 8000, 20_000
"""Milliseconds after the last stroke until the form keeps itself, and after a failure until it tries again."""


@pytest.fixture(scope="module")
def call(browser: Browser, site: str) -> str:
    """The number of a call that an editor has opened."""
    with browser.new_context(locale="zh-CN") as context:
        visit = Visit(context, site)
        page = sign_in(visit, "editor")
        visit.go("/desk/calls/new")
        page.get_by_label("名称").fill("浏览器里的征集")
        page.get_by_label("征集截止日期").fill("2099-09-30")
        page.get_by_role("button", name="新建征集").click()
        page.get_by_role("button", name="开始征集").click()
        number: str = re.findall(r"\d+", page.url)[-1]
    return number


def begin(visit: Visit, call: str) -> Page:
    """The form of a new draft in the call."""
    page = sign_in(visit, "zhejiang")
    visit.go(f"/submit/calls/{call}/new").get_by_role("button", name="开始填写").click()
    page.wait_for_selector("#checks")
    return page


@pytest.fixture
def draft(desk: Visit, call: str) -> Page:
    """Such a form, with JavaScript and a clock that a test may move on."""
    page = begin(desk, call)
    page.clock.install()
    return page


def end_session(visit: Visit) -> None:
    """As after twelve idle hours; an answer that is still on its way would bring the cookie back."""
    visit.page.wait_for_load_state("networkidle")
    visit.context.clear_cookies()


def sign_in_elsewhere(visit: Visit, username: str) -> None:
    """In another window of the same browser."""
    elsewhere = Visit(visit.context, visit.site)
    sign_in(elsewhere, username)
    elsewhere.page.close()


def test_what_is_written_is_checked_and_kept_by_itself(draft: Page) -> None:
    expect(draft.locator("#checks")).to_have_text(re.compile("还有 .* 处要补正"))
    draft.get_by_label("标题").fill("一张工艺卡")
    draft.locator("#f-body").fill("## 做法\n\n**首件**必检。")
    draft.get_by_text("预览正文").click()
    expect(draft.locator("#beside .prose strong")).to_have_text("首件")
    draft.clock.fast_forward(IDLE)
    expect(draft.locator("#saved")).to_have_text(re.compile("已自动保存"))
    draft.reload()
    expect(draft.get_by_label("标题")).to_have_value("一张工艺卡")
    expect(draft.locator("#kept")).to_be_hidden()


def test_a_box_ticked_in_the_preview_is_no_change_of_the_case(draft: Page) -> None:
    draft.locator("#f-body").fill("- □ 首件检验")
    draft.get_by_text("预览正文").click()
    box = draft.locator("#beside").get_by_label("首件检验")
    expect(box).to_be_visible()
    draft.clock.fast_forward(IDLE)
    expect(draft.locator("#saved")).to_have_text(re.compile("已自动保存"))
    box.check()
    draft.evaluate("window.dispatchEvent(new Event('pagehide'))")
    assert draft.evaluate("localStorage.length") == 0


def test_what_is_written_without_a_line_is_offered_again(draft: Page) -> None:
    draft.context.set_offline(True)
    draft.get_by_label("企业名称").fill("断网时写的企业")
    draft.clock.fast_forward(IDLE)
    expect(draft.locator("#saved")).to_have_text(re.compile("已留在这台电脑上"))
    draft.context.set_offline(False)
    draft.goto(draft.url)
    expect(draft.get_by_label("企业名称")).to_have_value("")
    draft.get_by_role("button", name="恢复到表单").click()
    expect(draft.get_by_label("企业名称")).to_have_value("断网时写的企业")


def test_a_body_from_a_word_file_is_not_offered_to_be_undone(draft: Page) -> None:
    draft.locator("#f-body").fill("旧稿。")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    draft.locator("#f-word").set_input_files(
        {"name": "a.docx", "mimeType": kind, "buffer": document(paragraph("新稿。"))}
    )
    draft.get_by_role("button", name="换成文稿").click()
    expect(draft.get_by_text("正文已换成“a.docx”的内容")).to_be_visible()
    expect(draft.locator("#f-body")).to_have_value("新稿。\n")
    expect(draft.locator("#kept")).to_be_hidden()
    assert draft.evaluate("localStorage.length") == 0


def test_a_row_for_another_figure_is_added_and_kept(draft: Page) -> None:
    draft.get_by_role("button", name="加一行").click()
    last = draft.locator("[name=metric-name]").last
    last.fill("返工率")
    draft.get_by_role("button", name="保存", exact=True).last.click()
    expect(draft.get_by_text("已保存。")).to_be_visible()
    expect(draft.locator("[name=metric-name]").first).to_have_value("返工率")


def test_figures_that_the_server_writes_otherwise_are_not_offered_again(draft: Page) -> None:
    typed, shown = ["98", "98.20", "−1,200%"], ["98", "98.2", "-1200"]
    for name, value in zip(("before", "after", "change"), typed, strict=True):
        draft.locator(f"[name=metric-{name}]").first.fill(value)
    draft.get_by_role("button", name="保存", exact=True).last.click()
    expect(draft.get_by_text("已保存。")).to_be_visible()
    fields = [draft.locator(f"[name=metric-{name}]").first for name in ("before", "after", "change")]
    assert [field.input_value() for field in fields] == shown
    expect(draft.locator("#kept")).to_be_hidden()
    assert draft.evaluate("localStorage.length") == 0


def test_a_quota_typed_into_an_added_row_is_kept(desk: Visit) -> None:
    page = sign_in(desk, "editor")
    desk.go("/desk/calls/new")
    page.get_by_label("名称").fill("有名额约束的征集")
    page.get_by_label("征集截止日期").fill("2099-09-30")
    page.get_by_role("button", name="加一行").last.click()
    page.get_by_label("上限").last.fill("7")
    page.locator("form.sheet button.button").last.click()
    page.get_by_role("link", name="修改说明和规则").click()
    rows = [page.locator(f"[name=quota-{name}]").first.input_value() for name in ("attribute", "value", "min", "max")]
    assert rows == ["province", "", "", "7"]


def test_another_size_of_letters_without_javascript_leads_to_the_form_and_not_to_what_only_answers_it(
    plain: Visit, call: str
) -> None:
    page = begin(plain, call)
    form = page.url
    page.get_by_role("button", name="预览", exact=True).click()
    page.wait_for_url("**/preview")
    page.get_by_role("button", name="长者模式").click()
    expect(page.locator("html")).to_have_attribute("data-elder", "")
    assert page.url == form


def test_what_was_written_before_the_session_ended_is_kept_by_itself_after_signing_in_again(
    desk: Visit, draft: Page
) -> None:
    end_session(desk)
    draft.get_by_label("企业名称").fill("过期时写的企业")
    said = draft.locator("#saved")
    draft.clock.fast_forward(IDLE)
    expect(said).to_have_text(re.compile("登录已经过期。请在另一个窗口登录。您写的内容已留在"))
    sign_in_elsewhere(desk, "zhejiang")
    draft.clock.fast_forward(RETRY)
    expect(said).to_have_text(re.compile("已自动保存"))
    draft.reload()
    expect(draft.get_by_label("企业名称")).to_have_value("过期时写的企业")


@pytest.mark.parametrize("kind", ["desk", "plain"])
def test_a_form_sent_after_the_session_ended_is_sent_again_by_reloading(
    request: pytest.FixtureRequest, call: str, kind: str
) -> None:
    visit: Visit = request.getfixturevalue(kind)
    page = begin(visit, call)
    page.get_by_label("标题").fill("过期时写的标题")
    end_session(visit)
    page.get_by_role("button", name="保存", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("您还没有登录，或者登录已经过期")
    sign_in_elsewhere(visit, "zhejiang")
    page.reload()
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_label("标题")).to_have_value("过期时写的标题")
