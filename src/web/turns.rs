//! Who works when: what answers a slider, and long work, on the same cores.
//!
//! What is short takes one of as many turns as there are cores. Long work has turns and threads of its
//! own, so that nothing short ever waits behind it, and lets what is short pass between its evaluations.

use crate::web::fault::Fault;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How many long works go on at once beyond one for each core; the others wait.
const LONG_BEYOND: usize = 2;
/// How long after something short the way is left free: a slider that moves asks again at once.
const QUIET: Duration = Duration::from_millis(120);
/// Under a slider that never rests one evaluation of long work is let through in this time, so that it goes on.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The turns of a server.
#[derive(Clone)]
pub struct Turns {
    /// One for each short work at once.
    pub short: Arc<Semaphore>,
    /// One for each long work at once.
    pub long: Arc<Semaphore>,
    /// Where long work lets short work pass.
    pub way: Arc<Way>,
    threads: usize,
    at_once: usize,
}

impl Turns {
    /// The turns of a machine of so many cores.
    pub fn on(cores: usize) -> Self {
        let long = cores + LONG_BEYOND;
        Self {
            short: Arc::new(Semaphore::new(cores)),
            long: Arc::new(Semaphore::new(long)),
            way: Arc::default(),
            threads: cores,
            at_once: cores + long,
        }
    }

    /// How much goes on at once, short and long.
    pub const fn at_once(&self) -> usize {
        self.at_once
    }

    /// Does long work on threads that it has for itself: those of all are left to what is short, and one
    /// long work never has to end another's before its own.
    ///
    /// # Errors
    /// What the work says, or that the system gives no threads.
    pub fn apart<T: Send>(&self, work: impl FnOnce() -> Result<T, Fault> + Send) -> Result<T, Fault> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        pool.map_err(|error| Fault::own(format!("there are no threads for this work: {error}")))?
            .install(work)
    }
}

/// Lets what is short pass.
#[derive(Debug, Default)]
pub struct Way {
    state: Mutex<Traffic>,
    free: Condvar,
}

/// What is short and goes on, when the last of it ended, and when long work was last let through all the same.
#[derive(Debug, Default)]
struct Traffic {
    passing: usize,
    last: Option<Instant>,
    let_through: Option<Instant>,
}

impl Traffic {
    /// How long the way is taken at least; `None` where it is free.
    fn taken(&self) -> Option<Duration> {
        if self.passing > 0 {
            return Some(LONGEST_WAIT);
        }
        QUIET.checked_sub(self.last?.elapsed()).filter(|left| !left.is_zero())
    }
}

/// Short work that goes on, until it is dropped.
pub struct Passing(Arc<Way>);

impl Drop for Passing {
    fn drop(&mut self) {
        let mut traffic = self.0.traffic();
        traffic.passing -= 1;
        traffic.last = Some(Instant::now());
        drop(traffic);
        self.0.free.notify_all();
    }
}

impl Way {
    /// Says that something short goes on.
    pub fn pass(self: &Arc<Self>) -> Passing {
        self.traffic().passing += 1;
        Passing(Arc::clone(self))
    }

    /// Waits until the way is free, or it is this evaluation's turn to go on all the same.
    pub fn give(&self) {
        let begun = Instant::now();
        let mut traffic = self.traffic();
        while let Some(taken) = traffic.taken() {
            let due = traffic.let_through.map_or(begun, |last| last.max(begun)) + LONGEST_WAIT;
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                traffic.let_through = Some(Instant::now());
                return;
            }
            let waited = self.free.wait_timeout(traffic, taken.min(left));
            traffic = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn long_work_waits_while_something_short_goes_on_and_goes_on_after_it() {
        let way = Arc::new(Way::default());
        way.give(); // nothing goes on: it does not wait
        let passed = Arc::new(AtomicBool::new(false));
        let passing = way.pass();
        let waiting = {
            let (way, passed) = (Arc::clone(&way), Arc::clone(&passed));
            std::thread::spawn(move || {
                way.give();
                passed.load(Ordering::SeqCst)
            })
        };
        std::thread::sleep(Duration::from_millis(20));
        passed.store(true, Ordering::SeqCst);
        drop(passing);
        assert!(waiting.join().expect("it ends"), "it went on before the short work was done");
    }

    #[test]
    fn long_work_goes_on_under_a_slider_that_never_rests() {
        let way = Arc::new(Way::default());
        let _passing = way.pass();
        way.give();
    }

    #[test]
    fn of_all_long_work_one_evaluation_at_a_time_goes_on_under_a_slider_that_never_rests() {
        let way = Arc::new(Way::default());
        let _passing = way.pass();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| way.give());
            }
        });
        assert!(begun.elapsed() >= 2 * LONGEST_WAIT, "both were let through at once");
    }

    #[test]
    fn each_long_work_has_threads_of_its_own() {
        let turns = Turns::on(2);
        let threads = turns.apart(|| Ok(rayon::current_num_threads()));
        assert_eq!(threads.expect("there are threads"), 2);
        // two works of which each waits for the other: on shared threads one would never begin
        let (here, there) = (Arc::new(std::sync::Barrier::new(2)), turns.clone());
        let meet = Arc::clone(&here);
        let met = |barrier: &std::sync::Barrier| {
            barrier.wait();
            Ok(())
        };
        let first = std::thread::spawn(move || there.apart(|| met(&meet)));
        turns.apart(|| met(&here)).expect("it ends");
        first.join().expect("no panic").expect("it ends");
    }
}
