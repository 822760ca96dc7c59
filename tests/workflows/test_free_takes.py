"""Free takes: the candidate that the ear draws, unless it shares too long a run."""

from __future__ import annotations

from bandmate.evaluation.ear import drawn_by
from bandmate.score.model import Score, Track, make_notes
from bandmate.workflows.free_takes import MOST_SHARED, first_allowed, notes_shared

ODDS = (0.3, -0.2, 1.1, 0.0)


def test_a_candidate_that_shares_little_is_the_one_that_the_ear_draws() -> None:
    for seed in range(20):
        assert first_allowed(ODDS, lambda at: False, seed) == drawn_by(ODDS, seed)


def test_one_that_shares_too_much_is_drawn_again_and_asked_once() -> None:
    for seed in range(20):
        asked: list[int] = []

        def too_long(at: int, asked: list[int] = asked) -> bool:
            asked.append(at)
            return at != 3

        assert first_allowed(ODDS, too_long, seed) == 3
        assert len(asked) == len(set(asked))


def test_where_all_share_too_much_the_first_one_stays() -> None:
    assert {first_allowed(ODDS, lambda at: True, seed) == drawn_by(ODDS, seed) for seed in range(20)} == {True}
    assert first_allowed([0.0], lambda at: True, 1) == 0


def test_nothing_shares_nothing_and_what_is_everybodys_counts() -> None:
    assert notes_shared(Score()) == 0
    arpeggio = [(60, 64, 67, 72, 67, 64)[number % 6] for number in range(24)]
    ticks = [240 * number for number in range(24)]
    track = Track("Lead", 0, False, make_notes(ticks, [240] * 24, arpeggio, [80] * 24))
    assert 8 <= notes_shared(Score((track,))) <= 24
    assert MOST_SHARED > 24
