import pytest

from caselib.content.vocabulary import Term, Vocabulary

TERMS = Vocabulary(
    [
        Term("C", "制造业"),
        Term("C23", "印刷和记录媒介复制业", "C"),
        Term("C22", "造纸和纸制品业", "C", terms=("包装纸", "纸箱")),
        Term("A", "农、林、牧、渔业"),
    ]
)


def test_a_vocabulary_is_a_mapping_in_the_order_of_its_file() -> None:
    assert list(TERMS) == ["C", "C23", "C22", "A"]
    assert TERMS["C23"].name == "印刷和记录媒介复制业"
    assert ("C" in TERMS, "B" in TERMS, len(TERMS)) == (True, False, 4)


def test_children_and_ancestors_follow_the_parents() -> None:
    assert [term.key for term in TERMS.children("C")] == ["C23", "C22"]
    assert [term.key for term in TERMS.children(None)] == ["C", "A"]
    assert TERMS.children("A") == []
    assert [term.key for term in TERMS.ancestors("C22")] == ["C"]
    assert TERMS.ancestors("C") == []
    assert TERMS.ancestors("unknown") == []


def test_parents_that_form_a_circle_end() -> None:
    circle = Vocabulary([Term("a", "甲", "b"), Term("b", "乙", "a")])
    assert [term.key for term in circle.ancestors("a")] == ["a", "b"]


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("C23", ["C23"]),
        ("c23", ["C23"]),
        ("23", ["C23"]),
        ("纸箱", ["C22"]),
        ("印刷和记录媒介复制", ["C23"]),
        ("印刷与记录媒介复制业", ["C23"]),
        ("制造业", ["C"]),
        ("全然无关", []),
        ("", []),
    ],
)
def test_the_nearest_key_is_found_by_key_name_or_word(asked: str, nearest: list[str]) -> None:
    assert TERMS.nearest(asked)[:1] == nearest


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [("339999", ["330000"]), ("330499", ["330400", "330000"]), ("C333", ["C33"]), ("990000", []), ("33", ["330000"])],
)
def test_a_wrong_code_is_nearest_to_the_codes_above_it(asked: str, nearest: list[str]) -> None:
    codes = [
        Term("330000", "浙江省"),
        Term("330400", "嘉兴市", "330000"),
        Term("340000", "安徽省"),
        Term("C23", "印"),
        Term("C33", "金属"),
    ]
    assert Vocabulary(codes).nearest(asked)[: len(nearest) or 3] == nearest


def test_no_more_than_three_are_given_in_words_too() -> None:
    more = Vocabulary([*TERMS.values(), Term("C24", "文教用品制造业")])
    assert more.nearest("C2") == ["C23", "C22", "C24"]
    assert more.meant("C2") == "C23（印刷和记录媒介复制业）、C22（造纸和纸制品业）、C24（文教用品制造业）"
    assert more.meant("全然无关") == ""


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("浙江省", "浙江"),
        ("北京市", "北京"),
        ("内蒙古自治区", "内蒙古"),
        ("广西壮族自治区", "广西"),
        ("新疆维吾尔自治区", "新疆"),
        ("香港特别行政区", "香港"),
        ("嘉兴市", "嘉兴"),
        ("大兴安岭地区", "大兴安岭"),
        ("延边朝鲜族自治州", "延边"),
        ("湘西土家族苗族自治州", "湘西"),
        ("克孜勒苏柯尔克孜自治州", "克孜勒苏"),
        ("海西蒙古族藏族自治州", "海西"),
        ("锡林郭勒盟", "锡林郭勒盟"),
        ("市辖区", "市辖区"),
        ("中西区", "中西区"),
    ],
)
def test_a_region_has_a_short_name(name: str, short: str) -> None:
    assert Term("330000", name).short == short


def test_only_regions_are_shortened() -> None:
    assert Term("market", "走向大城市").short == "走向大城市"
