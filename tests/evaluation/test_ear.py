"""The ear: a regression that can be kept, and a draw by its odds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.evaluation.music import band
from tests.evaluation.test_sets import normal

from bandmate.evaluation.card import NAMES
from bandmate.evaluation.ear import Ear, drawn_by, fit_ear, likeness_of, odds_within, shipped_ear
from bandmate.evaluation.regression import LINES, fit
from bandmate.evaluation.twosample import auc
from bandmate.score.model import Score


def test_a_regression_tells_what_it_was_fitted_on_and_comes_back_from_json() -> None:
    a, b = normal(0, 40, 4), normal(1, 40, 4, shift=0.5)
    values, label = np.concatenate([a.values, b.values]), np.repeat([0.0, 1.0], [len(a), len(b)])
    found = fit(values, label)
    back = type(found).from_json(json.loads(json.dumps(found.to_json())))
    assert auc(found.score(values), label) > 0.95
    assert np.allclose(found.score(values), back.score(values), atol=0.02)
    assert len(found.weights) == 2 * len(LINES)


def test_lines_that_never_apply_do_not_spoil_a_regression() -> None:
    a, b = normal(0, 30, 3), normal(1, 30, 3, shift=0.5)
    values = np.concatenate([a.values, b.values])
    values[:, NAMES.index(LINES[0])] = np.nan
    found = fit(values, np.repeat([0.0, 1.0], [len(a), len(b)]))
    assert np.isfinite(found.score(values)).all()


def test_candidates_are_drawn_in_proportion_to_their_odds() -> None:
    drawn = [drawn_by(np.log([1.0, 3.0]), seed) for seed in range(2000)]
    assert np.mean(drawn) == pytest.approx(0.75, abs=0.03)
    assert drawn_by([-np.inf, 0.0], 5) == 1
    assert drawn_by([-np.inf, -np.inf], 5) in (0, 1)


def test_the_shipped_ear_hears_that_a_loop_of_one_note_is_no_band() -> None:
    assert all(len(step.weights) == 2 * len(LINES) for step in shipped_ear().steps)
    music = band()
    bare = Score(tracks=music.tracks[:1], ticks_per_quarter=music.ticks_per_quarter, end_ticks=music.end_ticks)
    assert np.isfinite(likeness_of(music)) and likeness_of(music) > likeness_of(bare)
    assert likeness_of(Score()) == -np.inf


def test_further_steps_mend_what_the_first_draws() -> None:
    """On every frame half of the candidates have a line of their own; people have it in a quarter of their windows."""
    column = NAMES.index(LINES[0])
    people, takes = np.zeros((120, len(NAMES))), np.zeros((240, len(NAMES)))
    frame = np.arange(len(takes)) // 4
    people[:, column] = np.arange(len(people)) % 4 == 0
    takes[:, column] = np.arange(len(takes)) % 2
    off = []
    for steps in (1, 14):
        chance = odds_within(fit_ear(people, takes, frame, steps).score(takes), frame)
        off.append(abs(np.average(takes[:, column], weights=chance) - 0.25))
    assert off[1] < off[0] / 2


def test_an_ear_comes_back_from_json() -> None:
    people, takes = normal(0, 20, 2).values, normal(1, 20, 2, shift=0.5).values
    ear = fit_ear(people, takes, np.arange(len(takes)) // 2, 2)
    back = Ear.from_json(json.loads(json.dumps(ear.to_json())))
    assert len(back.steps) == 2 and np.allclose(ear.score(people), back.score(people), atol=0.02)
