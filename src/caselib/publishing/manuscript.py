"""The book as one HTML text, from which both of its files are made: the sanitised HTML of the pages, put into a template.

Every word of a document is escaped or sanitised before it gets here. Nothing is loaded from elsewhere: a picture is one
that lies beside its document and that a page could show; for any other stand its words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from caselib.config import shipped
from caselib.content import ContentStore, Document
from caselib.content.rendering import render
from caselib.errors import NotFound
from caselib.publishing.book import Book
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
    "figures": "指标",
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
_BACK = re.compile(r'\s*<a [^>]*class="footnote-backref"[^>]*>[^<]*</a>')
_ALONE = re.compile(r'<p><img src="[^"]*" alt="[^"]*"></p>')
_ALIGNED = re.compile(r"align-(left|center|right)")


Picture = Callable[[Path], str]
"""Gives the address under which the HTML names a picture; empty if it cannot be printed."""


def write(book: Book, store: ContentStore, paper: Paper, picture: Picture) -> str:
    """The book's HTML for one of its files."""
    inside = {chapter.document.url: f"#{chapter.anchor}" for chapter in book.chapters}

    def part(name: str) -> Markup:
        return Markup(f'custom-style="{STYLES[name]}"' if paper == "word" else f'id="{name}"')  # noqa: S704 - ours

    def text(document: Document, prefix: str) -> Markup:
        html = render(document.body, base_url=document.kind.files_url(document.slug), title=document.meta.title).html
        done = _Text(store, document, prefix, inside, picture).finish(html)
        return Markup(_ALONE.sub(rf"<div {part('picture')}>\g<0></div>", done))  # noqa: S704 - sanitised by render

    template = _templates().get_template("book.html")
    return template.render(book=book, part=part, text=text, programme=PROGRAMME, batch=batch_name(book.number))


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = FileSystemLoader(shipped("templates") / "book")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@dataclass(frozen=True)
class _Text:
    """One pass over the tags of a page's HTML, which makes of it a part of a book.

    Names inside a document get a ``prefix``, since a book has many; notes become real notes.
    """

    store: ContentStore
    document: Document
    prefix: str
    inside: Mapping[str, str]
    picture: Picture

    def finish(self, html: str) -> str:
        """``html``, which must come from ``content.rendering``."""
        noted = _NOTE.sub(r'<a href="#\1" role="doc-noteref">*</a>', _BACK.sub("", html))
        return _TAG.sub(self._tag, noted)

    def _tag(self, tag: re.Match[str]) -> str:
        closing, name, attributes = tag[1], tag[2], dict(_ATTRIBUTE.findall(tag[3]))
        if name == "div":
            return ""
        if closing:
            return tag[0]
        if name == "img":
            return self._image(attributes)
        kept = {key: attributes[key] for key in ("colspan", "rowspan", "start", "role") if key in attributes}
        if "id" in attributes:
            kept["id"] = f"{self.prefix}-{attributes['id']}"
        if name == "a" and "href" in attributes:
            kept |= self._link(attributes["href"])
        if attributes.get("class") == "footnotes":
            kept["role"] = "doc-endnotes"
        if name == "li" and attributes.get("id", "").startswith("fn"):
            kept["role"] = "doc-footnote"
        if found := _ALIGNED.match(attributes.get("class", "")):
            kept["style"] = f"text-align: {found[1]}"
        written = "".join(f' {key}="{value}"' for key, value in kept.items())
        return f"<{name}{written}>"

    def _link(self, href: str) -> dict[str, str]:
        """To elsewhere, or inside the book; a link to another page of the site is only its words."""
        address = unescape(href)
        if address.startswith("#"):
            return {"href": escape(f"#{self.prefix}-{unquote(address[1:])}")}
        if address in self.inside:
            return {"href": self.inside[address]}
        return {"href": href} if re.match(r"(?:https?:|mailto:|tel:)", address) else {}

    def _image(self, attributes: dict[str, str]) -> str:
        alt = attributes.get("alt", "")
        name = unquote(unescape(attributes.get("src", ""))).rpartition("/")[2]
        try:
            source = self.picture(self.store.asset(self.document.kind, self.document.slug, name))
        except NotFound:
            source = ""
        return f'<img src="{escape(source)}" alt="{alt}">' if source else (f"图片：{alt}" if alt.strip() else "图片")
