"""Hearing a genre: features of any score, a classifier that learns, keeps and tells."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.errors import FileFormatError
from bandmate.evaluation.genre_features import GROUPS, features
from bandmate.evaluation.genres import fit, load, recognise, shipped, vectors
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.score.model import Score, Track, make_notes


def take(genre: str, seed: int, **asked: object) -> Score:
    return play(make_plan(Brief(genre=genre, bars=8, **asked), seed), seed)  # type: ignore[arg-type]


def test_every_score_has_the_same_features_all_finite():
    drums = Score((Track("", 0, True, make_notes([0, 480], 60, [36, 38])),), end_ticks=1920)
    one_note = Score((Track("", 0, False, make_notes([0], 480, [60])),), end_ticks=1920)
    scores = [take("salsa", 1), take("chorale", 1), take("waltz", 1), drums, one_note, Score()]
    table = vectors([features(score) for score in scores], tuple(GROUPS))
    assert table.shape[0] == len(scores) and np.isfinite(table).all()


def test_features_hear_what_they_name():
    house, jazz = features(take("house", 3)), features(take("jazz_swing", 3))
    assert house["drums"][[0, 4, 8, 12]].min() > 0.6  # the kick on all four beats, in hundreds of velocity
    assert jazz["feel"][0] > 1.0 > abs(house["feel"][0])  # the off-eighth late by more than a tenth of a beat
    assert features(take("waltz", 3))["meter"].tolist() == [0, 1, 0, 0, 0]


@pytest.mark.parametrize("genre", ["drum_and_bass", "bossa_nova", "string_quartet", "trap", "reggae", "metal"])
def test_the_classifier_of_the_package_hears_the_genre(genre: str):
    ranked = recognise(take(genre, 900))
    assert genre in [name for name, _ in ranked[:3]]
    assert len(ranked) == 58 and sum(chance for _, chance in ranked) == pytest.approx(1.0)


def test_a_classifier_may_leave_groups_out():
    rows = [features(take(genre, seed)) for genre in ("techno", "waltz") for seed in range(4)]
    judge = fit(rows, ["techno"] * 4 + ["waltz"] * 4, groups=("drums", "chords"))
    score = take("waltz", 9, tempo=140.0)
    assert judge.groups == ("drums", "chords")
    assert recognise(score, judge)[0][0] == "waltz"


def test_a_saved_classifier_tells_the_same(tmp_path):
    rows = [features(take(genre, seed)) for genre in ("funk", "ambient") for seed in range(3)]
    judge = fit(rows, ["funk"] * 3 + ["ambient"] * 3)
    again = load(judge.save(tmp_path / "judge.npz"))
    assert again.genres == judge.genres == ("ambient", "funk")
    np.testing.assert_allclose(again.chances(rows), judge.chances(rows), atol=0.01)
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(FileFormatError, match=r"bad\.npz"):
        load(tmp_path / "bad.npz")


def test_the_classifier_of_the_package_is_small():
    assert sum(part.size for part in (shipped().weights, shipped().bias)) < 60_000
