"""Sampling: candidates by a grid model, dressed as every composed score is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bandmate.errors import BriefError
from bandmate.generation.blend import Blended
from bandmate.generation.compose import Given, WriteOptions, WrittenTake, open_weights, write_takes
from bandmate.generation.filters import VARIETY, SamplingOptions
from bandmate.generation.no_copy import NoCopy
from bandmate.workflows.blend import read_blend
from bandmate.workflows.catalogs import catalogs_of, open_catalog
from bandmate.workflows.models import find_model, model_identity
from bandmate.workflows.request import Draft, MakeOptions, Request, given_bars


def sample_batch(
    request: Request, draft: Draft, engine: str, progress: Callable[[float], None], first_note: Callable[[], None]
) -> list[WrittenTake]:
    """Write the candidates of a draft in one batch, in the order of their seeds; the chosen one alone, if it is known.

    Raises:
        BriefError: no such variety. ModelError: the model is missing, damaged or has no weights.
        RuleConflict: the rules leave nothing.
    """
    identity = model_identity(request.options.model)
    weights = open_weights(find_model(request.options.model).folder / "weights.safetensors", identity["sha256"])
    form = "model" if "form" in request.options.without else draft.plan.extra.get("form", "sketch")
    how = WriteOptions(
        engine,
        request.threads,
        form,
        soft_filters(request.options),
        _blend(request.options),
        no_copy_of(request.options),
    )
    return write_takes(
        draft.plan, draft.seeds, weights, how, given=_given(request, draft), only=draft.chosen,
        on_progress=progress, on_first_note=first_note,
    )  # fmt: skip


def _blend(options: MakeOptions) -> Blended | None:
    """The shipped model, told the genre that is mixed in."""
    if options.blend is None:
        return None
    blend, shipped = read_blend(options.blend), model_identity()
    weights = open_weights(find_model().folder / "weights.safetensors", shipped["sha256"])
    return Blended(weights, blend.genre, blend.share)


def no_copy_of(options: MakeOptions) -> NoCopy | None:
    """The ban of copies that options stand for: of runs that any catalog of the model holds.

    Raises:
        ModelError: what the model learned from is not known.
    """
    if options.no_copy is None:
        return None
    return NoCopy(tuple(map(open_catalog, catalogs_of(options.model).values())), options.no_copy)


def soft_filters(options: MakeOptions) -> SamplingOptions:
    """The soft filters that options stand for; stages that are left out do not pull."""
    if options.variety not in VARIETY:
        raise BriefError(f"variety '{options.variety}' is not known; choose one of {', '.join(VARIETY)}")
    soft = SamplingOptions.of(options.variety, options.temperature, options.top_k, options.top_p)
    silent = {name: 0.0 for name in ("groove", "harmony") if name in options.without}
    return replace(soft, **silent)


def _given(request: Request, draft: Draft) -> Given | None:
    if request.given is None or not request.keep:
        return None
    mask = np.zeros((len(draft.plan.tracks), draft.plan.bars), bool)
    mask[list(request.keep), : given_bars(draft.plan)] = True
    return Given(request.given, dict(request.keep), mask)
