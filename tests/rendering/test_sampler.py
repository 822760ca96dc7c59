"""What a player does with notes and controllers, on a font of one sine whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rendering.fonts import sine_font
from tests.rendering.players import RATE, events, frequency, level_db, note_track, score_of, sound

from bandmate.errors import UserError
from bandmate.rendering.instrument import Generator
from bandmate.rendering.sampler import load_kernel
from bandmate.rendering.soundfont import SoundFont
from bandmate.rendering.voicing import MASTER_GAIN

CONTROL, BEND = 0xB0, 0xE0


@pytest.fixture(scope="module")
def font(tmp_path_factory) -> SoundFont:
    return SoundFont(sine_font(tmp_path_factory.mktemp("font") / "sine.sf2"))


@pytest.mark.parametrize("key", [45, 57, 69, 81])
def test_key_sets_the_pitch(font, key):
    heard = frequency(sound(font, score_of(note_track(key))), 0.2, 0.9)
    assert heard == pytest.approx(441.0 * 2 ** ((key - 69) / 12), rel=1e-4)


def test_a_note_begins_on_its_sample_and_ends_after_its_release(font):
    out = sound(font, score_of(note_track(at=481, ticks=480)))
    start = round(481 / 960 * RATE)
    assert not out[:, :start].any()
    assert np.abs(out[:, start : start + 50]).max() > 0.01
    assert level_db(out, 961 / 960 + 0.05, 2.0) < -150


def test_full_velocity_in_the_middle_has_the_known_level(font):
    out = sound(font, score_of(note_track(moves=events((0, CONTROL, 7, 127)))))
    # sine of peak 0.5, filter gain, master gain, -3 dB of the pan law, -3 dB of a sine's mean power
    expected = 20 * np.log10(0.5 * 1.189 * MASTER_GAIN * np.sqrt(0.5) * np.sqrt(0.5))
    assert level_db(out, 0.2, 0.9) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("controller", "value", "change_db"), [(7, 64, -11.9), (11, 64, -11.9), (7, 32, -23.95), (11, 0, -200.0)]
)
def test_volume_and_expression_are_concave(font, controller, value, change_db):
    loud = sound(font, score_of(note_track(moves=events((0, CONTROL, 7, 127), (0, CONTROL, 11, 127)))))
    soft = sound(font, score_of(note_track(moves=events((0, CONTROL, 7, 127), (0, CONTROL, controller, value)))))
    measured = level_db(soft, 0.2, 0.9) - level_db(loud, 0.2, 0.9)
    assert measured == pytest.approx(change_db, abs=0.05) if change_db > -100 else measured < -100


def test_volume_moves_during_a_note(font):
    out = sound(font, score_of(note_track(ticks=1920, moves=events((960, CONTROL, 7, 50)))))
    assert level_db(out, 1.1, 1.9) - level_db(out, 0.1, 0.9) == pytest.approx(40 * np.log10(50 / 100), abs=0.1)


def test_velocity_is_a_square_law(font):
    loud, soft = (sound(font, score_of(note_track(velocity=v))) for v in (127, 32))
    assert level_db(loud, 0.2, 0.9) - level_db(soft, 0.2, 0.9) == pytest.approx(40 * np.log10(127 / 32), abs=0.05)


@pytest.mark.parametrize(("value", "side"), [(0, 0), (127, 1)])
def test_pan_to_the_end_silences_the_other_side(font, value, side):
    out = sound(font, score_of(note_track(moves=events((0, CONTROL, 10, value)))))
    assert level_db(out[side], 0.2, 0.9) > -30
    assert level_db(out[1 - side], 0.2, 0.9) < -100


def test_pan_moves_during_a_note(font):
    out = sound(font, score_of(note_track(ticks=1920, moves=events((0, CONTROL, 10, 0), (960, CONTROL, 10, 127)))))
    assert level_db(out[0], 0.1, 0.9) - level_db(out[1], 0.1, 0.9) > 60
    assert level_db(out[1], 1.1, 1.9) - level_db(out[0], 1.1, 1.9) > 60


def test_the_pedal_holds_a_note_until_it_is_lifted(font):
    moves = events((100, CONTROL, 64, 127), (1440, CONTROL, 64, 0))
    out = sound(font, score_of(note_track(ticks=480, moves=moves)))
    assert level_db(out, 1.0, 1.4) == pytest.approx(level_db(out, 0.1, 0.4), abs=0.1)
    assert level_db(out, 1.6, 2.0) < -150


@pytest.mark.parametrize(("controller", "silent_from"), [(123, 0.55), (120, 0.54)])
def test_notes_off_and_sound_off_stop_a_note(font, controller, silent_from):
    out = sound(font, score_of(note_track(ticks=1920, moves=events((480, CONTROL, controller, 0)))))
    assert level_db(out, 0.1, 0.45) > -40
    assert level_db(out, silent_from, 2.0) < -150


def test_bend_follows_its_range(font):
    plain = events((0, BEND, 127, 127))
    wide = events((0, CONTROL, 101, 0), (0, CONTROL, 100, 0), (0, CONTROL, 6, 12), (0, BEND, 127, 127))
    for moves, semitones in ((plain, 2 * 8191 / 8192), (wide, 12 * 8191 / 8192)):
        heard = frequency(sound(font, score_of(note_track(moves=moves))), 0.2, 0.9)
        assert heard == pytest.approx(441.0 * 2 ** (semitones / 12), rel=2e-4)


def test_bend_moves_during_a_note_and_reset_takes_it_back(font):
    moves = events((480, BEND, 0, 96), (960, CONTROL, 121, 0))
    out = sound(font, score_of(note_track(ticks=1920, moves=moves)))
    heard = [frequency(out, *span) for span in ((0.05, 0.45), (0.55, 0.95), (1.1, 1.9))]
    assert heard == pytest.approx([441.0, 441.0 * 2 ** (1 / 12), 441.0], rel=1e-3)


def test_the_wheel_adds_vibrato(tmp_path):
    font = SoundFont(sine_font(tmp_path / "v.sf2", {Generator.VIB_LFO_RATE: 0}))

    def sidebands(value: int) -> float:
        out = sound(font, score_of(note_track(ticks=1920, moves=events((0, CONTROL, 1, value)))))
        spectrum = np.abs(np.fft.rfft(out[0, : RATE * 2] * np.hanning(RATE * 2))) ** 2
        centre = 441 * 2
        near = spectrum[centre - 80 : centre + 81].copy()
        near[80 - 6 : 80 + 7] = 0
        return float(near.sum() / spectrum.sum())

    assert sidebands(0) < 1e-4
    assert sidebands(127) > 0.05


def test_a_restruck_key_does_not_pile_up(tmp_path):
    font = SoundFont(sine_font(tmp_path / "r.sf2", {Generator.VOL_RELEASE: -12000}))
    from bandmate.score.model import Track, make_notes

    overlapping = Track(notes=make_notes([0, 960], [1920, 960], 69, 100))
    out = sound(font, score_of(overlapping))
    assert level_db(out, 1.2, 1.9) == pytest.approx(level_db(out, 0.2, 0.9), abs=0.1)


def test_an_exclusive_class_chokes_the_sound_before(tmp_path):
    font = SoundFont(sine_font(tmp_path / "x.sf2", {Generator.EXCLUSIVE_CLASS: 1, Generator.VOL_RELEASE: 6000}))
    from bandmate.score.model import Track, make_notes

    open_then_closed = Track(is_drum=True, notes=make_notes([0, 480], [60, 60], [69, 57], 100, channel=9))
    alone = Track(is_drum=True, notes=make_notes([480], [60], [57], 100, channel=9))
    both, closed = sound(font, score_of(open_then_closed)), sound(font, score_of(alone))
    np.testing.assert_allclose(both[:, int(0.54 * RATE) :], closed[:, int(0.54 * RATE) :], atol=1e-7)


def test_a_lowpass_takes_the_highs(tmp_path):
    rng = np.random.default_rng(1)
    noise = rng.integers(-8000, 8000, 4000)
    dark = SoundFont(sine_font(tmp_path / "d.sf2", {Generator.CUTOFF: 7000}, pcm=noise))  # 466 Hz
    bright = SoundFont(sine_font(tmp_path / "b.sf2", pcm=noise))
    power = [np.abs(np.fft.rfft(sound(f, score_of(note_track()))[0, :RATE])) ** 2 for f in (dark, bright)]
    assert 10 * np.log10(power[0][5000:].sum() / power[1][5000:].sum()) < -35
    assert abs(10 * np.log10(power[0][50:200].sum() / power[1][50:200].sum())) < 6


@settings(max_examples=15, deadline=None)
@given(
    key=st.integers(30, 100),
    velocity=st.integers(1, 127),
    ticks=st.integers(1, 1500),
    cutoff=st.integers(5000, 13500),
    sweep=st.integers(-4000, 4000),
    bend=st.integers(0, 127),
    wheel=st.integers(0, 127),
)
def test_both_kernels_play_the_same(tmp_path_factory, key, velocity, ticks, cutoff, sweep, bend, wheel):
    pytest.importorskip("numba")
    path = tmp_path_factory.mktemp("k") / "k.sf2"
    extra = {Generator.CUTOFF: cutoff, Generator.MOD_ENV_CUTOFF: sweep, Generator.MOD_DECAY: -1000}
    font = SoundFont(sine_font(path, {**extra, Generator.MOD_SUSTAIN: 700, Generator.VOL_RELEASE: -2000}))
    moves = events((0, CONTROL, 1, wheel), (ticks // 2, BEND, 0, bend))
    score = score_of(note_track(key, velocity, ticks, moves=moves))
    ours, compiled = (sound(font, score, 1.8, kernel=name) for name in ("numpy", "numba"))
    np.testing.assert_allclose(ours, compiled, atol=2e-5)


def test_a_kept_tone_sounds_like_a_fresh_one(font):
    """The cache against the naive way: each note played by a player of its own."""
    from bandmate.score.model import Track, make_notes

    onsets, lengths = [0, 500, 1000, 1300], [200, 450, 100, 500]
    together = sound(font, score_of(Track(notes=make_notes(onsets, lengths, 72, [90, 60, 127, 30]))))
    alone = sum(
        sound(font, score_of(note_track(72, v, length, at)))
        for at, length, v in zip(onsets, lengths, [90, 60, 127, 30], strict=True)
    )
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_same_notes_same_bytes(font):
    score = score_of(note_track(65, 99, 777))
    assert sound(font, score).tobytes() == sound(font, score).tobytes()


def test_an_unknown_kernel_is_named():
    with pytest.raises(UserError, match=r"'fortran' is not known; give one of auto, numpy, numba"):
        load_kernel("fortran")
