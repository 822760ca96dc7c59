"""The trunk in ONNX Runtime: a skeleton graph from the package, the same tensors attached when the session is made."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ModelError
from bandmate.generation.engine import Embedder, Floats, rotary_tables
from bandmate.models.checkpoint import Weights
from bandmate.models.grid_config import HEAD_DIM, GridConfig


def _graph(config: GridConfig) -> bytes:
    name = f"w{config.width}l{config.layers}h{config.heads}k{config.kv_heads}f{config.feed_forward}.onnx"
    source = files("bandmate.models").joinpath(f"graphs/{name}")
    if not source.is_file():
        raise ModelError(f"no ONNX graph for a model of this shape ({name}); use --engine numpy")
    return source.read_bytes()


def _tensors(weights: Weights) -> dict[str, Floats]:
    """The graph's names and layouts for the checkpoint's tensors."""
    found = {"norm": weights.tensors["norm.weight"]}
    for index in range(weights.config.layers):
        own = {
            n: weights.tensors[f"blocks.{index}.{n}.weight"]
            for n in ("norm1", "norm2", "q", "k", "v", "o", "gate", "up", "down")
        }
        found[f"l{index}.qkv"] = np.concatenate([own["q"], own["k"], own["v"]]).T
        found |= {f"l{index}.{n}": own[n].T for n in ("norm1", "norm2", "o", "gate", "up", "down")}
    return {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in found.items()}


class OnnxEngine:
    """A batch of sequences whose keys and values stay in buffers shared by input and output."""

    name = "onnx"

    def __init__(self, weights: Weights, *, batch: int = 1, capacity: int = 2048, threads: int = 1) -> None:
        import onnxruntime as ort

        config = weights.config
        self._ort, self.width = ort, config.width
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        # beside a busy program threads that wait by spinning halve the speed of all
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._keep = _tensors(weights)  # the session reads these arrays in place
        values = [ort.OrtValue.ortvalue_from_numpy(tensor) for tensor in self._keep.values()]
        options.add_external_initializers(list(self._keep), values)
        self._values = values
        self.session = ort.InferenceSession(_graph(config), options, providers=["CPUExecutionProvider"])
        self.embed = Embedder(weights)
        self.batch, self.length = batch, 0
        self.binding = self.session.io_binding()
        cos, sin = rotary_tables(capacity)
        for name, table in (("cos", cos), ("sin", sin)):
            self.binding.bind_ortvalue_input(name, ort.OrtValue.ortvalue_from_numpy(table))
        shape = (batch, config.kv_heads, capacity, HEAD_DIM)
        self._caches: list[Any] = []
        for index in range(config.layers):
            for kind in "kv":
                cache = ort.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
                self.binding.bind_ortvalue_input(f"past_{kind}{index}", cache)
                self.binding.bind_ortvalue_output(f"present_{kind}{index}", cache)
                self._caches.append(cache)
        self._hidden: Any = None

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` rows."""
        self.length = length

    def feed(self, rows: NDArray[np.int16]) -> Floats:
        """Append rows (batch, n, fields); the hidden state after the last, (batch, width).

        The attention node takes many rows only at the start of a sequence; later ones go in one by one.
        """
        if self.length and rows.shape[1] > 1:
            for index in range(rows.shape[1] - 1):
                self._run(rows[:, index : index + 1])
            rows = rows[:, -1:]
        return self._run(rows)

    def _run(self, rows: NDArray[np.int16]) -> Floats:
        self.length += rows.shape[1]
        binding = self.binding
        shape = (self.batch, rows.shape[1], self.width)
        if self._hidden is None or tuple(self._hidden.shape()) != shape:
            self._hidden = self._ort.OrtValue.ortvalue_from_shape_and_type(shape, np.float32)
            binding.bind_ortvalue_output("hidden", self._hidden)
        binding.bind_cpu_input("x0", np.ascontiguousarray(self.embed(rows)))
        binding.bind_cpu_input("seqlens_k", np.full(self.batch, self.length - 1, np.int32))
        binding.bind_cpu_input("total_length", np.array(self.length, np.int32))
        self.session.run_with_iobinding(binding)
        return self._hidden.numpy()[:, -1].copy()  # subtle: the buffer is reused by the next row
