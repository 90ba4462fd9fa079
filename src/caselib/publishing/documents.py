"""The files of a batch: every selected case with its front matter, and the batch's own page with the notice.

Texts and bytes only; where they go, and when they can be seen, is the business of ``release``.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from caselib.content import ContentStore, Kind, compose_file
from caselib.content.documents import read
from caselib.content.models import Metric
from caselib.errors import CaselibError, Conflict
from caselib.publishing.models import Notice
from caselib.review.calendar import written
from caselib.review.models import Call, Revision, Submission

KEYS = (
    "title", "industry", "region", "year", "batch", "firm", "firm_size", "certifier", "submitter", "problems", "measures",
    "effects", "metrics", "guides", "summary", "source", "published", "sample",
)  # fmt: skip
"""What of a submission's front matter is published, in the order of the file; anything else stays in the database."""
PROGRAMME = "小微企业质量管理体系认证提升行动"
_DIGITS = " 一二三四五六七八九"


@dataclass(frozen=True)
class NoticeRun:
    """How one public notice of the call went.

    Attributes:
        ends: its last day, or the one on which it was retracted.
        planned: the last day that was announced first.
        filed: how many objections were filed under it, and ``upheld`` how many of them.
        withdrawn: how many cases their submitters took out of it.
    """

    starts: date
    ends: date
    planned: date
    filed: int = 0
    upheld: int = 0
    withdrawn: int = 0


@dataclass(frozen=True)
class BatchText:
    """Everything a batch's files are made of.

    Attributes:
        cases: what was selected, in the order of rank, each with the text that counts.
        sent: how many submissions the call got.
        runs: every notice that the public could read, this one last.
    """

    call: Call
    notice: Notice
    cases: Sequence[tuple[Submission, Revision]]
    day: date
    sent: int
    runs: Sequence[NoticeRun]
    taken: Collection[str] = field(default=frozenset())
    """Slugs that cannot be used though no file has them: those of withdrawn cases."""


def batch_name(number: int) -> str:
    """第三批; from a hundred on in Arabic figures."""
    if not 0 < number < 100:
        return f"第{number}批"
    tens, units = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return f"第{head}{_DIGITS[units].strip()}批"


def compose(text: BatchText, store: ContentStore) -> dict[str, bytes]:
    """Path under the content root → bytes; the cases in their order, the batch's page last.

    Raises:
        Conflict: the library has a page of this batch already.
        CaselibError: what is wrong with the texts, everything at once.
    """
    number = text.call.batch
    if (store.folder(Kind.BATCH) / f"{number}.md").exists():
        raise Conflict(f"案例库里已有{batch_name(number)}（batches/{number}.md）。", "请核对批次号，或先移走那个文件。")
    guides = {slug for _, slug in store.scan(Kind.GUIDE)}
    files: dict[str, bytes] = {}
    faults: list[str] = []
    for submission, revision in text.cases:
        slug = free_slug(str(submission.number), store, text.taken)
        front = _front(revision.front, text, guides)
        data, found = _file(Kind.CASE, slug, front, revision.body, store)
        files[f"{Kind.CASE.folder}/{slug}.md"] = data
        faults += [f"{submission.number}：{said}" for said in found]
    data, found = _file(Kind.BATCH, str(number), *_page(text), store)
    files[f"{Kind.BATCH.folder}/{number}.md"] = data
    faults += found
    if faults:
        raise CaselibError(
            f"有 {len(faults)} 处不合案例库的要求，没有发布：\n" + "\n".join(faults),
            "请联系报送单位更正，或请运维人员协助。",
        )
    return files


def free_slug(number: str, store: ContentStore, taken: Collection[str] = ()) -> str:
    """A case's address: the number of its submission, which nobody has to guess the reading of, and which never moves."""
    slug, place = number.lower(), 1
    while slug in taken or (store.folder(Kind.CASE) / f"{slug}.md").exists():
        place += 1
        slug = f"{number.lower()}-{place}"
    return slug


def slug_among(slugs: Iterable[str], number: str) -> str:
    """The one of ``slugs`` that :func:`free_slug` gave the case ``number``; empty if there is none."""
    first = number.lower()
    return next((slug for slug in slugs if slug == first or slug.startswith(f"{first}-")), "")


def _front(front: Mapping[str, Any], text: BatchText, guides: Collection[str]) -> dict[str, Any]:
    values = {**front, "batch": text.call.batch, "published": text.day}
    values["guides"] = [slug for slug in front.get("guides") or [] if slug in guides]
    values["metrics"] = [_metric(metric) for metric in front.get("metrics") or []]
    return {key: values[key] for key in KEYS if values.get(key) not in (None, "", [], False)}


def _metric(metric: Mapping[str, Any]) -> dict[str, Any]:
    return {key: metric[key] for key in Metric.model_fields if metric.get(key) not in (None, "")}


def _file(kind: Kind, slug: str, front: Mapping[str, Any], body: str, store: ContentStore) -> tuple[bytes, list[str]]:
    """The bytes of a file, and what is wrong with them."""
    try:
        data = compose_file(front, f"\n{body}")
    except CaselibError:
        return b"", ["各栏内容合起来太长，或量化指标太多，写不成文件。"]
    found = read(kind, slug, Path(f"{slug}.md"), data, store.taxonomy)
    return data, [each.message for each in found.faults if each.level == "error"]


def _page(text: BatchText) -> tuple[dict[str, Any], str]:
    """Front matter and body of the batch's own page."""
    call, count = text.call, len(text.cases)
    name = batch_name(call.batch)
    front: dict[str, Any] = {
        "title": f"{name}{PROGRAMME}优良案例",
        "year": call.year,
        "published": text.day,
        "submitted": text.sent,
        "selected": count,
        "summary": f"{call.year}年度共收到申报{text.sent}份，经形式审查、专家评审和公示，{count}篇作为{name}优良案例发布。",
        "sample": all(revision.front.get("sample") is True for _, revision in text.cases) or None,
    }
    paragraphs = [
        "各有关单位、各小微企业：",
        f"“{call.title}”共收到申报{text.sent}份。经形式审查、专家评审和公示，{count}篇入选，"
        f"现作为{name}优良案例发布，供小微企业学习借鉴。",
        _notice_run(text),
        "## 公示原文",
        text.notice.text,
    ]
    return front, "\n\n".join(paragraphs) + "\n"


def _notice_run(text: BatchText) -> str:
    """How the list was under notice, for the batch's page."""
    *retracted, last = text.runs
    said = [
        f"名单曾自{written(run.starts)}起公示，{written(run.ends)}撤回后重新公示；撤回的公示{_objections(run, '有关案例不再入选')}"
        + (f"；期间报送单位撤回{run.withdrawn}篇。" if run.withdrawn else "。")
        for run in retracted
    ]
    said.append(f"入选名单自{written(last.starts)}至{written(last.ends)}公示，{_objections(last, '名单已作调整')}。")
    if last.withdrawn:
        said.append(f"公示期间报送单位撤回{last.withdrawn}篇，名单已作调整。")
    if last.ends != last.planned:
        said.append(f"公示期原定至{written(last.planned)}，因名单调整延长至{written(last.ends)}。")
    return "".join(said)


def _objections(run: NoticeRun, then: str) -> str:
    """The objections of the notice, and what came of those upheld."""
    said = f"共收到异议{run.filed}条，均已答复并结案" if run.filed else "期间没有收到异议"
    return said + (f"，其中{run.upheld}条成立，{then}" if run.upheld else "")
