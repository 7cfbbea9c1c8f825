//! Tables by Arrow's C interface: out as a stream, and in from whatever gives one.
//!
//! The stream is made and read by polars' own Arrow, which the program is built with anyway. Reading
//! what another library hands over means to believe its pointers; that is the one place in this crate
//! where a block is unsafe.

use crate::error::Fault;
use polars_arrow::array::{
    Array, BinaryViewArrayGeneric, BooleanArray, DictionaryArray, DictionaryKey, PrimitiveArray, StructArray,
    Utf8Array, Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, Field, IntegerType};
use polars_arrow::ffi::{ArrowArrayStream, ArrowArrayStreamReader, export_iterator};
use polars_arrow::offset::Offset;
use polars_arrow::types::NativeType;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};
use std::fmt::Write as _;
use zollverein::tables::{Column, Table};

const STREAM: &std::ffi::CStr = c"arrow_array_stream";

/// A table as a capsule with a stream of one batch.
pub fn stream<'py>(py: Python<'py>, table: &Table) -> PyResult<Bound<'py, PyCapsule>> {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|(name, column)| {
            let kind = match column {
                Column::Text(_) => ArrowDataType::LargeUtf8,
                Column::Number(_) | Column::Known(_) => ArrowDataType::Float64,
            };
            Field::new(name.as_str().into(), kind, matches!(column, Column::Known(_)))
        })
        .collect();
    let arrays: Vec<Box<dyn Array>> = table
        .columns
        .iter()
        .map(|(_, column)| match column {
            Column::Text(cells) => Utf8Array::<i64>::from_slice(cells).boxed(),
            Column::Number(cells) => PrimitiveArray::<f64>::from_slice(cells).boxed(),
            Column::Known(cells) => PrimitiveArray::<f64>::from(cells.as_slice()).boxed(),
        })
        .collect();
    let kind = ArrowDataType::Struct(fields);
    let batch = StructArray::new(kind.clone(), table.rows(), arrays, None).boxed();
    let stream = export_iterator(Box::new(std::iter::once(Ok(batch))), Field::new("".into(), kind, false));
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// The table behind an object with `__arrow_c_stream__`, as CSV: numbers read back exactly.
#[pyfunction]
#[pyo3(signature = (frame, name))]
pub fn csv_of_stream<'py>(frame: &Bound<'py, PyAny>, name: &str) -> Result<Bound<'py, PyBytes>, Fault> {
    let capsule = frame.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast_into::<PyCapsule>().map_err(PyErr::from)?;
    let batches = batches(&capsule, name)?;
    let text = csv(&batches, name)?;
    Ok(PyBytes::new(frame.py(), text.as_bytes()))
}

/// The record batches of a stream, with their fields.
#[allow(unsafe_code)]
fn batches(capsule: &Bound<'_, PyCapsule>, name: &str) -> Result<(Vec<Field>, Vec<StructArray>), Fault> {
    let refused =
        |what: String| Fault::one(name, what, "give a data frame, or anything else that Arrow can read");
    let pointer = capsule.pointer_checked(Some(STREAM))?.cast::<ArrowArrayStream>();
    // SAFETY: by Arrow's PyCapsule interface a capsule of this name, which was just checked, holds a
    // valid `ArrowArrayStream`, and whoever asked for it may move it out and leave a released one.
    let mut stream = Box::new(unsafe { pointer.replace(ArrowArrayStream::empty()) });
    // SAFETY: the stream keeps to Arrow's C stream interface, as its capsule promises.
    let reader = unsafe { ArrowArrayStreamReader::try_new(&mut *stream) };
    let mut reader = reader.map_err(|error| refused(error.to_string()))?;
    let ArrowDataType::Struct(fields) = reader.field().dtype().clone() else {
        return Err(refused("this is a single column, not a table".to_owned()));
    };
    let mut batches = vec![];
    // SAFETY: as above, for each array.
    while let Some(array) = unsafe { reader.next() } {
        let array = array.map_err(|error| refused(error.to_string()))?;
        match array.as_any().downcast_ref::<StructArray>() {
            Some(batch) => batches.push(batch.clone()),
            None => return Err(refused("a batch is no table".to_owned())),
        }
    }
    Ok((fields, batches))
}

