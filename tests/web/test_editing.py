import re

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from caselib.app import create_app
from caselib.config import Settings
from caselib.content import ContentStore, Fault
from caselib.db import Database
from caselib.people import Role
from caselib.review.models import Submission
from caselib.search import SearchRoom
from caselib.web.editing.library import by_file
from tests.web.conftest import CASE, AddAccount, SignIn
from tests.web.publishing import SitePublishing
from tests.web.sites import html, links, part, write


@pytest.fixture
def editor(client: FlaskClient, add_account: AddAccount, sign_in: SignIn) -> FlaskClient:
    add_account("editor", Role.EDITOR)
    sign_in("editor")
    return client


def add(settings: Settings, name: str, text: str) -> None:
    (settings.content / "cases" / name).write_text(text, "utf-8")


def rows(page: str) -> list[tuple[str, ...]]:
    return re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td><td>(.*?)</td></tr>", page)


def test_a_good_library_is_said_to_be_good(editor: FlaskClient) -> None:
    page = editor.get("/desk/content").get_data(as_text=True)
    assert ("共 1 个，0 个有错误，0 个有警告" in page, "全部文件都已通过检查。" in page, rows(page)) == (True, True, [])


def test_every_problem_is_shown_line_by_line_with_its_remedy(editor: FlaskClient, settings: Settings) -> None:
    add(settings, "bad.md", CASE.replace("title:", "titel:").replace("C23", "C230"))
    add(settings, "odd.md", CASE.replace("year:", "colour: red\nyear:"))
    page = editor.get("/desk/content").get_data(as_text=True)
    expected = [
        (str(fault.line), "错误" if fault.level == "error" else "警告", fault.message)
        for fault in ContentStore(settings.content).check()
    ]
    assert [row[:3] for row in rows(page)] == expected
    assert re.findall(r"<h2>(.*?)</h2>|<code>(cases/.*?)</code>", page) == [
        ("有错误，没有收入", ""),
        ("", "cases/bad.md"),
        ("有警告，已经收入", ""),
        ("", "cases/odd.md"),
    ]
    assert "共 3 个，1 个有错误，1 个有警告" in page


def test_the_page_follows_the_files(editor: FlaskClient, settings: Settings) -> None:
    shown = []
    for text in (CASE, "---\n", CASE):
        add(settings, "one.md", text)
        shown.append(re.findall(r"共 \d 个，\d 个有错误", editor.get("/desk/content").get_data(as_text=True))[0])
    assert shown == ["共 2 个，0 个有错误", "共 2 个，1 个有错误", "共 2 个，0 个有错误"]


def test_what_a_file_says_cannot_break_the_page(editor: FlaskClient, settings: Settings) -> None:
    add(settings, "bad.md", CASE.replace("C23", "<script>alert(1)</script>"))
    page = editor.get("/desk/content").get_data(as_text=True)
    assert ("<script>alert" in page, "&lt;script&gt;alert" in page) == (False, True)


@pytest.mark.parametrize(
    ("bad", "said"), [(0, "全部文件都已通过检查。"), (1, "<strong>1</strong> 个文件有错误"), (3, "<strong>3</strong>")]
)
def test_the_desk_says_how_many_files_are_bad(
    editor: FlaskClient, settings: Settings, index: SearchRoom, bad: int, said: str
) -> None:
    for name in ("cases/bad.md", "taxonomy/effects.yml", "cases/other.md")[:bad]:
        write(settings.content, {name: "---\n"})
    index.sync(ContentStore(settings.content))
    assert said in editor.get("/desk/").get_data(as_text=True)


def test_the_desk_says_what_can_be_done_with_accounts(editor: FlaskClient) -> None:
    page = editor.get("/desk/").get_data(as_text=True)
    assert re.findall(r'<a href="/desk/people">账号</a></h3>\s*<p>(.*?)</p>', page) == [
        "导入评审专家；给评审专家和报送单位发邀请信、停用账号。"
    ]


def test_without_an_index_the_page_says_what_to_run(
    settings: Settings, database: Database, add_account: AddAccount, sign_in: SignIn
) -> None:
    # No fixture has built the index here, and another folder than the client's has none.
    other = settings.model_copy(update={"search_url": f"whoosh:{settings.data / 'none'}"})
    browser = create_app(other).test_client()
    add_account("li", Role.OPERATOR)
    sign_in("li", browser=browser)
    assert "caselib index" in browser.get("/desk/content").get_data(as_text=True)


@pytest.mark.parametrize("paths", [[], ["a"], ["a", "a", "b"]])
def test_problems_are_put_under_their_files(paths: list[str]) -> None:
    faults = [Fault(path, line, "error", "m", "r") for line, path in enumerate(paths)]
    assert {path: len(found) for path, found in by_file(faults).items()} == {
        path: paths.count(path) for path in sorted(set(paths))
    }


@pytest.mark.parametrize(
    "path",
    [
        "calls/1/submissions", "calls/1/assignment", "calls/1/assignment/{}", "calls/1/progress", "calls/1/progress/reminders",
        "calls/1/figures", "calls/1/figures/{}", "calls/1/selection", "calls/1/notice", "submissions/{}",
    ],
)  # fmt: skip
def test_a_page_of_a_call_stands_below_the_call_and_the_list_of_calls(round_: SitePublishing, path: str) -> None:
    call, _ = round_.under_notice()
    with round_.database.reading() as session:
        submission = session.exec(select(Submission.id)).first()
    page = html(round_.browser("editor"), f"/desk/{path.format(submission)}")
    assert links(part(page, 'class="trail', "</nav>"))[:4] == [
        ("首页", "/"),
        ("工作台", "/desk/"),
        ("征集", "/desk/calls/"),
        (call.title.replace(" ", ""), "/desk/calls/1"),
    ]
