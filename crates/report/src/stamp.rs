//! The stamp of a run: what it was made from and how, so that anyone can make it
//! again and tell whether the results are the same. No time and no machine is in it.

use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use zollverein_model::baseline::{Baseline, Source};
use zollverein_model::engine::Convergence;
use zollverein_model::model::{Model, Outcome};
use zollverein_numeric::dense::greatest;
use zollverein_scenario::Scenario;

/// What a result was made from and how; written as `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stamp {
    /// Version of the program.
    pub version: String,
    /// Commit that it was built from, if the build knew.
    pub git: Option<String>,
    /// The scenario, if the policy came from one.
    pub scenario: Option<ScenarioStamp>,
    /// The data folder.
    pub data: DataStamp,
    /// The engine.
    pub engine: EngineStamp,
    /// How the equilibria were found.
    pub convergence: ConvergenceStamp,
    /// Whether headline figures carry bands.
    pub bands: bool,
    /// What the data leave out, and assumptions made for it.
    pub notes: Vec<String>,
    /// SHA-256 of each result file, by name; the stamp itself is not among them.
    pub results: BTreeMap<String, String>,
}

/// The scenario of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScenarioStamp {
    /// Its path as the user gave it.
    pub path: String,
    /// SHA-256 of it, with what it extends.
    pub sha256: String,
}

/// The data of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataStamp {
    /// The folder as the user gave it, if there was one.
    pub folder: Option<String>,
    /// Year of the figures, if the folder says it.
    pub year: Option<i32>,
    /// Its files, with digests of their rows.
    pub files: Vec<Source>,
}

/// The engine of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EngineStamp {
    /// Its name in scenarios.
    pub name: String,
    /// Its settings, by name.
    pub settings: Map<String, Value>,
}

/// How the equilibria of a run were found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ConvergenceStamp {
    /// Under the duties in force.
    pub status_quo: Convergence,
    /// Under the policy.
    pub policy: Convergence,
}

/// What the results of a path of years were made from and how; written as its `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathStamp {
    /// Version of the program.
    pub version: String,
    /// Commit that it was built from, if the build knew.
    pub git: Option<String>,
    /// The scenario with all its years.
    pub scenario: ScenarioStamp,
    /// The data folder.
    pub data: DataStamp,
    /// The engine.
    pub engine: EngineStamp,
    /// How each year's equilibria were found.
    pub years: Vec<YearStamp>,
    /// Whether headline figures carry bands.
    pub bands: bool,
    /// What the data leave out, and assumptions made for it.
    pub notes: Vec<String>,
    /// SHA-256 of each result file, by name; the stamp itself is not among them.
    pub results: BTreeMap<String, String>,
}

/// One year of a path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct YearStamp {
    /// The year.
    pub year: i32,
    /// How its equilibria were found.
    pub convergence: ConvergenceStamp,
}

impl PathStamp {
    /// The stamp of a path from those of its years, which share program, data and engine; `None`
    /// without a year.
    #[must_use]
    pub fn new(scenario: ScenarioStamp, years: &[(i32, &Stamp)]) -> Option<Self> {
        let first = years.first()?.1.clone();
        let year = |(year, stamp): &(i32, &Stamp)| YearStamp { year: *year, convergence: stamp.convergence };
        Some(Self {
            version: first.version,
            git: first.git,
            scenario,
            data: first.data,
            engine: first.engine,
            years: years.iter().map(year).collect(),
            bands: first.bands,
            notes: first.notes,
            results: BTreeMap::new(),
        })
    }

    /// The stamp in one line, for the foot of a page.
    #[must_use]
    pub fn line(&self) -> String {
        let mut parts = vec![format!("zollverein {}", self.version)];
        parts.extend(self.git.as_ref().map(|git| format!("commit {}", short(git))));
        let scenario = &self.scenario;
        parts.push(format!("scenario {} (sha256 {}…)", scenario.path, short(&scenario.sha256)));
        parts.extend(self.data.folder.as_ref().map(|folder| format!("data {folder}")));
        parts.extend(self.data.year.map(|year| format!("figures of {year}")));
        let residuals = self.years.iter().map(|year| year.convergence.policy.residual);
        parts.push(format!(
            "engine {}: {} years, largest residual {:.1e}",
            self.engine.name,
            self.years.len(),
            greatest(0.0, residuals)
        ));
        parts.join(" · ")
    }

