"""ABC written: one tune a score, a voice a track; what was only played is written as `score.notate` would have it.

An accidental is printed wherever one reader or another might be in doubt: outside the key, and again when the letter
had another in the same bar. Layers of a track are voice overlays (`&`).
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from pathlib import Path

from bandmate.io.abc.fields import parse_key
from bandmate.io.abc.over import PLACE, WayMarks, between, key_at, one_line, quoted, tempo_text
from bandmate.io.abc.signs import ABC_OF, SPAN_NAMES
from bandmate.io.atomic import write_text_atomic
from bandmate.io.written import Bar, Chord, Pitch, WrittenTrack, tuplet_runs, written_tracks
from bandmate.limits import VERSES
from bandmate.score.model import Score
from bandmate.score.notation import Clef

_UNIT = Fraction(1, 2)  # L:1/8, in quarters
_BARS_A_LINE = 4
_ACCIDENTALS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_FIELDS = {"subtitle": "T", "composer": "C", "lyricist": "A", "source": "S", "encoder": "Z"}
_SUNG = str.maketrans({"-": "\\-", " ": "~", "%": "\\%", "_": None, "*": None, "|": None})  # as a syllable has them
_CLEFS = {("G", 2): "treble", ("F", 4): "bass", ("C", 3): "alto", ("C", 4): "tenor", ("percussion", 3): "perc"}


def write_abc(score: Score, path: str | Path) -> Path:
    """Write a score as an ABC tune.

    Raises:
        ScoreError: it has more bars than any score.
        OutputError: the place cannot be written.
    """
    return write_text_atomic(path, abc_text(score))


def abc_text(score: Score) -> str:
    """A score as the text of an ABC tune.

    Raises:
        ScoreError: it has more bars than any score.
    """
    score, tracks = written_tracks(score)
    lines = ["%abc-2.1", "X:1", f"T:{one_line(score.title)}"]
    for credit in score.notation.credits if score.notation else ():
        if credit.kind in _FIELDS:
            lines.append(f"{_FIELDS[credit.kind]}:{one_line(credit.text)}")
    first = score.meters[0] if len(score.meters) and score.meters["ticks"][0] == 0 else None
    lines.append(f"M:{first['numerator']}/{first['denominator']}" if first is not None else "M:4/4")
    lines += ["L:1/8", f"Q:{tempo_text(score, 0)}", f"K:{key_at(score, 0)}"]
    marks = WayMarks(score)
    for number, track in enumerate(tracks, 1):
        lines += _voice(score, track, number, len(tracks), marks)
    if not tracks:
        lines.append("z8|]")
    return "\n".join(lines) + "\n"


def _clef(clef: Clef) -> str:
    """A clef by its name, with the octave that it moves by; nothing for one that ABC has no name for."""
    name = _CLEFS.get((clef.sign, clef.line), "")
    return name + ({1: "+8", -1: "-8"}.get(clef.octaves, "") if name else "")


def _octaves(clef: Clef) -> int:
    """How much higher notes sound than they are written under a clef."""
    return clef.octaves if _clef(clef) and abs(clef.octaves) <= 1 else 0


def _voice(score: Score, track: WrittenTrack, number: int, count: int, marks: WayMarks) -> list[str]:
    clef = next((one for one in track.notation.clefs if one.staff == 1 and one.ticks <= 0), None)
    octaves = _octaves(clef) if clef is not None else 0
    said = f'V:{number} name="{quoted(track.track.name)}"' if quoted(track.track.name) else f"V:{number}"
    said += f" clef={_clef(clef)}" if clef is not None and _clef(clef) else ""
    up = track.notation.transpositions[0].semitones if track.notation.transpositions else 0
    said += f" transpose={up}" if up and not track.track.is_drum else ""
    lines = [said] if count > 1 or "=" in said else []
    lines.append(f"%%MIDI channel {10 if track.track.is_drum else min(number + (number > 9), 16)}")
    lines.append(f"%%MIDI program {track.track.program}")
    writer = _VoiceWriter(score, track, octaves, marks if number == 1 else None, marks)
    for start in range(0, len(track.bars), _BARS_A_LINE):
        lines += writer.line(track.bars[start : start + _BARS_A_LINE], start)
    return lines


class _VoiceWriter:
    """Writes the bars of one track."""

    def __init__(self, score: Score, track: WrittenTrack, octaves: int, over: WayMarks | None, marks: WayMarks) -> None:
        self._score, self._track, self._octaves = score, track, octaves
        self._over, self._marks = over, marks
        self._key, self._meter = key_at(score, 0), _meter_of(track.bars[0])
        self._verses = range(1, min(max((one.verse for one in track.notation.lyrics), default=0), int(VERSES.high)) + 1)
        end = track.bars[-1].end_ticks
        clefs = (one for one in track.notation.clefs if one.staff == 1 and one.ticks > 0 and _clef(one))
        self._clefs = sorted((one.ticks, one) for one in clefs)
        self._said = sorted([(one.ticks, f'"^{quoted(one.text)}"') for one in track.notation.words], key=PLACE)
        self._dynamics = sorted([(one.ticks, f"!{one.mark}!") for one in track.notation.dynamics], key=PLACE)
        spans = [
            (one.start_ticks, min(one.end_ticks, end), SPAN_NAMES[one.kind]) for one in track.notation.spans
            if one.kind in SPAN_NAMES and one.start_ticks < min(one.end_ticks, end)
        ]  # fmt: skip
        self._opened = sorted(spans)
        self._closed = sorted((stop, start, name) for start, stop, name in spans)
        self._held: set[int] = set()  # verses whose last syllable goes on

    def line(self, bars: list[Bar], first: int) -> list[str]:
        text = self._marks.line(0, False).removeprefix("|") and "|:" if first == 0 else ""
        words: dict[int, list[str]] = {verse: [] for verse in self._verses}
        for place, bar in enumerate(bars, first):
            text += self._bar(bar, words)
            is_last = place + 1 == len(self._track.bars)
            text += self._marks.line(bar.end_ticks, is_last) + ("" if place + 1 - first == len(bars) else " ")
            for verse in words.values():
                verse.append("|")
        sung = [verse for verse, pieces in words.items() if any(piece not in ("*", "|") for piece in pieces)]
        # the first line of words is the first verse, whether it is sung here or not
        return [text, *(f"w: {' '.join(words[verse])}" for verse in range(1, max(sung, default=0) + 1))]

    def _bar(self, bar: Bar, words: dict[int, list[str]]) -> str:
        head = self._marks.volta(bar.start_ticks)
        if self._over is not None:
            head += self._over.before(bar.start_ticks, bar.end_ticks)
        if _meter_of(bar) != self._meter:
            self._meter = _meter_of(bar)
            head += f"[M:{self._meter}]"
        key = key_at(self._score, bar.start_ticks)
        if key != self._key:
            self._key = key
            head += f"[K:{key}]"
        # a voice keeps its layer from bar to bar, so that ties find it
        last = max((self._track.voices.index(voice) for voice in bar.voices), default=0)
        whole = Fraction(bar.end_ticks - bar.start_ticks, self._score.ticks_per_quarter)
        layers = []
        for place, voice in enumerate(self._track.voices[: last + 1]):
            chords = bar.voices.get(voice) or [Chord(bar.start_ticks, whole, is_gap=bool(bar.voices))]
            layers.append(self._layer(chords, bar, place == 0, words))
        return head + " & ".join(layers)

    def _layer(self, chords: list[Chord], bar: Bar, is_first: bool, words: dict[int, list[str]]) -> str:
        touched: set[str] = set()
        out: list[str] = []
        graces: list[Chord] = []
        starts = [chord.onset_ticks for chord in chords if not chord.grace]
        for (actual, normal), run in tuplet_runs(chords):
            plain = [chord for chord in run if not chord.grace]
            fits = 2 <= actual <= 9 and 1 <= normal <= 9
            for place, chord in enumerate(run):
                if chord.grace:
                    graces.append(chord)
                    continue
                before = self._before(chord, starts, bar) if is_first else ""
                if (actual, normal) != (1, 1) and fits and (plain.index(chord) % 9 == 0):
                    left = min(9, len(plain) - plain.index(chord))
                    out.append(f"({actual}:{normal}:{left}")
                length = chord.written if fits or (actual, normal) == (1, 1) else chord.quarters
                out.append(
                    before + self._chord(chord, length, graces, touched) + (" " if place + 1 == len(run) else "")
                )
                graces = []
                if is_first:
                    self._sing(chord, words)
        return "".join(out).strip()

    def _before(self, chord: Chord, starts: list[int], bar: Bar) -> str:
        """What stands from this chord to the next: dynamics, words, chord symbols, signs of the way."""
        after = bisect_right(starts, chord.onset_ticks)
        until = starts[after] if after < len(starts) else bar.end_ticks + (bar is self._track.bars[-1])
        here = chord.onset_ticks
        text = "".join(self._under(clef) for _, clef in between(self._clefs, here, until))
        text += "".join(said for _, said in (*between(self._said, here, until), *between(self._dynamics, here, until)))
        ends = between(self._closed, here + 1, until + 1)
        text += "".join(f"!{name})!" for _, start, name in ends if start < here)
        text += "".join(f"!{name}(!" for _, _, name in between(self._opened, here, until))
        text += "".join(f"!{name})!" for _, start, name in ends if start >= here)
        if self._over is not None:
            text += self._over.over(chord.onset_ticks, until)
            text += self._over.last_in(bar.start_ticks, bar.end_ticks) if after == len(starts) else ""
        return text

    def _under(self, clef: Clef) -> str:
        """A clef that holds from here on, and with it the octave of what is written."""
        self._octaves = _octaves(clef)
        return f"[K:clef={_clef(clef)}]"

    def _chord(self, chord: Chord, length: Fraction, graces: list[Chord], touched: set[str]) -> str:
        size = _length(length / _UNIT)
        if chord.is_rest:
            return ("x" if chord.is_gap else "z") + size
        signs = "".join(f"!{ABC_OF[sign]}!" for sign in sorted(chord.signs) if sign in ABC_OF)
        little = "".join(
            "(" * one.slurs_opened + self._pitches(one, touched) + ")" * one.slurs_closed for one in graces
        )
        grace = f"{{{'/' if graces[0].grace == 2 else ''}{little}}}" if graces else ""
        tied = all(pitch.tied for pitch in chord.pitches)
        body = self._pitches(chord, touched, ties=not tied) + size + ("-" if tied else "")
        return grace + signs + "(" * chord.slurs_opened + body + ")" * chord.slurs_closed

    def _pitches(self, chord: Chord, touched: set[str], ties: bool = False) -> str:
        notes = [self._pitch(pitch, touched) + ("-" if ties and pitch.tied else "") for pitch in chord.pitches]
        return notes[0] if len(notes) == 1 else f"[{''.join(notes)}]"

    def _pitch(self, pitch: Pitch, touched: set[str]) -> str:
        octave = pitch.octave - self._octaves
        letter = pitch.step.lower() if octave >= 5 else pitch.step
        marks = "'" * (octave - 5) if octave >= 5 else "," * (4 - octave)
        signature, _ = parse_key(self._key)
        usual = signature.alters.get(pitch.step, 0) if signature else 0
        if pitch.alter == usual and pitch.step not in touched:
            return letter + marks
        touched.add(pitch.step)
        return _ACCIDENTALS[min(max(-2, pitch.alter), 2)] + letter + marks

    def _sing(self, chord: Chord, words: dict[int, list[str]]) -> None:
        if chord.is_rest:
            return
        said = {lyric.verse: lyric for lyric in chord.lyrics}
        for verse, pieces in words.items():
            lyric = said.get(verse)
            if lyric is None or (lyric.extends and not lyric.text):
                pieces.append("_" if verse in self._held else "*")
                continue
            self._held = self._held | {verse} if lyric.extends else self._held - {verse}
            text = lyric.text.translate(_SUNG)
            pieces.append((text or "*") + ("-" if lyric.joined else ""))


def _meter_of(bar: Bar) -> str:
    return f"{bar.numerator}/{bar.denominator}"


def _length(units: Fraction) -> str:
    if units == 1:
        return ""
    above = "" if units.numerator == 1 else str(units.numerator)
    below = "" if units.denominator == 1 else "/" if units.denominator == 2 else f"/{units.denominator}"
    return above + below