fn csv((fields, batches): &(Vec<Field>, Vec<StructArray>), name: &str) -> Result<String, Fault> {
    let mut text = String::new();
    let line = |text: &mut String, cells: &mut dyn Iterator<Item = &str>| {
        for (position, cell) in cells.enumerate() {
            if position > 0 {
                text.push(',');
            }
            if cell.contains([',', '"', '\n', '\r']) {
                let _ = write!(text, "\"{}\"", cell.replace('"', "\"\""));
            } else {
                text.push_str(cell);
            }
        }
        text.push('\n');
    };
    line(&mut text, &mut fields.iter().map(|field| field.name.as_str()));
    for batch in batches {
        let columns: Vec<Vec<String>> = fields
            .iter()
            .zip(batch.values())
            .map(|(field, array)| {
                cells(array.as_ref()).ok_or_else(|| {
                    let what = format!("column `{}` is of a type that is no text or number", field.name);
                    Fault::one(name, what, "make it text or numbers, or leave it out")
                })
            })
            .collect::<Result<_, _>>()?;
        for row in 0..batch.len() {
            line(&mut text, &mut columns.iter().map(|cells| cells[row].as_str()));
        }
    }
    Ok(text)
}

/// The cells of an array as they stand in CSV; `None` of a type that has no such form.
fn cells(array: &dyn Array) -> Option<Vec<String>> {
    let any = array.as_any();
    Some(match array.dtype() {
        ArrowDataType::Null => vec![String::new(); array.len()],
        ArrowDataType::Utf8 => texts(any.downcast_ref::<Utf8Array<i32>>()?),
        ArrowDataType::LargeUtf8 => texts(any.downcast_ref::<Utf8Array<i64>>()?),
        ArrowDataType::Utf8View => views(any.downcast_ref::<Utf8ViewArray>()?),
        ArrowDataType::Boolean => {
            let array = any.downcast_ref::<BooleanArray>()?;
            array.iter().map(|cell| cell.map_or_else(String::new, |cell| cell.to_string())).collect()
        }
        ArrowDataType::Int8 => numbers::<i8>(array)?,
        ArrowDataType::Int16 => numbers::<i16>(array)?,
        ArrowDataType::Int32 => numbers::<i32>(array)?,
        ArrowDataType::Int64 => numbers::<i64>(array)?,
        ArrowDataType::UInt8 => numbers::<u8>(array)?,
        ArrowDataType::UInt16 => numbers::<u16>(array)?,
        ArrowDataType::UInt32 => numbers::<u32>(array)?,
        ArrowDataType::UInt64 => numbers::<u64>(array)?,
        ArrowDataType::Float32 => numbers::<f32>(array)?.into_iter().map(unless_none).collect(),
        ArrowDataType::Float64 => numbers::<f64>(array)?.into_iter().map(unless_none).collect(),
        ArrowDataType::Decimal(_, scale) => {
            let scale = *scale;
            numbers::<i128>(array)?.into_iter().map(|digits| decimal(&digits, scale)).collect()
        }
        ArrowDataType::Dictionary(key, ..) => match key {
            IntegerType::Int8 => words::<i8>(array)?,
            IntegerType::Int16 => words::<i16>(array)?,
            IntegerType::Int32 => words::<i32>(array)?,
            IntegerType::Int64 => words::<i64>(array)?,
            IntegerType::UInt8 => words::<u8>(array)?,
            IntegerType::UInt16 => words::<u16>(array)?,
            IntegerType::UInt32 => words::<u32>(array)?,
            IntegerType::UInt64 => words::<u64>(array)?,
            IntegerType::Int128 | IntegerType::UInt128 => return None,
        },
        _ => return None,
    })
}

fn texts<O: Offset>(array: &Utf8Array<O>) -> Vec<String> {
    array.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect()
}

fn views(array: &BinaryViewArrayGeneric<str>) -> Vec<String> {
    array.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect()
}

fn numbers<T: NativeType>(array: &dyn Array) -> Option<Vec<String>> {
    let array = array.as_any().downcast_ref::<PrimitiveArray<T>>()?;
    Some(array.iter().map(|cell| cell.map_or_else(String::new, ToString::to_string)).collect())
}

/// A missing number of a data frame is often not a number.
fn unless_none(cell: String) -> String {
    if cell == "NaN" { String::new() } else { cell }
}

/// A decimal number from its digits.
fn decimal(digits: &str, scale: usize) -> String {
    if scale == 0 || digits.is_empty() {
        return digits.to_owned();
    }
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{part}")
}

/// Words that are kept once each.
fn words<K: DictionaryKey>(array: &dyn Array) -> Option<Vec<String>> {
    let array = array.as_any().downcast_ref::<DictionaryArray<K>>()?;
    let words = cells(array.values().as_ref())?;
    let keys = array.keys_iter();
    Some(keys.map(|key| key.and_then(|key| words.get(key).cloned()).unwrap_or_default()).collect())
}
