"""Everybody in a scenario: those who walk by JuPedSim, and those whom a script moves."""

import numpy as np

from throng.core.points import FloatArray, GroundPoints
from throng.sim.crowd import STATURE_M, Crowd, People
from throng.sim.plans import jittered_grid
from throng.sim.scenario import Scenario, Standing

FIRST_STANDING_ID = 1_000_000
_VELOCITY_STEP_S = 0.1
_SWAY_HZ = (0.12, 0.35)


class Cast:
    """Lets the people of a scenario act, without pictures.

    Args:
        scenario: what happens.
        interval_s: time between two looks at them.
        seed: decides every chance.
    """

    def __init__(self, scenario: Scenario, *, interval_s: float, seed: int) -> None:
        self._interval_s = interval_s
        self._crowd = Crowd(scenario.script, scenario.walkable, interval_s=interval_s, seed=seed)
        standing = scenario.standing
        self._block = None if standing is None else _Block(standing, np.random.default_rng([seed, 2]))
        self._steps = 0

    @property
    def now_s(self) -> float:
        """Time since the beginning."""
        return self._steps * self._interval_s

    def advance(self) -> None:
        """Let one interval pass."""
        self._crowd.advance()
        self._steps += 1

    def people(self) -> People:
        """Everyone present now; arrays of length 0 for nobody."""
        walking = self._crowd.people()
        return walking if self._block is None else _together(walking, self._block.people(self.now_s))


class _Block:
    """People who stand on a grid, sway, and are shifted."""

    def __init__(self, standing: Standing, rng: np.random.Generator) -> None:
        self._standing = standing
        self._home = np.array(jittered_grid(standing.area, standing.density_per_m2, rng))
        n = len(self._home)
        self._hz = rng.uniform(*_SWAY_HZ, (n, 2))
        self._phase = rng.uniform(0, 2 * np.pi, (n, 2))
        self._statures_m = np.clip(rng.normal(*STATURE_M, n), 1.58, 1.94)

    def people(self, time_s: float) -> People:
        """Where they are at a time; the velocity is that of the last 0.1 s."""
        ground, before = self._at(time_s), self._at(time_s - _VELOCITY_STEP_S)
        velocity = (ground - before) / _VELOCITY_STEP_S
        gaze = np.asarray(self._standing.facing) - ground
        n = len(ground)
        return People(
            ids=FIRST_STANDING_ID + np.arange(n, dtype=np.int64),
            ground=GroundPoints(ground),
            velocity_mps=velocity,
            heading_rad=np.arctan2(gaze[:, 1], gaze[:, 0]),
            walked_m=np.zeros(n),
            statures_m=self._statures_m,
            running=np.zeros(n, dtype=np.bool_),
        )

    def _at(self, time_s: float) -> FloatArray:
        sway = self._standing.sway_m * np.sin(2 * np.pi * self._hz * time_s + self._phase)
        return np.asarray(self._standing.shift(self._home, time_s) + sway, dtype=np.float64)


def _together(a: People, b: People) -> People:
    return People(
        ids=np.concatenate((a.ids, b.ids)),
        ground=GroundPoints(np.concatenate((a.ground, b.ground))),
        velocity_mps=np.concatenate((a.velocity_mps, b.velocity_mps)),
        heading_rad=np.concatenate((a.heading_rad, b.heading_rad)),
        walked_m=np.concatenate((a.walked_m, b.walked_m)),
        statures_m=np.concatenate((a.statures_m, b.statures_m)),
        running=np.concatenate((a.running, b.running)),
    )
