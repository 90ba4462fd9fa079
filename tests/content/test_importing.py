import os
import socket
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.content import ContentStore, Document, Kind
from caselib.content.encoding import without_controls
from caselib.content.importing import ImportedFile, Outcome, import_paths
from caselib.content.importing.decoding import decode
from caselib.content.importing.headers import Header, read
from caselib.content.importing.naming import slug_for
from caselib.content.importing.wording import describe, summary
from caselib.content.report import FileFault
from caselib.errors import CaselibError
from tests.content.markdown_texts import markdown
from tests.content.trees import case

SET = {"industry": "C14", "region": "330400", "year": "2022"}
TEXT = "企业对照指南逐项改进，产品合格率提高，客户满意度提升。\n"


class Library:
    """A folder of strangers' files, and a library to bring them into."""

    def __init__(self, root: Path) -> None:
        self.store = ContentStore(root / "content")
        self.inbox = root / "inbox"
        self.inbox.mkdir()

    def put(self, name: str, data: bytes | str) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def bring(
        self, *paths: Path, kind: Kind = Kind.CASE, defaults: dict[str, str] = SET, **options: bool
    ) -> list[ImportedFile]:
        return list(import_paths(self.store, paths or (self.inbox,), kind=kind, defaults=defaults, **options))

    def one(self, data: bytes | str, name: str = "a.md", **options: Any) -> tuple[ImportedFile, Document]:
        (done,) = self.bring(self.put(name, data), **options)
        assert (done.outcome, done.why) == (Outcome.CREATED, "")
        return done, self.store.read(options.get("kind", Kind.CASE), done.slug)

    def why(self, data: bytes | str, **options: Any) -> tuple[str, str]:
        (done,) = self.bring(self.put("a.md", data), **options)
        assert done.outcome is Outcome.REFUSED
        assert self.store.scan() == {}
        return done.why, done.remedy


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("shared"))


HEADERS: list[tuple[str, str, dict[str, Any]]] = [
    ("YAML", "---\ntitle: 甲\ntags: [a, b]\n---\n", {"title": "甲", "tags": ["a", "b"]}),
    ("Windows 以外的空行", "\n\n---\ntitle: 甲\n---\n", {"title": "甲"}),
    ("行尾空格", "--- \ntitle: 甲\n---  \n", {"title": "甲"}),
    ("以三个点结束", "---\ntitle: 甲\n...\n", {"title": "甲"}),
    ("冒号后没有空格", "---\ntitle:甲\ndate:2020-01-02\n---\n", {"title": "甲", "date": "2020-01-02"}),
    ("全角冒号", "---\n标题：甲\n地区：浙江省嘉兴市\n---\n", {"标题": "甲", "地区": "浙江省嘉兴市"}),
    ("标题里有冒号", "---\ntitle: 甲: 乙\n# 注释\nlayout: post\n---\n", {"title": "甲: 乙", "layout": "post"}),
    ("列表前面有字", "---\ntitle: 甲\ntags: x\n- a\n---\n", {"title": "甲", "tags": "x\n- a"}),
    ("标题以引号开头", '---\ntitle: "甲" 与乙\n---\n', {"title": '"甲" 与乙'}),
    ("引号没有配对", "---\ntitle: '甲\ndate: 2020-01-02\n---\n", {"title": "'甲", "date": date(2020, 1, 2)}),
    ("方括号标题", "---\ntitle: [转] 甲\n---\n", {"title": "[转] 甲"}),
    ("以 @ 开头", "---\ntitle: @甲\n---\n", {"title": "@甲"}),
    ("以 * 开头", "---\ntitle: *甲*\n---\n", {"title": "*甲*"}),
    ("以 % 开头", "---\ntitle: %甲\n---\n", {"title": "%甲"}),
    ("Tab 缩进", "---\ntitle: 甲\ntags:\n\t- a\n\t- b\n---\n", {"title": "甲", "tags": ["a", "b"]}),
    ("Tab 缩进的下级", "---\ntitle: 甲\nextra:\n\ta: 1\n---\n", {"title": "甲", "extra": {"a": 1}}),
    ("Tab 在冒号后", "---\ntitle:\t甲\n---\n", {"title": "甲"}),
    ("键写了三次", "---\ntags: a\ntags: b\ntags: c\n---\n", {"tags": "a", "tags_2": "b", "tags_3": "c"}),
    ("列表没有缩进", "---\ntitle: 甲\ntags:\n- a\n- b\n---\n", {"title": "甲", "tags": ["a", "b"]}),
    ("缩进不齐", "---\ntitle: 甲\n  date: 2020-01-02\n---\n", {"title": "甲\ndate: 2020-01-02"}),
    ("列表少括号", "---\ntitle: 甲\ntags: [a, b\n---\n", {"title": "甲", "tags": "[a, b"}),
    ("多行摘要", "---\ntitle: 甲\nsummary: >\n  一\n  二\n---\n", {"title": "甲", "summary": "一 二\n"}),
    ("值里有井号", "---\ntitle: 甲 # 注释\n---\n", {"title": "甲"}),
    ("YAML 标签", "---\ntitle: !!str 甲\nn: !x 1\n---\n", {"title": "甲", "n": "!x 1"}),
    ("带引号的键", '---\n"title": 甲\n---\n', {"title": "甲"}),
    ("是非与时刻", "---\ntitle: 甲\na: yes\nb: 12:30\nc: 010\n---\n", {"title": "甲", "a": "yes", "b": "12:30", "c": "010"}),
    ("模板", "---\ntitle: {{ title }}\ntags:\n---\n", {"title": "{{ title }}", "tags": None}),
    ("没有结束的头", "---\ntitle: 甲\ntags: a\n\n", {"title": "甲", "tags": "a"}),
    ("没有开头的头", "title: 甲\ndate: 2020-01-02\n---\n", {"title": "甲", "date": date(2020, 1, 2)}),
    ("别的横线", "———\n标题：甲\n地区：嘉兴\n———\n", {"标题": "甲", "地区": "嘉兴"}),
    ("全角横线", "－－－\ntitle: 甲\n－－－\n", {"title": "甲"}),
    ("每行空两格", "---\n　　标题：甲\n　　地区：嘉兴\n---\n", {"标题": "甲", "地区": "嘉兴"}),
    ("TOML", '+++\ntitle = "甲"\ndate = 2020-01-02T03:04:05+08:00\n[extra]\nn = 1\n+++\n',
     {"title": "甲", "date": "2020-01-02 03:04:05+08:00", "extra": {"n": 1}}),
    ("坏 TOML", '+++\ntitle = "甲\ndate = 2020-01-02\n+++\n', {"title": '"甲', "date": "2020-01-02"}),
    ("读不懂的 YAML 行", "---\n只有文字\ntitle: 甲: 乙\n---\n", {"title": "甲: 乙", "imported_text": "只有文字"}),
    ("读不懂的 TOML 行", '+++\n只有文字\ntitle = 甲\n+++\n', {"title": "甲", "imported_text": "只有文字"}),
    ("很深的 TOML", '+++\ntitle = ' + "[" * 5000 + "\n+++\n", {"title": "[" * 5000}),
    ("JSON", '{"title": "甲", "n": 1}\n', {"title": "甲", "n": 1}),
    ("JSON 里的键写了两次", '{"title": "甲", "n": 1, "n": [2]}\n', {"title": "甲", "n": 1, "n_2": [2]}),
    ("JSON 里的半个字符", '{"title": "甲\\ud83d", "k\\udfff": 1, "k\\ud800": ["\\ud83d\\ude00"]}\n',
     {"title": "甲\ufffd", "k\ufffd": 1, "k\ufffd_2": ["😀"]}),
    ("方括号井号", '[#]: subject: "甲"\n[#]: via: (http://a.example)\n[#]: author: " "\n',
     {"subject": "甲", "via": "http://a.example", "author": ""}),
    ("方括号井号加杂行", "[#]: 标题：甲\n[#]: 只有文字\n[#]: 标题: 乙\n", {"标题": "甲", "标题_2": "乙", "imported_text": "只有文字"}),
    ("几行键值", "标题：甲\n地区：嘉兴\n来源：某报\n\n", {"标题": "甲", "地区": "嘉兴", "来源": "某报"}),
    ("另一种标题", "案例名称：甲\n地区：嘉兴\n\n", {"案例名称": "甲", "地区": "嘉兴"}),
    ("Pelican", "Title: 甲\nDate: 2020-01-02\nTags: a, b\n\n", {"Title": "甲", "Date": date(2020, 1, 2), "Tags": "a, b"}),
]  # fmt: skip

