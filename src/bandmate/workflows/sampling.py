"""Sampling: takes by a grid model, dressed as every composed score is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bandmate.errors import BriefError
from bandmate.generation.compose import Given, WriteOptions, open_weights, write_takes
from bandmate.generation.filters import VARIETY, SamplingOptions
from bandmate.score.model import Score
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
    return [(take.score, take.log_likelihood) for take in written]


def _given(request: Request) -> Given | None:
    if request.given is None or not request.keep:
        return None
    mask = np.zeros((len(request.plan.tracks), request.plan.bars), bool)
    mask[list(request.keep)] = True
    return Given(request.given, dict(request.keep), mask)
