"""What to say when a round cannot be assigned: which submissions, what blocks them, and what would help.

It explains a failed matching and changes nothing.
"""

from collections.abc import Sequence
from itertools import compress

import numpy as np

from caselib.errors import CaselibError
from caselib.review.matching import Mask, Matching
from caselib.review.roster import Roster

LISTED = 8
"""Names a message lists before it says how many there are."""


class Unassignable(CaselibError):
    """There is no plan; the message names the submissions that lack experts and what blocks them."""

    status = 409


def unassignable(roster: Roster, found: Matching) -> Unassignable:
    """The error for a matching with reviews missing.

    A submission lacks experts by itself (too few without a conflict, or none from outside its panel), or together with
    others whose experts are all at their limit; the second kind is named as one set (Hall's condition).
    """
    short: list[int] = np.flatnonzero(found.missing).tolist()
    said = {i: _lacks_by_itself(roster, i, int(found.missing[i])) for i in short}
    alone = [line for line in said.values() if line]
    together = [i for i, line in said.items() if not line]
    lines = alone[:LISTED]
    blocked = any(_blocked(roster, i) for i, line in said.items() if line)
    remedies = ["解除其中已失效的回避，或增聘没有这些回避关系的评审专家" if blocked else "增聘评审专家"] * bool(alone)
    if len(alone) > LISTED:
        lines.append(f"……另有 {len(alone) - LISTED} 份。")
    if together:
        line, remedy = _crowded(roster, found, together)
        lines.append(line)
        remedies.append(remedy)
    if any("组外" in line for line in lines):
        remedies.append("调整评审组")
    head = f"{len(short)} 份申报配不齐 {roster.rules.reviews} 位评审专家："
    remedy = "可以这样放宽：" + "；".join([*remedies, "减少每份申报的评审数"]) + "。"
    return Unassignable("\n".join([head, *lines]), remedy)


def no_alternate(roster: Roster, row: int, expert: str) -> Unassignable:
    """The error for a submission that nobody can take over from ``expert``."""
    return Unassignable(
        f"{roster.submission_ids[row]} 没有可以接替 {expert} 的评审专家：没有回避的人或已在评审这份申报，或已满额，或会使它缺少组外专家。"
        + _blocked(roster, row),
        "请重新分派（只改动最少的几份），或调高专家的上限、增聘评审专家。",
    )


def names(ids: Sequence[str]) -> str:
    """A list of ids for a sentence, cut where it grows long."""
    return "、".join(ids[:LISTED]) + (f" 等 {len(ids)} 个" if len(ids) > LISTED else "")


def _lacks_by_itself(roster: Roster, row: int, missing: int) -> str:
    """The sentence for a submission that lacks experts whatever the others get; empty if it does not."""
    submission, rules, usable = roster.submission_ids[row], roster.rules, roster.allowed[row] & (roster.capacity > 0)
    outside = int((usable & ~roster.inside[row]).sum())
    if usable.sum() < rules.reviews:
        said = f"{submission}：只有 {usable.sum()} 位专家可评，缺 {missing} 位。"
    elif outside < rules.outside:
        said = f"{submission}：可评的组外专家只有 {outside} 位，须有 {rules.outside} 位。"
    else:
        return ""
    return said + _blocked(roster, row)


def _blocked(roster: Roster, row: int) -> str:
    """The sentence for the experts whom conflicts keep from a submission; empty if there are none."""
    blocking = sorted(
        c for c in roster.conflicts if c.submission == roster.submission_ids[row] and c.person in roster.column
    )
    reasons = [f"{c.person}（{c.reason}）" for c in blocking]
    return f"因回避不能评的：{names(reasons)}。" if reasons else ""


def _crowded(roster: Roster, found: Matching, rows: Sequence[int]) -> tuple[str, str]:
    """The sentence for submissions that have experts enough, were these not at their limits; and what would help."""
    submissions, experts = _rivals(roster, found, rows)
    missing, capacity = int(found.missing[submissions].sum()), int(roster.capacity[experts].sum())
    who, what = list(compress(roster.expert_ids, experts)), list(compress(roster.submission_ids, submissions))
    said = (
        f"{names(what)}：这 {len(what)} 份申报只能由 {names(who)} 这 {len(who)} 位专家来评，"
        f"他们的上限合计 {capacity} 份，还缺 {missing} 份。"
    )
    limited = experts & (roster.capacity < len(roster.submissions))
    raisable = [expert.id for expert in compress(roster.experts, limited) if not expert.former]
    raised = f"把 {names(raisable)} 的上限合计调高 {missing} 份以上，或" if raisable else ""
    return said, raised + "增聘能评这些申报的专家"


def _rivals(roster: Roster, found: Matching, rows: Sequence[int]) -> tuple[Mask, Mask]:
    """Everyone who would have to move for the short submissions: those served by an expert that one of them could use.

    A submission with no room left inside its panel could only use experts from outside it.
    """
    chosen = found.chosen
    tight = (chosen & roster.inside).sum(axis=1) >= roster.rules.reviews - roster.rules.outside
    useful = roster.allowed & ~(roster.inside & tight[:, None])
    reached = np.zeros(len(roster.submissions), dtype=np.bool_)
    reached[rows] = True
    while True:
        experts = useful[reached].any(axis=0)
        grown = reached | chosen[:, experts].any(axis=1)
        if (grown == reached).all():
            return reached, experts
        reached = grown
