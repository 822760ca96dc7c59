"""Interpolate: a folder of clips that lead from one to another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import OutputError, ScoreError
from bandmate.groovebook.interpolate import interpolate as steps_between
from bandmate.io.files import format_of
from bandmate.score.cut import merge
from bandmate.score.model import Score
from bandmate.workflows.given import options_from, read_given
from bandmate.workflows.outcome import Outcome, Saved, save_outcome
from bandmate.workflows.places import fresh_folder

STEPS = (3, 64)


@dataclass(frozen=True, slots=True)
class InterpolateOptions:
    """What is asked: how many steps, both clips counted, and the folder (None = `A-to-B` beside the first)."""

    steps: int = 6
    out: str | Path | None = None


def interpolate(
    first: str | Path, second: str | Path, options: InterpolateOptions | None = None, **asked: Any
) -> Saved:
    """Write the steps between two clips.

    The folder gets `step-1.mid` ... `step-N.mid`, the first and the last of them the given files byte for byte, and all
    steps in a row as one file with its picture and `take.json`.

    Args:
        first: the clip to start from; it stays as it is.
        second: the clip to arrive at.
        options: what is asked, or instead of it
        asked: its fields as keywords.

    Raises:
        FileFormatError: a file cannot be read.
        ScoreError: too few or too many steps, clips in different meters, or an empty one.
        OutputError: the folder cannot be written.
    """
    options, ends = options_from(InterpolateOptions, options, asked), (Path(first), Path(second))
    if not STEPS[0] <= options.steps <= STEPS[1]:
        raise ScoreError(f"{options.steps} steps are out of range; give {STEPS[0]} to {STEPS[1]}, both clips counted")
    out = Path(options.out) if options.out else ends[0].with_name(f"{ends[0].stem}-to-{ends[1].stem}")
    if format_of(out) is not None:
        raise OutputError(f"{out} is one file, and there are {options.steps} steps; name a folder with --out")
    scores = steps_between(read_given(ends[0]), read_given(ends[1]), options.steps)
    counts = [score.note_count for score in scores]
    done = (f"{counted(options.steps, 'step')}, notes {', '.join(map(str, counts))}",)
    report = {"steps": options.steps, "notes": counts, "tempos": [round(score.bpm, 2) for score in scores]}
    files: dict[str, Score | bytes] = {f"step-{number}.mid": score for number, score in enumerate(scores, 1)}
    files |= {f"step-{number}.mid": ends[at].read_bytes() for number, at in ((1, 0), (options.steps, 1))}
    given = {"first": ends[0], "second": ends[1]}
    outcome = Outcome("interpolate", _in_a_row(scores), done, report, asdict(options), given, files=files)
    return save_outcome(outcome, fresh_folder(out.expanduser()))


def _in_a_row(scores: list[Score]) -> Score:
    whole = scores[0]
    for score in scores[1:]:
        whole = merge(whole, score, after=True)
    return whole
