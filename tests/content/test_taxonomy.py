from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import Fault, Taxonomy
from tests.content.trees import put

SHIPPED = Taxonomy.load(shipped("content") / "taxonomy")


class TestShipped:
    def test_industries_are_the_20_letters_and_97_divisions(self) -> None:
        letters = SHIPPED.industries.children(None)
        divisions = [term for letter in letters for term in SHIPPED.industries.children(letter.key)]
        assert "".join(term.key for term in letters) == "ABCDEFGHIJKLMNOPQRST"
        assert sorted(term.key[1:] for term in divisions) == [f"{number:02d}" for number in range(1, 98)]
        assert all(term.key[0] == term.parent for term in divisions)

    def test_regions_are_the_34_at_province_level_and_what_is_under_them(self) -> None:
        provinces = SHIPPED.regions.children(None)
        assert len(provinces) == 34
        assert all(SHIPPED.regions.children(province.key) for province in provinces)
        counts = {code: len(SHIPPED.regions.children(code)) for code in ("330000", "710000", "810000", "820000")}
        assert counts == {"330000": 11, "710000": 20, "810000": 18, "820000": 8}

    def test_only_codes_outside_the_standard_are_marked(self) -> None:
        own = {term.key[:2] for term in SHIPPED.regions.values() if not term.official}
        assert own == {"71", "81", "82"}
        assert [SHIPPED.regions[code].official for code in ("710000", "810000", "820000")] == [True, True, True]

    def test_problems_belong_to_the_three_groups_and_may_be_edited(self) -> None:
        assert [group.name for group in SHIPPED.problem_groups.values()] == ["两难", "两不", "两低"]
        assert {term.parent for term in SHIPPED.problems.values()} == {"hard", "lacking", "low"}
        assert all(term.editable for term in SHIPPED.problems.values())

    def test_effects_are_the_eleven_of_figure_3_with_its_numbers(self) -> None:
        assert len(SHIPPED.effects) == 11
        first = SHIPPED.effects["quality-awareness"]
        assert (first.name, first.firms, first.share) == ("质量意识提升", 12900, 90.42)

    def test_measures_and_synonyms_are_there(self) -> None:
        assert "6S" in SHIPPED.measures["lean-6s"].terms
        assert ("6S", "5S", "六S", "五S", "6S管理", "精益6S") in SHIPPED.synonyms

    def test_the_shipped_files_have_no_fault(self) -> None:
        assert SHIPPED.faults == []


class TestPaths:
    @pytest.mark.parametrize(
        ("code", "names"),
        [
            ("330400", ["浙江省", "嘉兴市"]),
            ("330000", ["浙江省"]),
            ("131125", ["河北省", "衡水市"]),
            ("110105", ["北京市"]),
            ("110100", ["北京市"]),
            ("500235", ["重庆市"]),
            ("429004", ["湖北省", "省直辖县级行政区划"]),
            ("810001", ["香港特别行政区", "中西区"]),
            ("710100", ["台湾省", "台北市"]),
            ("810099", []),
            ("330001", []),
            ("339900", []),
            ("990000", []),
            ("3304", []),
            ("", []),
            ("３３０４００", []),
        ],
    )
    def test_a_region_code_leads_to_its_province_and_city(self, code: str, names: list[str]) -> None:
        assert [term.name for term in SHIPPED.region_path(code)] == names

    @pytest.mark.parametrize(
        ("code", "codes"),
        [
            ("330402", ["330000", "330400", "330402"]),
            ("330400", ["330000", "330400"]),
            ("330000", ["330000"]),
            ("500101", ["500000", "500100", "500101"]),
            ("500200", ["500000", "500200"]),
            ("110101", ["110000", "110100", "110101"]),
        ],
    )
    def test_a_place_is_found_by_what_is_above_it(self, code: str, codes: list[str]) -> None:
        assert SHIPPED.region_codes(code) == codes

    @pytest.mark.parametrize(
        ("code", "names"),
        [("C23", ["制造业", "印刷和记录媒介复制业"]), ("C", ["制造业"]), ("C99", []), ("23", []), ("", [])],
    )
    def test_an_industry_code_leads_to_its_letter_and_division(self, code: str, names: list[str]) -> None:
        assert [term.name for term in SHIPPED.industry_path(code)] == names


