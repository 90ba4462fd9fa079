"""The decision file of a call, from its database: submissions by their numbers, experts under pseudonyms.

A pseudonym (``e01``) is a place in the order of a keyed hash, so the file does not tell who it is, not even to one who
knows every expert. Only submitted reviews of the text that counts are in it. Nothing here is written.
"""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from caselib.db import key_of
from caselib.errors import CaselibError, Conflict
from caselib.publishing import queries
from caselib.publishing.decision import FORMAT, Decision, fingerprint, parse
from caselib.publishing.models import Selection
from caselib.publishing.outcome import Outcome, decide, mandate_of, picked, totals
from caselib.publishing.selection import Infeasible, together
from caselib.review.models import Assignment, Call, CriterionScore, Discussion, Submission
from caselib.review.queries import sent_digests, submissions_in
from caselib.review.rules import clean_reason, is_counted
from caselib.review.scoring import METHODS, Method
from caselib.review.states import AssignmentState, SubmissionState

STAYS = "已经公示，调整名单时保留"
"""Why a case must be in that an adjustment of its notice would lose."""
RESULTS = ("selected", "ranking", "sha256")
Content = dict[str, Any]


@dataclass(frozen=True)
class Draft:
    """A decision file without its results, and the submissions' ids by the numbers in it."""

    content: Content
    submissions: dict[str, int]


class Flip(NamedTuple):
    """What another method would pick: ``into`` come in and ``out`` fall out, by number; ``fault`` if it cannot pick."""

    method: Method
    into: tuple[str, ...]
    out: tuple[str, ...]
    fault: Infeasible | None = None


def draft(
    session: Session,
    call: Call,
    *,
    key: str,
    include: Mapping[str, str] | None = None,
    exclude: Mapping[str, str] | None = None,
) -> Draft:
    """What the call's batch would be picked from now. Six statements, however many there are.

    Args:
        key: secret of the site, which orders the pseudonyms.
        include: numbers of submissions that must be in, with the reason; what a panel discussion said is added.
        exclude: likewise for those that must stay out; those with an upheld objection always do.

    Raises:
        CaselibError: there is nothing to pick from, a choice has no reason, or names no submission of the round.
        Conflict: a choice goes against a panel discussion or an upheld objection.
    """
    submissions = submissions_in(session, call, SubmissionState.ACCEPTED)
    if not submissions:
        raise CaselibError("没有已受理的申报，无从遴选。", "请先完成形式审查和评审。")
    names = {key_of(each): str(each.number) for each in submissions}
    chosen = _choices(session, call, names, include or {}, exclude or {})
    rules = call.rulebook
    scores, recusals = _reviews(session, call, names, key)
    content = {
        "format": FORMAT,
        "call": {"year": call.year, "title": call.title, "batch": call.batch, "rules_digest": call.rules_digest},
        "size": rules.size,
        "method": rules.method,
        "tie_rule": list(rules.tie_rule),
        "rubric": [{"key": c.key, "name": c.name, "max": c.max, "weight": c.weight} for c in rules.rubric],
        "submissions": [_described(each) for each in submissions],
        "scores": scores,
        "recusals": recusals,
        "quotas": [quota.model_dump(mode="json", exclude_none=True) for quota in rules.quotas],
        **chosen,
    }
    return Draft(content, {name: number for number, name in names.items()})


def chosen_by_hand(session: Session, call: Call, selection: Selection) -> dict[str, dict[str, str]]:
    """``include`` and ``exclude`` of a recorded pick, as :func:`draft` takes them; three statements.

    What a draft adds by itself is left out, and what can be chosen no more: it left the round, is barred, or the newest
    panel discussion came to the opposite.
    """
    barred = queries.upheld(session, call)
    left = {key_of(each) for each in submissions_in(session, call, SubmissionState.ACCEPTED)} - barred.keys()
    said = session.exec(_discussed(left)).all()
    added = {(each.submission_id, _of_panel(each)) for each in said}
    newest = {each.submission_id: each.outcome for each in said}
    ids = selection.submissions
    return {
        side: {
            each["submission"]: each["reason"]
            for each in selection.decision[side]
            if (number := ids[each["submission"]]) in left
            and each["reason"] != STAYS
            and (number, each["reason"]) not in added
            and newest.get(number) != other
        }
        for side, other in (("include", "exclude"), ("exclude", "include"))
    }


