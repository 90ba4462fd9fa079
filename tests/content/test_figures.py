import pytest

from caselib.content import Metric
from caselib.content.figures import Drawn, draw


def metric(**values: float | str) -> Metric:
    return Metric.model_validate({"name": "指标", **values})


def test_a_share_is_drawn_against_a_hundred_and_its_change_is_in_points() -> None:
    drawn = draw(metric(unit="%", before=98.2, after=99.8))
    assert drawn == Drawn("指标", "98.2%", "99.8%", "提高1.6个百分点", (98.2, 99.8))
    assert drawn.short == "98.2% → 99.8%"


def test_other_figures_are_drawn_against_the_larger_one() -> None:
    assert draw(metric(unit="天", before=12, after=9)) == Drawn("指标", "12天", "9天", "降低3天", (100.0, 75.0))


def test_a_share_above_a_hundred_is_drawn_against_itself() -> None:
    assert draw(metric(unit="%", before=100, after=200)).bars == (50.0, 100.0)


def test_a_small_share_keeps_its_true_length() -> None:
    assert draw(metric(unit="%", before=1.28, after=0.7)).bars == (1.28, 0.7)


def test_a_change_alone_takes_the_state_before_as_the_unit() -> None:
    assert draw(metric(unit="%", change=150)) == Drawn("指标", "", "", "提高150%", (40.0, 100.0))
    assert draw(metric(unit="%", change=-28)) == Drawn("指标", "", "", "降低28%", (100.0, 72.0))


def test_a_change_in_another_unit_is_said_and_not_drawn() -> None:
    drawn = draw(metric(unit="天", change=-3))
    assert (drawn.change, drawn.bars, drawn.short) == ("降低3天", None, "降低3天")


@pytest.mark.parametrize(("before", "after"), [(-1, 2), (0, 0), (-5, -3)])
def test_figures_without_a_length_are_not_drawn(before: float, after: float) -> None:
    assert draw(metric(unit="分", before=before, after=after)).bars is None


def test_no_change_says_so() -> None:
    assert draw(metric(unit="%", before=90, after=90)).change == "持平"


def test_differences_do_not_show_how_floats_are_kept() -> None:
    assert draw(metric(unit="%", before=0.1, after=0.3)).change == "提高0.2个百分点"
