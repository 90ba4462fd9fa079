"""What the index keeps of a document."""

import os
from pathlib import Path

import pytest

from caselib.content import ContentStore, Kind, Section
from caselib.search.index.building import build
from caselib.search.index.records import PASSAGE_LENGTH, Part, Record, _pieces
from caselib.search.index.segment import salvage
from caselib.search.model import Hit
from tests.search.shelves import cutter

CASE = """---
title: 首检  做实
industry: [C23, C36]
region: "131125"
year: 2022
batch: 3
firm: 某包装公司
firm_size: 小型
submitter: 河北省市场监督管理局
problems: [quality-awareness]
measures: [lean-6s]
effects: [product-quality]
metrics:
  - {name: 产品合格率, unit: "%", before: 98.2, after: 99.8}
summary: 一句话说清。
published: 2023-04-20
---

开头一段。

## 做法

每班首检。
"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    root = tmp_path_factory.mktemp("content")
    (root / "cases").mkdir()
    (root / "cases" / "a.md").write_text(CASE, "utf-8")
    store = ContentStore(root)
    os.utime(root / "cases" / "a.md", (1714979289.5, 1714979289.5))
    stamp = store.scan()[Kind.CASE, "a"]
    return Record.of(store.read(Kind.CASE, "a"), stamp, store.taxonomy)


def test_passages_are_the_parts_of_the_document_in_order(record: Record) -> None:
    assert [(p.part, p.anchor, p.text) for p in record.passages if p.part != Part.NAMES] == [
        (Part.TITLE, "", "首检 做实"),
        (Part.SUMMARY, "", "一句话说清。"),
        (Part.FIRM, "", "某包装公司 河北省市场监督管理局"),
        (Part.BODY, "", "开头一段。"),
        (Part.BODY, "做法", "做法\n每班首检。"),
    ]


def test_codes_can_be_found_by_their_names(record: Record) -> None:
    (names,) = (passage.text for passage in record.passages if passage.part == Part.NAMES)
    assert names.split() == [
        "2022年", "第3批", "制造业", "印刷和记录媒介复制业", "制造业", "汽车制造业", "河北省", "衡水市", "质量意识不强",
        "精益与6S现场管理", "产品质量水平提升", "产品合格率", "98.2%", "99.8%", "小型",
    ]  # fmt: skip


def test_facets_hold_the_codes_above_each_once(record: Record) -> None:
    assert record.facets == [
        ("kind", "case"), ("year", "2022"), ("batch", "3"), ("firm_size", "小型"),
        ("problem", "quality-awareness"), ("measure", "lean-6s"), ("effect", "product-quality"),
        ("industry", "C"), ("industry", "C23"), ("industry", "C36"),
        ("region", "130000"), ("region", "131100"), ("region", "131125"),
    ]  # fmt: skip


def test_what_a_hit_shows_and_the_order_by_day_and_year(record: Record) -> None:
    assert record.shown == Hit(
        kind="case", slug="a", url="/cases/a", title="首检  做实", summary="一句话说清。", year=2022,
        published="2023-04-20", sample=False, industry=["C23", "C36"], region="131125", batch=3,
        problems=["quality-awareness"], effects=["product-quality"], firm="某包装公司", firm_size="小型",
        updated="2024-05-06T07:08:09Z",
        figure={"name": "产品合格率", "unit": "%", "before": 98.2, "after": 99.8},
    )  # fmt: skip
    assert (record.key, record.newest) == ("case/a", 20230420_2022)


def test_a_batch_says_its_own_number_and_is_no_case_of_itself(tmp_path: Path) -> None:
    (tmp_path / "batches").mkdir()
    text = "---\ntitle: 第三批优良案例\nyear: 2022\npublished: 2023-04-20\n---\n公布名单。\n"
    (tmp_path / "batches" / "3.md").write_text(text, "utf-8")
    store = ContentStore(tmp_path)
    kept = Record.of(store.read(Kind.BATCH, "3"), store.scan()[Kind.BATCH, "3"], store.taxonomy)
    assert kept.shown.batch == 3
    assert kept.facets == [("kind", "batch"), ("year", "2022")]


def test_what_has_no_day_stands_behind_what_has_one_in_its_year_and_before_the_years_gone_by(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    for slug, year, published in (("undated", 2025, ""), ("same", 2025, "2025-01-01"), ("old", 2015, "2024-12-31")):
        text = CASE.replace("year: 2022", f"year: {year}").replace("2023-04-20", published)
        (tmp_path / "cases" / f"{slug}.md").write_text(text, "utf-8")
    store = ContentStore(tmp_path)
    kept = [Record.of(store.read(*key), stamp, store.taxonomy) for key, stamp in store.scan().items()]
    newest_first = sorted(kept, key=lambda record: -record.newest)
    assert [record.key for record in newest_first] == ["case/same", "case/undated", "case/old"]


def pieces(text: str, heading: str = "") -> list[str]:
    return list(_pieces(Section("", heading, 2, text)))


def test_a_long_section_is_cut_between_sentences() -> None:
    sentence = "甲" * 99 + "。"
    assert [len(piece) for piece in pieces(sentence * 7)] == [300, 300, 100]


def test_a_sentence_without_end_is_cut_at_the_length() -> None:
    assert [len(piece) for piece in pieces("甲" * 1000)] == [PASSAGE_LENGTH] * 2 + [400]


def test_a_sentence_that_is_much_too_long_is_cut_at_a_pause_and_not_inside_a_word() -> None:
    assert [piece[-2:] for piece in pieces("返潮，复晒" * 199 + "返潮。")] == ["潮，"] * 2 + ["潮。"]


def test_a_heading_stays_with_what_follows_it() -> None:
    assert pieces("甲" * 290 + "。乙。", "标题")[0].startswith("标题\n甲")


def test_white_space_is_tidied_and_an_empty_section_gives_nothing() -> None:
    assert (pieces("甲  乙\t丙 \n\n\n 丁"), pieces(" \n "), pieces("", "只有标题")) == (
        ["甲 乙 丙\n丁"],
        [],
        ["只有标题"],
    )


def test_a_record_comes_back_from_the_durable_copy_as_it_was(record: Record, tmp_path: Path) -> None:
    """Its types too, which ``==`` does not tell of a number of an enumeration."""
    entry = build(tmp_path, [record], cutter())
    assert entry
    assert repr(list(salvage(tmp_path, entry))) == repr([record])
