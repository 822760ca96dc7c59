"""A library in shards, made in this process, so that no test starts readers that it is not about."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bandmate.library import bulk
from bandmate.library.examine import examine
from bandmate.library.pool import Done
from bandmate.library.sources.base import Hints


def here(tasks: Any, *, workers: int | None = None, limit_sec: float = 0.0) -> Any:
    """An executor without processes; what it answers has been through JSON, as over a pipe."""
    for key, task in tasks:
        answer = examine(task["path"], task["kind"], Hints.from_json(task["hints"]), music=task["music"])
        yield Done(key, json.loads(json.dumps(answer)))


def take_in(folder: Path, out: Path, **options: Any) -> bulk.BulkReport:
    """`ingest_shards`, in this process."""
    return bulk.ingest_shards(folder, out, **{"executor": here, **options})


def bands(make_band: Callable[..., Any], count: int = 20) -> dict[str, Any]:
    """So many bands and two broken files."""
    files = {f"{('house', 'misc')[n % 2]}/song {chr(97 + n)}.mid": make_band(n, bpm=90 + n) for n in range(count)}
    return {**files, "misc/noise.mid": bytes(range(256)) * 8, "misc/nothing.mid": b"",
            "metadata.csv": "file,mood,licence\nhouse/song a.mid,dreamy,CC0\n"}  # fmt: skip
