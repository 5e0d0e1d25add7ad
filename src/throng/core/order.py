"""How alike the motions of people are: polarisation, entropy of directions, counter-flow, coherence, outliers.

Only who moves at more than 0.1 m/s has a direction. Every measure is None when fewer than three people move. People
without a velocity (NaN) are left out; weights are people at each sample, such as the cells of a density map hold.
"""

import numpy as np
from scipy.spatial import cKDTree

from throng.core.points import FloatArray, GroundPoints, Mask

MOVING_MPS = 0.1
FEWEST_MOVING = 3
_MEDIAN_TO_DEVIATION = 1.4826
_NO_AXIS = 1e-9
_NEIGHBOURS = 6


def moving_share(velocities_mps: FloatArray, weights: FloatArray | None = None) -> float | None:
    """Return the share of people with a known velocity who move; None when no velocity is known."""
    known: Mask = np.asarray(np.isfinite(velocities_mps).all(axis=1), dtype=np.bool_)
    people = _people(weights, len(known))
    total = float(people[known].sum())
    return float(people[_moving(velocities_mps)].sum()) / total if total > 0 else None


def polarisation(velocities_mps: FloatArray, weights: FloatArray | None = None) -> float | None:
    r"""Return :math:`\phi = |\langle v / |v| \rangle|`: 1 when all go one way, 0 when directions cancel.

    Args:
        velocities_mps: (N, 2) m/s.
        weights: (N,) people at each sample; None for one each.
    """
    movers = _directions(velocities_mps, weights)
    if movers is None:
        return None
    angles, people = movers
    return min(1.0, float(abs((people * np.exp(1j * angles)).sum())) / float(people.sum()))


def direction_entropy(
    velocities_mps: FloatArray, weights: FloatArray | None = None, *, sectors: int = 8
) -> float | None:
    r"""Return :math:`H = -\frac{1}{\ln K} \sum_k p_k \ln p_k` over K sectors of direction: 0 for one, 1 for all alike.

    Sectors begin at the x axis: a straight stream along an axis of the site straddles two of them and reads
    ln 2 / ln K, 0.33 with 8 sectors. Turning the site by a sector changes nothing, by a part of one it may.

    Args:
        velocities_mps: (N, 2) m/s.
        weights: (N,) people at each sample; None for one each.
        sectors: K, such as 8 or 16.
    """
    movers = _directions(velocities_mps, weights)
    if movers is None:
        return None
    angles, people = movers
    sector = np.floor((angles + np.pi) / (2 * np.pi) * sectors).astype(np.intp) % sectors
    shares = np.bincount(sector, weights=people) / people.sum()
    shares = shares[shares > 0]
    return float(np.clip(-(shares * np.log(shares)).sum() / np.log(sectors), 0, 1))


def main_axis_rad(velocities_mps: FloatArray, weights: FloatArray | None = None) -> float | None:
    r"""Return the axis along which people walk either way, :math:`a = \frac{1}{2} atan2(<\sin 2θ>, <\cos 2θ>)`.

    In (-π/2, π/2]; None when directions have no axis, such as four equal streams at right angles.
    """
    movers = _directions(velocities_mps, weights)
    return None if movers is None else _axis(*movers)


def counter_flow(velocities_mps: FloatArray, weights: FloatArray | None = None) -> float | None:
    r"""Return :math:`CFI = 2 min(n_+, n_-) / (n_+ + n_-)`: 0 for one stream, 1 for two opposed streams of equal size.

    n+ and n- are the people whose direction is within 60° of the main axis, one way and the other. None when
    directions have no axis.
    """
    movers = _directions(velocities_mps, weights)
    axis = None if movers is None else _axis(*movers)
    if movers is None or axis is None:
        return None
    angles, people = movers
    along = np.cos(angles - axis)
    ahead, back = float(people[along > 0.5].sum()), float(people[along < -0.5].sum())
    return 2 * min(ahead, back) / (ahead + back) if ahead + back > 0 else None


def flow_coherence(people: GroundPoints, velocities_mps: FloatArray, *, radius_m: float = 2.0) -> float | None:
    """Return the mean cosine between the directions of neighbours, from -1 to 1; None when nobody has a neighbour.

    Two streams in lanes are coherent though their polarisation is 0.

    Args:
        people: (N, 2) site metres.
        velocities_mps: (N, 2) m/s.
        radius_m: each person who moves is compared with the nearest six others who move, up to this far away.
    """
    moving = _moving(velocities_mps) & np.isfinite(people).all(axis=1)
    if moving.sum() < FEWEST_MOVING:
        return None
    directions = velocities_mps[moving] / np.hypot(*velocities_mps[moving].T)[:, None]
    places = people[moving]
    distance, found = cKDTree(places).query(places, k=_NEIGHBOURS + 1, distance_upper_bound=radius_m)
    other = np.asarray(found)
    paired = np.isfinite(distance) & (other != np.arange(len(places))[:, None])
    if not paired.any():
        return None
    first, _ = np.nonzero(paired)
    return float(np.clip((directions[first] * directions[other[paired]]).sum(axis=1).mean(), -1, 1))


def speed_scores(velocities_mps: FloatArray, *, robust: bool = False) -> FloatArray | None:
    """Return how many standard deviations faster than the others each person moves, (N,).

    NaN for who does not move or has no velocity; zeros when all move alike.

    Args:
        velocities_mps: (N, 2) m/s.
        robust: median and 1.4826 times the median absolute deviation in place of mean and standard deviation, so
            that a few runners do not widen the scale they are measured with.
    """
    moving = _moving(velocities_mps)
    if moving.sum() < FEWEST_MOVING:
        return None
    speeds = np.where(moving, np.hypot(*velocities_mps.T), np.nan)
    middle = np.nanmedian(speeds) if robust else np.nanmean(speeds)
    spread = _MEDIAN_TO_DEVIATION * np.nanmedian(np.abs(speeds - middle)) if robust else np.nanstd(speeds)
    offsets = speeds - middle
    if spread < _NO_AXIS:
        return np.asarray(np.where(np.abs(offsets) < _NO_AXIS, 0.0, np.copysign(np.inf, offsets)) + 0 * speeds)
    return np.asarray(offsets / spread, dtype=np.float64)


def speed_outliers(velocities_mps: FloatArray, *, z: float = 2.0, robust: bool = False) -> Mask | None:
    """Return who moves more than z standard deviations faster or slower than the others who move, (N,)."""
    scores = speed_scores(velocities_mps, robust=robust)
    return None if scores is None else np.asarray(np.abs(scores) > z, dtype=np.bool_)


def _moving(velocities_mps: FloatArray) -> Mask:
    """Who moves; NaN does not."""
    return np.asarray(np.hypot(velocities_mps[:, 0], velocities_mps[:, 1]) > MOVING_MPS, dtype=np.bool_)


def _people(weights: FloatArray | None, count: int) -> FloatArray:
    return np.ones(count) if weights is None else np.nan_to_num(weights)


def _directions(velocities_mps: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray] | None:
    """Directions of who moves, radians, with the people at each; None when fewer than three people move."""
    moving = _moving(velocities_mps)
    people = _people(weights, len(moving))[moving]
    if people.sum() < FEWEST_MOVING:
        return None
    return np.arctan2(velocities_mps[moving, 1], velocities_mps[moving, 0]), people


def _axis(angles: FloatArray, people: FloatArray) -> float | None:
    doubled = complex((people * np.exp(2j * angles)).sum() / people.sum())
    return None if abs(doubled) < _NO_AXIS else float(np.angle(doubled)) / 2
