//! `zollverein negotiate`: questions of a negotiation, answered on the model.

use crate::cli::open::Opening;
use crate::cli::output::Output;
use clap::{Args, Subcommand, ValueEnum};
use signal_hook::consts::SIGINT;
use signal_hook::flag;
use std::path::PathBuf;
use std::sync::Arc;
use zollverein_games::bargaining::Rule;
use zollverein_model::problem::{Place, Problems};
use zollverein_negotiation::talks::{Talks, TalksError, Watch};
use zollverein_report::{Answer, Question};
use zollverein_tables as table;

#[derive(Subcommand)]
pub enum Negotiate {
    /// The agreement that is worth most under everybody's red lines, and what each red line costs
    #[command(
        before_help = "Example:\n  zollverein negotiate design scenarios/30-design.toml --out out/design\n"
    )]
    Design(Asked),
    /// How much of one objective must be given up for more of another
    #[command(
        before_help = "Example:\n  zollverein negotiate frontier scenarios/31-frontier.toml --points 5\n"
    )]
    Frontier(Frontier),
    /// The agreements that rules of fairness choose: Nash, Kalai-Smorodinsky, equal gains
    #[command(
        before_help = "Example:\n  zollverein negotiate bargain scenarios/31-frontier.toml --rule nash\n"
    )]
    Bargain(Bargain),
    /// The least concession with which a party accepts
    #[command(
        before_help = "Example:\n  zollverein negotiate redline scenarios/30-design.toml --party india\n"
    )]
    Redline(Redline),
    /// Duties that answer each other, where that ends, and the answer that does equal harm
    #[command(before_help = "Example:\n  zollverein negotiate retaliate scenarios/33-retaliation.toml\n")]
    Retaliate(Asked),
    /// Which clubs are stable, who should be asked next, and how their worth can be shared
    #[command(before_help = "Example:\n  zollverein negotiate coalition scenarios/32-candidates.toml\n")]
    Coalition(Asked),
    /// What fund leaves no recipient worse off, and how a given one is shared
    #[command(before_help = "Example:\n  zollverein negotiate compensate scenarios/34-fund.toml\n")]
    Compensate(Asked),
}

#[derive(Args)]
pub struct Asked {
    #[command(flatten)]
    opening: Opening,
    /// Folder for the result files; left out: nothing is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Shows no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Args)]
pub struct Frontier {
    #[command(flatten)]
    asked: Asked,
    /// Two or three objectives by name; left out: the first two of the scenario
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    objectives: Option<Vec<String>>,
    /// Agreements to look for, the ends included
    #[arg(long, value_name = "COUNT", default_value_t = 41)]
    points: usize,
}

#[derive(Args)]
pub struct Bargain {
    #[command(flatten)]
    asked: Asked,
    /// Only these rules; left out: all
    #[arg(long, value_enum, value_delimiter = ',')]
    rule: Option<Vec<RuleName>>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RuleName {
    /// The largest product of gains, by power
    Nash,
    /// The largest common share of what each could gain
    KalaiSmorodinsky,
    /// Equal gains, as large as can be
    Egalitarian,
    /// The largest sum, for comparison
    Utilitarian,
}

#[derive(Args)]
pub struct Redline {
    #[command(flatten)]
    asked: Asked,
    /// The party that is to be brought in
    #[arg(long, value_name = "NAME")]
    party: String,
}

impl Negotiate {
    fn asked(&self) -> &Asked {
        match self {
            Self::Design(asked)
            | Self::Retaliate(asked)
            | Self::Coalition(asked)
            | Self::Compensate(asked) => asked,
            Self::Frontier(own) => &own.asked,
            Self::Bargain(own) => &own.asked,
            Self::Redline(own) => &own.asked,
        }
    }

    /// The question without where it is asked.
    fn asked_of_all(&self) -> Question {
        match self {
            Self::Design(_) => Question::Design,
            Self::Frontier(own) => Question::Frontier(own.objectives.clone(), own.points),
            Self::Bargain(own) => Question::Bargain(match &own.rule {
                None => Rule::ALL.to_vec(),
                Some(names) => names.iter().map(|name| rule(*name)).collect(),
            }),
            Self::Redline(own) => Question::Redline(own.party.clone()),
            Self::Retaliate(_) => Question::Retaliate,
            Self::Coalition(_) => Question::Coalition,
            Self::Compensate(_) => Question::Compensate,
        }
    }
}

/// Answers a question of a negotiation.
pub fn negotiate(question: &Negotiate) -> anyhow::Result<()> {
    let asked = question.asked();
    let output = Output::new(asked.quiet);
    let watch = Arc::new(Watch::default());
    // Ctrl-C ends the search and keeps what is done; a second one ends the program
    let handled = flag::register_conditional_shutdown(SIGINT, 130, watch.flag())
        .and_then(|_| flag::register(SIGINT, watch.flag()));
    if let Err(error) = handled {
        output.say(&format!("note: Ctrl-C will end the program at once ({error})"));
    }
    let progress = output.progress(Arc::clone(&watch));
    let answer = answer(question, asked, watch);
    drop(progress);
    let answer = answer?;
    if let Some(folder) = &asked.out {
        table::write(folder, &answer.files()?)?;
    }
    if asked.json { output.json(&answer.json()) } else { output.data(&answer.text) }
}

fn answer(question: &Negotiate, asked: &Asked, watch: Arc<Watch>) -> anyhow::Result<Answer> {
    let mut opened = asked.opening.open()?;
    if let [first, _, ..] = opened.scenario.years() {
        let mut problems = Problems::new();
        problems.add(
            Place::file(asked.opening.scenario.display().to_string()),
            "it is about several years, and a negotiation is about one",
            format!("name the year: --year {first}, for instance"),
        );
        problems.into_result(())?;
    }
    if asked.opening.data.is_none() && opened.scenario.form().baseline.is_none() {
        opened.scenario = opened.scenario.with("baseline", opened.folder.display().to_string().as_str())?;
    }
    let talks = Talks::open(&opened.scenario, Arc::new(opened.baseline), watch).map_err(told)?;
    question.asked_of_all().answer(&talks).map_err(told)
}

fn rule(name: RuleName) -> Rule {
    match name {
        RuleName::Nash => Rule::Nash,
        RuleName::KalaiSmorodinsky => Rule::KalaiSmorodinsky,
        RuleName::Egalitarian => Rule::Egalitarian,
        RuleName::Utilitarian => Rule::Utilitarian,
    }
}

/// The same error, so that exit codes tell faults of the input from markets that do not settle.
fn told(error: TalksError) -> anyhow::Error {
    match error {
        TalksError::Problems(problems) => problems.into(),
        TalksError::Solve { at, error } => anyhow::Error::new(error).context(format!("at {at}")),
        other => anyhow::Error::new(other),
    }
}
