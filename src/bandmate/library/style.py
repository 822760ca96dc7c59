"""LibraryStyle: how a library plays, in numbers and patterns that the rules engine can follow without any training."""

from __future__ import annotations

import copy
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.analysis.descriptors import piece_values, piece_view
from bandmate.analysis.genres import genre
from bandmate.errors import ModelError
from bandmate.groovebook.harmony import numeral_of
from bandmate.io.atomic import write_text_atomic
from bandmate.library.catalog import Catalog
from bandmate.score.brief import Brief
from bandmate.score.model import Score
from bandmate.score.pitch import Chord, Key

FILE_NAME = "style.json"
FORMAT = 1
ONE_BAR_PATTERNS, TWO_BAR_PATTERNS, BASS_CELLS = 24, 12, 24
PROGRAMS_A_ROLE = 6
PROGRESSIONS = 24
SPREAD = (10, 50, 90)  # percentiles


@dataclass(frozen=True, slots=True)
class DrumPattern:
    """One or two bars of sixteenths: voice -> "X..x....", `|` between bars; pieces that hold it, times heard."""

    voices: dict[str, str]
    bars: int
    pieces: int
    count: int


@dataclass(frozen=True, slots=True)
class BassCell:
    """A bar of sixteenths against the chord's root ("R . . 5 - . 8 ."); pieces that hold it, times heard."""

    text: str
    pieces: int
    count: int


@dataclass(frozen=True, slots=True)
class LibraryStyle:
    """What a library has in common.

    Attributes:
        name: of the model; pieces: how many the numbers stand on.
        tempo: 10th, 50th and 90th percentile, quarter notes a minute.
        keys, genres, moods, meters: name -> share of the pieces, most frequent first.
        programs: role -> (program, share) most frequent first; for drums the kit.
        density, register: role -> percentiles of notes a quarter; low and high pitch.
        descriptors: name in DESCRIPTORS -> percentiles over pieces.
        genre_tempo: genre -> middle tempo, where three pieces or more say it.
        drum_patterns, bass_cells: heard in most pieces first.
        progressions: (mode, four bars in numerals, charts that hold it) of its chord charts, in most of them first.
    """

    name: str
    pieces: int = 0
    tempo: tuple[float, float, float] | None = None
    keys: dict[str, float] = field(default_factory=dict)
    genres: dict[str, float] = field(default_factory=dict)
    moods: dict[str, float] = field(default_factory=dict)
    meters: dict[str, float] = field(default_factory=dict)
    programs: dict[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    density: dict[str, tuple[float, ...]] = field(default_factory=dict)
    register: dict[str, tuple[float, float]] = field(default_factory=dict)
    descriptors: dict[str, tuple[float, ...]] = field(default_factory=dict)
    genre_tempo: dict[str, float] = field(default_factory=dict)
    drum_patterns: tuple[DrumPattern, ...] = ()
    bass_cells: tuple[BassCell, ...] = ()
    progressions: tuple[tuple[str, str, int], ...] = ()

    @classmethod
    def of(cls, catalog: Catalog, name: str, split: str | None = "train") -> LibraryStyle:
        """The style of a catalog's pieces that have bars (by default those to learn from)."""
        return _Gathering(catalog, split).style(name)

    def save(self, folder: str | Path) -> Path:
        """Write `style.json` into a model folder.

        Raises:
            OutputError: it cannot be written.
        """
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1)
        return write_text_atomic(Path(folder) / FILE_NAME, text)

    @classmethod
    def load(cls, folder: str | Path) -> LibraryStyle:
        """Read `style.json` of a model folder.

        Raises:
            ModelError: it is missing, damaged or of another version.
        """
        path = Path(folder) / FILE_NAME
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data.pop("format") != FORMAT:
                raise ModelError(f"{path} is of another version; learn the folder again, which makes it anew")
            for name in ("density", "register", "descriptors"):
                data[name] = {key: tuple(values) for key, values in data[name].items()}
            data["programs"] = {role: tuple((int(p), s) for p, s in rows) for role, rows in data["programs"].items()}
            data["tempo"] = tuple(data["tempo"]) if data["tempo"] else None
            data["drum_patterns"] = tuple(DrumPattern(**row) for row in data["drum_patterns"])
            data["bass_cells"] = tuple(BassCell(**row) for row in data["bass_cells"])
            data["progressions"] = tuple((m, text, int(n)) for m, text, n in data.get("progressions", ()))
            return cls(**data)
        except FileNotFoundError as error:
            raise ModelError(f"{path} is missing; learn the folder again, which makes it anew") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} is damaged ({error}); learn the folder again, which makes it anew") from error

    # use

    def guide(self, brief: Brief) -> Brief:
        """A brief with what was not stated filled in from the library: genre, tempo, key, meter and sounds of tracks.

        Every field filled in stands in `guessed`; what was stated stays as it is.
        """
        filled: dict[str, Any] = {}
        if brief.genre is None and self.genres:
            filled["genre"] = next(iter(self.genres))
        chosen = brief.genre or filled.get("genre")
        if brief.tempo is None and self.tempo and brief.genre in (None, *self.genres):
            filled["tempo"] = round(self.genre_tempo.get(chosen or "", self.tempo[1]) * brief.tempo_factor)
        if brief.key is None and brief.mode is None and self.keys:
            filled["key"] = Key.parse(next(iter(self.keys)))
        if brief.meter is None and self.meters and next(iter(self.meters.values())) >= 0.5:
            numerator, _, denominator = next(iter(self.meters)).partition("/")
            filled["meter"] = (int(numerator), int(denominator))
        tracks = tuple(self._with_sound(track) for track in brief.tracks)
        if "tempo" in filled and brief.tempo_factor != 1.0:
            brief = replace(brief, tempo_factor=1.0)
        return replace(brief, tracks=tracks, **filled, guessed=tuple(dict.fromkeys((*brief.guessed, *filled))))

    def _with_sound(self, track: Any) -> Any:
        rows = self.programs.get(track.role)
        if not rows or track.program is not None or track.kit is not None:
            return track
        return replace(track, kit=rows[0][0]) if track.role == "drums" else replace(track, program=rows[0][0])

    def genre_facts(self, base: str) -> dict[str, Any]:
        """A genre's block (see `analysis.genres`) with the library's own drum patterns, bass cells, tempo and sounds.

        Patterns of the library come first; where it holds none, the genre's own stay.

        Raises:
            BriefError: no such genre.
        """
        facts = copy.deepcopy(genre(base))
        if self.tempo:
            low, middle, high = self.tempo
            facts["tempo"] = {
                "min": round(low),
                "max": round(high),
                "default": round(self.genre_tempo.get(base, middle)),
            }
        if self.drum_patterns and facts["drums"].get("steps") == 16:
            facts["drums"]["patterns"] = [
                {"n": f"mine{at}", "bars": p.bars, "e": _energies(p), **p.voices}
                for at, p in enumerate(self.drum_patterns)
            ]
        if self.bass_cells and facts["drums"].get("steps") == 16:
            facts["bass"]["cells"] = [{"n": f"mine{at}", "c": cell.text} for at, cell in enumerate(self.bass_cells)]
        if self.programs.get("bass"):
            facts["bass"]["programs"] = [program for program, _ in self.programs["bass"]]
        if self.programs.get("drums"):
            facts["drums"]["kit"] = self.programs["drums"][0][0]
        return facts

    def harmony_facts(self, base: str) -> dict[str, Any]:
        """A genre's block whose progressions are those of the library's chord charts.

        Raises:
            BriefError: no such genre.
        """
        facts = copy.deepcopy(genre(base))
        if self.progressions:
            facts["harmony"]["progressions"] = [[mode, text, 1] for mode, text, _ in self.progressions]
        return facts

    def distance(self, scores: Iterable[Score]) -> dict[str, float]:
        """How far scores are from the library: by descriptor, the gap of the middles over the library's spread.

        0 = the same middle; 1 = as far off as the library's 90th percentile is from its 10th. Descriptors that do not
        vary in the library, or that the scores do not have, are left off.
        """
        values: dict[str, list[float]] = defaultdict(list)
        for score in scores:
            for name, value in piece_values(piece_view(score)).items():
                if value == value:
                    values[name].append(value)
        found = {}
        for name, (low, middle, high) in self.descriptors.items():
            if values.get(name) and high > low:
                found[name] = round(abs(float(np.median(values[name])) - middle) / (high - low), 3)
        return found


