"""Fit the tables of weights of bandmate.analysis and print them as source; needs the extra `learn` (torch).

Only works whose `held_out` is false are looked at; analysis_accuracy.py measures on the others.

    python benchmarks/fit_analysis.py chords|key|roles --data CORPUS

- chords: softmax regression of POP909's CHORDS on each half bar, with 300 random voicings of each quality.
- key: likelihood of the key signature (a major key and its relative minor summed) on Lieder, quartets and POP909, and
  of the planned key of groove-book pieces, worth 0.15.
- roles: softmax regression on tracks whose part is known from the corpus, their name or their program.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from analysis_accuracy import PARTS, held_out, stated_chords, stretches

from bandmate.analysis.chords import pitched_notes, span_evidence, span_features
from bandmate.analysis.harmony import final_bass_of, key_features
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.analysis.texture import TrackView
from bandmate.analysis.voices import ROLE_FEATURES, ROLES_FROM_NOTES, role_features
from bandmate.io.midi_fast import read_midi_fast
from bandmate.library.sources.groovebook import pieces
from bandmate.score.model import Score, Track, make_meters
from bandmate.score.pitch import QUALITIES, Key

FITTED_QUALITIES = (
    "maj",
    "min",
    "7",
    "min7",
    "maj7",
    "sus4",
    "sus2",
    "dim",
    "aug",
    "m7b5",
    "dim7",
    "6",
    "min6",
    "7sus4",
)


def training_files(folder: Path, count: int, work: str = r".*") -> list[Path]:
    files = [path for path in sorted(folder.glob("*.mid")) if not held_out(re.search(work, path.name)[0])]
    return random.Random(7).sample(files, min(count, len(files)))


def minimise(loss: Callable[[], torch.Tensor], weights: list[torch.Tensor], steps: int = 300) -> None:
    fit = torch.optim.LBFGS(weights, lr=1, max_iter=steps, history_size=20, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        fit.zero_grad()
        value = loss()
        value.backward()
        return value

    fit.step(closure)


def numbers(values: np.ndarray, digits: int = 1) -> str:
    return "(" + ", ".join(f"{v + 0.0:.{digits}f}".replace(f"-{0:.{digits}f}", f"{0:.{digits}f}") for v in values) + ")"


def evidence_of(score: Score):
    bars = score_bars(score)
    notes = pitched_notes(score)
    return notes, span_evidence(notes, half_bar_edges(bars), score.ticks_per_quarter), bars


# ---------------------------------------------------------------------------------------------------- chords


def half_bars(folder: Path) -> Iterator[tuple[np.ndarray, int]]:
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    offsets = {row["file"]: row["tags"].get("downbeat_offset_beats_est") for row in map(json.loads, lines)}
    usable = [path for path in training_files(folder, 10**6, r"^\d+") if offsets.get(path.name) is not None]
    for path in usable[:150]:
        score = read_midi_fast(path)
        stated = [track for track in score.tracks if track.name == "CHORDS"]
        if not stated or not (score.meters["numerator"] == 4).all():
            continue
        shift = (4 - offsets[path.name]) % 4 * score.ticks_per_quarter
        heard, chords = [], None
        for track in score.tracks:
            notes = track.notes.copy()
            notes["onset_ticks"] += shift
            if track.name == "CHORDS":
                chords = notes
            else:
                heard.append(track.with_notes(notes))
        _, found, bars = evidence_of(replace(score, tracks=tuple(heard), meters=make_meters(4, 4), end_ticks=0))
        rows = span_features(found.chroma, found.low, found.low_start)
        for row, chord in zip(rows, stated_chords(chords, half_bar_edges(bars)), strict=True):
            if chord is not None and chord.quality in FITTED_QUALITIES:
                yield row, chord.root * len(FITTED_QUALITIES) + FITTED_QUALITIES.index(chord.quality)


def voicings(count: int = 300) -> Iterator[tuple[np.ndarray, int]]:
    dice = np.random.default_rng(0)
    for index, quality in enumerate(FITTED_QUALITIES):
        steps = np.array(QUALITIES[quality])
        for _ in range(count):
            root, share = int(dice.integers(12)), dice.dirichlet(np.full(len(steps), 3.0))
            share[(steps == 7) & (dice.random() < 0.15)] = 0.0
            chroma = np.zeros(12)
            chroma[(root + steps) % 12] = share / share.sum()
            foreign = 0.15 * dice.random() * (dice.random() < 0.6)
            chroma *= 1 - foreign
            chroma[dice.integers(12)] += foreign
            low = root if dice.random() < 0.8 else int(root + dice.choice(steps)) % 12
            start = root if dice.random() < 0.8 else low
            yield (
                span_features(chroma[None], np.array([low]), np.array([start]))[0],
                root * len(FITTED_QUALITIES) + index,
            )


def fit_chords(data: Path) -> None:
    rows, truth = zip(*half_bars(data / "pop909"), strict=True)
    made_rows, made_truth = zip(*voicings(), strict=True)
    seen = torch.tensor(np.array([*rows, *made_rows]), dtype=torch.float32)
    target = torch.tensor([*truth, *made_truth])
    weights = torch.zeros(36, len(FITTED_QUALITIES), requires_grad=True)
    bias = torch.zeros(len(FITTED_QUALITIES), requires_grad=True)

    def loss() -> torch.Tensor:
        scores = (seen @ weights + bias).flatten(1)
        return torch.nn.functional.cross_entropy(scores, target) + 1e-4 * (weights**2).sum()

    minimise(loss, [weights, bias])
    w, b = weights.detach().numpy(), bias.detach().numpy()
    print(f"# {len(rows)} half bars")
    for q, name in enumerate(FITTED_QUALITIES):
        print(f'    "{name}": ({b[q] - b.max():.1f},')
        print(",\n".join(f"        {numbers(w[at : at + 12, q])}" for at in (0, 12, 24)) + "),")


# ------------------------------------------------------------------------------------------------------- key


def keyed_stretches(data: Path) -> Iterator[tuple[tuple[np.ndarray, np.ndarray, np.ndarray], int]]:
    for name, count in (("openscore_lieder", 350), ("openscore_quartets", 61), ("pop909", 75)):
        for path in training_files(data / name, count):
            for score, fifths in stretches(read_midi_fast(path)):
                if score.note_count >= 20:
                    notes, found, _ = evidence_of(score)
                    yield key_features(found, final_bass_of(notes, score.ticks_per_quarter)), fifths * 7 % 12


def fit_key(data: Path) -> None:
    features, tonics = zip(*keyed_stretches(data), strict=True)
    planned, keys = [], []
    for score, labels in pieces(400, 101):
        key = Key.parse(labels["key"])
        notes, found, _ = evidence_of(score)
        if len(notes) >= 20:
            planned.append(key_features(found, final_bass_of(notes, score.ticks_per_quarter)))
            keys.append(key.tonic + 12 * key.is_minor)
    weights, worth, bias = torch.zeros(72, 2), torch.tensor([5.0, 10.0]), torch.zeros(1)
    weights[36] = 1.5  # a tonic in the last bass: where the fit starts and is drawn back to
    start = weights.clone()
    for tensor in (weights, worth, bias):
        tensor.requires_grad_()

    def scores(rows: list) -> torch.Tensor:
        seen, votes, fit = (torch.tensor(np.array(part), dtype=torch.float32) for part in zip(*rows, strict=True))
        table = (seen @ weights + torch.cat([bias, -bias])).transpose(1, 2).flatten(1)
        return torch.log_softmax(table + worth[0] * votes + worth[1] * fit, 1)

    relative = (torch.arange(12) - 3) % 12
    truth, known = torch.tensor(tonics), torch.tensor(keys)

    def loss() -> torch.Tensor:
        real = scores(features)
        signature = torch.logaddexp(real[:, :12], real[:, 12:][:, relative])
        stated = torch.nn.functional.nll_loss(signature, truth)
        made = torch.nn.functional.nll_loss(scores(planned), known)
        return stated + 0.15 * made + 3e-3 * ((weights - start) ** 2).sum()

    minimise(loss, [weights, worth, bias], 200)
    w = weights.detach().numpy()
    for index, name in enumerate(("whole", "last", "first", "last_bass", "first_bass", "basses")):
        major, minor = (numbers(w[index * 12 : index * 12 + 12, mode]) for mode in (0, 1))
        print(f'    "{name}": ({major},\n        {minor}),')
    print(
        f"VOTE_WORTH, FIT_WORTH, MODE_BIAS = {worth[0]:.1f}, {worth[1]:.1f}, {bias[0]:.2f}  # {len(tonics)} stretches"
    )


# ----------------------------------------------------------------------------------------------------- roles

CORPORA = (("pop909_band", 788), ("freedoom", 214), ("simutrans", 53), ("easyrpg_rtp", 138), ("lmms_projects", 17),
           ("openscore_lieder", 75), ("jsb_chorales", 30), ("groove_midi", 40), ("openscore_quartets", 12),
           ("pop909", 50))  # fmt: skip
VOICES = r"voice|sopran|singstimme|gesang|tenor|alt|bariton"


def known_role(source: str, track: Track) -> str | None:
    """The part a track plays, as its corpus, name or program says; None = not known."""
    name = track.name.strip().lower()
    if source.startswith("pop909"):
        return PARTS.get(track.name)
    if source == "openscore_lieder":
        return "melody" if re.search(VOICES, name) else "chords" if "piano" in name else None
    fixed = {"soprano": "melody", "bass": "bass", "violin 1": "melody", "violoncello": "bass"}
    if source in ("jsb_chorales", "openscore_quartets"):
        return fixed.get(name)
    if track.is_drum or source == "groove_midi":
        return "drums"
    if re.search(r"\barp|seq", name):
        return "arp"
    if re.search(r"melod|solo|\blead", name) and "bass" not in name:
        return "melody"
    if ("bass" in name and "contra" not in name) or 32 <= track.program <= 39:
        return "bass"
    if re.search(r"chord|rhythm|rythm", name):
        return "chords"
    strings = 48 <= track.program <= 51 and re.search("pad|string", name)
    return "pad" if "pad" in name or strings or 88 <= track.program <= 95 else None


def known_tracks(data: Path) -> Iterator[tuple[np.ndarray, int, float]]:
    for source, count in CORPORA:
        work = r"(?<=pop909_)\d+" if source == "pop909_band" else r"^\d+" if source == "pop909" else r".*"
        for path in training_files(data / source, count, work):
            score = read_midi_fast(path)
            bars = score_bars(score)
            tracks = [track for track in score.tracks if len(track.notes) >= 8 and track.name != "CHORDS"]
            if tracks:
                views = [TrackView(track.notes, bars, float(score.ticks_per_quarter)) for track in tracks]
                for row, role in zip(role_features(views), [known_role(source, t) for t in tracks], strict=True):
                    if role:
                        weight = (3.0 if role in ("arp", "pad") else 1.0) * (0.5 if source == "pop909" else 1.0)
                        yield row, ROLES_FROM_NOTES.index(role), weight


def fit_roles(data: Path) -> None:
    rows, truth, weight = (np.array(part) for part in zip(*known_tracks(data), strict=True))
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    seen, target = torch.tensor((rows - mean) / spread, dtype=torch.float32), torch.tensor(truth)
    worth = torch.tensor(weight / weight.sum(), dtype=torch.float32)
    weights = torch.zeros(len(ROLE_FEATURES), len(ROLES_FROM_NOTES), requires_grad=True)
    bias = torch.zeros(len(ROLES_FROM_NOTES), requires_grad=True)

    def loss() -> torch.Tensor:
        wrong = torch.nn.functional.cross_entropy(seen @ weights + bias, target, reduction="none")
        return (wrong * worth).sum() + 1e-3 * (weights**2).sum()

    minimise(loss, [weights, bias])
    w = weights.detach().numpy()
    w = w - w.mean(1, keepdims=True)
    print(f"ROLE_BIAS = np.array([{numbers(bias.detach().numpy(), 2)[1:-1]}])  # {len(rows)} tracks")
    for index, name in enumerate(ROLE_FEATURES):
        print(f'    "{name}": ({mean[index]:.3f}, {spread[index]:.3f}, {numbers(w[index], 2)[1:-1]}),')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=("chords", "key", "roles"))
    parser.add_argument("--data", type=Path, required=True, help="folder of corpora")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    {"chords": fit_chords, "key": fit_key, "roles": fit_roles}[arguments.table](arguments.data)


if __name__ == "__main__":
    main()
