"""The desk of editors and operators: one blueprint, a module for each thing that is done at it.

Views ask the rooms and show their answers; no rule of the review or of publishing may be decided here.
"""

from flask import Blueprint

blueprint = Blueprint("editing", __name__, url_prefix="/desk")

# Each module adds its views to the blueprint, so it must exist first.
from caselib.web.editing import (  # noqa: E402, F401
    assigning,
    books,
    calls,
    library,
    people,
    progress,
    questions,
    releasing,
    screening,
    selecting,
)
