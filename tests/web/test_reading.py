import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.sites import asked, case, facts, guide, html, links, open_site, part

PIXEL = b"\x89PNG\r\n\x1a\n not really"


def test_a_case_draws_its_figures_and_says_them_in_words(reader: FlaskClient) -> None:
    page = html(reader, "/cases/packaging")
    drawn = part(page, '<div class="metrics">', "</section>")
    assert "<p><span>产品合格率</span> <strong>提高1.6个百分点</strong></p>" in drawn
    assert re.findall(r'<rect class="(before|after)" width="([\d.]+)"', drawn) == [
        ("before", "98.2"),
        ("after", "99.8"),
    ]
    said = [re.sub("<[^>]+>", "", each) for each in re.findall("<dd.*?</dd>", drawn)]
    assert said == ["98.2%", "99.8%"]
    assert len(re.findall(r"<svg[^>]*aria-hidden=\"true\"", drawn)) == 2


def test_a_case_shows_its_facts_with_the_taxonomy_as_links(reader: FlaskClient) -> None:
    page = html(reader, "/cases/packaging")
    assert facts(page) == {
        "企业": "嘉兴某包装有限公司",
        "企业规模": "小型",
        "行业": "印刷和记录媒介复制业",
        "地区": "浙江省、嘉兴市",
        "成效": "产品质量水平提升、成本下降",
        "年份": "2022年",
        "批次": "第三批",
        "报送单位": "浙江省市场监督管理局",
        "发布日期": "2023-04-20",
    }
    assert links(part(page, '<dl class="facts">', "</dl>")) == [
        ("印刷和记录媒介复制业", "/industries/C23"),
        ("浙江省", "/regions/330000"),
        ("嘉兴市", "/regions/330400"),
        ("产品质量水平提升", "/search?effect=product-quality"),
        ("成本下降", "/search?effect=cost-reduction"),
        ("第三批", "/batches/3"),
    ]


def test_a_case_says_first_which_problems_it_solves_and_leads_to_them(tmp_path: Path) -> None:
    keys = ("quality-awareness", "process-control", "management-level")
    cases = {"none": "", "one": f"problems: [{keys[0]}]", "three": f"problems: [{', '.join(keys)}]"}
    browser = open_site(tmp_path, {f"cases/{name}.md": case(name, told) for name, told in cases.items()}, only=True)
    heads = {name: part(html(browser.test_client(), f"/cases/{name}"), "<h1", "</article>") for name in cases}
    said = {name: re.findall("<p>(解决的问题：.*?)</p>", head) for name, head in heads.items()}
    assert said["none"] == []
    assert [re.sub("<[^>]+>", "", each) for name in ("one", "three") for each in said[name]] == [
        "解决的问题：质量意识不强",
        "解决的问题：质量意识不强、过程控制不到位、管理水平低",
    ]
    assert [address for _, address in links(said["three"][0])] == [f"/problems/{key}" for key in keys]


def test_a_case_has_a_table_of_contents_its_guides_and_its_neighbours(reader: FlaskClient) -> None:
    page = html(reader, "/cases/packaging")
    assert links(part(page, '<nav class="toc"', "</nav>")) == [("问题", "#问题"), ("成效", "#成效")]
    assert all(f'id="{anchor}"' in page for anchor in ("问题", "成效"))
    assert links(part(page, 'id="guides"', "</section>")) == [("包装行业实施指南", "/guides/packaging-2022")]
    assert links(part(page, '<nav class="turn"', "</nav>")) == [("六堡茶渥堆有了记录", "/cases/tea")]


def test_the_cases_of_a_batch_lead_from_one_to_the_next(tmp_path: Path) -> None:
    files = {f"cases/{name}.md": case(name, "batch: 8") for name in ("甲", "乙", "丙")}
    browser = open_site(tmp_path, files, only=True).test_client()
    order = re.findall(r'<h3><a href="(/cases/[^"]+)"', html(browser, "/cases/?batch=8"))
    turns = [links(part(html(browser, address), '<nav class="turn"', "</nav>")) for address in order]
    assert [[address for _, address in turn] for turn in turns] == [[order[1]], [order[0], order[2]], [order[1]]]


@pytest.mark.parametrize(("path", "says"), [("/cases/tea", True), ("/cases/packaging", False)])
def test_sample_content_says_so(reader: FlaskClient, path: str, says: bool) -> None:
    assert ("<strong>示范内容</strong>" in html(reader, path)) == says