NOT_HEADERS = [
    "",
    "# 标题\n\n正文\n",
    "---\n\n正文，前面是一条线。\n\n---\n\n后文\n",
    "---\n这一行是正文\n---\n",
    "---\n# 标题\n\n正文，前面是一条线。\n",
    "----\ntitle: 甲\n----\n",
    "+++\n没有键\n+++\n",
    "{% include a.html %}\n正文\n",
    "{}\n正文",
    "[" * 5000,
    '{"a": ' + "[" * 5000,
    "[#] 不是头\n",
    "标题：只有一行\n\n正文\n",
    "结论：先说结论。\n原因：再说原因。\n\n正文\n",
    "---\n" + "是键：不是头\n" * 1000 + "---\n",
]


class TestHeaders:
    @pytest.mark.parametrize(("header", "values"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS])
    def test_it_is_read_whatever_its_form(self, header: str, values: dict[str, Any]) -> None:
        found = read(header + TEXT)
        assert found.values == values
        assert found.body.lstrip("\n") == TEXT

    @pytest.mark.parametrize("text", NOT_HEADERS)
    def test_what_is_no_header_stays_in_the_body(self, text: str) -> None:
        assert read(text) == Header({}, text)

    @pytest.mark.parametrize(
        "header",
        ["标题: 甲\n# 注释\n企业: 乙\n", "---\n标题: 甲\n# 注释\n企业: 乙\n", "　　标题：甲\n# 注释\n　　企业：乙\n"],
    )
    @pytest.mark.parametrize("body", ["", "正文\n", "# 一、概况\n\n正文\n", "　　正文第一段。\n\n正文\n"])
    def test_the_body_begins_right_under_a_header_that_nothing_closes(self, header: str, body: str) -> None:
        found = read(header + body)
        assert (found.values, found.comments, found.body) == ({"标题": "甲", "企业": "乙"}, ["# 注释"], body)

    def test_a_header_that_the_file_ends_with_is_read_to_its_end(self) -> None:
        assert read("---\n标题: 甲\n是否公开: 否").values == {"标题": "甲", "是否公开": "否"}

    def test_comments_of_the_header_are_kept(self, library: Library) -> None:
        _, document = library.one("---\n# 编辑备注\ntitle: 甲\n---\n" + TEXT)
        assert document.path.read_text("utf-8").startswith("---\n# 编辑备注\ntitle: 甲\n")

    def test_what_was_recovered_is_told(self, library: Library) -> None:
        done, _ = library.one("---\ntitle: 甲: 乙\n---\n" + TEXT)
        assert done.notes == ("头部第 2 行不合 YAML（YAML 写错了：冒号的位置不对），逐行读出了 1 个键",)

    @given(st.text(st.sampled_from("ab:：-# \n\t[]{}'\"|>&*!%@`=+标题"), max_size=80) | markdown)
    def test_no_header_at_all_makes_it_fail_or_lose_the_body(self, text: str) -> None:
        assert read(text).body in text
        assert read(f"---\n{text}\n---\n{TEXT}").body.endswith(TEXT)


class TestEncodings:
    PLAIN = "# 标题\n\n质量管理体系认证提升行动，帮助小微企业改进。\n"

    @pytest.mark.parametrize(
        ("encode", "notes"),
        [
            ("utf-8", []),
            ("utf-8-sig", ["去掉了开头的 BOM"]),
            ("utf-16", ["从 UTF-16 转成了 UTF-8"]),
            ("utf-16-le", ["从 UTF-16 转成了 UTF-8"]),
            ("utf-16-be", ["从 UTF-16 转成了 UTF-8"]),
            ("gbk", ["从 GBK 转成了 UTF-8"]),
            ("gb18030", ["从 GBK 转成了 UTF-8"]),
        ],
    )
    def test_text_is_told_by_its_bytes(self, encode: str, notes: list[str]) -> None:
        assert decode(self.PLAIN.encode(encode)) == (self.PLAIN, notes)

    def test_traditional_text_in_big5_is_not_taken_for_gbk(self) -> None:
        text = "# 標題\n\n品質管理體系認證提升行動，幫助小微企業改進。\n"
        assert decode(text.encode("big5")) == (text, ["从 Big5 转成了 UTF-8"])

    def test_line_ends_of_any_system_become_one(self) -> None:
        assert decode("甲\r\n乙\r丙\n".encode()) == ("甲\n乙\n丙\n", ["换行改成了 LF"])

    @pytest.mark.parametrize(
        "data",
        [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"\0" * 100,
            bytes(range(256)),
            "こんにちは、品質管理です。".encode("shift-jis"),
            "Qualit\xe9 tr\xe8s \xe9lev\xe9e".encode("latin-1"),
            "正文".encode() * 100 + b"\xff" + "正文".encode(),
            "正文".encode("utf-16")[:-1],
            b"\x01\x02\x03",
            b"\xef\xbb\xbf" + "正文".encode()[:-1],
            "2022年".encode()[:-1],
            "帮扶".encode()[2:],
        ],
    )
    def test_what_cannot_be_told_for_sure_is_refused(self, data: bytes) -> None:
        with pytest.raises(FileFault):
            decode(data)

    def test_a_damaged_text_names_the_place(self) -> None:
        with pytest.raises(FileFault) as fault:
            decode("第一行\n第二".encode() + b"\xff" + "行文字很多很多\n".encode())
        assert (fault.value.line, fault.value.message) == (2, "第 7 个字节起不是 UTF-8，也认不出是哪种编码。")

    def test_what_is_full_of_control_characters_names_the_first(self) -> None:
        with pytest.raises(FileFault) as fault:
            decode(b"\n\n\x01\x02\x03")
        assert (fault.value.line, fault.value.message) == (3, "满是文本里不会有的控制字符，多半不是文本文件。")

    def test_a_stray_control_character_in_a_real_text_is_no_reason_to_refuse(self) -> None:
        assert decode(("正文" * 10 + "\x08").encode())[0].endswith("\x08")


