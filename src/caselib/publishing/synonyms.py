"""Adding a word to a group of synonyms: one line of ``taxonomy/synonyms.yml`` changes, and an event says who did it."""

import re
from pathlib import Path

from sqlalchemy import event
from sqlmodel import Session

from caselib import journal
from caselib.config import shipped
from caselib.content import ContentStore
from caselib.content.files import write_atomically
from caselib.content.taxonomy import Taxonomy
from caselib.errors import CaselibError, Conflict
from caselib.people import Actor
from caselib.review.rules import require_editor

LONGEST = 30
_PLAIN = re.compile(r"[\w/.+#%][\w /.+#%-]*")


def add_synonym(*, session: Session, actor: Actor, store: ContentStore, word: str, of: str) -> None:
    """Make ``word`` mean the same as ``of``. Whatever undoes the transaction of the event puts the old file back.

    Raises:
        Forbidden: the actor is no editor.
        CaselibError: the word cannot be a synonym, or the file is not written one group a line.
        Conflict: the word already means something.
    """
    require_editor(actor)
    word, of = word.strip(), of.strip()
    groups = store.taxonomy.synonyms
    known = any(of in group for group in groups)
    if not all(_PLAIN.fullmatch(each) and len(each) <= LONGEST for each in (word, *(() if known else (of,)))):
        raise CaselibError("同义词两栏各填一个词。", f"用{LONGEST}个字以内的汉字、字母和数字，不带标点。")
    if any(word in group for group in groups) or word == of:
        raise Conflict(f"“{word}”已经在同义词里，或者与原词相同。", "换一个词，或者直接修改 taxonomy/synonyms.yml。")
    path = store.root / "taxonomy" / "synonyms.yml"
    data = (path if path.is_file() else shipped("content") / "taxonomy" / "synonyms.yml").read_bytes()
    changed = _added(data, word, of)
    expected = [(*group, word) if of in group else group for group in groups] + ([] if known else [(of, word)])
    journal.record(
        session, actor_id=actor.id, actor=actor.name, action="synonym.add", subject="taxonomy:synonyms",
        after={"word": word, "of": of},
    )  # fmt: skip
    _put(session, path, changed)
    if Taxonomy.load(path.parent).synonyms != expected:
        raise CaselibError("synonyms.yml 的写法不能由程序修改，文件没有变。", "请在 taxonomy/synonyms.yml 里手工加上。")


def _put(session: Session, path: Path, changed: bytes) -> None:
    """Write the file as long as the transaction stands; what somebody wrote after it is left alone."""
    before = path.read_bytes() if path.is_file() else None

    def put_back(_: object) -> None:
        if path.read_bytes() != changed:
            return
        if before is None:
            path.unlink()
        else:
            write_atomically(path, before)

    event.listen(session, "after_rollback", put_back)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, changed)


def _added(data: bytes, word: str, of: str) -> bytes:
    """The word at the end of the first line that lists ``of``; a new line at the end if there is none."""
    lines = data.decode("utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        listed = re.fullmatch(r"(\s*- \[)(.*)(\]\s*)", line, re.DOTALL)
        if listed and of in [each.strip().strip("\"'") for each in listed[2].split(",")]:
            lines[number] = f'{listed[1]}{listed[2]}, "{word}"{listed[3]}'
            return "".join(lines).encode()
    end = "" if not lines or lines[-1].endswith("\n") else "\n"
    return ("".join(lines) + f'{end}  - ["{of}", "{word}"]\n').encode()
