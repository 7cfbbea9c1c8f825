//! A part of a batch as Parquet: one evaluation a row, one input or figure a column, and back.
//!
//! An input and a figure may have the same name, and a scenario may call a clause what a part calls a
//! column of its own; so columns of inputs begin with `input.` and those of figures with `figure.`, and
//! the others have no dot in their names.
//!
//! A file from disk is not believed: a header can claim pages and rows that are not there, and a
//! reader that trusts it asks for all memory. Sizes and counts of every page are added up before
//! anything is decoded.

#[cfg(feature = "parquet")]
use crate::pages::check;
use std::ops::Range;

/// How parts are laid out: an evaluation is a row, each input and figure a column.
pub const LAYOUT: u32 = 2;

/// How parts were laid out before a batch said so: each figure of each evaluation was a row.
#[must_use]
pub const fn first_layout() -> u32 {
    1
}

/// The status of an evaluation that has its figures.
pub const SOLVED: &str = "solved";
/// Faults of a part that are told.
#[cfg(feature = "parquet")]
const TOLD: usize = 8;

/// The column of an input.
#[must_use]
pub fn input_column(name: &str) -> String {
    format!("input.{name}")
}

/// The column of a figure.
#[must_use]
pub fn figure_column(name: &str) -> String {
    format!("figure.{name}")
}

/// The evaluations of a part, column by column.
#[derive(Debug, Clone, Default)]
pub struct Rows<'a> {
    /// Number of the evaluation.
    pub number: Vec<i64>,
    /// Cell of the grid of what is varied.
    pub cell: Vec<i64>,
    /// What the evaluation belongs to: a draw, a sample, a step of a path, the tornado.
    pub set: Vec<&'a str>,
    /// [`SOLVED`], or why there is no figure, in a word.
    pub status: Vec<&'a str>,
    /// Why there is no figure.
    pub message: Vec<Option<&'a str>>,
    /// Inputs and figures.
    pub numbers: Vec<Numbers>,
}

/// A column of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Its name: [`input_column`] or [`figure_column`].
    pub column: String,
    /// By evaluation; `None`: not known, or not defined.
    pub values: Vec<Option<f64>>,
}

/// What is asked of a part.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The evaluations that it must hold, in their order, as numbers of the plan.
    pub evaluations: Range<usize>,
    /// Every column of numbers that it must have.
    pub columns: &'a [String],
    /// The columns of numbers that are read.
    pub wanted: &'a [String],
    /// Whether its evaluations and their statuses are read too.
    pub statuses: bool,
}

/// What has been read of a part.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The wanted columns, in their order.
    pub numbers: Vec<Vec<Option<f64>>>,
    /// The evaluations that gave no figure, where statuses are read.
    pub failed: Vec<Failed>,
}

/// An evaluation that gave no figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// Its number in the plan.
    pub number: i64,
    /// Why, in a word.
    pub status: String,
    /// Why.
    pub message: String,
}

impl Rows<'_> {
    /// The bytes of the file.
    ///
    /// # Errors
    /// What the writer says.
    #[cfg(feature = "parquet")]
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        use polars::prelude::StatisticsOptions;
        use polars::prelude::{Column as Series, DataFrame, NamedFrom as _, ParquetWriter, Series as Values};
        let mut columns: Vec<Series> = vec![
            Values::new("number".into(), &self.number).into(),
            Values::new("cell".into(), &self.cell).into(),
            Values::new("set".into(), &self.set).into(),
            Values::new("status".into(), &self.status).into(),
            Values::new("message".into(), &self.message).into(),
        ];
        let numbers = self.numbers.iter();
        columns.extend(numbers.map(|one| Values::new(one.column.as_str().into(), &one.values).into()));
        let mut frame = DataFrame::new(self.number.len(), columns).map_err(|error| error.to_string())?;
        let mut bytes = vec![];
        // least and most of each column would take more room than they save anybody
        let writer = ParquetWriter::new(&mut bytes).with_statistics(StatisticsOptions::empty());
        writer.set_parallel(false).finish(&mut frame).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// Always: this build has no Parquet.
    #[cfg(not(feature = "parquet"))]
    pub fn bytes(&self) -> Result<Vec<u8>, String> {
        available().map(|()| vec![])
    }
}

/// Whether this build can write and read parts.
///
/// # Errors
/// It cannot; with what to do.
pub fn available() -> Result<(), String> {
    #[cfg(feature = "parquet")]
    return Ok(());
    #[cfg(not(feature = "parquet"))]
    Err(crate::parquet::ABSENT.to_owned())
}

