"""A migrated SQLite file, and people in it."""

from collections.abc import Callable

import pytest

from caselib.db import Database
from caselib.people import COMMAND_LINE, Account, Role, actions

PASSWORD = "一句很长的口令 2026"

AddAccount = Callable[..., Account]


@pytest.fixture
def add_account(database: Database) -> AddAccount:
    """Add an account that can sign in with ``PASSWORD`` (or with no password at all: ``password=None``)."""

    def add(
        username: str, *roles: Role, password: str | None = PASSWORD, name: str = "某人", **details: str
    ) -> Account:
        with database.writing() as session:
            account = actions.add_account(
                session=session, actor=COMMAND_LINE, username=username, roles=roles, name=name, **details
            )
            if password:
                actions.set_password(session=session, account=account, password=password)
        return account

    return add
