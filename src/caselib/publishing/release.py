"""A batch going out: whole or not at all, whenever the machine stops.

Database and files cannot change in one transaction, so a release is written down before it is done (``docs/publishing.md``):

1. *prepare* – one transaction: the row of the release, with every path and SHA-256; the bytes lie staged under
   ``DATA/releases/<batch>/``, on the disk. Before it commits nothing has happened; after it everything can be finished.
2. *place* – the list of what is withheld goes into the content tree, then the files, the batch's page last. Whoever reads
   the tree meanwhile sees none of them (``content.withholding``).
3. *mark* – one transaction: the release, the state of the call, the events.
4. *show* – the list goes away, and with that one step the batch is there; then the index takes it in.

``recover`` finishes what was cut off, or undoes it where the staged bytes are gone or somebody else's file is in the way.
"""

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select

from caselib import db, journal
from caselib.content import ContentStore
from caselib.content.files import digest_of, sync_folder, write_atomically
from caselib.db import Database, key_of
from caselib.errors import CaselibError, Conflict, NotFound, reason
from caselib.people import COMMAND_LINE, Actor
from caselib.publishing import queries, tombstones
from caselib.publishing.alone import Busy, publishing_alone
from caselib.publishing.documents import BatchText, batch_name, compose
from caselib.publishing.models import Release, Selection, Tombstone
from caselib.publishing.rules import obstacles
from caselib.review.calendar import today
from caselib.review.events import change, note, subject_of, take
from caselib.review.models import Call, Submission
from caselib.review.queries import sent_revisions
from caselib.review.rules import NO_CALL, require_editor
from caselib.review.states import CALL, CallState, move
from caselib.search import SearchRoom

log = logging.getLogger(__name__)
Step = Callable[[str], None]


class Unfinishable(Exception):
    """A prepared release cannot be finished; the words are for the editor."""


@dataclass(frozen=True)
class Outline:
    """What publishing would do, for whoever is about to press the button; ``obstacles`` is empty when it can."""

    files: list[str]
    obstacles: list[str]


