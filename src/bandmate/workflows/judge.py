"""What a model makes of the library it learned: takes held against the library's statistics and runs of notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.counts import counted
from bandmate.groovebook.plan import make_plan
from bandmate.library.runs import CopiedRun, RunIndex, copy_check
from bandmate.library.style import LibraryStyle
from bandmate.score.brief import ROLES, Brief, TrackAsk
from bandmate.score.model import Score
from bandmate.score.plan import Plan

TAKES, BARS, SEED = 4, 16, 1
COPY_LIMIT = 8
_MOST_TRACKS = 4
Writer = Callable[[Plan, Sequence[int]], list[Score]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """How takes stand to the library they were learned from.

    Attributes:
        takes: how many, of BARS bars each.
        distance: mean over descriptors (0 = the library's middle, 1 = as far off as the library is wide).
        furthest: the descriptors that are furthest off, with their distance.
        longest: the heaviest run that a take shares with one piece of the library (see `library.runs`).
        copies: takes with a run over COPY_LIMIT.
    """

    takes: int
    distance: float
    furthest: dict[str, float]
    longest: CopiedRun
    copies: int

    def lines(self) -> list[str]:
        """The judgement in words."""
        off = ", ".join(f"{name} {value:.1f}" for name, value in self.furthest.items())
        lie = f"{counted(self.takes, 'take')} {'lies' if self.takes == 1 else 'lie'}"
        text = [f"{lie} {self.distance:.2f} library widths from its middle (furthest: {off})"]
        run = self.longest
        if not run.notes:
            return [*text, "no run of notes of the library in them"]
        copy = "copies" if self.copies == 1 else "copy"
        verdict = (
            f"{self.copies} of them {copy} more than {COPY_LIMIT} notes' worth" if self.copies else "none is a copy"
        )
        return [
            *text,
            f"longest run of the library in them: {counted(run.notes, 'note')} of {run.piece}, bar {run.bar + 1}; "
            f"{verdict}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the card."""
        return asdict(self)


def brief_of(style: LibraryStyle) -> Brief:
    """A brief in the library's own manner: its genre, tempo, key, and its most frequent roles."""
    roles = [role for role in ROLES if role in style.density][:_MOST_TRACKS]
    return style.guide(Brief(bars=BARS, tracks=tuple(TrackAsk(role) for role in roles), only=tuple(roles)))


def written_by(weights: Path) -> Writer:
    """A writer of takes by the model whose weights lie there."""

    def write(plan: Plan, seeds: Sequence[int]) -> list[Score]:
        from bandmate.generation.compose import open_weights, write_takes

        return [take.score for take in write_takes(plan, seeds, open_weights(weights))]

    return write


def judge(folder: Path, write: Writer, *, takes: int = TAKES, seed: int = SEED) -> Judgement:
    """Write takes in a library's manner and hold them against it.

    Args:
        folder: of the model, with `style.json` and `runs.npz`.
        write: plan and seeds -> scores.
        takes: how many.
        seed: of the plan and the first take.

    Raises:
        ModelError: `style.json` or `runs.npz` is missing or damaged.
    """
    style, index = LibraryStyle.load(folder), RunIndex.load(folder / "runs.npz")
    scores = write(make_plan(brief_of(style), seed), range(seed, seed + takes))
    gaps = style.distance(scores)
    reports = [copy_check(score, index, COPY_LIMIT) for score in scores]
    return Judgement(
        takes=len(scores),
        distance=round(float(np.mean(list(gaps.values()))), 3) if gaps else 0.0,
        furthest=dict(sorted(gaps.items(), key=lambda item: -item[1])[:3]),
        longest=max((report.longest for report in reports), key=lambda run: (run.weight, run.notes)),
        copies=sum(not report.passed for report in reports),
    )
