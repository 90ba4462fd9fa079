"""HTML that somebody wrote into Markdown, rewritten tag by tag so that it cannot hurt the text around it.

A tag we know comes out well formed, with the attributes we know; any other tag goes and its words stay; a ``<`` that
begins no tag is shown. What closes and what stays open is for the sanitiser (``rendering``), which sees all of this.
"""

import re
from html import escape, unescape

_INLINE = "a abbr b br cite code del dfn em i img ins kbd mark q rp rt ruby s samp small strong sub sup u var wbr"
_BLOCK = (
    "blockquote caption col colgroup dd details div dl dt figcaption figure hr li ol p pre summary"
    " table tbody td tfoot th thead tr ul"
)
INLINE = frozenset(_INLINE.split())
BLOCK = frozenset(_BLOCK.split())
ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}

_TAG = re.compile(
    r"<!--(?:[^-]|-(?!->)){0,2000}+-->"
    r"|<(?P<closing>/?)(?P<name>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>(?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+)>"
    r"|<"
)
_ATTRIBUTE = re.compile(r"([a-zA-Z][a-zA-Z0-9:-]*+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))


def rewrite(html: str) -> str:
    """``html`` with nothing but known, well-formed tags in it."""
    return _TAG.sub(_rewrite_tag, html)


def _rewrite_tag(tag: re.Match[str]) -> str:
    name, closing = (tag["name"] or "").lower(), tag["closing"]
    if not name:
        return "&lt;" if tag[0] == "<" else ""
    if name in _HEADINGS:
        return "</strong></p>" if closing else "<p><strong>"
    if name not in INLINE and name not in BLOCK:
        return ""
    return f"</{name}>" if closing else f"<{name}{_attributes(name, tag['attributes'])}>"


def _attributes(name: str, written: str) -> str:
    known = ATTRIBUTES.get(name)
    if not known:
        return ""
    pairs = ((match[1].lower(), unescape((match[2] or "").strip("\"'"))) for match in _ATTRIBUTE.finditer(written))
    return "".join(f' {key}="{escape(value)}"' for key, value in pairs if key in known)
