"""The two MIDI doors against mido, symusic and MusPy: events kept, speed as a ratio in one run, and damaged files.

    python benchmarks/midi_doors.py [--data DIR] [--sample N] [--repeat N]

`--data DIR` holds `corpus/*/*.mid` and `odd/*`; without it a built-in song is measured. Kept = events that mido reads
from the file and reads again, at the same place, from what Bandmate wrote of it.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import mido
import numpy as np
import symusic

from bandmate.errors import FileFormatError
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.io.midi_fast import parse_midi_fast
from bandmate.score.model import NO_OFF, NOTE, Score, Track, make_notes


def built_in() -> list[tuple[str, bytes]]:
    """A song of four parts, 400 bars, with controllers."""
    draw = np.random.default_rng(1)
    tracks = []
    for part in range(4):
        onset = np.sort(draw.integers(0, 400 * 1920, 4000))
        notes = make_notes(onset, draw.integers(30, 400, 4000), draw.integers(36, 90, 4000), channel=part)
        tracks.append(Track(f"part {part}", part * 8, False, notes))
    return [("built-in", midi_bytes(Score(tuple(tracks))))]


def corpus(data: Path | None, sample: int) -> list[tuple[str, bytes]]:
    """Files spread evenly over all sources."""
    if data is None:
        return built_in()
    files = sorted((data / "corpus").glob("*/*.mid"))
    step = max(1, len(files) // sample)
    return [(str(path.relative_to(data)), path.read_bytes()) for path in files[::step]]


MIDO_REFUSES = (OSError, EOFError, ValueError, KeyError, mido.midifiles.meta.KeySignatureError)


def by_mido(data: bytes, clip: bool = False) -> mido.MidiFile:
    """What mido makes of it."""
    return mido.MidiFile(file=BytesIO(data), clip=clip)


def by_symusic(data: bytes) -> symusic.Score:
    """What symusic alone makes of it."""
    return symusic.Score.from_midi(data)


def by_symusic_with_arrays(data: bytes) -> list[Any]:
    """The same, and what it parsed as NumPy arrays, which is what a Score holds."""
    score = by_symusic(data)
    return [*(track.notes.numpy() for track in score.tracks), score.tempos.numpy(), score.time_signatures.numpy(),
            score.key_signatures.numpy()]  # fmt: skip


def muspy_reader() -> Callable[[bytes], object] | None:
    """MusPy's reader of MIDI, from bytes as its `read_midi` does it from a file; None where it is not installed."""
    try:
        import muspy
    except ImportError:
        return None
    return lambda data: muspy.from_mido(by_mido(data))


QUICK = {"ours": 10, "symusic": 10, "symusic_arrays": 10}  # times as many runs, of what takes microseconds


def library_door(files: list[tuple[str, bytes]], repeat: int) -> dict[str, Any]:
    """The library door's time against symusic's own, mido's and MusPy's, over the files that all of them read."""
    readers: dict[str, Callable[[bytes], object]] = {
        "ours": parse_midi_fast, "symusic": by_symusic, "symusic_arrays": by_symusic_with_arrays, "mido": by_mido
    }  # fmt: skip
    muspy = muspy_reader()
    if muspy is not None:
        readers["muspy"] = muspy
    seconds = dict.fromkeys(readers, 0.0)
    read = 0
    for _, data in files:
        try:
            times = {name: best(work, data, repeat * QUICK.get(name, 1)) for name, work in readers.items()}
        except Exception:  # a file that one of them refuses says nothing about speed
            continue
        read += 1
        seconds = {name: seconds[name] + times[name] for name in seconds}
    if not read:
        return {"files_all_read": 0}
    ours = seconds["ours"]
    ratios = {f"times_{name}": seconds[name] / ours for name in readers if name in ("mido", "muspy")}
    return {"files_all_read": read, "of_symusics_own_time": ours / seconds["symusic"],
            "of_symusics_time_with_arrays": ours / seconds["symusic_arrays"], **ratios}  # fmt: skip


def messages(file: mido.MidiFile) -> list[list[Any]]:
    """Every message of every track in order, with its wait."""
    return [[(m.time, m.dict() if m.is_meta else m.bytes()) for m in track] for track in file.tracks]


def kept(before: mido.MidiFile, after: mido.MidiFile) -> tuple[int, int]:
    """Messages that stand at the same place in both, and how many there were."""
    same = total = 0
    two = messages(after)
    for index, track in enumerate(messages(before)):
        other = two[index] if index < len(two) else []
        total += len(track)
        same += sum(a == b for a, b in zip(track, other, strict=False))
    return same, total


