"""The small networks: drum strokes, notes and the pitch of a voice in sounds whose truth is known."""

import sys

import numpy as np
import pytest
from tests.sounds import ROCK, chords, drum_loop, line, tone

from bandmate.audio import pitch_line as lines
from bandmate.audio.drum_onsets import DRUMS, drum_strokes
from bandmate.audio.networks import open_network
from bandmate.audio.note_onsets import note_picture, pick_notes
from bandmate.audio.spectrum import RATE
from bandmate.errors import MissingExtra, ModelError
from bandmate.evaluation.matching import match_notes, match_times


def test_kick_snare_and_hat_of_a_loop_are_told_apart() -> None:
    strokes = drum_strokes(drum_loop(110, 2))
    for drum, pattern in ROCK.items():
        wanted = np.array([place * 15 / 110 for place in range(32) if pattern[place % 16] == "x"])
        found = np.array([stroke.time_sec for stroke in strokes if stroke.drum == drum])
        assert match_times(found, wanted).f1 >= 0.8, drum
    assert all(0 <= s.strength <= 1 and 0 <= s.sure <= 1 and s.drum in DRUMS for s in strokes)


def test_silence_has_no_strokes_and_no_notes() -> None:
    nothing = np.zeros(RATE, np.float32)
    assert drum_strokes(nothing) == ()
    assert len(pick_notes(note_picture(nothing))) == 0


def test_chords_are_heard_note_for_note() -> None:
    stacks = [[48, 60, 64, 67], [53, 60, 65, 69], [55, 59, 62, 67]]
    notes = pick_notes(note_picture(chords(stacks, 1.0, strokes=1)))
    wanted = np.array([(at, at + 1.0, key) for at, stack in enumerate(stacks) for key in stack], float)
    matched = match_notes(notes, wanted)
    assert matched.matched == len(wanted)
    assert matched.f1 >= 0.75  # an overtone of a loud tone may be taken for a note


def test_windows_join_without_a_seam() -> None:
    clip = line([60, 62, 64, 65, 67, 69, 71, 72] * 2, 0.4)
    late = np.concatenate([np.zeros(RATE, np.float32), clip])
    first, second = pick_notes(note_picture(clip)), pick_notes(note_picture(late))
    assert match_notes(first + np.array([1, 1, 0, 0]), second, 0.03).f1 >= 0.95


def test_the_pitch_of_a_voice_is_followed() -> None:
    found = lines.pitch_line(tone(57, 1.0))
    middle = slice(10, 40)
    assert np.abs(found.key[middle] - 57).max() < 0.2
    assert found.sure[middle].min() > 0.5


def test_without_the_extra_its_line_is_named(monkeypatch) -> None:
    lines._detector.cache_clear()
    monkeypatch.setitem(sys.modules, "swift_f0", None)
    with pytest.raises(MissingExtra, match=r'pip install "bandmate\[audio\]"'):
        lines.pitch_line(tone(57, 0.5))
    lines._detector.cache_clear()


def test_a_network_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match=r"nothing\.onnx cannot be opened"):
        open_network("nothing")
