"""From a question that finds nothing to a synonym that finds it, through the desk's form."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from caselib.config import Settings, shipped
from caselib.people import Role
from caselib.web.counting import questions
from tests.web.conftest import AddAccount, SignIn, submit
from tests.web.sites import html


def test_a_word_that_finds_nothing_becomes_a_synonym(
    app: Flask, client: FlaskClient, settings: Settings, add_account: AddAccount, sign_in: SignIn
) -> None:
    for _ in range(3):
        assert "没有找到“返修齉”" in html(client, "/search?q=返修齉")
    add_account("editor", Role.EDITOR)
    sign_in("editor")
    page = html(client, "/desk/questions?outcome=none")
    assert (
        '<a href="/search?q=%E8%BF%94%E4%BF%AE%E9%BD%89">返修齉</a></th><td class="nowrap"><a href="/desk/questions?days=30&amp;outcome=none&amp;word=%E8%BF%94%E4%BF%AE%E9%BD%89#synonym">加入<span class="unseen">返修齉</span></a></td><td>3</td><td>3</td><td>0</td><td>0</td>'
        in page
    )
    answer = submit(client, "/desk/questions?days=7&outcome=none", word="返修齉", of="包装")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/questions?days=7&outcome=none")
    assert "已把“返修齉”加为“包装”的同义词，现在搜“返修齉”有" in html(client, "/desk/questions")
    written = (settings.content / "taxonomy/synonyms.yml").read_bytes()
    assert written == (shipped("content") / "taxonomy/synonyms.yml").read_bytes() + '  - ["包装", "返修齉"]\n'.encode()
    assert "<mark>包装</mark>企业降低返工" in html(client, "/search?q=返修齉")
    again = submit(client, "/desk/questions", word="返修齉", of="包装")
    assert (again.status_code, "“返修齉”已经在同义词里" in again.text) == (409, True)
    assert [f'value="{word}" maxlength' in again.text for word in ("返修齉", "包装")] == [True, True]
    wrong = submit(client, "/desk/questions?days=7", word="返修，单", of="包" * 31)
    assert (wrong.status_code, 'value="返修，单"' in wrong.text, f'value="{"包" * 31}"' in wrong.text) == (
        400,
        True,
        True,
    )
    submit(client, "/desk/questions", word="客诉单", of="客诉")
    assert "还没有一篇写到“客诉”，搜“客诉单”仍然没有结果。" in html(client, "/desk/questions")
    assert '  - [投诉, 客诉, 客怨, 抱怨, "客诉单"]\n' in (settings.content / "taxonomy/synonyms.yml").read_text("utf-8")


@pytest.mark.both_databases
def test_a_forged_page_is_counted_as_it_is_searched_for(app: Flask, client: FlaskClient) -> None:
    for _ in range(3):
        client.get("/search?q=返工")
    client.get("/cases/packaging", headers={"Referer": "http://localhost/search?q=%00%E8%BF%94%E5%B7%A5"})
    with app.app_context():
        (asked,) = questions().asked(7)
    assert (asked.text, asked.found, asked.opened) == ("返工", 3, 1)


def test_an_opened_hit_is_told_by_the_page_it_was_on(app: Flask, client: FlaskClient) -> None:
    for _ in range(3):
        client.get("/search?q=返工")
    came = "http://localhost/search?q=%E8%BF%94%E5%B7%A5"
    answer = client.get("/cases/packaging", headers={"Referer": came})
    client.get("/cases/none", headers={"Referer": came})
    for other in ("http://elsewhere/search?q=返工", f"{came}&page=2", "http://localhost/", "http://[", ""):
        assert client.get("/cases/packaging", headers={"Referer": other}).status_code == 200
    client.get("/search?q=返工&page=1")
    with app.app_context():
        (asked,) = questions().asked(7)
    assert (asked.text, asked.found, asked.opened, asked.left) == ("返工", 3, 1, 2)
    kept = client.get("/cases/packaging", headers={"Referer": came, "If-None-Match": answer.headers["ETag"]})
    with app.app_context():
        (asked,) = questions().asked(7)
    assert (kept.status_code, asked.opened, asked.left) == (304, 2, 1)