def _energies(pattern: DrumPattern) -> list[int]:
    """Energies 1..5 a pattern fits, from how much it strikes."""
    strokes = sum(sum(c in "Xxo" for c in row) for row in pattern.voices.values()) / pattern.bars
    middle = 1 + min(4, int(strokes // 6))
    return [max(1, middle - 1), min(5, middle + 1)]


def _shape(text: str) -> str:
    """A drum pattern without its dynamics, so that two strokes of different force are one pattern."""
    return text.replace("X", "x").replace("o", "x")


def _spread(values: list[float]) -> tuple[float, ...]:
    return tuple(round(float(v), 3) for v in np.percentile(values, SPREAD))


def _shares(counter: Counter[Any], total: int, most: int | None = None) -> dict[Any, float]:
    ranked = sorted(counter.items(), key=lambda item: (-item[1], str(item[0])))[:most]
    return {name: round(count / max(1, total), 4) for name, count in ranked}


def _phrases(labels: dict[str, Any]) -> set[tuple[str, str]]:
    """Mode and numerals of each four bars of a piece that have chords throughout."""
    if not labels.get("key"):
        return set()
    key, names = Key.parse(labels["key"]), labels["chords"]
    found = set()
    for start in range(0, len(names) - 7, 8):
        phrase = names[start : start + 8]
        if all(phrase):
            halves = [numeral_of(Chord.parse(name), key.tonic) for name in phrase]
            bars = [a if a == b else f"{a} {b}" for a, b in zip(halves[::2], halves[1::2], strict=True)]
            found.add((key.mode, " | ".join(bars)))
    return found


class _Gathering:
    """One walk over the pieces of a catalog."""

    def __init__(self, catalog: Catalog, split: str | None) -> None:
        self.catalog, self.split = catalog, split
        self.counters = {name: Counter[Any]() for name in ("key", "genre", "mood", "meter")}
        self.programs: dict[str, Counter[int]] = defaultdict(Counter)
        self.density: dict[str, list[float]] = defaultdict(list)
        self.low: dict[str, list[float]] = defaultdict(list)
        self.high: dict[str, list[float]] = defaultdict(list)
        self.descriptors: dict[str, list[float]] = defaultdict(list)
        self.tempos: list[float] = []
        self.genre_tempos: dict[str, list[float]] = defaultdict(list)
        self.progressions: Counter[tuple[str, str]] = Counter()
        self.pieces = 0

    def style(self, name: str) -> LibraryStyle:
        for piece in self.catalog.pieces(split=self.split, has_grid=True):
            self._add(piece.labels)
        total = self.pieces
        return LibraryStyle(
            name=name,
            pieces=total,
            tempo=_spread(self.tempos) if self.tempos else None,  # pyright: ignore[reportArgumentType]
            keys=_shares(self.counters["key"], total, 12),
            genres=_shares(self.counters["genre"], total),
            moods=_shares(self.counters["mood"], total),
            meters=_shares(self.counters["meter"], total),
            programs={
                role: tuple(_shares(counter, counter.total(), PROGRAMS_A_ROLE).items())
                for role, counter in sorted(self.programs.items())
            },
            density={role: _spread(values) for role, values in sorted(self.density.items())},
            register={
                role: (float(np.median(values)), float(np.median(self.high[role])))
                for role, values in sorted(self.low.items())
            },
            descriptors={name: _spread(values) for name, values in self.descriptors.items()},
            genre_tempo={
                name: round(float(np.median(values)), 2)
                for name, values in self.genre_tempos.items()
                if len(values) >= 3
            },
            drum_patterns=self._drums(1, ONE_BAR_PATTERNS) + self._drums(2, TWO_BAR_PATTERNS),
            bass_cells=self._basses(),
            progressions=tuple((*row, count) for row, count in self.progressions.most_common(PROGRESSIONS)),
        )

    def _add(self, labels: dict[str, Any]) -> None:
        self.pieces += 1
        self.tempos.append(labels["tempo"])
        for name in ("key", "genre", "meter"):
            if labels.get(name):
                self.counters[name][labels[name]] += 1
        self.counters["mood"].update(labels["moods"])
        if labels["genre"]:
            self.genre_tempos[labels["genre"]].append(labels["tempo"])
        if labels.get("written"):  # of a chart its key, tempo and chords count, not how it was voiced here
            self.progressions.update(_phrases(labels))
            return
        for name, value in labels["descriptors"].items():
            self.descriptors[name].append(value)
        for track in labels["tracks"]:
            role = track["role"]
            if not track["notes"] or not role:
                continue
            self.programs[role][track["program"]] += 1
            if "density" in track:
                self.density[role].append(track["density"])
            if "low_pitch" in track and not track["is_drum"]:
                self.low[role].append(track["low_pitch"])
                self.high[role].append(track["high_pitch"])

    def _patterns(self, kind: str, bars: int) -> Iterable[tuple[str, int]]:
        query = (
            "select t.text, t.count from pattern t join piece p on p.id = t.piece where p.state = 'taken'"
            " and t.kind = ? and t.bars = ? and (? is null or p.split = ?) order by t.piece, t.text"
        )
        return self.catalog.db.execute(query, (kind, bars, self.split, self.split))

    def _drums(self, bars: int, most: int) -> tuple[DrumPattern, ...]:
        """The most common patterns; one that differs from another in force alone lends it its counts."""
        pieces: Counter[str] = Counter()
        heard: Counter[str] = Counter()
        forms: dict[str, Counter[str]] = defaultdict(Counter)
        for text, count in self._patterns("drums", bars):
            shape = _shape(text)
            pieces[shape] += 1
            heard[shape] += count
            forms[shape][text] += count
        found = []
        for shape in sorted(pieces, key=lambda s: (-pieces[s], -heard[s], s)):
            voices = json.loads(forms[shape].most_common(1)[0][0])
            if len(voices) >= 2 and ("kick" in voices or "snare" in voices):
                found.append(DrumPattern(voices, bars, pieces[shape], heard[shape]))
            if len(found) == most:
                break
        return tuple(found)

    def _basses(self) -> tuple[BassCell, ...]:
        pieces: Counter[str] = Counter()
        heard: Counter[str] = Counter()
        for text, count in self._patterns("bass", 1):
            if "R" in text.split():
                pieces[text] += 1
                heard[text] += count
        ranked = sorted(pieces, key=lambda text: (-pieces[text], -heard[text], text))[:BASS_CELLS]
        return tuple(BassCell(text, pieces[text], heard[text]) for text in ranked)
