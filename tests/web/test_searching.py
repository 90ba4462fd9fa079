import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from caselib.web.parameters import parse
from caselib.web.rooms import rooms
from caselib.web.searching import CASES, SEARCH, address, label
from tests.web.sites import asked, case, guide, html, open_site


def titles(page: str) -> list[str]:
    return [
        re.sub("<[^>]+>", "", each) for each in re.findall(r'<h3(?: class="phrases")?><a href="[^"]+">(.*?)</a>', page)
    ]


def count(page: str) -> str:
    found = re.search(r'id="found" tabindex="-1"><span role="status">([^<]+)<', page)
    return found[1].strip() if found else ""


def chips(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<a class="chip" href="([^"]+)"><span class="unseen">去掉</span>([^<]+)<', page)
    return [(text, address.replace("&amp;", "&")) for address, text in found]


def fields(page: str) -> list[tuple[str, str]]:
    """What the filter form sends as it stands: hidden fields and ticked boxes."""
    form = page[page.index('id="filters"') : page.index("</form>", page.index('id="filters"'))]
    found = []
    for tag in re.findall(r"<input[^>]+>", form):
        if 'type="hidden"' in tag or " checked" in tag:
            found.append((re.findall(r'name="([^"]+)"', tag)[0], re.findall(r' value="([^"]+)"', tag)[0]))
    return found


def test_results_name_the_count_mark_the_words_and_show_the_figure(reader: FlaskClient) -> None:
    page = html(reader, "/search?q=返工")
    assert count(page) == "找到 1 篇"
    assert titles(page) == ["包装企业查清返工原因 &lt;合格率&gt; 上去了"]
    assert "<mark>返工</mark>" in page
    assert '<p class="figure"><span>产品合格率</span> <strong>98.2% → 99.8%</strong></p>' in page


def test_a_result_leads_to_the_section_that_its_snippet_is_of(reader: FlaskClient) -> None:
    page = html(reader, "/search?q=返工多")
    link = '<a href="/cases/packaging#问题">看这一节<span class="unseen">：包装企业查清返工原因 &lt;合格率&gt; 上去了</span></a></p>'
    assert link in page
    assert 'id="问题"' in html(reader, "/cases/packaging")
    assert "看这一节" not in html(reader, "/cases/")


def test_a_batch_does_not_lead_to_itself_twice(reader: FlaskClient) -> None:
    page = html(reader, "/search?kind=batch")
    assert re.findall('<a href="/batches/3">(.*?)</a>', page) == ["第三批优良案例"]


@pytest.mark.parametrize(
    ("typed", "notice"),
    [
        ("合格率 霹雳", "没有一篇写到“霹雳”，以下各篇写到其余的词。"),
        ("“渥堆合格率”", "没有一篇原样写着引号里的话，以下各篇写到其中的词。"),
        ("合格率", ""),
        ("合格率 㸚", ""),
        ("渥堆 返工 包装 检验", "没有哪一篇把这些词都写到，以下各篇写到其中一部分。"),
        ("合格率 㸚 霹雳 雷电 闪光 乒乓 芭蕾", "没有一篇写到“霹雳”“雷电”“闪光”，以下各篇只写到其余的字词。"),
        ("合格率 㸚 霹雳 雷电 闪光 乒乓 芭蕾舞", "没有哪一篇把这些词都写到，以下各篇写到其中一部分。"),
        ("渥堆的温度每天记录，产品合格率稳定，六堡茶 霹雳", ""),  # of a long question, words are missing as a rule
    ],
)
def test_what_is_missing_is_said(reader: FlaskClient, typed: str, notice: str) -> None:
    assert re.findall(r'<p class="notice">(没有[^<]+)</p>', html(reader, f"/search?q={typed}")) == (
        [notice] if notice else []
    )


