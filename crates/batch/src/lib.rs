//! Many draws or sweeps of a scenario: parallel, resumable, reproducible.
//!
//! A [`Plan`] says what is varied and drawn. Every evaluation is a pure function of the plan and of
//! its number, so that blocks of them can be computed in any order, on any number of threads and on
//! several machines ([`run`] with a shard, then [`merge`]), with the same bytes in the end. A killed
//! run goes on where it was.

mod distribution;
mod evaluate;
mod exact;
mod figures;
mod folder;
mod form;
mod indices;
mod intervals;
mod kept;
mod layout;
mod origin;
mod plan;
mod points;
mod results;
mod sobol;
mod stored;
mod summary;
mod target;

pub use evaluate::{Evaluated, Evaluator, Failure};
pub use figures::Named;
pub use folder::{FolderError, about};
pub use intervals::{Band, Intervals, Standings};
pub use kept::usual_cache;
pub use origin::Origin;
pub use plan::{Description, Drawn, Plan, Varied};
pub use points::{Point, Set};
pub use results::{Results, results};

use folder::{Folder, OpenError};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use stored::Stored;
use summary::Summary;
use zollverein_model::baseline::read::sha256;
use zollverein_model::problem::{Place, Problems};
use zollverein_tables::iamc;
use zollverein_tables::part::{self, Numbers, Rows, SOLVED};
use zollverein_tables::{self as table, Artefact, Format, Table, WriteError};

/// Why a batch has no results.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Plan, scenario, data or folder are at fault.
    #[error(transparent)]
    Input(#[from] Problems),
    /// The folder cannot be written or read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Results could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Somebody asked to stop.
    #[error("stopped; finished parts are kept, and the same command goes on with them")]
    Stopped,
}

impl From<OpenError> for BatchError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Input(problems) => Self::Input(problems),
            OpenError::Folder(error) => Self::Folder(error),
        }
    }
}

/// A part of the blocks: every `of`-th, from the `shard`-th.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub shard: usize,
    /// Of how many.
    pub of: usize,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// Evaluations computed now.
    pub computed: usize,
    /// Evaluations found finished.
    pub found: usize,
    /// The result tables; none of a shard.
    pub tables: Vec<Table>,
}

/// Progress of a run, told from several threads.
pub trait Progress: Sync {
    /// So many evaluations are to be computed, and so many were found.
    fn begin(&self, to_compute: usize, found: usize);
    /// One more has been computed.
    fn one(&self);
    /// Whether the run is to stop; what is finished then stays.
    fn stopped(&self) -> bool {
        false
    }
}

/// Progress that nobody looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize, _: usize) {}
    fn one(&self) {}
}

/// The stamp of a batch, written as `batch.json`.
#[derive(Debug, Serialize)]
struct BatchStamp<'a> {
    plan: &'a Description,
    /// SHA-256 of `plan.json`.
    plan_sha256: String,
    /// SHA-256 of each part.
    parts: Vec<String>,
    /// SHA-256 of each result file.
    results: BTreeMap<String, String>,
}

