"""What may have been meant: only where a word is a mistake, and only words that are there."""

from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search.answering import Answerer
from caselib.search.model import SearchQuery
from caselib.search.text.tokens import Cutter
from tests.search.shelves import index_of, record


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    folder: Path = tmp_path_factory.mktemp("index")
    records = [
        record(
            "a",
            "企业推进数字化改造，质量管理上了台阶，智能制造见效",
            "石灰质偏多，防爆，趋势，ISO 9001，校准，色差",
            "不良品率降了",
        ),
        *(record(f"o{number}", f"第{number}家说的是别的事") for number in range(5)),
    ]
    return Answerer(
        index_of(folder, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter(["良品率", "螺丝厂"])
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("数宇化", "数字化"),
        ("企业数宇化改造", "企业数字化改造"),
        ("质量馆理", "质量管理"),
        ("智能治造", "智能制造"),
        ("shuzihua", "数字化"),
        ("ShuZi Hua", "数字化"),
        ("zhiliang guanli", "质量管理"),
        ("zilianguanli", "质量管理"),
        ("zlgl", "质量管理"),
        ("IS09001", "iso9001"),
        ("较准", "校准"),
        ("ZLGL", "质量管理"),
    ],
)
def test_mistakes_are_seen_through(answerer: Answerer, typed: str, meant: str) -> None:
    assert answerer.search(SearchQuery(typed)).did_you_mean == meant


@pytest.mark.parametrize(
    ("typed", "meant", "corrected"),
    [
        ("质量管里体系", "质量管理体系", False),  # every piece is known: 质量, 管, 里, 体系
        ("怎么建质量管里体系", "怎么建质量管理体系", False),
        ("小徽企业", "小微企业", True),  # 徽 sounds otherwise, but 小徽 is no word
        ("作业指到书", "作业指导书", False),
        ("质量管控体系", None, False),  # where every piece is known only what sounds the same
        ("质量管理体系", None, False),
        ("小微企业", None, False),
    ],
)
def test_a_mistake_inside_a_long_name_shows(tmp_path: Path, typed: str, meant: str | None, corrected: bool) -> None:
    texts = ["小微企业建质量管理体系，写作业指导书", "质量和管理，管控，企业书写里外的指标，到体系去"]
    records = [record(str(number), text) for number, text in enumerate([*texts, *["别的事"] * 5])]
    names = ["质量管理体系", "小微企业", "作业指导书"]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter(names))
    answer = answerer.search(SearchQuery(typed))
    assert (answer.did_you_mean, answer.corrected) == (meant, corrected)


def test_what_was_meant_is_answered_where_half_of_the_words_or_more_are_nowhere(answerer: Answerer) -> None:
    found = {typed: answerer.search(SearchQuery(typed)) for typed in ("馆理 企业", "馆理 企业 改造")}
    assert [(each.did_you_mean, each.corrected) for each in found.values()] == [
        ("管理 企业", True),
        ("管理 企业 改造", False),
    ]


def test_in_a_whole_sentence_one_word_that_is_nowhere_is_let_be(answerer: Answerer) -> None:
    answer = answerer.search(SearchQuery("企业推进数字化改造，质量上了台阶，智能制造见效，馆理"))
    assert (answer.total > 0, answer.unknown, answer.did_you_mean) == (True, ("馆理",), None)


@pytest.mark.parametrize(
    "typed",
    [
        "数字化",
        "废品率",
        "防呆",
        "企业数字化改造螺丝拧",  # no text has 螺丝厂, though it is a name
        "晒菜",
        "枸祀",
        "当回事",
        "员工不当回事怎么办",
        "abcxyz",
        "znzz 与别的",
        "gzl",
        "齉龘",
        "12345",
        "霹雳舞",
    ],
)
def test_a_word_that_is_merely_absent_is_not_changed(answerer: Answerer, typed: str) -> None:
    assert answerer.search(SearchQuery(typed)).did_you_mean is None


def test_a_long_word_that_nobody_has_is_compared_once_for_each_stretch_of_it(answerer: Answerer) -> None:
    word = "霹雳囫囵吞枣饕餮魑魅魍魉"
    before = answerer._speller._word.cache_info().misses
    assert answerer._speller._word(word) is None
    assert answerer._speller._word.cache_info().misses - before == sum(range(1, len(word) - 1))
