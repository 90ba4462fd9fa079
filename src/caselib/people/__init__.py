"""People: accounts, roles, experts and their ties.

This room knows who somebody is and how they prove it. It must not know what an account is used for: who may do what
with a submission or a batch is a rule of the room that holds it.
"""

from caselib.people.actors import COMMAND_LINE, Actor, Role
from caselib.people.models import Account, Expert

__all__ = ["COMMAND_LINE", "Account", "Actor", "Expert", "Role"]
