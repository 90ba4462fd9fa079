"""A library of any size to measure with: the same documents and questions for everybody, from one seed.

Each document is made of sentences of the shipped library, some of whose words are changed for words of a topic: so words
stand beside each other as they do in real texts, some are everywhere and some are rare. What is written means nothing.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import jieba
import yaml

from caselib.config import shipped
from caselib.content import ContentStore, Kind, Taxonomy

SEED = 20230420
LENGTH = 3000
CLAUSES = 6
HEADINGS = ("企业概况", "问题", "做法", "成效", "可借鉴之处")
_TOPICS, _TOPIC_WORDS, _TOPIC_SHARE = 400, 80, 0.25
_HAN, _LATIN = re.compile("[\u4e00-\u9fff]+"), re.compile("[a-z]{3,}")
_QUOTES = re.compile('[“”「」『』"]')
_SENTENCE = re.compile(r"[^。！？\n]{6,80}[。！？]")


@dataclass(frozen=True)
class Text:
    """One generated document."""

    slug: str
    meta: dict[str, object]
    sections: list[str]

    @property
    def body(self) -> str:
        """The sections under their headings, as Markdown."""
        return "\n\n".join(f"## {h}\n\n{text}" for h, text in zip(HEADINGS, self.sections, strict=True))


def texts(count: int, seed: int = SEED) -> Iterator[Text]:
    """``count`` documents; document ``i`` is the same whatever the count."""
    store = ContentStore(shipped("content"))
    sentences = _sentences(store)
    rng = random.Random(seed)
    words, cumulated = _words()
    topics = [rng.choices(words, cum_weights=cumulated, k=_TOPIC_WORDS) for _ in range(_TOPICS)]
    for number in range(count):
        rng = random.Random(seed * 1_000_000 + number)
        topic = rng.choice(topics)
        sections = [_section(sentences, topic, rng) for _ in HEADINGS]
        meta = {"title": "".join(rng.sample(topic, 5)), **_meta(rng, store.taxonomy)}
        yield Text(f"d{number:06d}", meta, sections)


def _sentences(store: ContentStore) -> list[list[str]]:
    """The sentences of the shipped cases and guides, as words."""
    bodies = [store.read(kind, slug).sections for kind, slug in sorted(store.scan(Kind.CASE, Kind.GUIDE))]
    found = dict.fromkeys(s for sections in bodies for section in sections for s in _SENTENCE.findall(section.text))
    return [jieba.lcut(sentence) for sentence in found]


def _words() -> tuple[list[str], list[int]]:
    """The dictionary's words of two to four characters and, cumulated, how usual they are."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text("utf-8").splitlines()
    usual = [(word, int(count)) for word, count, _ in (line.split(" ") for line in lines) if 2 <= len(word) <= 4]
    return [word for word, _ in usual], list(accumulate(count for _, count in usual))


def _section(sentences: list[list[str]], topic: list[str], rng: random.Random) -> str:
    pieces: list[str] = []
    held = 0
    while held < LENGTH // len(HEADINGS):
        for word in rng.choice(sentences):
            changed = len(word) > 1 and rng.random() < _TOPIC_SHARE
            pieces.append(topic[int(rng.random() ** 2 * _TOPIC_WORDS)] if changed else word)
            held += len(pieces[-1])
        if rng.random() < 0.2:
            pieces.append("\n\n")
    return "".join(pieces).strip()


def _meta(rng: random.Random, taxonomy: Taxonomy) -> dict[str, object]:
    divisions = [key for key, term in taxonomy.industries.items() if term.parent]
    cities = [key for key, term in taxonomy.regions.items() if term.parent]
    year = rng.randint(2018, 2025)
    return {
        "industry": rng.sample(divisions, rng.choice((1, 1, 2))),
        "region": rng.choice(cities),
        "year": year,
        "firm": f"示例企业{rng.randint(1, 9999)}",
        "firm_size": rng.choice(("大型", "中型", "小型", "微型")),
        "problems": rng.sample(list(taxonomy.problems), 2),
        "measures": rng.sample(list(taxonomy.measures), 2),
        "effects": rng.sample(list(taxonomy.effects), 3),
        "published": f"{year}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}",
        "sample": True,
    }


def write(documents: list[Text], root: Path) -> None:
    """The documents as a content tree."""
    folder = root / "cases"
    folder.mkdir(parents=True)
    for text in documents:
        front = yaml.safe_dump(text.meta, allow_unicode=True, sort_keys=False)
        (folder / f"{text.slug}.md").write_text(f"---\n{front}---\n\n{text.body}\n", "utf-8")


@dataclass(frozen=True)
class Question:
    """What is asked: any of the ``words``, all of the ``phrase`` as it stands, a word of the ``title``, a ``beginning`` of a
    Latin word; of a ``year``.
    """

    words: str = ""
    phrase: str = ""
    title: str = ""
    beginning: str = ""
    year: str = ""


KINDS = ("words", "filtered", "phrase", "title", "beginning", "story")


def questions(documents: list[Text], count: int, kind: str = "words", seed: int = SEED) -> list[Question]:
    """Questions of one kind: two to nine words that stand together in some document, with or without what is special.

    Of the kind ``story``: ``CLAUSES`` of as many documents, as somebody tells a problem that no document is about.
    """
    rng = random.Random(seed)
    found: list[Question] = []
    if kind == "story":
        stories = [[_clause(rng.choice(documents), rng) for _ in range(CLAUSES)] for _ in range(count)]
        return [Question("".join("，".join(story).split())) for story in stories]
    while len(found) < count:
        text = rng.choice(documents)
        words = jieba.lcut(_clause(text, rng))
        size = 2 if kind in ("phrase", "beginning") else 2 + len(found) % 8
        if len(words) >= size:
            start = rng.randrange(len(words) - size + 1)
            asked = _special(kind, "".join(words[start : start + size]), text, rng)
            found += [asked] if asked else []
    return found


def _clause(text: Text, rng: random.Random) -> str:
    """The longest of some sentence, unquoted: quotation marks would ask us for a phrase, and the others for its words."""
    return _QUOTES.sub("", max(rng.choice(rng.choice(text.sections).split("。")).split("，"), key=len))


def _special(kind: str, words: str, text: Text, rng: random.Random) -> Question | None:
    if kind == "phrase":
        return Question(phrase=words) if _HAN.fullmatch(words) else None
    if kind == "title":
        return Question(title=next(iter(jieba.lcut(str(text.meta["title"])))))
    if kind == "beginning":
        latin = sorted(set(_LATIN.findall(text.body.lower())))
        return Question(words, beginning=rng.choice(latin)[:2]) if latin else None
    return Question(words, year=str(text.meta["year"]) if kind == "filtered" else "")
