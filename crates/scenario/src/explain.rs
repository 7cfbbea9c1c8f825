//! Which clause of a scenario causes what: every set of clauses is evaluated once, and the change
//! that all of them cause together is shared out by Shapley's rule.

use crate::{Patch, Scenario};
use rayon::prelude::*;
use std::collections::BTreeMap;
use zollverein_games::decomposition::{MOST_PLAYERS, shapley};
use zollverein_model::baseline::{Baseline, CountrySet, ProductId};
use zollverein_model::engine::SolveError;
use zollverein_model::indicator::{Indicator, Totals};
use zollverein_model::model::{Model, Outcome};
use zollverein_model::policy::ArrangementPart;
use zollverein_model::problem::{Place, Problems, instead};

mod driver;
mod named;

pub use driver::driver;
pub use named::Named;

/// Whose change is shared out.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// A country's code or a group's name, as in result files.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// The countries; the same ones whichever clauses are on.
    pub set: CountrySet,
}

/// What is asked about a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is measured.
    pub indicator: Indicator,
    /// Of which product; `None`: all together.
    pub product: Option<ProductId>,
    /// Whose.
    pub targets: Vec<Target>,
    /// Clauses that are always on and get no share.
    pub keep: Vec<String>,
    /// Whether clauses of one kind count as one.
    pub by_kind: bool,
    /// Whether a clause counts as one even where it has parts.
    pub whole: bool,
}

/// What is switched on and off together: clauses, or one part of a clause.
#[derive(Debug, Clone, PartialEq)]
struct Player {
    name: String,
    paths: Vec<String>,
    part: Option<ArrangementPart>,
}

/// One target's change, shared out among the clauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Whose it is.
    pub target: Target,
    /// The indicator with none of the clauses on, but for those that are kept.
    pub without: f64,
    /// The indicator with all of them on.
    pub with: f64,
    /// What each clause contributes, in the order of [`Explanation::clauses`] and the indicator's unit.
    pub contributions: Vec<f64>,
}

impl Part {
    /// The change that all clauses cause together.
    #[must_use]
    pub fn change(&self) -> f64 {
        self.with - self.without
    }

    /// The sum of what the clauses contribute; it differs from the change by rounding only.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.contributions.iter().sum()
    }

    /// A contribution over the change, as a ratio; `None` where the change is nothing beside the
    /// contributions.
    #[must_use]
    pub fn share(&self, clause: usize) -> Option<f64> {
        let size: f64 = self.contributions.iter().map(|contribution| contribution.abs()).sum();
        (self.change().abs() > 1e-9 * size).then(|| self.contributions[clause] / self.change())
    }
}

/// What each clause causes.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// What is measured.
    pub indicator: Indicator,
    /// Of which product; `None`: all together.
    pub product: Option<ProductId>,
    /// The clauses, and parts of a clause as `arrangement.gassa.tiers`, in order of name.
    pub clauses: Vec<String>,
    /// The clauses that were on throughout, in order of name.
    pub kept: Vec<String>,
    /// A part for each target, in the order of the question.
    pub parts: Vec<Part>,
    /// How many equilibria were looked at.
    pub evaluations: usize,
}

/// Why nothing can be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The question or the scenario is at fault.
    #[error(transparent)]
    Input(#[from] Problems),
    /// Markets do not settle under some set of clauses.
    #[error("with {clauses}, and no other clause that can be switched off")]
    Solve {
        /// The clauses that were on, in words.
        clauses: String,
        /// What the engine says.
        source: SolveError,
    },
    /// Whoever watched did not want it any more.
    #[error("stopped")]
    Stopped,
}

/// Shares out what a scenario's clauses cause together. `outcome` is that of the scenario as it
/// stands, on the model's baseline.
///
/// # Errors
/// [`ExplainError::Input`] where there is no clause or there are too many, where a clause to be
/// kept is not known, where a figure is not known, or where a set of clauses cannot be read;
/// [`ExplainError::Solve`] naming the set under which markets do not settle.
pub fn explain(
    scenario: &Scenario,
    model: &Model,
    outcome: &Outcome,
    question: Question,
) -> Result<Explanation, ExplainError> {
    explain_watched(scenario, model, outcome, question, &|_| true)
}

