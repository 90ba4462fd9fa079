"""Every verb from every state of the three machines; what is not listed here is refused."""

from itertools import product
from typing import Any

import pytest

from caselib.errors import Conflict
from caselib.labels import Labelled
from caselib.review.states import (
    ASSIGNMENT,
    CALL,
    SUBMISSION,
    VERBS,
    AssignmentState,
    CallState,
    SubmissionState,
    Table,
    move,
    possible,
    require_season,
)

ALLOWED: dict[str, set[tuple[str, str, str]]] = {
    "call": {
        ("change", "draft", "draft"),
        ("change", "open", "open"),
        ("change", "screening", "screening"),
        ("extend", "open", "open"),
        ("extend", "screening", "screening"),
        ("extend", "reviewing", "reviewing"),
        ("amend", "reviewing", "reviewing"),
        ("amend", "closed", "closed"),
        ("open", "draft", "open"),
        ("close", "open", "screening"),
        ("reopen", "screening", "open"),
        ("start_review", "screening", "reviewing"),
        ("end_review", "reviewing", "closed"),
        ("resume_review", "closed", "reviewing"),
        ("announce", "closed", "notice"),
        ("retract", "notice", "closed"),
        ("publish", "notice", "published"),
    },
    "submission": {
        ("edit", "draft", "draft"),
        ("edit", "returned", "returned"),
        ("send", "draft", "sent"),
        ("send", "returned", "sent"),
        ("accept", "sent", "accepted"),
        ("return", "sent", "returned"),
        ("return", "accepted", "returned"),
        ("refuse", "sent", "refused"),
        ("reinstate", "refused", "sent"),
        ("withdraw", "draft", "withdrawn"),
        ("withdraw", "returned", "withdrawn"),
        ("withdraw", "sent", "withdrawn"),
        ("withdraw", "accepted", "withdrawn"),
    },
    "assignment": {
        ("save", "assigned", "started"),
        ("save", "started", "started"),
        ("submit", "assigned", "submitted"),
        ("submit", "started", "submitted"),
        ("reopen", "submitted", "started"),
        ("reopen", "abstained", "started"),
        ("abstain", "assigned", "abstained"),
        ("abstain", "started", "abstained"),
        ("recuse", "assigned", "recused"),
        ("recuse", "started", "recused"),
        ("recuse", "submitted", "recused"),
        ("recuse", "abstained", "recused"),
        ("release", "assigned", "released"),
        ("release", "started", "released"),
        ("release", "submitted", "released"),
        ("assign", "released", "assigned"),
    },
}
MACHINES: dict[str, tuple[Table[Any], type[Labelled]]] = {
    "call": (CALL, CallState),
    "submission": (SUBMISSION, SubmissionState),
    "assignment": (ASSIGNMENT, AssignmentState),
}
EVERYTHING = [
    (name, verb, state) for name, (table, states) in MACHINES.items() for verb, state in product(table, states)
]


@pytest.mark.parametrize(("machine", "verb", "state"), EVERYTHING)
def test_every_verb_from_every_state(machine: str, verb: str, state: Labelled) -> None:
    table = MACHINES[machine][0]
    target = {(v, s): t for v, s, t in ALLOWED[machine]}.get((verb, state))
    if target is None:
        with pytest.raises(Conflict):
            move(table, verb, state)
    else:
        assert move(table, verb, state) == target


def test_every_allowed_move_names_a_verb_and_states_that_exist() -> None:
    tried = {(name, verb, str(state)) for name, verb, state in EVERYTHING}
    assert {(name, v, s) for name, moves in ALLOWED.items() for v, s, _ in moves} - tried == set()


def test_a_refusal_says_what_is_now_and_when_it_would_be_possible() -> None:
    with pytest.raises(Conflict) as error:
        move(SUBMISSION, "accept", SubmissionState.DRAFT)
    assert str(error.value) == "现在是“草稿”，不能“受理”。 只有在“已报送”时才可以；请刷新页面再看。"


def test_a_draft_of_a_call_and_of_a_submission_have_names_of_their_own() -> None:
    assert (CallState.DRAFT.label, SubmissionState.DRAFT.label) == ("筹备中", "草稿")
    with pytest.raises(Conflict, match="现在是“筹备中”，不能“截止征集”"):
        move(CALL, "close", CallState.DRAFT)


def test_the_verbs_in_season() -> None:
    assert possible(SUBMISSION, SubmissionState.SENT) == ["accept", "return", "refuse", "withdraw"]


def test_every_state_and_verb_has_a_name_for_its_reader() -> None:
    for table, states in MACHINES.values():
        assert [state.label for state in states if not state.label] == []
        assert set(table) <= set(VERBS)


SEASONS = {
    "create": {"open"},
    "edit": {"open", "screening", "reviewing"},
    "send": {"open", "screening", "reviewing"},
    "accept": {"open", "screening", "reviewing"},
    "return": {"open", "screening", "reviewing"},
    "refuse": {"open", "screening", "reviewing"},
    "reinstate": {"open", "screening", "reviewing"},
    "withdraw": {"open", "screening", "reviewing", "closed"},
    "assign": {"screening", "reviewing"},
    "release": {"screening", "reviewing"},
    **{verb: {"reviewing"} for verb in ("save", "submit", "abstain", "reopen", "recuse")},
    "declare": {"open", "screening", "reviewing", "closed"},
    "discuss": {"closed"},
    "select": {"closed"},
    "adjust": {"notice"},
}


@pytest.mark.parametrize("verb", SEASONS)
def test_the_states_of_a_call_in_which_a_submission_can_be_acted_on(verb: str) -> None:
    allowed = set()
    for state in CallState:
        try:
            require_season(verb, state)
        except Conflict:
            continue
        allowed.add(str(state))
    assert allowed == SEASONS[verb]


def test_a_verb_out_of_the_calls_season_says_when_it_would_be_possible() -> None:
    with pytest.raises(Conflict) as error:
        require_season("create", CallState.NOTICE)
    assert str(error.value) == "这次征集现在是“公示中”，不能“新建申报”。 只有在“征集中”时才可以。"
