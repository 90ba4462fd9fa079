import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from caselib.web.preferences import View, local_path


@pytest.mark.parametrize(
    ("cookie", "view"),
    [
        ("", View()),
        ("large", View("large")),
        ("small.elder", View("small", elder=True)),
        ("<script>", View()),
        ("huge.elder", View("normal", elder=True)),
    ],
)
def test_a_cookie_is_read_and_nonsense_is_the_default(cookie: str, view: View) -> None:
    assert View.parse(cookie) == view


@pytest.mark.parametrize("view", [View(), View("small"), View("large", elder=True)])
def test_a_view_survives_its_cookie(view: View) -> None:
    assert View.parse(str(view)) == view


def test_elder_mode_is_switched_and_a_size_ends_it() -> None:
    assert View("large").changed("elder") == View("large", elder=True)
    assert View("large", elder=True).changed("elder") == View("large")
    assert View("large", elder=True).changed("small") == View("small")
    assert View("large").changed("no such size") == View()


def test_a_whole_view_may_be_chosen_any_number_of_times() -> None:
    assert View("large").changed("small.elder").changed("small.elder") == View("small", elder=True)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/cases/x?q=1", "/cases/x?q=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
    ],
)
def test_only_paths_of_this_site_are_gone_back_to(asked: str, path: str) -> None:
    assert local_path(asked) == path


def test_the_choice_is_kept_and_shown_without_javascript(reader: FlaskClient) -> None:
    answer = reader.post("/preferences", data={"view": "elder", "next": "/cases/packaging"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cases/packaging")
    page = reader.get("/cases/packaging").get_data(as_text=True)
    assert '<html lang="zh-CN" data-text="normal" data-elder>' in page
    assert '<button name="view" value="elder" aria-pressed="true">' in page


def test_the_choice_leads_back_to_the_whole_address(reader: FlaskClient) -> None:
    page = reader.get("/search?q=返工").get_data(as_text=True)
    assert re.findall('name="next" value="(.*?)"', page) == ["/search?q=返工"]


def way_back(page: TestResponse) -> list[str]:
    """Where the buttons of the page lead."""
    return re.findall('name="next" value="(.*?)"', page.get_data(as_text=True))


@pytest.mark.parametrize(
    ("referrer", "path"),
    [
        ("http://localhost/submit/3", "/submit/3"),
        ("http://localhost/search?q=1&page=2", "/search?q=1&amp;page=2"),
        ("http://localhost/", "/"),
        ("http://localhost", "/"),
        ("http://localhost/submit/3/preview", "/"),
        ("http://localhost/no-such-page", "/"),
        ("http://evil.example/submit/3", "/"),
        ("http://evil.example/http://localhost/submit/3", "/"),
        ("http://localhost@evil.example/submit/3", "/"),
        ("http://localhost//evil.example/submit/3", "/"),
        ("http://localhost/\\evil.example", "/"),
        ("http://[/", "/"),
        ("localhost/submit/3", "/"),
        ("", "/"),
    ],
)
def test_what_only_answers_a_form_leads_back_to_the_page_that_the_form_is_on(
    reader: FlaskClient, referrer: str, path: str
) -> None:
    assert way_back(reader.post("/submit/3/preview", headers={"Referer": referrer})) == [path]


@pytest.mark.parametrize("path", ["/ask", "/desk/calls/new", "/login?next=/desk/"])
def test_a_page_that_a_form_is_sent_to_leads_back_to_itself(reader: FlaskClient, path: str) -> None:
    assert way_back(reader.post(path, headers={"Referer": "http://localhost/cases/"})) == [path]
