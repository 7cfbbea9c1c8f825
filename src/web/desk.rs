//! Scenarios, data and proposals as the workbench finds them, and the models that are ready.

use crate::web::asked::Source;
use crate::web::fault::Fault;
use crate::web::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use zollverein_batch::{BatchError, Intervals, usual_cache};
use zollverein_model::baseline::read::REQUIRED;
use zollverein_model::model::{Model, Outcome};
use zollverein_model::policy::Policy;
use zollverein_model::problem::{Place, Problems, instead};
use zollverein_report::Report;
use zollverein_report::stamp::Stamp;
use zollverein_scenario::form::{EngineName, SpatialForm};
use zollverein_scenario::path;
use zollverein_scenario::{Patch, Scenario, usual_data};

/// How many models are kept ready.
const READY: usize = 6;

/// Scenarios, data and proposals, and the models that are ready.
pub struct Desk {
    scenarios: PathBuf,
    /// The one data folder for all, if the user has named one.
    only: Option<PathBuf>,
    /// The data folders that may be read: as they are shown, and where they really are.
    data: Vec<(PathBuf, PathBuf)>,
    /// The folder of proposals.
    pub workspace: Workspace,
    /// The folder of batches.
    pub results: PathBuf,
    models: Mutex<Vec<(Key, Model)>>,
}

/// What a model depends on.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    folder: PathBuf,
    engine: EngineName,
    groups: BTreeMap<String, Vec<String>>,
    /// Links that open and hubs: the engine's ways.
    spatial: Option<SpatialForm>,
}

/// Told how many steps there are before each of them; whether to go on.
pub type Step<'a> = dyn Fn(usize) -> bool + Sync + 'a;

/// A scenario on its data.
pub struct Opened {
    /// The scenario.
    pub scenario: Scenario,
    /// The data folder, as it is shown.
    pub folder: PathBuf,
    /// The model.
    pub model: Model,
    /// The policy.
    pub policy: Policy,
}

impl Opened {
    /// How far the headline figures move with what is not known for sure.
    pub fn intervals(&self, step: &Step<'_>) -> Result<Option<Intervals>, Fault> {
        let (world, cache) = (&self.model.baseline, usual_cache());
        let drawn = Intervals::of(&self.scenario, &self.folder, world, cache.as_deref(), step);
        drawn.map_err(|error| match error {
            BatchError::Stopped => Fault::own("stopped"),
            other => other.into(),
        })
    }

    pub fn report<'a>(
        &'a self,
        outcome: &'a Outcome,
        stamp: &'a Stamp,
        intervals: Option<&'a Intervals>,
    ) -> Report<'a> {
        Report::of(&self.scenario, &self.model.baseline, outcome, stamp, intervals)
    }
}

impl Desk {
    /// A desk on a folder of scenarios, its data folders, a folder of proposals and one of batches.
    ///
    /// # Errors
    /// No data folder is found.
    pub fn new(
        scenarios: &Path,
        only: Option<&Path>,
        workspace: Workspace,
        results: &Path,
    ) -> Result<Self, Problems> {
        let usual = match only {
            Some(folder) => folder.to_owned(),
            None => usual_data(Some(&scenarios.join("scenario.toml")))?,
        };
        let beside = usual.parent().map(Path::to_owned).unwrap_or_default();
        let around = if beside.as_os_str().is_empty() { Path::new(".") } else { &beside };
        let entries = std::fs::read_dir(around).into_iter().flatten();
        let mut folders: Vec<PathBuf> =
            entries.filter_map(|entry| Some(beside.join(entry.ok()?.file_name()))).collect();
        folders.push(usual.clone());
        folders.sort();
        folders.dedup();
        folders.retain(|folder| REQUIRED.iter().all(|file| folder.join(file).is_file()));
        folders.sort_by_key(|folder| *folder != usual); // the usual one first
        let data: Vec<(PathBuf, PathBuf)> = folders
            .into_iter()
            .filter_map(|folder| Some((folder.clone(), folder.canonicalize().ok()?)))
            .collect();
        if data.first().is_none_or(|(folder, _)| *folder != usual) {
            let mut problems = Problems::new();
            let what = format!("this is no data folder: {}", usual.display());
            let remedy = format!("name a folder that holds {}", REQUIRED.join(", "));
            problems.add(Place::file(usual.display().to_string()), what, remedy);
            return Err(problems.into_error());
        }
        let only = only.map(Path::to_owned);
        let (scenarios, results) = (scenarios.to_owned(), results.to_owned());
        Ok(Self { scenarios, only, data, workspace, results, models: Mutex::default() })
    }

