"""likeness: takes of a model of one's own beside takes of the one it was tuned from, held against the library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.errors import BandmateError, BriefError, LibraryError
from bandmate.evaluation.likeness import Likeness, nearer
from bandmate.evaluation.measured import Measured, measured
from bandmate.evaluation.twosample import FOLDS, two_sample_auc
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.library.catalog import Catalog
from bandmate.library.examine import read_score
from bandmate.library.sources.folder import FolderSource
from bandmate.library.style import LibraryStyle
from bandmate.limits import Limit
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.workflows.jobs import Job
from bandmate.workflows.judge import Writer, brief_of, written_by
from bandmate.workflows.models import InstalledModel, find_model, lent_genre, model_identity

LIKENESS_TAKES = Limit("takes", FOLDS, 1000, "takes, of each of the two models")
MOST_PIECES = 400  # of a library; more tell the regression nothing new
CATALOG_FILE = "catalog.sqlite"


def more_like_me(model: str, library: str | Path | None, takes: int, seed: int, job: Job) -> Likeness:
    """Write takes by a model and by the one it was tuned from, on the same plans, and hold both against a library.

    Args:
        model: one of the musician's own; where it holds statistics alone, the rules engine with and without them.
        library: a folder of MIDI files; None = what the model learned from, where it lay then.
        takes: of each, at least FOLDS.
        seed: of the first.
        job: gets progress of "writing" and "measuring".

    Raises:
        BriefError: the model came with Bandmate, or too few takes are asked for.
        LibraryError: the library is not there or holds nothing that can be measured.
        ModelError: the model is missing or damaged.
    """
    found = find_model(model)
    if found.shipped:
        raise BriefError(f"model '{model}' came with Bandmate and was tuned to no library; name one of your own")
    LIKENESS_TAKES.check(takes)
    style = LibraryStyle.load(found.folder)
    pieces = _of_library(found, library)
    tuned_by, untuned_by = _writers(found)
    plans = [make_plan(brief_of(style), seed + number) for number in range(takes)]
    tuned, untuned = [], []
    for number, plan in enumerate(plans):
        tuned += tuned_by(plan, [seed + number])
        untuned += untuned_by(plan, [seed + number])
        job.progress("writing", (number + 1) / takes)
    mine, theirs = _takes(tuned), _takes(untuned)
    job.progress("measuring", 1.0)
    distances = [float(np.mean(list(style.distance(scores).values()) or [0.0])) for scores in (tuned, untuned)]
    return Likeness(
        found.name,
        takes,
        len(np.unique(pieces.works)),
        two_sample_auc(theirs, mine),
        nearer(mine, theirs, pieces),
        *distances,
    )


def _takes(scores: Sequence[Score]) -> Measured:
    return measured((("take", f"plan {n}", score) for n, score in enumerate(scores)), strict=False)


def _writers(model: InstalledModel) -> tuple[Writer, Writer]:
    """Who writes as the model, and who as what it was tuned from."""
    if model.weights is not None:
        model_identity()  # refuses a shipped model that is not there
        return written_by(model.weights), written_by(find_model().folder / "weights.safetensors")

    def lent(plan: Plan, seeds: Sequence[int]) -> list[Score]:
        return _played(replace(plan, genre=lent_genre(model.name, plan.genre)), seeds)

    return lent, _played


def _played(plan: Plan, seeds: Sequence[int]) -> list[Score]:
    return [play(plan, seed) for seed in seeds]


def _of_library(model: InstalledModel, folder: str | Path | None) -> Measured:
    pieces = _from_catalog(model) if folder is None else _from_folder(Path(folder))
    windows = measured((piece for piece, _ in zip(pieces, range(MOST_PIECES), strict=False)), strict=False)
    if len(windows):
        return windows
    if folder is not None:
        raise LibraryError(
            f"{folder}: nothing in it could be measured; give a folder of MIDI files with notes on one meter"
        )
    raise LibraryError(
        f"what model '{model.name}' learned from is not where it lay; name the folder with --library DIR"
    )


def _from_catalog(model: InstalledModel) -> Iterator[tuple[str, str, Score]]:
    path = model.folder / CATALOG_FILE
    if not path.is_file():
        return
    with Catalog(path) as catalog:
        for piece in catalog.pieces(has_grid=True):
            with suppress(BandmateError):  # it has gone or changed since
                yield "library", piece.work, read_score(piece.path, piece.kind, piece.hints)[0]


def _from_folder(folder: Path) -> Iterator[tuple[str, str, Score]]:
    for found in FolderSource(folder).files():
        with suppress(BandmateError):  # what is broken says nothing
            yield "library", found.relative, read_score(found.path, found.source.kind, found.hints)[0]
