"""How fast, how close to FluidSynth, how loud and how lean rendering is.

    python benchmarks/rendering.py                                  # speed and memory on a built-in song
    python benchmarks/rendering.py --data CORPUS --soundfont FluidR3_GM.sf2   # and closeness on files of a corpus

Prints a table and, last, one JSON object. Speeds count processor seconds of this process alone. Closeness needs the
program `fluidsynth` and the SoundFont that ours was made from: single-channel tracks, 20 s each, as mean distance of
log-mel spectra (64 bands, active frames, 70 dB range) after their levels are made equal.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from bandmate.io.midi import read_midi, write_midi
from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import Part, perform
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import SoundFont, open_soundfont
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.timeline import seconds_to_ticks
from bandmate.workflows.render import render

RATE = 44100
EXCERPT_SEC = 20.0
BANDS, FFT, HOP = 64, 2048, 1024


def built_in_song(tracks: int, bars: int, seed: int = 1) -> Score:
    """Played-like parts at 120 BPM: velocities and lengths vary, so that no two notes are quite the same."""
    rng = np.random.default_rng(seed)
    programs = [0, 33, 4, 48, 27, 61, 81, 11, 24, 89, 52, 73, 38, 16, 66, 5]
    made = [_drums(rng, bars)]
    for number in range(tracks - 1):
        steps = np.arange(0, bars * 16, 2 if number % 2 else 4)
        keys = 40 + 5 * (number % 6) + rng.integers(0, 12, len(steps))
        chord = np.concatenate([keys, keys + 4, keys + 7]) if number % 3 == 1 else keys
        onsets = np.tile(steps * 120, len(chord) // len(steps)) + rng.integers(0, 12, len(chord))
        notes = make_notes(onsets, rng.integers(100, 460, len(chord)), chord, rng.integers(50, 115, len(chord)),
                           channel=number if number < 9 else number + 1)  # fmt: skip
        made.append(Track(name=f"part {number}", program=programs[number % len(programs)], notes=notes))
    return Score(tracks=tuple(made), end_ticks=bars * 1920)


def _drums(rng: np.random.Generator, bars: int) -> Track:
    steps = np.arange(bars * 16)
    keys = np.where(steps % 8 == 4, 38, np.where(steps % 4 == 0, 36, 42))
    notes = make_notes(steps * 120, 60, keys, rng.integers(60, 120, len(steps)), channel=9)
    return Track(name="drums", is_drum=True, notes=notes)


def measure_speed(bars: int) -> dict[str, float]:
    """Song seconds a processor second of an 8-track song: played alone, and whole with all files, warm."""
    song = built_in_song(8, bars)
    figures = {}
    for kernel in ("numpy", "numba"):
        try:
            load_kernel(kernel)
        except Exception as problem:
            print(f"{kernel}: {problem}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as folder:
            render(built_in_song(3, 2), folder, kernel=kernel)  # imports, compiled code
            start = time.process_time()
            result = render(song, folder, kernel=kernel)
            figures[f"whole_{kernel}_x_real_time"] = result.seconds / (time.process_time() - start)
        player = Player(PatchBook(open_soundfont()), RATE, load_kernel(kernel))
        room = np.empty((2, int(result.seconds * RATE)), np.float32)
        parts = perform(song)
        start = time.process_time()
        for part in parts:
            player.play(part, room)
        figures[f"played_{kernel}_x_real_time"] = result.seconds / (time.process_time() - start)
        figures[f"lufs_{kernel}"], figures[f"true_peak_{kernel}_db"] = result.lufs, result.true_peak_db
    return figures


_CHILD = """
import json, resource, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
from rendering import built_in_song
from bandmate.workflows.render import render
render(built_in_song({tracks}, {bars}), Path({folder!r}), kernel={kernel!r})
status = Path("/proc/self/status")  # the other figure counts the parent before the program was exchanged
lines = status.read_text().splitlines() if status.exists() else []
peak = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)
peak = peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps(dict(cpu=time.process_time(), peak=peak)))
"""


def child(tracks: int, bars: int, kernel: str) -> dict[str, float]:
    """Render in a process of its own: processor seconds with start and imports, and its peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        code = _CHILD.format(here=str(Path(__file__).parent), tracks=tracks, bars=bars, folder=folder, kernel=kernel)
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return {**json.loads(done.stdout), "wall": time.perf_counter() - start}


