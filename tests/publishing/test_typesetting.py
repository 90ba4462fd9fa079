"""The book as PDF: asked of Typst itself, which knows what stands on which page."""

import json
import re
import subprocess
import sys
import zlib
from pathlib import Path
from struct import pack

import pytest

from caselib.errors import CaselibError, Conflict, Unavailable
from caselib.publishing import typesetting
from tests.publishing.books import FIRST, THIRD, Printed, plain, shelf

HOSTILE = r"#import \"x\" $a$ \\ @b <c> *d* _e_ `f` //g"
SHOWN = r'#import "x" $a$ \ @b <c> *d* _e_ `f` //g'
TEXT = """
#import "@preview/evil:1.0.0": * #read("/etc/passwd") $x$ @nobody \\#panic("x") <b>粗</b> <!-- lacking -->

<script>alert(1)</script><img src="file:///etc/passwd" alt="密">

![密](/etc/passwd) ![码](../../../../etc/passwd.png) ![外](http://example.com/a.png) ![坏](bad.png) ![巨](huge.png) ![好](good.png)
"""


def png(wide: int = 4, high: int = 1) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj()
    pixels = b"".join([*(packer.compress(bytes(1 + 3 * wide)) for _ in range(high)), packer.flush()])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")  # fmt: skip


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """The three cases."""
    folder = tmp_path_factory.mktemp("printed")
    return Printed(shelf(folder), folder / "set")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    """A case whose writer knows Typst, with pictures of every kind."""
    folder = tmp_path_factory.mktemp("hostile")
    case = THIRD.replace("title: 检验到每道工序", f'title: "{HOSTILE}"\nfirm: "{HOSTILE}"') + TEXT
    files = {
        "cases/d.md": case,
        "cases/good.png": png(),
        "cases/bad.png": png()[:40],
        "cases/huge.png": png(8000, 8000),
    }
    return Printed(shelf(folder, 0, files), folder / "set")


@pytest.mark.parametrize(
    ("count", "headings"),
    [
        (0, [("编写说明", 2), ("目　录", 3)]),
        (1, [("编写说明", 2), ("目　录", 3), ("首件三方确认", 4), ("索引", 5)]),
    ],
)
def test_no_case_and_one(tmp_path: Path, count: int, headings: list[tuple[str, int]]) -> None:
    assert Printed(shelf(tmp_path, count), tmp_path / "set").headings() == headings


def test_each_case_begins_a_page(printed: Printed) -> None:
    assert printed.headings() == [
        ("编写说明", 2),
        ("目　录", 3),
        ("首件三方确认", 4),
        ("渥堆有了记录", 5),
        ("检验到每道工序", 6),
        ("索引", 7),
    ]


def test_the_headings_of_a_text_are_below_its_title(printed: Printed) -> None:
    assert printed.headings(2) == [("收录范围", 2), ("问题", 4), ("按行业", 7), ("按地区", 7), ("按共性质量问题", 7)]
    assert printed.headings(3)[0] == ("细处", 4)


def test_the_contents_and_the_indexes_lead_to_the_cases(printed: Printed) -> None:
    found = printed.ask("query(link).map(each => (str(each.dest), each.location().page()))")
    assert found == [
        *(["preface", 3], ["case-1", 3], ["case-2", 3], ["case-3", 3], ["indexes", 3]),
        *([f"case-{n}", 7] for n in (2, 2, 1, 3, 1, 3, 2, 3, 1, 3)),
    ]


def test_facts_figures_and_notes_stand_in_the_case(printed: Printed) -> None:
    words = printed.words()
    for said in (
        "甲认证有限公司",
        "提高1.6个百分点",
        "提高145.7%",
        "首件由三方确认，返工少了。",
        "返工指重新加工。",
        "《包装行业实施指南》（2022版）",
    ):
        assert said in words
    assert printed.ask("query(footnote).len()") == 1


def test_what_is_sample_says_so_on_the_cover_and_in_the_case_alone(printed: Printed) -> None:
    pages = "query(<sample>).map(each => each.location().page())"
    assert (printed.ask("query(<book-sample>).len()"), printed.ask(pages)) == (1, [5])


def test_the_same_batch_gives_the_same_bytes(tmp_path: Path) -> None:
    found = shelf(tmp_path, 1)
    one, other = (typesetting.pdf(found.book(), found.store) for _ in range(2))
    assert (one == other, one[:5]) == (True, b"%PDF-")


def test_a_case_does_not_end_with_a_few_lines_on_a_page_of_their_own(tmp_path: Path) -> None:
    def case(lines: int) -> dict[str, str | bytes]:
        return {"cases/a.md": THIRD + "\n\n".join(["一行。"] * lines)}

    ends = [
        Printed(shelf(tmp_path / str(lines), 0, case(lines)), tmp_path / f"set {lines}").ask(
            "query(<end>).first().location().position().y / 1pt"
        )
        for lines in (10, 20)
    ]
    found = shelf(tmp_path / "more", 0, case(12 + int((842 - 71 - ends[0]) / (ends[1] - ends[0]) * 10)))
    assert Printed(found, tmp_path / "more" / "set").headings()[-1] == ("索引", 6)
    assert re.findall(rb"/Count (\d+)", typesetting.pdf(found.book(), found.store))[0] == b"5"


