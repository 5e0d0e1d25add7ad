"""What all measures of one zone cost: 40 × 40 m, 500 people who walk, one core; and whether memory stays flat."""

import argparse
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
from benchmarks.outcome import Measure, finish
from benchmarks.zone_soak import soak

from throng.camera.zone_crowd import ZoneCrowd
from throng.camera.zone_movement import Places
from throng.core.density import CLASSICAL, GAUSSIAN_R1, DensityGrid
from throng.core.estimate import Estimate
from throng.core.points import FloatArray, GroundPoints
from throng.core.reading import Density, Reading, Speed, Validity
from throng.core.service_level import level_of_service
from throng.core.site import Use, Zone
from throng.core.zones import zone_view
from throng.sim.viewpoint import look_at

SIDE_M, PEOPLE = 40.0, 500
WARM_UP, READINGS = 200, 1000
SOAK_READINGS = 1_000_000
SIZE = (1920, 1080)
BEGIN = datetime(2026, 7, 4, 20, 0, tzinfo=UTC)


class Walkers:
    """People who walk in all directions and come in again on the other side, under another number."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(0)
        self._places: FloatArray = self._rng.uniform(0, SIDE_M, (PEOPLE, 2))
        angles, speeds = self._rng.uniform(0, 2 * np.pi, PEOPLE), self._rng.normal(1.2, 0.2, PEOPLE)
        self._velocities = np.column_stack((np.cos(angles), np.sin(angles))) * speeds[:, None]
        self._ids = np.arange(PEOPLE)

    def step(self) -> Places:
        """Let a second pass."""
        moved = self._places + self._velocities
        self._ids = np.where(((moved < 0) | (moved > SIDE_M)).any(axis=1), self._ids + PEOPLE, self._ids)
        self._places = moved % SIDE_M
        return Places(self._ids, GroundPoints(self._places), np.ones(PEOPLE), self._velocities, "tracks")


def main() -> None:
    """Measure what a reading costs, or with `--soak` what is left in memory after very many."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--soak", type=int, nargs="?", const=SOAK_READINGS, metavar="READINGS")
    options, sys.argv[1:] = parser.parse_known_args()
    if options.soak is None:
        finish("Cost of a zone on one core", "zone_cost", cost())
    else:
        finish(f"Memory of a zone over {options.soak:,} readings", "zone_soak", soak(options.soak))


def cost() -> list[Measure]:
    """Complete readings as a pipeline does and measure the processor's time."""
    corners = ((0.0, 0.0), (SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M))
    zone = Zone("square", corners, 2000, Use.STANDING)
    calibration = look_at((20.0, -25.0, 45.0), (20.0, 20.0, 0.0), field_of_view_deg=80.0, size=SIZE)
    grid = DensityGrid(corners)
    crowd, walkers = ZoneCrowd(zone_view(zone, calibration, SIZE), grid, calibration), Walkers()
    spent: list[float] = []
    peak_kb = 0
    for second in range(WARM_UP + READINGS):
        places = walkers.step()
        begun = time.thread_time()
        crowd.see(float(second), places.ids, places.ground, places)
        crowd.complete(reading(grid, places, second))
        if second >= WARM_UP:
            spent.append(1000 * (time.thread_time() - begun))
        else:
            peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kb
    return [
        Measure("all measures, 500 people on 40 × 40 m: median", float(np.median(spent)), "ms", at_most=10),
        Measure("the same: 95 of 100 readings within", float(np.percentile(spent, 95)), "ms"),
        Measure(f"peak memory gained over {READINGS} readings", grown_kb / 1024, "MB", at_most=1),
    ]


def reading(grid: DensityGrid, places: Places, second: int) -> Reading:
    """Count and place the peak, as a camera's period does."""
    people = Estimate(float(PEOPLE), PEOPLE * 0.9, PEOPLE * 1.1)
    peak = grid.peak(places.ground)
    assert peak is not None
    density = Density(people.scaled(1 / SIDE_M**2), CLASSICAL, peak.density_per_m2, GAUSSIAN_R1, peak.at_m)
    at = BEGIN + timedelta(seconds=second)
    return Reading(
        zone_id="square",
        camera_id="mast",
        at=at,
        pts_s=float(second),
        validity=Validity.LIVE,
        reasons=(),
        models=("test",),
        simulated=False,
        frames=2,
        count=people,
        density=density,
        level_of_service=level_of_service(density.mean.value, Use.STANDING),
        speed=Speed(1.2, 0.2, PEOPLE),
        occupancy=people.scaled(1 / 2000),
        last_good_at=at,
    )


if __name__ == "__main__":
    main()
