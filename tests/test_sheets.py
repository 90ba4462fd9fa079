import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from caselib.errors import CaselibError
from caselib.sheets import MOST_BYTES, MOST_ROWS, Value, is_error, read_table, write_workbook


def xlsx(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class TestReading:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
    def test_csv_as_the_office_programs_write_it(self, encoding: str) -> None:
        data = "姓名,单位\r\n王 一, 质量院 \r\n\r\n,\r\n".encode(encoding)
        assert read_table("a.csv", data) == [["姓名", "单位"], ["王 一", "质量院"]]

    def test_a_table_copied_from_a_sheet_has_tabs(self) -> None:
        assert read_table("a.txt", "姓名\t单位\n王一\t甲,乙\n".encode()) == [["姓名", "单位"], ["王一", "甲,乙"]]

    def test_where_the_comma_is_a_decimal_point_excel_writes_semicolons(self) -> None:
        assert read_table("a.csv", "姓名;单位\r\n王一;甲,乙\r\n".encode()) == [["姓名", "单位"], ["王一", "甲,乙"]]

    def test_quoted_cells_keep_commas_and_lines(self) -> None:
        assert read_table("a.csv", '"甲,乙","丙\n丁"'.encode()) == [["甲,乙", "丙\n丁"]]

    def test_xlsx_cells_are_text_without_excels_decorations(self) -> None:
        data = xlsx(["代码", "日期", "空", None], [330000.0, date(2024, 5, 1), None, 1.5], [None], [None, "  "])
        assert read_table("a.xlsx", data) == [["代码", "日期", "空"], ["330000", "2024-05-01", "", "1.5"]]

    def test_what_excel_could_not_work_out_is_known_from_a_text(self) -> None:
        failed = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#GETTING_DATA"]
        (read,) = read_table("a.xlsx", xlsx(failed))
        assert (read, [is_error(cell) for cell in read]) == (failed, [True] * 9)
        assert [is_error(cell) for cell in ("", "N/A", "#1 厂", "#", "#甲!", "第 #N/A 项")] == [False] * 6

    def test_an_xlsx_under_another_name_is_read(self) -> None:
        assert read_table("a.csv", xlsx(["姓名"])) == [["姓名"]]

    def test_an_empty_file_is_an_empty_table(self) -> None:
        assert read_table("a.csv", b"") == []

    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("a.csv", b"\xff\xfe\x00a", "读不出这个文件。"),
            ("a.csv", b"a\0b", "读不出这个文件。"),
            ("a.xlsx", b"no archive", "这个 .xlsx 文件已损坏，或不是 Excel 表格。"),
            ("a.xlsx", xlsx(["姓名"])[:-40], "这个 .xlsx 文件已损坏，或不是 Excel 表格。"),
            ("a.csv", b"x" * (MOST_BYTES + 1), "文件超过 2 MB。"),
            ("a.csv", b"x\n" * (MOST_ROWS + 1), "表格超过 5000 行或 100 列。"),
            ("a.csv", b"," * 100 + b"x", "表格超过 5000 行或 100 列。"),
        ],
        ids=["no text", "a zero", "no archive", "cut off", "too large", "too long", "too wide"],
    )
    def test_what_cannot_be_read_is_refused_in_words(self, name: str, data: bytes, said: str) -> None:
        with pytest.raises(CaselibError) as caught:
            read_table(name, data)
        assert caught.value.message == said

    def test_a_bomb_is_not_unpacked(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b"0" * (51 * 1024 * 1024))
        with pytest.raises(CaselibError) as caught:
            read_table("a.xlsx", file.getvalue())
        assert caught.value.message == "表格展开后太大。"


class TestWriting:
    def test_what_is_written_is_what_is_read(self) -> None:
        rows: list[list[Value]] = [["编号", "总分", "意见"], ["2022-001", 91.25, "好"], ["2022-002", None, ""]]
        book = load_workbook(io.BytesIO(write_workbook({"评审": rows, "进度": [["无"]]})))
        assert book.sheetnames == ["评审", "进度"]
        assert [[cell.value for cell in row] for row in book["评审"].rows] == [
            ["编号", "总分", "意见"],
            ["2022-001", 91.25, "好"],
            ["2022-002", None, None],
        ]

    @pytest.mark.parametrize("text", ["=1+1", "+86", "-5", "@SUM(A1)", "=cmd|' /C calc'!A0"])
    def test_a_text_stays_text_whatever_it_begins_with(self, text: str) -> None:
        cell = load_workbook(io.BytesIO(write_workbook({"表": [("头",), (text,)]})))["表"]["A2"]
        assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)

    def test_characters_and_titles_that_excel_refuses_do_not_break_the_file(self) -> None:
        book = load_workbook(io.BytesIO(write_workbook({"一[二]:三/四" + "长" * 40: [["甲\x00\x1b乙"]]})))
        assert book.sheetnames == ["一－二－－三－四" + "长" * 23]
        assert book.active["A1"].value == "甲乙"
