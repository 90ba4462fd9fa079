"""The demo's people: one account for each part somebody may play, all with one password.

The bureaus are the real ones of the 31 provinces (it is they who submit); the experts and all their ties are
invented and say so in their names. Never for a site that others reach: the password is printed.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from caselib.config import Settings, shipped
from caselib.content import Taxonomy
from caselib.content.files import sync_folder
from caselib.db import Database
from caselib.errors import CaselibError
from caselib.people import COMMAND_LINE, Role, actions, passwords, queries
from caselib.people.actions import Details

EXPERTS = 32
MARK = ".demo"
"""A file in the data folder that says: made by the demo, the demo may change it."""

BUREAUS = {
    "beijing": "110000", "tianjin": "120000", "hebei": "130000", "shanxi": "140000", "neimenggu": "150000",
    "liaoning": "210000", "jilin": "220000", "heilongjiang": "230000",
    "shanghai": "310000", "jiangsu": "320000", "zhejiang": "330000", "anhui": "340000", "fujian": "350000",
    "jiangxi": "360000", "shandong": "370000",
    "henan": "410000", "hubei": "420000", "hunan": "430000", "guangdong": "440000", "guangxi": "450000",
    "hainan": "460000",
    "chongqing": "500000", "sichuan": "510000", "guizhou": "520000", "yunnan": "530000", "xizang": "540000",
    "shaanxi": "610000", "gansu": "620000", "qinghai": "630000", "ningxia": "640000", "xinjiang": "650000",
}  # fmt: skip
"""User names of the provincial bureaus and their provinces; 陕西 is officially ``shaanxi``."""

_BUREAU = {"tianjin": "市场监督管理委员会", "ningxia": "市场监督管理厅"}
_PANELS = {
    "农业与食品组": ("A", "C13", "C14", "C15"),
    "轻工与纺织组": ("C17", "C18", "C21", "C22", "C23", "C24"),
    "机械与电子组": ("C33", "C34", "C35", "C36", "C38", "C39", "C40"),
    "材料与服务组": ("C26", "C29", "C30", "C31", "I", "M"),
}
_STEMS = "甲乙丙丁戊己庚辛"


@dataclass(frozen=True)
class Person:
    """One account of the demo."""

    username: str
    roles: tuple[Role, ...]
    details: Details
    panel: str = ""
    industries: tuple[str, ...] = ()


def people(taxonomy: Taxonomy) -> list[Person]:
    """Everybody in the demo: editor, operator, 32 experts, 31 bureaus."""
    bureaus = [
        Person(
            username,
            (Role.SUBMITTER,),
            {"name": name, "employer": name, "province": code, "email": f"{username}@demo.invalid"},
        )
        for username, code in BUREAUS.items()
        for name in [taxonomy.regions[code].name + _BUREAU.get(username, "市场监督管理局")]
    ]
    return [
        Person("editor", (Role.EDITOR,), {"name": "示例编辑", "employer": "示例编辑部"}),
        Person("operator", (Role.OPERATOR,), {"name": "示例运维", "employer": "示例编辑部"}),
        *(_expert(number) for number in range(EXPERTS)),
        *bureaus,
    ]


def certifier(number: int) -> str:
    """One of the invented certification bodies, to which experts and submissions are tied."""
    return f"示例认证机构（{_STEMS[number % len(_STEMS)]}）"


def _expert(number: int) -> Person:
    provinces, panels = list(BUREAUS.values()), list(_PANELS)
    panel = panels[number % len(panels)]
    known = _PANELS[panel]
    first = number // len(panels)
    return Person(
        username=f"expert{number + 1:02d}",
        roles=(Role.EXPERT,),
        details={
            "name": f"示例专家{number + 1:02d}",
            "employer": f"示例质量研究院（{_STEMS[first % len(_STEMS)]}）",
            "email": f"expert{number + 1:02d}@demo.invalid",
            "province": provinces[number * 7 % len(provinces)],
            "certifier": certifier(number * 3),
        },
        panel=panel,
        industries=tuple(known[(first + step) % len(known)] for step in range(3)),
    )


def claim_data(settings: Settings) -> None:
    """Mark the data folder as the demo's.

    Raises:
        CaselibError: it holds a database that the demo did not make.
    """
    database = Database.open(settings)
    mark = settings.data / MARK
    if database.path is None or (database.path.exists() and not mark.exists()):
        raise CaselibError(
            f"{settings.data} 里的数据库不是演示建立的，演示不会去改它。",
            "请另指一个文件夹，例如 CASELIB_DATA=var-demo make demo；正式运行请用 caselib serve。",
        )
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.touch()


def fetch_content(target: Path) -> bool:
    """Copy the sample library to ``target`` if nothing is there; whether it did."""
    if target.exists():
        return False
    aside = target.with_name(f".{target.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(shipped("content"), aside)
    aside.rename(target)
    sync_folder(target.parent)
    return True


def set_people(database: Database, taxonomy: Taxonomy, password: str) -> None:
    """Make the demo's accounts what they should be, whatever they were, all with ``password``."""
    stored = passwords.hash_password(password)
    with database.writing() as session:
        for person in people(taxonomy):
            _set_person(session, person, stored)


def _set_person(session: Session, person: Person, stored: str) -> None:
    actor, roles = COMMAND_LINE, person.roles
    account = queries.find_account(session, person.username)
    if account is None:
        account = actions.add_account(
            session=session, actor=actor, username=person.username, roles=roles, **person.details
        )
    else:
        actions.change_account(session=session, actor=actor, account=account, roles=roles, **person.details)
    if Role.EXPERT in roles:
        actions.describe_expert(
            session=session, actor=actor, account=account, industries=person.industries, panel=person.panel
        )
    if account.disabled_at is not None:
        actions.enable_account(session=session, actor=actor, account=account)
    account.password_hash = stored
    account.session_version += 1
