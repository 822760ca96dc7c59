"""The measured touch of drummers: places of the bar, sane numbers, and what it does to a performance."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.analysis.genres import genre_ids, load_table
from bandmate.groovebook.drum_touch import STYLE_OF, VOICES, loudness_of, place_of, touch_of, voice_numbers
from bandmate.groovebook.humanise import drift_ms
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Stage
from bandmate.score.brief import Brief

KICK, SNARE, HAT = 36, 38, 42


def drums(name: str, seed: int, bars: int = 16) -> tuple[np.ndarray, float]:
    plan = make_plan(Brief(genre=name, bars=bars, only=("drums",)), seed)
    return play(plan, seed).tracks[0].notes, plan.tempo


def test_places_of_the_bar() -> None:
    beats = np.array([0, 2, 1, 3, 0.25, 1 / 3, 2.5, 0.75, 3 + 2 / 3])
    assert place_of(beats).tolist() == [0, 1, 2, 2, 3, 3, 4, 5, 5]


def test_the_table_credits_its_source_and_is_sane() -> None:
    table = load_table("touch")
    assert "CC BY 4.0" in table["_credit"] and "Groove MIDI" in table["_credit"]
    assert set(STYLE_OF) <= set(genre_ids()) and set(STYLE_OF.values()) <= set(table)
    for name in STYLE_OF:
        touch = touch_of(name)
        assert touch is not None and 0 < touch.ar < 1
        assert np.abs(touch.late_ms).max() < 25 and touch.velocity.max() <= 127
        assert 8 < touch.total_ms < 22 and 0.7 <= loudness_of(name) <= 1.2
        snare = VOICES.index("snare")
        assert touch.soft[snare] < 40 < touch.velocity[snare].min()  # ghosts lie well under strokes


def test_backbeats_stand_over_ghosts_and_hats_breathe() -> None:
    for seed in range(4):
        notes, _ = drums("funk", seed)
        places = np.rint(notes["onset_ticks"] / 120).astype(int) % 16
        snare = notes["pitch"] == SNARE
        back = notes["velocity"][snare & np.isin(places, (4, 12))]
        other = notes["velocity"][snare & ~np.isin(places, (0, 4, 8, 12, 14, 15)) & (notes["velocity"] < 60)]
        assert np.median(back) > 95 and (not len(other) or np.median(other) < 45)
        hats = notes["velocity"][notes["pitch"] == HAT]
        assert not len(hats) or hats.std() > 8


def test_people_spread_more_than_machines() -> None:
    def late(name: str) -> float:
        notes, tempo = drums(name, 3)
        kicks = notes["onset_ticks"][notes["pitch"] == KICK]
        return float(np.std(kicks - np.rint(kicks / 120) * 120) * 60000 / tempo / 480)

    assert late("techno") < 3 < 6 < late("rock") < 20
    assert touch_of("techno") is None


@pytest.mark.parametrize("name", ["rock", "jazz_swing", "samba"])
def test_the_touch_is_the_same_for_the_same_seed_and_another_for_another(name: str) -> None:
    plan = make_plan(Brief(genre=name, bars=8, only=("drums",)), 1)
    one, again, other = (play(plan, seed).tracks[0].notes for seed in (5, 5, 6))
    assert one.tobytes() == again.tobytes() != other.tobytes()


def test_the_band_drifts_slowly_and_together() -> None:
    stage = Stage(make_plan(Brief(genre="rock", bars=64), 0), 0)
    drift = drift_ms(stage)
    assert abs(drift.std() - 1) < 0.35
    assert np.corrcoef(drift[1:], drift[:-1])[0, 1] > 0.7


def test_every_drum_key_has_a_voice_or_none() -> None:
    numbers = voice_numbers()
    assert VOICES[numbers[KICK]] == "kick" and VOICES[numbers[SNARE]] == "snare" and numbers[70] == len(VOICES)