/// As [`explain`], and before each evaluation `watch` is told how many there are in all; work stops
/// where it answers false.
///
/// # Errors
/// As for [`explain`], and [`ExplainError::Stopped`].
pub fn explain_watched(
    scenario: &Scenario,
    model: &Model,
    outcome: &Outcome,
    question: Question,
    watch: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Explanation, ExplainError> {
    let (players, kept) = players(scenario, &question)?;
    known(scenario, &model.baseline, outcome, &question)?;
    let everything = (1_usize << players.len()) - 1;
    let evaluated: Vec<Result<Vec<f64>, ExplainError>> = (0..=everything)
        .into_par_iter()
        .map(|set| {
            if !watch(everything + 1) {
                return Err(ExplainError::Stopped);
            }
            if set == everything {
                return Ok(figures(&model.baseline, outcome, &question));
            }
            let outcome = evaluate(scenario, model, &players, set)?;
            Ok(figures(&model.baseline, &outcome, &question))
        })
        .collect();
    // the first set's fault, whichever thread came to one first
    let values = evaluated.into_iter().collect::<Result<Vec<_>, _>>()?;
    let Question { indicator, product, targets, .. } = question;
    let part = |(position, target): (usize, Target)| Part {
        target,
        without: values[0][position],
        with: values[everything][position],
        contributions: shapley(players.len(), |set| values[set][position]),
    };
    let parts = targets.into_iter().enumerate().map(part).collect();
    let clauses = players.into_iter().map(|player| player.name).collect();
    Ok(Explanation { indicator, product, clauses, kept, parts, evaluations: values.len() })
}

/// How many equilibria an explanation looks at; `None` where there is none.
fn evaluations(scenario: &Scenario, question: &Question) -> Option<usize> {
    players(scenario, question).ok().map(|(players, _)| 1_usize << players.len())
}

/// The clauses that share the change, and those that are kept.
fn players(scenario: &Scenario, question: &Question) -> Result<(Vec<Player>, Vec<String>), Problems> {
    let keep = &question.keep;
    let mut problems = Problems::new();
    let all = scenario.clause_paths();
    let place = || Place::file(scenario.path().display().to_string());
    for name in keep.iter().filter(|name| !all.contains(name)) {
        let what = format!("--keep: `{name}` is no clause of this scenario that is switched on");
        problems.add(place(), what, instead(name, all.iter().map(String::as_str)));
    }
    let (kept, clauses): (Vec<String>, Vec<String>) = all.into_iter().partition(|path| keep.contains(path));
    let mut players: Vec<Player> = vec![];
    let apart = apart(scenario, question, &clauses);
    for path in clauses {
        let name = if question.by_kind { path.split('.').next().unwrap_or(&path) } else { &path };
        match players.iter_mut().find(|player| player.name == name) {
            Some(player) => player.paths.push(path),
            None if apart => players.extend(parts(scenario, path)),
            None => players.push(Player { name: name.to_owned(), paths: vec![path], part: None }),
        }
    }
    if players.is_empty() && problems.is_empty() {
        let what = if kept.is_empty() { "no clause is switched on" } else { "every clause is kept" };
        problems.add(
            place(),
            format!("{what}: there is nothing to explain"),
            "name a scenario with a clause",
        );
    }
    if players.len() > MOST_PLAYERS {
        problems.add(
            place(),
            format!(
                "{} clauses are switched on; {MOST_PLAYERS} at most can be taken apart, since each more doubles \
                 the work",
                players.len()
            ),
            format!(
                "take clauses of a kind together (--by-kind), keep {} of them always on (--keep {}), or switch some \
                 off (enabled = false)",
                players.len() - MOST_PLAYERS,
                players[0].name
            ),
        );
    }
    problems.into_result((players, kept))
}

/// Whether clauses are taken apart into their parts: unless that is not wanted, or they are too many.
fn apart(scenario: &Scenario, question: &Question, clauses: &[String]) -> bool {
    let count = |path: &String| scenario.parts_of(path).len().max(1);
    !question.by_kind && !question.whole && clauses.iter().map(count).sum::<usize>() <= MOST_PLAYERS
}

/// The parts of a clause, or the clause where it has one at most.
fn parts(scenario: &Scenario, path: String) -> Vec<Player> {
    let parts = scenario.parts_of(&path);
    if parts.len() < 2 {
        return vec![Player { name: path.clone(), paths: vec![path], part: None }];
    }
    let player = |part: ArrangementPart| Player {
        name: format!("{path}.{}", part.name()),
        paths: vec![path.clone()],
        part: Some(part),
    };
    parts.into_iter().map(player).collect()
}

/// The changes of the scenario that switch players off.
fn switched_off<'a>(scenario: &Scenario, off: impl Iterator<Item = &'a Player>) -> Vec<(String, Patch)> {
    let mut changes = vec![];
    let mut parts: BTreeMap<&str, Vec<ArrangementPart>> = BTreeMap::new();
    for player in off {
        match player.part {
            Some(part) => parts.entry(&player.paths[0]).or_default().push(part),
            None => changes
                .extend(player.paths.iter().map(|path| (format!("{path}.enabled"), Patch::from(false)))),
        }
    }
    for (path, off) in parts {
        if off.len() == scenario.parts_of(path).len() {
            changes.push((format!("{path}.enabled"), Patch::from(false)));
        } else {
            changes.extend(scenario.without_parts(path, &off));
        }
    }
    changes
}

