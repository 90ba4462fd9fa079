"""Who must not judge what: every kind of conflict, names written differently, ties, and what a change of data does."""

from datetime import UTC, datetime

import pytest

from caselib.review.conflicts import Conflict, Declaration, Kind, Person, Submission, find, organisation_key

JUNE = datetime(2023, 6, 1, 9, tzinfo=UTC)
CASE = Submission(
    id="s001",
    region="330400",
    industry=("C23",),
    submitter="浙江省市场监督管理局",
    firm="嘉兴某包装有限公司",
    certifier="华东认证中心有限公司",
)


def kinds(person: Person, submission: Submission = CASE) -> list[str]:
    return [c.kind.value for c in find([submission], [person])]


def test_strangers_have_no_conflict() -> None:
    stranger = Person(id="e1", employer="某大学", province="110000", certifier="北方认证中心")
    assert find([CASE], [stranger]) == []


def test_no_submissions_or_no_people_give_no_conflict() -> None:
    assert (find([], [Person(id="e1", province="330000")]), find([CASE], [])) == ([], [])


def test_the_same_province_is_a_conflict_whatever_the_city_and_says_its_name() -> None:
    found = find([CASE], [Person(id="e1", province="330000")], regions={"330000": "浙江省"})
    assert found == [Conflict("s001", "e1", Kind.PROVINCE, "与申报同属浙江省")]


def test_without_names_the_reason_names_no_province() -> None:
    assert find([CASE], [Person(id="e1", province="330000")])[0].reason == "与申报同属一个省份"


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (Person(id="e", employer="嘉兴某包装有限公司"), ["employer"]),
        (Person(id="e", employer="浙江省市场监督管理局"), ["employer"]),
        (Person(id="e", employer="华东认证中心有限公司"), ["certifier"]),
        (Person(id="e", certifier="华东认证中心有限公司"), ["certifier"]),
        (Person(id="e", certifier="浙江省市场监督管理局"), ["certifier"]),
        (Person(id="e", certifier="嘉兴某包装有限公司"), []),
        (Person(id="e"), []),
    ],
)
def test_a_part_in_the_submission_is_a_conflict_of_its_kind(person: Person, expected: list[str]) -> None:
    assert kinds(person) == expected


def test_what_is_unknown_on_both_sides_is_not_the_same() -> None:
    assert kinds(Person(id="e1"), Submission(id="s002")) == []


def test_several_reasons_are_all_kept_in_order() -> None:
    person = Person(id="e1", employer="嘉兴某包装有限公司", province="330000", certifier="华东认证中心")
    assert [(c.kind.label, c.reason) for c in find([CASE], [person])] == [
        ("同一认证机构", "属于认证机构“华东认证中心有限公司”"),
        ("同一单位", "任职于申报企业“嘉兴某包装有限公司”"),
        ("同一省份", "与申报同属一个省份"),
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("华东认证中心有限公司", "华东认证中心", True),
        ("华东认证中心（北京）有限公司", "华东认证中心(北京)有限公司", True),
        ("华东 认证中心", "华东认证中心", True),
        ("浙江华美（集团）有限公司", "浙江华美集团有限公司", True),
        ("浙江华美〔集团〕有限公司", "浙江华美【集团】股份有限公司", True),
        ("华美［杭州］包装有限公司", "华美杭州包装有限公司", True),
        ("华美（杭州）包装有限公司", "华美（宁波）包装有限公司", False),
        ("华美（杭州）包装有限公司", "华美包装有限公司", False),
        ("ＡＢＣ认证有限公司", "abc认证股份有限公司", True),
        ("华东认证中心有限公司杭州分公司", "华东认证中心", True),
        ("中国某认证中心宁波分中心", "中国某认证中心", True),
        ("华东认证中心", "华北认证中心", False),
        ("某集团有限公司", "某有限公司", False),
        ("有限公司", "公司", False),
    ],
)
def test_an_organisation_is_known_under_its_usual_spellings(one: str, other: str, same: bool) -> None:
    assert (organisation_key(one) == organisation_key(other)) is same


def test_a_tie_to_a_submission_carries_its_own_time_and_reason() -> None:
    ties = [
        Declaration("e1", JUNE, submission="s001", reason="曾任该企业顾问"),
        Declaration("e1", JUNE, submission="s009"),
    ]
    assert find([CASE], [Person(id="e1")], ties) == [Conflict("s001", "e1", Kind.DECLARED, "曾任该企业顾问", JUNE)]


def test_a_tie_without_a_reason_is_no_less_a_reason() -> None:
    (found,) = find([CASE], [Person(id="e1")], [Declaration("e1", JUNE, submission="s001")])
    assert found.reason == "登记过利害关系"  # what has no words would read as no tie


def test_ties_of_people_who_are_not_asked_about_are_passed_over() -> None:
    assert find([CASE], [Person(id="e1")], [Declaration("e9", JUNE, submission="s001")]) == []


def test_an_editor_is_bound_like_an_expert() -> None:
    editor = Person(id="editor", employer="浙江省市场监督管理局")
    assert [(c.person, c.kind) for c in find([CASE], [editor])] == [("editor", Kind.EMPLOYER)]


def test_the_order_of_what_is_given_does_not_matter() -> None:
    people = [Person(id=f"e{j}", province="330000") for j in range(3)]
    cases = [CASE, Submission(id="s000", region="330100")]
    assert find(cases, people) == find(cases[::-1], people[::-1])
