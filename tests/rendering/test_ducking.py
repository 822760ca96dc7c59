"""The side-chain: who steps back, where, how far, and back in time."""

from __future__ import annotations

import numpy as np
import pytest
from tests.rendering.fonts import sine_font
from tests.rendering.players import RATE, level_db, note_track, score_of

from bandmate.rendering.ducking import Ducking, duck, ducked_share, kick_onsets
from bandmate.rendering.mixer import Desk, Length, TrackMix
from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import perform
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import SoundFont
from bandmate.score.model import Score, Track, make_notes

KICKS = Track(is_drum=True, role="drums", notes=make_notes([480, 1440], 100, [36, 36], 100, channel=9))


def times(seconds: float) -> np.ndarray:
    return np.arange(0, seconds, 64 / RATE)


def test_all_the_way_down_at_the_kick_and_back_in_time():
    share = ducked_share(times(1.0), np.array([0.2, 0.6]), 0.3)
    at = {sec: share[np.searchsorted(times(1.0), sec)] for sec in (0.1, 0.21, 0.35, 0.51, 0.61, 0.91)}
    assert at[0.1] == 0.0
    assert at[0.21] == at[0.61] == 1.0
    assert 0.3 < at[0.35] < 0.7
    assert at[0.51] == at[0.91] == 0.0
    assert np.abs(np.diff(share)).max() < 0.4  # no click: it takes some blocks to go down


def test_the_next_kick_holds_it_down():
    share = ducked_share(times(1.0), np.array([0.2, 0.25]), 0.3)
    assert share[np.searchsorted(times(1.0), 0.27)] == 1.0


def test_depth_goes_by_role():
    ducking = Ducking(depth=1.0, shares={"bass": 1.0, "chords": 0.5})
    assert [ducking.floor(role) for role in ("bass", "chords", "melody")] == pytest.approx([0.15, 0.575, 1.0])
    assert Ducking(depth=0.0, shares={"bass": 1.0}).floor("bass") == 1.0


def test_a_stem_is_turned_down_without_steps():
    stem = np.ones((2, 1000), np.float32)
    duck(stem, np.linspace(0.0, 1.0, 17), 0.5)
    np.testing.assert_allclose(stem[0], 1.0 - 0.5 * np.arange(1000) / (16 * 64), atol=1e-6)


@pytest.fixture(scope="module")
def font(tmp_path_factory) -> SoundFont:
    return SoundFont(sine_font(tmp_path_factory.mktemp("font") / "sine.sf2"))


def stem_of(font: SoundFont, score: Score, floor: float, *, loop: bool = False) -> tuple[Desk, np.ndarray]:
    total = 2 * RATE
    length = Length(total, total + RATE, loop=True) if loop else Length(total, total)
    desk = Desk(length, RATE, ducking=Ducking(beats=0.4))
    player = Player(PatchBook(font), RATE, load_kernel("numpy"))
    stems = [stem.copy() for _, stem in desk.stems(player, perform(score), {1: TrackMix(floor=floor)})]
    np.testing.assert_allclose(sum(stems), desk.dry, atol=1e-6)
    return desk, stems[1]


def test_dips_lie_where_the_kicks_are(font):
    score = score_of(KICKS, note_track(ticks=1900))
    np.testing.assert_allclose(kick_onsets(perform(score)), [0.5, 1.5])
    _, ducked = stem_of(font, score, 0.25)
    _, plain = stem_of(font, score, 1.0)
    for start in (0.505, 1.505):
        assert level_db(ducked, start, start + 0.02) - level_db(plain, start, start + 0.02) == pytest.approx(
            -12.04, 0.01
        )
    for start in (0.2, 0.8, 1.2):
        assert level_db(ducked, start, start + 0.2) == pytest.approx(level_db(plain, start, start + 0.2), abs=0.01)


def test_the_dip_of_a_loop_goes_round(font):
    late = Track(is_drum=True, notes=make_notes([1900], 50, [36], 100, channel=9))
    desk, ducked = stem_of(font, score_of(late, note_track(ticks=1900)), 0.25, loop=True)
    _, plain = stem_of(font, score_of(late, note_track(ticks=1900)), 1.0, loop=True)
    gain = np.abs(ducked[0, :2000]).max() / np.abs(plain[0, :2000]).max()
    assert gain < 0.5
    assert desk.length.total == ducked.shape[1]
