from pathlib import Path

import pytest

from caselib.config import Settings, shipped
from caselib.content import Taxonomy
from caselib.db import Database
from caselib.errors import CaselibError
from caselib.operations.demo import BUREAUS, claim_data, fetch_content, people, set_people
from caselib.people import COMMAND_LINE, Role, actions, passwords, queries
from caselib.publishing import audit
from tests.operations.conftest import MakeSite


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.load(shipped("content") / "taxonomy")


def test_everybody_is_there_once(taxonomy: Taxonomy) -> None:
    names = [person.username for person in people(taxonomy)]
    experts = [f"expert{number:02d}" for number in range(1, 33)]
    assert names == ["editor", "operator", *experts, *BUREAUS]


def test_the_bureaus_are_those_of_all_31_provinces_with_their_official_names(taxonomy: Taxonomy) -> None:
    mainland = [term.key for term in taxonomy.regions.children(None) if term.key < "700000"]
    names = {person.username: person.details["name"] for person in people(taxonomy) if Role.SUBMITTER in person.roles}
    assert sorted(BUREAUS.values()) == mainland
    assert {key: names[key] for key in ("zhejiang", "tianjin", "ningxia", "neimenggu", "shanxi", "shaanxi")} == {
        "zhejiang": "浙江省市场监督管理局",
        "tianjin": "天津市市场监督管理委员会",
        "ningxia": "宁夏回族自治区市场监督管理厅",
        "neimenggu": "内蒙古自治区市场监督管理局",
        "shanxi": "山西省市场监督管理局",
        "shaanxi": "陕西省市场监督管理局",
    }


def test_experts_say_that_they_are_invented_and_differ_in_their_ties(taxonomy: Taxonomy) -> None:
    experts = [person for person in people(taxonomy) if Role.EXPERT in person.roles]
    honest = [
        person for person in experts if all("示例" in person.details[key] for key in ("name", "employer", "certifier"))
    ]
    counts = {
        key: len({person.details[key] for person in experts}) for key in ("name", "employer", "province", "certifier")
    }
    assert (len(honest), counts) == (32, {"name": 32, "employer": 8, "province": 31, "certifier": 8})
    assert {industry for person in experts for industry in person.industries} <= set(taxonomy.industries)
    assert [len(person.industries) for person in experts] == [3] * 32
    assert {person.panel for person in experts} == {
        "农业与食品组",
        "材料与服务组",
        "机械与电子组",
        "轻工与纺织组",
    }


def test_accounts_are_made_and_made_again_without_a_second_of_each(make_settings: MakeSite, taxonomy: Taxonomy) -> None:
    database = Database.open(make_settings("demo"))
    database.upgrade()
    for password in ("first", "second"):
        set_people(database, taxonomy, password)
    with database.reading() as session:
        accounts = queries.list_accounts(session)
    experts = [account for account in accounts if account.expert]
    assert (len(accounts), len(experts), len({account.password_hash for account in accounts})) == (65, 32, 1)
    assert passwords.verify(accounts[0].password_hash, "second")
    assert {account.session_version for account in accounts} == {2}  # who signed in with the first is out


def test_an_account_that_was_changed_is_set_right(make_settings: MakeSite, taxonomy: Taxonomy) -> None:
    database = Database.open(make_settings("demo"))
    database.upgrade()
    set_people(database, taxonomy, "first")
    with database.writing() as session:
        account = queries.get_account(session, "editor")
        actions.change_account(session=session, actor=COMMAND_LINE, account=account, name="别人", roles=[])
        actions.disable_account(session=session, actor=COMMAND_LINE, account=account)
    set_people(database, taxonomy, "first")
    with database.reading() as session:
        account = queries.get_account(session, "editor")
        assert audit.verify(session).faults == []
    assert (account.name, account.roles, account.disabled_at) == ("示例编辑", {Role.EDITOR}, None)


def test_a_data_folder_is_claimed_once_and_then_known(make_settings: MakeSite) -> None:
    settings = make_settings("demo")
    claim_data(settings)
    Database.open(settings).upgrade()
    claim_data(settings)


@pytest.mark.parametrize("kind", ["a site's own", "another kind"])
def test_a_database_the_demo_did_not_make_is_not_claimed(make_settings: MakeSite, kind: str) -> None:
    settings = make_settings("real")
    if kind == "another kind":
        settings = Settings(data=settings.data, database_url="postgresql://u:p@db/x")
    else:
        Database.open(settings).upgrade()
    with pytest.raises(CaselibError, match="不是演示建立的"):
        claim_data(settings)


def test_content_is_copied_whole_and_never_over_something(tmp_path: Path) -> None:
    done = [fetch_content(tmp_path / "content") for _ in range(2)]
    copied = {path.relative_to(tmp_path / "content") for path in (tmp_path / "content").rglob("*")}
    assert done == [True, False]
    assert copied == {path.relative_to(shipped("content")) for path in shipped("content").rglob("*")}
    assert [path.name for path in tmp_path.iterdir()] == ["content"]


def test_a_copy_that_broke_off_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / ".content.part" / "old").mkdir(parents=True)
    assert fetch_content(tmp_path / "content")
    assert not (tmp_path / "content" / "old").exists()