class TestOwnFiles:
    def test_a_file_of_ones_own_replaces_the_shipped_one_and_only_that(self, tmp_path: Path) -> None:
        put(tmp_path, "measures.yml", "entries:\n  - {key: own, name: 自己的做法}\n")
        taxonomy = Taxonomy.load(tmp_path)
        assert list(taxonomy.measures) == ["own"]
        assert list(taxonomy.effects) == list(SHIPPED.effects)
        assert taxonomy.faults == []

    def test_unquoted_codes_are_taken_as_text(self, tmp_path: Path) -> None:
        put(tmp_path, "regions.yml", "entries:\n  - {key: 330000, name: 浙江省}\n  - {key: 330400, name: 嘉兴市}\n")
        assert [term.name for term in Taxonomy.load(tmp_path).region_path("330400")] == ["浙江省", "嘉兴市"]

    @pytest.mark.parametrize(
        ("name", "text", "fault"),
        [
            (
                "measures.yml",
                "entries:\n  - {key: a, name: 甲}\n  - {key: b, name: 乙}\n  - {key: a, name: 丙}\n",
                (4, "键 a 写了两次。", "留下一个，删去另一个。"),
            ),
            (
                "industries.yml",
                "entries:\n  - {key: A, name: 甲}\n  - {key: A01, name: 乙, parent: B}\n",
                (3, "A01 的上级 B 不存在。", "改成文件里有的 key。"),
            ),
            (
                "industries.yml",
                "entries:\n  - {key: A, name: 甲, parent: A}\n",
                (2, "A 的上级 A 不存在。", "改成文件里有的 key。"),
            ),
            (
                "problems.yml",
                "groups:\n  - {key: g, name: 组}\nentries:\n  - {key: a, name: 甲, group: h}\n",
                (4, "a 的上级 h 不存在。", "改成文件里有的 key。"),
            ),
            (
                "effects.yml",
                "entries:\n  - {key: a, name: 甲}\n  - {key: b}\n",
                (3, "缺少必填的 entries（条目）第 2 项的 name。", "补上一行“name: …”。应为：显示给读者的名称。"),
            ),
            (
                "effects.yml",
                "entries:\n  - {key: a, name: 甲, firms: 很多}\n",
                (2, "entries（条目）第 1 项的 firms 的值“很多”不对。", "应为：整数。"),
            ),
            (
                "synonyms.yml",
                "entries:\n  - [a, b]\n  - c\n",
                (3, "entries（同义词）第 2 项的值“c”不对。", "应为：列表的列表，例如 - [不合格率, 不良率]。"),
            ),
            (
                "stories.yml",
                "entries:\n  - {problems: [a], told: 老是退货}\n",
                (
                    2,
                    "entries（条目）第 1 项的 told 的值“老是退货”不对。",
                    "应为：列表，每项是一个人的一两句话或一小段话。",
                ),
            ),
            (
                "effects.yml",
                "# 空\n",
                (1, "缺少必填的 entries（条目）。", "补上一行“entries: …”。应为：列表，每项有 key 和 name。"),
            ),
            (
                "effects.yml",
                "entries: [a\n",
                (1, "YAML 写错了：括号没有配对，或列表里少了逗号。", "补上 ] 或 }，各项之间用英文逗号。"),
            ),
        ],
    )
    def test_a_flawed_file_is_told_and_replaced_whole(
        self, tmp_path: Path, name: str, text: str, fault: tuple[int, str, str]
    ) -> None:
        put(tmp_path, name, text)
        taxonomy = Taxonomy.load(tmp_path)
        line, message, remedy = fault
        assert taxonomy.faults == [Fault(f"taxonomy/{name}", line, "error", message, remedy)]
        assert list(taxonomy.effects) == list(SHIPPED.effects)
        assert list(taxonomy.industries) == list(SHIPPED.industries)
        assert list(taxonomy.problems) == list(SHIPPED.problems)

    def test_gbk_is_recognised_here_too(self, tmp_path: Path) -> None:
        put(tmp_path, "measures.yml", "entries:\n  - {key: own, name: 自己的做法}\n".encode("gbk"))
        assert [(fault.line, fault.message) for fault in Taxonomy.load(tmp_path).faults] == [(2, "文件是 GBK 编码。")]

    def test_an_unknown_key_is_a_warning_and_the_file_is_used(self, tmp_path: Path) -> None:
        put(tmp_path, "measures.yml", "entries:\n  - {key: own, name: 自己的做法, editible: true}\n")
        taxonomy = Taxonomy.load(tmp_path)
        assert list(taxonomy.measures) == ["own"]
        assert [(fault.line, fault.level, fault.remedy) for fault in taxonomy.faults] == [
            (2, "warning", "如果是 editable（可由编辑改写），请改正；否则可以保留。")
        ]

    def test_a_control_character_that_is_written_out_is_a_warning_and_the_file_is_used(self, tmp_path: Path) -> None:
        put(tmp_path, "measures.yml", 'entries:\n  - {key: own, name: "自己的\\b做法"}\n')
        taxonomy = Taxonomy.load(tmp_path)
        assert [(term.key, term.name) for term in taxonomy.measures.values()] == [("own", "自己的做法")]
        assert [(fault.line, fault.level, fault.message) for fault in taxonomy.faults] == [
            (2, "warning", "双引号里写出了控制字符（\\x08）。")
        ]

    def test_stories_of_a_problem_that_is_not_there_are_a_warning(self, tmp_path: Path) -> None:
        put(tmp_path, "problems.yml", "entries:\n  - {key: own, name: 自己的问题}\n")
        put(tmp_path, "stories.yml", "entries:\n  - {problems: [own, owm], told: [老是这样, 又这样了], note: x}\n")
        taxonomy = Taxonomy.load(tmp_path)
        assert [(each.problems, each.told) for each in taxonomy.stories] == [(("own", "owm"), ("老是这样", "又这样了"))]
        assert [(fault.line, fault.level, fault.message) for fault in taxonomy.faults] == [
            (2, "warning", "不认识的键 note，站点不会用到。"),
            (2, "warning", "problems.yml 里没有 owm，这些话不会用来认它。"),
        ]

    def test_the_shipped_stories_are_stood_in_for_problems_of_ones_own_without_a_word(self, tmp_path: Path) -> None:
        put(tmp_path, "problems.yml", "entries:\n  - {key: own, name: 自己的问题}\n")
        taxonomy = Taxonomy.load(tmp_path)
        assert (taxonomy.stories, taxonomy.faults) == (SHIPPED.stories, [])

    def test_a_vocabulary_of_all_counties_of_the_country_can_be_read(self, tmp_path: Path) -> None:
        entries = "".join(f'  - {{key: "{code}", name: 某县}}\n' for code in range(330000, 333000))
        put(tmp_path, "regions.yml", f"entries:\n{entries}")
        taxonomy = Taxonomy.load(tmp_path)
        assert (len(taxonomy.regions), taxonomy.faults) == (3000, [])


@pytest.mark.parametrize(
    ("name", "words"),
    [("industries", "name: 农业"), ("regions", "name: 浙江省"), ("problems", "name: 两难"), ("problems", "name: 过程控制不到位"), ("measures", "name: 精益与6S现场管理"), ("effects", "name: 成本下降"), ("synonyms", "全面质量管理"), ("stories", "仨月跑了俩化验员")],
)  # fmt: skip
def test_another_word_in_any_file_gives_another_digest(tmp_path: Path, name: str, words: str) -> None:
    written = (shipped("content") / f"taxonomy/{name}.yml").read_text("utf-8")
    put(tmp_path, f"{name}.yml", written.replace(words, f"{words}别的", 1))
    again, other = Taxonomy.load(shipped("content") / "taxonomy").digest, Taxonomy.load(tmp_path).digest
    assert (again == SHIPPED.digest, other == SHIPPED.digest) == (True, False)