    /// The stamp as JSON text, with a last line end.
    #[must_use]
    pub fn json(&self) -> String {
        format!("{:#}\n", serde_json::to_value(self).unwrap_or_default())
    }
}

impl Stamp {
    /// The stamp of an outcome of a scenario on a data folder.
    #[must_use]
    pub fn of(scenario: &Scenario, folder: &Path, model: &Model, outcome: &Outcome) -> Self {
        let mut stamp = Self::new(&model.baseline, outcome, model.engine());
        stamp.scenario =
            Some(ScenarioStamp { path: scenario.path().display().to_string(), sha256: scenario.digest() });
        let settings = model.engine_settings().into_iter();
        stamp.engine.settings = settings.map(|(name, value)| (name.to_owned(), value.into())).collect();
        stamp.data.folder = Some(folder.display().to_string());
        stamp.bands = scenario.without_bands().is_none();
        stamp
    }

    /// The stamp of an outcome, without scenario, folder and engine settings:
    /// whoever knows them fills the public fields in.
    #[must_use]
    pub fn new(baseline: &Baseline, outcome: &Outcome, engine: &str) -> Self {
        Self {
            version: zollverein_version::VERSION.to_owned(),
            git: zollverein_version::commit().map(str::to_owned),
            scenario: None,
            data: DataStamp { folder: None, year: baseline.year, files: baseline.sources.clone() },
            engine: EngineStamp { name: engine.to_owned(), settings: Map::new() },
            convergence: ConvergenceStamp {
                status_quo: outcome.status_quo.convergence,
                policy: outcome.equilibrium.convergence,
            },
            bands: false,
            notes: baseline.notes.clone(),
            results: BTreeMap::new(),
        }
    }

    /// The stamp in one line, for the foot of a page.
    #[must_use]
    pub fn line(&self) -> String {
        let mut parts = vec![format!("zollverein {}", self.version)];
        if let Some(git) = &self.git {
            parts.push(format!("commit {}", short(git)));
        }
        if let Some(scenario) = &self.scenario {
            parts.push(format!("scenario {} (sha256 {}…)", scenario.path, short(&scenario.sha256)));
        }
        if let Some(folder) = &self.data.folder {
            parts.push(format!("data {folder}"));
        }
        if let Some(year) = self.data.year {
            parts.push(format!("figures of {year}"));
        }
        let found = self.convergence.policy;
        parts.push(format!(
            "engine {}: {} step{}, residual {:.1e}",
            self.engine.name,
            found.iterations,
            if found.iterations == 1 { "" } else { "s" },
            found.residual
        ));
        parts.join(" · ")
    }

    /// The stamp as JSON text, with a last line end.
    #[must_use]
    pub fn json(&self) -> String {
        // a value of plain structs, strings and numbers always serialises
        let value = serde_json::to_value(self).unwrap_or_default();
        format!("{value:#}\n")
    }
}

/// The first twelve characters of a digest.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zollverein_model::indicator::fixture;

    #[test]
    fn the_stamp_names_what_a_run_was_made_from_and_nothing_that_changes_by_itself() {
        let world = fixture::world();
        let outcome = Outcome {
            members: fixture::members(&world),
            terms: fixture::terms(&world),
            status_quo: std::sync::Arc::new(fixture::equilibrium(&world)),
            equilibrium: fixture::equilibrium(&world),
            indicators: fixture::indicators(&world),
            harmonised: None,
            home_price_alone: None,
            aimed: vec![],
        };
        let mut stamp = Stamp::new(&world, &outcome, "armington");
        stamp.scenario = Some(ScenarioStamp {
            path: "scenarios/a.toml".to_owned(),
            sha256: "0123456789abcdef".to_owned(),
        });
        let line = stamp.line();
        assert!(
            line.contains("sha256 0123456789ab…") && line.contains("4 steps, residual 1.0e-12"),
            "{line}"
        );
        let json: Value = serde_json::from_str(&stamp.json()).expect("JSON");
        assert_eq!(json["engine"]["name"], "armington");
        assert_eq!(json["data"]["year"], 2023);
        assert_eq!(json["notes"][0], "figures are made up");
        let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(
            keys,
            ["version", "git", "scenario", "data", "engine", "convergence", "bands", "notes", "results"]
        );
    }
}
