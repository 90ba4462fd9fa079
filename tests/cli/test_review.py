"""``caselib call`` as typed at a prompt, on a round made by the real actions."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from caselib.db import Database
from caselib.review.models import Call
from caselib.review.states import AssignmentState, CallState
from tests.cli.conftest import Run
from tests.review.assigned import Assigned
from tests.serving import free_port

SITE = "https://al.example.cn"


@pytest.fixture
def assigned(database: Database) -> Assigned:
    return Assigned(database)


def letters(folder: Path) -> list[tuple[str, str]]:
    found = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in folder.glob("*.eml")]
    return sorted((letter["To"], letter["Subject"]) for letter in found)


def test_calls_are_listed_newest_first_with_their_number_and_state(run: Run, assigned: Assigned) -> None:
    assert (run("call", "list").stdout, run("call", "list").stderr) == ("", "共 0 次征集。\n")
    assigned.call(CallState.PUBLISHED)
    assigned.call(CallState.DRAFT, year=2023, batch=4, title="2023 年优良案例征集")
    done = run("call", "list")
    assert done.stdout.splitlines() == [
        "2\t2023\t第四批\t筹备中\t2023 年优良案例征集",
        "1\t2022\t第三批\t已发布\t2022 年优良案例征集",
    ]
    assert (done.exit_code, done.stderr) == (0, "共 2 次征集。\n")


def test_a_call_is_shown_with_its_counts_and_what_comes_next(run: Run, assigned: Assigned) -> None:
    call, (submission,) = assigned.begun(1, 2)
    assigned.put(assigned.row(call, submission, "e1"), AssignmentState.SUBMITTED)
    done = run("call", "show", "1")
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        [
            "2022 年优良案例征集（评审中）",
            "征集截止：2022年9月30日",
            "评审截止：2022年11月30日",
            "\t未读\t评审中\t完成\t失效\t弃权\t回避\t逾期",
            "合计\t1\t0\t1\t0\t0\t0\t1",
            "专家一\t0\t0\t1\t0\t0\t0\t0",
            "专家二\t1\t0\t0\t0\t0\t0\t1",
            "下一步：有 1 份评审已经逾期，请催办，或延长评审期限。",
        ],
    )


def test_each_count_of_an_expert_stands_under_its_name(run: Run, assigned: Assigned) -> None:
    call, texts = assigned.begun(11, 2)
    states = [AssignmentState.STARTED, *[AssignmentState.SUBMITTED] * 3]
    states += [AssignmentState.ABSTAINED] * 3 + [AssignmentState.RECUSED] * 4
    for number, (text, state) in enumerate(zip(texts, states, strict=True)):
        assigned.put(assigned.row(call, text, "e1"), state, **({"judged": "another"} if number in (1, 2) else {}))
    head, _, expert, _ = (line.split("\t")[1:] for line in run("call", "show", "1").stdout.splitlines()[3:7])
    counts = {"未读": "0", "评审中": "1", "完成": "1", "失效": "2", "弃权": "3", "回避": "4", "逾期": "3"}
    assert dict(zip(head, expert, strict=True)) == counts


@pytest.mark.parametrize("arguments", [("show", "7"), ("remind", "--call", "7")])
def test_a_call_that_is_not_there_is_told(run: Run, assigned: Assigned, arguments: tuple[str, ...]) -> None:
    done = run("call", *arguments)
    assert (done.exit_code, done.stderr) == (1, "错误：没有这次征集。\n办法：请从征集列表进入。\n")


def test_reminding_sends_each_expert_one_letter_and_a_second_run_none(
    run: Run, assigned: Assigned, tmp_path: Path
) -> None:
    call, _ = assigned.begun(2, 2)
    first = run("call", "remind", "--on", "2022-11-27", base_url=SITE)
    second = run("call", "remind", "--on", "2022-11-27", base_url=SITE)
    assert (first.exit_code, first.stdout) == (0, "2022 年优良案例征集：提醒了 2 位专家。\n")
    assert (second.exit_code, second.stdout) == (0, "2022 年优良案例征集：提醒了 0 位专家。\n")
    subject = "小微企业质量提升案例库：还有 2 份申报待评审"
    assert letters(tmp_path / "var" / "outbox") == [("e1@example.cn", subject), ("e2@example.cn", subject)]
    assert [row.reminded_on.isoformat() for row in assigned.rows(call) if row.reminded_on] == ["2022-11-27"] * 4
    assert [name for _, name, _, _ in assigned.events(call)].count("call.remind") == 1


def test_only_the_named_call_is_reminded(run: Run, assigned: Assigned, tmp_path: Path) -> None:
    assigned.begun(1, 2)
    assigned.call(CallState.REVIEWING, batch=4, title="另一次征集")
    assert run("call", "remind", "--call", "2", "--on", "2022-11-27").stdout == "另一次征集：提醒了 0 位专家。\n"
    assert not (tmp_path / "var" / "outbox").exists()


def test_with_no_call_under_review_there_is_nothing_to_do(run: Run, assigned: Assigned) -> None:
    done = run("call", "remind")
    assert (done.exit_code, done.stdout) == (0, "没有评审中的征集。\n")


def test_who_has_no_address_is_named_and_the_others_are_reminded(run: Run, assigned: Assigned, tmp_path: Path) -> None:
    assigned.begun(1, 2)
    assigned.change("e1", email="")
    done = run("call", "remind", "--on", "2022-11-27")
    assert (done.exit_code, done.stdout) == (0, "2022 年优良案例征集：提醒了 1 位专家。\n")
    assert done.stderr == "“专家一”没有登记邮箱，请另行提醒。\n"
    assert [to for to, _ in letters(tmp_path / "var" / "outbox")] == ["e2@example.cn"]


def test_letters_that_do_not_leave_are_told_and_due_again(run: Run, assigned: Assigned, tmp_path: Path) -> None:
    call, _ = assigned.begun(1, 2)
    port = free_port()
    failed = run("call", "remind", "--on", "2022-11-27", mail_url=f"smtp://127.0.0.1:{port}")
    assert (failed.exit_code, failed.stdout) == (1, "2022 年优良案例征集：提醒了 0 位专家。\n")
    assert failed.stderr.splitlines()[0] == (
        f"给“专家一”的信：邮件没有发出：smtp://127.0.0.1:{port} 没有接收（ConnectionRefusedError）。 "
        "请检查 CASELIB_MAIL_URL 和邮件服务器，然后重发。"
    )
    assert [name for _, name, _, _ in assigned.events(call)].count("call.remind") == 0
    again = run("call", "remind", "--on", "2022-11-27")
    assert again.stdout == "2022 年优良案例征集：提醒了 2 位专家。\n"


def test_letters_of_one_call_that_do_not_leave_are_not_forgotten_for_those_of_another(
    run: Run, assigned: Assigned
) -> None:
    assigned.call(CallState.REVIEWING, batch=4, title="另一次征集")
    assigned.begun(1, 2)
    failed = run("call", "remind", "--on", "2022-11-27", mail_url=f"smtp://127.0.0.1:{free_port()}")
    assert (failed.exit_code, failed.stdout) == (
        1,
        "2022 年优良案例征集：提醒了 0 位专家。\n另一次征集：提醒了 0 位专家。\n",
    )


def test_a_call_whose_review_is_over_is_left_alone(run: Run, assigned: Assigned) -> None:
    assigned.call(CallState.PUBLISHED)
    done = run("call", "remind")
    assert (done.exit_code, done.stdout) == (0, "没有评审中的征集。\n")


def test_a_day_that_is_none_is_told(run: Run, assigned: Assigned) -> None:
    done = run("call", "remind", "--on", "heute")
    assert (done.exit_code, done.stderr.splitlines()[1]) == (2, "办法：用 caselib call remind --help 看用法。")


def test_reminding_moves_nothing_of_a_call(run: Run, assigned: Assigned) -> None:
    call, _ = assigned.begun(1, 2)
    run("call", "remind", "--on", "2022-11-27")
    with assigned.database.reading() as session:
        assert session.get_one(Call, call.id).version == call.version
