"""What submitters are told by mail."""

from datetime import date

import pytest

from caselib.people import Account
from caselib.review.letters import write_letter
from caselib.review.models import Call, Submission

CALL = Call(year=2022, title="2022 年征集", deadline=date(2022, 9, 30), batch=3, state="open")
OWNER = Account(username="zhejiang", name="浙江省局", email="a@example.cn")
SUBMISSION = Submission(call_id=1, owner_id=1, number="2022-017", title="一张工艺卡", reason="成效没有数据")


def test_a_returned_submission_brings_reason_time_and_address() -> None:
    letter = write_letter("return", SUBMISSION, CALL, owner=OWNER, link="https://a.cn/submit/1", site="案例库")
    assert (letter.to, letter.subject) == ("a@example.cn", "案例库：请修改后重新报送（2022-017）")
    assert letter.text == (
        "浙江省局：\n\n您好！\n\n您报送的案例经形式审查，需要修改后重新报送。"
        "征集于2022年9月30日截止，退回的申报在截止后仍可重新报送，请尽早办理。\n\n需要修改的地方：\n\n成效没有数据\n\n"
        "    征集：2022 年征集\n    编号：2022-017\n    案例：一张工艺卡\n\n"
        "打开这份申报：https://a.cn/submit/1\n\n案例库\n"
    )


def test_after_the_deadline_it_says_that_there_is_still_time() -> None:
    late = Call(year=2022, title="", deadline=date(2022, 9, 30), batch=3, state="screening")
    letter = write_letter("return", SUBMISSION, late, owner=OWNER, link="", site="案例库")
    assert ("不受征集截止日期限制" in letter.text, "请登录“案例库”查看这份申报。" in letter.text) == (True, True)


@pytest.mark.parametrize(
    ("verb", "subject"),
    [("send", "已收到申报"), ("accept", "已受理"), ("refuse", "不予受理"), ("reinstate", "恢复审查")],
)
def test_every_decision_has_its_letter(verb: str, subject: str) -> None:
    letter = write_letter(verb, SUBMISSION, CALL, owner=OWNER, link="", site="案例库")
    assert letter.subject == f"案例库：{subject}（2022-017）"
    assert ("成效没有数据" in letter.text) == (verb == "refuse")
