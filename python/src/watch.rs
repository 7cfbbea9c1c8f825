//! Long work: in a thread of its own, with Python's lock released, while this thread looks for Ctrl-C
//! and tells how far the work is.

use crate::error::Fault;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;
use zollverein::batch::Progress;

/// How often signals are looked for.
const LOOK: Duration = Duration::from_millis(50);
/// The stack of the thread that works: that of a program's first thread.
const STACK: usize = 8 << 20;

/// Does some work. `far` says how much is done and of how much; `tell`, a callable of Python, is told.
/// `stop` is called on Ctrl-C, or when `tell` raises, and the work then ends as soon as it can.
pub fn during<T: Send>(
    py: Python<'_>,
    tell: Option<&Py<PyAny>>,
    far: &dyn Fn() -> (usize, Option<usize>),
    stop: &dyn Fn(),
    work: impl FnOnce() -> Result<T, Fault> + Send,
) -> Result<T, Fault> {
    let (sender, mut receiver) = channel::<()>();
    let (mut broken, mut told) = (None, None);
    let result = std::thread::scope(|scope| {
        let worker = Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
            let result = work();
            drop(sender);
            result
        });
        let worker = worker.map_err(|error| Fault::Other(format!("no thread could be begun: {error}")))?;
        while waiting(py, &mut receiver) {
            if broken.is_some() {
                continue;
            }
            let now = far();
            let mut look = || -> PyResult<()> {
                py.check_signals()?;
                if let Some(tell) = tell.filter(|_| told != Some(now)) {
                    told = Some(now);
                    tell.call1(py, now)?;
                }
                Ok(())
            };
            if let Err(error) = look() {
                broken = Some(error);
                stop();
            }
        }
        // the work is over, or it broke off and its end of the channel went with it
        py.detach(|| worker.join()).unwrap_or(Err(Fault::Internal))
    });
    if let Some(error) = broken {
        return Err(error.into());
    }
    if result.is_ok() {
        py.check_signals()?; // pressed since the last look
        if let Some(tell) = tell {
            tell.call1(py, far())?;
        }
    }
    result
}

/// Whether the work goes on after a moment.
fn waiting(py: Python<'_>, receiver: &mut Receiver<()>) -> bool {
    py.detach(move || {
        let receiver: &mut Receiver<()> = receiver;
        receiver.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout)
    })
}

/// Counts evaluations of a batch, and asks it to stop.
#[derive(Debug, Default)]
pub struct Count {
    done: AtomicUsize,
    of: AtomicUsize,
    stop: AtomicBool,
}

impl Count {
    /// How many are done, and of how many.
    pub fn far(&self) -> (usize, Option<usize>) {
        let of = self.of.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed), (of > 0).then_some(of))
    }

    /// Asks the batch to stop.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Progress for Count {
    fn begin(&self, to_compute: usize, found: usize) {
        self.done.store(found, Ordering::Relaxed);
        self.of.store(to_compute + found, Ordering::Relaxed);
    }

    fn one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
