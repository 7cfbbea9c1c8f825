//! What each question is answered with, without a word of HTTP.

use crate::web::answer;
use crate::web::asked::{Brief, Compare, Evaluate, Explain, Layout, Sheet, Source};
use crate::web::desk::{Desk, Opened, Step, name};
use crate::web::fault::Fault;
use crate::web::workspace::Round;
use serde_json::{Value, json};
use zollverein_report::stamp::Stamp;
use zollverein_report::{self as brief, Compared, comparison};
use zollverein_scenario::Scenario;
use zollverein_scenario::explain::{ExplainError, Named, driver, explain_watched};

/// How many scenarios are compared at once.
const SIDE_BY_SIDE: usize = 6;

impl Desk {
    /// The world before any policy: a data folder by name, or the usual one.
    ///
    /// # Errors
    /// There is no such folder, or its files are at fault.
    pub fn baseline(&self, named: Option<&str>) -> Result<Vec<u8>, Fault> {
        let folder = self.data_named(named)?;
        answer::baseline(&self.usual_model(&folder)?.baseline, &folder)
    }

    /// What a scenario says: as JSON, as the text of a file, and in words.
    ///
    /// # Errors
    /// Every fault of the scenario on its data.
    pub fn told(&self, source: &Source) -> Result<Value, Fault> {
        let opened = self.open(source)?;
        let scenario = &opened.scenario;
        Ok(json!({
            "scenario": scenario.json(),
            "toml": toml(scenario)?,
            "title": scenario.title(),
            "description": scenario.description(),
            "clauses": scenario.clauses(),
            "sha256": scenario.digest(),
            "years": scenario.years(),
            "data": name(&opened.folder),
        }))
    }

    /// What follows from a scenario.
    ///
    /// # Errors
    /// Every fault of the scenario, and markets that do not settle.
    pub fn evaluate(&self, asked: &Evaluate, step: &Step<'_>) -> Result<Vec<u8>, Fault> {
        let opened = self.open(&asked.source)?;
        let begun = std::time::Instant::now();
        let outcome = opened.scenario.outcome(&opened.model, &opened.policy)?;
        let seconds = begun.elapsed().as_secs_f64();
        let stamp = Stamp::of(&opened.scenario, &opened.folder, &opened.model, &outcome);
        match asked.layout {
            Layout::Rows => {
                let intervals = opened.intervals(step)?;
                answer::bytes(&brief::json(&opened.report(&outcome, &stamp, intervals.as_ref())))
            }
            Layout::Columns => answer::columns(self, &opened, &outcome, &stamp, seconds, asked),
        }
    }

    /// The page that `zollverein brief` writes.
    ///
    /// # Errors
    /// As for [`Self::evaluate`]; and that no PDF can be made.
    pub fn brief(&self, asked: &Brief, step: &Step<'_>) -> Result<Vec<u8>, Fault> {
        let opened = self.open(&asked.source)?;
        let outcome = opened.scenario.outcome(&opened.model, &opened.policy)?;
        let stamp = Stamp::of(&opened.scenario, &opened.folder, &opened.model, &outcome);
        let intervals = opened.intervals(step)?;
        let driver = driver(&opened.scenario, &opened.model, &outcome);
        let report = opened.report(&outcome, &stamp, intervals.as_ref()).driven_by(driver.as_ref());
        match asked.format {
            Sheet::Html => Ok(brief::short_html(&report).into_bytes()),
            Sheet::Pdf => Ok(brief::short_pdf(&report)?),
        }
    }

