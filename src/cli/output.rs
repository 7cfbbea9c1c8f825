//! How answers leave the program: data on standard output, messages and
//! progress on standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use zollverein_negotiation::talks::Watch;

pub use zollverein_report::{Lean, columns};

/// Some checks failed; the table that says which has been printed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(pub String);

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    quiet: bool,
    /// Whether standard output takes colour: a terminal, and `NO_COLOR` not set.
    pub colour: bool,
}

impl Output {
    /// The program's output; quiet: without messages and progress.
    pub fn new(quiet: bool) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Self { quiet, colour: std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb }
    }

    /// Writes data to standard output.
    pub fn data(self, text: &str) -> anyhow::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Writes data to standard output.
    #[allow(clippy::unused_self)] // all output goes through here
    pub fn bytes(self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()?;
        Ok(())
    }

    /// Writes JSON to standard output, with a last line end.
    pub fn json(self, value: &serde_json::Value) -> anyhow::Result<()> {
        self.data(&format!("{value:#}\n"))
    }

    /// Says something on standard error, unless quiet.
    pub fn say(self, message: &str) {
        if !self.quiet {
            complain(message);
        }
    }

    /// Counts what is done on a terminal; elsewhere nothing is shown.
    pub fn counting(self) -> Counting {
        if self.quiet || !std::io::stderr().is_terminal() {
            return Counting { bar: ProgressBar::hidden() };
        }
        let style = "{wide_bar} {pos} of {len}{msg}, {per_sec}, {eta} left";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Counting { bar: ProgressBar::new(0).with_style(style) }
    }

    /// Shows on a terminal that work goes on, once it has taken a second, until dropped.
    pub fn waiting(self, what: &'static str) -> Waiting {
        if self.quiet || !std::io::stderr().is_terminal() {
            return Waiting { stop: None, thread: None };
        }
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            if stopped.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = ProgressBar::new_spinner().with_style(style).with_message(what);
            bar.enable_steady_tick(Duration::from_millis(120));
            let _ = stopped.recv(); // until the sender is dropped
            bar.finish_and_clear();
        });
        Waiting { stop: Some(stop), thread: Some(thread) }
    }

    /// Shows on a terminal how many equilibria a negotiation has found, until dropped.
    pub fn progress(self, watch: Arc<Watch>) -> Waiting {
        if self.quiet || !std::io::stderr().is_terminal() {
            return Waiting { stop: None, thread: None };
        }
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            let style = |template| {
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
            };
            let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg} ({elapsed})"));
            let mut counted = false;
            while stopped.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
                let (solved, of) = watch.solved();
                if let Some(of) = of.filter(|_| !counted) {
                    bar.set_length(of as u64);
                    bar.set_style(style("{bar:30} {pos} of {len} ({eta} left)"));
                    counted = true;
                }
                bar.set_position(solved as u64);
                let hint = if watch.stopped() { "stopping" } else { "Ctrl-C keeps what is done" };
                bar.set_message(format!("{solved} equilibria found; {hint}"));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        Waiting { stop: Some(stop), thread: Some(thread) }
    }
}

/// Counts evaluations on a terminal, with their rate and the time left.
pub struct Counting {
    bar: ProgressBar,
}

impl Counting {
    /// Begins to count.
    pub fn start(&self, to_do: usize, found: usize) {
        self.bar.set_length(to_do as u64);
        if found > 0 {
            self.bar.set_message(format!(", {found} found finished"));
        }
        self.bar.reset_eta();
    }

    /// Counts one.
    pub fn tick(&self) {
        self.bar.inc(1);
    }

    /// Takes the count away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Writes a message to standard error; if that is closed there is nobody to tell.
pub fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
}

/// Progress that is shown until dropped.
pub struct Waiting {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A number with at most so many decimals, without useless zeros.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_useless_zeros() {
        let shown = [25.0, 7.000_000_000_000_001, 0.126, -0.000_1, 100.0].map(|n| number(n, 2));
        assert_eq!(shown, ["25", "7", "0.13", "0", "100"]);
    }
}
