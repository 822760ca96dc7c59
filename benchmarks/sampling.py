"""How fast takes are sampled, and how far the engines agree.

    python benchmarks/sampling.py [--model FILE|NAME] [--size small] [--bars 16] [--repeats 3] [--equal 100]

Every rule and filter is on, and everything of `write_takes` counts: opening the engine, reading the prompt, masks,
heads, decoding. A take is one of four tracks (drums, bass, chords, melody). Speeds are rows a second over whole takes,
the best of some repeats, the engines in turn; "wall" is by the clock, "cpu" by processor time of the process, which a
busy machine does not spoil (of engines on two threads it counts both). The peer is the naive sampler: the training
model's whole forward pass again for every row, in the same run.

Agreement: hidden states and logits of every field on the same rows, and free sampling: takes drawn by two engines from
the same seeds are equal, or first differ at a draw that lies on a boundary (the uniform number within 1e-3 of the edge
between two codes in both engines, or what top-p keeps as near to another choice). Without a model, random weights are
used.
"""

# ruff: noqa: E402 - one core means one thread of the matrix library, which is said before it loads
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.generation import walk_draws
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.generation.engine import Heads
from bandmate.generation.filters import FieldFilter, _truncated
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.models.checkpoint import Weights
from bandmate.registry import get
from bandmate.score.brief import Brief
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid import encode_piece
from bandmate.tokenizers.grid_rows import View, piece_rows
from bandmate.tokenizers.grid_table import COLUMN, HEADS

BAND = ("drums", "bass", "chords", "melody")
ON_BOUNDARY = 1e-3


def plan_of(bars: int) -> Plan:
    return make_plan(Brief(genre="pop", bars=bars, tempo=110.0, only=BAND), 1)


def engines() -> list[str]:
    return ["onnx", "numpy", *(["torch"] if find_spec("torch") else [])]


# speed


def one_run(plan: Plan, weights: Weights, engine: str, takes: int, threads: int, seed: int) -> tuple[float, float, int]:
    """Seconds by the clock, seconds of processor, rows."""
    options = WriteOptions(engine, threads)
    wall, cpu = time.perf_counter(), time.process_time()
    written = write_takes(plan, range(seed, seed + takes), weights, options)
    rows = sum(take.rows for take in written)
    return time.perf_counter() - wall, time.process_time() - cpu, rows


def speeds(plan: Plan, weights: Weights, repeats: int, batch: int) -> list[dict[str, Any]]:
    cases = [(engine, 1, 1) for engine in engines()] + [("onnx", 4, 1), ("onnx", batch, 1), ("onnx", batch, 2)]
    best: dict[tuple[str, int, int], dict[str, Any]] = {}
    for engine, takes, threads in cases:
        one_run(plan_of(2), weights, engine, takes, threads, 0)  # imports and first kernels do not count
    for repeat in range(repeats):
        for case in cases:
            engine, takes, threads = case
            wall, cpu, rows = one_run(plan, weights, engine, takes, threads, 1 + 100 * repeat)
            row = {"engine": engine, "takes": takes, "threads": threads, "rows_a_take": round(rows / takes),
                   "rows_per_sec_wall": round(rows / wall), "rows_per_sec_cpu": round(rows / cpu)}  # fmt: skip
            if case not in best or row["rows_per_sec_wall"] > best[case]["rows_per_sec_wall"]:
                best[case] = row
    return list(best.values())


def naive_rows_per_sec(weights: Weights, rows: np.ndarray, points: int) -> float:
    """The peer: the training model's forward pass over everything so far, for some rows of a take."""
    import torch

    from bandmate.models.grid import GridModel

    torch.set_num_threads(1)
    model = GridModel(weights.config).eval()
    model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
    tensor = torch.from_numpy(rows[None].astype(np.int64))
    ends = np.linspace(2, len(rows), points).astype(int)
    with torch.inference_mode():
        model(tensor[:, :64])
        started = time.perf_counter()
        for end in ends:
            hidden = model.trunk(tensor[:, : end - 1])[:, -1]
            model.chain_logits(hidden, tensor[:, end - 1])
        return len(ends) / (time.perf_counter() - started)


# agreement


def forced(weights: Weights, engine: str, rows: np.ndarray, prompt: int) -> dict[str, np.ndarray]:
    """Hidden states and logits of every field while given rows are read one by one."""
    machine = get(f"engine.{engine}")(weights, batch=1, capacity=len(rows) + 1, threads=1)
    states = [machine.feed(rows[None, :prompt])[0]]
    states += [machine.feed(row[None, None])[0] for row in rows[prompt:-1]]
    hidden = np.stack(states)
    heads, target, found, state = Heads(weights), rows[prompt:], {"hidden": hidden}, hidden
    for place, name in enumerate(HEADS):
        if place >= 2:
            state = heads.after(name, HEADS[place - 1], state, target[:, COLUMN[HEADS[place - 1]]])
        found[name] = heads.logits(name, state)
    return found


def agreement(plan: Plan, weights: Weights) -> dict[str, dict[str, float]]:
    """Largest difference to the NumPy oracle, of hidden states and of logits."""
    rows = piece_rows(encode_piece(play(plan, 3)), View.whole(encode_piece(play(plan, 3))))[:900]
    prompt = 8
    oracle = forced(weights, "numpy", rows, prompt)
    table = {}
    for engine in engines():
        if engine != "numpy":
            found = forced(weights, engine, rows, prompt)
            table[engine] = {
                "rows": len(rows),
                "hidden": float(np.abs(found["hidden"] - oracle["hidden"]).max()),
                "logits": max(float(np.abs(found[name] - oracle[name]).max()) for name in HEADS),
            }
    return table


