"""Train the drum ear on the project's own sounds, and write src/bandmate/data/ears/drums.onnx and its card.

    python scripts/train_drum_ear.py --data DIR [--work DIR] [--clips 640] [--steps 2000] [--seed 1]

DIR holds corpus/groove_midi, corpus/pop909_band and samples/ (docs/AUDIO.md says what they are). One thread, about ten
minutes of a processor core; a checkpoint every 100 steps lies in --work, and a run that finds one goes on from it.
Needs the extras learn and dev (torch, onnx).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from band_material import Band, bands, load, save
from drum_ear_material import DrumClip, drum_clips

from bandmate.audio.drum_onsets import DRUMS, drum_picture, pick_strokes
from bandmate.audio.networks import FOLDER
from bandmate.audio.spectrum import FRAME_RATE
from bandmate.evaluation.matching import Matched, match_times
from bandmate.io.atomic import atomic_write
from bandmate.models.drum_ear import POOLS, REACH, DrumEar

CROP, BATCH = 300, 12  # frames, crops a step
RATE, WARM_STEPS, COOL = 2e-3, 50, 0.35  # the rate rises at once, stays, and falls over the last share of the steps
POSITIVE = (6.0, 6.0, 4.0, 10.0, 8.0)
BEDS = 75  # clips of 20 s
BESIDE = 0.5  # target of the frames beside an onset


def targets(clip: DrumClip, frames: int) -> NDArray[np.float32]:
    """1 at onsets, BESIDE next to them; float32 (frames, drums)."""
    wanted = np.zeros((frames, len(DRUMS)), np.float32)
    for drum, name in enumerate(DRUMS):
        at = np.round(clip.onsets[name] * FRAME_RATE).astype(int)
        for step, value in ((-1, BESIDE), (1, BESIDE), (0, 1.0)):
            near = at + step
            near = near[(near >= 0) & (near < frames)]
            wanted[near, drum] = np.maximum(wanted[near, drum], value)
    return wanted


def beds(data: Path, work: Path, seed: int) -> list[Band]:
    """Bands to play in, kept in --work."""
    kept = work / "bands.npz"
    if not kept.exists():
        save(list(bands(data, "train", BEDS, seed)), kept)
    return load(kept)


def material(data: Path, work: Path, clips: int, seed: int) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Pictures and targets of all training clips, kept in --work."""
    kept = work / "material.npz"
    if kept.exists():
        stored = np.load(kept)
        return stored["pictures"], stored["wanted"]
    began = time.time()
    pictures, wanted = [], []
    for clip in drum_clips(data, "train", clips, seed, beds(data, work, seed), 0.55):
        pictures.append(drum_picture(clip.mono).astype(np.float16))
        wanted.append(targets(clip, len(pictures[-1])))
    print(f"{len(pictures)} clips, {time.time() - began:.0f} s", flush=True)
    result = np.stack(pictures), np.stack(wanted)
    np.savez(kept, pictures=result[0], wanted=result[1])
    return result


