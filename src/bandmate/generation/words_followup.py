"""Follow-ups: a few words that change a take; what they do not name stays as it is.

compile_followup("busier bass, keep the drums", take.brief, take.plan)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bandmate import limits
from bandmate.analysis.genres import load_table
from bandmate.errors import BriefError
from bandmate.generation.words_read import read
from bandmate.generation.words_scan import scan
from bandmate.score.brief import ROLES, Brief, NotUnderstood, TrackAsk
from bandmate.score.gm import DRUM_NAMES
from bandmate.score.pitch import Key
from bandmate.score.plan import Plan

_VERBS = (
    "keep|leave|add|remove|change|make|no|swap|replace|drop|lose|different|new|another|rewrite|redo|put|take|without|with|"
    "use|give|transpose|move|double|mute|skip|vary|regenerate|exchange|switch|turn|bring"
)
_CLAUSE = re.compile(rf"\s*(?:[,;.!?\n]+|\b(?:and|but|then|also|plus)\b(?=\s+(?:{_VERBS})\b))\s*", re.I)
_POLITE = re.compile(r"^(?:please|pls|now|ok|okay|can you|could you|and|but|then|also|just)\s+", re.I)
_KEEP = re.compile(
    r"^(?:keep|leave|hold|preserve|lock|same|don.?t (?:change|touch)|do not (?:change|touch))\b\s*(.*)$", re.I
)
_ANEW = re.compile(
    r"^(?:(?:give me|try|use|i want|write|play)\s+)?(?:an?\s+)?(?:some\s+)?"
    r"(?:change|different|new|another|redo|re-?write|re-?generate|re-?do|vary|other|fresh|alternative)\b\s*(.*)$",
    re.I,
)
_SWAP = re.compile(
    r"^(?:swap|replace|exchange|change|switch|turn)\s+(?:out\s+)?(?:the\s+|my\s+)?(.+?)\s+(?:for|with|by|to|into)\s+(?:an?\s+|the\s+)?(.+)$",
    re.I,
)
_INSTEAD = re.compile(r"^(?:use\s+)?(?:an?\s+|the\s+)?(.+?)\s+instead\s+of\s+(?:an?\s+|the\s+)?(.+)$", re.I)
_ADD = re.compile(r"^(?:add|bring in|put in|with|plus|include)\b\s*(.*)$", re.I)
_STEP_TEMPO = re.compile(
    r"^(?:make it\s+|go\s+)?(\d+(?:\.\d+)?)\s*(?:bpm)?\s+(faster|slower)$"
    r"|^(?:make it\s+)?(faster|slower)\s+by\s+(\d+(?:\.\d+)?)(?:\s*bpm)?$",
    re.I,
)
_INTERVALS = {
    "semitone": 1,
    "half step": 1,
    "half tone": 1,
    "tone": 2,
    "whole step": 2,
    "whole tone": 2,
    "step": 2,
    "third": 4,
    "minor third": 3,
    "major third": 4,
    "fourth": 5,
    "fifth": 7,
    "octave": 12,
}
_MOVE = re.compile(
    r"^(?:transpose|move|shift|pitch)?\s*(?:it|everything|the song|the piece)?\s*(?:(up|down)\s+(?:by\s+)?)?"
    r"(an?|one|two|three|four|five|six|seven|\d+)\s+"
    r"(semitone|half step|half tone|whole step|whole tone|tone|minor third|major third|third|fourth|fifth|octave|step)s?"
    r"(?:\s+(up|down|higher|lower))?$",
    re.I,
)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_LENGTHS = {
    "longer": 2.0,
    "make it longer": 2.0,
    "twice as long": 2.0,
    "double the length": 2.0,
    "shorter": 0.5,
    "make it shorter": 0.5,
    "half as long": 0.5,
    "half the length": 0.5,
    "much longer": 4.0,
}
_ALL = re.compile(
    r"^(?:everything|all|the rest|rest|it|the others|others|them)\b(?:\s+(?:else|as it is|the same))?\s*"
    r"(?:(?:but|except|apart from)(?: for)?\s+(.*))?$",
    re.I,
)
_AGAIN = re.compile(
    r"^(?:again|another (?:one|take)|try again|once more|something (?:else|different)|regenerate|redo|new take|different)$",
    re.I,
)
_HARMONY = frozenset({"chords", "harmony", "chord progression", "progression", "changes", "harmonies"})
_PITCHED = tuple(r for r in ROLES if r not in ("drums", "perc"))
# Fields of a Brief that a follow-up may set, and whether setting one means writing all notes anew.
_SCALARS = {
    "genre": True,
    "genre2": True,
    "mode": True,
    "meter": True,
    "energy": True,
    "swing": True,
    "dynamics": True,
    "voicing": True,
    "articulation": True,
    "seconds": False,
    "bars": False,
    "track_count": False,
}


@dataclass(frozen=True, slots=True)
class Followup:
    """What a follow-up asks of a take.

    Attributes:
        brief: the changed Brief: what the next take is to meet, all tracks named.
        keep: roles whose notes stay as they are: a changed program only changes the sound, `transpose` moves them,
            drum keys in brief.excluded_drums are taken out, more bars go on after them.
        rewrite: roles to write anew; roles of brief.tracks in neither are new tracks, to be written.
        add: tracks that are new; remove: roles that go.
        density: factor on how busy a role plays, against before.
        transpose: semitones that kept notes move (never drums).
        new_chords: the harmony is to be another one.
        changes: one sentence a change.
        conflicts, notices, not_understood: as in Brief.
    """

    text: str
    brief: Brief
    keep: tuple[str, ...] = ()
    rewrite: tuple[str, ...] = ()
    add: tuple[TrackAsk, ...] = ()
    remove: tuple[str, ...] = ()
    density: dict[str, float] = field(default_factory=dict)
    transpose: int = 0
    new_chords: bool = False
    changes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()

    @property
    def understood(self) -> bool:
        """Whether anything was understood."""
        return bool(self.changes)


def compile_followup(text: str, brief: Brief, plan: Plan | None = None) -> Followup:
    """Read what is to change about a take.

    Args:
        text: up to 4,000 characters, such as "busier bass, keep the drums".
        brief: what the take was asked for.
        plan: what was decided; gives tempo, key, bars and tracks that were not stated.

    Raises:
        BriefError: empty or too long, nothing understood, or a number out of range; the message gives an example.
    """
    limits.PROMPT_CHARS.check(len(text))
    change = _Change(text, brief, plan)
    for clause in _CLAUSE.split(text):
        clause = clause.strip()
        while _POLITE.match(clause):
            clause = _POLITE.sub("", clause, count=1)
        if clause:
            change.clause(clause)
    result = change.result()
    if not result.understood:
        unknown = ", ".join(f"'{n.word}'" for n in result.not_understood)
        raise BriefError(
            f"nothing to change was understood{f' (not known: {unknown})' if unknown else ''}; "
            "say what shall change, such as 'busier bass, keep the drums', 'slower' or 'no melody'"
        )
    return result


def _tracks_of(brief: Brief, plan: Plan | None) -> list[TrackAsk]:
    """The tracks of the take, the plan's where there is one."""
    if plan is None:
        return list(brief.tracks)
    asked = {(t.role, t.name): t for t in brief.tracks}
    out = []
    for track in plan.tracks:
        old = asked.get((track.role, track.name), TrackAsk(track.role))
        own = {"kit": track.program} if track.is_drum else {"program": track.program}
        out.append(replace(old, name=track.name, density=track.density, articulation=track.articulation, **own))
    return out