/// Refuses figures that are not known for any country of a target.
fn known(
    scenario: &Scenario,
    baseline: &Baseline,
    outcome: &Outcome,
    question: &Question,
) -> Result<(), Problems> {
    let mut problems = Problems::new();
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    for target in &question.targets {
        if totals.get(&target.set, question.indicator, question.product).level.is_none() {
            problems.add(
                Place::file(scenario.path().display().to_string()),
                format!("{} of {} is not known", question.indicator.name(), target.name),
                "ask for another indicator, product, country or group",
            );
        }
    }
    problems.into_result(())
}

/// What follows if, of the clauses, only those of a set are on.
fn evaluate(
    scenario: &Scenario,
    model: &Model,
    players: &[Player],
    set: usize,
) -> Result<Outcome, ExplainError> {
    let is_on = |position: usize| set >> position & 1 == 1;
    let off = players.iter().enumerate().filter(|(position, _)| !is_on(*position));
    let changes = switched_off(scenario, off.map(|(_, player)| player));
    let on: Vec<&str> = players
        .iter()
        .enumerate()
        .filter(|(at, _)| is_on(*at))
        .map(|(_, player)| player.name.as_str())
        .collect();
    let words = if on.is_empty() { "none of the clauses".to_owned() } else { on.join(", ") };
    let read = scenario.with_each(changes).and_then(|part| part.policy(&model.baseline));
    let policy = read.map_err(|problems| {
        let mut told = Problems::new();
        for problem in problems.as_slice() {
            told.add(
                problem.place.clone(),
                format!("{} (with {words} on, and the other clauses off)", problem.what),
                format!("{}; or keep the clause on that this one needs: --keep KIND.NAME", problem.remedy),
            );
        }
        told
    })?;
    model.evaluate(&policy).map_err(|source| ExplainError::Solve { clauses: words, source })
}

