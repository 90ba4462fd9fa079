"""Letters leave here, after the transaction that they tell of: sending takes seconds, and may fail.

A letter that could not be sent is logged and changes nothing else; what it says is on the site as well.
"""

import logging
from collections.abc import Callable, Sequence
from threading import Thread

from caselib.errors import CaselibError
from caselib.mail import Mailer
from caselib.people.letters import Letter
from caselib.web.rooms import rooms

log = logging.getLogger(__name__)

THREAD = "letters"
"""The name of the threads that send."""


def post(letters: Sequence[Letter], *, lost: Callable[[Letter], None] | None = None) -> None:
    """Send in the background those that have an address; how long it takes tells nobody how many there are.

    Args:
        lost: what to do about a letter that did not leave; it runs where no request is.
    """
    addressed = [letter for letter in letters if letter.to]
    Thread(target=_send, args=(Mailer.open(rooms.settings), addressed, lost), name=THREAD).start()


def _send(mailer: Mailer, letters: Sequence[Letter], lost: Callable[[Letter], None] | None) -> None:
    for letter in letters:
        try:
            mailer.send(to=letter.to, subject=letter.subject, text=letter.text)
        except CaselibError as error:
            log.error("%s", error)
            if lost:
                lost(letter)