class TestMapping:
    def test_chinese_keys_and_names_become_our_keys_and_codes(self, library: Library) -> None:
        done, document = library.one(
            "---\n标题: 定制方案\n行业: 食品制造业\n地区: 浙江省嘉兴市\n年份: 2022年度\n企业: 某公司\n企业规模: 小型企业\n"
            "认证机构: 某机构\n报送单位: 浙江省市场监督管理局\n问题: 质量意识不强、管理制度不健全\n做法: [QC小组活动]\n"
            "成效: 成本下降\n摘要: 摘要。\n来源: 某报告\n发布日期: 2023年4月20日\n批次: 第三批\n---\n" + TEXT,
            defaults={},
        )
        assert document.meta.model_dump(exclude_defaults=True) == {
            "title": "定制方案",
            "industry": ["C14"],
            "region": "330400",
            "year": 2022,
            "batch": 3,
            "firm": "某公司",
            "firm_size": "小型",
            "certifier": "某机构",
            "submitter": "浙江省市场监督管理局",
            "problems": ["quality-awareness", "system-incomplete"],
            "measures": ["qc-circle"],
            "effects": ["cost-reduction"],
            "summary": "摘要。",
            "source": "某报告",
            "published": date(2023, 4, 20),
        }
        assert done.kept == ()
        assert "region ← 地区（浙江省嘉兴市 → 330400）" in done.mapped

    @pytest.mark.parametrize(
        ("written", "code"),
        [
            *[("330400", "330400"), ("嘉兴市", "330400"), ("嘉兴", "330400"), ("浙江-嘉兴", "330400")],
            *[("浙江", "330000"), ("浙江省", "330000"), ("吉林", "220000"), ("吉林市", "220200"), ("北京市", "110000")],
            *[("内蒙古自治区包头市", "150200"), ("新疆", "650000"), ("香港特别行政区", "810000")],
        ],
    )  # fmt: skip
    def test_a_place_is_known_by_code_or_name(self, library: Library, written: str, code: str) -> None:
        done, document = library.one(
            f"---\ntitle: 甲\n地区: {written}\n---\n{TEXT}", defaults={"industry": "C14", "year": "2022"}
        )
        assert document.meta.region == code  # type: ignore[union-attr]
        assert done.kept == ()

    def test_keys_of_ours_may_have_values_of_others(self, library: Library) -> None:
        text = f"---\ntitle: 甲\nindustry: 食品制造业\nregion: 嘉兴\nyear: 2022年\n---\n{TEXT}"
        meta = library.one(text, defaults={})[1].meta
        assert (meta.industry, meta.region, meta.year) == (["C14"], "330400", 2022)  # type: ignore[union-attr]

    @pytest.mark.parametrize(("written", "code"), [("浙江省嘉兴市桐乡市", "330400"), ("北京市朝阳区", "110000")])
    def test_a_county_is_kept_beside_the_code_of_its_city(self, library: Library, written: str, code: str) -> None:
        _, document = library.one(f"---\ntitle: 甲\n地区: {written}\n---\n{TEXT}")
        assert (document.meta.region, document.meta.model_extra) == (code, {"地区": written})  # type: ignore[union-attr]

    @pytest.mark.parametrize("line", ["地区: 朝阳区", "地区: 河北区", "发布日期: 2023-04-205", "发布日期: 2023年4月"])
    def test_nothing_is_guessed(self, library: Library, line: str) -> None:
        done, document = library.one(f"---\ntitle: 甲\n{line}\n---\n{TEXT}")
        key, value = line.split(": ")
        assert document.meta.model_dump(exclude_defaults=True) == {
            "title": "甲",
            "industry": ["C14"],
            "region": "330400",
            "year": 2022,
            key: value,
        }
        assert done.kept == (key,)

    @pytest.mark.parametrize(
        ("written", "codes"),
        [
            *[("C14", ["C14"]), ("c14", ["C14"]), ("C", ["C"]), ("C14 食品制造业", ["C14"]), ("食品制造", ["C14"])],
            *[("制造业", ["C"]), ("[C14, 食品制造业, C13]", ["C14", "C13"]), ("C13、C14", ["C13", "C14"])],
            ("农、林、牧、渔业", ["A"]),
        ],
    )  # fmt: skip
    def test_an_industry_is_known_by_code_or_name(self, library: Library, written: str, codes: list[str]) -> None:
        _, document = library.one(
            f"---\ntitle: 甲\n行业: {written}\n---\n{TEXT}", defaults={"region": "330400", "year": "2022"}
        )
        assert document.meta.industry == codes  # type: ignore[union-attr]

    def test_unknown_keys_are_kept_under_their_own_name_with_their_values(self, library: Library) -> None:
        done, document = library.one(
            '---\ntitle: 甲\ntags: [质量, "12e4", yes, "330400", 1.5, null]\nauthor: {name: 某人, n: 1}\nid: "2020-01-02"\n---\n'
            + TEXT
        )
        assert done.kept == ("tags", "author", "id")
        assert document.meta.model_extra == {
            "tags": ["质量", "12e4", "yes", "330400", 1.5, None],
            "author": {"name": "某人", "n": 1},
            "id": "2020-01-02",
        }

    def test_of_several_keys_for_one_of_ours_the_first_that_can_be_read_counts_and_the_others_are_kept(
        self, library: Library
    ) -> None:
        done, document = library.one(f"---\nTitle: 甲\ntitle: 乙\n标题: 丙\nregion: 某地\n地区: 嘉兴\n---\n{TEXT}")
        assert (document.meta.title, document.meta.region) == ("甲", "330400")  # type: ignore[union-attr]
        assert document.meta.model_extra == {"imported_title": "乙", "标题": "丙", "imported_region": "某地"}
        assert done.notes == ()

    def test_a_value_that_ours_cannot_hold_is_kept_under_another_name(self, library: Library) -> None:
        done, document = library.one("---\ntitle: 甲\nindustry: 软件与服务\nmetrics: 很好\nbatch: 春季\n---\n" + TEXT)
        assert document.meta.model_extra == {
            "imported_industry": "软件与服务",
            "imported_metrics": "很好",
            "imported_batch": "春季",
        }
        assert done.kept == (
            "industry → imported_industry",
            "metrics → imported_metrics",
            "batch → imported_batch",
        )
        assert "industry ← --set" in done.mapped

    @pytest.mark.parametrize(
        ("line", "ours", "kind"),
        [
            ("standards: [GB/T 1-2020, {GB/T 2: 环境}, 2020-01-02]", {"standards": ["GB/T 1-2020"]}, Kind.GUIDE),
            ("problems: [质量意识不强, {其他: 原料不稳}]", {"problems": ["quality-awareness"]}, Kind.CASE),
            ("guides: [a, [b, c]]", {"guides": ["a"]}, Kind.CASE),
            ("metrics: [{指标: 甲, 变化: 5, 增幅: 10}]", {}, Kind.CASE),
            ("metrics: [{指标: 甲, 变化: 5, 备注: 乙}]", {}, Kind.CASE),
            ("metrics: [{指标: 甲, 变化: 5%}]", {}, Kind.CASE),
            ("year: 2022-2023", {"year": 2022}, Kind.CASE),
            ("year: 2999", {"year": 2022}, Kind.CASE),
            ("batch: 0", {}, Kind.CASE),
            ("industry: C1411", {"industry": ["C14"]}, Kind.CASE),
            ("industry: C14 烘焙", {"industry": ["C14"]}, Kind.CASE),
            ("industry: [C14, 太空制造]", {"industry": ["C14"]}, Kind.CASE),
            ("industry: C 烘焙", {"industry": ["C14"]}, Kind.CASE),
            ("firm_size: 小微企业", {}, Kind.CASE),
            ("problems: 两张皮", {}, Kind.CASE),
        ],
    )
    def test_what_ours_cannot_hold_is_kept_beside_it(
        self, library: Library, line: str, ours: dict[str, Any], kind: Kind
    ) -> None:
        done, document = library.one(f"---\ntitle: 甲\n{line}\n---\n{TEXT}", kind=kind)
        key = line.split(":")[0]
        meta = document.meta.model_dump(exclude_defaults=True)
        assert ({key: meta[key]} if key in meta else {}) == ours
        assert done.kept == (f"{key} → imported_{key}",)

    @pytest.mark.parametrize("written", ['"yes"', "yes", "true", '"是"', "1"])
    def test_the_mark_of_demonstration_content_is_not_lost(self, library: Library, written: str) -> None:
        done, document = library.one(f"---\ntitle: 甲\nsample: {written}\n---\n{TEXT}")
        assert (document.meta.sample, done.kept) == (True, ())

    @pytest.mark.parametrize("written", ["2100", '"+2022"', "2022.0", "2022年", "２０２２"])
    def test_a_year_that_is_one_of_ours_or_of_people_is_read(self, library: Library, written: str) -> None:
        done, document = library.one(f"---\ntitle: 甲\nyear: {written}\npublished: 2023-04-20\n---\n{TEXT}")
        assert (document.meta.year, done.kept) == (2100 if written == "2100" else 2022, ())  # type: ignore[union-attr]

    @pytest.mark.parametrize(("written", "number"), [("1000", 1000), ("第9999批", 9999), ("03", 3), ("3.0", 3)])
    def test_a_batch_is_read(self, library: Library, written: str, number: int) -> None:
        done, document = library.one(f"---\ntitle: 甲\nbatch: {written}\n---\n{TEXT}")
        assert (document.meta.batch, done.kept) == (number, ())  # type: ignore[union-attr]

    def test_a_file_of_ours_is_taken_as_it_is(self, library: Library) -> None:
        text = case("# 注", 'batch: "03"', "problems: []", "tags: [x]", "firm:   '某厂'", body=TEXT)
        done, document = library.one(text, defaults={"year": "2021"})
        assert (done.mapped, done.kept) == (("title", "industry", "region", "year", "batch", "firm"), ("tags",))
        assert document.path.read_text("utf-8") == text

    @pytest.mark.parametrize(("line", "defaults"), [("date: 2023-04-20", {}), ("tags: x", {"published": "2023-04-20"})])
    def test_a_file_that_would_be_ours_but_for_what_can_be_added_gets_it(
        self, library: Library, line: str, defaults: dict[str, str]
    ) -> None:
        _, document = library.one(case(line, body=TEXT), defaults=defaults)
        assert document.meta.published == date(2023, 4, 20)

    def test_an_empty_list_says_nothing(self, library: Library) -> None:
        done, document = library.one(f"---\ntitle: 甲\nproblems: []\nmetrics: []\nguides: []\n---\n{TEXT}")
        assert (done.kept, document.meta.model_extra) == ((), {})

    def test_a_time_of_day_is_kept_beside_the_date(self, library: Library) -> None:
        _, document = library.one("---\ntitle: 甲\ndate: 2021-05-06 07:08:09 +0800\n---\n" + TEXT)
        assert document.meta.published == date(2021, 5, 6)
        assert document.meta.model_extra == {"date": "2021-05-06 07:08:09 +0800"}

    def test_a_long_title_is_cut_and_kept_whole_beside(self, library: Library) -> None:
        _, document = library.one(f"---\ntitle: {'长' * 300}\n---\n{TEXT}")
        assert document.meta.title == "长" * 199 + "…"
        assert document.meta.model_extra == {"imported_title": "长" * 300}

    @pytest.mark.parametrize(
        ("name", "text", "title"),
        [
            ("a.md", "# 标题 #\n\n正文\n", "标题"),
            ("a.md", "标题\n======\n\n正文\n", "标题"),
            ("a.md", '[#]: subject: "English"\n\n中文标题\n===\n\n正文\n', "中文标题"),
            ("a.md", '[#]: subject: "English"\n\n正文\n', "English"),
            ("a.md", "---\ntitle:\n---\n# 标题\n正文\n", "标题"),
            ("质量_提升.md", "正文\n\n# 后面的标题\n", "质量 提升"),
            ("质量提升.md", "## 一、企业概况\n\n正文\n", "质量提升"),
            ("2020-01-02-质量提升.md", "正文\n", "质量提升"),
            ("20200102.md", "正文\n", "20200102"),
        ],
    )
    def test_a_title_comes_from_the_text_or_the_file_name(
        self, library: Library, name: str, text: str, title: str
    ) -> None:
        assert library.one(text, name)[1].meta.title == title

    @pytest.mark.parametrize(
        ("name", "head", "year"),
        [
            ("a.md", "年份: 2021\ndate: 2020-01-02", 2021),
            ("a.md", "date: 2020/1/2", 2020),
            ("a.md", "date: 2000/1/2", 2000),
            ("a.md", "date: 20200102", 2020),
            ("a.md", "date: ２０２０．１．２", 2020),
            ("a.md", "date: 1999/12/31", 2022),
            ("a.md", 'year: ""\n年度:\ndate: 2020/1/2', 2020),
            ("2019-01-02-a.md", "layout: post", 2019),
            ("20190102 a.md", "layout: post", 2019),
            ("201901021 a.md", "layout: post", 2022),
            ("20191399 a.md", "date: 很久以前", 2022),
            ("a.md", "year: 1987", 2022),
        ],
    )
    def test_a_year_comes_from_a_date_before_it_comes_from_set(
        self, library: Library, name: str, head: str, year: int
    ) -> None:
        assert library.one(f"---\ntitle: 甲\n{head}\n---\n{TEXT}", name)[1].meta.year == year  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("header", "key", "values"),
        [
            ("effects: 数字化、智能化水平提升", "effects", ["digitalization"]),
            (
                "成效: 产品质量水平提升、数字化、智能化水平提升、digitalization",
                "effects",
                ["product-quality", "digitalization"],
            ),
            ("measures: GB/T 19001、5S", "measures", ["certification", "lean-6s"]),
            ("行业: 农、林、牧、渔业、食品制造业", "industry", ["A", "C14"]),
            ("行业: C19 皮革、毛皮、羽毛及其制品和制鞋业、C14", "industry", ["C19", "C14"]),
        ],
    )
    def test_a_name_that_holds_a_separator_is_one_name(
        self, library: Library, header: str, key: str, values: list[str]
    ) -> None:
        done, document = library.one(f"---\ntitle: 甲\n{header}\n---\n{TEXT}")
        assert (document.meta.model_dump()[key], done.kept) == (values, ())

    @pytest.mark.parametrize(
        "header",
        [
            "standards: GB/T 19001-2016、GB/T 24001-2016",
            "依据标准: GB/T 19001-2016；GB/T 24001-2016",
            "standards: [GB/T 19001-2016, GB/T 24001-2016]",
        ],
    )
    def test_a_standard_keeps_the_slash_in_its_number(self, library: Library, header: str) -> None:
        _, guide = library.one(f"---\ntitle: 甲\n{header}\n---\n{TEXT}", kind=Kind.GUIDE)
        assert guide.meta.model_dump()["standards"] == ["GB/T 19001-2016", "GB/T 24001-2016"]

    def test_a_guide_takes_its_own_keys(self, library: Library) -> None:
        _, document = library.one(
            "---\n标题: 包装指南\n行业: C23\n发布单位: 某局\n版本: 2022版\n依据标准: [GB/T 19001-2016]\n日期: 2022-05-06\n---\n"
            + TEXT,
            kind=Kind.GUIDE,
            defaults={},
        )
        assert document.meta.model_dump(exclude_defaults=True) == {
            "title": "包装指南",
            "industry": ["C23"],
            "issuer": "某局",
            "edition": "2022版",
            "year": 2022,
            "standards": ["GB/T 19001-2016"],
            "published": date(2022, 5, 6),
        }


