"""Where the density of a zone is heading: probabilities of passing thresholds, and how long until then."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from throng.core.balance import MISSED_SHARE
from throng.core.crowd_state import Balance, Outlook, ThresholdOutlook
from throng.core.estimate import Estimate
from throng.core.points import FloatArray
from throng.core.trend_state import Z90, Trend, TrendState, variance_of

HORIZONS_S = (60.0, 120.0, 300.0, 600.0)
MIN_SLOPE_SNR = 2.0
"""Slopes of fewer standard deviations are noise, and no time is told."""
LONGEST_S = 600.0
"""Nobody knows a crowd further ahead than ten minutes."""
CONTRADICTION = 3.0
"""Flows and a trend further apart than that, in standard deviations, do not speak of the same crowd."""
_STEPS_S: FloatArray = np.linspace(0, LONGEST_S, 241)


def outlook(
    trend: Trend,
    thresholds_per_m2: Sequence[float],
    *,
    balance: Balance | None = None,
    area_m2: float | None = None,
    horizons_s: Sequence[float] = HORIZONS_S,
) -> Outlook | None:
    r"""Say where a zone is heading.

    .. math:: P(\rho(t+h) > \rho_c) = \Phi\left(\frac{\mu_h - \rho_c}{\sigma_h}\right)

    with mean and standard deviation of the trend h seconds ahead (`TrendState`), after its slope was weighed by the
    variances against what comes in less what goes out, :math:`(Q_{in} - Q_{out})/A`.

    **Time to a threshold.** The same law as a function of h is taken for the law of the time: the value is where
    :math:`\mu_h` reaches the threshold, the ends of the interval are where the probability passes 5 and 95 %. An end
    that is not reached within 10 minutes is infinite: it may never come to that. A zone beyond a threshold is there
    after 0 s, however it moves.

    Args:
        trend: follows the density in people/m², up to now.
        thresholds_per_m2: densities, in any order.
        balance: who came and went, None where nobody counts them.
        area_m2: of the zone; without it, or with None, the balance is not used.
        horizons_s: seconds ahead, above 0 and at most 600, in any order.

    Returns:
        The outlook; None where the trend knows too little.

    Raises:
        ValueError: a threshold that is not above 0, a horizon or an area that is none.
    """
    _check(thresholds_per_m2, horizons_s, area_m2)
    state = trend.state()
    if state is None:
        return None
    if balance is not None and area_m2 is not None:
        state = weighed(state, balance, area_m2=area_m2)
    significant = state.slope_snr >= MIN_SLOPE_SNR
    half = Z90 * math.sqrt(state.slope_variance)
    slope = Estimate(state.slope_per_s, state.slope_per_s - half, state.slope_per_s + half).scaled(60)
    horizons = sorted(set(horizons_s))
    return Outlook(
        slope_per_m2_per_min=slope,
        significant=significant,
        thresholds=tuple(
            ThresholdOutlook(
                threshold_per_m2=threshold,
                probabilities=tuple(zip(horizons, beyond(state, threshold, horizons).tolist(), strict=True)),
                time_to_s=time_to(state, threshold),
            )
            for threshold in sorted(set(thresholds_per_m2))
        ),
    )


def beyond(state: TrendState, threshold: float, seconds: Sequence[float] | FloatArray) -> FloatArray:
    """Return the probabilities (H,) of being beyond a threshold > 0 so many seconds (H,) ahead."""
    means, variances = state.ahead(seconds)
    # Where nothing is uncertain, it is certainly beyond or certainly not.
    sigmas = (np.maximum(means, 0) - threshold) / np.maximum(np.sqrt(variances), 1e-9)
    return np.asarray(ndtr(sigmas))


def time_to(state: TrendState, threshold: float) -> Estimate | None:
    """Return the seconds until a threshold with the 90 % interval.

    None where the slope is noise or leads away, or where the threshold is further than 10 minutes ahead.
    """
    if state.level >= threshold:
        return Estimate(0.0, 0.0, 0.0)
    if state.slope_per_s <= 0 or state.slope_snr < MIN_SLOPE_SNR:
        return None
    # Noise alone brings a low level beyond a threshold and back: what was passed once stays passed.
    law = np.maximum.accumulate(beyond(state, threshold, _STEPS_S))
    low, value, high = (_first(law, probability) for probability in (0.05, 0.5, 0.95))
    return Estimate(value, low, high) if math.isfinite(value) else None


def weighed(state: TrendState, balance: Balance, *, area_m2: float) -> TrendState:
    """Return a trend in people/m² whose slope was weighed against inflow less outflow.

    The flows say what the slope was in the middle of their window; how far it may have moved since is added to their
    variance, and so are people whom the lines miss. Flows that are not known change nothing, nor do flows that
    contradict the trend by more than `CONTRADICTION` standard deviations: where tracks are lost, nobody seems to come.
    """
    crossings = balance.inflow_per_min.value + balance.outflow_per_min.value
    variance = variance_of(balance.inflow_per_min) + variance_of(balance.outflow_per_min)
    variance = (variance + (MISSED_SHARE * crossings) ** 2) / (60 * area_m2) ** 2
    variance += state.slope_noise_per_s3 * balance.window_s / 2
    slope = balance.net_per_min / (60 * area_m2)
    if abs(slope - state.slope_per_s) > CONTRADICTION * math.sqrt(variance + state.slope_variance):
        return state
    return state.with_slope(slope, variance) if math.isfinite(slope) and math.isfinite(variance) else state


def _first(law: FloatArray, probability: float) -> float:
    """Where a law that rises along `_STEPS_S` reaches a probability, linear between the steps; infinite where never."""
    i = int(np.searchsorted(law, probability))
    if i == 0:
        return 0.0
    if i == len(law):
        return math.inf
    share = (probability - law[i - 1]) / (law[i] - law[i - 1])
    return float(_STEPS_S[i - 1] + share * (_STEPS_S[i] - _STEPS_S[i - 1]))


def _check(thresholds: Sequence[float], horizons_s: Sequence[float], area_m2: float | None) -> None:
    if not all(math.isfinite(threshold) and threshold > 0 for threshold in thresholds):
        raise ValueError(f"outlook: expected thresholds above 0 people/m², got {list(thresholds)}")
    if not all(0 < horizon <= LONGEST_S for horizon in horizons_s):
        raise ValueError(f"outlook: expected horizons above 0 and at most {LONGEST_S:g} s, got {list(horizons_s)}")
    if area_m2 is not None and not (math.isfinite(area_m2) and area_m2 > 0):
        raise ValueError(f"outlook: expected an area above 0 m², got {area_m2}")
