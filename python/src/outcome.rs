//! What follows from a scenario, as Python sees it.

use crate::baseline::Baseline;
use crate::error::Fault;
use crate::scenario::{Scenario, folder, python};
use crate::table::{Table, by_name, escaped, html};
use crate::watch::during;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein::batch::Intervals;
use zollverein::report as brief;
use zollverein::report::Report;
use zollverein::report::stamp::Stamp;
use zollverein::scenario::path;
use zollverein::tables::{Cell, Column, Format, tables, write};
use zollverein::{baseline, model, scenario, tables as table};

/// What follows from a scenario.
#[pyclass(frozen, module = "zollverein")]
pub struct Outcome {
    scenario: scenario::Scenario,
    world: Arc<baseline::Baseline>,
    found: model::Outcome,
    stamp: Stamp,
    intervals: Option<Intervals>,
    tables: PyOnceLock<Py<PyDict>>,
}

/// Finds where markets settle under a scenario, on the data that it names or on a baseline.
///
/// Headline figures carry bands, unless tables were given instead of the folder's or `bands=False`.
#[pyfunction]
#[pyo3(signature = (scenario, baseline = None, bands = true))]
pub fn evaluate(
    py: Python<'_>,
    scenario: &Bound<'_, Scenario>,
    baseline: Option<&Bound<'_, Baseline>>,
    bands: bool,
) -> Result<Outcome, Fault> {
    let scenario = scenario.get().0.clone();
    if let [first, _, ..] = scenario.years() {
        let file = scenario.path().display().to_string();
        let remedy = format!("name the year: scenario.at_year({first}), for instance");
        return Err(Fault::one(&file, "it is about several years, and an outcome is about one", remedy));
    }
    let folder = folder(&scenario, baseline)?;
    let own = baseline.is_some_and(|baseline| !baseline.get().given.is_empty());
    let world = baseline.map(|baseline| Arc::clone(&baseline.get().world));
    during(py, None, &|| (0, None), &|| (), move || {
        let world = match world {
            Some(world) => scenario.on((*world).clone())?,
            None => scenario.world(&folder)?,
        };
        path::check(&scenario, &world)?;
        let policy = scenario.policy(&world)?;
        let world = Arc::new(world);
        let model = scenario.model(Arc::clone(&world))?;
        let outcome = scenario.outcome(&model, &policy)?;
        let mut stamp = Stamp::of(&scenario, &folder, &model, &outcome);
        let wanted = !own && bands;
        let intervals =
            if wanted { Intervals::of(&scenario, &folder, &world, None, &|_| true)? } else { None };
        stamp.bands = intervals.is_some();
        Ok(Outcome { scenario, world, found: outcome, stamp, intervals, tables: PyOnceLock::new() })
    })
}

/// A format by its name.
pub fn format(name: &str) -> Result<Format, Fault> {
    match name {
        "csv" => Ok(Format::Csv),
        "parquet" => Ok(Format::Parquet),
        "xlsx" => Ok(Format::Xlsx),
        "iamc" => Ok(Format::Iamc),
        _ => Err(Fault::one("format", format!("`{name}` is no format"), "say csv, parquet, xlsx or iamc")),
    }
}

/// Indicators of the headline.
const HEADLINE: [&str; 5] = ["welfare", "welfare_per_gdp", "exports", "output", "emissions"];

