"""A submitter's whole site is the same whatever others sent in, whoever reviews it and however, until the outcome is public."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from caselib.db import now
from caselib.publishing.models import Notice
from caselib.review.calendar import today
from caselib.review.models import Call, Submission
from caselib.review.states import CallState, SubmissionState
from tests.journeys.twins import Seen, Site, both, crawl, everywhere, secret, twins
from tests.publishing.rounds import rules
from tests.review.rounds import PNG
from tests.web.conftest import token_of
from tests.web.rounds import text_of

OTHERS = ("鲸骨", "霞冠", "砚湖")
"""Words of cases that only the busy one of the two sites has."""
STAGES = ("open", "screening", "reviewing", "closed", "planned")
OTHER = (4, 8, 9)
"""Numbers of others' cases in the busy site, a draft among them, and of none."""
ATTACHED = (1, 2, 9)
"""The number of one's own attachment, of somebody else's, and of none."""


def begin(site: Site) -> Call:
    """A call with what the submitter has: a case sent in, and two drafts of which one is complete."""
    call = site.call(CallState.OPEN, rules=rules(size=1))
    site.attach(site.submission(call), "自己的.png", PNG)
    site.submission(call, SubmissionState.DRAFT)
    site.submission(call, SubmissionState.DRAFT, title="")
    return call


def crowd(site: Site, call: Call) -> None:
    """What others have: the very same text, secrets, attachments, drafts."""
    for word in OTHERS:
        site.attach(
            site.submission(call, owner="jiangsu", **secret(word)), f"{word}照片.png", PNG + word.encode(), "jiangsu"
        )
    site.submission(call, SubmissionState.SENT, "jiangsu")
    site.submission(call, SubmissionState.DRAFT, "jiangsu", **secret(OTHERS[0]))


def go_on(site: Site, call: Call, stage: str, *, busy: bool) -> None:
    """What happens up to ``stage``; in the busy site others are better, and expert by expert."""
    states = {"screening": CallState.SCREENING, "reviewing": CallState.REVIEWING, "closed": CallState.CLOSED}
    if stage in states:
        with site.database.writing() as session:
            row = session.get_one(Call, call.id)
            row.state, row.rules_digest = states[stage], row.rulebook.fingerprint()
    sent = [1, 4, 5, 6] if busy else [1]
    if stage == "screening":
        for number in sent:
            site.now_in(SubmissionState.ACCEPTED, Submission(id=number))
    elif stage == "reviewing":
        for number in sent:
            marks = ((30.0, 41.0, 35.0) if number == 1 else (90.0, 92.0)) if busy else (95.0,)
            site.reviewed(site.stored(Submission(id=number)), *marks)
    elif stage == "closed":
        site.select(site.stored(call))
    elif stage == "planned":
        first = today(now()) + timedelta(days=1)
        site.announce(site.stored(call), starts=first, ends=first + timedelta(days=6), now=now())


def look(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """The submitter's own pages, and everything that can be guessed."""
    ends = ("", "/send", "/withdraw", "/revisions")
    guesses = [f"/submit/{number}{end}" for number in (1, 2, *OTHER) for end in ends]
    guesses += [f"/submit/{number}/attachments/{each}" for number in (1, OTHER[0]) for each in ATTACHED]
    guesses += [
        f"{path}{number}" for path in ("/review/", "/desk/submissions/", "/notices/", "/calls/") for number in (1, 2)
    ]
    guesses += ["/desk/", "/desk/calls/1/results.xlsx", "/desk/calls/1/decision.json", "/notices/1/objections"]
    return crawl(site, browser, ["/submit/", "/account", "/calls/", "/notices/", *guesses], within="/submit/")


def look_around(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """The rest of the site."""
    words = everywhere([OTHERS[0], "工艺卡", "专家"])
    return crawl(site, browser, ["/", "/sitemap.xml", "/feed.atom", "/api/v1/search", "/cases/2022-001", *words])


def write(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """Every form, sent to own cases with a version that is over, to others' and to such as do not exist."""
    token = token_of(browser.get("/account"))
    ends = ["", "/autosave", "/preview", "/send", "/withdraw", "/attachments", "/word"]
    ends += [f"/attachments/{number}" for number in ATTACHED]
    paths = [f"/submit/{number}{end}" for number in (2, 4, 9) for end in ends] + ["/review/1", "/review/2/recuse"]
    data = {"csrf_token": token, "version": "0", "body": "正文", "reason": "原因"}
    return {f"POST {path}": site.ask(browser, path, method="POST", data=data) for path in paths}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Site, Site]:
    """A quiet site and a busy one."""
    return twins(tmp_path)


def test_a_submitter_is_told_nothing_of_others_until_the_outcome_is_public(pair: tuple[Site, Site]) -> None:
    """At every stage, each time the whole site; on the first day of the notice the two differ, as they must."""
    calls = [begin(site) for site in pair]
    crowd(pair[1], calls[1])
    found = {}
    for stage in STAGES:
        for site, call in zip(pair, calls, strict=True):
            go_on(site, call, stage, busy=site is pair[1])
        found[stage] = both(pair, "zhejiang", look)
    assert found == {stage: [] for stage in STAGES}
    assert both(pair, "zhejiang", look_around) == []
    assert [site.selected(call) for site, call in zip(pair, calls, strict=True)] == [["2022-001"], ["2022-002"]]
    for site in pair:
        with site.database.writing() as session:
            session.get_one(Notice, 1).starts = today(now())
    pages = [text_of(site.browser("zhejiang").get("/submit/")) for site in pair]
    assert [("拟入选" in page, "未入选" in page) for page in pages] == [(True, False), (False, True)]


def test_a_file_does_not_tell_that_somebody_else_sent_the_very_same_one_before(pair: tuple[Site, Site]) -> None:
    for site in pair:
        call = site.call(CallState.OPEN)
        own, others = site.submission(call), site.submission(call, owner="jiangsu")
        site.attach(others, "别人的.png", PNG if site is pair[1] else PNG + b"1", "jiangsu")
        for path in (site.settings.data / "uploads").rglob("*"):
            os.utime(path, (1_000_000_000, 1_000_000_000))
        site.attach(own, "自己的.png", PNG)
    answers = [site.browser("zhejiang").get("/submit/1/attachments/2") for site in pair]
    assert [(answer.status_code, answer.data) for answer in answers] == [(200, PNG)] * 2
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    assert [answer.last_modified.year > 2001 for answer in answers if answer.last_modified] == [True, True]


@pytest.mark.parametrize("stage", ["open", "reviewing"])
def test_no_form_tells_a_submitter_of_others(pair: tuple[Site, Site], stage: str) -> None:
    calls = [begin(site) for site in pair]
    crowd(pair[1], calls[1])
    for site, call in zip(pair, calls, strict=True):
        for each in STAGES[: STAGES.index(stage) + 1]:
            go_on(site, call, each, busy=site is pair[1])
    assert both(pair, "zhejiang", write) == []
