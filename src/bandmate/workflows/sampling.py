"""Sampling: takes by a grid model, dressed as every composed score is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bandmate.errors import BriefError
from bandmate.generation.compose import Given, WriteOptions, open_weights, write_takes
from bandmate.generation.filters import VARIETY, SamplingOptions
from bandmate.score.model import Score
from bandmate.workflows.jobs import Job
from bandmate.workflows.models import copies_in, find_model, model_identity

if TYPE_CHECKING:
    from bandmate.workflows.making import Request

REDRAWS = 4
_NEXT_SEED = 1_000_003


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
    return [(take.score, take.log_likelihood) for take in written]


def own_takes(request: Request, engine: str, job: Job) -> list[tuple[Score, float]]:
    """Takes without copied runs: one that quotes the library its model learned from is drawn again, a few times.

    What is given is not the model's doing, so takes with given tracks are only reported on. The seed of a redraw
    follows from that of the take, so that the same request gives the same takes.
    """
    takes = sample_takes(request, engine, job)
    if request.given is not None:
        return takes
    for index, seed in enumerate(request.seeds):
        for retry in range(1, REDRAWS + 1):
            copied = copies_in(request.options.model, takes[index][0])
            if copied is None or copied.passed:
                break
            again = replace(request, seeds=(seed + retry * _NEXT_SEED,))
            takes[index] = sample_takes(again, engine, job)[0]
    return takes


def _given(request: Request) -> Given | None:
    if request.given is None or not request.keep:
        return None
    mask = np.zeros((len(request.plan.tracks), request.plan.bars), bool)
    mask[list(request.keep)] = True
    return Given(request.given, dict(request.keep), mask)
