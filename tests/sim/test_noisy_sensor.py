"""The sensor that errs: how much, and that it says so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from throng.core.observation import HEAD_HEIGHT_M, UNTRACKED, Observation
from throng.core.points import FloatArray, GroundPoints, ImagePoints
from throng.sim.crowd import People
from throng.sim.noisy_sensor import CHECKED, THRONGNET, NoisySensor, SensorNoise
from throng.sim.sensor import Moment, exact_observation
from throng.sim.truth import Truth, truth_of
from throng.sim.viewpoint import look_at

START = datetime(2030, 1, 1, tzinfo=UTC)
SIZE = (1280, 720)
CALIBRATION = look_at((0.0, -11.0, 15.0), (0.0, 0.0, 0.8), field_of_view_deg=68.0, size=SIZE)
STEADY = SensorNoise(lost_share=0.0, burst_every_s=1e9)


def moment(step: int) -> Moment:
    return Moment("c", step / 2, START + timedelta(seconds=step / 2), step, SIZE)


def truth(ground: FloatArray) -> Truth:
    n = len(ground)
    still = np.zeros((n, 2))
    everyone = People(
        np.arange(n, dtype=np.int64),
        GroundPoints(np.asarray(ground, dtype=np.float64).reshape(-1, 2)),
        still,
        np.zeros(n),
        np.zeros(n),
        np.full(n, 1.75),
        np.zeros(n, dtype=np.bool_),
    )
    return truth_of(everyone, CALIBRATION)


def block(density_per_m2: float, side_m: float = 8.0) -> Truth:
    steps = np.arange(-side_m / 2, side_m / 2, density_per_m2**-0.5)
    return truth(np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2))


def observed(there: Truth, steps: int, *, seed: int = 1, noise: SensorNoise = STEADY) -> Iterator[Observation]:
    sensor = NoisySensor(CALIBRATION, seed=seed, noise=noise)
    for step in range(steps):
        seen = sensor.observe(there, moment(step))
        if seen is not None:
            yield seen


def heads(there: Truth, steps: int = 200, *, noise: SensorNoise = STEADY) -> float:
    counts = [len(seen.heads) for seen in observed(there, steps, noise=noise) if seen.heads is not None]
    return float(np.mean(counts)) / len(there)


@pytest.mark.parametrize(("density_per_m2", "share"), [(0.1, 0.91), (1.0, 0.68), (3.0, 0.25)])
def test_fewer_are_found_the_closer_they_stand(density_per_m2: float, share: float) -> None:
    exact = replace(STEADY, precision=1.0)
    assert heads(block(density_per_m2), noise=exact) == pytest.approx(share, abs=0.1)


def test_some_finds_are_nobody_and_the_share_is_the_one_it_tells() -> None:
    there = block(0.2, 10.0)
    real, false = 0, 0
    for seen in observed(there, 400):
        assert seen.heads is not None
        ground = CALIBRATION.to_ground(ImagePoints(seen.heads.points), np.full(len(seen.heads), 1.64))
        apart = np.hypot(*(ground[:, None] - there.ground[None]).transpose(2, 0, 1)).min(axis=1)
        real += int((apart < 0.4).sum())
        false += int((apart >= 0.4).sum())
    assert false / (real + false) == pytest.approx(1 - STEADY.precision, abs=0.03)


def test_errors_of_one_person_last_longer_than_a_frame() -> None:
    there = block(1.0)
    found = np.array(
        [len(seen.heads) for seen in observed(there, 2, noise=replace(STEADY, precision=1.0)) if seen.heads]
    )
    sensor = NoisySensor(CALIBRATION, seed=2, noise=replace(STEADY, precision=1.0))
    first, second = (sensor.observe(there, moment(step)) for step in (0, 1))
    assert first is not None
    assert first.heads is not None
    assert second is not None
    assert second.heads is not None
    same = len(np.intersect1d(first.heads.track_ids, second.heads.track_ids))
    assert same > 0.75 * min(found)


def test_nobody_has_an_id_in_a_dense_crowd_and_ids_change_at_times() -> None:
    dense = next(observed(block(4.0), 1))
    assert dense.heads is not None
    inner = dense.heads.track_ids
    assert (inner == UNTRACKED).mean() > 0.7
    ids: set[int] = set()
    for seen in observed(block(0.2, 10.0), 240, noise=replace(STEADY, precision=1.0)):
        assert seen.heads is not None
        assert (seen.heads.track_ids != UNTRACKED).all()
        assert len(set(seen.heads.track_ids.tolist())) == len(seen.heads)
        ids.update(seen.heads.track_ids.tolist())
    assert 1.5 * len(block(0.2, 10.0)) < len(ids) < 40 * len(block(0.2, 10.0))


@pytest.mark.parametrize("noise", [STEADY, CHECKED])
def test_the_map_is_off_as_its_interval_says(noise: SensorNoise) -> None:
    there = block(2.0)
    inside = []
    for seed in range(60):
        seen = next(observed(there, 20, seed=seed, noise=noise))
        assert seen.density is not None
        assert seen.density.error is not None
        interval = seen.density.error.interval(seen.density.total)
        inside.append(interval.low <= len(there) <= interval.high)
    assert 0.78 < np.mean(inside) <= 1.0


def test_the_map_is_steadier_than_its_error_because_a_camera_errs_always_alike() -> None:
    there = block(2.0)
    totals = np.array([seen.density.total for seen in observed(there, 100) if seen.density is not None])
    assert 0.01 < totals.std() / totals.mean() < THRONGNET.relative


def test_frames_are_lost_one_by_one_and_in_bursts() -> None:
    there = block(0.2)
    steps = 4000
    got = [seen.sequence for seen in observed(there, steps, noise=SensorNoise())]
    holes = np.diff(got) - 1
    expected = SensorNoise().lost_share + 3.0 / (90.0 + 3.0)
    assert 1 - len(got) / steps == pytest.approx(expected, abs=0.03)
    assert holes.max() >= 4


def test_it_tells_its_errors_and_that_it_is_simulated() -> None:
    seen = next(observed(block(0.5), 1))
    assert (seen.recall, seen.precision, seen.simulated) == (0.91, 0.92, True)
    assert seen.density is not None
    assert seen.density.error == THRONGNET
    assert seen.heads is not None
    assert (seen.heads.heights_m == HEAD_HEIGHT_M).all()


@pytest.mark.parametrize("ground", [np.empty((0, 2)), np.zeros((1, 2)), np.zeros((7, 2)), np.full((3, 2), 500.0)])
def test_nobody_one_person_one_place_and_people_out_of_the_picture(ground: FloatArray) -> None:
    for seen in observed(truth(ground), 20):
        assert seen.heads is not None
        assert seen.density is not None
        if len(ground) == 0 or ground[0, 0] == 500:
            assert (len(seen.heads), seen.density.total) == (0, 0)


def test_time_that_stands_or_runs_backwards_is_survived() -> None:
    sensor = NoisySensor(CALIBRATION, seed=1, noise=STEADY)
    for step in (0, 1, 1, 0, 400, 2):
        assert sensor.observe(block(0.5), moment(step)) is not None


def test_the_same_seed_gives_the_same_errors() -> None:
    a, b, c = (list(observed(block(1.0), 5, seed=seed)) for seed in (3, 3, 4))
    for x, y in zip(a, b, strict=True):
        assert x.heads is not None
        assert y.heads is not None
        assert np.array_equal(x.heads.points, y.heads.points)
    assert a[0].heads is not None
    assert c[0].heads is not None
    assert len(a[0].heads) != len(c[0].heads) or not np.array_equal(a[0].heads.points, c[0].heads.points)


def test_the_exact_sensor_sees_everybody_in_the_picture() -> None:
    there = block(1.0)
    seen = exact_observation(there, moment(0))
    assert seen.heads is not None
    assert (seen.heads.track_ids == there.ids).all()
    assert (seen.recall, seen.precision, seen.density) == (1.0, 1.0, None)
