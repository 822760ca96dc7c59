"""The corpora the shipped model is trained on: how each is read, labelled and split by work.

A corpus is a folder of MIDI files with `manifest.jsonl`, one line a file. Nothing here is a licence decision:
docs/DATA.md names every source, its licence and its credit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import BandmateError, LibraryError
from bandmate.io.midi_fast import read_midi_fast
from bandmate.score.model import Score, Track
from bandmate.training.shards import Origin

# Roland TD-11 pads that General MIDI does not have
_TD11_TO_GM = {22: 42, 26: 46, 40: 38, 58: 43, 52: 57, 55: 49, 59: 51}
_STYLES = {
    "jazz": "jazz_swing", "hiphop": "boom_bap", "soul": "soul_motown", "blues": "blues_shuffle", "dance": "disco",
    "afrocuban": "salsa", "latin": "salsa", "bossa": "bossa_nova", "r&b": "rnb_neo_soul",
    "string quartet": "string_quartet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Corpus:
    """One corpus: its name, folder, and how a file's score and tags become a piece (None = left out)."""

    name: str
    shape: Callable[[Score, Mapping[str, Any]], Score | None]
    group: Callable[[Mapping[str, Any]], str]


def _as_read(score: Score, tags: Mapping[str, Any]) -> Score | None:
    return score if score.note_count >= 32 else None


def _general_midi_drums(score: Score, tags: Mapping[str, Any]) -> Score | None:
    lookup = np.arange(256, dtype=np.uint8)
    for pad, key in _TD11_TO_GM.items():
        lookup[pad] = key
    tracks = []
    for track in score.tracks:
        notes = track.notes.copy()
        notes["pitch"] = lookup[notes["pitch"]]
        tracks.append(replace(track, notes=notes, is_drum=True, role="drums"))
    return replace(score, tracks=tuple(tracks)) if score.note_count >= 32 else None


def _pop909(score: Score, tags: Mapping[str, Any]) -> Score | None:
    """Shift bar one onto beat one; the CHORDS track is a label, not music."""
    offset = tags.get("downbeat_offset_beats_est")
    if offset is None:
        return None
    shift = int((4 - offset) % 4) * score.ticks_per_quarter
    roles = {"MELODY": "melody", "BRIDGE": "lead", "PIANO": "chords"}
    tracks = []
    for track in score.tracks:
        if track.name in roles:
            notes = track.notes.copy()
            notes["onset_ticks"] += shift
            tracks.append(replace(track, notes=notes, role=roles[track.name]))
    return replace(score, tracks=tuple(tracks))


def _merged_drums(score: Score, tags: Mapping[str, Any]) -> Score | None:
    """Drum parts that a file spreads over many tracks become one."""
    drums = [track for track in score.tracks if track.is_drum and len(track.notes)]
    if len(drums) > 1:
        notes = np.concatenate([track.notes for track in drums])
        merged = Track("Drums", drums[0].program, True, notes[np.argsort(notes["onset_ticks"], kind="stable")])
        score = replace(score, tracks=(merged, *(t for t in score.tracks if not t.is_drum)))
    return _as_read(score, tags)


def _by_file(entry: Mapping[str, Any]) -> str:
    return str(entry["tags"].get("group") or entry["file"])


def _by_title(entry: Mapping[str, Any]) -> str:
    """Songs of one collection belong together; a song of no collection stands for itself."""
    parts = str(entry["file"]).split("__")
    return next(filter(None, parts[1:]), parts[0])


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("pop909_band", _merged_drums, _by_file),
        Corpus("freedoom", _merged_drums, _by_file),
        Corpus("simutrans", _merged_drums, _by_file),
        Corpus("easyrpg_rtp", _merged_drums, _by_file),
        Corpus("lmms_projects", _merged_drums, _by_file),
        Corpus("blasphemer", _merged_drums, _by_file),
        Corpus("groove_midi", _general_midi_drums, _by_file),
        Corpus("drum_patterns_200", _as_read, _by_file),
        Corpus("pop909", _pop909, _by_file),
        Corpus("openscore_lieder", _as_read, _by_title),
        Corpus("openscore_quartets", _as_read, _by_title),
        Corpus("jsb_chorales", _as_read, _by_file),
    )
}


# held-out files of which an older version lies among the training pieces (at least .3 of their runs are shared)
_TWINS = {
    "d_dm14.mid", "hist__d_c2m8__18c347.mid", "hist__d_map19__763a73.mid", "hist__d_intro__285eeb.mid",
    "hist__picklehammer__shawn__3079c6.mid", "hist__2003Waltz of Blessings__45ad0f.mid",
}  # fmt: skip


def split_of(group: str, tags: Mapping[str, Any]) -> str:
    """train, valid, reserve (kept out so that `learn` can be measured on music the model never saw), or twin: neither,
    since the piece is known in another version. (`read_corpus` adds lent: neither, since held-out drummers play in it.)
    """
    if group in _TWINS:
        return "twin"
    if tags.get("split"):
        return {"train": "train", "validation": "valid", "test": "reserve"}[str(tags["split"])]
    draw = int(hashlib.sha256(group.encode("utf-8")).hexdigest()[:8], 16) % 100
    return "valid" if draw < 6 else "reserve" if draw < 15 else "train"


def genre_of(tags: Mapping[str, Any], known: tuple[str, ...]) -> str | None:
    """The id of the first genre tag that our table holds."""
    for tag in tags.get("genre", ()):
        for name in (str(tag), _STYLES.get(str(tag), ""), str(tag).split("/")[0].replace("-", "_")):
            if name in known:
                return name
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a corpus, read and shaped."""

    score: Score
    tags: Mapping[str, Any]
    origin: Origin
    path: Path


def lent_by_held_out(folder: Path, entry: Mapping[str, Any], known: dict[str, str]) -> bool:
    """Whether a piece's drums are lent by performances of Groove MIDI that no training may see.

    Args:
        folder: that holds the corpora.
        entry: line of a manifest; its tag `drum_files` names the performances, if any.
        known: split of each performance, filled at the first need.

    Raises:
        LibraryError: there is no manifest of Groove MIDI beside the corpus, so that nobody could say.
    """
    lent = entry["tags"].get("drum_files", ())
    if lent and not known:
        manifest = folder / "groove_midi" / "manifest.jsonl"
        if not manifest.is_file():
            raise LibraryError(f"{manifest}: not there, and it says which drummers are held out; put groove_midi there")
        rows = map(json.loads, manifest.read_text(encoding="utf-8").splitlines())
        known |= {row["file"]: str(row["tags"].get("split", "")) for row in rows}
    return any(known.get(file, "") != "train" for file in lent)


def read_corpus(folder: Path, name: str) -> Iterator[Found]:
    """Every usable file of a corpus, in the manifest's order; files that cannot be read are passed over.

    Raises:
        LibraryError: the folder has no manifest.
    """
    corpus = CORPORA[name]
    manifest = folder / name / "manifest.jsonl"
    if not manifest.is_file():
        raise LibraryError(f"{manifest}: not there; point --data at the folder that holds corpus/{name}")
    drummers: dict[str, str] = {}
    for line in manifest.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        path = folder / name / entry["file"]
        try:
            score = corpus.shape(read_midi_fast(path), entry["tags"])
        except BandmateError:
            continue
        if score is not None:
            group = corpus.group(entry)
            split = split_of(group, entry["tags"])
            if split == "train" and lent_by_held_out(folder, entry, drummers):
                split = "lent"
            yield Found(score, entry["tags"], Origin(name, group, split, entry["file"]), path)