class TestBody:
    @pytest.mark.parametrize(
        "body", ["正文", "\n\n正文\n\n", "# 标题\n---\n文\n---\n", "    代码\n\t表\n  \n", "---\ntitle: 假\n---\n"]
    )
    def test_it_is_never_altered(self, library: Library, body: str) -> None:
        assert library.one(f"---\ntitle: 甲\n---\n{body}")[1].body == body

    def test_what_nobody_sees_is_left_out_and_told(self, library: Library) -> None:
        done, document = library.one('标题: 甲\n来源: "某\\x08报"\n地区: 嘉兴\n\n正\x08文\x0b完\n')
        assert document.path.read_text("utf-8").endswith("---\n正文 完\n")
        assert (document.meta.source, done.notes) == ("某报", ("去掉了正文里 2 个看不见的控制字符",))

    def test_a_file_without_a_header_is_all_body(self, library: Library) -> None:
        assert library.one("# 标题\n\n正文\n")[1].body == "# 标题\n\n正文\n"

    @given(markdown)
    def test_any_text_is_imported_or_refused_with_a_remedy(self, shared: Library, text: str) -> None:
        (done,) = shared.bring(shared.put("a.md", text), overwrite=True)
        if done.outcome is Outcome.REFUSED:
            assert done.why
            assert done.remedy
        else:
            body = shared.store.read(Kind.CASE, done.slug).body
            assert without_controls(text.replace("\r\n", "\n").replace("\r", "\n")).endswith(body)


