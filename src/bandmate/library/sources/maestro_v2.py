"""MAESTRO 2, for results that are to be compared; else take version 3."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.sources.maestro_v3 import DATASET as LATEST
from bandmate.library.sources.maestro_v3 import remote, tables

DATASET = replace(
    LATEST,
    name="maestro_v2",
    title="MAESTRO v2.0.0",
    pieces=None,
    remotes=(remote("v2.0.0", 59_243_107, "ec2cc9d94886c6b376db1eaa2b8ad1ce62ff9f0a28b3744782b13163295dadf3"),),
    tables=tables("v2.0.0"),
    muspy="MAESTRODatasetV2",
)
