import pytest

from caselib.db import Database
from caselib.errors import CaselibError, Forbidden
from caselib.people import Actor, Role, actions, queries
from caselib.people.expert_list import Known, Row, preview, take_in
from tests.people.conftest import AddAccount

EDITOR = Actor(id=9, username="bian", name="编辑", roles=frozenset({Role.EDITOR}))
KNOWN = Known(
    {"C": "制造业", "C23": "印刷和记录媒介复制业"},
    {"330000": "浙江省", "150000": "内蒙古自治区", "130000": "河北省", "410000": "河南省"},
)
HEADING = ["姓名", "邮箱", "工作单位", "省份", "行业", "评审组"]


def look(database: Database, *table: list[str], actor: Actor = EDITOR) -> list[Row]:
    with database.reading() as session:
        return preview(session, actor=actor, table=table, known=KNOWN)


def do(database: Database, *table: list[str]) -> list[str]:
    with database.writing() as session:
        rows = preview(session, actor=EDITOR, table=table, known=KNOWN)
        return [account.username for account in take_in(session, actor=EDITOR, rows=rows)]


def kept(database: Database, username: str) -> dict[str, object]:
    with database.reading() as session:
        return actions.told(queries.get_account(session, username))


def test_new_experts_are_shown_and_then_added(database: Database) -> None:
    table = [HEADING, ["王一", "Wang@example.cn", "质量院", "浙江", "c23、制造业", "一组"]]
    (row,) = look(database, *table)
    values = {
        "name": "王一",
        "email": "wang@example.cn",
        "employer": "质量院",
        "province": "330000",
        "industries": ["C23", "C"],
        "panel": "一组",
    }
    assert (row.line, row.username, row.outcome, row.changes) == (2, "wangyi", "new", values)
    with database.reading() as session:
        assert queries.list_accounts(session) == []
    assert do(database, *table) == ["wangyi"]
    assert kept(database, "wangyi") == {**values, "certifier": "", "roles": ["expert"]}


def test_the_same_list_again_changes_nothing(database: Database) -> None:
    table = [HEADING, ["王一", "wang@example.cn", "质量院", "330000", "C23", ""]]
    do(database, *table)
    assert [row.outcome for row in look(database, *table)] == ["same"]
    assert do(database, *table) == []


def test_a_name_is_known_again_however_its_cell_is_written(database: Database) -> None:
    do(database, HEADING, ["王\x07一", "w@example.cn", "", "", "C", ""])
    assert kept(database, "wangyi")["name"] == "王 一"
    assert [(row.username, row.outcome) for row in look(database, HEADING, ["王\x07一", "", "", "", "", ""])] == [
        ("wangyi", "same")
    ]


def test_an_empty_cell_leaves_what_is_known_and_a_filled_one_is_shown_as_a_change(database: Database) -> None:
    do(database, HEADING, ["王一", "wang@example.cn", "质量院", "330000", "C23", "一组"])
    table = [HEADING, ["王一", "", "检验院", "", "", ""]]
    (row,) = look(database, *table)
    assert (row.outcome, row.changes, (row.before or {})["employer"]) == ("changed", {"employer": "检验院"}, "质量院")
    do(database, *table)
    after = kept(database, "wangyi")
    assert after == {**(row.before or {}), "employer": "检验院"}
    assert (after["email"], after["industries"], after["panel"]) == ("wang@example.cn", ["C23"], "一组")


def test_a_submitter_becomes_an_expert_too(database: Database, add_account: AddAccount) -> None:
    add_account("wangyi", Role.SUBMITTER, name="王一")
    assert do(database, ["姓名"], ["王一"]) == []
    assert kept(database, "wangyi")["roles"] == ["expert", "submitter"]


def test_two_of_one_sound_get_two_names(database: Database, add_account: AddAccount) -> None:
    add_account("wangyi", Role.SUBMITTER, name="汪懿")
    assert [row.username for row in look(database, ["姓名"], ["王一"], ["王怡"])] == ["wangyi2", "wangyi3"]