@pytest.mark.parametrize(
    ("address", "found", "said", "other"),
    [
        ("/search?q=返公", "找到 1 篇", "没有找到“返公”，以下是“返工”的结果。", "/search?q=返工"),
        ("/cases/?q=产品合格绿", "找到 2 篇", "您要找的是不是“产品合格率”？", "/cases/?q=产品合格率"),
        (
            "/search?q=返公&industry=A",
            "这些条件下没有找到“返公”",
            "您要找的是不是“返工”？",
            "/search?q=返工&industry=A",
        ),
    ],
)
def test_what_was_probably_meant_is_said_and_leads_there(
    reader: FlaskClient, address: str, found: str, said: str, other: str
) -> None:
    page = html(reader, address)
    ((before, link, meant, after),) = re.findall(r'<p[^>]*>([^<]+)<a href="([^"]+)">([^<]+)</a>(”[^<]+)</p>', page)
    assert (count(page), f"{before}{meant}{after}") == (found, said)
    assert unquote(link).replace("&amp;", "&") == other
    assert wider(page) == []  # what only another word finds is not found by asking for less


def test_what_was_typed_is_shown_and_never_run(reader: FlaskClient) -> None:
    page = html(reader, '/search?q="><script>alert(1)</script>')
    assert "<script>alert" not in page
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page


def test_a_chosen_letter_covers_its_divisions_and_can_be_removed(reader: FlaskClient) -> None:
    page = html(reader, "/search?industry=C&kind=case")
    assert count(page) == "找到 3 篇"
    assert chips(page) == [("类型：案例", "/search?industry=C"), ("行业：制造业", "/search?kind=case")]
    assert '<a class="chip" href="/search">全部清除</a>' in page
    asked_for = html(reader, "/search?q=ISO&industry=C&kind=case&sort=newest")
    assert '<a class="chip" href="/search?q=ISO">全部清除</a>' in asked_for


def test_the_form_sends_back_everything_that_was_chosen(reader: FlaskClient) -> None:
    page = html(reader, "/search?q=合格率&industry=C23&region=330000&year=2022&sort=newest&per_page=5")
    assert sorted(fields(page)) == sorted(
        [
            ("q", "合格率"),
            ("sort", "newest"),
            ("per_page", "5"),
            ("industry", "C23"),
            ("region", "330000"),
            ("year", "2022"),
        ]
    )


def test_a_facet_is_offered_if_it_parts_the_answer_or_is_in_use(reader: FlaskClient) -> None:
    pages = [
        html(reader, f"/cases/?{query}") for query in ("year=2022", "year=2022&batch=3", "year=2022&firm_size=大型")
    ]
    assert [re.findall("<legend>([^<]+)<", page) for page in pages] == [
        ["行业", "地区", "提升成效", "年份"],
        ["行业", "地区", "提升成效", "批次", "年份"],
        [],
    ]


def test_what_is_all_of_one_letter_and_one_province_can_be_parted_by_division_and_city(tmp_path: Path) -> None:
    jiaxing = case("模具", body="卖到浙江嘉兴。")
    files = {"cases/a.md": jiaxing, "cases/b.md": jiaxing.replace("C33", "C23").replace("330400", "330100")}
    browser = open_site(tmp_path, files, only=True).test_client()
    page = html(browser, "/cases/?q=浙江嘉兴的模具")
    assert re.findall("<legend>([^<]+)<", page) == ["行业", "地区"]
    assert narrower(page) == [("浙江嘉兴", "/cases/?q=浙江嘉兴的模具&region=330400", 1)]
    assert (
        page.count('<details open><summary><span class="unseen">') == 2
    )  # the lists below the letter and the province
    files["cases/farm.md"] = case("模具").replace("C33", "A01").replace("330400", "350500")
    more = html(open_site(tmp_path / "more", files, only=True).test_client(), "/cases/?q=模具")
    assert more.count("<details><summary>") == 4  # of two letters and two provinces all are closed


def test_a_choice_without_a_box_is_carried_all_the_same(tmp_path: Path) -> None:
    files = {"cases/lean.md": case("现场管理", "measures: [lean-6s]"), "cases/other.md": case("别的")}
    page = html(open_site(tmp_path, files, only=True).test_client(), "/cases/?measure=lean-6s")
    assert (count(page), chips(page)) == ("找到 1 篇", [("做法：精益与6S现场管理", "/cases/")])
    page = html(open_site(tmp_path / "more", files).test_client(), "/search?measure=lean-6s&kind=case&kind=guide")
    assert [pair for pair in fields(page) if pair[0] == "measure"] == [("measure", "lean-6s")]


