//! The workbench: a server on this machine alone, for the page that a negotiating team uses.
//!
//! [`Server::start`] takes a port, a lock on the folder of proposals and a random key; [`Server::run`]
//! answers until nobody has asked for a while. Answers are those of the command line: one serialiser
//! makes both. `guard` says who is let in, `desk` what is answered.

mod answer;
mod answers;
pub mod asked;
mod desk;
mod fault;
mod figures;
mod forms;
mod guard;
mod jobs;
mod listen;
mod openapi;
mod page;
mod results;
mod routes;
mod sound;
mod sure;
mod talks;
mod turns;
mod workspace;

use desk::Desk;
use guard::Guard;
use jobs::Jobs;
use page::Page;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use turns::Turns;
use workspace::Workspace;

pub use page::BUILT as PAGE_IS_BUILT;
pub use sound::read as read_request;

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The port on 127.0.0.1; 0: any that is free.
    pub port: u16,
    /// The folder of scenarios to begin from.
    pub scenarios: PathBuf,
    /// The data folder, in the place of those that scenarios name.
    pub data: Option<PathBuf>,
    /// The folder in which proposals are kept; made if need be.
    pub workspace: PathBuf,
    /// The folder whose folders are batches that can be opened; it need not be there.
    pub results: PathBuf,
    /// A folder with a built page, in the place of the one inside the program.
    pub page: Option<PathBuf>,
    /// A map (`TopoJSON`), in the place of the one of the page.
    pub map: Option<PathBuf>,
    /// After how long without a request the server stops; `None`: never.
    pub idle: Option<Duration>,
}

/// Why no server could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The input is at fault.
    #[error(transparent)]
    Input(#[from] zollverein_model::problem::Problems),
    /// Another server uses the folder of proposals.
    #[error(
        "another server uses the folder of proposals {folder}{at}. Use that one, stop it, or name another folder: \
         --workspace DIR"
    )]
    InUse {
        /// The folder.
        folder: String,
        /// Where it listens, in words, if it said.
        at: String,
    },
    /// The port is taken.
    #[error(
        "port {port} of this machine cannot be used: {source}. Name another: --port 0 takes any that is free"
    )]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The operating system said no.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What it said.
        source: std::io::Error,
    },
}

/// What the routes answer from.
struct Site {
    guard: Guard,
    desk: Arc<Desk>,
    jobs: Jobs,
    page: Page,
    /// Who works when.
    turns: Turns,
    /// How many are at the desk or wait for it.
    places: Arc<Semaphore>,
}

/// How many requests may be at the desk or wait for it.
const PLACES: usize = 64;

/// A server that holds its port and its folder.
pub struct Server {
    site: Arc<Site>,
    runtime: tokio::runtime::Runtime,
    listener: TcpListener,
    address: SocketAddr,
    idle: Option<Duration>,
}

impl Server {
    /// Takes the port and the folder of proposals, and makes the key.
    ///
    /// # Errors
    /// [`StartError`] naming the port, the folder or the file.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let system = |what: &str| {
            let what = what.to_owned();
            move |source| StartError::System { what, source }
        };
        let page = Page::new(settings.page.as_deref(), settings.map.as_deref())?;
        let workspace = Workspace::open(&settings.workspace)?;
        let desk = Desk::new(&settings.scenarios, settings.data.as_deref(), workspace, &settings.results)?;
        let turns = Turns::on(std::thread::available_parallelism().map_or(2, std::num::NonZero::get));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(turns.at_once())
            .build()
            .map_err(system("the server cannot be set up"))?;
        let port = settings.port;
        let listener = runtime
            .block_on(TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))))
            .map_err(|source| StartError::Port { port, source })?;
        let address = listener.local_addr().map_err(system("the port is not known"))?;
        desk.workspace.say_where(address);
        let guard = Guard::new(address).map_err(system("no random key can be made"))?;
        let site = Site {
            guard,
            desk: Arc::new(desk),
            jobs: Jobs::on(Arc::clone(&turns.way)),
            page,
            turns,
            places: Arc::new(Semaphore::new(PLACES)),
        };
        Ok(Self { site: Arc::new(site), runtime, listener, address, idle: settings.idle })
    }

    /// The link that opens the page; it works once.
    #[must_use]
    pub fn link(&self) -> String {
        format!("http://{}/open/{}", self.address, self.site.guard.ticket())
    }

    /// Answers until nobody has asked for the time that the settings name.
    ///
    /// # Errors
    /// What the operating system says where no connection can be taken any more.
    pub fn run(self) -> std::io::Result<()> {
        let router = routes::router(Arc::clone(&self.site));
        self.runtime.block_on(listen::listen(self.listener, router, self.idle))
    }
}
