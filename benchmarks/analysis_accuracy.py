"""How right the labels are: roles, keys and chords against what corpora state.

Every table of weights in bandmate.analysis was fitted on works whose `held_out` is false; only the others are
measured here. Without --data, groove-book pieces are measured against their own plans.

    python benchmarks/analysis_accuracy.py --data CORPUS [--files 100] [--seed 1]

CORPUS holds folders named pop909_band, pop909, openscore_lieder, openscore_quartets, jsb_chorales with *.mid and,
for pop909, manifest.jsonl (`tags.downbeat_offset_beats_est` tells where its bar lines lie).

- role: share of tracks of pop909_band given their part (MELODY melody, BRIDGE lead, BASS bass, PIANO chords, DRUMS
  drums), names, programs and drum channel hidden.
- key: share of signatures met by the estimated key, a major key and its relative minor counting alike, each stretch
  of one signature (16 quarters or more) for itself. The corpus' chorales state no signature: for them, and beside the
  others, stands the share whose final bass note is the estimated tonic. Quartets named "in D minor" judge the tonic
  and mode of their first stretch.
- chords: share of half bars whose root and class (major, minor, diminished, augmented, suspended; sevenths and other
  extensions count to their triad) equal POP909's CHORDS track, that track not being listened to; half bars in which
  it states no chord for at least 40 % of the time are left out; songs whose downbeat is unknown are too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.analysis.chords import pitched_notes
from bandmate.analysis.harmony import estimate_chords, estimate_key, final_bass_of, signature_fifths
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.analysis.sections import find_sections
from bandmate.analysis.voices import estimate_roles
from bandmate.io.midi_fast import read_midi_fast
from bandmate.score.model import NO_KEYS, Score, make_meters
from bandmate.score.pitch import QUALITIES, Chord, Key

PARTS = {"MELODY": "melody", "BRIDGE": "lead", "BASS": "bass", "PIANO": "chords", "DRUMS": "drums"}
CLASSES = {"min": "min", "min7": "min", "min6": "min", "min9": "min", "mM7": "min", "dim": "dim", "m7b5": "dim",
           "dim7": "dim", "aug": "aug", "sus4": "sus", "sus2": "sus", "7sus4": "sus"}  # fmt: skip
BY_TONES: dict[frozenset[int], list[Chord]] = {}
for quality in ("maj", "min", "7", "min7", "maj7", "sus4", "sus2", "dim", "aug", "m7b5", "dim7", "6", "min6", "7sus4",
                "add9", "9", "min9", "maj9", "mM7"):  # fmt: skip
    for root in range(12):
        BY_TONES.setdefault(frozenset((root + step) % 12 for step in QUALITIES[quality]), []).append(
            Chord(root, quality)
        )


def held_out(work: str) -> bool:
    """Whether a work was kept out of every fit."""
    return int(hashlib.sha1(work.encode()).hexdigest(), 16) % 2 == 1


def sample(folder: Path, count: int, seed: int, work: str = r".*") -> list[Path]:
    files = [path for path in sorted(folder.glob("*.mid")) if held_out(re.search(work, path.name)[0])]
    return random.Random(seed).sample(files, min(count, len(files)))


def role_accuracy(folder: Path, count: int, seed: int) -> dict:
    hits, errors = Counter(), Counter()
    for path in sample(folder, count, seed, r"(?<=pop909_)\d+"):
        score = read_midi_fast(path)
        for track, guess in zip(score.tracks, estimate_roles(score, use_channel=False), strict=True):
            if track.name in PARTS and len(track.notes):
                right = guess.role == PARTS[track.name]
                hits[right] += 1
                errors[f"{PARTS[track.name]} as {guess.role}"] += not right
    return {"share": share(hits), "tracks": hits.total(), "errors": dict(errors.most_common(4))}


def share(hits: Counter) -> float:
    return round(hits[True] / max(hits.total(), 1), 4)


def stretches(score: Score) -> Iterator[tuple[Score, int]]:
    """Each stretch under one signature, as a score of its own, and its sharps; none where none is stated."""
    if not len(score.keys):
        return
    keys = score.keys[np.argsort(score.keys["ticks"], kind="stable")]
    keys = keys[np.append(keys["ticks"][1:] != keys["ticks"][:-1], True)[: len(keys)]]
    keys = keys[np.append(True, keys["fifths"][1:] != keys["fifths"][:-1])[: len(keys)]]
    for key, stop in zip(keys, [*keys["ticks"][1:], score.last_ticks], strict=True):
        start = int(key["ticks"])
        if stop - start < 16 * score.ticks_per_quarter:
            continue
        tracks = []
        for track in score.tracks:
            notes = track.notes[(track.notes["onset_ticks"] >= start) & (track.notes["onset_ticks"] < stop)].copy()
            notes["onset_ticks"] -= start
            tracks.append(track.with_notes(notes))
        meters = score.meters[max(0, np.searchsorted(score.meters["ticks"], start, side="right") - 1) :].copy()
        meters["ticks"] = np.maximum(0, meters["ticks"] - start)
        yield replace(score, tracks=tuple(tracks), meters=meters, keys=NO_KEYS, end_ticks=0), int(key["fifths"])


def titled_key(name: str) -> Key | None:
    found = re.search(r"in_([A-G])(_flat|_sharp|b)?_?(major|minor)", name)
    if not found:
        return None
    return Key.parse(f"{found[1]}{ {'_flat': 'b', 'b': 'b', '_sharp': '#', None: ''}[found[2]] } {found[3]}")


def key_accuracy(folder: Path, count: int, seed: int) -> dict:
    signature, tonic, titled = Counter(), Counter(), Counter()
    for path in sample(folder, count, seed):
        score = read_midi_fast(path)
        pieces = list(stretches(score)) if len(score.keys) else [(score, None)]
        for index, (piece, fifths) in enumerate(pieces):
            if piece.note_count < 20:
                continue
            key = estimate_key(piece).key
            if fifths is not None:
                signature[(signature_fifths(key) - fifths) % 12 == 0] += 1
            tonic[final_bass_of(pitched_notes(piece), piece.ticks_per_quarter) == key.tonic] += 1
            if index == 0 and titled_key(path.name):
                titled[titled_key(path.name) == key] += 1
    found = {"final_bass_is_tonic": share(tonic), "stretches": tonic.total()}
    if signature:
        found = {"signature": share(signature), **found}
    return found | ({"title": share(titled), "titles": titled.total()} if titled else {})


def stated_chords(notes: np.ndarray, edges: np.ndarray) -> list[Chord | None]:
    """The chord of each half bar on POP909's CHORDS track."""
    chords: list[Chord | None] = [None] * (len(edges) - 1)
    covered = np.zeros(len(chords))
    for onset in np.unique(notes["onset_ticks"]):
        struck = notes[notes["onset_ticks"] == onset]
        low = int(struck["pitch"].min()) % 12
        options = BY_TONES.get(frozenset((struck["pitch"] % 12).tolist()), [None])
        chord = next((option for option in options if option and option.root == low), options[0])
        stop = int(onset + struck["duration_ticks"].max())
        first = max(0, int(np.searchsorted(edges, onset, side="right")) - 1)
        for half in range(first, min(len(chords), int(np.searchsorted(edges, stop)))):
            overlap = min(stop, edges[half + 1]) - max(onset, edges[half])
            if overlap > covered[half]:
                covered[half] = overlap
                chords[half] = chord if overlap >= 0.4 * (edges[half + 1] - edges[half]) else None
    return chords


