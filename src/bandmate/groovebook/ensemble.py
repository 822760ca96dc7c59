"""Ensemble: which tracks play, with program, range and polyphony, from what was asked and what the genre has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from bandmate.analysis.genres import genre, load_table
from bandmate.errors import BriefError, RuleConflict
from bandmate.groovebook.dice import Dice
from bandmate.groovebook.form import DRUM_VOICES
from bandmate.limits import TRACKS
from bandmate.score.brief import ROLES, Brief, TrackAsk
from bandmate.score.gm import PROGRAM_NAMES, program_range
from bandmate.score.pitch import Key
from bandmate.score.plan import PlannedTrack

LAYER_ROLE = {
    "organ": "chords", "guitar2": "chords", "guitar": "chords", "lead2": "lead", "harmonica": "lead",
    "fiddle": "lead", "steel": "pad", "banjo": "arp", "ostinato": "arp", "timpani": "perc", "alto": "vox",
    "tenor": "vox", "violin2": "strings", "viola": "strings",
}  # fmt: skip
INNER_VOICES = ("alto", "tenor", "violin2", "viola")
_POLYPHONY = {
    "bass": 1,
    "melody": 1,
    "lead": 1,
    "arp": 1,
    "chords": 4,
    "pad": 4,
    "strings": 3,
    "brass": 3,
    "vox": 3,
    "fx": 1,
    "perc": 2,
}
# Who stays in a band of a few, first to last; parts that are not named (inner voices) stay.
_RHYTHM_FIRST = ("drums", "bass", "chords", "melody")
_TUNE_FIRST = ("chords", "melody", "bass", "drums")
_STAYS = {
    "folk": _TUNE_FIRST, "country": _TUNE_FIRST, "classical": _TUNE_FIRST, "orchestral": _TUNE_FIRST,
    "rock": ("drums", "chords", "bass", "melody"),
}  # fmt: skip
_STRANGERS = ("pad", "arp", "strings", "vox", "perc")  # join where a genre has no more layers of its own
# Where a genre says nothing about a role.
_PROGRAMS = {
    "bass": (33, 32, 38), "chords": (0, 4, 25), "melody": (0, 73, 65), "lead": (81, 80, 73), "pad": (89, 50, 91),
    "arp": (81, 46, 98), "strings": (48, 49), "brass": (61, 56), "vox": (53, 52), "fx": (103, 119), "perc": (115, 12),
}  # fmt: skip
_RANGES = {
    "bass": (28, 50), "chords": (52, 74), "melody": (60, 84), "lead": (62, 86), "pad": (52, 76), "arp": (60, 84),
    "strings": (57, 84), "brass": (55, 77), "vox": (57, 77), "fx": (48, 72), "perc": (55, 79),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """A planned track and where the genre table speaks of it.

    Attributes:
        part: its name in the genre's form ("drums", "bass", "chords", "melody", "pad", "violin2" ...).
        layer: index in the genre's `layers`, None for the core.
        firm: asked for, or of the genre's core.
        ask: what was asked of it.
    """

    track: PlannedTrack
    part: str
    layer: int | None
    firm: bool
    ask: TrackAsk


@dataclass(frozen=True, slots=True)
class _Want:
    ask: TrackAsk
    part: str
    layer: int | None
    firm: bool


@cache
def _form_parts(name: str) -> tuple[tuple[str, int], ...]:
    """Parts of a genre by how many sections name them, most first; drum voices count as drums."""
    counts: Counter[str] = Counter()
    for row in genre(name)["form"]["sections"]:
        counts.update({"drums" if r == "drums" or r in DRUM_VOICES else "melody" if r == "lead" else r for r in row[3]})
    return tuple(counts.most_common())


def core_parts(name: str) -> tuple[str, ...]:
    """The parts without which a genre is not itself: drums, bass, chords, melody as far as its form names them.

    Genres that are a set of voices (chorale, string quartet) count all of these.
    """
    named = [part for part, _ in _form_parts(name)]
    core = [part for part in ("drums", "bass", "chords", "melody") if part in named]
    inner = [part for part in INNER_VOICES if part in named]
    if "chords" not in core and not inner:
        core += [part for part in ("pad", "arp", "strings", "ostinato") if part in named][:1]
    return (*core, *inner)


def _layer_index(block: dict[str, Any], part: str) -> int | None:
    return next((i for i, layer in enumerate(block["layers"]) if layer["role"] == part), None)


def _want(block: dict[str, Any], part: str, *, firm: bool = True, ask: TrackAsk | None = None) -> _Want:
    layer = None if part in ("drums", "bass", "chords", "melody") else _layer_index(block, part)
    return _Want(ask or TrackAsk(LAYER_ROLE.get(part, part)), part, layer, firm)


def _part_of(block: dict[str, Any], role: str) -> str:
    """What a genre calls a role: "strings" is "violin2" in a quartet, "lead" may be "fiddle"."""
    if role in ("drums", "bass", "chords", "melody") or _layer_index(block, role) is not None:
        return role
    return next((layer["role"] for layer in block["layers"] if LAYER_ROLE.get(layer["role"]) == role), role)


def _default_layers(name: str, block: dict[str, Any], taken: Sequence[str], dice: Dice) -> list[str]:
    named = dict(_form_parts(name))
    free = [layer["role"] for layer in block["layers"] if layer["role"] not in taken]
    weights = [
        (named.get(part, 0.4) + 0.3) * (0.15 if part == "fx" else 0.5 if part == "perc" else 1.0) for part in free
    ]
    out: list[str] = []
    for _ in range(dice.weighted((0, 1, 2, 3), (1, 4, 4, 1))):
        if not free:
            break
        part = dice.weighted(free, weights)
        at = free.index(part)
        out.append(part)
        del free[at], weights[at]
    return out


def _excluded(brief: Brief, role: str, part: str) -> bool:
    gone = set(brief.excluded)
    if "melody" in gone or ("lead" in gone and part == "melody"):
        gone |= {"melody", "lead"}
    if "drums" in gone:
        gone.add("perc")
    return role in gone or part in gone


def _wants(brief: Brief, name: str, dice: Dice) -> list[_Want]:
    block = genre(name)
    unknown = [role for role in (*brief.only, *(ask.role for ask in brief.tracks)) if role not in ROLES]
    if unknown:
        raise BriefError(f"track role '{unknown[0]}' is not known; use {', '.join(ROLES)}")
    asks = [a for a in brief.tracks if not brief.only or a.role in brief.only]
    wants = [_want(block, _part_of(block, ask.role), ask=ask) for ask in asks]
    roles = {ask.role for ask in asks}
    if brief.only:
        more = [_want(block, _part_of(block, role)) for role in dict.fromkeys(brief.only) if role not in roles]
        return [w for w in wants + more if w.ask in asks or not _excluded(brief, w.ask.role, w.part)]
    parts = [want.part for want in wants]
    for part in core_parts(name):
        held = (
            part in parts
            or (part == "melody" and "lead" in roles)
            or (part in INNER_VOICES and wants and roles & {"strings", "vox"})
        )
        if not held and not _excluded(brief, LAYER_ROLE.get(part, part), part):
            wants.append(_want(block, part))
    wants = _counted(brief, name, wants, dice)
    if not brief.tracks and brief.track_count is None:
        for part in _default_layers(name, block, [w.part for w in wants], dice):
            if not _excluded(brief, LAYER_ROLE.get(part, part), part):
                wants.append(_want(block, part, firm=False))
    order = ("drums", "perc", "bass", "chords", "melody", "lead")
    return sorted(wants, key=lambda w: order.index(w.ask.role) if w.ask.role in order else len(order))


def _leaving(block: dict[str, Any], count: int) -> Callable[[_Want], int]:
    """A key that sorts tracks by who is missed least in a band of a few; a machine's duo is drums and bass."""
    by_hand = count == 2 and block["feel"]["jitter_ms"] > 2
    stays = _STAYS.get(block["family"], _TUNE_FIRST if by_hand else _RHYTHM_FIRST)
    return lambda want: -stays.index(want.part) if want.part in stays else -len(stays)


