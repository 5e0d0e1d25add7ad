"""The usual week of a place, learnt from its history, in the time of the place."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from throng.core.daily_profile import (
    DailyProfile,
    HourlyHistory,
    HourOutlook,
    busiest,
    daily_profile,
    hour_of,
    missing_days,
)

ZURICH = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2025, 6, 2, tzinfo=ZURICH)


def lunch(at: datetime) -> float:
    """A place that is full at noon, fuller on Saturdays, and half empty at night."""
    local = at.astimezone(ZURICH)
    height = 3.0 if local.weekday() == 5 else 1.5
    return 0.2 + height * math.exp(-(((local.hour - 12) / 3) ** 2))


def weeks(days: int, *, begin: datetime = MONDAY, seed: int = 0, spread: float = 0.1) -> dict[datetime, float]:
    rng = np.random.default_rng(seed)
    start = begin.astimezone(UTC)
    hours = [start + timedelta(hours=i) for i in range(24 * days)]
    return {hour: lunch(hour) * math.exp(rng.normal(0, spread)) for hour in hours}


def profile_of(history: dict[datetime, float]) -> DailyProfile:
    profile = daily_profile(history, ZURICH)
    assert profile is not None
    return profile


def known(hours: tuple[HourOutlook | None, ...]) -> list[HourOutlook]:
    return [hour for hour in hours if hour is not None]


def test_next_day_is_foretold_hour_by_hour() -> None:
    ahead = known(profile_of(weeks(28)).ahead(MONDAY + timedelta(days=28) - timedelta(minutes=30)))
    assert [hour.begin.hour for hour in ahead] == list(range(24))
    for hour in ahead:
        assert hour.value.value == pytest.approx(lunch(hour.begin), rel=0.15)
        assert (hour.days, hour.weeks) == (28, 4)


def test_busiest_hours_come_first() -> None:
    ahead = profile_of(weeks(28)).ahead(MONDAY + timedelta(days=27, hours=23, minutes=59))
    top = busiest(ahead)
    assert top[0].begin.hour == 12
    assert {hour.begin.hour for hour in top} == {11, 12, 13}
    assert top[0].value.value >= top[1].value.value >= top[2].value.value


def test_a_single_saturday_counts_less_than_many() -> None:
    """One Saturday is drawn towards the other days, eight are believed."""
    saturday = MONDAY + timedelta(days=5, hours=12)
    one, eight = (profile_of(weeks(days, spread=0.01)).at(saturday) for days in (8, 56))
    assert one is not None
    assert eight is not None
    assert 1.7 < one.value.value < 2.5
    assert eight.value.value > 2.8


def test_bands_hold_nine_of_ten_hours_to_come() -> None:
    history = weeks(42, seed=3, spread=0.25)
    profile = profile_of({hour: value for hour, value in history.items() if hour < MONDAY + timedelta(days=28)})
    held = []
    for hour, value in history.items():
        foretold = profile.at(hour)
        assert foretold is not None
        if hour >= MONDAY + timedelta(days=28):
            held.append(foretold.value.low <= value <= foretold.value.high)
    assert 0.84 <= np.mean(held) <= 0.97


def test_one_wild_day_moves_nothing() -> None:
    history = weeks(28)
    noon = MONDAY + timedelta(days=14, hours=12)
    before = profile_of(history).at(noon)
    after = profile_of(history | {noon.astimezone(UTC): 50.0}).at(noon)
    assert before is not None
    assert after is not None
    assert after.value.value == pytest.approx(before.value.value, rel=0.1)


def test_short_history_says_how_much_is_missing() -> None:
    history = weeks(4)
    assert daily_profile(history, ZURICH) is None
    assert missing_days(history, ZURICH) == 3
    assert missing_days({}, ZURICH) == 7
    assert missing_days(weeks(7), ZURICH) == 0


def test_hours_that_nobody_saw_are_unknown() -> None:
    """A place that is watched by day only."""
    history = {hour: value for hour, value in weeks(14).items() if 8 <= hour.astimezone(ZURICH).hour < 20}
    ahead = profile_of(history).ahead(MONDAY)
    assert sum(hour is None for hour in ahead) == 12
    assert len(known(ahead)) == 12


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (datetime(2025, 3, 30, tzinfo=ZURICH), [1, 3, 4]),
        (datetime(2025, 10, 26, tzinfo=ZURICH), [1, 2, 2]),
    ],
)
def test_days_on_which_clocks_change(day: datetime, hours: list[int]) -> None:
    """Twenty-four hours that follow each other, whatever the clocks say."""
    profile = profile_of(weeks(28))
    ahead = known(profile.ahead(day, 24))
    assert [hour.begin.hour for hour in ahead[:3]] == hours
    begins = [hour.begin.astimezone(UTC) for hour in ahead]
    assert {later - sooner for sooner, later in pairwise(begins)} == {timedelta(hours=1)}


def test_noon_is_noon_on_both_sides_of_the_change() -> None:
    profile = profile_of(weeks(28, begin=datetime(2025, 3, 10, tzinfo=ZURICH), spread=0.01))
    noon = profile.at(datetime(2025, 4, 9, 12, tzinfo=ZURICH))
    assert noon is not None
    assert noon.value.value == pytest.approx(1.7, rel=0.05)


def test_history_of_readings_becomes_hours() -> None:
    history = HourlyHistory(ZURICH)
    for minute in range(90):
        at = MONDAY + timedelta(minutes=minute)
        # A burst of readings in one part of the hour weighs no more than that part.
        for _ in range(20 if minute < 5 else 1):
            history.add(at, 10.0 if minute < 5 else 1.0)
    for minute in range(180, 200):
        history.add(MONDAY + timedelta(minutes=minute), 5.0)
    history.add(MONDAY, math.nan)
    hours = history.hours()
    assert list(hours) == [MONDAY.astimezone(UTC), MONDAY.astimezone(UTC) + timedelta(hours=1)]
    assert list(hours.values()) == pytest.approx([(10 + 11) / 12, 1.0])


def test_history_forgets_after_eight_weeks() -> None:
    history = HourlyHistory(ZURICH)
    for day in range(100):
        for part in range(12):
            history.add(MONDAY + timedelta(days=day, minutes=5 * part), 1.0)
    assert len(history.hours()) == 57


def test_half_hour_zones() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    begin = hour_of(datetime(2025, 6, 2, 6, 45, tzinfo=UTC), kolkata)
    assert begin == datetime(2025, 6, 2, 6, 30, tzinfo=UTC)


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="with its zone"):
        HourlyHistory(ZURICH).add(datetime(2025, 6, 2), 1.0)  # noqa: DTZ001
    with pytest.raises(ValueError, match="values >= 0"):
        daily_profile({MONDAY: -1.0}, ZURICH)
