"""Whether every take decodes, whatever is asked and whatever the weights: random briefs, random weights.

    python benchmarks/random_takes.py [--count 1000] [--size tiny] [--seed 0] [--workers 2]

A brief draws from the 58 genres, 1 to 32 bars, keys in every mode or none, tempos, meters, tracks, exclusions, ranges,
chords and sections. Some ask what cannot be; those must say so in one sentence (counted as refused). Checked of every
take: exact bars, meter and tempo; the stated key as lock (outside stated chords) and as key signature; exactly the
asked tracks with their programs, each sounding, inside their ranges; one voice where one was asked; excluded drum keys
silent; cells that are to sound hold a note and the others none; no note past the end; the way to a MIDI file and back.
Failures are printed with the brief.
"""

# ruff: noqa: E402 - many processes of one thread each, which is said before the matrix library loads
from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import random
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from model_weights import random_weights

from bandmate.analysis.genres import genre_ids
from bandmate.errors import BriefError
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.groovebook.plan import make_plan
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.models.checkpoint import Weights
from bandmate.score.brief import ROLES, Brief, TrackAsk
from bandmate.score.model import Score
from bandmate.score.pitch import MODES, QUALITIES, Chord, Key
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import MOODS

METERS = (
    (4, 4),
    (3, 4),
    (6, 8),
    (2, 4),
    (12, 8),
    (5, 4),
    (7, 8),
    (9, 8),
    (2, 2),
    (3, 8),
    (11, 8),
    (5, 8),
    (3, 2),
    (15, 16),
)
DRUM_KEYS = (36, 38, 39, 42, 46, 49, 51, 54, 56)
BATCH = 20


@dataclass
class Outcome:
    """What came of some briefs."""

    takes: int = 0
    refused: int = 0
    notes: int = 0
    rows: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)


def maybe(dice: random.Random, chance: float, value: Any, other: Any = None) -> Any:
    return value if dice.random() < chance else other


def some_tracks(dice: random.Random) -> tuple[TrackAsk, ...]:
    asks = []
    for role in dice.sample(ROLES, dice.randint(1, 5)):
        low = maybe(dice, 0.15, dice.randint(24, 72))
        asks.append(
            TrackAsk(
                role,
                program=None if role in ("drums", "perc") else maybe(dice, 0.5, dice.randrange(128)),
                kit=maybe(dice, 0.3, dice.choice((0, 8, 24, 25, 40))) if role == "drums" else None,
                low=low,
                high=None if low is None else low + dice.randint(12, 36),
                polyphony=maybe(dice, 0.2, dice.randint(1, 4)),
                density=dice.choice((1.0, 1.0, 0.5, 1.5)),
                enter_bar=maybe(dice, 0.1, dice.randint(1, 4), 0),
            )
        )
    return tuple(asks)


def some_chords(dice: random.Random, bars: int) -> tuple[tuple[Chord, ...], ...]:
    return tuple(
        tuple(Chord(dice.randrange(12), dice.choice(list(QUALITIES))) for _ in range(dice.choice((1, 1, 2))))
        for _ in range(dice.randint(1, min(8, bars)))
    )


def some_brief(dice: random.Random) -> Brief:
    bars = dice.randint(1, 32)
    genres = genre_ids()
    excluded = tuple(dice.sample(ROLES, dice.randint(1, 2))) if dice.random() < 0.2 else ()
    tracks = tuple(t for t in some_tracks(dice) if t.role not in excluded) if dice.random() < 0.5 else ()
    return Brief(
        genre=maybe(dice, 0.9, dice.choice(genres)),
        genre2=maybe(dice, 0.1, dice.choice(genres)),
        moods=maybe(dice, 0.3, (dice.choice(MOODS),), ()),
        tempo=maybe(dice, 0.7, round(dice.uniform(20, 400), dice.choice((0, 3)))),
        key=maybe(dice, 0.6, Key(dice.randrange(12), dice.choice(list(MODES)))),
        meter=maybe(dice, 0.4, dice.choice(METERS)),
        bars=bars,
        loop=dice.random() < 0.2,
        tracks=tracks,
        only=tuple(sorted({t.role for t in tracks})) if tracks and dice.random() < 0.7 else (),
        excluded=excluded,
        excluded_drums=maybe(dice, 0.15, tuple(dice.sample(DRUM_KEYS, 3)), ()),
        chords=some_chords(dice, bars) if dice.random() < 0.3 else (),
        energy=maybe(dice, 0.2, dice.randint(1, 5)),
        density=dice.choice((1.0, 1.0, 0.6, 1.6)),
        swing=maybe(dice, 0.2, round(dice.uniform(0.5, 0.75), 2)),
        register=dice.choice((0, 0, 0, -12, 12)),
    )


