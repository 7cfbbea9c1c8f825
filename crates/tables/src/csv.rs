//! A table as comma-separated values.

use crate::{Column, Table};
use zollverein_model::baseline::sheet::inert;

/// The bytes of the file.
pub(super) fn bytes(table: &Table) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new().from_writer(vec![]);
    let failed = |error: csv::Error| error.to_string();
    writer.write_record(table.columns.iter().map(|(name, _)| name)).map_err(failed)?;
    for row in 0..table.rows() {
        for (_, column) in &table.columns {
            let cell = match column {
                Column::Text(cells) => inert(&cells[row]),
                Column::Number(cells) => number(cells[row]),
                Column::Known(cells) => cells[row].map_or_else(String::new, number),
            };
            writer.write_field(cell).map_err(failed)?;
        }
        writer.write_record(None::<&[u8]>).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

/// A number with the fewest digits that read back as the same number; zero has no sign.
pub(super) fn number(number: f64) -> String {
    let number = number + 0.0;
    if number == 0.0 || (1e-5..1e16).contains(&number.abs()) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_exactly() {
        for value in [0.1 + 0.2, -1e-300, 5e-324, 1.0 / 3.0, 123_456_789.123_456_78, 1e22, -0.25, 1e-5] {
            assert_eq!(number(value).parse(), Ok(value));
        }
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(25.0), "25");
        assert_eq!(number(3e-12), "3e-12");
    }

    #[test]
    fn text_that_looks_like_a_formula_is_made_inert_and_numbers_are_left_alone() {
        let table = Table::new(
            "t",
            &["text", "n"],
            [vec!["=HYPERLINK(\"x\")".into(), (-2.0).into()], vec!["Korea, Republic of".into(), 0.5.into()]],
        );
        let text = String::from_utf8(bytes(&table).expect("it encodes")).expect("UTF-8");
        assert_eq!(text, "text,n\n\"'=HYPERLINK(\"\"x\"\")\",-2\n\"Korea, Republic of\",0.5\n");
    }
}