def measure_processes(bars: int) -> dict[str, float]:
    """A 16-bar 4-track song from nothing to files, and memory with few and many stems."""
    short = child(4, 16, "numpy")
    few, many = (child(tracks, bars, "numpy") for tracks in (3, 15))
    return {
        "sixteen_bars_cpu_sec": short["cpu"],
        "sixteen_bars_wall_sec": short["wall"],
        "sixteen_bars_peak_mb": short["peak"],
        "peak_mb_3_tracks": few["peak"],
        "peak_mb_15_tracks": many["peak"],
    }


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Power in BANDS mel bands, both channels together; (frames, BANDS)."""
    edges_mel = np.linspace(2595 * np.log10(1 + 30 / 700), 2595 * np.log10(1 + 16000 / 700), BANDS + 2)
    edges = 700 * (10 ** (edges_mel / 2595) - 1)
    bins = np.fft.rfftfreq(FFT, 1 / RATE)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.maximum(0, np.minimum(rising, falling))
    power = 0.0
    for side in samples:
        frames = np.lib.stride_tricks.sliding_window_view(side, FFT)[::HOP] * np.hanning(FFT)
        power = power + np.abs(np.fft.rfft(frames, axis=1)) ** 2 @ weights.T
    return power


def distance(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float] | None:
    """Mean mel distance and our level over theirs, in dB; None where there is nothing to compare."""
    levels = [float(np.sqrt(np.mean(x.astype(np.float64) ** 2))) for x in (ours, theirs)]
    if min(levels) < 1e-6:
        return None
    first, second = (log_mel(x / level) for x, level in zip((ours, theirs), levels, strict=True))
    active = second.sum(axis=1) > second.sum(axis=1).max() * 1e-5
    floor = second.max() * 1e-7
    decibels = [10 * np.log10(np.maximum(x[active], floor)) for x in (first, second)]
    return float(np.abs(decibels[0] - decibels[1]).mean()), 20 * float(np.log10(levels[0] / levels[1]))


def excerpt(score: Score, part: Part) -> tuple[Score, float]:
    """The one part of a score with all that its channel is told, and where its sound begins in seconds."""
    tracks = []
    for index, track in enumerate(score.tracks):
        events = track.events[(track.events["channel"] == part.channel) & (track.events["status"] < 0xF0)]
        notes = track.notes[track.notes["channel"] == part.channel] if index == part.track else track.notes[:0]
        program = track.program if index == part.track else 0  # else the writer would announce it on channel 1
        tracks.append(replace(track, events=events, notes=notes, blobs=(), program=program))
    start = max(0.0, float(part.notes["on_sec"][0]) - 0.1)
    until = int(seconds_to_ticks(score, [start + EXCERPT_SEC + 2.0])[0])
    tracks = [replace(t, notes=t.notes[t.notes["onset_ticks"] < until]) for t in tracks]
    return replace(score, tracks=tuple(tracks)), start


def measure_closeness(corpus: Path, reference_font: Path, files: int, seed: int) -> dict[str, float]:
    """Median distance from FluidSynth without its reverb and chorus, with the same font and with the shipped one."""
    chosen = sorted(path for path in corpus.rglob("*.mid*") if path.suffix in (".mid", ".midi"))
    random.Random(seed).shuffle(chosen)
    rows, used = [], 0
    for path in chosen:
        if used == files:
            break
        try:
            score = read_midi(path)
        except Exception as problem:
            print(f"{path.name}: {problem}", file=sys.stderr)
            continue
        parts = perform(score)
        channels = [part.channel for part in parts]
        alone = [part for part in parts if channels.count(part.channel) == 1]
        used += bool(alone)
        for part in alone:
            rows += _compared(score, part, reference_font, path.name)
    table = np.array([row[:4] for row in rows])
    median, ninety = np.median(table, axis=0), np.percentile(table, 90, axis=0)
    return {
        "files": used,
        "tracks": len(rows),
        "mel_db_median_same_font": median[0],
        "mel_db_p90_same_font": ninety[0],
        "mel_db_median_shipped_font": median[2],
        "mel_db_p90_shipped_font": ninety[2],
        "level_db_median_shipped_font": median[3],
    }


def _compared(score: Score, part: Part, reference_font: Path, name: str) -> list[tuple[float, float, float, float]]:
    single, start = excerpt(score, part)
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder) / "a.mid", Path(folder) / "a.wav"
        write_midi(single, midi)
        command = [
            "fluidsynth",
            "-ni",
            "-q",
            "-R",
            "0",
            "-C",
            "0",
            "-r",
            str(RATE),
            "-g",
            "0.2",
            "-O",
            "float",
            "-T",
            "wav",
        ]
        subprocess.run([*command, "-F", str(wave), str(reference_font), str(midi)], check=True, capture_output=True)
        theirs = soundfile.read(wave, dtype="float32", always_2d=True)[0].T
    first, last = int(start * RATE), min(int((start + EXCERPT_SEC) * RATE), theirs.shape[1])
    row: list[float] = []
    for font in (SoundFont(reference_font), open_soundfont()):
        player = Player(PatchBook(font), RATE, load_kernel())
        ours = player.play(perform(single)[0], np.empty((2, last), np.float32))
        found = distance(ours[:, first:last], theirs[:, first:last]) if last - first > FFT else None
        if found is None:
            return []
        row += found
    print(f"  {name[:32]:32} channel {part.channel + 1:2}  same font {row[0]:5.2f}  shipped {row[2]:5.2f} mel dB")
    return [(row[0], row[1], row[2], row[3])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a folder with MIDI files")
    parser.add_argument("--soundfont", type=Path, help="FluidR3_GM.sf2, for FluidSynth")
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--bars", type=int, default=64, help="length of the built-in song")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    if options.data and options.soundfont and shutil.which("fluidsynth"):
        figures |= measure_closeness(options.data, options.soundfont, options.files, options.seed)
    figures |= measure_speed(options.bars)
    figures |= measure_processes(options.bars)
    for name, value in figures.items():
        print(f"{name:32} {value:10.2f}")
    print(json.dumps({name: round(float(value), 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
