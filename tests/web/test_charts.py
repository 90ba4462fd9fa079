from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from caselib.web.charts import Axis, Bar, Pair, bars, dots, width, wrap

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Markup) -> ET.Element:
    return ET.fromstring(chart)


def words(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def lengths(root: ET.Element, kind: str) -> list[str]:
    return [rect.get("width", "") for rect in root.iter(f"{SVG}rect") if rect.get("class") == kind]


THREE = [Bar("质量意识提升", 90, "90%"), Bar("成本下降", 45, "45%"), Bar("其他", 0, "0%")]


def test_a_chart_says_all_its_figures_in_words() -> None:
    root = drawn(bars("figure-3", "提升成效", THREE))
    assert root.attrib["role"] == "img"
    assert (root.attrib["aria-labelledby"], root.attrib["aria-describedby"]) == ("figure-3-title", "figure-3-desc")
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and desc is not None
    assert (title.get("id"), title.text) == ("figure-3-title", "提升成效")
    assert (desc.get("id"), desc.text) == ("figure-3-desc", "质量意识提升，90%；成本下降，45%；其他，0%。")


def test_the_largest_bar_fills_the_space_and_the_others_keep_to_scale() -> None:
    root = drawn(bars("a", "", THREE))
    assert lengths(root, "bar") == ["62%", "31%", "0%"]
    assert lengths(root, "bed") == []
    assert words(root) == ["质量意识提升", "90%", "成本下降", "45%", "其他", "0%"]


def test_a_share_is_drawn_on_its_whole() -> None:
    root = drawn(bars("a", "", [Bar("满意", 50, "50%")], full=100))
    assert (lengths(root, "bed"), lengths(root, "bar")) == (["62%"], ["31%"])


@pytest.mark.parametrize("rows", [[], [Bar("没有", 0, "0篇")]], ids=["no rows", "only zero"])
def test_nothing_to_draw_is_drawn_without_fault(rows: list[Bar]) -> None:
    assert lengths(drawn(bars("a", "空", rows)), "bar") == ["0%"] * len(rows)


def test_a_label_that_leads_somewhere_is_a_link_in_a_group() -> None:
    root = drawn(bars("a", "", [Bar("制造业", 3, "3篇", "/industries/C?a=1&b=2")]))
    assert root.attrib["role"] == "group"
    assert [link.get("href") for link in root.iter(f"{SVG}a")] == ["/industries/C?a=1&b=2"]


def test_words_from_outside_cannot_become_markup() -> None:
    root = drawn(bars('"><x', "<b>", [Bar("<script>", 1, "&lt;", '"onload="')]))
    assert words(root) == ["<script>", "&lt;"]
    assert {each.tag for each in root.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "desc", "g", "a", "text", "rect")
    }


def test_colours_and_sizes_are_left_to_the_style_sheet() -> None:
    both = [bars("a", "", THREE), dots("b", "", [Pair("甲", 95, 99)], Axis(95, 100), unit="%", ends=("前", "后"))]
    attributes = {name for chart in both for each in drawn(chart).iter() for name in each.attrib}
    assert attributes & {"style", "fill", "stroke", "font-size", "onload"} == set()


def test_a_long_label_takes_two_lines_and_pushes_the_rest_down() -> None:
    short, long = (
        drawn(bars("a", "", [Bar(label, 1, "1篇")])) for label in ("制造业", "电力、热力、燃气及水生产和供应业")
    )
    assert words(long) == ["电力、热力、燃气及水生产和", "供应业", "1篇"]
    assert (short.attrib["height"], long.attrib["height"]) == ("3.1rem", "4.7rem")


def test_dots_stand_where_the_axis_says() -> None:
    root = drawn(
        dots(
            "a", "满意度", [Pair("对提升行动的满意度", 97.4, 99.23)], Axis(95, 100), unit="%", ends=("2021年", "2022年")
        )
    )
    circles = [(each.get("class"), each.get("cx")) for each in root.iter(f"{SVG}circle")][2:]
    assert circles == [("before", "48.24%"), ("after", "80.45%")]
    desc = root.find(f"{SVG}desc")
    assert desc is not None
    assert desc.text == "对提升行动的满意度，2021年97.4%，2022年99.23%。横轴从95%到100%。"
    assert words(root) == [
        "2021年", "2022年", "对提升行动的满意度", "97.4%", "99.23%", "95%", "96%", "97%", "98%", "99%", "100%",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "axis"),
    [([95.88, 99.23], Axis(95, 100, 1)), ([10, 90], Axis(10, 90, 16)), ([5], Axis(5, 6, 1)), ([], Axis(0, 1, 1))],
)
def test_an_axis_holds_its_values(values: list[float], axis: Axis) -> None:
    assert Axis.around(values) == axis


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("十三个字正好可以放在一行里", ["十三个字正好可以放在一行里"]),
        ("十四个字就要分成两行来放的了", ["十四个字就要分成两行来放", "的了"]),
        ("信息传输、软件和信息技术服务业", ["信息传输、软件和", "信息技术服务业"]),
        ("ISO 9001:2015 质量管理体系", ["ISO 9001:2015 质量管理", "体系"]),
    ],
)
def test_labels_are_cut_where_a_reader_would_breathe(text: str, lines: list[str]) -> None:
    assert wrap(text) == lines
    assert "".join(wrap(text)) == text


def test_a_latin_letter_is_about_half_as_wide() -> None:
    assert width("中a") == pytest.approx(1.55)
