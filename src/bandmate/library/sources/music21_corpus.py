"""The corpus that comes with music21."""

from __future__ import annotations

from bandmate.library.datasets.description import Dataset

DATASET = Dataset(
    name="music21_corpus",
    title="music21 corpus",
    about="scores of all ages that come with the toolkit music21, in several formats",
    homepage="https://web.mit.edu/music21/doc/about/referenceCorpus.html",
    licence="per file, see its corpus reference",
    citation="""@inproceedings{cuthbert2010music21,
  author = {Michael Scott Cuthbert and Christopher Ariza},
  title = {Music21: A Toolkit for Computer-Aided Musicology and Symbolic Music Data},
  booktitle = {Proceedings of the 11th International Society for Music Information Retrieval Conference (ISMIR)},
  year = {2010}
}""",
    files=("*.mid", "*.midi", "*.mxl", "*.xml", "*.musicxml", "*.abc", "*.krn"),
    where="install music21: it lies in the folder corpus of the package",
    muspy="Music21Dataset",
)
