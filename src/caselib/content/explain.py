"""What pydantic finds, and what reading left out, said in Chinese with the line of the file.

The wording comes from each field's title and description, so that a message, the JSON Schema and the manual agree.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from caselib.content.frontmatter import KeyLines
from caselib.content.report import Fault


def errors(error: ValidationError, model: type[BaseModel], lines: KeyLines, path: str) -> Iterator[Fault]:
    """One fault for each value that does not fit ``model``."""
    for found in error.errors(include_url=False, include_context=False):
        place = found["loc"]
        label, field = _label(model, place)
        expected = f"应为：{field.description}" if field and field.description else "对照 caselib schema 的说明修改。"
        if found["type"] == "missing":
            message, remedy = f"缺少必填的 {label}。", f"补上一行“{place[-1]}: …”。{expected}"
        elif found["type"] == "extra_forbidden":
            where = f"{_label(model, place[:-1])[0]}里有" if place[1:] else ""
            message, remedy = f"{where}不认识的键 {place[-1]}。", "改正它，或删去这一行。"
        else:
            message, remedy = f"{label}{_wrong(found['input'], label)}。", expected
        yield Fault(path, lines(*place), "error", message, remedy)


def unknown_keys(
    values: Mapping[str, Any], model: type[BaseModel], lines: KeyLines, path: str, place: tuple[str | int, ...] = ()
) -> Iterator[Fault]:
    """A warning for each key that ``model`` does not know, with the key that may have been meant."""
    fields = model.model_fields
    for key in [key for key in values if key not in fields]:
        names = {name: name for name in fields} | {field.title or name: name for name, field in fields.items()}
        close = [names[word] for word in get_close_matches(key, names, n=1, cutoff=0.6)]
        meant = (
            f"如果是 {close[0]}（{fields[close[0]].title}），请改正；否则可以保留" if close else "可以保留，也可以删去"
        )
        message = f"不认识的键 {key}，站点不会用到。"
        yield Fault(path, lines(*place, key), "warning", message, f"{meant}。")


def controls(lines: KeyLines, path: str) -> Iterator[Fault]:
    """A warning for each text in which a control character is written out."""
    for line, sign in lines.controls:
        message = f"双引号里写出了控制字符（{ascii(sign)[1:-1]}）。"
        yield Fault(path, line, "warning", message, "删去它；反斜杠本身写成 \\\\。站点显示时已经略去。")


def _label(model: type[BaseModel], place: tuple[str | int, ...]) -> tuple[str, FieldInfo | None]:
    field = model.model_fields.get(str(place[0]))
    label = f"{place[0]}（{field.title}）" if field and field.title else str(place[0])
    for step in place[1:]:
        label += f"第 {step + 1} 项" if isinstance(step, int) else f"的 {step}"
    inner = _item_model(field)
    if inner and len(place) == 3 and place[2] in inner.model_fields:
        field = inner.model_fields[str(place[2])]
    return label, field


def _item_model(field: FieldInfo | None) -> type[BaseModel] | None:
    items = getattr(field.annotation, "__args__", ()) if field else ()
    return next((item for item in items if isinstance(item, type) and issubclass(item, BaseModel)), None)


def _wrong(value: Any, label: str) -> str:
    if isinstance(value, dict | list):
        return "不对"
    if value is None:
        return "是空值"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{' ' * label[-1].isascii()}的值“{text[:30]}{'…' if len(text) > 30 else ''}”不对"