def test_bad_values_are_ignored_with_a_visible_note(reader: FlaskClient) -> None:
    page = html(reader, "/search?industry=ZZ&year=abc&per_page=1000&sort=best&page=0&no_such=1")
    notice = page[page.index('class="notice warning"') : page.index("</div>", page.index('class="notice warning"'))]
    assert len(re.findall("<p>", notice)) == 5
    assert "行业“ZZ”不存在，已忽略。" in notice
    assert count(page) == "共 6 篇"
    assert "notice warning" not in html(reader, "/search?utm_source=x")


def test_a_county_is_called_by_its_code_and_the_page_says_what_it_covers(tmp_path: Path) -> None:
    files = {"cases/county.md": case("南湖的一篇").replace("330400", "330402"), "cases/city.md": case("嘉兴的一篇")}
    browser = open_site(tmp_path, files, only=True).test_client()
    note = "<p>地区“{}”不在本站的地区表里，按浙江嘉兴的区县代码查找，只列出写明这个代码的内容。</p>"
    held, nobody, city = (html(browser, f"/cases/?region={code}") for code in ("330402", "330499", "330400"))
    assert (count(held), titles(held)) == ("找到 1 篇", ["南湖的一篇"])
    assert chips(held) == [("地区：浙江嘉兴（330402）", "/cases/")]
    assert note.format("330402") in held
    assert count(nobody) == "没有符合这些条件的案例"
    assert note.format("330499") in nobody
    assert (count(city), chips(city)) == ("找到 2 篇", [("地区：浙江嘉兴", "/cases/")])
    assert "notice warning" not in city


def test_the_counties_of_chongqing_are_called_by_more_than_its_name(tmp_path: Path) -> None:
    files = {
        f"cases/{code}.md": case(f"{code}的一篇").replace("330400", code) for code in ("500101", "500233", "330100")
    }
    browser = open_site(tmp_path, files, only=True).test_client()
    held = html(browser, "/cases/?region=500200")
    assert narrower(html(browser, "/cases/?q=县 的一篇")) == []
    assert (titles(held), chips(held)) == (["500233的一篇"], [("地区：重庆（县）", "/cases/")])


def test_a_page_past_the_end_is_the_last_one_and_says_so(tmp_path: Path) -> None:
    files = {f"cases/case-{number:02}.md": case(f"第{number}篇案例") for number in range(12)}
    files["guides/guide.md"] = "---\ntitle: 一份指南\nindustry: [C23]\nyear: 2022\nedition: 2022版\n---\n\n正文。\n"
    browser = open_site(tmp_path, files, only=True).test_client()
    page = html(browser, "/cases/?page=9")
    assert "没有第9页，以下是最后一页。" in page
    assert count(page) == "共 12 篇，第 2 页"
    assert len(titles(page)) == 2
    nothing = html(browser, "/cases/?page=9&year=2019")
    assert ("没有第9页" in nothing, count(nothing), 'rel="prev"' in nothing) == (False, "没有符合这些条件的案例", False)


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, 1), (3, 3), (10, 10), (11, 10)])
def test_a_list_shows_as_many_as_there_are_up_to_a_page(tmp_path: Path, number: int, shown: int) -> None:
    files = {f"cases/case-{place:02}.md": case(f"第{place}篇案例") for place in range(number)}
    page = html(open_site(tmp_path, files, only=True).test_client(), "/cases/")
    assert len(titles(page)) == shown
    assert count(page) == (f"共 {number} 篇" if number else "还没有案例")
    assert ('aria-label="分页"' in page) == (number > 10)


