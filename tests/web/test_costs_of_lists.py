"""What a list costs the database, for each that no other test holds: the same with nothing, one thing and three in it."""

from collections.abc import Callable

import pytest

from caselib.people import COMMAND_LINE, Role, actions
from caselib.people.queries import get_account
from caselib.publishing import tombstones
from caselib.questions import FEWEST, Questions
from caselib.review.actions import submissions
from caselib.review.models import Submission
from caselib.review.states import SubmissionState
from tests.ready import write_case
from tests.review.rounds import BODY, FRONT
from tests.web.conftest import CASE
from tests.web.publishing import SitePublishing


def calls(site: SitePublishing, count: int) -> str:
    for number in range(count):
        site.call(batch=3 + number)
    return "/calls/"


def notices(site: SitePublishing, count: int) -> str:
    for number in range(count):
        site.under_notice((90,), batch=4 + number, size=1)
    return "/notices/"


def people(site: SitePublishing, count: int) -> str:
    for number in range(count):
        site.add(f"expert1{number}", Role.EXPERT)
        with site.database.writing() as session:
            account = get_account(session, f"expert1{number}")
            actions.describe_expert(session=session, actor=COMMAND_LINE, account=account, industries=["C23"])
    return "/desk/people"


def questions(site: SitePublishing, count: int) -> str:
    kept = Questions(site.database)
    for word in ("返修", "退货", "降本")[:count]:
        for _ in range(FEWEST):
            kept.note(word, "none")
    kept.flush()
    return "/desk/questions"


def withdrawals(site: SitePublishing, count: int) -> str:
    rooms = site.app.extensions["caselib"]
    for number in range(count):
        write_case(site.settings.content / f"cases/case{number}.md", CASE)
        tombstones.withdraw_case(
            database=site.database, store=rooms.store, data=site.settings.data, search=rooms.search,
            actor=site["editor"], slug=f"case{number}", reason="企业申请撤下",
        )  # fmt: skip
    return "/desk/withdrawals"


def revisions(site: SitePublishing, count: int) -> str:
    draft = site.submission(site.call(), SubmissionState.DRAFT)
    for number in range(count):
        with site.doing("zhejiang") as who:
            row = who["session"].get_one(Submission, draft.id)
            body = f"{BODY}\n第{number}次补充。\n"
            submissions.save_revision(**who, submission=row, front=FRONT, body=body, expected_version=row.version)
    return f"/submit/{draft.id}/revisions"


@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize(
    ("fill", "username", "line", "always", "cost"),
    [
        (calls, "", '<li><p class="name">', 0, 1),
        (notices, "", '<li>\n      <h2><a href="/notices/', 0, 1),
        (people, "editor", '<th scope="row">', 3, 6),
        (questions, "editor", "加入<span", 0, 4),
        (withdrawals, "editor", "企业申请撤下", 0, 4),
        (revisions, "zhejiang", "<tr><td>", 1, 5),
    ],
)
def test_a_list_costs_the_same_however_long_it_is(
    round_: SitePublishing,
    fill: Callable[[SitePublishing, int], str],
    username: str,
    line: str,
    always: int,
    cost: int,
    count: int,
) -> None:
    path, browser = fill(round_, count), round_.browser(username)
    assert (round_.statements(browser, path), browser.get(path).text.count(line)) == (cost, always + count)
