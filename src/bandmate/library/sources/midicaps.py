"""MidiCaps: MIDI files of Lakh with captions."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset, Remote, Table

_HOME = "https://huggingface.co/datasets/amaai-lab/MidiCaps"

DATASET = Dataset(
    name="midicaps",
    title="MidiCaps",
    about="files of Lakh MIDI, each with a caption written by a language model from measured features",
    homepage=_HOME,
    licence="CC BY-SA 4.0 (of the collection; the songs belong to others)",
    citation="""@article{Melechovsky2024,
  author = {Jan Melechovsky and Abhinaba Roy and Dorien Herremans},
  title = {MidiCaps - A Large-scale MIDI Dataset with Text Captions},
  year = {2024},
  journal = {arXiv:2406.02255}
}""",
    pieces=168_385,
    remotes=(
        Remote(f"{_HOME}/resolve/main/midicaps.tar.gz", "midicaps.tar.gz"),
        Remote(f"{_HOME}/resolve/main/train.json", "train.json"),
    ),
    size_bytes=2_050_000_000,
    tables=(Table("*train.json", "location", "test_set", labels=("caption", "genre", "mood")),),
    splits="table",
)
