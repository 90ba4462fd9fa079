import pytest

from caselib import journal
from caselib.db import Database
from caselib.errors import CaselibError, Conflict, Forbidden, NotFound
from caselib.people import COMMAND_LINE, Account, Actor, Role, actions, passwords, queries
from tests.people.conftest import PASSWORD, AddAccount
from tests.statements import asked

EDITOR = Actor(id=7, username="bianji", name="编辑", roles=frozenset({Role.EDITOR}))


def stored(database: Database, username: str) -> Account:
    with database.reading() as session:
        return queries.get_account(session, username)


def test_an_added_account_has_its_details_its_roles_and_no_password(database: Database) -> None:
    with database.writing() as session:
        actions.add_account(
            session=session,
            actor=COMMAND_LINE,
            username="Li.Si",
            name="李四",
            roles=[Role.EXPERT, Role.EDITOR, Role.EXPERT],
            email="Li@Example.cn",
            employer=" 某检测院 ",
            province="330000",
            certifier="某认证机构",
        )
    account = stored(database, "li.si")
    assert account.actor == Actor(
        id=account.id,
        username="li.si",
        name="李四",
        roles=frozenset({Role.EXPERT, Role.EDITOR}),
        email="li@example.cn",
        employer="某检测院",
        province="330000",
        certifier="某认证机构",
    )
    assert (account.password_hash, account.session_version, account.disabled_at) == ("", 0, None)


def test_a_user_name_is_given_once_however_it_is_written(database: Database, add_account: AddAccount) -> None:
    add_account("zhejiang")
    with pytest.raises(Conflict, match="“zhejiang”已经有人使用"):
        add_account("ZheJiang")
    with database.reading() as session:
        assert [account.username for account in queries.list_accounts(session)] == ["zhejiang"]


@pytest.mark.parametrize("details", [{"name": ""}, {"name": "李", "email": "x"}, {"name": "李", "province": "浙江"}])
def test_an_account_with_a_bad_detail_is_not_added(database: Database, details: dict[str, str]) -> None:
    with pytest.raises(CaselibError), database.writing() as session:
        actions.add_account(session=session, actor=COMMAND_LINE, username="li", **details)
    with database.reading() as session:
        assert queries.list_accounts(session) == []


def test_changing_an_account_touches_only_what_is_named(database: Database, add_account: AddAccount) -> None:
    add_account("li", Role.EXPERT, name="李四", employer="甲院", province="330000")
    with database.writing() as session:
        account = queries.get_account(session, "li")
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, employer="乙院")
    actor = stored(database, "li").actor
    assert (actor.employer, actor.province, actor.name, actor.roles) == (
        "乙院",
        "330000",
        "李四",
        frozenset({Role.EXPERT}),
    )


@pytest.mark.parametrize("wanted", [set(), {Role.EDITOR}, {Role.EXPERT, Role.EDITOR, Role.OPERATOR}])
def test_changing_roles_replaces_them(database: Database, add_account: AddAccount, wanted: set[Role]) -> None:
    add_account("li", Role.EXPERT, Role.EDITOR)
    with database.writing() as session:
        account = queries.get_account(session, "li")
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, roles=wanted)
    assert stored(database, "li").roles == wanted


def test_an_expert_is_described_and_described_anew(database: Database, add_account: AddAccount) -> None:
    add_account("li", Role.EXPERT)
    for industries, panel, kept in ((["C23", "C", "C23"], " 一组 ", (["C23", "C"], "一组")), (["A"], "", (["A"], ""))):
        with database.writing() as session:
            account = queries.get_account(session, "li")
            actions.describe_expert(
                session=session, actor=COMMAND_LINE, account=account, industries=industries, panel=panel
            )
        expert = stored(database, "li").expert
        assert expert is not None
        assert (expert.industries, expert.panel) == kept


