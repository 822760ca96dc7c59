"""How fast files become grid rows beside MidiTok's REMI, in one run, and what the grid keeps.

    python benchmarks/grid_speed.py [--data DIR] [--files 60] [--rounds 3] [--seed 0]

Both read the file and tokenise it, on one core; each file's best round counts. Labels are taken as known (a catalog
holds them), so none is estimated. "Kept": notes on the grid, exact duplicates apart; "off": the largest distance of an
onset from where it was played, at 120 BPM. DIR holds corpus/; without it a few pieces are made by the groove book.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from bandmate.io.files import write
from bandmate.io.midi_fast import read_midi_fast
from bandmate.library.sources.groovebook import pieces
from bandmate.score.model import Score, make_tempos
from bandmate.score.timeline import ticks_to_seconds
from bandmate.tokenizers.grid import decode_piece, encode_piece
from bandmate.tokenizers.grid_rows import View, piece_rows
from bandmate.tokenizers.grid_table import MAX_BARS

SOURCES = ("pop909_band", "freedoom", "simutrans", "easyrpg_rtp", "lmms_projects", "blasphemer", "groove_midi")


def files_of(data: Path | None, count: int, seed: int, folder: Path) -> dict[str, list[Path]]:
    """A seeded sample of each source."""
    if data is None:
        made = [write(score, folder / f"{i}.mid") for i, (score, _) in enumerate(pieces(12, seed))]
        return {"groove book": made}
    dice = random.Random(seed)
    found = {name: sorted((data / "corpus" / name).glob("*.mid")) for name in SOURCES}
    return {name: dice.sample(paths, min(count, len(paths))) for name, paths in found.items() if paths}


def ours(path: Path) -> int:
    """Read a file and make all of its rows; how many notes."""
    piece = encode_piece(read_midi_fast(path), echoes=False)  # labels, as key and chords are, come from a catalog
    for start in range(0, len(piece.bars), MAX_BARS):
        piece_rows(piece, View.whole(piece, start, min(MAX_BARS, len(piece.bars) - start)))
    return len(piece.notes)


def kept_and_off(score: Score) -> tuple[int, int, float]:
    """Notes kept, notes that are no exact duplicates, and the largest onset error in milliseconds at 120 BPM."""
    score = replace(score, tempos=make_tempos(120))
    piece = encode_piece(score)
    back = decode_piece(piece)
    distinct, worst = 0, 0.0
    sounding = [track for track in score.tracks if len(track.notes)]
    for before, after in zip(sounding, back.tracks, strict=False):
        distinct += len(np.unique(before.notes[["onset_ticks", "pitch"]]))
        went = np.sort(ticks_to_seconds(score, before.notes["onset_ticks"]))
        came = ticks_to_seconds(back, after.notes["onset_ticks"])
        near = np.clip(np.searchsorted(went, came), 1, max(1, len(went) - 1))
        apart = np.minimum(np.abs(went[np.minimum(near, len(went) - 1)] - came), np.abs(went[near - 1] - came))
        worst = max(worst, float(apart.max()) * 1000) if len(apart) else worst
    return len(piece.notes), distinct, worst


def main() -> None:
    """Print the table and one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--files", type=int, default=20, help="of each source")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    import symusic
    from miditok import REMI, TokenizerConfig

    warnings.simplefilter("ignore")
    remi = REMI(TokenizerConfig(use_programs=True, use_tempos=True, use_time_signatures=True))
    with tempfile.TemporaryDirectory() as folder:
        sources = files_of(options.data, options.files, options.seed, Path(folder))
        result: dict[str, object] = {}
        total = {"notes": 0, "ours": 0.0, "remi": 0.0}
        for name, paths in sources.items():
            best = np.full((2, len(paths)), np.inf)
            notes = np.zeros(len(paths), int)
            for _ in range(options.rounds):
                for index, path in enumerate(paths):
                    begin = time.perf_counter()
                    notes[index] = ours(path)
                    best[0, index] = min(best[0, index], time.perf_counter() - begin)
                    try:
                        begin = time.perf_counter()
                        remi.encode(symusic.Score(path))
                        best[1, index] = min(best[1, index], time.perf_counter() - begin)
                    except Exception:
                        best[1, index] = np.nan  # a file that the peer refuses counts for neither
            fine = np.isfinite(best).all(0)
            seconds = best[:, fine].sum(1)
            measured = [kept_and_off(read_midi_fast(path)) for path in paths]
            kept = sum(m[0] for m in measured) / max(1, sum(m[1] for m in measured))
            result[name] = {
                "notes": int(notes.sum()), "ratio": round(float(seconds[1] / seconds[0]), 1), "kept": round(kept, 5),
                "off_ms": round(max(m[2] for m in measured), 2),
            }  # fmt: skip
            print(f"{name:16} {result[name]}")
            total["notes"] += int(notes[fine].sum())
            total["ours"] += float(seconds[0])
            total["remi"] += float(seconds[1])
    result["all"] = {
        "notes_per_sec": round(total["notes"] / total["ours"]),
        "remi_notes_per_sec": round(total["notes"] / total["remi"]),
        "ratio": round(total["remi"] / total["ours"], 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
