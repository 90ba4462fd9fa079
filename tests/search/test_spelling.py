"""What may have been meant: only where a word is a mistake, and only words that are there."""

from pathlib import Path

import pytest

from caselib.config import shipped
from caselib.content import Taxonomy
from caselib.search.answering import Answerer
from caselib.search.model import SearchQuery
from caselib.search.text.dictionary import Cutter
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
    texts = ["小微企业建质量管理体系，写作业指导书，小灰", "质量和管理，管控，企业书写里外的指标，到体系去"]
    records = [record(str(number), text) for number, text in enumerate([*texts, *["别的事"] * 5])]
    names = ["质量管理体系", "小微企业", "作业指导书"]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter(names))
    answer = answerer.search(SearchQuery(typed))
    assert (answer.did_you_mean, answer.corrected) == (meant, corrected)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("合格律", "合格率"),
        ("产品和格率", "产品合格率"),  # 格率 is no word
        ("搞质量", None),  # but 质量 is: what stands before it is a word of its own
        ("利用绿", None),  # one document alone has 利用率
        ("返修绿", "返修率"),  # a word of the domain
    ],
)
def test_a_mistake_shows_in_a_word_that_several_documents_have(tmp_path: Path, typed: str, meant: str | None) -> None:
    texts = ["产品合格率，高质量"] * 3 + ["合格，律师，格式，要和率，搞，质量，返修，利用，绿色，返修率，利用率"]
    records = [record(str(number), text) for number, text in enumerate([*texts, *["别的事"] * 5])]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter())
    assert answerer.search(SearchQuery(typed)).did_you_mean == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("换味", None),  # 机 was read as 味 once, 限 as 温, 提 as 迟, 核 as 糊: no word of today says them so
        ("超温", None),
        ("迟交", None),
        ("烤糊", None),
        ("银航", "银行"),
        ("计量较准", "计量校准"),
    ],
)
def test_a_character_sounds_as_words_say_it(tmp_path: Path, typed: str, meant: str | None) -> None:
    text = "换机 超限 接单 提交 考核 银行 校准 计量"
    records = [record(str(number), f"{text}，{other}") for number, other in enumerate(["一", "二", "三"])]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter())
    assert answerer.search(SearchQuery(typed)).did_you_mean == meant


@pytest.mark.parametrize("typed", ["打标", "补漆", "代驾", "激光打标", "微信", "到客户那一测"])
def test_a_word_of_a_trade_or_of_today_and_what_is_done_once_is_no_mistake(tmp_path: Path, typed: str) -> None:
    records = [record(str(number), f"达标，补齐，代价，激光，微型，一侧，客户{number}") for number in range(3)]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter())
    assert answerer.search(SearchQuery(typed)).did_you_mean is None


@pytest.mark.parametrize("typed", ["返工率咋算", "次品率早降下来", "从来不缺检验记录", "上半年零退货", "装好冻好"])
def test_words_are_not_mended_across_their_ends(tmp_path: Path, typed: str) -> None:
    """率咋 of 返工率 and 咋 is no 滤渣, and a word of the dictionary (降下来) no mistake in which a part could be another (留下来).

    Nor a part of what is no word: 好冻好 of 装好冻好 is no 好不好.
    """
    words = "返工 次品率 检验 记录 退货 半年 年龄 滤渣 留下来 从来 不及 质量 算 缺 率 早 零 年 装 好不好"
    records = [record(str(number), f"{text}，{words}") for number, text in enumerate(["一", "二", "三"])]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter())
    assert answerer.search(SearchQuery(typed)).did_you_mean is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("牙刷厂", None), ("帽子厂", None), ("床垫厂 质量", None), ("螺思厂", "螺丝厂"), ("断子厂", "端子厂")],
)
def test_a_word_and_the_character_behind_it_are_mended_by_sound_alone(
    tmp_path: Path, typed: str, meant: str | None
) -> None:
    """Whoever makes 牙刷, of which no document tells, has no 印刷厂."""
    records = [record(str(number), f"印刷厂，床单厂，螺丝厂，端子厂，质量{number}") for number in range(3)]
    cutter = Cutter(["印刷厂", "床单厂", "螺丝厂", "端子厂", "断子"])
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), cutter)
    assert answerer.search(SearchQuery(typed)).did_you_mean == meant


@pytest.mark.parametrize(
    ("typed", "meant"), [("亚麻籽油", None), ("办公椅厂", None), ("纸尿裤", None), ("自油", "自由"), ("椅常", "异常")]
)
def test_a_word_with_no_character_of_what_was_typed_is_not_offered(
    tmp_path: Path, typed: str, meant: str | None
) -> None:
    """Of what is made in the country most words are in no text, and some other word sounds like nearly any two characters."""
    records = [record(str(number), f"自由，异常，治疗，办公，亚麻，裤子{number}") for number in range(3)]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter())
    assert answerer.search(SearchQuery(typed)).did_you_mean == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("猫砂厂", None),
        ("吉他弦厂", None),
        ("果醋加工", None),
        ("数宇化", "数字化"),
        ("工艺梳程", "工艺流程"),
    ],
)
def test_any_other_character_is_guessed_only_in_what_documents_hold(
    tmp_path: Path, typed: str, meant: str | None
) -> None:
    """The vocabulary has thousands of names that no text has, and one of them differs in one character from whatever a firm makes."""
    records = [record(str(number), f"数字化，工艺流程，制砂，果蔬，加工厂{number}") for number in range(3)]
    cutter = Cutter(["制砂厂", "吉他厂", "果蔬加工", "工艺流程"])
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), cutter)
    assert answerer.search(SearchQuery(typed)).did_you_mean == meant


def test_what_was_meant_is_answered_where_half_of_the_words_or_more_are_nowhere(answerer: Answerer) -> None:
    found = {typed: answerer.search(SearchQuery(typed)) for typed in ("馆理 企业", "馆理 企业 改造")}
    assert [(each.did_you_mean, each.corrected) for each in found.values()] == [
        ("管理 企业", True),
        ("管理 企业 改造", False),
    ]


def test_in_a_whole_sentence_one_word_that_is_nowhere_is_let_be(answerer: Answerer) -> None:
    answer = answerer.search(SearchQuery("企业推进数字化改造，质量上了台阶，智能制造见效，馆理"))
    assert (answer.total > 0, answer.unknown, answer.did_you_mean) == (True, ("馆理",), None)
    answer = answerer.search(SearchQuery("数字化 改造 智能 馆理 霹雳 囫囵 吞枣"))
    assert (answer.total > 0, answer.relaxed, answer.did_you_mean) == (True, True, None)


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
        "shuzihua 改造",
        "gzl",
        "齉龘",
        "12345",
        "霹雳舞",
    ],
)
def test_a_word_that_is_merely_absent_is_not_changed(answerer: Answerer, typed: str) -> None:
    assert answerer.search(SearchQuery(typed)).did_you_mean is None


def test_a_number_that_some_document_has_is_read_as_it_stands(tmp_path: Path) -> None:
    records = [record(str(number), f"型号 B01，型号 BO1，管理，管{number}") for number in range(3)]
    answerer = Answerer(index_of(tmp_path, records), Taxonomy.load(shipped("content") / "taxonomy"), Cutter())
    assert answerer.search(SearchQuery("B01 馆理")).did_you_mean == "b01 管理"
