//! Work that takes long: it is begun, watched as a stream of events, and stopped.

use crate::web::fault::Fault;
use crate::web::turns::Way;
use axum::http::StatusCode;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use zollverein_negotiation::talks::Watch;

/// How many jobs are remembered; beyond it the oldest one that is done is forgotten.
const REMEMBERED: usize = 8;

/// The jobs of a server.
#[derive(Default)]
pub struct Jobs {
    last: AtomicUsize,
    known: Mutex<BTreeMap<usize, Arc<Job>>>,
    /// Where jobs let short work pass.
    way: Arc<Way>,
}

/// One job.
#[derive(Default)]
pub struct Job {
    done: AtomicUsize,
    total: AtomicUsize,
    stopped: AtomicBool,
    /// What a negotiation tells of itself; unused by other work.
    pub watch: Arc<Watch>,
    way: Arc<Way>,
    result: Mutex<Option<Value>>,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// So many steps of so many (0: not known yet).
    Working(usize, usize),
    /// What came of it: `{"result": …}`, or `{"error": …}`.
    Done(Value),
}

impl Job {
    /// A job that lets short work pass before each of its steps.
    fn on(way: &Arc<Way>) -> Self {
        let before = Arc::clone(way);
        let watch = Arc::new(Watch::waiting(move || before.give()));
        Self { watch, way: Arc::clone(way), ..Self::default() }
    }

    /// To be told before each step how many there are; whether to go on. It lets short work pass.
    pub fn step(&self, total: usize) -> bool {
        self.total.store(total, Ordering::Relaxed);
        if !self.is_stopped() {
            self.way.give();
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        !self.is_stopped()
    }

    /// Asks it to stop before its next step.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.watch.stop();
    }

    /// Whether it has been asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Says what came of it.
    pub fn finish(&self, result: Value) {
        if let Ok(mut held) = self.result.lock() {
            *held = Some(result);
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        match self.result.lock().ok().and_then(|result| result.clone()) {
            Some(result) => Progress::Done(result),
            None => {
                let (solved, of) = self.watch.solved();
                let done = self.done.load(Ordering::Relaxed).max(solved);
                Progress::Working(done, self.total.load(Ordering::Relaxed).max(of.unwrap_or(0)))
            }
        }
    }

    fn is_done(&self) -> bool {
        matches!(self.progress(), Progress::Done(_))
    }
}

impl Jobs {
    /// No job so far; those to come let short work pass.
    pub fn on(way: Arc<Way>) -> Self {
        Self { way, ..Self::default() }
    }

    /// A new job and its number.
    ///
    /// # Errors
    /// Too many go on.
    pub fn begin(&self) -> Result<(usize, Arc<Job>), Fault> {
        let mut known = self.known.lock().map_err(|_| Fault::own("the list of jobs is broken"))?;
        if known.len() >= REMEMBERED {
            let oldest = known.iter().find(|(_, job)| job.is_done()).map(|(number, _)| *number);
            let Some(oldest) = oldest else {
                return Err(Fault::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too much goes on at once; stop something",
                ));
            };
            known.remove(&oldest);
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let job = Arc::new(Job::on(&self.way));
        known.insert(number, Arc::clone(&job));
        Ok((number, job))
    }

    /// A job by its number.
    pub fn find(&self, number: usize) -> Option<Arc<Job>> {
        self.known.lock().ok()?.get(&number).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_stopped_takes_no_further_step() {
        let jobs = Jobs::default();
        let (number, job) = jobs.begin().expect("room");
        assert!(job.step(4) && job.step(4));
        assert_eq!(job.progress(), Progress::Working(2, 4));
        jobs.find(number).expect("it is known").stop();
        assert!(!job.step(4));
        job.finish(Value::Null);
        assert_eq!(job.progress(), Progress::Done(Value::Null));
    }

    #[test]
    fn jobs_that_go_on_are_never_forgotten_and_there_are_only_so_many() {
        let jobs = Jobs::default();
        let begun: Vec<_> = (0..REMEMBERED).map(|_| jobs.begin().expect("room")).collect();
        assert!(jobs.begin().is_err());
        begun[3].1.finish(Value::Null);
        assert!(jobs.begin().is_ok());
        assert!(jobs.find(begun[3].0).is_none() && jobs.find(begun[0].0).is_some());
    }
}
