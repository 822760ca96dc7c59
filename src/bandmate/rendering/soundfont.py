"""SoundFont 2 and 3 files: presets, zones and samples, read only as far as a song needs them.

Source: SoundFont Technical Specification 2.04; SF3 is the same file with each sample an Ogg Vorbis stream.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import read_signal
from bandmate.errors import BandmateError, FileFormatError, UserError
from bandmate.rendering.instrument import DEFAULTS, DRUM_BANK, Generator, Instrument, Modulator, Sample, Zone

_MODULATOR = [("source", "<u2"), ("target", "<u2"), ("amount", "<i2"), ("second_source", "<u2"), ("transform", "<u2")]
_BAG = [("generator", "<u2"), ("modulator", "<u2")]
_GENERATOR = [("id", "<u2"), ("amount", "<i2")]
TABLES: dict[str, np.dtype[Any]] = {
    "phdr": np.dtype(
        [
            ("name", "S20"),
            ("preset", "<u2"),
            ("bank", "<u2"),
            ("bag", "<u2"),
            ("library", "<u4"),
            ("genre", "<u4"),
            ("morphology", "<u4"),
        ]
    ),
    "pbag": np.dtype(_BAG),
    "pmod": np.dtype(_MODULATOR),
    "pgen": np.dtype(_GENERATOR),
    "inst": np.dtype([("name", "S20"), ("bag", "<u2")]),
    "ibag": np.dtype(_BAG),
    "imod": np.dtype(_MODULATOR),
    "igen": np.dtype(_GENERATOR),
    "shdr": np.dtype(
        [
            ("name", "S20"),
            ("start", "<u4"),
            ("end", "<u4"),
            ("loop_start", "<u4"),
            ("loop_end", "<u4"),
            ("rate", "<u4"),
            ("root", "u1"),
            ("correction", "i1"),
            ("link", "<u2"),
            ("type", "<u2"),
        ]
    ),
}
VORBIS = 0x10  # bit of a sample's type: an Ogg stream, its loop counted from the sample's start
_NOT_ADDITIVE = frozenset(
    {
        Generator.START_OFFSET,
        Generator.END_OFFSET,
        Generator.LOOP_START_OFFSET,
        Generator.LOOP_END_OFFSET,
        Generator.START_COARSE,
        Generator.END_COARSE,
        Generator.LOOP_START_COARSE,
        Generator.KEY,
        Generator.VELOCITY,
        Generator.LOOP_END_COARSE,
        Generator.SAMPLE_MODE,
        Generator.EXCLUSIVE_CLASS,
        Generator.ROOT_KEY,
        Generator.INSTRUMENT,
        Generator.KEY_RANGE,
        Generator.VELOCITY_RANGE,
    }
)


class SoundFont:
    """An opened SoundFont; tables at once, presets and samples when first asked for.

    Attributes:
        path: the file. presets: (bank, program) -> row of the preset table; drum kits are bank 128.

    Raises:
        FileFormatError: the file is no SoundFont or is cut short; the message names it.
        UserError: it does not exist or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data = _map_file(path)
        try:
            chunks = dict(_chunks(self._data))
            for name, dtype in TABLES.items():
                start, length = chunks[name]
                raw = self._data[start : start + length - length % dtype.itemsize]
                setattr(self, name, np.frombuffer(raw, dtype))
            self.sample_start, self.sample_bytes = chunks["smpl"]
            if min(len(getattr(self, name)) for name in ("phdr", "inst", "shdr")) < 2:
                raise ValueError("no presets")
        except (KeyError, ValueError, struct.error) as problem:
            raise FileFormatError(
                f"{path} is not a whole SoundFont ({problem}); give an .sf2 or .sf3 file, or leave the option away"
            ) from problem
        rows = self.phdr[:-1]
        self.presets = {(bank, program): row for row, (bank, program) in enumerate(rows[["bank", "preset"]].tolist())}
        self._instruments: dict[int, Instrument] = {}
        self._samples: dict[int, Sample] = {}

    phdr: NDArray[Any]
    pbag: NDArray[Any]
    pmod: NDArray[Any]
    pgen: NDArray[Any]
    inst: NDArray[Any]
    ibag: NDArray[Any]
    imod: NDArray[Any]
    igen: NDArray[Any]
    shdr: NDArray[Any]

    def instrument(self, bank: int, program: int) -> Instrument:
        """The preset of a bank and program; a missing one falls back to bank 0, a missing kit to kit 0.

        Raises:
            FileFormatError: the preset points outside the file's tables.
        """
        fallback = (DRUM_BANK, 0) if bank == DRUM_BANK else (0, program)
        row = self.presets.get((bank, program), self.presets.get(fallback, 0))
        if row not in self._instruments:
            try:
                zones = tuple(self._zones(row))
            except (IndexError, KeyError, ValueError) as problem:
                name = self.phdr[row]["name"].decode("latin-1")
                message = f"{self.path}: preset '{name}' is damaged ({problem}); use another SoundFont"
                raise FileFormatError(message) from problem
            self._instruments[row] = Instrument(self.phdr[row]["name"].decode("latin-1").strip("\0 "), zones)
        return self._instruments[row]

    def raw_sample(self, index: int) -> bytes:
        """The bytes of one sample as stored: 16-bit PCM, or an Ogg stream in an SF3."""
        header = self.shdr[index]
        width = 1 if header["type"] & VORBIS else 2
        start = self.sample_start + width * int(header["start"])
        return bytes(self._data[start : self.sample_start + width * int(header["end"])])

    def tidy(self, most_bytes: int) -> None:
        """Forget decoded samples if together they are larger than `most_bytes`."""
        if sum(sample.decoded_bytes for sample in self._samples.values()) > most_bytes:
            for sample in self._samples.values():
                sample.forget()

    def _zones(self, row: int) -> Iterator[Zone]:
        for preset, preset_mods in self._bags("p", self.phdr["bag"][row], self.phdr["bag"][row + 1]):
            number = preset[Generator.INSTRUMENT]
            for own, own_mods in self._bags("i", self.inst["bag"][number], self.inst["bag"][number + 1]):
                zone = self._zone(preset, preset_mods, own, own_mods)
                if zone is not None:
                    yield zone

    def _zone(
        self, preset: dict[int, int], preset_mods: list[Modulator], own: dict[int, int], own_mods: list[Modulator]
    ) -> Zone | None:
        keys = _overlap(preset.get(Generator.KEY_RANGE), own.get(Generator.KEY_RANGE))
        velocities = _overlap(preset.get(Generator.VELOCITY_RANGE), own.get(Generator.VELOCITY_RANGE))
        index = own[Generator.SAMPLE]
        if keys is None or velocities is None or not 0 <= index < len(self.shdr) - 1:
            return None
        generators = {**DEFAULTS, **own}
        for number, amount in preset.items():
            if number not in _NOT_ADDITIVE:
                generators[number] = generators.get(number, 0) + amount
        return Zone(keys, velocities, generators, tuple(own_mods), tuple(preset_mods), self._sample(index))

    def _bags(self, kind: str, first: int, last: int) -> Iterator[tuple[dict[int, int], list[Modulator]]]:
        """Zones of a preset ("p") or instrument ("i"), each with the global zone's values under its own."""
        bags, generators, modulators = (getattr(self, kind + name) for name in ("bag", "gen", "mod"))
        link = Generator.INSTRUMENT if kind == "p" else Generator.SAMPLE
        shared: dict[int, int] = {}
        shared_mods: list[Modulator] = []
        for row in range(int(first), int(last)):
            here, following = bags[row], bags[row + 1]
            own = {int(g["id"]): int(g["amount"]) for g in generators[here["generator"] : following["generator"]]}
            own_mods = [Modulator(*m) for m in modulators[here["modulator"] : following["modulator"]].tolist()]
            if link in own:
                merged = {m.identity: m for m in (*shared_mods, *own_mods)}
                yield {**shared, **own}, list(merged.values())
            elif row == first:
                shared, shared_mods = own, own_mods

    def _sample(self, index: int) -> Sample:
        if index not in self._samples:
            header = self.shdr[index]
            packed = bool(header["type"] & VORBIS)
            origin = 0 if packed else int(header["start"])
            self._samples[index] = Sample(
                load=lambda: self._decode(index, packed),
                rate=max(1, int(header["rate"])),
                loop_start=int(header["loop_start"]) - origin,
                loop_end=int(header["loop_end"]) - origin,
                root=int(header["root"]) if header["root"] <= 127 else 60,
                correction_cents=int(header["correction"]),
            )
        return self._samples[index]

    def _decode(self, index: int, packed: bool) -> NDArray[np.float32]:
        raw = self.raw_sample(index)
        if not packed:
            return np.frombuffer(raw[: len(raw) & ~1], "<i2").astype(np.float32) / np.float32(32768)
        try:
            return read_signal(raw).samples[0]
        except BandmateError as problem:
            name = self.shdr[index]["name"].decode("latin-1").strip("\0 ")
            raise FileFormatError(f"{self.path}: sample '{name}' is damaged; use another SoundFont") from problem