def test_the_year_of_a_standard_is_not_on_another_line_than_its_number(tmp_path: Path) -> None:
    def end(text: str) -> float:
        """Where a case with this paragraph ends; 37 characters of it stand on the first line, 39 on each that follows."""
        folder = tmp_path / text
        folder.mkdir()
        printed = Printed(shelf(folder, 0, {"cases/a.md": f"{THIRD}\n\n{text}\n"}), folder / "set")
        return float(printed.ask("query(<end>).first().location().position().y / 1pt"))

    two, three = "字" * 70, "字" * 80
    cut = "字" * 34 + "9001—2016" + "字" * 35
    assert end(two) < end(cut) == end(three)


def test_typst_in_a_title_and_in_a_text_is_only_text(hostile: Printed) -> None:
    assert hostile.headings() == [("编写说明", 2), ("目　录", 3), (SHOWN, 4), ("索引", 5)]
    words = hostile.words()
    assert '#import "@preview/evil:1.0.0": * #read("/etc/passwd") $x$ @nobody #panic("x") ' in words
    assert ("alert(1)" in words, "root:" in words) == (False, False)


def test_only_sound_pictures_beside_the_text_are_shown(hostile: Printed) -> None:
    assert hostile.ask("query(image).map(each => each.alt)") == ["好"]
    words = hostile.words()
    assert [f"图片：{alt}" in words for alt in "密码外坏巨好"] == [True, True, True, True, True, False]
    elsewhere = "query(link).filter(each => type(each.dest) == str).map(each => each.dest)"
    assert hostile.ask(elsewhere) == ["http://example.com/a.png"]


