"""The sound of every genre: one table that leaves none out."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import BriefError
from bandmate.rendering.character import ECHOES, FAMILIES, GENRES, PUMP_DEPTH, ROOMS, character
from bandmate.rendering.finish import Grit, Tone, roughen, toned
from bandmate.rendering.kits import STYLES, drum_sound
from bandmate.rendering.loudness import measure_lufs
from bandmate.rendering.reverb import Echo, impulse_response, repeat

RATE = 44100


def test_the_table_covers_every_genre_and_no_other():
    assert {genre(name)["family"] for name in genre_ids()} == set(FAMILIES)
    assert set(GENRES) <= set(genre_ids())


def test_every_genre_names_a_kit_that_is_there():
    for name in genre_ids():
        assert character(name).kit in {None, *STYLES}, name
    assert {row.kit for row in (*FAMILIES.values(), *GENRES.values())} >= {"909", "808", "trap", "linn", "lofi", "chip"}


def test_synthesised_kits_of_genres_are_named():
    for name in genre_ids():
        if genre(name)["drums"]["kit"] in (24, 25, 26):
            assert character(name).kit is not None, name


def test_side_chain_is_as_deep_as_the_genre_has_it():
    for name in genre_ids():
        depth, ducking = genre(name)["bass"]["sidechain"], character(name).ducking
        assert ducking.depth == depth
        assert (ducking.floor("pad") < 1.0) == (depth >= PUMP_DEPTH)
        assert ducking.floor("drums") == ducking.floor("melody") == 1.0


def test_rooms_fall_as_long_as_they_say():
    for name, room in ROOMS.items():
        response = impulse_response(room, RATE)
        assert np.isfinite(response).all()
        left = np.cumsum(response[0, ::-1].astype(float) ** 2)[::-1]
        fallen = np.argmax(left < 1e-4 * left[0]) / RATE - room.predelay_sec
        assert 0.35 * room.decay_sec < fallen < 0.85 * room.decay_sec, name  # forty of sixty decibels
    assert impulse_response(ROOMS["spring"], RATE).tobytes() == impulse_response(ROOMS["spring"], RATE).tobytes()


def test_a_genre_that_is_not_there_is_refused():
    with pytest.raises(BriefError, match="'hause' is not known"):
        character("hause")


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_its_own_and_the_same_every_time(style):
    kick, snare = drum_sound(style, 36), drum_sound(style, 38)
    drum_sound.__globals__["_rendered"].cache_clear()
    assert drum_sound(style, 36).tobytes() == kick.tobytes()
    assert drum_sound(style, 38).tobytes() == snare.tobytes()
    others = [drum_sound(other, 36).tobytes() for other in STYLES if other != style]
    assert kick.tobytes() not in others


def pulse(at_sec: float, seconds: float = 2.0) -> np.ndarray:
    sound = np.zeros((2, round(seconds * RATE)), np.float32)
    sound[:, round(at_sec * RATE)] = 1.0
    return sound


def test_an_echo_comes_in_time_softer_darker_and_across():
    sound = pulse(0.1)
    sound[1] = 0.0
    wet = repeat(sound, RATE, Echo(0.75, 0.5, 3000.0), 0.5, around=False)
    first, second = round(0.475 * RATE), round(0.85 * RATE)
    quiet = 1e-6  # of the transform
    assert np.abs(wet[:, : first - 1]).max() < quiet
    assert wet[1, first] > 0.3 and abs(wet[0, first]) < quiet
    assert quiet < wet[0, second] < 0.5 * wet[1, first] and abs(wet[1, second]) < quiet


def test_the_echo_of_a_loop_goes_round():
    loop, song = (
        repeat(pulse(0.1, 1.0), RATE, Echo(0.75, 0.5, 3000.0), 0.5, around=around) for around in (True, False)
    )
    endless = repeat(np.tile(pulse(0.1, 1.0), (1, 12)), RATE, Echo(0.75, 0.5, 3000.0), 0.5, around=False)
    np.testing.assert_allclose(loop, endless[:, -RATE:], atol=1e-4)
    assert np.abs(loop - song).max() > 0.01
    assert ECHOES["dub"].feedback < 1.0


def test_grit_keeps_the_peak_and_loses_the_highs():
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, RATE)).astype(np.float32)
    tape, crushed = noise.copy(), noise.copy()
    roughen(tape, Grit(lowpass_hz=4000.0), RATE)
    roughen(crushed, Grit(bits=4, hold_hz=11025.0), RATE)
    high = lambda sound: float((np.abs(np.fft.rfft(sound[0]))[8000:] ** 2).sum())  # noqa: E731
    assert high(tape) < 0.1 * high(noise)
    assert len(np.unique(crushed[0])) <= 17
    np.testing.assert_array_equal(crushed[:, 0:400:4], crushed[:, 1:400:4])
    untouched = noise.copy()
    roughen(untouched, Grit(), RATE)
    assert untouched.tobytes() == noise.tobytes()


def test_glue_holds_back_what_rises_and_leaves_the_rest():
    wave = 0.1 * np.sin(2 * np.pi * 500 * np.arange(4 * RATE) / RATE).astype(np.float32)
    wave[2 * RATE : round(2.2 * RATE)] *= 2.0
    sound = np.stack([wave, wave])
    glued = toned(sound, RATE, Tone(glue=0.5))
    ratio = np.abs(glued[0, round(2.08 * RATE) :][:2000]).max() / np.abs(sound[0, round(2.08 * RATE) :][:2000]).max()
    assert 0.7 < ratio < 0.85
    assert np.abs(glued[0, RATE : RATE + 2000]).max() == pytest.approx(0.1, rel=0.02)
    assert toned(sound, RATE, Tone()) is sound
    assert measure_lufs(toned(sound, RATE, Tone(high_db=-3.0)), RATE) == pytest.approx(
        measure_lufs(sound, RATE), abs=0.1
    )
