"""How far forecasts can be trusted: the back-test on crowds whose truth is known, with the errors of a counter."""

import time
from collections.abc import Callable

import numpy as np
from benchmarks.outcome import Measure, finish

from throng.core.forecast import outlook
from throng.core.points import FloatArray
from throng.core.reliability import brier_score
from throng.core.trend import LocalLinearTrend

SERIES, SECONDS, EVERY_S = 40, 1800, 20
HORIZONS_S = (60.0, 120.0, 300.0, 600.0)
THRESHOLDS = (2.0, 3.0, 4.0, 5.0)
NOISE_STD, NOISE_LASTS_S = 0.12, 5.0


def main() -> None:
    """Judge probabilities, errors and times on wandering crowds, times on ramps, and false slopes on calm ones."""
    rng = np.random.default_rng(2025)
    measures = wandering_crowds(rng) + filling_crowds(rng) + calm_crowds(rng) + other_crowds(rng) + [cost()]
    finish("Forecasts for simulated crowds with known truth", "forecast", measures)


def lasting(rng: np.random.Generator, samples: int, *, std: float, lasts_s: float) -> FloatArray:
    """Values a second apart whose correlation falls to 1/e in so many seconds, (N,)."""
    kept = np.exp(-1 / lasts_s)
    steps = rng.normal(0, std * np.sqrt(1 - kept**2), samples)
    values = np.empty(samples)
    values[0] = rng.normal(0, std)
    for i in range(1, samples):
        values[i] = kept * values[i - 1] + steps[i]
    return values


def seen(rng: np.random.Generator, truth: FloatArray) -> FloatArray:
    """What a counter makes of it: errors of 0.12 people/m² that last for five seconds."""
    return np.maximum(0.0, truth + lasting(rng, len(truth), std=NOISE_STD, lasts_s=NOISE_LASTS_S))


def follow(values: FloatArray, look: Callable[[int, LocalLinearTrend], None]) -> None:
    """Give a trend one value a second and look at it now and then."""
    trend = LocalLinearTrend()
    for i, value in enumerate(values.tolist()):
        trend.update(float(i), value, 0.15**2)
        if i >= 60 and i % EVERY_S == 0:
            look(i, trend)


def wandering_crowds(rng: np.random.Generator) -> list[Measure]:
    """Densities whose slope comes and goes within ten minutes, 0.25/m² per minute strong."""
    chances: dict[float, list[tuple[float, bool]]] = {h: [] for h in HORIZONS_S}
    errors: dict[float, list[tuple[float, float]]] = {h: [] for h in HORIZONS_S}
    for _ in range(SERIES):
        slopes = lasting(rng, SECONDS + 600, std=0.25 / 60, lasts_s=600)
        truth = np.maximum(0.0, rng.uniform(1, 4) + np.cumsum(slopes))
        values = seen(rng, truth)

        def look(i: int, trend: LocalLinearTrend, truth: FloatArray = truth, values: FloatArray = values) -> None:
            said, state = outlook(trend, THRESHOLDS), trend.state()
            if said is None or state is None:
                return
            for threshold in said.thresholds:
                for h, p in threshold.probabilities:
                    chances[h].append((p, bool(truth[i + int(h)] > threshold.threshold_per_m2)))
            for h in HORIZONS_S:
                came, persistence = truth[i + int(h)], values[i - 9 : i + 1].mean()
                errors[h].append((abs(max(0.0, state.predict(h).mean) - came), abs(persistence - came)))

        follow(values[:SECONDS], look)
    measures = []
    for h in HORIZONS_S:
        score = brier_score([p for p, _ in chances[h]], [o for _, o in chances[h]])
        off = sum(abs(part.forecast - part.happened) * part.samples for part in score.bins) / score.samples
        mae, still = (float(np.mean([pair[k] for pair in errors[h]])) for k in (0, 1))
        ahead = f"{h / 60:g} min ahead"
        measures += [
            Measure(f"skill of the probabilities, {ahead}", score.skill, at_least=0.3),
            Measure(f"reliability, mean distance from the diagonal, {ahead}", off, at_most=0.05),
            Measure(f"error of the density, {ahead}", mae, "people/m²", at_most=still if h <= 300 else None),
            Measure(f"error if nothing changed, {ahead}", still, "people/m²"),
        ]
    return measures


