"""Obedience: random demands are made of a model, and counted is which of them its takes meet.

Every take is asked for as a musician asks: genre, key, tempo, meter, bars, tracks and, of some, chords and locks. What
was got is read off the written score (workflows/report), not off what was planned.
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
from bandmate.limits import Limit
from bandmate.score.pitch import FLAT_NAMES
from bandmate.workflows.jobs import Job
from bandmate.workflows.report import Demand

DEMANDED = Limit("demands", 1, 10_000, "takes")
_MODES = ("major", "minor", "dorian", "mixolydian")
_METERS = ("4/4", "4/4", "3/4", "6/8")
_ROLES = ("chords", "melody", "pad", "arp", "lead")
_PROGRESSIONS = ("i VI III VII", "I V vi IV", "ii7 V7 Imaj7 %")
_LOCKS = (
    "bass: range E1-C3",
    "melody: density <=6",
    "chords: polyphony <=3",
    "melody: range C4-C6",
    "bass: density ~4",
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


def obedience(model: str, takes: int, seed: int, job: Job) -> tuple[Obeyed, ...]:
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
    for number, demands in enumerate(_asked(model, takes, seed), 1):
        for demand in demands:
            if demand.stated or demand.asked.startswith("about"):
                shares[_kind(demand)].append(demand.share)
        job.progress("asking", number / takes)
    return tuple(
        Obeyed(name, len(found), sum(share >= 1.0 - 1e-9 for share in found), sum(found) / len(found))
        for name, found in shares.items()
    )


def _asked(model: str, takes: int, seed: int) -> Iterator[tuple[Demand, ...]]:
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
        yield next(write_down(request, choose_engine(request.options), Job())).report.demands


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
        options["chords"] = dice.choice(_PROGRESSIONS)
    locks = [lock for lock in _LOCKS if lock.split(":")[0] in roles and dice.random() < 0.3]
    return options | ({"lock": locks} if locks else {})


def _kind(demand: Demand) -> str:
    """A demand without the track it binds."""
    return re.sub(r" (of|in) .*", "", demand.name) + (" (about)" if demand.asked.startswith("about") else "")
