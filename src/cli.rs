//! The command line: what can be asked, and how answers leave the program.
//!
//! Data go to standard output, messages to standard error. Exit codes: 0 done,
//! 2 something is wrong with the input, 3 no equilibrium or a failed check, 1 anything else.

mod batch;
mod brief;
mod check;
mod compare;
mod data;
mod diagnose;
mod explain;
mod import;
mod negotiate;
mod new_folder;
mod open;
mod output;
mod path;
mod project;
mod provenance;
mod rounds;
mod run;
#[cfg(feature = "web")]
mod serve;
mod shell;
mod terms;
mod verify;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use open::{Banded, Opening};
use output::{Failed, Output};
use std::path::PathBuf;
use std::process::ExitCode;
use zollverein_batch::Shard;
use zollverein_model::engine::SolveError;
use zollverein_model::problem::Problems;
use zollverein_tables::Format;

/// What the help of every command looks like: examples first.
const HELP: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Models joint tariffs on steel, aluminium and other traded goods: who gains, who loses, who emits.
#[derive(Parser)]
#[command(
    name = "zollverein",
    version,
    before_help = "Examples:\n  zollverein run scenarios/02-gassa.toml --out out/gassa\n  zollverein check scenarios/02-gassa.toml\n  zollverein compare scenarios/02-gassa.toml scenarios/03-gassa-october-2023.toml\n",
    after_help = "Exit codes: 0 done, 2 something is wrong with the input, 3 no equilibrium or a failed check, 1 anything else."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Finds where markets settle under a scenario and tells who gains and who loses
    #[command(
        before_help = "Examples:\n  zollverein run scenarios/02-gassa.toml --out out/gassa\n  zollverein run my.toml --data data/toy --format parquet --out out/mine\n  zollverein run my.toml --json > result.json\n"
    )]
    Run(Run),
    /// Writes a scenario's outcome on one page, to hand out
    #[command(
        before_help = "Examples:\n  zollverein brief scenarios/02-gassa.toml --out brief.html\n  zollverein brief scenarios/02-gassa.toml --format pdf --out brief.pdf\n"
    )]
    Brief(brief::Brief),
    /// Reads a scenario and its data, lists every problem, and notes what deserves a look
    #[command(before_help = "Example:\n  zollverein check scenarios/02-gassa.toml\n")]
    Check(Check),
    /// Shows the duty that a scenario puts on each shipment, and which clause it comes from
    #[command(
        before_help = "Examples:\n  zollverein terms scenarios/02-gassa.toml --importer USA --exporter IND\n  zollverein terms scenarios/04-gassa-ldc-exempt.toml --exporter LDC --changed\n  zollverein terms scenarios/02-gassa.toml --csv > terms.csv\n"
    )]
    Terms(Terms),
    /// Sets scenarios side by side, with differences to the first
    #[command(
        before_help = "Examples:\n  zollverein compare scenarios/02-gassa.toml scenarios/04-gassa-ldc-exempt.toml\n  zollverein compare --engines scenarios/02-gassa.toml\n"
    )]
    Compare(Compare),
    /// Shows which clause of a scenario causes what, for a country or group
    #[command(
        before_help = "Examples:\n  zollverein explain scenarios/04-gassa-ldc-exempt.toml --country MOZ\n  zollverein explain scenarios/05-us-50.toml --group LDC,low_income --indicator exports --product steel\n  zollverein explain scenarios/05-us-50.toml --out out/why\n"
    )]
    Explain(Explain),
    /// Opens the workbench: a page in which proposals are moved, compared and kept
    #[cfg(feature = "web")]
    #[command(
        before_help = "Examples:\n  zollverein serve\n  zollverein serve --workspace rounds --no-open\n"
    )]
    Serve(Serve),
    /// Shows how each party to a negotiation stands at the proposals of a folder, round by round
    #[command(before_help = "Example:\n  zollverein rounds scenarios/talks\n")]
    Rounds(Rounds),
    /// Asks which agreement everyone could sign: design, frontier, bargains, red lines, retaliation, clubs, funds
    #[command(
        before_help = "Examples:\n  zollverein negotiate design scenarios/30-design.toml --out out/design\n  zollverein negotiate coalition scenarios/32-candidates.toml\n"
    )]
    Negotiate {
        #[command(subcommand)]
        question: negotiate::Negotiate,
    },
    /// Tests the laws that any equilibrium obeys on the data that you use
    #[command(
        before_help = "Examples:\n  zollverein diagnose\n  zollverein diagnose --data data/toy\n  zollverein diagnose scenarios/02-gassa.toml\n"
    )]
    Diagnose(Diagnose),
    /// Draws and sweeps a scenario many times: quantiles, a tornado, Sobol' indices, screening
    #[command(
        before_help = "Examples:\n  zollverein batch scenarios/batch/01-gassa-elasticities.toml --out out/draws\n  zollverein batch my-plan.toml --out out/shard-2 --shard 2/8\n  zollverein batch merge out/shard-1 out/shard-2 --out out/draws\n",
        args_conflicts_with_subcommands = true,
        arg_required_else_help = true
    )]
    Batch(Batch),
    /// Repeats a run from its stamp and compares every byte that it wrote
    #[command(before_help = "Example:\n  zollverein verify out/gassa/run.json\n")]
    Verify(Verify),
    /// Prints the JSON Schema of scenario files
    #[command(before_help = "Example:\n  zollverein schema > schema/scenario.json\n")]
    Schema,
    /// Lists, verifies, describes, explains, imports and projects data folders
    #[command(before_help = "Examples:\n  zollverein data list\n  zollverein data verify data/2023\n")]
    Data(Data),
    /// Prints completions for a shell
    #[command(
        before_help = "Example:\n  zollverein completions bash > ~/.local/share/bash-completion/completions/zollverein\n"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints the manual page, or writes one for each command
    #[command(
        before_help = "Examples:\n  zollverein man | man -l -\n  zollverein man --dir ~/.local/share/man/man1\n"
    )]
    Man {
        /// Folder for the pages of all commands
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Args)]
struct Run {
    #[command(flatten)]
    opening: Opening,
    #[command(flatten)]
    banded: Banded,
    /// Folder for the result files; left out: nothing is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Format of the tables
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    format: TableFormat,
    /// Prints the results as JSON
    #[arg(long)]
    json: bool,
    /// Prints nothing but errors, and the JSON if asked for
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableFormat {
    /// Comma-separated values
    Csv,
    /// Apache Parquet
    #[cfg(feature = "parquet")]
    Parquet,
    /// One workbook for spreadsheets, results.xlsx
    Xlsx,
    /// One table in the form that pyam opens, iamc.csv
    Iamc,
}

impl TableFormat {
    /// The same, as tables know it.
    fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            #[cfg(feature = "parquet")]
            Self::Parquet => Format::Parquet,
            Self::Xlsx => Format::Xlsx,
            Self::Iamc => Format::Iamc,
        }
    }
}

