//! A plan: what is evaluated how often, read from a file or from a scenario's `[uncertainty]`.

use crate::distribution::Distribution;
use crate::exact;
use crate::figures::{Figures, Named};
use crate::form::{Design, PlanForm, VaryForm};
use crate::origin::Origin;
use crate::points::{Filling, LOW_HIGH, Points, Study};
use crate::sobol::DIMENSIONS;
use crate::target::{self, Drawn as Table, Target};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use zollverein_model::baseline::ranges::{self, ElasticityRange};
use zollverein_model::baseline::read::sha256;
use zollverein_model::baseline::{Baseline, CountrySet};
use zollverein_model::problem::{Place, Problems};
use zollverein_scenario::draw::DrawForm;
use zollverein_scenario::keyed;
use zollverein_scenario::{Party, Scenario};
use zollverein_tables::part;

/// Evaluations that a plan may ask for at most.
const MOST: usize = 1 << 31;
/// The design of the draws for intervals, where several sorts of numbers are drawn.
const PAIRED: &str = "paired";
/// Evaluations to a part, where the plan does not say.
const BLOCK: usize = 250;
/// Draws for the intervals of a scenario that does not say how many.
pub const DRAWS: u32 = 160;
/// Draws for the intervals of a scenario at most: more are a batch.
const MOST_OF_INTERVALS: usize = 10_000;
/// Draws that one thread takes at once for intervals.
const BLOCK_OF_INTERVALS: u32 = 4;

/// A number of the scenario and the values it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Varied {
    /// The path.
    pub what: String,
    /// Its values; of a switch 0 and 1.
    #[serde(with = "exact::list")]
    pub values: Vec<f64>,
    /// Whether it is a switch.
    pub switch: bool,
}

/// A number that is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The path or the figure of the data; of intensities, prices and capacities a factor.
    pub what: String,
    /// Its distribution in words.
    pub distribution: String,
    /// Its value where others are looked at.
    #[serde(with = "exact")]
    pub central: f64,
    /// Its value at a share of 5 %.
    #[serde(with = "exact")]
    pub low: f64,
    /// Its value at a share of 95 %.
    #[serde(with = "exact")]
    pub high: f64,
}

/// All that results depend on and all that is needed to sum them up; a folder is bound to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Version of the program.
    pub version: String,
    /// Commit that it was built from, if the build knew.
    pub git: Option<String>,
    /// How its parts are laid out: 2, one evaluation a row.
    #[serde(default = "part::first_layout")]
    pub layout: u32,
    /// What the plan is called.
    pub title: String,
    /// SHA-256 of what the scenario says.
    pub scenario_sha256: String,
    /// The year of the scenario, else of the data.
    pub year: Option<i32>,
    /// SHA-256 of the rows of each data file.
    pub data: BTreeMap<String, String>,
    /// How draws are laid out.
    pub design: String,
    /// Whether Sobol' indices are taken.
    pub indices: bool,
    /// The seed.
    pub seed: u32,
    /// Draws, samples or paths.
    pub draws: usize,
    /// Evaluations to a part.
    pub block: usize,
    /// Evaluations in all.
    pub evaluations: usize,
    /// What is varied.
    pub vary: Vec<Varied>,
    /// What is drawn.
    pub inputs: Vec<Drawn>,
    /// What is kept.
    pub figures: Vec<Named>,
}

