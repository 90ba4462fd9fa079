"""A form that was sent: what it asks for is done, or its page is shown again with what was in the way, as it was typed.

Every view that takes a form says here which page that is. Nothing here knows what the form is about.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Response, abort, make_response, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from caselib.errors import CaselibError, Overloaded, Unavailable
from caselib.web.rooms import rooms

RETRY_AFTER = "30"
log = logging.getLogger("caselib.web")

Page = Callable[[CaselibError], ResponseReturnValue]


@contextmanager
def or_again(page: Page) -> Iterator[None]:
    """Answer with ``page``, and the status of the error, if the block cannot do what it is for.

    Where the page itself cannot be shown, because what it is about is not there for the one who asks, the error is said as
    everywhere.
    """
    try:
        yield
    except CaselibError as error:
        try:
            answer = make_response(page(error))
        except CaselibError:
            raise error from error.__cause__
        abort(with_status(answer, error))


def with_status(answer: Response, error: CaselibError) -> Response:
    """The answer with the status of the error; where another try is worth while, the browser is told when.

    What came of too much load is logged: nobody else would hear of it.
    """
    answer.status_code = error.status
    if isinstance(error, Unavailable):
        answer.headers["Retry-After"] = RETRY_AFTER
    if isinstance(error, Overloaded):
        log.warning("%s %s: %s", request.method, request.path, error.__cause__)
    return answer


@contextmanager
def attempt(page: Page) -> Iterator[Session]:
    """A transaction for what the form asks for; undone, and answered with ``page``, if it cannot be done."""
    with or_again(page), rooms.database.writing() as session:
        yield session
