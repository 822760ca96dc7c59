"""Tracks: instruments, roles and drum voices asked for or left out, with what is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from bandmate.analysis.genres import load_table
from bandmate.generation.lexicon import Entry, meanings
from bandmate.generation.words_draft import Draft
from bandmate.generation.words_scan import Fact
from bandmate.generation.words_tokens import squeeze
from bandmate.score.brief import TrackAsk

_VOICE_GROUPS = {42: (42, 44, 46), 36: (35, 36), 38: (38, 40), 63: (60, 61, 62, 63, 64), 47: (41, 43, 45, 47, 48, 50),
                 49: (49, 55, 57, 52)}  # fmt: skip
_DRUM_KEYS = tuple(range(35, 88))
_ARTICULATIONS = ("glide", "acid", "wobble", "reese", "growl", "log")
_BARE_BEAT = frozenset({"beat", "beats", "drum beat", "drumbeat"})
_GENERIC_DRUMS = frozenset(
    {"drums", "drum", "beat", "beats", "drum beat", "drum track", "groove", "drum kit", "drumbeat", "rhythm"}
)


@dataclass
class _Ask:
    track: TrackAsk
    place: int  # index of the fact, for "X only" and clauses


@dataclass
class Tracks:
    """What is asked for so far."""

    draft: Draft
    genre: str | None
    asks: list[_Ask] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    excluded_programs: list[int] = field(default_factory=list)
    waiting: dict[str, Any] = field(default_factory=dict)
    last: list[int] = field(default_factory=list)
    voices_only: bool = False

    # --- asking ----------------------------------------------------------------------------------------------------

    def ask(self, fact: Fact, *, count: int, clause: int, weight: float | None, facts: Sequence[Fact]) -> list[str]:
        """Add what a fact names; gives the roles it stands for."""
        waiting, self.waiting = self.waiting, {}
        group = fact.entry("group")
        if group:
            return self._group(group.value, clause, waiting)
        voice, instrument, role = fact.entry("voice"), fact.entry("instrument"), fact.entry("role")
        if voice and not instrument and not (role and role.value == "perc"):
            return self._voice(voice, clause)
        name = fact.text.lower()
        track = self._track(instrument, role, name, facts, clause)
        if weight is not None:
            waiting["density"] = weight * waiting.get("density", 1.0)
        track = replace(track, **waiting)
        if role and role.value == "perc" and voice:
            self.draft.add("included_drums", voice.value["note"])
        self._wanted_again(track)
        return self._put(track, count, clause)

    def _track(
        self, instrument: Entry | None, role: Entry | None, name: str, facts: Sequence[Fact], place: int
    ) -> TrackAsk:
        generic = role is not None and (instrument is None or squeeze(instrument.phrase) in _generic())
        if generic and role is not None:
            program = self._by_context(name, facts, place)
            return TrackAsk(role.value, program=program, name=name if program is not None else "")
        assert instrument is not None
        row = instrument.value
        art = instrument.extra.get("art") or next((a for a in _ARTICULATIONS if a in name), "")
        if "glid" in name or "slid" in name:
            art = "glide" if row["role"] == "bass" else art
        if "kit" in row:
            kit = None if name in _GENERIC_DRUMS else row["kit"]
            return TrackAsk("drums", kit=kit, name="" if kit is None else name)
        program = self._by_context(name, facts, place)
        return TrackAsk(
            row["role"], program=row["program"] if program is None else program, name=name, articulation=art
        )

    def _by_context(self, name: str, facts: Sequence[Fact], place: int) -> int | None:
        """Which program a word such as `organ` or `guitar` means in this genre or beside these words."""
        single = name[:-1] if name.endswith("s") and name not in ("keys", "strings") else name
        row = load_table("words")["context"].get(single)
        if not isinstance(row, dict) or single in ("bass", "lead", "strings", "808", "beat"):
            return None
        near = {f.text.lower() for f in facts[max(0, place - 6) : place + 6]}
        for word, program in row.get("near_words", {}).items():
            if any(word in text.split() for text in near):
                return int(program)
        program = row.get(self.genre or "", row.get("default"))
        return int(program) if isinstance(program, int) else None

    def _put(self, track: TrackAsk, count: int, place: int) -> list[str]:
        count = 1 if track.role == "chords" and track.program is None else count  # "4 chords" are no four tracks
        same = self._mergeable(track)
        if same is not None and count == 1:
            self.asks[same] = _Ask(_merged(self.asks[same].track, track), place)
            self.last = [same]
            return [track.role]
        self.last = []
        for n in range(count):
            name = f"{_singular(track.name) or track.role} {n + 1}" if count > 1 else track.name
            self.asks.append(_Ask(replace(track, name=name), place))
            self.last.append(len(self.asks) - 1)
        return [track.role]

    def _mergeable(self, track: TrackAsk) -> int | None:
        """The track already asked for that this one only describes: `drums ... 808 drums`, `slap bass ... the bass`."""
        for n, ask in enumerate(self.asks):
            other = ask.track
            if other.role != track.role:
                continue
            if track.role in ("drums", "perc"):
                return n
            if (
                track.program is None
                or other.program is None
                or (track.program == other.program and (track.name == other.name or track.role == "bass"))
            ):
                return n
        return None

    def _group(self, rows: list[list[Any]], place: int, waiting: dict[str, Any]) -> list[str]:
        roles, last = [], []
        for role, program, name in rows:
            track = replace(TrackAsk(role, name=name if program is not None else ""), **waiting)
            track = replace(track, **({"kit": program} if role == "drums" else {"program": program}))
            roles += self._put(track, 1, place)
            last += self.last
        self.last = last
        return roles

    def _voice(self, entry: Entry, place: int) -> list[str]:
        note = int(entry.value["note"])
        self.draft.add("included_drums", note)
        self.draft.lists["excluded_drums"] = [
            n for n in self.draft.lists.get("excluded_drums", []) if n not in _VOICE_GROUPS.get(note, (note,))
        ]
        self._wanted_again(TrackAsk("drums"))
        self._put(TrackAsk("drums"), 1, place)
        return ["drums"]

    def ask_role(self, role: str, text: str) -> None:
        """Ask for a role without an instrument."""
        self._put(TrackAsk(role), 1, 0)

    def double(self) -> None:
        """`violin duo`: the last track twice."""
        if len(self.last) == 1 and self.last[0] < len(self.asks):
            ask = self.asks[self.last[0]]
            self.asks[self.last[0]] = _Ask(replace(ask.track, name=f"{ask.track.name} 1"), ask.place)
            self.asks.append(_Ask(replace(ask.track, name=f"{ask.track.name} 2"), ask.place))

    def tell_last(self, kind: str, value: Any, word: str, weight: float | None) -> None:
        """A modifier standing after the instrument: `the drums should be busy`."""
        self.pending(kind, value, word, weight)
        waiting, self.waiting = self.waiting, {}
        self._change_last(**waiting)

    def bring(self, name: str) -> bool:
        """Add an instrument that a style brings along, unless it or its role is left out or there; whether it was."""
        entry = next((e for e in meanings(name) if e.kind in ("instrument", "voice")), None)
        if entry is None:
            return False
        if entry.kind == "voice":
            self.draft.add("included_drums", int(entry.value["note"]))
            return "drums" not in self.excluded
        role, program = entry.value["role"], entry.value.get("program")
        taken = role in self.excluded or program in self.excluded_programs
        if taken or any(a.track.program == program or (a.track.role == role == "bass") for a in self.asks):
            return False
        self.asks.append(_Ask(TrackAsk(role, program=program, name=name), 0))
        return True

    def ask_rain(self) -> None:
        """A rainy mood where rain on the record is idiomatic."""
        self._put(TrackAsk("fx", program=122, name="rain"), 1, 0)
        self.draft.note("'rainy' brings a quiet noise of rain; write 'no rain' to leave it out")

    def _wanted_again(self, track: TrackAsk) -> None:
        """What was left out before and is asked for now is wanted: the later wins."""
        if track.role in self.excluded:
            self.excluded.remove(track.role)
            if track.role != "perc":
                self.draft.conflicts.append(
                    f"{track.role} is first left out and then asked for: the later wins, it plays"
                )
        if track.program in self.excluded_programs:
            self.excluded_programs.remove(track.program)

    # --- saying more about the last one ----------------------------------------------------------------------------

    def pending(self, kind: str, value: Any, word: str, weight: float | None) -> None:
        """A modifier standing before the instrument: `busy bass`, `staccato flute`, `high strings`."""
        if kind == "density":
            self.waiting["density"] = round(1.0 + (float(value) - 1.0) * (weight or 1.0), 4)
        elif kind == "articulation":
            self.waiting["articulation"] = word
        elif kind == "register":
            self.waiting["register"] = int(value)
        else:
            self.draft.state("dynamics", value, word)

    def _change_last(self, **values: Any) -> None:
        for n in self.last:
            if n < len(self.asks):
                self.asks[n] = _Ask(replace(self.asks[n].track, **values), self.asks[n].place)

    def articulate(self, word: str) -> None:
        """How the last track plays."""
        self._change_last(articulation=word)

    def span(self, low: int, high: int) -> None:
        """Allowed pitches of the last track."""
        self._change_last(low=low, high=high)

    def enter(self, bar: int = 0, section: int = 0) -> None:
        """When the last track starts."""
        self._change_last(enter_bar=bar, enter_section=section)

    def last_roles(self) -> tuple[str, ...]:
        """Roles of the track named last."""
        return tuple(dict.fromkeys(self.asks[n].track.role for n in self.last if n < len(self.asks)))

    # --- leaving out -----------------------------------------------------------------------------------------------

    def exclude(self, entry: Entry, fact: Fact) -> None:
        """Leave out an instrument, a role or a drum voice."""
        voice, role = fact.entry("voice"), fact.entry("role")
        if voice and not fact.entry("instrument") and not role:
            note = int(voice.value["note"])
            for key in _VOICE_GROUPS.get(note, (note,)):
                self.draft.add("excluded_drums", key)
            if "cymbal" in fact.text.lower():
                for key in (42, 44, 46, 49, 51, 52, 53, 55, 57, 59):
                    self.draft.add("excluded_drums", key)
            self.draft.lists["included_drums"] = [n for n in self.draft.lists.get("included_drums", []) if n != note]
            return
        if role:
            self.exclude_role(role.value, fact.text)
            return
        instrument = fact.entry("instrument")
        if instrument is None:
            for r, *_ in entry.value if entry.kind == "group" else ():
                self.exclude_role(r, fact.text)
            return
        if "kit" in instrument.value:
            self.exclude_role("drums", fact.text)
            return
        for program in _covered(fact.text, instrument):
            if program not in self.excluded_programs:
                self.excluded_programs.append(program)
        self._drop(lambda t: t.program in self.excluded_programs and t.role != "drums", fact.text)

    def exclude_role(self, role: str, text: str) -> None:
        """Leave out a role; drums take the percussion along, a melody its lead."""
        for name in {"drums": ("drums", "perc"), "melody": ("melody", "lead"), "lead": ("lead", "melody")}.get(
            role, (role,)
        ):
            if name not in self.excluded:
                self.excluded.append(name)
        self._drop(lambda t: t.role in self.excluded, text)

    def _drop(self, hit: Any, text: str) -> None:
        gone = [a for a in self.asks if hit(a.track)]
        if gone:
            names = ", ".join(a.track.name or a.track.role for a in gone)
            self.draft.conflicts.append(
                f"{names} is asked for and then left out ('no {text}'): the later wins, it does not play"
            )
            self.asks = [a for a in self.asks if a not in gone]
            self.last = []

    # --- only ------------------------------------------------------------------------------------------------------

    def limit(self, roles: list[str], fact: Fact) -> None:
        """Only these may sound; drum voices named so are the only ones of the kit."""
        self.draft.only += [r for r in roles if r not in self.draft.only]
        if fact.entry("voice") and not fact.entry("instrument", "role"):
            self.voices_only = True

    def limit_to_clause(self, place: int) -> None:
        """`drums only`, `piano and bass alone`: what the clause before has named."""
        for ask in self.asks:
            if ask.place >= place - 6 and ask.track.role not in self.draft.only:
                self.draft.only.append(ask.track.role)

    def silence_other_voices(self) -> None:
        """Exclude every drum key that was not named, after `only kick and hats`."""
        if self.voices_only:
            kept = {k for n in self.draft.lists.get("included_drums", []) for k in _VOICE_GROUPS.get(n, (n,))}
            self.draft.lists["excluded_drums"] = [k for k in _DRUM_KEYS if k not in kept]


@cache
def _generic() -> frozenset[str]:
    """Words that name a role rather than an instrument."""
    return frozenset(squeeze(w) for w in load_table("words")["roles"]) - {
        "vocals",
        "singing",
        "voice",
        "vox",
        "strings",
        "brass",
        "stringsection",
        "brasssection",
        "hornsection",
        "pad",
        "pads",
        "arp",
        "arps",
        "arpeggio",
        "arpeggiator",
    }


def _covered(text: str, entry: Entry) -> tuple[int, ...]:
    """Programs that an excluded word covers."""
    families = load_table("words")["families"]
    name = text.lower()
    for candidate in (name, _singular(name), entry.value["words"][0]):
        if candidate in families:
            return tuple(families[candidate])
    return () if entry.value["program"] is None else (int(entry.value["program"]),)


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and not name.endswith("ss") else name


def _merged(old: TrackAsk, new: TrackAsk) -> TrackAsk:
    """One track from two mentions: what the later one says wins where it says something."""
    blank = TrackAsk(new.role)
    said = {
        f: getattr(new, f)
        for f in (
            "program",
            "kit",
            "name",
            "low",
            "high",
            "polyphony",
            "density",
            "articulation",
            "register",
            "enter_bar",
            "enter_section",
        )
        if getattr(new, f) != getattr(blank, f)
    }
    return replace(old, **said)