def _check_track(plan: Plan, score: Score, index: int, wrong: list[str]) -> None:
    asked, track = plan.tracks[index], score.tracks[index]
    notes, name = track.notes, f"track {index + 1} ({asked.role})"
    if not len(notes):
        wrong.append(f"{name} is empty")
        return
    ends = notes["onset_ticks"] + notes["duration_ticks"]
    if ends.max() > score.end_ticks or notes["onset_ticks"].min() < 0 or notes["duration_ticks"].min() < 1:
        wrong.append(f"{name} sounds past the end or has a note without length")
    if notes["pitch"].min() < asked.low or notes["pitch"].max() > asked.high:
        wrong.append(f"{name} leaves its range {asked.low}..{asked.high}")
    if not asked.is_drum and asked.polyphony == 1 and (ends[:-1] > notes["onset_ticks"][1:]).any():
        wrong.append(f"{name} has two notes at once")
    if asked.is_drum and np.isin(notes["pitch"], plan.brief.excluded_drums).any():
        wrong.append(f"{name} plays an excluded drum")
    step = np.rint(notes["onset_ticks"] * 24 / 480).astype(int)  # without the micro-timing
    steps = 96 * plan.meter[0] // plan.meter[1]
    bar, half = step // steps, (step % steps * 2 >= steps).astype(int)
    if plan.key_lock and not asked.is_drum:
        for note, chord in zip(notes["pitch"] % 12, (plan.chords[i] for i in 2 * bar + half), strict=True):
            if note not in (plan.key.lock | chord.pitch_classes if plan.chord_lock else plan.key.lock):
                wrong.append(f"{name} leaves {plan.key.name} with pitch class {note} over {chord.spell()}")
                break
    if set(bar) != set(np.flatnonzero(plan.active[index])):
        wrong.append(f"{name} sounds in bars {sorted(set(bar))}, planned {np.flatnonzero(plan.active[index])}")
    if asked.is_drum != (track.channel == 9):
        wrong.append(f"{name} is on channel {track.channel}")


def _check_asked(brief: Brief, plan: Plan, score: Score, wrong: list[str]) -> None:
    """The brief itself, not what the plan made of it."""
    if plan.bars != brief.bars:
        wrong.append(f"{plan.bars} bars planned, {brief.bars} asked")
    if brief.tempo is not None and abs(score.bpm - brief.tempo) > 1e-3 * brief.tempo / 60:
        wrong.append(f"tempo {score.bpm}, asked {brief.tempo}")
    if brief.meter and plan.meter != brief.meter:
        wrong.append(f"meter {plan.meter}, asked {brief.meter}")
    if brief.key and (plan.key != brief.key or not plan.key_lock):
        wrong.append(f"key {plan.key.name} (locked: {plan.key_lock}), asked {brief.key.name}")
    roles = Counter(track.role for track in plan.tracks)
    if brief.only and brief.tracks and roles != Counter(ask.role for ask in brief.tracks):
        wrong.append(f"tracks {dict(roles)}, asked {[ask.role for ask in brief.tracks]}")
    for ask in brief.tracks:
        mine = [track for track in plan.tracks if track.role == ask.role]
        if ask.program is not None and ask.program not in [track.program for track in mine]:
            wrong.append(f"{ask.role} asked with program {ask.program}, got {[track.program for track in mine]}")
    if set(brief.excluded) & set(roles):
        wrong.append(f"excluded {set(brief.excluded) & set(roles)} plays")


