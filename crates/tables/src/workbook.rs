//! Tables as one workbook for spreadsheets: a sheet for each, and one for the stamp.

use crate::{Column, Table};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// Characters in a sheet's name at most.
const NAME: usize = 31;

/// The bytes of the file; the same tables give the same bytes.
pub(super) fn bytes(tables: &[&Table], stamp: Option<&str>) -> Result<Vec<u8>, String> {
    made(tables, stamp).map_err(|error| error.to_string())
}

fn made(tables: &[&Table], stamp: Option<&str>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // the time of writing would differ from one run to the next
    let never = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&never));
    let bold = Format::new().set_bold();
    for table in tables {
        let sheet = book.add_worksheet();
        sheet.set_name(table.name.chars().take(NAME).collect::<String>())?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, (name, cells)) in (0_u16..).zip(&table.columns) {
            sheet.write_string_with_format(0, column, name, &bold)?;
            sheet.set_column_width(column, 6.0_f64.max(name.chars().count() as f64 + 2.0))?;
            match cells {
                Column::Text(cells) => {
                    for (row, cell) in (1_u32..).zip(cells) {
                        // as text, never as a formula
                        sheet.write_string(row, column, cell)?;
                    }
                }
                Column::Number(cells) => {
                    for (row, cell) in (1_u32..).zip(cells) {
                        sheet.write_number(row, column, *cell + 0.0)?;
                    }
                }
                Column::Known(cells) => {
                    for (row, cell) in (1_u32..).zip(cells) {
                        if let Some(cell) = cell {
                            sheet.write_number(row, column, *cell + 0.0)?;
                        }
                    }
                }
            }
        }
    }
    if let Some(stamp) = stamp {
        let sheet = book.add_worksheet();
        sheet.set_name("stamp")?;
        for (row, line) in (0_u32..).zip(stamp.lines()) {
            sheet.write_string(row, 0, line)?;
        }
    }
    book.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_tables_give_the_same_bytes_in_a_zip() {
        let table = Table::new("t", &["who", "kt"], [vec!["=1+1".into(), Some(1.5).into()]]);
        let first = bytes(&[&table], Some("{\n}\n")).expect("a workbook");
        assert!(first.starts_with(b"PK"));
        assert_eq!(first, bytes(&[&table], Some("{\n}\n")).expect("a workbook"));
    }
}
