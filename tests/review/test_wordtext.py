"""What Word and WPS show of a document and mammoth does not: styles, text boxes, revisions, hidden text and symbols."""

import pytest

from caselib.review.word import convert
from tests.review.test_word import SECTIONS, body_of, document, item, numbered, numbering, paragraph, rows

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def remarks(*paragraphs: str) -> tuple[str, tuple[str, ...]]:
    return convert("a.docx", document("".join(paragraphs)), SECTIONS)


# Styles


def style(key: str, name: str, *, based: str = "", paragraph: str = "", run: str = "") -> str:
    """A style as WPS writes it: a number for its key, a Chinese name if it is the writer's own."""
    about = f'<w:name w:val="{name}"/>' + (f'<w:basedOn w:val="{based}"/>' if based else "")
    return (
        f'<w:style w:type="paragraph" w:styleId="{key}">{about}<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>'
    )


def styles(*each: str) -> dict[str, str]:
    return {"word/styles.xml": f'<w:styles xmlns:w="{_W}">{"".join(each)}</w:styles>'}


def counted(number: int = 1, depth: str = "") -> str:
    return f'<w:numPr>{depth and f"""<w:ilvl w:val="{depth}"/>"""}<w:numId w:val="{number}"/></w:numPr>'


def outline(value: int) -> str:
    return f'<w:outlineLvl w:val="{value}"/>'


def shaped(text: str, properties: str) -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


FIRM = numbering(("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3."))


def test_headings_that_are_numbered_by_their_style_keep_their_numbers() -> None:
    parts = FIRM | styles(
        style("2", "heading 1", paragraph=counted() + outline(0)),
        style("3", "heading 2", paragraph=counted(depth="1") + outline(1)),
        style("4", "heading 3", paragraph=counted(depth="2") + outline(2)),
    )
    lines = (
        paragraph("企业概况", "2"),
        paragraph("背景", "2"),
        paragraph("订单", "3"),
        paragraph("多。"),
        paragraph("人员", "3"),
        paragraph("新工", "4"),
        paragraph("老工", "4"),
    )
    assert numbered(parts, *lines) == (
        "## 企业概况\n\n## 二、背景\n\n### （一）订单\n\n多。\n\n### （二）人员\n\n#### 1. 新工\n\n#### 2. 老工\n"
    )


def test_the_depth_that_a_list_gives_a_style_counts() -> None:
    linked = FIRM["word/numbering.xml"].replace(
        '<w:lvlText w:val="（%2）"/>', '<w:pStyle w:val="3"/><w:lvlText w:val="（%2）"/>'
    )
    parts = {"word/numbering.xml": linked} | styles(style("3", "heading 2", paragraph=counted()))
    assert numbered(parts, paragraph("订单", "3")) == "## （一）订单\n"


def test_a_paragraph_may_leave_out_the_number_of_its_style() -> None:
    parts = FIRM | styles(style("2", "样式1", paragraph=counted()))
    lines = paragraph("首检", "2"), shaped("复盘", '<w:pStyle w:val="2"/>' + counted(0)), paragraph("巡检", "2")
    assert numbered(parts, *lines) == "一、首检\n\n复盘\n\n二、巡检\n"


def test_a_list_may_have_its_levels_from_a_style_of_lists_or_of_its_own() -> None:
    levels = FIRM["word/numbering.xml"]
    kind = levels.replace('w:abstractNumId="0">', 'w:abstractNumId="0"><w:styleLink w:val="9"/>')
    kind = kind.replace(
        '<w:num w:numId="1">',
        '<w:abstractNum w:abstractNumId="5"><w:numStyleLink w:val="9"/></w:abstractNum><w:num w:numId="1">',
    ).replace('<w:num w:numId="1"><w:abstractNumId w:val="0"/>', '<w:num w:numId="1"><w:abstractNumId w:val="5"/>')
    assert numbered({"word/numbering.xml": kind}, item("首检"), item("巡检")) == "一、首检\n\n二、巡检\n"
    level = '<w:lvlOverride w:ilvl="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="第%1步"/></w:lvl></w:lvlOverride>'
    own = levels.replace(
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/>', f'<w:num w:numId="1"><w:abstractNumId w:val="0"/>{level}'
    )
    assert numbered({"word/numbering.xml": own}, item("首检"), item("巡检")) == "第1步首检\n\n第2步巡检\n"