def test_pages_are_linked_around_the_current_one(tmp_path: Path) -> None:
    files = {f"cases/case-{number:02}.md": case(f"第{number}篇案例") for number in range(20)}
    browser = open_site(tmp_path, files, only=True).test_client()
    page = html(browser, "/cases/?per_page=2&page=5&year=2022")
    nav = page[page.index('aria-label="分页"') :]
    nav = nav[: nav.index("</nav>")].replace("&amp;", "&")
    assert re.findall(r">(上一页|下一页|\d+|…)<", re.sub(r'<span class="unseen">.</span>', "", nav)) == [
        "上一页", "1", "…", "3", "4", "5", "6", "7", "…", "10", "下一页",
    ]  # fmt: skip
    assert re.findall(r'href="([^"]+)" rel="next"', nav) == ["/cases/?year=2022&per_page=2&page=6"]
    assert re.findall(r'href="([^"]+)"><span class="unseen">第</span>1<', nav) == ["/cases/?year=2022&per_page=2"]
    assert re.findall(r'href="([^"]+)" rel="next"', html(browser, "/cases/")) == ["/cases/?page=2"]


def test_orders_are_offered_where_there_are_words_to_match(reader: FlaskClient) -> None:
    page = html(reader, "/search?q=合格率&year=2022")
    assert '<b aria-current="true">按相关度</b>' in page
    assert '<a href="/search?q=%E5%90%88%E6%A0%BC%E7%8E%87&amp;year=2022&amp;sort=newest">按时间</a>' in page
    assert "按相关度" not in html(reader, "/search?year=2022")


def wider(page: str) -> list[str]:
    """What the page offers where nothing was found."""
    return [re.sub("<[^>]+>", "", each) for each in re.findall(r"<li>(<a[^>]*>去掉.*?)</li>", page)]


def test_only_wider_searches_that_find_something_are_offered_and_how_many(reader: FlaskClient) -> None:
    page = html(reader, "/search?q=卫浴&industry=C23&year=2022")
    assert count(page) == "这些条件下没有找到“卫浴”"
    assert wider(page) == ["去掉全部条件，只搜“卫浴”，有 1 篇"]
    page = html(reader, "/search?q=卫浴&industry=C30&year=2022")
    assert wider(page) == ["去掉“年份：2022年”，有 1 篇", "去掉全部条件，只搜“卫浴”，有 1 篇"]
    offered = re.findall(r'<li><a href="([^"]+)">去掉', unquote(page).replace("&amp;", "&"))
    assert offered == ["/search?q=卫浴&industry=C30", "/search?q=卫浴"]
    assert wider(html(reader, "/search?q=卫浴&industry=C23")) == ["去掉“行业：印刷和记录媒介复制业”，有 1 篇"]
    page = html(reader, "/cases/?industry=C23&year=2021")
    assert count(page) == "没有符合这些条件的案例"
    assert wider(page) == [
        "去掉“行业：印刷和记录媒介复制业”，有 1 篇",
        "去掉“年份：2021年”，有 1 篇",
        "去掉全部条件，有 3 篇",
    ]


def narrower(page: str) -> list[tuple[str, str, int]]:
    """The parts of the answer that the page offers to look at alone: what, where, and how many."""
    found = re.findall(r'<li><a class="chip" href="([^"]+)">只看([^<]+) <b>(\d+)</b></a></li>', page)
    return [(what, unquote(address).replace("&amp;", "&"), int(many)) for address, what, many in found]


