"""The form of a call: what an editor typed as the values of a call and its rulebook, and back.

Reads and shows; whether values fit is said by the actions. What is no number or day stays as typed until :func:`checked`.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict

from caselib.errors import CaselibError
from caselib.review.models import Call
from caselib.review.rulebook import ATTRIBUTE_NAMES, TIE_NAMES, USUAL_RUBRIC, Rulebook
from caselib.review.scoring import NAMES

Form = MultiDict[str, str]

BLIND = (
    ("none", "不盲审"),
    ("single", "单盲：报送单位不知道专家是谁"),
    ("double", "双盲：专家也不知道企业、报送单位、认证机构和地区"),
)
METHODS = (
    ("robust", f"{NAMES['robust']}：减去各位专家的偏严偏松，并减轻离群评分的影响"),
    ("mixed", f"{NAMES['mixed']}：减去各位专家的偏严偏松"),
    ("zscore", f"{NAMES['zscore']}：按每位专家自己的平均分和离散程度折算"),
    ("trimmed", f"{NAMES['trimmed']}：去掉一个最高分和一个最低分后平均"),
    ("mean", f"{NAMES['mean']}：直接平均"),
)
TIE_RULES = tuple(TIE_NAMES.items())
ATTRIBUTES = tuple(ATTRIBUTE_NAMES.items())
OFFER = {"blind": BLIND, "methods": METHODS, "ties": TIE_RULES, "attributes": ATTRIBUTES}

_PLAIN = ("shortest", "longest", "reviews", "blind", "method", "size", "notice_days")
_FIGURES = {*_PLAIN, "criterion-max", "criterion-weight", "quota-min", "quota-max"}
_LEVEL = re.compile(r"\s*([\d.．]+)(?:\s+分?起?(?![^\s：:，,])|分?起?)\s*[：:，,]?\s*(.*)")
"""Points, as “8”, “8分” or “8 分起：”, and what they mean: all of 分工明确 in “8 分工明确”."""


def fresh(year: int, batch: int) -> dict[str, Any]:
    """A new call's values: the usual rubric and rules."""
    rules = Rulebook(rubric=USUAL_RUBRIC).model_dump(mode="json")
    return {"year": year, "batch": batch, "title": f"{year} 年优良案例征集", "intro": "", "rules": rules}


def of_call(call: Call) -> dict[str, Any]:
    """The values of a call that is there."""
    names = ("year", "title", "intro", "deadline", "review_deadline", "batch")
    return {name: getattr(call, name) for name in names} | {"rules": call.rulebook.model_dump(mode="json")}


def read(form: Form) -> dict[str, Any]:
    """What was typed, in the shape of a call's values; what can be no number is still text.

    Raises:
        CaselibError: a table came with holes, so that nobody can say what belongs to which row.
    """
    form = MultiDict((key, _narrow(text) if key in _FIGURES else text) for key, text in form.items(multi=True))
    names = ("year", "title", "intro", "deadline", "review_deadline", "batch")
    return {name: form.get(name, "").strip() for name in names if name in form} | {"rules": _rules(form)}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with their types.

    Raises:
        CaselibError: a number or a day was not typed as one; everything at once.
    """
    found, faults = dict(values), []
    for name, word, kind in (
        ("year", "年份", int),
        ("batch", "批次", int),
        ("deadline", "征集截止日期", date.fromisoformat),
        ("review_deadline", "评审截止日期", date.fromisoformat),
    ):
        if name not in found:
            continue
        try:
            found[name] = kind(found[name]) if found[name] or name != "review_deadline" else None
        except ValueError:
            faults.append(f"{word}没有填对")
    if faults:
        raise CaselibError("；".join(faults) + "。", "年份和批次填数字，日期写成 2022-09-30。")
    return found


def day(text: str) -> date | None:
    """A day as typed in a form; None if nothing was.

    Raises:
        CaselibError: it is no day.
    """
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise CaselibError(f"日期“{text.strip()[:20]}”没有填对。", "请写成 2022-09-30。") from None


def _rules(form: Form) -> dict[str, Any]:
    rules: dict[str, Any] = {name: form.get(name, "").strip() for name in _PLAIN}
    rules["sections"] = [line.strip() for line in form.get("sections", "").splitlines() if line.strip()]
    rules["figures_needed"] = "figures_needed" in form
    rules["rubric"] = _rubric(form)
    rules["quotas"] = _quotas(form)
    rules["tie_rule"] = list(dict.fromkeys(filter(None, form.getlist("tie_rule"))))
    return rules


def _rows(form: Form, *names: str) -> list[tuple[str, ...]]:
    """The rows of a table of entries that are not empty; the first name alone does not fill one."""
    columns = [form.getlist(name) for name in names]
    if len({*map(len, columns)}) > 1:
        raise CaselibError("评分表或名额约束没有完整地传来，什么也没有改动。", "请返回上一页，核对这两张表后再提交。")
    rows = zip(*columns, strict=True)
    return [tuple(each.strip() for each in row) for row in rows if any(each.strip() for each in row[1:])]


def _rubric(form: Form) -> list[dict[str, Any]]:
    rows = _rows(form, "criterion-key", "criterion-name", "criterion-max", "criterion-weight", "criterion-levels")
    taken = {key for key, *_ in rows}
    found = []
    for key, name, most, weight, levels in rows:
        key = key or next(free for number in range(1, 1000) if (free := f"c{number}") not in taken)
        taken.add(key)
        found.append({"key": key, "name": name, "max": most, "weight": weight or 1.0, "levels": _levels(levels)})
    return found


def _narrow(figure: str) -> str:
    """A figure as wide as characters, as it comes out of a Chinese keyboard, in plain digits."""
    return unicodedata.normalize("NFKC", figure)


def _levels(text: str) -> list[dict[str, str]]:
    """Lines such as ``8 问题真实`` as levels of a criterion."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    split = [_LEVEL.fullmatch(line) for line in lines]
    return [
        {"at": _narrow(found[1]), "meaning": found[2]} if found else {"at": line, "meaning": ""}
        for line, found in zip(lines, split, strict=True)
    ]


def _quotas(form: Form) -> list[dict[str, Any]]:
    rows = _rows(form, "quota-attribute", "quota-value", "quota-min", "quota-max")
    return [
        {"attribute": attribute, "value": value or None, "min": least or None, "max": most or None}
        for attribute, value, least, most in rows
    ]
