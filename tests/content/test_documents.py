from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.config import shipped
from caselib.content import CaseMeta, Document, Fault, GuideMeta, Kind, Metric, Taxonomy, documents
from tests.content.trees import BATCH, CASE, GUIDE, PAGE, case

VALUES = st.sampled_from(
    [
        "",
        "x",
        "[",
        "[a, [b]]",
        "{a: 1}",
        "-1",
        "2022",
        "2023-04-20",
        "true",
        "*a",
        "!x y",
        "null",
        "'",
        "1e9",
        "[2022-01-01]",
    ]
)
TAXONOMY = Taxonomy.load(shipped("content") / "taxonomy")
PATH = Path("/library/cases/x.md")
INDUSTRY = "应为：GB/T 4754-2017 的一位字母，或字母加两位数字，例如 [C23]；可以有多个。"
NUMBER = "应为：1 到 9999 的批次号，由发布时写入，例如 3。"
YEAR = "应为：2000 到 2100 之间的年份，例如 2022。"


def read(text: str | bytes, kind: Kind = Kind.CASE, slug: str = "x") -> tuple[Document | None, list[Fault]]:
    data = text if isinstance(text, bytes) else text.encode()
    found = documents.read(kind, slug, PATH, data, TAXONOMY)
    return found.document, found.faults


def good(text: str, kind: Kind = Kind.CASE, slug: str = "x") -> Document:
    document, faults = read(text, kind, slug)
    assert faults == []
    assert document is not None
    return document


def told(text: str, kind: Kind = Kind.CASE, slug: str = "x") -> list[tuple[int, str, str, str]]:
    return [(fault.line, fault.level, fault.message, fault.remedy) for fault in read(text, kind, slug)[1]]


