"""What a submission's text is: front matter (the keys of a case) and body, cleaned, bounded and fingerprinted.

Whether a text is complete is a matter of ``prechecks``: a draft may be anything that can be kept.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from caselib.canonical import canonical_json, canonical_sha256
from caselib.content.models import as_list
from caselib.errors import CaselibError

LONGEST_BODY = 100_000
LONGEST_FRONT = 20_000
"""In characters (the front matter as JSON): bounds of what is kept at all; what a call allows is far less."""

_SET_BY_PUBLISHING = ("batch", "published")
_WIDTHS = {"title": 120, "region": 6, "firm": 128, "firm_size": 8, "certifier": 128, "submitter": 128}


def clean(front: Mapping[str, Any], body: str) -> tuple[dict[str, Any], str]:
    """The text as kept: one kind of line end, nothing that a database cannot hold, no keys that publishing sets.

    Raises:
        CaselibError: it is longer than can be kept.
    """
    kept = {key: plain_values(value) for key, value in front.items() if key not in _SET_BY_PUBLISHING}
    cleaned = plain_text(body)
    if len(cleaned) > LONGEST_BODY:
        raise CaselibError(f"正文有 {len(cleaned)} 字，超过 {LONGEST_BODY} 字，存不下。", "请把细节放到附件里。")
    if len(canonical_json(kept)) > LONGEST_FRONT:
        raise CaselibError("表单里填的内容太多，存不下。", "请缩短各栏，把叙述写进正文。")
    return kept, cleaned


def digest(front: Mapping[str, Any], body: str) -> str:
    """SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of a cleaned text."""
    return canonical_sha256({"front": front, "body": body})


def columns(front: Mapping[str, Any]) -> dict[str, Any]:
    """What a submission's row repeats of its front matter, cut to the columns' widths."""
    industry = [str(code) for code in as_list(front.get("industry") or [])]
    return {key: str(front.get(key) or "")[:width] for key, width in _WIDTHS.items()} | {"industry": industry}


def skeleton(sections: tuple[str, ...]) -> str:
    """A body to begin with: the headings that the call asks for."""
    return "\n".join(f"## {name}\n\n" for name in sections)


def plain_values(value: Any) -> Any:
    """Values as JSON has them: texts plain and without their edges, days in ISO 8601, tuples as lists."""
    if isinstance(value, str):
        return plain_text(value).strip()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {plain_text(str(key)): plain_values(item) for key, item in value.items()}
    return [plain_values(item) for item in value] if isinstance(value, list | tuple) else value


def plain_text(text: str) -> str:
    """Line feeds only; no NUL and no half of a surrogate pair, which PostgreSQL and UTF-8 do not take."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return unified.encode("utf-8", "replace").decode("utf-8")
