//! Opens a scenario: the file, its data and its policy, with the problems of all of them together.

use crate::baseline::{Baseline, read};
use crate::policy::Policy;
use crate::problem::Problems;
use crate::scenario::Scenario;
use std::path::{Path, PathBuf};

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

/// Opens a scenario file on a data folder, or on the one that it names.
pub fn open(path: &Path, data: Option<&Path>) -> Result<Opened, Problems> {
    let scenario = match Scenario::read(path) {
        Ok(scenario) => scenario,
        Err(mut problems) => {
            // the problems of the data, and of names in the file, too: where it is clear which data are meant
            if let Some(folder) = data.map(Path::to_owned).or_else(|| Scenario::data_meant(path)) {
                problems.append(match read::folder(&folder) {
                    Ok(baseline) => Scenario::further_problems(path, &baseline),
                    Err(problems) => problems,
                });
            }
            return problems.into_result(()).and(Err(Problems::new()));
        }
    };
    let folder = data.map_or_else(|| scenario.data_folder(), |folder| Ok(folder.to_owned()))?;
    let baseline = scenario.world(&folder);
    match baseline {
        Ok(baseline) => {
            let policy = scenario.policy(&baseline)?;
            Ok(Opened { scenario, folder, baseline, policy })
        }
        Err(problems) => Err(problems),
    }
}
