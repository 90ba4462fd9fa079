import pytest

from caselib.errors import CaselibError, Forbidden
from caselib.people import COMMAND_LINE, Account, Actor, Role, rules
from caselib.people.models import now


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Editor", "editor"), (" zhe.jiang-1 ", "zhe.jiang-1"), ("ＡＢ１", "ab1"), ("浙江省局", "浙江省局")],
)
def test_a_user_name_is_folded(typed: str, kept: str) -> None:
    assert rules.clean_username(typed) == kept


@pytest.mark.parametrize("typed", ["", "a", "-ab", "a b", "a/b", "a" * 33, "<b>", "a\n", "аdmin"])
def test_a_bad_user_name_is_refused(typed: str) -> None:
    with pytest.raises(CaselibError, match="不合规则"):
        rules.clean_username(typed if typed != "a\n" else "a\nb")


@pytest.mark.parametrize(("typed", "kept"), [("", ""), (" Li@Example.CN ", "li@example.cn")])
def test_a_mail_address_is_folded(typed: str, kept: str) -> None:
    assert rules.clean_email(typed) == kept


@pytest.mark.parametrize("typed", ["li", "li@", "@b.cn", "a b@c.cn", "a@b", "a@b.cn\nBcc: x@y.cn", "a@b.cn,c@d.cn"])
def test_a_bad_mail_address_is_refused(typed: str) -> None:
    with pytest.raises(CaselibError, match="不是有效的邮箱地址"):
        rules.clean_email(typed)


@pytest.mark.parametrize(("typed", "kept"), [("", ""), ("330000", "330000")])
def test_a_province_is_a_code(typed: str, kept: str) -> None:
    assert rules.clean_province(typed) == kept


@pytest.mark.parametrize("typed", ["330400", "浙江", "33", "930000"])
def test_a_bad_province_is_refused(typed: str) -> None:
    with pytest.raises(CaselibError, match="不是省级行政区划代码"):
        rules.clean_province(typed)


@pytest.mark.parametrize(("typed", "kept"), [("李 四", "李 四"), ("  某\n局 ", "某 局"), ("某\0局", "某 局")])
def test_a_name_is_one_line(typed: str, kept: str) -> None:
    assert rules.clean_name(typed) == kept


@pytest.mark.parametrize("typed", ["", " \n", "长" * 65])
def test_a_bad_name_is_refused(typed: str) -> None:
    with pytest.raises(CaselibError, match="1 至 64 个字"):
        rules.clean_name(typed)


@pytest.mark.parametrize(
    ("role", "own", "may"),
    [
        (Role.SUBMITTER, (), False),
        (Role.EXPERT, (Role.EXPERT,), False),
        (Role.EDITOR, (), True),
        (Role.EDITOR, (Role.EXPERT, Role.SUBMITTER), True),
        (Role.EDITOR, (Role.EXPERT, Role.EDITOR), False),
        (Role.EDITOR, (Role.OPERATOR,), False),
        (Role.OPERATOR, (Role.OPERATOR, Role.EDITOR), True),
    ],
)
def test_editors_look_after_experts_and_submitters_and_operators_after_all(
    role: Role, own: tuple[Role, ...], may: bool
) -> None:
    actor = Actor(id=1, username="li", name="李", roles=frozenset({role}))
    assert rules.may_manage_accounts(actor, own) is may


def test_managing_without_the_right_is_refused_with_who_may() -> None:
    with pytest.raises(Forbidden, match="编辑和运维的账号只由运维管理"):
        rules.require_manager(Actor(id=1, username="li", name="李", roles=frozenset()))


def test_the_command_line_is_an_operator() -> None:
    rules.require_manager(COMMAND_LINE)


@pytest.mark.parametrize(
    ("password_hash", "disabled", "can"), [("h", False, True), ("", False, False), ("h", True, False)]
)
def test_who_has_a_password_and_is_not_disabled_can_sign_in(password_hash: str, disabled: bool, can: bool) -> None:
    account = Account(username="li", name="李", password_hash=password_hash, disabled_at=now() if disabled else None)
    assert rules.can_sign_in(account) is can


@pytest.mark.parametrize(
    ("roles", "asked", "has"),
    [
        ({Role.EDITOR}, (Role.EDITOR,), True),
        ({Role.EDITOR, Role.EXPERT}, (Role.OPERATOR, Role.EXPERT), True),
        ({Role.EDITOR}, (Role.OPERATOR,), False),
        (set(), (Role.OPERATOR,), False),
    ],
)
def test_an_actor_has_a_role_or_not(roles: set[Role], asked: tuple[Role, ...], has: bool) -> None:
    assert Actor(id=1, username="li", name="李", roles=frozenset(roles)).has(*asked) is has
