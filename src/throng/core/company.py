"""How the people of one zone keep together and keep pace: groups, distance, outliers, coherence, standstill."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """Who stands with whom in one zone, and who is out of step. Whatever cannot be said is None, never 0.

    Attributes:
        groups: number of groups of at least three people; None where too few of the people were found one by one.
        largest_group: people in the largest of them, 0 where there is none; None with `groups`.
        largest_group_m2: ground within the convex hull of the largest group, m²; None where there is none.
        largest_group_at_m: mean place of its people, site metres.
        close_pairs: pairs closer than a set distance; None with `groups`.
        close_persons: people who have somebody that close.
        speed_outliers: people far faster or slower than the others who move; None when fewer than three are known to.
        coherence: how alike the directions of neighbours are, 0 for all ways to 1 for one way or for lanes; None when
            nobody who moves has a neighbour who does.
        slowness: 0 for people as fast as free people at that density, 1 for standing; None beyond 4.5 people/m².
        stagnation: how much a dense crowd stands that should walk, 0 to 1.
    """

    groups: int | None
    largest_group: int | None
    largest_group_m2: float | None
    largest_group_at_m: tuple[float, float] | None
    close_pairs: int | None
    close_persons: int | None
    speed_outliers: int | None
    coherence: float | None
    slowness: float | None
    stagnation: float | None
