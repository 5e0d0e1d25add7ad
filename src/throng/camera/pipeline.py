"""The pipeline of one camera: observations in, one reading per zone and line and period out."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from throng.camera.errors import CameraError
from throng.camera.line_counter import LineCounter
from throng.camera.people import People, locate
from throng.camera.period import Period
from throng.camera.tracks import Tracks
from throng.camera.zone_watch import ZoneWatch
from throng.core.calibration import Calibration
from throng.core.observation import Observation
from throng.core.points import GroundPoints, ImagePoints, ground_points
from throng.core.reading import LineReading, Reading, Validity
from throng.core.site import Camera, Line, Zone
from throng.core.zones import ZoneView, visible_ground, zone_view

GRACE_S = 0.5
"""How long a live camera's frame may be late before its period is closed without it."""

LONGEST_GAP = 3600
"""Periods without a frame that are reported one by one; of a longer gap only the newest ones are."""

FRAMES_PER_PERIOD = 2
"""A reading period is long enough for this many analyses, so that one late frame leaves no hole."""

Measured = Reading | LineReading


def reading_period_s(rate_hz: float | None) -> float:
    """Return how long a reading period is at a rate of analyses per second; None stands for every frame."""
    return 1.0 if rate_hz is None else max(1.0, FRAMES_PER_PERIOD / rate_hz)


class CameraPipeline:
    """Turns what the models saw into readings. Holds all state of one camera; nothing is shared between cameras.

    Periods follow arrival time, so that every zone gets one reading per period whether frames come or not. Speeds
    and crossings follow stream time.

    Args:
        camera: the camera; its calibration is brought to the size of its pictures.
        zones: the zones of the site. Those that the camera does not see are left out, unless the camera names them.
            Without any zone the whole visible ground is one zone, `view`, or without a calibration the whole picture.
        lines: the counting lines of the site; those with both ends in the picture are counted.
        image_size: width and height of the pictures in pixels.
        period_s: length of a reading period.

    Raises:
        ThrongError: a zone that the camera names cannot be seen, or the calibration does not fit the pictures.
    """

    def __init__(
        self,
        camera: Camera,
        zones: Sequence[Zone],
        lines: Sequence[Line],
        image_size: tuple[int, int],
        *,
        period_s: float = 1.0,
    ) -> None:
        self.camera = camera
        self.calibration = None if camera.calibration is None else camera.calibration.scaled_to(*image_size)
        self.views = _views(camera, zones, self.calibration, image_size)
        self._watches = [ZoneWatch(view, self.calibration) for view in self.views]
        self._counters = [LineCounter(line) for line in _lines_in_view(lines, self.calibration)]
        self._tracks = Tracks()
        self._people = locate(_nobody(camera.id, image_size), self.calibration)
        self._period_s = period_s
        self._period_start: datetime | None = None
        self._begin()

    @property
    def lines(self) -> list[Line]:
        """The lines that this camera counts."""
        return [counter.line for counter in self._counters]

    @property
    def people(self) -> People:
        """The people of the newest observation."""
        return self._people

    @property
    def counts(self) -> dict[str, float]:
        """People of the newest observation by zone id; empty before the first."""
        known = {watch.view.zone.id: watch.people_now for watch in self._watches}
        return {zone_id: people for zone_id, people in known.items() if people is not None}

    @property
    def tracks(self) -> Tracks:
        """The recent paths, for the overlay."""
        return self._tracks

    def process(self, observation: Observation) -> list[Measured]:
        """Take in one observation; return the readings of the periods that it ends."""
        ended = self._advance(observation.arrived_at)
        located = locate(observation, self.calibration)
        velocities = self._tracks.update(observation.pts_s, located.ids, located.ground, located.pixels)
        self._people = People(located.ids, located.pixels, located.ground, velocities)
        self._period.add(observation)
        for watch in self._watches:
            watch.observe(observation, self._people)
        for i, counter in enumerate(self._counters):
            entered, left = counter.update(observation.pts_s, located.ids, located.ground)
            self._crossed[i] = (self._crossed[i][0] + entered, self._crossed[i][1] + left)
        return ended

    def process_blind(self, at: datetime, reason: str) -> list[Measured]:
        """Take in a frame that shows nothing (black, covered); return the readings of the periods that it ends."""
        ended = self._advance(at)
        self._period.blind.append(reason)
        return ended

    def tick(self, now: datetime, reason: str) -> list[Measured]:
        """Let time pass without a frame; return the readings of the periods that have ended.

        Args:
            now: the time.
            reason: what the stream is doing, for zones that become unknown.
        """
        if self._period_start is None:
            return self._advance(now)
        return self._advance(now - timedelta(seconds=GRACE_S), gap_reason=reason)

    def finish(self) -> list[Measured]:
        """Return the readings of the last, unfinished period, if anything came in it."""
        if self._period_start is None or not (self._period.frames or self._period.blind):
            return []
        return self._close()

    def _advance(self, at: datetime, *, gap_reason: str = "no frame came") -> list[Measured]:
        """Close every period that ends before or at a time."""
        period = timedelta(seconds=self._period_s)
        if self._period_start is None or at < self._period_start - 5 * period:
            # The first frame of all, or a clock that was set back: periods begin anew here.
            self._period_start = at
            return []
        behind = int((at - self._period_start) / period)
        if behind > LONGEST_GAP:
            self._period_start = at - LONGEST_GAP * period
            behind = LONGEST_GAP
        ended: list[Measured] = []
        for _ in range(behind):
            if not self._period.frames and not self._period.blind:
                self._period.blind.append(gap_reason)
            ended += self._close()
        return ended

    def _close(self) -> list[Measured]:
        """Make the readings of the current period and begin the next."""
        assert self._period_start is not None
        self._period_start += timedelta(seconds=self._period_s)
        at, camera_id = self._period_start, self.camera.id
        ended: list[Measured] = [watch.close(self._period, camera_id=camera_id, at=at) for watch in self._watches]
        ended += [self._line_reading(i, at) for i in range(len(self._counters))]
        self._begin()
        return ended

    def _begin(self) -> None:
        self._period = Period()
        self._crossed = [(0, 0)] * len(self._counters)

    def _line_reading(self, i: int, at: datetime) -> LineReading:
        counter, observation = self._counters[i], self._period.observation
        reasons = tuple(dict.fromkeys(self._period.blind + self._period.warnings))
        entered, left = self._crossed[i]
        known = Validity.DEGRADED if reasons else Validity.LIVE
        return LineReading(
            line_id=counter.line.id,
            camera_id=self.camera.id,
            at=at,
            pts_s=None if observation is None else observation.pts_s,
            validity=Validity.UNKNOWN if observation is None else known,
            reasons=reasons,
            simulated=observation is not None and observation.simulated,
            in_count=None if observation is None else entered,
            out_count=None if observation is None else left,
            in_total=counter.in_total,
            out_total=counter.out_total,
        )


