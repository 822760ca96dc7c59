"""One tune of ABC: header, voices, and what belongs to all voices: meters, keys, tempi, repeats, endings, chords."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from bandmate.errors import FileFormatError
from bandmate.io.abc.book import Line, TuneText
from bandmate.io.abc.fields import (
    FieldError,
    Signature,
    Tempo,
    parse_fraction,
    parse_key,
    parse_meter,
    parse_tempo,
    properties,
    usual_length,
    whole,
)
from bandmate.io.abc.lyrics import put_lyrics
from bandmate.io.abc.music import MusicReader
from bandmate.io.abc.signs import read_text
from bandmate.io.abc.voice import Voice
from bandmate.limits import VERSES
from bandmate.score.notation import ChordSymbol

_SAYS = {"C": "composer", "S": "source", "A": "lyricist", "Z": "encoder", "X": "work-number"}
_MOST_VOICES = 256


@dataclass(slots=True)
class Tune:
    """A tune as written; places in quarter notes.

    Attributes:
        name: what errors call it; title, credits (kind, text).
        voices: by their names, in order; left_out: what the file held and this does not.
        meters, keys, tempos, parts: by place, the first voice that says one is heard.
        repeats (place, backward, times), voltas (start, turns), strong: places of double and repeat bar lines.
        chords, words (voice number, place, text).
    """

    name: str
    title: str = ""
    credits: list[tuple[str, str]] = field(default_factory=list)
    voices: dict[str, Voice] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    meters: dict[Fraction, tuple[int, int] | None] = field(default_factory=dict)
    keys: dict[Fraction, Signature] = field(default_factory=dict)
    tempos: dict[Fraction, Tempo] = field(default_factory=dict)
    parts: dict[Fraction, str] = field(default_factory=dict)
    repeats: list[tuple[Fraction, bool, int]] = field(default_factory=list)
    voltas: list[tuple[Fraction, tuple[int, ...]]] = field(default_factory=list)
    strong: list[tuple[Fraction, str]] = field(default_factory=list)
    chords: list[tuple[Fraction, ChordSymbol]] = field(default_factory=list)
    words: list[tuple[int, Fraction, str]] = field(default_factory=list)

    @property
    def first(self) -> Voice:
        """The voice whose bar lines count."""
        return next(iter(self.voices.values()))


class TuneReader:
    """Reads the lines of one tune."""

    def __init__(self, text: TuneText, name: str) -> None:
        number = text.first("X")
        self._text, self._file = text, name
        self._tune = Tune(f"tune X:{number} of {name}" if number else name, text.first("T"))
        self._unit: Fraction | None = None
        self._meter: tuple[int, int] | None = (4, 4)
        self._key = Signature()
        self._tempo: str | None = None
        self._said: dict[str, str] = {}
        self._programs: dict[int, int] = {}
        self._default: dict[str, str] = {}
        self._spread = "pitch"
        self._midi: list[tuple[str, str]] = []
        self._voice: Voice | None = None
        self._music = MusicReader(self._inline, self._bar, self._volta, self._over)

    def read(self) -> Tune:
        """The tune.

        Raises:
            FileFormatError: something in it is no ABC; the message names the line.
        """
        tune = self._tune
        for line in self._text.header:
            self._at(line, self._header)
        tune.meters[Fraction(0)], tune.keys[Fraction(0)] = self._meter, self._key
        if self._tempo is not None:
            tune.tempos[Fraction(0)] = parse_tempo(self._tempo, self._unit_now())
        for line in self._text.body:
            self._at(line, self._body)
        if not tune.voices:
            self._speak("1")
        for voice in tune.voices.values():
            voice.clock = max(voice.clock, voice.farthest)
            tune.left_out["grace notes without a note"] += len(voice.graces)
            tune.left_out["decorations without a note"] += len(voice.decorations)
        tune.left_out["lines after an empty line"] += self._text.stray
        return tune

    def _at(self, line: Line, handle: object) -> None:
        try:
            handle(line)  # type: ignore[operator]
        except FieldError as error:
            raise FileFormatError(f"{self._file}, line {line.number}: {error}") from None

    def _unit_now(self) -> Fraction:
        return self._unit or usual_length(self._meter)

    # -- header --------------------------------------------------------------------------------------------------

    def _header(self, line: Line) -> None:
        letter, text = line.letter, line.text.strip()
        if letter == "M":
            self._meter = parse_meter(text)
        elif letter == "L":
            self._unit = parse_fraction(text, "unit length")
        elif letter == "K":
            key, rest = parse_key(text)
            self._key = key or self._key
            self._default = properties(rest)
            self._odd(self._key)
        elif letter == "Q":
            parse_tempo(text, self._unit_now())
            self._tempo = text
        elif letter == "V":
            self._describe(text)
        elif letter == "%":
            self._instruct(text)
        elif letter == "P" and text:
            self._tune.left_out["order of parts"] += 1
        elif letter == "T" and text != self._tune.title:
            self._tune.credits.append(("subtitle", text))
        elif letter in _SAYS and text:
            self._tune.credits.append((_SAYS[letter], text))

    def _describe(self, text: str) -> str:
        name, _, rest = text.strip().partition(" ")
        self._said[name] = f"{self._said.get(name, '')} {rest}"
        return name

    def _odd(self, key: Signature) -> None:
        self._tune.left_out["modes and single accidentals of keys"] += key.is_odd

    def _instruct(self, text: str) -> None:
        words = text.split()
        if words[:1] == ["propagate-accidentals"] and words[1:2] and words[1] in ("not", "octave", "pitch"):
            self._spread = words[1]
            if self._voice is not None:
                self._voice.spread = self._spread
        elif words[:1] == ["MIDI"] and len(words) >= 3:
            kind, last = words[1].lower(), words[-1]
            if kind in ("program", "channel", "transpose"):
                if self._voice is None:
                    self._midi.append((kind, last))
                else:
                    self._set(self._voice, kind, last)

    def _set(self, voice: Voice, kind: str, text: str) -> None:
        if kind == "program":
            voice.program = whole(text, 0, 127, "program")
        elif kind == "channel":
            voice.channel = whole(text, 1, 16, "channel") - 1
        else:
            voice.transpose = whole(text, -60, 60, "transposition")

    # -- body ----------------------------------------------------------------------------------------------------

    def _body(self, line: Line) -> None:
        if line.letter == "":
            voice = self._now()
            if not getattr(self, "_joined", False):
                voice.line_start, voice.verse = len(voice.sounds), 0
            self._joined = line.text.endswith("\\")
            self._voice = self._music.line(voice, line.text)
        elif line.letter == "%":
            self._instruct(line.text)
        elif line.letter == "w":
            voice = self._now()
            voice.verse += 1
            if voice.verse > VERSES.high:
                raise FieldError(f"more than {VERSES.high:.0f} verses stand under one line of music; take some out")
            put_lyrics(voice, line.text)
        elif line.letter == "W":
            self._tune.left_out["words after the tune"] += 1
        else:
            self._inline(line.letter, line.text)

    def _now(self) -> Voice:
        if self._voice is None:
            self._voice = self._speak(next(iter(self._said), "1"))
        return self._voice

    def _speak(self, name: str) -> Voice:
        """The voice of a name, made at its first word."""
        tune = self._tune
        if name not in tune.voices:
            if len(tune.voices) >= _MOST_VOICES:
                raise FieldError(f"the tune has more than {_MOST_VOICES} voices")
            voice = Voice(name, self._key, self._unit_now(), self._meter, spread=self._spread)
            for kind, text in self._midi:
                self._set(voice, kind, text)
            tune.voices[name] = voice
            self._dress(voice, {**self._default, **properties(self._said.get(name, ""))})
        return tune.voices[name]

    def _dress(self, voice: Voice, said: dict[str, str]) -> None:
        voice.label = said.get("name", voice.label)
        clef = said.get("clef", "")
        if clef:
            voice.clefs[voice.clock] = clef
            eights = re.search(r"([+-])(8|15)$", clef)
            voice.octave = int(eights[1] + ("1" if eights[2] == "8" else "2")) if eights else 0
        if "octave" in said:
            voice.octave += whole(said["octave"], -9, 9, "octave")
        if "transpose" in said:
            voice.transpose = whole(said["transpose"], -60, 60, "transposition")

    def _inline(self, letter: str, text: str) -> Voice:
        tune = self._tune
        if letter == "V":
            name = self._describe(text)
            is_new = name not in tune.voices
            self._voice = self._speak(name)
            rest = text.strip().partition(" ")[2]
            if rest and not is_new:
                self._dress(self._voice, properties(rest))
            self._voice.line_start = len(self._voice.sounds)
            return self._voice
        voice = self._now()
        here = max(voice.clock, voice.farthest) if letter == "K" else voice.clock
        if letter == "K":
            key, rest = parse_key(text)
            if key is not None:
                voice.key = key
                tune.keys.setdefault(here, key) if here else tune.keys.update({here: key})
                self._odd(key)
            self._dress(voice, properties(rest))
        elif letter == "M":
            voice.meter = parse_meter(text)
            tune.meters.setdefault(here, voice.meter) if here else tune.meters.update({here: voice.meter})
        elif letter == "L":
            voice.unit = parse_fraction(text, "unit length")
        elif letter == "Q":
            tune.tempos.setdefault(here, parse_tempo(text, voice.unit))
        elif letter == "P":
            tune.parts.setdefault(here, text.strip())
        elif letter == "I":
            self._instruct(text)
        elif letter == "T":
            tune.left_out["titles within the tune"] += 1
        return voice

    # -- what stands between notes -------------------------------------------------------------------------------

    def _is_first(self, voice: Voice) -> bool:
        return voice is self._tune.first

    def _bar(self, voice: Voice, text: str) -> None:
        if not self._is_first(voice):
            return
        body, tune, here = text.strip("."), self._tune, voice.clock
        left = len(body) - len(body.lstrip(":"))
        right = len(body) - len(body.rstrip(":")) if body.strip(":") else left // 2
        left -= right if not body.strip(":") else 0
        if left:
            tune.repeats.append((here, True, left + 1))
        if right:
            tune.repeats.append((here, False, 2))
        if left or right or body.count("|") > 1 or "]" in body or "[" in body:
            tune.strong.append((here, "backward" if left else "forward" if right else body))

    def _volta(self, voice: Voice, text: str) -> None:
        if not self._is_first(voice):
            return
        turns: list[int] = []
        for part in filter(None, re.split(r"[,.]", text)):
            low, _, high = part.partition("-")
            if low.isdigit():
                turns += range(int(low), min(int(high) if high.isdigit() else int(low), int(low) + 63) + 1)
        if not turns or not 1 <= min(turns) <= max(turns) <= 64:
            raise FieldError(f"ending '{text}' is none; number endings from 1 to 64")
        self._tune.voltas.append((voice.clock, tuple(sorted(set(turns)))))

    def _over(self, voice: Voice, text: str) -> None:
        said = read_text(text)
        if said.chord is not None:
            self._tune.chords.append((voice.clock, said.chord))
        elif said.words.strip():
            place = list(self._tune.voices.values()).index(voice)
            self._tune.words.append((place, voice.clock, said.words.strip()))
