"""Letters leave here, after the transaction that they tell of: sending takes seconds, and may fail.

A letter that could not be sent is logged, without its text, and changes nothing else; what it says is on the site as well.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from threading import Thread

from flask import url_for
from sqlmodel import Session

from caselib.config import Settings
from caselib.db import key_of
from caselib.errors import CaselibError, Unavailable
from caselib.mail import Letter, Mailer
from caselib.people import Account
from caselib.people.letters import write_letter as write_to_account
from caselib.people.links import Purpose, link_path
from caselib.review import queries
from caselib.review.expert_letters import Invitation
from caselib.review.letters import write_letter as write_to_owner
from caselib.review.models import Call, Submission
from caselib.web.rooms import rooms

log = logging.getLogger(__name__)

THREAD = "letters"
"""The name of the threads that send."""


def letters_about(session: Session, verb: str, about: Sequence[Submission]) -> list[Letter]:
    """The letters that tell the owners what was done; three statements, however many there are."""
    owners = queries.owners(session, about)
    base, site = rooms.settings.base_url, rooms.settings.site.name
    return [
        write_to_owner(
            verb,
            submission,
            session.get_one(Call, submission.call_id),
            owner=owners[key_of(submission)],
            link=base and base + url_for("submitting.form", submission_id=submission.id),
            site=site,
        )
        for submission in about
    ]


def require_address(letter: str) -> None:
    """Refuse to write a letter that needs a link where the site does not know its own address.

    What address a visitor's request claims is not believed: it would go into the letter.

    Raises:
        Unavailable: no address is set.
    """
    if not rooms.settings.base_url:
        raise Unavailable(f"本站没有设置网址，不能发送{letter}。", "请联系本站运维人员（CASELIB_BASE_URL）。")


def letters_with_links(purpose: Purpose, accounts: Iterable[Account]) -> list[Letter]:
    """The letters that bring a link to choose a password, to those who have an address and are not shut out."""
    base, key, site = rooms.settings.base_url, rooms.settings.signing_key, rooms.settings.site.name
    return [
        write_to_account(purpose, account, link=base + link_path(account, purpose, key=key), site=site)
        for account in accounts
        if account.email and account.disabled_at is None
    ]


def invite(invitations: Iterable[Invitation]) -> None:
    """Tell experts what is new to them."""
    site, base_url = rooms.settings.site.name, rooms.settings.base_url
    post([invitation.letter(site=site, base_url=base_url) for invitation in invitations])


def post(letters: Sequence[Letter], *, lost: Callable[[Letter], None] | None = None) -> None:
    """Send those that have an address.

    In a thread, so that the response time does not reveal how many accounts matched.

    Args:
        lost: what to do about a letter that did not leave; it runs where no request is.
    """
    addressed = [letter for letter in letters if letter.to]
    Thread(target=_send, args=(rooms.settings, addressed, lost), name=THREAD).start()


def _send(settings: Settings, letters: Sequence[Letter], lost: Callable[[Letter], None] | None) -> None:
    for letter in letters:
        try:
            Mailer.open(settings).send(letter)
        except Exception as error:  # whatever is wrong with one letter, the others leave
            log.error("a letter was not sent: %s", error if isinstance(error, CaselibError) else type(error).__name__)
            if lost:
                lost(letter)
