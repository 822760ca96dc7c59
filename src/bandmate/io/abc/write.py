"""ABC written: one tune a score, a voice a track; what was only played is written as `score.notate` would have it.

An accidental is printed wherever one reader or another might be in doubt: outside the key, and again when the letter
had another in the same bar. Layers of a track are voice overlays (`&`).
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from pathlib import Path

from bandmate.io.abc.fields import parse_key
from bandmate.io.abc.signs import ABC_OF
from bandmate.io.atomic import write_text_atomic
from bandmate.io.written import Bar, Chord, Pitch, WrittenTrack, tuplet_runs, written_tracks
from bandmate.score.model import Score
from bandmate.score.notation import ScoreNotation

_UNIT = Fraction(1, 2)  # L:1/8, in quarters
_BARS_A_LINE = 4
_ACCIDENTALS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}
_MAJOR = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_MINOR = ("Abm", "Ebm", "Bbm", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m")
_FIELDS = {"composer": "C", "lyricist": "A", "source": "S", "encoder": "Z"}
_LINES = {"light-light": "||", "light-heavy": "|]", "heavy-light": "[|", "none": "[|]"}
_JUMPS = {
    "segno": "segno", "coda": "coda", "fine": "fine", "da-capo": "D.C.", "dal-segno": "D.S.", "to-coda": "dacoda",
}  # fmt: skip
_AT_BAR_END = ("fine", "da-capo", "dal-segno", "to-coda")
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
    lines = ["%abc-2.1", "X:1", f"T:{_one_line(score.title)}"]
    for credit in score.notation.credits if score.notation else ():
        if credit.kind in _FIELDS:
            lines.append(f"{_FIELDS[credit.kind]}:{_one_line(credit.text)}")
    first = score.meters[0] if len(score.meters) and score.meters["ticks"][0] == 0 else None
    lines.append(f"M:{first['numerator']}/{first['denominator']}" if first is not None else "M:4/4")
    lines += ["L:1/8", f"Q:{_tempo(score, 0)}", f"K:{_key_at(score, 0)}"]
    marks = _Marks(score)
    for number, track in enumerate(tracks, 1):
        lines += _voice(score, track, number, len(tracks), marks)
    if not tracks:
        lines.append("z8|]")
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.replace("%", "\\%").split()) or "Untitled"


def _tempo(score: Score, ticks: int) -> str:
    before = score.tempos[score.tempos["ticks"] <= ticks]
    bpm = 60e6 / int(before["us_per_quarter"][-1]) if len(before) else 120.0
    words = next((w.text for w in (score.notation.tempo_words if score.notation else ()) if w.ticks == ticks), "")
    said = f'"{_quoted(words)}" ' if words else ""
    return f"{said}1/4={bpm:.4f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    return " ".join(text.replace('"', "'").split())


def _key_at(score: Score, ticks: int) -> str:
    before = score.keys[score.keys["ticks"] <= ticks]
    if not len(before):
        return "C"
    fifths = min(max(-7, int(before["fifths"][-1])), 7)
    return (_MINOR if before["minor"][-1] else _MAJOR)[fifths + 7]


class _Marks:
    """What stands over the first voice, by place, taken off as it is written."""

    def __init__(self, score: Score) -> None:
        written = score.notation or ScoreNotation(score.ticks_per_quarter, score.meters)
        self.chords = [(chord.ticks, f'"{chord.text}"') for chord in written.chords]
        self.jumps = [(jump.ticks, jump.kind) for jump in written.jumps]
        self.tempos = [(int(t), f"[Q:{_tempo(score, int(t))}]") for t in score.tempos["ticks"] if t > 0]
        self.parts = [(marker.ticks, f"[P:{_one_line(marker.text).replace(']', ')')}]") for marker in score.markers]
        self.repeats = written.repeats
        self.voltas = written.voltas
        self.lines = {line.ticks: _LINES[line.style] for line in written.barlines if line.style in _LINES}

    def over(self, start: int, until: int) -> str:
        """Chord symbols and signs of the way that stand from a place on, before another."""
        texts = [text for at, text in self.chords if start <= at < until]
        texts += [f"!{_JUMPS[kind]}!" for at, kind in self.jumps if kind not in _AT_BAR_END and start <= at < until]
        return "".join(texts)

    def last_in(self, start: int, end: int) -> str:
        """Signs that send somewhere at the end of a bar."""
        return "".join(f"!{_JUMPS[kind]}!" for at, kind in self.jumps if kind in _AT_BAR_END and start < at <= end)

    def before(self, ticks: int, end: int) -> str:
        """Sections and tempi that begin in a bar."""
        return "".join(text for at, text in (*self.parts, *self.tempos) if ticks <= at < end)

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


def _voice(score: Score, track: WrittenTrack, number: int, count: int, marks: _Marks) -> list[str]:
    clef = track.notation.clefs[0] if track.notation.clefs else None
    octaves = 0
    said = f'V:{number} name="{_quoted(track.track.name) or number}"'
    if clef is not None and (clef.sign, clef.line) in _CLEFS:
        octaves = clef.octaves if abs(clef.octaves) <= 1 else 0
        said += f" clef={_CLEFS[clef.sign, clef.line]}{'+8' if octaves > 0 else '-8' if octaves < 0 else ''}"
    up = track.notation.transpositions[0].semitones if track.notation.transpositions else 0
    said += f" transpose={up}" if up and not track.track.is_drum else ""
    lines = [said] if count > 1 or said.count("=") > 1 or track.track.name else []
    lines.append(f"%%MIDI channel {10 if track.track.is_drum else min(number + (number > 9), 16)}")
    lines.append(f"%%MIDI program {track.track.program}")
    writer = _VoiceWriter(score, track, octaves, marks if number == 1 else None, marks)
    for start in range(0, len(track.bars), _BARS_A_LINE):
        lines += writer.line(track.bars[start : start + _BARS_A_LINE], start)
    return lines


class _VoiceWriter:
    """Writes the bars of one track."""

    def __init__(self, score: Score, track: WrittenTrack, octaves: int, over: _Marks | None, marks: _Marks) -> None:
        self._score, self._track, self._octaves = score, track, octaves
        self._over, self._marks = over, marks
        self._key, self._meter = _key_at(score, 0), _meter_of(track.bars[0])
        self._verses = sorted({lyric.verse for lyric in track.notation.lyrics})
        self._dynamics = [(mark.ticks, mark.mark) for mark in track.notation.dynamics]
        self._words = [(words.ticks, words.text) for words in track.notation.words]
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
        sung = [
            f"w:{' '.join(pieces)}" for pieces in words.values() if any(piece not in ("*", "|") for piece in pieces)
        ]
        return [text, *sung]

    def _bar(self, bar: Bar, words: dict[int, list[str]]) -> str:
        head = self._marks.volta(bar.start_ticks)
        if self._over is not None:
            head += self._over.before(bar.start_ticks, bar.end_ticks)
        if _meter_of(bar) != self._meter:
            self._meter = _meter_of(bar)
            head += f"[M:{self._meter}]"
        key = _key_at(self._score, bar.start_ticks)
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
        out, graces = [], ""
        starts = [chord.onset_ticks for chord in chords if not chord.grace]
        for (actual, normal), run in tuplet_runs(chords):
            plain = [chord for chord in run if not chord.grace]
            fits = 2 <= actual <= 9 and 1 <= normal <= 9
            for place, chord in enumerate(run):
                if chord.grace:
                    graces += ("/" if chord.grace == 2 and not graces else "") + self._pitches(chord, touched)
                    continue
                before = self._before(chord, starts, bar) if is_first else ""
                if (actual, normal) != (1, 1) and fits and (plain.index(chord) % 9 == 0):
                    left = min(9, len(plain) - plain.index(chord))
                    out.append(f"({actual}:{normal}:{left}")
                length = chord.written if fits or (actual, normal) == (1, 1) else chord.quarters
                out.append(
                    before + self._chord(chord, length, graces, touched) + (" " if place + 1 == len(run) else "")
                )
                graces = ""
                if is_first:
                    self._sing(chord, words)
        return "".join(out).strip()

    def _before(self, chord: Chord, starts: list[int], bar: Bar) -> str:
        """What stands from this chord to the next: dynamics, words, chord symbols, signs of the way."""
        after = bisect_right(starts, chord.onset_ticks)
        until = starts[after] if after < len(starts) else bar.end_ticks
        text = "".join(f'"^{_quoted(said)}"' for at, said in self._words if chord.onset_ticks <= at < until)
        text += "".join(f"!{mark}!" for at, mark in self._dynamics if chord.onset_ticks <= at < until)
        if self._over is not None:
            text += self._over.over(chord.onset_ticks, until)
            text += self._over.last_in(bar.start_ticks, bar.end_ticks) if after == len(starts) else ""
        return text

    def _chord(self, chord: Chord, length: Fraction, graces: str, touched: set[str]) -> str:
        size = _length(length / _UNIT)
        if chord.is_rest:
            return ("x" if chord.is_gap else "z") + size
        signs = "".join(f"!{ABC_OF[sign]}!" for sign in sorted(chord.signs) if sign in ABC_OF)
        grace = f"{{{graces}}}" if graces else ""
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
            if lyric is None:
                pieces.append("_" if verse in self._held else "*")
                continue
            self._held = self._held | {verse} if lyric.extends else self._held - {verse}
            text = lyric.text.replace("-", "\\-").replace(" ", "~").replace("_", "").replace("*", "").replace("|", "")
            pieces.append((text or "*") + ("-" if lyric.joined else ""))


def _meter_of(bar: Bar) -> str:
    return f"{bar.numerator}/{bar.denominator}"


def _length(units: Fraction) -> str:
    if units == 1:
        return ""
    above = "" if units.numerator == 1 else str(units.numerator)
    below = "" if units.denominator == 1 else "/" if units.denominator == 2 else f"/{units.denominator}"
    return above + below
