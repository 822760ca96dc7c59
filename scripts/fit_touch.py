"""Fit how people play drums, by style, and write the table that the groove book plays by.

    python scripts/fit_touch.py --data DIR [--out src/bandmate/data/touch.json]

DIR holds `pairs/groove_midi.npz` and its index: strokes of the Groove MIDI Dataset (CC BY 4.0) beside the nearest
place of the grid. Only beats in 4/4 of the dataset's training performances are read; its validation and test
performances are left for `benchmarks/touch.py`. What the numbers mean stands in `bandmate.groovebook.drum_touch`.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.drum_touch import PLACES, SOFT_BELOW, VOICES, place_of

CREDIT = (
    "Fitted by scripts/fit_touch.py on the Groove MIDI Dataset, copyright Google LLC, CC BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/): Jon Gillick, Adam Roberts, Jesse Engel, Douglas Eck, "
    'David Bamman, "Learning to Groove with Inverse Sequence Transformations", ICML 2019. '
    "Changed: only these averages are kept."
)
# Notes of the Roland TD-11 as voices of the table.
KEYS = {
    "kick": (35, 36), "snare": (38, 40), "rim": (37,), "hat": (22, 42), "open_hat": (26, 46), "pedal_hat": (44,),
    "ride": (51, 53, 59), "crash": (49, 52, 55, 57), "tom": (43, 45, 47, 48, 50, 58),
}  # fmt: skip
STYLES = ("rock", "funk", "jazz", "hiphop", "soul", "latin", "afrobeat", "pop", "reggae")
_LATIN = ("latin", "brazilian", "afrocuban", "samba", "bossa")
LEAN = 600  # a style of n performances leans on all styles by LEAN / n strokes a number
NEAR_MS = 45.0  # further off, the grid was guessed wrong
RARE = 60  # strokes at one place of one drum, below which its lateness leans on the average
HEARD = 35  # strokes softer than this (drags, rebounds) say nothing about timing


@dataclass(frozen=True)
class Strokes:
    """The strokes of one performance: voice, place of the bar, 16ths from the start, ms late, velocity."""

    style: str
    voice: NDArray[Any]
    place: NDArray[Any]
    slot: NDArray[Any]
    late_ms: NDArray[Any]
    velocity: NDArray[Any]


def style_of(tags: list[str]) -> str:
    """The style of the table that a performance's tags name; "" = none of them."""
    if any(tag in _LATIN for tag in tags):
        return "latin"
    return next((tag for tag in tags if tag in STYLES), "")


def read(root: Path, splits: tuple[str, ...]) -> list[Strokes]:
    """The beats in 4/4 of some splits, each measured against its own kick."""
    rows = np.load(root / "pairs" / "groove_midi.npz")["notes"]
    index = json.loads((root / "pairs" / "groove_midi.index.json").read_text(encoding="utf-8"))
    voices = np.full(128, -1)
    for number, name in enumerate(VOICES):
        voices[list(KEYS[name])] = number
    out = []
    for entry in index:
        wanted = entry["split"] in splits and entry["beat_type"] == "beat" and entry["file"].endswith("4-4.mid")
        part = rows[entry["start"] : entry["end"]].astype(np.float64)
        part = part[voices[part[:, 3].astype(int)] >= 0]
        if not wanted or len(part) < 64:
            continue
        late = (part[:, 4] - part[:, 0] * 60 / entry["bpm"]) * 1000
        voice = voices[part[:, 3].astype(int)]
        late -= np.median(late[voice == 0]) if (voice == 0).sum() >= 8 else np.median(late)
        near = np.abs(late) < NEAR_MS
        part, late, voice = part[near], late[near], voice[near]
        out.append(
            Strokes(
                style_of(entry["genre"]), voice, place_of(part[:, 0] % 4), np.rint(part[:, 0] * 4), late, part[:, 6]
            )
        )
    return out


def spread(groups: list[NDArray[Any]]) -> float:
    """Standard deviation inside groups, pooled; nan without any."""
    kept = [g for g in groups if len(g) >= 3]
    return (
        float(np.sqrt(sum(((g - g.mean()) ** 2).sum() for g in kept) / sum(len(g) - 1 for g in kept)))
        if kept
        else np.nan
    )


def timing(pieces: list[Strokes]) -> dict[str, float]:
    """The drift that voices share and its correlation from one 16th to the next."""
    shared, total = [], []
    lags: dict[int, list[float]] = {2: [], 8: []}
    for piece in pieces:
        clean = piece.late_ms - _class_means(piece)
        slots: dict[float, list[float]] = defaultdict(list)
        for slot, value in zip(piece.slot, clean, strict=True):
            slots[slot].append(float(value))
        means = {slot: float(np.mean(values)) for slot, values in slots.items()}
        shared += [a * b for values in slots.values() for a, b in pairwise(values)]
        for lag, products in lags.items():
            products += [means[slot] * means[slot + lag] for slot in means if slot + lag in means]
        total += (clean**2).tolist()
    drift = max(1.0, float(np.mean(shared)))
    kept = min(0.9, max(0.1, float(np.mean(lags[8]) / np.mean(lags[2]))))
    return {"shared_ms": drift**0.5, "own_ms": max(1.0, float(np.mean(total)) - drift) ** 0.5, "ar": kept ** (1 / 6)}


