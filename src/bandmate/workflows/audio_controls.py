"""Sound as rules and controls: its onsets as a rhythm, how full and how loud its bars are, words of its timbre."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.sound.grid import STEPS_A_BEAT, drum_pattern, onset_pattern, onset_steps
from bandmate.errors import BriefError
from bandmate.groovebook.perform import FULLNESS
from bandmate.score.brief import Brief
from bandmate.score.locks import TrackLock
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.workflows.hear import Heard

LOUDNESS = "loudness"  # in `Plan.extra`: dB of each bar against the mean of all
_CELL_SEC = 0.4  # of `Heard.loudness_db`
_MOST_DB, _LEAST_RANGE_DB = 8.0, 2.0  # a bar is taken no further off; curves that are flatter than this say nothing
_OF_ONSETS, _OF_LOUDNESS = 0.8, 0.5  # what how full a bar is goes by
_EMPTIEST, _FULLEST, _LEAST_RATIO = 0.4, 2.0, 1.25
_DB_A_DECADE = 40.0  # of velocity, as SoundFonts have it
_VOICES = {"kick": 36, "snare": 38, "hat": 42}

# What a word of the timbre asks for: word, field of the Brief, value, said as. A band says it by energy.
WORD_CONTROLS: tuple[tuple[str, str, object, str], ...] = (
    ("dark", "moods", ("dark",), "dark"),
    ("smooth", "articulation", "legato", "legato"),
    ("loud", "dynamics", 104, "forte"),
    ("quiet", "dynamics", 60, "piano"),
)


def with_words(brief: Brief, heard: Heard) -> tuple[Brief, list[str]]:
    """The Brief with the controls that words of the timbre lead to, what was taken, and what was only heard."""
    taken, used = [], set()
    for word, name, value, said in WORD_CONTROLS:
        if word not in heard.words or getattr(brief, name) or (name == "dynamics" and heard.kind == "band"):
            continue
        if name != "dynamics" and heard.kind == "drums":
            continue  # the sound of a kit says nothing of what the others play
        brief = replace(brief, **{name: value}, guessed=tuple(each for each in brief.guessed if each != name))
        taken.append(said if word == said else f"{said}, since it is {word}")
        used.add(word)
    rest = [word for word in heard.words if word not in used]
    return brief, taken + ([f"{' and '.join(rest)} only as heard"] if rest else [])


def rhythm_lock(heard: Heard, track: str) -> TrackLock:
    """The onsets of a sound as the rhythm of a track.

    A drum track gets the usual bar of kick, snare and hat; a bass begins where the kick is struck, other tracks where
    kick or snare is; without drums a track begins where notes do, bar by bar.

    Args:
        heard: of the sound.
        track: role, name or number of the track.

    Raises:
        BriefError: there is no beat, or nothing begins that could be a rhythm.
    """
    if heard.grid is None or heard.beats is None:
        raise BriefError(f"{heard.file} has no beat, so it gives no rhythm; leave --audio-rhythm out")
    if any(word in track.lower() for word in ("drum", "perc")):
        voices = tuple((key, (drum_pattern(heard.grid, heard.strokes, drum, heard.bars),))
                       for drum, key in _VOICES.items())  # fmt: skip
        voices = tuple(voice for voice in voices if "x" in voice[1][0])
        if not voices:
            raise BriefError(f"no drums that repeat were heard in {heard.file}, so it gives them no rhythm")
        return TrackLock(track, voices=voices)
    drums = ("kick",) if "bass" in track.lower() else ("kick", "snare")
    times = [s.time_sec for s in heard.strokes if s.drum in drums] or [n.onset_sec for n in heard.notes]
    bars = rhythm_of(heard, times)
    if not bars:
        raise BriefError(f"nothing that could be a rhythm begins in {heard.file}; leave --audio-rhythm out")
    return TrackLock(track, rhythm=bars)


def rhythm_of(heard: Heard, times_sec: list[float]) -> tuple[str, ...]:
    """Where things begin, on sixteenths, bar by bar; an empty bar has the usual one; empty if nothing begins."""
    assert heard.grid is not None
    a_bar = STEPS_A_BEAT * heard.grid.meter
    counts = np.array(onset_pattern(heard.grid, times_sec, heard.bars))
    if not counts.any():
        return ()
    struck = np.zeros((heard.bars, a_bar), bool)
    steps = onset_steps(heard.grid, times_sec, heard.bars)
    struck[steps // a_bar, steps % a_bar] = True
    usual = counts >= max(1, min(counts.max(), heard.bars / 2))
    struck[~struck.any(axis=1)] = usual
    bars = tuple("".join("x" if on else "." for on in row) for row in struck)
    return (bars[0],) if len(set(bars)) == 1 else bars


def bar_loudness(heard: Heard, bars: int) -> tuple[float, ...]:
    """Loudness of so many bars in dB against the mean of the sound, which goes round; empty where it is even."""
    if heard.grid is None or heard.beats is None or heard.bars < 2:
        return ()
    power = 10.0 ** (heard.loudness_db / 10.0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    lines = heard.beats.bar_times_sec[: heard.bars]
    edges = np.clip(np.append(lines, lines[-1] + heard.beats.meter * 60.0 / heard.beats.bpm), 0, heard.heard_sec)
    energy = np.diff(np.interp(edges / _CELL_SEC, np.arange(len(total)), total))
    level = 10.0 * np.log10(np.maximum(energy / np.maximum(np.diff(edges) / _CELL_SEC, 1e-6), 1e-12))
    level = np.clip(level - level.mean(), -_MOST_DB, _MOST_DB)
    if np.ptp(level) < _LEAST_RANGE_DB:
        return ()
    return tuple(round(float(level[bar % len(level)]), 2) for bar in range(bars))


def bar_fullness(heard: Heard, bars: int) -> tuple[float, ...]:
    """For so many bars how full the sound is there, 1 = as on the whole, which goes round; empty where it is even.

    By how much begins in a bar (strokes, else notes), and a little by how loud it is.
    """
    if heard.grid is None or heard.bars < 2:
        return ()
    times = [s.time_sec for s in heard.strokes] or [n.onset_sec for n in heard.notes]
    quarters = heard.grid.quarters(times) + 1 / 32  # played a little early is of the bar it leads into
    at = np.floor(quarters / heard.grid.meter).astype(np.int64)
    count = np.bincount(at[(at >= 0) & (at < heard.bars)], minlength=heard.bars).astype(float)
    if not count.any():
        return ()
    loud = np.array(bar_loudness(heard, heard.bars) or np.zeros(heard.bars))
    full = ((count + 0.5) / (count.mean() + 0.5)) ** _OF_ONSETS * 10.0 ** (loud / _DB_A_DECADE * _OF_LOUDNESS)
    full = np.clip(full, _EMPTIEST, _FULLEST)
    if full.max() / full.min() < _LEAST_RATIO:
        return ()
    return tuple(round(float(full[bar % len(full)]), 3) for bar in range(bars))


def controlled(plan: Plan, heard: Heard, given_role: str) -> tuple[Plan, list[str]]:
    """The plan with what a sound says of each bar: how loud, how full, and how many strokes the drums of a band have.

    Where the words say how busy it shall be, they say it of every bar.
    """
    said, curve = [], bar_loudness(heard, plan.bars)
    if curve:
        plan = replace(plan, extra=plan.extra | {LOUDNESS: list(curve)})
        said.append(f"its loudness bar by bar ({np.ptp(curve):.0f} dB) as velocity")
    busy = [plan.brief.density, *(ask.density for ask in plan.brief.tracks)]
    if all(density == 1.0 for density in busy) and (full := bar_fullness(heard, plan.bars)):
        drawn = {name: value for name, value in plan.extra.items() if name != "form"}  # the outline says how full
        plan = replace(plan, extra=drawn | {FULLNESS: list(full)})
        said.append(f"how full its bars are ({min(full):.2g} to {max(full):.2g} times its mean)")
    place = next((n for n, track in enumerate(plan.tracks) if track.role == "drums"), None)
    if heard.kind == "band" and heard.strokes and place is not None and given_role != "drums":
        count = round(len(heard.strokes) / max(1, heard.bars), 1)
        track, lock = plan.tracks[place], plan.tracks[place].lock or TrackLock("drums")
        free = not (lock.voices or lock.most or lock.near_density) and track.density == 1.0
        if free and count >= 2:
            tracks = list(plan.tracks)
            tracks[place] = replace(track, lock=replace(lock, near_density=count))
            plan = replace(plan, tracks=tuple(tracks))
            said.append(f"about {count:.3g} strokes a bar for the drums")
    return plan, said


def loudened(score: Score, plan: Plan, kept: Collection[int]) -> Score:
    """The score as loud bar by bar as the sound was; given tracks stay."""
    curve = np.array(plan.extra.get(LOUDNESS, ()), float)
    if not len(curve):
        return score
    bar_ticks = score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    tracks = tuple(
        track if place in kept or not len(track.notes) else track.with_notes(_louder(track.notes, curve, bar_ticks))
        for place, track in enumerate(score.tracks)
    )
    return replace(score, tracks=tracks)


def _louder(notes: NDArray[np.void], curve: NDArray[np.float64], bar_ticks: int) -> NDArray[np.void]:
    notes = notes.copy()
    bars = np.clip(notes["onset_ticks"] // bar_ticks, 0, len(curve) - 1)
    notes["velocity"] = np.clip(np.rint(notes["velocity"] * 10.0 ** (curve[bars] / _DB_A_DECADE)), 1, 127)
    return notes


def checked_rhythm(brief: Brief, heard: Heard, track: str | None, is_open: Callable[[Brief, str], bool]) -> Brief:
    """The Brief with the lock that `--audio-rhythm` asks for, if it does.

    Raises:
        BriefError: the sound gives no rhythm, or another meter is asked.
    """
    if track is None:
        return brief
    lock = rhythm_lock(heard, track)
    meter = (heard.grid.meter, 4) if heard.grid else (4, 4)
    if not is_open(brief, "meter") and brief.meter != meter:
        raise BriefError(f"{heard.file} is in {meter[0]}/4, so its rhythm fits no other meter; leave one of them out")
    guessed = tuple(name for name in brief.guessed if name != "meter")
    return replace(brief, meter=meter, guessed=guessed, locks=(*brief.locks, lock))