impl Description {
    /// Cells of the grid.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.vary.iter().map(|varied| varied.values.len()).product()
    }

    /// The values that are varied in a cell of the grid; the last changes quickest.
    #[must_use]
    pub fn cell(&self, cell: usize) -> Vec<f64> {
        let mut rest = cell;
        let mut values: Vec<f64> = vec![];
        for varied in self.vary.iter().rev() {
            values.push(varied.values[rest % varied.values.len()]);
            rest /= varied.values.len();
        }
        values.reverse();
        values
    }

    /// The points.
    #[must_use]
    pub fn points(&self) -> Points {
        let filling = match self.design.as_str() {
            "latin_hypercube" | PAIRED => Filling::LatinHypercube,
            "sobol" => Filling::Sobol,
            _ => Filling::Random,
        };
        let study = match (self.design.as_str(), self.indices) {
            ("morris", _) => Study::Morris,
            (PAIRED, _) => Study::Paired,
            (_, true) => Study::Indices,
            _ => Study::Sample,
        };
        let inputs = self.inputs.len();
        let mut points = Points::new(self.cells(), self.draws, inputs, filling, study, u64::from(self.seed));
        points.groups = self.inputs.iter().map(|input| Origin::of(&input.what) as usize).collect();
        points
    }

    /// Parts.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.evaluations.div_ceil(self.block.max(1))
    }

    /// The evaluations of a part.
    #[must_use]
    pub fn block(&self, block: usize) -> std::ops::Range<usize> {
        block * self.block..((block + 1) * self.block).min(self.evaluations)
    }

    /// Whether its numbers agree with each other, as those that [`Plan::read`] makes do: a file from
    /// elsewhere may claim anything.
    #[must_use]
    pub fn sound(&self) -> bool {
        let cells = self.vary.iter().map(|v| v.values.len()).try_fold(1_usize, usize::checked_mul);
        let of_cell = self.draws.saturating_mul(self.inputs.len() + 3);
        let few = cells.and_then(|cells| cells.checked_mul(of_cell)).is_some_and(|total| total <= MOST);
        let needs = if self.indices { 2 * self.inputs.len() } else { self.inputs.len() };
        few && self.draws > 0
            && self.block > 0
            && (self.design != "sobol" || needs <= DIMENSIONS)
            && self.points().total() == self.evaluations
            && self.columns().into_iter().collect::<BTreeSet<_>>().len()
                == self.inputs.len() + self.figures.len()
    }

    /// As JSON text, with a last line end.
    #[must_use]
    pub fn json(&self) -> String {
        format!("{:#}\n", serde_json::to_value(self).unwrap_or_default())
    }

    /// SHA-256 of the text.
    #[must_use]
    pub fn digest(&self) -> String {
        sha256(self.json().as_bytes())
    }
}

/// An input, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its distribution.
    pub distribution: Distribution,
    /// Its central value.
    pub central: f64,
    /// What it changes.
    pub target: Target,
}

/// A plan on its scenario and data.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it is, for files.
    pub description: Description,
    /// The scenario.
    pub scenario: Scenario,
    /// The data folder.
    pub folder: PathBuf,
    /// The world before.
    pub baseline: Baseline,
    /// What is drawn.
    pub inputs: Vec<Input>,
    /// What is kept.
    pub figures: Figures,
}

/// A plan being read.
struct Reading<'a> {
    /// Where a path of the form stands.
    place: &'a dyn Fn(&str) -> Place,
    /// What stands before a path of the form in its file.
    prefix: &'static str,
    /// For the intervals of a scenario: the world that it has been opened on.
    opened: Option<&'a Baseline>,
    problems: Problems,
}

