"""BabySlakh: the first twenty songs of Slakh."""

from __future__ import annotations

from dataclasses import replace

from bandmate.library.datasets.description import Remote
from bandmate.library.sources.slakh import DATASET as SLAKH

DATASET = replace(
    SLAKH,
    name="babyslakh",
    title="BabySlakh",
    about="the first twenty songs of Slakh, to try things out on",
    pieces=20,
    remotes=(
        Remote(
            "https://zenodo.org/record/4603870/files/babyslakh_16k.tar.gz", "babyslakh_16k.tar.gz", None,
            "md5:311096dc2bde7d61c97e930edbfc7f78", "Zenodo, as mirdata keeps it",
        ),
    ),
    splits="",
)  # fmt: skip
