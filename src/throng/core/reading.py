"""What is true of one zone or line at one time, with its interval and an honest validity."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from throng.core.company import Company
from throng.core.crowd_state import Balance, CrowdEvent, Movement, Outlook, Risk
from throng.core.estimate import Estimate


class Validity(StrEnum):
    """How far a reading can be trusted."""

    LIVE = "live"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Density:
    """People per square metre in one zone.

    Attributes:
        mean: over the zone, with its interval.
        mean_estimator: name of the estimator, `classical` for N/A.
        peak_per_m2: largest local value, None where nothing can be said.
        peak_estimator: name of the estimator; the peak depends on it by up to 60 %.
        peak_at_m: where on the ground the peak is, site metres.
    """

    mean: Estimate
    mean_estimator: str
    peak_per_m2: float | None
    peak_estimator: str
    peak_at_m: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Speed:
    """Walking speed in one zone.

    Attributes:
        mean_mps: mean over persons, m/s.
        std_mps: spread between persons, m/s; 0.0 for one person.
        persons: number of persons whose speed was measured.
        estimator: where the speeds come from: `tracks`, `optical_flow` or `fused`.
    """

    mean_mps: float
    std_mps: float
    persons: int
    estimator: str = "tracks"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is true of one zone over one reading period (1 s by default).

    When `validity` is unknown, every number is None: no data is never a zero. `risk` then holds the last level, and
    says so in its reasons: a zone that nobody sees keeps its alarm.

    Attributes:
        zone_id, camera_id: which zone, seen by which camera.
        at: end of the period, aware UTC.
        pts_s: stream time of the last frame in the period, None when there was none.
        validity: live, degraded or unknown.
        reasons: why it is not live, in plain words.
        models: the models that looked.
        simulated: the numbers come from a simulated sensor.
        frames: number of frames analysed in the period.
        count: people in the zone.
        density: people/m², None without a calibration.
        level_of_service: letter A to F for the zone's use, Fruin's or HCM's.
        speed: None when nobody was tracked long enough.
        occupancy: count / capacity, None without a capacity.
        last_good_at: time of the newest reading that was not unknown, None before the first.
        movement: how the people move together, None without a calibration or where nobody's motion is known.
        balance: who came in and who left over the last minute, None before that is known.
        outlook: where the density is heading, None before enough is known.
        events: what happens now, the surest first.
        risk: how dangerous the zone is, None where nothing was ever known.
        company: who stands with whom and who is out of step, None without a calibration.
    """

    zone_id: str
    camera_id: str
    at: datetime
    pts_s: float | None
    validity: Validity
    reasons: tuple[str, ...]
    models: tuple[str, ...]
    simulated: bool
    frames: int
    count: Estimate | None
    density: Density | None
    level_of_service: str | None
    speed: Speed | None
    occupancy: Estimate | None
    last_good_at: datetime | None
    movement: Movement | None = None
    balance: Balance | None = None
    outlook: Outlook | None = None
    events: tuple[CrowdEvent, ...] = ()
    risk: Risk | None = None
    company: Company | None = None

    @property
    def age_s(self) -> float | None:
        """Seconds since the zone was last known; 0.0 for a known reading, None when it never was."""
        if self.last_good_at is None:
            return None
        return max(0.0, (self.at - self.last_good_at).total_seconds())


@dataclass(frozen=True, slots=True)
class LineReading:
    """Who crossed one counting line over one reading period.

    Attributes:
        line_id, camera_id: which line, seen by which camera.
        at: end of the period, aware UTC.
        pts_s: stream time of the last frame in the period, None when there was none.
        validity: live, degraded or unknown; unknown when no frame came.
        reasons: why it is not live.
        simulated: the numbers come from a simulated sensor.
        in_count, out_count: crossings in this period, None when unknown.
        in_total, out_total: crossings since the start of the run.
    """

    line_id: str
    camera_id: str
    at: datetime
    pts_s: float | None
    validity: Validity
    reasons: tuple[str, ...]
    simulated: bool
    in_count: int | None
    out_count: int | None
    in_total: int
    out_total: int