#[derive(Args)]
struct Batch {
    #[command(subcommand)]
    command: Option<BatchCommand>,
    /// Plan file
    #[arg(required = true)]
    plan: Option<PathBuf>,
    /// Folder for parts and results; a run that was stopped goes on there
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// Data folder, in the place of the plan's or the scenario's
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Only every N-th part, from the I-th; `batch merge` puts shards together
    #[arg(long, value_name = "I/N", value_parser = batch::shard)]
    shard: Option<Shard>,
    /// Format of the result tables; parts are always Parquet
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    format: TableFormat,
    /// Prints nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Subcommand)]
enum BatchCommand {
    /// Puts the folders of shards together; the results are those of one run
    #[command(before_help = "Example:\n  zollverein batch merge out/shard-1 out/shard-2 --out out/draws\n")]
    Merge {
        /// Folders that `batch --shard` has made
        #[arg(required = true, num_args = 1..)]
        dirs: Vec<PathBuf>,
        /// Folder for parts and results
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Format of the result tables; parts are always Parquet
        #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
        format: TableFormat,
        /// Prints nothing but errors
        #[arg(long, short)]
        quiet: bool,
    },
}

#[derive(Args)]
struct Verify {
    /// The run.json that `run --out` has written
    stamp: PathBuf,
    /// Scenario file, where it is no longer where it was
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Data folder, where it is no longer where it was
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Args)]
struct Check {
    #[command(flatten)]
    opening: Opening,
    /// Prints problems and notes as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Terms {
    #[command(flatten)]
    opening: Opening,
    /// Only these importers: codes or groups
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    importer: Option<Vec<String>>,
    /// Only these exporters: codes or groups
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    exporter: Option<Vec<String>>,
    /// Only these products
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    product: Option<Vec<String>>,
    /// Only where the duty differs from the one in force
    #[arg(long)]
    changed: bool,
    /// Prints JSON
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Prints comma-separated values
    #[arg(long)]
    csv: bool,
}

