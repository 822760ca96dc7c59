"""What words and flags mean, without composing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bandmate.generation.words import BriefFlags, compile_text, describe, merge_flags
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.gm import KIT_NAMES, PROGRAM_NAMES


@dataclass(frozen=True, slots=True)
class BriefReport:
    """A Brief, with the line that tells it."""

    brief: Brief
    heard: str

    def to_json(self) -> dict[str, Any]:
        """Plain data: what was asked, what is left out, what contradicts itself, what was not understood."""
        brief = self.brief
        return {
            "text": brief.text,
            "heard": self.heard,
            "genre": brief.genre,
            "genre2": brief.genre2,
            "styles": list(brief.styles),
            "moods": {mood: brief.mood_weights.get(mood, 1.0) for mood in brief.moods},
            "tempo": brief.tempo,
            "tempo_factor": brief.tempo_factor,
            "key": None if brief.key is None else brief.key.name,
            "mode": brief.mode,
            "meter": None if brief.meter is None else f"{brief.meter[0]}/{brief.meter[1]}",
            "bars": brief.bars,
            "seconds": brief.seconds,
            "loop": brief.loop,
            "tracks": [_track(track) for track in brief.tracks],
            "only": list(brief.only),
            "excluded": list(brief.excluded),
            "excluded_programs": list(brief.excluded_programs),
            "excluded_drums": list(brief.excluded_drums),
            "locks": [lock.to_json() for lock in brief.locks],
            "chords": [[chord.spell() for chord in bar] for bar in brief.chords],
            "progression": brief.progression,
            "energy": brief.energy,
            "density": brief.density,
            "swing": brief.swing,
            "feel": list(brief.feel),
            "patterns": list(brief.patterns),
            "structure": [{"section": s, "bars": b, "energy": e, "roles": list(r)} for s, b, e, r in brief.structure],
            "events": list(brief.events),
            "guessed": list(brief.guessed),
            "conflicts": list(brief.conflicts),
            "notices": list(brief.notices),
            "not_understood": [{"word": n.word, "suggestions": list(n.suggestions)} for n in brief.not_understood],
        }

    def to_text(self) -> str:
        """The same for eyes: one line a thing, only what was said."""
        data = self.to_json()
        lines = [f"{'genre':<16}{_value(data['genre'])}{' (guessed)' if 'genre' in self.brief.guessed else ''}"]
        names = ("genre2", "styles", "moods", "tempo", "key", "mode", "meter", "bars", "seconds", "loop", "energy",
                 "swing", "feel", "patterns", "progression", "events")  # fmt: skip
        lines += [f"{name.replace('_', ' '):<16}{_value(data[name])}" for name in names if data[name]]
        lines += [f"{'track':<16}{_track_line(track)}" for track in self.brief.tracks]
        lines += [f"{'without':<16}{', '.join(self.brief.excluded)}"] if self.brief.excluded else []
        lines += [f"{'conflict':<16}{sentence}" for sentence in self.brief.conflicts]
        lines += [f"{'note':<16}{sentence}" for sentence in self.brief.notices]
        for word in self.brief.not_understood:
            hint = f" (did you mean {', '.join(word.suggestions)}?)" if word.suggestions else ""
            lines.append(f"{'not understood':<16}{word.word}{hint}")
        return "\n".join(lines)


def brief(text: str, flags: BriefFlags | None = None) -> BriefReport:
    """Understand words and flags.

    Raises:
        BriefError: nothing was said, or a number or name is out of range or unknown.
    """
    asked = merge_flags(compile_text(text), flags or BriefFlags())
    return BriefReport(asked, describe(asked))


def _track(track: TrackAsk) -> dict[str, Any]:
    return {
        "role": track.role,
        "program": track.program,
        "kit": track.kit,
        "name": track.name,
        "density": track.density,
        "articulation": track.articulation,
        "low": track.low,
        "high": track.high,
    }


def _track_line(track: TrackAsk) -> str:
    sound = PROGRAM_NAMES[track.program] if track.program is not None else ""
    sound = KIT_NAMES.get(track.kit, f"kit {track.kit}") if track.kit is not None else sound
    return f"{track.role}{f': {track.name}' if track.name else ''}{f' ({sound})' if sound else ''}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(k if v == 1.0 else f"{k} x{v:g}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(str(v).replace("_", " ") for v in value)
    return "yes" if value is True else f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
