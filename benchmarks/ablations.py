"""What each choice in the grid model's training is worth: tiny models at equal compute, one choice changed in each.

    python benchmarks/ablations.py --shards DIR [--steps 900] [--variants NAME ...] [--size tiny] [--out DIR]

Every variant trains the same number of rows from the same seed and is judged on the same held-out views: full-band
music by people, and the rest. Losses are nats a row, by field. `--out` keeps the weights, so that the report card can
judge what the loss cannot (benchmarks/report_card.py), and what was measured: variants found there are not run again.
Seconds are of the processor, so that other work beside it does not count. Without shards it runs on a few pieces of
the groove book.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bandmate.io.atomic import write_text_atomic
from bandmate.models.grid import GridModel
from bandmate.models.grid_config import load_size
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, FORM, FORM_LAGS, HEADS
from bandmate.training.loop import Trainer, TrainOptions
from bandmate.training.losses import GRID, row_losses
from bandmate.training.objectives import Batches, ViewOptions
from bandmate.training.prepare import prepare
from bandmate.training.shards import Shard, load

BAND = {"freedoom": 0.5, "simutrans": 0.21, "easyrpg_rtp": 0.21, "lmms_projects": 0.06, "blasphemer": 0.02}
SONGS = {"pop909_band": 0.8, "pop909": 0.2}
OTHERS = {"openscore_lieder": 0.4, "openscore_quartets": 0.4, "jsb_chorales": 0.2}
DRUMS = {"groove_midi": 0.95, "drum_patterns_200": 0.05}
RULES = {"groove_book": 0.6, "rearranged": 0.4}


def mix(band: float = 0.5, songs: float = 0.18, others: float = 0.04, drums: float = 0.08, rules: float = 0.2) -> dict:
    """Shares of the sources from shares of their kinds."""
    kinds = ((band, BAND), (songs, SONGS), (others, OTHERS), (drums, DRUMS), (rules, RULES))
    return {name: share * own for share, kind in kinds for name, own in kind.items() if share}


class Independent(GridModel):
    """Heads that do not know what was drawn before them in the row, as in the Multitrack Music Transformer."""

    def chain_logits(self, hidden: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {name: self.heads[name](hidden) for name in self.config.drawn}


def no_bar_numbers(rows: np.ndarray) -> np.ndarray:
    rows[..., COLUMN["bar"]] = np.minimum(rows[..., COLUMN["bar"]], 1)
    return rows


def bars_of_eight(rows: np.ndarray) -> np.ndarray:
    bar = rows[..., COLUMN["bar"]]
    rows[..., COLUMN["bar"]] = np.where(bar > 0, (bar - 1) % 8 + 1, 0)
    return rows


def no_program_in_notes(rows: np.ndarray) -> np.ndarray:
    note = rows[..., 0] >= 9
    rows[..., COLUMN["program"]] = np.where(note, 0, rows[..., COLUMN["program"]])
    return rows


def lighter_touch(model: GridModel, rows: Tensor) -> tuple[Tensor, dict[str, Tensor], int]:
    """Velocity and micro-timing, which are noisy, weigh half."""
    total, parts, count = row_losses(model, rows)
    return total - 0.5 * (parts["velocity"] + parts["micro"]), parts, count


@dataclass(frozen=True)
class Variant:
    """One choice changed."""

    about: str
    shares: dict[str, float] = field(default_factory=mix)
    view: ViewOptions = field(default_factory=ViewOptions)
    model: type[GridModel] = GridModel
    form: bool = True
    losses: Callable[..., Any] = row_losses
    rows: Callable[[np.ndarray], np.ndarray] | None = None
    late: ViewOptions | None = None
    """The view of the last third of the steps."""


_V = ViewOptions()
VARIANTS = {
    "base": Variant("the recipe: half full-band music by people, a fifth rules"),
    "band_only": Variant("full-band music by people alone", mix(1, 0, 0, 0, 0)),
    "rules_half": Variant("half groove book and rearranged", mix(0.26, 0.12, 0.04, 0.08, 0.5)),
    "no_rules": Variant("nothing by rule", mix(0.66, 0.2, 0.05, 0.09, 0)),
    "more_songs": Variant("as much POP909 as bands", mix(0.34, 0.34, 0.04, 0.08, 0.2)),
    "independent": Variant("independent heads instead of the chain", model=Independent),
    "no_form": Variant("form is not learned", view=replace(_V, listed=0.0), form=False),
    "nothing_hidden": Variant("labels are always told", view=replace(_V, hide=0.0, bare=0.0)),
    "never_bare": Variant("never only the tracks", view=replace(_V, bare=0.0)),
    "lighter_touch": Variant("velocity and micro-timing weigh half in the loss", losses=lighter_touch),
    "short": Variant("512 rows of context", view=replace(_V, rows=512)),
    "long": Variant("1,536 rows of context", view=replace(_V, rows=1536, max_tracks=16)),
    "growing": Variant(
        "512 rows of context, in the last third 1,536",
        view=replace(_V, rows=512),
        late=replace(_V, rows=1536, max_tracks=16),
    ),
    "compose_only": Variant("composing alone, no given cells", view=replace(_V, compose=1.0)),
    "no_transpose": Variant("no transposition", view=replace(_V, transpose=False)),
    "no_bar_numbers": Variant("rows do not know their bar", rows=no_bar_numbers),
    "bars_of_eight": Variant("bars are numbered 1 to 8 again and again", rows=bars_of_eight),
    "no_programs": Variant("notes and cells do not know their program", rows=no_program_in_notes),
}


class Shaped(Batches):
    """Batches whose rows are changed on the way."""

    change: Callable[[np.ndarray], np.ndarray] | None = None

    def batch(self, step: int, size: int) -> list[np.ndarray]:
        found = super().batch(step, size)
        return [self.change(rows) for rows in found] if self.change else found


def held_out(shard: Shard, kinds: dict[str, float], change: Any, steps: int) -> list[np.ndarray]:
    """The same views for every variant: all that is told, and nothing but the tracks."""
    found = []
    for seed, view in ((1, ViewOptions(transpose=False, bare=0.0)), (2, ViewOptions(transpose=False, bare=1.0))):
        batches = Shaped(shard.select("valid"), kinds, view, seed)
        batches.change = change
        for step in range(steps):
            found += batches.batch(step, 3)
    return found


def sequences_of(view: ViewOptions) -> int:
    """Sequences a step, so that every variant sees as many rows."""
    return max(1, round(6 * 1024 / view.rows))


def run(name: str, shard: Shard, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Train one variant and judge it."""
    variant = VARIANTS[name]
    have = {origin.source for origin in shard.origins}
    shares = {n: s for n, s in variant.shares.items() if n in have} or dict.fromkeys(have, 1.0)
    config = load_size(
        options.size, FIELDS, HEADS, form=FORM if variant.form else (), lags=FORM_LAGS if variant.form else ()
    )
    batches = Shaped(shard.select("train"), shares, variant.view, 5)
    batches.change = variant.rows
    judged = {
        kind: held_out(shard, kinds, variant.rows, options.judge)
        for kind, kinds in (("band", BAND), ("rest", SONGS | DRUMS | RULES | OTHERS))
        if have & kinds.keys()
    }
    sequences = sequences_of(variant.view)
    train = TrainOptions(
        steps=options.steps, sequences=sequences, learning_rate=options.rate, warmup_steps=min(60, options.steps // 4),
        validate_every=0, save_every=0, precision="fp32", threads=1, seed=5,
    )  # fmt: skip
    subject = replace(GRID, model=variant.model, losses=variant.losses)
    trainer = Trainer(config, batches, [], train, folder / name, subject=subject)
    trainer.first = 0.0
    began = time.process_time()
    trainer.until, rows = train.steps, 0
    trainer.model.train()
    while trainer.step < train.steps:
        if variant.late and trainer.step == train.steps * 2 // 3:
            trainer.train = Shaped(shard.select("train"), shares, variant.late, 5)
            trainer.train.change = variant.rows
            trainer.options = replace(train, sequences=sequences_of(variant.late))
        rows += int(trainer._train_step()["rows"])
        trainer.step += 1
    result: dict[str, Any] = {"about": variant.about, "rows": rows, "sec": round(time.process_time() - began, 1)}
    for kind, views in judged.items():
        trainer.valid = views
        result[kind] = {n.removeprefix("valid/"): round(v, 4) for n, v in trainer.validate().items()}
        notes = [result[kind][n] for n in HEADS]
        result[kind]["notes"] = round(sum(notes), 4)  # without form, so that variants compare
    if options.out:
        trainer.export(options.out / f"{name}.safetensors")
    return result


def line_of(name: str, result: dict[str, Any]) -> str:
    """One variant in one line."""
    judged = [f"{kind} {result[kind]['notes']:.3f} (pitch {result[kind]['pitch']:.3f})"
              for kind in ("band", "rest") if kind in result]  # fmt: skip
    return f"{name:16} {result['rows']:9,} rows {result['sec']:6.0f} s  " + "  ".join(judged)


def stand_in(folder: Path) -> Shard:
    """Groove-book pieces where there are no shards."""
    return load(*prepare(None, folder, {"groove_book": 1.0}, {"groove_book_pieces": 41}))


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=Path, help="folder of shards, as `dev.py train` makes them")
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--judge", type=int, default=4, help="steps of held-out views of each kind")
    parser.add_argument("--size", default="tiny")
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--out", type=Path, help="keep weights here")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shard = load(*sorted(options.shards.glob("*.npz"))) if options.shards else stand_in(folder / "shards")
        for name in options.variants:
            kept = options.out and options.out / f"{name}.json"
            found[name] = json.loads(kept.read_text()) if kept and kept.is_file() else run(name, shard, options, folder)
            if kept:
                write_text_atomic(kept, json.dumps(found[name]))
            print(line_of(name, found[name]), flush=True)
    print(json.dumps(found))
    return found


if __name__ == "__main__":
    main()
