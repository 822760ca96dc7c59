"""How fast the groove book writes, and how far its pieces keep the rules of docs/GENRES.md.

    python benchmarks/groovebook.py --seeds 3 --bars 16

Prints a table by family and one JSON object with the figures over all pieces.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from typing import Any

import numpy as np

from bandmate.analysis.genres import genre, genre_ids
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.plan import Plan

CYMBALS = (42, 44, 46, 49, 51, 52, 53, 55, 57, 59)


def by_role(plan: Plan, role: str) -> list[int]:
    return [i for i, track in enumerate(plan.tracks) if track.role == role]


def bass_roots(plan: Plan, score: Score, half: int) -> list[bool]:
    """At each chord change, whether the first bass onset within an 8th is the root or the named bass."""
    out = []
    for track in by_role(plan, "bass"):
        notes = score.tracks[track].notes
        for index, chord in enumerate(plan.chords):
            bar = index // 2
            changed = index % 2 == 0 or chord != plan.chords[index - 1]
            if not plan.active[track, bar] or not changed:
                continue
            at = index * half
            early = notes[(notes["onset_ticks"] < at - 50) & (notes["onset_ticks"] >= at - 520)]
            early = early[early["onset_ticks"] + early["duration_ticks"] > at - 60]
            if genre(plan.genre)["family"] == "latin" and len(early) and int(early["pitch"][-1]) % 12 == chord.root:
                out.append(True)  # a tumbao plays the change a beat early
                continue
            near = notes[(notes["onset_ticks"] >= at - 50) & (notes["onset_ticks"] <= at + 300)]
            out.append(bool(len(near)) and int(near["pitch"][0]) % 12 in (chord.root, chord.bass))
    return out


def strong_tones(plan: Plan, score: Score, half: int) -> list[bool]:
    """For melody onsets on the first and middle beat, whether they are chord tones."""
    out = []
    for track in by_role(plan, "melody"):
        for note in score.tracks[track].notes:
            place = round(int(note["onset_ticks"]) / half)
            if abs(int(note["onset_ticks"]) - place * half) <= 40 and place < len(plan.chords):
                out.append(int(note["pitch"]) % 12 in plan.chords[place].pitch_classes)
    return out


def kick_bass(plan: Plan, score: Score) -> list[bool]:
    """For each kick while the bass sounds, whether a bass onset lies within 20 ms."""
    drums, bass = by_role(plan, "drums"), by_role(plan, "bass")
    if not drums or not bass:
        return []
    near = 20 * 480 * plan.tempo / 60000
    bar = score.end_ticks // plan.bars
    onsets = score.tracks[bass[0]].notes["onset_ticks"]
    out = []
    for note in score.tracks[drums[0]].notes:
        if note["pitch"] in (35, 36) and note["velocity"] > 45 and len(onsets):
            at = int(note["onset_ticks"])
            if plan.active[bass[0], min(plan.bars - 1, (at + 60) // bar)]:
                out.append(bool(np.abs(onsets - at).min() <= near))
    return out


def fills(plan: Plan, score: Score) -> list[bool]:
    """For each section line, whether the drums before it (no cymbals) differ from two bars earlier by two strokes."""
    drums = by_role(plan, "drums")
    if not drums:
        return []
    bar = score.end_ticks // plan.bars
    notes = score.tracks[drums[0]].notes
    out = []
    for section in plan.sections[1:]:
        last = section.start_bar - 1
        if last < 2 or not (plan.active[drums[0], last] and plan.active[drums[0], last - 2]):
            continue

        def strokes(number: int) -> set[tuple[int, int]]:
            rows = notes[(notes["onset_ticks"] >= number * bar - 40) & (notes["onset_ticks"] < (number + 1) * bar - 40)]
            return {
                (round((int(n["onset_ticks"]) - number * bar) / 60), int(n["pitch"]))
                for n in rows
                if n["pitch"] not in CYMBALS
            }

        out.append(len(strokes(last) ^ strokes(last - 2)) >= 2)
    return out


def distinct_bars(plan: Plan, score: Score) -> float:
    """Share of bars (all tracks, on 16ths) that occur once only in kind: distinct bars over bars."""
    bar = score.end_ticks // plan.bars
    seen: list[set[tuple[int, int, int]]] = [set() for _ in range(plan.bars)]
    for index, track in enumerate(score.tracks):
        for onset, pitch in zip(track.notes["onset_ticks"].tolist(), track.notes["pitch"].tolist(), strict=True):
            step = round(onset / 120) * 120
            seen[min(plan.bars - 1, step // bar)].add((index, step % bar, pitch))
    return len({frozenset(s) for s in seen}) / plan.bars


def in_scale(plan: Plan, score: Score) -> list[float]:
    pitches = [track.notes["pitch"] for track in score.tracks if not track.is_drum]
    allowed = np.zeros(12, bool)
    allowed[list(plan.key.scale)] = True
    return [float(allowed[np.concatenate(pitches) % 12].mean())] if pitches and sum(map(len, pitches)) else []


def measure(plan: Plan, score: Score) -> dict[str, list[Any]]:
    half = score.end_ticks // plan.bars // 2
    relation = genre(plan.genre)["bass"]["kick_rel"]
    return {
        "bass_root": bass_roots(plan, score, half),
        "strong_tones": strong_tones(plan, score, half),
        f"kick_bass_{relation}": kick_bass(plan, score),
        "fills": fills(plan, score),
        "distinct_bars": [distinct_bars(plan, score)],
        "in_scale": in_scale(plan, score),
        "notes_per_bar": [score.note_count / plan.bars],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--by", choices=("family", "genre"), default="family")
    options = parser.parse_args()
    total: dict[str, list[Any]] = defaultdict(list)
    groups: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    spent, count = 0.0, 0
    play(make_plan(Brief(genre="house"), 0), 0)  # tables are read once
    for name in genre_ids():
        for seed in range(options.seeds):
            began = time.perf_counter()
            plan = make_plan(Brief(genre=name, bars=options.bars), seed)
            score = play(plan, seed)
            spent += time.perf_counter() - began
            count += 1
            for key, values in measure(plan, score).items():
                total[key] += values
                groups[name if options.by == "genre" else genre(name)["family"]][key] += values
    columns = sorted(total)
    print("  ".join([f"{'':18}", *(f"{c[:16]:>16}" for c in columns)]))
    for name, rows in groups.items():
        print("  ".join([f"{name:18}", *(f"{np.mean(rows[c]):16.2f}" if rows[c] else " " * 16 for c in columns)]))
    figures = {key: round(float(np.mean(values)), 3) for key, values in total.items() if values}
    print(json.dumps({"pieces": count, "pieces_per_second": round(count / spent, 1), **figures}))


if __name__ == "__main__":
    main()