@pytest.mark.parametrize(
    "line", ["行业: [C23，C14]", "行业: 【C23，C14】", "行业：【C23、C14】", "industry: [C23、C14]"]
)
@pytest.mark.parametrize("place", ["“330400”", "３３０４００", "330400"])
def test_signs_of_a_chinese_keyboard_are_read_as_those_of_yaml(library: Library, line: str, place: str) -> None:
    text = f"---\n标题: 甲\n{line}\n地区: {place}\n---\n{TEXT}"
    done, document = library.one(text, defaults={"year": "2022"})
    assert (document.meta.industry, document.meta.region, done.kept) == (["C23", "C14"], "330400", ())


class TestRefusals:
    def test_a_missing_required_key_names_set(self, library: Library) -> None:
        assert library.why("---\ntitle: 甲\nregion: 某地\n---\n" + TEXT, defaults={"year": "2022"}) == (
            "缺少必填的 industry（行业）、region（地区，文件里写的“某地”不认识）。",
            "在文件里补上，或用 --set industry=… --set region=… 给出。 industry 应为：GB/T 4754-2017 的一位字母，或字母加两位数字，"
            '例如 [C23]；可以有多个。 region 应为：GB/T 2260 的六位数字，加引号，例如 "330400"。',
        )

    def test_a_list_of_codes_that_do_not_exist_is_said_as_codes(self, library: Library) -> None:
        why, _ = library.why(
            '---\ntitle: 甲\nindustry: [C99, X]\nregion: "330400"\nyear: 2022\n---\n' + TEXT, defaults={"year": "2022"}
        )
        assert why == "缺少必填的 industry（行业，文件里写的“C99、X”不认识）。"

    def test_a_file_whose_header_was_not_recognised_says_so(self, library: Library) -> None:
        why, _ = library.why(f"**标题**：甲\n**行业**：C23\n\n{TEXT}", defaults={"region": "330400", "year": "2022"})
        assert why == (
            "没有认出文件头（文件最前面，上下各有一行 ---，中间每行一个“键: 值”）。缺少必填的 industry（行业）。"
        )

    def test_a_value_that_cannot_be_read_says_what_to_write(self, library: Library) -> None:
        done, _ = library.one(f"---\ntitle: 甲\n发布日期: 2026年2月30日\nsample: 对\n---\n{TEXT}")
        assert (done.kept, done.notes) == (
            ("发布日期", "sample → imported_sample"),
            (
                "published（发布日期）的值不认识，原样留着。应为：写成 2023-04-20 的日期。",
                "sample（示范内容）的值不认识，原样留着。应为：示范内容写 true，页面会注明。",
            ),
        )

    @pytest.mark.parametrize("name", ["甲.md", "2024-04-20-甲.md"])
    def test_a_year_that_cannot_be_read_is_not_replaced_by_that_of_a_date(self, library: Library, name: str) -> None:
        text = f"---\n年份: 二〇二三年\n发布日期: 2024-04-20\n行业: 太空制造\n---\n{TEXT}"
        (done,) = library.bring(library.put(name, text), defaults={"region": "330400"})
        assert (
            done.why
            == "缺少必填的 industry（行业，文件里写的“太空制造”不认识）、year（年份，文件里写的“二〇二三年”不认识）。"
        )

    @pytest.mark.parametrize(
        "line",
        [
            "draft: true",
            "published: false",
            "private: yes",
            "status: draft",
            "Draft: True",
            "公开: 否",
            "公开: 不公开",
            "是否公开: 否。",
            "是否同意公开: 不同意",
            "已发布: 否",
            "状态: 暂不公开",
            "状态: 草稿（待审）",
            "是否公开: 否（涉及商业秘密）",
            "企业是否同意公开（是/否）: 不同意",
            "公开属性: 依申请公开",
            "公开日期: 未定",
            "不公开: 是",
        ],
    )
    def test_what_its_writer_did_not_publish_is_not_published(self, library: Library, line: str) -> None:
        why, remedy = library.why(f"---\ntitle: 甲\n{line}\n---\n{TEXT}")
        key, value = line.split(": ")
        assert why == f"文件标为未公开（{key}: {value.lower()}），导入后会直接公开。"
        assert remedy == f"确认可以公开后，删去 {key} 这一行再导入。"

    def test_nor_is_a_file_of_ours_that_says_so(self, library: Library) -> None:
        assert library.why(case("draft: true"), defaults={})[0] == "文件标为未公开（draft: true），导入后会直接公开。"

    @pytest.mark.parametrize("form", ["---\ntitle: 甲\n{}\n{}\n---\n", "[#]: {}\n[#]: {}\n"])
    def test_of_two_answers_the_one_that_withholds_counts(self, library: Library, form: str) -> None:
        assert library.why(form.format("draft: false", "draft: true") + TEXT)[0] == (
            "文件标为未公开（draft_2: true），导入后会直接公开。"
        )

    def test_a_text_without_a_header_may_say_so_in_a_line_at_its_top(self, library: Library) -> None:
        assert library.why(f"企业：某公司\n**是否公开**：否\n\n{TEXT}")[0] == (
            "文件标为未公开（是否公开: 否），导入后会直接公开。"
        )
        assert library.one(f"企业：某公司\n公开透明：不断完善制度，让每一位员工看得见。\n\n{TEXT}")

    @pytest.mark.parametrize(
        "line",
        [
            "draft: false",
            "published: true",
            "tags:",
            "categories:",
            "是否公开: 是",
            "不公开: 否",
            "发布单位: 不详",
            "published: 01/02/2020",
        ],
    )
    def test_what_does_not_say_so_is(self, library: Library, line: str) -> None:
        assert library.one(f"---\ntitle: 甲\n{line}\n---\n{TEXT}")[0].outcome is Outcome.CREATED

    @pytest.mark.parametrize("data", ["", " \n\n", "\ufeff"])
    def test_an_empty_file(self, library: Library, data: str) -> None:
        assert library.why(data) == ("文件是空的。", "删去它，或补上内容。")

    def test_a_large_file(self, library: Library) -> None:
        assert library.why(b"a" * 50 * 1024 * 1024)[0] == "文件有 50.0 MB，超过 2 MB。"

    def test_a_folder_that_may_not_be_read_is_told(self, unprivileged_root: Path) -> None:
        library = Library(unprivileged_root)
        library.put("a/b.md", TEXT).parent.chmod(0)
        (done,) = library.bring()
        (library.inbox / "a").chmod(0o700)
        assert (done.outcome, done.why) == (Outcome.REFUSED, "读不出这个文件夹（没有权限）。")

    def test_a_folder_that_is_called_like_one_of_ours_is_a_stranger_s(self, library: Library) -> None:
        library.put("pages/a.md", TEXT)
        assert [file.outcome for file in library.bring()] == [Outcome.CREATED]

    def test_a_path_that_is_not_there(self, library: Library) -> None:
        (done,) = library.bring(library.inbox / "nothing.md")
        assert (done.outcome, done.why, done.remedy) == (Outcome.REFUSED, "没有这个文件或文件夹。", "检查路径和权限。")

    def test_a_link_to_nowhere_that_is_named_itself_keeps_no_other_out(self, library: Library) -> None:
        (library.inbox / "a.md").symlink_to("nowhere")
        refused, done = library.bring(library.inbox / "a.md", library.put("b.md", TEXT))
        assert (refused.outcome, refused.why) == (Outcome.REFUSED, "读写时出错（没有这个文件或文件夹）。")
        assert done.outcome is Outcome.CREATED

    def test_a_path_that_the_system_does_not_take_keeps_no_other_out(self, library: Library) -> None:
        refused, done = library.bring(library.inbox / ("长" * 100), library.put("a.md", TEXT))
        assert (refused.why, done.outcome) == ("名称太长。", Outcome.CREATED)

    @pytest.mark.parametrize(
        ("defaults", "message"),
        [
            ({"colour": "red"}, "--set 的键 colour 不是案例的键。"),
            ({"industry": "食品"}, "--set industry=食品 的值不认识。"),
            ({"year": "今年"}, "--set year=今年 的值不认识。"),
        ],
    )
    def test_a_wrong_default_stops_before_anything_is_done(
        self, library: Library, defaults: dict[str, str], message: str
    ) -> None:
        library.put("a.md", TEXT)
        with pytest.raises(CaselibError) as error:
            library.bring(defaults={**SET, **defaults})
        assert error.value.message == message
        assert library.store.scan() == {}

    def test_defaults_may_be_given_in_chinese(self, library: Library) -> None:
        given = {"行业": "食品制造业", "地区": "嘉兴", "年份": "2022", "来源": "某报"}
        _, document = library.one(TEXT, defaults=given)
        meta = document.meta
        assert (meta.industry, meta.region, meta.source) == (["C14"], "330400", "某报")  # type: ignore[union-attr]