def test_a_case_names_its_source_and_shows_nothing_empty(tmp_path: Path) -> None:
    files = {"cases/a.md": case("有来源", "source: 某报告，第二章"), "cases/b.md": case("没有来源")}
    browser = open_site(tmp_path, files, only=True).test_client()
    assert '<p class="source"><b>资料来源</b>　某报告，第二章</p>' in html(browser, "/cases/a")
    page = html(browser, "/cases/b")
    assert [word for word in ("<b>资料来源</b>", "认证机构", "成效数字", "本页目录", "所用指南") if word in page] == []


def test_images_beside_a_case_are_served_and_nothing_else(tmp_path: Path) -> None:
    browser = open_site(tmp_path, {"cases/a.md": case(body="![图](a/line.png)")}).test_client()
    folder = tmp_path / "content" / "cases" / "a"
    folder.mkdir()
    (folder / "line.png").write_bytes(PIXEL)
    (folder / "notes.txt").write_text("内部")
    assert '<img src="/cases/a/line.png" alt="图"' in html(browser, "/cases/a")
    image = browser.get("/cases/a/line.png")
    assert (image.status_code, image.mimetype, image.data) == (200, "image/png", PIXEL)
    for path in ("/cases/a/notes.txt", "/cases/a/none.png", "/cases/a/..%2fa.md", "/cases/none/line.png"):
        assert (path, browser.get(path).status_code) == (path, 404)


@pytest.mark.parametrize("withheld", [False, True])
def test_an_image_goes_with_its_case_and_does_not_come_before_it(tmp_path: Path, withheld: bool) -> None:
    site = open_site(tmp_path, {"cases/a.md": case(body="![图](a.png)")})
    cases = tmp_path / "content" / "cases"
    (cases / "a.png").write_bytes(PIXEL)
    assert site.test_client().get("/cases/a/a.png").status_code == 200
    if withheld:
        site.extensions["caselib"].store.withheld.put({"cases/a.md": "digest"})
    else:
        (cases / "a.md").unlink()
    assert site.test_client().get("/cases/a/a.png").status_code == 404


def test_a_guide_shows_standards_and_the_cases_that_follow_it(reader: FlaskClient) -> None:
    page = html(reader, "/guides/packaging-2022")
    assert facts(page)["依据标准"] == "GB/T 19001-2016"
    assert facts(page)["版本"] == "2022版"
    assert links(part(page, 'id="followers"', "</section>")) == [
        ("包装企业查清返工原因&lt;合格率&gt;上去了", "/cases/packaging")
    ]


def test_of_a_standard_only_the_number_stays_on_one_line(tmp_path: Path) -> None:
    wire = guide("丝网指南", "year: 2022\nstandards: [GB/T 19001-2016 质量管理体系 <要求>]")
    page = html(open_site(tmp_path, {"guides/wire.md": wire}, only=True).test_client(), "/guides/wire")
    assert part(page, "<dt>依据标准</dt>", "</dd>") == (
        '<dt>依据标准</dt><dd><ul class="plain">'
        '<li><span class="whole">GB/T 19001-2016</span> 质量管理体系 &lt;要求&gt;</li></ul>'
    )


@pytest.mark.parametrize(
    ("number", "listed", "more"), [(0, 0, []), (1, 1, []), (20, 20, []), (21, 20, [("全部21篇", "/cases/?guide=wire")])]
)
def test_of_many_cases_that_follow_a_guide_the_rest_is_one_link_away(
    tmp_path: Path, number: int, listed: int, more: list[tuple[str, str]]
) -> None:
    files = {f"cases/c{place}.md": case(f"第{place}篇案例", "guides: [wire]") for place in range(number)}
    browser = open_site(tmp_path, {"guides/wire.md": guide("丝网指南", "year: 2022"), **files}, only=True).test_client()
    page = html(browser, "/guides/wire")
    followers = links(part(page, 'id="followers"', "</section>")) if number else []
    assert (len(followers) - len(more), followers[listed:]) == (listed, more)
    found = html(browser, "/cases/?guide=wire&year=2022")
    assert re.findall(r'id="found".*?(?:找到 (\d+) 篇|没有符合)', found) == [str(number or "")]
    assert 'href="/cases/?year=2022"><span class="unseen">去掉</span>所用指南：丝网指南<' in found


