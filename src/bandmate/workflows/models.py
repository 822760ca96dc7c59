"""Models: what is installed, and how it moves between machines.

A model is a folder: `weights.safetensors`, `card.json` (name, licence, sha256, what it was made from) and, for one that
`learn` made, the statistics of its library. The shipped model lies in the package, the musician's own in the user's
data folder.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
import shutil
import zipfile
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from bandmate.errors import BriefError, ModelError, OutputError
from bandmate.io.atomic import atomic_write
from bandmate.settings import user_folder
from bandmate.workflows.model_versions import FOLDER, SIGN, find_version, label_of, versions
from bandmate.workflows.take import sha256_of

if TYPE_CHECKING:
    from bandmate.library.runs import CopyReport, RunIndex
    from bandmate.library.style import LibraryStyle
    from bandmate.score.model import Score

SHIPPED = "small"
WEIGHTS_FILE = "weights.safetensors"
CARD_FILE = "card.json"
RUNS_FILE = "runs.npz"
MANIFEST = "bandmate-model.json"
FORMAT = "bandmate.model.v1"
_LARGEST_BYTES = 2 * 2**30
_MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model that is on this machine.

    Attributes:
        name: what `--model` takes.
        folder: where it lies.
        shipped: whether it came with Bandmate; such a one cannot be removed.
        card: content of card.json, may be empty.
    """

    name: str
    folder: Path
    shipped: bool
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def weights(self) -> Path | None:
        """Its weights, None if it only holds statistics of a library."""
        path = self.folder / WEIGHTS_FILE
        return path if path.is_file() else None

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        size = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        return {
            "name": self.name,
            "shipped": self.shipped,
            "trained": self.weights is not None,
            "folder": str(self.folder),
            "megabytes": round(size / 1e6, 1),
            "licence": self.card.get("licence", ""),
            "versions": [label_of(version) for version in versions(self.folder)],
            "card": self.card,
        }


def models_folder() -> Path:
    """Where the musician's own models lie."""
    return user_folder("data") / "models"


def _shipped_folder() -> Path:
    return Path(str(files("bandmate.data"))) / "models"


def installed_models() -> tuple[InstalledModel, ...]:
    """Every model on this machine, the shipped ones first."""
    found = []
    for parent, shipped in ((_shipped_folder(), True), (models_folder(), False)):
        if parent.is_dir():
            folders = sorted(path for path in parent.iterdir() if path.is_dir() and path.name[0] not in "._")
            found += [InstalledModel(path.name, path, shipped, _card(path)) for path in folders if any(path.iterdir())]
    return tuple(found)


