"""library: a folder of any size as Parquet shards, on one machine or many; merged, and reported on."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from bandmate.errors import BriefError
from bandmate.library.bulk import BulkReport, Slice, ingest_shards
from bandmate.library.ingest import Progress
from bandmate.library.merge import library_report, merge
from bandmate.library.report import IngestReport
from bandmate.library.shards import open_shards
from bandmate.workflows.jobs import Job, Listener

EXECUTORS = {"processes": "bandmate.library.pool:run_all", "ray": "bandmate.library.ray_pool:run_on_ray"}


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """What came of an ingest: of this run, and of the library where it is whole (else None)."""

    run: BulkReport
    library: IngestReport | None

    def lines(self) -> list[str]:
        """The report in words."""
        if self.library is None:
            return [*self.run.lines(), f"when all shards are there: bandmate library merge {self.run.folder}"]
        return [*self.run.lines()[:1], *self.library.lines(), *self.run.lines()[2 + len(self.run.reasons) :]]

    def to_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {"run": self.run.to_json(), "library": self.library and self.library.to_json()}


def ingest_library(
    folder: str | Path,
    to: str | Path,
    *,
    shard: str = "1/1",
    notes: bool = False,
    workers: int | None = None,
    executor: str = "processes",
    listener: Listener | None = None,
) -> LibraryReport:
    """Take a folder, or one slice of it, into Parquet shards; a library that is whole is merged at once.

    Args:
        folder: of any layout, with music at any depth.
        to: folder of the shards; what is there already is not read again.
        shard: "i/n": the i-th of n slices.
        notes: whether the rows hold the notes, too.
        workers: processes, or readers on a cluster.
        executor: of EXECUTORS.
        listener: gets progress events (see `workflows.jobs`).

    Raises:
        BriefError: no such shard or executor, or less than one worker.
        LibraryError: the folder does not exist or holds no music; `to` holds another library.
        OutputError: another run is at it, or the disk is full.
        MissingExtra: pyarrow or ray is not installed.
    """
    if executor not in EXECUTORS:
        raise BriefError(f"executor '{executor}' is not known; give --executor {' or '.join(EXECUTORS)}")
    if workers is not None and workers < 1:
        raise BriefError(f"{workers} workers cannot read anything; give 1 or more")
    part = Slice.parse(shard)
    job = Job(listener, {"reading": 1.0, "merging": 0.1})

    def told(progress: Progress) -> None:
        job.progress("reading", progress.done / max(1, progress.total))

    module, name = EXECUTORS[executor].split(":")
    run = ingest_shards(
        folder, to, told, part=part, music=notes, workers=workers, executor=getattr(import_module(module), name)
    )
    if part.of > 1:
        return LibraryReport(run, None)
    known = open_shards(to).settled
    library = library_report(to) if known else merge(to)
    job.progress("merging", 1.0)
    return LibraryReport(run, library)