def _class_means(piece: Strokes) -> NDArray[Any]:
    out = np.zeros(len(piece.late_ms))
    for key in {(v, p) for v, p in zip(piece.voice, piece.place, strict=True)}:
        here = (piece.voice == key[0]) & (piece.place == key[1])
        out[here] = piece.late_ms[here].mean()
    return out


def touch(pieces: list[Strokes], pooled: dict[str, Any] | None) -> dict[str, Any]:
    """Means and spreads of each voice; thin numbers lean on the pooled table."""
    table: dict[str, Any] = {}
    lean = LEAN / len(pieces)
    for number, name in enumerate(VOICES):
        loud, soft, late = [], [], []
        for place in range(PLACES):
            rows = [
                (p.velocity[m], p.late_ms[m]) for p in pieces if (m := (p.voice == number) & (p.place == place)).any()
            ]
            velocity = np.concatenate([r[0] for r in rows]) if rows else np.empty(0)
            ms = np.concatenate([r[1] for r in rows]) if rows else np.empty(0)
            full = velocity >= SOFT_BELOW if name in ("snare", "rim") else np.ones(len(velocity), bool)
            old = pooled["voices"][name] if pooled else None
            loud.append(_leaning(velocity[full], old and old["velocity"][place], lean))
            if name == "pedal_hat" and place in (3, 5):  # between 8ths the pedal springs back, nobody plays it
                ms = ms[:0]
            heard = ms[velocity >= HEARD] if len(ms) else ms
            late.append(_middle(heard, old and old["late_ms"][place], lean))
            soft.append(velocity[~full])
        quiet = np.concatenate(soft)
        row = {
            "late_ms": [round(x, 1) for x in late],
            "velocity": [round(x) for x in loud],
            "soft": round(_leaning(quiet, pooled and pooled["voices"][name]["soft"], lean))
            if name in ("snare", "rim")
            else 0,
        }
        table[name] = row | _velocity_spreads(pieces, number, name, pooled)
    return {key: round(value, 2) for key, value in timing(pieces).items()} | {"voices": table}


def _velocity_spreads(pieces: list[Strokes], number: int, name: str, pooled: dict[str, Any] | None) -> dict[str, float]:
    """Between players, between the steps of one pattern, and from stroke to stroke."""
    players, steps, strokes = [], [], []
    for piece in pieces:
        here = piece.voice == number
        if name in ("snare", "rim"):
            here &= piece.velocity >= SOFT_BELOW
        if here.sum() < 16:
            continue
        velocity, slot, place = piece.velocity[here], piece.slot[here] % 32, piece.place[here]
        means = {p: velocity[place == p].mean() for p in set(place.tolist())}
        clean = velocity - np.array([means[p] for p in place.tolist()])
        players.append(velocity.mean())
        at = [clean[slot == s] for s in set(slot.tolist())]
        strokes += [g for g in at if len(g) >= 3]
        steps += [g.mean() for g in at if len(g) >= 3]
    if len(strokes) < 20 and pooled:
        old = pooled["voices"][name]
        return {key: old[key] for key in ("player_sd", "step_sd", "stroke_sd")}
    found = {"player_sd": np.std(players), "step_sd": np.std(steps), "stroke_sd": spread(strokes)}
    return {key: round(float(np.nan_to_num(value, nan=8.0)), 1) for key, value in found.items()}


def _leaning(values: NDArray[Any], old: float | None, lean: float) -> float:
    if old is None:
        return float(values.mean()) if len(values) else 0.0
    return float((values.sum() + lean * old) / (len(values) + lean))


def _middle(values: NDArray[Any], old: float | None, lean: float) -> float:
    """Median that leans on the pooled one, and that on the grid: few strokes say little about timing."""
    middle = float(np.median(values)) if len(values) else 0.0
    weight = RARE + lean
    return (len(values) * middle + weight * (old or 0.0)) / (len(values) + weight)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("src/bandmate/data/touch.json"))
    options = parser.parse_args()
    pieces = read(options.data, ("train",))
    everyone = touch(pieces, None)
    styles = {}
    for style in STYLES:
        mine = [piece for piece in pieces if piece.style == style]
        print(f"{style:10} {len(mine):4} performances, {sum(len(p.voice) for p in mine)} strokes")
        if len(mine) >= 3:
            styles[style] = {"performances": len(mine)} | touch(mine, everyone)
    rows = [f'"_credit": {json.dumps(CREDIT)}']
    rows += [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in styles.items()]
    options.out.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