class TestReading:
    def test_a_case_with_every_key_is_typed(self) -> None:
        document = good(
            case(
                "batch: 3",
                "firm: 浙江嘉兴某包装有限公司",
                "firm_size: 小型",
                "certifier: 某认证机构",
                "submitter: 浙江省市场监督管理局",
                "problems: [quality-awareness]",
                "measures: [lean-6s]",
                "effects: [product-quality]",
                "metrics:",
                '  - {name: 产品合格率, unit: "%", before: 98.2, after: 99.8}',
                '  - {name: 人均产量, change: 145.7, unit: "%"}',
                "guides: [packaging-2022]",
                "summary: 摘要。",
                "source: 报告",
                "published: 2023-04-20",
                "sample: true",
            )
        )
        assert document.meta == CaseMeta(
            title="定制技术攻关方案",
            industry=["C23"],
            region="330400",
            year=2022,
            batch=3,
            firm="浙江嘉兴某包装有限公司",
            firm_size="小型",
            certifier="某认证机构",
            submitter="浙江省市场监督管理局",
            problems=["quality-awareness"],
            measures=["lean-6s"],
            effects=["product-quality"],
            metrics=[
                Metric(name="产品合格率", unit="%", before=98.2, after=99.8),
                Metric(name="人均产量", unit="%", change=145.7),
            ],
            guides=["packaging-2022"],
            summary="摘要。",
            source="报告",
            published=date(2023, 4, 20),
            sample=True,
        )

    def test_a_document_knows_its_address_body_and_digest(self) -> None:
        document = good(CASE)
        assert (document.kind, document.slug, document.path, document.url) == (Kind.CASE, "x", PATH, "/cases/x")
        assert document.body == "## 企业概况\n\n某包装有限公司。\n"
        assert document.digest == sha256(CASE.encode()).hexdigest()

    def test_a_chinese_slug_is_percent_encoded_in_the_address(self) -> None:
        assert good(CASE, slug="嘉兴").url == "/cases/%E5%98%89%E5%85%B4"

    def test_the_summary_is_the_given_one_or_the_first_paragraph(self) -> None:
        assert good(case("summary: 给定的摘要")).summary == "给定的摘要"
        assert good(CASE).summary == "某包装有限公司。"

    def test_sections_are_those_of_the_body(self) -> None:
        assert [(section.heading, section.text) for section in good(CASE).sections] == [
            ("企业概况", "某包装有限公司。")
        ]

    @pytest.mark.parametrize(
        ("kind", "slug", "text", "url"),
        [
            (Kind.GUIDE, "x", GUIDE, "/guides/x"),
            (Kind.BATCH, "3", BATCH, "/batches/3"),
            (Kind.PAGE, "about", PAGE, "/about"),
            (Kind.PAGE, "privacy", PAGE, "/about/privacy"),
        ],
    )
    def test_the_other_kinds_are_read_the_same_way(self, kind: Kind, slug: str, text: str, url: str) -> None:
        assert good(text, kind, slug).url == url

    def test_a_single_value_may_stand_for_a_list_of_one(self) -> None:
        document = good(case("industry: C23", "problems: quality-awareness", without="industry"))
        assert isinstance(document.meta, CaseMeta)
        assert (document.meta.industry, document.meta.problems) == (["C23"], ["quality-awareness"])

    def test_several_industries_and_a_letter_alone_are_allowed(self) -> None:
        document = good(case("industry: [C23, I65, A]", without="industry"))
        assert isinstance(document.meta, CaseMeta)
        assert document.meta.industry == ["C23", "I65", "A"]

    @pytest.mark.parametrize(
        ("written", "region"),
        [
            ('"330400"', "330400"),
            ("330400", "330400"),
            ("131125", "131125"),
            ("330000", "330000"),
            ("810001", "810001"),
        ],
    )
    def test_a_region_may_be_unquoted_a_county_or_a_province(self, written: str, region: str) -> None:
        document = good(case(f"region: {written}", without="region"))
        assert isinstance(document.meta, CaseMeta)
        assert document.meta.region == region

    def test_empty_values_count_as_absent(self) -> None:
        document = good(case("batch:", "problems:", "firm:", "metrics:", "published:"))
        assert isinstance(document.meta, CaseMeta)
        assert (document.meta.batch, document.meta.problems, document.meta.firm) == (None, [], "")

    def test_a_number_or_a_day_in_quotes_is_read_as_one(self) -> None:
        written = ("year: '2022'", "batch: ' 3 '", "published: '2023-04-20'", "metrics: [{name: 甲, change: '-1.5'}]")
        document = good(case(*written, without="year"))
        assert isinstance(document.meta, CaseMeta)
        meta = document.meta
        assert (meta.year, meta.batch, meta.published) == (2022, 3, date(2023, 4, 20))
        assert meta.metrics == [Metric(name="甲", change=-1.5)]

    def test_a_number_where_text_is_wanted_becomes_text(self) -> None:
        document = good(GUIDE.replace("year:", "edition: 2022\nyear:"), Kind.GUIDE)
        assert isinstance(document.meta, GuideMeta)
        assert document.meta.edition == "2022"


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "line", "message", "remedy"),
        [
            (case(without="title"), 1, "缺少必填的 title（标题）。", "补上一行“title: …”。应为：一行文字，不超过 200 字。"),
            (case("title:", without="title"), 5, "缺少必填的 title（标题）。", "补上一行“title: …”。应为：一行文字，不超过 200 字。"),
            (case('title: "  "', without="title"), 5, "title（标题）的值“  ”不对。", "应为：一行文字，不超过 200 字。"),
            (case("year: 1999", without="year"), 5, "year（年份）的值“1999”不对。", YEAR),
            (case("year: 2101", without="year"), 5, "year（年份）的值“2101”不对。", YEAR),
            (case("year: 二〇二二", without="year"), 5, "year（年份）的值“二〇二二”不对。", YEAR),
            (case("industry: []", without="industry"), 5, "industry（行业）不对。", INDUSTRY),
            (case("year: true", without="year"), 5, "year（年份）的值“true”不对。", YEAR),
            (case("year: 20_22", without="year"), 5, "year（年份）的值“20_22”不对。", YEAR),
            (case("batch: 0"), 6, "batch（批次）的值“0”不对。", NUMBER),
            (case("batch: true"), 6, "batch（批次）的值“true”不对。", NUMBER),
            (case("batch: 10000"), 6, "batch（批次）的值“10000”不对。", NUMBER),
            (case(f"batch: {'9' * 26}"), 6, f"batch（批次）的值“{'9' * 26}”不对。", NUMBER),
            (case("firm_size: 中小"), 6, "firm_size（企业规模）的值“中小”不对。", "应为：大型、中型、小型、微型之一。"),
            (case("published: 2023-02-30"), 6, "published（发布日期）的值“2023-02-30”不对。", "应为：写成 2023-04-20 的日期。"),
            (case("published: 2023年4月"), 6, "published（发布日期）的值“2023年4月”不对。", "应为：写成 2023-04-20 的日期。"),
            (case("published: 86400"), 6, "published（发布日期）的值“86400”不对。", "应为：写成 2023-04-20 的日期。"),
            (case("published: '0'"), 6, "published（发布日期）的值“0”不对。", "应为：写成 2023-04-20 的日期。"),
            (case("published: '1682035200'"), 6, "published（发布日期）的值“1682035200”不对。", "应为：写成 2023-04-20 的日期。"),
            (case("published: 2023-04-20T00:00:00"), 6, "published（发布日期）的值“2023-04-20T00:00:00”不对。", "应为：写成 2023-04-20 的日期。"),
            (case("published: true"), 6, "published（发布日期）的值“true”不对。", "应为：写成 2023-04-20 的日期。"),
            (
                case("metrics:", "  - {name: 合格率, before: 98.2,", "     after: true}"),
                8,
                "metrics（量化指标）第 1 项的 after 的值“true”不对。",
                "应为：只写数字，单位写在 unit。",
            ),
            (case("sample: 是"), 6, "sample（示范内容）的值“是”不对。", "应为：示范内容写 true，页面会注明。"),
            (
                case("metrics:", "  - {name: 合格率, before: 98.2%, after: 99}"),
                7,
                "metrics（量化指标）第 1 项的 before 的值“98.2%”不对。",
                "应为：只写数字，单位写在 unit。",
            ),
            (
                case("metrics:", "  - {name: 甲, change: 1}", "  - {name: 乙, before: 98}"),
                8,
                "metrics（量化指标）第 2 项不对。",
                "应为：每项有 name，并有 before 和 after，或者有 change。",
            ),
            (
                case("metrics:", "  - {change: 1}"),
                7,
                "缺少必填的 metrics（量化指标）第 1 项的 name。",
                "补上一行“name: …”。应为：例如 产品合格率。",
            ),
            (case("metrics: {name: 甲}"), 6, "metrics（量化指标）不对。", "应为：每项有 name，并有 before 和 after，或者有 change。"),
            (case("metrics: [{name: 甲, change: .inf}]"), 6, "metrics（量化指标）第 1 项的 change 的值“.inf”不对。", "应为：增加写正数，减少写负数，单位写在 unit。"),
            (case("industry: [C23, ~]", without="industry"), 5, "industry（行业）第 2 项是空值。", INDUSTRY),
            (case("problems: [~]"), 6, "problems（共性质量问题）第 1 项是空值。", "应为：taxonomy/problems.yml 里的键。"),
            (case("metrics: [~]"), 6, "metrics（量化指标）第 1 项是空值。", "应为：每项有 name，并有 before 和 after，或者有 change。"),
            (case("guides: [{a: 1}]"), 6, "guides（所用指南）第 1 项不对。", "应为：指南的文件名，不带 .md。"),
        ],
    )  # fmt: skip
    def test_a_value_that_does_not_fit_is_told_with_line_and_remedy(
        self, text: str, line: int, message: str, remedy: str
    ) -> None:
        assert told(text) == [(line, "error", message, remedy)]
        assert read(text)[0] is None

    @pytest.mark.parametrize(
        ("line", "message", "nearest"),
        [
            ("industry: [C23, C98]", "industry 里没有“C98”这个行业代码。", None),
            ("industry: 23", "industry 里没有“23”这个行业代码。", "C23（印刷和记录媒介复制业）"),
            ("industry: c23", "industry 里没有“c23”这个行业代码。", "C23（印刷和记录媒介复制业）"),
            ("industry: 印刷和记录媒介复制业", "industry 里没有“印刷和记录媒介复制业”这个行业代码。", "C23（印刷和记录媒介复制业）"),
            ("region: 嘉兴", "region 里没有“嘉兴”这个地区代码。", "330400（嘉兴市）"),
            ("region: 339999", "region 里没有“339999”这个地区代码。", None),
            ("region: 330001", "region 里没有“330001”这个地区代码。", None),
            ("region: 3304", "region 里没有“3304”这个地区代码。", "330400（嘉兴市）"),
            ("problems: quality-awarenes", "problems 里没有“quality-awarenes”这个键。", "quality-awareness（质量意识不强）"),
            ("problems: [质量人才]", "problems 里没有“质量人才”这个键。", "talent-shortage（质量人才匮乏）"),
            ("measures: lean6s", "measures 里没有“lean6s”这个键。", "lean-6s（精益与6S现场管理）"),
            ("effects: 成本下降", "effects 里没有“成本下降”这个键。", "cost-reduction（成本下降）"),
        ],
    )  # fmt: skip
    def test_a_key_the_taxonomy_lacks_is_told_with_the_nearest_ones(
        self, line: str, message: str, nearest: str | None
    ) -> None:
        key = line.partition(":")[0]
        found = told(case(line, without=key))
        assert [(level, said) for _, level, said, _ in found] == [("error", message)]
        assert found[0][0] == (5 if key in ("industry", "region") else 6)
        if nearest:
            assert found[0][3].split("最接近的有：")[1].split("、")[0].rstrip("。") == nearest

    def test_every_wrong_key_of_a_list_has_its_own_line(self) -> None:
        found = told(case("problems:", "  - aaa", "  - quality-awareness", "  - bbb"))
        assert [(line, message) for line, _, message, _ in found] == [
            (7, "problems 里没有“aaa”这个键。"),
            (9, "problems 里没有“bbb”这个键。"),
        ]

    def test_all_faults_of_a_file_are_told_at_once(self) -> None:
        found = told("---\nindustry: X99\nyear: abc\nproblems: [nope]\nfrim: 甲\n---\n")
        assert sorted((line, level) for line, level, _, _ in found) == [
            (1, "error"),
            (1, "error"),
            (2, "error"),
            (3, "error"),
            (4, "error"),
            (5, "warning"),
        ]

    def test_a_broken_front_matter_is_one_fault_at_its_line_of_the_file(self) -> None:
        assert told("---\ntitle: a\nindustry: [C23\n---\n正文\n") == [
            (3, "error", "YAML 写错了：括号没有配对，或列表里少了逗号。", "补上 ] 或 }，各项之间用英文逗号。")
        ]

    @pytest.mark.parametrize("slug", ["third", "0", "07", "10000", "9" * 30])
    def test_a_batch_is_named_by_its_number(self, slug: str) -> None:
        assert told(BATCH, Kind.BATCH, slug) == [(1, "error", "批次的文件名不是批次号。", "改名为批次号，例如 3.md。")]

    @pytest.mark.parametrize("key", ["submitted", "selected"])
    def test_true_is_no_number_of_cases(self, key: str) -> None:
        name = {"submitted": "报送数", "selected": "入选数"}[key]
        found = told(BATCH.replace("year:", f"{key}: true\nyear:").replace(f"{key}: 2\n", ""), Kind.BATCH, "3")
        assert [message for _, _, message, _ in found] == [f"{key}（{name}）的值“true”不对。"]

    def test_a_batch_needs_its_day(self) -> None:
        text = BATCH.replace("published: 2023-04-20\n", "")
        assert [message for _, _, message, _ in told(text, Kind.BATCH, "3")] == ["缺少必填的 published（发布日期）。"]

    def test_the_problem_names_the_file_by_its_place_in_the_library(self) -> None:
        assert [str(fault) for fault in read(case("year: 1", without="year"))[1]] == [
            f"cases/x.md:5: 错误: year（年份）的值“1”不对。 办法: {YEAR}"
        ]


