"""Under double blind an expert's whole site is the same whoever sent the case in, whatever else was sent, and however others score."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from sqlmodel import col, select

from caselib.db import now
from caselib.people import Account, Role
from caselib.review.calendar import today
from caselib.review.expert_letters import invitations
from caselib.review.judgements import Judgement
from caselib.review.models import Assignment, Call, CriterionScore, Submission
from caselib.review.reminders import due
from caselib.review.states import CallState, SubmissionState
from tests.journeys.twins import HERE, Seen, Site, both, crawl, everywhere, twins
from tests.review.reviewing import amend, assign, reviewing, save, submit
from tests.review.rounds import BODY, PNG
from tests.web.conftest import token_of
from tests.web.reviewing import hidden

KEYS = ("typical", "method", "effect", "spread")


@dataclass(frozen=True)
class Hidden:
    """Whose cases they are, and what goes on around them."""

    place: tuple[str, str, str]
    """Code, province and city."""
    firm: str
    core: str
    short: str
    certifier: str
    office: str
    sender: str
    host: str
    phone: str
    pictures: tuple[str, ...]
    others: int
    """How many other cases are sent in before these two, which then come in the other order."""
    mark: float

    @property
    def front(self) -> dict[str, object]:
        return {
            "title": f"{self.core} 一张工艺卡 把住{self.place[2]}的出厂关",
            "firm": self.firm,
            "region": self.place[0],
            "certifier": self.certifier,
            "submitter": self.office,
            "summary": f"{self.place[2]}的{self.core}把返工率降了一半。",
            "source": f"{self.office}文件",
            "linkman": f"{self.short}经理",
            "guides": [self.host],
            "metrics": [{"name": f"{self.short}牌纸箱合格率", "unit": "%", "before": 98.2, "after": 99.8}],
        }

    @property
    def body(self) -> str:
        """A text that tells everything."""
        _, province, city = self.place
        return (
            f"{BODY}\n{province}{city}的{self.firm[4:]}，又叫{self.short[0]}**{self.short[1]}**、{' '.join(self.core)}。"
            f"[官网](https://{self.host}.cn)、![{self.short}]({self.host}.png)、<a href='//{self.host}.cn'>{self.core}</a>，"
            f"电话 {self.phone}，写信到 wang@{self.host}.cn。由{self.sender}推荐，{self.certifier[2:8]}给它发证。"
            f"\n\n## {self.core}的体会\n\n再说一句。\n"
        )

    @property
    def words(self) -> list[str]:
        """What somebody would look for who guesses right."""
        return [self.firm, self.short, self.certifier[2:6], self.host]


WORLDS = (
    Hidden(
        ("330400", "浙江省", "嘉兴市"), "浙江嘉兴华美包装有限公司", "华美包装", "华美", "北京中兴信诚认证有限公司",
        "浙江省市场监督管理局", "嘉禾协会", "huamei", "13812345678", ("嘉兴华美.png",), 0, 40.0,
    ),
    Hidden(
        ("350500", "福建省", "泉州市"), "福建泉州闽泰卫浴股份有限公司", "闽泰卫浴", "闽泰", "上海恒达联创认证有限公司",
        "福建省市场监督管理局", "刺桐商会", "mintai", "0595-22345678", ("泉州闽泰.png", "闽泰营业执照.png"), 4, 95.0,
    ),
)  # fmt: skip
"""Two answers to the question whose cases they are."""


def begin(site: Site, about: Hidden) -> Call:
    """A double-blind call with two cases for expert01, and around them what the world has."""
    with site.database.writing() as session:
        account = session.get_one(Account, site["zhejiang"].id)
        account.name, account.employer, account.province = about.sender, about.office, about.place[0]
    call = reviewing(site, "double")
    with site.database.writing() as session:
        session.get_one(Call, call.id).review_deadline = today(now()) + timedelta(days=9)
    own = [site.submission(call, SubmissionState.DRAFT, body=about.body, **about.front) for _ in range(2)]
    for name in about.pictures:
        site.attach(own[0], name, PNG + name.encode())
    others = [site.submission(call, SubmissionState.ACCEPTED, "jiangsu", body=about.body) for _ in range(about.others)]
    for submission in own[::-1] if others else own:
        site.send(submission)
    for name in ("expert02", "expert03"):
        site.add(name, Role.EXPERT, name=f"{about.sender}的专家")
    mine = [assign(site, submission) for submission in own]
    score(site, assign(site, own[0], "expert02"), "expert02", about.mark)
    save(site, assign(site, own[1], "expert03"), judgement(about.mark), "expert03")
    for submission in others:
        score(site, assign(site, submission, "expert02"), "expert02", about.mark)
    assert [each.id for each in mine] == [1, 2]
    return call


def judgement(mark: float) -> Judgement:
    """The same share of every criterion."""
    most = {"typical": 20, "method": 30, "effect": 30, "spread": 20}
    return Judgement({key: most[key] * mark / 100 for key in KEYS}, {"effect": f"打{mark}分"}, f"一共{mark}分。")


def score(site: Site, assignment: Assignment, username: str, mark: float) -> None:
    submit(site, assignment, judgement(mark), username)


def look(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """The expert's own pages, and everything that can be guessed."""
    numbers = (1, 2, 3, 5, 8, 99)
    guesses = [f"/review/{number}{end}" for number in numbers for end in ("", "/attachments/1", "/attachments/2")]
    guesses += [
        f"{path}{number}" for path in ("/submit/", "/desk/submissions/", "/notices/") for number in (1, 2, 3, 9)
    ]
    guesses += ["/desk/calls/1/results.xlsx", "/desk/calls/1/decision.json", "/desk/", "/review/calls/1/next"]
    return crawl(site, browser, ["/review/", "/account", "/calls/", "/calls/1", *guesses], within="/review/")


