"""The book as files: pandoc makes Word and Typst of its HTML, Typst makes the PDF.

Both work on nothing but what they are given: pandoc in its sandbox, Typst in a folder that holds the text and its
pictures. They run in processes of their own, so a site answers meanwhile and keeps its memory.
"""

import base64
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pypandoc
import typst

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.content.files import write_atomically
from caselib.errors import CaselibError, Conflict, Unavailable, reason
from caselib.publishing import manuscript, word
from caselib.publishing.book import Book
from caselib.publishing.pictures import MOST_PIXELS, pixels

log = logging.getLogger(__name__)

SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif SC", "SimSun", "Songti SC")
SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "SimHei", "Microsoft YaHei", "PingFang SC")  # fmt: skip
_SECONDS = 120
_MEMORY = "512m"
_UNUSUAL = re.compile(r"[^\x00-\u00ff\u2010-\u2027\u3000-\u303f\u4e00-\u9fa5\uff00-\uff5e\s]")
"""What a Chinese font may lack."""
_NO_CELL = re.compile(r"(?P<code>(?:^ *|\[)(`{3,})[^\n\"]*\n.*?^ *\2$)|^ +,\n", re.MULTILINE | re.DOTALL)
"""How pandoc writes a row all of which belongs to cells from above; Typst takes no mere comma. In code it is a line."""
_PRINTED = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
"""The pictures that Word and Typst both show."""


def export(book: Book, store: ContentStore, target: Path) -> None:
    """Write the book to ``target``, whole or not at all; its suffix says which of :data:`FORMS` it is.

    Raises:
        KeyError: the suffix is that of none of them.
        Conflict: there is something at ``target``.
        CaselibError: it cannot be typeset, or not be written.
    """
    try:
        if target.exists() or target.is_symlink():
            raise Conflict(f"{target} 已经存在。", "换一个名字，或先删去它；导出不会覆盖已有的文件。")
        write_atomically(target, typeset(book, store, target.suffix.lower().removeprefix(".")))
    except OSError as error:
        raise CaselibError(f"写不进 {target}（{reason(error)}）。", "检查权限和磁盘空间，或换一个位置。") from None


def typeset(book: Book, store: ContentStore, form: str) -> bytes:
    """The book as one of :data:`FORMS`.

    Raises:
        KeyError: ``form`` is none of them.
        Unavailable, CaselibError: it cannot be typeset here, or not at all.
    """
    make = FORMS[form]
    try:
        return make(book, store)
    except OSError as error:
        log.exception("the book of batch %s", book.number)
        raise CaselibError(
            f"排版要用的文件读写不了（{reason(error)}），没有排成书。",
            "请运维人员检查临时文件夹的权限和空间；原因写在日志里。",
        ) from error


def pdf(book: Book, store: ContentStore) -> bytes:
    """The book to print; the same cases, program and fonts give the same bytes.

    Raises:
        Unavailable: there is no Chinese font on this machine.
        CaselibError: a text is more than can be typeset.
    """
    with TemporaryDirectory() as place:
        moment = datetime.combine(book.day, time(), UTC).isoformat()
        given = compose(book, store, Path(place))
        return _press("set", root=place, inputs=given, moment=moment)


def compose(book: Book, store: ContentStore, folder: Path) -> dict[str, str]:
    """Put ``main.typ`` and its pictures into ``folder``; what Typst is told besides.

    Raises:
        Unavailable, CaselibError: as for :func:`pdf`.
    """
    serif, sans = faces(fonts().families())
    texts = manuscript.rendered(book)
    pictures = _pictures(book, store, texts, folder)
    text = manuscript.write(book, store, texts, "pdf", lambda *picture: pictures.get(picture, ""))
    html = _without_boxes(text, serif, folder)
    body = _NO_CELL.sub(lambda found: found["code"] or "", _pandoc(html, "typst").decode())
    (folder / "main.typ").write_text(f"{_design()}\n{body}", "utf-8")
    alts = json.dumps({name: alt or None for (_, alt), name in pictures.items()})
    told = {"title": book.title, "issuer": book.issuer, "day": book.day.isoformat()}
    return {"serif": serif, "sans": sans, "alts": alts, **told}


