"""`groove.v1`: what a drummer plays, as steps by nine drums: whether it is hit, how hard, and how far off the step.

Source: GrooVAE (Gillick et al. 2019), with the nine drums of the Groove MIDI Dataset. Numbers are whole here;
`features` gives the three float arrays that models read, `from_features` takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.errors import FileFormatError
from bandmate.score.model import Score
from bandmate.tokenizers.base import TokenSequence
from bandmate.tokenizers.flat import DRUMS, flat_steps, one_track, score_of_steps
from bandmate.tokenizers.representation import About, Field, Rows, check_steps, whole

OFFSET_PARTS = 240  # of a step: half a millisecond at 120 BPM and four steps a quarter
# drum: the key that is written, then those that are heard as it: the dataset's, and General MIDI's that are their kin
CLASSES: dict[str, tuple[int, ...]] = {
    "kick": (36, 35),
    "snare": (38, 37, 40, 31, 39),
    "closed_hat": (42, 22, 44),
    "open_hat": (46, 26),
    "low_tom": (43, 58, 41),
    "mid_tom": (47, 45),
    "high_tom": (50, 48),
    "crash": (49, 52, 55, 57),
    "ride": (51, 53, 59),
}
_KEYS = np.array([keys[0] for keys in CLASSES.values()])
_CLASS_OF = np.full(128, -1)
for _index, _keys in enumerate(CLASSES.values()):
    _CLASS_OF[list(_keys)] = _index
_COUNT = len(CLASSES)


@dataclass(frozen=True, slots=True)
class GrooveOptions:
    """How groove.v1 writes.

    Attributes:
        steps_per_quarter: 1 to 96; GrooVAE's sixteenths are 4.
    """

    steps_per_quarter: int = 4

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        whole("steps_per_quarter", self.steps_per_quarter, 1, 96)


class GrooveTokenizer(Rows):
    """`groove.v1`: a row a step; nine hits, nine velocities, nine offsets."""

    name = "groove.v1"
    options_type = GrooveOptions
    options: GrooveOptions
    about = About(
        "nine drums by steps: hit, velocity, offset",
        "(steps, 27)",
        "all but drums, and drums that are no part of a kit; which of a drum's keys; lengths, tempo, meter; of two "
        f"hits of a drum nearest to one step the softer; times to {OFFSET_PARTS} parts of a step",
        "GrooVAE, Gillick et al. 2019",
    )

    @property
    def columns(self) -> tuple[Field, ...]:
        """Hits, velocities and offsets of the nine drums."""
        half = OFFSET_PARTS // 2
        kinds = (
            ("hit", 0, 1, "whether it is hit"),
            ("velocity", 0, 127, "how hard; 0 without a hit"),
            ("offset", -half, half, f"how late, in {OFFSET_PARTS} parts of a step; early is negative"),
        )
        return tuple(
            Field(f"{kind}_{drum}", low, high, f"{meaning} (keys {', '.join(map(str, keys))})")
            for kind, low, high, meaning in kinds
            for drum, keys in CLASSES.items()
        )

    def encode(self, score: Score) -> TokenSequence:
        """The drum tracks of a score as rows, up to the last hit.

        Raises:
            ScoreError: it is longer than MOST_STEPS.
        """
        fine = flat_steps(score, self.options.steps_per_quarter * OFFSET_PARTS)
        drum = _CLASS_OF[fine.pitch] if len(fine) else fine.pitch
        kept = np.flatnonzero((fine.instrument == DRUMS) & (drum >= 0))
        kept = kept[np.lexsort((fine.onset[kept], fine.velocity[kept]))]  # of hits in one place the last written counts
        onset, drum, velocity = fine.onset[kept], drum[kept], fine.velocity[kept]
        step = (onset + OFFSET_PARTS // 2) // OFFSET_PARTS
        count = int(step.max()) + 1 if len(step) else 0
        check_steps(count, self.name)
        rows = np.zeros((count, 3, _COUNT), np.int32)
        rows[step, 0, drum] = 1
        rows[step, 1, drum] = velocity
        rows[step, 2, drum] = onset - step * OFFSET_PARTS
        return TokenSequence(rows.reshape(count, 3 * _COUNT), self.name)

    def decode(self, tokens: TokenSequence | ArrayLike) -> Score:
        """The drum track of rows, every hit a step long; what stands where nothing is hit is passed over.

        Raises:
            FileFormatError: a number is out of range; the message names row, column and value.
        """
        rows = self.rows(tokens).astype(np.int64).reshape(-1, 3, _COUNT)
        step, drum = np.nonzero(rows[:, 0])
        onset = np.maximum(step * OFFSET_PARTS + rows[step, 2, drum], 0)
        velocity = np.maximum(rows[step, 1, drum], 1)
        notes = one_track(onset, np.full(len(onset), OFFSET_PARTS), _KEYS[drum], velocity, DRUMS)
        return score_of_steps(notes, self.options.steps_per_quarter * OFFSET_PARTS)

    def features(self, tokens: TokenSequence | ArrayLike) -> tuple[NDArray[np.float32], ...]:
        """Hits (0 or 1), velocities (0 to 1) and offsets (-0.5 to 0.5 of a step); float32, (steps, 9) each."""
        rows = self.rows(tokens).astype(np.float32).reshape(-1, 3, _COUNT)
        return rows[:, 0], rows[:, 1] / np.float32(127), rows[:, 2] / np.float32(OFFSET_PARTS)

    def from_features(self, hits: ArrayLike, velocities: ArrayLike, offsets: ArrayLike) -> TokenSequence:
        """Rows of what a model gives: a hit is a number of 0.5 or more; the others are brought into range.

        Raises:
            FileFormatError: the arrays are not (steps, 9), all of one length, or hold what is no number.
        """
        arrays: list[NDArray[Any]] = [np.asarray(array, np.float64) for array in (hits, velocities, offsets)]
        if any(array.shape != arrays[0].shape or array.shape[1:] != (_COUNT,) for array in arrays):
            shapes = ", ".join(str(array.shape) for array in arrays)
            raise FileFormatError(f"{self.name} takes three arrays of (steps, {_COUNT}), not {shapes}")
        if not all(np.isfinite(array).all() for array in arrays):
            raise FileFormatError(f"{self.name} takes numbers; there is NaN or infinity among the features")
        hit = arrays[0] >= 0.5
        velocity = np.clip(np.rint(arrays[1] * 127), 1, 127)
        offset = np.clip(np.rint(arrays[2] * OFFSET_PARTS), -(OFFSET_PARTS // 2), OFFSET_PARTS // 2)
        rows = np.stack([hit, velocity * hit, offset * hit], axis=1).astype(np.int32)
        return TokenSequence(rows.reshape(-1, 3 * _COUNT), self.name)
