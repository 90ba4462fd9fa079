import re
import time
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given

from caselib.content.markdown import AS_WRITTEN
from caselib.content.plaintext import sections
from caselib.content.rendering import TocEntry, render
from tests.content.markdown_texts import markdown

VOID = {"area", "br", "col", "embed", "hr", "img", "input", "wbr"}
REL = 'rel="nofollow noopener noreferrer external"'


def html(body: str) -> str:
    return render(body, base_url="/cases/baozhuang/").html


class Page(HTMLParser):
    """Reads a rendered page and remembers what the rules speak of."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def values(self, name: str) -> list[str]:
        return [value for _, found, value in self.attributes if found == name]


class TestChineseText:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("**重点：**后文", "<strong>重点：</strong>后文"),
            ("前文**“引文”**后文", "前文<strong>“引文”</strong>后文"),
            ("前文*（注）*后文", "前文<em>（注）</em>后文"),
            ("达到**98.2%**以上", "达到<strong>98.2%</strong>以上"),
            ("推行**`6S`**管理", "推行<strong><code>6S</code></strong>管理"),
            ("~~旧法：~~新法", "<s>旧法：</s>新法"),
            ("file_name_here", "file_name_here"),
            ("质量_管理_体系", "质量_管理_体系"),
            ("_强调_ 后文", "<em>强调</em> 后文"),
            ("a_b_ 与 _a_b", "a_b_ 与 _a_b"),
            ("a ** b ** c", "a ** b ** c"),
            ("a*(b)* c", "a*(b)* c"),
            ("c *(b)*a", "c *(b)*a"),
            ("甲*(b)*乙", "甲<em>(b)</em>乙"),
        ],
    )
    def test_emphasis_works_beside_full_width_punctuation(self, body: str, expected: str) -> None:
        assert html(body) == f"<p>{expected}</p>\n"

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("质量\n管理", "质量管理"),
            ("质量，\n“管理”", "质量，“管理”"),
            ("**质量**\n管理", "<strong>质量</strong>管理"),
            ("quality\nmanagement", "quality\nmanagement"),
            ("符合 ISO\n管理", "符合 ISO\n管理"),
            ("质量  \n管理", "质量<br>\n管理"),
        ],
    )
    def test_a_line_break_between_chinese_characters_is_no_space(self, body: str, expected: str) -> None:
        assert html(body) == f"<p>{expected}</p>\n"

    def test_a_list_needs_no_blank_line_before_it_and_nests_by_two_spaces(self) -> None:
        assert html("做法如下：\n- 甲\n  - 乙") == (
            "<p>做法如下：</p>\n<ul>\n<li>甲\n<ul>\n<li>乙</li>\n</ul>\n</li>\n</ul>\n"
        )


class TestHeadings:
    def test_the_highest_heading_of_a_body_is_h2_and_no_level_is_skipped(self) -> None:
        body = "# 做法\n\n### 第一步\n\n#### 细则\n\n### 第二步\n\n# 成效\n"
        assert render(body, base_url="/").toc == [
            TocEntry("做法", "做法", 2),
            TocEntry("第一步", "第一步", 3),
            TocEntry("细则", "细则", 4),
            TocEntry("第二步", "第二步", 3),
            TocEntry("成效", "成效", 2),
        ]

    def test_a_body_that_begins_with_a_second_level_heading_also_starts_at_h2(self) -> None:
        assert html("## 做法\n\n文。\n") == '<h2 id="做法">做法</h2>\n<p>文。</p>\n'

    def test_equal_headings_get_different_anchors(self) -> None:
        assert re.findall(r'id="([^"]+)"', html("# 做法\n# 做法-2\n# 做法\n# 做法-2\n")) == [
            "做法",
            "做法-2",
            "做法-3",
            "做法-2-2",
        ]

    def test_an_anchor_without_chinese_cannot_take_an_id_of_the_page(self) -> None:
        assert html("# Main\n") == '<h2 id="s-main">Main</h2>\n'

    def test_markup_in_a_heading_is_on_the_page_and_not_in_the_contents(self) -> None:
        done = render("## **一、** [做法](http://a.example) `6S` ##\n", base_url="/")
        assert done.html == (
            f'<h2 id="一-做法-6s"><strong>一、</strong> <a href="http://a.example" {REL}>做法</a> <code>6S</code></h2>\n'
        )
        assert done.toc == [TocEntry("一-做法-6s", "一、 做法 6S", 2)]

    def test_an_underlined_line_is_a_heading_and_a_rule_after_a_paragraph_is_a_rule(self) -> None:
        assert html("做法\n====\n\n第一行\n第二行\n---\n") == ('<h2 id="做法">做法</h2>\n<p>第一行第二行</p>\n<hr>\n')

    def test_a_heading_inside_a_quote_is_bold_text_so_that_the_outline_stays_clean(self) -> None:
        assert html("> ## 引\n") == "<blockquote>\n<p><strong>引</strong></p>\n</blockquote>\n"

    def test_the_words_of_a_picture_that_is_all_a_heading_has_are_no_markup(self) -> None:
        assert html("# ![&lt;img src=x onerror=x()&gt; 图](a.png)\n") == (
            '<h2 id="img-src-x-onerror-x-图">&lt;img src=x onerror=x()&gt; 图</h2>\n'
        )

    def test_a_heading_without_words_is_none(self) -> None:
        assert render("#\n\n## <br>\n\n# &nbsp;\n", base_url="/").toc == []


class TestTheTitleAgain:
    def test_a_body_that_begins_with_its_title_does_not_show_it_twice(self) -> None:
        rendered = render("# 两个 目标\n\n前言。\n\n## 做法\n", base_url="/", title="两个  目标")
        assert rendered.html == '<p>前言。</p>\n<h2 id="做法">做法</h2>\n'
        assert rendered.toc == [TocEntry("做法", "做法", 2)]

    @pytest.mark.parametrize("body", ["导语。\n\n# 目标\n", "# 目标二\n", "## 背景\n\n# 目标\n"])
    def test_any_other_heading_stays(self, body: str) -> None:
        assert render(body, base_url="/", title="目标").html == html(body)


class TestStandards:
    @pytest.mark.parametrize(
        "number",
        [
            "GB/T 19001-2016",
            "GB 4351-2023",
            "GB/T 32719.4—2016",
            "GB/T 19001－2016",
            "ISO 9001",
            "ISO9001",
            "IATF 16949:2016",
            "T/CAS 115",
            "DB33/T 2014-2022",
            "DB3301/T 1088-2019",
            "DB33 2014",
            "Q/XX 01-2020",
        ],
    )
    def test_the_number_of_a_standard_stays_on_one_line_and_its_characters_are_those_that_were_written(
        self, number: str
    ) -> None:
        assert html(f"按{number}检验。\n") == f'<p>按<span class="whole">{number}</span>检验。</p>\n'

    def test_nor_is_it_changed_in_an_address_or_the_words_of_a_picture(self) -> None:
        assert html("[标准](/a/ISO9001) ![ISO 9001](a.png)\n") == (
            '<p><a href="/a/ISO9001">标准</a> <img src="/cases/baozhuang/a.png" alt="ISO 9001" loading="lazy" decoding="async"></p>\n'
        )

    @pytest.mark.parametrize("text", ["KT板3块", "2022年100家", "A 12", "abcGB 12", "Q 12"])
    def test_other_letters_and_digits_are_left(self, text: str) -> None:
        assert html(f"{text}\n") == f"<p>{text}</p>\n"


class TestCheckLists:
    @pytest.mark.parametrize(
        ("mark", "ticked"), [("□", ""), ("☐", ""), ("[ ]", ""), ("[x]", " checked"), ("☑", " checked")]
    )
    def test_an_item_has_a_box_to_tick_and_no_bullet(self, mark: str, ticked: str) -> None:
        assert html(f"- {mark} 压力表**今天**点检过\n") == (
            f'<ul>\n<li class="check"><label><input type="checkbox"{ticked}> 压力表<strong>今天</strong>点检过</label></li>\n</ul>\n'
        )

    def test_the_words_of_a_box_end_where_its_paragraph_or_a_list_below_it_begins(self) -> None:
        assert html("- □ 甲\n  - □ 乙\n") == (
            '<ul>\n<li class="check"><label><input type="checkbox"> 甲</label>\n<ul>\n'
            '<li class="check"><label><input type="checkbox"> 乙</label></li>\n</ul>\n</li>\n</ul>\n'
        )
        assert html("- □ 甲\n\n- □ 乙\n") == (
            '<ul>\n<li class="check">\n<p><label><input type="checkbox"> 甲</label></p>\n</li>\n'
            '<li class="check">\n<p><label><input type="checkbox"> 乙</label></p>\n</li>\n</ul>\n'
        )

    @pytest.mark.parametrize(
        "below",
        [
            "<details><summary>乙</summary>丙</details>",
            "<figure><figcaption>乙</figcaption></figure>",
        ],
    )
    def test_the_words_of_a_box_hold_no_block(self, below: str) -> None:
        assert html(f"<ul><li>□ 甲{below}</li></ul>\n") == (
            f'<ul><li class="check"><label><input type="checkbox"> 甲</label>{below}</li></ul>\n'
        )

    def test_a_box_without_words_is_a_character(self) -> None:
        assert html("- □\n  - □ 乙\n") == (
            '<ul>\n<li>□\n<ul>\n<li class="check"><label><input type="checkbox"> 乙</label></li>\n</ul>\n</li>\n</ul>\n'
        )

    def test_a_box_inside_the_words_is_a_character(self) -> None:
        assert html("- 打□的项\n") == "<ul>\n<li>打□的项</li>\n</ul>\n"


class TestTables:
    BODY = "| 项 | 前 |\n|---|--:|\n| 合格率 | 98.2% |\n"

    def test_a_table_scrolls_in_a_region_that_the_keyboard_reaches(self) -> None:
        assert html(self.BODY) == (
            '<div class="table-scroll" role="region" tabindex="0" aria-label="表格"><table>\n<thead>\n<tr>\n'
            '<th scope="col">项</th>\n<th class="align-right" scope="col">前</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n'
            '<td>合格率</td>\n<td class="align-right">98.2%</td>\n</tr>\n</tbody>\n</table></div>\n'
        )

    def test_each_region_is_named_for_its_heading_and_has_its_own_name(self) -> None:
        body = f'{self.BODY}\n{self.BODY}\n# 进货\n\n{self.BODY}\n{self.BODY}\n## "首件"\n\n{self.BODY}\n# 进货\n\n{self.BODY}'
        assert [unescape(name) for name in re.findall(r'aria-label="([^"]+)"', html(body))] == [
            "表格",
            "表格 2",
            "进货（表格）",
            "进货（表格 2）",
            '"首件"（表格）',
            "进货（表格 3）",
        ]

    def test_an_html_table_keeps_merged_cells_and_gets_scopes(self) -> None:
        body = '<table border=1><tr><th style="x">甲<th></th></tr>\n<tr><th>行</th><td colspan="2" id=q>乙</table>\n'
        assert html(body) == (
            '<div class="table-scroll" role="region" tabindex="0" aria-label="表格"><table><tbody>'
            '<tr><th scope="col">甲</th><td></td></tr>\n<tr><th scope="row">行</th><td colspan="2">乙</td></tr>'
            "</tbody></table></div>\n"
        )


class TestFootnotes:
    def test_a_footnote_and_its_way_back(self) -> None:
        assert html("产值[^甲]。\n\n[^甲]: 据报告。\n") == (
            '<p>产值<sup class="footnote-ref"><a href="#fn1" id="fnref1">[1]</a></sup>。</p>\n'
            '<section class="footnotes" aria-label="注释"><ol>\n<li id="fn1"><p>据报告。 '
            '<a href="#fnref1" class="footnote-backref" aria-label="回到正文">↩︎</a></p>\n</li>\n</ol></section>\n'
        )

    def test_a_footnote_nothing_refers_to_is_not_lost(self) -> None:
        assert html("文。\n\n[^甲]: 据报告。\n") == "<p>文。</p>\n<p>据报告。</p>\n"

    def test_a_footnote_in_a_later_section_is_found(self) -> None:
        assert html("# 甲\n\n文[^1]\n\n# 乙\n\n[^1]: 注\n").count('href="#fn1"') == 1


class TestLinksAndImages:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("![流程图](liucheng.png)", '<img src="/cases/baozhuang/liucheng.png" alt="流程图"'),
            (
                "![](./图/流程图.png '题')",
                '<img src="/cases/baozhuang/%E6%B5%81%E7%A8%8B%E5%9B%BE.png" alt="" title="题"',
            ),
            ("![](baozhuang/a.png)", '<img src="/cases/baozhuang/a.png" alt=""'),
            ("![](../../../etc/passwd)", '<img src="/cases/baozhuang/passwd" alt=""'),
            ("![](..%2F..%2Fdesk%2Fa.png)", '<img src="/cases/baozhuang/..%2F..%2Fdesk%2Fa.png" alt=""'),
        ],
    )
    def test_an_image_beside_the_file_is_loaded_late_from_under_the_page(self, body: str, expected: str) -> None:
        assert html(body) == f'<p>{expected} loading="lazy" decoding="async"></p>\n'

    @pytest.mark.parametrize("address", ["https://e.example/a.png", "//e.example/a.png", "HTTP:e.example/a.png"])
    def test_an_image_from_elsewhere_becomes_a_link(self, address: str) -> None:
        found = html(f"![图]({address})")
        assert "<img" not in found
        assert (found.count("<a href="), found.count(REL), found.count(">图片：图</a>")) == (1, 1, 1)

    @pytest.mark.parametrize("address", ["\\\\e.example/a.png", "/\\e.example/a.png", "\t//e.example/a.png"])
    def test_an_address_that_a_browser_would_read_as_elsewhere_counts_as_such(self, address: str) -> None:
        assert Page(html(f'<img src="{address}" alt="图">')).values("src") == []

    def test_an_image_from_elsewhere_inside_a_link_leaves_its_words(self) -> None:
        assert html("[![图](//e.example/a.png)](http://a.example)") == (
            f'<p><a href="http://a.example" {REL}>图片：图</a></p>\n'
        )

    def test_a_folder_in_the_place_of_an_image_is_a_link(self) -> None:
        assert html("![图](..)") == '<p><a href="/">图片：图</a></p>\n'

    def test_an_image_written_into_the_text_as_data_leaves_its_words(self) -> None:
        assert html("![图](data:image/png;base64,iVBORw0KGgo=)") == "<p>图片：图</p>\n"

    @pytest.mark.parametrize(
        ("target", "href"),
        [
            ("../guides/packaging-2022.md", "/guides/packaging-2022"),
            ("../pages/privacy.md", "/about/privacy"),
            ("other.md#做法", "/cases/other#%E5%81%9A%E6%B3%95"),
            ("other", "/cases/other"),
            ("/search?q=a", "/search?q=a"),
            ("?q=a", "?q=a"),
            ("#做法", "#%E5%81%9A%E6%B3%95"),
            ("biao.pdf", "/cases/baozhuang/biao.pdf"),
            ("mailto:a@b.example", "mailto:a@b.example"),
        ],
    )
    def test_a_link_inside_the_library_leads_to_a_page_of_it(self, target: str, href: str) -> None:
        assert html(f"[文]({target})") == f'<p><a href="{href}">文</a></p>\n'


class TestHostileText:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("<script>alert(1)</script>\n\n文", "<p>文</p>\n"),
            ("甲<script>alert(1)</script>乙", "<p>甲alert(1)乙</p>\n"),
            ("<script>alert(1)\n\n文", "alert(1)\n\n文"),
            ("<style>p{}</style>\n\n文", "<p>文</p>\n"),
            ("<p onclick=x() style=x class=x id=x>甲", "<p>甲</p>"),
            ('<a href="javascript:x()">甲</a>', "<p><a>甲</a></p>\n"),
            ('<a href="java&#10;script:x()">甲</a>', "<p><a>甲</a></p>\n"),
            ("<a href='/a?\" onclick=\"x()'>甲</a>", '<p><a href="/a?&quot; onclick=&quot;x()">甲</a></p>\n'),
            (
                "<a href='//e.example/\" onclick=\"x()'>甲</a>",
                f'<p><a href="//e.example/&quot; onclick=&quot;x()" {REL}>甲</a></p>\n',
            ),
            ("<img src=x onerror=x()>", '<img src="/cases/baozhuang/x" alt="" loading="lazy" decoding="async">'),
            ("<iframe src=//e.example></iframe>甲", "甲"),
            ("<form><input name=q><button>甲</button></form>", "甲"),
            ("<svg><script>x</script></svg>", "<p>x</p>\n"),
            ("<h1 id=q>甲</h1>", "<p><strong>甲</strong></p>"),
            ("a < b <c", "<p>a &lt; b &lt;c</p>\n"),
            ("<!-- 只给编辑看 -->甲<!-- 也是 -->", "<p>甲</p>\n"),
            ("<!-- 没有结束\n\n# 做法", '&lt;!-- 没有结束\n<h2 id="做法">做法</h2>\n'),
        ],
    )
    def test_what_may_not_be_on_a_page_goes_and_the_words_stay(self, body: str, expected: str) -> None:
        assert html(body) == expected

    def test_what_is_left_open_ends_with_its_section(self) -> None:
        assert html("<div><table><tr><td>甲\n\n# 乙\n\n丙") == (
            '<div><div class="table-scroll" role="region" tabindex="0" aria-label="表格"><table><tbody><tr><td>甲\n'
            '</td></tr></tbody></table></div></div><h2 id="乙">乙</h2>\n<p>丙</p>\n'
        )

    def test_an_id_of_a_footnote_cannot_be_forged_twice(self) -> None:
        found = Page(html('<li id="fn1">假\n\n<li id="login">\n\n文[^1]\n\n[^1]: 真\n')).values("id")
        assert sorted(found) == ["fn1", "fnref1"]

    @given(markdown)
    def test_any_text_gives_a_sound_and_harmless_page(self, body: str) -> None:
        page = Page(html(body))
        assert (page.faults, page.open) == ([], [])
        assert page.tags & {"script", "style", "iframe", "form", "input", "svg", "object", "textarea", "h1"} == set()
        assert [name for _, name, _ in page.attributes if name.startswith("on") or name == "style"] == []
        assert all(value.startswith("/cases/baozhuang/") for value in page.values("src"))
        assert [
            link for link in page.values("href") if re.match(r"\s*(javascript|data|vbscript|file):", link, re.I)
        ] == []
        assert len(page.values("id")) == len(set(page.values("id")))

    @given(markdown)
    def test_every_section_of_the_plain_text_has_its_place_on_the_page(self, body: str) -> None:
        done = render(body, base_url="/cases/baozhuang/")
        named = [section.anchor for section in sections(body) if section.anchor]
        assert named == [entry.anchor for entry in done.toc]
        assert set(named) <= set(Page(done.html).values("id"))


class TestMonstrousText:
    @pytest.mark.parametrize(
        "body",
        [
            *(
                sign * 10_000
                for sign in (">", "> ", "*", "[", "![", "[a](", "_a ", "**a ", "`", "<", "<div>", "|", "- ")
            ),
            *(
                sign * 10_000
                for sign in ("<!--", '<a href="', "<b>x\n\n", "[^a]", "# a\n", "a\n-\n", "***a ", "&#", "1. ")
            ),
            "\n".join("  " * depth + "- 项" for depth in range(300)),
            "\n".join("`" * (length % 40 + 3) for length in range(10_000)),
            "[" * 10_000 + "]" * 10_000,
            "质量\n" * 100_000,
            "[" * 300_000,
            "<!--\n" * 100_000,
            "<pre>\n" * 100_000,
            "|甲|乙|\n|-|-|\n" + "|一|二|\n" * 5_000,
        ],
    )
    def test_it_is_rendered_in_seconds_and_nothing_breaks(self, body: str) -> None:
        begun = time.process_time()
        page = Page(html(body))
        assert time.process_time() - begun < 5
        assert (page.faults, page.open) == ([], [])

    def test_text_nested_too_deeply_is_shown_as_written_and_says_so(self) -> None:
        assert html("> " * 50 + "底") == f"<p><em>{AS_WRITTEN}</em></p>\n<p>{'&gt; ' * 50}底</p>\n"

    def test_a_part_with_too_many_marks_is_shown_as_written_and_the_parts_before_it_as_they_should(self) -> None:
        found = html("# 甲\n\n**乙**\n\n# 丙\n\n" + "* " * 41_000)
        assert found.startswith('<h2 id="甲">甲</h2>\n<p><strong>乙</strong></p>\n<h2 id="丙">丙</h2>\n')
        assert found.count(AS_WRITTEN) == 1
