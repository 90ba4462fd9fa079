"""What a file says that is allowed and hardly meant: each a warning, none a reason to keep the file from its readers.

Nothing here opens files or knows other files; whether a day lies ahead is for ``check``, which looks again every time.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from caselib.content.documents import Document
from caselib.content.frontmatter import KeyLines
from caselib.content.models import CaseMeta, Kind, Metric
from caselib.content.report import Fault


def advice(document: Document, lines: KeyLines, body_line: int, place: str) -> Iterator[Fault]:
    """The warnings about one document that can be read."""
    at = Fault(place, 1, "warning", "", "")
    if "\n" in document.meta.title:
        yield replace(at, line=lines("title"), message="title 里有换行。", remedy="写成一行。")
    yield from _repeated(document, lines, at)
    for index, metric in enumerate(document.meta.metrics if isinstance(document.meta, CaseMeta) else ()):
        if _contradicts(metric):
            said = f"metrics 里“{metric.name}”的 change（{metric.change:g}）与 before、after 不符，页面按 before、after 显示。"
            yield replace(at, line=lines("metrics", index), message=said, remedy="核对三个数，或删去 change。")
    if document.kind is not Kind.BATCH and not document.body.strip():
        yield replace(at, line=body_line, message="没有正文。", remedy="在文件头后面写上正文。")


def _repeated(document: Document, lines: KeyLines, at: Fault) -> Iterator[Fault]:
    for key in type(document.meta).model_fields:
        values = getattr(document.meta, key)
        counts = Counter(value for value in values if isinstance(value, str)) if isinstance(values, list) else Counter()
        for value, count in counts.items():
            if count > 1:
                said = f"{key} 里“{value}”写了不止一次。"
                yield replace(at, line=lines(key), message=said, remedy="留下一个，删去其余的。")


def _contradicts(metric: Metric) -> bool:
    """Whether the change is neither the difference nor the share of what was before, as far as people round."""
    if metric.change is None or metric.before is None or metric.after is None:
        return False
    difference = metric.after - metric.before
    share = 100 * difference / abs(metric.before) if metric.before else difference
    return all(abs(metric.change - figure) > 0.06 + abs(figure) / 100 for figure in (difference, share))