def test_editions_of_a_guide_are_linked_to_each_other(tmp_path: Path) -> None:
    files = {
        "guides/wire-2020.md": guide("丝网指南", "year: 2020", "edition: 2020版", "series: wire"),
        "guides/wire-2022.md": guide(
            "丝网指南", "year: 2022", "edition: 2022版", "series: wire", "supersedes: wire-2020"
        ),
        "guides/wireless-2022.md": guide("另一份指南", "year: 2022", "edition: 2022版"),
    }
    browser = open_site(tmp_path, files).test_client()
    old, new = html(browser, "/guides/wire-2020"), html(browser, "/guides/wire-2022")
    assert links(part(old, '<p class="notice warning">', "</p>")) == [("丝网指南（2022版）", "/guides/wire-2022")]
    assert "notice warning" not in new
    assert facts(old)["版本"] == "2022版、2020版、（本页）"
    assert [address for _, address in links(part(new, "<dt>版本</dt>", "</dd>"))] == ["/guides/wire-2020"]


def test_editions_are_those_of_a_series_and_those_that_supersede_each_other_whatever_their_files_are_called(
    tmp_path: Path,
) -> None:
    files = {
        "guides/alpha.md": guide("印刷指南", "year: 2018", "edition: 2018版", "series: 印刷系列"),
        "guides/beta.md": guide("印刷指南", "year: 2020", "edition: 2020版", "series: 印刷系列", "supersedes: alpha"),
        "guides/gamma.md": guide("印刷与包装指南", "year: 2024", "edition: 2024版", "supersedes: beta"),
        "guides/guide-00.md": guide("茶叶指南", "year: 2022", "edition: 2022版"),
        "guides/guide-01.md": guide("电机指南", "year: 2022", "edition: 2022版"),
    }
    browser = open_site(tmp_path, files).test_client()
    pages = {slug: html(browser, f"/guides/{slug}") for slug in ("alpha", "beta", "gamma", "guide-00")}
    assert {slug: facts(page)["版本"] for slug, page in pages.items()} == {
        "alpha": "2024版、2020版、2018版、（本页）",
        "beta": "2024版、2020版、（本页）、2018版",
        "gamma": "2024版、（本页）、2020版、2018版",
        "guide-00": "2022版",
    }
    notices = {slug: re.findall(r'已有新版：<a href="([^"]+)"', page) for slug, page in pages.items()}
    assert notices == {"alpha": ["/guides/beta"], "beta": ["/guides/gamma"], "gamma": [], "guide-00": []}


def test_a_guide_that_supersedes_itself_is_not_its_own_new_edition(tmp_path: Path) -> None:
    files = {"guides/self.md": guide("丝网指南", "year: 2022", "edition: 2022版", "supersedes: self")}
    assert "notice warning" not in html(open_site(tmp_path, files).test_client(), "/guides/self")


