"""Takes of edits: an order's results as takes (`take_files` writes them), and a take made again from its file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, ModelError
from bandmate.io.files import read
from bandmate.io.midi import midi_bytes, read_file_bytes
from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.workflows.edit_desk import piece_plan
from bandmate.workflows.edit_order import CommonOptions, Edit, Order, editor_of, understood, write_down
from bandmate.workflows.inherit import inherited
from bandmate.workflows.jobs import Job
from bandmate.workflows.making import GIVEN_FILE
from bandmate.workflows.outcome import find_given, given_name, given_rows
from bandmate.workflows.places import check_free, fresh_folder, safe_name
from bandmate.workflows.report import Report
from bandmate.workflows.take import FILE_NAME, Recipe, Take, versions
from bandmate.workflows.take_files import Made, beside, card_of, check_not_source, in_folder
from bandmate.workflows.taste import best_first, taste, taste_words, with_taste

_LENT = ("memory",)  # own options that name a file
_NO_PART = ("out", "overwrite")  # of what makes a take again
MIDI_SUFFIXES = (".mid", ".midi")


@dataclass(frozen=True, slots=True, eq=False)
class EditResult:
    """Takes of an edit, and where they lie."""

    takes: tuple[Take, ...]
    place: Path
    heard: str

    @property
    def best(self) -> Take:
        """The first take."""
        return self.takes[0]

    @property
    def score(self) -> Score:
        """The music of the first take."""
        return self.takes[0].score

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        takes = [
            {"folder": str(t.folder.resolve()), "midi": str(t.midi.resolve()), "seed": t.recipe.seed,
             "engine": t.recipe.engine, "report": t.report, "files": sorted(t.files)}
            for t in self.takes
        ]  # fmt: skip
        return {"place": str(self.place.resolve()), "heard": self.heard, "takes": takes}


def save_all(order: Order, edits: Sequence[Edit], job: Job) -> EditResult:
    """Save what an order gave: one take in its folder, several in folders of it, or MIDI files; best first.

    Several are ordered as `compose` orders its takes once stars and discards have taught a taste, until then as they
    were written.

    Raises:
        OutputError: the place cannot be written, or is the file that is edited.
    """
    out = None if order.common.out is None else Path(order.common.out).expanduser()
    found = _ordered(order, edits, job)
    if out is not None and out.suffix:
        takes = [beside(_made(order, edit, n), _numbered(out, at)) for at, (n, edit) in enumerate(found)]
        place = out
    else:
        home = Path(order.origin).parent if order.origin else Path.cwd()
        place = fresh_folder(out if out is not None else home / f"{safe_name(order.name)}-{order.editor.name}")
        if out is not None and place.resolve() != out.resolve():
            job.tell("notice", text=f"{out} holds something already, so this goes to {place}")
        folders = [place] if len(edits) == 1 else [place / f"take-{n + 1}" for n in range(len(edits))]
        name = safe_name(order.name)
        takes = [in_folder(_made(order, edit, n), name, folders[at]) for at, (n, edit) in enumerate(found)]
    job.progress("files", 1.0)
    for number, take in enumerate(takes, 1):
        job.tell("take", number=number, of=len(takes), folder=str(take.folder), share=take.report["share"])
    return EditResult(tuple(takes), place, takes[0].heard)


def check_names(common: CommonOptions, origin: str) -> None:
    """Find out before any work whether the MIDI files that are asked for may be called so.

    Raises:
        OutputError: one is there already, or is the file that is edited.
    """
    out = None if common.out is None else Path(common.out).expanduser()
    if out is None or not out.suffix:
        return
    for path in (_numbered(out, number) for number in range(common.takes)):
        check_not_source(path, origin)
        check_free(path, overwrite=common.overwrite)


def _ordered(order: Order, edits: Sequence[Edit], job: Job) -> list[tuple[int, Edit]]:
    """The edits with the number of each as it was written, which its recipe keeps; best first by what is liked."""
    found = list(enumerate(edits))
    if len(found) < 2 or taste() is None:
        return found

    def standing(one: tuple[int, Edit]) -> tuple[float, float, float]:
        edit = one[1]
        card = card_of(edit.score, order.brief)
        quality = with_taste(card.quality, card.places) if card else 0.0
        return round(Report(edit.demands).stated_share, 9), quality, edit.log_likelihood or 0.0

    job.tell("notice", text=taste_words())
    return best_first(found, standing)


def _numbered(path: Path, number: int) -> Path:
    return path if not number else path.with_name(f"{path.stem}-{number + 1}{path.suffix}")


def _made(order: Order, edit: Edit, number: int) -> Made:
    plan = piece_plan(edit.score, order.brief, order.seed)
    if order.parent is not None:
        plan = inherited(plan, edit.score, order.parent, order.editor.name)
    lent = _lent(order.own)
    given = {GIVEN_FILE: order.data, **{given_name(role, 1): path.read_bytes() for role, path in lent.items()}}
    return Made(partial(_take, order, edit, plan, number), order.origin, edit.heard, given, (), plan.chords, edit.files,
                list(lent.values()))  # fmt: skip


def _lent(own: Any) -> dict[str, Path]:
    """Files beside the piece itself that an editor's own options name."""
    return {name: Path(getattr(own, name)) for name in _LENT if getattr(own, name, None)}