def _counted(brief: Brief, name: str, wants: list[_Want], dice: Dice) -> list[_Want]:
    """The stated number of tracks: what was not named goes first, layers of the genre join."""
    count, block = brief.track_count, genre(name)
    if count is None:
        return wants
    named = {id(ask) for ask in brief.tracks}
    open_ones = sorted((w for w in wants if id(w.ask) not in named), key=_leaving(block, count))
    gone = open_ones[: max(0, len(wants) - count)]
    wants = [w for w in wants if w not in gone]
    own = [layer["role"] for layer in block["layers"]]
    while len(wants) < count:
        taken = {w.part for w in wants} | {p for p in (*own, *_STRANGERS) if _excluded(brief, LAYER_ROLE.get(p, p), p)}
        fresh = [p for p in own if p not in taken] or [p for p in _STRANGERS if p not in taken]
        if not fresh:
            break
        wants.append(_want(block, fresh[0] if dice.chance(0.6) else dice.pick(fresh)))
    return wants


def _facts(block: dict[str, Any], want: _Want) -> tuple[Sequence[int], tuple[int, int]]:
    """The genre's programs and range for a track."""
    role = want.ask.role
    if want.layer is not None:
        layer = block["layers"][want.layer]
        low, high = layer["range"]
        if high - low < 5:  # one sampler pitch in the table; a locked key needs room to move it
            low, high = low - 6, high + 6
        return layer["programs"], (low, high)
    if role == "bass":
        return block["bass"]["programs"], tuple(block["bass"]["range"])
    if role == "chords":
        return block["harmony"]["programs"], tuple(block["harmony"]["voicing"]["range"])
    if role in ("melody", "lead"):
        return block["melody"]["programs"], tuple(block["melody"]["range"])
    return _PROGRAMS[role], _RANGES[role]


