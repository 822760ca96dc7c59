"""What a follow-up changes so far: values of the Brief, tracks, and which notes are written anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bandmate import limits
from bandmate.analysis.genres import load_table
from bandmate.generation.words_draft import OPPOSITES
from bandmate.generation.words_read import read
from bandmate.generation.words_scan import scan
from bandmate.score.brief import ROLES, Brief, NotUnderstood, TrackAsk
from bandmate.score.gm import DRUM_NAMES
from bandmate.score.plan import Plan

PITCHED = tuple(r for r in ROLES if r not in ("drums", "perc"))
SYNCOPATED = frozenset({"syncopated", "offbeat"})  # feels that are steps from how it was
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


class Change:
    """Gathers what the clauses of one follow-up say; see Followup for the meaning of the fields."""

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
        self.offbeat: list[str] = []
        self.borrowed: dict[str, int] = {}
        self.transpose = 0
        self.new_chords = self.all_anew = False
        self.changes: list[str] = []
        self.conflicts: list[str] = []
        self.notices: list[str] = []
        self.unknown: dict[str, NotUnderstood] = {}

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

    def places(self, clause: str) -> list[int]:
        """Places of the take's tracks that a clause names."""
        found = (self._find(track) for track in self._read(clause).tracks)
        return list(dict.fromkeys(place for place in found if place is not None))

    def named(self, clause: str) -> bool:
        """Whether a clause names any track, of the take or not."""
        return bool(self._read(clause).tracks)

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

    def _anew(self, roles: Sequence[str]) -> None:
        for role in roles:
            if role not in self.anew:
                self.anew.append(role)
                self.changes.append(f"{role} anew")

    def _add(self, track: TrackAsk) -> None:
        self.tracks.append(track)
        self.added.append(track)
        if track.role in self.old.excluded:
            self.values["excluded"] = tuple(
                r for r in self.values.get("excluded", self.old.excluded) if r != track.role
            )
        self.changes.append(f"{track.name or track.role} joins")

    def _tempo_now(self) -> float | None:
        return self.values.get("tempo") or (self.plan.tempo if self.plan else self.old.tempo)

    def _set_tempo(self, tempo: float) -> None:
        now = self._tempo_now()
        self.values["tempo"] = limits.TEMPO.check(round(tempo, 3))
        self.values["tempo_factor"] = 1.0
        self.changes.append(f"tempo {f'{now:g} -> ' if now else ''}{self.values['tempo']:g}")

    def _apply(self, said: Brief, *, adding: bool) -> None:
        said = _of_its_tracks(said)
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
        if SYNCOPATED & set(said.feel):
            named = [track.role for track in said.tracks]
            self.offbeat += named or [track.role for track in self.tracks if track.role in PITCHED]
            if not self.changes:
                self.changes.append("more syncopated")
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
                if name == "moods":  # of opposite moods the one said now holds
                    before = tuple(
                        m for m in before if OPPOSITES.get(m) not in new and m not in map(OPPOSITES.get, new)
                    )
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

    def _remove(self, hit: Callable[[TrackAsk], bool], name: str) -> None:
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


def _of_its_tracks(said: Brief) -> Brief:
    """`fewer notes in the bass`: how busy is said of the tracks that the clause names, where it names some."""
    if said.density == 1.0 or not said.tracks or any(track.density != 1.0 for track in said.tracks):
        return said
    return replace(said, density=1.0, tracks=tuple(replace(track, density=said.density) for track in said.tracks))


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