#[pymethods]
impl Outcome {
    /// The result tables by name: `indicators`, `groups`, `flows`, `exporters`, `importers`, `equity`, `owners`
    /// (welfare by place and by owner) …, and `intervals` and `doubt` where there are bands.
    #[getter]
    fn tables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let made = self.tables.get_or_try_init(py, || {
            let mut all = tables(&self.world, &self.found);
            let drawn = self.intervals.iter().flat_map(|known| [known.table(), known.sources_table()]);
            all.extend(drawn);
            PyResult::Ok(by_name(py, all.into_iter().map(Arc::new))?.unbind())
        })?;
        made.bind(py).copy()
    }

    /// The headline figures: welfare, exports, output and emissions of every group; `low` and `high`
    /// hold 90 of 100 draws where there are intervals.
    #[getter]
    fn headline(&self) -> Table {
        Table(Arc::new(self.headlines()))
    }

    /// What it was made from and how: the content of `run.json`, without digests of files.
    #[getter]
    fn stamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        python(py, &serde_json::to_value(&self.stamp).unwrap_or_default())
    }

    /// The scenario.
    #[getter]
    fn scenario(&self) -> Scenario {
        Scenario(self.scenario.clone())
    }

    /// The codes of the countries that apply the policy.
    #[getter]
    fn members(&self) -> Vec<&str> {
        let members = &self.found.members;
        let all = self.world.country_ids().filter(|country| members.contains(*country));
        all.map(|country| self.world.countries[country.index()].code.as_str()).collect()
    }

    /// The brief in Markdown.
    fn brief(&self) -> String {
        self.report(brief::markdown)
    }

    /// The brief as a page, with charts.
    fn html(&self) -> String {
        self.report(brief::html)
    }

    /// Writes every result file into a folder: the same as `zollverein run --out`.
    #[pyo3(signature = (path, format = "csv"))]
    fn save(&self, path: PathBuf, format: &str) -> Result<(), Fault> {
        let format = self::format(format)?;
        let files = self.report(|report| brief::files(report, format))?;
        Ok(write(Path::new(&path), &files)?)
    }

    fn __str__(&self) -> String {
        self.report(|report| brief::terminal(report, false))
    }

    fn __repr__(&self) -> String {
        format!("<Outcome of {}>", self.scenario.title())
    }

    fn _repr_html_(&self) -> String {
        let title = escaped(&self.scenario.title());
        let line = escaped(&self.stamp.line());
        format!("<p><b>{title}</b></p>{}<p><small>{line}</small></p>", html(&self.wide()))
    }
}

impl Outcome {
    fn report<T>(&self, set: impl FnOnce(&Report<'_>) -> T) -> T {
        let intervals = self.intervals.as_ref();
        set(&Report::of(&self.scenario, &self.world, &self.found, &self.stamp, intervals))
    }

    fn headlines(&self) -> table::Table {
        let Some(groups) = table::named(&self.world, &self.found, "groups") else {
            return table::Table::new("headline", &[], std::iter::empty::<Vec<Cell>>());
        };
        let text = |name: &str, row: usize| match groups.column(name) {
            Some(Column::Text(cells)) => cells[row].clone(),
            _ => String::new(),
        };
        let known = |name: &str, row: usize| match groups.column(name) {
            Some(Column::Number(cells)) => Some(cells[row]),
            Some(Column::Known(cells)) => cells[row],
            _ => None,
        };
        let mut names = vec!["group", "indicator", "unit", "baseline", "value", "change"];
        if self.intervals.is_some() {
            names.extend(["low", "high"]);
        }
        let shown = |row: &usize| {
            text("product", *row) == "all" && HEADLINE.contains(&text("indicator", *row).as_str())
        };
        let rows: Vec<Vec<Cell>> = (0..groups.rows())
            .filter(shown)
            .map(|row| {
                let mut cells: Vec<Cell> =
                    ["group", "indicator", "unit"].map(|name| text(name, row).into()).to_vec();
                cells.extend(["baseline", "value", "change"].map(|name| Cell::Known(known(name, row))));
                if let Some(intervals) = &self.intervals {
                    let range = intervals.get(&text("group", row), &text("indicator", row));
                    cells.extend([range.map(|range| range.0).into(), range.map(|range| range.1).into()]);
                }
                cells
            })
            .collect();
        table::Table::new("headline", &names, rows)
    }

    /// The headline with a row for each group.
    fn wide(&self) -> table::Table {
        let long = self.headlines();
        let (Some(Column::Text(groups)), Some(Column::Text(indicators)), Some(Column::Text(units))) =
            (long.column("group"), long.column("indicator"), long.column("unit"))
        else {
            return long;
        };
        let Some(Column::Known(changes)) = long.column("change") else { return long };
        let unit = |indicator: &str| {
            let at = indicators.iter().position(|known| known == indicator);
            at.map_or_else(String::new, |at| units[at].clone())
        };
        let heads = HEADLINE.map(|indicator| format!("{indicator} ({})", unit(indicator)));
        let mut names = vec!["change a year"];
        names.extend(heads.iter().map(String::as_str));
        let mut rows: Vec<Vec<Cell>> = vec![];
        let mut seen: Vec<&String> = vec![];
        for group in groups {
            if seen.contains(&group) {
                continue;
            }
            seen.push(group);
            let change = |indicator: &str| {
                let at = (0..groups.len()).find(|at| groups[*at] == *group && indicators[*at] == indicator);
                Cell::Known(at.and_then(|at| changes[at]))
            };
            let mut row = vec![Cell::Text(group.clone())];
            row.extend(HEADLINE.map(change));
            rows.push(row);
        }
        table::Table::new("headline", &names, rows)
    }
}