def test_pictures_are_not_decoded_where_the_site_runs(tmp_path: Path) -> None:
    found = shelf(tmp_path, 0, {"cases/d.md": f"{THIRD}\n![大](big.png)\n", "cases/big.png": png(6000, 4000)})
    script = f"""
from pathlib import Path
from caselib.content import ContentStore
from caselib.publishing import typesetting
from caselib.publishing.book import gather
from caselib.search import SearchRoom
store = ContentStore(Path({str(found.store.root)!r}))
book = gather(store, SearchRoom.open("whoosh:{tmp_path / "index"}", store.taxonomy), 4, "某局")
most = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
before = most()
made = typesetting.docx(book, store)
print(b"media/" in made, most() - before < 30_000)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout == "True True\n"


def test_under_a_lower_limit_of_memory_pictures_are_printed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "good.png").write_bytes(png())
    order = json.dumps({"root": str(tmp_path), "names": ["good.png"]})
    press = f"ulimit -d 1500000 && exec {sys.executable} -P -m caselib.publishing.press pictures"
    done = subprocess.run(["/bin/sh", "-c", press], input=order, capture_output=True, check=True, text=True)
    assert done.stdout == '["good.png"]'


def test_pictures_are_not_blamed_for_a_press_that_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shelf(tmp_path, 0, {"cases/d.md": f"{THIRD}\n![好](good.png)\n", "cases/good.png": png()})
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CaselibError, match="排不成书。"):
        typesetting.docx(found.book(), found.store)


def test_a_character_that_no_font_has_is_told(tmp_path: Path) -> None:
    case = FIRST.replace("首件三方确认", "\U0010fffc厂首件")
    printed = Printed(shelf(tmp_path, 0, {"cases/a.md": case}), tmp_path / "set")
    assert printed.headings()[2] == ("〓厂首件", 4)
    assert "排版所用的机器没有下列各字的字体，本文件中以“〓”代替：U+10FFFC。" in printed.words()


def test_no_text_costs_the_book(tmp_path: Path) -> None:
    texts = [
        "<b>" * 500 + "深一" + "</b>" * 500,
        '<table><tr><td colspan="1000000" rowspan="1000000">深二</td></tr></table>',
        "[深三](#gone)[甲](<#a b>)",
        '<ol start="99999999999"><li>深四</li></ol>',
        "<table><tr></tr></table>深五",
        f"[深六](http://example.com/{'a' * 8000})[深七](#fn1)[^1]",
        '<table><tr><td rowspan="5">深九</td></tr><tr><th></th></tr></table>',
        '<table><tr><td colspan="0">深十</td></tr></table>',
        "[^1]: 深八",
    ]
    printed = Printed(shelf(tmp_path, 0, {"cases/a.md": THIRD + "\n\n".join(texts)}), tmp_path / "set")
    assert printed.headings()[2:] == [("检验到每道工序", 4), ("索引", 5)]
    assert [each for each in "一二三四五六七八九十" if f"深{each}" not in printed.words()] == []


def test_code_keeps_its_lines_and_a_list_its_first_number(tmp_path: Path) -> None:
    cell = '<table><tr><td rowspan="2"><pre>g(\n   ,\n)</pre></td></tr><tr><th></th></tr></table>\n'
    case = f'{THIRD}\n```\nf(甲\n   ,\n乙)\n```\n\n0. 零\n1. 一\n\n<ol start="7"><li>七</li></ol>\n{cell}'
    printed = Printed(shelf(tmp_path, 0, {"cases/a.md": case}), tmp_path / "set")
    assert printed.ask("query(raw).map(each => each.text)") == ["f(甲\n   ,\n乙)", "g(\n   ,\n)"]
    assert printed.ask("query(enum).map(each => each.start)") == [0, 7]


def test_a_link_to_a_section_of_another_case_leads_to_the_case(tmp_path: Path) -> None:
    case = f"{THIRD}\n见[甲](/cases/b#细处)、[乙](b.md)、[丙](/cases/gone#x)。\n"
    printed = Printed(shelf(tmp_path, 0, {"cases/a.md": case, "cases/b.md": FIRST}), tmp_path / "set")
    links = printed.ask("query(link).map(each => (str(each.dest), each.body))")
    assert [(dest, plain(body)) for dest, body in links if plain(body) in "甲乙丙"] == [
        ("case-2", "甲"),
        ("case-2", "乙"),
    ]


@pytest.mark.parametrize(
    ("text", "notes", "said"),
    [
        ("一[^2]。二[^1]。", "[^1]: 甲，见[^2]。\n\n[^2]: 乙。", ["乙。", "甲，见（乙。）。"]),
        (
            "一[^1]。二[^2]。",
            "[^1]: 甲，见[^2]。\n\n[^2]: 乙，见[^1]。",
            ["甲，见（乙，见。）。", "乙，见（甲，见。）。"],
        ),
        ("一[^1]。", "[^1]: 甲[^1]，见[^2]。\n\n[^2]: 乙[^2]，*见*[^1]。", ["甲，见（乙，见。）。"]),
        (
            "一[^1]。二[^2]。",
            f"[^1]: 见[^3]\n\n[^2]: 也见[^3]\n\n[^3]: {'长' * 59}&amp;{'长' * 9}",
            [f"见（{'长' * 59}&{'长' * 9}）", f"也见（{'长' * 59}&……）"],
        ),
    ],
)
def test_a_note_that_calls_for_another_repeats_its_words_and_never_its_own(
    tmp_path: Path, text: str, notes: str, said: list[str]
) -> None:
    printed = Printed(shelf(tmp_path, 0, {"cases/a.md": f"{THIRD}\n{text}\n\n{notes}\n"}), tmp_path / "set")
    assert [plain(each) for each in printed.ask("query(footnote).map(each => each.body)")] == said


def test_a_note_in_a_note_is_said_in_brackets(tmp_path: Path) -> None:
    notes = "[^1]: 指返工[^2]。\n\n[^2]: 见**国标**[^3]\n\n    第二段[^1]\n\n[^3]: 末[^2]"
    printed = Printed(
        shelf(tmp_path, 0, {"cases/a.md": f"{THIRD}\n返工多[^1]。再说[^3]。\n\n{notes}\n"}), tmp_path / "set"
    )
    assert [plain(each) for each in printed.ask("query(footnote).map(each => each.body)")] == [
        "指返工（见国标（末） 第二段）。",
        "末（见国标 第二段）",
    ]


@pytest.mark.parametrize(
    ("families", "chosen"),
    [
        (["DejaVu Sans", "SimSun", "SimHei"], ("SimSun", "SimHei")),
        (["SimSun", "Noto Serif CJK SC"], ("Noto Serif CJK SC", "Noto Serif CJK SC")),
        (["SimHei"], ("SimHei", "SimHei")),
    ],
)
def test_the_faces_of_a_machine(families: list[str], chosen: tuple[str, str]) -> None:
    assert typesetting.faces(families) == chosen


def test_without_a_chinese_font_there_is_no_pdf() -> None:
    with pytest.raises(Unavailable, match="这台机器上没有中文字体，排不出 PDF。") as caught:
        typesetting.faces(["DejaVu Sans"])
    assert "apt-get install fonts-noto-cjk" in caught.value.remedy


def test_a_file_that_is_there_is_not_replaced_and_nothing_is_typeset_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, target = shelf(tmp_path, 0), tmp_path / "书.docx"
    typesetting.export(found.book(), found.store, target)
    before = target.read_bytes()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(Conflict, match=r"书\.docx 已经存在。"):
        typesetting.export(found.book(), found.store, target)
    assert target.read_bytes() == before


def test_where_nothing_can_be_typeset_it_is_not_said_of_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = shelf(tmp_path, 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(CaselibError) as caught:
        typesetting.export(found.book(), found.store, tmp_path / "a.pdf")
    assert caught.value.message == "排版要用的文件读写不了（没有这个文件或文件夹），没有排成书。"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    found = shelf(tmp_path, 0)
    with pytest.raises(CaselibError, match=r"写不进 .*（没有这个文件或文件夹）。"):
        typesetting.export(found.book(), found.store, tmp_path / "gone" / "a.docx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content", "index"]
