"""Commands on a round's decision: pick from a decision file, and check that a recorded pick can be made again."""

import json
import sys
from pathlib import Path

import click

from caselib.cli import PATH
from caselib.publishing.decision import load
from caselib.publishing.outcome import Outcome, decide, differences
from caselib.review.scoring import METHODS, Method

SHOWN = 40
"""Differences that a replay prints."""
_UNSEALED = "注意：文件里没有校验和（sha256）。名单与文件里的评分相符，但评分等内容在导出后是否被改动过，没有核对。"


@click.command("select")
@click.argument("file", metavar="文件", type=PATH)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
@click.option("--method", type=click.Choice(list(METHODS)), help="汇总方法，默认用文件中的 method。")
def select(file: Path, as_json: bool, method: Method | None) -> None:
    """按决定文件排名并遴选。"""
    outcome = decide(load(file), method)
    if as_json:
        click.echo(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1))
    else:
        _print(outcome)


@click.command("replay")
@click.argument("file", metavar="文件", type=PATH)
def replay(file: Path) -> None:
    """复核决定文件：重算排名和入选名单，与记录逐项比较。"""
    decision = load(file)
    outcome = decide(decision)
    said = differences(decision, outcome)
    if said:
        click.echo(f"复核不一致，共 {len(said)} 处：", err=True)
        click.echo("\n".join(said[:SHOWN]), err=True)
        if (more := len(said) - SHOWN) > 0:
            click.echo(f"……另有 {more} 处。改动一个评分会牵动全部汇总分，请先看评审数和平均分不同的申报。", err=True)
        sys.exit(1)
    click.echo(f"复核一致：{len(outcome.ranking)} 份申报，入选 {len(outcome.selected)} 篇，方法 {outcome.method}。")
    if decision.sha256 is None:
        click.echo(_UNSEALED, err=True)


def _print(outcome: Outcome) -> None:
    click.echo("名次  编号          评审数  原始平均  去高去低    汇总分  标准误  入选概率")
    for place, line in enumerate(outcome.ranking, start=1):
        figures = (line.raw_mean, line.trimmed_mean, line.calibrated, line.se, line.p_selected)
        cells = "  ".join("      –" if f is None else f"{f:7.2f}" for f in figures)
        click.echo(f"{place:4d}  {line.id:12s}  {line.reviews:4d}  {cells}  {'入选' if line.selected else ''}")
    for swap in outcome.swaps:
        click.echo(f"换位：{swap.out} 让位于 {swap.in_}——{swap.because}")
    for cost in outcome.quota_costs:
        click.echo(f"名额代价：{cost.quota}：{cost.cost:.2f} 分")
    click.echo(f"全部名额的代价：{outcome.total_cost:.2f} 分")
    for note in outcome.notes:
        click.echo(f"说明：{note}")
