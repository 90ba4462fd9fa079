"""That tests which share a server stay with one worker: with the wrong versions, xdist forgets their groups and says nothing."""

import pytest

pytestmark = pytest.mark.xdist_group("grouping")


def test_a_worker_knows_the_group_of_a_test(request: pytest.FixtureRequest) -> None:
    grouped = request.config.getoption("loadgroup", False)
    assert request.node.nodeid.endswith("@grouping") is bool(grouped)
