"""From rendered video to m/s: people whom nobody tells apart have the speed that they really have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from shapely import Polygon

from throng.camera.crowd_count import ZoneCounter
from throng.camera.ground_motion import OPTICAL_FLOW, ground_velocities, zone_motion
from throng.camera.people import locate
from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.frame import Frame
from throng.core.observation import Heads
from throng.core.points import FloatArray, Image, ImagePoints, Mask
from throng.core.site import Zone
from throng.core.zones import points_in_zone, zone_view
from throng.sim import SimSource, Truth, open_sim
from throng.vision.crowd import Crowd
from throng.vision.crowd_observer import CrowdObserver
from throng.vision.dense_flow import DenseFlow
from throng.vision.input_scale import ScaleChooser

pytestmark = pytest.mark.integration

WITHIN = 0.10
"""The promise: the mean speed from rendered video is off by at most so much."""

NOISE_MPS = 0.06
"""Flow never says quite zero of people who stand, which is much beside a mean of people who mostly stand."""

GLANCED = 2
"""Frames before one that is analysed lies the one that is glanced at: 0.2 s."""

FRAMES = 101
CELL_PX = 8.0


class TrueCounter:
    """A density counter that knows where the heads are; nobody follows them, so that only the flow can tell speeds."""

    name = "true heads"
    head_px = 12.0
    recall = precision = 1.0

    def __init__(self) -> None:
        self.heads: FloatArray = np.empty((0, 2))

    def warm_up(self) -> None:
        """Nothing has to be loaded."""

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        """Put each head into its cell."""
        assert scale > 0
        (image,) = images
        height, width = image.shape[:2]
        people = np.zeros((-(-height // int(CELL_PX)), -(-width // int(CELL_PX))), dtype=np.float32)
        columns, rows = ((self.heads + 0.5) / CELL_PX).astype(int).T
        np.add.at(people, (rows.clip(0, people.shape[0] - 1), columns.clip(0, people.shape[1] - 1)), 1.0)
        density = DensityMap(people, (CELL_PX, CELL_PX), (width, height), head_px=self.head_px)
        heads = Heads.from_points(self.heads, np.ones(len(self.heads)))
        return [Crowd(density, heads, Estimate(density.total, density.total, density.total))]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    source: SimSource
    frames: list[tuple[Frame, Truth]]

    @property
    def zone(self) -> Zone:
        return self.source.site.zones[0]

    @property
    def around(self) -> Zone:
        """The zone and a metre about it, so that no cell of somebody in the zone is cut by its edge."""
        assert self.zone.polygon is not None
        wide = Polygon(self.zone.polygon).buffer(1.0, join_style="mitre")
        return replace(self.zone, polygon=tuple((float(x), float(y)) for x, y in wide.exterior.coords[:-1]))

    def seen(self, truth: Truth) -> Mask:
        return truth.visible & points_in_zone(self.zone, truth.ground)


@pytest.fixture(scope="module", params=["counterflow", "plaza"])
def clip(request: pytest.FixtureRequest) -> Clip:
    """Ten seconds of a scene at 10 frames per second."""
    source = open_sim(f"sim://{request.param}?fps=10", camera_id="c")
    source.open()
    frames = []
    for _ in range(FRAMES):
        frame = source.read(1.0)
        assert frame is not None
        frames.append((frame, source.truth(frame.sequence)))
    source.close()
    return Clip(source, frames)


@pytest.mark.parametrize("every", [1, 5], ids=["10 per second", "2 per second"])
def test_mean_speed_of_people_nobody_tells_apart(clip: Clip, every: int) -> None:
    calibration = clip.source.site.cameras[0].calibration
    assert calibration is not None
    counter, flow = TrueCounter(), DenseFlow()
    scale = ScaleChooser(counter, calibration)
    observer = CrowdObserver("c", counter, None, None, calibration=calibration, scale=scale, motion=flow)
    zone_counter = ZoneCounter(zone_view(clip.around, calibration, calibration.image_size), calibration)
    speeds: list[float] = []
    weights: list[float] = []
    told_of: list[Mask] = []
    true_speeds: list[FloatArray] = []
    for n, (frame, truth) in enumerate(clip.frames):
        if n % every:
            if (n + GLANCED) % every == 0:
                observer.glance(frame)
            continue
        seen = clip.seen(truth)
        counter.heads = truth.head_pixels[seen]
        observation = observer.observe(frame)
        if observation.motion is None:
            assert frame.sequence == 0
            continue
        people = locate(observation, calibration)
        inside = points_in_zone(clip.around, people.ground)
        assert observation.density is not None
        crowd = zone_counter.count(observation, observation.density, people, inside)
        told = zone_motion(crowd, people.velocities_mps[inside], motion=observation.motion, calibration=calibration)
        assert told.estimator == OPTICAL_FLOW
        assert told.people.sum() == pytest.approx(seen.sum(), rel=0.05)
        assert told.mean_speed_mps is not None
        assert told.known_share is not None
        speeds.append(told.mean_speed_mps)
        weights.append(told.known_share * float(told.people.sum()))
        heads = ImagePoints(truth.head_pixels[seen])
        told_of.append(np.isfinite(ground_velocities(observation.motion, calibration, heads)[:, 0]))
        true_speeds.append(np.hypot(*truth.velocity_mps[seen].T))
    mean, known, true = np.average(speeds, weights=weights), np.concatenate(told_of), np.concatenate(true_speeds)
    assert mean == pytest.approx(true[known].mean(), rel=WITHIN, abs=NOISE_MPS)
    assert mean == pytest.approx(true.mean(), rel=WITHIN)
    assert known.mean() > 0.75
