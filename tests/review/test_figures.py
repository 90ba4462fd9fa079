"""The figures of a round: what counts, five methods side by side, spread and disagreement, in few statements."""

import pytest

from caselib.people import Role
from caselib.review.figure_queries import FigureLine, ordered
from caselib.review.figures import Figure, Figures, SubmissionFigures, figures
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, Submission
from caselib.review.states import AssignmentState, CallState, SubmissionState
from tests.review.reviewing import amend, assign, reviewing, save, submit
from tests.review.rounds import BODY, Round
from tests.statements import asked


def scored(total: float) -> Judgement:
    """A judgement of that total."""
    return Judgement({"typical": total / 5, "method": total * 0.3, "effect": total * 0.3, "spread": total / 5})


def score(round_: Round, submission: Submission, *totals: float) -> list[Assignment]:
    """Reviews of these totals by expert01, expert02, …"""
    done = []
    for number, total in enumerate(totals, 1):
        name = f"expert{number:02d}"
        if name not in round_.actors:
            round_.add(name, Role.EXPERT)
        done.append(assign(round_, submission, name))
        submit(round_, done[-1], scored(total), name)
    return done


def found(round_: Round, call: Call) -> Figures:
    with round_.database.reading() as session:
        return figures(session, session.get_one(Call, call.id))


def test_every_method_is_there_with_its_standard_error(round_: Round) -> None:
    call = reviewing(round_)
    for totals in ((80, 90), (60, 70)):
        score(round_, round_.submission(call, SubmissionState.ACCEPTED), *totals)
    first, second = found(round_, call).rows
    assert (first.submission.number, [review.total for review in first.reviews]) == ("2022-001", [90, 80])
    assert [row.figures["mean"].value for row in (first, second)] == [85, 65]
    assert first.figures["mean"].se == pytest.approx(5)
    assert list(first.figures) == ["mean", "trimmed", "zscore", "mixed", "robust"]
    assert [figure for figure in first.figures.values() if figure.value is None or figure.se is None] == []
    assert (first.spread, first.disagreement, first.stale) == (10, False, 0)


def test_only_submitted_reviews_of_the_text_that_counts_are_in_them(round_: Round) -> None:
    call = reviewing(round_)
    submission = round_.submission(call, SubmissionState.ACCEPTED)
    refused = round_.submission(call, SubmissionState.REFUSED)
    score(round_, submission, 50)
    amend(round_, submission, BODY + "\n补充。\n")
    for name, state in (("a1", "abstained"), ("a2", "recused"), ("a3", "released"), ("a4", "started")):
        round_.add(name, Role.EXPERT)
        save(round_, assign(round_, submission, name), scored(10), name)
        with round_.database.writing() as session:
            session.get_one(Assignment, 1 + int(name[1])).state = AssignmentState(state)
    round_.add("expert05", Role.EXPERT)
    submit(round_, assign(round_, submission, "expert05"), scored(70), "expert05")
    (row,) = found(round_, call).rows
    assert row.submission.id != refused.id
    assert ([review.total for review in row.reviews], row.stale, row.spread) == ([70], 1, None)
    assert row.figures["mean"] == Figure(70, None)


def test_a_criterion_beyond_judging_is_left_out_of_the_total(round_: Round) -> None:
    submission = round_.submission(call := reviewing(round_), SubmissionState.ACCEPTED)
    judgement = Judgement({"typical": 10, "method": 15, "effect": 15, "spread": None})
    submit(round_, assign(round_, submission), judgement)
    assert found(round_, call).rows[0].reviews[0].total == 50


def test_without_reviews_there_are_rows_and_no_figures(round_: Round) -> None:
    round_.submission(call := reviewing(round_), SubmissionState.ACCEPTED)
    result = found(round_, call)
    assert (result.identifiable, result.components, result.noise) == (False, 0, None)
    assert [(row.reviews, row.spread, row.disagreement, row.figures) for row in result.rows] == [((), None, False, {})]


def test_a_spread_beyond_the_rounds_usual_noise_is_a_disagreement(round_: Round) -> None:
    call = reviewing(round_)
    for totals in ((70, 72, 74), (60, 62, 64), (80, 82, 84), (50, 52, 54), (90, 70, 50)):
        score(round_, round_.submission(call, SubmissionState.ACCEPTED), *totals)
    result = found(round_, call)
    assert result.noise == pytest.approx(4 / 1.588)
    assert (result.limit[3], result.limit[9]) == (10, pytest.approx(4.387 * 4 / 1.588))
    assert [row.disagreement for row in result.rows] == [False, False, False, False, True]