def _card(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        return {"damaged": f"{CARD_FILE} cannot be read: {error}"}
    return data if isinstance(data, dict) else {}


def find_model(name: str | None = None) -> InstalledModel:
    """A model by name; None = the shipped one, NAME@HASH = an earlier version of one (see `model_versions`).

    Raises:
        ModelError: it is not installed; the message names what is, and how to get one.
    """
    wanted = name or SHIPPED
    models = {model.name: model for model in reversed(installed_models())}  # the shipped one wins
    if wanted in models:
        return models[wanted]
    base, sign, digest = wanted.partition(SIGN)
    if sign and base in models:
        return _version(models[base], digest)
    close = difflib.get_close_matches(wanted, models, n=1)
    hint = f"did you mean '{close[0]}'?" if close else f"installed: {', '.join(models) or 'none'}"
    cure = "make one with: bandmate learn FOLDER --name NAME, or bring one with: bandmate models import FILE"
    raise ModelError(f"model '{wanted}' is not installed; {hint} ({cure})")


def _version(model: InstalledModel, digest: str) -> InstalledModel:
    """An earlier version of a model, or the model itself where the hash is its own."""
    place = find_version(model.folder, digest)
    if place is not None:
        return InstalledModel(f"{model.name}{SIGN}{label_of(place)}", place, model.shipped, _card(place))
    there = ", ".join(map(label_of, versions(model.folder))) or "none"
    raise ModelError(f"model '{model.name}' has no earlier version of hash '{digest}'; there are: {there}")


def default_engine(name: str | None = None) -> str:
    """What "default" stands for: ONNX Runtime where the model has weights, else the rules."""
    if name is not None:
        return "onnx" if find_model(name).weights else "rules"
    shipped = _shipped_folder() / SHIPPED / WEIGHTS_FILE
    return "onnx" if shipped.is_file() else "rules"


def style_identity(name: str | None) -> dict[str, str]:
    """Name and hash of the library that the rules engine follows, for a recipe; empty without one."""
    from bandmate.library.style import FILE_NAME

    if name is None or style_of(name) is None:
        return {}
    return {"name": name, "sha256": sha256_of(find_model(name).folder / FILE_NAME)}


def model_identity(name: str | None = None) -> dict[str, str]:
    """Name and hash of a model for a recipe.

    Raises:
        ModelError: it is not installed, has no weights, or they differ from the hash on its card.
    """
    model = find_model(name)
    if model.weights is None:
        raise ModelError(
            f"model '{model.name}' has no weights, only statistics of its library; use --engine rules, or add training "
            'with: pip install "bandmate[learn]", then learn again'
        )
    digest = _hash(model.weights, model.weights.stat().st_mtime_ns)
    expected = model.card.get("sha256", digest)
    if digest != expected:
        raise ModelError(
            f"{model.weights} has hash {digest[:12]}, its card says {expected[:12]}; bring it again with: bandmate "
            "models import FILE"
        )
    return {"name": model.name, "sha256": digest}


def style_of(name: str) -> LibraryStyle | None:
    """How the library of a model plays; None for a model without one, such as the shipped one."""
    from bandmate.library.style import FILE_NAME, LibraryStyle

    folder = find_model(name).folder
    return LibraryStyle.load(folder) if (folder / FILE_NAME).is_file() else None


def copies_in(name: str | None, score: Score) -> CopyReport | None:
    """What a score copies from the library that a model learned from; None for a model without one."""
    from bandmate.library.runs import copy_check

    if name is None:
        return None
    path = find_model(name).folder / RUNS_FILE
    return copy_check(score, _runs(path, path.stat().st_mtime_ns)) if path.is_file() else None


@cache
def _runs(path: Path, _changed: int) -> RunIndex:
    from bandmate.library.runs import RunIndex

    return RunIndex.load(path)


def lent_genre(name: str, genre: str, blend: str | None = None) -> str:
    """The name under which a genre's facts with the patterns of a model's library are known to the rules engine.

    Args:
        name: of the model.
        genre: whose facts.
        blend: a genre and its share, such as "house:0.3", whose patterns are mixed in.

    Raises:
        BriefError: the bars of the two genres are divided otherwise, so that their patterns cannot be mixed.
    """
    from bandmate.analysis import genres
    from bandmate.library.style import FILE_NAME

    style = style_of(name)
    if style is None:
        return genre
    digest = sha256_of(find_model(name).folder / FILE_NAME)
    facts = style.genre_facts(genre)
    if blend is None:
        return genres.lend(f"{genre}~{digest[:16]}", facts)
    from bandmate.workflows.blend import read_blend

    other = read_blend(blend)
    if not genres.mixable(facts, genres.genre(other.genre)):
        raise BriefError(
            f"the rules engine cannot blend {other.genre} into {genre}: their bars are divided otherwise;"
            " name another genre, or take another engine"
        )
    block = genres.mixed(facts, genres.genre(other.genre), other.share)
    return genres.lend(f"{genre}~{digest[:16]}~{other.genre}~{other.share:g}", block)


def lent_harmony(name: str, genre: str | None) -> str | None:
    """The name under which a genre with the progressions of a library's chord charts is known; None without charts."""
    from bandmate.analysis.genres import lend
    from bandmate.library.style import FILE_NAME

    style = style_of(name)
    if style is None or not style.progressions:
        return None
    digest = sha256_of(find_model(name).folder / FILE_NAME)
    return lend(f"{genre or 'pop'}~{digest[:16]}~harmony", style.harmony_facts(genre or "pop"))


@cache
def _hash(path: Path, _changed: int) -> str:
    return sha256_of(path)


def export_model(name: str, out: str | Path | None = None, *, overwrite: bool = False) -> Path:
    """Pack a model into one file with hashes; the file written, one of that name only if `overwrite` says so.

    Raises:
        ModelError: it is not installed. OutputError: the place is taken or cannot be written.
    """
    model = find_model(name)
    from bandmate.workflows.places import check_free

    out = Path(out or f"{name}.bandmate-model").expanduser()
    check_free(out, overwrite=overwrite)
    kept = model.folder / FOLDER  # earlier versions stay at home
    paths = sorted(path for path in model.folder.rglob("*") if path.is_file() and kept not in path.parents)
    manifest = {
        "format": FORMAT,
        "name": model.name,
        "files": {path.relative_to(model.folder).as_posix(): sha256_of(path) for path in paths},
    }
    with atomic_write(out) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        for path in paths:
            archive.write(path, path.relative_to(model.folder).as_posix())
    return out


def import_model(path: str | Path, name: str | None = None) -> InstalledModel:
    """Unpack a model that `export_model` packed; every file must have its hash, none may leave the folder.

    Raises:
        ModelError: the file is missing, damaged or of another version, or a model of that name is there.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise ModelError(f"{path} does not exist; give a file that 'bandmate models export' wrote")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive, path)
            name = _own_name(name or str(manifest["name"]))
            temporary = models_folder() / f".{name}-{secrets.token_hex(4)}"
            try:
                for member, digest in manifest["files"].items():
                    _extract(archive, member, digest, temporary, path)
                temporary.rename(models_folder() / name)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{path} is not a model file ({error}); export it again") from error
    except OSError as error:
        raise OutputError(
            f"model cannot be written to {models_folder()} ({error.strerror}); free some space"
        ) from error
    return find_model(name)


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise ModelError(f"{path} holds no {MANIFEST}; give a file that 'bandmate models export' wrote") from error
    if (
        not isinstance(manifest, dict)
        or manifest.get("format") != FORMAT
        or not isinstance(manifest.get("files"), dict)
    ):
        raise ModelError(f"{path} is of another version than {FORMAT}; use the Bandmate version that made it")
    sizes = [info.file_size for info in archive.infolist()]
    if sum(sizes) > _LARGEST_BYTES or len(sizes) > _MOST_FILES:
        raise ModelError(f"{path} unpacks to {sum(sizes)} bytes in {len(sizes)} files, too much for a model")
    return manifest


def _own_name(name: str) -> str:
    from bandmate.workflows.places import safe_name

    if safe_name(name) != name:
        raise ModelError(f"'{name}' cannot be a model's name; use letters, digits and hyphens")
    if name in {model.name for model in installed_models()}:
        raise ModelError(f"a model '{name}' is there already; give another name with --name, or remove it first")
    return name


def _extract(archive: zipfile.ZipFile, member: str, digest: str, folder: Path, path: Path) -> None:
    parts = PurePosixPath(member).parts
    unsafe = not parts or any(part in ("..", "/", "") or ":" in part or "\\" in part for part in parts)
    if unsafe or PurePosixPath(member).is_absolute():
        raise ModelError(f"{path} wants to write outside its folder ('{member}'); do not trust it")
    try:
        data = archive.read(member)
    except KeyError as error:
        raise ModelError(f"{path} lacks {member}; export the model again") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError(f"{path}: {member} has a wrong hash; copy the file again")
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def remove_model(name: str) -> Path:
    """Delete one of the musician's own models with its earlier versions, or one of those; the folder that went.

    Raises:
        ModelError: it is not installed, or it came with Bandmate.
    """
    model = find_model(name)
    if model.shipped:
        raise ModelError(f"model '{name}' came with Bandmate and stays; remove one of your own")
    shutil.rmtree(model.folder)
    return model.folder
