"""learn --from-takes: a model that writes more like the takes that were starred, less like those discarded.

It begins from a model, which is the reference, too, and learned from what that one learned from; what the base's folder
holds beside its weights goes along.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import BandmateError, LibraryError, MissingExtra, ModelError
from bandmate.io.atomic import write_text_atomic
from bandmate.workflows.catalogs import ORIGINS_FILE
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.learn import checked_name
from bandmate.workflows.models import (
    CARD_FILE,
    WEIGHTS_FILE,
    InstalledModel,
    find_model,
    installed_models,
    models_folder,
)
from bandmate.workflows.sessions import all_sessions, take_of
from bandmate.workflows.take import Take
from bandmate.workflows.taste import grade


@dataclass(frozen=True, slots=True)
class TakesReport:
    """What came of it.

    Attributes:
        name, folder: of the new model; base: of the one it began from.
        takes: how many takes of sessions with marks were read; training: what training says, plain data.
        left_out: takes and pairs that could not be used, one sentence a reason.
    """

    name: str
    folder: Path
    base: str
    takes: int
    training: dict[str, Any]
    left_out: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The report in words."""
        said = self.training
        edits = (
            f"{said['edits']} of the pairs are told apart by the cells in which they differ" if said["edits"] else ""
        )
        return [
            f"tuned '{self.base}' on {counted(said['pairs'], 'pair')} of {counted(self.takes, 'take')} in "
            f"{said['seconds'] / 60:.1f} min: of {counted(said['held_out'], 'pair')} it did not see it agrees with "
            f"{100 * said['agreed']:.0f} % (margin {said['margin']:+.4f} nats a row)",
            *([edits] if said["edits"] else []),
            *self.left_out,
            f"model '{self.name}' is in {self.folder}; use it with: bandmate compose ... --model {self.name}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {"name": self.name, "folder": str(self.folder), "base": self.base, "takes": self.takes,
                "training": self.training, "left_out": list(self.left_out)}  # fmt: skip


def learn_from_takes(
    name: str, *, base: str | None = None, minutes: float | None = None, listener: Listener | None = None
) -> TakesReport:
    """Tune a model on the stars and discards of all sessions.

    Args:
        name: of the new model.
        base: of the model to begin from, None = the shipped one.
        minutes: longest time for training; None = 8.
        listener: gets progress events.

    Raises:
        ModelError: the name is taken or no legal name, or the base has no weights.
        LibraryError: too few takes are marked, or the new model does not agree better with takes it never saw.
        MissingExtra: torch is not installed.
    """
    if checked_name(name) in {model.name for model in installed_models()}:
        raise ModelError(f"model '{name}' exists already; give another --name, or: bandmate models remove {name}")
    model = find_model(base)
    if model.weights is None:
        raise ModelError(f"model '{model.name}' has no weights, so it cannot be tuned; leave --model out")
    try:
        from bandmate.training.preference import PreferenceOptions, tune
    except ImportError as error:
        raise MissingExtra("learn", "training") from error
    from bandmate.models.checkpoint import load_weights

    job = Job(listener, {"reading": 1.0, "training": 4.0})
    takes, left_out = _graded(job)
    start = load_weights(model.weights)
    options = PreferenceOptions() if minutes is None else PreferenceOptions(minutes=minutes)
    try:
        tensors, report = tune(start, takes, options, lambda share: job.progress("training", share))
    except LibraryError as error:
        raise LibraryError("; ".join([str(error), *left_out])) from error
    if report.same:
        left_out.append(f"left out {counted(report.same, 'pair')} whose two takes are the same notes")
    if not report.improved:
        raise LibraryError(
            f"of {counted(report.held_out, 'pair')} of takes that were held out the tuned model agrees with "
            f"{100 * report.agreed:.0f} %, so it was not kept; star and discard more takes"
        )
    folder = _installed(name, model, tensors, report.to_json())
    return TakesReport(name, folder, model.name, len(takes), report.to_json(), tuple(left_out))


def _graded(job: Job) -> tuple[list[Any], list[str]]:
    """The takes of all sessions in which some were marked, as rows, and which could not be read and why."""
    from bandmate.training.preference import Graded, rows_of

    sessions = [session for session in all_sessions() if len({grade(entry) for entry in session.entries}) > 1]
    wanted = [(session, entry) for session in reversed(sessions) for entry in session.entries]
    found, left_out = [], []
    for number, (session, entry) in enumerate(wanted, 1):
        name = f"take {entry.number} of {session.name}"
        try:
            piece = _piece(take_of(session, entry.number))
            if (rows := rows_of(piece)) is None:
                left_out.append(f"left out {name}: it has too few notes")
            else:
                found.append(Graded(rows, session.name, grade(entry), piece))
        except BandmateError as error:  # the others still say something
            left_out.append(f"left out {name}: {error}")
        job.progress("reading", number / len(wanted))
    return found, left_out


def _piece(take: Take) -> Any:
    from bandmate.tokenizers.grid import encode_piece
    from bandmate.training.prepare import measured_labels

    plan = take.plan
    known = {
        "genre": plan.genre, "moods": plan.brief.moods, "key": plan.key.name, "tempo": plan.tempo,
        "chords": plan.chords, "roles": [track.role for track in take.score.tracks],
        "sections": [(part.label, part.start_bar, part.bars, part.energy) for part in plan.sections],
    }  # fmt: skip
    return encode_piece(take.score, measured_labels(take.score, known))


def _installed(name: str, base: InstalledModel, tensors: dict[str, Any], training: dict[str, Any]) -> Path:
    """The new model's folder: made under a hidden name, whole when it has its own."""
    from bandmate import __version__
    from bandmate.library.origin_file import save_origins
    from bandmate.library.origins import OriginIndex
    from bandmate.library.runs import coded_lines
    from bandmate.models.checkpoint import load_weights, save_weights

    folder = models_folder() / f".tuning-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    if base.shipped:  # what it learned from is known beside the shipped model: this one has no pieces of its own
        folder.mkdir(parents=True)
        save_origins(OriginIndex.of_lines(coded_lines([]), []), folder / ORIGINS_FILE)
    else:
        shutil.copytree(base.folder, folder, ignore=shutil.ignore_patterns(WEIGHTS_FILE, CARD_FILE))
    old = load_weights(base.folder / WEIGHTS_FILE)
    digest = save_weights(folder / WEIGHTS_FILE, tensors, old.config, old.tokenizer, f"{base.name}, tuned on takes")
    card = {
        "name": name, "made": datetime.now(UTC).isoformat(timespec="seconds"), "bandmate": __version__,
        "summary": f"'{base.name}', tuned on takes that were starred and discarded",
        "licence": base.card.get("licence", ""), "sources": base.card.get("sources", []), "base": base.name,
        "sha256": digest, "tokenizer": old.tokenizer, "size": base.card.get("size", ""), "training": training,
    }  # fmt: skip
    write_text_atomic(folder / CARD_FILE, json.dumps(card, indent=1))
    final = models_folder() / name
    folder.rename(final)
    return final