#[derive(Args)]
struct Compare {
    #[command(flatten)]
    banded: Banded,
    /// Scenario files; differences are to the first
    #[arg(required = true, num_args = 1.., value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Solves each scenario by both engines: goods that differ by origin, and metal as one good
    #[arg(long)]
    engines: bool,
    /// Data folder, in the place of the scenarios'
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The year, in the place of the scenarios'
    #[arg(long, value_name = "YEAR")]
    year: Option<i32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Shows no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
struct Explain {
    #[command(flatten)]
    opening: Opening,
    /// Countries whose change is shared out, by code
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    country: Option<Vec<String>>,
    /// Groups whose change is shared out; with neither: world, members, outside and LDC
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    group: Option<Vec<String>>,
    /// What is measured: an indicator of the result files
    #[arg(long, value_name = "NAME", default_value = "welfare")]
    indicator: String,
    /// Of which product; left out: all together
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// Clauses that stay on throughout and get no share, for instance tariff.core
    #[arg(long, value_name = "CLAUSE", value_delimiter = ',')]
    keep: Option<Vec<String>>,
    /// Takes all clauses of a kind (tariff, quota …) together as one
    #[arg(long)]
    by_kind: bool,
    /// Takes an arrangement as one, and not its parts (inside, floor, tiers, charge, surcharge) apart
    #[arg(long)]
    whole: bool,
    /// Folder for the result files; left out: nothing is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Prints nothing but errors, and the JSON if asked for
    #[arg(long, short)]
    quiet: bool,
}

#[cfg(feature = "web")]
#[derive(Args)]
struct Serve {
    /// Port on 127.0.0.1; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Starts no browser
    #[arg(long)]
    no_open: bool,
    /// Folder in which proposals are kept, one scenario file a round
    #[arg(long, value_name = "DIR", default_value = "proposals")]
    workspace: PathBuf,
    /// Folder whose folders are finished batches to open
    #[arg(long, value_name = "DIR", default_value = "out")]
    results: PathBuf,
    /// Folder of the scenarios to begin from
    #[arg(long, value_name = "DIR", default_value = "scenarios")]
    scenarios: PathBuf,
    /// Data folder, in the place of the scenarios'
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// A map in the place of the page's own, as `TopoJSON`
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Folder of a built page, in the place of the one in the program
    #[arg(long, value_name = "DIR")]
    page: Option<PathBuf>,
    /// Ends the server when nobody has asked for so many minutes; 0: never
    #[arg(long, value_name = "MINUTES", default_value_t = 120)]
    idle_minutes: u64,
}

#[derive(Args)]
struct Rounds {
    #[command(flatten)]
    banded: Banded,
    /// Folder of proposals: scenario files with parties, in the order of their names
    dir: PathBuf,
    /// Folder for the result files; left out: nothing is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Data folder, in the place of the scenarios'
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The year, in the place of the scenarios'
    #[arg(long, value_name = "YEAR")]
    year: Option<i32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Diagnose {
    /// Scenario file whose data and groups are meant
    scenario: Option<PathBuf>,
    /// Countries or groups whose own elasticities of supply are printed too
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    country: Option<Vec<String>>,
    /// Data folder; left out: the scenario's, or data/2023
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Data {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Subcommand)]
enum DataCommand {
    /// Lists the data folders in a folder
    #[command(before_help = "Example:\n  zollverein data list data\n")]
    List {
        /// Where to look
        #[arg(default_value = "data")]
        dir: PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Checks a data folder against its description, and shows how plausible its figures are
    #[command(before_help = "Example:\n  zollverein data verify data/2023\n")]
    Verify {
        /// The data folder
        dir: PathBuf,
        /// Prints JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints the description (datapackage.json) that fits the files of a data folder
    #[command(
        before_help = "Examples:\n  zollverein data describe data/mine\n  zollverein data describe data/mine --write\n"
    )]
    Describe {
        /// The data folder
        dir: PathBuf,
        /// Writes it into the folder
        #[arg(long)]
        write: bool,
    },
    /// Makes the data folder of another year by a file of projections, flows in balance
    #[command(
        before_help = "Example:\n  zollverein data project data/2023 --by data/projections/2030.csv --year 2030 --to data/mine\n"
    )]
    Project(Project),
    /// Makes a data folder from your own files: trade, tariffs, production, plants
    #[command(
        before_help = "Example:\n  zollverein data import data/examples/import/plan.toml --to data/mine\n"
    )]
    Import(Import),
    /// Says where the figures of a row come from: source, licence, rule and confidence
    #[command(
        before_help = "Examples:\n  zollverein data explain flows CHN VNM steel\n  zollverein data explain production USA steel scrap_eaf --data data/2017\n  zollverein data explain duties USA CHN steel --json\n"
    )]
    Explain(ExplainData),
}

