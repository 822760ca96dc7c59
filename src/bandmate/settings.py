"""Defaults of the musician, from `bandmate.toml`, and the folders of the user.

Flags win over the `bandmate.toml` of the working folder, and that wins over the one in the user's configuration.

BANDMATE_HOME names one folder for all that Bandmate keeps (configuration, models, history, log); without it each lies
where the system keeps such things.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bandmate.errors import UserError

FILE_NAME = "bandmate.toml"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is taken where nothing was said; None = Bandmate's own choice.

    Attributes:
        genre, key, meter: as on the command line ("hip_hop", "D minor", "3/4").
        tempo: quarter notes a minute.
        bars: length in bars.
        kit: drum kit, by name or General MIDI kit program.
        stems: whether stems are rendered.
        sample_rate: of stems and mix, 44100 or 48000.
        engine: "default", "rules", "onnx", "numpy" or "torch".
        model: name of an installed model.
        variety: "low", "normal" or "high".
        soundfont, drum_kit: paths.
        out: folder that holds the dated folders of takes.
    """

    genre: str | None = None
    tempo: float | None = None
    key: str | None = None
    meter: str | None = None
    bars: int | None = None
    kit: str | None = None
    stems: bool | None = None
    sample_rate: int | None = None
    engine: str | None = None
    model: str | None = None
    variety: str | None = None
    soundfont: str | None = None
    drum_kit: str | None = None
    out: str | None = None


_TYPES: dict[str, tuple[type, ...]] = {
    "tempo": (int, float), "bars": (int,), "stems": (bool,), "sample_rate": (int,), "kit": (str, int),
}  # fmt: skip
_KINDS = {int: "a number", str: "a text in quotes", bool: "true or false"}


def load_settings(folder: str | Path | None = None) -> Settings:
    """The defaults that hold in a folder (default: the working folder).

    Raises:
        UserError: a file is no TOML, or a key or a value in it is wrong; the message names file and nearest key.
    """
    values: dict[str, Any] = {}
    for path in (user_folder("config") / FILE_NAME, Path(folder or ".") / FILE_NAME):
        if path.is_file():
            values |= _read(path)
    return Settings(**values)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid TOML ({error}); write lines such as: tempo = 96") from error
    known = [field.name for field in fields(Settings)]
    for name, value in values.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise UserError(f"{path}: '{name}' is not a setting; did you mean '{close[0]}'?")
        types = _TYPES.get(name, (str,))
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise UserError(f"{path}: {name} = {value!r} is not usable; it takes {_KINDS[types[0]]}")
        values[name] = str(value) if name == "kit" else value
    return values


def user_folder(kind: str) -> Path:
    """The user's folder for one kind of thing: "config", "data", "state", "log" or "music"; it may not exist yet."""
    home = os.environ.get("BANDMATE_HOME")
    if home:
        return Path(home) / kind
    import platformdirs

    if kind == "music":
        return platformdirs.user_music_path() / "Bandmate"
    return {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "state": platformdirs.user_state_path,
        "log": platformdirs.user_log_path,
    }[kind]("bandmate", appauthor=False)
