"""ABC files read: what sounds as notes, what is written as a notation (see `score.notation`).

- One Track a voice. Ties are joined. Repeats and endings stay signs, as in every written format.
- Grace notes sound before the note they lead to, an eighth of a quarter each. Chord symbols do not sound.
- An accidental holds for its letter in all octaves to the end of the bar (the standard's default); the instruction
  `propagate-accidentals` says otherwise.
- A file of several tunes gives one Score each: `read_tunes`, or `book.abc#12` for the tune X:12.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from bandmate.errors import FileFormatError
from bandmate.io.abc.book import TuneText, split_book
from bandmate.io.abc.layout import barlines_of, end_of, meters_of, repeats_of, resolution, voltas_of
from bandmate.io.abc.to_track import track_of
from bandmate.io.abc.tune import Tune, TuneReader
from bandmate.io.midi import read_file_bytes
from bandmate.score.model import KEY_SIGNATURE, MADE, TEMPO, Marker, Score
from bandmate.score.notation import Credit, Jump, LeftOut, ScoreNotation, TempoWord, Words
from bandmate.score.timeline import DEFAULT_US_PER_QUARTER

_SHOWN = 5


def read_abc(path: str | Path) -> Score:
    """Read a file of one tune, or one tune of a tunebook, named by its number: `book.abc#12` is its X:12.

    Raises:
        FileFormatError: it is missing or no ABC, holds several tunes and none is named, or not that one; the message
            names the line.
    """
    place, number = _split(path)
    tunes = _tunes(place)
    if number is not None:
        tunes = [tune for tune in tunes if tune.first("X").split("%")[0].strip() == number]
        if not tunes:
            raise FileFormatError(f"{place} holds no tune X:{number}; look at the X: lines in it")
    elif len(tunes) > 1:
        first = ", ".join(f"#{tune.first('X')} {tune.first('T')}".strip() for tune in tunes[:_SHOWN])
        raise FileFormatError(
            f"{place} holds {len(tunes)} tunes ({first} ...); name one, such as {place.name}#{tunes[0].first('X')}"
        )
    return _score(TuneReader(tunes[0], str(place)).read())


def read_tunes(path: str | Path) -> Iterator[Score]:
    """Every tune of a tunebook in order, a Score each.

    Raises:
        FileFormatError: the file is missing or holds no tune; or, when its turn comes, a tune is no ABC.
    """
    place = Path(path)
    return (_score(TuneReader(tune, str(place)).read()) for tune in _tunes(place))


def parse_abc(text: str, name: str = "ABC") -> list[Score]:
    """The tunes of a text; `name` is what messages call it.

    Raises:
        FileFormatError: as `read_tunes`.
    """
    return [_score(TuneReader(tune, name).read()) for tune in split_book(text, name)]


def _split(path: str | Path) -> tuple[Path, str | None]:
    path = Path(path)
    stem, mark, number = path.name.rpartition("#")
    return (path.with_name(stem), number.strip()) if mark and stem and not path.exists() else (path, None)


def _tunes(path: Path) -> list[TuneText]:
    data = read_file_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # the standard's encoding before 2.1
    return split_book(text, str(path))


def _score(tune: Tune) -> Score:
    ticks, end, said = resolution(tune), end_of(tune), sorted(tune.tempos.items())
    meters = meters_of(tune, ticks)
    jumps: list[Jump] = []
    tracks = []
    texts: defaultdict[int, list[Words]] = defaultdict(list)
    for owner, place, text in tune.words:
        texts[owner].append(Words(round(place * ticks), text))
    for number, voice in enumerate(tune.voices.values()):
        track, own = track_of(voice, ticks, tune.left_out)
        words = tuple(texts[number])
        if words and track.notation is not None:
            track = replace(track, notation=replace(track.notation, words=words))
        tracks.append(track)
        jumps += own

    def at(quarters: Fraction) -> int:
        return round(quarters * ticks)

    tempos = [(at(place), round(60e6 / tempo.bpm), 0, MADE) for place, tempo in said if tempo.bpm]
    if not tempos or tempos[0][0] > 0:
        tempos.insert(0, (0, DEFAULT_US_PER_QUARTER, 0, MADE))
    keys = [(at(place), key.fifths, key.minor, 0, MADE) for place, key in sorted(tune.keys.items())]
    notation = ScoreNotation(
        ticks,
        meters,
        repeats_of(tune, ticks),
        voltas_of(tune, ticks),
        tuple(sorted(set(jumps))),
        barlines_of(tune, ticks),
        tuple(chord._replace(ticks=at(place)) for place, chord in sorted(tune.chords, key=lambda one: one[0])),
        tuple(_tempo_word(at(place), tempo.text, tempo.bpm, tempo.beat) for place, tempo in said),
        tuple(Credit(kind, text) for kind, text in tune.credits),
        left_out=tuple(LeftOut(what, count) for what, count in sorted(tune.left_out.items()) if count),
    )
    return Score(
        tuple(tracks), ticks, np.array(tempos, TEMPO), meters,
        np.array(keys, KEY_SIGNATURE), tuple(Marker(at(place), text) for place, text in sorted(tune.parts.items())),
        tune.title, end_ticks=at(end), notation=notation,
    )  # fmt: skip


def _tempo_word(ticks: int, text: str, bpm: float, beat: Fraction) -> TempoWord:
    for value in range(-1, 7):
        for dots in range(2):
            if Fraction(4) / Fraction(2) ** value * (2 - Fraction(1, 2**dots)) == beat:
                return TempoWord(ticks, text, value, dots, bpm / float(beat))
    return TempoWord(ticks, text, 2, 0, bpm)
