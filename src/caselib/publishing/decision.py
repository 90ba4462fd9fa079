"""The decision file (``caselib-decision/1``): everything a selection was made from, so that anyone can make it again.

Reading checks it whole and says every fault with its place; nothing here computes a figure.
"""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, ValidationError

from caselib.canonical import canonical_sha256
from caselib.errors import CaselibError, reason
from caselib.review.faults import said
from caselib.review.rulebook import MOST, Attribute, Criterion, Part, Quota, TieKey
from caselib.review.scoring import Method

FORMAT = "caselib-decision/1"


class Submission(Part):
    """What selection may know of a submission."""

    id: str
    title: str = ""
    region: str = ""
    industry: tuple[str, ...] = ()
    firm_size: str = ""
    submitter: str = ""

    def values(self, attribute: Attribute) -> frozenset[str]:
        """The values that count towards a quota on ``attribute``; empty when the submission states none."""
        found: dict[Attribute, tuple[str, ...]] = {
            "province": (self.region[:2] + "0000",) if self.region else (),
            "industry_letter": tuple(code[:1] for code in self.industry),
            "industry": self.industry,
            "firm_size": (self.firm_size,),
            "submitter": (self.submitter,),
        }
        return frozenset(value for value in found[attribute] if value)


class Score(Part):
    """One expert's score of one criterion; None is a criterion left out, and never zero."""

    submission: str
    expert: str
    criterion: str
    score: float | None = Field(None, strict=True)


class Recusal(Part):
    """An expert who must not count for a submission."""

    submission: str
    expert: str
    reason: str = ""


class Choice(Part):
    """A submission that must be in, or must stay out, and why."""

    submission: str
    reason: str = ""


def _choice(value: Any) -> Any:
    if isinstance(value, str):
        return {"submission": value}
    if isinstance(value, dict) and "id" in value and "submission" not in value:
        return {**value, "submission": value["id"]}
    return value


ChoiceField = Annotated[Choice, BeforeValidator(_choice)]


def _each_once(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """Each submission once, however often the file names it, with the last reason that it gives."""
    found: dict[str, Choice] = {}
    for choice in choices:
        if choice.reason or choice.submission not in found:
            found[choice.submission] = choice
    return tuple(found.values())


Choices = Annotated[tuple[ChoiceField, ...], AfterValidator(_each_once)]


class WrittenCriterion(Criterion):
    """A line of the rubric as a file writes it: a number in quotes is none, here as elsewhere in the file."""

    max: float = Field(gt=0, le=MOST, strict=True)
    weight: float = Field(1.0, ge=0, le=MOST, strict=True)


class WrittenQuota(Quota):
    """A quota as a file writes it: a key that is misspelt, or a count that is no whole number, would mean no rule."""

    model_config = ConfigDict(extra="forbid")

    min: int | None = Field(None, ge=0, le=MOST, strict=True)
    max: int | None = Field(None, ge=0, le=MOST, strict=True)


def _by_id(submissions: tuple[Submission, ...]) -> tuple[Submission, ...]:
    """In the order of their ids: where a line stands in the file must decide nothing, not even a draw."""
    return tuple(sorted(submissions, key=lambda each: each.id))


class Decision(Part):
    """The whole file, checked; ``call`` says for its reader which call it is of."""

    format: Literal["caselib-decision/1"]
    call: Any = None
    size: int = Field(gt=0, le=MOST, strict=True)
    method: Method = "robust"
    tie_rule: tuple[TieKey, ...] = ("calibrated", "raw_mean", "id")
    rubric: tuple[WrittenCriterion, ...]
    submissions: Annotated[tuple[Submission, ...], AfterValidator(_by_id)]
    scores: tuple[Score, ...] = ()
    recusals: tuple[Recusal, ...] = ()
    quotas: tuple[WrittenQuota, ...] = ()
    include: Choices = ()
    exclude: Choices = ()
    selected: tuple[str, ...] | None = None
    ranking: tuple[dict[str, Any], ...] | None = None
    sha256: str | None = None

    def unknown_keys(self) -> Iterator[str]:
        """A note on each key that the file has and the format does not, and so decides nothing."""
        for key in self.model_extra or ():
            near = get_close_matches(key, type(self).model_fields, 1)
            yield f"文件里的“{key}”不是决定文件的键，没有用到" + (f"；可能是 {near[0]}。" if near else "。")


def fingerprint(content: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of everything but ``sha256`` itself.

    Raises:
        ValueError: the content has a number, a character or a depth that JSON in UTF-8 does not have.
    """
    return canonical_sha256({key: value for key, value in content.items() if key != "sha256"}, allow_nan=False)


def load(path: Path) -> Decision:
    """Read and check a decision file.

    Raises:
        CaselibError: it cannot be read, is not such a file, contradicts itself, or its ``sha256`` does not fit.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once)
    except OSError as error:
        raise CaselibError(f"读不了决定文件 {path}：{reason(error)}。", "请检查路径和权限。") from error
    except UnicodeDecodeError as error:
        raise CaselibError(
            f"决定文件 {path} 不是 UTF-8 编码（第 {error.start} 字节）。", "请另存为 UTF-8 后再试。"
        ) from error
    except json.JSONDecodeError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 个字符处读不通"
        raise CaselibError(f"决定文件 {path} 不是合法的 JSON：{where}。", "请从编辑台重新导出。") from error
    except (ValueError, RecursionError) as error:
        raise CaselibError(f"决定文件 {path} 不是合法的 JSON：{error}。", "请从编辑台重新导出。") from error
    decision = parse(content, str(path))
    if decision.sha256 is not None and decision.sha256 != fingerprint(content):
        raise CaselibError(
            f"决定文件 {path} 的内容与其 sha256 不符：记录 {decision.sha256[:12]}…，实为 {fingerprint(content)[:12]}…。",
            "文件在导出后被改动过，请取回原件；如是有意改动，请删去 sha256 一项。",
        )
    return decision


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} 不是 JSON 的数")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"键“{next(key for key in keys if keys.count(key) > 1)}”写了两次")
    return found


