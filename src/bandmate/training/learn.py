"""Fine-tuning on a musician's own library: the shipped model goes on learning, judged on files it does not train on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.errors import BandmateError, LibraryError, MissingExtra
from bandmate.io.atomic import write_text_atomic
from bandmate.library.catalog import Catalog
from bandmate.library.examine import read_score
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.tokenizers.grid import GridPiece, encode_piece
from bandmate.tokenizers.grid_table import NAME
from bandmate.training.prepare import usable
from bandmate.training.shards import Origin, Shard, load, pack

if TYPE_CHECKING:
    from bandmate.training.loop import TrainReport

DEFAULT_MINUTES = 8.0
EPOCHS, LEAST_STEPS, MOST_STEPS = 30, 30, 600
SEQUENCES, HELD_OUT_VIEWS = 4, 24
_ROWS_A_STEP = 4500  # about, with SEQUENCES of full length
_TRAINING_SHARE = 0.85  # of the minutes; the rest goes into judging
_SHARD, _RUN, _MARK = "training.npz", "training", "start.json"
_LEFTOVERS = (_MARK, "checkpoint.safetensors", "state.json", "best.safetensors")


@dataclass(frozen=True, slots=True)
class FineTuneReport:
    """What training learned.

    Attributes:
        loss_before, loss_after: on held-out pieces, nats a row.
        pieces, held_out: how many.
        steps, seconds: of training.
        improved: whether the new weights were kept; else the shipped ones stay.
        sha256, tokenizer, size: of the weights that are installed.
    """

    loss_before: float
    loss_after: float
    pieces: int
    held_out: int
    steps: int
    seconds: float
    improved: bool
    sha256: str
    tokenizer: str
    size: str

    def to_json(self) -> dict[str, Any]:
        """Plain data for the card, with the sentences of the report."""
        gain = 100 * (1 - self.loss_after / self.loss_before)
        kept = "" if self.improved else "; it did not get better, so the shipped weights stay"
        line = (
            f"trained on {self.pieces} pieces in {self.seconds / 60:.1f} minutes: loss on {self.held_out} held-out "
            f"pieces {self.loss_before:.3f} -> {self.loss_after:.3f} ({gain:.0f} % lower){kept}"
        )
        return {**asdict(self), "lines": [line]}


def _shipped_path() -> Path:
    return Path(str(files("bandmate.data"))) / "models" / "small" / "weights.safetensors"


def shipped_weights() -> Weights:
    """The weights that came with the package."""
    return load_weights(_shipped_path())


def _library_pieces(catalog: Catalog) -> Iterator[tuple[GridPiece, Origin]]:
    for piece in catalog.pieces(has_grid=True):
        try:
            score = read_score(piece.path, piece.kind, piece.hints)[0]
            gridded = encode_piece(score, piece.labels)
        except BandmateError:
            continue  # the file has gone or changed since it was taken in; the catalog still names it
        if usable(gridded):
            yield gridded, Origin("library", piece.work, piece.split, piece.relative)


def _shard(target: Path, catalog: Catalog) -> Shard:
    path = target / _SHARD
    pack(_library_pieces(catalog), path)
    return load(path)


def _splits(shard: Shard) -> tuple[Shard, Shard]:
    """Training and held-out pieces; a library without held-out works lends its last one."""
    train, held = shard.select("train"), shard.select("valid", "test")
    if not len(held):
        train, held = _part(train, slice(0, -1)), _part(train, slice(-1, None))
    if not len(train) or not len(held):
        raise LibraryError("fewer than two pieces lie on a beat grid, so nothing can be held out; add more music")
    return train, held


def _part(shard: Shard, part: slice) -> Shard:
    return Shard(shard.pieces[part], shard.origins[part])


def fine_tune(
    target: Path,
    catalog: Catalog,
    *,
    minutes: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> FineTuneReport:
    """Train the shipped model on a library and write the better weights into the model's folder.

    As many steps are planned as fit into the time, so that the rate has come down when it is over. A run that was
    killed goes on where it stood.

    Args:
        target: folder of the model; `weights.safetensors` is written there.
        catalog: the library, already split by work.
        minutes: longest time; None = 8.
        progress: gets the share done, 0..1.

    Raises:
        MissingExtra: torch is not installed.
        LibraryError: too few pieces lie on a beat grid.
    """
    try:
        import torch

        from bandmate.training.loop import Trainer, TrainOptions
        from bandmate.training.objectives import Batches, ViewOptions
    except ImportError as error:
        raise MissingExtra("learn", "training") from error

    def options_of(steps: int) -> TrainOptions:
        return TrainOptions(
            steps=steps, sequences=SEQUENCES, learning_rate=2e-4, warmup_steps=min(20, steps // 4), floor=0.05,
            validate_every=max(10, steps // 12), save_every=max(10, steps // 12), patience=5,
        )  # fmt: skip

    start = shipped_weights()
    minutes = DEFAULT_MINUTES if minutes is None else minutes
    train, held = _splits(_shard(target, catalog))
    wanted = max(LEAST_STEPS, min(MOST_STEPS, EPOCHS * train.note_count // _ROWS_A_STEP))
    shares = {"library": 1.0}
    held_batches = Batches(held, shares, ViewOptions(transpose=False), seed=1)
    valid = [batch for step in range(HELD_OUT_VIEWS // 4) for batch in held_batches.batch(step, 2)]
    run = target / _RUN
    begun = _begun(run, start)
    trainer = Trainer(
        start.config, Batches(train, shares, ViewOptions(), seed=0), valid, options_of(wanted), run,
        start={name: torch.from_numpy(tensor) for name, tensor in start.tensors.items()},
        on_step=(lambda step, _: progress(step / trainer.until)) if progress else None,
    )  # fmt: skip
    fitting = int(_TRAINING_SHARE * 60 * minutes / trainer.seconds_a_step())
    steps = begun or min(wanted, max(LEAST_STEPS, fitting))
    _begin(run, start, steps)
    trainer.reschedule(options_of(steps))
    done = trainer.run(minutes=minutes, judge_last=True)
    return _installed(target, done, len(train), len(held))


def _installed(target: Path, done: TrainReport, pieces: int, held_out: int) -> FineTuneReport:
    """Put the better weights into the model's folder."""
    improved = done.best_loss < done.first_loss
    best = target / _RUN / "best.safetensors" if improved else _shipped_path()
    shutil.copyfile(best, target / "weights.safetensors")
    digest = load_weights(target / "weights.safetensors").digest
    _tidy(target)
    after = min(done.best_loss, done.first_loss)
    return FineTuneReport(
        done.first_loss, after, pieces, held_out, done.steps, done.seconds, improved, digest, NAME, "small"
    )


def _begun(run: Path, start: Weights) -> int | None:
    """The steps of a run that was stopped in the middle; None without one that began from the weights shipped now."""
    mark = run / _MARK
    begun = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if begun.get("sha256") == start.digest:
        return int(begun["steps"])
    shutil.rmtree(run, ignore_errors=True)
    return None


def _begin(run: Path, start: Weights, steps: int) -> None:
    write_text_atomic(run / _MARK, json.dumps({"sha256": start.digest, "steps": steps}))


def _tidy(target: Path) -> None:
    """Of a run that is over only its logs stay; the next one, on more music, begins anew."""
    for path in (target / _SHARD, *(target / _RUN / name for name in _LEFTOVERS)):
        path.unlink(missing_ok=True)
