"""Follow-ups: a few words that change a take; what they do not name stays as it is.

compile_followup("busier bass, keep the drums", take.brief, take.plan)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bandmate import limits
from bandmate.counts import counted
from bandmate.errors import BriefError
from bandmate.generation.words_change import PITCHED, Change
from bandmate.generation.words_read import read
from bandmate.generation.words_scan import scan
from bandmate.score.brief import Brief, NotUnderstood, TrackAsk
from bandmate.score.pitch import Key
from bandmate.score.plan import Plan

_VERBS = (
    "keep|leave|add|remove|change|make|no|swap|replace|drop|lose|different|new|another|rewrite|redo|put|take|without|with|"
    "use|give|transpose|move|double|mute|skip|vary|regenerate|exchange|switch|turn|bring|groove|humani[sz]e|drumify|"
    "harmoni[sz]e|re-?harmoni[sz]e|re-?style|arrange|continue|go on|carry on|extend|respond|answer|accompany|"
    "interpolate|morph|play"
)
_NEXT = rf"(?:{_VERBS})\b|(?:an?\s+)?(?:drum\s+|bass\s+)?fills?\b|(?:the\s+)?\w+(?:\s+\w+)?\s+(?:from|of)\s+take\b"
_CLAUSE = re.compile(rf"\s*(?:[,;.!?\n]+|\b(?:and|but|then|also|plus)\b(?=\s+(?:{_NEXT})))\s*", re.I)
_SAME_BUT = re.compile(r"^(?:the\s+)?same(?:\s+(?:again|thing|one|piece|song))?\s+but\s+(?:with\s+)?(.+)$", re.I)
_SAME = re.compile(r"^(?:the\s+)?same(?:\s+(?:again|thing|one|piece|song))?$", re.I)
_FROM_TAKE = re.compile(
    r"^(?:(?:take|use|get|with|give me|bring in|put in|keep)\s+)?(?:the\s+)?(.+?)\s+(?:from|of)\s+take\s+(\d{1,4})$",
    re.I,
)
_FILLS = re.compile(
    r"^(?:(?:add|with|put|play|give me)\s+)?(?:an?\s+)?(?:drum\s+)?fills?\s+every\s+(?:(\w+)\s+)?bars?$", re.I
)
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
    r"(semitone|half (?:step|tone)|whole (?:step|tone)|tone|(?:minor |major )?third|fourth|fifth|octave|step)s?"
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
    "too short": 2.0,
    "it's too short": 2.0,
    "too long": 0.5,
    "it's too long": 0.5,
}
_ALL = re.compile(
    r"^(?:everything|all|the rest|rest|it|the others|others|them)\b(?:\s+(?:else|as it is|the same))?\s*"
    r"(?:(?:but|except|apart from)(?: for)?\s+(.*))?$",
    re.I,
)
_AGAIN = re.compile(
    r"^(?:again|another (?:one|take)|try again|once more|something (?:else|different)|regenerate|redo|new take"
    r"|different)$",
    re.I,
)
_HARMONY = frozenset({"chords", "harmony", "chord progression", "progression", "changes", "harmonies"})


@dataclass(frozen=True, slots=True)
class Followup:
    """What a follow-up asks of a take.

    Attributes:
        brief: the changed Brief: what the next take is to meet, all tracks named.
        keep: roles whose notes stay as they are: a changed program only changes the sound, `transpose` moves them,
            drum keys in brief.excluded_drums are taken out, more bars go on after them.
        rewrite: roles to write anew; roles of brief.tracks in neither are new tracks.
        add: tracks that are new; remove: roles that go.
        density: factor on how busy a role plays, against before; offbeat: roles that shall be more syncopated.
        borrow: role -> number of the take of this session whose notes it plays.
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
    borrow: dict[str, int] = field(default_factory=dict)
    transpose: int = 0
    new_chords: bool = False
    changes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    not_understood: tuple[NotUnderstood, ...] = ()
    offbeat: tuple[str, ...] = ()

    @property
    def understood(self) -> bool:
        """Whether anything was understood."""
        return bool(self.changes)


def compile_followup(text: str, brief: Brief, plan: Plan | None = None) -> Followup:
    """Read what is to change about a take; see `read_followup`.

    Raises:
        BriefError: empty or too long, nothing understood, or a number out of range; the message gives an example.
    """
    result = read_followup(text, brief, plan)
    if not result.understood:
        unknown = ", ".join(f"'{n.word}'" for n in result.not_understood)
        raise BriefError(
            f"nothing to change was understood{f' (not known: {unknown})' if unknown else ''}; "
            "say what shall change, such as 'busier bass, keep the drums', 'slower' or 'no melody'"
        )
    return result


