"""What stands over all voices of an ABC tune, as text: tempi, keys, sections, chord symbols, bar lines, ways."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import Any

from bandmate.score.model import Score
from bandmate.score.notation import ScoreNotation

_MAJOR = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_MINOR = ("Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m")
_LINES = {"light-light": "||", "light-heavy": "|]", "heavy-light": "[|", "none": "[|]"}
_JUMPS = {
    "segno": "segno", "coda": "coda", "fine": "fine", "da-capo": "D.C.", "dal-segno": "D.S.", "to-coda": "dacoda",
}  # fmt: skip
_AT_BAR_END = ("fine", "da-capo", "dal-segno", "to-coda")
PLACE = itemgetter(0)


def one_line(text: str) -> str:
    """A text as the rest of a field."""
    return " ".join(text.replace("%", "\\%").split()) or "Untitled"


def tempo_text(score: Score, ticks: int) -> str:
    """The tempo that holds at a place, with the words that are printed there."""
    before = score.tempos[score.tempos["ticks"] <= ticks]
    bpm = 60e6 / int(before["us_per_quarter"][-1]) if len(before) else 120.0
    words = next((w.text for w in (score.notation.tempo_words if score.notation else ()) if w.ticks == ticks), "")
    said = f'"{quoted(words)}" ' if words else ""
    return f"{said}1/4={bpm:.4f}".rstrip("0").rstrip(".")


def quoted(text: str) -> str:
    """A text as it stands in quotes."""
    return " ".join(text.replace('"', "'").replace("%", "\\%").split())


def between(rows: list[Any], start: int, until: int) -> list[Any]:
    """Rows in the order of time that stand from a place on, before another."""
    return rows[bisect_left(rows, start, key=PLACE) : bisect_left(rows, until, key=PLACE)]


def key_at(score: Score, ticks: int) -> str:
    """The key that holds at a place."""
    before = score.keys[score.keys["ticks"] <= ticks]
    if not len(before):
        return "C"
    fifths = min(max(-7, int(before["fifths"][-1])), 7)
    return (_MINOR if before["minor"][-1] else _MAJOR)[fifths + 7]


class WayMarks:
    """What stands over the first voice, by place, taken off as it is written."""

    def __init__(self, score: Score) -> None:
        written = score.notation or ScoreNotation(score.ticks_per_quarter, score.meters)
        self.chords = sorted(((chord.ticks, f'"{chord.text}"') for chord in written.chords), key=PLACE)
        self.goals = sorted((j.ticks, f"!{_JUMPS[j.kind]}!") for j in written.jumps if j.kind not in _AT_BAR_END)
        self.leaps = sorted((j.ticks, f"!{_JUMPS[j.kind]}!") for j in written.jumps if j.kind in _AT_BAR_END)
        self.tempos = [(int(t), f"[Q:{tempo_text(score, int(t))}]") for t in score.tempos["ticks"] if t > 0]
        self.parts = sorted(
            ((mark.ticks, f"[P:{one_line(mark.text).replace(']', ')')}]") for mark in score.markers), key=PLACE
        )
        self.repeats = written.repeats
        self.voltas = written.voltas
        self.lines = {line.ticks: _LINES[line.style] for line in written.barlines if line.style in _LINES}

    def over(self, start: int, until: int) -> str:
        """Tempi, chord symbols and signs of the way that stand from a place on, before another."""
        rows = (self.tempos, self.chords, self.goals)
        return "".join(text for row in rows for _, text in between(row, start, until))

    def last_in(self, start: int, end: int) -> str:
        """Signs that send somewhere at the end of a bar."""
        return "".join(text for _, text in between(self.leaps, start + 1, end + 1))

    def before(self, ticks: int, end: int) -> str:
        """Sections that begin in a bar."""
        return "".join(text for _, text in between(self.parts, ticks, end))

    def line(self, ticks: int, is_last: bool) -> str:
        """The bar line at a place with its repeat signs and endings."""
        back = next((r.times for r in self.repeats if r.ticks == ticks and r.backward), 0)
        forward = any(r.ticks == ticks and not r.backward for r in self.repeats)
        text = ":" * max(0, back - 1) + "|" + (":" if forward else "")
        if not back and not forward:
            text = self.lines.get(ticks, "|]" if is_last else "|")
        return text

    def volta(self, ticks: int) -> str:
        """The ending that begins at a place."""
        turns = next((v.turns for v in self.voltas if v.start_ticks == ticks), ())
        return f"[{','.join(map(str, turns))} " if turns else ""
