"""Commands on batches and their proof: publish a batch, verify the audit trail."""

import click
from sqlmodel import select

from caselib.config import Settings
from caselib.content import ContentStore
from caselib.db import Database, key_of
from caselib.errors import NotFound
from caselib.people import COMMAND_LINE
from caselib.publishing import audit as proof
from caselib.publishing.documents import batch_name
from caselib.publishing.release import Publisher
from caselib.review.models import Call
from caselib.search import SearchRoom


@click.group()
def batch() -> None:
    """批次：发布。"""


@batch.command()
@click.argument("number", type=click.IntRange(min=1))
@click.option("--dry-run", is_flag=True, help="只列出会写哪些文件、还差什么，不发布。")
@click.pass_context
def publish(context: click.Context, number: int, dry_run: bool) -> None:
    """发布第 NUMBER 批：案例、批次页一次全部公开；中断过的，接着做完。"""
    settings = Settings()
    database, store = Database.open(settings), ContentStore(settings.content_folder)
    database.require_current()
    publisher = Publisher(database, store, settings.data, SearchRoom.open(settings.search_url, store.taxonomy))
    with database.reading() as session:
        call = session.exec(select(Call).where(Call.batch == number)).first()
        if call is None:
            raise NotFound(f"没有{batch_name(number)}的征集。", "请用 caselib call list 查看各次征集的批次号。")
        outline = publisher.outline(session, COMMAND_LINE, call) if dry_run else None
    if outline:
        for path in outline.files:
            click.echo(path)
        for said in outline.obstacles:
            click.echo(f"还不能发布：{said}。", err=True)
        context.exit(1 if outline.obstacles else 0)
    release = publisher.publish(actor=COMMAND_LINE, call_id=key_of(call))
    click.echo(f"已发布{batch_name(number)}，共 {len(release.files) - 1} 篇案例：")
    for path in release.files:
        click.echo(path)


@click.group()
def audit() -> None:
    """审计：核对操作记录。"""


@audit.command()
@click.option("--head", default="", help="以前核对时记下的链头；用来发现链尾被截断。")
@click.pass_context
def verify(context: click.Context, head: str) -> None:
    """核对操作记录：事件链是否完整，各表是否与历史一致。"""
    database = Database.open(Settings())
    database.require_current()
    with database.reading() as session:
        found = proof.verify(session, head)
    if found.faults:
        click.echo(f"核对 {found.events} 条事件，发现 {len(found.faults)} 处问题：", err=True)
        click.echo("\n".join(found.faults), err=True)
        context.exit(1)
    click.echo(f"核对无误：{found.events} 条事件首尾相接，各表与历史一致。")
    click.echo(f"链头 {found.head}（请另行记下，下次用 --head 核对）")
