"""Stop-and-go waves: beats that are there, noise with a memory that is none, gaps and rates."""

import numpy as np
import pytest

from throng.core.points import FloatArray
from throng.core.waves import SpeedWaves, Wave


def watch(speeds: FloatArray, *, step_s: float = 1.0, start_s: float = 0.0) -> SpeedWaves:
    waves = SpeedWaves()
    for step, speed in enumerate(speeds):
        waves.update(start_s + step * step_s, float(speed))
    return waves


def beat(period_s: float, *, amplitude: float = 0.3, noise: float = 0.1, step_s: float = 1.0) -> FloatArray:
    generator = np.random.default_rng(int(period_s))
    times = np.arange(0, 200, step_s)
    return 0.6 + amplitude * np.sin(2 * np.pi * times / period_s) + generator.normal(0, noise, len(times))


def with_memory(generator: np.random.Generator, memory: float, count: int = 200) -> FloatArray:
    values = generator.normal(0, 1, count)
    for k in range(1, count):
        values[k] += memory * values[k - 1]
    return np.asarray(values / values.std(), dtype=np.float64)


def found(waves: SpeedWaves) -> Wave:
    wave = waves.wave()
    assert wave is not None
    return wave


@pytest.mark.parametrize("period_s", [12, 20, 30, 45, 60, 80])
def test_a_beat_is_found_with_its_period_and_depth(period_s: float) -> None:
    wave = found(watch(beat(period_s)))
    assert wave.period_s == pytest.approx(period_s, rel=0.08)
    assert wave.amplitude_mps == pytest.approx(0.3, rel=0.2)
    assert wave.mean_mps == pytest.approx(0.6, rel=0.1)
    assert wave.chance < 1e-4


@pytest.mark.parametrize("step_s", [0.04, 0.5, 2.0])
def test_the_rate_does_not_matter(step_s: float) -> None:
    assert found(watch(beat(45, step_s=step_s), step_s=step_s)).period_s == pytest.approx(45, rel=0.08)


def test_a_trend_is_no_wave_and_hides_none() -> None:
    trend = np.linspace(0, 0.6, 200)
    assert watch(0.4 + trend + np.random.default_rng(1).normal(0, 0.05, 200)).wave() is None
    assert found(watch(beat(30) + trend)).period_s == pytest.approx(30, rel=0.08)


def test_noise_with_any_memory_is_no_wave() -> None:
    """Less than 1.5 % of 400 windows of pure autoregression, deep enough to count."""
    generator = np.random.default_rng(2)
    false = sum(
        watch(1 + 0.5 * with_memory(generator, memory)).wave() is not None
        for memory in np.repeat([0.0, 0.5, 0.8, 0.95], 100)
    )
    assert false <= 6


def test_steps_of_walking_are_too_fast_and_a_shallow_beat_is_no_wave() -> None:
    assert watch(beat(5)).wave() is None
    assert watch(beat(45, amplitude=0.05, noise=0.01)).wave() is None


def test_still_even_and_unknown_speeds_have_no_wave() -> None:
    assert watch(np.zeros(200)).wave() is None
    assert watch(np.full(200, 1.3)).wave() is None
    assert watch(np.full(200, np.nan)).wave() is None
    waves = SpeedWaves()
    assert waves.wave() is None
    for second in range(300):
        waves.update(second, None)
    assert waves.wave() is None


def test_two_minutes_are_needed() -> None:
    assert watch(beat(20)[:119]).wave() is None
    assert watch(beat(20)[:122]).wave() is not None


def test_short_gaps_are_bridged_and_long_ones_start_afresh() -> None:
    holed = beat(45)
    holed[60:70] = np.nan
    assert found(watch(holed)).period_s == pytest.approx(45, rel=0.1)
    waves = watch(beat(45))
    waves.update(400, 0.5)
    assert waves.wave() is None


def test_time_that_goes_backwards_starts_afresh() -> None:
    waves = watch(beat(45), start_s=1000)
    waves.update(20, 0.5)
    assert waves.wave() is None
    assert len(waves._samples) == 1


def test_memory_is_bounded() -> None:
    waves = SpeedWaves()
    for step in range(100_000):
        waves.update(step / 100, 1.0)
    assert len(waves._samples) <= 361


def test_a_window_too_short_for_waves_is_refused() -> None:
    with pytest.raises(ValueError, match="window of 60 s"):
        SpeedWaves(window_s=30)