def test_points_and_plain_numbers_of_a_style_of_lists_are_lists() -> None:
    levels = numbering(("decimal", "%1."), ("bullet", "●"))["word/numbering.xml"]
    linked = levels.replace('w:abstractNumId="0">', 'w:abstractNumId="5"><w:styleLink w:val="9"/>')
    kind = '<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="9"/></w:abstractNum><w:num w:numId="1">'
    parts = {"word/numbering.xml": linked.replace('<w:num w:numId="1">', kind)}
    assert numbered(parts, item("首检"), item("外观", 1), item("巡检")) == "1. 首检\n   - 外观\n2. 巡检\n"


def test_a_number_without_a_list_is_none() -> None:
    assert body_of(item("首检")) == "首检\n"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("decimalEnclosedCircleChinese", "①②③④"),
        ("ideographTraditional", "甲乙丙丁"),
        ("chineseLegalSimplified", "壹贰叁肆"),
        ("upperRoman", ["I", "II", "III", "IV"]),
        ("decimalZero", ["01", "02", "03", "04"]),
    ],
)
def test_numbers_of_other_kinds_are_written_as_they_are_seen(kind: str, shown: str | list[str]) -> None:
    lines = numbered(numbering((kind, "%1、")), *[item("检")] * 4)
    assert lines == "\n\n".join(f"{each}、检" for each in shown) + "\n"


def test_a_list_without_numbers_shows_none() -> None:
    assert numbered(numbering(("none", ""), ("none", "附")), item("首检"), item("表", 1)) == "首检\n\n附表\n"


def test_the_number_of_a_line_within_a_content_control_is_kept() -> None:
    within = "<w:sdt><w:sdtContent><w:r><w:t>首检</w:t></w:r></w:sdtContent></w:sdt>"
    assert numbered(FIRM, f"<w:p><w:pPr>{counted()}</w:pPr>{within}</w:p>") == "一、首检\n"


def test_what_is_a_heading_by_its_style_or_its_level_is_one() -> None:
    parts = styles(
        style("2", "heading 1"),
        style("10", "公文一级", based="2"),
        style("11", "公文二级", paragraph=outline(1)),
        style("12", "公文正文", based="2", paragraph=outline(9)),
        style("13", "标题 3"),
        style("14", "Title", paragraph=outline(0)),
    )
    lines = (
        paragraph("某厂案例", "14"),
        paragraph("背景", "10"),
        paragraph("订单", "11"),
        paragraph("多。", "12"),
        paragraph("人员", "13"),
        shaped("设备", outline(1)),
        shaped("老旧。", '<w:pStyle w:val="2"/>' + outline(9)),
        shaped("效果", outline(7)),
    )
    assert numbered(parts, *lines) == (
        "某厂案例\n\n## 背景\n\n### 订单\n\n多。\n\n#### 人员\n\n### 设备\n\n老旧。\n\n####### 效果\n".replace(
            "#" * 7, "#" * 6
        )
    )


def test_a_paragraph_that_was_given_the_level_of_its_first_words_stays_text() -> None:
    long = "（一）建立首检。" + "每班开工先做首件检验。" * 10
    assert body_of(shaped(long, outline(1)), shaped("效果", outline(0))) == f"{long}\n\n## 效果\n"


def test_styles_that_are_based_on_themselves_say_what_they_say() -> None:
    parts = styles(style("2", "公文一级", based="3", paragraph=outline(0)), style("3", "公文", based="2"))
    assert numbered(parts, paragraph("背景", "2"), paragraph("多。")) == "## 背景\n\n多。\n"


def test_a_power_by_a_style_of_its_characters_is_one() -> None:
    parts = styles(style("20", "上标", run='<w:vertAlign w:val="superscript"/>'))
    runs = '<w:r><w:t>10</w:t></w:r><w:r><w:rPr><w:rStyle w:val="20"/></w:rPr><w:t>-6</w:t></w:r>'
    assert numbered(parts, f"<w:p>{runs}</w:p>") == "10⁻⁶\n"


