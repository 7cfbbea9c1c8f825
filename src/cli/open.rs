//! Opens a scenario: the file, its data and its policy, with the problems of all of them together.

use crate::cli::batch::plain;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein_batch::Intervals;
use zollverein_model::baseline::{Baseline, read};
use zollverein_model::model::{Model, Outcome};
use zollverein_model::policy::Policy;
use zollverein_model::problem::Problems;
use zollverein_report::Report;
use zollverein_report::stamp::Stamp;
use zollverein_scenario::Scenario;
use zollverein_scenario::explain::{Explanation, driver};
use zollverein_scenario::path;

/// Whether headline figures carry bands.
#[derive(Args)]
pub struct Banded {
    /// Draws no bands of the headline figures
    #[arg(long)]
    pub no_bands: bool,
}

/// What scenario is meant, on which data, about which year.
#[derive(Args)]
pub struct Opening {
    /// Scenario file
    pub scenario: PathBuf,
    /// Data folder, in the place of the scenario's
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// One year alone, in the place of the scenario's
    #[arg(long, value_name = "YEAR")]
    year: Option<i32>,
}

impl Opening {
    /// Opens it.
    pub fn open(&self) -> Result<Opened, Problems> {
        open_year(&self.scenario, self.data.as_deref(), self.year)
    }
}

/// A scenario on its data.
pub struct Opened {
    /// The scenario.
    pub scenario: Scenario,
    /// The data folder.
    pub folder: PathBuf,
    /// The world before, with the scenario's own groups.
    pub baseline: Baseline,
    /// The policy.
    pub policy: Policy,
}

impl Opened {
    /// Finds what follows, with bands if `bands` says so and the scenario does not say otherwise. Draws
    /// are kept in `cache`, if one is named.
    pub fn solve(self, cache: Option<&Path>, bands: bool) -> anyhow::Result<Solved> {
        let Self { scenario, folder, baseline, policy } = self;
        let model = scenario.model(Arc::new(baseline))?;
        let outcome = scenario.outcome(&model, &policy)?;
        let mut stamp = Stamp::of(&scenario, &folder, &model, &outcome);
        stamp.bands &= bands;
        let intervals = if bands { drawn(&scenario, &folder, &model.baseline, cache)? } else { None };
        Ok(Solved { scenario, model, outcome, stamp, intervals })
    }
}

/// The bands of a scenario's headline figures, where it has them.
pub fn drawn(
    scenario: &Scenario,
    folder: &Path,
    world: &Baseline,
    cache: Option<&Path>,
) -> anyhow::Result<Option<Intervals>> {
    Intervals::of(scenario, folder, world, cache, &|_| true).map_err(plain)
}

/// A scenario and what follows from it.
pub struct Solved {
    /// The scenario.
    pub scenario: Scenario,
    model: Model,
    outcome: Outcome,
    stamp: Stamp,
    intervals: Option<Intervals>,
}

impl Solved {
    /// What there is to report.
    pub fn report(&self) -> Report<'_> {
        let Self { scenario, model, outcome, stamp, intervals } = self;
        Report::of(scenario, &model.baseline, outcome, stamp, intervals.as_ref())
    }

    /// What each clause causes, where that is quickly found.
    pub fn driver(&self) -> Option<Explanation> {
        driver(&self.scenario, &self.model, &self.outcome)
    }
}

/// Opens a scenario file on a data folder, or on the one that it names. The policy of a path is
/// that of its first year, and the faults are those of all its years.
pub fn open(path: &Path, data: Option<&Path>) -> Result<Opened, Problems> {
    open_year(path, data, None)
}

/// Opens a scenario file about one year, if one is named, in the place of those it names.
pub fn open_year(path: &Path, data: Option<&Path>, year: Option<i32>) -> Result<Opened, Problems> {
    let read = Scenario::read(path).and_then(|scenario| match year {
        Some(year) => scenario.at_year(year),
        None => Ok(scenario),
    });
    let scenario = match read {
        Ok(scenario) => scenario,
        Err(mut problems) => {
            // the problems of the data, and of names in the file, too: where it is clear which data are meant
            if let Some(folder) = data.map(Path::to_owned).or_else(|| Scenario::data_meant(path)) {
                problems.append(match read::folder(&folder) {
                    Ok(baseline) => Scenario::further_problems(path, &baseline),
                    Err(problems) => problems,
                });
            }
            return Err(problems.into_error());
        }
    };
    let folder = data.map_or_else(|| scenario.data_folder(), |folder| Ok(folder.to_owned()))?;
    on(scenario, folder)
}

/// A scenario that has been read, on a data folder.
pub fn on(scenario: Scenario, folder: PathBuf) -> Result<Opened, Problems> {
    let baseline = scenario.world(&folder)?;
    let policy = match (path::check(&scenario, &baseline), scenario.policy(&baseline)) {
        (Ok(()), Ok(policy)) => policy,
        (years, policy) => {
            let mut problems = years.err().unwrap_or_default();
            problems.append(policy.err().unwrap_or_default());
            return Err(problems.into_error());
        }
    };
    Ok(Opened { scenario, folder, baseline, policy })
}

/// Says of a path that its first year is shown, and how to see another.
pub fn first_year(scenario: &Scenario) -> String {
    let years: Vec<String> = scenario.years().iter().map(ToString::to_string).collect();
    let first = years.first().map_or("", String::as_str);
    format!("This is {first}, the first year of the path {}; another: --year YEAR.", years.join(", "))
}
