"""What pydantic found wrong with a value, in its reader's words. Knows no field: whoever asks says where it is."""

from math import isfinite
from typing import Any

_BOUNDS = {
    "greater_than": "应大于 {gt:.15g}",
    "greater_than_equal": "应不小于 {ge:.15g}",
    "less_than_equal": "应不大于 {le:.15g}",
    "string_too_short": "不能为空",
    "string_too_long": "应不超过 {max_length} 个字",
    "too_short": "缺少内容",
    "too_long": "应不超过 {max_length} 项",
    "finite_number": "应为有限的数",
}
_TYPES = {"int": "应为整数", "float": "应为数", "string": "应为文字", "tuple": "应为列表", "model": "应为对象"}


def said(kind: str, context: dict[str, Any], value: Any) -> str:
    """An error of pydantic (its ``type``, ``ctx`` and ``input``) in words, with the value if it is a short one."""
    if kind == "missing":
        return "缺少这一项"
    if kind == "extra_forbidden":
        return "没有这个键，请检查拼写"
    if kind == "literal_error":
        expected = context["expected"].replace("'", "").replace(" or ", ", ").replace(", ", "、")
        wanted = f"应为 {expected} 之一" if "、" in expected else f"应为 {expected}"
    elif kind in _BOUNDS:
        wanted = _BOUNDS[kind].format(**context)
    else:
        wanted = next((text for start, text in _TYPES.items() if kind.startswith(start)), "不是可用的值")
    return wanted if isinstance(value, dict | list | tuple) else f"{wanted}，{_now(value)}"


def _now(value: Any) -> str:
    """What a value is, as a message can show it: short, of characters that can be written, a text told from a number."""
    if value is None:
        return "现为空值（null）"
    if isinstance(value, str):
        return f"现为“{value[:30].encode(errors='replace').decode()}{'…' * (len(value) > 30)}”"
    if isinstance(value, float) and not isfinite(value):
        return "这个数太大"
    return f"现为 {str(value).lower()[:30]}"
