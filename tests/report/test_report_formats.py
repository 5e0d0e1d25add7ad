"""Reports in every format, read back with the libraries that read them."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import docx as word
import pytest
from openpyxl import load_workbook
from PIL import Image

from throng.report.chart import HEIGHT, WIDTH, draw_chart
from throng.report.document import Chart, Column, Document, Series, Table, Threshold
from throng.report.errors import ReportError
from throng.report.formats import Format, write_report

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TIMES = [START + timedelta(minutes=10 * i) for i in range(24)]
VALUES = [None if i in (7, 8) else 50.0 + 10 * i for i in range(24)]
COLUMNS = (Column("at", "Time"), Column("count_mean", "People", digits=1), Column("note", "Note <&>"))


def document() -> Document:
    rows = [
        (at, value, "=SUM(A1)|x" if i == 0 else None) for i, (at, value) in enumerate(zip(TIMES, VALUES, strict=True))
    ]
    band = [None if v is None else v - 5 for v in VALUES], [None if v is None else v + 5 for v in VALUES]
    series = Series("Gate", TIMES, VALUES, *band)
    chart = Chart("People at the gate", "people", TIMES[0], TIMES[-1], (series,), (Threshold("capacity 200", 200.0),))
    return Document(
        "Harbour: gate <main>", "1 June 2026", START, facts=(("Peak", "280 people"),), charts=(chart,),
        tables=(Table("Every 10 minutes", COLUMNS, rows),), notes=("Unknown time is left open.",),
    )  # fmt: skip


def test_csv_has_empty_cells_for_unknown_and_no_formulas() -> None:
    rows = list(csv.reader(io.StringIO(write_report(document(), Format.CSV).decode("utf-8-sig"))))
    assert rows[0] == ["at", "count_mean", "note"]
    assert rows[1] == [TIMES[0].isoformat(), "50.0", "'=SUM(A1)|x"]
    assert rows[8][1] == ""


def test_json_keeps_unknown_as_null() -> None:
    content = json.loads(write_report(document(), Format.JSON))
    assert content["tables"][0]["rows"][7]["count_mean"] is None
    assert content["facts"] == [{"label": "Peak", "text": "280 people"}]


def test_markdown_tables_survive_bars_and_tags() -> None:
    text = write_report(document(), Format.MARKDOWN).decode()
    assert "# Harbour: gate &lt;main>" in text
    assert "| 2026-06-01 12:00 | 50.0 | =SUM(A1)\\|x |" in text
    assert "| 2026-06-01 13:10 | – | – |" in text


def test_xlsx_has_numbers_texts_and_a_chart() -> None:
    data = write_report(document(), Format.XLSX)
    sheet = load_workbook(io.BytesIO(data))["1 Every 10 minutes"]
    assert sheet["B2"].value == 50.0
    assert sheet["B9"].value is None
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("=SUM(A1)|x", "s")
    assert sheet["A2"].value == TIMES[0].replace(tzinfo=None)
    assert any("charts/chart" in name for name in zipfile.ZipFile(io.BytesIO(data)).namelist())


def test_docx_has_headings_table_and_picture() -> None:
    docx = word.Document(io.BytesIO(write_report(document(), Format.DOCX)))
    assert docx.paragraphs[0].text == "Harbour: gate <main>"
    assert docx.tables[0].cell(1, 1).text == "50.0"
    assert len(docx.inline_shapes) == 1


def test_pdf_is_one_with_pages(tmp_path: object) -> None:
    data = write_report(document(), Format.PDF)
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert b"/Subtype /Image" in data


def test_a_chart_leaves_gaps_open() -> None:
    """The columns of the unknown minutes show no ink of the line, those beside them do."""
    picture = Image.open(io.BytesIO(draw_chart(document().charts[0])))
    assert picture.size == (WIDTH, HEIGHT)

    def inked(index: int) -> bool:
        x = round(130 + index / 23 * (WIDTH - 170))
        return any(picture.getpixel((x, y)) == (18, 98, 178) for y in range(110, HEIGHT - 92))

    assert inked(3)
    assert not inked(7)
    assert not inked(8)
    assert inked(12)


@pytest.mark.parametrize("how", list(Format))
def test_nothing_measured_is_still_a_document(how: Format) -> None:
    empty = Series("Gate", [], [])
    chart = Chart("People", "people", START, START, (empty,))
    bare = Document("Empty", "", START, charts=(chart,), tables=(Table("Nothing", COLUMNS, []),))
    assert write_report(bare, how)


def test_rows_and_series_must_fit() -> None:
    with pytest.raises(ReportError, match="2 cells for 3 columns"):
        Table("Bad", COLUMNS, [(1, 2)])
    with pytest.raises(ReportError, match="equally long"):
        Series("Bad", TIMES, VALUES[:3])
    with pytest.raises(ReportError, match="no table"):
        write_report(Document("Bare", "", START), Format.CSV)