/// What is asked of a file, once it has been checked to hold these evaluations and columns and no others.
/// Columns that are not asked for are not decoded.
///
/// # Errors
/// In words: what is wrong with the file.
#[cfg(feature = "parquet")]
pub fn read(bytes: &[u8], asked: &Asked<'_>) -> Result<Found, String> {
    use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, SerReader as _};
    use std::io::Cursor;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    check(bytes, asked.evaluations.len())?;
    let decode = || -> Result<DataFrame, String> {
        let mut reader = ParquetReader::new(Cursor::new(bytes)).read_parallel(ParallelStrategy::None);
        fits(&*reader.schema().map_err(said)?, asked.columns)?;
        let statuses = ["number", "status", "message"].into_iter().filter(|_| asked.statuses);
        let names = statuses.map(str::to_owned).chain(asked.wanted.iter().cloned());
        reader.with_columns(Some(names.collect())).finish().map_err(said)
    };
    // the reader panics at some files that nobody has written by mistake
    let frame = catch_unwind(AssertUnwindSafe(decode));
    let frame = frame.map_err(|_| "the reader gave up on it".to_owned())??;
    if frame.height() != asked.evaluations.len() {
        return Err(format!(
            "it holds {} evaluations where the plan has {}",
            frame.height(),
            asked.evaluations.len()
        ));
    }
    let numbers = asked.wanted.iter().map(|column| known(&frame, column)).collect::<Result<_, _>>()?;
    let failed = if asked.statuses { failed(&frame, &asked.evaluations)? } else { vec![] };
    Ok(Found { numbers, failed })
}

/// What is asked of a file.
///
/// # Errors
/// Always: this build has no Parquet.
#[cfg(not(feature = "parquet"))]
pub fn read(_: &[u8], _: &Asked<'_>) -> Result<Found, String> {
    available().map(|()| Found::default())
}

#[cfg(feature = "parquet")]
#[allow(clippy::needless_pass_by_value)] // as `map_err` wants it
fn said(error: polars::prelude::PolarsError) -> String {
    error.to_string()
}