def test_a_filter_typed_as_a_word_is_offered_with_what_it_leaves(tmp_path: Path) -> None:
    made = [(year, batch) for year in (2021, 2022) for batch in (1, 2)]
    files = {
        f"cases/{y}-{b}.md": case("模具", f"batch: {b}", body="卖到合肥。").replace("2022", str(y)) for y, b in made
    }
    files["cases/hefei.md"] = case("模具").replace("330400", "340100")
    browser = open_site(tmp_path, files, only=True).test_client()
    assert narrower(html(browser, "/search?q=合肥的模具")) == [
        ("安徽合肥", "/search?q=合肥的模具&region=340100", 1),
    ]
    assert narrower(html(browser, "/search?q=2021年第2批模具")) == [
        ("第二批", "/search?q=2021年第2批模具&batch=2", 2),
        ("2021年", "/search?q=2021年第2批模具&year=2021", 2),
    ]
    assert narrower(html(browser, "/cases/?q=2021年第2批模具&year=2021")) == [
        ("第二批", "/cases/?q=2021年第2批模具&batch=2&year=2021", 1)
    ]
    for query in ("q=合肥的模具&region=330400", "q=模具", ""):
        assert narrower(html(browser, f"/search?{query}")) == []


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("大同模具", ["山西大同"]),
        ("山西大同模具", ["山西", "山西大同"]),
        ("山西省大同市的模具", ["山西", "山西大同"]),
        ("湖南岳阳模具", ["湖南", "湖南岳阳"]),  # cut as 湖 南岳 阳
        ("某大同模具", ["山西大同"]),
        ("模具大同小异", []),
        ("大同小异的大同模具", ["山西大同"]),
        ("云南普洱茶模具", ["云南"]),
        ("模具“大同小异”", []),
    ],
)
def test_a_place_inside_a_longer_word_is_not_offered(tmp_path: Path, typed: str, places: list[str]) -> None:
    codes, body = (
        ("140200", "140100", "430600", "430100", "530800", "530100"),
        "山西省某大同市、山西大同、湖南岳阳、云南普洱茶，大同小异。",
    )
    files = {f"cases/c{code}.md": case("模具", body=body).replace("330400", code) for code in codes}
    browser = open_site(tmp_path, files, only=True).test_client()
    assert [name for name, _, _ in narrower(html(browser, f"/search?q={typed}"))] == places


def peers(page: str) -> list[tuple[str, str, int]]:
    """The industries that the page offers: which, where, and how many."""
    found = re.findall(r'<li><a class="chip" href="([^"]+)">看看同行：([^<]+) <b>(\d+)</b></a></li>', page)
    return [(which, unquote(address).replace("&amp;", "&"), int(many)) for address, which, many in found]


def test_where_little_is_found_the_trade_that_was_typed_is_offered(tmp_path: Path) -> None:
    files = {f"cases/bath-{number:02}.md": case("卫浴小厂", body="店里的水龙头。") for number in range(10)}
    files["cases/doors.md"] = case("铝门")
    files["cases/noodles.md"] = case("面馆熬汤", body="店里汤的咸淡。").replace("C33", "H62")
    files["guides/food.md"] = guide("餐饮指南", "year: 2021").replace("C33", "H62")
    browser = open_site(tmp_path, files, only=True).test_client()
    page = html(browser, "/search?q=奶茶店&year=2022")
    assert '<p class="notice">没有一篇写到“奶茶”，以下各篇只写到其余的字词。</p>' in page
    assert (count(page), peers(page)) == ("找到 11 篇", [("餐饮业", "/search?industry=H62&year=2022", 1)])
    page = html(browser, "/search?q=麻辣烫")
    assert (count(page), peers(page)) == ("没有找到“麻辣烫”", [("餐饮业", "/search?industry=H62", 2)])
    assert peers(html(browser, "/guides/?q=面馆")) == [("餐饮业", "/guides/?industry=H62", 1)]
    assert peers(html(browser, "/search?q=面馆")) == [("餐饮业", "/search?industry=H62", 2)]  # one of two was found
    assert peers(html(browser, "/search?q=面管")) == [("餐饮业", "/search?industry=H62", 2)]  # found as 面馆
    enough_or_none = ("q=奶茶店&industry=C33", "q=水龙头", "q=餐饮", "q=火锅底料", "q=咸淡", "year=2022")
    assert [peers(html(browser, f"/search?{each}")) for each in enough_or_none] == [[]] * 6


def test_nothing_found_is_no_dead_end(reader: FlaskClient) -> None:
    page = html(reader, "/search?q=齉齾龘&industry=C23&year=2022")
    assert (count(page), wider(page)) == ("这些条件下没有找到“齉齾龘”", [])
    assert count(html(reader, "/search?q=齉齾龘")) == "没有找到“齉齾龘”"
    assert re.findall(r'<a class="chip" href="/problems/([^"]+)">', page) == ["quality-awareness"]
    assert re.findall(r'<a class="chip" href="/industries/([^"]+)">', page) == ["C", "A"]
    assert 'id="filters"' not in page
    guides = html(reader, "/guides/?q=齉齾龘")
    assert re.findall(r'<a class="chip" href="/(?:problems|industries)/([^"]+)">[^<]+<b>(\d)', guides) == [("C", "1")]