def filling_crowds(rng: np.random.Generator) -> list[Measure]:
    """Places that begin to fill after three minutes and go on: is the time to 4/m² in its interval?"""
    held: list[bool] = []
    found_s: list[float] = []
    for _ in range(SERIES):
        per_s = rng.uniform(0.2, 0.8) / 60
        slopes = per_s + lasting(rng, 2400, std=0.05 / 60, lasts_s=300)
        truth = 1.5 + np.cumsum(np.where(np.arange(2400) < 180, 0.0, slopes))
        passed = np.flatnonzero(truth >= 4.0).tolist()
        found: list[int] = []

        def look(i: int, trend: LocalLinearTrend, passed: list[int] = passed, found: list[int] = found) -> None:
            said = outlook(trend, (4.0,))
            if said is None or i < 180:
                return
            if said.significant and said.slope_per_m2_per_min.value > 0:
                found.append(i)
            time_to = said.thresholds[0].time_to_s
            if time_to is not None and time_to.value > 0:
                held.append(bool(time_to.low <= (passed[0] if passed else np.inf) - i <= time_to.high))

        follow(seen(rng, truth)[: int(passed[0]) if passed else 2400], look)
        found_s.append(found[0] - 180 if found else np.nan)
    return [
        Measure("time to 4/m² within its 90 % interval", 100 * float(np.mean(held)), "%", at_least=85, at_most=None),
        Measure("times told", float(len(held))),
        Measure("filling found after, median", float(np.nanmedian(found_s)), "s"),
        Measure("filling found before 4/m²", 100 * float(np.mean(np.isfinite(found_s))), "%", at_least=95),
    ]


def calm_crowds(rng: np.random.Generator) -> list[Measure]:
    """Places that do not change, and places where people come and go: how often is a slope told?"""
    measures = []
    for name, std, lasts_s in (("nothing changes", 0.0, 1.0), ("people come and go within a minute", 0.12, 60.0)):
        told: list[bool] = []
        for _ in range(SERIES // 2):
            truth = 2.5 + lasting(rng, 900, std=std, lasts_s=lasts_s) if std else np.full(900, 2.5)

            def look(_: int, trend: LocalLinearTrend, told: list[bool] = told) -> None:
                said = outlook(trend, (4.0,))
                told.append(said is not None and said.significant)

            follow(seen(rng, truth), look)
        measures.append(Measure(f"slopes told where {name}", 100 * float(np.mean(told)), "%", at_most=3))
    return measures


def other_crowds(rng: np.random.Generator) -> list[Measure]:
    """Crowds that do not behave as the filters assume: how often does the 90 % band of the density hold?"""
    measures = []
    for name in ("where people come and go within a minute", "where even slopes begin and end at once"):
        held: dict[float, list[bool]] = {h: [] for h in HORIZONS_S}
        errors: dict[float, list[tuple[float, float]]] = {h: [] for h in HORIZONS_S}
        for _ in range(SERIES // 2):
            truth = 2.5 + lasting(rng, 2400, std=0.12, lasts_s=60) if "people" in name else even_slopes(rng, 2400)
            values = seen(rng, truth)

            def look(
                i: int,
                trend: LocalLinearTrend,
                truth: FloatArray = truth,
                values: FloatArray = values,
                held: dict[float, list[bool]] = held,
                errors: dict[float, list[tuple[float, float]]] = errors,
            ) -> None:
                for h in HORIZONS_S:
                    prediction, came = trend.predict(h), truth[i + int(h)]
                    if prediction is not None:
                        off = abs(prediction.mean - came)
                        held[h].append(bool(off <= 1.645 * np.sqrt(prediction.variance)))
                        errors[h].append((off, abs(values[i - 9 : i + 1].mean() - came)))

            follow(values[:1800], look)
        for h in HORIZONS_S:
            ahead = f"{h / 60:g} min ahead"
            mae, still = np.mean(errors[h], axis=0).tolist()
            measures.append(Measure(f"90 % band holds {ahead}, {name}", 100 * float(np.mean(held[h])), "%"))
            measures.append(Measure(f"error of the density {ahead}, {name}", mae, "people/m²"))
            measures.append(Measure(f"error if nothing changed {ahead}, {name}", still, "people/m²"))
    return measures


def even_slopes(rng: np.random.Generator, samples: int) -> FloatArray:
    """Stretches of 2 to 15 minutes with one slope each, half of them flat, between 0.2 and 7/m²."""
    slopes: list[float] = []
    while len(slopes) < samples:
        slope = rng.choice([0, 0, 1, -1]) * rng.uniform(0.1, 0.8) / 60
        slopes += [slope] * int(rng.uniform(120, 900))
    density = np.empty(samples)
    now = rng.uniform(0.5, 3)
    for i, slope in enumerate(slopes[:samples]):
        density[i] = now = min(7.0, max(0.2, now + slope))
    return density


def cost() -> Measure:
    """Time of one reading: update and outlook."""
    trend = LocalLinearTrend()
    begun = time.process_time()
    for i in range(1000):
        trend.update(float(i), 2.0 + 0.1 * (i % 7), 0.04)
        outlook(trend, (4.0, 5.0))
    return Measure("time per reading", time.process_time() - begun, "ms", at_most=1.0)


if __name__ == "__main__":
    main()