def test_only_an_expert_is_described_as_one(database: Database, add_account: AddAccount) -> None:
    add_account("li", Role.EDITOR)
    with pytest.raises(CaselibError, match="不是评审专家"), database.writing() as session:
        account = queries.get_account(session, "li")
        actions.describe_expert(session=session, actor=COMMAND_LINE, account=account, industries=["C"])


def test_a_disabled_account_cannot_be_disabled_again_and_an_enabled_one_not_enabled(
    database: Database, add_account: AddAccount
) -> None:
    add_account("li")
    with database.writing() as session:
        account = queries.get_account(session, "li")
        with pytest.raises(Conflict, match="没有停用"):
            actions.enable_account(session=session, actor=COMMAND_LINE, account=account)
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
        with pytest.raises(Conflict, match="早已停用"):
            actions.disable_account(session=session, actor=COMMAND_LINE, account=account)


def test_disabling_ends_the_sessions_for_good_and_enabling_lets_in_again(
    database: Database, add_account: AddAccount
) -> None:
    account_id, version = add_account("li").id or 0, 1

    def session_is_good() -> bool:
        with database.reading() as session:
            return queries.account_of_session(session, account_id, version, "a") is not None

    states = [session_is_good()]
    for action in (actions.disable_account, actions.enable_account):
        with database.writing() as session:
            action(session=session, actor=COMMAND_LINE, account=queries.get_account(session, "li"))
        states.append(session_is_good())
    assert (states, stored(database, "li").disabled_at) == ([True, False, False], None)


def test_a_disabled_account_has_no_good_session_of_any_version(database: Database, add_account: AddAccount) -> None:
    account_id = add_account("li").id or 0
    with database.writing() as session:
        account = queries.get_account(session, "li")
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    with database.reading() as session:
        found = [queries.account_of_session(session, account_id, version, "a") for version in range(4)]
    assert found == [None] * 4


@pytest.mark.both_databases
def test_a_session_that_ended_is_not_good_any_more_and_others_are(database: Database, add_account: AddAccount) -> None:
    account_id = add_account("li").id or 0
    for _ in range(2):  # two windows may sign out at once
        with database.writing() as session:
            actions.end_session(session=session, session_id="a")
    with database.reading() as session:
        found = [queries.account_of_session(session, account_id, 1, each) for each in ("a", "b")]
    assert [account and account.username for account in found] == [None, "li"]


def test_a_new_password_ends_older_sessions(database: Database, add_account: AddAccount) -> None:
    account = add_account("li")
    with database.writing() as session:
        actions.set_password(session=session, account=queries.get_account(session, "li"), password="另一句口令 2027")
    with database.reading() as session:
        versions = [queries.account_of_session(session, account.id or 0, version, "a") for version in (1, 2)]
    assert [found and found.username for found in versions] == [None, "li"]


def test_a_refused_password_changes_nothing(database: Database, add_account: AddAccount) -> None:
    before = add_account("li")
    with pytest.raises(CaselibError), database.writing() as session:
        actions.set_password(session=session, account=queries.get_account(session, "li"), password="short")
    after = stored(database, "li")
    assert (after.password_hash, after.session_version) == (before.password_hash, before.session_version)


def test_signing_in_renews_a_weak_hash(database: Database, add_account: AddAccount) -> None:
    from argon2 import PasswordHasher

    add_account("li", password=None)
    with database.writing() as session:
        queries.get_account(session, "li").password_hash = PasswordHasher(time_cost=1).hash(PASSWORD)
    with database.writing() as session:
        actions.record_sign_in(account=queries.get_account(session, "li"), password=PASSWORD)
    renewed = stored(database, "li").password_hash
    assert (passwords.needs_rehash(renewed), passwords.verify(renewed, PASSWORD)) == (False, True)


