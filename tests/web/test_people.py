import io
import re

import pytest
from flask.testing import FlaskClient

from caselib.config import Settings
from caselib.db import Database
from caselib.people import Role, queries
from caselib.sheets import read_table, write_workbook
from tests.web.conftest import AddAccount, SignIn

LIST = [
    ["姓名", "邮箱", "单位", "省份", "行业"],
    ["王一", "wang@example.cn", "=质量院", "浙江", "C23"],
    ["李二", "", "", "", ""],
]


@pytest.fixture
def editor(client: FlaskClient, add_account: AddAccount, sign_in: SignIn) -> FlaskClient:
    add_account("editor", Role.EDITOR)
    sign_in("editor")
    return client


def token(page: str) -> str:
    return re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]


def upload(browser: FlaskClient, data: bytes, name: str = "名单.xlsx") -> tuple[int, str]:
    fields = {"csrf_token": token(browser.get("/desk/people/import").text), "file": (io.BytesIO(data), name)}
    answer = browser.post("/desk/people/import", data=fields, content_type="multipart/form-data")
    return answer.status_code, answer.text


def confirm(browser: FlaskClient, page: str, **changed: str) -> tuple[int, str]:
    table = re.findall(r"<textarea name=\"table\" hidden>\n(.*?)</textarea>", page, re.DOTALL)[0]
    fields = {"csrf_token": token(page), "table": table, "invite": "1"} | changed
    answer = browser.post("/desk/people/import/confirm", data=fields, follow_redirects=True)
    return answer.status_code, answer.text


def usernames(database: Database) -> list[str]:
    with database.reading() as session:
        return [account.username for account in queries.list_accounts(session)]


def test_a_list_is_shown_first_then_taken_in_and_who_is_new_is_invited(
    editor: FlaskClient, database: Database, settings: Settings
) -> None:
    status, page = upload(editor, write_workbook({"名单": LIST}))
    assert (status, "新增 2 位，修改 0 位，不变 0 位" in page, usernames(database)) == (200, True, ["editor"])
    status, page = confirm(editor, page)
    assert (status, "导入完成：新增 2 位，修改 0 位。发出邀请信 1 封。" in page) == (200, True)
    assert usernames(database) == ["editor", "lier", "wangyi"]
    _, page = upload(editor, "姓名,邮箱\n赵三,zhao@example.cn\n李二,\n".encode(), "名单.csv")
    settings.base_url = ""
    status, refused = confirm(editor, page)
    assert (status, "不能发送邀请信" in refused, len(usernames(database))) == (503, True, 3)
    _, page = confirm(editor, page, invite="")
    assert ("导入完成：新增 1 位，修改 0 位。" in page, "发出邀请信" in page) == (True, False)
    with database.reading() as session:
        account = queries.get_account(session, "wangyi")
        assert (account.employer, account.province, account.expert and account.expert.industries) == (
            "=质量院",
            "330000",
            ["C23"],
        )


def test_a_list_with_a_fault_is_shown_and_cannot_be_taken_in(editor: FlaskClient, database: Database) -> None:
    table = "姓名,省份\n王一,东海\n李二,浙江\n"
    status, page = upload(editor, table.encode("gb18030"), "名单.csv")
    assert (status, "没有省份“东海”" in page, "1 行有错误" in page, "<textarea" in page) == (200, True, True, False)
    fields = {"csrf_token": token(editor.get("/desk/people/import").text), "table": table}
    answer = editor.post("/desk/people/import/confirm", data=fields)
    assert (answer.status_code, "第 2 行有错误，什么都没有导入。" in answer.text, usernames(database)) == (
        400,
        True,
        ["editor"],
    )


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "表格的第一行里没有“姓名”这一列。"),
        ("a.csv", "单位\n质量院\n".encode(), "表格的第一行里没有“姓名”这一列。"),
        ("a.xlsx", b"PK\x03\x04", "这个 .xlsx 文件已损坏"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(editor: FlaskClient, name: str, data: bytes, said: str) -> None:
    status, page = upload(editor, data, name)
    assert (status, said in page) == (400, True)


def test_no_file_is_said_to_be_missing(editor: FlaskClient) -> None:
    fields = {"csrf_token": token(editor.get("/desk/people/import").text)}
    answer = editor.post("/desk/people/import", data=fields)
    assert (answer.status_code, "没有选择文件。" in answer.text) == (400, True)


def test_the_template_has_the_heading_that_is_understood(editor: FlaskClient) -> None:
    heading = read_table("t.xlsx", editor.get("/desk/people/import/template.xlsx").data)
    assert heading == [["用户名", "姓名", "邮箱", "单位", "省份", "认证机构", "行业", "评审组"]]


def test_an_editor_sees_experts_and_submitters_and_an_operator_everybody(
    client: FlaskClient, add_account: AddAccount, sign_in: SignIn
) -> None:
    for name, role in (("zhuan", Role.EXPERT), ("bao", Role.SUBMITTER), ("bian", Role.EDITOR), ("yun", Role.OPERATOR)):
        add_account(name, role)
    seen = {}
    for name in ("bian", "yun"):
        sign_in(name)
        seen[name] = re.findall(r"<td><code>(\w+)</code></td>", client.get("/desk/people").text)
        client.post("/logout", data={"csrf_token": token(client.get("/desk/people").text)})
    assert seen == {"bian": ["bao", "zhuan"], "yun": ["bao", "bian", "yun", "zhuan"]}
    sign_in("yun")
    shown = [client.get(f"/desk/people?role={role}").text.count("<td><code>") for role in ("expert", "nobody")]
    assert shown == [1, 4]


def test_an_account_is_shut_out_and_let_in_again(
    editor: FlaskClient, database: Database, add_account: AddAccount
) -> None:
    account = add_account("zhuan", Role.EXPERT)
    shown = []
    for verb in ("disable", "enable"):
        fields = {"csrf_token": token(editor.get("/desk/people").text)}
        page = editor.post(f"/desk/people/{account.id}/{verb}", data=fields, follow_redirects=True).text
        shown.append(re.findall(r"账号 zhuan 已\w+", page))
    assert shown == [["账号 zhuan 已停用"], ["账号 zhuan 已恢复"]]


def test_an_editor_cannot_touch_another_editor(editor: FlaskClient, add_account: AddAccount) -> None:
    other = add_account("bian", Role.EDITOR)
    fields = {"csrf_token": token(editor.get("/desk/people/import").text)}
    answers = [editor.post(f"/desk/people/{number}/disable", data=fields) for number in (other.id, 999)]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("email", "disabled", "said"),
    [
        ("wang@example.cn", False, "邀请信已发给 wang@example.cn。"),
        ("wang@example.cn", True, "账号 wang 已停用，没有发信。"),
        ("", False, "王一没有登记邮箱，没有发信。"),
    ],
)
def test_an_invitation_is_said_to_be_sent_only_where_one_is(
    editor: FlaskClient, add_account: AddAccount, email: str, disabled: bool, said: str
) -> None:
    account = add_account("wang", Role.EXPERT, name="王一", email=email)
    fields = {"csrf_token": token(editor.get("/desk/people").text)}
    if disabled:
        editor.post(f"/desk/people/{account.id}/disable", data=fields, follow_redirects=True)
    page = editor.post(f"/desk/people/{account.id}/invite", data=fields, follow_redirects=True).text
    assert re.findall(r"[^>]*(?:已发给|没有发信)[^<]*", page) == [said]
