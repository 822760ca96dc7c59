"""Request: what shall be made, as data; what compose, again and replay hand to making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bandmate.errors import BriefError
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.workflows.wishes import Wishes

ENGINES = ("default", "rules", "onnx", "numpy", "torch")
SAMPLE_RATES = (44100, 48000, 88200, 96000)
VARIETIES = ("low", "normal", "high")
KEEPS = ("rhythm", "pitches", "contour", "chords")  # what a variation may leave as it is
# What `--without` can leave out, to hear what it gives.
STAGES: dict[str, str] = {
    "form": "the groove book's sketch of how full each cell is and how it repeats; without it the model draws both",
    "groove": "the pull of the genre's pattern on onsets and drum keys",
    "harmony": "the pull of chord and key on pitches",
    "repair": "small corrections of the written score",
    "candidates": "the choice among several candidates",
    "taste": "the say that stars and discards have in that choice",
}
MOST_CANDIDATES = 8
_BARS_A_COMPOSE = 128  # candidates times bars of one take: more would take seconds that nobody waits for
_CANDIDATES_A_COMPOSE = 32
_NEXT_SEED = 1_000_003
_SEEDS = 2**63


@dataclass(frozen=True, slots=True)
class MakeOptions:
    """How takes are written and rendered; all of it stands in the recipe.

    Attributes:
        engine: one of ENGINES; "default" = the shipped model if it is there, else the rules.
        model: name of an installed model, None = the shipped one.
        blend: a genre and its share, such as "house:0.3", mixed into a model of one's own.
        variety: one of VARIETIES: how freely notes are drawn.
        temperature, top_k, top_p: of sampling; None = the engine's own.
        key_lock: a stated key locks; off = it is a tendency.
        candidates: how many are written for each take, of which the best is kept; None = as many as time allows.
        without: names of STAGES that are left out.
        no_copy: notes of the longest run that may be shared with what the model learned from; None = any.
        stems: whether stems are rendered beside the mix.
        sample_rate: 44100 or 48000.
        soundfont: path of another SoundFont; drum_kit: folder of one-shots; sounds: role -> folder or file.
        to: projects of sequencers that each take gets; template, split_drums, drum_map: see `export.ExportOptions`.
    """

    engine: str = "default"
    model: str | None = None
    blend: str | None = None
    variety: str = "normal"
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    key_lock: bool = True
    candidates: int | None = None
    without: tuple[str, ...] = ()
    no_copy: int | None = None
    stems: bool = True
    sample_rate: int = 44100
    soundfont: str | None = None
    drum_kit: str | None = None
    sounds: Mapping[str, str] = field(default_factory=dict)
    to: tuple[str, ...] = ()
    template: str | None = None
    split_drums: bool = False
    drum_map: str | None = None

    def __post_init__(self) -> None:
        for name in ("without", "to"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # take.json knows lists only
        for name in self.without:
            if name not in STAGES:
                raise BriefError(f"stage '{name}' is not known; choose among {', '.join(STAGES)}")

    def to_json(self) -> dict[str, Any]:
        """Plain data for the recipe."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**plain, "sounds": dict(self.sounds), "without": list(self.without), "to": list(self.to)}


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """One take that is wanted.

    Attributes:
        plan: what is to be written.
        seeds: of its candidates, which are written in one batch.
        chosen: which of them the take is, where that is known already; None = the best.
    """

    plan: Plan
    seeds: tuple[int, ...]
    chosen: int | None = None

    def redrawn(self, times: int) -> Draft:
        """The same take with other candidates."""
        step = times * len(self.seeds) * _NEXT_SEED
        return Draft(self.plan, tuple((seed + step) % _SEEDS for seed in self.seeds), self.chosen)


def draft_of(plan: Plan, seed: int, options: MakeOptions, takes: int = 1) -> Draft:
    """A take with as many candidates as there is time for: 8 up to 16 bars, fewer for long pieces and many takes.

    The first candidate has the seed of the take, the seeds of the others follow from it.
    """
    count = options.candidates
    if count is None:
        count = min(MOST_CANDIDATES, _BARS_A_COMPOSE // plan.bars, _CANDIDATES_A_COMPOSE // takes)
    if "candidates" in options.without:
        count = 1
    return Draft(plan, tuple((seed + number * _NEXT_SEED) % _SEEDS for number in range(max(1, count))))


def given_bars(plan: Plan) -> int | None:
    """In how many first bars of a plan its given tracks are given; None = in all."""
    return plan.extra.get("given_bars")


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What shall be made.

    Attributes:
        name: of the main MIDI file.
        brief, heard: what was asked, and the line of it.
        drafts: one a take; they meet the same demands and differ in what the Brief leaves open.
        options: how.
        given: MIDI file of music that is given; keep: its tracks that stay as they are, by place in the plan.
        parents: hashes of the take.json files it comes from; direct: how many of them it is made from itself.
        wishes: tracks that shall be busier, sparser or more syncopated than they were.
        threads: of the engine; the bytes of a take may depend on it.
        audio: what was heard in a sound that was part of the prompt, as plain data for the report; empty without one.
    """

    name: str
    brief: Brief
    heard: str
    drafts: tuple[Draft, ...]
    options: MakeOptions
    given: Score | None = None
    keep: Mapping[int, int] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    direct: int = 1
    wishes: Wishes = ()
    threads: int = 1
    audio: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan of the first take; tempo, key, meter, bars and tracks are those of all."""
        return self.drafts[0].plan
