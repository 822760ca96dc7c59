"""Remake: a take of a transformation made again, from the files that it was made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bandmate.errors import FileFormatError, ModelError
from bandmate.workflows.model_versions import SIGN
from bandmate.workflows.models import find_model, model_identity
from bandmate.workflows.outcome import SETTING, Saved, find_given
from bandmate.workflows.take import FILE_NAME, Take
from bandmate.workflows.take_files import unrecorded

# command -> module of its workflow; the function is called as the command is.
TRANSFORMS = {
    "groove": "groove", "drumify": "drumify", "harmonise": "harmonise", "reharmonise": "harmonise",
    "interpolate": "interpolate", "arrange": "arrange",
}  # fmt: skip


def is_transform(take: Take) -> bool:
    """Whether a take was made by one of TRANSFORMS."""
    return SETTING in take.recipe.settings


def remake(old: Take, folder: Path) -> Take:
    """Make a take again into a folder that is there and empty.

    Raises:
        FileFormatError: its recipe is of another version, or a file it was made from is gone or was changed.
        ModelError: the model that had a hand in it is gone or has learned more.
    """
    facts = old.recipe.settings[SETTING]
    if facts.get("command") not in TRANSFORMS:
        raise FileFormatError(f"{old.json_path} was made by '{facts.get('command')}', which is not known here")
    module = import_module(f"bandmate.workflows.{TRANSFORMS[facts['command']]}")
    make: Callable[..., Saved] = getattr(module, facts["command"])
    out = folder if old.file == FILE_NAME else folder / old.midi.name
    with TemporaryDirectory() as desk:
        places: dict[str, Path] = {}
        for number, row in enumerate(facts["given"]):
            place = Path(desk) / str(number) / Path(row["name"]).name
            place.parent.mkdir()
            place.write_bytes(find_given(old, row, number).read_bytes())
            places[row["role"]] = place
        first = [places.pop(role) for role in ("file", "first", "second") if role in places]
        options: dict[str, Any] = {**facts["options"], **places, **_model(old), "out": out}
        with unrecorded():
            new = make(*first, **options).take
        return replace(new, brief=old.brief, plan=old.plan).save()  # what it inherited of a take that may be gone


def _model(old: Take) -> dict[str, str]:
    """The model that had a hand in a take, by the name that it goes by now."""
    was = old.recipe.model
    if not was or model_identity(was["name"]) == was:
        return {"model": was["name"]} if was else {}
    try:
        return {"model": find_model(f"{was['name']}{SIGN}{was['sha256']}").name}
    except ModelError as error:
        raise ModelError(
            f"{old.json_path} was made with model '{was['name']}' of hash {was['sha256'][:12]}, which is not here; "
            "import the one it was made with"
        ) from error
