"""Attachments: kept by digest, by their owner, while the submission can be written."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.review import queries
from caselib.review.actions import attachments
from caselib.review.actions.submissions import send
from caselib.review.models import Attachment, Submission
from caselib.review.states import CallState, SubmissionState
from tests.review.rounds import TAXONOMY, Round

PDF = b"%PDF-1.7\n"


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    return tmp_path / "data" / "uploads"


def add(round_: Round, submission: Submission, uploads: Path, owner: str = "zhejiang", **values: Any) -> Attachment:
    with round_.doing(owner) as who:
        row = who["session"].get_one(Submission, submission.id)
        usual = {"expected_version": row.version, "name": "检验报告.pdf", "data": PDF}
        return attachments.add_attachment(**who, submission=row, uploads=uploads, **{**usual, **values})


def remove(
    round_: Round, submission: Submission, attachment: Attachment, owner: str = "zhejiang", version: int | None = None
) -> None:
    with round_.doing(owner) as who:
        row = who["session"].get_one(Submission, submission.id)
        file = who["session"].get_one(Attachment, attachment.id)
        attachments.remove_attachment(
            **who, submission=row, expected_version=row.version if version is None else version, attachment=file
        )


def listed(round_: Round, submission: Submission, username: str = "zhejiang") -> list[str]:
    return [one.name for one in round_.read(queries.list_attachments, username, submission)]


def test_a_file_is_kept_under_its_digest_and_told(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    attachment = add(round_, submission, uploads)
    digest = sha256(PDF).hexdigest()
    assert attachments.stored_at(uploads, attachment).read_bytes() == PDF
    assert (attachment.name, attachment.media_type, attachment.size) == ("检验报告.pdf", "application/pdf", 9)
    assert round_.stored(submission).version == 2
    assert round_.events(submission)[-1] == (
        "浙江省局",
        "submission.attach",
        {},
        {"attachment": 1, "name": "检验报告.pdf", "digest": digest, "size": 9},
    )


def test_removing_keeps_the_bytes_and_the_history(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    attachment = add(round_, submission, uploads)
    remove(round_, submission, attachment)
    assert listed(round_, submission) == []
    assert attachments.stored_at(uploads, attachment).read_bytes() == PDF
    assert round_.events(submission)[-1][1] == "submission.detach"
    with pytest.raises(NotFound, match="没有这个附件"):
        round_.read(queries.get_attachment, "zhejiang", attachment.id)
    with pytest.raises(NotFound, match="没有这个附件"):
        remove(round_, submission, attachment)
    assert add(round_, submission, uploads).id == 2


def test_names_within_a_submission_differ_and_files_are_not_kept_twice(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    add(round_, submission, uploads)
    add(round_, submission, uploads, data=PDF + b"2")
    with pytest.raises(Conflict, match=r"这个文件已经上传过，名为“检验报告.pdf”。"):
        add(round_, submission, uploads, name="换个名字.pdf")
    assert listed(round_, submission) == ["检验报告.pdf", "检验报告（2）.pdf"]


def test_there_is_a_limit_to_their_number(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    for number in range(attachments.MOST):
        add(round_, submission, uploads, data=PDF + bytes([number]))
    with pytest.raises(CaselibError, match="附件已有 10 个，不能再多。"):
        add(round_, submission, uploads)
    assert len(listed(round_, submission)) == attachments.MOST


def test_a_refused_file_leaves_nothing_behind(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    with pytest.raises(CaselibError, match="文件内容不是 pdf 格式"):
        add(round_, submission, uploads, data=b"MZ")
    assert (uploads.exists(), round_.stored(submission).version) == (False, 1)


@pytest.mark.parametrize("state", SubmissionState)
def test_attachments_change_while_the_submission_can_be_written(
    round_: Round, uploads: Path, state: SubmissionState
) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    attachment = add(round_, submission, uploads)
    round_.now_in(state, submission)
    if state in (SubmissionState.DRAFT, SubmissionState.RETURNED):
        add(round_, submission, uploads, data=PDF + b"2")
        remove(round_, submission, attachment)
        assert listed(round_, submission) == ["检验报告（2）.pdf"]
    else:
        with pytest.raises(Conflict, match="不能“修改”"):
            add(round_, submission, uploads, data=PDF + b"2")
        with pytest.raises(Conflict, match="不能“修改”"):
            remove(round_, submission, attachment)


@pytest.mark.parametrize("state", [CallState.CLOSED, CallState.NOTICE, CallState.PUBLISHED])
def test_attachments_stay_as_they_are_once_the_round_is_closed(round_: Round, uploads: Path, state: CallState) -> None:
    submission = round_.submission(call := round_.call(), SubmissionState.RETURNED)
    round_.now_in(state, call)
    with pytest.raises(Conflict, match="这次征集现在是"):
        add(round_, submission, uploads)


@pytest.mark.parametrize(
    ("username", "refused"),
    [("jiangsu", NotFound), ("editor", Forbidden), ("expert01", NotFound), ("operator", NotFound)],
)
def test_nobody_else_changes_attachments(
    round_: Round, uploads: Path, username: str, refused: type[CaselibError]
) -> None:
    submission = round_.submission(round_.call(), SubmissionState.RETURNED)
    attachment = add(round_, submission, uploads)
    with pytest.raises(refused):
        add(round_, submission, uploads, username, data=PDF + b"2")
    with pytest.raises(refused):
        remove(round_, submission, attachment, username)
    assert listed(round_, submission) == ["检验报告.pdf"]


def test_another_submissions_attachment_is_not_found(round_: Round, uploads: Path) -> None:
    call = round_.call()
    mine = round_.submission(call, SubmissionState.DRAFT)
    other = round_.submission(call, SubmissionState.DRAFT, owner="jiangsu")
    theirs = add(round_, other, uploads, "jiangsu")
    with pytest.raises(NotFound, match="没有这个附件"):
        remove(round_, mine, theirs)
    assert listed(round_, other, "jiangsu") == ["检验报告.pdf"]


def test_of_two_windows_the_second_is_told(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.DRAFT)
    attachment = add(round_, submission, uploads)
    for act in (
        lambda: add(round_, submission, uploads, data=PDF + b"2", expected_version=1),
        lambda: remove(round_, submission, attachment, version=1),
    ):
        with pytest.raises(Conflict, match="这一项刚被您自己在别处修改过"):
            act()


@pytest.mark.parametrize(
    ("username", "sent", "seen"),
    [
        ("zhejiang", False, True),
        ("zhejiang", True, True),
        ("editor", True, True),
        ("editor", False, False),
        ("jiangsu", True, False),
        ("expert01", True, False),
        ("operator", True, False),
    ],
)
def test_who_reads_an_attachment(round_: Round, uploads: Path, username: str, sent: bool, seen: bool) -> None:
    state = SubmissionState.RETURNED if sent else SubmissionState.DRAFT
    attachment = add(round_, submission := round_.submission(round_.call(), state), uploads)
    if sent:
        round_.now_in(SubmissionState.SENT, submission)
        submission = round_.stored(submission)
    if seen:
        assert round_.read(queries.get_attachment, username, attachment.id).name == "检验报告.pdf"
        assert listed(round_, submission, username) == ["检验报告.pdf"]
    else:
        with pytest.raises(NotFound, match="没有这个附件"):
            round_.read(queries.get_attachment, username, attachment.id)
        with pytest.raises(NotFound, match="没有这份申报"):
            listed(round_, submission, username)


def test_until_it_is_sent_again_others_see_the_files_it_was_sent_with(round_: Round, uploads: Path) -> None:
    submission = round_.submission(round_.call(), SubmissionState.RETURNED)
    files = [add(round_, submission, uploads, name=f"{name}.pdf", data=PDF + name.encode()) for name in "甲乙丙"]
    remove(round_, submission, files[2])
    with round_.doing("zhejiang") as who:
        row = who["session"].get_one(Submission, submission.id)
        send(**who, submission=row, expected_version=row.version, taxonomy=TAXONOMY)
    round_.now_in(SubmissionState.RETURNED, submission)
    remove(round_, submission, files[1])
    new = add(round_, submission, uploads, name="丁.pdf", data=PDF + b"4")
    row = round_.stored(submission)
    assert listed(round_, row) == ["甲.pdf", "丁.pdf"]
    assert listed(round_, row, "editor") == ["甲.pdf", "乙.pdf"]
    with round_.database.reading() as session:
        assert [each.name for each in queries.attachments_of(session, row, sent=True)] == ["甲.pdf", "乙.pdf"]
    assert round_.read(queries.get_attachment, "editor", files[1].id).name == "乙.pdf"
    for hidden in (files[2], new):
        with pytest.raises(NotFound):
            round_.read(queries.get_attachment, "editor", hidden.id)
    round_.now_in(SubmissionState.WITHDRAWN, submission)
    assert listed(round_, round_.stored(submission), "editor") == ["甲.pdf", "乙.pdf"]
    round_.now_in(SubmissionState.SENT, submission)
    assert listed(round_, round_.stored(submission), "editor") == ["甲.pdf", "丁.pdf"]
