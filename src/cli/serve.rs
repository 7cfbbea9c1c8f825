//! `zollverein serve`: the workbench, a page on this machine alone.

use crate::cli::Serve;
use crate::cli::output::Output;
use crate::web::{PAGE_IS_BUILT, Server, Settings, StartError};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Serves the page until nobody has asked for a while.
pub fn serve(arguments: &Serve, output: Output) -> anyhow::Result<()> {
    let idle = Some(arguments.idle_minutes).filter(|minutes| *minutes > 0);
    let settings = Settings {
        port: arguments.port,
        scenarios: arguments.scenarios.clone(),
        data: arguments.data.clone(),
        workspace: arguments.workspace.clone(),
        results: arguments.results.clone(),
        page: arguments.page.clone(),
        map: arguments.map.clone(),
        idle: idle.map(|minutes| Duration::from_secs(minutes * 60)),
    };
    let server = Server::start(&settings).map_err(|error| match error {
        StartError::Input(problems) => anyhow::Error::new(problems),
        error => anyhow::Error::new(error),
    })?;
    let link = server.link();
    if !PAGE_IS_BUILT && arguments.page.is_none() {
        output.say("The page is not in this program: `make web` builds it, `make build` puts it in.");
    }
    output.data(&format!("{link}\n"))?;
    output.say("Open this link in a browser on this machine; it works once. Ctrl-C ends the server.");
    output.say(&format!("Proposals are kept in {}.", folder(&arguments.workspace)));
    if !arguments.no_open && !show(&link) {
        output.say("No browser could be started.");
    }
    server.run()?;
    output.say("Nobody has asked for a while: the server has ended.");
    Ok(())
}

fn folder(path: &PathBuf) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string()
}

/// Asks the system to open a link; whether it could be asked.
fn show(link: &str) -> bool {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
