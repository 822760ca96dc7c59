r"""LilyPond text (2.24), written only: a staff a track, voices, ties, tuplets, lyrics, keys, meters, repeats, endings.

    { \key g \major \time 3/4 \tempo 4 = 90  g'4 b'8 ~ b'8 <d' g'>4 | ... }

Notes are spelt in LilyPond's own names (cis, es). Velocities, controllers, instruments and chord symbols are not kept,
and drums are written as pitches.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path

from bandmate.io.atomic import write_text_atomic
from bandmate.io.written import Bar, Chord, Pitch, WrittenTrack, tuplet_runs, written_tracks
from bandmate.score.model import Score
from bandmate.score.notation import Repeat, Volta

_ALTERS = {-2: "eses", -1: "es", 0: "", 1: "is", 2: "isis"}
_MAJOR = ("ces", "ges", "des", "as", "es", "bes", "f", "c", "g", "d", "a", "e", "b", "fis", "cis")
_MINOR = ("as", "es", "bes", "f", "c", "g", "d", "a", "e", "b", "fis", "cis", "gis", "dis", "ais")
_SIGNS = {
    "staccato": "\\staccato", "staccatissimo": "\\staccatissimo", "tenuto": "\\tenuto", "portato": "\\portato",
    "accent": "\\accent", "marcato": "\\marcato", "fermata": "\\fermata", "trill": "\\trill", "mordent": "\\mordent",
    "inverted-mordent": "\\prall", "turn": "\\turn", "inverted-turn": "\\reverseturn", "up-bow": "\\upbow",
    "down-bow": "\\downbow", "harmonic": "\\flageolet", "open-string": "\\open", "stopped": "\\stopped",
    "snap-pizzicato": "\\snappizzicato", "arpeggio": "\\arpeggio",
}  # fmt: skip
_DYNAMICS = ("ppppp", "pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "fp", "sf", "sfz", "fz", "rfz")
_CLEFS = {("G", 2): "treble", ("F", 4): "bass", ("C", 3): "alto", ("C", 4): "tenor", ("percussion", 3): "percussion"}
_BAR_LINES = {"light-light": "||", "light-heavy": "|."}
_GOALS = {kind: f'\\mark \\markup {{ \\musicglyph "scripts.{kind}" }} ' for kind in ("segno", "coda")}
_LEAPS = {"fine": "Fine", "da-capo": "D.C.", "dal-segno": "D.S.", "to-coda": "To Coda"}
_VOICES = ("\\voiceOne", "\\voiceTwo", "\\voiceThree", "\\voiceFour")


def write_lilypond(score: Score, path: str | Path) -> Path:
    """Write a score as LilyPond text.

    Raises:
        ScoreError: it has more bars than any score.
        OutputError: the place cannot be written.
    """
    return write_text_atomic(path, lilypond_text(score))


def lilypond_text(score: Score) -> str:
    """A score as LilyPond text.

    Raises:
        ScoreError: it has more bars than any score.
    """
    score, tracks = written_tracks(score)
    composer = next((c.text for c in (score.notation.credits if score.notation else ()) if c.kind == "composer"), "")
    lines = ['\\version "2.24.0"', "\\header {", f"  title = {_quoted(score.title)}"]
    lines += [f"  composer = {_quoted(composer)}"] if composer else []
    lines += ["}", "\\score {", "  <<"]
    for number, track in enumerate(tracks, 1):
        lines += _staff(score, track, number)
    return "\n".join([*lines, "  >>", "  \\layout { }", "  \\midi { }", "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _staff(score: Score, track: WrittenTrack, number: int) -> list[str]:
    lines = ["    \\new Staff \\with {", f"      instrumentName = {_quoted(track.track.name)}"]
    lines.append("    } <<")
    clef = track.notation.clefs[0] if track.notation.clefs else None
    name = _CLEFS.get((clef.sign, clef.line), "treble") if clef is not None else "treble"
    name += {1: "^8", -1: "_8"}.get(clef.octaves, "") if clef is not None else ""
    for place, voice in enumerate(track.voices):
        writer = _Voice(score, track, voice, number == 1 and place == 0)
        style = _VOICES[place % 4] + " " if len(track.voices) > 1 else ""
        start = f'\\clef "{name}" ' if place == 0 else ""
        lines.append(f'      \\new Voice = "t{number}v{voice}" {{ {style}{start}')
        lines += [f"        {text}" for text in writer.bars()]
        lines.append("      }")
        for syllables in writer.lyrics():
            lines.append(f'      \\new Lyrics \\lyricsto "t{number}v{voice}" {{')
            lines += ["        \\set ignoreMelismata = ##t", f"        {' '.join(syllables)}", "      }"]
    return [*lines, "    >>"]


class _Voice:
    """Writes one voice of a track through all bars."""

    def __init__(self, score: Score, track: WrittenTrack, voice: int, is_first: bool) -> None:
        self._score, self._track, self._voice, self._is_first = score, track, voice, is_first
        self._opens, self._closes = _way(score, track.bars)
        self._dynamics = [(mark.ticks, mark.mark) for mark in track.notation.dynamics if mark.mark in _DYNAMICS]
        self._jumps = score.notation.jumps if score.notation is not None and is_first else ()
        self._chords = [chord for bar in track.bars for chord in bar.voices.get(voice, ())]
        notation = score.notation
        self._lines = (
            {b.ticks: _BAR_LINES[b.style] for b in notation.barlines if b.style in _BAR_LINES} if notation else {}
        )

    def bars(self) -> list[str]:
        """A line a bar, with what changes there and the braces of repeats."""
        out = []
        for place, bar in enumerate(self._track.bars):
            before = self._track.bars[place - 1] if place else None
            goals = "".join(
                _GOALS[jump.kind] for jump in self._jumps
                if jump.kind in _GOALS and bar.start_ticks <= jump.ticks < bar.end_ticks
            )  # fmt: skip
            leaps = "".join(
                f' \\textEndMark {_quoted(jump.text or _LEAPS[jump.kind])}' for jump in self._jumps
                if jump.kind in _LEAPS and bar.start_ticks < jump.ticks <= bar.end_ticks
            )  # fmt: skip
            body = self._opens[place] + self._changes(bar, before) + goals + self._body(bar) + leaps
            line = f' \\bar "{self._lines[bar.end_ticks]}"' if bar.end_ticks in self._lines else ""
            out.append(f"{body} |{line}{self._closes[place]}")
        return out

    def lyrics(self) -> list[list[str]]:
        """The syllables of each verse, one a written note."""
        notes = [chord for chord in self._chords if chord.pitches and not chord.grace]
        verses = sorted({lyric.verse for chord in notes for lyric in chord.lyrics})
        out = []
        for verse in verses:
            said = [next((one for one in chord.lyrics if one.verse == verse), None) for chord in notes]
            out.append([_quoted(s.text) + (" --" if s.joined else "") if s else '""' for s in said])
        return out

    def _changes(self, bar: Bar, before: Bar | None) -> str:
        score, text = self._score, ""
        full = Fraction(4 * bar.numerator, bar.denominator)
        length = Fraction(bar.end_ticks - bar.start_ticks, score.ticks_per_quarter)
        if before is None or (before.numerator, before.denominator) != (bar.numerator, bar.denominator):
            text += f"\\time {bar.numerator}/{bar.denominator} "
        if length != full:
            text += f"\\set Timing.measureLength = #(ly:make-moment {length.numerator}/{4 * length.denominator}) "
        elif before is not None and Fraction(before.end_ticks - before.start_ticks, score.ticks_per_quarter) != full:
            text += f"\\set Timing.measureLength = #(ly:make-moment {full.numerator}/{4 * full.denominator}) "
        for row in score.keys:
            if bar.start_ticks <= row["ticks"] < bar.end_ticks or (before is None and row["ticks"] <= bar.start_ticks):
                fifths = min(max(-7, int(row["fifths"])), 7) + 7
                text += (
                    f"\\key {(_MINOR if row['minor'] else _MAJOR)[fifths]} \\{'minor' if row['minor'] else 'major'} "
                )
        for row in score.tempos if self._is_first else ():
            if bar.start_ticks <= row["ticks"] < bar.end_ticks:
                text += f"\\tempo 4 = {round(60e6 / int(row['us_per_quarter']))} "
        return text

    def _body(self, bar: Bar) -> str:
        whole = Fraction(bar.end_ticks - bar.start_ticks, self._score.ticks_per_quarter)
        chords = bar.voices.get(self._voice) or [Chord(bar.start_ticks, whole, is_gap=True)]
        starts = [chord.onset_ticks for chord in chords if not chord.grace]
        out: list[str] = []
        graces: list[str] = []
        for (actual, normal), run in tuplet_runs(chords):
            inner = []
            for chord in run:
                if chord.grace:
                    graces.append(_pitches(chord) + ("8" if len(graces) == 0 else ""))
                    continue
                until = next((at for at in starts if at > chord.onset_ticks), bar.end_ticks)
                marks = "".join(f"\\{m}" for at, m in self._dynamics if chord.onset_ticks <= at < until)
                inner.append((f"\\grace {{ {' '.join(graces)} }} " if graces else "") + _note(chord) + marks)
                graces = []
            text = " ".join(inner)
            out.append(f"\\tuplet {actual}/{normal} {{ {text} }}" if (actual, normal) != (1, 1) and text else text)
        return " ".join(filter(None, out))


def _pitch(pitch: Pitch) -> str:
    name = pitch.step.lower() + _ALTERS[min(max(-2, pitch.alter), 2)]
    name = {"ees": "es", "aes": "as", "eeses": "eses", "aeses": "asas"}.get(name, name)
    return name + ("'" * (pitch.octave - 3) if pitch.octave >= 3 else "," * (3 - pitch.octave))


def _pitches(chord: Chord) -> str:
    names = [_pitch(pitch) for pitch in chord.pitches]
    return names[0] if len(names) == 1 else f"<{' '.join(names)}>"


def _note(chord: Chord) -> str:
    size = _duration(chord)
    if chord.is_rest:
        return ("s" if chord.is_gap else "R" if chord.fills_bar else "r") + size
    tied = all(pitch.tied for pitch in chord.pitches)
    names = [_pitch(pitch) + ("~" if pitch.tied and not tied else "") for pitch in chord.pitches]
    body = names[0] if len(names) == 1 else f"<{' '.join(names)}>"
    signs = "".join(_SIGNS[sign] for sign in sorted(chord.signs) if sign in _SIGNS)
    # LilyPond knows one slur at a time in a voice
    slurs = ")" * min(chord.slurs_closed, 1) + "(" * min(chord.slurs_opened, 1)
    return body + size + signs + slurs + ("~" if tied else "")


def _duration(chord: Chord) -> str:
    """The printed value where it says how long the chord is, else a whole note scaled."""
    if not chord.is_gap and not chord.fills_bar and -1 <= chord.value <= 8:
        plain = Fraction(4) / Fraction(2) ** chord.value * (2 - Fraction(1, 2**chord.dots))
        if plain == chord.written:
            return ("\\breve" if chord.value < 0 else str(2**chord.value)) + "." * chord.dots
    scale = chord.written / 4
    return "1" if scale == 1 else f"1*{scale.numerator}/{scale.denominator}"


def _way(score: Score, bars: list[Bar]) -> tuple[dict[int, str], dict[int, str]]:
    """What opens before bars and closes behind them: repeats and their endings, in order, none within another."""
    opens: dict[int, str] = defaultdict(str)
    closes: dict[int, str] = defaultdict(str)
    if score.notation is None:
        return opens, closes
    starts = {bar.start_ticks: place for place, bar in enumerate(bars)}
    ends = {bar.end_ticks: place for place, bar in enumerate(bars)}
    forward = [starts[r.ticks] for r in score.notation.repeats if not r.backward and r.ticks in starts]
    free = 0  # the first bar that no repeat has taken
    for repeat in sorted(r for r in score.notation.repeats if r.backward and r.ticks in ends):
        last = ends[repeat.ticks]
        first = max([free, *(place for place in forward if place <= last)])
        if last < free:
            continue
        endings = _endings(score.notation.voltas, repeat, bars, starts, ends, first)
        opens[first] += f"\\repeat volta {max([repeat.times, *(max(v.turns) for _, _, v in endings)])} {{ "
        if endings:
            closes[endings[0][0] - 1] += " } \\alternative {"
            for begin, end, volta in endings:
                opens[begin] += f"\\volta {','.join(map(str, volta.turns))} {{ "
                closes[end] += " }"
            last = endings[-1][1]
        closes[last] += " }"
        free = last + 1
    return opens, closes


def _endings(
    voltas: tuple[Volta, ...], repeat: Repeat, bars: list[Bar], starts: dict[int, int], ends: dict[int, int], first: int
) -> list[tuple[int, int, Volta]]:
    """The endings that follow each other through a backward repeat: (first bar, last bar, ending)."""
    found: list[tuple[int, int, Volta]] = []
    for volta in sorted(voltas):
        if volta.start_ticks not in starts or volta.end_ticks not in ends:
            continue
        row = (starts[volta.start_ticks], ends[volta.end_ticks], volta)
        follows = found and row[0] == found[-1][1] + 1
        if (not found and row[0] > first and volta.end_ticks == repeat.ticks) or follows:
            found.append(row)
    return found
