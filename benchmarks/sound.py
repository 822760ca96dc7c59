"""How the mix of every genre measures: loudness, peaks, spectral balance, and how loud each stem stands in it.

    python benchmarks/sound.py                       # all genres, 8 bars by rule
    python benchmarks/sound.py --genres house dub --plain

`--plain` leaves the genre's sound out: one kit, one room, no side-chain, levels by controller 7. Prints a table and,
last, one JSON object. Shares are of power: low under 150 Hz, mid to 4 kHz, high above. A stem's level is its loudness
under that of the loudest one; effects and the room's return do not count.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from bandmate.analysis.genres import genre_ids
from bandmate.audio.signal import db_from_gain
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.rendering.loudness import measure_lufs
from bandmate.score.brief import Brief
from bandmate.workflows.render import RenderOptions, render_score

BANDS_HZ = {"low": (20.0, 150.0), "mid": (150.0, 4000.0), "high": (4000.0, 16000.0)}
SILENT_LUFS, FAR_DB = -60.0, 20.0


def shares(samples: np.ndarray, rate: int) -> dict[str, float]:
    """Share of each band in the power of a sound, in percent."""
    power = (np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2).astype(np.float64)
    hz = np.fft.rfftfreq(samples.shape[1], 1 / rate)
    whole = power[(hz >= 20.0) & (hz < 16000.0)].sum()
    return {
        name: round(100 * float(power[(hz >= low) & (hz < high)].sum() / whole), 1)
        for name, (low, high) in BANDS_HZ.items()
    }


def measure(name: str, bars: int, seed: int, *, plain: bool) -> dict[str, object]:
    """The figures of one genre's mix and of the stems under it."""
    score = play(make_plan(Brief(genre=name, bars=bars), seed), seed)
    with tempfile.TemporaryDirectory() as folder:
        result = render_score(score, folder, RenderOptions(genre=None if plain else name))
        mix, rate = _read(result.mix)
        levels = {path.stem: round(measure_lufs(_read(path)[0], rate), 1) for path in result.stems}
    roles = [track.role for track in score.tracks if len(track.notes)]
    own = list(levels.values())[: len(roles)]
    loudest = max(own)
    rms = np.sqrt(float((mix[:, : mix.shape[1] - 3 * rate] ** 2).mean()))
    return {
        "lufs": round(result.lufs, 2),
        "true_peak_db": round(result.true_peak_db, 2),
        "crest_db": round(db_from_gain(float(np.abs(mix).max())) - db_from_gain(rms), 1),
        **shares(mix, rate),
        "stems": {
            f"{role} {place}": round(level - loudest, 1)
            for place, (role, level) in enumerate(zip(roles, own, strict=True))
        },
        "return": round(list(levels.values())[-1] - loudest, 1),
        "far": [role for role, level in zip(roles, own, strict=True) if role != "fx" and (level - loudest < -FAR_DB)],
    }


def _read(path: Path | None) -> tuple[np.ndarray, int]:
    samples, rate = soundfile.read(path, dtype="float32")
    return np.ascontiguousarray(samples.T), rate


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genres", nargs="*", default=list(genre_ids()), metavar="NAME")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true")
    asked = parser.parse_args()
    figures = {}
    print(f"{'genre':18s} LUFS   dBTP  crest   low  mid  high  return  stems under the loudest")
    for name in asked.genres:
        row = figures[name] = measure(name, asked.bars, asked.seed, plain=asked.plain)
        stems = ", ".join(f"{stem.split()[0]} {level:.0f}" for stem, level in row["stems"].items())  # type: ignore[union-attr]
        print(
            f"{name:18s} {row['lufs']:6.2f} {row['true_peak_db']:6.2f} {row['crest_db']:5.1f} "
            f"{row['low']:5.1f} {row['mid']:4.1f} {row['high']:4.1f} {row['return']:6.1f}  {stems}",
            flush=True,
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
