"""The small networks that hear: ONNX files in the package, opened once, run on one thread."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from bandmate.errors import ModelError

FOLDER = Path(__file__).parent.parent / "data" / "ears"


@cache
def open_network(name: str) -> Any:
    """The session of `data/ears/NAME.onnx`.

    Raises:
        ModelError: the file is missing or damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the same sums on every machine of one kind
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(FOLDER / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    except Exception as problem:  # onnxruntime has no public class of errors
        raise ModelError(
            f"the network {FOLDER / name}.onnx cannot be opened ({str(problem)[:120]}); install bandmate anew"
        ) from problem
