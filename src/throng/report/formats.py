"""The formats in which a document can be had."""

from enum import StrEnum

from throng.report.document import Document
from throng.report.errors import ReportError


class Format(StrEnum):
    """How a report is written."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"
    DOCX = "docx"
    PDF = "pdf"
    MARKDOWN = "md"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSON: "application/json",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Format.PDF: "application/pdf",
    Format.MARKDOWN: "text/markdown; charset=utf-8",
}


def write_report(document: Document, how: Format) -> bytes:
    """Return a document in a format. CSV holds its first table only.

    Raises:
        ReportError: CSV of a document without a table.
    """
    # The office libraries take half a second to import; most runs of the server never need them.
    if how is Format.CSV:
        from throng.report.plain import csv_text  # noqa: PLC0415

        if not document.tables:
            raise ReportError(f"{document.title}: there is no table to write as CSV; choose another format")
        return csv_text(document.tables[0]).encode("utf-8-sig")
    if how is Format.JSON:
        from throng.report.plain import json_text  # noqa: PLC0415

        return json_text(document).encode()
    if how is Format.MARKDOWN:
        from throng.report.plain import markdown_text  # noqa: PLC0415

        return markdown_text(document).encode()
    if how is Format.PDF:
        from throng.report.pdf import pdf_bytes  # noqa: PLC0415

        return pdf_bytes(document)
    from throng.report.office import docx_bytes, xlsx_bytes  # noqa: PLC0415

    return xlsx_bytes(document) if how is Format.XLSX else docx_bytes(document)
