"""How many people are there when a detector with known recall and precision found n."""

from scipy.special import bdtrik, nbdtrik

from throng.core.estimate import Estimate

_TAIL = 0.95


def count_interval(found: float, *, recall: float, precision: float) -> Estimate:
    """Return the count with its 90 % interval.

    Of n finds, a number with distribution Binomial(n, 1 - precision) are not people; beside them a number with
    distribution NegativeBinomial(n + 1, recall) of people were missed. The interval runs from n less the 95 %
    quantile of the first to n plus the 95 % quantile of the second. Nobody found by a detector that misses people
    is therefore not "nobody": with recall 0.8 the upper bound is about 1.

    Args:
        found: number of finds, >= 0; a mean over frames may be fractional.
        recall: share of the people present that are found, in (0, 1].
        precision: share of the finds that are people, in (0, 1].

    Raises:
        ValueError: a share is outside (0, 1] or the number of finds is negative.
    """
    if not found >= 0 or not 0 < recall <= 1 or not 0 < precision <= 1:
        raise ValueError(f"expected found >= 0 and shares in (0, 1], got {found}, {recall}, {precision}")
    wrong = 0.0 if precision == 1 or found == 0 else float(bdtrik(_TAIL, found, 1 - precision))
    missed = 0.0 if recall == 1 else float(nbdtrik(_TAIL, found + 1, recall))
    return Estimate(found, max(0.0, found - max(0.0, wrong)), found + max(0.0, missed))
