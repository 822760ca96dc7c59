"""Edits of real files: what changes outside the asked cells, how near a regenerated bar comes, and seconds.

    python benchmarks/edits.py [--data DIR] [--edits N] [--bars N] [--model NAME] [--seed N] [--no-seconds]

`--data DIR` holds `corpus/*/*.mid`; without it a built-in song is edited.

- untouched: each edit puts other notes into a random rectangle of a random file, writes the file, reads it again, and
  compares both, event for event.
- nearer: of pieces that the model did not learn from, a bar of a track is taken out, notes and all, and written anew
  from what stands around it; it is nearer if its F measure of (position, pitch, length) with the bar that stood there
  is higher than that of another bar of the track, drawn at random. Cases where that other bar equals the original are
  left out, ties count half. Interval by Wilson.
- seconds: `bandmate regenerate` of two bars of one track in 32 bars of five tracks, process start included, by
  the clock and by the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from model_weights import find_weights, random_weights

from bandmate.errors import ScoreError
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.io.midi_fast import read_midi_fast
from bandmate.score.model import NOTE, Score, Track, make_notes
from bandmate.score.selection import Selection, select
from bandmate.score.splice import splice
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched
from bandmate.training.corpora import CORPORA, split_of
from bandmate.workflows.neighbours import refill_bars

_WITH_BARS = ("freedoom", "simutrans", "easyrpg_rtp", "pop909", "pop909_band", "openscore_quartets", "openscore_lieder",
              "blasphemer", "lmms_projects")  # fmt: skip


def built_in() -> list[tuple[str, bytes]]:
    """A song of four parts, 32 bars."""
    draw = np.random.default_rng(1)
    tracks = []
    for part in range(4):
        onset = np.sort(draw.integers(0, 32 * 1920, 400))
        notes = make_notes(onset, draw.integers(30, 400, 400), draw.integers(36, 90, 400), channel=part)
        tracks.append(Track(f"part {part}", part * 8, False, notes))
    return [("built-in", midi_bytes(Score(tuple(tracks))))]


def pieces(data: Path | None, count: int, seed: int) -> list[tuple[str, bytes]]:
    """So many files, the same number of each source as far as it has them."""
    if data is None:
        return built_in() * count
    dice = np.random.default_rng(seed)
    sources = [sorted(folder.glob("*.mid")) for folder in sorted((data / "corpus").iterdir())]
    sources = [files for files in sources if files]
    chosen = [files[int(dice.integers(len(files)))] for _ in range(-(-count // len(sources))) for files in sources]
    return [(str(path.relative_to(data)), path.read_bytes()) for path in chosen[:count]]


def held_out(data: Path | None, seed: int) -> list[Score]:
    """Pieces by people that no model of ours learned from, in a random order, sources taking turns."""
    if data is None:
        return [parse_midi(piece, name) for name, piece in built_in() * 8]
    dice, found = np.random.default_rng(seed), []
    for turn, name in enumerate(_WITH_BARS):
        corpus, folder = CORPORA[name], data / "corpus" / name
        entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
        entries = [e for e in entries if split_of(corpus.group(e), e["tags"]) in ("valid", "reserve")]
        found += [(place, turn, folder, corpus, entries[i]) for place, i in enumerate(dice.permutation(len(entries)))]
    scores = (corpus.shape(read_midi_fast(folder / entry["file"]), entry["tags"])
              for _, _, folder, corpus, entry in sorted(found, key=lambda row: row[:2]))  # fmt: skip
    return [score for score in scores if score is not None]


def random_cells(score: Score, dice: np.random.Generator) -> Selection | None:
    """A rectangle of one to eight bars and one to three tracks; None if the piece has none that may be asked."""
    sounding = [str(index + 1) for index, track in enumerate(score.tracks) if len(track.notes)]
    if not sounding:
        return None
    bars = len(bar_grid(score))
    for _ in range(20):
        first = int(dice.integers(1, bars + 1))
        last = min(bars, first + int(dice.integers(0, 8)))
        tracks = dice.choice(sounding, min(len(sounding), int(dice.integers(1, 4))), replace=False)
        try:
            return select(score, ",".join(tracks), f"{first}-{last}")
        except ScoreError:
            continue
    return None


def other_notes(score: Score, selection: Selection, dice: np.random.Generator) -> dict[int, Any]:
    """Notes drawn at random over the asked ticks, some long, many on keys that the track plays."""
    start, end = selection.span(score)
    found: dict[int, Any] = {}
    for index in selection.tracks:
        count = int(dice.integers(0, 8 * selection.bars + 1))
        own = score.tracks[index].notes["pitch"]
        pitch = np.where(dice.random(count) < 0.7, dice.choice(own, count), dice.integers(0, 128, count))
        long = dice.integers(1, 4 * score.ticks_per_quarter, count)
        made = make_notes(dice.integers(start, end, count), long, pitch, dice.integers(1, 128, count))
        found[index] = made if count else np.empty(0, NOTE)
    return found


def measure_untouched(files: list[tuple[str, bytes]], seed: int) -> dict[str, Any]:
    """Edit each file once."""
    dice = np.random.default_rng(seed)
    edits, skipped, events, changed = 0, 0, 0, []
    for name, data in files:
        score = parse_midi(data, name)
        selection = random_cells(score, dice)
        if selection is None:
            skipped += 1
            continue
        edited = splice(score, selection, other_notes(score, selection, dice))
        difference = untouched(score, parse_midi(midi_bytes(edited), name), selection)
        edits, events = edits + 1, events + sum(len(t.events) + 2 * len(t.notes) for t in score.tracks)
        changed += [f"{name}: {sentence}" for sentence in difference]
    return {"edits": edits, "skipped": skipped, "events": events, "changed": len(changed), "first": changed[:5]}


def told(count: int) -> Callable[[float], None]:
    """A listener that says on standard error when another fifty bars are done."""

    def listener(share: float) -> None:
        if (done := round(share * count)) % 50 == 0:
            print(f"{done} bars", file=sys.stderr, flush=True)

    return listener


def five_tracks() -> Score:
    """32 bars of five tracks, as the groove book plays them."""
    from bandmate.groovebook.plan import make_plan
    from bandmate.groovebook.play import play
    from bandmate.score.brief import Brief, TrackAsk

    roles = ("drums", "bass", "chords", "melody", "pad")
    return play(make_plan(Brief(genre="pop", bars=32, tracks=tuple(TrackAsk(r) for r in roles), only=roles), 1), 1)


def measure_seconds(repeats: int = 3) -> dict[str, Any]:
    """The command from process start to the files, best of some."""
    with tempfile.TemporaryDirectory() as folder:
        source = five_tracks().write(Path(folder) / "song.mid")
        clock, processor = [], []
        for number in range(repeats):
            out = Path(folder) / f"out-{number}.mid"
            command = [sys.executable, "-m", "bandmate", "regenerate", str(source), "--tracks", "bass"]
            command += ["--bars", "9-10", "--seed", "1", "--out", str(out)]
            before, start = os.times(), time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=folder)
            after = os.times()
            clock.append(time.perf_counter() - start)
            processor.append(
                after.children_user + after.children_system - before.children_user - before.children_system
            )
    return {"clock": round(min(clock), 3), "processor": round(min(processor), 3), "repeats": repeats}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--bars", type=int, default=500, help="regenerated bars that count")
    parser.add_argument("--model", default=None, help="a model or a weights file; without it the shipped one")
    parser.add_argument("--size", default=None, help="random weights of this size instead, for tests")
    parser.add_argument("--no-seconds", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    weights = random_weights(asked.size) if asked.size else find_weights(asked.model, "small")[1]
    row = measure_untouched(pieces(asked.data, asked.edits, asked.seed), asked.seed)
    print(
        f"{row['edits']} edits of files with {row['events']} events: {row['changed']} changed outside the asked cells"
    )
    for sentence in row["first"]:
        print("  ", sentence)
    found: dict[str, Any] = {"untouched": row}
    if asked.bars:
        scores = held_out(asked.data, asked.seed)
        near = refill_bars(scores, weights, asked.bars, asked.seed, told(asked.bars)).to_json()
        found["nearer"] = {name: value for name, value in near.items() if name != "f_each"}
        print(f"{near['cases']} regenerated bars: nearer than another bar of the track in {near['nearer']:.1%} "
              f"({near['interval'][0]:.1%} to {near['interval'][1]:.1%}); F {near['f']:.3f} against "
              f"{near['f_of_another_bar']:.3f}")  # fmt: skip
    if not asked.no_seconds:
        spent = found["seconds"] = measure_seconds()
        print(f"two bars of one track in 32 bars of five: {spent['clock']} s, {spent['processor']} s of the processor")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
