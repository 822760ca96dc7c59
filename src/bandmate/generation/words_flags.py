"""Flags beside words: checked against the limits, and stronger than what the words say."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bandmate import limits
from bandmate.analysis.genres import genre, genre_ids, load_table
from bandmate.errors import BriefError, RuleConflict
from bandmate.generation.lexicon import Entry, lexicon, meanings
from bandmate.generation.progression import parse_progression
from bandmate.generation.spelling import suggest
from bandmate.generation.words_genre import guess
from bandmate.generation.words_locks import parse_drums, parse_locks
from bandmate.generation.words_scan import scan
from bandmate.score.brief import ROLES, Brief, TrackAsk
from bandmate.score.locks import TrackLock
from bandmate.score.pitch import MODES, Key

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
    for name in (
        "genre",
        "style",
        "mood",
        "tempo",
        "key",
        "meter",
        "bars",
        "seconds",
        "tracks",
        "chords",
        "energy",
        "density",
        "swing",
        "loop",
        "exclude",
        "lock",
        "drums",
    ):
        flag = getattr(flags, name)
        if flag is not None:
            values.update(_APPLY[name](replace(brief, locks=values.get("locks", brief.locks)), flag))
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


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise BriefError(f"{name} '{value}' is not a number; give one such as {name} 8") from None
    if math.isnan(number):
        raise BriefError(f"{name} is not a number (nan); give a finite one")
    return number


def _did_you_mean(kind: str, text: str, known: list[str]) -> BriefError:
    close = difflib.get_close_matches(text.lower(), known, n=3, cutoff=0.6) or list(suggest(text.lower()))
    hint = f"did you mean {', '.join(close)}?" if close else f"known: {', '.join(known[:12])} ..."
    return BriefError(f"{kind} '{text}' is not known; {hint}")


def _genre_entry(text: str) -> Entry:
    entries = [e for e in meanings(text) if e.kind == "genre"]
    if not entries:
        known = sorted({e.phrase for es in lexicon().phrases.values() for e in es if e.kind == "genre"})
        raise _did_you_mean("genre", text, known)
    return entries[0]


def _apply_genre(brief: Brief, text: str) -> dict[str, Any]:
    name = text if text in genre_ids() else None
    entry = None if name else _genre_entry(text)
    head = name or (entry.value if entry else "")
    values: dict[str, Any] = {"genre": head}
    if head != brief.genre:
        near = load_table("words")["near_genres"]
        values["styles"] = tuple(s for s in brief.styles if s not in near)
        values["genre2"] = None if brief.genre2 == head else brief.genre2
        if "tempo" in brief.guessed:
            values["tempo"] = None
    if entry is not None and "style" in entry.extra:
        values["styles"] = (entry.extra["style"], *values.get("styles", brief.styles))
    return values


def _apply_style(brief: Brief, text: str) -> dict[str, Any]:
    styles = []
    for part in re.split(r"\s*,\s*", text.strip()):
        entry = next((e for e in meanings(part) if e.kind == "genre"), None)
        styles.append(entry.extra.get("style", entry.value) if entry else re.sub(r"[\s-]+", "_", part.lower()))
    values: dict[str, Any] = {"styles": tuple(dict.fromkeys((*styles, *brief.styles)))}
    own = next((s for s in styles if s in genre_ids()), None)
    if own is not None:
        values["genre"], values["styles"] = own, tuple(s for s in values["styles"] if s != own)
    return values


def _apply_mood(brief: Brief, text: str) -> dict[str, Any]:
    moods = []
    for part in re.split(r"\s*,\s*|\s+and\s+", text.strip()):
        entry = next((e for e in meanings(part) if e.kind == "mood"), None)
        if entry is None:
            raise _did_you_mean("mood", part, sorted(load_table("moods")["moods"]))
        moods.append(entry.value)
    return {"moods": tuple(dict.fromkeys((*moods, *brief.moods)))}


def _apply_tempo(brief: Brief, value: Any) -> dict[str, Any]:
    return {"tempo": limits.TEMPO.check(_number("tempo", value)), "tempo_factor": 1.0}


def _apply_key(brief: Brief, text: str) -> dict[str, Any]:
    try:
        return {"key": Key.parse(text), "mode": None}
    except BriefError:
        facts = [f for f in scan(f"in {text}").facts if f.kind != "end"]
    if len(facts) != 1 or facts[0].kind != "key" or not facts[0].value[1]:
        raise _key_error(text)
    return {"key": Key(*facts[0].value), "mode": None}


def _key_error(text: str) -> BriefError:
    words = text.strip().split()
    close = difflib.get_close_matches(words[-1].lower() if words else "", list(MODES), n=1, cutoff=0.5)
    if len(words) > 1 and close and re.fullmatch(r"[A-Ga-g][#b]?", words[0]):
        return BriefError(f"key '{text}' is not known; did you mean {words[0][0].upper()}{words[0][1:]} {close[0]}?")
    return BriefError(
        f"key '{text}' is not known; write a note and a mode, such as 'D minor', 'F# major' or 'A dorian'"
    )


def _apply_meter(brief: Brief, text: Any) -> dict[str, Any]:
    match = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", str(text))
    if not match or int(match[2]) not in (1, 2, 4, 8, 16, 32):
        raise BriefError(f"meter '{text}' is not understood; write it like 4/4, 6/8 or 7/8")
    return {"meter": (int(limits.METER_NUMERATOR.check(int(match[1]))), int(match[2]))}


def _apply_bars(brief: Brief, value: Any) -> dict[str, Any]:
    number = limits.BARS.check(_number("bars", value))
    if number != int(number):
        raise BriefError(f"bars {number:g} is not a whole number; give one such as 16")
    return {"bars": int(number), "seconds": None}


def _apply_seconds(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("seconds", value)
    if not 0 < number <= 7200:
        raise BriefError(f"seconds {number:g} is out of range; give more than 0 and at most 7200 seconds")
    return {"seconds": number, "bars": None}


def parse_track(text: str) -> TrackAsk:
    """One item of --tracks: `drums`, `bass=upright bass`, `rhodes`.

    Raises:
        BriefError: role or instrument is unknown; the message says what is close.
    """
    role_text, _, name = (part.strip() for part in text.partition("="))
    if not name:
        role = _role(role_text)
        if role is not None:
            return TrackAsk(role)
        return _instrument(role_text, None)
    role = _role(role_text)
    if role is None:
        raise _did_you_mean("role", role_text, list(ROLES))
    return _instrument(name, role)


def _role(text: str) -> str | None:
    if text.lower() in ROLES:
        return text.lower()
    return next((e.value for e in meanings(text) if e.kind == "role"), None)


def _instrument(name: str, role: str | None) -> TrackAsk:
    entry = next((e for e in meanings(name) if e.kind in ("instrument", "voice")), None)
    if entry is None and name.isdigit() and 0 <= int(name) <= 127:
        return TrackAsk(
            role or "melody", program=None if role == "drums" else int(name), kit=int(name) if role == "drums" else None
        )
    if entry is None:
        known = sorted({e.phrase for es in lexicon().phrases.values() for e in es if e.kind == "instrument"})
        raise _did_you_mean("instrument", name, known)
    row = entry.value
    if "kit" in row:
        return TrackAsk(role or "drums", kit=row["kit"], name=name)
    if entry.kind == "voice":
        return TrackAsk(role or "perc", name=name)
    return TrackAsk(role or row["role"], program=row["program"], name=name, articulation=entry.extra.get("art", ""))


def _apply_tracks(brief: Brief, text: str) -> dict[str, Any]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not items:
        raise BriefError("--tracks names no track; write it like: drums,bass=upright bass,chords=rhodes,melody")
    limits.TRACKS.check(len(items))
    tracks = tuple(parse_track(item) for item in items)
    roles = tuple(dict.fromkeys(t.role for t in tracks))
    return {"tracks": tracks, "only": roles, "excluded": tuple(r for r in brief.excluded if r not in roles)}


def _apply_chords(brief: Brief, text: str) -> dict[str, Any]:
    name, found = parse_progression(text)
    return {"progression": found, "chords": ()} if name == "progression" else {"chords": found, "progression": None}


def _apply_lock(brief: Brief, text: str | Sequence[str]) -> dict[str, Any]:
    return {"locks": (*brief.locks, *parse_locks(text))}


def _apply_drums(brief: Brief, pattern: str | TrackLock) -> dict[str, Any]:
    return {"locks": (*brief.locks, pattern if isinstance(pattern, TrackLock) else parse_drums(pattern))}


def _apply_energy(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("energy", value)
    if not 1 <= number <= 5:
        raise BriefError(f"energy {number:g} is out of range; give 1 (sparse) to 5 (full)")
    return {"energy": round(number)}


def _apply_density(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("density", value)
    if not 0.25 <= number <= 4:
        raise BriefError(f"density {number:g} is out of range; give a factor of 0.25 to 4, where 1 is usual")
    return {"density": number}


def _apply_swing(brief: Brief, value: Any) -> dict[str, Any]:
    number = _number("swing", value)
    number = number / 100 if number > 1 else number
    if not 0.5 <= number <= 0.75:
        raise BriefError(f"swing {value} is out of range; give 50 (straight) to 75 percent")
    return {"swing": number}


def _apply_loop(brief: Brief, value: bool) -> dict[str, Any]:
    return {"loop": bool(value)}


def _apply_exclude(brief: Brief, text: str) -> dict[str, Any]:
    roles, programs, drums = list(brief.excluded), list(brief.excluded_programs), list(brief.excluded_drums)
    for item in (i.strip() for i in text.split(",") if i.strip()):
        role = _role(item)
        entry = next((e for e in meanings(item) if e.kind in ("instrument", "voice")), None)
        if role is not None:
            roles += {"melody": ["melody", "lead"], "drums": ["drums", "perc"]}.get(role, [role])
        elif entry is not None and entry.kind == "voice":
            drums.append(entry.value["note"])
        elif entry is not None and "kit" not in entry.value:
            programs += load_table("words")["families"].get(entry.value["words"][0], [entry.value["program"]])
        else:
            raise _did_you_mean("role or instrument", item, list(ROLES))
    kept = tuple(
        t for t in brief.tracks if t.role not in roles and (t.program is None or t.program not in programs or t.is_drum)
    )
    gone = [t.name or t.role for t in brief.tracks if t not in kept]
    values: dict[str, Any] = {
        "excluded": tuple(dict.fromkeys(roles)),
        "excluded_programs": tuple(dict.fromkeys(programs)),
        "excluded_drums": tuple(sorted(set(drums))),
        "_gone": gone,
    }
    if gone:
        values["tracks"] = kept
    return values


_APPLY = {
    "genre": _apply_genre,
    "style": _apply_style,
    "mood": _apply_mood,
    "tempo": _apply_tempo,
    "key": _apply_key,
    "meter": _apply_meter,
    "bars": _apply_bars,
    "seconds": _apply_seconds,
    "tracks": _apply_tracks,
    "chords": _apply_chords,
    "energy": _apply_energy,
    "density": _apply_density,
    "swing": _apply_swing,
    "loop": _apply_loop,
    "exclude": _apply_exclude,
    "lock": _apply_lock,
    "drums": _apply_drums,
}
