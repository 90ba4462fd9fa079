"""Slugs: the file name of a document without ``.md``, which is its address on the site."""

import re
from unicodedata import normalize

MAX_BYTES = 200
RULE = "只用小写字母、汉字、数字、连字符和下划线，以字母、汉字或数字开头，不超过 200 个字节。"
_SLUG = re.compile(r"[^\W_][\w-]*")
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")


def fold(slug: str) -> str:
    """The one form of all slugs that differ in case, width or Unicode normalisation only."""
    return normalize("NFKC", normalize("NFKC", slug).casefold())


def fault(slug: str) -> str:
    """What is wrong with ``slug``, in Chinese; empty if it is valid.

    A valid slug is its own folded form, so two valid slugs never collide.
    """
    if len(slug.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return "太长。"
    if not _SLUG.fullmatch(fold(slug)):
        return "有不允许的字符。"
    if fold(slug) != slug:
        return f"有大写、全角或未规范的字符，应写成 {fold(slug)}。"
    return ""


def valid(slug: str) -> bool:
    """Whether ``slug`` may name a document."""
    return _PLAIN.fullmatch(slug) is not None or not fault(slug)
