"""How fast scores become representations, beside MusPy's of the same and MidiTok's families, in one run.

    python benchmarks/representations.py [--data DIR] [--files 40] [--rounds 5] [--seed 0]

All start from scores that are already parsed, at 24 steps a quarter (the steps that MusPy then reads as its
resolution), on one core; each file's best round counts. MusPy's values are compared with ours where it is right.
MidiTok's REMI and TSD stand beside. Without --data a few pieces are made up. Prints a table, then one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from timing import best_seconds

from bandmate.io.midi_fast import read_midi_fast
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.ops import resample
from bandmate.tokenizers.arrival import ArrivalTokenizer, InterarrivalTokenizer
from bandmate.tokenizers.event import DEFAULT_EVENT, PERFORMANCE_EVENT, EventTokenizer, PerformanceTokenizer
from bandmate.tokenizers.families import FAMILIES, to_symusic
from bandmate.tokenizers.groove_rows import GrooveTokenizer
from bandmate.tokenizers.steps import NoteTokenizer, PitchOptions, PitchTokenizer, RollTokenizer

warnings.simplefilter("ignore")
STEPS = 24

# ours, and the function of MusPy's that writes the same (its arguments with it)
PAIRS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "event": (EventTokenizer(), "event", {}),
    "default event": (EventTokenizer(DEFAULT_EVENT), "default_event", {}),
    "performance event": (EventTokenizer(PERFORMANCE_EVENT), "performance_event", {}),
    "note": (NoteTokenizer(), "note", {}),
    "pitch": (PitchTokenizer(PitchOptions(use_hold_state=True)), "pitch", {"use_hold_state": True}),
    "piano roll": (RollTokenizer(), "pianoroll", {}),
}
ALONE = {
    "performance": PerformanceTokenizer(),
    "arrival": ArrivalTokenizer(),
    "interarrival": InterarrivalTokenizer(),
    "groove": GrooveTokenizer(),
}
PEERS = ("remi.v1", "tsd.v1")


def made_up(count: int = 4, notes: int = 800) -> list[Score]:
    """Small band pieces of random notes."""
    scores = []
    for seed in range(count):
        dice = np.random.default_rng(seed)
        tracks = []
        for program, is_drum in ((0, True), (33, False), (4, False), (48, False)):
            onset = np.sort(dice.integers(0, 64 * 4 * STEPS, notes))
            columns = (dice.integers(1, 48, notes), dice.integers(36, 84, notes), dice.integers(30, 120, notes))
            tracks.append(Track("", program, is_drum, make_notes(onset, *columns)))
        scores.append(Score(tuple(tracks), STEPS))
    return scores


def scores_of(folder: Path | None, files: int, seed: int) -> list[Score]:
    if folder is None:
        return made_up()
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    random.Random(seed).shuffle(paths)
    found: list[Score] = []
    for path in paths:
        if len(found) == files:
            break
        try:
            score = resample(read_midi_fast(path), STEPS)
        except Exception as error:
            print(f"left out {path.name}: {type(error).__name__}", file=sys.stderr)
            continue
        if score.note_count:
            found.append(score)
    return found


def as_muspy(score: Score) -> Any:
    """MusPy's Music of the same notes, and None where MusPy is not installed."""
    try:
        import muspy
    except ImportError:
        return None
    tracks = []
    for track in score.tracks:
        columns = (track.notes[name].tolist() for name in ("onset_ticks", "pitch", "duration_ticks", "velocity"))
        notes = [muspy.Note(o, p, max(d, 1), v) for o, p, d, v in zip(*columns, strict=True)]
        tracks.append(muspy.Track(program=track.program, is_drum=track.is_drum, notes=notes))
    return muspy.Music(resolution=score.ticks_per_quarter, tracks=tracks)


def equal(name: str, ours: Any, theirs: Any) -> bool:
    """Whether the values are the same; MusPy's roll has an empty row too many."""
    theirs = theirs[:-1] if name == "piano roll" else theirs
    return np.array_equal(ours, theirs.reshape(ours.shape) if ours.size == theirs.size else theirs)


def measure(scores: list[Score], rounds: int) -> dict[str, Any]:
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    same: Counter[str] = Counter()
    for score in scores:
        music = as_muspy(score)
        for name, (tokenizer, function, arguments) in PAIRS.items():
            ours[name] += best_seconds(lambda t=tokenizer, s=score: t.encode(s), rounds)
            if music is None:
                continue
            import muspy

            write = getattr(muspy.outputs, f"to_{function}_representation")
            theirs[name] += best_seconds(lambda w=write, m=music, a=arguments: w(m, **a), rounds)
            same[name] += equal(name, tokenizer.encode(score).ids, write(music, **arguments))
        for name, tokenizer in ALONE.items():
            ours[name] += best_seconds(lambda t=tokenizer, s=score: t.encode(s), rounds)
        parsed = to_symusic(score)
        for name in PEERS:
            peer = FAMILIES[name]().peer
            theirs[name] += best_seconds(lambda p=peer, s=parsed: p.encode(s), max(1, rounds // 3))
    return report(ours, theirs, same, len(scores), sum(score.note_count for score in scores))


def report(ours: Counter[str], theirs: Counter[str], same: Counter[str], files: int, notes: int) -> dict[str, Any]:
    rows = {}
    for name, seconds in ours.items():
        row: dict[str, Any] = {"notes_per_sec": round(notes / seconds)}
        if theirs[name]:
            row |= {"muspy_ratio": round(theirs[name] / seconds, 1), "equal_files": same[name]}
        rows[name] = row | {"remi_ratio": round(theirs["remi.v1"] / seconds, 1)}
    return {
        "files": files,
        "notes": notes,
        "miditok_notes_per_sec": {name: round(notes / theirs[name]) for name in PEERS},
        "forms": rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with MIDI files; none = a few made-up pieces")
    parser.add_argument("--files", type=int, default=40, help="how many of them, drawn at random")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = measure(scores_of(options.data, options.files, options.seed), options.rounds)
    for name, row in found["forms"].items():
        muspy = (
            f"{row['muspy_ratio']:6.1f} x MusPy, equal in {row['equal_files']} files" if "muspy_ratio" in row else ""
        )
        print(f"{name:18} {row['notes_per_sec']:>12,} notes/s {row['remi_ratio']:7.1f} x REMI {muspy}", file=sys.stderr)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
