"""Labels learned from examples: the scores are those of a ridge regression that is solved directly."""

from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from caselib.search.stories.classifying import DISTANCES, NONE, RIDGE, Classifier

EXAMPLES = [("老是退货", {"defects"}), ("又退货了", {"defects"}), ("人走了", {"people"}), ("今天晴", set[str]())]


def terms(text: str) -> Counter[tuple[str, str, int]]:
    found: Counter[tuple[str, str, int]] = Counter()
    for distance in DISTANCES:
        for at in range(len(text) - distance):
            if text[at : at + distance + 1].isalnum():
                found[text[at], text[at + distance], distance] += 1
    return found


def directly(examples: list[tuple[str, set[str]]], text: str) -> dict[str, float]:
    """The same scores by the normal equations, with dense matrices; there is always an empty example."""
    examples = [("", set()), *examples]
    known = sorted({term for told, _ in examples for term in terms(told)})
    held = Counter(term for told, _ in examples for term in terms(told))

    def vector(told: str) -> np.ndarray:
        values = {
            term: (1 + log(count)) * (log((1 + len(examples)) / (1 + held[term])) + 1)
            for term, count in terms(told).items()
        }
        length = sum(value**2 for value in values.values()) ** 0.5 or 1.0
        return np.array([values.get(term, 0.0) / length for term in known])

    vectors = np.array([vector(told) for told, _ in examples])
    labels = sorted({label for _, own in examples for label in own or {NONE}})
    wanted = np.array([[float(label in (own or {NONE})) for label in labels] for _, own in examples])
    weights = np.linalg.solve(vectors.T @ vectors + RIDGE * np.eye(len(known)), vectors.T @ wanted)
    return dict(zip(labels, (vector(text) @ weights).tolist(), strict=True))


TEXTS = st.text(st.sampled_from("退货返工人走了a1，？ "), min_size=1, max_size=12)


@given(st.lists(st.tuples(TEXTS, st.sets(st.sampled_from("xyz"), max_size=2)), max_size=6), TEXTS)
def test_scores_are_those_of_the_regression_solved_directly(examples: list[tuple[str, set[str]]], text: str) -> None:
    assert Classifier(examples).score(text) == pytest.approx(directly(examples, text), abs=1e-4)


def test_a_text_is_scored_by_what_it_has_in_common_with_the_examples() -> None:
    scores = Classifier(EXAMPLES).score("客户退货")
    assert max(scores, key=lambda label: scores[label]) == "defects"
    assert Classifier(EXAMPLES).score("机器响") == {"": 0.0, "defects": 0.0, "people": 0.0}
    assert Classifier(EXAMPLES).score("") == {"": 0.0, "defects": 0.0, "people": 0.0}


def test_what_no_example_has_lowers_every_score() -> None:
    classifier = Classifier(EXAMPLES)
    assert classifier.score("退货齉齾龘靐")["defects"] < classifier.score("退货")["defects"]


def test_terms_do_not_reach_over_what_is_no_letter() -> None:
    classifier = Classifier([("退货", {"defects"}), ("退，货", set())])
    assert classifier.score("退货")["defects"] > classifier.score("退 货")["defects"]
