"""What a small firm does here, in a real browser: search, filter, read, print; by keyboard, on a phone, without scripts."""

import re
from contextlib import AbstractContextManager
from urllib.parse import unquote

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visit

CASE = "/cases/jiaxing-baozhuang-jishu-gongguan"
TITLE = "定制技术攻关方案 突破质量管理难关"


def search(page: Page, words: str) -> None:
    box = page.get_by_role("main").get_by_role("searchbox").or_(page.get_by_role("main").get_by_role("combobox"))
    box.first.fill(words)
    box.first.press("Enter")


def total(page: Page) -> int:
    return int("".join(c for c in page.locator("#found").inner_text() if c.isdigit()))


def promised(page: Page, group: str, label: str) -> int:
    """How many the box says that it leaves."""
    box = page.get_by_role("group", name=group).get_by_role("checkbox", name=label).first
    return int(re.findall(r"\d+", box.evaluate("box => box.labels[0].innerText"))[-1])


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def test_search_filter_case_and_print_view(desk: Visit) -> None:
    page = desk.go("/")
    search(page, "包装 合格率")
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    left = promised(page, "行业", "制造业")
    page.get_by_role("group", name="行业").get_by_label("制造业").first.click()
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("制造业")
    assert "industry=C" in page.url
    assert total(page) == left
    page.get_by_role("link", name=TITLE, exact=True).click()
    expect(page).to_have_url(desk.site + CASE)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation", name="主导航")).to_be_hidden()
    expect(page.get_by_text("人均产量").first).to_be_visible()


def test_on_paper_a_list_is_no_grid_which_would_be_drawn_over_itself_at_the_end_of_a_page(desk: Visit) -> None:
    grids = (
        "[...document.querySelectorAll('main *')]"
        ".filter(e => getComputedStyle(e).display === 'grid' && e.querySelector('.hit')).map(e => e.className)"
    )
    desk.page.emulate_media(media="print")
    paths = ("/", "/batches/3", "/ask?q=我家做五金冲压，客户老退货")
    assert {path: desk.go(path).evaluate(grids) for path in paths} == {path: [] for path in paths}


def test_a_box_says_how_many_and_keeps_the_focus_when_it_was_ticked(desk: Visit) -> None:
    page = desk.go("/search?q=质量")
    box = page.get_by_role("group", name="类型").get_by_role("checkbox").first
    number = page.get_by_role("group", name="类型").locator("small").first.inner_text()
    expect(box).to_have_accessible_name(f"案例 {number} 篇")
    box.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("案例")
    expect(box).to_be_checked()
    expect(box).to_be_focused()


def test_of_two_boxes_ticked_at_once_the_slow_answer_to_the_first_is_given_up(desk: Visit) -> None:
    page = desk.go("/search?q=质量")
    held: list[Route] = []
    page.route("**/search?*", lambda route: route.fallback() if held else held.append(route))
    first, second = (page.get_by_role("group", name="类型").get_by_role("checkbox").nth(place) for place in (0, 1))
    first.click()
    with page.expect_event("requestfailed") as given_up:
        second.click()
    assert given_up.value.url == held[0].request.url
    chosen = page.get_by_role("list", name="已选条件")
    expect(chosen).to_contain_text("案例")
    expect(chosen).to_contain_text("指南")
    expect(page).to_have_url(re.compile("kind=case&kind=guide"))


def test_without_a_line_the_results_stay_and_the_choice_can_be_made_again(phone: Visit) -> None:
    page = phone.go("/search?q=质量&year=2022")
    found = total(page)
    page.get_by_text(re.compile("^筛选（已选 1 项）$")).click()
    case, year = (page.get_by_role("checkbox", name=re.compile(f"^{name}")) for name in ("案例", "2022"))
    lost = page.get_by_text("没有连上网，筛选没有生效，请再点一次。")
    phone.context.set_offline(True)
    for box in (case, year):
        box.click()
        expect(lost).to_be_in_viewport()
        assert (case.is_checked(), year.is_checked(), total(page)) == (False, True, found)
        expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
    assert page.url == f"{phone.site}/search?q=%E8%B4%A8%E9%87%8F&year=2022"
    phone.context.set_offline(False)
    case.check()
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("案例")
    expect(lost).to_have_count(0)


