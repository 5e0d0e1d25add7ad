"""One count from two: people found one by one where they stand apart, the density map where they do not.

Boxes and head points miss whom others hide, and miss more the closer people stand; a density map errs by a share of
the crowd, and by a little everywhere. Both errors are known as variances, so that the two counts are weighed by them
cell by cell. The weights change smoothly with the crowding: there is no threshold and no step at the change-over.
"""

from dataclasses import dataclass

import numpy as np

from throng.core.count_error import CountErrorModel
from throng.core.estimate import Estimate
from throng.core.points import FloatArray

HIDING_DENSITY_PER_M2 = 2.0
"""Density at which only 1/e of the people who would be found alone are found (reference sheet 2.7: above 1.5–2 people
per square metre the density map counts better)."""

_NOBODY_VARIANCE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class FusedCount:
    """The people of one area.

    Attributes:
        count: people in the area, with the 90 % interval.
        detected_shares: (C,) in [0, 1], the weight of the people found one by one in each cell; the density map has
            the rest.
    """

    count: Estimate
    detected_shares: FloatArray


def fuse_counts(
    detected: FloatArray,
    mapped: FloatArray,
    crowding_per_m2: FloatArray,
    *,
    error: CountErrorModel,
    recall: float,
    precision: float,
) -> FusedCount:
    r"""Weigh two counts of the same cells by their variances.

    With d people found one by one, m people in the density map, n = max(d, m), the density :math:`\rho` and the share
    :math:`v = e^{-(\rho/\rho_0)^2}` of people whom nobody hides:

    .. math:: \sigma_d^2 = n (1 - r v + 1 - p) + (n r (1 - v))^2, \quad
              \sigma_m^2 = a n + (b n)^2, \quad w = v \, \frac{\sigma_m^2}{\sigma_d^2 + \sigma_m^2}

    and the fused count is :math:`w d + (1 - w) m`: inverse-variance weights, of which the people found one by one keep
    only the share that can be seen, since they say nothing about the others. The first terms are errors of single
    people, which partly cancel over an area; the squared ones are shared by a scene and add up.

    Args:
        detected: (C,) people found one by one in each cell.
        mapped: (C,) people of the density map in each cell.
        crowding_per_m2: (C,) smooth density around each cell, from the map.
        error: errors a and b of the density map and its quantiles.
        recall, precision: r and p of the detector where people stand apart, in (0, 1].

    Returns:
        The fused count of all cells; nobody when there are no cells.
    """
    expected = np.maximum(detected, mapped)
    visible = np.exp(-((crowding_per_m2 / HIDING_DENSITY_PER_M2) ** 2))
    detected_alone = expected * (2 - recall * visible - precision)
    mapped_alone = error.per_person * expected
    hidden = expected * recall * (1 - visible)
    misjudged = error.relative * expected
    detected_variance = detected_alone + hidden**2 + _NOBODY_VARIANCE
    mapped_variance = mapped_alone + misjudged**2 + _NOBODY_VARIANCE
    share = visible * mapped_variance / (detected_variance + mapped_variance)
    value = float(share @ detected + (1 - share) @ mapped)
    alone = float(share**2 @ detected_alone + (1 - share) ** 2 @ mapped_alone)
    together = float(share @ hidden) ** 2 + float((1 - share) @ misjudged) ** 2
    return FusedCount(error.around(value, alone + together), share)
