"""How fast scores become trackbar text beside MidiTok's REMI, on the same parsed files in one run, and what is kept.

    python benchmarks/trackbar_speed.py [--data DIR] [--files 60] [--rounds 3] [--seed 0]

Both start from scores that are already parsed (ours from `read_midi_fast`, MidiTok's from symusic). Ours ends in text,
MidiTok's in ids, both on one core; each file's best round counts. "Kept": notes of the file found again in the decoded
text with the same instrument and pitch on the nearest step. Without --data a few pieces are made up.
Prints a table, then one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import symusic
from miditok import REMI, TokenizerConfig
from timing import best_seconds

from bandmate.io.files import write
from bandmate.io.midi_fast import read_midi_fast
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.tokenizers.trackbar import TrackBarOptions, TrackBarTokenizer
from bandmate.tokenizers.trackbar_table import instrument_index

FORMS = {
    "note-off": TrackBarOptions(),
    "note-off, 24 steps, velocity": TrackBarOptions(24, "off", 32),
    "duration, 24 steps, velocity": TrackBarOptions(24, "duration", 32),
    "bars side by side": TrackBarOptions(24, "duration", 32, "bars", "fixed", True),
}


def made_up(folder: Path, count: int = 12, bars: int = 64) -> list[Path]:
    """Small band pieces of random notes, written as MIDI."""
    paths = []
    for seed in range(count):
        dice = np.random.default_rng(seed)
        tracks = []
        for program, is_drum, per_bar in (
            (0, True, 16),
            (33, False, 8),
            (4, False, 12),
            (80, False, 6),
            (48, False, 4),
        ):
            size = per_bar * bars
            onset = np.sort(dice.integers(0, bars * 16, size)) * 120 + dice.integers(0, 20, size)
            pitch = dice.integers(35, 52, size) if is_drum else dice.integers(40, 80, size)
            notes = make_notes(onset, dice.integers(60, 900, size), pitch, dice.integers(40, 120, size))
            notes["channel"] = 9 if is_drum else len(tracks)
            tracks.append(Track("", program, is_drum, notes))
        score = Score(tuple(tracks), 480, make_tempos(100 + seed), make_meters())
        paths.append(write(score, folder / f"{seed}.mid"))
    return paths


def kept(score: Score, tokenizer: TrackBarTokenizer) -> int:
    """Notes found again: same instrument and pitch, at the nearest step, however often they stand there."""
    steps = tokenizer.options.steps_per_quarter

    def places(some: Score) -> Counter[tuple[int, ...]]:
        found: Counter[tuple[int, ...]] = Counter()
        for track in some.tracks:
            tpq = some.ticks_per_quarter
            onset = (2 * track.notes["onset_ticks"] * steps + tpq) // (2 * tpq)
            which = instrument_index(track.program, track.is_drum)
            found.update((which, o, p) for o, p in zip(onset.tolist(), track.notes["pitch"].tolist(), strict=True))
        return found

    return (places(score) & places(tokenizer.decode_text(tokenizer.encode_text(score)))).total()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with MIDI files; none = a few made-up pieces")
    parser.add_argument("--files", type=int, default=60, help="how many of them, drawn at random")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        if options.data:
            paths = sorted(p for p in options.data.rglob("*") if p.suffix.lower() in (".mid", ".midi"))
            random.Random(options.seed).shuffle(paths)
        else:
            paths = made_up(Path(folder))
        report = measure(paths, options.files, options.rounds)
    for name, row in report["forms"].items():
        figures = (
            f"{row['ratio']:6.1f} x REMI {row['notes_per_sec']:>12,.0f} notes/s {row['tokens_per_note']:.2f} a note"
        )
        print(f"{name:30} {figures} {row['kept_percent']:.3f} % kept", file=sys.stderr)
    print(json.dumps(report, indent=1))


def measure(paths: list[Path], files: int, rounds: int) -> dict[str, Any]:
    peer = REMI(TokenizerConfig(use_programs=True, use_tempos=True, use_time_signatures=True))
    ours = {name: TrackBarTokenizer(form) for name, form in FORMS.items()}
    seconds: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    kept_notes: Counter[str] = Counter()
    notes = used = 0
    for path in paths:
        if used == files:
            break
        try:
            score, theirs = read_midi_fast(path), symusic.Score(str(path))
            seconds["REMI"] += best_seconds(lambda theirs=theirs: peer.encode(theirs), rounds)
        except Exception as error:  # a file that a peer cannot take is left out for both
            print(f"left out {path.name}: {type(error).__name__}", file=sys.stderr)
            continue
        used, notes = used + 1, notes + score.note_count
        for name, tokenizer in ours.items():
            seconds[name] += best_seconds(lambda score=score, tokenizer=tokenizer: tokenizer.encode_text(score), rounds)
            tokens[name] += len(tokenizer.encode(score))
            kept_notes[name] += kept(score, tokenizer)
    return {
        "files": used,
        "notes": notes,
        "remi_notes_per_sec": round(notes / seconds["REMI"]),
        "forms": {
            name: {
                "ratio": round(seconds["REMI"] / seconds[name], 2),
                "notes_per_sec": round(notes / seconds[name]),
                "tokens_per_note": round(tokens[name] / notes, 3),
                "kept_percent": round(100 * kept_notes[name] / notes, 4),
            }
            for name in ours
        },
    }


if __name__ == "__main__":
    main()
