"""Parquet: rows as files that any data tool reads. The one place that imports pyarrow, the extra `scale`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bandmate.errors import LibraryError, MissingExtra
from bandmate.io.atomic import write_bytes_atomic

GROUP_ROWS = 64  # rows that are read at once
_ABOUT = b"bandmate"


def arrow() -> Any:
    """Pyarrow with its Parquet part.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("scale", "a library in Parquet shards") from error
    return pyarrow


def _type(pa: Any, kind: str) -> Any:
    named = {"text": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(), "bytes": pa.binary(),
             "texts": pa.list_(pa.string()), "ints": pa.list_(pa.int64()), "<i8": pa.list_(pa.int64()),
             "<i4": pa.list_(pa.int32()), "<u2": pa.list_(pa.uint16()), "|u1": pa.list_(pa.uint8())}  # fmt: skip
    return named[kind]


def write_rows(
    path: Path, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], about: Mapping[str, Any]
) -> int:
    """Write rows into one file, whole or not at all.

    Args:
        path: the file.
        rows: column -> value each.
        columns: name -> kind: text, int, float, bool, bytes, texts, ints, or the element type of a list of numbers.
        about: plain data that stands in the file's footer (see `footer`).

    Returns:
        The bytes written.

    Raises:
        OutputError: the disk is full or the place cannot be written.
        MissingExtra: pyarrow is not installed.
    """
    pa = arrow()
    fields = [pa.field(name, _type(pa, kind)) for name, kind in columns.items()]
    schema = pa.schema(fields, metadata={_ABOUT: json.dumps(about).encode()})
    arrays = [pa.array([row[field.name] for row in rows], field.type) for field in fields]
    buffer = io.BytesIO()
    pa.parquet.write_table(
        pa.Table.from_arrays(arrays, schema=schema), buffer, row_group_size=GROUP_ROWS, compression="zstd",
        write_page_checksum=True,
    )  # fmt: skip
    write_bytes_atomic(path, buffer.getbuffer())
    return buffer.tell()


def footer(path: Path) -> dict[str, Any]:
    """What the footer of a file says.

    Raises:
        LibraryError: it is missing, damaged or none of ours.
    """
    pa = arrow()
    try:
        return json.loads(pa.parquet.read_schema(path).metadata[_ABOUT])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LibraryError(_unreadable(path, error)) from error


def group_count(path: Path) -> int:
    """How many groups of rows a file holds."""
    pa = arrow()
    try:
        return pa.parquet.read_metadata(path).num_row_groups
    except (OSError, ValueError) as error:
        raise LibraryError(_unreadable(path, error)) from error


def read_groups(
    path: Path, columns: Sequence[str] | None = None, only: Sequence[int] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """The rows of a file, GROUP_ROWS at a time.

    Args:
        path: the file.
        columns: names to read; None = all.
        only: indices of groups; None = all.

    Raises:
        LibraryError: it is missing or damaged, or lacks a column.
    """
    pa = arrow()
    try:
        with pa.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            lacking = [name for name in columns or () if name not in file.schema_arrow.names]
            if lacking:
                raise LibraryError(f"{path} has no column {', '.join(lacking)}; it was written without")
            for group in range(file.num_row_groups) if only is None else only:
                yield file.read_row_group(group, columns=list(columns) if columns else None).to_pylist()
    except (OSError, ValueError) as error:
        raise LibraryError(_unreadable(path, error)) from error


def _unreadable(path: Path, error: Exception) -> str:
    reason = str(error).split("\n")[0][:200]
    return f"{path} cannot be read as a shard ({reason}); delete it and run the ingest again, which makes it anew"
