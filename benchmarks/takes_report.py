"""What takes are like: the model's beside the rules engine's, in plain facts.

    python benchmarks/takes_report.py [--model FILE|NAME] [--takes 40] [--bars 16] [--data DIR]

For each of ten genres both engines write the same plans, one take a plan. With --data (a folder that holds corpus/)
every take is also checked for runs of notes copied from POP909's training songs, at 8 notes, and a third column,
"people", says the same of reserve songs of pop909_band, their chords, keys and roles estimated.

Facts: chord tones = melody onsets on the first and middle beat that are tones of the chord; roots = chord changes at
which the bass plays the root or the named bass; kick+bass = kicks with a bass onset within 30 ms while the bass plays;
in scale = pitched notes in the key's scale (in minor with raised 6th and 7th); distinct = different bars over bars, all
tracks, on 16ths; empty = cells that were to sound and hold nothing; velocity = standard deviation inside a track;
notes a bar by role.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.harmony import estimate_key
from bandmate.analysis.voices import estimate_roles
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.library.runs import RunIndex, copy_check
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key
from bandmate.training.corpora import read_corpus

GENRES = ("pop", "house", "boom_bap", "rock", "funk", "bossa_nova", "jazz_swing", "drum_and_bass", "trap", "reggae")
TICKS = 480
NEAR_MS = 30
KICKS = (35, 36)
TUNE = ("melody", "lead", "vox")
MAIN_ROLES = ("drums", "bass", "chords", "melody")
Facts = dict[str, float]


def near(onsets: np.ndarray, at: int, ticks: float) -> bool:
    return bool(len(onsets)) and bool(np.abs(onsets - at).min() <= ticks)


def chord_tones(score: Score, roles: list[str], chords: tuple[Chord | None, ...], half: int) -> list[bool]:
    found = []
    for role, track in zip(roles, score.tracks, strict=True):
        if role in TUNE:
            for onset, pitch in zip(track.notes["onset_ticks"].tolist(), track.notes["pitch"].tolist(), strict=True):
                place = round(onset / half)
                chord = chords[place] if place < len(chords) else None
                if chord is not None and abs(onset - place * half) <= 40:
                    found.append(pitch % 12 in chord.pitch_classes)
    return found


def bass_roots(score: Score, roles: list[str], chords: tuple[Chord | None, ...], half: int) -> list[bool]:
    found = []
    for role, track in zip(roles, score.tracks, strict=True):
        if role != "bass":
            continue
        for index, chord in enumerate(chords):
            if chord is None or (index and chord == chords[index - 1]):
                continue
            start = index * half
            notes = track.notes[
                (track.notes["onset_ticks"] >= start - 60) & (track.notes["onset_ticks"] <= start + 300)
            ]
            if len(notes):
                found.append(int(notes["pitch"][0]) % 12 in (chord.root, chord.bass))
    return found


def kick_bass(score: Score, roles: list[str], ticks: float) -> list[bool]:
    drums = [t for t, role in zip(score.tracks, roles, strict=True) if role == "drums"]
    bass = [t for t, role in zip(score.tracks, roles, strict=True) if role == "bass" and len(t.notes)]
    if not drums or not bass:
        return []
    onsets = bass[0].notes["onset_ticks"]
    kicks = drums[0].notes["onset_ticks"][np.isin(drums[0].notes["pitch"], KICKS)]
    return [near(onsets, int(at), ticks) for at in kicks if near(onsets, int(at), 2 * 4 * TICKS)]


def distinct_bars(score: Score, bars: int, bar: int) -> float:
    seen: list[set[tuple[int, int, int]]] = [set() for _ in range(bars)]
    for index, track in enumerate(score.tracks):
        for onset, pitch in zip(track.notes["onset_ticks"].tolist(), track.notes["pitch"].tolist(), strict=True):
            step = round(onset / 120) * 120
            seen[min(bars - 1, step // bar)].add((index, step % bar, pitch))
    return len({frozenset(each) for each in seen}) / bars


def facts_of(
    score: Score, roles: list[str], chords: tuple[Chord | None, ...], key: Key | None, bars: int, empty: list[bool]
) -> Facts:
    """All facts of one score on 480 ticks; a fact that does not apply is left out."""
    bar = score.end_ticks // bars
    ticks = NEAR_MS * TICKS * score.bpm / 60000
    pitched = np.concatenate([t.notes["pitch"] for t in score.tracks if not t.is_drum] or [np.zeros(0, np.uint8)])
    lists: dict[str, list[Any]] = {
        "chord tones": chord_tones(score, roles, chords, bar // 2),
        "roots": bass_roots(score, roles, chords, bar // 2),
        "kick+bass": kick_bass(score, roles, ticks),
        "in scale": np.isin(pitched % 12, list(key.lock)).tolist() if key else [],
        "distinct": [distinct_bars(score, bars, bar)],
        "empty": empty,
        "velocity": [float(t.notes["velocity"].std()) for t in score.tracks if len(t.notes) > 3],
    }
    for role in MAIN_ROLES:
        lists[f"{role}/bar"] = [len(t.notes) / bars for t, r in zip(score.tracks, roles, strict=True) if r == role]
    return {name: float(np.mean(values)) for name, values in lists.items() if len(values)}


def facts_of_take(plan: Any, score: Score) -> Facts:
    bar = score.end_ticks // plan.bars
    sounding = [set(np.minimum(plan.bars - 1, (t.notes["onset_ticks"] + 10) // bar).tolist()) for t in score.tracks]
    empty = [at not in sounding[index] for index, at in np.argwhere(plan.active).tolist()]
    return facts_of(score, [track.role for track in plan.tracks], plan.chords, plan.key, plan.bars, empty)


def people(data: Path, songs: int) -> Iterator[Facts]:
    """The same facts of songs by people, cut to 16 bars."""
    from bandmate.score.cut import trim
    from bandmate.score.ops import resample

    for found in read_corpus(data / "corpus", "pop909_band"):
        if found.origin.split == "reserve" and songs > 0:
            songs -= 1
            score = trim(resample(found.score, TICKS), 17, 32)
            roles = [guess.role for guess in estimate_roles(found.score)]
            bars = 16
            if score.end_ticks != bars * 4 * TICKS:
                continue
            yield facts_of(score, roles, tuple(estimate_chords(score)), estimate_key(score).key, bars, [])


def index_of(data: Path, songs: int) -> RunIndex:
    """The runs of POP909's training songs, melody and band."""

    def items() -> Iterator[tuple[str, str, Score]]:
        for name in ("pop909", "pop909_band"):
            for number, found in enumerate(f for f in read_corpus(data / "corpus", name) if f.origin.split == "train"):
                if number < songs:
                    yield f"{name}/{found.path.name}", found.origin.group, found.score

    return RunIndex.build(items())