class Publisher:
    """Puts batches into the library of one site.

    Args:
        data: where releases are staged.
        search: takes in what came out; without it the site's watcher does, within seconds.
        step: told the name of each step when it is done; a test dies in it.
    """

    def __init__(
        self,
        database: Database,
        store: ContentStore,
        data: Path,
        search: SearchRoom | None = None,
        step: Step = lambda name: None,
    ) -> None:
        self.database, self.store, self.search, self.step = database, store, search, step
        self.folder = data / "releases"

    def outline(self, session: Session, actor: Actor, call: Call, now: datetime | None = None) -> Outline:
        """Exactly which files :meth:`publish` would write, and what stands in its way; nothing is changed.

        Raises:
            Forbidden: the actor is no editor.
            Conflict: the call has no notice.
        """
        require_editor(actor)
        moment = now or db.now()
        said = _obstacles(session, call, moment)
        try:
            files = list(compose(self._text(session, call, moment), self.store))
        except CaselibError as error:
            return Outline([], [*said, error.message.rstrip("。")])
        return Outline(files, said)

    def publish(
        self, *, actor: Actor, call_id: int, expected_version: int | None = None, now: datetime | None = None
    ) -> Release:
        """Publish the call's batch, or go on with it where it was cut off. Three transactions, on purpose.

        Args:
            expected_version: of the call; None where nobody looked at it before.

        Raises:
            NotFound: there is no such call.
            Forbidden: the actor is no editor.
            Conflict: the call was changed meanwhile, is not under notice, the notice still runs, objections are open, a
                file is in the way, or another batch is going out at this moment.
            CaselibError: a text does not fit the library, or the disk refuses.
        """
        require_editor(actor)
        try:
            with publishing_alone(self.folder.parent):
                finished, _ = self._recover()
                if call_id not in finished:
                    self._begin(actor, call_id, expected_version, now or db.now())
        except OSError as error:
            raise CaselibError(
                f"写文件时出错（{reason(error)}），这一批还没有发布，读者什么都看不到。",
                "请检查磁盘空间和权限，再点一次“发布”，它会接着做完。",
            ) from error
        with self.database.reading() as session:
            return session.exec(select(Release).where(Release.call_id == call_id)).one()

    def recover(self) -> list[str]:
        """Finish or undo whatever was cut off; what was done, in words. Two or three small reads when there is nothing.

        It is called when a site starts and while it runs, and raises nothing: what cannot be finished stays withheld, and
        is logged.
        """
        if not self.interrupted():
            return []
        try:
            with publishing_alone(self.folder.parent):
                return self._recover()[1]
        except Busy:
            return []  # somebody alive is at it
        except (OSError, CaselibError, SQLAlchemyError):
            log.exception("a release cannot be finished; its files stay withheld")
            return []

    def interrupted(self) -> bool:
        """Whether there seems to be something to finish; it may be in the hands of somebody alive. Raises nothing."""
        try:
            return self._interrupted()
        except (OSError, SQLAlchemyError):
            log.exception("nobody can say whether a release was cut off")
            return False

    def _interrupted(self) -> bool:
        if self.database.revision() != self.database.head:
            return False
        if self.store.withheld.present or (
            self.folder.is_dir() and any(path.is_dir() for path in self.folder.iterdir())
        ):
            return True
        with self.database.reading() as session:
            return bool(_pending(session)) or any(
                tombstones.lies_open(self.store, each) for each in session.exec(select(Tombstone))
            )

    def _recover(self) -> tuple[set[int], list[str]]:
        """The ids of the calls whose batch this brought out, and all that was done, in words."""
        finished: set[int] = set()
        said: list[str] = []
        with self.database.reading() as session:
            pending = _pending(session)
        for release in pending:
            try:
                self._finish(key_of(release))
            except Unfinishable as error:
                self._undo(key_of(release), str(error))
                log.warning("the release of batch %s was undone: %s", release.batch, error)
                said.append(f"撤销了{batch_name(release.batch)}没有做完的发布：{error}")
            else:
                finished.add(release.call_id)
                said.append(f"接着完成了{batch_name(release.batch)}的发布。")
        if self.store.withheld.present:
            said.append(self._settle_list())
        self._clear_staging()
        with self.database.reading() as session:
            open_ = [each for each in session.exec(select(Tombstone)) if tombstones.lies_open(self.store, each)]
        for tombstone in open_:
            if tombstones.bury(self.store, tombstone):
                log.warning("the withdrawal of %s was finished", tombstone.slug)
        return finished, said

    def _begin(self, actor: Actor, call_id: int, expected_version: int | None, now: datetime) -> None:
        release_id = self._prepare(actor, call_id, expected_version, now)
        try:
            self._finish(release_id)
        except Unfinishable as error:
            self._undo(release_id, str(error))
            raise Conflict(f"没有发布：{error}", "已恢复原状；排除后请再发布一次。") from None

    def _prepare(self, actor: Actor, call_id: int, expected_version: int | None, now: datetime) -> int:
        with self.database.writing() as session:
            call = session.get(Call, call_id)
            if call is None:
                raise NotFound(NO_CALL, "请用 caselib call list 查看。")
            take(session, actor, call, call.version if expected_version is None else expected_version)
            move(CALL, "publish", CallState(call.state))
            if said := _obstacles(session, call, now):
                raise Conflict(f"不能发布：{'；'.join(said)}。", "处理完再发布。")
            files = compose(self._text(session, call, now), self.store)
            self._require_writable(files)
            self._stage(call.batch, files)
            release = session.exec(select(Release).where(Release.batch == call.batch)).first()
            release = release or Release(call_id=key_of(call), batch=call.batch)
            release.files = {path: _digest(data) for path, data in files.items()}
            release.prepared_at = now
            session.add(release)
            call.version += 1
            session.add(call)
            note(session, actor, "prepare", release, after={"files": release.files})
            self.step("staged")
            release_id = key_of(release)
        self.step("prepared")
        return release_id

    def _text(self, session: Session, call: Call, now: datetime) -> BatchText:
        notice = queries.standing_notice(session, call)
        selection = session.get_one(Selection, notice.selection_id)
        texts = sent_revisions(session, call)
        sent = select(func.count()).where(Submission.call_id == call.id, col(Submission.number).is_not(None))
        return BatchText(
            call=call,
            notice=notice,
            cases=[(each, texts[key_of(each)]) for each in queries.selected_submissions(session, selection)],
            day=today(now),
            sent=session.exec(sent).one(),
            runs=queries.notice_runs(session, call),
            taken=set(session.exec(select(Tombstone.slug))),
        )

    def _require_writable(self, files: dict[str, bytes]) -> None:
        for path in files:
            folder = (self.store.root / path).parent
            folder.mkdir(parents=True, exist_ok=True)
            if not self.store.inside(folder):
                raise Conflict(f"{folder} 指向内容目录之外。", "请换成真正的文件夹，或修改 CASELIB_CONTENT。")

    def _stage(self, batch: int, files: dict[str, bytes]) -> None:
        """Put the bytes on the disk, aside."""
        staging = self.folder / str(batch)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        for data in files.values():
            write_atomically(staging / _digest(data), data)
        sync_folder(self.folder)

    def _finish(self, release_id: int) -> None:
        """Do everything that follows the preparation, however much of it is done already."""
        with self.database.reading() as session:
            release = session.get_one(Release, release_id)
        if release.published_at is None:
            self._require_placeable(release)
            self.store.withheld.put(release.files)
            self.step("withheld")
            for path, digest in release.files.items():
                self._place(release.batch, path, digest)
                self.step(f"placed {path}")
            self._mark(release_id)
            self.step("marked")
        self.store.withheld.lift()
        self.step("shown")
        self._index(release.files)
        self.step("indexed")
        shutil.rmtree(self.folder / str(release.batch), ignore_errors=True)
        self.step("cleared")

    def _require_placeable(self, release: Release) -> None:
        with self.database.reading() as session:
            state = session.get_one(Call, release.call_id).state
        if state != CallState.NOTICE:
            raise Unfinishable(f"征集已是“{CallState(state).label}”。")
        for path, digest in release.files.items():
            there, staged = digest_of(self.store.root / path), digest_of(self.folder / str(release.batch) / digest)
            if there not in ("", digest):
                raise Unfinishable(f"content 里的 {path} 被别的文件占用。")
            if digest not in (there, staged):
                raise Unfinishable(f"备好的文件 {path} 丢失或损坏。")

    def _place(self, batch: int, path: str, digest: str) -> None:
        target = self.store.root / path
        if digest_of(target) != digest:
            write_atomically(target, (self.folder / str(batch) / digest).read_bytes())

    def _mark(self, release_id: int) -> None:
        with self.database.writing() as session:
            release = session.get_one(Release, release_id)
            call = session.get_one(Call, release.call_id)
            actor = _who_prepared(session, release)
            release.published_at = db.now()
            session.add(release)
            note(session, actor, "publish", release, after={"published_at": release.published_at})
            state = move(CALL, "publish", CallState(call.state))
            change(session, actor, "publish", call, state=state, said={"release": release.id})
            self.step("marking")

    def _undo(self, release_id: int, why: str) -> None:
        """Take back what was placed: the files first, while they are withheld, then the list, then the release."""
        with self.database.reading() as session:
            release = session.get_one(Release, release_id)
        self.store.withheld.put(release.files)
        self._take_back(release.files)
        self.store.withheld.lift()
        with self.database.writing() as session:
            release = session.get_one(Release, release_id)
            before, release.files = release.files, {}
            session.add(release)
            note(session, COMMAND_LINE, "undo", release, {"files": before}, {"files": {}, "reason": why})
        self._clear_staging()

    def _take_back(self, files: dict[str, str]) -> None:
        for path, digest in files.items():
            target = self.store.root / path
            if digest_of(target) == digest:
                target.unlink()
                sync_folder(target.parent)

    def _settle_list(self) -> str:
        """There is a list of withheld files and no release under way: it is out, or its database was put back."""
        files = dict(self.store.withheld.files())
        with self.database.reading() as session:
            out = session.exec(select(Release).where(col(Release.published_at).is_not(None))).all()
        known = any(files.items() <= release.files.items() for release in out)
        if not known:
            self._take_back(files)
        self.store.withheld.lift()
        self._index(files)
        return "接着完成了发布的最后一步。" if known else "移走了一批没有发布完、数据库里也没有记录的文件。"

    def _clear_staging(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)

    def _index(self, files: Iterable[str]) -> None:
        if self.search is None:
            return
        try:
            self.search.sync(self.store, files)
        except Exception:  # the batch is out; the watcher of the site tries again
            log.exception("the index could not take in the batch")


def _obstacles(session: Session, call: Call, now: datetime) -> list[str]:
    notice = queries.standing_notice(session, call)
    selected = queries.selected_submissions(session, session.get_one(Selection, notice.selection_id))
    return obstacles(notice, queries.objections_in(session, call), selected, now)


def _pending(session: Session) -> list[Release]:
    found = session.exec(select(Release).where(col(Release.published_at).is_(None)).order_by(col(Release.id)))
    return [release for release in found if release.files]


def _who_prepared(session: Session, release: Release) -> Actor:
    """Whoever began the release, under whose name it is finished, by whatever process."""
    event = next(e for e in reversed(journal.events_of(session, subject_of(release))) if e.action == "release.prepare")
    return Actor(id=event.actor_id, username="", name=event.actor, roles=frozenset())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
