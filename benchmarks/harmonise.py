"""How near chords found under a melody are to the song's own.

python benchmarks/harmonise.py [--data DIR] [--songs 60]

With `--data` POP909 songs that were not counted (`DIR/corpus/pop909`), the key as heard in all of the song; without,
a few pieces of the groove book. `all I` is the tonic throughout; `melody alone` the best chord of each half bar
without what follows what; `ours` is `groovebook.harmonise`. Half bars count in which there is a chord and the melody
sings.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import itertools

from fit_changes import Song, songs

from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.groovebook import harmonise
from bandmate.groovebook.harmonise import KINDS, best_path, kind_of, state_of, sung
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief


def written(count: int) -> Iterator[Song]:
    """Pieces of the groove book, with the chords they were written on."""
    for seed in range(count):
        plan = make_plan(Brief(genre="pop", bars=16, only=("melody", "chords")), seed)
        place = next(i for i, track in enumerate(plan.tracks) if track.role == "melody")
        yield f"pop {seed}", play(plan, seed), place, plan.key, plan.chords


def main() -> None:
    """Measure and print a table and a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--songs", type=int, default=60)
    parser.add_argument("--worth", type=float, default=harmonise.MELODY_WORTH)
    parser.add_argument("--moves", type=float, default=harmonise.MOVES)
    arguments = parser.parse_args()
    harmonise.MOVES = arguments.moves
    harmonise.MELODY_WORTH = arguments.worth
    hits: dict[str, list[tuple[float, float]]] = {"all I": [], "melody alone": [], "ours": []}
    moves: list[tuple[float, float]] = []
    found_in = songs(arguments.data / "corpus" / "pop909", held_out=True) if arguments.data else written(4)
    for number, (_, score, place, key, chords) in enumerate(found_in):
        if number == arguments.songs:
            break
        bars = score_bars(score)
        melody = sung(score.tracks[place].notes, half_bar_edges(bars), score.ticks_per_quarter)
        over = np.arange(len(chords)) % 2 == 0
        counted = [i for i, c in enumerate(chords) if c is not None and melody.weight[i].sum() > 0]
        ours = best_path(melody, key, over)
        lies = harmonise.melody_scores(melody, key)
        home = int(key.is_minor)
        ways = {"all I": [home] * len(chords), "melody alone": lies.argmax(1).tolist(), "ours": ours}
        for name, path in ways.items():
            truth = [(state_of(chords[i], key.tonic), path[i]) for i in counted]
            roots = np.mean([a // len(KINDS) == b // len(KINDS) for a, b in truth])
            kinds = np.mean([
                a // len(KINDS) == b // len(KINDS) and (a % len(KINDS) in (0, 2)) == (b % len(KINDS) in (0, 2))
                for a, b in truth
            ])  # fmt: skip
            hits[name].append((float(roots), float(kinds)))
        own = [c for c in chords if c is not None]
        moves.append((
            float(np.mean([(a.root, kind_of(a)) != (b.root, kind_of(b)) for a, b in itertools.pairwise(own)])),
            float(np.mean(np.array(ours[1:]) != np.array(ours[:-1]))),
        ))  # fmt: skip
    found = {name: np.mean(rows, axis=0).round(3).tolist() for name, rows in hits.items()}
    print(f"{'':14}{'root':>7}{'with kind':>11}")
    for name, (root, kind) in found.items():
        print(f"{name:14}{root:7.3f}{kind:11.3f}")
    changed = np.mean(moves, axis=0).round(3).tolist()
    print(f"changes a half bar: song {changed[0]}, ours {changed[1]}")
    print(json.dumps({"songs": len(moves), **found, "changes": changed}))


if __name__ == "__main__":
    main()
