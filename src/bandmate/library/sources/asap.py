"""ASAP: piano scores and performances of them, aligned."""

from __future__ import annotations

from bandmate.library.datasets.description import MIDI, SCORES, Dataset, Table, github

_WORK = ("composer", "title")

DATASET = Dataset(
    name="asap",
    title="Aligned Scores and Performances (ASAP)",
    about="scores (MusicXML and MIDI) and performances of classical piano music, aligned beat by beat",
    homepage="https://github.com/fosfrancesco/asap-dataset",
    licence="unknown (its README states none; it holds performances of MAESTRO, which is CC BY-NC-SA 4.0)",
    citation="""@inproceedings{asap-dataset,
  title = {{ASAP}: a dataset of aligned scores and performances for piano transcription},
  author = {Foscarin, Francesco and McLeod, Andrew and Rigaux, Philippe and Jacquemard, Florent and Sakai, Masahiko},
  booktitle = {International Society for Music Information Retrieval Conference {(ISMIR)}},
  year = {2020},
  pages = {534--541}
}""",
    files=(*MIDI, *SCORES),
    pieces=1_303,  # 236 scores and 1,067 performances
    remotes=(github("fosfrancesco/asap-dataset", "afc815c75c42e83a79c03feb6da8a35e77d4c6b8"),),
    tables=tuple(
        Table("*metadata.csv", column, work=_WORK, labels=_WORK)
        for column in ("midi_performance", "midi_score", "xml_score")
    ),
)