def test_a_chip_takes_its_filter_away_again(desk: Visit) -> None:
    page = desk.go("/search?q=质量&region=330000&year=2022")
    page.get_by_role("list", name="已选条件").get_by_role("link", name="浙江").click()
    assert "region" not in page.url
    assert "year=2022" in page.url
    assert total(page) == total(desk.go("/search?q=质量&year=2022"))


def test_the_way_back_restores_the_search(desk: Visit) -> None:
    page = desk.go("/search?q=返工")
    found = total(page)
    page.locator("#results h3 a, #results article a").first.click()
    page.wait_for_url("**/cases/*")  # else there may be no page yet to go back from
    page.go_back()
    assert (total(page), page.url) == (found, desk.site + "/search?q=返工".replace("返工", "%E8%BF%94%E5%B7%A5"))


def test_to_skip_the_filters_loads_nothing_and_the_way_back_over_a_choice_does(desk: Visit) -> None:
    page = desk.go("/search?q=质量")
    before = total(page)
    page.evaluate("window.unchanged = true")
    page.get_by_role("link", name="跳到结果").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_be_focused()
    page.get_by_role("group", name="类型").get_by_role("checkbox").first.check()
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("案例")
    assert (page.evaluate("window.unchanged"), total(page) < before) == (True, True)
    page.go_back()
    expect(page.get_by_role("list", name="已选条件")).to_have_count(0)
    assert (page.evaluate("window.unchanged ?? false"), total(page)) == (False, before)


def test_everything_by_keyboard(desk: Visit) -> None:
    page = desk.go("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("灭火器")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*")
    for _ in range(80):
        page.keyboard.press("Tab")
        if "灭火器" in page.evaluate("document.activeElement.textContent") and page.evaluate(
            "document.activeElement.matches('a[href^=\"/cases/\"]')"
        ):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/chengdu-miehuoqi-sanzong-sanheng*")


def test_the_focus_can_be_seen(desk: Visit) -> None:
    page = desk.go(CASE)
    page.keyboard.press("Tab")
    for _ in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none' })()"
        )
        assert style, page.evaluate("document.activeElement.outerHTML")


def test_suggestions_by_pinyin_and_arrow_keys(desk: Visit) -> None:
    page = desk.go("/")
    box = page.get_by_role("main").get_by_role("combobox")
    box.press_sequentially("zlgl")
    options = page.get_by_role("listbox").first.get_by_role("option")
    expect(options.first).to_be_visible()
    assert any("质量管理" in text for text in options.all_inner_texts())
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Escape")
    expect(options).to_have_count(0)


def test_a_suggested_word_is_searched_for_where_one_is_and_with_what_was_chosen(desk: Visit) -> None:
    page = desk.go("/cases/?industry=C")
    box = page.get_by_role("main").get_by_role("combobox")
    box.press_sequentially("zlgl")
    option = page.get_by_role("listbox").get_by_role("option").filter(has_text=re.compile("^质量管理搜索$"))
    option.click()
    page.wait_for_url("**/cases/?q=*")
    assert unquote(page.url) == f"{desk.site}/cases/?q=质量管理&industry=C"


def test_a_misspelt_word_leads_on(desk: Visit) -> None:
    page = desk.go("/search?q=shuzihua")
    page.get_by_role("link", name="数字化").first.click()
    assert total(page) == total(desk.go("/search?q=数字化"))


