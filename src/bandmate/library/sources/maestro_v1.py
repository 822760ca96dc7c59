"""MAESTRO 1, for results that are to be compared; else take version 3."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.sources.maestro_v3 import DATASET as LATEST
from bandmate.library.sources.maestro_v3 import remote, tables

DATASET = replace(
    LATEST,
    name="maestro_v1",
    title="MAESTRO v1.0.0",
    pieces=None,
    remotes=(remote("v1.0.0", 46_579_421, "f620f9e1eceaab8beea10617599add2e9c83234199b550382a2f603098ae7135"),),
    tables=tables("v1.0.0"),
    muspy="MAESTRODatasetV1",
)
