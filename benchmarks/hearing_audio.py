"""How well sound is heard: tempo, bars, key, chords, drums, lines and notes of rendered music whose truth is known.

    python benchmarks/hearing_audio.py                         # a few pieces of the groove book
    python benchmarks/hearing_audio.py --data DIR [--clips 36] [--drums 30] [--lines 20]

Everything is rendered by the project's own player; drums are struck on kits that the drum ear never heard (with --data
eight drum machines and CC0 one-shots among them), songs and performances are held out too. Figures of real recordings
will be lower. `acc1` = within 4 %, `acc2` = so but for a factor of 2 or 3; onsets count within 50 ms.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from band_material import Band, bands, load
from drum_ear_material import drum_clips, truth, window, with_drums
from line_material import melody_clips

from bandmate.audio.clip import Clip
from bandmate.audio.drum_onsets import drum_strokes
from bandmate.audio.signal import Signal
from bandmate.audio.spectrum import RATE, Mono
from bandmate.evaluation.matching import Matched, match_notes, match_times
from bandmate.workflows.hear import Heard, hear_clip

NEAR = 0.04
KIT = ("kick", "snare", "hat")


def listen(mono: Mono, kind: str = "auto", tempo: float | None = None) -> Heard:
    """Hear sound that lies in memory."""
    signal = Signal(mono[None].astype(np.float32), RATE)
    clip = Clip(Path("clip.wav"), signal, mono.astype(np.float32), signal.duration_sec, (), False)
    return hear_clip(clip, kind=kind, tempo=tempo)


def tempo_scores(heard: Heard, bpm: float) -> dict[str, float]:
    """acc1, acc2 and error of the first tempo; whether it, its double or half is right."""
    if heard.bpm is None:
        return {"acc1": 0.0, "acc2": 0.0, "offered": 0.0}
    ratio = heard.bpm / bpm
    return {
        "acc1": float(abs(ratio - 1) < NEAR),
        "acc2": float(any(abs(ratio / factor - 1) < NEAR for factor in (1, 2, 3, 1 / 2, 1 / 3))),
        "offered": float(any(abs(guess.bpm / bpm - 1) < NEAR for guess in heard.tempos[:3])),
    }


def beat_scores(heard: Heard, band: Band) -> dict[str, float]:
    """F1 of beats and of bar lines within 70 ms."""
    if heard.beats is None:
        return {"beat F1": 0.0, "bar line F1": 0.0}
    return {
        "beat F1": match_times(heard.beats.times_sec, band.beats, 0.07).f1,
        "bar line F1": match_times(heard.beats.bar_times_sec, band.downbeats, 0.07).f1,
    }


def key_scores(heard: Heard, key: tuple[int, bool]) -> dict[str, float]:
    """Whether the first of three keys, and whether any, is right."""
    found = [(k.tonic, k.mode == "minor") for k, _ in heard.keys]
    return {"key": float(found[:1] == [key]), "key in top 3": float(key in found)}


def chord_score(heard: Heard, band: Band) -> float:
    """Share of time with the right root and third, of the time in which truth has a third."""
    right = total = 0.0
    for at in np.arange(0.05, len(band.mono) / RATE, 0.1):
        wanted = band.chords[(band.chords[:, 0] <= at) & (band.chords[:, 1] > at)]
        if not len(wanted) or wanted[0, 3] == 0:
            continue
        found = next((item.chord for item in heard.chords if item.start_sec <= at < item.end_sec), None)
        total += 1
        if found is not None:
            steps = {(pc - found.root) % 12 for pc in found.pitch_classes}
            third = 3 if 3 in steps and 4 not in steps else 4
            right += (found.root, third) == (int(wanted[0, 2]), int(wanted[0, 3]))
    return right / total if total else float("nan")


def drum_scores(mono: Mono, onsets: dict[str, Any]) -> dict[str, Matched]:
    """Matches of each drum."""
    strokes = drum_strokes(mono)
    return {
        name: match_times(np.array([s.time_sec for s in strokes if s.drum == name]), onsets[name]) for name in onsets
    }


class Table:
    """Means of figures by set."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.drums: dict[str, dict[str, Matched]] = defaultdict(lambda: defaultdict(Matched))

    def add(self, name: str, scores: dict[str, float]) -> None:
        for what, value in scores.items():
            if np.isfinite(value):
                self.rows[name][what].append(value)

    def add_drums(self, name: str, scores: dict[str, Matched]) -> None:
        for drum, matched in scores.items():
            self.drums[name][drum] = self.drums[name][drum] + matched

    def result(self) -> dict[str, Any]:
        """Every figure, with how many clips it is of."""
        found: dict[str, Any] = {
            name: {
                "clips": max(map(len, row.values())),
                **{what: round(float(np.mean(v)), 3) for what, v in row.items()},
            }
            for name, row in self.rows.items()
        }
        for name, row in self.drums.items():
            scores = {drum: round(matched.f1, 3) for drum, matched in row.items()}
            found[name] = {**scores, "F1 of kick, snare, hat": round(float(np.mean([scores[d] for d in KIT])), 3)}
        return found


