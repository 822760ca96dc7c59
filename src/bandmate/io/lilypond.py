r"""LilyPond text (2.24), written only: a staff a track, voices, ties, tuplets, lyrics, keys, meters, repeats, endings.

    { \key g \major \time 3/4 \tempo 4 = 90  g'4 b'8 ~ b'8 <d' g'>4 | ... }

Notes are spelt in LilyPond's own names (cis, es). Velocities, controllers, instruments and chord symbols are not kept,
and drums are written as pitches. `unsaid` counts what of a piece is left out of what LilyPond has names for.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from bandmate.io.atomic import write_text_atomic
from bandmate.io.lilypond_names import clef_name, key_changes, pitch_name, quoted, sounding_c, tempo_changes
from bandmate.io.lilypond_repeats import repeat_braces
from bandmate.io.written import Bar, Chord, WrittenTrack, in_order, texts_between, tuplet_runs, written_tracks
from bandmate.score.model import Score
from bandmate.score.notation import SIGN_BITS, Lyric

_SIGNS = {
    "staccato": "\\staccato", "staccatissimo": "\\staccatissimo", "tenuto": "\\tenuto", "portato": "\\portato",
    "accent": "\\accent", "marcato": "\\marcato", "fermata": "\\fermata", "trill": "\\trill", "mordent": "\\mordent",
    "inverted-mordent": "\\prall", "turn": "\\turn", "inverted-turn": "\\reverseturn", "up-bow": "\\upbow",
    "down-bow": "\\downbow", "harmonic": "\\flageolet", "open-string": "\\open", "stopped": "\\stopped",
    "snap-pizzicato": "\\snappizzicato", "arpeggio": "\\arpeggio",
}  # fmt: skip
_BREATHS = {"breath": "\\breathe", "caesura": "\\caesura"}  # behind their note
_HEADING = {
    "subtitle": "subtitle", "composer": "composer", "arranger": "arranger", "poet": "poet", "lyricist": "poet",
    "work-number": "opus", "rights": "copyright",
}  # fmt: skip
_SPANS = {"crescendo": "\\<", "diminuendo": "\\>"}
_UNSAID = np.uint32(sum(
    bit for name, bit in SIGN_BITS.items()
    if name not in _SIGNS | _BREATHS and not name.endswith("-head") and not name.startswith("tuplet")
))  # fmt: skip
_DYNAMICS = ("ppppp", "pppp", "ppp", "pp", "p", "mp", "mf", "f", "ff", "fff", "ffff", "fp", "sf", "sfz", "fz", "rfz")
_BAR_LINES = {"light-light": "||", "light-heavy": "|."}
_GOALS = {kind: f'\\mark \\markup {{ \\musicglyph "scripts.{kind}" }} ' for kind in ("segno", "coda")}
_LEAPS = {"fine": "Fine", "da-capo": "D.C.", "dal-segno": "D.S.", "to-coda": "To Coda"}
_STAVES, _STAFF_POINTS = 8, 20  # so many staves of the usual size go on a page
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
    credits = score.notation.credits if score.notation else ()
    heading: dict[str, list[str]] = {}
    for credit in credits:
        heading.setdefault(_HEADING.get(credit.kind, ""), []).append(credit.text)
    heading.pop("", None)
    lines = ['\\version "2.24.0"']
    staves = sum(track.notation.staves for track in tracks)  # two in one reach as far as two
    if staves > _STAVES:  # smaller, so that all of them go on a page
        lines.append(f"#(set-global-staff-size {max(6, _STAFF_POINTS * _STAVES // staves)})")
    lines += ["\\header {", f"  title = {quoted(score.title)}"]
    lines += [f"  {name} = {quoted(', '.join(texts))}" for name, texts in heading.items()]
    lines += ["}", "\\score {", "  <<"]
    for number, track in enumerate(tracks, 1):
        lines += _staff(score, track, number)
    crossed, last = any(_crosses(track) for track in tracks), list[str]()
    for kind, joins in (("layout", "Tie_engraver"), ("midi", "Tie_performer")):
        # ties are of a voice, unless all of a staff looks for them
        over = (
            f"\\context {{ \\Voice \\remove {joins} }} \\context {{ \\Staff \\consists {joins} }} " if crossed else ""
        )
        last.append(f"  \\{kind} {{ {over}}}")
    return "\n".join([*lines, "  >>", *last, "}"]) + "\n"


def _crosses(track: WrittenTrack) -> bool:
    """Whether a tie leads from one voice of a staff to another."""
    for voice in track.voices:
        chords = [
            chord for bar in track.bars for chord in bar.voices.get(voice, ()) if chord.pitches and not chord.grace
        ]
        for chord, following in pairwise([*chords, Chord(0, Fraction(0))]):
            held = {replace(pitch, tied=False) for pitch in chord.pitches if pitch.tied}
            if held - {replace(pitch, tied=False) for pitch in following.pitches}:
                return True
    return False


def _staff(score: Score, track: WrittenTrack, number: int) -> list[str]:
    lines = ["    \\new Staff \\with {", f"      instrumentName = {quoted(track.track.name)}"]
    lines.append("    } <<")
    name = clef_name(track.notation.clefs[0]) if track.notation.clefs else "treble"
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
        self._opens, self._closes = repeat_braces(score, track.bars)
        notation = track.notation
        leads = voice == track.voices[0]  # over one voice of a staff stands what is of all
        self._dynamics = in_order(
            (one.ticks, f"\\{one.mark}" if one.mark in _DYNAMICS else f"_\\markup \\dynamic {quoted(one.mark)}")
            for one in notation.dynamics if leads
        )  # fmt: skip
        self._words = in_order((one.ticks, f"^{quoted(one.text)}") for one in notation.words if leads)
        spans = [one for one in notation.spans if leads and one.kind in _SPANS and one.start_ticks < one.end_ticks]
        self._opened = in_order((one.start_ticks, _SPANS[one.kind]) for one in spans)
        self._closed = in_order((one.end_ticks, "\\!") for one in spans)
        clefs = notation.clefs[1:] if leads and notation.staves == 1 else ()
        sounds = track.notation.transpositions if leads and not track.track.is_drum else ()
        self._clefs = in_order([
            *((one.ticks, f'\\clef "{clef_name(one)}" ') for one in clefs),
            *((one.ticks, f"\\transposition {pitch_name(sounding_c(one))} ") for one in sounds),
        ])  # fmt: skip
        self._over = in_order([*key_changes(score, track.track), *(tempo_changes(score) if is_first else ())])
        self._is_inner = track.voices.index(voice) > 1
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
                f' \\textEndMark {quoted(jump.text or _LEAPS[jump.kind])}' for jump in self._jumps
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
            last = max(place for place, one in enumerate(said) if one is not None)  # a hyphen leads to another syllable
            out.append([_syllable(one, is_last=place == last) for place, one in enumerate(said)])
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
        return text + texts_between(self._over, bar.start_ticks, bar.start_ticks + 1)

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
                # a key or tempo at the bar line is said there
                before = texts_between(self._over, max(chord.onset_ticks, bar.start_ticks + 1), until)
                before += texts_between(self._clefs, chord.onset_ticks, until)
                grace = f"\\grace {{ {' '.join(graces)} }} " if graces else ""
                inner.append(before + grace + _note(chord, self._is_inner) + self._marks(chord.onset_ticks, until))
                graces = []
            text = " ".join(inner)
            out.append(f"\\tuplet {actual}/{normal} {{ {text} }}" if (actual, normal) != (1, 1) and text else text)
        return " ".join(filter(None, out))

    def _marks(self, start: int, until: int) -> str:
        """What hangs on the chord that sounds from a place to another."""
        loud = texts_between(self._dynamics, start, until)
        closed = texts_between(self._closed, start, until)[:2]  # one sign ends all; a dynamic ends a hairpin too
        opened = texts_between(self._opened, start, until)[:2]
        return ("" if loud else closed) + loud + opened + texts_between(self._words, start, until)


def unsaid(score: Score) -> dict[str, int]:
    """How much of the features that LilyPond text holds is left out of the text of a score."""
    written = [track.notation for track in score.tracks if track.notation is not None]
    credits = score.notation.credits if score.notation else ()
    return {
        "articulations and ornaments": sum(int((one.rows["signs"] & _UNSAID > 0).sum()) for one in written),
        "clefs": sum(max(0, len(one.clefs) - 1) for one in written if one.staves > 1),
        "hairpins and octave lines": sum(span.kind not in _SPANS for one in written for span in one.spans),
        "credits": sum(credit.kind not in _HEADING for credit in credits),
    }


def _syllable(lyric: Lyric | None, *, is_last: bool) -> str:
    if lyric is None:
        return '""'
    return quoted(lyric.text) + (" --" if lyric.joined and not is_last else " __" if lyric.extends else "")


def _pitches(chord: Chord) -> str:
    names = [pitch_name(pitch) for pitch in chord.pitches]
    return names[0] if len(names) == 1 else f"<{' '.join(names)}>"


def _note(chord: Chord, is_inner: bool) -> str:
    size = _duration(chord)
    if chord.is_rest:  # those of a third voice would stand on others
        return ("s" if chord.is_gap or is_inner else "R" if chord.fills_bar else "r") + size
    tied = all(pitch.tied for pitch in chord.pitches)
    names = [pitch_name(pitch) + ("~" if pitch.tied and not tied else "") for pitch in chord.pitches]
    body = names[0] if len(names) == 1 else f"<{' '.join(names)}>"
    signs = "".join(_SIGNS[sign] for sign in sorted(chord.signs) if sign in _SIGNS)
    # LilyPond knows one slur at a time in a voice
    slurs = ")" * min(chord.slurs_closed, 1) + "(" * min(chord.slurs_opened, 1)
    breaths = "".join(f" {_BREATHS[sign]}" for sign in sorted(chord.signs) if sign in _BREATHS)
    return body + size + signs + slurs + ("~" if tied else "") + breaths


def _duration(chord: Chord) -> str:
    """The printed value where it says how long the chord is, else a whole note scaled."""
    if not chord.is_gap and not chord.fills_bar and -1 <= chord.value <= 8:
        plain = Fraction(4) / Fraction(2) ** chord.value * (2 - Fraction(1, 2**chord.dots))
        if plain == chord.written:
            return ("\\breve" if chord.value < 0 else str(2**chord.value)) + "." * chord.dots
    scale = chord.written / 4
    return "1" if scale == 1 else f"1*{scale.numerator}/{scale.denominator}"
