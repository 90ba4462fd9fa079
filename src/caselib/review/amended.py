"""What an amendment of a call's rules changed, in its reader's words. It decides nothing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from caselib.review.rulebook import RULE_NAMES, TIE_NAMES, USUAL_RUBRIC, Called, Criterion, Quota, Rulebook
from caselib.review.scoring import NAMES


class RuleChange(NamedTuple):
    """One rule with what it was and what it became."""

    name: str
    before: str
    after: str


def changed_rules(before: Mapping[str, Any], after: Mapping[str, Any], called: Called = str) -> list[RuleChange]:
    """Every rule that differs, of rules whole or as an event keeps them; of a list only the items that do."""
    old, new = (Rulebook.model_validate({"rubric": USUAL_RUBRIC, **rules}) for rules in (before, after))
    pairs = [(name, getattr(old, key), getattr(new, key)) for key, name in RULE_NAMES.items()]
    return [
        RuleChange(name, _words(was, is_, called), _words(is_, was, called)) for name, was, is_ in pairs if was != is_
    ]


def _words(value: Any, other: Any, called: Called) -> str:
    if isinstance(value, bool):
        return "需要" if value else "不需要"
    if not isinstance(value, tuple):
        return NAMES.get(value, str(value))
    if set(value) == set(other) or all(item in TIE_NAMES for item in (*value, *other)):
        items = value  # their order is what differs, or is what they are about
    else:
        items = tuple(item for item in value if item not in other)
    return "；".join(_item(item, called) for item in items) or "（没有）"


def _item(item: Any, called: Called) -> str:
    if isinstance(item, Quota):
        return item.described(called)
    if not isinstance(item, Criterion):
        return TIE_NAMES.get(item, str(item))
    levels = "，".join(f"{level.at:g} 分起：{level.meaning}" for level in item.levels)
    return f"{item.name or item.key}（满分 {item.max:g}，权重 {item.weight:g}{'，' if levels else ''}{levels}）"