def measure_bands(table: Table, data: Path | None, clips: list[Band]) -> None:
    """Everything of bands, songs and piano."""
    for index, band in enumerate(clips):
        mono = with_drums(data, band, "test", index)
        heard = listen(mono)
        table.add(band.kind, {**tempo_scores(heard, band.bpm), **beat_scores(heard, band)})
        if band.key is not None:
            table.add(band.kind, key_scores(heard, band.key))
        if len(band.chords):
            known = listen(mono, tempo=band.bpm) if heard.bpm is None or abs(heard.bpm / band.bpm - 1) > NEAR else heard
            table.add(band.kind, {"chords": chord_score(heard, band), "chords, tempo known": chord_score(known, band)})
        table.add("kind", {"right": float(heard.kind == ("chords" if band.kind == "piano" else "band"))})
        if len(band.hits) >= 8 and band.kind != "piano":
            table.add_drums("drums in a mix", drum_scores(mono, truth(band.hits)))
            if index % 3 == 0 and len(band.hits) >= 24:
                alone = listen(with_drums(data, band, "test", index + 5, 60.0))
                table.add("drums", {**tempo_scores(alone, band.bpm), **beat_scores(alone, band)})
                table.add("kind", {"right": float(alone.kind == "drums")})
        if band.kind == "piano":
            notes = np.array([(n.onset_sec, n.end_sec, n.pitch) for n in heard.notes], float).reshape(-1, 3)
            if heard.kind == "chords":
                table.add("piano notes", {"F1 50 ms": match_notes(notes, band.notes).f1})


def measure_grooves(table: Table, data: Path, count: int) -> None:
    """People's drumming alone on held out kits: strokes; tempo of the performance."""
    from drum_ear_material import grooves, human_hits, kits, strike

    for clip in drum_clips(data, "test", count, 4, [], 0.0, plain=True):
        scores = drum_scores(clip.mono, clip.onsets)
        table.add_drums("drums alone", scores)
        table.add_drums(f"drums alone, {clip.kit}", scores)
    rng = np.random.default_rng(8)
    makers = kits(data, True)
    for index, file in enumerate(grooves(data, "test")[: count // 2]):
        bpm = float(file.stem.split("_")[-3]) if file.stem.split("_")[-3].isdigit() else None
        hits = window(human_hits(file), rng)
        if bpm is None or len(hits) < 16:
            continue
        mono, _ = strike(hits, makers[list(makers)[index % len(makers)]](rng), rng)
        heard = listen((mono / np.abs(mono).max()).astype(np.float32))
        table.add("people's drums", tempo_scores(heard, bpm))
        table.add("kind", {"right": float(heard.kind == "drums")})


def measure_lines(table: Table, clips: list[Band], count: int) -> None:
    """Melodies alone."""
    for clip in melody_clips(clips, count, 4):
        heard = listen(clip.mono, "line")
        notes = np.array([(n.onset_sec, n.end_sec, n.pitch) for n in heard.notes], float).reshape(-1, 3)
        scores = {"F1 50 ms": match_notes(notes, clip.notes).f1, "F1 100 ms": match_notes(notes, clip.notes, 0.1).f1}
        table.add("line", scores)
        table.add(f"line, program {clip.program}", scores)
        table.add("kind", {"right": float(max(heard.kinds, key=heard.kinds.__getitem__) == "line")})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--clips", type=int, default=None)
    parser.add_argument("--drums", type=int, default=30)
    parser.add_argument("--lines", type=int, default=None)
    parser.add_argument("--bands", type=Path, help="clips that band_material.save kept")
    told = parser.parse_args()
    count = told.clips if told.clips is not None else 36 if told.data else 3
    lines = told.lines if told.lines is not None else 20 if told.data else 2
    clips = load(told.bands)[:count] if told.bands else list(bands(told.data, "test", count, 2))
    table, began = Table(), time.process_time()
    measure_bands(table, told.data, clips)
    if told.data:
        measure_grooves(table, told.data, told.drums)
    measure_lines(table, clips, lines)
    result = table.result()
    seconds = sum(len(band.mono) / RATE for band in clips)
    result["processor seconds"] = round(time.process_time() - began, 1)
    result["seconds of bands"] = round(seconds, 1)
    for name, row in result.items():
        print(f"{name:28s} {row}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
