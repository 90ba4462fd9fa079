"""Which submissions of a list to show: by state, province, industry and words. Pure; the list is the caller's."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from caselib.review.models import Submission


class Filter(NamedTuple):
    """What to keep; empty values keep everything.

    ``province`` is a code of GB/T 2260 that ends in 0000, ``letter`` one of GB/T 4754-2017; all ``words`` (parted by spaces)
    must be in the number, the title or a name.
    """

    state: str = ""
    province: str = ""
    letter: str = ""
    words: str = ""

    def keeps(self, submission: Submission) -> bool:
        """Whether the submission is shown."""
        return (
            (not self.state or submission.state == self.state)
            and (not self.province or submission.region[:2] == self.province[:2])
            and (not self.letter or any(code.startswith(self.letter) for code in submission.industry))
            and self._says(submission)
        )

    def of(self, submissions: Iterable[Submission]) -> list[Submission]:
        """Those that are shown, in their order."""
        return [submission for submission in submissions if self.keeps(submission)]

    def _says(self, submission: Submission) -> bool:
        names = (submission.firm, submission.submitter, submission.certifier)
        return says(self.words, submission.number or "", submission.title, *names)


def says(words: str, *texts: str) -> bool:
    """Whether each of ``words`` (parted by spaces) is in one of the texts, width and case apart."""
    text = _folded(" ".join(texts))
    return all(word in text for word in _folded(words).split())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
