"""Fit the weights by which ears choose (tempo, bars, kind of sound) and write src/bandmate/data/ears/choices.json.

    python scripts/fit_ears.py --data DIR [--work DIR]

Needs the drum ear (scripts/train_drum_ear.py, of whose --work the bands are taken). Conditional logit: of a few
candidates one is right; the weights make that one likely. Ten minutes of a processor core.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parent))
from band_material import Band, bands, load, save
from drum_ear_material import drum_clips, groove_band, grooves, with_drums
from line_material import melody_clips

from bandmate.analysis.sound.choices import TABLE, softmax
from bandmate.analysis.sound.kinds import KINDS, kind_features
from bandmate.analysis.sound.pulse import Pulse, pulse_of
from bandmate.analysis.sound.tempo import (
    base_tempo,
    candidates,
    half_beat_phase,
    phase_candidates,
    phase_features,
    refined,
    tempo_features,
)
from bandmate.audio.drum_onsets import drum_likelihoods, drum_picture
from bandmate.audio.note_onsets import NotePicture, note_picture
from bandmate.audio.spectrum import RATE, Mono
from bandmate.io.atomic import atomic_write

Floats = NDArray[np.float64]
NEAR = 0.04  # of a tempo: counts as it
DECAY = {"tempo": 0.01, "tempo without drums": 0.01, "bars": 0.02, "kind": 0.01}
FOLDS = 5
MORE_SEED = 21  # of bands beside those that the drum ear's clips are made of


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Candidates as features, which is right, and the piece it is from."""

    features: Floats
    right: int
    piece: int = 0


def fit(examples: list[Example], decay: float) -> Floats:
    """Weights that make what is right likely; float (features,)."""
    size = examples[0].features.shape[1]

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = decay * float(weights @ weights) * len(examples), 2 * decay * weights * len(examples)
        for example in examples:
            likely = softmax(example.features @ weights)
            value -= float(np.log(likely[example.right] + 1e-12))
            slope = slope + example.features.T @ likely - example.features[example.right]
        return value, slope

    return minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x


def share_right(examples: list[Example], weights: Floats) -> float:
    """How often the likeliest candidate is the right one."""
    return float(np.mean([int(np.argmax(e.features @ weights)) == e.right for e in examples]))


def cross_checked(examples: list[Example], decay: float) -> float:
    """How often the right one is the likeliest for weights that were fitted to other pieces."""
    right = 0.0
    for fold in range(FOLDS):
        held = [example for example in examples if example.piece % FOLDS == fold]
        weights = fit([example for example in examples if example.piece % FOLDS != fold], decay)
        right += share_right(held, weights) * len(held) if held else 0.0
    return right / len(examples)


def tempo_example(pulse: Pulse, bpm: float) -> Example | None:
    """None where the right tempo is no candidate."""
    tried = candidates(base_tempo(pulse)[0])
    near = np.abs(tried / bpm - 1.0)
    return Example(tempo_features(pulse, tried), int(np.argmin(near))) if near.min() < NEAR else None


def bar_example(pulse: Pulse, bpm: float, downbeats: Floats, meter: int) -> Example | None:
    """None where beats or meter cannot be told."""
    if meter not in (3, 4) or not len(downbeats):
        return None
    exact = refined(pulse, bpm)
    tried = phase_candidates(exact, half_beat_phase(pulse, exact))
    bar = meter * 60.0 / bpm
    off = [abs((first - downbeats[0] + bar / 2) % bar - bar / 2) if m == meter else 9.0 for m, first in tried]
    return Example(phase_features(pulse, exact, tried), int(np.argmin(off))) if min(off) < 0.08 else None


def heard(mono: Mono) -> tuple[Pulse, NDArray[np.float32], NotePicture]:
    """Everything the ears see of a sound."""
    picture, notes = drum_picture(mono), note_picture(mono)
    drums = drum_likelihoods(picture)
    return pulse_of(picture, drums, notes), drums, notes


def all_bands(data: Path, work: Path, most: int) -> list[Band]:
    """Those of the drum ear, and as many more as are wanted; kept in --work."""
    found, kept = load(work / "bands.npz")[:most], work / "more_bands.npz"
    if len(found) < most and not kept.exists():
        save(list(bands(data, "train", most - len(found), MORE_SEED)), kept)
    return found if len(found) == most else found + load(kept)[: most - len(found)]