def test_what_a_formula_could_not_find_is_nobodys_employer(database: Database) -> None:
    table = [["姓名", "工作单位", "行业"], ["王一", "#N/A", "#REF!"], ["#DIV/0!", "", ""], ["王二", "#1 厂", ""]]
    why = "这是表格软件算不出来的标记，请改成内容，或清空这一格。"
    assert [(row.line, row.problems) for row in look(database, *table)] == [
        (2, (f"“单位”一列是 #N/A，{why}", f"“行业”一列是 #REF!，{why}")),
        (3, (f"“姓名”一列是 #DIV/0!，{why}",)),
        (4, ()),
    ]


@pytest.mark.parametrize(
    ("heading", "cells", "problems"),
    [
        (["姓名", "邮箱"], ["王一", "x"], ("“x”不是有效的邮箱地址。",)),
        (["姓名", "省份"], ["王一", "东海"], ("没有省份“东海”，请写全称或六位代码，例如浙江省或 330000。",)),
        (["姓名", "省份"], ["王一", "河"], ("没有省份“河”，请写全称或六位代码，例如浙江省或 330000。",)),
        (["姓名", "行业"], ["王一", "C99"], ("没有行业“C99”，请用 GB/T 4754-2017 的代码或全称，例如 C23。",)),
        (["姓名", "单位"], ["王一", "院" * 129], (f"单位“{'院' * 20}…”太长，最多 128 个字。",)),
        (["姓名", "认证机构"], ["王一", "院" * 129], (f"认证机构“{'院' * 20}…”太长，最多 128 个字。",)),
        (["姓名", "评审组"], ["王一", "组" * 65], (f"评审组“{'组' * 20}…”太长，最多 64 个字。",)),
        (["姓名", "用户名"], ["", "wang"], ("姓名或单位名称应为 1 至 64 个字。",)),
        (["姓名", "用户名"], ["王一", "a b"], ("用户名“a b”不合规则。",)),
    ],
)
def test_what_is_wrong_with_a_row_is_said_and_nothing_is_taken_in(
    database: Database, heading: list[str], cells: list[str], problems: tuple[str, ...]
) -> None:
    assert [row.problems for row in look(database, heading, cells)] == [problems]
    with pytest.raises(CaselibError, match="第 2 行有错误，什么都没有导入"):
        do(database, heading, cells, *([["李二"]] if heading[0] == "姓名" else []))
    with database.reading() as session:
        assert queries.list_accounts(session) == []


def test_one_user_name_twice_is_a_problem_of_the_second_row(database: Database) -> None:
    rows = look(database, ["用户名", "姓名"], ["wang", "王一"], ["WANG", "王二"])
    assert [row.problems for row in rows] == [(), ("第 2 行已经用了用户名 wang，请删去一行，或改用户名。",)]


def test_one_name_twice_needs_user_names_lest_one_person_get_two_accounts(database: Database) -> None:
    heading = ["用户名", "姓名"]
    unclear = look(database, heading, ["", "王一"], ["", "李二"], ["", "王　一"], ["", "王怡"], ["", "李二"])
    clear = look(database, heading, ["wangyi", "王一"], ["wang.yi", "王一"])
    said = "第 {} 行也是{}。同一个人的，删去一行；同名的两个人，请写上各自的用户名。"
    assert [row.problems for row in unclear] == [
        (),
        (),
        (said.format(2, "王一"),),
        (),
        (said.format(3, "李二"),),
    ]
    assert [row.problems for row in clear] == [(), ()]


def test_the_account_of_an_operator_is_left_alone(database: Database, add_account: AddAccount) -> None:
    add_account("wang", Role.OPERATOR)
    (row,) = look(database, ["用户名", "姓名"], ["wang", "王一"])
    assert row.problems == ("账号 wang 不只是专家，请联系运维修改。",)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "表格的第一行里没有“姓名”这一列。"),
        ([["单位"], ["质量院"]], "表格的第一行里没有“姓名”这一列。"),
        ([["姓名", "专家"], ["王一", "王一"]], "表头里有两列说的是同一件事。"),
        ([["姓名（必填）"], [""]], "表格里没有专家。"),
    ],
)
def test_a_table_that_is_no_list_is_refused(database: Database, table: list[list[str]], said: str) -> None:
    with pytest.raises(CaselibError) as caught:
        look(database, *table)
    assert caught.value.message == said


def test_only_editors_and_operators_may(database: Database) -> None:
    expert = Actor(id=1, username="a", name="甲", roles=frozenset({Role.EXPERT}))
    with pytest.raises(Forbidden):
        look(database, ["姓名"], ["王一"], actor=expert)
