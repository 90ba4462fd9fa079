"""Tables as files: what people fill in comes in as CSV or XLSX, what they take away goes out as XLSX.

Cells are text and numbers. No formula is ever written, whatever a text begins with, and none is calculated on reading.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from caselib.errors import CaselibError

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of what :func:`write_workbook` makes."""
MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_ROWS = 5000
MOST_COLUMNS = 100
MOST_TITLE = 31
"""Characters of a sheet's title, as Excel has it."""

Value = str | int | float | None

_WIDEST = 60
_ERROR = re.compile(r"#(?:N/A|NAME\?|GETTING_DATA|[A-Z]+(?:/0)?!)")
_UNFIT_TITLE = str.maketrans(dict.fromkeys("[]:*?/\\", "－"))
_UNFIT_TEXT = {code: None for code in range(32) if chr(code) not in "\t\n\r"}


def read_table(name: str, data: bytes) -> list[list[str]]:
    """The rows of a CSV file (UTF-8 or GBK) or of the first sheet of an XLSX file, as text; empty rows at the end are dropped.

    Raises:
        CaselibError: it is neither, too large, or damaged.
    """
    if len(data) > MOST_BYTES:
        raise CaselibError(f"文件超过 {MOST_BYTES // 1024 // 1024} MB。", "请只留下需要的列，或分成几个文件。")
    rows = _from_xlsx(data) if name.lower().endswith(".xlsx") or data.startswith(b"PK") else _from_csv(data)
    while rows and not any(rows[-1]):
        rows.pop()
    if len(rows) > MOST_ROWS or max(map(len, rows), default=0) > MOST_COLUMNS:
        raise CaselibError(f"表格超过 {MOST_ROWS} 行或 {MOST_COLUMNS} 列。", "请删去用不到的行和列，或分成几个文件。")
    return rows


def is_error(cell: str) -> bool:
    """Whether a cell says that its formula failed (#N/A, #REF!): it is a text to whoever only reads it."""
    return _ERROR.fullmatch(cell) is not None


def _from_csv(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        try:
            delimiter = max(",\t;", key=text.partition("\n")[0].count)
            return [
                [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            ]
        except csv.Error:
            break
    raise CaselibError("读不出这个文件。", "请用 Excel 另存为 .xlsx 或 CSV（UTF-8）后重新上传。")


def _from_xlsx(data: bytes) -> list[list[str]]:
    try:
        if sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(data)).infolist()) > MOST_UNPACKED:
            raise CaselibError("表格展开后太大。", "请删去图片和用不到的工作表。")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        found = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1, values_only=True)
        return [_without_tail([_as_text(cell) for cell in row]) for row in found]
    except CaselibError:
        raise
    except Exception as error:  # a damaged file breaks openpyxl in as many ways as it has lines
        raise CaselibError(
            "这个 .xlsx 文件已损坏，或不是 Excel 表格。", "请用 Excel 打开后另存为 .xlsx，再上传。"
        ) from error


def _without_tail(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def write_workbook(sheets: Mapping[str, Sequence[Sequence[Value]]]) -> bytes:
    """An XLSX file with a sheet for each title; the first row of each is its heading. Every text stays text."""
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title.translate(_UNFIT_TITLE)[:MOST_TITLE] or "表")
        sheet.freeze_panes = "A2"
        for number, width in enumerate(_widths(rows), 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        for number, row in enumerate(rows):
            sheet.append([_cell(sheet, value, heading=number == 0) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(sheet: Any, value: Value, *, heading: bool) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value.translate(_UNFIT_TEXT) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@")  # and Excel would, once somebody edits the cell
        cell.alignment = Alignment(vertical="top", wrap_text=len(value) > _WIDEST)
    if heading:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="E8EEF5")
    return cell


def _widths(rows: Sequence[Sequence[Value]]) -> Iterable[int]:
    columns = max(map(len, rows), default=0)
    for column in range(columns):
        longest = max(_width(row[column]) for row in rows if column < len(row))
        yield min(max(longest + 2, 6), _WIDEST)


def _width(value: Value) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    text = "" if value is None else str(value)
    return sum(2 if character > "\u2e7f" else 1 for character in text)