impl Reading<'_> {
    fn problem(&mut self, path: &str, what: impl AsRef<str>, remedy: impl Into<String>) {
        let path = format!("{}{path}", self.prefix);
        self.problems.add((self.place)(&path), format!("{path}: {}", what.as_ref()), remedy);
    }

    fn count(&mut self, path: &str, value: Option<u32>, usual: usize, most: usize) -> usize {
        let Some(value) = value else { return usual };
        let value = usize::try_from(value).unwrap_or(usize::MAX);
        if value == 0 || value > most {
            self.problem(path, format!("{value} is out of range"), format!("give a number from 1 to {most}"));
        }
        value.clamp(1, most)
    }

    fn varied(&mut self, path: &str, form: &VaryForm, scenario: &Scenario) -> Varied {
        let mut values = vec![];
        let switch = !form.values.is_empty() && form.values.iter().all(serde_json::Value::is_boolean);
        for value in &form.values {
            match (value.as_f64(), value.as_bool()) {
                (Some(number), _) => values.push(number),
                (None, Some(truth)) if switch => values.push(f64::from(u8::from(truth))),
                _ => self.problem(
                    path,
                    format!("{value} among the values"),
                    "give numbers alone, or true and false alone",
                ),
            }
        }
        match (form.from, form.to, form.step) {
            (None, None, None) if values.is_empty() => {
                self.problem(path, "it takes no value", "add from, to and step, or values = [ … ]");
            }
            (None, None, None) => {}
            _ if !values.is_empty() => {
                self.problem(path, "values and from, to, step say it twice", "keep one of them");
            }
            (Some(from), Some(to), Some(step)) => values = self.steps(path, from, to, step),
            _ => self.problem(path, "from, to and step belong together", "give all three, or values = [ … ]"),
        }
        if scenario.number(&form.what).is_none() && !switch {
            let numbers = scenario.numbers();
            let remedy = zollverein_model::problem::instead(&form.what, numbers.iter().map(String::as_str));
            self.problem(
                &format!("{path}.what"),
                format!("no number of the scenario stands at `{}`", form.what),
                remedy,
            );
        }
        for value in &values {
            let patched = if switch {
                scenario.with(&form.what, *value != 0.0)
            } else {
                scenario.with(&form.what, *value)
            };
            if let (Err(faults), true) = (patched, scenario.number(&form.what).is_some() || switch) {
                for fault in faults.as_slice() {
                    self.problem(path, format!("at {value}: {}", fault.what), fault.remedy.clone());
                }
            }
        }
        Varied { what: form.what.clone(), values, switch }
    }

    fn steps(&mut self, path: &str, from: f64, to: f64, step: f64) -> Vec<f64> {
        let count = ((to - from) / step + 1e-9).floor();
        if !(0.0..1e5).contains(&count) {
            let what = format!("from {from} to {to} by {step} is no row of values");
            self.problem(
                path,
                what,
                "let step lead from the first value to the last, in fewer than 100,000 steps",
            );
            return vec![];
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // in range, see above
        let count = count as usize;
        (0..=count).map(|k| from + step * k as f64).collect()
    }

    /// The inputs of a list of forms, with their names.
    fn inputs(
        &mut self,
        list: &str,
        forms: &[DrawForm],
        scenario: &Scenario,
        baseline: &Baseline,
        ranges: &[ElasticityRange],
    ) -> Vec<(String, Input)> {
        let mut inputs: Vec<(String, Input)> = vec![];
        for (position, form) in forms.iter().enumerate() {
            let path = format!("{list}[{position}]");
            let found = match target::find(&form.what, scenario, baseline, ranges) {
                Ok(found) => found,
                Err((what, remedy)) => {
                    self.problem(&format!("{path}.what"), what, remedy);
                    // the distribution's own faults all the same
                    self.distribution(&path, form, Some((1.0, Some((1.0, 1.0)))));
                    continue;
                }
            };
            for one in found {
                let table = matches!(one.target, Target::Table(_));
                if table && *form != (DrawForm { what: form.what.clone(), ..DrawForm::default() }) {
                    let what = format!("`{}` is a table, drawn row by row as the manual says", one.name);
                    self.problem(&path, what, "leave everything but `what` out");
                    continue;
                }
                let drawn =
                    if table { Some(Distribution::Table) } else { self.distribution(&path, form, one.usual) };
                let Some(distribution) = drawn else { break };
                if inputs.iter().any(|(known, _)| *known == one.name) {
                    self.problem(&path, format!("`{}` is drawn twice", one.name), "keep one of them");
                    continue;
                }
                let central = match (&one.usual, &distribution) {
                    (Some((value, _)), _) => *value,
                    (None, distribution) => distribution.central(),
                };
                inputs.push((one.name, Input { distribution, central, target: one.target }));
            }
        }
        inputs
    }

    fn distribution(
        &mut self,
        path: &str,
        form: &DrawForm,
        usual: Option<(f64, Option<(f64, f64)>)>,
    ) -> Option<Distribution> {
        match Distribution::read(form, usual) {
            Ok(distribution) => Some(distribution),
            Err(faults) => {
                // what is missing may be missing because it was misspelt, and that has been said
                let start = format!("{}{path}.", self.prefix);
                let said = self.problems.as_slice().iter().any(|known| known.what.starts_with(&start));
                for (key, what, remedy) in faults.into_iter().filter(|(key, ..)| *key != "what" || !said) {
                    self.problem(&format!("{path}.{key}"), what, remedy);
                }
                None
            }
        }
    }
}

