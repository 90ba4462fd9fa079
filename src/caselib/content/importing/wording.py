"""What an import says to the person who ran it, file by file and at the end, in Chinese."""

from collections import Counter

from caselib.content.files import shown
from caselib.content.importing.run import ImportedFile, Outcome
from caselib.content.models import Kind

_DONE = {
    Outcome.CREATED: "导入为",
    Outcome.REPLACED: "替换了",
    Outcome.SAME: "已存在且相同：",
}
_COUNTED = {
    Outcome.CREATED: "导入",
    Outcome.REPLACED: "替换",
    Outcome.SAME: "已存在且相同",
    Outcome.SKIPPED: "跳过",
    Outcome.REFUSED: "拒绝",
}


def describe(file: ImportedFile, kind: Kind) -> str:
    """The answer for one file, in one or more lines."""
    match file.outcome:
        case Outcome.REFUSED:
            told = [f"没有导入。{file.why}", f"    办法：{file.remedy}"]
        case Outcome.SKIPPED:
            told = [f"跳过。{file.why}"]
        case _:
            told = [f"{_DONE[file.outcome]} {kind.folder}/{file.slug}.md", f"    映射：{'；'.join(file.mapped)}"]
            told += [f"    保留：{'、'.join(file.kept)}"] if file.kept else []
            told += [f"    说明：{note}" for note in file.notes]
    return f"{shown(file.path)}：" + _printable("\n".join(told))


def summary(counts: Counter[Outcome], dry_run: bool) -> str:
    """The counts of all outcomes that occurred."""
    parts = "，".join(f"{word} {counts[outcome]} 个" for outcome, word in _COUNTED.items() if counts[outcome])
    end = "（试运行，没有写入任何文件）" if dry_run else ""
    return f"共 {counts.total()} 个文件：{parts}。{end}" if counts else "没有找到 Markdown 文件。"


def _printable(text: str) -> str:
    """``text`` with line feeds, and every other character that cannot be printed as an escape."""
    return "".join(sign if sign.isprintable() or sign == "\n" else ascii(sign)[1:-1] for sign in text)
