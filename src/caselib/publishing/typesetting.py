"""The book as files: pandoc makes Word and Typst of its HTML, Typst makes the PDF.

Both work on nothing but what they are given: pandoc in its sandbox, Typst in a folder that holds the text and its
pictures. They run outside the interpreter or let go of it, so a site answers meanwhile.
"""

import base64
import subprocess
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pypandoc
import typst

from caselib.config import shipped
from caselib.content import ContentStore
from caselib.content.files import write_atomically
from caselib.errors import CaselibError, Conflict, Unavailable
from caselib.publishing import manuscript, word
from caselib.publishing.book import Book

SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif SC", "SimSun", "Songti SC")
SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "SimHei", "Microsoft YaHei", "PingFang SC")  # fmt: skip
_SECONDS = 120
_MEMORY = "512m"
_PRINTED = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif"}
"""The pictures that Word and Typst both show."""


def export(book: Book, store: ContentStore, target: Path) -> None:
    """Write the book to ``target``, whole or not at all; its suffix says which of :data:`FORMS` it is.

    Raises:
        Conflict: there is something at ``target``.
        CaselibError: it cannot be typeset, or not be written.
    """
    try:
        if target.exists() or target.is_symlink():
            raise Conflict(f"{target} 已经存在。", "换一个名字，或先删去它；导出不会覆盖已有的文件。")
        data = FORMS[target.suffix.lower().removeprefix(".")](book, store)
        write_atomically(target, data)
    except OSError as error:
        raise CaselibError(f"写不进 {target}（{error.strerror}）。", "检查权限和磁盘空间，或换一个位置。") from None


def pdf(book: Book, store: ContentStore) -> bytes:
    """The book to print; the same cases, program and fonts give the same bytes.

    Raises:
        Unavailable: there is no Chinese font on this machine.
        CaselibError: a text is more than can be typeset.
    """
    serif, sans = fonts()
    with TemporaryDirectory() as place:
        folder = Path(place)

        def picture(path: Path) -> str:
            name = f"{len(list(folder.iterdir()))}{path.suffix.lower()}"
            (folder / name).write_bytes(path.read_bytes())
            return name if _shows(folder, name) else ""

        html = manuscript.write(book, store, "pdf", picture)
        text = _pandoc(html, "typst").decode()
        (folder / "main.typ").write_text(f"{_design()}\n{text}", "utf-8")
        given = {"serif": serif, "sans": sans, "title": book.title, "day": book.day.isoformat()}
        moment = datetime.combine(book.day, time(), UTC)
        try:
            return typst.compile(
                str(folder / "main.typ"), root=str(folder), font_paths=_fonts(), sys_inputs=given, timestamp=moment
            )
        except typst.TypstError as error:
            raise CaselibError(
                f"排版时出错：{error.message}", "请先导出 Word 文件，并把这句话告诉运维人员。"
            ) from error


def docx(book: Book, store: ContentStore) -> bytes:
    """The book to hand on and to edit.

    Raises:
        CaselibError: a text is more than can be typeset.
    """

    def picture(path: Path) -> str:
        with TemporaryDirectory() as place:
            data, name = path.read_bytes(), f"1{path.suffix.lower()}"
            (Path(place) / name).write_bytes(data)
            shown = _shows(Path(place), name)
        return f"data:{_PRINTED[path.suffix.lower()]};base64,{base64.b64encode(data).decode()}" if shown else ""

    return word.finish(_pandoc(manuscript.write(book, store, "word", picture), "docx"), book)


FORMS = {"docx": docx, "pdf": pdf}
"""How each file of the book is made, by the suffix of its name."""


def fonts() -> tuple[str, str]:
    """A Chinese serif for the text and a sans for headings; one stands in for the other.

    Raises:
        Unavailable: there is neither.
    """
    known = set(_fonts().families())
    serif, sans = ([name for name in names if name in known] for names in (SERIF, SANS))
    if not serif and not sans:
        raise Unavailable(
            "这台机器上没有中文字体，排不出 PDF。",
            "请运维人员安装 fonts-noto-cjk（apt-get install fonts-noto-cjk），再重启网站；Word 文件不受影响。",
        )
    return (serif or sans)[0], (sans or serif)[0]


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """What is installed; looking for it takes longer than a book."""
    return typst.Fonts(include_embedded_fonts=False)


def _design() -> str:
    return (shipped("templates") / "book" / "book.typ").read_text("utf-8")


def _shows(folder: Path, name: str) -> bool:
    """Whether Typst can read this picture: one damaged file must not cost the book."""
    if Path(name).suffix not in _PRINTED:
        return False
    try:
        (folder / "probe.typ").write_text(f'#image("{name}")', "utf-8")
        typst.compile(str(folder / "probe.typ"), root=str(folder), ignore_system_fonts=True)
    except typst.TypstError:
        return False
    return True


def _pandoc(html: str, form: str) -> bytes:
    command = [pypandoc.get_pandoc_path(), "+RTS", f"-M{_MEMORY}", "-RTS", "--sandbox", "--wrap=none"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no word from outside in the command
            [*command, "--from=html", f"--to={form}", "--output=-"],
            input=html.encode(), capture_output=True, check=True, timeout=_SECONDS,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise CaselibError("这一批的内容太多或太复杂，排不成书。", "请联系运维人员查看日志。") from error
    return done.stdout
