"""Build the ONNX skeletons of the grid model's trunk, one a size, into src/bandmate/models/graphs.

A skeleton holds no weights: every tensor is declared as external and attached when a session is made, so that a
model that was trained on this machine needs no `onnx` package. Needs: pip install onnx (in the dev extra).
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from bandmate.models.grid_config import HEAD_DIM, NORM_EPS, GridConfig, load_size
from bandmate.tokenizers.grid_table import FIELDS, HEADS

FLOAT, INT = TensorProto.FLOAT, TensorProto.INT32
MICROSOFT = "com.microsoft"


def external(name: str, *shape: int) -> TensorProto:
    """A tensor that is declared but lies elsewhere."""
    tensor = TensorProto(name=name, data_type=FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="attached")
    return tensor


def layer(index: int, config: GridConfig) -> tuple[list, list]:
    """Nodes and tensors of one layer, from the name x{index} to x{index + 1}."""
    p, x, width, ff = f"l{index}.", f"x{index}", config.width, config.feed_forward
    inner = (config.heads + 2 * config.kv_heads) * HEAD_DIM
    tensors = [
        external(p + "norm1", width), external(p + "qkv", width, inner),
        external(p + "o", config.heads * HEAD_DIM, width),
        external(p + "norm2", width), external(p + "gate", width, ff), external(p + "up", width, ff),
        external(p + "down", ff, width),
    ]  # fmt: skip
    norm = {"axis": -1, "epsilon": NORM_EPS, "stash_type": 1}
    nodes = [
        helper.make_node("SimplifiedLayerNormalization", [x, p + "norm1"], [p + "n1"], **norm),
        helper.make_node("MatMul", [p + "n1", p + "qkv"], [p + "packed"]),
        helper.make_node(
            "GroupQueryAttention",
            [p + "packed", "", "", f"past_k{index}", f"past_v{index}", "seqlens_k", "total_length", "cos", "sin"],
            [p + "a", f"present_k{index}", f"present_v{index}"],
            domain=MICROSOFT, num_heads=config.heads, kv_num_heads=config.kv_heads, do_rotary=1, rotary_interleaved=0,
        ),
        helper.make_node("MatMul", [p + "a", p + "o"], [p + "ao"]),
        helper.make_node(
            "SkipSimplifiedLayerNormalization", [x, p + "ao", p + "norm2"], [p + "n2", "", "", p + "mid"],
            domain=MICROSOFT, epsilon=NORM_EPS,
        ),
        helper.make_node("MatMul", [p + "n2", p + "gate"], [p + "g"]),
        helper.make_node("MatMul", [p + "n2", p + "up"], [p + "u"]),
        helper.make_node("QuickGelu", [p + "g"], [p + "s"], domain=MICROSOFT, alpha=1.0),
        helper.make_node("Mul", [p + "s", p + "u"], [p + "f"]),
        helper.make_node("MatMul", [p + "f", p + "down"], [p + "d"]),
        helper.make_node("Add", [p + "mid", p + "d"], [f"x{index + 1}"]),
    ]  # fmt: skip
    return nodes, tensors


def skeleton(config: GridConfig) -> onnx.ModelProto:
    """The trunk as a graph: x (batch, rows, width) and past keys and values in, hidden out."""
    nodes, tensors = [], []
    cache = ["batch", config.kv_heads, "capacity", HEAD_DIM]
    inputs = [
        helper.make_tensor_value_info("x0", FLOAT, ["batch", "rows", config.width]),
        helper.make_tensor_value_info("seqlens_k", INT, ["batch"]),
        helper.make_tensor_value_info("total_length", INT, []),
        helper.make_tensor_value_info("cos", FLOAT, ["positions", HEAD_DIM // 2]),
        helper.make_tensor_value_info("sin", FLOAT, ["positions", HEAD_DIM // 2]),
    ]
    outputs = [helper.make_tensor_value_info("hidden", FLOAT, ["batch", "rows", config.width])]
    for index in range(config.layers):
        more_nodes, more_tensors = layer(index, config)
        nodes, tensors = nodes + more_nodes, tensors + more_tensors
        for kind in "kv":
            inputs.append(helper.make_tensor_value_info(f"past_{kind}{index}", FLOAT, cache))
            outputs.append(helper.make_tensor_value_info(f"present_{kind}{index}", FLOAT, cache))
    tensors.append(external("norm", config.width))
    nodes.append(
        helper.make_node(
            "SimplifiedLayerNormalization",
            [f"x{config.layers}", "norm"],
            ["hidden"],
            axis=-1,
            epsilon=NORM_EPS,
            stash_type=1,
        )
    )
    graph = helper.make_graph(nodes, "trunk", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def main() -> None:
    """Write every size."""
    folder = Path(__file__).parent.parent / "src/bandmate/models/graphs"
    for size in ("tiny", "small", "base"):
        config = load_size(size, FIELDS, HEADS)
        data = skeleton(config).SerializeToString()
        name = f"w{config.width}l{config.layers}h{config.heads}k{config.kv_heads}f{config.feed_forward}.onnx"
        (folder / name).write_bytes(data)
        print(name, len(data), "bytes")


if __name__ == "__main__":
    main()
