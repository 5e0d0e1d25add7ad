"""Runs a counter over labelled pictures and holds what it counts against the labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from throng.core.clock import Clock, SystemClock
from throng.core.count_scores import GAME_LEVELS, field_errors, heads_score, map_scores, normalised_error
from throng.core.estimate import Estimate
from throng.core.points import FloatArray, Image, ImagePoints, Mask
from throng.core.scoring import DetectionScore, ErrorStats, error_stats, interval_coverage
from throng.train.corruption import DEFAULT_SEVERITY, Corruption, corrupt
from throng.train.errors import DatasetError, TrainError
from throng.train.record import Dataset, Record, Skipped
from throng.train.regions import crowd_inside, inside, region_of
from throng.vision.crowd import Crowd
from throng.vision.ports import DensityCounter

HEAD_RADII_PX = (4.0, 8.0)
"""How near a head point must be to a labelled head: the two limits that are usual for ShanghaiTech."""

WORST = 10

ScaleRule = Callable[[Image], float]
"""Says by how much a picture is enlarged before the counter sees it."""

Progress = Callable[[int, int], None]
"""Called with the pictures done so far and the pictures in all."""


def original_size(_image: Image) -> float:
    """Show every picture to the counter as it is."""
    return 1.0


@dataclass(frozen=True, slots=True)
class CountOptions:
    """How to evaluate.

    Attributes:
        scale: by how much each picture is enlarged.
        corruption: what is done to each picture before; None for nothing.
        severity: of the corruption, see `throng.train.corruption.SEVERITIES`.
        limit: at most so many pictures, evenly spread over the split; None for all.
        regions: compare only what lies in the publisher's region of interest, where there is one.
    """

    scale: ScaleRule = original_size
    corruption: Corruption | None = None
    severity: int = DEFAULT_SEVERITY
    limit: int | None = None
    regions: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class PictureScore:
    """How well one picture was counted; where there is a region of interest, only what lies in it.

    Attributes:
        name: name of the picture.
        truth: people that are labelled.
        estimate: people that were counted, with the 90 % interval.
        field_errors: (4,) errors of this picture that GAME(0) to GAME(3) average.
        heads: one score of the head points for each of `HEAD_RADII_PX`.
        psnr_db, ssim: of the density map; NaN when nobody is there.
        scale: by how much the picture was enlarged.
        counting_s: seconds in the counter.
        warnings: what the counter said about its count.
    """

    name: str
    truth: int
    estimate: Estimate
    field_errors: FloatArray
    heads: tuple[DetectionScore, ...]
    psnr_db: float
    ssim: float
    scale: float
    counting_s: float
    warnings: tuple[str, ...]

    @property
    def error(self) -> float:
        """Counted less labelled people."""
        return self.estimate.value - self.truth


@dataclass(frozen=True, slots=True, eq=False)
class CountedPicture:
    """One picture with what was seen in it, for looking at.

    Attributes:
        record: the picture and its labels.
        crowd: what the counter saw, where there is a region of interest only in it.
        score: how well it was counted.
    """

    record: Record
    crowd: Crowd
    score: PictureScore


@dataclass(frozen=True, slots=True, eq=False)
class CountReport:
    """How well a counter counts a dataset.

    Attributes:
        dataset, split: what was counted.
        model: name of the counter.
        options: how it was evaluated.
        pictures: one score per picture, at least one, in the order of the dataset.
        worst: the ten with the largest absolute error, worst first.
        skipped: what could not be used, and why.
    """

    dataset: str
    split: str
    model: str
    options: CountOptions
    pictures: tuple[PictureScore, ...]
    worst: tuple[CountedPicture, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def truth(self) -> FloatArray:
        """(N,) labelled people of each picture."""
        return np.array([p.truth for p in self.pictures], dtype=np.float64)

    @property
    def estimates(self) -> FloatArray:
        """(N,) counted people of each picture."""
        return np.array([p.estimate.value for p in self.pictures], dtype=np.float64)

    @property
    def count(self) -> ErrorStats:
        """Errors of the counts."""
        return error_stats(self.estimates, self.truth)

    @property
    def normalised_error(self) -> float:
        """NAE: mean error as a share of the people, over pictures with people."""
        return normalised_error(self.estimates, self.truth)

    @property
    def game(self) -> tuple[float, ...]:
        """GAME(0) to GAME(3)."""
        rows = np.array([p.field_errors for p in self.pictures]).reshape(-1, GAME_LEVELS)
        return tuple(rows.mean(axis=0).tolist())

    @property
    def coverage(self) -> float:
        """Share of the pictures whose 90 % interval holds the number of labelled people; NaN where one has no end.

        A counter whose interval was never measured reads up to infinity, which always holds the truth and says nothing.
        """
        low, high = (np.array([getattr(p.estimate, end) for p in self.pictures]) for end in ("low", "high"))
        return interval_coverage(low, high, self.truth) if np.isfinite(high).all() else float("nan")

    @property
    def heads(self) -> tuple[DetectionScore, ...]:
        """Summed score of the head points for each of `HEAD_RADII_PX`."""
        by_radius = zip(*(p.heads for p in self.pictures), strict=True)
        return tuple(sum(scores, DetectionScore()) for scores in by_radius)

    @property
    def psnr_db(self) -> float:
        """Mean PSNR of the density maps in dB, over pictures with people whose maps differ at all."""
        return _mean([p.psnr_db for p in self.pictures])

    @property
    def ssim(self) -> float:
        """Mean structural similarity of the density maps, over pictures with people."""
        return _mean([p.ssim for p in self.pictures])

    @property
    def warned(self) -> float:
        """Share of the pictures that came with a warning."""
        return float(np.mean([bool(p.warnings) for p in self.pictures]))

    @property
    def fps(self) -> float:
        """Pictures per second of the counter alone, warm, one at a time; NaN when the clock did not move."""
        seconds = sum(p.counting_s for p in self.pictures)
        return len(self.pictures) / seconds if seconds > 0 else float("nan")


@dataclass(slots=True)
class _Tally:
    """What has come together so far."""

    pictures: list[PictureScore] = field(default_factory=list)
    worst: list[CountedPicture] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, counted: CountedPicture) -> None:
        self.pictures.append(counted.score)
        self.worst = sorted([*self.worst, counted], key=lambda c: -abs(c.score.error))[:WORST]


def evaluate_counts(
    counter: DensityCounter,
    dataset: Dataset,
    *,
    options: CountOptions | None = None,
    progress: Progress = lambda _done, _total: None,
    clock: Clock | None = None,
) -> CountReport:
    """Count every picture of a dataset and hold the counts against the labels.

    Where a picture has a region of interest, only people, density and head points in it are compared; the interval
    shrinks with the count.

    Args:
        counter: the counter.
        dataset: the pictures.
        options: how to evaluate.
        progress: told after every picture.
        clock: for the time in the counter.

    Returns:
        The report. Pictures that cannot be read are in its `skipped`, behind those of the dataset.

    Raises:
        TrainError: the dataset has no picture that can be read.
    """
    options, clock = options or CountOptions(), clock or SystemClock()
    records = spread(dataset.records, options.limit)
    tally = _Tally(skipped=list(dataset.skipped))
    for done, record in enumerate(records, start=1):
        try:
            image = picture_of(record, options)
            mask = region_of(record, image) if options.regions else None
        except DatasetError as error:
            tally.skipped.append(Skipped(record.path, str(error)))
        else:
            if not tally.pictures:
                _warm_up(counter, image, options)
            tally.add(_counted(counter, record, image, mask=mask, options=options, clock=clock))
        progress(done, len(records))
    if not tally.pictures:
        raise TrainError(_nothing(dataset, tally.skipped))
    return CountReport(
        dataset.name,
        dataset.split,
        counter.name,
        options,
        pictures=tuple(tally.pictures),
        worst=tuple(tally.worst),
        skipped=tuple(tally.skipped),
    )


def picture_of(record: Record, options: CountOptions) -> Image:
    """Return the picture as the counter is shown it, corrupted if so wanted.

    Raises:
        DatasetError: it cannot be read.
    """
    image = record.image()
    if options.corruption is None:
        return image
    return corrupt(image, options.corruption, name=record.name, severity=options.severity)


def spread(records: Sequence[Record], limit: int | None) -> Sequence[Record]:
    """Return at most so many records, evenly spread; all for None."""
    if limit is None or limit >= len(records):
        return records
    return [records[i] for i in np.unique(np.linspace(0, len(records) - 1, limit).round().astype(int))]


def _warm_up(counter: DensityCounter, image: Image, options: CountOptions) -> None:
    counter.warm_up()
    counter.count([image], scale=options.scale(image))


def _counted(
    counter: DensityCounter, record: Record, image: Image, *, mask: Mask | None, options: CountOptions, clock: Clock
) -> CountedPicture:
    scale = options.scale(image)
    began_s = clock.monotonic_s()
    (crowd,) = counter.count([image], scale=scale)
    counting_s = clock.monotonic_s() - began_s
    truth = record.points
    if mask is not None:
        crowd, truth = crowd_inside(crowd, mask), ImagePoints(truth[inside(truth, mask)])
    found = ImagePoints(crowd.heads.points)
    psnr_db, ssim = map_scores(crowd.density, truth)
    score = PictureScore(
        record.name,
        truth=len(truth),
        estimate=crowd.count,
        field_errors=field_errors(crowd.density, truth),
        heads=tuple(heads_score(found, truth, within_px=radius) for radius in HEAD_RADII_PX),
        psnr_db=psnr_db,
        ssim=ssim,
        scale=scale,
        counting_s=counting_s,
        warnings=crowd.warnings,
    )
    return CountedPicture(record, crowd, score)


def _nothing(dataset: Dataset, skipped: Sequence[Skipped]) -> str:
    what = f"{dataset.name}, split {dataset.split}: there is no picture to count"
    return f"{what}; {len(skipped)} were skipped, the first because {skipped[0].reason}" if skipped else what


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if np.isfinite(v)]
    return float(np.mean(known)) if known else float("nan")
