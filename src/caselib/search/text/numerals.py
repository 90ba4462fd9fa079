"""Numbers as they may be written otherwise: 3个月 and 三个月, 95% and 百分之九十五, 2022年 and 二〇二二年; 六S as 6S.

Whoever speaks to a phone gets one or the other. Only numbers that count or order something: a single 一 is more often a part
of a word (一起, 统一) than a number, and so is any single numeral without a measure behind it (三角, 四川).
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from unicodedata import numeric

from caselib.search.text.tokens import HAN

_DIGITS, _PLACES, _TEN = "零一二三四五六七八九", ("", "十", "百", "千"), 10
_NUMERALS = "零〇一二两三四五六七八九十百千"
_MEASURES = "个天年月日周次名人家台件道项批级元块吨米"
_FIGURES = re.compile(
    rf"(?:第 ?)?(?<![a-z\d./-])(?P<number>(?:[1-9]\d{{0,3}}|0(?=\.))(?:\.\d{{1,4}})?) ?(?:%|(?=[{HAN}]))"
)
_WORDS = re.compile(
    rf"百分之(?P<percent>[{_NUMERALS}点]+)"
    rf"|第(?P<order>[{_NUMERALS}]++)(?=[{HAN}])"
    rf"|(?P<count>[{_NUMERALS}]{{2,}}+|[二两三四五六七八九十](?=[{_MEASURES}a-z]))(?=[{HAN}a-z])"
)


def otherwise(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where a folded text has a number, and how else this may be written there, with the character that it counts."""
    for found in _FIGURES.finditer(text):
        ways = _in_words(found["number"], text[found.end() : found.end() + 1])
        order, percent = found[0][:1] == "第", found[0][-1] == "%"
        if percent:
            ways = (*ways, "百") if ways == ("一百",) else ways
            yield found.start("number"), found.end(), tuple(f"百分之{way}" for way in ways)
        else:
            counted = text[found.end()]
            yield found.start(), found.end() + 1, tuple(f"{'第' * order}{way}{counted}" for way in ways)
    for found in _WORDS.finditer(text):
        number = _in_figures(found[found.lastgroup or 0])
        if number and found["percent"]:
            yield *found.span(), (f"{number}%",)
        elif number:
            yield found.start(), found.end() + 1, (f"{'第' * bool(found['order'])}{number}{text[found.end()]}",)


def _in_words(figures: str, counted: str) -> tuple[str, ...]:
    """3 as 三, 2 as 二 and 两, 98.5 as 九十八点五, the year 2022 as 二〇二二 and 二零二二."""
    whole, _, part = figures.partition(".")
    spelt = "".join(_DIGITS[int(figure)] for figure in part)
    if len(whole) == 4 and counted == "年":
        year = "".join(_DIGITS[int(figure)] for figure in whole)
        return year.replace("零", "〇"), year
    said = _counted(int(whole)) + (f"点{spelt}" if spelt else "")
    return (said, "两") if figures == "2" else (said,)


def _counted(number: int) -> str:
    """A number below 10,000 as it is said: 10 as 十, 105 as 一百零五."""
    figures = zip(reversed(str(number)), _PLACES, strict=False)
    said = "".join(reversed([_DIGITS[int(figure)] + (place if figure != "0" else "") for figure, place in figures]))
    said = re.sub("零+", "零", said).rstrip("零") or "零"
    return said.removeprefix("一") if 10 <= number < 20 else said


def _in_figures(said: str) -> str:
    """三十二 as 32, 二〇二二 as 2022, 九十八点五 as 98.5; nothing if it is no number."""
    whole, _, part = said.replace("两", "二").partition("点")
    if not whole or "点" in part:
        return ""
    values, spelt = [int(numeric(each)) for each in whole], "".join(str(int(numeric(each))) for each in part)
    number = figure = 0
    if max(values) < _TEN and len(values) > 1:
        if len(values) == len("三五"):  # 三五个 is three to five
            return ""
        number = int("".join(map(str, values)))
    else:
        if any(one and max(one, other) < _TEN for one, other in pairwise(values)):  # 三四十 is 30 to 40
            return ""
        for value in values:
            number, figure = (number, value) if value < _TEN else (number + (figure or 1) * value, 0)
        if values[-2:-1] > [_TEN]:  # 二百五 is 250, 二百零五 205
            figure *= values[-2] // _TEN
    return f"{number + figure}" + (f".{spelt}" if spelt else "")
