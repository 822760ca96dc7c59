"""doctor: what is installed, what is missing, and the line that adds it."""

from __future__ import annotations

import importlib
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bandmate.counts import counted
from bandmate.settings import FILE_NAME, load_settings, user_folder

_BASE = ("numpy", "scipy", "onnxruntime", "symusic", "soundfile", "pyloudnorm", "PIL", "safetensors", "platformdirs")
_EXTRAS = (("torch", "learn", "training on your own music"), ("numba", "fast", "rendering at several times the speed"),
           ("swift-f0", "audio", "following a hummed or played line"),
           ("mcp", "mcp", "assistants that drive Bandmate"),
           ("miditok", "tokens", "the families of tokens of MidiTok"),
           ("verovio", "scores", "engraving"),
           ("pyarrow", "scale", "libraries in Parquet shards"), ("ray", "ray", "ingest on a Ray cluster"),
           ("accelerate", "accelerate", "training on several processes"))  # fmt: skip
_DISTRIBUTIONS = {"PIL": "pillow"}
_ENOUGH_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination.

    Attributes:
        name: what was looked at; state: "ok", "optional" or "broken".
        detail: version or place; cure: the line that mends it, may be empty.
    """

    name: str
    state: str
    detail: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing that is needed is broken."""
        return all(finding.state != "broken" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {"healthy": self.healthy, "findings": [asdict(finding) for finding in self.findings]}


def examine() -> Examination:
    """Look at everything Bandmate stands on; imports each part, so that a broken one shows."""
    import bandmate

    found = [Finding("bandmate", "ok", bandmate.__version__), _python()]
    found += [_package(name) for name in _BASE]
    found += [_extra(*row) for row in _EXTRAS]
    found += [_soundfont(), *_models(), _settings(), *map(_folder, ("music", "data", "state", "log"))]
    return Examination(tuple(found))


def _python() -> Finding:
    return Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _package(name: str) -> Finding:
    shown = _DISTRIBUTIONS.get(name, name)
    try:
        importlib.import_module(name)
        return Finding(shown, "ok", version(shown))
    except (ImportError, OSError, PackageNotFoundError) as error:
        return Finding(
            shown, "broken", str(error)[:200], f"{Path(sys.executable).name} -m pip install --force-reinstall {shown}"
        )


def _extra(name: str, extra: str, purpose: str) -> Finding:
    try:
        return Finding(name, "ok", f"{version(name)} ({purpose})")
    except PackageNotFoundError:
        return Finding(name, "optional", f"not installed ({purpose})", f'pip install "bandmate[{extra}]"')


def _soundfont() -> Finding:
    try:
        from bandmate.rendering.soundfont import open_soundfont

        font = open_soundfont()
        size_mb = font.path.stat().st_size / 1e6
        return Finding("soundfont", "ok", f"{font.path.name}, {size_mb:.1f} MB, {counted(len(font.presets), 'preset')}")
    except Exception as error:  # whatever is wrong with it is the finding
        return Finding(
            "soundfont", "broken", str(error)[:200], "pip install --force-reinstall bandmate, or give --soundfont FILE"
        )


def _models() -> list[Finding]:
    from bandmate.errors import ModelError
    from bandmate.workflows.models import SHIPPED, installed_models, model_identity

    found = []
    for model in installed_models():
        try:
            detail = (
                f"sha256 {model_identity(model.name)['sha256'][:12]}" if model.weights else "library statistics only"
            )
            found.append(Finding(f"model {model.name}", "ok", detail))
        except ModelError as error:
            found.append(Finding(f"model {model.name}", "broken", str(error), "bandmate models import FILE"))
    if not any(model.name == SHIPPED for model in installed_models()):
        found.append(Finding(f"model {SHIPPED}", "optional", "not here; compose uses the rules engine"))
    return found


def _settings() -> Finding:
    from bandmate.errors import UserError

    try:
        stated = {name: value for name, value in asdict(load_settings()).items() if value is not None}
    except UserError as error:
        return Finding(FILE_NAME, "broken", str(error), "correct the file")
    return Finding(FILE_NAME, "ok", ", ".join(f"{k} = {v}" for k, v in stated.items()) or "no defaults of your own")


def _folder(kind: str) -> Finding:
    folder = user_folder(kind)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / 1e9:.0f} GB free"
    if free < _ENOUGH_BYTES:
        return Finding(f"{kind} folder", "optional", detail, "free some space: a song with stems takes about 100 MB")
    return Finding(f"{kind} folder", "ok", detail)
