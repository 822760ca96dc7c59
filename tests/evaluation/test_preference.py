"""What a musician likes is learned from stars and discards, a little from few and more from many."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bandmate.errors import ModelError
from bandmate.evaluation.preference import LINES, Preference, fit, pairs, row_of

BUSY = LINES[3]


def takes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.6, (count, len(LINES)))


def marked(rows: np.ndarray, line: str = BUSY) -> list[int]:
    """A listener who stars what is high on one line and discards what is low on it, with a whim now and then."""
    whim = np.random.default_rng(5).normal(0, 0.2, len(rows))
    value = rows[:, LINES.index(line)] + whim
    return [2 if each > 0.3 else 0 if each < -0.3 else 1 for each in value]


def test_each_pair_that_was_marked_differently_counts_once() -> None:
    rows = np.eye(4, len(LINES))
    found = pairs(rows, [2, 1, 1, 0])
    assert len(found) == 5
    assert (found.sum(1) == 0).all()
    assert not len(pairs(rows, [1, 1, 1, 1]))


def test_the_line_that_is_liked_weighs_most_and_ranks_takes_that_were_not_heard() -> None:
    learned = fit(pairs(takes(40), marked(takes(40))))
    assert LINES[int(np.argmax(learned.weights))] == BUSY
    unheard = takes(60, seed=9)
    assert learned.agreement(pairs(unheard, marked(unheard))) > 0.8


def test_few_marks_move_little_and_none_nothing() -> None:
    rows = takes(40)
    one = fit(pairs(rows[:2], [2, 0]))
    many = fit(pairs(rows, marked(rows)))
    assert np.abs(one.weights).max() < np.abs(many.weights).max()
    none = fit(pairs(rows, [1] * 40))
    assert none.liking({BUSY: 3.0}) == 0.5
    assert none.pairs == 0
    assert np.isnan(none.agreement(pairs(rows, [1] * 40)))


def test_lines_that_do_not_apply_count_as_the_middle() -> None:
    assert not row_of({}).any()
    learned = fit(pairs(takes(40), marked(takes(40))))
    assert learned.liking({}) == 0.5
    assert learned.liking({BUSY: 1.0}) > 0.5 > learned.liking({BUSY: -1.0})


def test_it_survives_the_disk_and_says_what_is_wrong(tmp_path) -> None:
    learned = fit(pairs(takes(40), marked(takes(40))))
    path = learned.save(tmp_path / "taste.json")
    again = Preference.load(path)
    assert again.pairs == learned.pairs
    assert np.allclose(again.weights, learned.weights, atol=1e-6)
    data = json.loads(path.read_text(encoding="utf-8"))
    for text in ("{", "[]", json.dumps({**data, "format": 9}), json.dumps({**data, "weights": {BUSY: "NaN"}})):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ModelError, match="star a take to make it anew"):
            Preference.load(path)
