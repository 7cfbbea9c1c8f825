//! Takes connections: a limited number, each with limited time to say what it wants.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

/// How many connections are held at once.
const CONNECTIONS: usize = 512;
/// How long a client may take over the head of a request, and a connection may wait for the next.
const PATIENCE: Duration = Duration::from_secs(8);
/// The largest head of a request, in bytes.
const LARGEST_HEAD: usize = 32 * 1024;

/// Answers until nobody has connected for a while, if a time is named.
///
/// # Errors
/// What the system says where no connection can be taken any more.
pub async fn listen(listener: TcpListener, router: Router, idle: Option<Duration>) -> std::io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut last = Instant::now();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
        let stream = loop {
            // while someone is connected, nobody has left
            let nobody = places.available_permits() + 1 >= CONNECTIONS;
            let end = match idle {
                Some(idle) if nobody => last + idle,
                Some(idle) => Instant::now() + idle.min(PATIENCE),
                None => Instant::now() + PATIENCE,
            };
            match timeout_at(end, listener.accept()).await {
                Ok(Ok((stream, _))) => break stream,
                // a client that has gone, or too many open files: others may still come
                Ok(Err(_)) => sleep(Duration::from_millis(20)).await,
                Err(_) if !nobody => last = Instant::now(),
                Err(_) if idle.is_some_and(|idle| last.elapsed() >= idle) => return Ok(()),
                Err(_) => {}
            }
        };
        last = Instant::now();
        // small answers go out at once
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(LARGEST_HEAD);
            // what goes wrong with one connection is that client's business
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(place);
        });
    }
}