/// Holds the columns of a file against those that it must have.
#[cfg(feature = "parquet")]
fn fits(schema: &polars::prelude::ArrowSchema, numbers: &[String]) -> Result<(), String> {
    use polars::prelude::DataType;
    let own = [
        ("number", DataType::Int64),
        ("cell", DataType::Int64),
        ("set", DataType::String),
        ("status", DataType::String),
        ("message", DataType::String),
    ];
    let numbers = numbers.iter().map(|name| (name.as_str(), DataType::Float64));
    let expected: std::collections::BTreeMap<&str, DataType> = own.into_iter().chain(numbers).collect();
    let mut faults = vec![];
    for (name, wanted) in &expected {
        match schema.get(name).map(DataType::from_arrow_field) {
            None => faults.push(format!("column `{name}` is missing")),
            Some(found) if found != *wanted => {
                faults.push(format!("column `{name}` holds {found} where {wanted} belongs"));
            }
            Some(_) => {}
        }
    }
    let strange = schema.iter_names().filter(|name| !expected.contains_key(name.as_str()));
    faults.extend(strange.map(|name| format!("column `{name}` is none of this plan")));
    if faults.len() > TOLD {
        let more = faults.len() - TOLD;
        faults.truncate(TOLD);
        faults.push(format!("{more} columns more do not fit"));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// A column of numbers.
#[cfg(feature = "parquet")]
fn known(frame: &polars::prelude::DataFrame, column: &str) -> Result<Vec<Option<f64>>, String> {
    let values: Vec<Option<f64>> = frame.column(column).and_then(|c| c.f64()).map_err(said)?.iter().collect();
    match values.iter().flatten().find(|value| !value.is_finite()) {
        Some(value) => Err(format!("column `{column}` holds {value}; what is not known is empty")),
        None => Ok(values),
    }
}

/// The evaluations that gave no figure, once all have been held against those that belong here.
#[cfg(feature = "parquet")]
fn failed(frame: &polars::prelude::DataFrame, evaluations: &Range<usize>) -> Result<Vec<Failed>, String> {
    let number = frame.column("number").and_then(|column| column.i64()).map_err(said)?;
    let text = |name: &str| frame.column(name).and_then(|column| column.str());
    let (status, message) = (text("status").map_err(said)?, text("message").map_err(said)?);
    let mut failed = vec![];
    for ((expected, number), (status, message)) in
        evaluations.clone().zip(number.iter()).zip(status.iter().zip(message.iter()))
    {
        let (Some(number), Some(status)) = (number, status) else {
            return Err("a cell of `number` or `status` is empty".to_owned());
        };
        if usize::try_from(number) != Ok(expected) {
            return Err(format!("it holds evaluation {number} where {expected} belongs"));
        }
        if status != SOLVED {
            let message = message.unwrap_or_default().to_owned();
            failed.push(Failed { number, status: status.to_owned(), message });
        }
    }
    Ok(failed)
}

#[cfg(feature = "parquet")]
#[cfg(test)]
mod tests {
    use super::*;

    const WELFARE: &str = "figure.world.welfare";
    const RATE: &str = "input.tariff.a.rate_percent";

    fn columns() -> Vec<String> {
        vec![RATE.to_owned(), WELFARE.to_owned()]
    }

    fn rows() -> Rows<'static> {
        let mut rows = Rows::default();
        let (mut rate, mut welfare) = (vec![], vec![]);
        for number in 0..500_i64 {
            let fails = number % 7 == 0;
            rows.number.push(number);
            rows.cell.push(0);
            rows.set.push("draw");
            rows.status.push(if fails { "no_equilibrium" } else { SOLVED });
            rows.message.push(fails.then_some("markets do not settle"));
            rate.push(Some(number as f64));
            welfare.push((!fails).then_some(number as f64 / 3.0));
        }
        let put = |column: &str, values| Numbers { column: column.to_owned(), values };
        rows.numbers = vec![put(RATE, rate), put(WELFARE, welfare)];
        rows
    }

    fn made() -> Vec<u8> {
        rows().bytes().expect("it encodes")
    }

    /// Everything of a file of so many evaluations.
    fn all(bytes: &[u8], evaluations: usize) -> Result<Found, String> {
        let columns = columns();
        read(
            bytes,
            &Asked { evaluations: 0..evaluations, columns: &columns, wanted: &columns, statuses: true },
        )
    }

    #[test]
    fn evaluations_come_back_as_they_were_and_unknown_is_not_zero() {
        let (bytes, rows) = (made(), rows());
        let found = all(&bytes, 500).expect("it reads");
        assert_eq!(found.numbers, [rows.numbers[0].values.clone(), rows.numbers[1].values.clone()]);
        assert_eq!(found.numbers[1][0], None);
        let numbers: Vec<i64> = found.failed.iter().map(|failed| failed.number).collect();
        assert_eq!(numbers, (0..500).step_by(7).collect::<Vec<_>>());
        let one = &found.failed[1];
        assert_eq!((one.status.as_str(), one.message.as_str()), ("no_equilibrium", "markets do not settle"));
        assert_eq!(bytes, made(), "the same rows give the same bytes");
    }

    #[test]
    fn only_what_is_asked_for_is_read() {
        let (columns, wanted) = (columns(), [WELFARE.to_owned()]);
        let asked = Asked { evaluations: 0..500, columns: &columns, wanted: &wanted, statuses: false };
        let found = read(&made(), &asked).expect("it reads");
        assert_eq!((found.numbers.len(), found.failed.len()), (1, 0));
        assert_eq!(found.numbers[0], rows().numbers[1].values);
    }

    #[test]
    fn columns_that_are_missing_renamed_or_of_another_kind_are_named() {
        let refused = |rows: &Rows<'_>| {
            let bytes = rows.bytes().expect("it encodes");
            all(&bytes, 500).expect_err("it does not fit")
        };
        let mut missing = rows();
        missing.numbers.pop();
        assert_eq!(refused(&missing), "column `figure.world.welfare` is missing");
        let mut renamed = rows();
        renamed.numbers[1].column = "figure.world.wellfare".to_owned();
        let error = refused(&renamed);
        assert!(error.contains("`figure.world.welfare` is missing"), "{error}");
        assert!(error.contains("`figure.world.wellfare` is none of this plan"), "{error}");
        // text where numbers belong
        let of_text = crate::Table::new(
            "t",
            &["number", "cell", "set", "status", "message", RATE, WELFARE],
            [vec![0.0.into(), 0.0.into(), "draw".into(), SOLVED.into(), "".into(), 1.0.into(), "1".into()]],
        );
        let bytes = crate::parquet::bytes(&of_text).expect("it encodes");
        let error = all(&bytes, 1).expect_err("text");
        assert!(error.contains("column `figure.world.welfare` holds str where f64 belongs"), "{error}");
        assert!(error.contains("column `number` holds f64 where i64 belongs"), "{error}");
    }

    #[test]
    fn what_is_not_known_is_empty_and_never_nan() {
        let mut rows = rows();
        rows.numbers[1].values[3] = Some(f64::NAN);
        let error = all(&rows.bytes().expect("it encodes"), 500).expect_err("NaN");
        assert_eq!(error, "column `figure.world.welfare` holds NaN; what is not known is empty");
    }

    #[test]
    fn evaluations_of_another_part_are_refused() {
        let error = all(&made(), 499).expect_err("499 at most");
        assert!(error.contains("499"), "{error}");
        let error = all(&made(), 501).expect_err("501 at least");
        assert!(error.contains("500") && error.contains("501"), "{error}");
        let mut swapped = rows();
        swapped.number.swap(3, 4);
        let error = all(&swapped.bytes().expect("it encodes"), 500).expect_err("swapped");
        assert_eq!(error, "it holds evaluation 4 where 3 belongs");
    }

    #[test]
    fn a_file_with_any_byte_changed_is_refused_or_read_and_never_believed_to_be_larger() {
        let whole = made();
        // headers stand at the beginning of each column and in the foot; every byte of the first
        // kilobyte and of the last is changed in turn
        let places = (4..whole.len().min(1024)).chain(whole.len().saturating_sub(1024)..whole.len() - 8);
        let mut refused = 0;
        for place in places {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] ^= flip;
                refused += usize::from(check(&bytes, 500).is_err());
            }
        }
        assert!(refused > 50, "{refused}");
        assert!(all(&whole[..whole.len() / 2], 500).is_err());
        assert!(all(b"", 500).is_err());
    }
}
