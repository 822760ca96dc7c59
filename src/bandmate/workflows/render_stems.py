"""What the files of a render are called, what they say of themselves, and stems that share one level."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from bandmate.audio.signal import Samples, peak, read_signal
from bandmate.errors import UserError
from bandmate.io.sound import SoundTags, write_sound
from bandmate.rendering.mixer import Length
from bandmate.rendering.performance import Part
from bandmate.score.model import Score

STEM_CEILING = 0.999  # a stem above it would clip; all are lowered together then


class StemWriter:
    """Writes stems as they come; if one would clip, all that were and will be written are lowered together.

    Args:
        folder, names, suffix: where they go and what they are called; without names nothing is written.
        rate: Hz.
        tags: what each file says of its sound.
    """

    def __init__(self, folder: Path, names: Sequence[str], suffix: str, rate: int, tags: SoundTags) -> None:
        self._places = [folder / f"{name}{suffix}" for name in names]
        self._rate, self._tags, self._gain = rate, tags, 1.0
        self.paths: list[Path] = []

    @property
    def gain_db(self) -> float:
        """What was put on all of them, 0 or less."""
        return 20.0 * math.log10(self._gain)

    def write(self, number: int, stem: Samples) -> None:
        """Write the stem of that number."""
        if not self._places:
            return
        loudest = peak(stem) * self._gain
        if loudest > STEM_CEILING:
            self._lower(STEM_CEILING / loudest)
        self._save(self._places[number], stem if self._gain == 1.0 else stem * self._gain)
        self.paths.append(self._places[number])

    def _lower(self, factor: float) -> None:
        for path in self.paths:
            self._save(path, read_signal(path).samples * factor)
        self._gain *= factor

    def _save(self, path: Path, samples: Samples) -> None:
        write_sound(path, samples, self._rate, self._tags)


def tags_of(score: Score, length: Length) -> SoundTags:
    """What a file says about tempo and loop; a tempo that changes is not said."""
    steady = len(set(score.tempos["us_per_quarter"].tolist())) <= 1
    first = score.meters[0] if len(score.meters) else None
    tags: SoundTags = {
        "tempo_bpm": score.bpm if steady else None,
        "meter": (int(first["numerator"]), int(first["denominator"])) if first is not None else None,
    }
    if length.loop:
        tags["loop"] = (0, length.total)
        beats = score.last_ticks / score.ticks_per_quarter
        tags["beats"] = int(beats) if beats == int(beats) else None
    return tags


def stem_names(score: Score, parts: tuple[Part, ...], names: Sequence[str] | None) -> tuple[str, ...]:
    """File stems of the parts and, last, of the room's return; all different.

    Args:
        score: whose parts they are.
        parts: from `perform`.
        names: one for each track of the score, or None.

    Raises:
        UserError: the number of names is not the number of tracks.
    """
    if names is not None and len(names) != len(score.tracks):
        raise UserError(f"{len(names)} stem names were given for {len(score.tracks)} tracks; give one for each")
    several = {part.track for part in parts if sum(other.track == part.track for other in parts) > 1}
    result: list[str] = []
    for number, part in enumerate(parts):
        base = names[part.track] if names is not None else f"{number + 1:02d}-{_word(part)}_{score.bpm:.0f}"
        base = f"{base}-ch{part.channel + 1}" if part.track in several else base
        while base in result:
            base += "-b"
        result.append(base)
    return (*result, f"{len(parts) + 1:02d}-reverb{_common_ending(result)}")


def _word(part: Part) -> str:
    fallback = "drums" if part.is_drum else "track"
    return re.sub(r"[^\w]+", "_", part.name.strip().lower()).strip("_")[:40] or fallback


def _common_ending(names: list[str]) -> str:
    """What all names end in, from its first underscore: the tempo and key."""
    shared = 0
    while len(names) > 1 and len({name[-shared - 1 :] for name in names}) == 1 and shared < len(names[0]):
        shared += 1
    ending = names[0][len(names[0]) - shared :]
    return ending[ending.index("_") :] if "_" in ending else ""