/// Runs a plan, or a shard of it, into a folder, and goes on where an earlier run was. When every
/// part is there the results are written: `quantiles` and what else the plan asks for, in a format,
/// and `batch.json`.
///
/// # Errors
/// [`BatchError`]; finished parts stay as they are.
pub fn run(
    plan: &Plan,
    out: &Path,
    shard: Option<Shard>,
    format: Format,
    progress: &dyn Progress,
) -> Result<Done, BatchError> {
    require_parts(out)?;
    let description = &plan.description;
    let mut folder = Folder::open(out, description)?;
    let mine = |block: &usize| shard.is_none_or(|s| block % s.of == s.shard - 1);
    let blocks: Vec<usize> = (0..description.blocks()).filter(mine).collect();
    let missing = folder.missing(blocks.iter().copied());
    let count = |blocks: &[usize]| blocks.iter().map(|block| description.block(*block).len()).sum::<usize>();
    let (to_compute, all) = (count(&missing), count(&blocks));
    progress.begin(to_compute, all - to_compute);
    if !missing.is_empty() {
        let evaluator = Evaluator::new(plan)?;
        let evaluate = |block: usize| {
            let each = || {
                progress.one();
                !progress.stopped()
            };
            if progress.stopped() {
                return Err(BatchError::Stopped);
            }
            evaluator.evaluate_while(description.block(block), &each).ok_or(BatchError::Stopped)
        };
        // one thread writes: what it takes to encode a part is then held once, and nobody waits for the disk
        let (parts, to_write) = sync_channel(1);
        let (evaluated, written) = std::thread::scope(|scope| {
            let writer = scope.spawn(|| keep_each(&mut folder, description, to_write));
            let evaluated = missing.par_iter().try_for_each_with(parts, |parts, block| {
                // nobody takes it once the writer has failed, which then says why
                parts.send((*block, evaluate(*block)?)).map_err(|_| BatchError::Stopped)
            });
            (evaluated, writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        written.and(evaluated)?;
    }
    folder.tidy()?;
    let tables = if folder.missing(0..description.blocks()).is_empty() {
        finish(description, &folder, out, format)?
    } else {
        vec![]
    };
    Ok(Done { computed: to_compute, found: all - to_compute, tables })
}

/// Refuses a batch at once where this build of the program could not write its parts.
fn require_parts(out: &Path) -> Result<(), BatchError> {
    part::available().map_err(|what| {
        let mut problems = Problems::new();
        let remedy = "run `make build`, then the same command again";
        problems.add(Place::file(out.display().to_string()), what, remedy);
        BatchError::Input(problems)
    })
}

/// Puts the parts of folders together, each bound to the same plan, and writes the results: the same
/// bytes as of one run.
///
/// # Errors
/// Folders of different plans, parts that are missing, damaged or contradict each other.
pub fn merge(folders: &[PathBuf], out: &Path, format: Format) -> Result<Done, BatchError> {
    require_parts(out)?;
    let mut problems = Problems::new();
    if folders.is_empty() {
        let what = "no folder is named to put together";
        problems.add(
            Place::file(out.display().to_string()),
            what,
            "name the folders of the shards of one plan",
        );
    }
    let mut description: Option<(Description, &Path)> = None;
    for path in folders {
        let place = Place::file(path.display().to_string());
        match (about(path), &description) {
            (Err(more), _) => problems.append(more),
            (Ok(found), Some((first, of))) if found != *first => problems.add(
                place,
                format!("the folder belongs to another plan than {}", of.display()),
                "name shards of one plan, made by one version of the program",
            ),
            (Ok(found), None) => description = Some((found, path)),
            (Ok(_), Some(_)) => {}
        }
    }
    let Some((description, _)) = description else { return Err(problems.into_error().into()) };
    problems.into_result(())?;
    let journals: Vec<(&PathBuf, BTreeMap<usize, String>)> =
        folders.iter().map(|path| (path, folder::journalled(path))).collect();
    let mut problems = Problems::new();
    let mut missing = vec![];
    for block in 0..description.blocks() {
        let told: Vec<(&PathBuf, &String)> =
            journals.iter().filter_map(|(path, journal)| Some((*path, journal.get(&block)?))).collect();
        if told.is_empty() {
            missing.push(block.to_string());
        }
        if told.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            let place = Place::file(told[1].0.display().to_string());
            let what = format!("part {block} differs from that in {}", told[0].0.display());
            problems.add(place, what, "take one of the folders out");
        }
    }
    if !missing.is_empty() {
        let shown = missing.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
        let more = if missing.len() > 8 { ", …" } else { "" };
        problems.add(
            Place::file(out.display().to_string()),
            format!("{} of {} parts are in no folder: {shown}{more}", missing.len(), description.blocks()),
            "finish the shards, and name them all",
        );
    }
    problems.into_result(())?;
    let mut folder = Folder::open(out, &description)?;
    let to_copy = folder.missing(0..description.blocks());
    for block in &to_copy {
        let told = journals.iter().filter_map(|(path, journal)| Some((*path, journal.get(block)?)));
        // the check above has found each part in some folder
        let mut found = Err(BatchError::Input(Problems::new().into_error()));
        for (path, digest) in told {
            found = folder::finished(path, *block, digest).map_err(BatchError::from);
            if found.is_ok() {
                break;
            }
        }
        folder.keep(*block, &found?)?;
    }
    folder.tidy()?;
    let tables = finish(&description, &folder, out, format)?;
    Ok(Done { computed: 0, found: description.evaluations, tables })
}

/// Keeps the parts of blocks as they come.
fn keep_each(
    folder: &mut Folder,
    description: &Description,
    blocks: Receiver<(usize, Vec<Evaluated>)>,
) -> Result<(), BatchError> {
    for (block, evaluated) in blocks {
        folder.keep(block, &encoded(description, &evaluated)?)?;
    }
    Ok(())
}

/// The part of some evaluations.
fn encoded(description: &Description, evaluated: &[Evaluated]) -> Result<Vec<u8>, BatchError> {
    let column = |column| Numbers { column, values: Vec::with_capacity(evaluated.len()) };
    let mut rows =
        Rows { numbers: description.columns().into_iter().map(column).collect(), ..Rows::default() };
    for one in evaluated {
        rows.number.push(i64::try_from(one.number).unwrap_or(i64::MAX));
        rows.cell.push(i64::try_from(one.point.cell).unwrap_or(i64::MAX));
        rows.set.push(one.point.set.word());
        rows.status.push(one.figures.as_ref().map_or_else(Failure::word, |_| SOLVED));
        rows.message.push(one.figures.as_ref().err().map(Failure::message));
        let (inputs, figures) = rows.numbers.split_at_mut(description.inputs.len());
        let known = |value: &f64| Some(*value).filter(|value| value.is_finite());
        for (position, column) in inputs.iter_mut().enumerate() {
            column.values.push(one.inputs.get(position).and_then(known));
        }
        for (position, column) in figures.iter_mut().enumerate() {
            let found = one.figures.as_ref().ok().and_then(|found| found.get(position));
            column.values.push(found.and_then(known));
        }
    }
    let encode = |what| WriteError::Encode { file: "a part".to_owned(), what };
    rows.bytes().map_err(|what| encode(what).into())
}

/// Sums up and writes the results.
fn finish(
    description: &Description,
    folder: &Folder,
    out: &Path,
    format: Format,
) -> Result<Vec<Table>, BatchError> {
    let stored = Stored { folder: out, digests: folder.digests() };
    let tables = Summary::new(description, &stored).tables()?;
    let mut files: Vec<Artefact> = match format {
        Format::Iamc => vec![iamc::of_quantiles(&description_head(description), &tables).file(Format::Csv)?],
        _ => table::files(&tables, format, &description.json())?,
    };
    let stamp = BatchStamp {
        plan: description,
        plan_sha256: sha256(description.json().as_bytes()),
        parts: folder.digests().values().cloned().collect(),
        results: files.iter().map(|file| (file.name.clone(), file.sha256())).collect(),
    };
    let json = serde_json::to_value(&stamp).unwrap_or_default();
    files.push(Artefact::text("batch.json", format!("{json:#}\n")));
    table::write(out, &files)?;
    Ok(tables)
}

/// What an IAMC table says of where it comes from.
fn description_head(description: &Description) -> iamc::Head {
    iamc::Head {
        model: format!("zollverein {}", description.version),
        scenario: description.title.clone(),
        year: description.year,
    }
}
