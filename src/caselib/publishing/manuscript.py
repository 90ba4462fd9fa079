"""The book as one HTML text, from which both of its files are made: the sanitised HTML of the pages, put into a template.

Every word of a document is escaped or sanitised before it gets here. Nothing is loaded from elsewhere: a picture is one
that lies beside its document and that a page could show; for any other stand its words.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from caselib.config import shipped
from caselib.content import ContentStore, Document
from caselib.content.rawhtml import INLINE
from caselib.content.rendering import render, with_drawn_boxes
from caselib.errors import NotFound
from caselib.publishing.book import NAME, Book
from caselib.publishing.documents import PROGRAMME, batch_name

Paper = Literal["word", "pdf"]
STYLES = {
    "cover": "封面",
    "programme": "封面项目",
    "book-title": "封面书名",
    "book-batch": "封面批次",
    "book-sample": "封面说明",
    "book-issuer": "封面单位",
    "book-date": "封面日期",
    "contents": "toc 1",
    "facts": "事实",
    "metrics": "指标",
    "summary": "摘要",
    "sample": "示范说明",
    "source": "出处",
    "entries": "索引行",
    "picture": "图片",
}
"""The parts of the book that are not mere text: their names in the PDF's design, and the names of their styles in Word."""

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?: [a-z-]+=\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
_NOTE = re.compile(r'<sup class="footnote-ref"><a href="#(fn\d+)"[^>]*>[^<]*</a></sup>')
_CALL = "doc-noteref"
_BACK = re.compile(r'\s*<a [^>]*class="footnote-backref"[^>]*>[^<]*</a>')
_ALONE = re.compile(r'<p><img src="[^"]*" alt="[^"]*"></p>')
_HEADING = re.compile(r'<h[2-6] id="([^"]*)"')
_ITEM = re.compile(r'<li id="(fn\d+)">')
_NO_CELLS = re.compile(r"<table>(?:(?!<table|<t[dh]\b).)*?</table>", re.DOTALL)
_OF_TABLE = re.compile(r"</?(?:table|caption|colgroup|col|thead|tbody|tfoot|tr)>")
_ELSEWHERE = re.compile(r"https?:|mailto:|tel:")
_VOID = {"br", "col", "hr", "wbr"}
_COUNTS = ("colspan", "rowspan", "start")
_COUNT = re.compile(r"[1-9]\d{0,2}")
_DEEPEST = 40
_LONGEST = 2000
"""Characters of an address; Typst refuses one of more than 8,000 bytes."""
_QUOTED = 60
"""Characters of a note that another note repeats: with more, a text of calls would grow without bounds."""
_ALIGNED = re.compile(r"align-(left|center|right)")


Picture = Callable[[Path, str], str]
"""Gives the address under which the HTML names a picture that has these words; empty if it cannot be printed."""


def rendered(book: Book) -> dict[str, str]:
    """The HTML of each text of the book, by the address of its document: its pictures are looked for before it is written."""
    return {each.url: _html(each) for each in (book.page, *(chapter.document for chapter in book.chapters))}


def write(book: Book, store: ContentStore, texts: Mapping[str, str], paper: Paper, picture: Picture) -> str:
    """The book's HTML for one of its files, of its ``texts`` as :func:`rendered`."""
    inside = {chapter.document.url: f"#{chapter.anchor}" for chapter in book.chapters}

    def part(name: str) -> Markup:
        return Markup(f'custom-style="{STYLES[name]}"' if paper == "word" else f'id="{name}"')  # noqa: S704 - ours

    def text(document: Document, prefix: str) -> Markup:
        done = _Text(store, document, prefix, inside, picture).finish(texts[document.url])
        return Markup(_ALONE.sub(rf"<div {part('picture')}>\g<0></div>", done))  # noqa: S704 - sanitised by render

    names = {"name": NAME, "programme": PROGRAMME, "batch": batch_name(book.number)}
    return _templates().get_template("book/book.html").render(book=book, part=part, text=text, paper=paper, **names)


