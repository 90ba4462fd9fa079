"""A slug for a stranger's file, from its name: Chinese stays Chinese, spaces become hyphens, the length is bounded."""

import re
from hashlib import sha256
from pathlib import Path

from caselib.content import slugs

MAX_BYTES = 150
"""Room is left below the limit of a slug for a number that makes it unique."""
_SEPARATORS = re.compile(r"[^\w]+")
_FOLDERS_OWN = frozenset({"index", "_index", "readme"})
"""Names that a site generator gives to the page of a folder; the folder's name says more."""


def slug_for(path: Path, title: str) -> str:
    """A valid slug for the file ``path``; from the title if its name has no letters."""
    stem = path.absolute().parent.name if path.stem.casefold() in _FOLDERS_OWN else path.stem
    return _slug(stem) or _slug(title) or "imported-" + sha256(str(path).encode(errors="replace")).hexdigest()[:8]


def numbered(slug: str, number: int) -> str:
    """``slug`` for the ``number``-th file that would have it."""
    return slug if number == 1 else f"{slug}-{number}"


def _slug(name: str) -> str:
    joined = _SEPARATORS.sub("-", slugs.fold(name.encode(errors="ignore").decode()))
    cut = joined.strip("-_").encode()[:MAX_BYTES].decode(errors="ignore").rstrip("-_")
    return cut if slugs.valid(cut) else ""
