"""Commands on batches and their proof: publish a batch, export its book, verify the audit trail."""

import sys
from pathlib import Path

import click
from sqlmodel import select

from caselib.cli import PATH, open_database
from caselib.config import Settings
from caselib.content import ContentStore
from caselib.content.report import bad_files
from caselib.db import key_of
from caselib.errors import NotFound
from caselib.people import COMMAND_LINE
from caselib.publishing import audit as proof
from caselib.publishing.book import gather
from caselib.publishing.documents import batch_name
from caselib.publishing.release import Publisher
from caselib.review.models import Call
from caselib.search import SearchRoom


@click.group()
def batch() -> None:
    """批次：发布，导出汇编。"""


@batch.command()
@click.argument("number", metavar="批次号", type=click.IntRange(1, 9999))
@click.option("--dry-run", is_flag=True, help="只列出会写哪些文件、还差什么，不发布。")
def publish(number: int, dry_run: bool) -> None:
    """发布一批：案例、批次页一次全部公开；中断过的，接着做完。"""
    settings = Settings()
    store, database = ContentStore(settings.content_folder), open_database(settings)
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
        sys.exit(1 if outline.obstacles else 0)
    release = publisher.publish(actor=COMMAND_LINE, call_id=key_of(call))
    click.echo(f"已发布{batch_name(number)}，共 {len(release.files) - 1} 篇案例：")
    for path in release.files:
        click.echo(path)


@batch.command()
@click.argument("number", metavar="批次号", type=click.IntRange(1, 9999))
@click.argument("file", metavar="文件", type=PATH)
def book(number: int, file: Path) -> None:
    """把一批导出为汇编：文件以 .docx 结尾的是 Word，以 .pdf 结尾的是 PDF。"""
    from caselib.publishing import typesetting  # loads libraries that no other command needs

    form = file.suffix.lower().removeprefix(".")
    if form not in typesetting.FORMS:
        raise click.UsageError(f"文件要以 .docx 或 .pdf 结尾；“{file}”不是。")
    settings = Settings()
    store = ContentStore(settings.content_folder)
    search = SearchRoom.open(settings.search_url, store.taxonomy)
    found = gather(store, search, number, settings.site.issuer)
    for path in sorted(bad_files(search.refused)):
        click.echo(f"有错误，没有收入：{path}", err=True)
    typesetting.export(found, store, file)
    click.echo(f"{found.title}导出了 {len(found.chapters)} 篇案例：{file}")


@click.group()
def audit() -> None:
    """操作记录核对。"""


@audit.command()
@click.option("--head", default="", help="以前核对时记下的链头；用来发现末尾被整段删去。")
def verify(head: str) -> None:
    """核对操作记录：事件链是否完整，各表是否与历史一致。"""
    with open_database(Settings()).reading() as session:
        found = proof.verify(session, head)
    if found.faults:
        click.echo(f"核对 {found.events} 条事件，发现 {len(found.faults)} 处问题：", err=True)
        click.echo("\n".join(found.faults), err=True)
        sys.exit(1)
    click.echo(f"核对无误：{found.events} 条事件首尾相接，各表与历史一致。")
    click.echo(f"链头 {found.head}（请另行记下，下次用 --head 核对）")
