"""Lines of ABC music, word by word into a voice: notes, chords, rests, tuplets, bar lines, what is over and on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from bandmate.io.abc.fields import FieldError
from bandmate.io.abc.signs import SHORT
from bandmate.io.abc.voice import Sound, Tone, Tuplet, Voice
from bandmate.limits import MIDI_NOTES, SCORE_SIGNS

_LENGTH = r"(?:\d{0,6}(?:/+\d{0,6})*)"
_NOTE = rf"(?P<sharp>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<marks>[,']*)(?P<length>{_LENGTH})(?P<tie>-?)"
_WORD = re.compile(
    rf"""(?P<space>[\s`\\$*;?@\#]+|y{_LENGTH}|!(?![^!|\s]*!))
    |(?P<inline>\[[A-Za-z]:[^\]]*\])
    |(?P<bar>\[\|\]|\.?\[?\|[|:\]]*|:+[|:]+\]?|:(?=[\s"]|\[\||$))
    |(?P<volta>\[\s*\d[\d,.\-]*|(?<=[|:])\s?\d[\d,.\-]*)
    |(?P<said>"[^"]*")
    |(?P<decoration>![^!|\s]*!|\+[A-Za-z<>.()]+\+)
    |(?P<graces>\{{[^}}]*\}})
    |(?P<chord>\[(?P<inner>[^\[\]|]*)\](?P<clength>{_LENGTH})(?P<ctie>-?))
    |(?P<note>{_NOTE})
    |(?P<rest>[zx])(?P<rlength>{_LENGTH})
    |(?P<bars>[ZX])(?P<count>\d{{0,4}})
    |(?P<tuplet>\((?P<p>[2-9])(?::(?P<q>\d?)(?::(?P<r>\d?))?)?)
    |(?P<broken>>+|<+)
    |(?P<tied>-)
    |(?P<slur>[()])
    |(?P<overlay>&)
    |(?P<letters>[.~H-Yh-w])
    """,
    re.VERBOSE,
)
_INNER = re.compile(rf'{_NOTE}|(?P<skip>"[^"]*"|[\s()`]|[zx]{_LENGTH})|(?P<deco>![^!]*!|[.~H-Yh-w])')
_STEP = {letter: step for step, letter in enumerate("CDEFGAB")}
_ALTER = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}
_LONGEST = 1024  # quarters
_GRACE = Fraction(1, 8)
_OFTEN = re.compile(r"(/+)(\d*)")


def length_of(text: str) -> Fraction:
    """`3/2`, `/`, `//`, `/4` as a factor of the unit length.

    Raises:
        FieldError: a zero in it.
    """
    number = re.match(r"\d*", text)
    digits = number[0] if number else ""
    value = Fraction(int(digits or 1))
    for slashes, below in _OFTEN.findall(text):
        if below and not int(below):
            raise FieldError(f"length '{text}' divides by zero")
        value /= int(below) if below else 2 ** min(len(slashes), 10)
    return value


