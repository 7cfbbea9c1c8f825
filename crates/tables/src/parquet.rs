//! A table as Parquet.

use crate::Table;

/// What a build without Parquet says where one is asked for.
#[cfg(not(feature = "parquet"))]
pub(super) const ABSENT: &str =
    "this build of the program has no Parquet: build it with the feature `parquet` (`make build`)";

/// The bytes of the file.
#[cfg(not(feature = "parquet"))]
pub(super) fn bytes(_: &Table) -> Result<Vec<u8>, String> {
    Err(ABSENT.to_owned())
}

/// The bytes of the file.
#[cfg(feature = "parquet")]
pub(super) fn bytes(table: &Table) -> Result<Vec<u8>, String> {
    use crate::Column;
    use polars::prelude::{Column as Series, DataFrame, NamedFrom as _, ParquetWriter, Series as Values};
    let series: Vec<Series> = table
        .columns
        .iter()
        .map(|(name, column)| {
            let name = name.as_str().into();
            match column {
                Column::Text(cells) => Values::new(name, cells),
                Column::Number(cells) => Values::new(name, cells),
                Column::Known(cells) => Values::new(name, cells),
            }
            .into()
        })
        .collect();
    let mut frame = DataFrame::new(table.rows(), series).map_err(|error| error.to_string())?;
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[cfg(feature = "parquet")]
#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{ParquetReader, SerReader as _};
    use std::io::Cursor;

    #[test]
    fn parquet_holds_the_same_numbers_and_tells_unknown_from_zero() {
        let rows = [
            vec!["=x".into(), 1.5.into(), Some(0.0).into()],
            vec!["y".into(), (1.0 / 3.0).into(), None::<f64>.into()],
        ];
        let table = Table::new("t", &["who", "a", "b"], rows);
        let bytes = bytes(&table).expect("it encodes");
        let frame = ParquetReader::new(Cursor::new(bytes)).finish().expect("it reads");
        assert_eq!(frame.shape(), (2, 3));
        let numbers: Vec<Option<f64>> =
            frame.column("a").expect("a").f64().expect("numbers").iter().collect();
        assert_eq!(numbers, [Some(1.5), Some(1.0 / 3.0)]);
        let known: Vec<Option<f64>> = frame.column("b").expect("b").f64().expect("numbers").iter().collect();
        assert_eq!(known, [Some(0.0), None]);
        let text: Vec<Option<&str>> = frame.column("who").expect("who").str().expect("text").iter().collect();
        assert_eq!(text, [Some("=x"), Some("y")]);
    }
}
