"""Flags beside words: stronger than what the words say, and every contradiction is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import BriefError, RuleConflict
from bandmate.generation.words_flag_values import APPLY
from bandmate.generation.words_genre import guess
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.locks import TrackLock

_EXAMPLE = (
    'say what you want to hear, for example: bandmate compose "funky house beat at 120 BPM with a slap bass line"'
)


@dataclass(frozen=True, slots=True)
class BriefFlags:
    """What the command line or a caller states beside the words; None = not stated.

    Attributes:
        genre, style, mood: names or aliases; several moods with commas.
        tempo: quarter notes a minute; key: `D minor`; meter: `6/8`; bars: whole bars; seconds: length instead of bars.
        tracks: `drums,bass=upright bass,chords=rhodes,melody`: exactly these tracks.
        chords: symbols (`Dm7 G7 | Cmaj7`) or numerals (`ii V I`).
        energy: 1..5; density: factor 0.25..4; swing: 0.5..0.75 or percent.
        exclude: roles or instruments, comma separated.
        lock: locks of tracks, one text or several; drums: a drum pattern, as text or read already.
    """

    genre: str | None = None
    style: str | None = None
    mood: str | None = None
    tempo: float | None = None
    key: str | None = None
    meter: str | None = None
    bars: int | None = None
    tracks: str | None = None
    chords: str | None = None
    energy: int | None = None
    density: float | None = None
    swing: float | None = None
    loop: bool | None = None
    seconds: float | None = None
    exclude: str | None = None
    lock: str | Sequence[str] | None = None
    drums: str | TrackLock | None = None

    @property
    def stated(self) -> bool:
        """Whether any flag is set."""
        return any(getattr(self, f.name) is not None for f in fields(self))


def merge_flags(brief: Brief, flags: BriefFlags) -> Brief:
    """Lay flags over words; flags win, and every contradiction becomes a sentence in `conflicts`.

    Raises:
        BriefError: neither words nor flags, or a flag that is out of range or unknown; the message says what would do.
    """
    if not brief.text.strip() and not flags.stated and brief == Brief(text=brief.text):
        raise BriefError(f"there is nothing to compose from; {_EXAMPLE}")
    values: dict[str, Any] = {}
    for name, apply in APPLY.items():
        flag = getattr(flags, name)
        if flag is not None:
            values.update(apply(replace(brief, locks=values.get("locks", brief.locks)), flag))
    _check_flags(flags, values)
    conflicts = [*brief.conflicts, *_conflicts(brief, values)]
    values["guessed"] = tuple(g for g in brief.guessed if g not in values)
    merged = replace(brief, **values, conflicts=tuple(dict.fromkeys(conflicts)))
    if merged.genre is None:
        roles = [t.role for t in merged.tracks]
        merged = replace(merged, genre=guess(roles, merged.moods, merged.excluded), guessed=(*merged.guessed, "genre"))
    return _with_locked_drums(merged) if flags.drums is not None else merged


def _check_flags(flags: BriefFlags, values: dict[str, Any]) -> None:
    """Two flags that contradict each other: neither is stronger, so nothing can be made of them."""
    if flags.bars is not None and flags.seconds is not None:
        raise BriefError(f"{flags.bars} bars and {flags.seconds:g} seconds are both asked; give one of them")
    named, meant = str(flags.genre or ""), str(values.get("genre"))
    if flags.style is not None and named in genre_ids() and genre(meant)["family"] != genre(named)["family"]:
        raise BriefError(f"genre {named} and style {flags.style} are two genres; give one, or mix them in words")
    if flags.tracks is None or flags.exclude is None:
        return
    for track in values["tracks"]:
        if track.role in values["excluded"] or track.program in values["excluded_programs"]:
            raise RuleConflict(
                f"{track.name or track.role} is both asked for by tracks and left out by exclude; drop one of the two"
            )


def _with_locked_drums(brief: Brief) -> Brief:
    """A drum pattern asks for drums."""
    if "drums" in brief.excluded or (brief.only and "drums" not in brief.only):
        raise RuleConflict("a drum pattern is given but drums shall not sound; leave one of the two out")
    named = any(track.role == "drums" for track in brief.tracks)
    return brief if named else replace(brief, tracks=(*brief.tracks, TrackAsk("drums")))


def _conflicts(brief: Brief, values: dict[str, Any]) -> list[str]:
    out = []
    for name, label in (
        ("genre", "genre"),
        ("tempo", "tempo"),
        ("key", "key"),
        ("meter", "meter"),
        ("bars", "bars"),
        ("seconds", "seconds"),
        ("energy", "energy"),
        ("swing", "swing"),
    ):
        said, flag = getattr(brief, name), values.get(name)
        if flag is not None and said is not None and said != flag and name not in brief.guessed:
            out.append(f"the words say {label} {_show(said)}, the flag says {_show(flag)}: the flag wins")
    if "bars" in values and brief.seconds is not None:
        out.append(f"the words say {brief.seconds:g} seconds, the flag says {values['bars']} bars: the flag wins")
    if "tempo" in values and brief.tempo is None and brief.tempo_factor != 1.0:
        word = "slow" if brief.tempo_factor < 1 else "fast"
        out.append(f"the words ask for {word}, the flag says {values['tempo']:g} BPM: the flag wins")
    if "key" in values and brief.mode and values["key"].mode != brief.mode:
        out.append(f"the words say {brief.mode}, the flag says {values['key'].name}: the flag wins")
    if "tracks" in values:
        out += _track_conflicts(brief, values)
    for role in values.get("_gone", ()):
        out.append(f"the words ask for {role}, the flag leaves it out: the flag wins")
    values.pop("_gone", None)
    return out


def _track_conflicts(brief: Brief, values: dict[str, Any]) -> list[str]:
    roles = [t.role for t in values["tracks"]]
    out = [f"the words leave out {r}, the flag asks for it: the flag wins" for r in brief.excluded if r in roles]
    for track in brief.tracks:
        flag = next((t for t in values["tracks"] if t.role == track.role), None)
        if flag is None:
            out.append(f"the words ask for {track.name or track.role}, the flag names other tracks: the flag wins")
        elif track.program is not None and flag.program not in (None, track.program):
            out.append(f"the words say {track.name}, the flag says {flag.name}: the flag wins")
    return out


def _show(value: Any) -> str:
    if isinstance(value, tuple):
        return "/".join(str(v) for v in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value).replace("_", " ")
