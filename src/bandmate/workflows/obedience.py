"""Obedience: random demands are made of a model, and counted is which of them its takes meet.

Every take is asked for as a musician asks: genre, key, tempo, meter, bars, tracks and, of some, chords and locks. What
was got is read off the written score (workflows/report), not off what was planned. Of what is asked loosely it is also
counted in how many bars it is met to within one bin (evaluation/controls).
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import BriefError
from bandmate.evaluation.controls import bars_met, soft_controls
from bandmate.limits import Limit
from bandmate.score.pitch import FLAT_NAMES
from bandmate.workflows.candidates import Written
from bandmate.workflows.jobs import Job
from bandmate.workflows.origin import longest_shared
from bandmate.workflows.report import Demand

DEMANDED = Limit("demands", 1, 10_000, "takes")
_ABOUT, _WITHIN = " (about)", ", bars within a bin"
_MODES = ("major", "minor", "dorian", "mixolydian")
_METERS = ("4/4", "4/4", "3/4", "6/8")
_ROLES = ("chords", "melody", "pad", "arp", "lead")
_NUMERALS = ("i VI III VII", "I V vi IV", "ii7 V7 Imaj7 %")
_SYMBOLS = ("Dm7 G7 | Cmaj7", "Am F C G", "Ebmaj7 | Cm7 F7")
_LOCKS = (
    "bass: range E1-C3",
    "melody: density <=6",
    "chords: polyphony <=3",
    "melody: range C4-C6",
    "bass: density ~4",
    "melody: density ~6",
    "chords: polyphony ~3",
    "melody: range ~C4-C5",
)


@dataclass(frozen=True, slots=True)
class Obeyed:
    """One kind of demand: how many were made, how many met fully, and how far they are met on average (0..1)."""

    control: str
    asked: int
    met: int
    share: float

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {"asked": self.asked, "met": self.met, "share": round(self.share, 4)}


@dataclass(frozen=True, slots=True)
class Obedience:
    """What came of the demands.

    Attributes:
        rows: one a kind of demand.
        shared_notes: of each take, notes of the longest run it shares with what the model learned from, ascending;
            empty for the rules engine, which learned from nothing.
    """

    rows: tuple[Obeyed, ...]
    shared_notes: tuple[int, ...] = ()

    def lines(self) -> list[str]:
        """For reading, one line a kind of demand and one for what is shared."""
        found = [f"  {row.control:30}{row.met:6} of {row.asked} met, {row.share:.1%} on average" for row in self.rows]
        if self.shared_notes:
            middle, most = (self.shared_notes[int(share * (len(self.shared_notes) - 1))] for share in (0.5, 0.95))
            found.append(f"  longest run shared with what it learned from: {middle} notes in the middle, {most} at "
                         f"95 %, {self.shared_notes[-1]} at most")  # fmt: skip
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {"demands": {row.control: row.to_json() for row in self.rows}, "shared_notes": list(self.shared_notes)}


def obedience(model: str, takes: int, seed: int, job: Job) -> Obedience:
    """Ask so many takes of a model and count, demand by demand.

    Args:
        model: an installed model, or "rules".
        takes: how many.
        seed: of the demands and the takes.
        job: gets "progress" events of "asking".

    Raises:
        ModelError: the model is missing or damaged.
    """
    shares: defaultdict[str, list[float]] = defaultdict(list)
    shared: list[int] = []
    for number, take in enumerate(_asked(model, takes, seed), 1):
        if model != "rules":
            run = longest_shared(take.score, model)
            shared.append(run.notes if run else 0)
        for name, share in _found(take):
            shares[name].append(share)
        job.progress("asking", number / takes)
    rows = tuple(
        Obeyed(name, len(found), sum(share >= 1.0 - 1e-9 for share in found), sum(found) / len(found))
        for name, found in sorted(shares.items(), key=lambda item: _softness(item[0]))
    )
    return Obedience(rows, tuple(sorted(shared)))


def _found(take: Written) -> Iterator[tuple[str, float]]:
    """What was demanded of a take, and how far it is met; of soft controls bar by bar as well."""
    plan = take.draft.plan
    for demand in take.report.demands:
        if demand.name == "chords" and plan.brief.progression:  # waits for a key, so it is no stated chord
            yield "chords (numerals)", demand.share
        elif demand.stated or demand.asked.startswith("about"):
            yield _kind(demand), demand.share
    for index, track in enumerate(plan.tracks):
        for control, least, most in soft_controls(track.lock) if track.lock else ():
            for met in bars_met(control, least, most, take.score, index):
                yield f"{control}{_WITHIN}", float(met)


def _softness(control: str) -> int:
    """What binds comes first, then what is asked loosely, then its bars."""
    return 2 if control.endswith(_WITHIN) else int(control.endswith(_ABOUT))


def _asked(model: str, takes: int, seed: int) -> Iterator[Written]:
    from bandmate.settings import Settings
    from bandmate.workflows.candidates import write_down
    from bandmate.workflows.compose import ComposeOptions, plan_request, understand
    from bandmate.workflows.making import choose_engine

    engine, library = ("rules", None) if model == "rules" else (None, model)
    dice, written, settings = random.Random(seed), 0, Settings()
    while written < takes:
        options = _options(dice)
        chosen = ComposeOptions.of(options | {"engine": engine, "model": library, "seed": seed + written,
                                              "candidates": 1})  # fmt: skip
        try:
            request = plan_request(understand("", chosen, settings), chosen, settings)
        except BriefError:  # demands that cannot hold together are refused, which is no take; others are drawn
            continue
        written += 1
        yield next(write_down(request, choose_engine(request.options), Job()))


def _options(dice: random.Random) -> dict[str, Any]:
    """Demands as the flags of compose."""
    name = dice.choice(genre_ids())
    tempo = genre(name)["tempo"]
    roles = ["drums", "bass", *dice.sample(_ROLES, dice.randint(1, 3))]
    options: dict[str, Any] = {
        "genre": name,
        "key": f"{dice.choice(FLAT_NAMES)} {dice.choice(_MODES)}",
        "tempo": dice.randint(int(tempo["min"]), int(tempo["max"])),
        "meter": dice.choice(_METERS),
        "bars": dice.choice((2, 3, 4, 8)),
        "tracks": ",".join(roles),
    }
    if dice.random() < 0.3:
        options["chords"] = dice.choice(_NUMERALS + _SYMBOLS)
    locks = [lock for lock in _LOCKS if lock.split(":")[0] in roles and dice.random() < 0.3]
    return options | ({"lock": locks} if locks else {})


def _kind(demand: Demand) -> str:
    """A demand without the track it binds."""
    return re.sub(r" (of|in) .*", "", demand.name) + (_ABOUT if demand.asked.startswith("about") else "")
