"""Sampling: takes by a grid model, dressed as every composed score is."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BriefError
from bandmate.generation.compose import Given, WriteOptions, open_weights, write_takes
from bandmate.generation.filters import VARIETY, SamplingOptions
from bandmate.score.model import KEY_SIGNATURE, MADE, Marker, Score
from bandmate.score.pitch import Key
from bandmate.score.plan import Plan
from bandmate.workflows.jobs import Job
from bandmate.workflows.models import find_model, model_identity

if TYPE_CHECKING:
    from bandmate.workflows.making import Request


def sample_takes(request: Request, engine: str, job: Job) -> list[tuple[Score, float]]:
    """Write all takes of a request in one batch; scores with their mean log-likelihood, in the order of the seeds.

    Raises:
        ModelError: the model is missing, damaged or has no weights. RuleConflict: the rules leave nothing.
    """
    options = request.options
    if options.variety not in VARIETY:
        raise BriefError(f"variety '{options.variety}' is not known; choose one of {', '.join(VARIETY)}")
    identity = model_identity(options.model)
    weights = open_weights(find_model(options.model).folder / "weights.safetensors", identity["sha256"])
    soft = SamplingOptions.of(options.variety, options.temperature, options.top_k, options.top_p)
    written = write_takes(
        request.plan, request.seeds, weights, WriteOptions(engine, request.threads, soft), given=_given(request),
        on_progress=lambda share: job.progress("writing", share), on_first_note=job.first_note,
    )  # fmt: skip
    return [(dress(take.score, request.plan, set(request.keep)), take.log_likelihood) for take in written]


def _given(request: Request) -> Given | None:
    if request.given is None or not request.keep:
        return None
    mask = np.zeros((len(request.plan.tracks), request.plan.bars), bool)
    mask[list(request.keep)] = True
    return Given(request.given, dict(request.keep), mask)


def dress(score: Score, plan: Plan, kept: Collection[int] = ()) -> Score:
    """Add what a score carries beside its notes: names, key signature and section markers; limit its voices.

    Args:
        score: as decoded.
        plan: whose it is.
        kept: tracks whose notes are given and stay as they are.
    """
    bar_ticks = score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    tracks = tuple(
        replace(track, name=planned.name, role=planned.role)
        if place in kept or planned.is_drum
        else replace(track, name=planned.name, role=planned.role, notes=limit_voices(track.notes, planned.polyphony))
        for place, (track, planned) in enumerate(zip(score.tracks, plan.tracks, strict=True))
    )
    markers = tuple(Marker(section.start_bar * bar_ticks, section.label) for section in plan.sections)
    return replace(score, tracks=tracks, markers=markers, keys=key_signature(plan.key))


def limit_voices(notes: NDArray[Any], most: int) -> NDArray[Any]:
    """Let at most so many notes sound at once: a new note ends the oldest ones that still sound.

    Of notes that begin together the highest stay. The model limits how many notes a cell begins; how long they ring
    into the next cells is limited here.
    """
    order = np.lexsort((-notes["pitch"].astype(np.int64), notes["onset_ticks"]))
    onset = notes["onset_ticks"][order]
    end = onset + notes["duration_ticks"][order]
    keep = np.ones(len(order), bool)
    sounding: deque[int] = deque()
    for at in range(len(order)):
        sounding = deque(other for other in sounding if end[other] > onset[at])
        while len(sounding) >= most and onset[sounding[0]] < onset[at]:
            oldest = sounding.popleft()
            end[oldest] = onset[at]
        if len(sounding) >= most:
            keep[at] = False
        else:
            sounding.append(at)
    limited = notes.copy()
    limited["duration_ticks"][order] = end - onset
    return limited[np.sort(order[keep])]


def key_signature(key: Key) -> np.ndarray:
    """A key signature at the start; a mode takes the signature of the major or minor key on its tonic."""
    major = (key.tonic + 3) % 12 if key.is_minor else key.tonic
    fifths = (major * 7 + 5) % 12 - 5  # -5 (five flats) .. 6 (six sharps)
    fifths = fifths - 12 if fifths == 6 and key.uses_flats else fifths
    return np.array([(0, fifths, key.is_minor, 0, MADE)], KEY_SIGNATURE)
