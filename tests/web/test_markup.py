"""The boxes of the filters as they are written, by hand and by the hundred."""

import pytest
from markupsafe import Markup

from caselib.search import FacetValue
from caselib.web.markup import boxes

BOX = (
    '<li><label><input type="checkbox" name="problem" value="{0}"{2}><span>{1}</span><small>{3}</small></label></li>\n'
)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_value_has_a_box_with_its_name_and_number(count: int) -> None:
    values = [FacetValue(f"key-{place}", f"问题{place}", 10 * place, place == 1) for place in range(count)]
    rows = [
        BOX.format(f"key-{place}", f"问题{place}", " checked" if place == 1 else "", 10 * place)
        for place in range(count)
    ]
    assert boxes("problem", values, True) == Markup("".join(rows))


def test_a_box_escapes_what_the_vocabulary_says() -> None:
    assert boxes("problem", [FacetValue('"x', "<b>粗</b>", 1)]) == Markup(
        BOX.format("&#34;x", "&lt;b&gt;粗&lt;/b&gt;", "", 1)
    )


def test_years_and_batches_are_named_as_on_every_page() -> None:
    assert "<span>第三批</span>" in boxes("batch", [FacetValue("3", "第3批", 1)])
    assert "<span>2022年</span>" in boxes("year", [FacetValue("2022", "2022", 1)])


@pytest.mark.parametrize("ticked", [False, True])
def test_values_below_stand_in_a_list_that_is_open_if_one_is_ticked(ticked: bool) -> None:
    below = [FacetValue("C13", "农副食品加工业", 2), FacetValue("C23", "印刷和记录媒介复制业", 3, ticked)]
    page = boxes(
        "industry", [FacetValue("C", "制造业", 5, False, below), FacetValue("A", "农、林、牧、渔业", 1)], ticked
    )
    inner = [
        BOX.replace("problem", "industry").format("C13", "农副食品加工业", "", 2),
        BOX.replace("problem", "industry").format("C23", "印刷和记录媒介复制业", " checked" if ticked else "", 3),
    ]
    outer = BOX.replace("problem", "industry").format("C", "制造业", "", 5)
    summary = (
        '<summary><span class="unseen">制造业的下一级</span>'
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="m6 9 6 6 6-6"/></svg></summary>'
    )
    details = f'<details{" open" if ticked else ""}>{summary}<ul class="plain">{"".join(inner)}</ul></details>'
    last = BOX.replace("problem", "industry").format("A", "农、林、牧、渔业", "", 1)
    assert page == Markup(outer.replace("</li>\n", f"{details}</li>\n") + last)
