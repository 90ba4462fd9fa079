"""Commands on calls: list them, show where one stands, remind experts of open reviews."""

import sys
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date, datetime, time

import click
from sqlmodel import Session

from caselib import db
from caselib.cli import open_database
from caselib.config import Settings
from caselib.db import LARGEST, Database
from caselib.errors import CaselibError
from caselib.mail import Mailer
from caselib.people import COMMAND_LINE
from caselib.publishing.documents import batch_name
from caselib.publishing.next_steps import next_steps
from caselib.review import queries, reminders
from caselib.review.calendar import ZONE, written
from caselib.review.models import Call
from caselib.review.progress import COUNT_NAMES, progress
from caselib.review.reminders import Due
from caselib.review.states import CallState


@click.group("call", help="查看征集，提醒评审专家。")
def call() -> None:
    """Group of the commands on calls."""


@call.command("list", help="列出全部征集。")
def list_all() -> None:
    """Print every call, one a line."""
    with open_database(Settings()).reading() as session:
        calls = queries.list_calls(session, COMMAND_LINE)
    for one in calls:
        state = CallState(one.state).label
        click.echo("\t".join((str(one.id), str(one.year), batch_name(one.batch), state, one.title)))
    click.echo(f"共 {len(calls)} 次征集。", err=True)


@call.command("show", help="查看一次征集的进展和下一步（编号见 call list）。")
@click.argument("number", metavar="编号", type=click.IntRange(1, LARGEST))
def show(number: int) -> None:
    """Print where a call stands and what to do next."""
    with open_database(Settings()).reading() as session:
        found = queries.get_call(session, COMMAND_LINE, number)
        round_ = progress(session=session, actor=COMMAND_LINE, call=found)
        steps = next_steps(session=session, actor=COMMAND_LINE, call=found)
    click.echo(f"{found.title}（{CallState(found.state).label}）")
    click.echo(f"征集截止：{written(found.deadline)}")
    click.echo(f"评审截止：{written(found.review_deadline) if found.review_deadline else '未定'}")
    click.echo("\t".join(("", *COUNT_NAMES)))
    for name, counts in [("合计", round_.total), *((one.name, one.counts) for one in round_.experts)]:
        click.echo("\t".join((name, *map(str, astuple(counts)))))
    for step in steps:
        click.echo(f"下一步：{step.text}")


@call.command("remind", help="提醒还没有评完的专家；同一天重复执行不会重复发信，适合定时任务。")
@click.option(
    "--call",
    "number",
    type=click.IntRange(1, LARGEST),
    help="只提醒这次征集（编号见 call list）；不写时，所有评审中的征集",
)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="当作是这一天，例如 2023-03-01")
def remind(number: int | None, day: datetime | None) -> None:
    """Send what is due; exit 1 if a letter did not leave."""
    settings = Settings()
    now = _noon(day.date()) if day else db.now()
    database, mailer = open_database(settings), Mailer.open(settings)
    with database.reading() as session:
        waiting = [(one, reminders.due(session, one, now)) for one in _chosen(session, number)]
    failed = 0
    for found, dues in waiting:
        done = [_send(settings, database, mailer, due, now) for due in dues]
        sent = [due for due, left in zip(dues, done, strict=True) if left]
        failed += done.count(False)
        if sent:
            with database.writing() as session:
                reminders.record(session, COMMAND_LINE, found, sent, now)
        click.echo(f"{found.title}：提醒了 {len(sent)} 位专家。")
    if not waiting:
        click.echo("没有评审中的征集。")
    if failed:
        sys.exit(1)


def _chosen(session: Session, number: int | None) -> Sequence[Call]:
    if number is not None:
        return [queries.get_call(session, COMMAND_LINE, number)]
    return [one for one in queries.list_calls(session, COMMAND_LINE) if one.state == CallState.REVIEWING]


def _send(settings: Settings, database: Database, mailer: Mailer, due: Due, now: datetime) -> bool | None:
    """Claim, send, and give back what did not leave; whether it left, None if there is nothing to send."""
    if not due.account.email:
        click.echo(f"“{due.account.name}”没有登记邮箱，请另行提醒。", err=True)
        return None
    with database.writing() as session:
        if not reminders.claim(session, due, now):
            return None
    letter = due.letter(site=settings.site.name, base_url=settings.base_url)
    try:
        mailer.send(letter)
    except CaselibError as error:
        with database.writing() as session:
            reminders.give_back(session, due)
        click.echo(f"给“{due.account.name}”的信：{error}", err=True)
        return False
    return True


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), ZONE)
