"""Stems for an export: those of a take, those of a folder, or rendered now; and the drum stem taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.audio.signal import Samples, read_signal
from bandmate.errors import FileFormatError
from bandmate.io.project import Stem, sound_file
from bandmate.io.wave import write_wav24
from bandmate.rendering.mixer import TrackMix
from bandmate.score.model import Score
from bandmate.workflows.places import safe_name, tempo_text
from bandmate.workflows.render import Progress, render

SOUNDS = (".wav", ".flac", ".aif", ".aiff", ".ogg")


@dataclass(frozen=True, slots=True)
class StemSound:
    """How stems are rendered; the fields are those of `render`."""

    soundfont: str | Path | None = None
    drum_kit: str | Path | None = None
    sounds: Mapping[str, str | Path] = field(default_factory=dict)
    genre: str | None = None
    genre_kit: bool = True
    sample_rate: int = 44100
    loop: bool = False


def file_names(score: Score, key: str, number: int | None = None) -> list[str]:
    """`02-slap-bass_120_Am`: names for the stems of a score, tempo and key in them; `number` is one for all."""
    tempo = tempo_text(score.bpm)
    ending = f"_{tempo}" + (f"_{key}" if key else "")
    return [
        f"{number or place:02d}-{safe_name(track.name.lower() or 'track')}{ending}"
        for place, track in enumerate(score.tracks, 1)
    ]


def rendered(
    score: Score,
    folder: Path,
    names: Sequence[str],
    sound: StemSound,
    progress: Progress | None = None,
    mixes: Mapping[int, TrackMix] | None = None,
) -> tuple[Stem, ...]:
    """Render a score's stems into a folder."""
    result = render(
        score, folder, stems=True, mix=False, stems_folder="", names=names, mixes=mixes, soundfont=sound.soundfont,
        drum_kit=sound.drum_kit, sounds=dict(sound.sounds) or None, genre=sound.genre, genre_kit=sound.genre_kit,
        sample_rate=sound.sample_rate, loop=sound.loop, progress=progress,
    )  # fmt: skip
    return matched(score, result.stems, names)


def matched(score: Score, paths: Sequence[Path], names: Sequence[str]) -> tuple[Stem, ...]:
    """Sound files as stems: a file belongs to the track whose name it begins with, or to none."""
    stems = []
    for path in paths:
        owners = [place for place, name in enumerate(names) if path.stem.startswith(name)]
        track = max(owners, key=lambda place: len(names[place]), default=None)
        title = score.tracks[track].name if track is not None else _title(path.stem)
        stems.append(Stem(path, title, track, *sound_file(path)))
    return tuple(stems)


def _title(stem: str) -> str:
    words = re.sub(r"^\d+[-_ ]+", "", stem).split("_")[0].replace("-", " ").strip()
    return words.capitalize() or stem


def from_folder(score: Score, folder: str | Path) -> tuple[Stem, ...]:
    """The stems that lie in a folder, matched to tracks by the number that their names begin with, else by name.

    Raises:
        FileFormatError: there is no such folder, it holds no sound, or a file is damaged.
    """
    place = Path(folder)
    if not place.is_dir():
        raise FileFormatError(f"{place} is no folder; give the one that holds the stems")
    paths = sorted(path for path in place.iterdir() if path.suffix.lower() in SOUNDS and not path.name.startswith("."))
    if not paths:
        raise FileFormatError(f"{place} holds no stems; give a folder of WAV files, or leave --stems away")
    stems = []
    for path in paths:
        track = _owner(score, path.stem)
        title = score.tracks[track].name if track is not None else _title(path.stem)
        stems.append(Stem(path, title, track, *sound_file(path)))
    return tuple(stems)


def _owner(score: Score, stem: str) -> int | None:
    numbered = re.match(r"(\d{1,3})[-_ ]", stem)
    if numbered and 1 <= int(numbered[1]) <= len(score.tracks):
        return int(numbered[1]) - 1
    words = re.sub(r"\W+", " ", stem.lower().replace("_", " "))
    named = [(place, track.name.strip().lower()) for place, track in enumerate(score.tracks)]
    return next((place for place, name in named if name and name in words), None)


def split_stems(
    score: Score, split: Score, origin: Sequence[int], stems: Sequence[Stem], folder: Path, sound: StemSound, key: str
) -> tuple[Stem, ...]:
    """Stems of a score whose drums were split: every part's own, in place of the stem of all.

    The parts are rendered dry and brought to the level at which their sum is nearest to the stem they replace.

    Args:
        score: before `split_drums`.
        split: after it.
        origin: for each of its tracks, the one it came from.
        stems: of `score`.
        folder: for the new files.
        sound: as the stems were rendered.
        key: for file names.
    """
    parts = [place for place, old in enumerate(origin) if origin.count(old) > 1]
    new_place = {old: place for place, old in enumerate(origin)}
    kept = [stem for stem in stems if stem.track is None or new_place[stem.track] not in parts]
    out = [
        Stem(s.path, s.name, None if s.track is None else new_place[s.track], s.frames, s.rate, s.channels)
        for s in kept
    ]
    for old in sorted({origin[place] for place in parts}):
        whole = next((stem for stem in stems if stem.track == old), None)
        places = [place for place in parts if origin[place] == old]
        if whole is not None:
            out += _taken_apart(split, places, old, whole, folder, sound, key)
    return tuple(sorted(out, key=lambda stem: (stem.track is None, stem.track or 0)))


def _taken_apart(
    split: Score, places: list[int], number: int, whole: Stem, folder: Path, sound: StemSound, key: str
) -> list[Stem]:
    alone = replace(split, tracks=tuple(split.tracks[place] for place in places), end_ticks=split.last_ticks)
    names = file_names(alone, key, 1 + number)
    own = replace(sound, sample_rate=whole.rate)
    parts = rendered(alone, folder, names, own, mixes={index: TrackMix() for index in range(len(places))})
    sounds = {stem.track: read_signal(stem.path).samples for stem in parts if stem.track is not None}
    for stem in parts:
        if stem.track is None:  # the room of the whole mix stays
            stem.path.unlink()
    factor = _nearest_gain(read_signal(whole.path).samples, list(sounds.values()))
    tags: dict[str, Any] = {"tempo_bpm": split.bpm if len(split.tempos) <= 1 else None}
    out = []
    for stem in parts:
        if stem.track is not None:
            path = write_wav24(stem.path, sounds[stem.track] * factor, whole.rate, **tags)
            out.append(Stem(path, stem.name, places[stem.track], *sound_file(path)))
    return out


def _nearest_gain(whole: Samples, parts: list[Samples]) -> float:
    total: Samples = np.stack(parts).sum(axis=0)
    length = min(total.shape[1], whole.shape[1])
    own = float(np.vdot(total[:, :length], total[:, :length]))
    factor = float(np.vdot(total[:, :length], whole[:, :length])) / own if own > 0 else 1.0
    loudest = max((float(np.abs(part).max(initial=0)) for part in parts), default=0.0)
    return min(factor, 0.999 / loudest) if loudest > 0 and factor > 0 else 1.0