def decided(content: Content) -> tuple[Content, Outcome]:
    """The file with its results and fingerprint, and the outcome they come from.

    Raises:
        Infeasible: the quotas collide.
        CaselibError: the content contradicts itself or has nothing to rank.
    """
    bare = _bare(content)
    outcome = outcome_of(bare)
    whole = {**bare, "selected": list(outcome.selected), "ranking": outcome.as_json()["ranking"]}
    return {**whole, "sha256": fingerprint(whole)}, outcome


def outcome_of(content: Content) -> Outcome:
    """What is picked from the file, whatever results it has; the same file is not computed twice in a row.

    Raises:
        Infeasible: the quotas collide.
        CaselibError: the content contradicts itself or has nothing to rank.
    """
    _, outcome = _decided(json.dumps(_bare(content), ensure_ascii=False))
    return outcome


@lru_cache(maxsize=8)
def _decided(text: str) -> tuple[Decision, Outcome]:
    decision = parse(json.loads(text))
    return decision, decide(decision)


def _bare(content: Content) -> Content:
    return {key: value for key, value in content.items() if key not in RESULTS}


def without(content: Content, number: str, reason: str) -> Content:
    """The same decision to be made again, with ``number`` kept out; its other choices stay."""
    kept = [each for each in content["include"] if each["submission"] != number]
    out = [each for each in content["exclude"] if each["submission"] != number]
    return {**_bare(content), "include": kept, "exclude": [*out, {"submission": number, "reason": reason}]}


def keeping(content: Content, numbers: Iterable[str]) -> Content:
    """The same decision to be made again, with ``numbers`` kept in, in place of those that an earlier adjustment kept."""
    own = [each for each in content["include"] if each["reason"] != STAYS]
    stated = {each["submission"] for each in own}
    stays = [{"submission": number, "reason": STAYS} for number in numbers if number not in stated]
    return {**_bare(content), "include": [*own, *stays]}


def keeping_most(content: Content, numbers: Iterable[str]) -> Content:
    """The same with each of ``numbers`` kept in that can be in together with those kept before it."""
    return keeping(content, together(mandate_of(parse(_bare(content))), numbers))


def what_if(content: Content) -> list[Flip]:
    """Which submissions flip under each of the other methods, everything else being as it is; kept as outcomes are."""
    return list(_flips(json.dumps(_bare(content), ensure_ascii=False)))


@lru_cache(maxsize=8)
def _flips(text: str) -> tuple[Flip, ...]:
    decision, outcome = _decided(text)
    now, counted = set(outcome.selected), totals(decision)
    flips = []
    for method in METHODS:
        if method == decision.method:
            continue
        try:
            other = set(picked(decision, method, counted))
        except Infeasible as error:
            flips.append(Flip(method, (), (), error))
            continue
        flips.append(Flip(method, tuple(sorted(other - now)), tuple(sorted(now - other))))
    return tuple(flips)


def _described(submission: Submission) -> Content:
    return {
        "id": submission.number,
        "title": submission.title,
        "region": submission.region,
        "industry": list(submission.industry),
        "firm_size": submission.firm_size,
        "submitter": submission.submitter,
    }


def _choices(
    session: Session, call: Call, names: Mapping[int, str], include: Mapping[str, str], exclude: Mapping[str, str]
) -> Content:
    """``include`` and ``exclude`` of the file: upheld objections, what panels came to, and what the editor adds."""
    barred = queries.upheld(session, call)
    out = {name: barred[number] for number, name in names.items() if number in barred}
    panel: dict[str, dict[str, str]] = {"include": {}, "exclude": {}, "stand": {}}
    for submission_id, discussion in _discussions(session, names.keys() - barred.keys()).items():
        panel[discussion.outcome][names[submission_id]] = _of_panel(discussion)
    for number in {*include, *exclude}:
        if number not in names.values():
            raise CaselibError(f"没有编号为“{number}”的已受理申报。", "请检查编号，例如 2022-38174。")
    if both := include.keys() & exclude.keys():
        raise CaselibError(f"{'、'.join(sorted(both))} 既写在必须入选里，又写在不得入选里。", "请只留一处。")
    if vain := include.keys() & out.keys():
        raise Conflict(f"对 {'、'.join(sorted(vain))} 的异议已经成立，不能再入选。", "请从“必须入选”中去掉。")
    against = (include.keys() & panel["exclude"].keys()) | (exclude.keys() & panel["include"].keys())
    if against:
        raise Conflict(f"{'、'.join(sorted(against))} 的合议结果与您的决定相反。", "请先重新合议，再来遴选。")
    chosen = {
        "include": {**panel["include"], **_reasoned("必须入选", include)},
        "exclude": {**panel["exclude"], **_reasoned("不得入选", exclude), **out},
    }
    return {
        side: [{"submission": number, "reason": reason} for number, reason in sorted(those.items())]
        for side, those in chosen.items()
    }


