"""evaluate: the report card of a folder of pieces, or of takes that a model writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.analysis.genres import genre, genre_ids
from bandmate.counts import counted
from bandmate.errors import BriefError, LibraryError, ScoreError
from bandmate.evaluation.excerpt import windows
from bandmate.evaluation.facts import FactRow, fact_rows
from bandmate.evaluation.likeness import Likeness
from bandmate.evaluation.measured import measured, together
from bandmate.evaluation.report import ReportCard, report_card
from bandmate.evaluation.yardstick import kind_of, yardstick
from bandmate.limits import SEED, Limit
from bandmate.score.model import Score
from bandmate.workflows.evaluation_pictures import draw_evaluation, plots_folder
from bandmate.workflows.gather import gather, skip
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.likeness import more_like_me
from bandmate.workflows.neighbours import EDITS, Neighbours, edits_of, model_weights
from bandmate.workflows.obedience import DEMANDED, Obedience, obedience

TAKES = Limit("takes", 1, 10_000, "takes")
BARS = 16
WEIGHTS = {"writing": 3.0, "measuring": 1.0, "asking": 3.0, "editing": 2.0}
RULES = "rules"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` found.

    Attributes:
        subject: the folder or the model.
        pieces: how many were measured; skipped: those that were not, each with its reason.
        card: the lines held against people's music of a kind.
        facts: the lines held against the facts of each piece's genre, where genres are known.
        obeyed: which demands the model meets and what its takes share with its library, where that was asked for.
        likeness: whether the model came nearer to its library, where that was asked.
        edits: how well bars that the model writes anew fit their neighbours, where that was asked.
    """

    subject: str
    pieces: int
    skipped: tuple[str, ...]
    card: ReportCard
    facts: tuple[FactRow, ...] = ()
    obeyed: Obedience | None = None
    likeness: Likeness | None = None
    edits: Neighbours | None = None

    def lines(self) -> list[str]:
        """The card for reading, with its summary last."""
        table = self.card.lines()
        facts = [f"  {f.name:24}{f.median:10.3f}  {f.share:.0%} of {f.n} windows as the genre has it ({f.unit})"
                 for f in self.facts]  # fmt: skip
        pieces, windows = counted(self.pieces, "piece"), counted(self.card.windows, "window")
        about = f"{self.subject}: {pieces}, {windows} of up to {BARS} bars"
        heading = ["facts of the genre, where no people's music of it is at hand"] if facts else []
        asked = ["demands, asked at random", *self.obeyed.lines()] if self.obeyed else []
        like = self.likeness.lines() if self.likeness else []
        edits = self.edits.lines() if self.edits else []
        return [about, *table[:-1], *heading, *facts, *asked, *like, *edits, *table[-1:]]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        facts = {f.name: {"unit": f.unit, "median": round(f.median, 4), "windows": f.n, "kept": round(f.share, 4)}
                 for f in self.facts}  # fmt: skip
        obeyed = self.obeyed.to_json() if self.obeyed else {}
        like = self.likeness.to_json() if self.likeness else None
        edits = self.edits.to_json() if self.edits else None
        return {"subject": self.subject, "pieces": self.pieces, "skipped": list(self.skipped), **self.card.to_json(),
                "facts": facts, "obeyed": obeyed, "likeness": like, "edits": edits,
                "summary": self.card.summary}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    genre: str | None
    score: Score


def evaluate(
    pieces: str | Path | None = None,
    *,
    model: str | None = None,
    kind: str | None = None,
    takes: int = 20,
    seed: int = 0,
    genre_id: str | None = None,
    demands: int = 0,
    edits: int = 0,
    library: str | Path | bool = False,
    plots: str | Path | None = None,
    listener: Listener | None = None,
) -> Evaluation:
    """Measure a folder of pieces, or takes of a model, and hold them against people's music.

    Args:
        pieces: folder of MIDI files at any depth, or one file; files that cannot be read are skipped and named. With
            a model and edits it is the music whose bars are written anew.
        model: an installed model, or "rules" for the rules engine, whose takes of 16 bars go through the genres.
        kind: "band", "piano", "chamber", "drums" or "drums.STYLE"; None = what most pieces are.
        takes: how many the model writes.
        seed: of its first take.
        genre_id: the genre the pieces are of or the takes shall be of; their facts are held against its facts.
        demands: of a model, how many takes with random demands are written to count which it meets; 0 = none.
        edits: of a model, how many bars of the pieces it writes anew, to see how well they fit their neighbours; 0 =
            none. The pieces should be music that it did not learn from.
        library: True, or a folder: also hold takes of a model of one's own, and of the one it was tuned from, against
            the library it learned from, or against the music in that folder.
        plots: a folder for pictures of all that was measured; None = none are drawn.
        listener: gets "progress", "notice" and "file" events.

    Raises:
        BriefError: neither or both of pieces and model are given, or a kind or genre is not known.
        LibraryError: the folder is not there or holds no music that can be measured.
        ModelError: the model is missing or damaged.
        OutputError: the pictures cannot be written.
    """
    _check(pieces, model, kind, takes, seed, genre_id, demands, edits, bool(library))
    if plots is not None:
        plots_folder(plots)
    job, skipped = Job(listener, WEIGHTS), []
    like = more_like_me(str(model), None if library is True else library, takes, seed, job) if library else None
    refilled = _edits(str(model), Path(str(pieces)).expanduser(), edits, seed, skipped, job) if edits else None
    if model is None:
        found = _read_all(Path(str(pieces)).expanduser(), genre_id, skipped, job)
    else:
        found = _written(model, genre_id, takes, seed, job)
    result = _measure(str(model or pieces), list(found), kind, skipped, job)
    result = replace(result, likeness=like, edits=refilled)
    if demands:
        result = replace(result, obeyed=obedience(str(model), demands, seed, job))
    for path in draw_evaluation(result.to_json(), plots) if plots is not None else ():
        job.tell("file", path=str(path))
    return result


