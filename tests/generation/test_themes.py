"""Themes: the tune of a section that comes again is the tune of its first time."""

from __future__ import annotations

import numpy as np

from bandmate.generation.compose import windows, write_takes
from bandmate.generation.form import theme_bars, with_themes
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief

SONG = Brief(
    genre="pop", bars=40, only=("drums", "bass", "chords", "melody"),
    structure=(
        ("verse", 8, 3, ()), ("chorus", 8, 5, ()), ("verse", 8, 3, ()), ("chorus", 8, 5, ()), ("outro", 8, 2, ()),
    ),
)  # fmt: skip


def test_sections_that_come_again_know_their_first_time() -> None:
    source = theme_bars(make_plan(SONG, 1))
    assert source[:16].tolist() == [-1] * 16
    assert source[16:24].tolist() == [0, 1, 2, 3, 4, 5, 6, -1]  # the last bar leads on
    assert source[24:32].tolist() == [8, 9, 10, 11, 12, 13, 14, -1]


def test_bars_whose_chords_changed_are_new() -> None:
    plan = make_plan(SONG, 1)
    for bar, source in enumerate(theme_bars(plan)):
        assert source < 0 or plan.chords[2 * bar : 2 * bar + 2] == plan.chords[2 * source : 2 * source + 2]


def test_only_tunes_take_over() -> None:
    plan = make_plan(SONG, 1)
    melody = [track.role for track in plan.tracks].index("melody")
    track, bar = np.array([0, melody, melody]), np.array([16, 16, 1])
    locks = with_themes(plan, [None] * 3, track, bar)
    assert locks[0] is None
    assert locks[2] is None
    assert locks[1] is not None and (locks[1].form, locks[1].bar) == ("same", 0)


def test_a_tune_returns_across_windows(tiny_weights) -> None:
    plan = make_plan(SONG, 1)
    assert len(windows(plan)) > 1
    score = write_takes(plan, [5], tiny_weights)[0].score
    notes = next(track.notes for track in score.tracks if track.role == "melody")
    step = np.rint(notes["onset_ticks"] / 20).astype(int)

    def bar(number: int) -> set[tuple[int, int]]:
        inside = step // 96 == number
        return set(zip((step[inside] % 96).tolist(), notes["pitch"][inside].tolist(), strict=True))

    source = theme_bars(plan)
    back = [at for at in range(plan.bars) if source[at] >= 0 and at % 4 < 3 and bar(at) and bar(source[at])]
    assert back
    assert [at for at in back if bar(at) != bar(source[at])] == []
