"""The one table of datasets: a name is a file in `library.sources` with a DATASET."""

from __future__ import annotations

import difflib
import re
from importlib import import_module
from pathlib import Path

from bandmate.errors import LibraryError
from bandmate.library.datasets.description import Dataset, read_description

NAMES = (
    "lakh_full", "lakh_matched", "lakh_aligned", "lakh_clean", "midicaps", "gigamidi", "slakh", "babyslakh",
    "maestro_v1", "maestro_v2", "maestro_v3", "giantmidi", "pianolatron", "emopia", "pop909", "pop909_cl",
    "musicnet", "asap", "groove_midi", "drum_patterns", "nes", "jsb_chorales", "nottingham", "essen", "hymnal",
    "hymnal_tunes", "haydn_op20", "wikifonia", "music21_corpus", "openscore_lieder", "openscore_quartets",
    "hauptstimme", "freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer", "corpus", "any_folder",
)  # fmt: skip
_LEAST_PART = 3  # letters of a name that say which is meant


def dataset(name: str | Path) -> Dataset:
    """A dataset by its name, or by the path of a JSON file that describes one of your own.

    Raises:
        LibraryError: there is none of that name; the message says which is near.
    """
    text = str(name)
    if text in NAMES:
        return import_module(f"bandmate.library.sources.{text}").DATASET
    if text.lower().endswith(".json"):
        return read_description(Path(text).expanduser())
    plain = re.sub(r"\W+", "_", text.lower())
    close = [known for known in NAMES if plain and known.startswith(plain)]
    close = close or [known for known in NAMES if len(plain) >= _LEAST_PART and plain in known]
    close = close or difflib.get_close_matches(plain, NAMES, n=1, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"'bandmate datasets' lists all {len(NAMES)}"
    raise LibraryError(f"'{text}' is no dataset known here; {hint}")


def datasets() -> tuple[Dataset, ...]:
    """Every dataset of the table."""
    return tuple(dataset(name) for name in NAMES)
