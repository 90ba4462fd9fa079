"""Taking a published case away for good reason: its address says so, and its text stays in ``content/withdrawn/``.

The tombstone is committed first and the file moved after it, so that a crash between leaves a case that is still there and
known to be on its way out; ``lies_open`` finds it and ``bury`` ends it. Putting a case back is publishing it anew.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session

from caselib import db, journal
from caselib.content import CaseMeta, ContentStore, Document, Kind
from caselib.content.documents import read
from caselib.content.files import digest_of, read_bounded, sync_folder
from caselib.content.report import FileFault
from caselib.db import Database
from caselib.errors import Conflict
from caselib.people import Actor
from caselib.publishing.alone import publishing_alone
from caselib.publishing.models import Tombstone
from caselib.review.rules import clean_reason, require_editor
from caselib.search import SearchRoom

FOLDER = "withdrawn"
"""Under the content root: no kind of document lives there, so nothing in it is served, listed or found."""


def withdraw_case(
    *,
    database: Database,
    store: ContentStore,
    data: Path,
    actor: Actor,
    slug: str,
    reason: str,
    search: SearchRoom | None = None,
    now: datetime | None = None,
) -> Tombstone:
    """Take a published case out of the library. A transaction and then a file, on purpose.

    Args:
        data: the site's folder, which says whether a batch is going out or a backup being made.

    Raises:
        Forbidden: the actor is no editor.
        Busy: a batch is going out or a backup being made, which must hold tombstone and file alike.
        NotFound: there is no such case.
        CaselibError: there is no reason.
        Conflict: the file was changed meanwhile, and is still there.
    """
    with publishing_alone(data):
        document = store.read(Kind.CASE, slug)
        with database.writing() as session:
            tombstone = entomb(session=session, actor=actor, document=document, reason=reason, now=now)
        if not bury(store, tombstone):
            raise Conflict(
                f"“{tombstone.title}”的文件刚被改动，案例还在。", "请打开案例，核对改动以后的内容，再撤下一次。"
            )
    if search:
        search.sync(store, [f"{Kind.CASE.folder}/{slug}.md"])
    return tombstone


def entomb(
    *, session: Session, actor: Actor, document: Document, reason: str, now: datetime | None = None
) -> Tombstone:
    """Write down that the case is withdrawn; one withdrawn before and published anew gets the new reason.

    Raises:
        Forbidden: the actor is no editor.
        CaselibError: there is no reason.
    """
    require_editor(actor)
    slug = document.slug
    tombstone = session.get(Tombstone, slug) or Tombstone(slug=slug, title="", reason="")
    tombstone.title, tombstone.reason = document.meta.title[:120], clean_reason(reason)
    tombstone.digest, tombstone.withdrawn_by = document.digest, actor.id
    tombstone.withdrawn_at = now or db.now()
    session.add(tombstone)
    told = {"slug": slug, "title": tombstone.title, "reason": tombstone.reason, "digest": tombstone.digest}
    journal.record(
        session, actor_id=actor.id, actor=actor.name, action="case.withdraw", subject=f"case:{slug}"[:64], after=told
    )
    return tombstone


def lies_open(store: ContentStore, tombstone: Tombstone) -> bool:
    """Whether the withdrawn file is still in its old place, and was never moved."""
    return digest_of(_place(store, tombstone)) == tombstone.digest and not _grave(store, tombstone).exists()


def missing_from(
    store: ContentStore, batch: int, released: Collection[str], tombstones: Sequence[Tombstone]
) -> list[Tombstone]:
    """Those of ``tombstones`` whose case belongs to the batch and has not been put back.

    Args:
        released: slugs that the batch brought here; what came with the library itself tells its batch in its own text.
    """
    gone = not_put_back(store, [each.slug for each in tombstones])
    missing = [each for each in tombstones if each.slug in gone]
    return [each for each in missing if each.slug in released or _batch_of(store, each) == batch]


def not_put_back(store: ContentStore, slugs: Collection[str]) -> set[str]:
    """Those of the slugs, all of withdrawn cases, where no case is now: one that is published anew keeps its tombstone."""
    there = store.look(f"{Kind.CASE.folder}/{slug}.md" for slug in slugs)
    return {slug for slug in slugs if there.get((Kind.CASE, slug)) is None}


def bury(store: ContentStore, tombstone: Tombstone) -> bool:
    """Move the withdrawn file out of the library; whether there is none now: one with another text stays where it is."""
    place, grave = _place(store, tombstone), _grave(store, tombstone)
    if digest_of(place) != tombstone.digest:
        return not place.exists()
    grave.parent.mkdir(exist_ok=True)
    place.replace(grave)
    for folder in (grave.parent, place.parent, store.root):
        sync_folder(folder)
    return True


def _batch_of(store: ContentStore, tombstone: Tombstone) -> int | None:
    grave = _grave(store, tombstone)
    try:
        document = read(Kind.CASE, tombstone.slug, grave, read_bounded(grave), store.taxonomy).document
    except (FileNotFoundError, FileFault):
        return None
    return document.meta.batch if document and isinstance(document.meta, CaseMeta) else None


def _place(store: ContentStore, tombstone: Tombstone) -> Path:
    return store.folder(Kind.CASE) / f"{tombstone.slug}.md"


def _grave(store: ContentStore, tombstone: Tombstone) -> Path:
    """Named for the moment and the text, so that a case withdrawn twice leaves both, and the first tells nothing of the second."""
    moment = tombstone.withdrawn_at.astimezone(UTC)
    return store.root / FOLDER / f"{tombstone.slug}.{moment:%Y%m%dT%H%M%S}.{tombstone.digest[:8]}.md"
