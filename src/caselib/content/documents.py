"""A file of the library, read: bytes in, a typed ``Document`` or a list of what is wrong out.

Nothing here opens files (``store`` does) or looks at other files (``check`` does).
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from caselib.content import frontmatter
from caselib.content.frontmatter import FrontMatterError
from caselib.content.models import META, Kind, Meta, Section
from caselib.content.report import Problem
from caselib.content.taxonomy import Taxonomy


@dataclass(frozen=True)
class Document:
    """One file without errors. ``digest`` is the SHA-256 of its bytes in hexadecimal."""

    kind: Kind
    slug: str
    path: Path
    meta: Meta
    body: str
    digest: str

    @property
    def url(self) -> str:
        """The document's address on the site."""
        return self.kind.url(self.slug)

    @cached_property
    def summary(self) -> str:
        """The summary given in the front matter, else the first paragraph as plain text."""
        from caselib.content.plaintext import first_paragraph

        return self.meta.summary or first_paragraph(self.body)

    @cached_property
    def sections(self) -> list[Section]:
        """The plain text of each section."""
        from caselib.content.plaintext import sections

        return sections(self.body)


def parse(kind: Kind, slug: str, path: Path, data: bytes, taxonomy: Taxonomy) -> tuple[Document | None, list[Problem]]:
    """Read ``data``; there is a document unless a problem is an error. Never raises on content."""
    name = f"{kind.folder}/{path.name}"
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        parts = frontmatter.split(text)
        meta = META[kind].model_validate(frontmatter.load(parts.front))
    except FrontMatterError as error:
        return None, [Problem(name, error.line, "error", error.message, error.remedy)]
    except ValidationError as error:
        return None, [Problem(name, 1, "error", str(error), "")]
    except UnicodeDecodeError as error:
        return None, [Problem(name, 1, "error", str(error), "")]
    return Document(kind, slug, path, meta, parts.body, sha256(data).hexdigest()), []
