"""Training logs: one JSON object a line, and the event file that TensorBoard reads.

Source: the TFRecord framing and the Event/Summary messages of TensorFlow's protobuf files (fields wall_time 1,
step 2, summary 5; value: tag 1, simple_value 2), written by hand so that no TensorFlow is needed.
"""

from __future__ import annotations

import json
import struct
import time
from functools import cache
from pathlib import Path


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


def masked_crc32c(data: bytes) -> int:
    """The checksum of a TFRecord: CRC-32C, rotated and offset."""
    crc, table = 0xFFFFFFFF, _crc_table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _chunk(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def scalar_event(step: int, values: dict[str, float], wall_time_sec: float) -> bytes:
    """One record holding some scalars of one step."""
    summary = b"".join(
        _chunk(1, _chunk(1, tag.encode("utf-8")) + b"\x15" + struct.pack("<f", value)) for tag, value in values.items()
    )
    event = b"\x09" + struct.pack("<d", wall_time_sec) + b"\x10" + _varint(step) + _chunk(5, summary)
    head = struct.pack("<Q", len(event))
    return head + struct.pack("<I", masked_crc32c(head)) + event + struct.pack("<I", masked_crc32c(event))


class EventLog:
    """Appends scalars to log.jsonl and to an event file in a run's folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lines = folder / "log.jsonl"
        self.events = folder / "events.out.tfevents.bandmate"
        if not self.events.exists():
            version = b"\x09" + struct.pack("<d", time.time()) + _chunk(3, b"brain.Event:2")
            head = struct.pack("<Q", len(version))
            record = head + struct.pack("<I", masked_crc32c(head)) + version + struct.pack("<I", masked_crc32c(version))
            self.events.write_bytes(record)

    def add(self, step: int, values: dict[str, float]) -> None:
        """Append one step's scalars."""
        now = time.time()
        with self.lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "time": round(now, 1), **values}) + "\n")
        with self.events.open("ab") as file:
            file.write(scalar_event(step, values, now))
