"""learn: take in a folder of the musician's own music, say what it holds, and train a model on it where that can be.

A model folder holds `card.json`, `catalog.sqlite` (what was taken, from where, under which licence), `style.json` (how
the library plays), `runs.npz` and `origins.npz` (its runs of notes, for the copy check and to say what is quoted) and,
after training, weights. Until it is whole it lies beside the models under a hidden name; a run that was stopped goes
on there.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import BandmateError, LibraryError, MissingExtra, ModelError, OutputError, UserError
from bandmate.io.atomic import write_text_atomic
from bandmate.library.catalog import Catalog
from bandmate.library.examine import read_score
from bandmate.library.ingest import Progress, ingest
from bandmate.library.origin_file import save_origins
from bandmate.library.origins import OriginIndex, Piece
from bandmate.library.report import MIN_TRAIN_BARS, MIN_TRAIN_PIECES, IngestReport
from bandmate.library.runs import RunIndex, coded_lines
from bandmate.library.style import LibraryStyle
from bandmate.limits import TRAIN_MINUTES
from bandmate.score.model import Score
from bandmate.training.methods import AUTO, method_of
from bandmate.workflows.catalogs import ORIGINS_FILE
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.judge import judge, written_by
from bandmate.workflows.model_versions import drop_if_unchanged, keep_version
from bandmate.workflows.models import CARD_FILE, RUNS_FILE, WEIGHTS_FILE, installed_models, models_folder
from bandmate.workflows.places import safe_name

CATALOG_FILE = "catalog.sqlite"

NOT_TRAINED = "statistics only"


@dataclass(frozen=True, slots=True)
class LearnReport:
    """What came of learning.

    Attributes:
        name, folder: of the model.
        library: what was taken and left out.
        training: what training learned, plain data; None if it did not run.
        without_training: why it did not run and what to do about it, in one sentence; empty if it ran.
        seconds: how long everything took.
    """

    name: str
    folder: Path
    library: IngestReport
    training: dict[str, Any] | None = None
    without_training: str = ""
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """The report in words."""
        text = [*self.library.lines(), *(self.training or {}).get("lines", ())]
        if self.without_training:
            text.append(self.without_training)
        return [
            *text,
            f"model '{self.name}' is in {self.folder}; use it with: bandmate compose ... --model {self.name}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "name": self.name, "folder": str(self.folder), "library": self.library.to_json(),
            "training": self.training, "without_training": self.without_training, "seconds": self.seconds,
        }  # fmt: skip


def checked_name(name: str) -> str:
    """A name for a model that is legal as a folder on every system.

    Raises:
        ModelError: it is not; the message gives one that is.
    """
    legal = safe_name(name, "mine")
    if name != legal or name.startswith((".", "_")):
        raise ModelError(
            f"'{name}' cannot be the name of a model; use letters, digits and dashes, such as --name {legal}"
        )
    return name


def _target(name: str, update: bool) -> Path:
    """The folder to work in: the model's own to bring it up to date, else a hidden one."""
    models = {model.name: model for model in installed_models()}
    taken = models.get(name)
    if taken is not None and taken.shipped:
        raise ModelError(f"model '{name}' came with Bandmate; give yours another name, such as --name my-{name}")
    if taken is not None and not update:
        raise ModelError(
            f"model '{name}' exists already; add to it with --update, give another --name, or free the name with:"
            f" bandmate models remove {name}"
        )
    folder = taken.folder if taken is not None else models_folder() / f".learning-{name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"folder {folder} cannot be made ({error.strerror}); set BANDMATE_HOME to one that can"
        ) from error
    return folder


def _taken_scores(catalog: Catalog, kept: list[Piece]) -> Iterator[tuple[str, str, Score]]:
    """The pieces to learn from, read again one by one and noted down; one that has gone since is passed over."""
    for piece in catalog.pieces(split="train"):
        if piece.labels.get("written"):
            continue  # chords of a chart are nobody's melody
        with suppress(BandmateError):
            score = read_score(piece.path, piece.kind, piece.hints)[0]
            kept.append(Piece(piece.relative, piece.relative, piece.work, piece.source, piece.licence, piece.credit))
            yield piece.relative, piece.work, score


def _card(name: str, catalog: Catalog, report: IngestReport, training: dict[str, Any] | None) -> dict[str, Any]:
    from bandmate import __version__

    query = (
        "select s.name, p.licence, p.credit, count(*) from piece p join source s on s.id = p.source"
        " where p.state = 'taken' and p.split = 'train' group by 1, 2, 3 order by 1, 2, 3"
    )
    sources = [
        {"name": row[0], "licence": row[1] or "not stated", "credit": row[2], "pieces": row[3]}
        for row in catalog.db.execute(query)
    ]
    card = {
        "name": name,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "bandmate": __version__,
        "summary": report.summary,
        "licence": "yours; what it was made from stands under sources",
        "sources": sources,
        "library": report.to_json(),
        "training": training or NOT_TRAINED,
    }
    return {**card, **{key: training[key] for key in ("sha256", "tokenizer", "size") if training and key in training}}