def parse(content: Any, source: str = "决定文件") -> Decision:
    """Check already decoded JSON.

    Raises:
        CaselibError: with every fault found, one a line.
    """
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CaselibError(f"{source} 的 format 不是 {FORMAT}。", "请使用编辑台导出的决定文件。")
    try:
        decision = Decision.model_validate(content)
    except ValidationError as error:
        faults = [f"{_place(e['loc'])}：{said(e['type'], e.get('ctx', {}), e['input'])}" for e in error.errors()]
        raise CaselibError(f"{source} 有 {len(faults)} 处格式不对：\n" + "\n".join(faults), "请改正后再试。") from error
    faults = list(_contradictions(decision))
    if faults:
        raise CaselibError(f"{source} 有 {len(faults)} 处前后矛盾：\n" + "\n".join(faults), "请改正后再试。")
    try:
        fingerprint(content)
        decision.model_dump_json()
    except (ValueError, RecursionError) as error:
        raise CaselibError(
            f"{source} 含有 UTF-8 或 JSON 写不出的字符、数或层次，无法计算指纹。", "请从编辑台重新导出。"
        ) from error
    return decision


def _place(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def _contradictions(decision: Decision) -> Iterator[str]:
    yield from (f"{field}：不能为空" for field in ("rubric", "submissions") if not getattr(decision, field))
    yield from _repeated("submissions", [s.id for s in decision.submissions])
    yield from _repeated("rubric", [c.key for c in decision.rubric])
    known = {s.id for s in decision.submissions}
    for field in ("recusals", "include", "exclude"):
        for k, part in enumerate(getattr(decision, field)):
            if part.submission not in known:
                yield f"{field}[{k}]：没有编号为“{part.submission}”的申报"
    for identifier in {c.submission for c in decision.include} & {c.submission for c in decision.exclude}:
        yield f"“{identifier}”既在 include 又在 exclude"
    for k, quota in enumerate(decision.quotas):
        if quota.fault:
            yield f"quotas[{k}]：{quota.fault}"
    yield from _score_faults(decision, known)


def _score_faults(decision: Decision, known: set[str]) -> Iterator[str]:
    maxima = {c.key: c.max for c in decision.rubric}
    seen: set[tuple[str, str, str]] = set()
    for k, score in enumerate(decision.scores):
        place = (score.submission, score.expert, score.criterion)
        if score.submission not in known:
            yield f"scores[{k}]：没有编号为“{score.submission}”的申报"
        if score.criterion not in maxima:
            yield f"scores[{k}]：评分表没有“{score.criterion}”一项"
        elif score.score is not None and not 0 <= score.score <= maxima[score.criterion]:
            yield f"scores[{k}]：{score.score:g} 不在 0 到 {maxima[score.criterion]:g} 之间"
        if place in seen:
            yield f"scores[{k}]：{score.expert} 对 {score.submission} 的“{score.criterion}”重复评分"
        seen.add(place)


def _repeated(field: str, keys: list[str]) -> Iterator[str]:
    for key in sorted({key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else ()):
        yield f"{field}：“{key}”出现多次"