#[derive(Args)]
struct Import {
    /// The plan: a TOML file that names the files and the base folder
    plan: PathBuf,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Takes the place of a data folder that is there already
    #[arg(long)]
    force: bool,
    /// Prints what became of the files as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct ExplainData {
    /// The table: flows, production, duties, countries …
    table: String,
    /// What names the row, in the order of the table's key columns
    #[arg(required = true, num_args = 1.., value_name = "NAME")]
    row: Vec<String>,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "data/2023")]
    data: PathBuf,
    /// Prints every cell as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Project {
    /// The data folder to begin from
    dir: PathBuf,
    /// The projection file
    #[arg(long, value_name = "FILE")]
    by: PathBuf,
    /// The year to project to
    #[arg(long, value_name = "YEAR")]
    year: i32,
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Takes the place of a data folder that is there already
    #[arg(long)]
    force: bool,
    /// Prints the figures before and after as JSON
    #[arg(long)]
    json: bool,
}

/// Does what the command line asks and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let asked = command().try_get_matches().and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match asked {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print(); // a closed pipe is no fault of ours
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
        }
    };
    match dispatch(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure(&error),
    }
}

fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Run(arguments) => run::run(&arguments, Output::new(arguments.quiet)),
        Command::Brief(arguments) => brief::brief(&arguments, Output::new(false)),
        Command::Check(arguments) => check::check(&arguments, Output::new(false)),
        Command::Terms(arguments) => terms::terms(&arguments, Output::new(false)),
        Command::Compare(arguments) => compare::compare(&arguments, Output::new(arguments.quiet)),
        Command::Explain(arguments) => explain::explain(&arguments, Output::new(arguments.quiet)),
        #[cfg(feature = "web")]
        Command::Serve(arguments) => serve::serve(&arguments, Output::new(false)),
        Command::Rounds(arguments) => rounds::rounds(&arguments, Output::new(false)),
        Command::Negotiate { question } => negotiate::negotiate(&question),
        Command::Diagnose(arguments) => diagnose::diagnose(&arguments, Output::new(false)),
        Command::Batch(arguments) => batch::batch(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments, Output::new(false)),
        Command::Schema => shell::schema(Output::new(false)),
        Command::Data(arguments) => data::data(&arguments.command, Output::new(false)),
        Command::Completions { shell } => shell::completions(shell, self::command(), Output::new(false)),
        Command::Man { dir } => shell::man(dir.as_deref(), self::command(), Output::new(false)),
    }
}

/// The command line with help that opens with examples.
fn command() -> clap::Command {
    fn with_help(command: clap::Command) -> clap::Command {
        command.help_template(HELP).mut_subcommands(with_help)
    }
    with_help(Arguments::command())
}

/// Says what went wrong and returns the exit code for it.
fn failure(error: &anyhow::Error) -> ExitCode {
    let closed = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe);
    if closed {
        return ExitCode::SUCCESS; // whoever read the output has enough
    }
    let code = if error.is::<Problems>() {
        2
    } else if error.is::<SolveError>() || error.is::<Failed>() {
        3
    } else {
        1
    };
    let mut message = format!("error: {error}");
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    output::complain(&message);
    ExitCode::from(code)
}
