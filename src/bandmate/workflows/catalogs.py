"""Catalogs: what a model learned from, as runs of notes; how `origin` and `--no-copy` know what is quoted.

A model's folder holds `origins.npz`. A model that `learn` trained began from the shipped one, so it learned from both.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from bandmate.errors import ModelError
from bandmate.workflows.models import SHIPPED, find_model
from bandmate.workflows.take import sha256_of

if TYPE_CHECKING:
    from bandmate.library.origins import OriginIndex

ORIGINS_FILE = "origins.npz"


def catalogs_of(name: str | None = None) -> dict[str, Path]:
    """The catalogs of a model, by the name of the model that they belong to; its own comes first.

    Args:
        name: None = the shipped model.

    Raises:
        ModelError: it is not installed, or holds no catalog; the message says how it comes by one.
    """
    model = find_model(name)
    found = {model.name: model.folder / ORIGINS_FILE}
    if not found[model.name].is_file():
        cure = "install it again" if model.shipped else f"run: bandmate learn FOLDER --name {model.name} --update"
        raise ModelError(f"model '{model.name}' holds no {ORIGINS_FILE}, so what it learned from is not known; {cure}")
    shipped = Path(str(files("bandmate.data"))) / "models" / SHIPPED / ORIGINS_FILE
    if not model.shipped and model.weights is not None and shipped.is_file():
        found[SHIPPED] = shipped
    return found


def catalog_identity(name: str | None = None) -> dict[str, str]:
    """SHA-256 of each catalog of a model, for a recipe; empty where it holds none."""
    try:
        return {model: _hash(path, path.stat().st_mtime_ns) for model, path in catalogs_of(name).items()}
    except ModelError:
        return {}


def licences_of(name: str | None = None) -> list[str]:
    """The licences of what a model learned from, each with its sources; of pieces, not of what the model makes."""
    found: dict[str, list[str]] = {}
    for model in catalogs_of(name):
        for source in find_model(model).card.get("sources", ()):
            found.setdefault(str(source.get("licence", "not stated")), []).append(str(source.get("name", "")))
    return [f"{licence}: {', '.join(dict.fromkeys(names))}" for licence, names in sorted(found.items())]


def open_catalog(path: Path) -> OriginIndex:
    """The runs of a catalog, read once while the file stays the same.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        return _opened(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); install the model again") from error


@cache
def _opened(path: Path, _changed: int) -> OriginIndex:
    from bandmate.library.origin_file import load_origins

    return load_origins(path)


@cache
def _hash(path: Path, _changed: int) -> str:
    return sha256_of(path)
