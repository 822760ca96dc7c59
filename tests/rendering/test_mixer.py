"""The desk: what goes into the mix is what comes out as stems, and a loop joins up."""

from __future__ import annotations

import numpy as np
import pytest
from tests.rendering.fonts import sine_font
from tests.rendering.players import RATE, events, level_db, note_track, score_of

from bandmate.rendering.mixer import Desk, Length, TrackMix
from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import perform
from bandmate.rendering.reverb import Room, fold, impulse_response, reverberate
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import SoundFont


@pytest.fixture(scope="module")
def font(tmp_path_factory) -> SoundFont:
    return SoundFont(sine_font(tmp_path_factory.mktemp("font") / "sine.sf2"))


def stems_of(font, score, length: Length, mixes=None) -> tuple[Desk, list[np.ndarray]]:
    desk = Desk(length, RATE)
    player = Player(PatchBook(font), RATE, load_kernel("numpy"))
    return desk, [stem.copy() for _, stem in desk.stems(player, perform(score), mixes or {})]


def test_the_sum_of_the_stems_is_the_mix(font):
    score = score_of(*(note_track(key) for key in (57, 64, 69)))
    desk, stems = stems_of(font, score, Length(RATE, RATE))
    np.testing.assert_allclose(sum(stems), desk.dry, atol=1e-7)
    np.testing.assert_allclose(desk.send, desk.dry * 40 / 127, atol=1e-7)


def test_gain_pan_and_send_of_a_track(font):
    score = score_of(note_track(), note_track())
    mixes = {0: TrackMix(gain_db=-6.0, reverb=0.0), 1: TrackMix(pan=-1.0, reverb=1.0)}
    desk, (soft, left) = stems_of(font, score, Length(RATE, RATE), mixes)
    _, (plain, _) = stems_of(font, score, Length(RATE, RATE))
    np.testing.assert_allclose(soft, plain * 10 ** (-6 / 20), atol=1e-6)
    assert level_db(left[1], 0.1, 0.5) < -100
    assert level_db(left[0], 0.1, 0.5) - level_db(plain[0], 0.1, 0.5) == pytest.approx(3.01, abs=0.02)
    np.testing.assert_allclose(desk.send, left, atol=1e-7)


def test_controller_91_moves_the_send(font):
    score = score_of(note_track(ticks=1900, moves=events((0, 0xB0, 91, 127), (960, 0xB0, 91, 0))))
    desk, (stem,) = stems_of(font, score, Length(2 * RATE, 2 * RATE))
    np.testing.assert_allclose(desk.send[:, : RATE - 64], stem[:, : RATE - 64], atol=1e-7)
    assert not desk.send[:, RATE + 64 :].any()


def test_a_loop_carries_its_tail_to_its_start(font):
    score = score_of(note_track(at=480, ticks=960))
    _, (song,) = stems_of(font, score, Length(2 * RATE, 2 * RATE))
    _, (loop,) = stems_of(font, score, Length(RATE, 2 * RATE, loop=True))
    whole = song.copy()
    np.testing.assert_allclose(loop, whole[:, :RATE] + whole[:, RATE:], atol=1e-6)


def test_folding_goes_round_as_often_as_needed():
    assert fold(np.arange(7, dtype=np.float32)[None], 3).tolist() == [[0 + 3 + 6, 1 + 4, 2 + 5]]


def test_the_room_of_a_loop_is_the_room_of_its_endless_repeat():
    rng = np.random.default_rng(0)
    send = rng.standard_normal((2, RATE // 2)).astype(np.float32)
    once = reverberate(send, RATE, Room(), around=True)
    endless = reverberate(np.tile(send, (1, 8)), RATE, Room(), around=False)
    np.testing.assert_allclose(once, endless[:, -send.shape[1] :], atol=2e-3 * np.abs(once).max())


def test_the_room_is_the_same_every_time_and_dies_away():
    response = impulse_response(Room(), RATE)
    assert response.tobytes() == impulse_response(Room(), RATE).tobytes()
    assert (response**2).sum(axis=1) == pytest.approx([1.0, 1.0], rel=1e-3)
    assert not response[:, : int(0.014 * RATE)].any()
    assert level_db(response, 1.5, 1.6) - level_db(response, 0.02, 0.12) < -40


def test_a_song_fades_out_at_its_very_end(font):
    _, (stem,) = stems_of(font, score_of(note_track(ticks=4000)), Length(RATE, RATE))
    assert np.abs(stem[:, -1]).max() < 1e-9
    assert level_db(stem, 0.3, 0.45) > -40
