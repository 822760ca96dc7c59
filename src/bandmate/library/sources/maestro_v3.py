"""MAESTRO 3: pianists of a competition, played on Disklaviers."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, Remote, Table

_AT = "https://storage.googleapis.com/magentadata/datasets/maestro"


def remote(version: str, size_bytes: int, sha256: str) -> Remote:
    """The archive of one version without sound."""
    name = f"maestro-{version}-midi.zip"
    return Remote(f"{_AT}/{version}/{name}", name, size_bytes, f"sha256:{sha256}", "MusPy 0.5")


def tables(version: str) -> tuple[Table, ...]:
    """The table of one version."""
    named = ("canonical_composer", "canonical_title")
    return (Table(f"*maestro-{version}.csv", "midi_filename", "split", work=named, labels=(*named, "year")),)


DATASET = Dataset(
    name="maestro_v3",
    title="MAESTRO v3.0.0",
    about="some 200 hours of virtuoso piano, with pedals; no beat grid",
    homepage="https://magenta.tensorflow.org/datasets/maestro",
    licence="CC BY-NC-SA 4.0",
    citation="""@inproceedings{hawthorne2018enabling,
  title = {Enabling Factorized Piano Music Modeling and Generation with the {MAESTRO} Dataset},
  author = {Curtis Hawthorne and Andriy Stasyuk and Adam Roberts and Ian Simon and Cheng-Zhi Anna Huang and Sander
    Dieleman and Erich Elsen and Jesse Engel and Douglas Eck},
  booktitle = {International Conference on Learning Representations},
  year = {2019},
  url = {https://openreview.net/forum?id=r1lYRjC9F7}
}""",
    pieces=1_276,
    remotes=(remote("v3.0.0", 58_416_533, "70470ee253295c8d2c71e6d9d4a815189e35c89624b76d22fce5a019d5dde12c"),),
    tables=tables("v3.0.0"),
    splits="table",
    muspy="MAESTRODatasetV3",
)