@lru_cache(maxsize=4)
def _opened(path: Path, stamp: tuple[int, int]) -> SoundFont:
    return SoundFont(path)


def open_soundfont(path: str | Path | None = None) -> SoundFont:
    """Open a SoundFont, by default the one that comes with Bandmate; a process opens each file once.

    Raises:
        UserError: there is no such file. FileFormatError: it is not a SoundFont.
    """
    if path is None:
        with as_file(files("bandmate.data").joinpath("sounds", "fluid_r3.sf3")) as inside:
            path = inside
    place = Path(path)
    try:
        stat = place.stat()
    except OSError as problem:
        raise UserError(f"the SoundFont {place} cannot be opened ({problem.strerror}); check the path") from problem
    return _opened(place, (stat.st_size, stat.st_mtime_ns))


def _map_file(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as problem:
        raise UserError(f"the SoundFont {path} cannot be opened ({problem.strerror}); check the path") from problem
    except ValueError as problem:
        raise FileFormatError(f"{path} is empty; give an .sf2 or .sf3 file") from problem


def _chunks(data: mmap.mmap) -> Iterator[tuple[str, tuple[int, int]]]:
    """Name -> (start, length) of every chunk that is not a list."""
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError("no RIFF sfbk header")
    at, end = 12, len(data)
    while at + 8 <= end:
        name, length = data[at : at + 4], struct.unpack("<I", data[at + 4 : at + 8])[0]
        at += 8
        if name == b"LIST":
            at += 4
            continue
        if at + length > end:
            raise ValueError(f"chunk {name.decode('latin-1')} is cut short")
        yield name.decode("latin-1"), (at, length)
        at += length
        if length & 1 and not data[at : at + 4].isalpha():  # some SF3 writers leave the RIFF pad byte out
            at += 1


def _overlap(one: int | None, other: int | None) -> tuple[int, int] | None:
    bounds = [(a & 0xFF, a >> 8 & 0xFF) for a in (one, other) if a is not None]
    low = max([0, *(b[0] for b in bounds)])
    high = min([127, *(b[1] for b in bounds)])
    return (low, high) if low <= high else None