class MusicReader:
    """Reads lines into voices; what is no note goes to the tune by calls.

    Args:
        on_field: of an inline field: letter and text; gives the voice to go on in.
        on_bar: of a bar line: its text.
        on_volta: of an ending: its numbers.
        on_said: of a text in quotes over the music.
    """

    def __init__(
        self,
        on_field: Callable[[str, str], Voice],
        on_bar: Callable[[Voice, str], None],
        on_volta: Callable[[Voice, str], None],
        on_said: Callable[[Voice, str], None],
    ) -> None:
        self._on_field, self._on_bar, self._on_volta, self._on_said = on_field, on_bar, on_volta, on_said
        self._signs = self._notes = 0  # a tune's, so far

    def line(self, voice: Voice, text: str) -> Voice:
        """Read a line; the voice that the next one goes on in.

        Raises:
            FieldError: something in it is no music, the message says what and where in the line; or the tune has more
                notes, bars or signs than a piece may have.
        """
        place = 0
        while place < len(text):
            match = _WORD.match(text, place)
            if match is None:
                raise FieldError(f"'{text[place : place + 8]}' at column {place + 1} is no music of ABC")
            place = match.end()
            self._signs += 1
            if self._signs > SCORE_SIGNS.high:
                raise FieldError(f"the tune has more than {SCORE_SIGNS.high:,.0f} signs; split it")
            voice = self._word(voice, match)
        return voice

    def _count_note(self) -> None:
        self._notes += 1
        if self._notes > MIDI_NOTES.high:
            raise FieldError(f"the tune has more than {MIDI_NOTES.high:,.0f} notes and rests; split it")

    def _word(self, voice: Voice, match: re.Match[str]) -> Voice:
        kind, get = match.lastgroup, match.group
        if get("note"):
            self._note(voice, match)
        elif get("chord") is not None:
            self._chord(voice, match)
        elif get("bar"):
            voice.new_bar()
            self._on_bar(voice, get("bar"))
        elif get("volta"):
            self._on_volta(voice, get("volta").strip(" [."))
        elif get("inline"):
            return self._on_field(get("inline")[1], get("inline")[3:-1])
        elif get("said"):
            self._on_said(voice, get("said")[1:-1])
        elif get("rest"):
            self._sound(voice, (), length_of(get("rlength")))
        elif get("bars"):
            self._bars(voice, int(get("count") or 1))
        elif get("graces"):
            self._graces(voice, get("graces")[1:-1])
        elif get("decoration"):
            voice.decorations.append(get("decoration")[1:-1])
        elif get("letters"):
            voice.decorations.append(SHORT.get(get("letters"), get("letters")))
        elif get("tuplet"):
            self._tuplet(voice, match)
        elif get("slur"):
            if get("slur") == "(":
                voice.slurs += 1
            elif voice.last is not None:
                voice.last.slurs_closed += 1
        elif kind is not None:
            self._between(voice, get("broken") or "", match)
        return voice

    def _between(self, voice: Voice, broken: str, match: re.Match[str]) -> None:
        last = voice.last
        if match.group("overlay"):
            voice.overlay()
        elif match.group("tied") and last is not None:
            for tone in last.tones:
                tone.tied = True
            voice.carried = {(t.step, t.octave): t.alter for t in last.tones}
        elif broken and last is not None:
            longer = 2 - Fraction(1, 2 ** min(len(broken), 8))
            factor = longer if broken[0] == ">" else 2 - longer
            voice.clock += last.length * (factor - 1)
            last.length, last.written = last.length * factor, last.written * factor
            voice.stretch = 2 - factor

    def _tone(self, voice: Voice, match: re.Match[str]) -> Tone:
        self._count_note()
        letter, marks = match.group("letter"), match.group("marks")
        step = _STEP[letter.upper()]
        octave = 4 + letter.islower() + marks.count("'") - marks.count(",") + voice.octave
        written = match.group("sharp")
        alter = voice.alter_of(step, octave, None if written is None else _ALTER[written])
        return Tone(step, alter, octave, bool(match.group("tie")))

    def _note(self, voice: Voice, match: re.Match[str]) -> None:
        self._sound(voice, (self._tone(voice, match),), length_of(match.group("length")))

    def _chord(self, voice: Voice, match: re.Match[str]) -> None:
        tones, length = self._inner(voice, match.group("inner"))
        if match.group("ctie"):
            for tone in tones:
                tone.tied = True
        self._sound(voice, tones, (length or Fraction(1)) * length_of(match.group("clength")))

    def _inner(self, voice: Voice, text: str) -> tuple[tuple[Tone, ...], Fraction | None]:
        """The notes in brackets, and the length of the first."""
        tones: list[Tone] = []
        length: Fraction | None = None
        place = 0
        while place < len(text):
            match = _INNER.match(text, place) or (re.compile("-").match(text, place) if tones else None)
            if match is None:
                raise FieldError(f"'{text[:12]}' in brackets is no chord of ABC")
            place = match.end()
            if match.re is not _INNER:
                tones[-1].tied = True
            elif match.group("letter"):
                tones.append(self._tone(voice, match))
                length = length_of(match.group("length")) if length is None else length
            elif match.group("deco"):
                voice.decorations.append(match.group("deco").strip("!"))
        return tuple(tones), length

    def _graces(self, voice: Voice, text: str) -> None:
        kind = 2 if text.startswith("/") else 1
        place, opened = kind - 1, 0
        while place < len(text):
            end = text.find("]", place) + 1 if text[place] == "[" else 0
            if end:
                tones, _ = self._inner(voice, text[place + 1 : end - 1])
                place = end
            else:
                match = _INNER.match(text, place) or re.compile(r"[-<>]|\d").match(text, place)
                if match is None:
                    raise FieldError(f"'{{{text[:12]}}}' holds no grace notes of ABC")
                place = match.end()
                is_note = match.re is _INNER and match.group("letter")
                tones = (self._tone(voice, match),) if is_note else ()
                opened += match.group() == "("
                if match.group() == ")" and voice.graces:
                    voice.graces[-1].slurs_closed += 1
            if tones:
                for tone in tones:
                    tone.tied = False
                zero = Fraction(0)
                voice.graces.append(
                    Sound(voice.clock, _GRACE, zero, tones, voice.layer, grace=kind, slurs_opened=opened)
                )
                opened = 0

    def _tuplet(self, voice: Voice, match: re.Match[str]) -> None:
        p = int(match.group("p"))
        compound = voice.meter is not None and voice.meter[0] % 3 == 0 and voice.meter[1] >= 8
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if compound else 2)
        q, r = int(match.group("q") or usual), int(match.group("r") or p)
        if not q or not r:
            raise FieldError(f"tuplet '{match.group()}' counts no notes")
        voice.tuplets.append(Tuplet(p, q, r))

    def _sound(self, voice: Voice, tones: tuple[Tone, ...], factor: Fraction) -> None:
        written = factor * voice.unit * voice.stretch
        voice.stretch = Fraction(1)
        if not 0 < written <= _LONGEST:
            raise FieldError(f"a note lasts {float(written):g} quarter notes; give more than 0 and at most {_LONGEST}")
        sound = Sound(voice.clock, written, written, tones, voice.layer)
        if not tones:
            self._count_note()
        for tuplet in voice.tuplets:
            sound.actual, sound.normal = sound.actual * tuplet.actual, sound.normal * tuplet.normal
            sound.edges |= {"tuplet-start"} if tuplet.is_new else set()
            tuplet.is_new = False
            tuplet.left -= 1
            sound.edges |= set() if tuplet.left else {"tuplet-stop"}
        voice.tuplets = [tuplet for tuplet in voice.tuplets if tuplet.left > 0]
        sound.length = written * sound.normal / sound.actual
        voice.add(sound)

    def _bars(self, voice: Voice, count: int) -> None:
        if not 1 <= count <= 1000:
            raise FieldError(f"a rest of {count} bars is out of range; give 1 to 1000")
        for number in range(count):
            if number:
                voice.new_bar()
            self._count_note()
            length = voice.bar_length
            voice.add(Sound(voice.clock, length, length, (), voice.layer, bar_rest=True))
