"""How often a text was searched for and what came of it: by day, and never by whom.

No address, account, cookie or browser comes in here. What looks like somebody's number, address or a long story is dropped
before it is counted. Counts wait in memory and are written from time to time; a search never waits for the database, and
counts that cannot be written are tried again with the next ones.
"""

import logging
import re
import unicodedata
from collections import Counter
from datetime import date, timedelta
from threading import Lock, Thread
from time import sleep
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, bindparam, case, delete, func, text, tuple_
from sqlmodel import Field, Session, col, select

from caselib.db import Database, Table, now

OUTCOMES = ("none", "relaxed", "found", "opened")
"""Nothing found; only something near; found; a hit of it opened."""
LONGEST, FEWEST, KEPT = 30, 3, timedelta(days=400)
"""Characters of a text that is counted; how often it must have been asked to be shown; how long counts are kept."""
RARE = timedelta(days=30)
"""How long a day's text is kept that was asked less than ``FEWEST`` times on it."""
WAITING, SECONDS = 2000, 30.0
"""Different counts that wait at most, and how long."""
_STANDARD = re.compile(r"\b(?:gb|iso|iec|qb|jb|hg|db|din|en|astm)[a-z/ ]*\d{2,5}(?:[-:]\d{4})?|\b(?:19|20)\d\d\b")
_NUMERALS = "〇零一二三四五六七八九幺"
_PERSONAL = re.compile(rf"@|https?:|www\.|微信|(?:[{_NUMERALS}][ -]?){{5,}}")
_NAME = re.compile(
    "[王李张刘陈杨赵吴徐孙朱郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖董袁潘蒋蔡余杜魏吕丁沈姚卢姜崔谭廖贾韦邹熊秦邱尹薛阎侯邵孟龚]"
    r"[\u4e00-\u9fff]{1,2}(?:先生|女士|经理|老师|老板|师傅|总)?"
)
"""What may be a name: a frequent surname and one or two characters. Some words are lost for it (许可), no name is kept."""
_log = logging.getLogger(__name__)


class Count(Table, table=True):
    """How often ``text`` had this ``outcome`` on ``day``."""

    __tablename__ = "question_count"

    day: date = Field(primary_key=True)
    text: str = Field(primary_key=True, max_length=LONGEST)
    outcome: str = Field(primary_key=True, max_length=8)
    count: int


def _rare(today: date) -> ColumnElement[bool]:
    """Whether a row is of a text that must not be kept any longer; whoever opens a hit has not asked once more."""
    asked = func.sum(case((col(Count.outcome) != "opened", col(Count.count)), else_=0))
    old = select(col(Count.day), col(Count.text)).where(col(Count.day) < today - RARE)
    texts = old.group_by(col(Count.day), col(Count.text)).having(asked < FEWEST)
    return tuple_(col(Count.day), col(Count.text)).in_(texts)


def _add(session: Session, taken: Counter[tuple[date, str, str]]) -> None:
    if not taken:
        return
    add = text(
        "INSERT INTO question_count (day, text, outcome, count) VALUES (:day, :text, :outcome, :count)"
        " ON CONFLICT (day, text, outcome) DO UPDATE SET count = question_count.count + excluded.count"
    ).bindparams(bindparam("day", type_=Date()))
    rows = [
        {"day": day, "text": asked, "outcome": outcome, "count": count}
        for (day, asked, outcome), count in taken.items()
    ]
    session.connection().execute(add, rows)


def _forget(session: Session, today: date) -> None:
    session.connection().execute(delete(Count).where(col(Count.day) < today - KEPT))
    session.connection().execute(delete(Count).where(_rare(today)))


class Asked(NamedTuple):
    """A text and how often it had each outcome; ``left`` are answers of which no hit was opened."""

    text: str
    none: int
    relaxed: int
    found: int
    opened: int

    @property
    def total(self) -> int:
        """How often it was asked."""
        return self.none + self.relaxed + self.found

    @property
    def left(self) -> int:
        """Answers with something in them of which nothing was opened, as far as can be told."""
        return max(0, self.relaxed + self.found - self.opened)


def countable(typed: str) -> str:
    """The text as it is counted; empty if it must not be: too long, like somebody's name or number, or what no database holds."""
    folded = " ".join(unicodedata.normalize("NFKC", typed).casefold().split())
    digits = sum(map(str.isdigit, _STANDARD.sub("", folded)))
    named = any(map(_NAME.fullmatch, folded.split()))
    unfit = len(folded) > LONGEST or not folded.isprintable() or _PERSONAL.search(folded)
    return "" if unfit or digits >= 5 or named else folded


class Questions:
    """The counts of one process; safe between threads. ``on`` is whether anything is counted at all."""

    def __init__(self, database: Database, *, on: bool = True) -> None:
        self._database, self._on = database, on
        self._waiting: Counter[tuple[date, str, str]] = Counter()
        self._forgot = date.min
        self._lock = Lock()

    def note(self, typed: str, outcome: str) -> None:
        """Count one; never fails and never waits for the database."""
        asked = countable(typed) if self._on else ""
        key = (now().date(), asked, outcome)
        with self._lock:
            if asked and (key in self._waiting or len(self._waiting) < WAITING):
                self._waiting[key] += 1

    def flush(self) -> None:
        """Write what waits and, once a day, forget what is old, whether anything is counted or not."""
        today = now().date()
        with self._lock:
            taken, self._waiting = self._waiting, Counter()
        try:
            if taken or self._forgot < today:
                with self._database.writing() as session:
                    _add(session, taken)
                    _forget(session, today)
                self._forgot = today
        except Exception as error:
            with self._lock:
                self._waiting.update(taken)
            said = "counts of questions could not be written or forgotten (%s); trying again later"
            _log.error(said, type(error).__name__, exc_info=bool(taken))

    def start(self) -> None:
        """Write every ``SECONDS``, in a thread that ends with the process."""
        Thread(target=self._run, name="questions", daemon=True).start()

    def _run(self) -> None:
        while True:
            sleep(SECONDS)
            self.flush()

    def asked(self, days: int) -> list[Asked]:
        """What was asked at least ``FEWEST`` times in the last ``days`` days, the most often first."""
        self.flush()
        since = now().date() - timedelta(days=days)
        summed = func.sum(Count.count)
        query = (
            select(Count.text, Count.outcome, summed).where(col(Count.day) > since).group_by(Count.text, Count.outcome)
        )
        sums: dict[str, dict[str, int]] = {}
        with self._database.reading() as session:
            for asked, outcome, count in session.exec(query):
                sums.setdefault(asked, {})[outcome] = count
        found = [Asked(asked, *(counts.get(outcome, 0) for outcome in OUTCOMES)) for asked, counts in sums.items()]
        return sorted((each for each in found if each.total >= FEWEST), key=lambda each: (-each.total, each.text))