def test_strong_characters_are_strong() -> None:
    strong = '<w:r><w:rPr><w:rStyle w:val="22"/></w:rPr><w:t>首检</w:t></w:r>'
    assert numbered(styles(style("22", "Strong")), f"<w:p>{strong}</w:p>") == "**首检**\n"


def test_a_document_in_strict_form_is_read_like_any_other() -> None:
    parts = {
        name: part.replace(_W, _STRICT)
        for name, part in (FIRM | styles(style("2", "heading 1", paragraph=counted()))).items()
    }
    whole = document(paragraph("背景", "2") + paragraph("多。"), parts)
    assert convert("a.docx", whole, SECTIONS).body == "## 一、背景\n\n多。\n"


# Text boxes and drawings

_SPACES = (
    ("mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"),
    ("wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"),
    ("wpg", "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"),
    ("wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
    ("a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
    ("pic", "http://schemas.openxmlformats.org/drawingml/2006/picture"),
    ("v", "urn:schemas-microsoft-com:vml"),
    ("o", "urn:schemas-microsoft-com:office:office"),
)
PICTURE = "<pic:pic><pic:blipFill><a:blip/></pic:blipFill></pic:pic>"


def spaced(xml: str) -> str:
    names = " ".join(f'xmlns:{name}="{address}"' for name, address in _SPACES)
    return f"<w:r><w:smartTag {names}>{xml}</w:smartTag></w:r>"


def box(*paragraphs: str) -> str:
    return f"<wps:wsp><wps:txbx><w:txbxContent>{''.join(paragraphs)}</w:txbxContent></wps:txbx></wps:wsp>"


def drawing(shapes: str) -> str:
    return (
        f"<w:drawing><wp:anchor><a:graphic><a:graphicData>{shapes}</a:graphicData></a:graphic></wp:anchor></w:drawing>"
    )


def old_box(*paragraphs: str) -> str:
    inside = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    return f"<w:pict><v:shape><v:textbox>{inside}</v:textbox></v:shape></w:pict>"


def either(choice: str, fallback: str | None) -> str:
    other = "" if fallback is None else f"<mc:Fallback>{fallback}</mc:Fallback>"
    return f'<mc:AlternateContent><mc:Choice Requires="wps">{choice}</mc:Choice>{other}</mc:AlternateContent>'


def around(xml: str) -> str:
    return f"<w:p><w:r><w:t>前</w:t></w:r>{spaced(xml)}<w:r><w:t>后</w:t></w:r></w:p>"


ONE_BOX = "1 个文本框里的文字放在了所在段落的后面，请核对位置。"
ONE_PICTURE = "文中的 1 张图片没有带入，请作为附件上传。"


@pytest.mark.parametrize(
    "xml",
    [
        drawing(box(paragraph("首检。"))),
        old_box(paragraph("首检。")),
        either(drawing(box(paragraph("首检。"))), None),
        either(drawing(box(paragraph("首检。"))), ""),
        either(drawing(box(paragraph("首检。"))), old_box(paragraph("首检。"))),
        either(drawing(box(paragraph("首检。"))), "<w:pict><v:rect/></w:pict>"),
        '<w:pict><v:shape><v:textpath string="首检。"/></v:shape></w:pict>',
    ],
    ids=["drawing", "old", "without another", "another empty", "both", "another without words", "drawn letters"],
)
def test_the_text_of_a_box_comes_after_its_paragraph_and_is_said(xml: str) -> None:
    assert remarks(around(xml), paragraph("复盘。")) == ("前后\n\n首检。\n\n复盘。\n", (ONE_BOX,))


def test_the_text_of_a_box_in_a_cell_stays_in_the_cell() -> None:
    cell = around(drawing(box(paragraph("首检。"))))
    assert remarks(rows([cell, paragraph("乙")], [paragraph("丙"), paragraph("丁")]))[0] == (
        "| 前后  首检。 | 乙 |\n| --- | --- |\n| 丙 | 丁 |\n"
    )


def test_a_heading_with_a_box_beside_it_stays_a_heading() -> None:
    heading = around(drawing(box(paragraph("首检" * 60)))).replace("<w:p>", f"<w:p><w:pPr>{outline(0)}</w:pPr>", 1)
    assert body_of(heading) == f"## 前后\n\n{'首检' * 60}\n"


def test_what_is_drawn_of_several_shapes_is_a_picture_with_words() -> None:
    group = drawing(f"<wpg:wgp>{box(paragraph('下料'))}{box(paragraph('印刷'))}{box('<w:p/>')}</wpg:wgp>")
    said = ("文中的 1 张图片没有带入，请作为附件上传。", "2 个文本框里的文字放在了所在段落的后面，请核对位置。")
    assert remarks(around(either(group, None))) == ("前后\n\n下料\n\n印刷\n", said)


def test_pictures_in_a_group_are_counted() -> None:
    group = either(drawing(f"<wpg:wgp>{PICTURE * 2}</wpg:wgp>"), None)
    assert remarks(around(group), around(drawing(PICTURE))) == (
        "前后\n\n前后\n",
        ("文中的 3 张图片没有带入，请作为附件上传。",),
    )


def test_a_formula_that_is_an_object_is_one() -> None:
    formula = '<w:object><v:shape><v:imagedata/></v:shape><o:OLEObject ProgID="Equation.DSMT4"/></w:object>'
    assert remarks(around(formula)) == ("前后\n", ("文中的 1 个公式没有带入，请改用文字写出。",))


def test_a_character_that_a_field_draws_within_a_circle_is_told() -> None:
    field = "".join(
        f"<w:r>{each}</w:r>"
        for each in (
            '<w:fldChar w:fldCharType="begin"/>',
            r"<w:instrText>eq \o\ac(○,</w:instrText>",
            "<w:instrText>1)</w:instrText>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    assert remarks(f"<w:p>{field}<w:r><w:t>首检</w:t></w:r></w:p>") == (
        "首检\n",
        ("文中的 1 个公式没有带入，请改用文字写出。",),
    )


# Hidden and deleted text


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("properties", "shown"),
    [
        ("<w:vanish/>", "甲丙"),
        ('<w:vanish w:val="true"/>', "甲丙"),
        ('<w:vanish w:val="0"/>', "甲乙丙"),
        ("<w:webHidden/>", "甲乙丙"),
        ('<w:rStyle w:val="20"/>', "甲丙"),
        ('<w:rStyle w:val="21"/>', "甲丙"),
        ('<w:rStyle w:val="20"/><w:vanish w:val="false"/>', "甲乙丙"),
    ],
)
def test_hidden_text_is_left_out_and_said(properties: str, shown: str) -> None:
    parts = styles(style("20", "批注隐藏", run="<w:vanish/>"), style("21", "样式2", based="20"))
    found = convert("a.docx", document(f"<w:p>{run('甲')}{run('乙', properties)}{run('丙')}</w:p>", parts), SECTIONS)
    assert found == (f"{shown}\n", ("设为隐藏的文字没有带入。",) if shown == "甲丙" else ())


def test_a_style_may_hide_a_paragraph_and_another_show_some_of_it() -> None:
    parts = styles(style("20", "隐藏段", run="<w:vanish/>"), style("21", "隐藏字", run="<w:vanish/>"))
    line = f'<w:p><w:pPr><w:pStyle w:val="20"/></w:pPr>{run("甲")}{run("乙", "<w:rStyle w:val=" + chr(34) + "21" + chr(34) + "/>")}</w:p>'
    assert numbered(parts, line, paragraph("丙")) == "乙\n\n丙\n"


def test_what_a_revision_deleted_is_left_out_and_said() -> None:
    deleted = "<w:del><w:r><w:delText>三</w:delText></w:r></w:del>"
    moved = f"<w:moveFrom>{run('旧')}</w:moveFrom><w:moveTo>{run('新')}</w:moveTo>"
    line = f"<w:p>{run('每')}{deleted}<w:ins>{run('两')}</w:ins>{run('天')}{moved}</w:p>"
    assert remarks(line) == ("每两天新\n", ("修订中删去的文字没有带入。",))


def ended(text: str, mark: str = "del", more: str = "") -> str:
    """A paragraph whose mark was deleted or moved away."""
    return f"<w:p><w:pPr>{more}<w:rPr><w:{mark}/></w:rPr></w:pPr>{run(text) if text else ''}</w:p>"


def test_a_paragraph_whose_mark_was_deleted_joins_the_next_one() -> None:
    assert body_of(ended("每"), ended("班"), paragraph("首检。"), paragraph("复盘。")) == "每班首检。\n\n复盘。\n"
    assert body_of(ended("每班"), "<w:p/>", paragraph("复盘。")) == "每班\n\n复盘。\n"


def test_a_paragraph_whose_mark_was_deleted_stays_in_its_cell() -> None:
    table = rows([ended("甲"), paragraph("乙")], [paragraph("丙"), paragraph("丁") + ended("戊")])
    assert body_of(table, ended("己")) == "| 甲 | 乙 |\n| --- | --- |\n| 丙 | 丁  戊 |\n\n己\n"
    assert body_of(ended("己"), table).startswith("己\n\n| 甲 |")


def test_a_paragraph_that_was_moved_away_is_not_counted() -> None:
    assert numbered(FIRM, item("首检"), ended("", "moveFrom", counted()), item("巡检")) == "一、首检\n\n二、巡检\n"


# Characters


def test_a_heading_may_begin_a_page() -> None:
    broken = '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:br w:type="page"/><w:t>背景</w:t></w:r></w:p>'
    assert body_of(broken, broken.replace("背景", "做法")) == "## 背景\n\n## 做法\n"


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<w:t>甲</w:t><w:cr/><w:t>乙</w:t>", "甲\n\n乙\n"),
        ('<w:t>甲</w:t><w:br w:type="page"/><w:t>乙</w:t>', "甲\n\n乙\n"),
        ("<w:t>甲</w:t><w:ptab/><w:t>乙</w:t>", "甲 乙\n"),
        ("<w:t>GB/T 19001</w:t><w:noBreakHyphen/><w:t>2016</w:t>", "GB/T 19001-2016\n"),
        ("<w:t>甲</w:t><w:softHyphen/><w:t>乙</w:t>", "甲乙\n"),
        ('<w:sym w:font="Wingdings" w:char="F0FE"/><w:t>大型</w:t>', "☑大型\n"),
        ('<w:sym w:font="Wingdings" w:char="f0a8"/><w:t>大型</w:t>', "□大型\n"),
        ('<w:sym w:font="Wingdings 2" w:char="0052"/><w:t>大型</w:t>', "☑大型\n"),
        ('<w:sym w:font="宋体" w:char="25A1"/><w:sym w:font="Times New Roman" w:char="00B1"/>', "□±\n"),
        ('<w:rPr><w:rFonts w:ascii="Wingdings 2"/></w:rPr><w:t>R</w:t><w:t>大型</w:t>', "☑大型\n"),
        ('<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>\uf0fc</w:t>', "✓\n"),
    ],
)
def test_characters_that_have_elements_or_fonts_of_their_own(xml: str, text: str) -> None:
    assert remarks(f"<w:p><w:r>{xml}</w:r></w:p>") == (text, ())


def test_a_symbol_that_nobody_knows_is_marked_and_said() -> None:
    line = '<w:p><w:r><w:t>甲</w:t><w:sym w:font="某字体" w:char="F041"/></w:r></w:p>'
    assert remarks(line) == ("甲〓\n", ("有 1 个符号认不出来，写成了“〓”，请改正。",))


def test_what_was_chosen_of_an_old_list_is_kept() -> None:
    entries = '<w:listEntry w:val="小型"/><w:listEntry w:val="微型"/>'
    begin = f'<w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/>{entries}</w:ddList></w:ffData></w:fldChar>'
    rest = '<w:instrText> FORMDROPDOWN </w:instrText><w:fldChar w:fldCharType="end"/>'
    assert remarks(f"<w:p><w:r><w:t>规模：</w:t>{begin}{rest}</w:r></w:p>") == ("规模：微型\n", ())


def test_a_file_within_the_file_is_told() -> None:
    assert remarks(paragraph("首检。"), "<w:altChunk/>") == (
        "首检。\n",
        ("文中插入的其他文件没有带入，请打开它，把文字复制到正文里。",),
    )
