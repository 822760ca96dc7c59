"""Projects of sequencers, by random scores: valid, and the same music when read back; and how long writing takes.

    python benchmarks/daw_formats.py                 1,000 scores
    python benchmarks/daw_formats.py --count 20 --minutes 0.5 --tracks 4

The scores have 0 to 40 tracks, 0 to 10,000 notes, names with markup and emoji, meters 2/4 to 15/8, tempos 20 to 400
with steps and ramps. A set is valid if it passes the checks of `tests/io/als_check.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.io.als_check import faults, root_of

from bandmate.io.als.envelopes import place_of
from bandmate.io.als.write import write_als
from bandmate.io.files import read
from bandmate.io.messages import CONTROL, POLY, channel_messages
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.io.project import meter_steps, tempo_steps
from bandmate.io.wave import write_wav24
from bandmate.score.model import (
    EVENT,
    KEY_SIGNATURE,
    MADE,
    METER,
    NO_EVENTS,
    TEMPO,
    Marker,
    Score,
    Track,
    make_notes,
)  # fmt: skip
from bandmate.workflows.export import export

FORMATS = (".als", ".dawproject", ".rpp")
EXACT = 1e-6  # quarters
METERS = ((4, 4), (2, 4), (3, 4), (5, 4), (7, 4), (6, 8), (7, 8), (9, 8), (12, 8), (15, 8), (3, 2), (11, 16))
NAMES = ("Bass", "", "Piano & Keys", 'a "quoted" <name>', "🥁 drums", "Größe é", "tab\tand\nline", "\x07bell", "日本",
         "x" * 300, "]]>", "&amp;", "%s$name{x}#")  # fmt: skip


def random_score(seed: int) -> Score:
    """A score of anything that a sequencer could be given; the same seed gives the same score."""
    rng = np.random.default_rng(seed)
    grid = int(rng.choice([96, 120, 220, 480, 480, 960, 1024]))
    meters, bars = _meters(rng, grid)
    tracks = int(rng.choice([0, 1, 2, 4, 8, 20, 40], p=[0.05, 0.15, 0.2, 0.3, 0.2, 0.07, 0.03]))
    notes = 0 if rng.random() < 0.05 else round(10 ** rng.uniform(0, 4))
    end = int(bars[-1])
    parts = tuple(_track(rng, max(1, notes // max(1, tracks)) if notes else 0, end, grid) for _ in range(tracks))
    keys = np.array([(0, rng.integers(-7, 8), rng.random() < 0.5, 0, MADE)], KEY_SIGNATURE)
    places = np.unique(rng.choice(bars[:-1], int(rng.integers(0, 7))))
    return Score(
        parts, grid, _tempos(rng, grid, end), meters, keys[: int(rng.integers(0, 2))],
        tuple(Marker(int(place), str(rng.choice(NAMES))) for place in places), end_ticks=end,
    )  # fmt: skip


def _meters(rng: np.random.Generator, grid: int) -> tuple[np.ndarray, np.ndarray]:
    rows, lines, at = [], [0], 0
    for _ in range(int(rng.integers(1, 4))):
        above, below = METERS[int(rng.integers(len(METERS)))]
        rows.append((at, above, below, 0, MADE, 24, 8))
        for _ in range(int(rng.integers(1, 17))):
            at += 4 * grid * above // below
            lines.append(at)
    return np.array(rows, METER), np.array(lines)


def _tempos(rng: np.random.Generator, grid: int, end: int) -> np.ndarray:
    bpm = float(np.exp(rng.uniform(np.log(20), np.log(400))))
    rows = [(0, bpm)]
    kind = rng.random()
    if kind < 0.3:  # a few steps anywhere
        rows += [(int(at), rng.uniform(20, 400)) for at in np.sort(rng.integers(1, end, 5))]
    elif kind < 0.5:  # a ramp, as a MIDI file holds one: many small steps
        places = np.unique(np.linspace(grid, max(grid + 1, end - 1), 64).astype(int))
        rows += list(zip(places.tolist(), np.linspace(bpm, rng.uniform(20, 400), len(places)), strict=True))
    last = {at: (at, round(60e6 / min(max(tempo, 20.0), 400.0)), 0, MADE) for at, tempo in rows}
    return np.array([last[at] for at in sorted(last)], TEMPO)


def _track(rng: np.random.Generator, notes: int, end: int, grid: int) -> Track:
    is_drum = bool(rng.random() < 0.25)
    onset = rng.integers(0, end, notes)
    if rng.random() < 0.7:
        onset -= onset % (grid // 4)
    made = make_notes(
        onset, 1 + rng.integers(0, 2 * grid, notes), rng.integers(0, 128, notes), rng.integers(1, 128, notes),
        channel=9 if is_drum else 0,
    )  # fmt: skip
    made["off_velocity"] = rng.integers(0, 128, notes)
    told = _messages(rng, end, 9 if is_drum else 0) if notes and rng.random() < 0.5 else NO_EVENTS
    changes = told["data1"][told["status"] == 0xC0]  # the first is what a MIDI file has as the track's program
    program = int(changes[0]) if len(changes) else int(rng.integers(0, 128))
    return Track(str(rng.choice(NAMES)), program, is_drum, made, told)


def _messages(rng: np.random.Generator, end: int, channel: int) -> np.ndarray:
    """Controllers, bends, pressure and program changes anywhere, several at a tick too."""
    count = int(rng.integers(1, 200))
    ticks = np.sort(rng.integers(1, end + 1, count))
    ticks[rng.random(count) < 0.3] = ticks[0]
    status = rng.choice([0xA0, 0xB0, 0xB0, 0xB0, 0xC0, 0xD0, 0xE0], count)
    second = np.where(np.isin(status, [0xC0, 0xD0]), 0, rng.integers(0, 128, count))
    first = np.where(status == 0xB0, rng.integers(0, 120, count), rng.integers(0, 128, count))
    rows = zip(np.sort(ticks).tolist(), status.tolist(), first.tolist(), second.tolist(), strict=True)
    return np.array([(at, MADE, kind, channel, one, two, -1) for at, kind, one, two in rows], EVENT)


def everything(_: int, __: int) -> bool:
    """Every message is held."""
    return True


def in_live(kind: int, number: int) -> bool:
    """Whether a clip of Live holds a message."""
    return place_of(kind, number) >= 0


def differences(before: Score, after: Score, *, held: Callable[[int, int], bool] = everything) -> list[str]:
    """What a round trip changed of notes, tempo, meter, and of messages whose kind and number are held."""
    found = []
    one = [track for track in before.tracks if len(track.notes)]
    two = [track for track in after.tracks if len(track.notes)]
    if len(one) != len(two):
        return [f"{len(one)} tracks became {len(two)}"]
    for number, (a, b) in enumerate(zip(one, two, strict=True)):
        rows = [_rows(track, score) for track, score in ((a, before), (b, after))]
        if rows[0].shape != rows[1].shape or not np.allclose(rows[0], rows[1], rtol=0, atol=EXACT):
            found.append(f"the notes of track {number}")
        if _told(a, before, held) != _told(b, after, held):
            found.append(f"the controllers of track {number}")
        if a.is_drum != b.is_drum:
            found.append(f"track {number} is drums no more, or now")
    tempos = [
        [(at / score.ticks_per_quarter, round(60e6 / bpm)) for at, bpm in tempo_steps(score)]
        for score in (before, after)
    ]
    if len(tempos[0]) != len(tempos[1]) or not np.allclose(tempos[0], tempos[1], rtol=0, atol=EXACT):
        found.append("the tempos")
    meters = [[(at / score.ticks_per_quarter, *m) for at, m in meter_steps(score)] for score in (before, after)]
    if len(meters[0]) != len(meters[1]) or not np.allclose(meters[0], meters[1], rtol=0, atol=EXACT):
        found.append("the meters")
    return found


def _rows(track: Track, score: Score) -> np.ndarray:
    notes, grid = track.notes, score.ticks_per_quarter
    rows = np.stack(
        [notes["onset_ticks"] / grid, notes["pitch"], notes["duration_ticks"] / grid, notes["velocity"]], axis=1
    )  # fmt: skip
    near = np.round(rows / EXACT / 10)  # so that the order does not hang on the last digit
    return rows[np.lexsort((near[:, 3], near[:, 2], near[:, 1], near[:, 0]))]


def _told(
    track: Track, score: Score, held: Callable[[int, int], bool]
) -> dict[tuple[int, int], list[tuple[float, int, int]]]:
    """What each controller does, in its order: place in millionths of a quarter, data bytes."""
    out: dict[tuple[int, int], list[tuple[float, int, int]]] = {}
    for row in channel_messages(track):
        kind, one, two = int(row["status"]), int(row["data1"]), int(row["data2"])
        if held(kind, one):
            at = round(int(row["ticks"]) / score.ticks_per_quarter / EXACT)
            out.setdefault((kind, one if kind in (POLY, CONTROL) else 0), []).append((at, one, two))
    return out


def check(seed: int, folder: Path) -> dict[str, list[str]]:
    """One score through every format: what is wrong, by format."""
    score, wrong = random_score(seed), {}
    heard = parse_midi(midi_bytes(score))  # in a file of messages, of two notes of one key the first begun ends first
    for suffix in FORMATS:
        path = folder / f"song{suffix}"
        path.unlink(missing_ok=True)
        write_als(score, path, envelopes=True) if suffix == ".als" else score.write(path)
        held = in_live if suffix == ".als" else everything
        wrong[suffix] = differences(heard if suffix == ".rpp" else score, read(path), held=held)
    wrong["valid"] = faults(root_of((folder / "song.als").read_bytes()))
    return wrong


def long_song(minutes: float, tracks: int, folder: Path) -> Path:
    """A MIDI file of so many minutes at 120 BPM, eight notes a bar and track, with silent stems beside it."""
    rng = np.random.default_rng(0)
    bars = max(1, round(minutes * 30))
    onset = np.arange(bars * 8) * 240
    parts = tuple(
        Track(f"Part {n}", n, False, make_notes(onset, 200, rng.integers(40, 80, len(onset)), 90, channel=n % 9))
        for n in range(tracks)
    )
    markers = tuple(Marker(bar * 1920, f"Section {bar // 16 + 1}") for bar in range(0, bars, 16))
    path = Score(parts, 480, markers=markers, end_ticks=bars * 1920).write(folder / "long.mid")
    silence = np.zeros((2, round(minutes * 60 * 44100)), np.float32)
    (folder / "stems").mkdir()
    for n in range(tracks):
        write_wav24(folder / "stems" / f"{n + 1:02d}-part.wav", silence, 44100, tempo_bpm=120)
    return path


def export_times(song: Path, place: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds, and seconds of the processor, of each target with links and with copies.

    Before each copy the stems alone are copied, so that the two can be compared on a disk that is not always as fast.
    """
    seconds, busy = {}, {}

    def timed(name: str, work: Callable[[], object]) -> None:
        os.sync()  # so that nobody waits for what was written before
        started, worked = time.perf_counter(), time.process_time()
        work()
        seconds[name] = round(time.perf_counter() - started, 3)
        busy[name] = round(time.process_time() - worked, 3)

    stems = place / "stems"
    for link in (True, False):
        for target in TARGETS:
            name = f"{target}, {'linked' if link else 'copied'}"
            if not link:
                timed(f"stems alone, before {target}", partial(shutil.copytree, stems, place / "copy"))
                shutil.rmtree(place / "copy")
            timed(name, partial(export, song, to=target, out=place / "out", stems=stems, link=link))
            shutil.rmtree(place / "out")
    return seconds, busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="random scores")
    parser.add_argument("--first", type=int, default=0, help="seed of the first")
    parser.add_argument("--minutes", type=float, default=5.0, help="of the song whose export is timed")
    parser.add_argument("--tracks", type=int, default=20, help="of that song")
    arguments = parser.parse_args()
    wrong: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as place:
        for seed in range(arguments.first, arguments.first + arguments.count):
            for what, sentences in check(seed, Path(place)).items():
                if sentences:
                    wrong.setdefault(what, []).append(f"{seed}: {'; '.join(sentences[:3])}")
    with tempfile.TemporaryDirectory() as place:
        seconds, busy = export_times(long_song(arguments.minutes, arguments.tracks, Path(place)), Path(place))
    for what in ("valid", *FORMATS):
        bad = wrong.get(what, [])
        print(f"{what:12s} {arguments.count - len(bad)} of {arguments.count}", *bad[:5], sep="\n    ")
    for target, spent in seconds.items():
        size = f"{arguments.minutes:g} minutes and {arguments.tracks} tracks with stems"
        alone = seconds.get(f"stems alone, before {target.removesuffix(', copied')}")
        ratio = f", {spent / alone:.2f} times the stems alone" if alone else ""
        print(f"{target:30s} {spent:.2f} s, {busy[target]:.2f} s of the processor, for {size}{ratio}")
    figures = {"scores": arguments.count, "wrong": {k: len(v) for k, v in wrong.items()}}
    print(json.dumps({**figures, "seconds": seconds, "processor_seconds": busy}))


TARGETS = ("ableton", "reaper", "dawproject", "bundle")

if __name__ == "__main__":
    main()
