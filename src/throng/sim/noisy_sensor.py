"""A sensor that errs as a real counter and tracker do: it misses, invents, trembles, mixes people up and drops out."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree
from scipy.special import ndtri

from throng.core.calibration import Calibration
from throng.core.count_error import CountErrorModel
from throng.core.density_map import DensityMap
from throng.core.fusion import HIDING_DENSITY_PER_M2
from throng.core.observation import HEAD_HEIGHT_M, UNTRACKED, Heads, Observation
from throng.core.points import FloatArray, GroundPoints, Mask
from throng.sim.sensor import Moment
from throng.sim.truth import Truth

MODEL = "simulated counter with errors"
NEIGHBOURS_WITHIN_M = 1.0
CELL_PX = 8
FORGOTTEN_AFTER_S = 1.0
"""Somebody who was missed for longer than this comes back under a new id."""

THRONGNET = CountErrorModel(per_person=0.464, relative=0.190, q_low=1.306, q_high=1.961)
"""The error of the shipped counter on kept-back pictures."""

_SMEAR_CELLS = 0.8
_LEAST_FACTOR = 0.2


@dataclass(frozen=True, slots=True)
class SensorNoise:
    r"""How a sensor errs.

    Somebody at a local density :math:`\rho` is found with the chance :math:`r e^{-(\rho/\rho_0)^2}`, as the fusion of
    counts assumes it; the density map holds everybody, wrong by a factor that is constant for a camera, one that
    drifts, and one per person.

    Attributes:
        recall: r, the share that is found of people who stand apart (a person detector on PETS2009: 0.91).
        precision: share of the finds that are people.
        jitter_m: how far a place is off along each axis, one sigma.
        memory_s: for how long errors of one person stay alike.
        false_life_s: mean life of something that is taken for a person.
        switches_per_s: how often a person gets another id, for each who stands within a metre and once more.
        tracked_below_per_m2: beyond this local density nobody has an id.
        bias, drift: standard deviations of the two factors of the map; their squares add to that of the counter.
        drift_memory_s: for how long the drift stays alike.
        error: what the counter says of its error.
        lost_share: share of the frames that are lost one by one.
        burst_every_s: mean time between two bursts in which every frame is lost.
        burst_s: shortest and longest burst.
    """

    recall: float = 0.91
    precision: float = 0.92
    jitter_m: float = 0.06
    memory_s: float = 1.5
    false_life_s: float = 2.0
    switches_per_s: float = 0.01
    tracked_below_per_m2: float = 2.0
    bias: float = 0.16
    drift: float = 0.10
    drift_memory_s: float = 20.0
    error: CountErrorModel = THRONGNET
    lost_share: float = 0.02
    burst_every_s: float = 90.0
    burst_s: tuple[float, float] = (1.0, 5.0)


CHECKED = SensorNoise(bias=0.04, drift=0.06, error=CountErrorModel(0.464, 0.072, 1.645, 1.645))
"""The same counter after its counts were checked by hand on site, so that its scale is known to 4 %."""


@dataclass(slots=True)
class _Minds:
    """What the sensor remembers of the people present, in order of their true id.

    Attributes:
        ids: (N,) true ids, rising.
        missing: (N,) standard normal; low ones are found.
        weight: (N,) standard normal, the error of the map at each person.
        jitter: (N, 2) standard normal.
        tracks: (N,) the id that the sensor gave, `UNTRACKED` for none.
        unseen_s: (N,) since they were found last.
    """

    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    missing: FloatArray = field(default_factory=lambda: np.empty(0))
    weight: FloatArray = field(default_factory=lambda: np.empty(0))
    jitter: FloatArray = field(default_factory=lambda: np.empty((0, 2)))
    tracks: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    unseen_s: FloatArray = field(default_factory=lambda: np.empty(0))


class NoisySensor:
    """Turns the truth of frames into what a counter with a tracker would make of them; frames come in order.

    Args:
        calibration: of the camera, for the size of its pictures.
        seed: decides every chance; equal frames and seeds give equal observations.
        noise: how it errs.
    """

    def __init__(self, calibration: Calibration, *, seed: int, noise: SensorNoise | None = None) -> None:
        self._calibration = calibration
        self._noise = noise or SensorNoise()
        self._rng = np.random.default_rng([seed, 3])
        self._bias = float(self._rng.normal(0, self._noise.bias))
        self._drift = float(self._rng.normal())
        self._minds = _Minds()
        self._false_places = np.empty((0, 2))
        self._false_ids = np.empty(0, dtype=np.int64)
        self._next_id = 0
        self._newest_s: float | None = None
        self._lost_until_s = -np.inf

    def observe(self, truth: Truth, moment: Moment) -> Observation | None:
        """Return what is seen of one frame; None when the frame is lost."""
        step_s = 0.0 if self._newest_s is None else max(0.0, moment.pts_s - self._newest_s)
        self._newest_s = moment.pts_s
        crowding = _crowding_per_m2(truth.ground)
        self._remember(truth, step_s)
        found = self._find(truth, crowding)
        self._track(found, crowding, step_s)
        self._invent(truth, int(found.sum()), step_s)
        if self._lost(moment.pts_s, step_s):
            return None
        return Observation(
            camera_id=moment.camera_id,
            pts_s=moment.pts_s,
            arrived_at=moment.arrived_at,
            sequence=moment.sequence,
            image_size=moment.image_size,
            persons=None,
            heads=self._heads(truth, found),
            models=(MODEL,),
            recall=self._noise.recall,
            precision=self._noise.precision,
            simulated=True,
            density=self._map(truth, moment.image_size),
        )

    def _remember(self, truth: Truth, step_s: float) -> None:
        """Let errors drift, forget those who left, get to know those who came."""
        noise, rng, old, n = self._noise, self._rng, self._minds, len(truth)
        new = _Minds(
            truth.ids,
            rng.normal(size=n),
            rng.normal(size=n),
            rng.normal(size=(n, 2)),
            np.full(n, UNTRACKED, dtype=np.int64),
            np.full(n, np.inf),
        )
        _, then, now = np.intersect1d(old.ids, truth.ids, assume_unique=True, return_indices=True)
        kept = float(np.exp(-step_s / noise.memory_s))
        fresh = float(np.sqrt(1 - kept**2))
        new.missing[now] = kept * old.missing[then] + fresh * new.missing[now]
        new.weight[now] = kept * old.weight[then] + fresh * new.weight[now]
        new.jitter[now] = kept * old.jitter[then] + fresh * new.jitter[now]
        new.tracks[now] = old.tracks[then]
        new.unseen_s[now] = old.unseen_s[then] + step_s
        kept = float(np.exp(-step_s / noise.drift_memory_s))
        self._drift = kept * self._drift + float(np.sqrt(1 - kept**2) * rng.normal())
        self._minds = new

    def _find(self, truth: Truth, crowding: FloatArray) -> Mask:
        recall = self._noise.recall * np.exp(-((crowding / HIDING_DENSITY_PER_M2) ** 2))
        return np.asarray(truth.visible & (self._minds.missing < ndtri(recall)), dtype=np.bool_)

    def _track(self, found: Mask, crowding: FloatArray, step_s: float) -> None:
        minds, noise = self._minds, self._noise
        near = crowding * np.pi * NEIGHBOURS_WITHIN_M**2
        switched = self._rng.random(len(found)) < -np.expm1(-noise.switches_per_s * step_s * (1 + near))
        lost = (minds.tracks == UNTRACKED) | (minds.unseen_s > FORGOTTEN_AFTER_S) | switched
        followed = found & (crowding <= noise.tracked_below_per_m2)
        renewed = followed & lost
        minds.tracks[renewed] = self._new_ids(int(renewed.sum()))
        minds.tracks[found & ~followed] = UNTRACKED
        minds.unseen_s[found] = 0.0

    def _invent(self, truth: Truth, found: int, step_s: float) -> None:
        """Take things near people for people, for a while each."""
        noise, rng = self._noise, self._rng
        stays = rng.random(len(self._false_ids)) < np.exp(-step_s / noise.false_life_s)
        wanted = found * (1 - noise.precision) / noise.precision
        born = int(rng.poisson(wanted * -np.expm1(-step_s / noise.false_life_s))) if found else 0
        near = truth.ground[rng.integers(len(truth), size=born)] if born else np.empty((0, 2))
        self._false_places = np.concatenate((self._false_places[stays], near + rng.normal(0, 1.5, (born, 2))))
        self._false_ids = np.concatenate((self._false_ids[stays], self._new_ids(born)))

    def _heads(self, truth: Truth, found: Mask) -> Heads:
        places = truth.ground[found] + self._noise.jitter_m * self._minds.jitter[found]
        trembling = self._rng.normal(0, self._noise.jitter_m, self._false_places.shape)
        ground = GroundPoints(np.concatenate((places, self._false_places + trembling)))
        heights = np.concatenate((truth.heights_m[found], np.full(len(trembling), HEAD_HEIGHT_M)))
        points = self._calibration.to_image(ground, heights)
        shown = self._calibration.contains(points)
        n = int(shown.sum())
        return Heads(
            points=points[shown],
            scores=np.full(n, self._noise.precision),
            track_ids=np.concatenate((self._minds.tracks[found], self._false_ids))[shown],
            heights_m=np.full(n, HEAD_HEIGHT_M),
        )

    def _map(self, truth: Truth, image_size: tuple[int, int]) -> DensityMap:
        """Everybody who is not hidden, smeared over cells of 8 pixels, with the errors of the counter."""
        seen = truth.visible
        factor = max(_LEAST_FACTOR, 1 + self._bias + self._noise.drift * self._drift)
        people = np.maximum(0.0, 1 + np.sqrt(self._noise.error.per_person) * self._minds.weight[seen]) * factor
        columns, rows = -(-image_size[0] // CELL_PX), -(-image_size[1] // CELL_PX)
        cells = np.floor(truth.head_pixels[seen] / CELL_PX).astype(np.int64).clip(0, (columns - 1, rows - 1))
        exact = np.zeros((rows, columns))
        np.add.at(exact, (cells[:, 1], cells[:, 0]), people)
        smeared = np.maximum(gaussian_filter(exact, _SMEAR_CELLS), 0.0).astype(np.float32)
        return DensityMap(smeared, (float(CELL_PX), float(CELL_PX)), image_size, self._noise.error)

    def _lost(self, now_s: float, step_s: float) -> bool:
        noise = self._noise
        if now_s >= self._lost_until_s and self._rng.random() < -np.expm1(-step_s / noise.burst_every_s):
            self._lost_until_s = now_s + float(self._rng.uniform(*noise.burst_s))
        return bool(self._rng.random() < noise.lost_share) or now_s < self._lost_until_s

    def _new_ids(self, n: int) -> NDArray[np.int64]:
        self._next_id += n
        return np.arange(self._next_id - n, self._next_id, dtype=np.int64)


def _crowding_per_m2(ground: GroundPoints) -> FloatArray:
    """Return how dense the others stand within a metre of each person, (N,)."""
    if len(ground) == 0:
        return np.empty(0)
    tree = cKDTree(ground)
    others = np.asarray(tree.query_ball_point(ground, NEIGHBOURS_WITHIN_M, return_length=True)) - 1
    return np.asarray(others / (np.pi * NEIGHBOURS_WITHIN_M**2), dtype=np.float64)
