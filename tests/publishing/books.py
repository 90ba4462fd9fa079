"""Published batches and what is printed of them, for the tests of the book."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import typst
from docx.document import Document

from caselib.content import ContentStore
from caselib.publishing import typesetting
from caselib.publishing.book import Book, gather
from caselib.search import SearchRoom
from tests.content.trees import put
from tests.publishing.rounds import library

FIRST = """---
title: 首件三方确认
industry: [C23]
region: "330400"
year: 2022
batch: 4
firm: 嘉兴某包装有限公司
firm_size: 小型
certifier: 甲认证有限公司
submitter: 浙江省市场监督管理局
problems: [process-control]
metrics:
  - {name: 产品合格率, unit: '%', before: 98.2, after: 99.8}
  - {name: 人均产量, change: 145.7, unit: '%'}
guides: [packaging-2022, gone]
summary: 首件由三方确认，返工少了。
source: 某报告，二（二）
published: 2023-04-20
---

先有一段。

## 问题

返工多[^1]。

### 细处

[^1]: 返工指重新加工。
"""
SECOND = """---
title: 渥堆有了记录
industry: [C15, A01]
region: "450400"
year: 2022
batch: 4
published: 2023-04-20
sample: true
---

每天记录温度。
"""
THIRD = """---
title: 检验到每道工序
industry: [C23]
region: "330100"
year: 2022
batch: 4
problems: [process-control, quality-awareness]
published: 2023-04-20
---

每道工序设检验点。
"""
NOTICE = """---
title: 第四批小微企业质量管理体系认证提升行动优良案例
year: 2022
published: 2023-04-20
selected: {selected}
---

各有关单位：现予发布。
"""
GUIDE = """---
title: 包装行业实施指南
industry: [C23]
year: 2022
edition: 2022版
---
正文。
"""
FILES = {"cases/a.md": FIRST, "cases/b.md": SECOND, "cases/c.md": THIRD, "guides/packaging-2022.md": GUIDE}


@dataclass(frozen=True)
class Shelf:
    """A library with batch 4 in it."""

    store: ContentStore
    search: SearchRoom

    def book(self) -> Book:
        return gather(self.store, self.search, 4, "某省局")


def shelf(root: Path, cases: int = 3, files: Mapping[str, str | bytes] | None = None) -> Shelf:
    """Batch 4 with the first so many of the cases, and ``files``."""
    store = library(root)
    kept = [name for name in FILES if name.startswith("guides/") or name < f"cases/{'abcd'[cases]}"]
    for name, data in {**{name: FILES[name] for name in kept}, **(files or {})}.items():
        put(store.root, name, data)
    put(store.root, "batches/4.md", NOTICE.format(selected=cases))
    return Shelf(store, SearchRoom.open(f"whoosh:{root / 'index'}", store.taxonomy))


def word(shelf: Shelf) -> Document:
    """The book as Word reads it."""
    return docx.Document(BytesIO(typesetting.docx(shelf.book(), shelf.store)))


def styled(document: Document, style: str) -> list[str]:
    """The paragraphs of a style."""
    return [each.text for each in document.paragraphs if each.style and each.style.name == style]


class Printed:
    """The book as Typst sets it, to be asked."""

    def __init__(self, shelf: Shelf, folder: Path) -> None:
        folder.mkdir()
        given = typesetting.compose(shelf.book(), shelf.store, folder)
        (folder / "other.typ").write_text('#metadata(include "main.typ") <all>')
        self._set, self._text = (
            typst.Compiler(str(folder / name), root=str(folder), font_paths=typesetting.fonts(), sys_inputs=given)
            for name in ("main.typ", "other.typ")
        )

    def ask(self, expression: str) -> Any:
        return json.loads(self._set.eval(expression))

    def headings(self, level: int = 1) -> list[tuple[str, int]]:
        """Words and pages of the headings of a level, counted from the cover."""
        found = self.ask(f"query(heading.where(level: {level})).map(each => (each.body, each.location().page()))")
        return [(plain(body), page) for body, page in found]

    def words(self) -> str:
        """All that is to be set."""
        return plain(json.loads(self._text.query("<all>", field="value", one=True)))


def plain(content: Any) -> str:
    """The words of a piece of content."""
    match content:
        case {"text": str(text)}:
            return text
        case {"children": list(parts)} | list(parts):
            return "".join(map(plain, parts))
        case {"body": part} | {"child": part}:
            return plain(part)
        case {"func": "smartquote", "double": True}:
            return '"'
        case {"func": "space"}:
            return " "
    return ""