def _check(
    pieces: str | Path | None,
    model: str | None,
    kind: str | None,
    takes: int,
    seed: int,
    genre_id: str | None,
    demands: int,
    edits: int,
    library: bool,
) -> None:
    """Refuse what cannot be measured before anything is."""
    if edits and (pieces is None or model is None):
        raise BriefError("edits are a model's, of bars of people's music; give both --model NAME and --pieces DIR")
    if not edits and (pieces is None) == (model is None):
        raise BriefError("evaluate either a folder of pieces or a model; give one of --pieces DIR and --model NAME")
    if genre_id is not None:
        genre(genre_id)
    if kind is not None:
        yardstick(kind)
    if demands and model is None:
        raise BriefError("demands are made of a model, not of pieces; give --model NAME")
    if library and (model is None or model == RULES):
        raise BriefError("a library is held against a model that learned from it; give --model NAME")
    TAKES.check(takes)
    for limit, value in ((DEMANDED, demands), (EDITS, edits)):
        if value:
            limit.check(value)
    SEED.check(seed)
    if edits:
        model_weights(str(model))


def _edits(model: str, place: Path, count: int, seed: int, skipped: list[str], job: Job) -> Neighbours:
    """Bars of the pieces of a folder, written anew."""
    scores = [piece.score for piece in _read_all(place, None, skipped, job)]
    return edits_of(model, scores, count, seed, lambda share: job.progress("editing", share))


def _measure(subject: str, found: list[_Piece], kind: str | None, skipped: list[str], job: Job) -> Evaluation:
    parts, usable, excerpts = [], [], []
    for number, piece in enumerate(found, 1):
        try:
            part = measured([(subject, piece.name, piece.score)], strict=False)
            if not len(part):
                raise ScoreError("no stretch of one meter with notes")
        except ScoreError as error:
            skip(piece.name, error, skipped, job)
            continue
        parts.append(part)
        usable.append(piece)
        if piece.genre is not None:
            excerpts += [(excerpt, piece.genre) for excerpt in windows(piece.score, strict=False)]
        job.progress("measuring", number / len(found))
    if not parts:
        raise LibraryError(f"{subject}: nothing in it could be measured; give MIDI files with notes on one meter")
    people = yardstick(kind or kind_of([piece.score for piece in usable]))
    card = report_card(together(parts), people)
    return Evaluation(subject, len(usable), tuple(skipped), card, fact_rows(excerpts))


def _read_all(place: Path, genre_id: str | None, skipped: list[str], job: Job) -> Iterator[_Piece]:
    for name, score in gather(place, skipped, job, "writing"):
        yield _Piece(name, genre_id, score)


def _written(model: str, genre_id: str | None, takes: int, seed: int, job: Job) -> Iterator[_Piece]:
    """Takes of 16 bars, each of the next genre."""
    from bandmate.settings import Settings
    from bandmate.workflows.candidates import write_down
    from bandmate.workflows.compose import ComposeOptions, plan_request, understand
    from bandmate.workflows.making import choose_engine

    genres = (genre_id,) if genre_id else genre_ids()
    step = max(1, len(genres) // takes)  # few takes are spread over the table
    engine, library = (RULES, None) if model == RULES else (None, model)
    for number in range(takes):
        name, settings = genres[number * step % len(genres)], Settings()
        chosen = ComposeOptions(genre=name, bars=BARS, seed=seed + number, engine=engine, model=library)
        request = plan_request(understand("", chosen, settings), chosen, settings)
        take = next(write_down(request, choose_engine(request.options), Job()))
        job.progress("writing", (number + 1) / takes)
        yield _Piece(f"{name} {seed + number}", name, take.score)