def mean(rows: list[Facts]) -> Facts:
    columns = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            columns[name].append(value)
    return {name: round(float(np.mean(values)), 3) for name, values in columns.items()}


def show(title: str, columns: dict[str, Facts]) -> None:
    print(f"\n{title:14}" + "".join(f"{name:>12}" for name in columns))
    for fact in dict.fromkeys(fact for facts in columns.values() for fact in facts):
        print(
            f"{fact:14}"
            + "".join(f"{facts[fact]:12.2f}" if fact in facts else f"{'-':>12}" for facts in columns.values())
        )


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="weights file or name of an installed model; default: the shipped one")
    parser.add_argument("--size", default="small", help="of random weights, where there is no model")
    parser.add_argument("--takes", type=int, default=40, help="in all, shared by the genres")
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--data", type=Path, help="folder that holds corpus/, for the copy check and people's songs")
    parser.add_argument("--songs", type=int, default=10_000, help="most songs of each corpus in the copy check")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, default=8, help="of the copy check, in notes")
    options = parser.parse_args(arguments)
    name, weights = find_weights(options.model, options.size)
    genres = GENRES[: max(1, min(len(GENRES), options.takes))]
    each = max(1, options.takes // len(genres))
    table: dict[str, dict[str, list[Facts]]] = {genre: {"model": [], "rules": []} for genre in genres}
    scores: dict[str, list[tuple[str, Score]]] = {"model": [], "rules": []}
    started = time.perf_counter()
    for genre in genres:
        for seed in range(options.seed, options.seed + each):
            plan = make_plan(Brief(genre=genre, bars=options.bars), seed)
            (take,) = write_takes(plan, [seed], weights, WriteOptions("onnx"))
            for engine, score in (("model", take.score), ("rules", play(plan, seed))):
                table[genre][engine].append(facts_of_take(plan, score))
                scores[engine].append((f"{genre} {seed}", score))
    for genre in genres:
        show(genre, {engine: mean(rows) for engine, rows in table[genre].items()})
    columns = {e: mean([row for genre in genres for row in table[genre][e]]) for e in ("model", "rules")}
    if options.data:
        columns["people"] = mean(list(people(options.data, min(24, options.songs))))
    show("ALL", columns)
    result: dict[str, Any] = {
        "model": name, "takes": each * len(genres), "bars": options.bars,
        "seconds": round(time.perf_counter() - started, 1), "all": columns,
        "genres": {genre: {e: mean(rows) for e, rows in table[genre].items()} for genre in genres},
    }  # fmt: skip
    if options.data:
        result["copies"] = copies(options.data, options.songs, options.limit, scores)
    print(json.dumps(result))
    return result


def copies(data: Path, songs: int, limit: int, scores: dict[str, list[tuple[str, Score]]]) -> dict[str, Any]:
    """How many takes hold a run over the limit, and the heaviest one."""
    index = index_of(data, songs)
    found: dict[str, Any] = {"songs": len(index), "limit": limit}
    for engine, takes in scores.items():
        reports = [(title, copy_check(score, index, limit)) for title, score in takes]
        title, worst = max(reports, key=lambda item: (item[1].longest.weight, item[1].longest.notes))
        run = worst.longest
        over = sum(not report.passed for _, report in reports)
        found[engine] = {"over": over, "take": title, "notes": run.notes, "weight": run.weight, "piece": run.piece}
        print(f"copies, {engine}: {over} of {len(takes)} takes over {limit} notes' weight; heaviest {run.weight} "
              f"({run.notes} notes, {title} and {run.piece})")  # fmt: skip
    return found


if __name__ == "__main__":
    main()
