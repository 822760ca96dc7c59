"""How near the groove book's drummers are to people: velocity and timing of each voice against held-out performances.

    python benchmarks/touch.py --data DIR --seeds 12

DIR holds `pairs/groove_midi.npz` (Groove MIDI, CC BY 4.0); only beats of its validation and test performances are
read, and styles with at least three of them. Prints by style the distance of velocities (in steps of velocity) and of
onsets against the kick (in ms): the area between the two cumulative distributions, averaged over kick, snare, hats
and ride by the people's strokes. `people` is the distance of one half of the held-out performances from the other.
Without data it prints the spread of what the book plays.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
from pathlib import Path

import numpy as np

from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief

GENRES = {
    "rock": ("rock",), "funk": ("funk", "disco"), "jazz": ("jazz_swing",), "hiphop": ("boom_bap", "lofi_hip_hop"),
    "soul": ("soul_motown", "rnb_neo_soul"), "latin": ("bossa_nova", "samba", "latin_pop"), "afrobeat": ("afrobeat",),
    "pop": ("pop", "indie_pop"), "reggae": ("reggae",),
}  # fmt: skip
KEYS = {"kick": (36, 35), "snare": (38, 40), "hat": (42,), "ride": (51, 53)}
Voices = dict[str, tuple[np.ndarray, np.ndarray]]


def area(a: np.ndarray, b: np.ndarray) -> float:
    """Area between two cumulative distributions (the earth mover's distance)."""
    at = np.linspace(0, 1, 201)[1:-1]
    return float(np.abs(np.quantile(a, at) - np.quantile(b, at)).mean())


def book(style: str, seeds: int) -> Voices:
    """Velocity and ms against the kick of what the book plays, with the swing of the grid taken out."""
    out: dict[str, list] = {name: [[], []] for name in KEYS}
    for genre in GENRES[style]:
        for seed in range(seeds):
            plan = make_plan(Brief(genre=genre, bars=16, only=("drums",)), seed)
            notes = play(plan, seed).tracks[0].notes
            ms = 60000 / plan.tempo / 480
            onset = notes["onset_ticks"].astype(float)
            grid = 160 if genre in ("jazz_swing", "jazz_ballad") else 120
            late = (onset - np.rint(onset / grid) * grid) * ms
            kick = np.isin(notes["pitch"], KEYS["kick"])
            late -= np.median(late[kick]) if kick.any() else 0.0
            for name, keys in KEYS.items():
                here = np.isin(notes["pitch"], keys)
                out[name][0] += notes["velocity"][here].tolist()
                out[name][1] += late[here].tolist()
    return {name: (np.array(a), np.array(b)) for name, (a, b) in out.items()}


def distance(a: Voices, b: Voices) -> tuple[float, float]:
    """Velocity and timing, averaged over the voices that both have, by the strokes of the second."""
    names = [n for n in KEYS if len(a[n][0]) >= 20 and len(b[n][0]) >= 20]
    weights = [len(b[n][0]) for n in names]
    both = [[area(a[n][i], b[n][i]) for n in names] for i in (0, 1)]
    return (float(np.average(both[0], weights=weights)), float(np.average(both[1], weights=weights)))


def people(root: Path) -> dict[str, list[Voices]]:
    """Voices of each held-out performance, by style."""
    path = Path(__file__).parents[1] / "scripts" / "fit_touch.py"
    spec = importlib.util.spec_from_file_location("fit_touch", path)
    assert spec and spec.loader
    import sys

    fit = sys.modules["fit_touch"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit)
    out: dict[str, list[Voices]] = {}
    for piece in fit.read(root, ("validation", "test")):
        rows = {n: piece.voice == fit.VOICES.index(n) for n in KEYS}
        out.setdefault(piece.style, []).append({n: (piece.velocity[m], piece.late_ms[m]) for n, m in rows.items()})
    return out


def joined(pieces: list[Voices]) -> Voices:
    return {n: (np.concatenate([p[n][0] for p in pieces]), np.concatenate([p[n][1] for p in pieces])) for n in KEYS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=12)
    options = parser.parse_args()
    figures = {}
    held_out = people(options.data) if options.data else {}
    print(f"{'style':10} {'velocity':>9} {'people':>7} {'ms':>7} {'people':>7}")
    for style in GENRES:
        mine = book(style, options.seeds)
        if not options.data:
            figures[style] = {n: round(float(a.std()), 2) for n, (a, _) in mine.items() if len(a)}
        elif len(held_out.get(style, [])) >= 3:
            theirs = held_out[style]
            near, half = distance(mine, joined(theirs)), distance(joined(theirs[::2]), joined(theirs[1::2]))
            print(f"{style:10} {near[0]:9.1f} {half[0]:7.1f} {near[1]:7.1f} {half[1]:7.1f}")
            figures[style] = {"velocity": round(near[0], 2), "ms": round(near[1], 2), "n": len(theirs)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