def problems(brief: Brief, plan: Plan, score: Score) -> list[str]:
    """Everything that is not as it was asked, as sentences."""
    wrong: list[str] = []
    _check_asked(brief, plan, score, wrong)
    bar = 480 * 4 * plan.meter[0] // plan.meter[1]
    if score.end_ticks != plan.bars * bar:
        wrong.append(f"{score.end_ticks} ticks long, {plan.bars} bars of {plan.meter} are {plan.bars * bar}")
    if [tuple(int(row[n]) for n in ("numerator", "denominator")) for row in score.meters] != [plan.meter]:
        wrong.append(f"meter map {score.meters}")
    if abs(score.bpm - plan.tempo) > 1e-3 * plan.tempo / 60:
        wrong.append(f"tempo {score.bpm}, planned {plan.tempo}")
    if [(t.program, t.is_drum) for t in score.tracks] != [(t.program, t.is_drum) for t in plan.tracks]:
        wrong.append("tracks or programs differ from the plan")
        return wrong
    for index in range(len(plan.tracks)):
        _check_track(plan, score, index, wrong)
    if len(score.keys) != 1 or bool(score.keys["minor"][0]) != plan.key.is_minor:
        wrong.append(f"key signature {score.keys}")
    back = parse_midi(midi_bytes(score), "take.mid")
    if back.note_count != score.note_count or back.last_ticks > score.end_ticks:
        wrong.append(f"{back.note_count} of {score.note_count} notes come back from MIDI, ending at {back.last_ticks}")
    return wrong


@cache
def weights_of(size: str, seed: int) -> Weights:
    return random_weights(size, seed)


def run(numbers: list[int], size: str, seed: int) -> Outcome:
    """Some briefs by number; each is known by (seed, number)."""
    outcome, started = Outcome(), time.perf_counter()
    for number in numbers:
        dice = random.Random(f"{seed}/{number}")
        brief = some_brief(dice)
        try:
            plan = make_plan(brief, number)
            (take,) = write_takes(
                plan, [number], weights_of(size, number % 4), WriteOptions(dice.choice(("onnx", "numpy")))
            )
            wrong = problems(brief, plan, take.score)
            outcome.takes, outcome.notes = outcome.takes + 1, outcome.notes + take.score.note_count
            outcome.rows += take.rows
        except BriefError as error:
            outcome.refused += 1
            outcome.reasons[_kind_of(str(error))] += 1
            continue
        except Exception:  # whatever it is, it goes into the report with its brief
            wrong = [traceback.format_exc(limit=-4)]
        if wrong:
            outcome.failures.append({"number": number, "problems": wrong, "brief": brief.to_json()})
    outcome.seconds = time.perf_counter() - started
    return outcome


def _kind_of(message: str) -> str:
    return "".join(letter for letter in message if not letter.isdigit())[:90]


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="takes wanted; refused briefs do not count")
    parser.add_argument("--size", default="tiny", help="of the random model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    total, number, started = Outcome(), 0, time.perf_counter()
    with ProcessPoolExecutor(options.workers) as pool:
        while (
            lacking := options.count - total.takes - len([f for f in total.failures if "Traceback" in f["problems"][0]])
        ) > 0:
            numbers = list(range(number, number + lacking))
            number += lacking
            parts = [numbers[at : at + BATCH] for at in range(0, lacking, BATCH)]
            for part in pool.map(run, parts, [options.size] * len(parts), [options.seed] * len(parts)):
                total = replace(
                    total, takes=total.takes + part.takes, refused=total.refused + part.refused,
                    notes=total.notes + part.notes, rows=total.rows + part.rows, reasons=total.reasons + part.reasons,
                    failures=[*total.failures, *part.failures],
                )  # fmt: skip
    for failure in total.failures:
        print(f"brief {failure['number']}: {'; '.join(failure['problems'])}\n    {json.dumps(failure['brief'])}")
    result = {
        "briefs": number, "takes": total.takes, "refused": total.refused, "failures": len(total.failures),
        "notes": total.notes, "rows": total.rows, "seconds": round(time.perf_counter() - started, 1),
        "refusals": dict(total.reasons.most_common(8)),
    }  # fmt: skip
    for name, value in result.items():
        print(f"{name:10} {value}")
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
