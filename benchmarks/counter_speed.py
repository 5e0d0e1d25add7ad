"""ThrongNet against our CSRNet on the same pictures: ONNX Runtime with 2 threads, in turn, one run, one machine."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np
import onnx
from benchmarks.outcome import Measure, finish
from onnx import numpy_helper

from throng import vision
from throng.core.points import Image
from throng.train.checkpoint import Checkpoint
from throng.train.export import export_onnx
from throng.train.networks import build_network
from throng.vision.counter_registry import load_counter
from throng.vision.runtime import OnnxModel

LARGE, DEFAULT = (1024, 768), (640, 480)
"""The pictures of Part B, and the default input: a camera's substream at its own size."""

THREADS = 2
ROUNDS = 4
RUNS_PER_ROUND = 6
"""ThrongNet runs so often for each run of CSRNet."""

MODEL = "throngnet"
SHIPPED = Path(vision.__file__).parent / "weights" / f"{MODEL}.onnx"

WEIGHTS_AT = {"Conv": 1, "ConvInteger": 1, "QLinearConv": 3}
"""Operators that multiply, and which of their inputs holds the weights."""


def main() -> None:
    """Time both networks in turn, so that a busy machine slows both; medians of the runs."""
    options = read_options()
    counter = load_counter(options.model, threads=THREADS)
    weights = SHIPPED if options.model == MODEL else Path(options.model)
    pictures = {size: picture(size) for size in (LARGE, DEFAULT)}
    with tempfile.TemporaryDirectory() as folder:
        csrnet = Path(folder) / "csrnet.onnx"
        export_onnx(Checkpoint("csrnet", {}, build_network("csrnet").state_dict()), csrnet)
        large, small = (OnnxModel(path, provider="cpu", threads=THREADS) for path in (csrnet, weights))
        work_large, work_small = (multiply_adds(path, LARGE) for path in (csrnet, weights))
    blob = np.ascontiguousarray(pictures[LARGE].transpose(2, 0, 1)[None], dtype=np.float32)
    times: dict[str, list[float]] = {"csrnet": [], "network": [], "counter": [], "default": []}
    for run in (lambda: large.run(blob), lambda: small.run(blob), counter.warm_up):
        run()
    for _ in range(options.limit):
        times["csrnet"] += seconds(lambda: large.run(blob), 1)
        times["network"] += seconds(lambda: small.run(blob), RUNS_PER_ROUND)
        times["counter"] += seconds(lambda: counter.count([pictures[LARGE]]), RUNS_PER_ROUND)
        times["default"] += seconds(lambda: counter.count([pictures[DEFAULT]]), RUNS_PER_ROUND)
    median = {name: statistics.median(values) for name, values in times.items()}
    at_large, at_default = ("{}×{}".format(*size) for size in (LARGE, DEFAULT))
    finish(
        f"Speed of {counter.name}: ONNX Runtime, {THREADS} threads",
        "counter_speed",
        [
            Measure(f"CSRNet at {at_large}", 1000 * median["csrnet"], "ms"),
            Measure(f"{counter.name} at {at_large}, the network", 1000 * median["network"], "ms"),
            Measure("CSRNet's time / the network's", median["csrnet"] / median["network"], "times", at_least=25),
            Measure(f"{counter.name} at {at_large}, picture to count", 1 / median["counter"], "pictures/s"),
            Measure(
                f"{counter.name} at {at_default}, picture to count", 1 / median["default"], "pictures/s", at_least=15
            ),
            Measure(f"multiply-adds of CSRNet at {at_large}", work_large / 1e9, "G"),
            Measure(f"multiply-adds of {counter.name} at {at_large}", work_small / 1e9, "G"),
            Measure("share of CSRNet's multiply-adds", 100 * work_small / work_large, "%"),
            Measure(f"{counter.name}: weights in the package", weights.stat().st_size / 1e6, "MB", at_most=8),
        ],
    )


def read_options() -> argparse.Namespace:
    """Read the options of this benchmark and leave the others to `finish`."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--model", default=MODEL, help="another .onnx file")
    parser.add_argument("--limit", type=int, default=ROUNDS, help="rounds of runs")
    options, sys.argv[1:] = parser.parse_known_args()
    if options.limit < ROUNDS and "--write" in sys.argv:
        sys.exit(f"fewer than {ROUNDS} rounds are no measurement: do not keep them with --write")
    return options


def picture(size: tuple[int, int]) -> Image:
    """Make a picture whose content does not matter."""
    return np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


def seconds(run: Callable[[], object], times: int) -> list[float]:
    """Return how long each of several runs took."""
    taken = []
    for _ in range(times):
        began_s = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began_s)
    return taken


def multiply_adds(path: Path, size: tuple[int, int]) -> int:
    """Return the multiply-adds of an ONNX file's convolutions for one picture."""
    model = onnx.load(path)
    for side, length in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, size[1], size[0]), strict=True):
        side.ClearField("dim_param")
        side.dim_value = length
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*graph.value_info, *graph.output)}
    shapes |= {tensor.name: list(numpy_helper.to_array(tensor).shape) for tensor in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type in WEIGHTS_AT]
    return sum(
        prod(shapes[node.output[0]]) * prod(shapes[node.input[WEIGHTS_AT[node.op_type]]][1:]) for node in convolutions
    )


if __name__ == "__main__":
    main()
