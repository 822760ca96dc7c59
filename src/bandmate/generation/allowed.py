"""What may be written in each asked cell, as tables that rules narrow, and what has to fit into them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.tokenizers.grid_table import MAX_STEPS

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The asked cells in the order of writing.

    Attributes:
        track, bar: (n,) indices into the plan.
        steps: (n,) steps of the cell's bar.
        to_end: (n,) steps from the start of the cell to the end of the piece.
    """

    track: NDArray[np.int64]
    bar: NDArray[np.int64]
    steps: NDArray[np.int64]
    to_end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.track)


@dataclass(slots=True, eq=False)
class Allowed:
    """What the rules leave, one entry a cell.

    Attributes:
        pitch: (n, parts, 128), for equal parts of the bar: halves, or as many as the stated chords need.
        position: (n, MAX_STEPS).
        at_once: (n,) most notes at one position.
        least, most: (n,) notes in the cell.
        micro: (n,) whether micro-timing is free; else notes lie on the grid.
        strike: (n, MAX_STEPS) positions at which a note has to begin.
        together: (n,) least notes that begin together.
        floor: (n,) whether `least` is a promise that is kept at any price; else it is what an outline suggests.
        bound_keys: (n, 128) drum keys that sound only where `struck` has them; struck: (n, MAX_STEPS, 128) where they
            have to; None = no drum has a pattern.
    """

    pitch: Bools
    position: Bools
    at_once: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    micro: Bools
    strike: Bools
    together: NDArray[np.int64]
    floor: Bools
    bound_keys: Bools | None = None
    struck: Bools | None = None

    @classmethod
    def everything(cls, cells: Cells, parts: int = 2) -> Allowed:
        """No rule but the bar lines."""
        n = len(cells)
        return cls(
            pitch=np.ones((n, parts, 128), bool),
            position=np.arange(MAX_STEPS)[None] < cells.steps[:, None],
            at_once=np.full(n, 16),
            least=np.zeros(n, np.int64),
            most=np.full(n, 192),
            micro=np.ones(n, bool),
            strike=np.zeros((n, MAX_STEPS), bool),
            together=np.ones(n, np.int64),
            floor=np.zeros(n, bool),
        )

    @property
    def bound(self) -> Bools:
        """(n,) cells in which some notes have to be written, so that the walk must keep room for them."""
        bound = self.strike.any(1) | (self.together > 1) | self.floor
        return bound if self.bound_keys is None else bound | self.bound_keys.any(1)

    def part(self, cell: NDArray[np.int64], position: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The part of the bar a position of some cells lies in."""
        return np.minimum(position * self.pitch.shape[1] // steps[cell], self.pitch.shape[1] - 1)

    def keys_at(self, cell: int, steps: int) -> Bools:
        """Pitches of one cell at each of its positions; (MAX_STEPS, 128)."""
        parts = self.pitch.shape[1]
        part = np.minimum(np.arange(MAX_STEPS) * parts // steps, parts - 1)
        keys = self.pitch[cell][part] & self.position[cell][:, None]
        if self.bound_keys is not None and self.struck is not None:
            keys &= ~self.bound_keys[cell] | self.struck[cell]
        return keys


def blocked(allowed: Allowed, cells: Cells, cell: int) -> bool:
    """Whether a cell cannot be written so that every rule holds.

    What is proved: every note that has to begin has a pitch, the notes that have to be written are no more than may be,
    and there is room for the least number of notes.
    """
    if not allowed.bound[cell]:
        pitched = allowed.pitch[cell].any(1)
        part = np.minimum(np.arange(MAX_STEPS) * len(pitched) // int(cells.steps[cell]), len(pitched) - 1)
        return bool(allowed.least[cell] > 0 and not (allowed.position[cell] & pitched[part]).any())
    room, here = capacity(allowed, cells, cell), notes_due(allowed, cell)
    keys = allowed.keys_at(cell, int(cells.steps[cell]))
    if any(key >= 0 and not keys[place, key] for place, key in musts(allowed, cell)):
        return True
    least, most = max(int(allowed.least[cell]), least_notes(allowed, cell)), int(allowed.most[cell])
    if (here > room).any() or least > most or int(room.sum()) < least:
        return True
    groups = -(-least // max(1, int(room.max())))  # so many chords at least, each of at least `together` notes
    return groups * int(allowed.together[cell]) > most


def notes_due(allowed: Allowed, cell: int) -> NDArray[np.int64]:
    """How many notes at least have to begin at each position of a cell; (MAX_STEPS,)."""
    here = np.zeros(MAX_STEPS, np.int64)
    for place, key in musts(allowed, cell):
        here[place] = here[place] + 1 if key >= 0 else 1
    return np.where(here > 0, np.maximum(here, allowed.together[cell]), 0)


def least_notes(allowed: Allowed, cell: int) -> int:
    """How many notes at least a cell holds, by what has to begin in it."""
    return max(int(notes_due(allowed, cell).sum()), int(allowed.together[cell]))


def capacity(allowed: Allowed, cells: Cells, cell: int) -> NDArray[np.int64]:
    """Most notes that can begin at each position of a cell; 0 where too few can begin together; (MAX_STEPS,)."""
    keys = allowed.keys_at(cell, int(cells.steps[cell])).sum(1)
    room = np.minimum(keys, allowed.at_once[cell])
    return np.where(room >= allowed.together[cell], room, 0)


def musts(allowed: Allowed, cell: int) -> list[tuple[int, int]]:
    """What has to begin in a cell, in order: (position, drum key), key -1 = any."""
    found = [(int(place), -1) for place in np.flatnonzero(allowed.strike[cell])]
    if allowed.struck is not None:
        keyed = [(int(place), int(key)) for place, key in np.argwhere(allowed.struck[cell])]
        found = [must for must in found if must[0] not in {place for place, _ in keyed}] + keyed
    return sorted(found)
