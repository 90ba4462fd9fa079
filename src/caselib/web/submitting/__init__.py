"""What a submitter does: reads a call, writes a case, amends it, sends it, follows what becomes of it.

Views ask the review room and show its answers. Whatever is typed into the form of a case is kept before anything else is
done with it.
"""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from caselib.review.states import CallState, SubmissionState
from caselib.web.case_form import LABELS

blueprint = Blueprint("submitting", __name__)


@blueprint.record_once
def _names(state: BlueprintSetupState) -> None:
    """The names of states and fields, for the pages of all who work on submissions."""
    state.app.jinja_env.globals.update(
        labels=LABELS,
        state_names={state.value: state.label for state in SubmissionState},
        call_state_names={state.value: state.label for state in CallState},
    )


# Each module adds its views to the blueprint, so it must exist first.
from caselib.web.submitting import attachments, calls, sending, writing  # noqa: E402, F401
