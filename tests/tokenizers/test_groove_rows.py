"""Nine drums by steps: golden rows, there and back, a drummer's file, and bad input."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate import registry
from bandmate.errors import FileFormatError, ScoreError, UserError
from bandmate.io.files import read
from bandmate.score.model import Score, Track, make_notes
from bandmate.tokenizers.groove_rows import CLASSES, OFFSET_PARTS, GrooveOptions, GrooveTokenizer

groove = GrooveTokenizer()
BEAT = Path(__file__).parents[1] / "fixtures" / "music" / "funk_beat.mid"


def drums(onset, pitch, velocity=100) -> Score:
    """Drums at 960 ticks a quarter: a step of a sixteenth is 240, as many as an offset has parts."""
    bass = Track("", 33, False, make_notes([0], 960, 40))
    return Score((bass, Track("", 0, True, make_notes(onset, 100, pitch, velocity, channel=9))), 960)


def test_golden_rows():
    # a late snare rim on step 4, an early closed hat on step 2, a cowbell that is no part of a kit
    rows = groove.encode(drums([0, 470, 990, 960], [36, 44, 40, 56], [90, 50, 127, 80])).ids
    assert rows.shape == (5, 27)
    assert np.argwhere(rows).tolist() == [[0, 0], [0, 9], [2, 2], [2, 11], [2, 20], [4, 1], [4, 10], [4, 19]]
    assert rows[rows != 0].tolist() == [1, 90, 1, 50, -10, 1, 127, 30]


def test_of_two_hits_on_one_step_the_louder_stays():
    for velocities in ([90, 60], [60, 90]):
        rows = groove.encode(drums([480, 500], [38, 37], velocities)).ids
        assert rows[2, [1, 10, 19]].tolist() == [1, 90, 0 if velocities[0] == 90 else 20]


def test_every_key_belongs_to_one_drum():
    keys = [key for keys in CLASSES.values() for key in keys]
    assert len(CLASSES) == 9
    assert len(set(keys)) == len(keys)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 40), st.integers(0, 8)), st.tuples(st.integers(-120, 119), st.integers(1, 127)),
        max_size=30,
    )
)  # fmt: skip
def test_hits_come_back_exactly(hits):
    kit = [keys[0] for keys in CLASSES.values()]
    onset = [max(0, step * OFFSET_PARTS + offset) for (step, _), (offset, _) in hits.items()]
    score = drums(onset, [kit[drum] for _, drum in hits], [velocity for _, velocity in hits.values()] or 100)
    rows = groove.encode(score)
    back = groove.decode(rows)
    assert np.array_equal(groove.encode(back).ids, rows.ids)
    notes = score.tracks[1].notes
    wanted = set(zip(notes["onset_ticks"].tolist(), notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True))
    found = [note for track in back.tracks for note in track.notes[["onset_ticks", "pitch", "velocity"]].tolist()]
    assert set(found) <= wanted
    assert len(found) == rows.ids[:, :9].sum()
    assert np.array_equal(groove.from_features(*groove.features(rows)).ids, rows.ids)


def test_a_drummer_is_kept_but_for_hits_on_one_step():
    beat = read(BEAT)
    rows = groove.encode(beat)
    assert groove.decode(rows).note_count == rows.ids[:, :9].sum() > 0.8 * beat.note_count
    hits, velocities, offsets = groove.features(rows)
    assert hits.dtype == np.float32
    assert 0 <= velocities.min() <= velocities.max() <= 1
    assert -0.5 <= offsets.min() < 0 < offsets.max() <= 0.5


def test_silence_and_music_without_drums_are_no_rows():
    for score in (Score(), Score((Track("", 0, False, make_notes([0], 10, 60)),))):
        assert groove.encode(score).ids.shape == (0, 27)
        assert groove.decode(groove.encode(score)).note_count == 0


def test_bad_input_is_named():
    assert registry.get("tokenizer.groove.v1") is GrooveTokenizer
    rows = np.zeros((3, 27), int)
    rows[1, 20] = 121
    with pytest.raises(FileFormatError, match="row 2 of groove.v1 has offset_closed_hat 121; it must be -120 to 120"):
        groove.decode(rows)
    with pytest.raises(FileFormatError, match="rows of 27 numbers"):
        groove.decode(np.zeros((3, 9), int))
    with pytest.raises(FileFormatError, match=r"three arrays of \(steps, 9\)"):
        groove.from_features(np.zeros((4, 9)), np.zeros((4, 9)), np.zeros((3, 9)))
    with pytest.raises(FileFormatError, match="NaN"):
        groove.from_features(np.full((4, 9), np.nan), np.zeros((4, 9)), np.zeros((4, 9)))
    with pytest.raises(UserError, match="steps_per_quarter 0"):
        GrooveOptions(0)
    with pytest.raises(ScoreError, match="more than 1,000,000"):
        groove.encode(drums([0, 2**40], [36, 36]))
