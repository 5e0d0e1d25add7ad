"""The summary of a dataset, its contact sheet and its histograms."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.points import image_points
from throng.train.contact_sheet import SAMPLES, WIDTH, chosen_samples, draw_contact_sheet, write_contact_sheet
from throng.train.datasets.picture_size import picture_size
from throng.train.datasets.reading import Reading
from throng.train.errors import DatasetError
from throng.train.histogram import draw_histogram
from throng.train.record import Dataset, Record
from throng.train.summary import Summary, nearest_neighbours, summarise


def record(folder: Path, name: str, points: list[list[float]], *, half: bool = False) -> Record:
    path = folder / f"{name}.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
    assert cv2.imwrite(str(path), noise)
    region = np.repeat(np.arange(80)[None] < 40, 60, axis=0)
    return Record(name, path, image_points(points), "test", roi=lambda: region if half else None)


def summary_of(*records: Record) -> Summary:
    return summarise(Reading(Dataset("test", "all", records), 3, 1))


def test_figures(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    records = (
        record(tmp_path, "a", [[10, 10], [13, 14], [70, 50]], half=True),
        record(tmp_path, "b", []),
        record(tmp_path, "c", [[5, 5]]),
    )
    dataset = Dataset("test", "all", records)
    summary = summarise(Reading(dataset, 3, 1), told=lambda done, of: told.append((done, of)))
    assert summary.people.tolist() == [3, 0, 1]
    assert summary.sizes_px.tolist() == [[80, 60]] * 3
    np.testing.assert_allclose(sorted(summary.spacing_px)[:2], [5, 5])
    assert len(summary.spacing_px) == 3
    assert (summary.regions, summary.outside_region, summary.perspectives) == (1, 1, 0)
    assert (summary.clipped, summary.duplicates) == (3, 1)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_pictures_that_cannot_be_decoded_are_left_out(tmp_path: Path) -> None:
    whole, cut, gone = (record(tmp_path, name, [[1, 1]]) for name in ("whole", "cut", "gone"))
    cut.path.write_bytes(cut.path.read_bytes()[:-500])
    gone.path.write_bytes(b"")
    summary = summary_of(whole, cut, gone)
    assert [r.name for r in summary.dataset.records] == ["whole"]
    assert [skip.path for skip in summary.dataset.skipped] == [cut.path, gone.path]
    assert "cut off" in summary.dataset.skipped[0].reason
    assert summary.people.tolist() == [1]


@pytest.mark.parametrize(("points", "distances"), [([], []), ([[1, 1]], []), ([[0, 0], [3, 4], [3, 5]], [5, 1, 1])])
def test_nearest_neighbours(points: list[list[float]], distances: list[float]) -> None:
    assert nearest_neighbours(image_points(points)).tolist() == distances


def test_samples_reach_from_the_emptiest_to_the_fullest() -> None:
    people = np.random.default_rng(0).permutation(100)
    chosen = people[chosen_samples(people)]
    assert len(chosen) == SAMPLES
    assert (chosen[0], chosen[-1]) == (0, 99)
    assert (np.diff(chosen) > 0).all()
    assert chosen_samples(np.array([5, 3])).tolist() == [1, 0]


def test_contact_sheet_shows_heads_and_darkens_what_is_not_labelled(tmp_path: Path) -> None:
    plain = draw_contact_sheet(summary_of(record(tmp_path, "a", [])))
    heads = draw_contact_sheet(summary_of(record(tmp_path, "a", [[40, 30]])))
    half = draw_contact_sheet(summary_of(record(tmp_path, "a", [], half=True)))
    assert plain.shape == heads.shape
    assert plain.shape[1] == WIDTH
    green = (heads == (120, 255, 160)).all(axis=2)
    assert 9 < green.sum() < 100
    photo = slice(400, 600), slice(40, 400)
    assert plain[photo].mean() > 1.3 * half[photo].mean()


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_contact_sheet_is_written(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sheet{ending}"
    write_contact_sheet(summary_of(*(record(tmp_path, str(n), [[n, n]]) for n in range(5))), path)
    assert picture_size(path)[0] == WIDTH


def test_contact_sheet_that_cannot_be_written(tmp_path: Path) -> None:
    summary = summary_of(record(tmp_path, "a", []))
    for name, words in (("a.gif", "must end in .png or .jpg"), ("no/a.png", "the folder .* does not exist")):
        with pytest.raises(DatasetError, match=words):
            write_contact_sheet(summary, tmp_path / name)
    with pytest.raises(DatasetError, match="no picture of the split 'all' can be shown"):
        write_contact_sheet(summary_of(), tmp_path / "a.png")


@pytest.mark.parametrize(
    "values",
    [[], [0.0], [0.0, 0.0], [7.0] * 9, [0.3, 0.4], list(range(1, 50)), [1e-9, 1.0, 5e6], [12.0, 40.0, 300.0, 20_000.0]],
)
def test_histogram_of_any_values(values: list[float]) -> None:
    panel = draw_histogram(np.array(values, dtype=np.float64), "people", (400, 200))
    assert panel.shape == (200, 400, 3)
    bars = (panel == (190, 140, 70)).all(axis=2)
    assert bars.any() == bool(values)


def test_histogram_puts_bars_where_the_values_are() -> None:
    values = np.concatenate([np.full(900, 10.0), np.full(100, 90.0), [100.0]])
    bars = (draw_histogram(values, "people", (400, 200)) == (190, 140, 70)).all(axis=2)
    heights = bars.sum(axis=0)
    low, high = heights[56 + 25 : 56 + 45].max(), heights[56 + 285 : 56 + 305].max()
    assert 7 < low / high < 11