    /// Scenarios side by side, as `zollverein compare --json` writes them.
    ///
    /// # Errors
    /// Too few or too many, different data, or a fault of one of them.
    pub fn compare(&self, asked: &Compare, step: &Step<'_>) -> Result<Value, Fault> {
        if !(2..=SIDE_BY_SIDE).contains(&asked.scenarios.len()) {
            let what = format!("{} scenarios cannot be compared", asked.scenarios.len());
            return Err(Fault::of("scenarios", &what, &format!("give 2 to {SIDE_BY_SIDE}")));
        }
        let mut solved = vec![];
        for source in &asked.scenarios {
            let opened = self.open(source)?;
            let outcome = opened.scenario.outcome(&opened.model, &opened.policy)?;
            let intervals = opened.intervals(step)?;
            solved.push((opened.scenario.title(), opened, outcome, intervals));
        }
        if solved
            .iter()
            .any(|(_, opened, ..)| opened.model.baseline.sources != solved[0].1.model.baseline.sources)
        {
            return Err(Fault::of(
                "scenarios",
                "they are not about the same data",
                "compare scenarios of one data folder",
            ));
        }
        let compared: Vec<Compared<'_>> = solved
            .iter()
            .map(|(name, opened, outcome, intervals)| Compared {
                name,
                baseline: &opened.model.baseline,
                outcome,
                intervals: intervals.as_ref(),
                without_bands: opened.scenario.without_bands(),
            })
            .collect();
        let numbers = |opened: &Opened| {
            let scenario = &opened.scenario;
            let numbers = scenario.numbers().into_iter();
            numbers.filter_map(|path| Some((path.clone(), json!(scenario.number(&path)?)))).collect::<Value>()
        };
        Ok(json!({
            "scenarios": solved.iter().map(|(title, ..)| title).collect::<Vec<_>>(),
            "clauses": solved.iter().map(|(_, opened, ..)| opened.scenario.clauses()).collect::<Vec<_>>(),
            "numbers": solved.iter().map(|(_, opened, ..)| numbers(opened)).collect::<Vec<_>>(),
            "data": solved.iter().map(|(_, opened, ..)| opened.folder.display().to_string()).collect::<Vec<_>>(),
            "comparison": comparison(&compared).table.json(),
        }))
    }

    /// Keeps a scenario as a further round of a proposal.
    ///
    /// # Errors
    /// A fault of the scenario, a name that cannot be one, or what the system says.
    pub fn keep(&self, name: &str, source: &Source) -> Result<Round, Fault> {
        let opened = self.open(source)?;
        let data = answer::relative(self.workspace.folder(), &opened.folder)
            .ok_or_else(|| Fault::own("the way from the folder of proposals to the data is not known"))?;
        let kept = opened.scenario.with("baseline", data.as_str())?;
        self.workspace.keep(name, &format!("# Kept by `zollverein serve`.\n\n{}", toml(&kept)?))
    }

    /// Which clause causes what, as `zollverein explain --json` writes it.
    ///
    /// # Errors
    /// Every fault of scenario and question, markets that do not settle, or that `watch` stopped it.
    pub fn explain(&self, asked: &Explain, watch: &(dyn Fn(usize) -> bool + Sync)) -> Result<Value, Fault> {
        let opened = self.open(&asked.source)?;
        let baseline = &opened.model.baseline;
        let some = |names: &'_ [String]| (!names.is_empty()).then(|| names.to_vec());
        let (countries, groups) = (some(&asked.countries), some(&asked.groups));
        let named = Named {
            countries: countries.as_deref(),
            groups: groups.as_deref(),
            indicator: asked.indicator.as_deref().unwrap_or("welfare"),
            product: asked.product.as_deref(),
            keep: &[],
            by_kind: asked.by_kind,
            whole: asked.whole,
        };
        let question = named.question(baseline, &opened.policy.members(baseline))?;
        let outcome = opened.model.evaluate(&opened.policy)?;
        let explanation = explain_watched(&opened.scenario, &opened.model, &outcome, question, watch);
        let explanation = explanation.map_err(|error| match error {
            ExplainError::Input(problems) => Fault::from(problems),
            ExplainError::Solve { .. } => Fault::of("source", &error.to_string(), "try smaller duties"),
            ExplainError::Stopped => Fault::own("stopped"),
        })?;
        let stamp = Stamp::of(&opened.scenario, &opened.folder, &opened.model, &outcome);
        Ok(brief::explained_json(&brief::Explained {
            scenario: &opened.scenario,
            baseline,
            explanation: &explanation,
            stamp: &stamp,
        }))
    }
}

fn toml(scenario: &Scenario) -> Result<String, Fault> {
    scenario.toml().map_err(|error| Fault::own(format!("the scenario cannot be written as TOML: {error}")))
}
