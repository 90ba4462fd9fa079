"""Attachments and Word files, through the form of a case."""

import os
import re
from io import BytesIO
from typing import Any

import mammoth  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient

from caselib.config import Settings
from caselib.db import Database
from caselib.review import queries
from caselib.review.models import Call
from tests.review.rounds import BODY
from tests.review.test_word import document, paragraph
from tests.web.case_forms import LATER, draft, fill, revisions, stored
from tests.web.rounds import SiteRound, text_of

PDF = b"%PDF-1.7\n"


@pytest.fixture
def call(site_round: SiteRound) -> Call:
    return site_round.call(deadline=LATER)


@pytest.fixture
def browser(site_round: SiteRound) -> FlaskClient:
    return site_round.browser("zhejiang")


def test_attachments_are_added_fetched_and_removed_and_the_text_is_kept_with_them(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    fill(browser, path, to=f"{path}/attachments", attachment=(BytesIO(PDF), "检验 报告.pdf"), title="先改的标题")
    page = browser.get(path).get_data(as_text=True)
    (address,) = re.findall(r'<a href="(/submit/\d+/attachments/\d+)">检验 报告.pdf</a>', page)
    got = browser.get(address)
    assert (got.data, got.mimetype, revisions(site_round, path)[-1][1]) == (PDF, "application/pdf", "先改的标题")
    fill(browser, path, to=address)
    assert (browser.get(address).status_code, "检验 报告.pdf" in browser.get(path).get_data(as_text=True)) == (
        404,
        False,
    )


def test_a_file_that_is_not_allowed_is_refused_and_the_text_stays(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    answer = fill(browser, path, to=f"{path}/attachments", attachment=(BytesIO(b"MZ"), "a.exe"), title="先改的标题")
    assert (answer.status_code, "不能上传“.exe”的文件。" in text_of(answer)) == (400, True)
    assert revisions(site_round, path)[-1][1] == "先改的标题"


def test_more_than_one_request_holds_is_said_with_how_much_it_does(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    assert "一次上传的合计不超过 30 MB" in browser.get(path).get_data(as_text=True)
    files = [(BytesIO(PDF + bytes(9 * 1024 * 1024)), f"{number}.pdf") for number in range(4)]
    answer = fill(browser, path, to=f"{path}/attachments", attachment=files)
    assert (answer.status_code, "一次提交合计超过了 30 MB。" in text_of(answer)) == (413, True)


def test_an_attachment_is_fetched_by_its_owner_and_editors_only(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    fill(browser, path, to=f"{path}/attachments", attachment=(BytesIO(PDF), "a.pdf"))
    fill(browser, f"{path}/send")
    (kept,) = site_round.read(queries.list_attachments, "zhejiang", stored(site_round, path))
    address = f"{path}/attachments/{kept.id}"
    who = {name: site_round.browser(name).get(address).status_code for name in ("", "jiangsu", "expert01", "editor")}
    assert who == {"": 303, "jiangsu": 404, "expert01": 403, "editor": 200}
    assert browser.get(f"{draft(site_round, call)}/attachments/{kept.id}").status_code == 404


def test_what_a_browser_does_not_show_by_itself_is_saved_and_tells_nothing_of_who_had_it_before(
    site_round: SiteRound, call: Call, browser: FlaskClient, settings: Settings
) -> None:
    path = draft(site_round, call)
    for name, data in (("a.pdf", PDF), ("b.docx", document(paragraph("检验记录。")))):
        fill(browser, path, to=f"{path}/attachments", attachment=(BytesIO(data), name))
    kept = site_round.read(queries.list_attachments, "zhejiang", stored(site_round, path))
    for each in kept:
        os.utime(settings.data / "uploads" / each.digest, (0, 0))
    got = [browser.get(f"{path}/attachments/{each.id}") for each in kept]
    said = [(each.headers["Content-Disposition"], each.headers["Cache-Control"]) for each in got]
    assert said == [(how, "private, no-store") for how in ("inline; filename=a.pdf", "attachment; filename=b.docx")]
    assert [each.last_modified for each in got] == [each.created_at.replace(microsecond=0) for each in kept]


def test_a_word_file_takes_the_place_of_the_body_and_the_old_one_stays(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    data = document("".join(map(paragraph, ("一、企业概况", "做纸箱的小厂。", "二、问题", "返工多。"))))
    fill(browser, path, to=f"{path}/word", word=(BytesIO(data), "文稿.docx"), title="先改的标题")
    kept = [
        (each.front["title"], each.body)
        for each in site_round.read(queries.list_revisions, "zhejiang", stored(site_round, path))
    ]
    body = "## 企业概况\n\n做纸箱的小厂。\n\n## 问题\n\n返工多。\n"
    assert kept[:2] == [("先改的标题", body), ("先改的标题", BODY)]


def test_nobody_waits_to_write_while_a_word_file_is_read(
    site_round: SiteRound, call: Call, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = draft(site_round, call), mammoth.convert_to_html
    impatient = Database(site_round.settings.database_url, wait=0)

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        with impatient.writing() as session:
            session.connection()
            return read(*arguments, **options)

    monkeypatch.setattr(mammoth, "convert_to_html", meanwhile)
    answer = fill(browser, path, to=f"{path}/word", word=(BytesIO(document(paragraph("首件检验。"))), "文稿.docx"))
    newest = site_round.read(queries.list_revisions, "zhejiang", stored(site_round, path))[0]
    assert (answer.status_code, newest.body) == (303, "首件检验。\n")


def test_a_text_that_was_changed_while_a_word_file_was_read_is_not_written_over(
    site_round: SiteRound, call: Call, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read, other = draft(site_round, call), mammoth.convert_to_html, site_round.browser("zhejiang")

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        fill(other, path, title="别处改的标题")
        return read(*arguments, **options)

    monkeypatch.setattr(mammoth, "convert_to_html", meanwhile)
    answer = fill(browser, path, to=f"{path}/word", word=(BytesIO(document(paragraph("首件检验。"))), "文稿.docx"))
    assert (answer.status_code, revisions(site_round, path)[-1][1]) == (409, "别处改的标题")


def test_a_file_that_is_no_word_file_is_refused_with_the_text_kept(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    answer = fill(browser, path, to=f"{path}/word", word=(BytesIO(PDF), "文稿.pdf"), title="先改的标题")
    assert (answer.status_code, "只能从 docx 文件取正文。" in text_of(answer)) == (400, True)
    assert revisions(site_round, path)[-1][1] == "先改的标题"


def test_the_writer_hears_what_a_word_file_had_that_was_left_out(
    site_round: SiteRound, call: Call, browser: FlaskClient
) -> None:
    path = draft(site_round, call)
    chart = '<w:p><w:r><w:drawing><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"/></w:drawing></w:r></w:p>'
    formula = '<w:p><m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:r><m:t>x</m:t></m:r></m:oMath></w:p>'
    fill(browser, path, to=f"{path}/word", word=(BytesIO(document(chart + formula)), "文稿.docx"))
    said = re.findall(r"文中的.*?。", text_of(browser.get(path)))
    assert said == ["文中的 1 张图片没有带入，请作为附件上传。", "文中的 1 个公式没有带入，请改用文字写出。"]