impl Plan {
    /// Reads a plan, its scenario and the data: those named here, else by the plan, else by the scenario.
    ///
    /// # Errors
    /// Every fault of the three that can be seen without solving.
    pub fn read(path: &Path, data: Option<&Path>) -> Result<Self, Problems> {
        let aside = ["scenario", "data", "title", "description"];
        let (keyed, problems) = match keyed::read::<PlanForm>(path, &aside) {
            Ok(keyed) => (keyed, Problems::new()),
            Err((problems, Some(keyed))) => (keyed, problems),
            Err((problems, None)) => return Err(problems.into_error()),
        };
        let place = |at: &str| keyed.place(at);
        let mut reading = Reading { place: &place, prefix: "", opened: None, problems };
        let form = &keyed.form;
        let beside = |name: &str| path.parent().unwrap_or(Path::new("")).join(name);
        let read = Scenario::read(&beside(&form.scenario)).and_then(|scenario| match form.year {
            Some(year) => scenario.at_year(year),
            None => Ok(scenario),
        });
        let scenario = match read {
            Ok(scenario) => scenario,
            Err(faults) => {
                reading.problems.append(faults);
                return Err(reading.problems.into_error());
            }
        };
        if !scenario.years().is_empty() {
            reading.problem("scenario", "the scenario is about several years", "add year = … to the plan");
        }
        let own = form.data.as_deref().map(beside);
        let folder = data.map(Path::to_owned).or(own).map_or_else(|| scenario.data_folder(), Ok);
        let title = form.title.clone().unwrap_or_else(|| stem(path));
        Self::made(&mut reading, form, title, scenario, folder)
    }

    /// The plan of a scenario's intervals on the world that it has been opened on: what its
    /// `[uncertainty]` says, and where it says nothing a few draws of all that the data doubt.
    ///
    /// # Errors
    /// Every fault of what is drawn.
    pub fn of_intervals(scenario: &Scenario, folder: &Path, world: &Baseline) -> Result<Self, Problems> {
        let said = scenario.form().uncertainty.as_ref();
        let mut draw = said.map(|said| said.draw.clone()).unwrap_or_default();
        if draw.is_empty() {
            let ranged = ranges::elasticities(folder)?.iter().any(|row| row.range.is_some());
            let usual = ranged.then_some("data.elasticity").into_iter();
            draw.extend(
                usual
                    .chain(Table::ALL.map(|(name, _)| name))
                    .map(|what| DrawForm { what: what.to_owned(), ..DrawForm::default() }),
            );
        }
        let form = PlanForm {
            draws: Some(said.and_then(|said| said.draws).unwrap_or(DRAWS)),
            seed: said.and_then(|said| said.seed),
            design: Some(Design::LatinHypercube),
            block: Some(BLOCK_OF_INTERVALS),
            draw,
            ..PlanForm::default()
        };
        let place = |at: &str| scenario.place(at);
        let problems = Problems::new();
        let mut reading = Reading { place: &place, prefix: "uncertainty.", opened: Some(world), problems };
        let title = scenario.title();
        Self::made(&mut reading, &form, title, scenario.clone(), Ok(folder.to_owned()))
    }