class TestAnything:
    @given(st.binary(max_size=200), st.sampled_from(Kind))
    def test_no_bytes_raise_and_there_is_a_document_or_an_error(self, data: bytes, kind: Kind) -> None:
        document, faults = read(data, kind, "3")
        assert (document is None) == any(fault.level == "error" for fault in faults)

    @given(st.dictionaries(st.sampled_from([*CaseMeta.model_fields, "x"]), VALUES), st.sampled_from(Kind))
    def test_no_value_of_any_key_raises(self, values: dict[str, str], kind: Kind) -> None:
        text = "---\n" + "".join(f"{key}: {value}\n" for key, value in values.items()) + "---\n"
        document, faults = read(text, kind, "3")
        assert (document is None) == any(fault.level == "error" for fault in faults)
        assert [fault for fault in faults if not 1 <= fault.line <= len(values) + 2] == []


class TestWarnings:
    def test_an_unknown_key_is_kept_and_reported(self) -> None:
        document, faults = read(case("contact: 张三"))
        assert document is not None
        assert document.meta.model_extra == {"contact": "张三"}
        assert faults == [
            Fault("cases/x.md", 6, "warning", "不认识的键 contact，站点不会用到。", "可以保留，也可以删去。")
        ]

    @pytest.mark.parametrize(
        ("key", "meant"), [("efects", "effects（提升成效）"), ("报送单位", "submitter（报送单位）")]
    )
    def test_a_misspelt_or_chinese_key_is_told_the_right_one(self, key: str, meant: str) -> None:
        assert [remedy for *_, remedy in told(case(f"{key}: x"))] == [f"如果是 {meant}，请改正；否则可以保留。"]

    def test_an_unknown_key_of_a_metric_is_reported_with_its_line(self) -> None:
        found = told(case("metrics:", "  - name: 甲", "    change: 1", "    befor: 2"))
        assert found == [
            (9, "warning", "不认识的键 befor，站点不会用到。", "如果是 before（提升前），请改正；否则可以保留。")
        ]

    def test_a_control_character_in_the_body_is_told_with_its_line_and_not_served(self) -> None:
        text = case(body="## 标\x1b题\n\n正\x08文\x0b控\t体\n")
        assert told(text) == [
            (
                7,
                "warning",
                "正文里有看不见的控制字符（\\x1b，全文共 3 个）。",
                "在编辑器里删去；站点显示时已经略去。",
            )
        ]
        document, _ = read(text)
        assert document is not None
        assert document.body == "## 标题\n\n正文 控\t体\n"

    def test_a_control_character_written_out_in_the_front_matter_is_told_with_its_line_and_not_served(self) -> None:
        text = case(
            'summary: "一\\x85二\\x08三"', 'measures: ["lean-6s\\0"]', "metrics:", '  - {name: "甲\\b", change: 1}'
        )
        remedy = "删去它；反斜杠本身写成 \\\\。站点显示时已经略去。"
        assert told(text) == [
            (6, "warning", "双引号里写出了控制字符（\\x85）。", remedy),
            (7, "warning", "双引号里写出了控制字符（\\x00）。", remedy),
            (9, "warning", "双引号里写出了控制字符（\\x08）。", remedy),
        ]
        document, _ = read(text)
        assert document is not None
        assert isinstance(document.meta, CaseMeta)
        assert (document.meta.summary, document.meta.measures, document.meta.metrics[0].name) == (
            "一 二三",
            ["lean-6s"],
            "甲",
        )

    def test_windows_files_are_served_with_a_warning(self) -> None:
        data = b"\xef\xbb\xbf" + CASE.replace("\n", "\r\n").encode()
        document, faults = read(data)
        assert document is not None
        assert document.body == "## 企业概况\n\n某包装有限公司。\n"
        assert [(p.level, p.message) for p in faults] == [
            ("warning", "文件开头有 BOM。"),
            ("warning", "换行是 Windows 式的（CRLF）。"),
        ]