def docx(book: Book, store: ContentStore) -> bytes:
    """The book to hand on and to edit.

    Raises:
        CaselibError: a text is more than can be typeset.
    """
    with TemporaryDirectory() as place:
        texts = manuscript.rendered(book)
        shown = _pictures(book, store, texts, Path(place))

        def picture(path: Path, alt: str) -> str:
            if (path, alt) not in shown:
                return ""
            data = (Path(place) / shown[path, alt]).read_bytes()
            return f"data:{_PRINTED[path.suffix.lower()]};base64,{base64.b64encode(data).decode()}"

        html = manuscript.write(book, store, texts, "word", picture)
    return word.finish(_pandoc(html, "docx"), book)


FORMS = {"docx": docx, "pdf": pdf}
"""How each file of the book is made, by the suffix of its name."""


def faces(families: Iterable[str]) -> tuple[str, str]:
    """Of the fonts of a machine, a Chinese serif for the text and a sans for headings; one stands in for the other.

    Raises:
        Unavailable: there is neither.
    """
    known = set(families)
    serif, sans = ([name for name in names if name in known] for names in (SERIF, SANS))
    if not serif and not sans:
        raise Unavailable(
            "这台机器上没有中文字体，排不出 PDF。",
            "请运维人员安装 fonts-noto-cjk（apt-get install fonts-noto-cjk），再重启网站；Word 文件不受影响。",
        )
    return (serif or sans)[0], (sans or serif)[0]


@lru_cache(maxsize=1)
def fonts() -> typst.Fonts:
    """What is installed, found once: to look for it takes as long as a book."""
    return typst.Fonts(include_embedded_fonts=False)


def _design() -> str:
    return (shipped("templates") / "book" / "book.typ").read_text("utf-8")


def _without_boxes(html: str, font: str, folder: Path) -> str:
    """The text with 〓, as printers have it, for each character that no font here has, and a line that says so."""
    unusual = sorted(set(_UNUSUAL.findall(html)))
    lacking = json.loads(_press("characters", root=str(folder), characters=unusual, font=font)) if unusual else []
    if not lacking:
        return html
    codes = "、".join(f"U+{ord(each):04X}" for each in lacking)
    said = f'<div id="lacking"><p>排版所用的机器没有下列各字的字体，本文件中以“〓”代替：{codes}。</p></div>'
    return html.translate({ord(each): "〓" for each in lacking}).replace("<!-- lacking -->", said)


def _pictures(book: Book, store: ContentStore, texts: Mapping[str, str], folder: Path) -> dict[tuple[Path, str], str]:
    """The pictures that can be printed, each with its words, and how their copies in ``folder`` are called."""
    copies: dict[tuple[Path, str], str] = {}

    def copy(path: Path, alt: str) -> str:
        if (path, alt) not in copies and _printable(path):
            copies[path, alt] = name = f"{len(copies) + 1}{path.suffix.lower()}"
            (folder / name).write_bytes(path.read_bytes())
        return ""

    manuscript.write(book, store, texts, "pdf", copy)
    sound = _sound(folder, [*copies.values()])
    return {picture: name for picture, name in copies.items() if name in sound}


def _printable(path: Path) -> bool:
    return path.suffix.lower() in _PRINTED and 0 < (pixels(path.read_bytes()) or 0) <= MOST_PIXELS


def _sound(folder: Path, names: list[str]) -> list[str]:
    """Those that Typst can read; one that it dies of is found by halves.

    Raises:
        CaselibError: it does not run even without a picture.
    """
    if not names:
        return []
    try:
        found: list[str] = json.loads(_press("pictures", root=str(folder), names=names))
    except CaselibError:
        _press("pictures", root=str(folder), names=[])
        half = len(names) // 2
        return [*_sound(folder, names[:half]), *_sound(folder, names[half:])] if half else []
    return found


def _press(verb: str, **order: object) -> bytes:
    return _run([sys.executable, "-P", "-m", "caselib.publishing.press", verb], json.dumps(order))


def _pandoc(html: str, form: str) -> bytes:
    limited = [pypandoc.get_pandoc_path(), "+RTS", f"-M{_MEMORY}", "-RTS", "--sandbox", "--wrap=none"]
    return _run([*limited, "--from=html", f"--to={form}", "--output=-"], html)


def _run(command: list[str], text: str) -> bytes:
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603 - no shell, and no word from outside in the command
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        log.exception("%s: %s", command[0], (error.stderr or b"").decode(errors="replace"))
        raise CaselibError("这一批的内容太多或太复杂，排不成书。", "请运维人员查看日志；原因写在里面。") from error
    return done.stdout
