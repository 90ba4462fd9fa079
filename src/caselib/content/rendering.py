"""A Markdown body as the HTML of a page: safe, accessible, and pointing nowhere but where a reader chooses to go.

Three steps: ``markdown`` makes HTML of each part, an allow-list (nh3) cleans each part by itself, and one pass over
the clean tags adds what a page needs: anchors, local image addresses, ``rel`` of links, scrollable tables. Nothing
here reads files or knows Flask; the page around has the only ``h1``.
"""

import re
from collections import Counter
from dataclasses import dataclass
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urljoin, urlsplit

import nh3

from caselib.content import rawhtml
from caselib.content.files import ASSET_SUFFIXES
from caselib.content.markdown import Part, render_parts
from caselib.content.models import Kind
from caselib.content.outline import Heading, Outline, outline

REL_EXTERNAL = "nofollow noopener noreferrer external"


@dataclass(frozen=True)
class TocEntry:
    """A heading on the page: its anchor, its words and its level (2 to 6)."""

    anchor: str
    text: str
    level: int


@dataclass(frozen=True)
class Rendered:
    """Sanitised HTML for a page, and its headings in order."""

    html: str
    toc: list[TocEntry]


def render(body: str, *, base_url: str, title: str = "") -> Rendered:
    """Render ``body``; never fails, and takes a time bounded by its size whatever it holds.

    Args:
        body: Markdown, without front matter.
        base_url: the address of the folder of the document's images, e.g. ``/cases/<slug>/``.
        title: what the page shows as its title; a body that begins with the same heading does not show it again.
    """
    lines = outline(body)
    page = _Page(base_url)
    told = _told(lines, title)
    shown = [heading for heading in lines.headings if heading is not told]
    lowest = 2 if told and all(heading.depth > told.depth for heading in shown) else 1
    levels = {heading.anchor: heading.depth + 2 - lowest for heading in shown}
    html = "".join(_finish_part(part, page, levels) for part in render_parts(lines))
    return Rendered(html, [TocEntry(heading.anchor, heading.text, levels[heading.anchor]) for heading in shown])


def _told(lines: Outline, title: str) -> Heading | None:
    """The heading that opens the body and says what the title says."""
    first = lines.headings[0] if lines.headings else None
    before = next(iter(lines.parts()))
    same = first is not None and first.text.split() == title.split()
    return first if same and (before[0] is first or not lines.text[before[1] : before[2]].strip()) else None


_CLASSES = {
    "a": {"footnote-backref"},
    "section": {"footnotes"},
    "sup": {"footnote-ref"},
    "td": {"align-left", "align-center", "align-right"},
    "th": {"align-left", "align-center", "align-right"},
}


def _cleaner(tags: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags),
        attributes={
            tag: known | ({"id"} if tag in ("a", "li") else set())
            for tag, known in {**rawhtml.ATTRIBUTES, "li": set[str]()}.items()
            if tag in tags
        },
        allowed_classes={tag: names for tag, names in _CLASSES.items() if tag in tags},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )


_BLOCKS = _cleaner(rawhtml.INLINE | rawhtml.BLOCK | {"section"})
_WORDS = _cleaner(rawhtml.INLINE - {"img", "br"})

