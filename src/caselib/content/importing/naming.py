"""A slug for a file, from its name: one that is a slug stays; else Chinese stays Chinese, spaces become hyphens."""

import re
from hashlib import sha256
from pathlib import Path

from caselib.content import slugs
from caselib.content.models import Kind

MAX_BYTES = 150
"""Room is left below the limit of a slug for a number that makes it unique."""
_SEPARATORS = re.compile(r"[^\w]+")
_FOLDERS_OWN = frozenset({"index", "_index", "readme"})
"""Names that a site generator gives to the page of a folder; the folder's name says more."""


def own_slug(path: Path, kind: Kind) -> str:
    """The name of the file ``path`` if it is a slug, by which others may refer to it; else empty."""
    return path.stem if slugs.valid(path.stem) and not _is_folders_own(path, kind) else ""


def slug_for(path: Path, title: str, kind: Kind) -> str:
    """A valid slug for the file ``path``; from the title if its name has no letters."""
    if own := own_slug(path, kind):
        return own
    stem = path.absolute().parent.name if _is_folders_own(path, kind) else path.stem
    return _slug(stem) or _slug(title) or "imported-" + sha256(str(path).encode(errors="replace")).hexdigest()[:8]


def numbered(slug: str, number: int) -> str:
    """``slug`` for the ``number``-th file that would have it."""
    if number == 1:
        return slug
    end = f"-{number}"
    return slug.encode()[: slugs.MAX_BYTES - len(end)].decode(errors="ignore") + end


def _is_folders_own(path: Path, kind: Kind) -> bool:
    """Whether a site generator would take it for the page of its folder; in a library's own folder it is one of many."""
    return path.stem.casefold() in _FOLDERS_OWN and path.absolute().parent.name != kind.folder


def _slug(name: str) -> str:
    joined = _SEPARATORS.sub("-", slugs.fold(name.encode(errors="ignore").decode()))
    cut = joined.strip("-_").encode()[:MAX_BYTES].decode(errors="ignore").rstrip("-_")
    return cut if slugs.valid(cut) else ""
