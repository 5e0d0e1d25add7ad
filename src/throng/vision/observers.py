"""An observer by the name of its models: a detector, a density counter, or both."""

from throng.core.calibration import Calibration
from throng.vision.bytetrack import ByteTracker
from throng.vision.counter_registry import THRONGNET, is_counter, known_counters, load_counter
from throng.vision.crowd_observer import CrowdObserver
from throng.vision.dense_flow import DenseFlow
from throng.vision.errors import VisionError
from throng.vision.input_scale import ScaleChooser
from throng.vision.model_store import unknown_model
from throng.vision.observer import ModelObserver
from throng.vision.ports import TwoStepObserver
from throng.vision.registry import known_detectors, load_detector

DEFAULT_MODEL = THRONGNET
"""What looks when nobody names a model: it is in the package and counts crowds of every density."""

JOIN = "+"
"""Between the names of a counter and a detector that look together."""


def load_observer(
    camera_id: str,
    model: str | None,
    *,
    rate_hz: float | None,
    calibration: Calibration | None = None,
    threads: int | None = None,
    motion: bool = True,
) -> TwoStepObserver:
    """Put the models of a camera together.

    Args:
        camera_id: whose frames it looks at.
        model: a detector (`yolox-nano`), a counter (`throngnet`), an ONNX file of either, or a counter and a detector
            (`throngnet+yolox-nano`); None for `DEFAULT_MODEL`.
        rate_hz: frames per second that will come; None for counting without tracks.
        calibration: of the camera; None for none.
        threads: threads of each network, None for one per physical core.
        motion: whether a counter is joined by optical flow, for the speed of people who cannot be told apart;
            without a rate there is none.

    Raises:
        VisionError: a name is unknown, two models of one kind are named, or a model cannot be loaded.
    """
    names = (model or DEFAULT_MODEL).split(JOIN)
    known = known_counters() | known_detectors()
    for name in names:
        if name not in known and not name.lower().endswith(".onnx"):
            raise VisionError(
                unknown_model(name, known) + "; a model of your own is named by its path, which ends in .onnx"
            )
    counters = [name for name in names if is_counter(name)]
    detectors = [name for name in names if name not in counters]
    if len(counters) > 1 or len(detectors) > 1:
        raise VisionError(
            f"model {model}: expected a counter ({', '.join(known_counters())}), a detector "
            f"({', '.join(known_detectors())}) or one of each joined by {JOIN}"
        )
    tracker = None if rate_hz is None else ByteTracker(rate_hz)
    detector = load_detector(detectors[0], threads=threads) if detectors else None
    if not counters:
        assert detector is not None
        return ModelObserver(camera_id, detector, tracker)
    counter = load_counter(counters[0], threads=threads)
    scale = ScaleChooser(counter, calibration)
    flow = DenseFlow() if motion and rate_hz is not None else None
    return CrowdObserver(camera_id, counter, detector, tracker, calibration=calibration, scale=scale, motion=flow)
