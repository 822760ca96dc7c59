"""Fine-tuning on a musician's own library: the shipped model goes on learning, judged on files it does not train on."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bandmate.counts import counted
from bandmate.errors import BandmateError, LibraryError, MissingExtra, ModelError
from bandmate.io.atomic import write_bytes_atomic, write_text_atomic
from bandmate.library.catalog import Catalog
from bandmate.library.examine import read_score
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.tokenizers.grid import GridPiece, encode_piece
from bandmate.tokenizers.grid_table import NAME
from bandmate.training.methods import AUTO, Method, method_of
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
_LEARNED = "learned.json"  # which files the weights have learned from, so that the next run can go on
_OLD, _NEW = "library", "new"
_REHEARSAL = 0.5  # share of the draws that goes to pieces learned before, lest they be forgotten
_LEFTOVERS = (_MARK, "checkpoint.safetensors", "state.json", "best.safetensors")


@dataclass(frozen=True, slots=True)
class FineTuneReport:
    """What training learned.

    Attributes:
        loss_before, loss_after: on held-out pieces, nats a row.
        pieces, held_out: how many.
        steps, seconds: of training.
        improved: whether the new weights were kept; else those it began from stay.
        sha256, tokenizer, size: of the weights that are installed.
        method: how it was tuned (see `methods`).
        new_pieces: of the pieces, those that an earlier run had not learned from; None where all began anew.
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
    method: str = "full"
    new_pieces: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for the card, with the sentences of the report."""
        gain = 100 * (1 - self.loss_after / self.loss_before)
        begun = "shipped" if self.new_pieces is None else "earlier"
        kept = "" if self.improved else f"; it did not get better, so the {begun} weights stay"
        new = "" if self.new_pieces is None else f", {self.new_pieces} of them new,"
        line = (
            f"trained ({self.method}) on {counted(self.pieces, 'piece')}{new} in {self.seconds / 60:.1f} minutes: "
            f"loss on {self.held_out} held-out pieces {self.loss_before:.3f} -> {self.loss_after:.3f} "
            f"({gain:.0f} % lower){kept}"
        )
        return {**asdict(self), "lines": [line]}


def _shipped_path() -> Path:
    return Path(str(files("bandmate.data"))) / "models" / "small" / "weights.safetensors"


def shipped_weights() -> Weights:
    """The weights that came with the package."""
    return load_weights(_shipped_path())


def _library_pieces(catalog: Catalog, learned: frozenset[str]) -> Iterator[tuple[GridPiece, Origin]]:
    for piece in catalog.pieces(has_grid=True):
        if piece.labels.get("written"):
            continue  # block chords of a chart are no playing to learn
        try:
            score = read_score(piece.path, piece.kind, piece.hints)[0]
            gridded = encode_piece(score, piece.labels)
        except BandmateError:
            continue  # the file has gone or changed since it was taken in; the catalog still names it
        if usable(gridded):
            # subtle: what weights have learned from can never judge them, whichever split it falls on by now
            split = "train" if piece.sha256 in learned else piece.split
            source = _OLD if piece.sha256 in learned or not learned else _NEW
            yield gridded, Origin(source, piece.work, split, piece.relative)


def _shard(target: Path, catalog: Catalog, learned: frozenset[str] = frozenset()) -> Shard:
    path = target / _SHARD
    pack(_library_pieces(catalog, learned), path)
    return load(path)


def _train_hashes(catalog: Catalog) -> frozenset[str]:
    return frozenset(piece.sha256 for piece in catalog.pieces(split="train", has_grid=True))


def learned_before(target: Path, method: str = AUTO) -> frozenset[str]:
    """Hashes of the files that a model's own weights have learned from; empty where training has to begin anew.

    It has to where there are no such weights, or they were tuned by another method than is asked for now, or a model
    of another shape came with this version.
    """
    try:
        said = json.loads((target / _LEARNED).read_text(encoding="utf-8"))
        own = load_weights(target / "weights.safetensors", said["sha256"])
        same = method in (AUTO, said["method"]) and own.config == shipped_weights().config
        return frozenset(said["files"]) if same else frozenset()
    except (OSError, ValueError, KeyError, ModelError):
        return frozenset()


def nothing_new(target: Path, catalog: Catalog, method: str = AUTO) -> bool:
    """Whether a model has learned from all that there is to train on."""
    learned = learned_before(target, method)
    return bool(learned) and _train_hashes(catalog) <= learned


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
    method: str = AUTO,
    onward: bool = False,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> FineTuneReport:
    """Train the shipped model on a library and write the better weights into the model's folder.

    As many steps are planned as fit into the time, so that the rate has come down when it is over. A run that was
    killed goes on where it stood.

    Args:
        target: folder of the model; `weights.safetensors` is written there.
        catalog: the library, already split by work.
        minutes: longest time; None = 8.
        method: of `methods.METHODS`, or "auto".
        onward: go on from the model's own weights: half of what is drawn is new to them, half is not.
        seed: of batches and of what low-rank tuning starts from.
        progress: gets the share done, 0..1.
        clock: counts the seconds of the time; `time.process_time` counts those of the processor alone.

    Raises:
        MissingExtra: torch is not installed.
        LibraryError: too few pieces lie on a beat grid.
        BriefError: no such method.
    """
    method_of(method)
    try:
        import torch

        from bandmate.training.loop import Trainer, TrainOptions
        from bandmate.training.objectives import Batches, ViewOptions
    except ImportError as error:
        raise MissingExtra("learn", "training") from error

    learned = learned_before(target, method) if onward else frozenset()
    own = target / "weights.safetensors" if learned else _shipped_path()
    start = load_weights(own)
    minutes = DEFAULT_MINUTES if minutes is None else minutes
    train, held = _splits(_shard(target, catalog, learned))
    how = method_of(method, len(train))

    def options_of(steps: int) -> TrainOptions:
        return TrainOptions(
            steps=steps, sequences=SEQUENCES, learning_rate=how.learning_rate, warmup_steps=min(20, steps // 4),
            floor=0.05, validate_every=max(10, steps // 12), save_every=max(10, steps // 12), patience=5, seed=seed,
        )  # fmt: skip

    wanted = max(LEAST_STEPS, min(MOST_STEPS, EPOCHS * train.note_count // _ROWS_A_STEP))
    held_batches = Batches(held, {_OLD: 1.0, _NEW: 1.0}, ViewOptions(transpose=False), seed=1)
    valid = [batch for step in range(HELD_OUT_VIEWS // 4) for batch in held_batches.batch(step, 2)]
    run = target / _RUN
    begun = _begun(run, start, how)
    trainer = Trainer(
        start.config, Batches(train, {_OLD: _REHEARSAL, _NEW: 1 - _REHEARSAL}, ViewOptions(), seed=seed), valid,
        options_of(wanted), run,
        start={name: torch.from_numpy(tensor) for name, tensor in start.tensors.items()}, method=how.name,
        on_step=(lambda step, _: progress(step / trainer.until)) if progress else None,
        clock=clock,
    )  # fmt: skip
    fitting = int(_TRAINING_SHARE * 60 * minutes / trainer.seconds_a_step())
    steps = begun or min(wanted, max(LEAST_STEPS, fitting))
    _begin(run, start, how, steps)
    trainer.reschedule(options_of(steps))
    done = trainer.run(minutes=minutes, judge_last=True)
    digest = _install(target, own, done)
    files = sorted(learned | _train_hashes(catalog))
    write_text_atomic(target / _LEARNED, json.dumps({"sha256": digest, "method": how.name, "files": files}))
    improved = done.best_loss < done.first_loss
    new = sum(origin.source == _NEW for origin in train.origins) if learned else None
    return FineTuneReport(
        done.first_loss, min(done.best_loss, done.first_loss), len(train), len(held), done.steps, done.seconds,
        improved, digest, NAME, "small", how.name, new,
    )  # fmt: skip


def _install(target: Path, own: Path, done: TrainReport) -> str:
    """Put the better weights into the model's folder; their hash."""
    best = target / _RUN / "best.safetensors" if done.best_loss < done.first_loss else own
    place = target / "weights.safetensors"
    if best != place:
        write_bytes_atomic(place, best.read_bytes())
    _tidy(target)
    return load_weights(place).digest


def _begun(run: Path, start: Weights, method: Method) -> int | None:
    """The steps of a run that was stopped in the middle; None without one of these weights and this method."""
    mark = run / _MARK
    begun = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {}
    if (begun.get("sha256"), begun.get("method")) == (start.digest, method.name):
        return int(begun["steps"])
    shutil.rmtree(run, ignore_errors=True)
    return None


def _begin(run: Path, start: Weights, method: Method, steps: int) -> None:
    said = {"sha256": start.digest, "method": method.name, "steps": steps}
    write_text_atomic(run / _MARK, json.dumps(said))


def _tidy(target: Path) -> None:
    """Of a run that is over only its logs stay; the next one, on more music, begins anew."""
    for path in (target / _SHARD, *(target / _RUN / name for name in _LEFTOVERS)):
        path.unlink(missing_ok=True)