@pytest.mark.parametrize("typed", ["%", "！！", "***", "the"])
def test_a_question_without_a_word_is_told_and_everything_listed(reader: FlaskClient, typed: str) -> None:
    page, cases = html(reader, f"/search?q={typed}"), html(reader, f"/cases/?q={typed}&year=2022")
    assert (count(page), count(cases)) == ("共 6 篇", "找到 2 篇")
    assert f'<p class="notice">“{typed}”里没有可以搜索的字词，以下列出全部内容。</p>' in page
    assert f'<p class="notice">“{typed}”里没有可以搜索的字词，以下列出符合所选条件的全部案例。</p>' in cases
    assert [each for each in ("按相关度", "订阅这个搜索") if each in page] == []
    assert count(html(reader, f"/cases/?q={typed}&year=2019")) == "没有符合这些条件的案例"


@pytest.mark.parametrize("address", ["/search", "/search?q=返工", "/search?q=-返工", "/search?q=+"])
def test_a_question_of_words_is_not_told_to_have_none(reader: FlaskClient, address: str) -> None:
    assert "没有可以搜索的字词" not in html(reader, address)


def test_the_lists_of_a_kind_hold_that_kind_and_do_not_offer_to_leave_it(reader: FlaskClient) -> None:
    cases, guides = html(reader, "/cases/?kind=guide"), html(reader, "/guides/?q=包装")
    assert (count(cases), count(guides)) == ("共 3 篇", "找到 1 份")
    assert "<legend>类型</legend>" not in cases
    assert chips(cases) == []
    assert '<form action="/cases/" id="filters"' in cases


@pytest.mark.parametrize(
    ("address", "searches"),
    [
        ("/cases/", 1),
        ("/search?q=返工&industry=C", 1),
        ("/search?q=齉齾龘", 2),
        ("/search?q=齉齾龘&industry=C", 3),
        ("/search?q=齉齾龘&industry=C&year=2022", 5),
        ("/search?q=齉齾龘" + "".join(f"&year={2000 + number}" for number in range(20)), 13),
    ],
)
def test_a_list_asks_the_search_room_once_and_an_empty_one_a_few_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, searches: int
) -> None:
    browser = open_site(tmp_path).test_client()
    with asked(monkeypatch) as calls:
        html(browser, address)
    assert calls == ["search"] * searches


def test_an_address_says_the_search_in_one_order_and_without_defaults(reader: FlaskClient) -> None:
    with reader.application.test_request_context("/"):
        taxonomy = rooms.store.taxonomy
        search, _ = parse(MultiDict([("year", "2022"), ("q", "返工"), ("industry", "C23"), ("page", "3")]), taxonomy)
        assert address(SEARCH, search) == "/search?q=%E8%BF%94%E5%B7%A5&industry=C23&year=2022"
        assert address(SEARCH, search, page=2).endswith("&year=2022&page=2")
        held, _ = parse(MultiDict([("kind", "case"), ("sort", "newest")]), taxonomy)
        assert address(CASES, held) == "/cases/?sort=newest"


@pytest.mark.parametrize(
    ("facet", "value", "shown"),
    [
        ("kind", "case", "案例"),
        ("industry", "C33", "金属制品业"),
        ("region", "330400", "浙江嘉兴"),
        ("problem", "quality-awareness", "质量意识不强"),
        ("effect", "cost-reduction", "成本下降"),
        ("measure", "lean-6s", "精益与6S现场管理"),
        ("guide", "packaging-2022", "包装行业实施指南"),
        ("guide", "no-such-guide", "no-such-guide"),
        ("batch", 3, "第三批"),
        ("year", 2022, "2022年"),
        ("firm_size", "小型", "小型"),
    ],
)
def test_every_filter_is_named_for_its_reader(reader: FlaskClient, facet: str, value: object, shown: str) -> None:
    with reader.application.test_request_context("/"):
        assert label(facet, value) == shown