def _program(brief: Brief, want: _Want, programs: Sequence[int], used: set[int], dice: Dice) -> int:
    gone = set(brief.excluded_programs)
    if want.ask.program is not None:
        if want.ask.program in gone:
            raise RuleConflict(
                f"{PROGRAM_NAMES[want.ask.program]} is both asked for and excluded; drop one of the two demands"
            )
        return want.ask.program
    free = [p for p in programs if p not in gone] or [
        p for p in _PROGRAMS.get(want.ask.role, (0, 4, 25)) if p not in gone
    ]
    if not free:
        raise RuleConflict(f"every instrument for {want.ask.role} is excluded; allow one or leave the track out")
    fresh = [p for p in free if p not in used] or free
    return dice.weighted(fresh, [3.0, *[1.0] * (len(fresh) - 1)])


def _range(want: _Want, program: int, low: int, high: int, shift: int) -> tuple[int, int]:
    least, most = program_range(program)
    ask = want.ask
    if ask.low is not None or ask.high is not None:
        bottom, top = ask.low if ask.low is not None else least, ask.high if ask.high is not None else most
        if bottom > top:
            raise RuleConflict(f"the range {bottom}-{top} of {ask.role} is upside down; give the lower note first")
        if bottom > most or top < least:
            raise RuleConflict(
                f"the range {bottom}-{top} of {ask.role} lies outside what {PROGRAM_NAMES[program]} plays "
                f"({least}-{most}); change the range or the instrument"
            )
        return max(bottom, least), min(top, most)
    width = high - low
    low, high = low + shift, high + shift
    if ask.role != "bass" and (low > most - 7 or high < least + 7):  # a piccolo plays the line an octave up
        octaves = 12 * round(((least + most) - (low + high)) / 24)
        low, high = low + octaves, high + octaves
    if high > most:
        low, high = max(least, min(low, most - min(width, 17))), most
    if low < least:
        low, high = least, min(most, max(high, least + min(width, 17)))
    return max(0, low), min(127, high)