def best(work: Callable[[bytes], object], data: bytes, repeat: int) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work(data)
        times.append(time.perf_counter() - start)
    return min(times)


def notes_of(score: Score) -> list[tuple[int, ...]]:
    """Notes that have an end, in an order of their own."""
    notes = np.concatenate([np.empty(0, NOTE), *(track.notes for track in score.tracks)])
    notes = notes[notes["off_order"] != NO_OFF]
    return sorted(notes[["onset_ticks", "duration_ticks", "pitch", "velocity"]].tolist())


def measure(files: list[tuple[str, bytes]], repeat: int) -> dict[str, Any]:
    """Events kept and speed over files that all can read."""
    seconds = dict.fromkeys(("mido", "lossless", "write", "fast"), 0.0)
    same = total = alike = compared = 0
    lossy, refused = [], []
    for name, data in files:
        try:
            score = parse_midi(data, name)
        except FileFormatError:
            refused.append(name)
            continue
        written = midi_bytes(score)
        try:
            one, all_ = kept(by_mido(data), by_mido(written))
        except MIDO_REFUSES:
            continue
        same, total = same + one, total + all_
        if one != all_:
            lossy.append(name)
        seconds["mido"] += best(by_mido, data, repeat)
        seconds["lossless"] += best(parse_midi, data, repeat)
        seconds["write"] += best(lambda _, score=score: midi_bytes(score), data, repeat)
        try:
            fast = parse_midi_fast(data, name)
        except FileFormatError:
            continue
        seconds["fast"] += best(parse_midi_fast, data, repeat)
        compared += 1
        alike += notes_of(score) == notes_of(fast)
    return {
        "files": len(files),
        "events": total,
        "events_kept_percent": 100 * same / max(1, total),
        "lossy_files": lossy,
        "refused": refused,
        "read_times_mido": seconds["mido"] / max(seconds["lossless"], 1e-9),
        "fast_times_lossless": seconds["lossless"] / max(seconds["fast"], 1e-9),
        "files_with_equal_notes_in_both_doors": f"{alike} of {compared}",
        "lossless_events_per_second": total / max(seconds["lossless"], 1e-9),
        "write_events_per_second": total / max(seconds["write"], 1e-9),
    }


def odd_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Malformed and unusual files."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".mid", ".midi"):
            yield path.name, path.read_bytes()


def sweep(folder: Path) -> dict[str, Any]:
    """What damaged files come to: read, mended, refused with one sentence; and agreement with mido where it reads."""
    read = mended = same = total = slowest = 0
    refused, differ = [], []
    for name, data in odd_files(folder):
        start = time.perf_counter()
        try:
            score = parse_midi(data, name)
        except FileFormatError as error:
            refused.append(str(error))
            continue
        finally:
            slowest = max(slowest, time.perf_counter() - start)
        read += 1
        mended += bool(score.header and score.header.repairs)
        written = midi_bytes(score)
        for clip in (False, True):
            try:
                file = by_mido(data, clip)
            except MIDO_REFUSES:
                continue
            one, all_ = kept(file, by_mido(written, clip))
            same, total = same + one, total + all_
            differ += [name] if one != all_ else []
            break
    return {
        "files": read + len(refused),
        "read": read,
        "of_these_mended": mended,
        "one_clear_error": len(refused),
        "errors": refused,
        "events_kept_percent_where_mido_reads": 100 * same / max(1, total),
        "events": total,
        "differ": differ,
        "slowest_seconds": slowest,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with corpus/ and odd/")
    parser.add_argument("--sample", type=int, default=60, help="corpus files to measure")
    parser.add_argument("--repeat", type=int, default=3, help="runs a file, the fastest counts")
    arguments = parser.parse_args()
    result: dict[str, Any] = {"corpus": measure(corpus(arguments.data, arguments.sample), arguments.repeat)}
    result["library_door"] = library_door(corpus(arguments.data, arguments.sample), arguments.repeat)
    if arguments.data and (arguments.data / "odd").is_dir():
        result["odd"] = sweep(arguments.data / "odd")
        result["odd"]["speed"] = measure(list(odd_files(arguments.data / "odd")), arguments.repeat)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(json.dumps(result, indent=1, ensure_ascii=False))
    for part in ("corpus", "library_door", "odd"):
        for name, value in result.get(part, {}).items():
            if isinstance(value, int | float | str):
                print(
                    f"{part:12} {name:40} {value if isinstance(value, int | str) else f'{value:,.2f}'}", file=sys.stderr
                )


if __name__ == "__main__":
    main()
