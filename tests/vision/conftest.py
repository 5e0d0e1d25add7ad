"""Real frames, real truth and real weights for the tests of this room."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from defusedxml import ElementTree
from numpy.typing import NDArray

from throng.core.points import Image

Truth = list[tuple[NDArray[np.int64], NDArray[np.float64]]]
"""Per frame: ids (N,) and boxes (N, 4) in pixels of the 480×360 video."""

PETS_SCALE = 0.625


@pytest.fixture(scope="session")
def pets_frames(shared_dir: Path) -> dict[int, Image]:
    """Every 40th frame of PETS2009 S2L1, by frame number."""
    frames: dict[int, Image] = {}
    with av.open(str(shared_dir / "data/pets2009/S2L1_view001.mp4")) as clip:
        for number, frame in enumerate(clip.decode(video=0)):
            if number % 40 == 0:
                frames[number] = np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8)
    return frames


@pytest.fixture(scope="session")
def pets_truth(shared_dir: Path) -> Truth:
    """Labelled people of PETS2009 S2L1, frame by frame."""
    root = ElementTree.parse(shared_dir / "data/pets2009/S2L1_groundtruth.xml").getroot()
    assert root is not None
    truth: Truth = []
    for frame in root.iter("frame"):
        ids, boxes = [], []
        for person in frame.iter("object"):
            box = person.find("box")
            assert box is not None
            xc, yc, w, h = (float(box.attrib[key]) * PETS_SCALE for key in ("xc", "yc", "w", "h"))
            ids.append(int(person.attrib["id"]))
            boxes.append((xc - w / 2, yc - h / 2, xc + w / 2, yc + h / 2))
        truth.append((np.array(ids, dtype=np.int64), np.array(boxes, dtype=np.float64).reshape(-1, 4)))
    return truth


@pytest.fixture
def model_folder(shared_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of third-party weights as this machine's model folder."""
    monkeypatch.setenv("THRONG_MODELS", str(shared_dir / "models"))
    return shared_dir / "models"


@pytest.fixture
def write_onnx(tmp_path: Path) -> Callable[..., Path]:
    """Write ONNX files that give one fixed output for every picture."""

    def write(
        output: NDArray[np.float32],
        *,
        size: tuple[int, int] | None = (416, 416),
        names: str | None = None,
        inputs: int = 1,
    ) -> Path:
        path = tmp_path / "own.onnx"
        path.write_bytes(_model(output, size, names, inputs))
        return path

    return write


def _model(output: NDArray[np.float32], size: tuple[int, int] | None, names: str | None, inputs: int) -> bytes:
    """Encode a ModelProto by hand: the protocol buffer fields of onnx.proto3, without the onnx package."""
    sides: tuple[int | str, int | str] = ("h", "w") if size is None else (size[1], size[0])
    tensor = b"".join(_number(1, d) for d in output.shape) + _number(2, 1) + _text(8, "fixed")
    graph = _bytes(1, _text(1, "fixed") + _text(2, "output") + _text(4, "Identity")) + _text(2, "own")
    graph += _bytes(5, tensor + _bytes(9, output.astype("<f4").tobytes()))
    for i in range(inputs):
        graph += _bytes(11, _value_info(f"images{i}", (1, 3, *sides)))
    graph += _bytes(12, _value_info("output", output.shape))
    model = _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 13))
    return model if names is None else model + _bytes(14, _text(1, "names") + _text(2, names))


def _value_info(name: str, shape: tuple[int | str, ...]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, d) if isinstance(d, int) else _text(2, d)) for d in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, dims)))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes((*encoded, value))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
