"""replay: make a take again from its take.json, and compare every file byte for byte."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.errors import FileFormatError, ModelError
from bandmate.io.files import read
from bandmate.score.model import Score
from bandmate.workflows.catalogs import catalog_identity
from bandmate.workflows.edits import redo
from bandmate.workflows.jobs import Job, Listener
from bandmate.workflows.making import GIVEN_FILE, WEIGHTS, make
from bandmate.workflows.model_versions import SIGN
from bandmate.workflows.models import find_model, model_identity, style_identity
from bandmate.workflows.places import take_folder
from bandmate.workflows.remake import is_transform, remake
from bandmate.workflows.request import Draft, MakeOptions, Request
from bandmate.workflows.take import Take, read_take, sha256_of, versions


@dataclass(frozen=True, slots=True, eq=False)
class ReplayResult:
    """A take made again.

    Attributes:
        take: the new one.
        different: files that are not the same bytes.
        version_changes: what is installed in another version than then.
    """

    take: Take
    different: tuple[str, ...]
    version_changes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every file is the same bytes."""
        return not self.different

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        count = len(self.take.files)
        if self.same:
            return f"{self.take.folder}: the same bytes in {'all ' * (count > 1)}{counted(count, 'file')}"
        return f"{self.take.folder}: {len(self.different)} of {counted(count, 'file')} differ"

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {
            "folder": str(self.take.folder.resolve()),
            "same": self.same,
            "files": dict(sorted(self.take.files.items())),
            "different": list(self.different),
            "version_changes": list(self.version_changes),
        }


def replay(path: str | Path, *, out: str | Path | None = None, listener: Listener | None = None) -> ReplayResult:
    """Make a take again.

    Args:
        path: a take.json or the folder that holds it.
        out: folder; None = a neighbour of the take's folder.
        listener: gets events.

    Raises:
        FileFormatError: take.json is missing or damaged.
        ModelError: the model it was made with is not here, or is another one of the same name.
    """
    old = read_take(path)
    composed = "edit" not in old.recipe.settings and not is_transform(old)
    request = request_of(old) if composed else None
    home = old.folder.resolve()
    folder = take_folder(out or home.with_name(f"{home.name}-replay"), old.name)
    job = Job(listener, WEIGHTS)
    job.tell("heard", text=old.heard)
    try:
        if request is not None:
            new = make(request, folder, job)[0]
        else:
            new = remake(old, folder) if is_transform(old) else redo(old, folder, Job())
    except BaseException:
        with suppress(OSError):  # an empty folder is no take
            folder.rmdir()
        raise
    names = sorted(old.files.keys() | new.files.keys())
    different = tuple(name for name in names if old.files.get(name) != new.files.get(name))
    now = versions(request.options.soundfont if request is not None else None)
    then = old.recipe.versions
    changes = tuple(
        f"{name} {then.get(name, 'not installed')} -> {now.get(name, 'not installed')}"
        for name in sorted(then.keys() | now.keys())
        if then.get(name) != now.get(name)
    )
    return ReplayResult(new, different, changes)


def request_of(take: Take) -> Request:
    """The request that made a take, from its recipe."""
    recipe = take.recipe
    try:
        options = replace(MakeOptions(**recipe.settings), engine=recipe.engine, to=())  # projects are no part of it
    except TypeError as error:
        raise FileFormatError(f"{take.json_path} has settings of another version ({error}); compose again") from error
    if recipe.model:
        options = replace(options, model=recipe.model["name"])
        identity = style_identity if recipe.engine == "rules" else model_identity
        here = identity(recipe.model["name"])
        if here != recipe.model and (earlier := _earlier(recipe.model)) is not None:
            options = replace(options, model=earlier)
        elif here != recipe.model:
            raise ModelError(
                f"{take.json_path} was made with model '{recipe.model['name']}' of hash {recipe.model['sha256'][:12]}, "
                f"here that model has {here['sha256'][:12]}; import the one it was made with"
            )
    here_now = list(catalog_identity(options.model).values())  # an earlier version goes by another name
    if options.no_copy is not None and list(recipe.catalog.values()) != here_now:
        raise ModelError(
            f"{take.json_path} was made without quoting what its model knew then, and that has changed; import the "
            "model as it was"
        )
    return Request(
        name=take.name, brief=take.brief, heard=take.heard, options=options,
        drafts=(Draft(take.plan, recipe.seeds, recipe.index),),
        given=_given(take), keep={int(place): int(source) for place, source in take.given.items()},
        parents=take.parents, direct=take.direct, threads=recipe.threads, audio=take.report.get("audio", {}),
    )  # fmt: skip


def _earlier(model: dict[str, str]) -> str | None:
    """The name of the version that a take was made with, where the model has learned more since."""
    try:
        return find_model(f"{model['name']}{SIGN}{model['sha256']}").name
    except ModelError:
        return None


def _given(take: Take) -> Score | None:
    if not take.given:
        return None
    path = take.folder / GIVEN_FILE
    if not path.is_file() or sha256_of(path) != take.files.get(GIVEN_FILE):
        raise FileFormatError(f"{path} is missing or was changed, and the take was made from it; restore the file")
    return read(path)