def _of_panel(discussion: Discussion) -> str:
    return f"合议：{discussion.reason}"


def _reasoned(side: str, choices: Mapping[str, str]) -> dict[str, str]:
    if bare := "、".join(number for number, reason in choices.items() if not reason.strip()):
        raise CaselibError(f"{side}的 {bare} 后面没有写原因。", "请在编号后面空一格写明原因，它会写进决定文件。")
    return {number: clean_reason(reason) for number, reason in choices.items()}


def _discussions(session: Session, submissions: Collection[int]) -> dict[int, Discussion]:
    """The newest panel discussion of each submission; one statement."""
    return {discussion.submission_id: discussion for discussion in session.exec(_discussed(submissions))}


def _discussed(submissions: Collection[int]) -> SelectOfScalar[Discussion]:
    """Every panel discussion of theirs, oldest first."""
    return select(Discussion).where(col(Discussion.submission_id).in_(submissions)).order_by(col(Discussion.id))


def pseudonyms(session: Session, call: Call, *, key: str) -> dict[int, str]:
    """Experts' account numbers → their names in a decision file made now; two statements."""
    names = {key_of(each) for each in submissions_in(session, call, SubmissionState.ACCEPTED)}
    told = _told(session, call, names)
    return _pseudonyms(key, key_of(call), {each.expert_id for each in told.values()})


def _told(session: Session, call: Call, submissions: Collection[int]) -> dict[int, Assignment]:
    """The assignments that a decision file tells of: submitted or recused; one statement."""
    states = (AssignmentState.SUBMITTED, AssignmentState.RECUSED)
    found = session.exec(select(Assignment).where(Assignment.call_id == call.id, col(Assignment.state).in_(states)))
    return {key_of(each): each for each in found if each.submission_id in submissions}


def _reviews(session: Session, call: Call, names: Mapping[int, str], key: str) -> tuple[list[Content], list[Content]]:
    """Scores and recusals, both in an order that tells nothing of who or when; three statements."""
    assignments = _told(session, call, names)
    alias = _pseudonyms(key, key_of(call), {each.expert_id for each in assignments.values()})
    digests = sent_digests(session, call)
    counted = {number: each for number, each in assignments.items() if is_counted(each, digests[each.submission_id])}
    rows = session.exec(
        select(CriterionScore.assignment_id, CriterionScore.criterion, CriterionScore.score)
        .join(Assignment, col(Assignment.id) == CriterionScore.assignment_id)
        .where(Assignment.call_id == call.id, col(CriterionScore.score).is_not(None))
    )
    scores = [
        {
            "submission": names[counted[assignment].submission_id],
            "expert": alias[counted[assignment].expert_id],
            "criterion": criterion,
            "score": score,
        }
        for assignment, criterion, score in rows
        if assignment in counted
    ]
    recusals = [
        {"submission": names[each.submission_id], "expert": alias[each.expert_id], "reason": "回避"}
        for each in assignments.values()
        if each.state == AssignmentState.RECUSED
    ]
    return sorted(scores, key=_place), sorted(recusals, key=_place)


def _place(row: Content) -> tuple[str, ...]:
    return row["submission"], row["expert"], row.get("criterion", "")


def _pseudonyms(key: str, call_id: int, experts: Iterable[int]) -> dict[int, str]:
    def hashed(expert: int) -> bytes:
        return hmac.new(key.encode(), f"decision {call_id} {expert}".encode(), hashlib.sha256).digest()

    ordered = sorted(experts, key=hashed)
    width = max(2, len(str(len(ordered))))
    return {expert: f"e{place:0{width}d}" for place, expert in enumerate(ordered, start=1)}
