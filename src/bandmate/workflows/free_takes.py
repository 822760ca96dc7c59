"""Free takes: frames filled by the model on its own, several candidates each, one of them drawn by ear."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.evaluation.ear import Ear, drawn_by, likeness_of
from bandmate.generation.compose import WriteOptions
from bandmate.generation.free import fill_frames
from bandmate.models.checkpoint import Weights
from bandmate.score.frame import Frame
from bandmate.score.model import Score

CANDIDATES = 8
# People's bands are both stricter and looser than any one temperature makes takes; the ear chooses among several.
WARMTHS = (0.92, 0.98, 1.03, 1.09)


def fill_by_ear(
    frames: Sequence[Frame],
    seed: int,
    weights: Weights,
    options: WriteOptions | None = None,
    *,
    candidates: int = CANDIDATES,
    ear: Ear | None = None,
) -> list[Score]:
    """Fill frames as `generation.free.fill_frames` does, and draw one of several candidates for each.

    Args:
        frames: tracks, bars, meter and tempo are kept exactly.
        seed: the same seed gives the same scores on one engine.
        weights: of a grid model.
        options: engine, threads and soft filters, None = those of free takes.
        candidates: how many are written for each frame; 1 = no choice.
        ear: None = the shipped one.

    Raises:
        ModelError: a bar of the frame's meter does not fit on the grid.
    """
    chosen = []
    for number, frame in enumerate(frames):
        found = fill_frames([frame] * candidates, seed * 1_000_003 + number, weights, options, warmths=WARMTHS)
        odds = [likeness_of(score, ear) for score in found] if candidates > 1 else [0.0]
        chosen.append(found[drawn_by(odds, seed + number)])
    return chosen