class _Change:
    """Gathers the changes of one follow-up, clause by clause."""

    def __init__(self, text: str, brief: Brief, plan: Plan | None) -> None:
        self.text, self.old, self.plan = text, brief, plan
        self.tracks = _tracks_of(brief, plan)
        self.values: dict[str, Any] = {}
        self.kept: list[str] = []
        self.anew: list[str] = []
        self.swapped: list[str] = []
        self.added: list[TrackAsk] = []
        self.removed: list[str] = []
        self.density: dict[str, float] = {}
        self.transpose = 0
        self.new_chords = self.all_anew = False
        self.changes: list[str] = []
        self.conflicts: list[str] = []
        self.notices: list[str] = []
        self.unknown: dict[str, NotUnderstood] = {}

    # --- clauses ---------------------------------------------------------------------------------------------------

    def clause(self, clause: str) -> None:
        """Understand one clause."""
        if self._length(clause) or self._tempo_step(clause) or self._move(clause):
            return
        if _AGAIN.match(clause):
            self.all_anew = True
            self.changes.append("all is written anew")
        elif match := _KEEP.match(clause):
            self._keep(match[1])
        elif self._swaps(clause):
            pass
        elif match := _ANEW.match(clause):
            self._write_anew(match[1])
        elif match := _ADD.match(clause):
            self._apply(self._read(match[1]), adding=True)
        else:
            self._apply(self._read(clause), adding=False)

    def _read(self, clause: str) -> Brief:
        """The clause as a Brief of its own, without what would be guessed for a whole piece."""
        said = read(clause, scan(clause))
        self.notices += [n for n in said.notices if "only a beat is asked for" not in n and "the style brings" not in n]
        self.unknown.update({n.word: n for n in said.not_understood})
        self.conflicts += said.conflicts
        bare = any("only a beat is asked for" in n for n in said.notices)
        dropped = {name: getattr(Brief(), name) for name in said.guessed}
        return replace(said, **dropped, **({"only": ()} if bare else {}))

    def _roles(self, clause: str) -> list[str]:
        """Roles that a clause names; an instrument stands for the role of the track that plays it."""
        return list(dict.fromkeys(self._owner(track) or track.role for track in self._read(clause).tracks))

    def _owner(self, asked: TrackAsk) -> str | None:
        """The role of the take's track that is meant by an instrument."""
        place = self._find(asked)
        return None if place is None else self.tracks[place].role

    def _find(self, asked: TrackAsk) -> int | None:
        exact = [
            n
            for n, t in enumerate(self.tracks)
            if asked.program is not None and t.program == asked.program and not t.is_drum
        ]
        family = _family(asked)
        near = [n for n, t in enumerate(self.tracks) if t.program in family and not t.is_drum]
        role = [n for n, t in enumerate(self.tracks) if t.role == asked.role]
        if asked.role == "melody" and not role:
            role = [n for n, t in enumerate(self.tracks) if t.role == "lead"]
        found = exact or near or role
        return found[0] if found else None

    def _keep(self, rest: str) -> None:
        everything = _ALL.match(rest.strip())
        if everything or not rest.strip():
            self.kept += [t.role for t in self.tracks]
            self.changes.append("the rest stays")
            if everything and everything[1]:
                named = self._roles(everything[1])
                self.kept = [r for r in self.kept if r not in named]
                self._anew(named)
            return
        if set(rest.lower().split()) & {"tempo", "key", "speed", "bpm"}:
            self.changes.append(f"{rest.strip()} stays")
            return
        named = self._roles(rest)
        self.kept += named
        self.changes += [f"{role} stays" for role in named]

    def _write_anew(self, rest: str) -> None:
        words = re.sub(r"^(?:the|a|an|some|my)\s+", "", rest.strip().lower())
        if words in _HARMONY:
            self.new_chords = True
            self.changes.append("other chords")
            return
        if everything := _ALL.match(words):
            kept = self._roles(everything[1]) if everything[1] else []
            self.kept += kept
            self.all_anew = True
            self.changes.append("all is written anew")
            return
        said = self._read(rest)
        roles = [r for r in (self._owner(t) for t in said.tracks) if r]
        self._anew(roles)
        self._apply(replace(said, tracks=tuple(t for t in said.tracks if self._owner(t) is None)), adding=True)

    def _anew(self, roles: Sequence[str]) -> None:
        for role in roles:
            if role not in self.anew:
                self.anew.append(role)
                self.changes.append(f"{role} anew")

    def _swaps(self, clause: str) -> bool:
        if match := _SWAP.match(clause):
            return self._swap(match[1], match[2])
        match = _INSTEAD.match(clause)
        return match is not None and self._swap(match[2], match[1])

    def _swap(self, old: str, new: str) -> bool:
        said_old, said_new = read(old, scan(old)), read(new, scan(new))
        if len(said_old.tracks) != 1 or len(said_new.tracks) != 1:
            return False
        place, wanted = self._find(said_old.tracks[0]), said_new.tracks[0]
        if place is None:
            self.notices.append(f"there is no {old}; {new} joins")
            self._add(wanted)
            return True
        track = self.tracks[place]
        changed = {"kit": wanted.kit} if wanted.role == "drums" else {"program": wanted.program}
        self.tracks[place] = replace(
            track, name=wanted.name, articulation=wanted.articulation or track.articulation, **changed
        )
        self.swapped.append(track.role)
        self.changes.append(f"{track.name or track.role} -> {wanted.name or wanted.role}")
        return True

    def _add(self, track: TrackAsk) -> None:
        self.tracks.append(track)
        self.added.append(track)
        if track.role in self.old.excluded:
            self.values["excluded"] = tuple(
                r for r in self.values.get("excluded", self.old.excluded) if r != track.role
            )
        self.changes.append(f"{track.name or track.role} joins")

    def _length(self, clause: str) -> bool:
        factor = _LENGTHS.get(clause.lower())
        if factor is None:
            return False
        bars = self.plan.bars if self.plan else self.old.bars or 16
        self.values["bars"] = int(limits.BARS.check(max(1, round(bars * factor))))
        self.changes.append(f"{bars} -> {self.values['bars']} bars")
        return True

    def _tempo_step(self, clause: str) -> bool:
        match = _STEP_TEMPO.match(clause)
        tempo = self._tempo_now()
        if not match or tempo is None:
            return False
        amount = float(match[1] or match[4]) * (1 if (match[2] or match[3]).lower() == "faster" else -1)
        self._set_tempo(tempo + amount)
        return True

    def _tempo_now(self) -> float | None:
        return self.values.get("tempo") or (self.plan.tempo if self.plan else self.old.tempo)

    def _set_tempo(self, tempo: float) -> None:
        now = self._tempo_now()
        self.values["tempo"] = limits.TEMPO.check(round(tempo, 3))
        self.values["tempo_factor"] = 1.0
        self.changes.append(f"tempo {f'{now:g} -> ' if now else ''}{self.values['tempo']:g}")

    def _move(self, clause: str) -> bool:
        match = _MOVE.match(clause)
        if not match or not (match[1] or match[4]):
            return False
        count = _COUNTS.get(match[2].lower()) or int(match[2]) if not match[2].isdigit() else int(match[2])
        semitones = (
            count * _INTERVALS[match[3].lower()] * (-1 if (match[1] or match[4]).lower() in ("down", "lower") else 1)
        )
        if abs(semitones) > 48:
            raise BriefError(f"{semitones} semitones is out of range; give at most 48 up or down")
        self.transpose += semitones
        key = self.plan.key if self.plan else self.old.key
        if key is not None and self.old.key is not None:
            self.values["key"] = Key((key.tonic + semitones) % 12, key.mode)
        self.changes.append(f"{semitones:+d} semitones")
        return True

    # --- what a clause says of the whole ---------------------------------------------------------------------------

    def _apply(self, said: Brief, *, adding: bool) -> None:
        self._say_tempo(said)
        self._say_key(said)
        self._say_lists(said)
        for name, anew in _SCALARS.items():
            value = getattr(said, name)
            if value not in (None, "") and value != getattr(self.old, name):
                self.values[name] = value
                self.all_anew |= anew and not (said.tracks and name in ("articulation", "dynamics"))
                self.changes.append(f"{name.replace('_', ' ')} {_show(value)}")
        if said.bars is not None:
            self.values["seconds"] = None
        for role in said.excluded:
            self._remove(lambda t, role=role: t.role == role, role)
        for program in said.excluded_programs:
            self._remove(lambda t, program=program: t.program == program and not t.is_drum, "")
        drum_only = bool(said.feel or said.patterns or said.included_drums or said.excluded_drums)
        for track in said.tracks:
            self._track(track, adding, told=drum_only, limiting=bool(said.only))
        if said.feel and not said.tracks:
            self.all_anew = True
        if said.only:
            gone = [t.role for t in self.tracks if t.role not in said.only]
            self._remove(lambda t: t.role not in said.only, "")
            self.values["only"] = tuple(said.only)
            self.changes.append(f"only {', '.join(said.only)}" + (f", without {', '.join(gone)}" if gone else ""))

    def _say_tempo(self, said: Brief) -> None:
        if said.tempo is not None:
            self._set_tempo(said.tempo)
        elif said.tempo_factor != 1.0:
            now = self._tempo_now()
            if now is not None:
                self._set_tempo(round(now * said.tempo_factor))
            else:
                self.values["tempo_factor"] = round(self.old.tempo_factor * said.tempo_factor, 4)
                self.changes.append("slower" if said.tempo_factor < 1 else "faster")

    def _say_key(self, said: Brief) -> None:
        if said.key is None:
            return
        now = self.plan.key if self.plan else self.old.key
        self.values |= {"key": said.key, "mode": None}
        self.changes.append(f"key {f'{now.name} -> ' if now else ''}{said.key.name}")
        if now is not None and now.mode == said.key.mode:
            self.transpose = (said.key.tonic - now.tonic + 6) % 12 - 6
        else:
            self.new_chords = True

    def _say_lists(self, said: Brief) -> None:
        for name in ("styles", "moods", "feel", "events", "patterns", "excluded_drums", "included_drums"):
            new = [v for v in getattr(said, name) if v not in getattr(self.old, name)]
            if new:
                before = self.values.get(name, getattr(self.old, name))
                self.values[name] = (*before, *(v for v in new if v not in before))
                self.changes.append(_told(name, new))
                self.all_anew |= name in ("styles", "moods", "events")
        if said.moods:
            self.values["mood_weights"] = {**self.old.mood_weights, **said.mood_weights}
        if said.chords or said.progression:
            self.values |= {"chords": said.chords, "progression": said.progression}
            self.new_chords = True
            self.changes.append("the chords that are named")
        if said.structure:
            self.values["structure"] = said.structure
            self.all_anew = True
            self.changes.append("form " + " - ".join(row[0] for row in said.structure))
        if said.density != 1.0 and not said.tracks:
            self.values["density"] = round(max(0.25, min(4.0, self.old.density * said.density)), 4)
            self.all_anew = True
            self.changes.append("busier" if said.density > 1 else "sparser")
        if said.register and not said.tracks:
            self.values["register"] = self.old.register + said.register
            self.all_anew = True
            self.changes.append(f"register {said.register:+d}")
        if said.loop:
            self.values["loop"] = True
            self.changes.append("as a loop")

    def _track(self, asked: TrackAsk, adding: bool, told: bool, limiting: bool = False) -> None:
        place = self._find(asked)
        if place is None or (adding and asked.program is not None and self.tracks[place].program != asked.program):
            self._add(asked)
            return
        track = self.tracks[place]
        plain = TrackAsk(asked.role, asked.program, asked.kit, asked.name)
        if asked.density != 1.0:
            self.density[track.role] = round(self.density.get(track.role, 1.0) * asked.density, 4)
        names = ("low", "high", "articulation", "enter_bar", "enter_section")
        said = {n: getattr(asked, n) for n in names if getattr(asked, n) != getattr(plain, n)}
        said |= {
            "density": round(max(0.25, min(4.0, track.density * asked.density)), 4),
            "register": track.register + asked.register,
        }
        if asked.program is not None and asked.program != track.program and asked.role == track.role:
            said |= {"program": asked.program, "name": asked.name}
            self.changes.append(f"{track.name or track.role} -> {asked.name}")
        if asked.kit is not None and asked.kit != track.kit:
            said |= {"kit": asked.kit, "name": asked.name}
        if limiting and replace(track, **said) == track:
            return
        if replace(track, **said) == track and not told and asked.role not in self.kept:
            self.notices.append(f"{asked.name or asked.role} is there already")
            return
        self.tracks[place] = replace(track, **said)
        self._anew([track.role])

    def _remove(self, hit: Any, name: str) -> None:
        gone = [t for t in self.tracks if hit(t)]
        self.tracks = [t for t in self.tracks if not hit(t)]
        for track in gone:
            if track.role not in self.removed:
                self.removed.append(track.role)
            self.changes.append(f"without {track.name or track.role}")
        if name:
            excluded = self.values.get("excluded", self.old.excluded)
            self.values["excluded"] = (*excluded, *(() if name in excluded else (name,)))
            if not gone and name not in ("perc", "lead"):
                self.changes.append(f"without {name}")

    # --- result ----------------------------------------------------------------------------------------------------

    def result(self) -> Followup:
        """What all clauses together ask."""
        roles = list(dict.fromkeys(t.role for t in self.tracks))
        new = {t.role for t in self.added}
        kept = [r for r in dict.fromkeys(self.kept) if r in roles]
        if self.new_chords and "chords" not in self.values and "progression" not in self.values:
            self.values |= {"chords": (), "progression": None}
        anew = list(dict.fromkeys(self.anew))
        if self.new_chords:
            anew += [r for r in roles if r in _PITCHED]
        if self.all_anew:
            anew += roles
        for role in kept:
            if role in self.anew and role in self.density:
                self.conflicts.append(f"{role} is to stay and to change: it stays")
        anew = [r for r in dict.fromkeys(anew) if r in roles and r not in kept]
        keep = [r for r in roles if r not in anew and r not in new]
        tracks = self.tracks
        brief = replace(
            self.old,
            text=f"{self.old.text}; {self.text}" if self.old.text else self.text,
            **{
                **self.values,
                "tracks": tuple(tracks),
                "only": tuple(roles) if self.plan is not None else self.values.get("only", self.old.only),
            },
            conflicts=tuple(dict.fromkeys((*self.old.conflicts, *self.conflicts))),
            notices=tuple(dict.fromkeys(self.notices)),
            not_understood=tuple(self.unknown.values()),
            guessed=tuple(g for g in self.old.guessed if g not in self.values),
        )
        return Followup(
            self.text,
            brief,
            tuple(keep),
            tuple(anew),
            tuple(self.added),
            tuple(self.removed),
            dict(self.density),
            self.transpose,
            self.new_chords,
            tuple(dict.fromkeys(self.changes)),
            tuple(dict.fromkeys(self.conflicts)),
            tuple(dict.fromkeys(self.notices)),
            tuple(self.unknown.values()),
        )


def _show(value: Any) -> str:
    return "/".join(str(v) for v in value) if isinstance(value, tuple) else str(value).replace("_", " ")


def _told(name: str, values: list[Any]) -> str:
    if name in ("excluded_drums", "included_drums"):
        drums = ", ".join(DRUM_NAMES.get(v, str(v)).lower() for v in values)
        return f"without {drums}" if name == "excluded_drums" else f"with {drums}"
    return ", ".join(str(v).replace("_", " ") for v in values)


def _family(asked: TrackAsk) -> tuple[int, ...]:
    """Programs that the asked word may stand for: `the piano` is any piano of the take."""
    families = load_table("words")["families"]
    name = asked.name.lower()
    return tuple(families.get(name, families.get(name.rstrip("s"), ())))
