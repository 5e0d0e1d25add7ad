"""ONNX counters of bright dots: real networks in which every number can be foretold."""

from pathlib import Path
from typing import Any

import numpy as np


def dot_counter(
    path: Path,
    *,
    file: str = "dots",
    gain: float = 1.0,
    blur_px: int = 1,
    stride: int = 8,
    metadata: dict[str, str] | None = None,
    signature: bool = False,
) -> Path:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = {
        "grey": np.full((1, 3, 1, 1), 1 / 765, dtype=np.float32),
        "across": np.full((1, 1, 1, blur_px), 1 / blur_px, dtype=np.float32),
        "down": np.full((1, 1, blur_px, 1), 1 / blur_px, dtype=np.float32),
        "people": np.full((1, 1, stride, stride), gain, dtype=np.float32),
    }
    half = blur_px // 2
    nodes = [
        helper.make_node("Conv", ["image", "grey"], ["g"]),
        helper.make_node("Conv", ["g", "across"], ["half_smeared"], pads=[0, half, 0, half]),
        helper.make_node("Conv", ["half_smeared", "down"], ["smeared"], pads=[half, 0, half, 0]),
        helper.make_node("Conv", ["smeared", "people"], ["density"], strides=[stride, stride]),
        helper.make_node("MaxPool", ["smeared"], ["points"], kernel_shape=[4, 4], strides=[4, 4]),
    ]
    outputs = [_open_output(name) for name in ("density", "points")]
    if signature:
        nodes += [
            helper.make_node("GlobalAveragePool", ["image"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["signature"]),
        ]
        outputs.append(helper.make_tensor_value_info("signature", TensorProto.FLOAT, ["n", 3]))
    picture = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "dots", [picture], outputs, constants),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    helper.set_model_props(model, {"throng.kind": "density-counter", "throng.name": file} | (metadata or {}))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def _open_output(name: str) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1, f"{name}_h", f"{name}_w"])
