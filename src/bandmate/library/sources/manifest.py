"""Collections that carry a SOURCE.json: a name, a licence and a credit for every file in the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bandmate.library.sources.base import PREPARE, SourceInfo


def source_info(folder: Path) -> SourceInfo | None:
    """What SOURCE.json says of a folder; None if there is none or it is no JSON object."""
    try:
        data: Any = json.loads((folder / "SOURCE.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict):
        return None
    name = str(data.get("source") or data.get("name") or folder.name)
    return SourceInfo(
        name=name,
        folder=folder,
        kind=name if name in PREPARE else "",
        licence=str(data.get("licence") or data.get("license") or ""),
        credit=str(data.get("credit") or data.get("repo") or ""),
        note=str(data.get("note") or ""),
    )
