"""Values as one text and one digest, the same on every machine and for ever: histories and files are checked by them."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any, *, allow_nan: bool = True) -> str:
    """JSON with sorted keys, no spaces, and every character as itself.

    Raises:
        ValueError: without ``allow_nan``, where a number is none that JSON has.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=allow_nan)


def canonical_sha256(value: Any, *, allow_nan: bool = True) -> str:
    """SHA-256 over the canonical JSON in UTF-8; raises as ``canonical_json`` does."""
    return hashlib.sha256(canonical_json(value, allow_nan=allow_nan).encode()).hexdigest()
