"""Desk: what an editor works at: the piece with roles and harmony, the words, and a hand that writes cells."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BriefError
from bandmate.generation.infill import Ask, Infilled, infill
from bandmate.generation.scene import Harmony, Part, with_roles
from bandmate.generation.words_change import SYNCOPATED
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.gm import program_name
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan, PlannedSection, PlannedTrack
from bandmate.score.selection import Selection
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.workflows.jobs import Job
from bandmate.workflows.report import Demand
from bandmate.workflows.wishes import not_reached

if TYPE_CHECKING:
    from bandmate.models.checkpoint import Weights
    from bandmate.workflows.edit_order import CommonOptions

_NEXT_SEED = 1_000_003
_LOUDER = 1.07  # of velocity for each step of energy above the middle
_HARMONY = 0.5  # of the pull on composing: here the other tracks say much themselves
_TRIES, _NEXT_TRY = 4, 7_368_787  # of cells that shall go a step, and between the seeds of two tries
_FIRMER, _FIRMER_OFFBEAT = 1.15, 0.6  # what is asked more of each further try


@dataclass(frozen=True, eq=False)
class Desk:
    """What an editor works at.

    Attributes:
        score: the piece, every track with its role.
        brief: what the words ask; common: the options that all edits know.
        style: genre of the take that the piece is, "" if it is none or nobody said.
        engine: resolved; seed: of the take in hand; number: of the take, from 0.
        earlier: notes of the takes before, which this one shall not repeat.
    """

    score: Score
    brief: Brief
    common: CommonOptions
    engine: str
    seed: int
    job: Job
    number: int = 0
    style: str = ""
    earlier: list[dict[int, NDArray[Any]]] = field(default_factory=list)
    memo: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, score: Score, brief: Brief, common: CommonOptions, engine: str, seed: int, job: Job, style: str = ""
    ) -> Desk:
        """A desk for a piece."""
        return cls(with_roles(score), brief, common, engine, seed, job, style=style)

    def take(self, number: int, _takes: int) -> Desk:
        """The same desk for another take."""
        return replace(self, seed=(self.seed + number * _NEXT_SEED) % 2**63, number=number)

    @cached_property
    def harmony(self) -> Harmony:
        """Key and chords of the piece; a key that was stated stands for the one that was found."""
        if "harmony" not in self.memo:
            self.memo["harmony"] = Harmony.of(self.score)
        found: Harmony = self.memo["harmony"]
        return replace(found, key=self.key or found.key)

    @property
    def key(self) -> Key | None:
        """The key that was stated, if one was."""
        return self.brief.key if "key" not in self.brief.guessed else None

    @property
    def genre(self) -> str:
        """The genre that was stated, else that of the take; "" if there is none."""
        return self.brief.genre if self.brief.genre and "genre" not in self.brief.guessed else self.style

    @property
    def weights(self) -> Weights:
        """Weights of the model."""
        from bandmate.generation.compose import open_weights
        from bandmate.workflows.models import find_model, model_identity

        identity = model_identity(self.common.model)
        return open_weights(find_model(self.common.model).folder / "weights.safetensors", identity["sha256"])

    def ask(self, **more: Any) -> Ask:
        """What the words ask of cells, with what the editor adds."""
        said = self.brief
        density = math.prod([said.density, *(track.density for track in said.tracks)])
        energy = said.energy if said.energy is not None and "energy" not in said.guessed else 3
        syncopated = 1.0 if SYNCOPATED & set(said.feel) else 0.0
        facts: dict[str, Any] = {
            "key": self.key, "density": max(0.2, min(5.0, density)), "syncopated": syncopated,
            "register": said.register, "velocity": _LOUDER ** (energy - 3), "genre": self.genre, "moods": said.moods,
        }  # fmt: skip
        return Ask(**(facts | more))

    def parts(self, score: Score, selection: Selection) -> dict[int, Part]:
        """How each selected track plays."""
        grid = bar_grid(score)
        return {i: Part.of(score.tracks[i], score.ticks_per_quarter, grid) for i in selection.tracks}

    def _locked(self, score: Score, parts: Mapping[int, Part]) -> Mapping[int, Part]:
        """The parts with what is locked on their tracks."""
        if self.common.lock is None:
            return parts
        from bandmate.generation.scene import locked_parts
        from bandmate.generation.words_locks import parse_locks

        return locked_parts(score, parts, parse_locks(self.common.lock))

    def write(
        self, score: Score, selection: Selection, ask: Ask, *, parts: Mapping[int, Part] | None = None,
        harmony: Harmony | None = None,
    ) -> Infilled:  # fmt: skip
        """Write cells with the engine that was asked for.

        Raises:
            RuleConflict: the rules leave a cell nothing to sound.
        """
        if self.common.controllers:
            from bandmate.workflows.edit_controllers import check_players

            check_players(score, selection)
        how: dict[str, Any] = {
            "parts": self._locked(score, self.parts(score, selection) if parts is None else parts),
            "harmony": self.harmony if harmony is None else harmony,
        }
        if self.engine == "rules":
            written = self.played(score, selection, ask, **how)
        else:
            from bandmate.generation.compose import WriteOptions
            from bandmate.generation.filters import SamplingOptions
            from bandmate.workflows.request import MakeOptions
            from bandmate.workflows.sampling import no_copy_of

            soft = SamplingOptions.of(self.common.variety, self.common.temperature)
            banned = no_copy_of(MakeOptions(model=self.common.model, no_copy=self.common.no_copy))
            options = WriteOptions(self.engine, sampling=replace(soft, harmony=_HARMONY), no_copy=banned)
            written = infill(
                score, selection, ask, self.seed, self.weights, options, candidates=self.common.candidates,
                unlike=self.earlier, on_progress=lambda share: self.job.progress("writing", share), **how,
            )  # fmt: skip
        if self.common.lock is not None:
            from bandmate.workflows.edit_ringing import beside_ringing

            notes, said = beside_ringing(score, selection, written.notes, **how)
            written = replace(written, notes=notes)
            for sentence in said:
                self.job.tell("notice", text=sentence)
        self.job.first_note()
        self.earlier.append(written.notes)
        return written

    def write_step(
        self, score: Score, selection: Selection, ask: Ask, heeded: Callable[[Infilled], Sequence[Demand]]
    ) -> Infilled:
        """Write cells that shall go a step ("busier"): again, more or less firmly, until made; the nearest stays.

        Args:
            score: the piece.
            selection: its asked cells.
            ask: what is asked of them.
            heeded: the demands that a step is made, of what was written; none = one try.
        """
        tries: list[tuple[float, Infilled, Sequence[Demand]]] = []
        goal, power = ask.density * self._begun(score, selection), 0
        for times in range(_TRIES):
            firm = _FIRMER**power if ask.density > 1 else 1 / _FIRMER**power
            more = {"density": ask.density * firm} if ask.density != 1 else {}
            more |= {"syncopated": ask.syncopated + _FIRMER_OFFBEAT * times} if ask.syncopated > 0 else {}
            here = replace(self, seed=(self.seed + times * _NEXT_TRY) % 2**63, earlier=list(self.earlier))
            written = here.write(score, selection, replace(ask, **more))
            demands = heeded(written)
            tries.append((min((each.share for each in demands), default=1.0), written, demands))
            if tries[-1][0] >= 1.0:
                break
            too_far = (sum(map(len, written.notes.values())) > goal) == (ask.density > 1)
            power += -1 if too_far else 1  # one that went beyond the step is asked for less
        _, written, demands = max(tries, key=lambda one: one[0])  # of equals the one that was first
        self.earlier.append(written.notes)
        if sentence := not_reached([(d.name, d.asked, d.got, d.share) for d in demands], len(tries)):
            self.job.tell("notice", text=sentence)
        return written

    @staticmethod
    def _begun(score: Score, selection: Selection) -> int:
        """How many notes begin in the selected cells."""
        return sum(len(notes_within(score.tracks[i].notes, *selection.span(score))) for i in selection.tracks)

    def played(
        self, score: Score, selection: Selection, ask: Ask, *, parts: Mapping[int, Part], harmony: Harmony
    ) -> Infilled:
        """The cells as the groove book plays them.

        Raises:
            RuleConflict: it has no such part in this meter.
        """
        from bandmate.generation.infill_rules import infill_by_rules

        return infill_by_rules(score, selection, ask, self.seed, tempo=score.bpm, parts=parts, harmony=harmony)

    def played_well(self, score: Score, selection: Selection) -> tuple[Score, tuple[Demand, ...]]:
        """The score with new controllers in the selected cells, if they are asked for, and the demand that they are.

        Raises:
            BriefError: no selected track takes any. ScoreError: a track that is not selected shares their channel.
        """
        if not self.common.controllers:
            return score, ()
        from bandmate.workflows.edit_controllers import new_controllers

        return new_controllers(score, selection, self.seed)

    def leaning(self, score: Score, selection: Selection, ask: Ask, **how: Any) -> Ask:
        """What is asked, leaning on the rhythm that the groove book plays, where it has such parts in this meter."""
        try:
            return replace(ask, pattern=self.played(score, selection, ask, **how).notes)
        except BriefError:
            return ask


def piece_plan(score: Score, brief: Brief, seed: int) -> Plan:
    """A piece as a plan, so that a take of it can be shown, changed and compared like a composed one.

    A key that was stated for some cells is the piece's only if all of the piece lies in it.
    """
    score = with_roles(score)
    if brief.key and "key" not in brief.guessed and not lies_in(score, brief.key):
        brief = replace(brief, key=None)
    grid, harmony = bar_grid(score), Harmony.of(score)
    sounding = [track for track in score.tracks if len(track.notes)]
    key = brief.key or harmony.key or Key(0)
    home = Chord(key.tonic, "min" if key.is_minor else "maj")
    chords: list[Chord] = []
    for bar in range(len(grid)):
        for half in (0, 1):
            chords.append(harmony.at(bar, half) or (chords[-1] if chords else home))
    active = np.zeros((len(sounding), len(grid)), bool)
    planned = []
    for row, track in enumerate(sounding):
        active[row, bar_of(grid, track.notes["onset_ticks"])] = True
        part = Part.of(track, score.ticks_per_quarter, grid)
        name = track.name.strip() or program_name(track.program, track.is_drum).lower()
        low, high = min(part.low, int(track.notes["pitch"].min())), max(part.high, int(track.notes["pitch"].max()))
        planned.append(PlannedTrack(part.role, name, track.program, track.is_drum, low, high, part.voices))
    meter = (int(grid["numerator"][0]), int(grid["denominator"][0]))
    genre = brief.genre or "pop"
    asks = tuple(
        TrackAsk(t.role, None if t.is_drum else t.program, t.program if t.is_drum else None, t.name) for t in planned
    )
    full = replace(
        brief, genre=genre, tempo=brief.tempo or score.bpm, key=key, meter=meter, bars=len(grid), tracks=asks,
        guessed=tuple(dict.fromkeys([*brief.guessed, *(["genre"] if not brief.genre else []),
                                     *(["key"] if not brief.key else [])])),
    )  # fmt: skip
    roles = tuple(dict.fromkeys(track.role for track in planned))
    return Plan(full, seed, genre, score.bpm, key, meter, len(grid), tuple(planned),
                (PlannedSection("main", 0, len(grid), 3, roles),), tuple(chords), active)  # fmt: skip


def lies_in(score: Score, key: Key) -> bool:
    """Whether every pitched note lies in a key."""
    pitches = [track.notes["pitch"].astype(np.int64) % 12 for track in score.tracks if not track.is_drum]
    return not pitches or bool(np.isin(np.concatenate(pitches), list(key.lock)).all())


def notes_within(notes: NDArray[Any], start: int, end: int) -> NDArray[Any]:
    """The notes that begin in [start, end), in ticks."""
    return notes[(notes["onset_ticks"] >= start) & (notes["onset_ticks"] < end)]


def positive(name: str, value: int, most: int) -> int:
    """A count that must lie in 1..most.

    Raises:
        BriefError: it does not.
    """
    if not 1 <= value <= most:
        raise BriefError(f"{name} {value} is out of range; give 1 to {most}")
    return value
