"""The books of published batches, for an editor to hand on: Word and PDF, made at the moment they are asked for."""

from io import BytesIO
from urllib.parse import quote

from flask import Response, render_template, send_file

from caselib.people import Role
from caselib.publishing.book import gather
from caselib.web.access import requires
from caselib.web.editing import blueprint
from caselib.web.reading import every_batch
from caselib.web.rooms import rooms


@blueprint.get("/books")
@requires(Role.EDITOR)
def books() -> str:
    """Every published batch, newest first, with its two files."""
    return render_template("desk/books.html", batches=every_batch())


@blueprint.get("/books/<int:number>.<any(docx, pdf):form>")
@requires(Role.EDITOR)
def book_file(number: int, form: str) -> Response:
    """The book of one batch.

    Raises:
        NotFound: no such batch is published.
        CaselibError: it cannot be typeset here, or not at all.
    """
    from caselib.publishing import typesetting  # loads libraries that no other page needs

    book = gather(rooms.store, rooms.search, number, rooms.settings.site.issuer)
    data = typesetting.typeset(book, rooms.store, form)
    name = f"{book.title}.{form}"
    response = send_file(BytesIO(data), download_name=name)
    names = {"filename": f"cases-{number}.{form}", "filename*": f"UTF-8''{quote(name)}"}
    response.headers.set("Content-Disposition", "attachment", **names)
    response.headers["Cache-Control"] = "private, no-store"
    return response