def look_around(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """The rest of the site."""
    asked = [f"/search?region={about.place[0]}" for about in WORLDS]
    asked += everywhere(word for about in WORLDS for word in about.words)
    return crawl(site, browser, ["/", "/sitemap.xml", "/feed.atom", "/api/v1/search", "/cases/2022-001", *asked])


def press(site: Site, browser: FlaskClient, path: str, end: str = "", **fields: str) -> dict[str, Seen]:
    """Fill in the form at ``path`` and send it; what comes of it, and the page afterwards."""
    page = browser.get(path)
    known = {name: hidden(page.get_data(as_text=True), name) for name in ("version", "text")}
    data = {"csrf_token": token_of(page), **known, **{key.replace("_", "-"): each for key, each in fields.items()}}
    return {
        f"POST {path}{end} {fields}": site.ask(browser, path + end, method="POST", data=data),
        path: site.ask(browser, path),
    }


WHOLE = {f"score_{key}": "15" for key in KEYS}


def work(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """Everything an expert does, errors too."""
    one, two = "/review/1", "/review/2"
    found = press(site, browser, one, do="save", score_typical="99")
    found |= press(site, browser, one, do="submit")
    found |= press(site, browser, one, "/abstain")
    found |= press(site, browser, one, "/recuse")
    found |= press(site, browser, one, do="next", score_typical="9")
    found |= press(site, browser, two, do="submit", **WHOLE)
    found |= press(site, browser, two, "/reopen")
    found |= press(site, browser, two, do="next", **WHOLE)
    return found | press(site, browser, two, do="submit", **WHOLE)


def finish(site: Site, browser: FlaskClient) -> dict[str, Seen]:
    """The first review submitted: only who has one that counts is told what others gave."""
    return press(site, browser, "/review/1", do="submit", **WHOLE)


def letters(site: Site, call: Call) -> list[tuple[str, str, str]]:
    """Everything the expert is written."""
    with site.database.reading() as session:
        rows = session.exec(select(Assignment).where(Assignment.expert_id == site["expert01"].id)).all()
        row = session.get_one(Call, call.id)
        found = [*invitations(session, row, rows), *due(session, row, now(), at_once=True)]
        written = [each.letter(site="本站", base_url=HERE) for each in found if each.account.username == "expert01"]
    return [(letter.to, letter.subject, letter.text) for letter in written]


def test_nothing_tells_an_expert_under_double_blind_whose_case_it_is(tmp_path: Path) -> None:
    """From the invitation to the end of the round, each time the whole site."""
    pair = first, second = twins(tmp_path)
    calls = [begin(site, about) for site, about in zip(pair, WORLDS, strict=True)]
    assert len(letters(first, calls[0])) == 2
    assert letters(first, calls[0]) == letters(second, calls[1])
    assert both(pair, "expert01", look) == []
    assert both(pair, "expert01", look_around) == []
    assert both(pair, "expert01", work) == []
    for site, about in zip(pair, WORLDS, strict=True):
        amend(site, site.stored(Submission(id=2)), about.body.replace("再说", "又说"), **about.front)
    assert both(pair, "expert01", look) == []
    assert both(pair, "expert01", finish) == []
    for site, call in zip(pair, calls, strict=True):
        even(site)
        site.now_in(CallState.CLOSED, call)
    assert both(pair, "expert01", look) == []
    assert "其他专家的总分" in first.ask(first.browser("expert01"), "/review/1").body


def even(site: Site) -> None:
    """From here on totals of others may be seen, and are the same."""
    with site.database.writing() as session:
        others = select(Assignment.id).where(Assignment.expert_id != site["expert01"].id)
        for row in session.exec(select(CriterionScore).where(col(CriterionScore.assignment_id).in_(others))):
            row.score = 10.0


def test_the_twins_can_be_told_apart_where_review_is_not_blind(tmp_path: Path) -> None:
    """The same two worlds under single blind, so that the test above is known to look at what could leak."""
    pair = twins(tmp_path)
    for site, about in zip(pair, WORLDS, strict=True):
        call = begin(site, about)
        with site.database.writing() as session:
            row = session.get_one(Call, call.id)
            row.rules = {**row.rules, "blind": "single"}
    told = {
        found.partition(":")[0]
        for found in both(pair, "expert01", lambda site, browser: crawl(site, browser, ["/review/"], within="/review/"))
    }
    pages = {"/review/", "/review/1", "/review/2", "/review/1/attachments/1", "/review/1/attachments/2"}
    assert told == pages | {f"/review/{row}/{name}.png" for row in (1, 2) for name in ("huamei", "mintai")}
