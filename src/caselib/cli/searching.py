"""Commands about the search index: build it, keep it up, ask it."""

import json
import re
import sys
from html import unescape

import click

from caselib.config import Settings
from caselib.content import ContentStore
from caselib.content.report import bad_files
from caselib.errors import Unavailable
from caselib.search import Answer, Explanation, IndexReport, SearchQuery, SearchRoom
from caselib.web.answers import search_json

_MARK = re.compile(r"<(/?)mark>")


def _open(settings: Settings) -> tuple[ContentStore, SearchRoom]:
    store = ContentStore(settings.content)
    return store, SearchRoom.open(settings.search_url, store.taxonomy)


@click.command("index", help="重建索引；建好之前网站照常使用旧索引。有文件被拒绝时退出码为 1。")
@click.option("--changed", is_flag=True, help="只收入上次以来新增、修改和删除的文件。")
def build_index(changed: bool) -> None:
    """Build the index with a progress bar, and name every file left out."""
    settings = Settings()
    _ = settings.content_folder
    store, room = _open(settings)
    report = room.sync(store) if changed else _rebuild(store, room)
    faults = sorted([*store.passed_over(), *report.refused])
    for fault in faults:
        click.echo(str(fault), err=True)
    bad = len(bad_files(faults))
    removed = f"移除 {report.removed} 篇，" if changed else ""
    click.echo(f"收入 {report.indexed} 篇，{removed}{bad} 个文件有错误、没有收入，用时 {report.seconds:.1f} 秒。")
    if bad:
        sys.exit(1)


def _rebuild(store: ContentStore, room: SearchRoom) -> IndexReport:
    with click.progressbar(length=len(store.scan()), label="建立索引", file=sys.stderr) as bar:
        return room.rebuild(store, lambda done, _: bar.update(done - bar.pos))


@click.command("search", help="搜索已发布的内容。")
@click.argument("query", metavar="搜索内容")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出，与网站的接口一致。")
@click.option("--explain", "why", is_flag=True, help="说明每一篇为什么排在这里：哪些词、哪一段、各占多少分。")
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100), help="最多列出几篇。")
def ask(query: str, as_json: bool, why: bool, limit: int) -> None:
    """Print the best answers; exit 1 if there is none."""
    _, room = _open(Settings())
    if room.trouble:
        raise Unavailable(room.trouble)
    answer = room.search(SearchQuery(query, per_page=limit))
    click.echo(_json(answer) if as_json else _told(answer))
    if why and not as_json:
        for place, each in enumerate(room.explain(SearchQuery(query, per_page=limit)), 1):
            click.echo(_explained(place, each))
    if not answer.total:
        sys.exit(1)


def _json(answer: Answer) -> str:
    return json.dumps(json.loads(search_json(answer)), ensure_ascii=False, indent=2)


def _told(answer: Answer) -> str:
    lines = [f"共 {answer.total} 篇，用时 {answer.took_ms:.1f} 毫秒。"]
    if answer.corrected:
        lines.append(f"没有找到“{answer.query}”，以下是“{answer.did_you_mean}”的结果。")
    elif answer.did_you_mean:
        lines.append(f"您是不是要找：{answer.did_you_mean}")
    for place, hit in enumerate(answer.hits, 1):
        lines += [f"{place}. {hit.title}（{hit.url}，{hit.score:.1f}）", f"   {_plain(hit.snippet_html)}"]
    return "\n".join(lines)


def _explained(place: int, each: Explanation) -> str:
    shares = zip(("最相关的一段", "全文各处", "标题和摘要"), each.signals, strict=True)
    signals = "，".join(f"{name} {points:.1f} 分（占 {points / each.score:.0%}）" for name, points in shares)
    words = "，".join(f"{word} {points:.1f} 分" for word, points in each.words.items())
    return "\n".join([
        f"\n第 {place} 名《{each.title}》为什么得 {each.score:.1f} 分",
        f"   分数来自：{signals}。",
        f"   找到的词：{words}。" + (f"没有找到：{'、'.join(each.missing)}。" if each.missing else ""),
        f"   最相关的一段（{each.part}）：{' '.join(each.passage.split())}",
    ])  # fmt: skip


def _plain(html: str) -> str:
    """The snippet as text, marked by 【】."""
    return unescape(_MARK.sub(lambda tag: "】" if tag[1] else "【", html))