class TestFolders:
    def test_three_files_among_others_in_a_fixed_order(self, library: Library) -> None:
        for name in ("b/2.markdown", "a/1.MD", "c.mdx", "d.png", ".git/x.md", "a/.hidden.md"):
            library.put(name, TEXT + name)
        done = library.bring()
        assert [file.path.name for file in done] == ["c.mdx", "1.MD", "2.markdown"]
        assert [file.outcome for file in done] == [Outcome.CREATED] * 3

    def test_texts_that_cannot_be_imported_are_listed_with_the_reason(self, library: Library) -> None:
        for name in ("a.docx", "b.DOC", "c.txt", "d.png", "e.md", "~$a.docx"):
            library.put(name, TEXT + name)
        word = "Word 文件不能导入。由报送单位在网上填报时上传，或先转成 Markdown（例如用 pandoc）再导入。"
        text = "扩展名不是 .md。是 Markdown 文字的，改扩展名，或直接给出这个文件的路径。"
        assert [(file.path.name, file.outcome, file.why) for file in library.bring()] == [
            ("a.docx", Outcome.SKIPPED, word),
            ("b.DOC", Outcome.SKIPPED, word),
            ("c.txt", Outcome.SKIPPED, text),
            ("e.md", Outcome.CREATED, ""),
        ]

    @pytest.mark.parametrize("data", [TEXT.encode(), b"PK\x03\x04\x00\x00"])
    def test_a_word_file_that_is_named_itself_is_refused_as_one(self, library: Library, data: bytes) -> None:
        (done,) = library.bring(library.put("a.docx", data))
        assert (done.outcome, done.why, done.remedy) == (
            Outcome.REFUSED,
            "Word 文件不能导入。",
            "由报送单位在网上填报时上传，或先转成 Markdown（例如用 pandoc）再导入。",
        )

    def test_an_empty_folder_gives_nothing(self, library: Library) -> None:
        assert library.bring() == []
        assert summary(Counter(), dry_run=False) == "没有找到 Markdown 文件。"

    def test_strange_things_called_md_are_refused_and_hide_nothing(self, library: Library, tmp_path: Path) -> None:
        secret = tmp_path / "secret.md"
        secret.write_text("秘密")
        (library.inbox / "b-outside.md").symlink_to(secret)
        (library.inbox / "c-inside.md").symlink_to(library.inbox / "good.md")
        (library.inbox / "d-broken.md").symlink_to(tmp_path / "nowhere")
        (library.inbox / "e-folder").symlink_to(tmp_path)
        os.mkfifo(library.inbox / "f-pipe.md")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(library.inbox / "g-socket.md"))
            library.put("good.md", TEXT)
            library.put("h.md/inner.md", TEXT + "内\n")
            outcomes = {file.path.name: (file.outcome, file.why) for file in library.bring()}
        outside = (Outcome.REFUSED, "符号链接指向给定文件夹之外。")
        assert outcomes == {
            "b-outside.md": outside,
            "c-inside.md": (Outcome.SKIPPED, "符号链接，指向给定文件夹里的另一个文件，随那个文件导入"),
            "d-broken.md": outside,
            "e-folder": outside,
            "f-pipe.md": (Outcome.REFUSED, "这不是一个普通文件。"),
            "g-socket.md": (Outcome.REFUSED, "这不是一个普通文件。"),
            "good.md": (Outcome.CREATED, ""),
            "inner.md": (Outcome.CREATED, ""),
        }
        assert {slug for _, slug in library.store.scan()} == {"good", "inner"}

    def test_a_name_with_a_line_feed_or_bytes_that_are_no_text(self, library: Library) -> None:
        library.put("a\nb.md", TEXT)
        Path(os.fsdecode(os.fsencode(library.inbox) + b"/\xff\xe7\x94\xb2.md")).write_text(TEXT)
        done = library.bring()
        assert [file.outcome for file in done] == [Outcome.CREATED] * 2
        assert sorted(describe(file, Kind.CASE).count("\n") for file in done) == [1, 1]
        assert {file.slug for file in done} == {"a-b", "甲"}
        for file in done:
            describe(file, Kind.CASE).encode()

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("质量 提升（终稿）.md", "质量-提升-终稿"),
            ("20150309 10 Useful 'ls' Questions--Part 2.md", "20150309-10-useful-ls-questions-part-2"),
            ("ＩＳＯ９００１.md", "iso9001"),
            ("../my-post/index.md", "my-post"),
            ("my-post/README.md", "my-post"),
            ("⭐️⭐️.md", "标题"),
            ("长" * 80 + ".md", "长" * 50),
            ("a_b.md", "a_b"),
            ("_a.md", "a"),
        ],
    )
    def test_a_slug_is_made_from_the_name(self, name: str, slug: str) -> None:
        assert slug_for(Path("/x") / name, "标题", Kind.CASE) == slug

    @pytest.mark.parametrize("name", ["a--b", "a-", "a_", "汉-", "长" * 66, "cases/index", "cases/readme"])
    def test_a_name_that_is_a_slug_stays(self, name: str) -> None:
        assert slug_for(Path(f"/x/{name}.md"), "标题", Kind.CASE) == name.removeprefix("cases/")

    def test_a_slug_without_a_letter_anywhere_is_still_one(self) -> None:
        assert slug_for(Path("！.md"), "？", Kind.CASE).startswith("imported-")