def _html(document: Document) -> str:
    base = document.kind.files_url(document.slug)
    return with_drawn_boxes(render(document.body, base_url=base, title=document.meta.title).html)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(shipped("templates"))
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class _Text:
    """One pass over the tags of a page's HTML, which makes of it a part of a book.

    Names inside a document get a ``prefix``, since a book has many; notes become real notes; what is nested or spans more
    than anybody reads is made flat, for the sake of the programs that set it.
    """

    def __init__(
        self, store: ContentStore, document: Document, prefix: str, inside: Mapping[str, str], picture: Picture
    ) -> None:
        self.store, self.document, self.prefix, self.inside, self.picture = store, document, prefix, inside, picture
        self.depth = 0
        self.names: set[str] = set()

    def finish(self, html: str) -> str:
        """``html``, which must come from ``content.rendering``."""
        sound = _NO_CELLS.sub(lambda table: _OF_TABLE.sub("", table[0]), _BACK.sub("", html))
        text = _with_plain_notes(sound)
        self.names = {unescape(name) for name in _HEADING.findall(text)}
        return _TAG.sub(self._tag, _NOTE.sub(rf'<a href="#\1" role="{_CALL}">*</a>', text))

    def _tag(self, tag: re.Match[str]) -> str:
        closing, name, attributes = tag[1], tag[2], dict(_ATTRIBUTE.findall(tag[3]))
        if name == "img":
            return self._image(attributes)
        if name == "div":
            return ""
        if name in _VOID:
            return tag[0]
        self.depth += -1 if closing else 1
        if self.depth + bool(closing) > _DEEPEST:
            return ""
        written = "" if closing else "".join(f' {key}="{value}"' for key, value in self._kept(name, attributes))
        return f"<{closing}{name}{written}>"

    def _kept(self, name: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The attributes that mean something in a book."""
        for key in _COUNTS:
            value = attributes.get(key, "")
            if _COUNT.fullmatch(value) or (key, value) == ("start", "0"):
                yield key, value
        if "id" in attributes:
            yield "id", f"{self.prefix}-{attributes['id']}"
        if attributes.get("role") == _CALL:
            yield "href", f"#{self.prefix}-{attributes['href'][1:]}"
        elif name == "a":
            yield from self._link(unescape(attributes.get("href", "")))
        if role := self._role(name, attributes):
            yield "role", role
        if found := _ALIGNED.match(attributes.get("class", "")):
            yield "style", f"text-align: {found[1]}"

    def _role(self, name: str, attributes: Mapping[str, str]) -> str:
        if name == "li" and "id" in attributes:
            return "doc-footnote"
        return "doc-endnotes" if attributes.get("class") == "footnotes" else attributes.get("role", "")

    def _link(self, address: str) -> Iterator[tuple[str, str]]:
        """To elsewhere, or inside the book; a link to another page of the site is only its words."""
        if address.startswith("#") and unquote(address[1:]) in self.names:
            yield "href", escape(f"#{self.prefix}-{unquote(address[1:])}")
        elif (page := address.partition("#")[0]) in self.inside:
            yield "href", self.inside[page]
        elif _ELSEWHERE.match(address) and len(address) <= _LONGEST:
            yield "href", escape(address)

    def _image(self, attributes: dict[str, str]) -> str:
        alt = attributes.get("alt", "")
        name = unquote(unescape(attributes.get("src", ""))).rpartition("/")[2]
        try:
            source = self.picture(self.store.asset(self.document.kind, self.document.slug, name), unescape(alt))
        except NotFound:
            source = ""
        return f'<img src="{escape(source)}" alt="{alt}">' if source else (f"图片：{alt}" if alt.strip() else "图片")


def _with_plain_notes(html: str) -> str:
    """The text without a note in a note, which neither pandoc nor a printed page knows: its words stand there in brackets.

    They are said whole once; where they are also a note of their own, or were said in another, their beginning will do.
    A note says nothing twice, and nothing of itself.
    """
    text, mark, notes = html.partition('<section class="footnotes"')
    head, *items = _ITEM.split(notes)
    told = dict(zip(items[::2], items[1::2], strict=True))
    printed = [name for name in dict.fromkeys(_NOTE.findall(text)) if name in told]
    brief = {name: _beginning(said) for name, said in told.items()}
    whole = {name: _inline(said) for name, said in told.items() if name not in printed}
    for name in printed:
        told[name] = _told_in(told[name], {name}, brief, whole)
    return text + mark + head + "".join(f'<li id="{name}">{said}' for name, said in told.items())


def _told_in(note: str, said: set[str], brief: Mapping[str, str], whole: dict[str, str]) -> str:
    """The note with the words of others in place of calls for them; ``said`` is not said again, ``whole`` is used up."""

    def put(call: re.Match[str]) -> str:
        name = call[1]
        words = "" if name in said else whole.pop(name, brief.get(name, ""))
        said.add(name)
        return f"（{words}）" if words else ""

    while _NOTE.search(note):
        note = _NOTE.sub(put, note)
    return note


def _beginning(html: str) -> str:
    words = " ".join(unescape(_TAG.sub("", _NOTE.sub("", html))).split())
    return escape(words if len(words) <= _QUOTED else f"{words[:_QUOTED]}……")


def _inline(html: str) -> str:
    """What can stand within a line."""
    return _TAG.sub(lambda tag: tag[0] if tag[2] in INLINE else "", html).strip()
