"""Compares the readings of a camera with a labelled clip: the commissioning of a new camera."""

from dataclasses import dataclass

from throng.core.clock import Clock, SystemClock
from throng.core.site import Camera, Site
from throng.evaluation.clip import Progress, measure_clip, measure_labels
from throng.evaluation.comparison import compare, in_picture
from throng.evaluation.errors import TruthError
from throng.evaluation.report import VideoReport
from throng.evaluation.truth import Truth
from throng.video.ports import FrameSource, SourceInfo
from throng.vision.ports import Observer

OUTSIDE_LIMIT = 0.1
"""Share of people labelled outside the picture from which the size that was labelled must be wrong."""


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """How to compare.

    Attributes:
        rate_hz: analyses per second; None for every frame.
        truth_size: width and height that was labelled on; None for what the labels, or else the calibration, say.
        truth_start: the video frame that label frame 0 belongs to.
    """

    rate_hz: float | None = None
    truth_size: tuple[int, int] | None = None
    truth_start: int = 0


def evaluate_video(
    source: FrameSource,
    observer: Observer,
    truth: Truth,
    *,
    camera: Camera,
    site: Site,
    options: EvalOptions | None = None,
    progress: Progress = lambda _done, _total: None,
    clock: Clock | None = None,
) -> VideoReport:
    """Measure a clip and hold it against its labels.

    The labels go through the same pipeline as the models' finds, as a sensor that never errs: same calibration, same
    zones, same motion over the same window. What differs is the models' doing.

    Args:
        source: the clip, open; whoever opened it closes it.
        observer: the models.
        truth: the labels.
        camera, site: the camera with its calibration, and the zones and lines to compare.
        options: how to compare.
        progress: told of every frame.
        clock: for the time that it takes.

    Raises:
        ThrongError: the clip cannot be read or does not belong to the labels or the calibration.
    """
    options = options or EvalOptions()
    size = (source.info.width, source.info.height)
    labelled_on = _labelled_on(truth, options.truth_size, camera, size)
    fitted = truth.resized(labelled_on, size).moved(options.truth_start)
    _check_inside(fitted, labelled_on, size)
    _check_overlap(fitted, source.info)
    observer.warm_up()
    run = measure_clip(
        source,
        observer,
        camera=camera,
        site=site,
        rate_hz=options.rate_hz,
        until=int(fitted.labelled[-1]),
        clock=clock or SystemClock(),
        progress=progress,
    )
    exact = measure_labels(fitted, run, camera=camera, site=site, rate_hz=options.rate_hz)
    return compare(
        run,
        exact,
        fitted,
        source=source.info.label,
        models=observer.models,
        camera=camera,
        labelled_on=labelled_on,
        rate_hz=options.rate_hz,
    )


def _labelled_on(
    truth: Truth, given: tuple[int, int] | None, camera: Camera, picture: tuple[int, int]
) -> tuple[int, int]:
    """The size that the labels' pixels belong to: what the file says, what the user says, or the calibration's."""
    if truth.image_size is not None:
        if given is not None and given != truth.image_size:
            raise TruthError(
                f"{truth.path}: the labels belong to pictures of {truth.image_size[0]}×{truth.image_size[1]} pixels, "
                f"--truth-size says {given[0]}×{given[1]}; leave --truth-size out"
            )
        return truth.image_size
    if given is not None:
        return given
    return picture if camera.calibration is None else camera.calibration.image_size


def _check_inside(truth: Truth, labelled_on: tuple[int, int], picture: tuple[int, int]) -> None:
    """Refuse labels of another picture size: people outside the picture would be missed by any model."""
    if len(truth) == 0:
        return
    outside = ~in_picture(truth.boxes, truth.heads, picture)
    if outside.mean() > OUTSIDE_LIMIT:
        raise TruthError(
            f"{truth.path}: {outside.mean():.0%} of the people lie outside the picture when the labels are taken as "
            f"pixels of {labelled_on[0]}×{labelled_on[1]}; give the size that was labelled with --truth-size"
        )


def _check_overlap(truth: Truth, info: SourceInfo) -> None:
    """Refuse labels that begin after the end of the clip, before it is analysed for nothing."""
    if info.frame_count and truth.labelled[0] >= info.frame_count:
        raise TruthError(
            f"{truth.path}: the labels begin at frame {truth.labelled[0]}, but {info.label} has only "
            f"{info.frame_count} frames; say with --truth-start which video frame the labels begin at"
        )