def read_followup(text: str, brief: Brief, plan: Plan | None = None) -> Followup:
    """Read what is to change about a take, which may be nothing.

    Args:
        text: up to 4,000 characters, such as "busier bass, keep the drums".
        brief: what the take was asked for.
        plan: what was decided; gives tempo, key, bars and tracks that were not stated.

    Raises:
        BriefError: too long, or a number out of range.
    """
    limits.PROMPT_CHARS.check(len(text))
    change = _Clauses(text, brief, plan)
    for clause in clauses_of(text):
        change.clause(clause)
    return change.result()


def clauses_of(text: str) -> list[str]:
    """The clauses of a follow-up, without words of courtesy; "same but" is left out, since the rest stays anyway."""
    found = []
    for clause in _CLAUSE.split(text):
        clause = clause.strip()
        while _POLITE.match(clause):
            clause = _POLITE.sub("", clause, count=1)
        if match := _SAME_BUT.match(clause):
            clause = match[1]
        if clause:
            found.append(clause)
    return [clause for clause in found if not _SAME.match(clause)] or found


class _Clauses(Change):
    """Reads one follow-up clause by clause."""

    def clause(self, clause: str) -> None:
        """Understand one clause."""
        if self._length(clause) or self._tempo_step(clause) or self._move(clause):
            return
        if self._from_take(clause) or self._fills(clause):
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

    def _from_take(self, clause: str) -> bool:
        match = _FROM_TAKE.match(clause)
        said = self._read(match[1]) if match else None
        if match is None or said is None or not said.tracks:
            return False
        for asked in said.tracks:
            role = self._owner(asked)
            if role is None:
                self._add(asked)
            self.borrowed[role or asked.role] = int(match[2])
            self.changes.append(f"{role or asked.role} from take {match[2]}")
        return True

    def _fills(self, clause: str) -> bool:
        match = _FILLS.match(clause)
        if match is None:
            return False
        word = (match[1] or "one").lower()
        every = int(word) if word.isdigit() else _COUNTS.get(word, {"eight": 8, "other": 2, "second": 2}.get(word, 0))
        if not 1 <= every <= 64:
            raise BriefError(f"fills every '{word}' bars is not understood; write such as 'a fill every 4 bars'")
        events = [event for event in self.values.get("events", self.old.events) if not event.startswith("fill_every")]
        self.values["events"] = (*(event for event in events if event != "no_fills"), f"fill_every:{every}")
        if any(track.role == "drums" for track in self.tracks):
            self._anew(["drums"])
        else:
            self.notices.append("there are no drums that could play fills")
        self.changes.append(f"a fill every {counted(every, 'bar') if every > 1 else 'bar'}")
        return True

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

    def _length(self, clause: str) -> bool:
        factor = _LENGTHS.get(clause.lower())
        if factor is None:
            return False
        bars = self.plan.bars if self.plan else self.old.bars or 16
        self.values["bars"] = int(limits.BARS.check(max(1, round(bars * factor))))
        self.changes.append(f"{bars} -> {counted(self.values['bars'], 'bar')}")
        return True

    def _tempo_step(self, clause: str) -> bool:
        match = _STEP_TEMPO.match(clause)
        tempo = self._tempo_now()
        if not match or tempo is None:
            return False
        amount = float(match[1] or match[4]) * (1 if (match[2] or match[3]).lower() == "faster" else -1)
        self._set_tempo(tempo + amount)
        return True

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
        self.changes.append(f"{semitones:+d} semitone{'s' if abs(semitones) != 1 else ''}")
        return True

    def result(self) -> Followup:
        """What all clauses together ask."""
        roles = list(dict.fromkeys(t.role for t in self.tracks))
        new = {t.role for t in self.added}
        kept = [r for r in dict.fromkeys(self.kept) if r in roles]
        if self.new_chords and "chords" not in self.values and "progression" not in self.values:
            self.values |= {"chords": (), "progression": None}
        anew = [role for role in dict.fromkeys(self.anew) if role not in self.borrowed]
        if self.new_chords:
            anew += [r for r in roles if r in PITCHED]
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
            {role: number for role, number in self.borrowed.items() if role in roles},
            self.transpose,
            self.new_chords,
            tuple(dict.fromkeys(self.changes)),
            tuple(dict.fromkeys(self.conflicts)),
            tuple(dict.fromkeys(self.notices)),
            tuple(self.unknown.values()),
            tuple(role for role in dict.fromkeys(self.offbeat) if role in anew),
        )