_CLEAN_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"]*\")*)>")
_CLEAN_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
_NO_WORDS = re.compile(r"<p>(?:<strong>)?\s*(?:</strong>)?</p>\n?")
_EMPTY_HEADER = re.compile(r"<th(?: [^<>]*)?>\s*</th>")
_BLOCK_TAG = r"\n?</?(?:li|p|ul|ol|dl|blockquote|pre|div|section|hr|h[1-6]|details|summary|figure|figcaption)\b"
"""A tag that begins or ends a block; a table has its ``div``."""
_CHECK_BOX = re.compile(rf"<li>(\n?(?:<p>)?)(□|☐|☑|✓|\[[ xX]\])\s++(?!{_BLOCK_TAG})(.*?)(?={_BLOCK_TAG})", re.DOTALL)
_BOX = re.compile(r'<label><input type="checkbox"( checked)?>|</label>')
_OPEN_BOX = ("□", "☐", "[ ]")
"""How an item of a check list begins that is not ticked."""
STANDARD = r"\b(?:DB[0-9]{2,6}(?=[/ ])|[A-Z]{2,5}|[QT](?=/))(?:/[A-Z]{1,5})? ?[0-9]{1,6}(?:\.[0-9]{1,2})?(?:[-—–－:][0-9]{4})?\b"
"""The number of a standard, in ASCII: GB/T 19001-2016, ISO 9001, a province's DB33/T 2014-2022, a firm's Q/XX 01-2020."""
_TAG_OR_STANDARD = re.compile(rf"<(?:[^<>\"]|\"[^\"]*\")*>|{STANDARD}", re.ASCII)
_OWN_ID = re.compile(r"fn(?:ref)?\d+(?::\d+)?")
_PAGES = f"/{Kind.PAGE.folder}/"
_PATH = re.compile(r"([^?#]*)([?#]?)(.*)", re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def _finish_part(part: Part, page: "_Page", levels: dict[str, int]) -> str:
    page.heading = part.heading.text if part.heading and part.heading.anchor in levels else ""
    html = page.finish(_EMPTY_HEADER.sub("<td></td>", _NO_WORDS.sub("", _BLOCKS.clean(part.html))))
    html = _CHECK_BOX.sub(_check_box, html)
    if not part.heading or part.heading.anchor not in levels:
        return html
    words = page.finish(_WORDS.clean(part.heading_html))
    if not _CLEAN_TAG.sub("", words).strip():
        words = escape(part.heading.text)
    level = levels[part.heading.anchor]
    return f'<h{level} id="{escape(part.heading.anchor)}">{words}</h{level}>\n{html}'


def unbroken(html: str) -> str:
    """``html`` with the numbers of standards kept on one line, without characters that would spoil a copy or a search."""
    return _TAG_OR_STANDARD.sub(
        lambda found: found[0] if found[0][0] == "<" else f'<span class="whole">{found[0]}</span>', html
    )


def _check_box(item: re.Match[str]) -> str:
    """A box that a reader can tick, tied to its words; without a name, so that no form sends it."""
    ticked = "" if item[2] in _OPEN_BOX else " checked"
    return f'<li class="check">{item[1]}<label><input type="checkbox"{ticked}> {item[3]}</label>'


def with_drawn_boxes(html: str) -> str:
    """``html``, from :func:`render`, for where no box can be ticked: on paper, and in texts that others sanitise again."""
    return _BOX.sub(lambda box: "" if box[0] == "</label>" else "☑" if box[1] else "□", html)


class _Page:
    """The pass over clean tags; it counts the tables under a heading, which must be told apart on one page."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.heading = ""
        self.tables: Counter[str] = Counter()
        self.row = 0
        self.in_link = False

    def finish(self, html: str) -> str:
        """``html``, which must come from the sanitiser, as it goes into the page."""
        return unbroken(_CLEAN_TAG.sub(self._tag, html))

    def _tag(self, tag: re.Match[str]) -> str:
        closing, name, written = tag.groups()
        match name:
            case "a":
                return self._link_end() if closing else self._link(written)
            case "img":
                return self._image(dict(_CLEAN_ATTRIBUTE.findall(written)))
            case "table":
                return "</table></div>" if closing else self._table()
            case "tr" if not closing:
                self.row += 1
            case "th" if not closing and ' scope="' not in written:
                return f'<th{written} scope="{"col" if self.row == 1 else "row"}">'
            case "section" if not closing:
                return '<section class="footnotes" aria-label="注释">'
            case "li" if written:
                return f"<li{_own_id(dict(_CLEAN_ATTRIBUTE.findall(written)))}>"
        return tag[0]

    def _table(self) -> str:
        self.tables[self.heading] += 1
        self.row = 0
        number = self.tables[self.heading]
        table = "表格" if number == 1 else f"表格 {number}"
        label = f"{self.heading}（{table}）" if self.heading else table
        return f'<div class="table-scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table>'

    def _link(self, written: str) -> str:
        attributes = dict(_CLEAN_ATTRIBUTE.findall(written))
        self.in_link = True
        own_id = _own_id(attributes)
        if attributes.get("class"):
            return f'<a href="{attributes.get("href", "")}"{own_id} class="footnote-backref" aria-label="回到正文">'
        title = f' title="{attributes["title"]}"' if attributes.get("title") else ""
        return f"<a{self._href(unescape(attributes.get('href', '')))}{own_id}{title}>"

    def _link_end(self) -> str:
        self.in_link = False
        return "</a>"

    def _image(self, attributes: dict[str, str]) -> str:
        """A local image, or the words for one that would load from elsewhere, linked to where it is."""
        source, alt = unescape(attributes.get("src", "")), attributes.get("alt", "")
        if name := _local_name(source):
            title = f' title="{attributes["title"]}"' if attributes.get("title") else ""
            return f'<img src="{escape(self.base_url + name)}" alt="{alt}"{title} loading="lazy" decoding="async">'
        words = f"图片：{alt}" if alt.strip() else "图片"
        return words if self.in_link or not source else f"<a{self._href(source)}>{words}</a>"

    def _href(self, url: str) -> str:
        """The attributes of a link; to another document's file it goes to that document's page."""
        if not url:
            return ""
        if _is_elsewhere(url):
            rel = "" if url.lower().startswith(("mailto:", "tel:")) else f' rel="{REL_EXTERNAL}"'
            return f' href="{escape(url)}"{rel}'
        path, mark, rest = _PATH.fullmatch(url).groups()  # type: ignore[union-attr]  # matches any text
        suffix = PurePosixPath(path).suffix.lower()
        if suffix in ASSET_SUFFIXES:
            path = self.base_url + _local_name(path)
        elif path:
            path = self._address(path)
        return f' href="{escape(path + mark + rest)}"'

    def _address(self, path: str) -> str:
        """Where a link leads that is written as from one file to another: some pages have addresses elsewhere than beside it."""
        address = urljoin(self.base_url.removesuffix("/"), path.removesuffix(".md"))
        return f"/about/{address.removeprefix(_PAGES)}" if address.startswith(_PAGES) else address


def _own_id(attributes: dict[str, str]) -> str:
    """The id of a footnote; nothing else may have one."""
    name = attributes.get("id", "")
    return f' id="{name}"' if _OWN_ID.fullmatch(name) else ""


def _is_elsewhere(url: str) -> bool:
    return _ELSEWHERE.match(url.strip().replace("\\", "/")) is not None


def _local_name(source: str) -> str:
    """The percent-encoded file name of an image or attachment of the document itself; empty if it is elsewhere.

    Only the name counts: whatever folder the writer had it in, here it lies beside the document.
    """
    if _is_elsewhere(source):
        return ""
    name = unquote(urlsplit(source.strip().replace("\\", "/")).path.rpartition("/")[2])
    return "" if name in (".", "..") else quote(name, safe="")
