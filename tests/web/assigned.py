"""A site with a call that has accepted submissions and experts, for the tests of the desk's pages of a round."""

from datetime import date
from typing import Any

from flask.testing import FlaskClient

from caselib.people import Role
from caselib.review.models import Call, DeclaredConflict, Submission
from caselib.review.states import CallState
from tests.review.assigned import Assigned
from tests.web.conftest import _HASH
from tests.web.rounds import SiteRound

DISTANT = date(2099, 11, 30)


class AssignedSite(SiteRound, Assigned):
    """Everything an assigned round has, and people who sign in; reviews are due in a far year."""

    def round(
        self, submissions: int, state: CallState = CallState.SCREENING, reviews: int = 2, **details: Any
    ) -> tuple[Call, list[Submission]]:
        return super().round(submissions, state, reviews, **{"review_deadline": DISTANT, **details})

    def set_password(self, username: str) -> None:
        """Let somebody who joined later sign in."""
        self.change(username, password_hash=_HASH)

    def tied(self, submission: Submission) -> FlaskClient:
        """A browser of a second editor, who is tied to the submission."""
        account = self.add("tied", Role.EDITOR, name="编辑乙")
        self.set_password("tied")
        with self.database.writing() as session:
            session.add(DeclaredConflict(account_id=account.id or 0, submission_id=submission.id or 0, reason="亲属"))
        return self.browser("tied")