class TestAgain:
    def test_the_same_file_again_is_there_already(self, library: Library) -> None:
        path = library.put("a.md", "---\ntitle: 甲\n---\n" + TEXT)
        first, again = library.bring(path), library.bring(path)
        assert [file.outcome for file in (*first, *again)] == [Outcome.CREATED, Outcome.SAME]
        assert describe(again[0], Kind.CASE).split("\n")[0] == f"{path}：已存在且相同： cases/a.md"

    def test_two_files_of_one_name_get_two_slugs_and_keep_them(self, library: Library) -> None:
        for folder in "xyz":
            library.put(f"{folder}/同名.md", TEXT + folder)
        assert [file.slug for file in library.bring()] == ["同名", "同名-2", "同名-3"]
        assert [(file.slug, file.outcome) for file in library.bring()] == [
            ("同名", Outcome.SAME),
            ("同名-2", Outcome.SAME),
            ("同名-3", Outcome.SAME),
        ]

    def test_a_file_that_is_named_by_a_slug_has_it_before_others_of_whose_names_it_is_made(
        self, library: Library
    ) -> None:
        for name in ("A B", "a b", "a-b", "a-b-2"):
            library.put(f"{name}.md", TEXT + name)
        slugs = {"A B": "a-b-3", "a b": "a-b-4", "a-b": "a-b", "a-b-2": "a-b-2"}
        assert {file.path.stem: file.slug for file in library.bring()} == slugs

    def test_two_files_of_the_longest_name_get_two_slugs(self, library: Library) -> None:
        for folder in "xy":
            library.put(f"{folder}/{'a' * 200}.md", TEXT + folder)
        assert [file.slug for file in library.bring()] == ["a" * 200, "a" * 198 + "-2"]

    def test_two_equal_files_become_one(self, library: Library) -> None:
        library.put("x/a.md", TEXT)
        library.put("y/a.md", TEXT)
        assert [(file.slug, file.outcome) for file in library.bring()] == [("a", Outcome.CREATED), ("a", Outcome.SAME)]

    def test_what_cannot_be_written_is_not_there_for_an_equal_file_and_leaves_no_image(
        self, library: Library, tmp_path: Path
    ) -> None:
        (tmp_path / "elsewhere").mkdir()
        library.store.root.mkdir()
        library.store.folder(Kind.CASE).symlink_to(tmp_path / "elsewhere")
        for folder in "xy":
            library.put(f"{folder}/a.md", TEXT + "![](1.png)\n")
            library.put(f"{folder}/1.png", b"1")
        assert [file.outcome for file in library.bring()] == [Outcome.REFUSED] * 2
        assert list((tmp_path / "elsewhere").iterdir()) == []

    def test_another_text_is_not_overwritten_unless_asked(self, library: Library) -> None:
        library.one(TEXT)
        path = library.put("a.md", "新" + TEXT)
        (refused,) = library.bring(path)
        assert (refused.outcome, refused.why) == (Outcome.REFUSED, "库里已有 cases/a.md，内容不同。")
        assert library.store.read(Kind.CASE, "a").body == TEXT
        (replaced,) = library.bring(path, overwrite=True)
        assert replaced.outcome is Outcome.REPLACED
        assert library.store.read(Kind.CASE, "a").body == "新" + TEXT

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_a_title_of_what_nobody_sees_is_none(self, library: Library, dry_run: bool) -> None:
        (done,) = library.bring(library.put("a.md", '{"title": "\\u0008"}\n' + TEXT), dry_run=dry_run)
        assert (done.outcome, done.why) == (Outcome.REFUSED, "title（标题）的值“”不对。")

    def test_a_dry_run_says_the_same_and_writes_nothing(self, library: Library) -> None:
        for folder in "xy":
            library.put(f"{folder}/a.md", TEXT + folder)
        library.put("z/a.md", TEXT + "x")
        library.put("bad.md", b"\0")
        planned = library.bring(dry_run=True)
        assert not library.store.root.exists()
        assert planned == library.bring()
        assert summary(Counter(file.outcome for file in planned), dry_run=True) == (
            "共 4 个文件：导入 2 个，已存在且相同 1 个，拒绝 1 个。（试运行，没有写入任何文件）"
        )


