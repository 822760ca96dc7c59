"""Every option with every other: each pair is obeyed, or refused in one sentence before a note is written.

The table says how each option is asked and how its music is checked; the checkers read the written notes and share no
code with what obeys. Random weights, two bars: what holds here does not hold by luck of a trained model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.generation.lock_check import breaches, steps_of
from tests.sounds import ROCK, drum_loop, save

from bandmate.errors import UserError
from bandmate.evaluation.quality import Verdict
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.settings import Settings
from bandmate.workflows import candidates, sampling
from bandmate.workflows.compose import ComposeOptions, _with_audio, plan_request, understand
from bandmate.workflows.jobs import Job
from bandmate.workflows.making import choose_engine

CLASSES = {"C": {0, 4, 7}, "Dm7": {2, 5, 9, 0}, "G7": {7, 11, 2, 5}, "Cmaj7": {0, 4, 7, 11}, "Fm": {5, 8, 0}}
F_SHARP_MINOR = {6, 8, 9, 11, 1, 2, 4, 3, 5}  # with the raised sixth and seventh
KICK_AND_SNARE = "".join("x" if "x" in pair else "." for pair in zip(ROCK["kick"], ROCK["snare"], strict=True))
LOOP: list[Path] = []  # of the sound that `audio_rhythm` takes its rhythm from
HAT = "kick x.......x.......; snare ....x.......x...; hat x.x.x.x.x.x.x.x."


@dataclass(frozen=True)
class Case:
    """What came of one pair: the asked options, the request, how many takes, the plan of the one that is checked."""

    asked: dict[str, Any]
    request: Any
    takes: int
    plan: Any

    def written(self, track: int) -> set[int]:
        """Bars of a track that were not given."""
        first = self.plan.extra.get("given_bars", self.plan.bars) if track in self.request.keep else 0
        return set(range(first, self.plan.bars))

    def chord_at(self, bar: int, step: int) -> frozenset[int]:
        """Tones of the chord that sounds at a step of a bar."""
        at = self.plan.parts * bar + step * self.plan.parts // self.bar_steps()
        return self.plan.sounding_chords[at].pitch_classes

    def bar_steps(self) -> int:
        return 96 * self.plan.meter[0] // self.plan.meter[1]

    def pitched(self, score: Score):
        """(bar, step, pitch) of pitched notes that were written."""
        for index, track in enumerate(score.tracks):
            if not track.is_drum:
                yield from (n for n in steps_of(score, track, self.bar_steps()) if n[0] in self.written(index))


Check = Callable[[Case, Score], bool]


@dataclass(frozen=True)
class Option:
    """One setting of one option; `check` None = it steers and binds nothing that could be counted."""

    name: str
    value: Any
    check: Check | None = None


def _exact(read: Callable[[Score], Any], value: Any) -> Check:
    return lambda case, score: read(score) == value


def _meter(score: Score) -> tuple[int, int]:
    return int(score.meters["numerator"][0]), int(score.meters["denominator"][0])


def _bars(count: int) -> Check:
    return lambda case, score: score.end_ticks == count * 480 * 4 * case.plan.meter[0] // case.plan.meter[1]


def _seconds(wanted: float) -> Check:
    def check(case: Case, score: Score) -> bool:
        bar = 4 * case.plan.meter[0] / case.plan.meter[1] * 60 / score.bpm
        return abs(score.end_ticks / 480 * 60 / score.bpm - wanted) <= bar / 2 + 1e-6 or score.end_ticks == bar * 480

    return check


def _in_key(case: Case, score: Score) -> bool:
    if not case.asked.get("key_lock", True):
        return True
    return all(n[2] % 12 in F_SHARP_MINOR or n[2] % 12 in _chord(case, n[0], n[1]) for n in case.pitched(score))


def _chord(case: Case, bar: int, step: int) -> set[int]:
    """Stated chords by their own arithmetic; without them nothing but the key is allowed."""
    bars = CHORDS.get(case.asked.get("chords", ""), ())
    if not bars:
        return set()
    names, beats = bars[bar % len(bars)], case.plan.meter[0]
    if max(map(len, bars)) <= 2:
        return CLASSES[names[min(2 * step // case.bar_steps(), 1) * len(names) // 2]]
    parts = beats * -(-max(map(len, bars)) // beats)
    lengths = [parts // len(names) + (place < parts % len(names)) for place in range(len(names))]
    spread = [name for name, length in zip(names, lengths, strict=True) for _ in range(length)]
    return CLASSES[spread[min(step * parts // case.bar_steps(), parts - 1)]]


CHORDS = {
    "Dm7 G7 | Cmaj7": (("Dm7", "G7"), ("Cmaj7",)),
    "Dm7 G7 C | Fm": (("Dm7", "G7", "C"), ("Fm",)),
}


def _in_chords(case: Case, score: Score) -> bool:
    scale = set(case.plan.key.lock)
    return all(n[2] % 12 in scale or n[2] % 12 in _chord(case, n[0], n[1]) for n in case.pitched(score))


def _numerals(case: Case, score: Score) -> bool:
    tonic = case.plan.key.tonic
    first = case.plan.chords[0]
    return (first.root - tonic) % 12 == 2 and (case.plan.chords[1].root - tonic) % 12 == 7


def _without(role: str) -> Check:
    return lambda case, score: (
        not any(len(t.notes) and (t.role == role or (role == "drums" and t.is_drum)) for t in score.tracks)
    )


def _tracks(case: Case, score: Score) -> bool:
    got = {(t.role, t.program) for t in score.tracks if len(t.notes)}
    return {("bass", 32), ("melody", 73)} <= got and any(t.is_drum for t in score.tracks)


def _kit(case: Case, score: Score) -> bool:
    return all(
        t.program == 32 or index in case.request.keep
        for index, t in enumerate(score.tracks)
        if t.is_drum and t.role == "drums"
    )


def _lock(text: str) -> Check:
    def check(case: Case, score: Score) -> bool:
        for index, track in enumerate(score.tracks):
            alone = SimpleNamespace(
                tracks=[track],
                meters=score.meters,
                end_ticks=score.end_ticks,
                ticks_per_quarter=score.ticks_per_quarter,
            )
            if breaches(alone, text, case.chord_at, case.written(index)):
                return False
        return True

    return check


def _drums(*locks: str) -> Check:
    checks = [_lock(f"drums: {lock}") for lock in locks]
    return lambda case, score: all(check(case, score) for check in checks)


def _no_copy(case: Case, score: Score) -> bool:
    """No run of what was written is longer than eight notes of the catalog, by the search that origin uses."""
    from bandmate.workflows.origin import longest_shared

    tracks = tuple(track for place, track in enumerate(score.tracks) if place not in case.request.keep)
    found = longest_shared(replace(score, tracks=tracks), None)
    return found is None or found.notes <= 8


def _sounds(case: Case, score: Score) -> bool:
    """The drums of the loop are there, stroke for stroke, in all bars."""
    drums = score.tracks[next(iter(case.request.keep))].notes
    place = np.round(drums["onset_ticks"] / 120).astype(int)
    aim = {(n, key) for key, bar in ((36, ROCK["kick"]), (38, ROCK["snare"]), (42, ROCK["hat"]))
           for n in range(16 * case.plan.bars) if bar[n % 16] == "x"}  # fmt: skip
    return set(zip(place.tolist(), drums["pitch"].tolist(), strict=True)) == aim


def _keeps(case: Case, score: Score) -> bool:
    """Everything of the file is there, at its tick."""
    for place, source in case.request.keep.items():
        first = case.plan.extra.get("given_bars", case.plan.bars) * case.bar_steps() * 20 - 10
        notes, given = score.tracks[place].notes, case.request.given.tracks[source].notes
        got = {(int(n["onset_ticks"]), int(n["pitch"])) for n in notes if n["onset_ticks"] < first}
        if got != {(int(n["onset_ticks"]), int(n["pitch"])) for n in given}:
            return False
    return bool(case.request.keep)


def options(folder) -> list[Option]:
    """The table; files are written into a folder."""
    return [
        Option("text", "sad song with flute"),
        Option("genre", "house", lambda case, score: case.plan.genre == "house"),
        Option("style", "boom_bap"),
        Option("mood", "happy"),
        Option("tempo", 97, lambda case, score: round(score.bpm, 3) == 97),
        Option("key", "F# minor", _in_key),
        Option("meter", "3/4", _exact(_meter, (3, 4))),
        Option("meter", "7/8", _exact(_meter, (7, 8))),
        Option("bars", 3, _bars(3)),
        Option("seconds", 5, _seconds(5)),
        Option("loop", 2, _bars(2)),
        Option("tracks", "drums,bass=upright bass,melody=flute", _tracks),
        Option("exclude", "melody", _without("melody")),
        Option("exclude", "drums", _without("drums")),
        Option("chords", "Dm7 G7 | Cmaj7", _in_chords),
        Option("chords", "Dm7 G7 C | Fm", _in_chords),
        Option("chords", "ii7 V7 | Imaj7", _numerals),
        Option("energy", 1),
        Option("density", 2.0),
        Option("swing", 66),
        Option("kit", "jazz kit", _kit),
        Option("drums", "x...x...x...x...", _drums("kick x...x...x...x...")),
        Option("drums", HAT, _drums(*HAT.split("; "))),
        Option("midi", folder / "opening.mid", _keeps),
        Option("midi", folder / "beat.mid", _keeps),
        *(Option("lock", text, _lock(text)) for text in (
            "bass: range E1-G2", "melody: pitches C E G", "melody: density <=3", "chords: polyphony 2-3",
            "bass: rhythm x..x..x.", "chords: chord tones", "melody: scale A minor pentatonic", "all: polyphony 2",
            "drums: rhythm x.x.x.x.", "bass: density >=5", "drums: polyphony 2",
        )),
        Option("lock", "melody: density ~4, range ~C5-C6, polyphony ~2"),
        Option("engine", "rules"),
        Option("variety", "high"),
        Option("temperature", 3.0),
        Option("top_k", 3),
        Option("top_p", 0.5),
        Option("candidates", 2),
        *(Option("without", (stage,)) for stage in ("form", "groove", "harmony", "repair", "candidates")),
        Option("key_lock", False),
        Option("no_copy", 8, _no_copy),
        Option("takes", 2, lambda case, score: case.takes == 2),
        Option("seed", 9),
        Option("audio", folder / "loop.wav", _sounds),
        Option("audio_rhythm", "bass", _lock(f"bass: rhythm {ROCK['kick']}")),
        Option("audio_rhythm", "melody", _lock(f"melody: rhythm {KICK_AND_SNARE}")),
    ]  # fmt: skip


# How it sounds and where it lies has no say in the notes; a model is a file of weights, and these are random ones. A
# blend needs a model of one's own; tests/workflows/test_blend.py has its cases.
# A sound is listened to once, as drums; what else it can be heard as is the affair of tests/workflows/test_hear.py.
NOT_NOTES = {
    "audio_as",
    "out", "model", "blend", "stems", "sample_rate", "soundfont", "drum_kit", "sounds", "to", "template",
    "split_drums", "drum_map",
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> list[Option]:
    folder = tmp_path_factory.mktemp("pairs")
    quarter = np.arange(8) * 480
    tune = Track("tune", 73, False, make_notes(quarter[:4] + 7, 300, [72, 75, 74, 77], 90), role="melody")
    line = Track("line", 33, False, make_notes(quarter[:4:2], 900, [38, 43], 90), role="bass")
    beat = Track("beat", 0, True, make_notes(quarter, 120, [36, 38] * 4, 100, channel=9), role="drums")
    for name, tracks in (("opening", (tune, line)), ("beat", (beat,))):
        Score(tracks, 480, make_tempos(111.0), make_meters(4, 4)).write(folder / f"{name}.mid")
    LOOP[:] = [save(drum_loop(112, 4), folder / "loop.wav")]
    return options(folder)


@pytest.fixture(autouse=True)
def _heard_once(table, monkeypatch) -> None:
    """A sound is listened to once, not for each of its pairs."""
    from bandmate.workflows import hear

    monkeypatch.setattr(hear, "hear", cache(hear.hear))


@pytest.fixture(autouse=True)
def _random_weights(tiny_weights, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path))
    monkeypatch.setattr(sampling, "model_identity", lambda name: {"sha256": ""})
    monkeypatch.setattr(sampling, "find_model", lambda name: SimpleNamespace(folder=tmp_path))
    monkeypatch.setattr(sampling, "open_weights", lambda path, sha256: tiny_weights)
    card = Verdict("full_band", 0, 0, 0.5, 0.0, 0, ())  # how people play has no say in what is obeyed
    monkeypatch.setattr("bandmate.evaluation.quality.verdict", lambda score, genre: card)


def made(asked: dict[str, Any]) -> list[tuple[Case, Score]]:
    """Every take that is made of some options, with what it is checked by."""
    base: dict[str, Any] = {"candidates": 1, "seed": 3, "engine": "numpy"}
    if not asked.keys() & {"bars", "seconds", "loop"}:
        base["bars"] = 2
    if not asked.keys() & {"genre", "text", "style"}:
        base["genre"] = "pop"
    if not asked.keys() & {"tracks", "exclude", "text", "kit"}:
        base["tracks"] = "drums,bass,chords,melody"
    values = base | asked
    text = values.pop("text", "")
    chosen = ComposeOptions.of(values)
    if chosen.audio:
        request = _with_audio(text, chosen, Settings())
    else:
        request = plan_request(understand(text, chosen, Settings()), chosen, Settings())
    engine = choose_engine(request.options)
    takes = list(candidates.write_down(request, engine, Job()))
    return [(Case(asked, request, len(takes), take.draft.plan), take.score) for take in takes]


def judged(pair: tuple[Option, ...]) -> str:
    """ "obeyed", "refused: ..." or "broken: ..." """
    asked: dict[str, Any] = {}
    for option in pair:
        if option.name == "lock" and "lock" in asked:
            asked["lock"] = [asked["lock"], option.value]
        elif option.name == "without" and "without" in asked:
            asked["without"] = (*asked["without"], *option.value)
        else:
            asked[option.name] = option.value
    if "audio_rhythm" in asked:
        asked.setdefault("audio", LOOP[0])
    try:
        takes = made(asked)
    except UserError as error:
        return f"refused: {error}" if len(str(error)) > 25 and "\n" not in str(error) else f"broken: says {error!r}"
    for option in pair:
        for case, score in takes:
            if option.check is not None and not option.check(case, score):
                return f"broken: {option.name} {option.value}"
    return "obeyed"


def same_option(one: Option, two: Option) -> bool:
    return one.name == two.name and one.name not in ("lock", "without")


def test_every_option_is_in_the_table(table) -> None:
    named = {option.name for option in table} | NOT_NOTES
    options = {f.name for f in fields(ComposeOptions)} | {"text"}
    assert options - named == set(), "a new option needs a row in `options`, or a place in NOT_NOTES"
    assert named - options == set()


@pytest.mark.slow
def test_every_pair_of_options_is_obeyed_or_refused(table) -> None:
    pairs = [pair for pair in combinations(table, 2) if not same_option(*pair)]
    results = {pair: judged(pair) for pair in pairs}
    broken = [
        f"{a.name} {a.value} + {b.name} {b.value}: {said}"
        for (a, b), said in results.items()
        if said.startswith("broken")
    ]
    assert broken == []
    count = Counter(said.split(":")[0] for said in results.values())
    assert count["obeyed"] >= 0.95 * len(pairs)  # refusing everything would be easy


def test_single_options_are_all_obeyed(table) -> None:
    said = {f"{option.name} {option.value}": judged((option,)) for option in table}
    assert {name: result for name, result in said.items() if result != "obeyed"} == {}
