import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter

from caselib.web.requests import form_version


@pytest.mark.parametrize("raw", [b"q=\xb2\xfa\xc6\xb7", b"\x80", b"q=\xff&page=1", b"q=%B2%FA"])
def test_an_address_that_is_not_utf_8_is_searched_for_what_can_be_read(reader: FlaskClient, raw: bytes) -> None:
    answer = reader.get("/search", environ_overrides={"QUERY_STRING": raw.decode("latin-1")})
    assert answer.status_code == 200


def test_an_address_in_plain_utf_8_is_understood_without_percent_signs(reader: FlaskClient) -> None:
    environ = {"QUERY_STRING": "q=返工&kind=case".encode().decode("latin-1")}
    answer = reader.get("/api/v1/search", environ_overrides=environ).get_json()
    assert (answer["query"], answer["total"]) == ("返工", 1)


def test_a_visitor_without_a_session_gets_no_cookie_and_pages_that_vary_by_it(reader: FlaskClient) -> None:
    answer = reader.get("/cases/packaging")
    assert (answer.headers.getlist("Set-Cookie"), answer.headers.getlist("Vary")) == ([], ["Cookie"])


def test_a_session_is_kept_from_page_to_page_and_ends_when_it_is_emptied(library: Flask) -> None:
    browser = library.test_client()
    with browser.session_transaction() as session:
        session["seen"] = "one page"
    with browser.session_transaction() as session:
        assert dict(session) == {"seen": "one page"}
        session.clear()
    assert browser.get_cookie("caselib") is None


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/cases/packaging", True),
        ("/static/site.js?v=1", False),
        ("/static/site.js", False),
        ("/robots.txt", False),
        ("/qr.svg?path=/", False),
        ("/opensearch.xml", False),
        ("/suggest?q=质", False),
    ],
)
def test_no_session_goes_out_with_what_a_cache_may_give_to_others(library: Flask, path: str, kept: bool) -> None:
    browser = library.test_client()
    with browser.session_transaction() as session:
        session["seen"], session.permanent = "one page", True
    browser.get(path)  # puts the token of its forms into the session
    answer = browser.get(path)
    assert (answer.status_code, len(answer.headers.getlist("Set-Cookie"))) == (200, int(kept))
    with browser.session_transaction() as session:
        assert session["seen"] == "one page"


def test_what_a_view_says_of_an_answer_is_not_said_twice(reader: FlaskClient) -> None:
    page, data = reader.get("/static/site.js?v=1").headers, reader.get("/api/v1/taxonomy/effects").headers
    assert page.getlist("Cache-Control") == ["public, max-age=31536000, immutable"]
    assert data.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]


@pytest.mark.parametrize(
    ("path", "status"), [("/calls/2147483648", 404), (f"/notices/{10**30}", 404), ("/batches/99999999999", 404)]
)
def test_a_number_that_no_row_can_have_is_not_found(reader: FlaskClient, path: str, status: int) -> None:
    assert reader.get(path).status_code == status


def test_every_number_in_an_address_is_bounded(library: Flask) -> None:
    bounds = {
        getattr(converter, "max", None)
        for rule in library.url_map.iter_rules()
        for converter in rule._converters.values()
        if isinstance(converter, IntegerConverter)
    }
    assert bounds == {2**31 - 1}


@pytest.mark.parametrize(
    ("typed", "version"),
    [("7", 7), ("0", 0), ("", -1), ("x", -1), ("-1", -1), ("1_0", -1), ("٣", -1), (" 3", -1), ("9" * 5000, -1)],
)
def test_the_version_of_a_form_is_a_plain_number_or_matches_nothing(library: Flask, typed: str, version: int) -> None:
    with library.test_request_context(method="POST", data={"version": typed}):
        assert form_version() == version
    with library.test_request_context(method="POST", data={}):
        assert form_version() == -1
