"""Whatever number somebody outside is shown tells nothing of how many others there are, nor of who came first."""

import re
from collections.abc import Sequence
from io import BytesIO

from flask import Flask
from sqlmodel import col, select

from caselib.review.models import Assignment, Attachment, Submission
from caselib.review.states import CallState
from tests.review.rounds import PNG
from tests.web.assigned import AssignedSite
from tests.web.case_forms import LATER, fill
from tests.web.publishing import SitePublishing
from tests.web.rounds import SiteRound, send, text_of

MANY = 12
"""So many numbers drawn by lot are in their order once in 240 million times."""


def told(numbers: Sequence[int], of: int) -> list[str]:
    """What numbers between 0 and ``of`` give away, as they were given one after the other."""
    ways = [sorted(numbers), sorted(numbers, reverse=True)]
    said = ["who came first"] if list(numbers) in ways else []
    return said + (["how many"] if max(numbers) - min(numbers) < of // 1000 else [])


def test_numbers_in_turn_would_tell() -> None:
    assert told([*range(5, 5 + MANY)], of=90_000) == ["who came first", "how many"]


def test_a_submitter_is_told_nothing_by_address_and_number_of_what_it_sent(site_round: SiteRound) -> None:
    """Others send theirs in between."""
    call = site_round.call(CallState.OPEN, deadline=LATER)
    browser = site_round.browser("zhejiang")
    addresses, numbers = [], []
    for _ in range(MANY):
        site_round.submission(call, owner="jiangsu")
        path = send(browser, f"/submit/calls/{call.id}/new").location
        fill(browser, path)
        fill(browser, f"{path}/send")
        addresses.append(int(path.removeprefix("/submit/")))
        numbers += re.findall(r"编号 2022-(\d{5})", text_of(browser.get(path)))[:1]
    assert (told(addresses, of=2**31), told([*map(int, numbers)], of=90_000)) == ([], [])
    assert [len(set(each)) for each in (addresses, numbers)] == [MANY, MANY]


def test_nor_by_the_addresses_of_attachments(site_round: SiteRound) -> None:
    call = site_round.call(CallState.OPEN, deadline=LATER)
    browser = site_round.browser("zhejiang")
    path = send(browser, f"/submit/calls/{call.id}/new").location
    for place in range(10):
        photo = (BytesIO(PNG + bytes([place])), f"{place}.png")
        fill(browser, path, f"{path}/attachments", attachment=photo)
    with site_round.database.reading() as session:
        found = session.exec(select(Attachment.id).order_by(col(Attachment.created_at))).all()
    assert (len(found), told([each or 0 for each in found], of=2**31)) == (10, [])


def test_an_expert_is_told_nothing_by_the_addresses_of_reviews(app: Flask) -> None:
    site = AssignedSite(app)
    site.experts(6)
    call, _ = site.round(MANY)
    editor = site.browser("editor")
    at = f"/desk/calls/{call.id}/assignment/proposal"
    (digest,) = re.findall(r'name="digest" value="(.*?)"', editor.get(at).text)
    assert send(editor, at, digest=digest).status_code == 303
    with site.database.reading() as session:
        rows = select(Assignment.id).join(Submission, col(Submission.id) == Assignment.submission_id)
        found = session.exec(rows.order_by(col(Submission.number), col(Assignment.expert_id))).all()
    assert (len(found), told([each or 0 for each in found], of=2**31)) == (2 * MANY, [])


def test_whoever_objects_is_told_nothing_of_other_objections(round_: SitePublishing) -> None:
    _, notice = round_.under_notice()
    visitor = round_.browser()
    path = f"/notices/{notice.id}/objections"
    words = {"number": "2022-001", "name": "李某", "contact": "li@example.cn"}
    receipts = []
    for each in range(5):
        send(visitor, path, **words, text=f"第{each}项数据与实际不符。")
        receipts += re.findall(r"编号 (\d+)。", text_of(visitor.get(f"/notices/{notice.id}")))[:1]
    assert (len(receipts), told([*map(int, receipts)], of=2**31)[1:]) == (5, [])
