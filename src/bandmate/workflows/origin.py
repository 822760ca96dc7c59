"""origin: which runs of notes a take or a file shares with the pieces that a model learned from, bar by bar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bandmate.analysis.captions import instrument_name
from bandmate.analysis.meter import score_bars
from bandmate.counts import counted
from bandmate.errors import FileFormatError, ModelError
from bandmate.io.files import read
from bandmate.score.cut import split_channels
from bandmate.score.model import Score, Track
from bandmate.workflows.catalogs import ORIGINS_FILE, catalog_identity, catalogs_of, open_catalog
from bandmate.workflows.models import installed_models
from bandmate.workflows.take import FILE_NAME, Take, read_take

if TYPE_CHECKING:
    from bandmate.library.fingerprint import Line
    from bandmate.library.origins import SharedRun

_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BARS_A_LINE = 64


@dataclass(frozen=True, slots=True)
class Quote:
    """A run that a score shares with a piece; tracks and bars count from 1.

    Attributes:
        notes: its length; track, first_bar, last_bar: where it lies.
        piece, file, source, licence, credit: what it comes from; piece_track, piece_bar: where it starts there.
        works: how many works of the catalog hold all of it; catalog: name of the model that learned from them.
    """

    notes: int
    track: int
    first_bar: int
    last_bar: int
    piece: str
    file: str
    source: str
    licence: str
    credit: str
    piece_track: int
    piece_bar: int
    works: int
    catalog: str

    @property
    def place(self) -> str:
        """Where it comes from, in words."""
        terms = ", ".join(filter(None, (self.source, self.licence or "licence not stated", self.credit)))
        more = f" and {counted(self.works - 1, 'other work')}" if self.works > 1 else ""
        return f"{self.piece}, bar {self.piece_bar}{more} ({terms})"

    @property
    def bars(self) -> str:
        """Its bars, in words."""
        one = self.first_bar == self.last_bar
        return f"bar {self.first_bar}" if one else f"bars {self.first_bar}-{self.last_bar}"


@dataclass(frozen=True, slots=True)
class TrackOrigin:
    """What a track shares.

    Attributes:
        number: from 1; name; is_drum: drums are never looked at.
        bars: for each bar, notes of the longest run that touches it, 0 = none.
        longest: of its runs, None if it shares none.
    """

    number: int
    name: str
    is_drum: bool
    bars: tuple[int, ...]
    longest: Quote | None


@dataclass(frozen=True, slots=True)
class Origin:
    """What a piece shares with what models learned from.

    Attributes:
        file: what was asked about; catalogs: name -> pieces, notes and hash of what it was held against.
        tracks: one entry a track with notes; quotes: all runs, longest first.
        notices: what a reader has to know beside that.
    """

    file: str
    catalogs: dict[str, dict[str, Any]]
    tracks: tuple[TrackOrigin, ...]
    quotes: tuple[Quote, ...]
    notices: tuple[str, ...] = ()

    @property
    def longest(self) -> Quote | None:
        """The longest shared run, None if there is none."""
        return self.quotes[0] if self.quotes else None

    @property
    def summary(self) -> str:
        """The answer in one line."""
        if all(track.is_drum for track in self.tracks):
            return "drums alone: their patterns are common property and never looked at"
        if self.longest is None:
            return "no run of eight notes or more is shared"
        run = self.longest
        return f"longest shared run: {counted(run.notes, 'note')}, track {run.track}, {run.bars}"

    def lines(self) -> Iterator[str]:
        """The report in words: one sign a bar, `.` = nothing, else the notes of the longest run (a = 10, z = 35)."""
        against = ", ".join(f"{name} ({counted(of['pieces'], 'piece')}, {counted(of['notes'], 'note')})"
                            for name, of in self.catalogs.items())  # fmt: skip
        yield f"{self.file}: {self.summary}"
        yield f"  held against {against}"
        width = max(len(track.name) for track in self.tracks)
        for track in self.tracks:
            head = f"  {track.number:2d} {track.name.ljust(width)}  "
            if track.is_drum:
                yield f"{head}drums"
                continue
            strip = "".join(_sign(notes) for notes in track.bars)
            for at in range(0, max(1, len(strip)), _BARS_A_LINE):
                yield (head if at == 0 else " " * len(head)) + strip[at : at + _BARS_A_LINE]
            if track.longest:
                run = track.longest
                yield f"{' ' * len(head)}{counted(run.notes, 'note')}, {run.bars}: {run.place}"
        yield from (f"note: {notice}" for notice in self.notices)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {**asdict(self), "longest": asdict(self.longest) if self.longest else None}


def _sign(notes: int) -> str:
    return "." if not notes else _SIGNS[notes] if notes < len(_SIGNS) else "+"


def origin(source: str | Path, *, model: str | None = None) -> Origin:
    """Find the runs that a take or a file shares with what models learned from.

    Args:
        source: a take.json, its folder, or a file of music.
        model: whose catalog is searched; None = for a take that of the model that made it, for a file those of all
            models on this machine.

    Raises:
        FileFormatError: the file is missing, damaged or holds no notes.
        ModelError: the model, or its catalog, is not here.
    """
    path = Path(source).expanduser()
    if path.is_dir() or path.suffix.lower() == ".json":
        take = read_take(path)
        score, catalogs, notices = take.score, _catalogs_of_take(take, model), _changes(take, model)
        path = take.json_path if path.name == FILE_NAME else take.midi
    else:
        score, notices = split_channels(read(path)), ()
        catalogs = catalogs_of(model) if model else _every_catalog()
    if not score.note_count:
        raise FileFormatError(f"{path} holds no notes, so nothing in it comes from anywhere; give a piece of music")
    found = [(name, run) for name, place in catalogs.items() for run in open_catalog(place).shared_runs(score)]
    quotes = tuple(_quote(name, run) for name, run in sorted(found, key=lambda item: -item[1].notes))
    bars = len(score_bars(score))
    tracks = tuple(_track(number, track, quotes, bars)
                   for number, track in enumerate(score.tracks, 1) if len(track.notes))  # fmt: skip
    return Origin(str(source), _described(catalogs), tracks, quotes, notices)


def longest_shared(score: Score, model: str | None) -> Quote | None:
    """The longest run that a score shares with what a model learned from, None if there is none."""
    found = [
        (name, run) for name, place in catalogs_of(model).items() for run in open_catalog(place).shared_runs(score)
    ]
    return _quote(*max(found, key=lambda item: item[1].notes)) if found else None


def longest_new(before: Score, after: Score, model: str | None) -> Quote | None:
    """The longest run that an edit shares with what a model learned from and that holds a note which the edit wrote."""
    from bandmate.library.fingerprint import melodic_lines

    old = {place for line in melodic_lines(before) for place in _places(line)}
    lines = {line.track: [place not in old for place in _places(line)] for line in melodic_lines(after)}
    found = [
        (name, run) for name, place in catalogs_of(model).items() for run in open_catalog(place).shared_runs(after)
        if any(lines[run.track][run.first_note : run.first_note + run.notes])
    ]  # fmt: skip
    return _quote(*max(found, key=lambda item: item[1].notes)) if found else None


def _places(line: Line) -> list[tuple[int, int]]:
    return list(zip(line.onset_steps.tolist(), line.pitch.tolist(), strict=True))


def _described(catalogs: dict[str, Path]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "pieces": len(open_catalog(path)),
            "notes": open_catalog(path).notes,
            "sha256": catalog_identity(name)[name],
        }
        for name, path in catalogs.items()
    }


def _every_catalog() -> dict[str, Path]:
    paths = {model.name: model.folder / ORIGINS_FILE for model in installed_models()}
    found = {name: path for name, path in paths.items() if path.is_file()}
    return found or catalogs_of()  # none at all: says so


def _catalogs_of_take(take: Take, model: str | None) -> dict[str, Path]:
    name = model or take.recipe.model.get("name")
    try:
        return catalogs_of(name)
    except ModelError as error:
        if model or not name:
            raise
        raise ModelError(f"{take.json_path} was made by a model whose catalog is not here: {error}") from error


def _changes(take: Take, model: str | None) -> tuple[str, ...]:
    """What is not as it was when the take was made."""
    name = take.recipe.model.get("name")
    if not name:
        return ("the rules engine wrote this, which learned from no piece",)
    then, now = take.recipe.catalog, catalog_identity(name)
    if model not in (None, name) or not then or then == now:
        return ()
    return (f"model '{name}' has learned from something else since this take was made",)


def _quote(catalog: str, run: SharedRun) -> Quote:
    piece = run.piece
    return Quote(
        run.notes, run.track + 1, run.first_bar + 1, run.last_bar + 1, piece.name, piece.file, piece.source,
        piece.licence, piece.credit, run.piece_track + 1, run.piece_bar + 1, run.works, catalog,
    )  # fmt: skip


def _track(number: int, track: Track, quotes: Sequence[Quote], count: int) -> TrackOrigin:
    bars = np.zeros(count, int)
    mine = [quote for quote in quotes if quote.track == number]
    for quote in mine:
        part = bars[quote.first_bar - 1 : quote.last_bar]
        np.maximum(part, quote.notes, out=part)
    name = track.name or instrument_name(track)
    return TrackOrigin(number, name, track.is_drum, tuple(bars.tolist()), mine[0] if mine else None)