def train(pictures: NDArray[np.float16], wanted: NDArray[np.float32], work: Path, steps: int, seed: int) -> DrumEar:
    """AdamW over random crops; a run with more or fewer steps goes on from the same checkpoint."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    ear = DrumEar(len(DRUMS))
    optimiser = torch.optim.AdamW(ear.parameters(), RATE, weight_decay=0.01)
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(POSITIVE)[:, None])
    kept, step, losses = work / "checkpoint.pt", 0, []
    if kept.exists():
        state = torch.load(kept, weights_only=True)
        ear.load_state_dict(state["ear"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    began = time.time()
    while step < steps:
        share = min(1.0, (step + 1) / WARM_STEPS, (steps - step) / (COOL * steps))
        for group in optimiser.param_groups:
            group["lr"] = RATE * share
        rng = np.random.default_rng((seed, step))
        which = rng.integers(len(pictures), size=BATCH)
        where = rng.integers(pictures.shape[1] - CROP, size=BATCH)
        seen = np.stack([pictures[w, a : a + CROP] for w, a in zip(which, where, strict=True)]).astype(np.float32)
        goal = np.stack([wanted[w, a : a + CROP] for w, a in zip(which, where, strict=True)])
        tilt = rng.normal(0, 0.08, size=(BATCH, 1, 4)) @ np.cos(np.outer(np.arange(4), np.linspace(0, np.pi, 64)))
        seen *= (1.0 + tilt).astype(np.float32)  # another equaliser each time
        ear.train()
        loss = loss_of(ear(torch.from_numpy(seen)[:, None]), torch.from_numpy(goal).permute(0, 2, 1))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(ear.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
        step += 1
        if step % 100 == 0 or step == steps:
            print(f"step {step}: loss {np.mean(losses[-100:]):.4f}, {time.time() - began:.0f} s", flush=True)
            torch.save({"ear": ear.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, kept)
    ear.eval()
    return ear


def graph(ear: DrumEar) -> bytes:
    """The network as an ONNX file of convolutions, built by hand."""
    from onnx import TensorProto, helper, numpy_helper

    weights = [numpy_helper.from_array(value, name) for name, value in ear.arrays().items()]
    nodes, x = [], "mel"
    for index, pool in enumerate(POOLS):
        conv = [x, f"spectral{index}.weight", f"spectral{index}.bias"]
        nodes += [
            helper.make_node("Conv", conv, [f"c{index}"], pads=[1, 1, 1, 1]),
            helper.make_node("Relu", [f"c{index}"], [f"r{index}"]),
            helper.make_node("MaxPool", [f"r{index}"], [f"p{index}"], kernel_shape=[1, pool], strides=[1, pool]),
        ]
        x = f"p{index}"
    nodes += [
        helper.make_node("Transpose", [x], ["turned"], perm=[0, 1, 3, 2]),
        helper.make_node("Reshape", ["turned", "flat3"], ["x0"]),
    ]
    weights.append(numpy_helper.from_array(np.array([1, ear.first.in_channels, -1], np.int64), "flat3"))
    for number, (name, after) in enumerate((("first", True), ("second", True), ("out", False))):
        pads = [REACH // 2, REACH // 2] if after else [0, 0]
        to = f"x{number + 1}" if not after else f"y{number}"
        to = "logits" if not after else to
        nodes.append(helper.make_node("Conv", [f"x{number}", f"{name}.weight", f"{name}.bias"], [to], pads=pads))
        if after:
            nodes.append(helper.make_node("Relu", [to], [f"x{number + 1}"]))
    inputs = [helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, 1, "frames", 64])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, len(DRUMS), "frames"])]
    built = helper.make_model(
        helper.make_graph(nodes, "drum_ear", inputs, outputs, weights),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8,
    )  # fmt: skip
    return built.SerializeToString()


def measure(ear: DrumEar, clips: list[DrumClip], thresholds: tuple[float, ...]) -> dict[str, float]:
    """F1 of each drum, within 50 ms, and the mean of kick, snare and hat."""
    totals = [Matched() for _ in DRUMS]
    for clip in clips:
        with torch.no_grad():
            likely = torch.sigmoid(ear(torch.from_numpy(drum_picture(clip.mono))[None, None]))[0].T.numpy()
        strokes = pick_strokes(likely, thresholds)
        for drum, name in enumerate(DRUMS):
            found = np.array([time_sec for time_sec, struck, _ in strokes if struck == drum])
            totals[drum] = totals[drum] + match_times(found, clip.onsets[name])
    scores = {name: round(total.f1, 3) for name, total in zip(DRUMS, totals, strict=True)}
    return {**scores, "mean of kick, snare, hat": round(float(np.mean([scores[n] for n in DRUMS[:3]])), 3)}


def main() -> None:
    """Make material, train, choose thresholds, write network and card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("drum-ear"))
    parser.add_argument("--clips", type=int, default=640)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    told.work.mkdir(parents=True, exist_ok=True)
    ear = train(*material(told.data, told.work, told.clips, told.seed), told.work, told.steps, told.seed)
    places = beds(told.data, told.work, told.seed)
    checks = list(drum_clips(told.data, "validation", 24, told.seed + 2, places, 0.5))
    grid = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    rows = [measure(ear, checks, (value,) * len(DRUMS)) for value in grid]
    best = tuple(grid[int(np.argmax([row[name] for row in rows]))] for name in DRUMS)
    card = {
        "network": "drum ear", "drums": DRUMS, "parameters": sum(p.numel() for p in ear.parameters()),
        "clips": told.clips, "steps": told.steps, "seed": told.seed, "thresholds": best,
        "validation F1 (50 ms)": measure(ear, checks, best),
        "licence": "MIT; the weights learned from Groove MIDI (CC BY 4.0, Google LLC), POP909 (MIT), the groove book "
                   "(this project), Fluid R3 (MIT), the kits of this project and CC0 one-shots of Sonic Pi",
    }  # fmt: skip
    with atomic_write(FOLDER / "drums.onnx") as place:
        place.write_bytes(graph(ear))
    with atomic_write(FOLDER / "drums.json") as place:
        place.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
