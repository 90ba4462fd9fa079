"""Every action that the code writes into the history has a word for its reader."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from caselib.publishing.wording import ACTIONS, KINDS, action_name, kind_name
from caselib.review.actions.screening import Verb

SOURCE = Path(__file__).parents[2] / "src" / "caselib"
WRITERS = ("note", "change", "_note", "_note_change", "_write", "keep")
"""Functions that write an event and take a session, an actor, the verb and the row."""
PASSED_ON = {
    ("people/actions.py", "action"),  # by _note_change, to _note
    ("publishing/actions/selections.py", "action"),  # by keep
    ("review/actions/reviews.py", "verb"),  # by _write
    ("review/actions/screening.py", "verb"),  # one of Verb
    ("review/events.py", "action"),  # by change, to note
}
"""Where a name stands instead of a verb."""


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the source, with its file."""
    for path in sorted(SOURCE.rglob("*.py")):
        found = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        yield from ((path.relative_to(SOURCE).as_posix(), call) for call in found)


def written() -> tuple[set[str], set[tuple[str, str]]]:
    """The actions that stand in the source, and where a name stands instead of a verb; a row is named for its kind."""
    actions = {
        str(each.value.value)
        for _, call in calls()
        if name_of(call.func) == "record"
        for each in call.keywords
        if each.arg == "action" and isinstance(each.value, ast.Constant)
    }
    passed_on = set()
    for file, call in calls():
        if name_of(call.func) in WRITERS and [name_of(each) for each in call.args[:1]] == ["session"]:
            verb, kind = call.args[2], "selection" if name_of(call.func) == "keep" else name_of(call.args[3])
            if isinstance(verb, ast.Constant):
                actions.add(f"{kind}.{verb.value}")
            else:
                passed_on.add((file, name_of(verb)))
    return actions, passed_on


def test_every_action_that_the_code_can_write_has_a_word_and_no_other() -> None:
    actions, passed_on = written()
    assert passed_on == PASSED_ON
    assert actions | {f"submission.{verb}" for verb in get_args(Verb)} == set(ACTIONS)
    assert {action.partition(".")[0] for action in ACTIONS} == set(KINDS)


def test_an_action_is_named_whole_and_one_that_is_unknown_by_its_code() -> None:
    actions = ("call.close", "call.reopen", "assignment.reopen", "objection.close", "notice.announce", "panel.close")
    named = [action_name(action) for action in actions]
    assert named == ["截止征集", "重新征集", "重新打开", "结案", "开始公示", "panel.close"]
    assert [kind_name(action) for action in ("synonym.add", "panel.close")] == ["同义词", ""]
