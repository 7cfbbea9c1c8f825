//! Questions of a negotiation, as Python asks them.

use crate::baseline::Baseline;
use crate::error::Fault;
use crate::scenario::{Scenario, folder, python};
use crate::table::{by_name, escaped};
use crate::watch::during;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use zollverein::games::bargaining::Rule;
use zollverein::negotiation::talks::{Talks, Watch};
use zollverein::report as brief;
use zollverein::report::Question;
use zollverein::tables::write;

/// An answer to a question of a negotiation.
#[pyclass(frozen, module = "zollverein")]
pub struct Answer(brief::Answer);

/// Puts a question to the negotiation of a scenario.
#[pyfunction]
#[pyo3(signature = (question, scenario, baseline, *, objectives, points, rules, party, progress))]
#[allow(clippy::too_many_arguments, clippy::needless_pass_by_value)] // what the questions ask for, one each
pub fn negotiate(
    py: Python<'_>,
    question: &str,
    scenario: &Bound<'_, Scenario>,
    baseline: Option<&Bound<'_, Baseline>>,
    objectives: Option<Vec<String>>,
    points: usize,
    rules: Option<Vec<String>>,
    party: Option<String>,
    progress: Option<Py<PyAny>>,
) -> Result<Answer, Fault> {
    let question = match question {
        "design" => Question::Design,
        "frontier" => Question::Frontier(objectives, points),
        "bargain" => Question::Bargain(self::rules(rules)?),
        "redline" => Question::Redline(party.unwrap_or_default()),
        "retaliate" => Question::Retaliate,
        "coalition" => Question::Coalition,
        "compensate" => Question::Compensate,
        _ => return Err(Fault::one("question", format!("`{question}` is no question"), "ask another")),
    };
    let mut scenario = scenario.get().0.clone();
    if let [first, _, ..] = scenario.years() {
        let file = scenario.path().display().to_string();
        let remedy = format!("name the year: scenario.at_year({first}), for instance");
        return Err(Fault::one(&file, "it is about several years, and a negotiation is about one", remedy));
    }
    let folder = folder(&scenario, baseline)?;
    if scenario.form().baseline.is_none() {
        scenario = scenario.with("baseline", folder.display().to_string().as_str())?;
    }
    let world = baseline.map(|baseline| Arc::clone(&baseline.get().world));
    let watch = Arc::new(Watch::default());
    let (far, stop, working) = (Arc::clone(&watch), Arc::clone(&watch), watch);
    during(py, progress.as_ref(), &|| far.solved(), &|| stop.stop(), move || {
        let world = match world {
            Some(world) => scenario.on((*world).clone())?,
            None => scenario.world(&folder)?,
        };
        let talks = Talks::open(&scenario, Arc::new(world), working)?;
        Ok(Answer(question.answer(&talks)?))
    })
}

/// Rules of bargaining by name; all where none is named.
fn rules(names: Option<Vec<String>>) -> Result<Vec<Rule>, Fault> {
    let Some(names) = names else { return Ok(Rule::ALL.to_vec()) };
    let known = || Rule::ALL.iter().map(|rule| rule.name());
    let found = names.iter().map(|name| {
        let meant = name.replace('-', "_");
        Rule::ALL.into_iter().find(|rule| rule.name().replace('-', "_") == meant).ok_or_else(|| {
            let what = format!("`{name}` is no rule of bargaining");
            Fault::one("rules", what, zollverein::problem::instead(name, known()))
        })
    });
    found.collect()
}

#[pymethods]
impl Answer {
    /// The question: `design`, `frontier` …
    #[getter]
    fn question(&self) -> &str {
        self.0.question
    }

    /// The answer in words, with aligned figures.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// The same as tables, by name.
    #[getter]
    fn tables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        by_name(py, self.0.tables.iter().cloned().map(Arc::new))
    }

    /// Figures about the search and the answer as a whole, by name; the unit is in the name.
    #[getter]
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let facts = self.0.facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        python(py, &Value::Object(facts.collect()))
    }

    /// Charts as SVG, by file name.
    #[getter]
    fn charts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for chart in &self.0.charts {
            all.set_item(&chart.name, String::from_utf8_lossy(&chart.bytes))?;
        }
        Ok(all)
    }

    /// Proposals that the answer found, by name; each can be run.
    #[getter]
    fn proposals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for (name, proposal) in &self.0.proposals {
            all.set_item(name, Scenario(proposal.clone()))?;
        }
        Ok(all)
    }

    /// Whether the work came to its end.
    #[getter]
    fn complete(&self) -> bool {
        self.0.complete
    }

    /// Facts, tables and words: what `--json` prints.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        python(py, &self.0.json())
    }

    /// Writes every file of the answer into a folder: the same as `--out`.
    #[allow(clippy::needless_pass_by_value)]
    fn save(&self, path: PathBuf) -> Result<(), Fault> {
        Ok(write(&path, &self.0.files()?)?)
    }

    fn __str__(&self) -> &str {
        &self.0.text
    }

    fn __repr__(&self) -> String {
        format!(
            "<Answer to {}: {} tables, {} charts>",
            self.0.question,
            self.0.tables.len(),
            self.0.charts.len()
        )
    }

    fn _repr_html_(&self) -> String {
        let charts: Vec<_> =
            self.0.charts.iter().map(|chart| String::from_utf8_lossy(&chart.bytes).into_owned()).collect();
        format!("{}<pre>{}</pre>", charts.concat(), escaped(&self.0.text))
    }
}
