"""Frames filled by random weights: exact tracks and bars, form drawn by the model, the same bytes again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import ModelError
from bandmate.generation.compose import WriteOptions
from bandmate.generation.filters import FieldFilter, SamplingOptions
from bandmate.generation.free import fill_frames
from bandmate.score.frame import Frame, FrameTrack

DRUMS, BASS, PIANO = (
    FrameTrack(0, True, "drums"),
    FrameTrack(33, False, "bass"),
    FrameTrack(0, False, "chords", "Piano"),
)
BAND = (DRUMS, BASS, PIANO, FrameTrack(81, False, "lead"))


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.sampled_from(BAND), min_size=1, max_size=6), st.integers(1, 10),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8)]), st.integers(0, 2**20),
)  # fmt: skip
def test_a_frame_is_kept_whatever_the_weights(tiny_weights, tracks, bars, meter, seed):
    frame = Frame(tuple(tracks), bars, meter, 97.0)
    (score,) = fill_frames([frame], seed, tiny_weights)
    assert score.end_ticks == bars * 480 * 4 * meter[0] // meter[1]
    assert [(t.program, t.is_drum) for t in score.tracks] == [(t.program, t.is_drum) for t in tracks]
    assert (score.meters["numerator"][0], score.meters["denominator"][0]) == meter
    assert abs(score.bpm - 97) < 1e-3
    for track in score.tracks:
        notes = track.notes
        assert not len(notes) or (notes["onset_ticks"] + notes["duration_ticks"]).max() <= score.end_ticks


def test_every_track_of_a_frame_comes_in(tiny_weights):
    """Also where the model would rather leave it out: it draws the emptiest level it can all the time."""
    silent = SamplingOptions(level=FieldFilter(0.05, 1, 1.0))
    for seed in range(6):
        (score,) = fill_frames([Frame(BAND, 9, (4, 4), 120.0)], seed, tiny_weights, WriteOptions(sampling=silent))
        assert all(len(track.notes) for track in score.tracks)


def test_drums_may_be_drawn_cooler_than_the_rest(tiny_weights):
    frame = Frame((DRUMS, PIANO), 4, (4, 4), 120.0)

    def entropy(drums: float) -> tuple[float, float]:
        takes = fill_frames([frame] * 8, 3, tiny_weights, WriteOptions(sampling=SamplingOptions(drums=drums)))
        tracks = [np.concatenate([take.tracks[n].notes["velocity"] for take in takes]) for n in (0, 1)]
        return tuple(float(len(np.unique(velocity)) / len(velocity)) for velocity in tracks)

    (cold, _), (hot, _) = entropy(0.05), entropy(1.0)
    assert cold < 0.5 * hot


def test_the_same_seed_gives_the_same_notes_and_takes_differ(tiny_weights):
    frame = Frame(BAND, 4, (4, 4), 120.0)
    first, again = (fill_frames([frame, frame], 7, tiny_weights) for _ in range(2))
    for one, two in zip(first, again, strict=True):
        for a, b in zip(one.tracks, two.tracks, strict=True):
            assert (a.notes == b.notes).all()
    assert any(len(a.notes) != len(b.notes) or (a.notes != b.notes).any()
               for a, b in zip(first[0].tracks, first[1].tracks, strict=True))  # fmt: skip


def bars_of(score):
    """Sets of (track, place, pitch), one a bar."""
    found = [set() for _ in range(score.end_ticks // 1920)]
    for index, track in enumerate(score.tracks):
        for note in track.notes:
            step = (int(note["onset_ticks"]) + 10) // 20
            found[min(step // 96, len(found) - 1)].add((index, step % 96, int(note["pitch"])))
    return found


def test_cells_drawn_as_the_same_repeat_note_for_note(tiny_weights):
    """Sampling the echo greedily gives one form over and over; with copying, cells that echo hold the same notes."""
    only = FieldFilter(1.0, 1, 1.0)
    found = {}
    for copying in (True, False):
        soft = SamplingOptions(echo=only, copying=copying)
        (score,) = fill_frames([Frame((BASS,), 12, (4, 4), 120.0)], 3, tiny_weights, WriteOptions(sampling=soft))
        bars = bars_of(score)
        found[copying] = np.mean([bars[i] == bars[i - 1] for i in range(1, 12) if bars[i]])
    assert found[True] >= found[False]


def test_bars_too_long_for_the_grid_are_refused(tiny_weights):
    with pytest.raises(ModelError, match="9/4"):
        fill_frames([Frame((PIANO,), 2, (9, 4), 90.0)], 1, tiny_weights)
