"""Frames filled by a flat model that has learned nothing: whatever it says, the frame is kept."""

# ruff: noqa: E402 - torch is an optional part
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from bandmate.errors import ModelError
from bandmate.generation import multitrack as module
from bandmate.generation.filters import FieldFilter
from bandmate.generation.multitrack import FlatOptions, fill_frames, multitrack_filler, open_multitrack
from bandmate.models.checkpoint import save_weights
from bandmate.models.grid_config import load_size
from bandmate.models.multitrack import MultitrackModel
from bandmate.models.multitrack_config import MultitrackConfig
from bandmate.score.frame import Frame, FrameTrack
from bandmate.tokenizers.multitrack import FIELDS, HEADS, NAME

BAND = Frame(
    (FrameTrack(0, True, "drums"), FrameTrack(33, False, "bass"), FrameTrack(0, False, "chords")), 2, (4, 4), 110.0
)
WALTZ = Frame((FrameTrack(40, False), FrameTrack(40, False)), 3, (3, 4), 90.0)
NOBODY = Frame((), 2, (4, 4), 100.0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A tiny model that knows nothing but to go on slowly: about six notes a beat."""
    torch.manual_seed(0)
    model = MultitrackModel(load_size("tiny", FIELDS, HEADS, kind=MultitrackConfig))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.startswith("embed"):
                parameter.fill_(1.0)  # every row is like any other, and so is every state: all ones
            elif name.endswith(("o.weight", "down.weight")):
                parameter.fill_(0.0)
        model.heads["beat"].weight.copy_(-2.0 * torch.arange(FIELDS["beat"])[:, None] / model.config.width)
    path = tmp_path_factory.mktemp("flat") / "weights.safetensors"
    save_weights(path, {name: t.numpy() for name, t in model.state_dict().items()}, model.config, NAME)
    return path


def told(score):
    return [track.notes.tolist() for track in score.tracks]


def test_every_frame_is_kept(path):
    scores = multitrack_filler(path)([BAND, WALTZ, NOBODY], 1)
    for frame, score in zip((BAND, WALTZ, NOBODY), scores, strict=True):
        assert [(t.program, t.is_drum, t.role) for t in score.tracks] == [
            (t.program, t.is_drum, t.role) for t in frame.tracks
        ]
        assert score.end_ticks == frame.quarters * 480 and score.last_ticks == score.end_ticks
        assert tuple(score.meters[0][["numerator", "denominator"]]) == frame.meter
    assert scores[0].note_count > 8


def test_a_seed_is_a_take(path):
    fill = multitrack_filler(path)
    one, two, other = fill([BAND, WALTZ], 1), fill([BAND, WALTZ], 1), fill([BAND, WALTZ], 2)
    assert [told(s) for s in one] == [told(s) for s in two]
    assert told(one[0]) != told(other[0])


def test_a_piece_that_outgrows_its_window_goes_on(path, monkeypatch):
    """Windows of 40 rows: the piece still reaches its last bar."""
    monkeypatch.setattr(module, "WINDOW_ROWS", 40)
    monkeypatch.setattr(module, "_KEPT_ROWS", 20)
    score = fill_frames([BAND], 3, open_multitrack(path))[0]
    assert score.note_count > 30
    assert max(int(t.notes["onset_ticks"].max()) for t in score.tracks) >= 1920


def test_a_piece_longer_than_the_beats_of_a_window(path, monkeypatch):
    """Windows of 16 beats, of which 8 are read again."""
    monkeypatch.setattr(module, "_LAST_BEAT", 16)
    monkeypatch.setattr(module, "_KEPT_BEATS", 8)
    long = Frame((FrameTrack(0, False),), 12, (4, 4), 120.0)
    score = fill_frames([long], 0, open_multitrack(path))[0]
    assert score.end_ticks == 12 * 1920 and len(np.unique(score.tracks[0].notes["onset_ticks"] // 1920)) == 12


def test_a_beat_does_not_hold_a_piece_for_ever(path):
    stuck = FlatOptions({name: FieldFilter(1.0, 1 if name == "beat" else 0) for name in HEADS})
    score = fill_frames([WALTZ], 0, open_multitrack(path), stuck)[0]
    beats = np.concatenate([t.notes["onset_ticks"] for t in score.tracks]) // 480
    assert set(beats.tolist()) == set(range(9)) and np.bincount(beats).max() <= 64


def test_the_filters_of_the_paper():
    assert {name: soft.top_k for name, soft in FlatOptions.published().filters.items()} == {
        "kind": 1, "beat": 26, "position": 2, "pitch": 13, "duration": 4, "instrument": 13,
    }  # fmt: skip


def test_weights_of_another_kind_are_refused(tmp_path):
    from bandmate.tokenizers import grid_table as grid

    config = load_size("tiny", grid.FIELDS, grid.HEADS)
    tensors = {name: np.zeros(shape, np.float32) for name, shape in config.shapes.items()}
    save_weights(tmp_path / "grid.safetensors", tensors, config, grid.NAME)
    with pytest.raises(ModelError, match="made for 'grid.v1', not for this version's multitrack.v1"):
        open_multitrack(tmp_path / "grid.safetensors")
