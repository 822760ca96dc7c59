"""How takes are written, and by what: options, the weights of a model, and an engine that runs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bandmate import registry
from bandmate.errors import BriefError, ModelError
from bandmate.generation.blend import Blended, BlendedEngine, BlendedHeads
from bandmate.generation.engine import Engine, Heads
from bandmate.generation.filters import SamplingOptions
from bandmate.generation.no_copy import NoCopy
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.tokenizers import grid_table as table


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How takes are written.

    Attributes:
        engine: "onnx", "numpy" or "torch".
        threads: of the engine.
        form: who says how full each cell is and how it repeats: "sketch" = the groove book's performance of the plan,
            "model" = the model, cell by cell; which cells sound is the plan's affair.
        sampling: the soft filters.
        blend: another model that has a share in every draw, None = there is none.
        no_copy: runs that must not be written; None = anything may.
    """

    engine: str = "onnx"
    threads: int = 1
    form: str = "sketch"
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    blend: Blended | None = None
    no_copy: NoCopy | None = None

    def __post_init__(self) -> None:
        if self.blend is not None and self.sampling.guidance != 1.0:
            raise BriefError("guidance and a blend cannot be joined; leave one of them out")


@lru_cache(maxsize=4)
def _open(path: Path, modified: int, expected: str | None) -> Weights:
    weights = load_weights(path, expected)
    if weights.tokenizer != table.NAME or dict(weights.config.fields) != table.FIELDS:
        raise ModelError(
            f"{path}: made for another row table than this version's {table.NAME}; train or install it again"
        )
    return weights


def open_weights(path: Path, expected_sha256: str | None = None) -> Weights:
    """Read a model's weights, once while the file stays the same."""
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise ModelError(f"{path}: the model's weights are not there; install or train the model again") from error
    return _open(path, modified, expected_sha256)


def make_engine(options: WriteOptions, weights: Weights, batch: int, capacity: int) -> Engine:
    """A fresh engine with room for some rows."""
    make = registry.get(f"engine.{options.engine}")
    return make(weights, batch=batch, capacity=min(capacity, 8192), threads=options.threads)


def guided(options: WriteOptions, weights: Weights, heads: Heads, batch: int, capacity: int) -> tuple[Engine, Heads]:
    """The same with guidance on controls."""
    from bandmate.generation.guidance import GuidedEngine, GuidedHeads

    engine = GuidedEngine(make_engine(options, weights, 2 * batch, capacity))
    return engine, GuidedHeads(heads, options.sampling.guidance)


def blended(
    options: WriteOptions, blend: Blended, engine: Engine, heads: Heads, batch: int, capacity: int
) -> tuple[Engine, Heads]:
    """The same with another model beside it."""
    other = make_engine(options, blend.weights, batch, capacity)
    return BlendedEngine(engine, other, blend.genre), BlendedHeads(heads, Heads(blend.weights), blend.share)