@pytest.mark.parametrize("path", ["/batches/99", "/batches/x"])
def test_what_does_not_exist_is_not_found(reader: FlaskClient, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_batches_are_listed_newest_first_with_what_the_library_holds(tmp_path: Path) -> None:
    notice = "---\ntitle: 优良案例\nyear: {}\npublished: {}-04-20\n---\n公告。\n"
    files = {"batches/2.md": notice.format(2021, 2022), "batches/10.md": notice.format(2029, 2030)}
    page = html(open_site(tmp_path, files).test_client(), "/batches/")
    assert re.findall(r'href="/batches/(\d+)">', part(page, "<main", "</main>")) == ["10", "3", "2"]
    assert re.findall(r"<strong>(\d+) 篇</strong>", page) == ["0", "2", "0"]


def test_a_batch_tells_how_many_were_sent_and_how_many_picked(tmp_path: Path) -> None:
    told = "---\ntitle: 优良案例\nyear: 2022\npublished: 2023-04-20\nsubmitted: 142\nselected: 25\n---\n公告。\n"
    found = facts(html(open_site(tmp_path, {"batches/3.md": told}).test_client(), "/batches/3"))
    assert [found[name] for name in ("报送", "入选", "本站收录")] == ["142 份", "25 篇", "2 篇"]


def test_a_batch_shows_its_notice_and_its_cases(reader: FlaskClient) -> None:
    page = html(reader, "/batches/3")
    assert "现发布第三批优良案例。" in page
    assert facts(page) == {"批次": "第三批", "年度": "2022年", "发布日期": "2023-04-20", "本站收录": "2 篇"}
    assert len(re.findall(r'<article class="hit', page)) == 2


def test_a_batch_has_one_address(reader: FlaskClient) -> None:
    answer = reader.get("/batches/03")
    assert (answer.status_code, answer.headers.get("Location")) == (308, "/batches/3")
    assert reader.get("/batches/099").status_code == 404


def test_a_batch_without_cases_says_so(tmp_path: Path) -> None:
    notice = "---\ntitle: 优良案例\nyear: 2021\npublished: 2022-04-20\n---\n公告。\n"
    assert "本站现在没有这一批的案例" in html(open_site(tmp_path, {"batches/1.md": notice}).test_client(), "/batches/1")


def test_the_page_called_about_is_first_and_has_one_address(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n"
    files = {
        "pages/about.md": "---\ntitle: 关于本站\norder: 9\n---\n![图](a.png)\n[隐私](z.md)\n",
        "pages/z.md": "---\ntitle: 隐私说明\norder: 2\n---\n正文。\n",
        "pages/a.md": "---\ntitle: 没有次序\n---\n正文。\n",
    }
    browser = open_site(tmp_path, files).test_client()
    page = html(browser, "/about")
    assert '<h1 class="">关于本站</h1>' in page
    names = [("关于本站", "/about"), ("隐私说明", "/about/z"), ("没有次序", "/about/a")]
    assert links(part(page, '<nav class="pages"', "</nav>")) == names
    assert links(part(page, "<footer", "</footer>"))[:3] == names
    moved = browser.get("/about/about")
    assert (moved.status_code, moved.headers["Location"]) == (301, "/about")
    assert "隐私说明" in html(browser, "/about/z")
    assert re.findall(r'<h3.*?><a href="(/about[^"]*)">', html(browser, "/search?q=关于本站")) == ["/about"]
    (tmp_path / "content" / "pages" / "a.png").write_bytes(picture)
    (source,) = re.findall(r'<img src="([^"]+png)"', page)
    assert (source, browser.get(source).data) == ("/about/about/a.png", picture)
    assert ("隐私", "/about/z") in links(page)


def test_without_a_page_called_about_the_address_leads_to_the_first(tmp_path: Path) -> None:
    browser = open_site(tmp_path, {"pages/z.md": "---\ntitle: 隐私说明\n---\n正文。\n"}, only=True).test_client()
    answer = browser.get("/about")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/about/z")


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/", ["search", "search"]),
        ("/cases/packaging", ["search", "related"]),
        ("/cases/sanitary", ["related"]),
        ("/guides/packaging-2022", ["search"]),
        ("/industries/", ["search"]),
        ("/industries/C", ["search", "search"]),
        ("/regions/330000", ["search", "search"]),
        ("/problems/", ["search"]),
        ("/problems/quality-awareness", ["search", "search"]),
        ("/batches/", ["search"]),
        ("/batches/3", ["search"]),
        ("/about", []),
    ],
)
def test_no_page_asks_the_search_room_more_than_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, calls: list[str]
) -> None:
    more = {
        f"cases/more-{number}.md": case(f"再来一篇{number}", "batch: 3", "problems: [quality-awareness]")
        for number in range(9)
    }
    browser = open_site(tmp_path, more).test_client()
    with asked(monkeypatch) as made:
        html(browser, path)
    assert made == calls


def test_what_is_related_says_why(tmp_path: Path) -> None:
    files = {
        "cases/one.md": case("螺丝厂少返工", "problems: [process-control]", "measures: [lean-6s]"),
        "cases/two.md": case("螺母厂少返工", "problems: [process-control]", "measures: [lean-6s, qc-circle]"),
        "cases/words.md": case("养老院少返工").replace("[C33]", "[Q85]"),
    }
    page = html(open_site(tmp_path, files, only=True).test_client(), "/cases/one")
    related = part(page, 'id="related"', "</section>")
    assert re.findall(r'href="([^"]+)".*?<p class="why">([^<]+)<', related) == [
        ("/cases/two", "问题相同：过程控制不到位；做法相同：精益与6S现场管理；行业相同：金属制品业"),
        ("/cases/words", "标题和摘要的用词相近"),
    ]