    /// The files of the folder of scenarios.
    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.scenarios).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut files: Vec<String> = names.filter(|name| is_scenario(name)).collect();
        files.sort();
        files
    }

    /// A file of the folder of scenarios, by its name.
    pub fn scenario_file(&self, name: &str) -> Option<PathBuf> {
        self.files().iter().any(|file| file == name).then(|| self.scenarios.join(name))
    }

    /// The scenarios to begin from, and the proposals that were kept.
    pub fn scenarios(&self) -> Value {
        let told = |path: &Path| match Scenario::read(path) {
            Ok(scenario) => json!({
                "title": scenario.title(),
                "description": scenario.description(),
            "assumptions": scenario.assumptions(),
                "years": scenario.years(),
                "sha256": scenario.digest(),
            }),
            Err(problems) => json!({ "error": problems.to_string() }),
        };
        let with = |mut entry: Value, path: &Path| {
            if let (Some(entry), Value::Object(more)) = (entry.as_object_mut(), told(path)) {
                entry.extend(more);
            }
            entry
        };
        let files = self.files();
        let scenarios: Vec<Value> =
            files.iter().map(|file| with(json!({ "file": file }), &self.scenarios.join(file))).collect();
        let rounds = self.workspace.rounds();
        let proposals: Vec<Value> = rounds
            .iter()
            .map(|round| with(json!(round), &self.workspace.folder().join(&round.file)))
            .collect();
        json!({
            "folder": self.scenarios.display().to_string(),
            "scenarios": scenarios,
            "workspace": self.workspace.folder().display().to_string(),
            "proposals": proposals,
            "data": self.data.iter().map(|(folder, _)| name(folder)).collect::<Vec<_>>(),
        })
    }

    /// A data folder by name, or the usual one.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn data_named(&self, named: Option<&str>) -> Result<PathBuf, Fault> {
        let found = match named {
            Some(named) => self.data.iter().find(|(folder, _)| name(folder) == named),
            None => self.data.first(),
        };
        found.map(|(folder, _)| folder.clone()).ok_or_else(|| Fault::unknown("there is no such data folder"))
    }

    /// Reads a scenario from wherever it comes.
    pub fn read(&self, source: &Source) -> Result<Scenario, Fault> {
        let said = [
            source.base.is_some(),
            source.proposal.is_some(),
            source.toml.is_some(),
            source.scenario.is_some(),
        ];
        if said.iter().filter(|said| **said).count() != 1 {
            return Err(Fault::of(
                "source",
                "it does not say where the scenario comes from",
                "give one of base, proposal, toml and scenario",
            ));
        }
        let file = |name: &String| {
            let files = self.files();
            if files.contains(name) {
                return Ok(self.scenarios.join(name));
            }
            let remedy = instead(name, files.iter().map(String::as_str));
            Err(Fault::of("source", &format!("there is no scenario {name:?}"), &remedy))
        };
        let as_if = || source.file.as_ref().map_or_else(|| Ok(self.scenarios.join("proposal.toml")), file);
        let mut scenario = if let Some(base) = &source.base {
            Scenario::read(&file(base)?)?
        } else if let Some(kept) = &source.proposal {
            let path = self.workspace.find(&kept.name, kept.round);
            let unknown =
                || Fault::unknown(format!("no round {} of a proposal {:?} was kept", kept.round, kept.name));
            Scenario::read(&path.ok_or_else(unknown)?)?
        } else if let Some(text) = &source.toml {
            Scenario::parse(&as_if()?, text)?
        } else {
            let json = source.scenario.clone().map(Value::Object).unwrap_or_default();
            Scenario::from_json(&as_if()?, &json)?
        };
        if !source.patches.is_empty() {
            let mut patches = vec![];
            for (path, value) in &source.patches {
                let none = || {
                    Fault::of(
                        path,
                        "there is no value to put there",
                        "give a number, a text, true or false, or a list",
                    )
                };
                patches.push((path.clone(), Patch::from_json(value).ok_or_else(none)?));
            }
            scenario = scenario.with_each(patches)?;
        }
        Ok(match source.year {
            Some(year) => scenario.at_year(year)?,
            None => scenario,
        })
    }

    /// Opens a scenario: reads it, finds its model, and turns it into a policy.
    ///
    /// # Errors
    /// Every fault of the scenario on its data.
    pub fn open(&self, source: &Source) -> Result<Opened, Fault> {
        let scenario = self.read(source)?;
        let folder = match &self.only {
            Some(folder) => folder.clone(),
            None => self.allowed(scenario.data_folder()?)?,
        };
        let model = self.model(&scenario, &folder)?;
        path::check(&scenario, &model.baseline)?;
        let policy = scenario.policy(&model.baseline)?;
        Ok(Opened { scenario, folder, model, policy })
    }

    /// A data folder that a scenario names, if it is one of those beside the usual one: a scenario
    /// from a stranger reaches no other.
    fn allowed(&self, folder: PathBuf) -> Result<PathBuf, Fault> {
        let real = folder.canonicalize().ok();
        if self.data.iter().any(|(_, known)| Some(known) == real.as_ref()) {
            return Ok(folder);
        }
        let known: Vec<String> = self.data.iter().map(|(folder, _)| name(folder)).collect();
        let remedy = format!("this server reads {}; start it with --data DIR for another", known.join(", "));
        Err(Fault::of(
            "baseline",
            &format!("{} is none of this server's data folders", folder.display()),
            &remedy,
        ))
    }

    /// The model of a data folder without a scenario.
    ///
    /// # Errors
    /// Its files are at fault.
    pub fn usual_model(&self, folder: &Path) -> Result<Model, Fault> {
        let scenario = Scenario::from_json(&self.scenarios.join("scenario.toml"), &json!({}))?;
        self.model(&scenario, folder)
    }

    /// The model of a scenario on a data folder, from those that are ready.
    fn model(&self, scenario: &Scenario, folder: &Path) -> Result<Model, Fault> {
        let key = Key {
            folder: folder.to_owned(),
            engine: scenario.engine(),
            groups: scenario.form().groups.clone(),
            spatial: scenario.form().spatial.clone(),
        };
        let poisoned = |_| Fault::own("an evaluation has failed badly; start the server again");
        {
            let mut models = self.models.lock().map_err(poisoned)?;
            if let Some(position) = models.iter().position(|(known, _)| *known == key) {
                models[..=position].rotate_right(1);
                return Ok(models[0].1.clone());
            }
        }
        let model = scenario.model(Arc::new(scenario.world(folder)?))?;
        let mut models = self.models.lock().map_err(poisoned)?;
        models.insert(0, (key, model.clone()));
        models.truncate(READY);
        Ok(model)
    }
}

/// Whether a file of the folder of scenarios is one, by its name.
fn is_scenario(file: &str) -> bool {
    !file.starts_with('.') && Path::new(file).extension().is_some_and(|ending| ending == "toml")
}

/// The last part of a folder's path.
pub fn name(folder: &Path) -> String {
    folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