def _name(want: _Want, program: int, is_drum: bool) -> str:
    if want.ask.name:
        return want.ask.name
    if is_drum:
        return "percussion" if want.ask.role == "perc" else "drums"
    if want.part in (*INNER_VOICES, "timpani"):
        return want.part
    word = _instrument_word(program)
    if want.part == "bass" and program >= 80:
        return f"bass {word}"
    return word if want.part in ("bass", "chords", "melody") or want.part in word else f"{want.part} {word}"


@cache
def _instrument_word(program: int) -> str:
    for row in load_table("instruments")["instruments"]:
        if row.get("program") == program:
            return row["words"][0]
    return PROGRAM_NAMES[program].lower()


def _check_lock(track: PlannedTrack, key: Key | None) -> None:
    if key is None or track.is_drum or track.high - track.low >= 11:
        return
    if not any(pitch % 12 in key.lock for pitch in range(track.low, track.high + 1)):
        raise RuleConflict(
            f"{track.name} may only play {track.low}-{track.high}, where {key.name} has no note; "
            "widen the range, change the key or turn the key lock off"
        )


def seat(brief: Brief, name: str, key: Key | None, shift: int, overrides: dict[str, Any], dice: Dice) -> list[Seat]:
    """The tracks that will play.

    Tracks that were listed (`brief.only`) are the only ones; else the genre's core joins what was named, and, where
    nothing was named, up to three of its layers.

    Args:
        brief: what was asked.
        name: genre id.
        key: a key that locks, or None.
        shift: semitones by which pitched parts above the bass move.
        overrides: `programs` (chords) and `lead` (melody) of a mood or style.
        dice: decides among the genre's programs, kits and layers.

    Raises:
        RuleConflict: nothing is left to play, or ranges contradict instruments or key.
    """
    block = genre(name)
    wants = _wants(brief, name, dice)
    if not wants:
        raise RuleConflict("nothing is left to play: every track is excluded; allow at least one, such as drums")
    TRACKS.check(len(wants))
    used = {want.ask.program for want in wants if want.ask.program is not None}
    seats = []
    for want in wants:
        ask = want.ask
        if ask.is_drum and (ask.role == "drums" or want.layer is None):
            drums = block["drums"]
            kit = (
                ask.kit
                if ask.kit is not None
                else dice.weighted((drums["kit"], *drums["kit_alt"]), (5.0, *[1.0] * len(drums["kit_alt"])))
            )
            track = PlannedTrack(ask.role, _name(want, 0, True), kit, True, 0, 127, 16, ask.density, ask.articulation)
        else:
            programs, (low, high) = _facts(block, want)
            if want.part == "chords" and overrides.get("programs"):
                programs = overrides["programs"]
            if want.part == "melody" and overrides.get("lead") is not None:
                programs = [overrides["lead"]]
            program = _program(brief, want, programs, used, dice)
            used.add(program)
            low, high = _range(want, program, low, high, ask.register + (0 if ask.role == "bass" else shift))
            voices = 1 if want.part in INNER_VOICES else _POLYPHONY[ask.role]
            if ask.role == "chords":
                voices = max(voices, int(block["harmony"]["voicing"]["notes"]))
            track = PlannedTrack(
                ask.role,
                _name(want, program, False),
                program,
                False,
                low,
                high,
                ask.polyphony or voices,
                ask.density,
                ask.articulation or brief.articulation,
            )
            _check_lock(track, key)
        seats.append(Seat(track, want.part, want.layer, want.firm, ask))
    return _distinct_names(seats)


def _distinct_names(seats: list[Seat]) -> list[Seat]:
    seen: Counter[str] = Counter()
    out = []
    for one in seats:
        seen[one.track.name] += 1
        if seen[one.track.name] > 1:
            one = replace(one, track=replace(one.track, name=f"{one.track.name} {seen[one.track.name]}"))
        out.append(one)
    return out
