"""A checker of locks that shares no code with what obeys them: it reads the asked text and the written notes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SCALES = {"minor pentatonic": (0, 3, 5, 7, 10), "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
VOICES = {"kick": (36, {35, 36}), "snare": (38, {38, 40}), "hat": (42, {42, 44, 46}), "clap": (39, {39})}


def pitch_class(name: str) -> int:
    return (NAMES[name[0].upper()] + name.count("#") - name[1:].count("b")) % 12


def midi_pitch(name: str) -> int:
    return int(name) if name.isdigit() else pitch_class(name.rstrip("0123456789-")) + 12 * (int(name[-1]) + 1)


def steps_of(score, track, bar_steps: int):
    """(bar, step in the bar, pitch) of every note, on the nearest of 24 steps a quarter."""
    last = score.end_ticks * 24 // score.ticks_per_quarter - 1
    for note in track.notes:
        step = min(round(int(note["onset_ticks"]) * 24 / score.ticks_per_quarter), last)
        yield step // bar_steps, step % bar_steps, int(note["pitch"])


def breaches(score, lock: str, chord_at=None, bars=None) -> list[str]:
    """Sentences about every item of `role: item, item` that the notes break; bars = those that were written."""
    role, items = (part.strip() for part in lock.split(":", 1))
    found = []
    numerator, denominator = int(score.meters["numerator"][0]), int(score.meters["denominator"][0])
    bar_steps = 96 * numerator // denominator
    for track in score.tracks:
        if (role == "all" and not track.is_drum) or role in (track.role, track.name):
            notes = [n for n in steps_of(score, track, bar_steps) if bars is None or n[0] in bars]
            for item in (part.strip() for part in items.split(",")):
                found += [f"{track.name}, {item}: {what}" for what in _item(item, notes, bar_steps, chord_at)]
                found += [f"{track.name}, {item}: {n} at once" for n in _at_once(item, score, track, bars, bar_steps)]
    return found


def _bounds(text: str) -> tuple[int, int]:
    text = text.strip()
    if "-" in text:
        low, high = text.split("-")
        return int(low), int(high)
    if text.startswith(">="):
        return int(text[2:]), 10**6
    return 0, int(text.removeprefix("<="))


def _item(item: str, notes, bar_steps: int, chord_at) -> list[str]:
    name, _, value = item.partition(" ")
    if name == "range":
        low, high = (midi_pitch(text) for text in value.split("-"))
        return [str(n) for n in notes if not low <= n[2] <= high]
    if name == "pitches":
        exact = {midi_pitch(text) for text in value.split() if text[-1].isdigit()}
        classes = {pitch_class(text) for text in value.split() if not text[-1].isdigit()}
        return [str(n) for n in notes if n[2] not in exact and n[2] % 12 not in classes]
    if name == "scale":
        tonic, mode = value.split(" ", 1)
        allowed = {(pitch_class(tonic) + step) % 12 for step in SCALES[mode]}
        return [str(n) for n in notes if n[2] % 12 not in allowed]
    if item == "chord tones":
        return [str(n) for n in notes if n[2] % 12 not in chord_at(n[0], n[1])]
    if name == "density":
        low, high = _bounds(value)
        return [
            f"{count} notes in bar {bar}"
            for bar, count in Counter(n[0] for n in notes).items()
            if not low <= count <= high
        ]
    if name == "polyphony":
        low, _ = _bounds(value)
        return [f"{n} begin together" for n in Counter(n[:2] for n in notes).values() if n < low]
    if name == "rhythm":
        return _pattern(value, notes, bar_steps, {n[0] for n in notes})
    if name in VOICES:
        key, keys = VOICES[name]
        sounding = {n[0] for n in notes}
        notes = [n for n in notes if n[2] in keys]
        return _pattern(value, notes, bar_steps, sounding) + [str(n) for n in notes if n[2] != key]
    raise AssertionError(item)


def _pattern(value: str, notes, bar_steps: int, bars) -> list[str]:
    patterns = value.strip("|").split("|")
    struck = defaultdict(set)
    for bar, step, _ in notes:
        struck[bar].add(step)
    found = []
    for bar in bars:
        text = patterns[bar % len(patterns)]
        wanted = {match.start() * bar_steps // len(text) for match in re.finditer("x", text)}
        if struck[bar] != wanted:
            found.append(f"bar {bar}: {sorted(struck[bar])} instead of {sorted(wanted)}")
    return found


def _at_once(item: str, score, track, bars, bar_steps: int) -> list[int]:
    if not item.startswith("polyphony"):
        return []
    _, high = _bounds(item.removeprefix("polyphony"))
    if track.is_drum:
        together = Counter(n[:2] for n in steps_of(score, track, bar_steps) if bars is None or n[0] in bars)
        return [n for n in together.values() if n > high]
    bar_ticks = bar_steps * score.ticks_per_quarter // 24
    edges = []
    for note in track.notes:
        on, off = int(note["onset_ticks"]), int(note["onset_ticks"] + note["duration_ticks"])
        if bars is None or round(on / 20) * 20 // bar_ticks in bars:
            edges += [(on, 1), (off, -1)]
    now, over = 0, []
    for _, change in sorted(edges):
        now += change
        if now > high:
            over.append(now)
    return over