class TestImages:
    def test_the_images_beside_a_file_come_with_it(self, library: Library) -> None:
        library.put("img/流程.png", b"png")
        done, document = library.one(
            "![图](img/流程.png) ![](img/%E6%B5%81%E7%A8%8B.png) ![](http://a.example/b.png)\n"
        )
        assert library.store.asset(Kind.CASE, "a", "流程.png").read_bytes() == b"png"
        assert done.notes == ("正文引用的图片和附件 1 个放在 cases/a/",)
        assert document.body.startswith("![图](img/流程.png)")
        (again,) = library.bring(done.path)
        assert (again.outcome, again.notes) == (Outcome.SAME, done.notes)

    def test_an_image_in_html_or_named_from_the_root_of_another_site_comes_too(self, library: Library) -> None:
        library.put("img/1.png", b"1")
        library.put("2.png", b"2")
        library.one("<img src='img/1.png'> ![](/static/2.png)\n")
        assert [library.store.asset(Kind.CASE, "a", f"{n}.png").read_bytes() for n in (1, 2)] == [b"1", b"2"]

    def test_the_images_of_an_exported_library_are_found_where_its_pages_looked(self, library: Library) -> None:
        library.put("a/1.png", b"1")
        library.put("1.png", b"of another")
        library.put("2.png", b"2")
        done, document = library.one("![](img/1.png) ![](img/2.png)\n")
        assert [library.store.asset(Kind.CASE, "a", f"{n}.png").read_bytes() for n in (1, 2)] == [b"1", b"2"]
        assert done.notes == ("正文引用的图片和附件 2 个放在 cases/a/",)
        assert document.body == "![](img/1.png) ![](img/2.png)\n"

    def test_of_an_exported_library_an_image_in_the_folder_of_the_slug_comes_before_one_beside_it(
        self, library: Library
    ) -> None:
        library.put("cases/a/1.png", b"1")
        library.put("cases/1.png", b"of another")
        library.one("![](1.png)\n", "cases/a.md")
        assert library.store.asset(Kind.CASE, "a", "1.png").read_bytes() == b"1"

    def test_what_is_missing_outside_or_unsafe_stays_and_is_told(self, library: Library, tmp_path: Path) -> None:
        (tmp_path / "secret.png").write_bytes(b"secret")
        library.put("x.svg", "<svg/>")
        library.put("other.md", TEXT)
        done, _ = library.one(
            "![](none.png) ![](../secret.png) ![](x.svg) [](other.md) [](../secret.txt) [](none.html)\n"
        )
        assert done.notes == (
            "没有带来的图片和附件：none.png（不存在）、secret.png（在给定文件夹之外）、x.svg（站点不提供这种文件）",
        )
        assert not (library.store.folder(Kind.CASE) / "a").exists()

    def test_more_than_three_are_counted(self, library: Library) -> None:
        os.truncate(library.put("1.png", b""), 20 * 1024 * 1024 + 1)
        done, _ = library.one(f"![](1.png) ![](2%00.png) ![]({'3' * 300}.png) ![](5.png) ![](4.png)\n")
        assert done.notes == (
            f"没有带来的图片和附件：1.png（超过 20 MB）、{'3' * 300}.png（读不出：名称太长）、4.png（不存在）等 4 个",
        )

    def test_an_image_that_cannot_be_written_is_told_and_the_text_is_there(self, library: Library) -> None:
        library.put("1.png", b"1")
        library.store.folder(Kind.CASE).mkdir(parents=True)
        (library.store.folder(Kind.CASE) / "a").touch()
        assert library.one("![](1.png)\n")[0].notes == ("没有带来的图片和附件：1.png（读写出错：已有同名的文件）",)

    def test_an_image_as_note_taking_programs_write_it_is_told(self, library: Library) -> None:
        library.put("1.png", b"1")
        done, _ = library.one("看![[1.png]]，再看![[图/流程 2.png|300]]。\n\n`![[3.png]]` [[4]] ![[]]\n")
        assert done.notes == (
            "没有带来的图片和附件：1.png（写成了 ![[…]]，要改成 ![](…)）、图/流程 2.png（写成了 ![[…]]，要改成 ![](…)）",
        )

    def test_an_image_that_no_page_can_show_is_told(self, library: Library) -> None:
        done, _ = library.one(
            "![](C:\\图\\1.png) <img src='file:///D:/2.png'> ![](data:image/png;base64,AA) ![](data:image/png;base64,BB)\n\n`![](C:/3.png)`\n"
        )
        assert done.notes == (
            "没有带来的图片和附件：1.png（在写稿人的电脑里）、2.png（在写稿人的电脑里）、"
            "data:image（嵌在正文里，站点不显示）",
        )

    @pytest.mark.parametrize("dry_run", [False, True])
    def test_of_different_images_of_one_name_none_stands_for_another(self, library: Library, dry_run: bool) -> None:
        for place, data in (("a/1.png", b"1"), ("b/1.png", b"!"), ("a/2.png", b"2"), ("b/2.png", b"2")):
            library.put(place, data)
        library.put("a.md", TEXT + "![](a/1.png) ![](b/1.png) ![](a/2.png) ![](./b/2.png) ![](none/2.png)\n")
        (done,) = library.bring(library.inbox / "a.md", dry_run=dry_run)
        assert done.notes == (
            "正文引用的图片和附件 1 个放在 cases/a/",
            "没有带来的图片和附件：1.png（有 2 个同名而不同的文件，请先改名）、2.png（不存在）",
        )
        brought = sorted(path.name for path in (library.store.root / "cases").rglob("*.png"))
        assert brought == ([] if dry_run else ["2.png"])

    def test_an_image_of_the_library_is_not_overwritten(self, library: Library) -> None:
        library.put("1.png", b"new")
        there = library.store.folder(Kind.CASE) / "a" / "1.png"
        there.parent.mkdir(parents=True)
        there.write_bytes(b"old")
        done, _ = library.one("![](1.png)\n")
        assert there.read_bytes() == b"old"
        assert done.notes == ("没有带来的图片和附件：1.png（库里已有同名而不同的文件）",)


class TestWording:
    def test_a_file_is_told_in_full(self, library: Library) -> None:
        path = library.put("a.md", "---\ntitle: 甲\ntags: [x]\n---\n" + TEXT.replace("\n", "\r\n"))
        assert describe(library.bring(path)[0], Kind.CASE) == (
            f"{path}：导入为 cases/a.md\n    映射：title；industry ← --set；region ← --set；year ← --set\n"
            "    保留：tags\n    说明：换行改成了 LF"
        )

    def test_a_refusal_is_told_with_its_remedy(self, library: Library) -> None:
        path = library.put("a.md", "")
        assert (
            describe(library.bring(path)[0], Kind.CASE)
            == f"{path}：没有导入。文件是空的。\n    办法：删去它，或补上内容。"
        )
