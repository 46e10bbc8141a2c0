"""benchbuilder.curation.vetoes: what people do not want, and how a wrong row is told."""

import pytest

from benchbuilder.curation.vetoes import read_vetoes
from benchbuilder.errors import SettingsError
from benchbuilder.text import prompt_id_of

HEADER = "prompt_id,text,reason,by\n"
ID = "0123456789abcdef" * 2
TEXT = "Write to jane.doe@example.org, please."


def test_a_row_names_a_prompt_by_id_or_by_text() -> None:
    """A text is masked and put into its normal form, as the crowd's are, so either way of writing names one prompt."""
    content = f'{HEADER}{ID},,about a client,Ana\n\n,"{TEXT.upper()}",private,Ben\n'
    by_text = prompt_id_of("write to [email], please.")
    assert read_vetoes(content.encode(), "v.csv") == {
        ID: (ID, "about a client", "Ana"),
        by_text: (by_text, "private", "Ben"),
    }


def test_columns_may_stand_in_any_order_and_a_text_may_have_lines() -> None:
    """As spreadsheets write it, with a byte order mark."""
    content = '\ufeffby,reason,text,prompt_id\r\nAna,rude,"First line,\r\nsecond line",\r\n'
    [veto] = read_vetoes(content.encode(), "v.csv").values()
    assert veto == (prompt_id_of("First line, second line"), "rude", "Ana")


def test_of_two_rows_about_one_prompt_the_first_counts() -> None:
    """Two people may say the same thing."""
    content = f"{HEADER}{ID},,first,Ana\n{ID},,second,Ben\n"
    assert [veto.reason for veto in read_vetoes(content.encode(), "v.csv").values()] == ["first"]


def test_a_table_of_a_header_alone_vetoes_nothing() -> None:
    """It is how a table begins."""
    assert read_vetoes(HEADER.encode(), "v.csv") == {}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "v.csv: line 1: must be the header prompt_id,text,reason,by (got )"),
        ("id,why\n", "v.csv: line 1: must be the header prompt_id,text,reason,by (got id,why)"),
        (f"{HEADER}xyz,,rude,Ana\n", "v.csv: line 2: prompt_id: must be 32 hex digits (got xyz)"),
        (
            f"{HEADER}\n,,rude,Ana\n",
            "v.csv: line 3: prompt_id or text: one of them must say which prompt (got neither)",
        ),
        (f"{HEADER}{ID},,,Ana\n", "v.csv: line 2: reason: must not be empty"),
        (f"{HEADER}{ID},,rude\n", "v.csv: line 2: by: must not be empty"),
        (f"{HEADER}{ID},,rude,Ana,more\n", "v.csv: line 2: more cells than the header (got more)"),
        (f'{HEADER},"open,rude,Ana\n', "v.csv: line 2: no valid CSV: unexpected end of data"),
        (f"{HEADER}{ID},hello there,rude,Ana\n", f"v.csv: line 2: prompt_id: is not that of the text (got {ID}"),
        (f"{HEADER}jane.doe@example.org,,rude,Ana\n", "(got [email])"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_value(content: str, told: str) -> None:
    """A veto that nobody can read must not pass for none; a value is shown masked."""
    with pytest.raises(SettingsError) as raised:
        read_vetoes(content.encode(), "v.csv")
    assert told in str(raised.value)


def test_another_encoding_is_told_with_its_line() -> None:
    """Spreadsheets save in the encoding of their country."""
    with pytest.raises(SettingsError, match=r"v.csv: line 2: not UTF-8: b'\\xfc'"):
        read_vetoes(HEADER.encode() + b",M\xfcnchen,rude,Ana\n", "v.csv")
