"""The book at the desk: offered for what is published, made when it is asked for, and for editors alone."""

from io import BytesIO
from urllib.parse import unquote

import docx
import pytest
from flask.testing import FlaskClient

from tests.publishing.books import styled
from tests.web.publishing import SitePublishing, press
from tests.web.rounds import text_of
from tests.web.sites import links, write

OFFERED = [("Word", "/desk/books/4.docx"), ("PDF", "/desk/books/4.pdf")]


@pytest.fixture
def browser(round_: SitePublishing) -> FlaskClient:
    return round_.browser("editor")


def offered(browser: FlaskClient, path: str) -> list[tuple[str, str]]:
    page = browser.get(path).get_data(as_text=True)
    return [(text, address) for text, address in links(page) if address.startswith("/desk/books/")]


def test_a_published_call_offers_its_book_and_one_under_notice_does_not(
    round_: SitePublishing, browser: FlaskClient
) -> None:
    call, _ = round_.under_notice(since=7)
    page = f"/desk/calls/{call.id}/notice"
    assert (offered(browser, page), offered(browser, "/desk/books")) == ([], [])
    assert "还没有发布过批次。" in text_of(browser.get("/desk/books"))
    press(browser, f"/desk/calls/{call.id}/publish", at=page)
    assert (offered(browser, page), offered(browser, "/desk/books")) == (OFFERED, OFFERED)


def test_the_files_are_handed_out_under_the_name_of_the_book(round_: SitePublishing, browser: FlaskClient) -> None:
    call, _ = round_.under_notice(since=7)
    press(browser, f"/desk/calls/{call.id}/publish", at=f"/desk/calls/{call.id}/notice")
    word, pdf = (browser.get(address) for _, address in OFFERED)
    told = [unquote(each.headers["Content-Disposition"]) for each in (word, pdf)]
    assert told == [
        f"attachment; filename=cases-4.{form}; filename*=UTF-8''优良案例汇编（第四批）.{form}"
        for form in ("docx", "pdf")
    ]
    assert {each.headers["Cache-Control"] for each in (word, pdf)} == {"private, no-store"}
    headings = styled(docx.Document(BytesIO(word.data)), "Heading 1")
    assert headings == ["编写说明", "第一号案例", "第二号案例", "索引"]
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")


@pytest.mark.parametrize("path", ["/desk/books/4.docx", "/desk/books/4.pdf", "/desk/books/4.epub"])
def test_a_batch_that_is_not_published_has_none(round_: SitePublishing, browser: FlaskClient, path: str) -> None:
    round_.under_notice(since=7)
    assert browser.get(path).status_code == 404


def test_a_file_named_by_no_number_hides_no_book(round_: SitePublishing, browser: FlaskClient) -> None:
    page = "---\ntitle: 一批案例\nyear: 2022\npublished: 2023-04-20\n---\n公告。\n"
    write(round_.settings.content, {f"batches/{name}.md": page for name in ("3", "⓵", "十")})
    addresses = [address for _, address in offered(browser, "/desk/books")]
    assert addresses == ["/desk/books/3.docx", "/desk/books/3.pdf"]
