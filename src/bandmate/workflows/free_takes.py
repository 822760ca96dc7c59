"""Free takes: frames filled by the model on its own, several candidates each, one of them drawn by ear.

One that shares a longer run with what the model learned from than people's pieces do with each other is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bandmate.evaluation.ear import Ear, drawn_by, likeness_of
from bandmate.generation.compose import WriteOptions
from bandmate.generation.free import fill_frames
from bandmate.models.checkpoint import Weights
from bandmate.score.frame import Frame
from bandmate.score.model import Score
from bandmate.workflows.catalogs import catalogs_of, open_catalog

CANDIDATES = 8
# People's bands are both stricter and looser than any one temperature makes takes; the ear chooses among several.
WARMTHS = (0.92, 0.98, 1.03, 1.09)
# Notes; of 300 windows of training pieces 5 % share a longer run with pieces of other works (docs/LOG.md, section 18).
MOST_SHARED = 48


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
        chosen.append(found[first_allowed(odds, _too_long(found), seed + number)])
    return chosen


def first_allowed(odds: Sequence[float], too_long: Callable[[int], bool], seed: int) -> int:
    """Index of the candidate that is drawn by its odds, and drawn again among the others while it shares too much.

    Args:
        odds: log odds of each.
        too_long: whether a candidate shares too long a run; it is asked only of those that are drawn.
        seed: the same seed draws the same one.

    Returns:
        Where all share too much, the one that was drawn first.
    """
    left = list(range(len(odds)))
    first = at = drawn_by(odds, seed)
    while too_long(at):
        left.remove(at)
        if not left:
            return first
        at = left[drawn_by([odds[other] for other in left], seed)]
    return at


def _too_long(found: Sequence[Score]) -> Callable[[int], bool]:
    return lambda at: notes_shared(found[at]) > MOST_SHARED


def notes_shared(score: Score) -> int:
    """The longest run that a score shares with a piece the shipped model learned from; what is everybody's counts."""
    catalogs = map(open_catalog, catalogs_of().values())
    return max((run.notes for each in catalogs for run in each.shared_runs(score, common=True)), default=0)