def _views(
    camera: Camera, zones: Sequence[Zone], calibration: Calibration | None, image_size: tuple[int, int]
) -> list[ZoneView]:
    """The zones that a camera is responsible for, or the one zone of a camera that has none."""
    if calibration is None and zones and camera.zone_ids != ():
        raise CameraError(
            f"camera {camera.id}: the site has zones ({', '.join(z.id for z in zones)}) but this camera has no "
            "calibration, so nobody knows where they are in its picture; make one with `throng calibrate`"
        )
    if calibration is None or not zones:
        polygon = None if calibration is None else visible_ground(calibration)
        everything = (
            Zone("picture", None, name="Whole picture") if polygon is None else Zone("view", polygon, name="Whole view")
        )
        return [zone_view(everything, calibration, image_size)]
    if camera.zone_ids is not None:
        named = [zone for zone in zones if zone.id in camera.zone_ids]
        return [zone_view(zone, calibration, image_size) for zone in named]
    seen = [zone_view(zone, calibration, image_size) for zone in zones if _in_view(zone, calibration)]
    if not seen:
        raise CameraError(
            f"camera {camera.id}: none of the zones {', '.join(z.id for z in zones)} is in its picture; "
            "check the calibration, or draw a zone where the camera looks"
        )
    return seen


def _in_view(zone: Zone, calibration: Calibration) -> bool:
    """Whether any corner, or the middle, of a zone is in the picture."""
    corners = ground_points(zone.polygon or ())
    middle = corners.mean(axis=0, keepdims=True)
    places = GroundPoints(ground_points([*corners.tolist(), *middle.tolist()]))
    return bool(calibration.contains(calibration.to_image(places)).any())


def _lines_in_view(lines: Sequence[Line], calibration: Calibration | None) -> list[Line]:
    if calibration is None:
        return []

    def seen(line: Line) -> bool:
        ends: ImagePoints = calibration.to_image(ground_points([line.start, line.end]))
        return bool(calibration.contains(ends).all())

    return [line for line in lines if seen(line)]


def _nobody(camera_id: str, image_size: tuple[int, int]) -> Observation:
    """An observation with nobody in it, for the time before the first frame."""
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return Observation(camera_id, 0.0, epoch, 0, image_size, persons=None, heads=None, models=())