def sounds(data: Path, work: Path, most: int) -> Iterator[tuple[str, Mono, Band | None, int]]:
    """Kind, sound, truth, piece: bands on kits, some of their drums alone, melodies alone, people's drums alone."""
    found = all_bands(data, work, most)
    lines = melody_clips(found, most // 3, 3)
    drums = drum_clips(data, "train", most // 4, 9, [], 0.0)
    for index, band in enumerate(found):
        if len(band.hits) >= 8 and band.kind != "piano":
            yield "band", with_drums(data, band, "train", index, (index % 5 - 2) * 2.0), band, index
        else:
            yield "chords" if band.kind == "piano" else "band", band.mono / np.abs(band.mono).max(), band, index
        if index % 3 == 1 and len(band.hits) >= 24:
            yield "drums", with_drums(data, band, "train", index + 1, 60.0), band, index
        if index % 3 == 2:
            yield "line", next(lines).mono[: 10 * RATE], None, index
        if index % 4 == 3:
            yield "drums", next(drums).mono, None, index


def people(data: Path, most: int) -> Iterator[tuple[str, Mono, Band | None, int]]:
    """People's drums alone, with their tempo."""
    files = [file for file in grooves(data, "train") if file.stem.split("_")[-3].isdigit()]
    for index, file in enumerate(files[:: max(1, len(files) // most)][:most]):
        band = groove_band(file)
        yield "drums", with_drums(data, band, "train", index, 60.0), band, index


def examples_of(kind: str, mono: Mono, band: Band | None) -> dict[str, Example | None]:
    """What one sound teaches: None where the right answer is no candidate."""
    pulse, drums, notes = heard(mono)
    found: dict[str, Example | None] = {"kind": Example(kind_features(drums, notes), KINDS.index(kind))}
    if band is not None:
        found["tempo"] = tempo_example(pulse, band.bpm)
        found["bars"] = bar_example(pulse, band.bpm, band.downbeats, band.meter)
    return found


def gather(data: Path, work: Path, most: int) -> tuple[dict[str, list[Example]], dict[str, int]]:
    """Examples of all sounds, and how many had no right candidate; what was seen is kept in --work."""
    folder = work / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    examples: dict[str, list[Example]] = {name: [] for name in DECAY}
    missed = dict.fromkeys(DECAY, 0)
    for index, (kind, mono, band, piece) in enumerate(chain(sounds(data, work, most), people(data, most * 3 // 4))):
        kept = folder / f"{index}.npz"
        if not kept.exists():
            seen = examples_of(kind, mono.astype(np.float32), band)
            arrays = {name: np.zeros((0, 0)) if e is None else e.features for name, e in seen.items()}
            rights = {f"{name}.right": np.array(-1 if e is None else e.right) for name, e in seen.items()}
            np.savez(kept, **arrays, **rights)
        stored = np.load(kept)
        for name in DECAY:
            of = name.split(" ")[0]
            if of not in stored or not _teaches(name, kind, band):
                continue
            if int(stored[f"{of}.right"]) < 0:
                missed[name] += 1
            else:
                examples[name].append(Example(stored[of], int(stored[f"{of}.right"]), piece))
        if index % 10 == 9:
            print(index + 1, {name: len(rows) for name, rows in examples.items()}, missed, flush=True)
    return examples, missed


def _teaches(name: str, kind: str, band: Band | None) -> bool:
    """Chords teach nothing about the tempo of drums, nor do people's drums about that of chords."""
    if name == "tempo":
        return kind != "chords"
    return name != "tempo without drums" or (band is not None and band.kind != "drums")


def main() -> None:
    """Gather examples, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("drum-ear"))
    parser.add_argument("--most", type=int, default=165, help="bands to learn from")
    told = parser.parse_args()
    examples, missed = gather(told.data, told.work, told.most)
    table = {}
    for name, rows in examples.items():
        crossed = cross_checked(rows, DECAY[name])
        weights = fit(rows, DECAY[name])
        table[name] = {"examples": len(rows), "no right candidate": missed[name],
                       "right": round(share_right(rows, weights), 3),
                       f"right, {FOLDS}-fold by piece": round(crossed, 3),
                       "weights": [round(float(value), 4) for value in weights]}  # fmt: skip
        print(name, {key: value for key, value in table[name].items() if key != "weights"}, flush=True)
    with atomic_write(TABLE) as place:
        place.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