def test_the_one_that_disagrees_in_a_small_round_does_not_hide_itself(round_: Round) -> None:
    call = reviewing(round_)
    for totals in ((58.8, 49, 14), (70, 64, 58), (82, 75, 71)):
        score(round_, round_.submission(call, SubmissionState.ACCEPTED), *totals)
    result = found(round_, call)
    assert [row.disagreement for row in result.rows] == [True, False, False]
    assert result.limit[3] == pytest.approx(3.314 * 12 / 1.588)


def test_of_more_reviews_than_the_tables_know_the_last_line_counts(round_: Round) -> None:
    score(round_, round_.submission(call := reviewing(round_), SubmissionState.ACCEPTED), *range(50, 60))
    result = found(round_, call)
    (row,) = result.rows
    assert (len(row.reviews), row.spread, row.disagreement) == (10, 9, False)
    assert result.noise == pytest.approx(9 / 2.916)


def test_reviews_of_another_call_are_in_none_of_its_figures(round_: Round) -> None:
    score(round_, round_.submission(call := reviewing(round_), SubmissionState.ACCEPTED), 80, 90)
    other = round_.call(CallState.REVIEWING, rules=call.rules, batch=5)
    round_.add("stranger", Role.EXPERT)
    submit(
        round_, assign(round_, round_.submission(other, SubmissionState.ACCEPTED), "stranger"), scored(10), "stranger"
    )
    result = found(round_, call)
    assert (len(result.rows), result.identifiable, result.components) == (1, True, 1)


def test_with_nothing_to_compare_it_with_no_spread_is_a_disagreement(round_: Round) -> None:
    score(round_, round_.submission(call := reviewing(round_), SubmissionState.ACCEPTED), 90, 20)
    assert [row.disagreement for row in found(round_, call).rows] == [False]


def test_totals_within_ten_points_are_never_a_disagreement(round_: Round) -> None:
    call = reviewing(round_)
    for totals in ((70, 70), (60, 60), (50, 50), (80, 80), (90, 80)):
        score(round_, round_.submission(call, SubmissionState.ACCEPTED), *totals)
    assert [row.disagreement for row in found(round_, call).rows] == [False] * 5


def test_where_the_graph_falls_apart_it_says_so_and_gives_the_raw_mean(round_: Round) -> None:
    call = reviewing(round_)
    first, second = (round_.submission(call, SubmissionState.ACCEPTED) for _ in range(2))
    score(round_, first, 80, 90)
    for name, total in (("other1", 40), ("other2", 50)):
        round_.add(name, Role.EXPERT)
        submit(round_, assign(round_, second, name), scored(total), name)
    result = found(round_, call)
    assert (result.identifiable, result.components) == (False, 2)
    assert [row.figures["robust"] for row in result.rows] == [row.figures["mean"] for row in result.rows]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_figures_cost_four_statements(round_: Round, count: int) -> None:
    call = reviewing(round_)
    for _ in range(count):
        score(round_, round_.submission(call, SubmissionState.ACCEPTED), 60, 70)
    with round_.database.reading() as session:
        row = session.get_one(Call, call.id)
        with asked(round_.database) as statements:
            assert len(figures(session, row).rows) == count
    assert len(statements) == 4


def line(number: str, zscore: float | None = None, tied: str = "") -> FigureLine:
    submission = Submission(call_id=1, owner_id=1, number=number)
    found = {} if zscore is None else {"zscore": Figure(zscore, 1.0)}
    row = SubmissionFigures(submission, (), 0, None, False, found)  # type: ignore[arg-type]  # one method is enough
    return FigureLine(submission, None if tied else row, tied, ())


def test_a_figure_below_zero_comes_before_none_and_none_before_what_must_not_be_seen() -> None:
    lines = [
        line("1", tied="亲属"),
        line("2"),
        line("3", -30.0),
        line("4", tied="同事"),
        line("5", 80.0),
        line("6"),
        line("7", -30.0),
    ]
    assert [each.submission.number for each in ordered(lines, "figure", "zscore")] == list("5372614")