def test_nothing_found_is_no_dead_end(desk: Visit) -> None:
    page = desk.go("/search?q=齉齾龘&industry=A01")
    expect(page.get_by_text("这些条件下没有找到“齉齾龘”")).to_be_visible()
    assert page.get_by_role("main").get_by_role("link").count() > 5


def test_the_whole_way_without_javascript(plain: Visit) -> None:
    page = plain.go("/")
    page.get_by_role("main").get_by_role("searchbox").fill("首件检验")
    page.get_by_role("main").get_by_role("button", name="搜索").click()
    left = promised(page, "类型", "案例")
    page.get_by_role("group", name="类型").get_by_label("案例").check()
    page.get_by_role("button", name="应用筛选").click()
    assert "kind=case" in page.url
    assert total(page) == left
    page.locator("#results a[href^='/cases/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name="长者模式").click()
    expect(page.locator("html")).to_have_attribute("data-elder", "")


SHOWN = "({ ...document.documentElement.dataset })"
"""How letters are shown on a page."""


def keeping(page: Page, held: bool = False) -> AbstractContextManager[object]:
    """Until the server has answered a choice of letters; one that was held has failed to Chromium, since nobody follows the answer."""
    return page.expect_event("requestfailed" if held else "response", lambda each: each.url.endswith("/preferences"))


def choose(page: Page, name: str) -> Locator:
    """Press a button for how to show letters; it is known for the next page too."""
    button = page.get_by_role("button", name=name)
    with keeping(page):
        button.click()
    return button


def test_elder_mode_is_larger_and_stays(desk: Visit) -> None:
    page = desk.go(CASE)
    size = "parseFloat(getComputedStyle(document.querySelector('.prose p')).fontSize)"
    before = page.evaluate(size)
    elder = choose(page, "长者模式")
    expect(elder).to_have_attribute("aria-pressed", "true")
    assert page.url == desk.site + CASE
    assert page.evaluate(size) >= max(24, before)  # 18 pt
    desk.go("/guides/packaging-2022")
    assert page.evaluate(size) >= 24
    page.get_by_role("button", name="字号中").click()
    expect(elder).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(size) < 24


def test_another_size_of_letters_loses_nothing_that_was_told_or_answered(desk: Visit) -> None:
    page = desk.go("/ask")
    told = page.get_by_label("您做什么")
    told.fill("客户老是退货，尺寸不准")
    page.get_by_role("button", name="帮我找").click()
    expect(page.get_by_role("heading", name="我们听出了这些")).to_be_visible()
    told.fill("客户老是退货，尺寸不准，工人换得勤")
    views = []
    for name in ("长者模式", "长者模式", "字号大", "长者模式", "字号小"):
        choose(page, name)
        views.append(page.evaluate(SHOWN))
    large, small = {"text": "large"}, {"text": "small"}
    assert views == [{"text": "normal", "elder": ""}, {"text": "normal"}, large, large | {"elder": ""}, small]
    expect(told).to_have_value("客户老是退货，尺寸不准，工人换得勤")
    expect(page.get_by_role("heading", name="我们听出了这些")).to_be_visible()
    assert desk.go("/").evaluate(SHOWN) == small


def test_a_size_of_letters_is_shown_without_waiting_and_is_what_every_window_shows(desk: Visit) -> None:
    page, other = desk.go("/"), desk.context.new_page()
    other.goto(page.url)
    held: list[Route] = []
    other.route("**/preferences", lambda route: held.append(route))
    other.get_by_role("button", name="长者模式").click()
    assert other.evaluate(SHOWN) == {"text": "normal", "elder": ""}
    choose(page, "长者模式")
    with keeping(other, held=True):
        held[0].continue_()
    assert desk.go("/").evaluate(SHOWN) == {"text": "normal", "elder": ""}


def test_large_letters_and_elder_mode_leave_a_phone_room_to_read(phone: Visit) -> None:
    rows = "s => new Set([...document.querySelectorAll(s)].map(e => e.getBoundingClientRect().top)).size"
    choose(phone.go("/"), "字号大")
    assert phone.page.evaluate(rows, ".nav a") == 1
    choose(phone.page, "长者模式")
    assert [phone.page.evaluate(rows, each) for each in (".nav a", ".tools button, .tools a")] == [1, 1]
    heading = phone.page.locator("#latest")
    link = phone.page.locator("#latest + a")
    below, above = link.bounding_box(), heading.bounding_box()
    assert below and above and below["y"] >= above["y"] + above["height"]
    page = phone.go("/cases/chengdu-miehuoqi-sanzong-sanheng")
    assert page.evaluate("[...document.querySelectorAll('.table-scroll')].map(e => e.scrollWidth - e.clientWidth)") == [
        0
    ]
    assert overflow(page) == 0


def test_chinese_text_has_the_measure_and_the_air_it_needs(desk: Visit) -> None:
    page = desk.go(CASE)
    size, line, width = page.evaluate(
        "(() => { const p = document.querySelector('#text p'), s = getComputedStyle(p);"
        " return [parseFloat(s.fontSize), parseFloat(s.lineHeight), p.clientWidth] })()"
    )
    assert line / size >= 1.7
    assert 34 <= width / size <= 42


def test_no_page_is_wider_than_a_phone(phone: Visit) -> None:
    paths = ("/", "/search?q=质量", CASE, "/guides/packaging-2022", "/problems/", "/batches/3", "/about/2022-report")
    assert {path: overflow(phone.go(path)) for path in paths} == dict.fromkeys(paths, 0)


def test_on_a_phone_no_title_and_no_trail_ends_with_a_line_of_one_character(phone: Visit) -> None:
    last = (
        "['h1', '.trail li:last-child'].map(s => { const e = document.querySelector(s), range = new Range();"
        " range.selectNodeContents(e);"
        " return [...range.getClientRects()].at(-1).width > 2 * parseFloat(getComputedStyle(e).fontSize) })"
    )
    paths = [f"/cases/{slug}" for slug in ("tianjin-chongyajian-chenjin-bangfu", "ningxia-gouqi-ganguo")]
    assert [phone.go(path).evaluate(last) for path in paths] == [[True, True], [True, True]]


def test_a_table_of_four_columns_needs_no_scrolling_on_a_phone_and_none_is_a_tower(phone: Visit) -> None:
    narrow = "[...document.querySelectorAll('.table-scroll')].map(e => e.scrollWidth - e.clientWidth)"
    assert phone.go(CASE).evaluate(narrow) == [0]
    page = phone.go("/guides/catering-2022")
    assert page.evaluate(narrow) == [0]
    first, points, record = page.evaluate(
        "[...document.querySelector('.table-scroll tbody tr').cells].map(e => e.clientWidth)"
    )
    assert points == max(first, points, record)


def test_filters_open_on_a_phone(phone: Visit) -> None:
    page = phone.go("/search?q=质量")
    expect(page.get_by_role("group", name="行业")).to_be_hidden()
    page.get_by_text("筛选", exact=True).click()
    expect(page.get_by_role("group", name="行业")).to_be_visible()


def test_on_a_phone_a_ticked_box_stays_where_it_is_and_a_button_leads_to_the_results(phone: Visit) -> None:
    page = phone.go("/search?q=质量")
    page.get_by_text("筛选", exact=True).click()
    page.get_by_role("group", name="类型").get_by_role("checkbox").first.check()
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("案例")
    box = page.get_by_role("group", name="年份").get_by_role("checkbox").first
    box.scroll_into_view_if_needed()
    before = box.bounding_box()
    box.check()
    expect(page.get_by_role("list", name="已选条件")).to_contain_text("年份")
    after = box.bounding_box()
    assert before and after and abs(after["y"] - before["y"]) < 2
    page.get_by_role("button", name=f"看这 {total(page)} ").click()
    expect(page.get_by_role("group", name="年份")).to_be_hidden()
    expect(page.locator("#found")).to_be_focused()


def test_a_result_leads_to_its_section_which_the_contents_name(desk: Visit) -> None:
    page = desk.go("/search?q=老师傅")
    page.get_by_role("link", name="看这一节").first.click()
    heading = page.locator("main :target")
    expect(heading).to_be_in_viewport()
    expect(page.locator(".toc a[aria-current]")).to_have_text(heading.inner_text())


def test_what_was_understood_is_in_sight_on_a_phone(phone: Visit) -> None:
    page = phone.go("/ask")
    page.get_by_label("您做什么").fill("客户老是退货，尺寸不准")
    page.get_by_role("button", name="帮我找").click()
    expect(page.get_by_role("heading", name="我们听出了这些")).to_be_in_viewport()


def test_the_way_back_from_a_case_restores_what_was_told_and_answered(phone: Visit) -> None:
    phone.context.unroute_all()  # while requests are looked into, Chromium keeps nothing to go back to
    page = phone.go("/ask")
    page.get_by_label("您做什么").fill("客户老是退货，尺寸不准")
    page.get_by_role("button", name="帮我找").click()
    answer = page.locator("#answer").inner_text()
    page.locator("#answer h3 a").first.click()
    page.wait_for_url("**/cases/*")
    page.go_back()
    assert page.locator("#answer").inner_text() == answer
    expect(page.get_by_label("您做什么")).to_have_value("客户老是退货，尺寸不准")


def test_on_a_phone_a_page_is_passed_on_and_not_carried_to_another(phone: Visit) -> None:
    phone.page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    page = phone.go(CASE)
    page.get_by_role("button", name="转发").click()
    assert page.evaluate("window.shared") == {"title": page.title(), "url": phone.site + CASE}
    expect(page.get_by_text("用手机看")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.get_by_alt_text("本页地址的二维码")).to_be_visible()


def test_where_nothing_can_be_passed_on_the_address_is_copied(phone: Visit) -> None:
    # As on a site without https.
    phone.page.add_init_script("delete Navigator.prototype.share; delete Navigator.prototype.clipboard")
    page = phone.go("/guides/packaging-2022")
    page.get_by_role("button", name="复制网址").click()
    expect(page.get_by_role("button", name="网址已复制")).to_be_focused()
    page = phone.go("/ask")
    page.get_by_label("您做什么").focus()
    page.keyboard.press("ControlOrMeta+V")
    expect(page.get_by_label("您做什么")).to_have_value(phone.site + "/guides/packaging-2022")


def test_escape_closes_the_code_that_carries_a_page_to_a_phone(desk: Visit) -> None:
    page = desk.go(CASE)
    carry, code = page.get_by_text("用手机看"), page.get_by_alt_text("本页地址的二维码")
    expect(page.get_by_role("button", name=re.compile("转发|复制网址"))).to_be_hidden()
    carry.click()
    expect(code).to_be_visible()
    page.keyboard.press("Escape")
    expect(code).to_be_hidden()
    expect(carry).to_be_focused()


def test_targets_on_a_phone_are_large_enough(phone: Visit) -> None:
    """40 pixels high, more than WCAG 2.2 (2.5.8) asks for, unless the target is in a sentence."""
    tall = (
        "button, nav a, .chip, .filters summary:not(.more > *), .facet label, .counted a, .footer li a, .check label,"
        " .section-head a, .rows a:not(.why a)"
    )
    for path in ("/", "/search?q=质量", "/problems/", "/guides/packaging-2022"):
        page = phone.go(path)
        page.evaluate("document.querySelectorAll('.filters details').forEach(e => { e.open = true })")
        small = page.evaluate(
            "tall => [...document.querySelectorAll(tall)]"
            ".filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])"
            ".filter(([, r]) => r.width && (r.width < 24 || r.height < 40)).map(([html]) => html)",
            tall,
        )
        assert small == []
