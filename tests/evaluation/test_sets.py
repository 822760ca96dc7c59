"""Sets of music: intervals of means, the two-sample test, yardsticks, the card and the facts."""

from __future__ import annotations

import numpy as np
import pytest
from tests.evaluation.music import alone, band, drums

from bandmate.errors import BriefError, LibraryError
from bandmate.evaluation.card import CARD, NAMES
from bandmate.evaluation.excerpt import excerpt_of
from bandmate.evaluation.facts import FACTS, fact_rows
from bandmate.evaluation.intervals import mean_interval
from bandmate.evaluation.measured import Measured, measured, together
from bandmate.evaluation.report import report_card
from bandmate.evaluation.twosample import auc, line_distances, two_sample_auc
from bandmate.evaluation.yardstick import is_full_band, kind_of, kinds, spread_of, yardstick
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.score.model import Score


def normal(seed: int, works: int, each: int, shift: float = 0.0, gaps: float = 0.1) -> Measured:
    """Windows whose lines are drawn from one bell."""
    draw = np.random.default_rng(seed)
    values = draw.normal(shift, 1, (works * each, len(NAMES)))
    values[draw.random(values.shape) < gaps] = np.nan
    names = np.repeat([f"{seed}-{n}" for n in range(works)], each)
    return Measured(values, names, np.full(len(names), f"s{seed}"))


def test_auc_counts_pairs() -> None:
    label = np.array([0, 0, 1, 1.0])
    assert auc(np.array([1, 2, 3, 4.0]), label) == 1
    assert auc(np.array([4, 3, 2, 1.0]), label) == 0
    assert auc(np.ones(4), label) == 0.5
    assert auc(np.array([1, 3, 2, 4.0]), label) == 0.75


def test_sets_of_one_kind_are_not_told_apart_and_others_are() -> None:
    alike = [two_sample_auc(normal(2 * s, 50, 4), normal(2 * s + 1, 50, 4)) for s in range(4)]
    assert 0.4 < np.mean(alike) < 0.6
    assert two_sample_auc(normal(0, 50, 4), normal(1, 50, 4, shift=2.0)) > 0.999


def test_two_sample_test_is_the_same_again_and_needs_works() -> None:
    a, b = normal(0, 20, 3), normal(1, 20, 3, shift=0.2)
    assert two_sample_auc(a, b) == two_sample_auc(a, b)
    assert np.isnan(two_sample_auc(a, normal(1, 4, 10)))


def test_what_only_a_work_has_is_no_help() -> None:
    """Windows of a work that are alike tell nothing, since a work is on one side of every fold."""
    draw = np.random.default_rng(0)
    values = np.repeat(draw.normal(0, 1, (40, len(NAMES))), 10, axis=0)
    works = np.repeat([f"w{n}" for n in range(40)], 10)
    found = [Measured(values[half], works[half], works[half]) for half in (np.arange(400) < 200, np.arange(400) >= 200)]
    assert two_sample_auc(*found) < 0.7


def test_distances_see_spread_where_medians_do_not() -> None:
    a, wide = normal(0, 300, 1), normal(1, 300, 1)
    wide.values[:, NAMES.index("note_length")] *= 5
    wide.values[:, NAMES.index("kicks")] += 9
    found = line_distances(a, wide)
    assert list(found)[:2] == ["kicks", "note_length"]
    assert found["kicks"] > 0.99 and 0.2 < found["note_length"] < 0.6
    assert max(line_distances(a, a).values()) == 0
    assert not {line.name for line in CARD if line.at_end} & set(found)


def test_an_ending_does_not_tell_takes_from_windows() -> None:
    a, b = normal(0, 50, 2), normal(1, 50, 2)
    at_end = np.array([line.at_end for line in CARD])
    a.values[:, : len(CARD)][:, at_end] = np.nan
    assert two_sample_auc(a, b) < 0.65


def test_interval_of_a_mean_draws_works() -> None:
    lone, many = normal(0, 200, 1, gaps=0), normal(0, 200, 1, gaps=0)
    copied = Measured(np.repeat(many.values, 5, axis=0), np.repeat(many.works, 5), np.repeat(many.sources, 5))
    a, b = (mean_interval(found, "scale_consistency") for found in (lone, copied))
    assert (a.low, a.high) == pytest.approx((b.low, b.high))  # five copies of a window are no five witnesses
    assert a.low < a.mean < a.high
    assert a.high - a.low == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.2)
    assert mean_interval(measured(()), "scale_consistency").n == 0


def test_halves_hold_works_whole_and_every_source() -> None:
    everyone = together([normal(0, 9, 3), normal(1, 4, 2)])
    a, b = everyone.halves(3)
    assert not set(a.works) & set(b.works)
    assert len(a) + len(b) == len(everyone)
    assert set(a.sources) == set(b.sources) == {"s0", "s1"}


def test_measured_windows_come_back_from_a_file(tmp_path) -> None:
    found = measured([("made", "one", band(32)), ("made", "short", alone([60] * 8))])
    assert found.works.tolist() == ["one", "one"]
    found.save(tmp_path / "x.npz")
    again = Measured.load(tmp_path / "x.npz")
    assert np.allclose(again.values, found.values, rtol=1e-6, equal_nan=True)
    (tmp_path / "y.npz").write_bytes(b"nothing")
    with pytest.raises(LibraryError, match=r"y\.npz"):
        Measured.load(tmp_path / "y.npz")


def test_yardsticks_cover_what_people_play() -> None:
    assert {"band", "piano", "chamber", "drums"} <= set(kinds())
    people = yardstick("band")
    assert people.windows >= 100 and people.works >= 40
    assert {line.name for line in CARD} <= set(people.lines)
    for spread in people.lines.values():
        assert list(spread.quantiles) == sorted(spread.quantiles)
        assert spread.at(0) <= spread.mean <= spread.at(100)
    with pytest.raises(BriefError, match="kind 'choir' is not known"):
        yardstick("choir")


def test_people_are_inside_their_own_yardstick() -> None:
    found = normal(0, 60, 2)
    card = report_card(found, spread_of(found, "made"))
    assert card.inside == len(card.rows) == len(CARD)
    assert card.summary == f"{len(CARD)} of {len(CARD)} lines inside what people's music (made) does"
    far = report_card(normal(1, 60, 2, shift=9.0), spread_of(found, "made"))
    assert far.inside == 0 and far.rows[0].line.name in far.summary


def test_kinds_are_told_by_their_tracks() -> None:
    beat = Score((drums(),))
    assert kind_of([band(), band(), beat]) == "band"
    assert kind_of([beat]) == "drums"
    assert kind_of([alone([60] * 8)]) == "piano"
    assert kind_of([alone([60] * 8, program=40)]) == "chamber"
    assert is_full_band(band()) and not is_full_band(beat) and not is_full_band(alone([60] * 8))


def test_facts_of_a_genre_hold_for_its_pieces_and_not_for_others() -> None:
    rock = [excerpt_of(play(make_plan(Brief(genre="reggae", bars=16), s), s)) for s in range(3)]
    own = {row.name: row for row in fact_rows([(e, "reggae") for e in rock])}
    other = {row.name: row for row in fact_rows([(e, "drum_and_bass") for e in rock])}
    assert set(own) == {fact.name for fact in FACTS}
    assert own["tempo"].share == own["meter"].share == own["kick_placement"].share == 1
    assert other["tempo"].share == 0
    with pytest.raises(BriefError, match="polka"):
        fact_rows([(rock[0], "polka")])