def _take(order: Order, edit: Edit, plan: Plan, number: int, name: str, folder: Path, file: str) -> Take:
    from bandmate.workflows.catalogs import catalog_identity, licences_of
    from bandmate.workflows.models import model_identity

    report = Report(edit.demands).to_json() if edit.demands else {"share": 1.0, "met": True, "demands": []}
    lent = _lent(order.own)
    own = {key: value for key, value in asdict(order.own).items() if value is not None and key not in lent}
    common = {key: value for key, value in asdict(order.common).items() if value is not None and key not in _NO_PART}
    settings = {"edit": {
        "command": order.editor.name, "text": order.text, "options": {**common, **own, "seed": order.seed, "takes": 1},
        "source": order.name, "origin": os.path.relpath(order.origin, folder) if order.origin else "",
        "sha256": hashlib.sha256(order.data).hexdigest(), "lent": given_rows(lent, folder),
        **({"style": order.style} if order.style else {}),
    }}  # fmt: skip
    model = {} if order.engine == "rules" else model_identity(order.common.model)
    catalog = catalog_identity(model["name"]) if model else {}
    recipe = Recipe(
        order.engine, order.seed, (order.seed,), number, settings=settings, versions=versions(),
        model=model, catalog=catalog, licences=licences_of(model["name"]) if catalog else [],
    )  # fmt: skip
    return Take(name, folder, edit.score, plan.brief, plan, edit.heard, report, recipe,
                log_likelihood=edit.log_likelihood, file=file)  # fmt: skip


def redo(old: Take, folder: Path, job: Job) -> Take:
    """Make a take of an edit again into a folder.

    Raises:
        FileFormatError: the file it was made from is gone or was changed. ModelError: the model is another one.
    """
    facts = old.recipe.settings["edit"]
    data = _given(old, facts)
    editor = editor_of(facts["command"])
    names = {item.name for item in fields(editor.own)}
    own = editor.own(**{k: v for k, v in facts["options"].items() if k in names},
                     **{row["role"]: find_given(old, row, 1) for row in facts.get("lent", ())})  # fmt: skip
    common = CommonOptions(**{k: v for k, v in facts["options"].items() if k not in names})
    if old.recipe.model:
        _check_model(old)
    brief = understood(facts["text"], common)
    order = Order(editor, common, own, facts["text"], brief, data, facts["source"], old.recipe.engine, old.recipe.seed,
                  parent=old, style=facts.get("style", ""))  # fmt: skip
    edit = write_down(order, old.recipe.index + 1, job)[old.recipe.index]
    made = _made(order, edit, old.recipe.index)
    if old.file != FILE_NAME:
        return beside(made, folder / old.midi.name)
    return in_folder(made, safe_name(order.name), folder)


def _check_model(old: Take) -> None:
    from bandmate.workflows.catalogs import catalog_identity
    from bandmate.workflows.models import model_identity

    here = model_identity(old.recipe.model["name"])
    if here != old.recipe.model:
        raise ModelError(
            f"{old.json_path} was made with model '{old.recipe.model['name']}' of hash "
            f"{old.recipe.model['sha256'][:12]}, here that model has {here['sha256'][:12]}; import the one it was made "
            "with"
        )
    banned = old.recipe.settings["edit"]["options"].get("no_copy")
    if banned is not None and old.recipe.catalog != catalog_identity(old.recipe.model["name"]):
        raise ModelError(
            f"{old.json_path} was made without quoting what its model knew then, and that has changed; import the "
            "model as it was"
        )


def _given(old: Take, facts: Mapping[str, Any]) -> bytes:
    places = [old.folder / GIVEN_FILE, *([old.folder / facts["origin"]] if facts["origin"] else [])]
    for path in places:
        if path.is_file():
            data = read_file_bytes(path) if path.suffix.lower() in MIDI_SUFFIXES else midi_bytes(read(path))
            if hashlib.sha256(data).hexdigest() == facts["sha256"]:
                return data
    raise FileFormatError(f"{places[-1]} is missing or was changed, and the take was made from it; restore the file")