def learn(
    folder: str | Path,
    name: str,
    *,
    train: bool = True,
    update: bool = False,
    minutes: float | None = None,
    method: str = AUTO,
    audio: bool = False,
    workers: int | None = None,
    listener: Listener | None = None,
) -> LearnReport:
    """Take in a folder and make a model of it.

    Args:
        folder: of any layout, with files of music at any depth.
        name: what `--model` will take.
        train: also train, where torch is installed and there is music enough.
        update: add to a model of that name; files it knows are not read again.
        minutes: longest time for training; None = its own choice.
        method: "full", "low-rank", "prefix" or "auto" (see `training.methods`).
        audio: also take in sound files: loops, stems and drum loops, written down by ear where that is sure enough.
        workers: processes that read files.
        listener: gets progress events (see `workflows.jobs`).

    Returns:
        What was taken, what was left out and why, what the library is enough for, and what training learned.

    Raises:
        LibraryError: the folder does not exist, holds no music or nothing usable.
        ModelError: the name is taken or no legal name.
        OutputError: the model's folder cannot be written.
        BriefError: no such method, or minutes out of range.
    """
    method_of(method)
    if minutes is not None:
        TRAIN_MINUTES.check(minutes)
    started = time.perf_counter()
    job = Job(listener, {"reading": 1.0, "indexing": 0.2, "training": 8.0 if train and _has_torch() else 0.0})
    target = _target(checked_name(name), update)
    kept = keep_version(target) if update else None
    with Catalog(target / CATALOG_FILE) as catalog:
        report = _library(folder, catalog, target, name, workers, audio, job)
        reason = _why_not(report, train)
        training = _earlier_training(target) if update else None
        if not reason:
            try:
                training, reason = _trained(target, catalog, minutes, method, update, training, job)
            except UserError as error:  # what was read stays: a model of statistics is better than none
                reason = f"not trained: {error}"
        write_text_atomic(target / CARD_FILE, json.dumps(_card(name, catalog, report, training), indent=1))
    drop_if_unchanged(target, kept)
    final = target if target.name == name else _moved(target, models_folder() / name)
    seconds = round(time.perf_counter() - started, 2)
    return LearnReport(name, final, report, None if reason else training, reason, seconds)


def _earlier_training(target: Path) -> dict[str, Any] | None:
    """What the card says of how the weights that are there were trained."""
    with suppress(OSError, ValueError, AttributeError):
        said = json.loads((target / CARD_FILE).read_text(encoding="utf-8")).get("training")
        return said if isinstance(said, dict) and (target / WEIGHTS_FILE).is_file() else None
    return None


def _library(
    folder: str | Path, catalog: Catalog, target: Path, name: str, workers: int | None, audio: bool, job: Job
) -> IngestReport:
    def told(progress: Progress) -> None:
        job.progress("reading", progress.done / max(1, progress.total))
        job.tell("reading", done=progress.done, total=progress.total, taken=progress.taken, left_out=progress.left_out,
                 known=progress.known, seconds_left=progress.seconds_left)  # fmt: skip

    report = ingest(folder, catalog, told, workers=workers, sounds=audio)
    if not report.taken:
        shutil.rmtree(target, ignore_errors=True) if target.name.startswith(".") else None
        first = report.reasons[0]
        raise LibraryError(
            f"nothing in {folder} can be learned from: of {counted(report.left_out, 'file')} {first.count} "
            f"{'is' if first.count == 1 else 'are'} {first.meaning}"
            f" ({first.examples[0][0]}: {first.examples[0][1]}); give a folder of whole pieces or loops"
        )
    LibraryStyle.of(catalog, name).save(target)
    _index(catalog, target)
    job.progress("indexing", 1.0)
    return report


def _index(catalog: Catalog, target: Path) -> None:
    """The library's runs of notes, for the copy check and for `origin`; its files are read once."""
    pieces: list[Piece] = []
    lines = coded_lines(_taken_scores(catalog, pieces))
    RunIndex.of_lines(lines).save(target / RUNS_FILE)
    save_origins(OriginIndex.of_lines(lines, pieces), target / ORIGINS_FILE)


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


def _why_not(report: IngestReport, train: bool) -> str:
    """Why training does not run, with the cure; empty if it does."""
    if not train:
        return "not trained, as asked: the rules engine follows the library's statistics and patterns"
    if not report.enough_to_train:
        return (
            f"too little to train on: {counted(report.splits.get('train', 0), 'piece')} and "
            f"{counted(report.bars, 'bar')}, from {MIN_TRAIN_PIECES} pieces and {MIN_TRAIN_BARS} bars on it begins "
            "to say something; add music and run it again with --update; until then the rules engine follows the "
            "library's statistics and patterns"
        )
    if not _has_torch():
        return f"{MissingExtra('learn', 'training')}; until then the rules engine follows its statistics and patterns"
    return ""


def _trained(
    target: Path, catalog: Catalog, minutes: float | None, method: str, update: bool, earlier: dict[str, Any] | None,
    job: Job,
) -> tuple[dict[str, Any] | None, str]:  # fmt: skip
    """Hand the library to the trainer; its report with what the model makes of the library, or why it did not run."""
    trainer = importlib.import_module("bandmate.training.learn")
    if update and earlier and trainer.nothing_new(target, catalog, method):
        return earlier, "not trained: nothing here is new to the model, so its weights stay"
    result = trainer.fine_tune(
        target, catalog, minutes=minutes, method=method, onward=update,
        progress=lambda share: job.progress("training", share),
    )  # fmt: skip
    data = result.to_json()
    try:
        judgement = judge(target, written_by(target / WEIGHTS_FILE))
    except UserError as error:
        return {**data, "lines": [*data.get("lines", ()), f"its takes were not judged: {error}"]}, ""
    return {**data, "takes": judgement.to_json(), "lines": [*data.get("lines", ()), *judgement.lines()]}, ""


def _moved(source: Path, destination: Path) -> Path:
    try:
        for rest in source.glob(f"{CATALOG_FILE}-*"):  # write-ahead files of a catalog that is closed are empty
            rest.unlink()
        source.rename(destination)
    except OSError as error:
        raise OutputError(
            f"{source} is complete but cannot be moved to {destination} ({error.strerror}); close programs that use it"
            " and run the same command again"
        ) from error
    return destination