/// The figures that are asked for, one for each target.
fn figures(baseline: &Baseline, outcome: &Outcome, question: &Question) -> Vec<f64> {
    let totals = Totals::new(baseline, &outcome.indicators, &outcome.equilibrium);
    let level = |target: &Target| {
        let of = |indicator| totals.get(&target.set, indicator, question.product).level;
        // without a use of revenue, welfare before transfers is welfare
        of(question.indicator).or_else(|| match question.indicator {
            Indicator::WelfareBeforeTransfers => of(Indicator::Welfare),
            _ => None,
        })
    };
    // what is known does not depend on the policy (`known` has looked), but for rents, outlays and
    // transfers, of which there are none without their clauses
    question.targets.iter().map(|target| level(target).map_or(0.0, |level| level.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    const ONE: &str = "[[tariff]]\nname = \"steel\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nadditional_percent = 20\n";
    const TWO: &str = "[[tariff]]\nname = \"boria\"\nimporters = [\"ARD\"]\nexporters = [\"BOR\"]\nadditional_percent = 10\n";
    const SPARED: &str = "[[exemption]]\nname = \"corin\"\nexporters = [\"COR\"]\nshare_percent = 50\n";
    const IDLE: &str = "[[exemption]]\nname = \"idle\"\nexporters = [\"BOR\"]\nclauses = [\"tariff.off\"]\n\
         [[tariff]]\nname = \"off\"\nenabled = false\nimporters = [\"COR\"]\nrate_percent = 5\n";

    fn explained(text: &str, keep: &[&str]) -> Result<Explanation, ExplainError> {
        asked(text, keep, false)
    }

    fn asked(text: &str, keep: &[&str], by_kind: bool) -> Result<Explanation, ExplainError> {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let file: PathBuf = folder.path().join("a.toml");
        assert!(std::fs::write(&file, text).is_ok());
        let scenario = Scenario::read(&file)?;
        let baseline = Arc::new(scenario.world(Path::new("../../data/toy"))?);
        let model = scenario.model(Arc::clone(&baseline)).unwrap_or_else(|error| panic!("{error}"));
        let outcome = model.evaluate(&scenario.policy(&baseline)?).unwrap_or_else(|error| panic!("{error}"));
        let target = |code: &str| Target {
            name: code.to_owned(),
            label: code.to_owned(),
            set: CountrySet::of(baseline.countries.len(), baseline.country(code)),
        };
        let question = Question {
            indicator: Indicator::Welfare,
            product: None,
            targets: ["ARD", "BOR", "COR"].map(target).into(),
            keep: keep.iter().map(|name| (*name).to_owned()).collect(),
            by_kind,
            whole: false,
        };
        explain(&scenario, &model, &outcome, question)
    }

    fn sound(text: &str, keep: &[&str]) -> Explanation {
        explained(text, keep).unwrap_or_else(|error| panic!("{error}"))
    }

    fn contributions(explanation: &Explanation) -> Vec<Vec<f64>> {
        explanation.parts.iter().map(|part| part.contributions.clone()).collect()
    }

    #[test]
    fn contributions_add_up_to_the_change_whatever_the_order_of_clauses_in_the_file() {
        let (one, two) =
            (sound(&format!("{ONE}{TWO}{SPARED}"), &[]), sound(&format!("{SPARED}{TWO}{ONE}"), &[]));
        assert_eq!(one.clauses, ["exemption.corin", "tariff.boria", "tariff.steel"]);
        assert_eq!((one.evaluations, contributions(&one)), (8, contributions(&two)));
        for part in &one.parts {
            assert!((part.sum() - part.change()).abs() <= 1e-9 * part.change().abs().max(1.0), "{part:?}");
            assert!(part.contributions.iter().any(|c| c.abs() > 1.0), "{part:?}");
        }
        // both tariffs harm Boria; Corin gains from its exemption, and as a buyer of Boria's cheaper steel
        let (boria, corin) = (&one.parts[1].contributions, &one.parts[2].contributions);
        assert!(boria[1] < 0.0 && boria[2] < 0.0 && corin[0] > 0.0 && corin[1] > 0.0, "{:?}", one.parts);
    }

    /// The tariff worked by hand in data/toy/README.md, as the one clause there is.
    #[test]
    fn one_clause_alone_causes_everything() {
        let plain = ONE.replace("additional_percent = 20", "rate_percent = 25");
        for (part, by_hand) in sound(&plain, &[]).parts.iter().zip([115.3, -197.7, 8.7]) {
            assert!((part.contributions[0] - by_hand).abs() < 0.05 && part.share(0) == Some(1.0), "{part:?}");
        }
    }

    #[test]
    fn a_clause_that_does_nothing_gets_nothing() {
        let explanation = sound(&format!("{ONE}{IDLE}"), &[]);
        assert_eq!(explanation.clauses, ["exemption.idle", "tariff.steel"]);
        assert!(explanation.parts.iter().all(|part| part.contributions[0] == 0.0));
        assert!(explanation.parts.iter().all(|part| part.share(1) == Some(1.0)));
    }

    #[test]
    fn clauses_of_a_kind_can_be_taken_together() {
        let text = format!("{ONE}{TWO}{SPARED}");
        let together = asked(&text, &[], true).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(together.clauses, ["exemption", "tariff"]);
        assert_eq!(together.evaluations, 4);
        for (part, apart) in together.parts.iter().zip(sound(&text, &[]).parts) {
            assert_eq!((part.with, part.without), (apart.with, apart.without));
            assert!((part.sum() - part.change()).abs() <= 1e-9 * part.change().abs().max(1.0), "{part:?}");
        }
    }

    const CLUB: &str = "[[arrangement]]\nname = \"club\"\nmembers = [\"ARD\", \"BOR\"]\nduties_in_force = \"at_least\"\n\
         benchmark = { basis = \"importer_average\" }\ninside = { usd_per_tco2e = 20 }\n[arrangement.outside]\n\
         floor_percent = 5\ntiers = [{ above = 0.5, additional_percent = 10 }]\n\
         oversupply = { flagged = [\"COR\"], flagged_percent = 8 }\n";

    #[test]
    fn an_arrangement_is_taken_apart_and_its_parts_add_up_to_it() {
        let apart = sound(&format!("{CLUB}{TWO}"), &[]);
        assert_eq!(
            apart.clauses,
            [
                "arrangement.club.inside",
                "arrangement.club.floor",
                "arrangement.club.tiers",
                "arrangement.club.surcharge",
                "tariff.boria"
            ]
        );
        for part in &apart.parts {
            let size = part.contributions.iter().map(|c| c.abs()).sum::<f64>();
            assert!((part.sum() - part.change()).abs() <= 1e-9 * size, "{part:?}");
        }
        // the surcharge is on Corin's metal alone, and harms it
        assert!(apart.parts[2].contributions[3] < 0.0, "{:?}", apart.parts[2]);
        // with all parts off nothing is left, so all parts together cause what the clause causes
        let alone = sound(CLUB, &[]);
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let file: PathBuf = folder.path().join("a.toml");
        let all = "without_parts = [\"inside\", \"floor\", \"tiers\", \"surcharge\"]\n[arrangement.outside]";
        assert!(std::fs::write(&file, CLUB.replace("[arrangement.outside]", all)).is_ok());
        let scenario = Scenario::read(&file).unwrap_or_else(|problems| panic!("{problems}"));
        let baseline =
            Arc::new(scenario.world(Path::new("../../data/toy")).unwrap_or_else(|p| panic!("{p}")));
        let policy = scenario.policy(&baseline).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(policy.terms(&baseline), zollverein_model::policy::Terms::in_force(&baseline));
        assert!(alone.parts.iter().all(|part| part.without.abs() < 1e-9), "{alone:?}");
    }

    #[test]
    fn two_clauses_that_are_alike_get_the_same() {
        let twin = ONE.replace("\"steel\"\nimporters", "\"twin\"\nimporters");
        for part in sound(&format!("{ONE}{twin}{TWO}"), &[]).parts {
            let (one, other) = (part.contributions[1], part.contributions[2]);
            assert!((one - other).abs() <= 1e-9 * one.abs(), "{one} is not {other}");
        }
    }

    #[test]
    fn a_clause_that_is_kept_gets_no_share_and_counts_before() {
        let kept = sound(&format!("{ONE}{TWO}"), &["tariff.boria"]);
        let alone = sound(TWO, &[]);
        assert_eq!(
            (kept.clauses, kept.kept),
            (vec!["tariff.steel".to_owned()], vec!["tariff.boria".to_owned()])
        );
        assert_eq!(kept.parts[0].without, alone.parts[0].with);
        assert!(alone.parts.iter().all(|part| part.without.abs() < 1e-9));
    }

    fn fault(text: &str, keep: &[&str]) -> String {
        explained(text, keep).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn too_many_clauses_and_unknown_ones_are_refused_with_a_remedy() {
        let many: String =
            (0..15).map(|n| ONE.replace("\"steel\"\nimp", &format!("\"t{n:02}\"\nimp"))).collect();
        let told = fault(&many, &[]);
        assert!(told.contains("15 clauses are switched on; 14 at most"), "{told}");
        assert!(told.contains("keep 1 of them always on (--keep tariff.t00)"), "{told}");
        let told = fault(ONE, &["tariff.steal"]);
        assert!(
            told.contains("`tariff.steal` is no clause") && told.contains("did you mean `tariff.steel`"),
            "{told}"
        );
        assert!(fault(ONE, &["tariff.steel"]).contains("every clause is kept"));
        assert!(fault("title = \"x\"\n", &[]).contains("no clause is switched on"));
    }
}
