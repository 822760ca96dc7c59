"""Write docs/SOUND.md: how genres sound with plain settings and with their own, in pictures and figures.

    python scripts/sound_page.py
    python scripts/sound_page.py --bars 2 --out /tmp/page

One piece by rule a genre, from a fixed seed, rendered twice. Plain is one kit, one room, no echo, no side-chain, levels
by controller 7 and no tone before the loudness stage; the genre's own is `RenderOptions(genre=...)`. On one machine the
same bytes come out again.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from bandmate.audio.signal import db_from_gain
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.atomic import write_text_atomic
from bandmate.pictures.spectrogram import draw_spectrograms
from bandmate.rendering.loudness import measure_lufs
from bandmate.score.brief import Brief
from bandmate.workflows.render import RenderOptions, render_score

OUT = Path(__file__).parent.parent / "docs"
MARK = "<!-- below: written by scripts/sound_page.py -->\n"
GENRES = {
    "house": "Plain, the 808's long kick drowns all else at 50 Hz. With a 909 the kick is a short fall from above, and "
    "the chords between 100 Hz and 1 kHz are heard, dark at each kick where they step back.",
    "techno": "The overdriven 909 reaches up to a kilohertz at each stroke; bass and chords come back between kicks.",
    "lofi_hip_hop": "The keys no longer bury drums and melody, and the hats' ticks fade above 8 kHz, as on tape.",
    "dub": "Where guitar and melody leave off, at 3.4 and 7 s, their repeats fill the gap, softer each time.",
    "synthwave": "The LinnDrum's kick is shorter and ends at 60 Hz; the bass beside it at 110 Hz can be heard.",
    "ambient": "The same chord; the piano at 0.9 and 6.6 s comes forward and rings on in a cathedral and its echo.",
}
BANDS_HZ = ((20.0, 150.0), (150.0, 4000.0), (4000.0, 16000.0))
SECONDS = 8.0  # of a spectrogram


@dataclass(frozen=True, slots=True)
class Heard:
    """One rendering: its mix, and the line of figures about it."""

    mix: np.ndarray
    figures: str


def hear(name: str, bars: int, seed: int, options: RenderOptions) -> Heard:
    """Render a piece of a genre and measure it."""
    score = play(make_plan(Brief(genre=name, bars=bars), seed), seed)
    with tempfile.TemporaryDirectory() as folder:
        result = render_score(score, folder, options)
        mix, rate = _read(result.mix)
        levels = [measure_lufs(_read(path)[0], rate) for path in result.stems]
    roles = [track.role for track in score.tracks if len(track.notes)]
    loudest = max(levels[: len(roles)])
    named = dict(zip(roles, levels, strict=False))
    under = [f"{named[role] - loudest:.0f}" if role in named else "" for role in ("drums", "bass", "chords", "melody")]
    body = mix[:, : mix.shape[1] - 3 * rate]
    crest = db_from_gain(float(np.abs(mix).max())) - db_from_gain(float(np.sqrt((body.astype(float) ** 2).mean())))
    shown = " / ".join(f"{share:.0f}" for share in _shares(mix, rate))
    cells = (f"{result.lufs:.1f}", f"{result.true_peak_db:.1f}", f"{crest:.1f}", shown, *under,
             f"{levels[-1] - loudest:.0f}")  # fmt: skip
    return Heard(mix[:, : round(SECONDS * rate)], " | ".join(cells))


def page(out: Path, bars: int, seed: int) -> str:
    """Draw all pictures and give the text under the mark."""
    lines, rows = [], []
    for name, words in GENRES.items():
        plain, own = hear(name, bars, seed, RenderOptions()), hear(name, bars, seed, RenderOptions(genre=name))
        title = name.replace("_", " ").replace("lofi", "lo-fi").capitalize()
        draw_spectrograms(
            [(f"{title}, plain", plain.mix), (f"{title}, as it sounds", own.mix)], 44100, out / "sound" / f"{name}.png"
        )
        lines.append(f"**{title}.** {words}\n\n![{title}, plain and as it sounds](sound/{name}.png)\n")
        rows += [f"| {title}, plain | {plain.figures} |", f"| {title} | {own.figures} |"]
    head = (
        "| | LUFS | true peak dB | crest dB | low / mid / high % | drums | bass | chords | melody | return |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    return "\n".join([*lines, head, *rows, ""])


def _shares(samples: np.ndarray, rate: int) -> list[float]:
    power = (np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2).astype(np.float64)
    hz = np.fft.rfftfreq(samples.shape[1], 1 / rate)
    parts = [power[(hz >= low) & (hz < high)].sum() for low, high in BANDS_HZ]
    return [100.0 * float(part / sum(parts)) for part in parts]


def _read(path: Path | None) -> tuple[np.ndarray, int]:
    assert path is not None
    samples, rate = soundfile.read(path, dtype="float32")
    return np.ascontiguousarray(samples.T), rate


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the page (default: docs)")
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    (asked.out / "sound").mkdir(parents=True, exist_ok=True)
    written = (OUT / "SOUND.md").read_text(encoding="utf-8").split(MARK)[0]
    write_text_atomic(asked.out / "SOUND.md", written + MARK + "\n" + page(asked.out, asked.bars, asked.seed))


if __name__ == "__main__":
    main()