@dataclass
class Recorder:
    """Stands in for `draw`: the same codes, how near each was to another, what top-p kept and how near that was."""

    codes: list[int] = field(default_factory=list)
    margin: list[float] = field(default_factory=list)
    kept: list[bytes] = field(default_factory=list)
    cut: list[float] = field(default_factory=list)
    real: Any = walk_draws.draw

    def __call__(self, logits: Any, allowed: Any, uniform: Any, soft: FieldFilter, heat: Any = None) -> Any:
        code, odds = self.real(logits, allowed, uniform, soft, heat)
        masked = np.where(allowed, logits, -1e30).astype(np.float32)
        warmth = np.float32(soft.temperature) * (1 if heat is None else heat[:, None])
        weight = np.exp((masked - masked.max(1, keepdims=True)) / warmth)
        ranked = np.sort(weight, 1)[:, ::-1]
        before = (np.cumsum(ranked, 1) - ranked) / ranked.sum(1, keepdims=True)
        weight = _truncated(weight, soft) if soft.top_k or soft.top_p < 1 else weight
        edges = np.cumsum(weight, 1, dtype=np.float64)
        edges /= edges[:, -1:]
        self.codes += code.tolist()
        self.margin += np.abs(edges - uniform[:, None]).min(1).tolist()
        kept = weight > 0
        self.kept += [row.tobytes() for row in np.packbits(kept, axis=1)]
        rows, size = np.arange(len(kept)), kept.sum(1)
        dropped = np.append(ranked, np.zeros((len(ranked), 1), np.float32), 1)[rows, size]
        tie = (ranked[rows, size - 1] - dropped) / ranked.sum(1)  # two codes that could change places at the cut
        self.cut += np.minimum(np.abs(before - soft.top_p).min(1), tie).tolist()
        return code, odds


def recorded(plan: Plan, weights: Weights, engine: str, seed: int) -> tuple[Recorder, list[np.ndarray]]:
    recorder = Recorder()
    walk_draws.draw, before = recorder, walk_draws.draw
    try:
        (take,) = write_takes(plan, [seed], weights, WriteOptions(engine))
    finally:
        walk_draws.draw = before
    return recorder, [track.notes for track in take.score.tracks]


def equality(plan: Plan, weights: Weights, takes: int) -> dict[str, Any]:
    """Of takes drawn by onnx and by numpy from the same seeds: how many are equal, and where the others part."""
    equal, on_boundary, margins, draws = 0, 0, [], 0
    for seed in range(takes):
        (one, notes), (other, theirs) = (recorded(plan, weights, engine, seed) for engine in ("onnx", "numpy"))
        draws += len(one.codes)
        same = one.codes == other.codes
        notes_equal = all(np.array_equal(a, b) for a, b in zip(notes, theirs, strict=True))
        if same != notes_equal and same:
            raise AssertionError(f"take {seed}: the same draws gave other notes")
        equal += same
        if not same:
            pairs = zip(one.codes, other.codes, strict=False)
            at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one.codes), len(other.codes)) - 1)
            margin = max(one.margin[at], other.margin[at])
            margins.append(margin)
            cut = max(one.cut[at], other.cut[at])
            on_boundary += margin < ON_BOUNDARY or (one.kept[at] != other.kept[at] and cut < ON_BOUNDARY)
    return {"takes": takes, "equal": equal, "draws": draws, "differing": takes - equal,
            "first_difference_on_boundary": on_boundary, "margins": [round(m, 7) for m in margins]}  # fmt: skip


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--equal", type=int, default=100, help="takes of free sampling compared")
    parser.add_argument("--equal-bars", type=int, default=8)
    parser.add_argument("--points", type=int, default=40, help="rows at which the peer is timed")
    options = parser.parse_args(arguments)
    name, weights = find_weights(options.model, options.size)
    plan = plan_of(options.bars)
    result: dict[str, Any] = {"model": name, "bars": options.bars, "tracks": len(plan.tracks)}
    result["speed"] = speeds(plan, weights, options.repeats, options.batch)
    print(f"{name}: {options.bars} bars, {len(plan.tracks)} tracks, every rule and filter on")
    print(f"{'engine':8}{'takes':>6}{'threads':>8}{'rows a take':>12}{'rows/s':>9}{'rows/s of cpu':>15}")
    for row in result["speed"]:
        print(f"{row['engine']:8}{row['takes']:6}{row['threads']:8}{row['rows_a_take']:12}"
              f"{row['rows_per_sec_wall']:9}{row['rows_per_sec_cpu']:15}")  # fmt: skip
    if "torch" in engines():
        taken = max(64, result["speed"][0]["rows_a_take"])
        longer = piece_rows(encode_piece(play(plan, 3)), View.whole(encode_piece(play(plan, 3))))[:taken]
        peer = naive_rows_per_sec(weights, longer, options.points)
        result["naive_torch_rows_per_sec"] = round(peer, 1)
        result["ratio_to_naive_torch"] = round(result["speed"][0]["rows_per_sec_wall"] / peer, 1)
        print(
            f"naive torch, no cache, {len(longer)} rows: {peer:.0f} rows/s; onnx is {result['ratio_to_naive_torch']} x"
        )
    result["agreement"] = agreement(plan_of(min(options.bars, 16)), weights)
    for engine, found in result["agreement"].items():
        print(f"{engine} against numpy: hidden {found['hidden']:.1e}, logits {found['logits']:.1e}")
    result["free_sampling"] = equality(plan_of(options.equal_bars), weights, options.equal)
    free = result["free_sampling"]
    print(
        f"free sampling, onnx and numpy: {free['equal']} of {free['takes']} takes equal; "
        f"of {free['differing']} others {free['first_difference_on_boundary']} part on a boundary"
    )
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