@pytest.mark.parametrize("verb", ["add", "change", "describe", "disable", "enable"])
def test_an_editor_manages_no_account_of_an_editor(database: Database, add_account: AddAccount, verb: str) -> None:
    add_account("li", Role.EXPERT, Role.EDITOR)
    with pytest.raises(Forbidden), database.writing() as session:
        who = {"session": session, "actor": EDITOR}
        account = queries.get_account(session, "li")
        match verb:
            case "add":
                actions.add_account(**who, username="wang", name="王", roles=[Role.EDITOR])
            case "change":
                actions.change_account(**who, account=account, email="wo@example.cn")
            case "describe":
                actions.describe_expert(**who, account=account, industries=[])
            case "disable":
                actions.disable_account(**who, account=account)
            case "enable":
                actions.enable_account(**who, account=account)


def test_asking_for_an_unknown_account_names_it(database: Database) -> None:
    with database.reading() as session, pytest.raises(NotFound, match="没有用户名为“nobody”的账号"):
        queries.get_account(session, "nobody")


@pytest.mark.parametrize("count", [0, 1, 3])
def test_listing_costs_the_same_for_any_number(database: Database, add_account: AddAccount, count: int) -> None:
    for number in range(count):
        add_account(f"expert{number}", Role.EXPERT, password=None)
        with database.writing() as session:
            account = queries.get_account(session, f"expert{number}")
            actions.describe_expert(session=session, actor=COMMAND_LINE, account=account, industries=["C"])
    with asked(database) as statements, database.reading() as session:
        listed = [account.username for account in queries.list_accounts(session) if account.roles and account.expert]
    assert (listed, len(statements)) == ([f"expert{number}" for number in range(count)], 3 if count else 1)


def test_a_mailbox_may_belong_to_several_accounts(database: Database, add_account: AddAccount) -> None:
    add_account("li", email="ju@example.cn")
    add_account("wang", email="ju@example.cn")
    add_account("zhao")
    with database.reading() as session:
        found = [
            [account.username for account in queries.find_by_login_or_email(session, typed)]
            for typed in ("JU@example.cn", "Zhao", "", "nobody")
        ]
    assert found == [["li", "wang"], ["zhao"], [], []]


def test_an_editor_cannot_make_an_expert_an_operator(database: Database, add_account: AddAccount) -> None:
    add_account("li", Role.EXPERT)
    with pytest.raises(Forbidden), database.writing() as session:
        account = queries.get_account(session, "li")
        actions.change_account(session=session, actor=EDITOR, account=account, roles=[Role.OPERATOR])
    assert stored(database, "li").roles == {Role.EXPERT}


def test_what_is_done_to_an_account_is_in_the_journal_and_no_password_is(database: Database) -> None:
    with database.writing() as session:
        who = {"session": session, "actor": EDITOR}
        account = actions.add_account(**who, username="li", name="李", roles=[Role.EXPERT], province="330000")
        actions.change_account(**who, account=account, province="340000", name="李")
        actions.change_account(**who, account=account, province="340000")
        actions.describe_expert(**who, account=account, industries=["C23"], panel="一组")
        actions.set_password(session=session, account=account, password=PASSWORD)
        actions.disable_account(**who, account=account)
        actions.enable_account(**who, account=account)
    with database.reading() as session:
        events = journal.events_of(session, f"account:{account.id}")
    added = {"username": "li", "name": "李", "email": "", "employer": "", "province": "330000", "certifier": ""}
    assert [(event.action, event.actor, event.before, event.after) for event in events] == [
        ("account.add", EDITOR.name, {}, {**added, "roles": ["expert"], "industries": [], "panel": ""}),
        ("account.change", EDITOR.name, {"province": "330000"}, {"province": "340000"}),
        (
            "account.describe",
            EDITOR.name,
            {"industries": [], "panel": ""},
            {"industries": ["C23"], "panel": "一组"},
        ),
        ("account.password", "李", {}, {}),
        ("account.disable", EDITOR.name, {}, {}),
        ("account.enable", EDITOR.name, {}, {}),
    ]