def same_chord(stated: Chord, found: Chord | None) -> bool:
    return (
        found is not None
        and found.root == stated.root
        and CLASSES.get(found.quality, "maj") == CLASSES.get(stated.quality, "maj")
    )


def chord_accuracy(folder: Path, count: int, seed: int) -> dict:
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    offsets = {row["file"]: row["tags"].get("downbeat_offset_beats_est") for row in map(json.loads, lines)}
    hits, triads, songs = Counter(), Counter(), 0
    for path in sample(folder, 10**6, seed, r"^\d+"):
        score = read_midi_fast(path)
        simple = (
            len(score.meters) and (score.meters["numerator"] == 4).all() and (score.meters["denominator"] == 4).all()
        )
        stated = [track for track in score.tracks if track.name == "CHORDS"]
        if offsets.get(path.name) is None or not simple or not stated or songs == count:
            continue
        songs += 1
        shift = (4 - offsets[path.name]) % 4 * score.ticks_per_quarter
        tracks = []
        for track in score.tracks:
            notes = track.notes.copy()
            notes["onset_ticks"] += shift
            tracks.append(track.with_notes(notes))
        heard = tuple(track for track in tracks if track.name != "CHORDS")
        score = replace(score, tracks=heard, meters=make_meters(4, 4), end_ticks=0)
        bars = score_bars(score)
        notes = next(track.notes for track in tracks if track.name == "CHORDS")
        for truth, found in zip(stated_chords(notes, half_bar_edges(bars)), estimate_chords(score, bars), strict=True):
            if truth is not None:
                hits[same_chord(truth, found)] += 1
                if CLASSES.get(truth.quality, "maj") in ("maj", "min"):
                    triads[same_chord(truth, found)] += 1
    return {"share": share(hits), "major_minor_only": share(triads), "half_bars": hits.total(), "songs": songs}


def groovebook_accuracy(count: int, seed: int) -> dict:
    """The same labels on groove-book pieces, whose plans are known."""
    from bandmate.library.sources.groovebook import pieces

    tonic, mode, chords, borders = Counter(), Counter(), Counter(), Counter()
    for score, labels in pieces(count, seed):
        key, planned = estimate_key(score).key, Key.parse(labels["key"])
        if key is not None:
            tonic[key.tonic == planned.tonic] += 1
            mode[key.tonic == planned.tonic and key.is_minor == planned.is_minor] += 1
        for name, found in zip(labels["chords"], estimate_chords(score), strict=False):
            if found is not None:
                chords[same_chord(Chord.parse(name), found)] += 1
        stated = {start for _, start, *_ in labels["sections"]} - {0}
        found_starts = {section.start_bar for section in find_sections(score)} - {0}
        borders["stated"] += len(stated)
        borders["found"] += len(found_starts)
        borders["both"] += len(stated & found_starts)
    return {
        "pieces": count, "tonic": share(tonic), "tonic_and_third": share(mode), "chords": share(chords),
        "section_recall": round(borders["both"] / max(borders["stated"], 1), 4),
        "section_precision": round(borders["both"] / max(borders["found"], 1), 4),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of corpora")
    parser.add_argument("--files", type=int, default=100, help="files a corpus")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result: dict = {"groovebook": groovebook_accuracy(min(arguments.files, 60), arguments.seed + 1000)}
    if arguments.data:
        where, count, seed = arguments.data, arguments.files, arguments.seed
        result["role"] = role_accuracy(where / "pop909_band", count, seed)
        for name in ("openscore_lieder", "openscore_quartets", "jsb_chorales"):
            result[f"key {name}"] = key_accuracy(where / name, count, seed)
        result["chords"] = chord_accuracy(where / "pop909", count, seed)
    for name, values in result.items():
        print(f"{name:24s}", "  ".join(f"{key} {value}" for key, value in values.items()))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