    fn made(
        reading: &mut Reading<'_>,
        form: &PlanForm,
        title: String,
        scenario: Scenario,
        folder: Result<PathBuf, Problems>,
    ) -> Result<Self, Problems> {
        let seed = form.seed.unwrap_or(1);
        let most = if reading.opened.is_some() { MOST_OF_INTERVALS } else { 10_000_000 };
        let draws = reading.count("draws", form.draws, 1000, most);
        let block = reading.count("block", form.block, BLOCK, 100_000);
        let vary: Vec<Varied> = form
            .vary
            .iter()
            .enumerate()
            .map(|(position, one)| reading.varied(&format!("vary[{position}]"), one, &scenario))
            .collect();
        let world = folder.and_then(|folder| opened(reading.opened, &scenario, folder));
        let Opened { members, parties, baseline, ranges, folder } = match world {
            Ok(world) => world,
            Err(faults) => {
                reading.problems.append(faults);
                for (position, one) in form.draw.iter().enumerate() {
                    reading.distribution(&format!("draw[{position}]"), one, Some((1.0, Some((1.0, 1.0)))));
                }
                return Err(std::mem::take(&mut reading.problems).into_error());
            }
        };
        let mut named = reading.inputs("draw", &form.draw, &scenario, &baseline, &ranges);
        if reading.opened.is_some() {
            // the order of rows in the data changes no band
            named.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        for (position, varied) in vary.iter().enumerate() {
            let twice = named.iter().any(|(name, _)| *name == varied.what)
                || vary[..position].iter().any(|other| other.what == varied.what);
            if twice {
                let path = format!("vary[{position}].what");
                reading.problem(
                    &path,
                    format!("`{}` is varied or drawn twice", varied.what),
                    "keep one of them",
                );
            }
        }
        let mut figures = Figures::none();
        for (position, name) in form.figures.iter().enumerate() {
            let path = format!("figures[{position}]");
            if form.figures[..position].contains(name) {
                reading.problem(&path, format!("{name:?} is named twice"), "keep one of them");
            } else if let Err((what, remedy)) = figures.add(&baseline, name) {
                reading.problem(&path, what, remedy);
            }
        }
        if form.figures.is_empty() {
            figures = Figures::headlines(&baseline, &members);
        }
        if reading.opened.is_some() {
            figures.add_shown(&baseline, &members);
            figures.add_parties(parties, scenario.disagreement().is_none());
        }
        let design = form.design.unwrap_or_default();
        let indices = form.indices.unwrap_or(false);
        let mut origins: Vec<Origin> = named.iter().map(|(name, _)| Origin::of(name)).collect();
        origins.dedup();
        let paired = reading.opened.is_some() && origins.len() > 1;
        check_design(reading, design, indices, named.len());
        let mut description = Description {
            version: zollverein_version::VERSION.to_owned(),
            git: zollverein_version::commit().map(str::to_owned),
            layout: part::LAYOUT,
            title,
            scenario_sha256: scenario.digest(),
            year: scenario.year().or(baseline.year),
            data: baseline.sources.iter().map(|s| (s.file.clone(), s.rows_sha256.clone())).collect(),
            design: if paired { PAIRED } else { design.name() }.to_owned(),
            indices,
            seed,
            draws,
            block,
            evaluations: 0,
            vary,
            inputs: named.iter().map(|(name, input)| drawn(name, input)).collect(),
            figures: figures.named.clone(),
        };
        let cells = description.vary.iter().map(|v| v.values.len()).try_fold(1_usize, usize::checked_mul);
        let of_cell = draws.saturating_mul(named.len() + 3);
        if cells.and_then(|cells| cells.checked_mul(of_cell)).is_none_or(|total| total > MOST) {
            reading.problem("draws", "these are more than 2³¹ evaluations", "vary or draw less");
        }
        std::mem::take(&mut reading.problems).into_result(())?;
        description.evaluations = description.points().total();
        let inputs = named.into_iter().map(|(_, input)| input).collect();
        Ok(Self { description, scenario, folder, baseline, inputs, figures })
    }
}

/// What a plan reads of a scenario and its data.
struct Opened {
    members: CountrySet,
    parties: Vec<Party>,
    baseline: Baseline,
    ranges: Vec<ElasticityRange>,
    folder: PathBuf,
}

/// The scenario on its data, or on a world that is open already; all their faults together.
fn opened(world: Option<&Baseline>, scenario: &Scenario, folder: PathBuf) -> Result<Opened, Problems> {
    let baseline = match world {
        Some(world) => world.clone(),
        None => scenario.world(&folder)?,
    };
    match (scenario.policy(&baseline), ranges::elasticities(&folder), scenario.parties(&baseline)) {
        (Ok(policy), Ok(ranges), Ok(parties)) => {
            let members = policy.members(&baseline);
            Ok(Opened { members, parties, baseline, ranges, folder })
        }
        (policy, ranges, parties) => {
            let mut problems = policy.err().unwrap_or_default();
            problems.append(ranges.err().unwrap_or_default());
            problems.append(parties.err().unwrap_or_default());
            Err(problems.into_error())
        }
    }
}

fn drawn(name: &str, input: &Input) -> Drawn {
    let at = |share| input.distribution.quantile(share);
    Drawn {
        what: name.to_owned(),
        distribution: input.distribution.to_string(),
        central: input.central,
        low: at(LOW_HIGH.0),
        high: at(LOW_HIGH.1),
    }
}

fn check_design(reading: &mut Reading<'_>, design: Design, indices: bool, inputs: usize) {
    let needs = if indices { 2 * inputs } else { inputs };
    if design == Design::Sobol && needs > DIMENSIONS {
        reading.problem(
            "design",
            format!("{inputs} inputs need {needs} dimensions, and the sequence has {DIMENSIONS}"),
            "draw less, or take design = \"random\"",
        );
    }
    if indices && !matches!(design, Design::Sobol | Design::Random) {
        reading.problem(
            "indices",
            format!("design = {:?} gives no Sobol' indices", design.name()),
            "take design = \"sobol\" or \"random\"",
        );
    }
    if inputs == 0 && (indices || design == Design::Morris) {
        reading.problem("draw", "nothing is drawn", "add [[draw]]");
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}
