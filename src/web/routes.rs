//! Which address answers what.

use crate::web::asked::{
    Brief, Compare, Evaluate, Explain, Keep, Layout, Negotiate, Open, Provenance, Rounds, Sheet,
};
use crate::web::desk::{Desk, Step};
use crate::web::fault::Fault;
use crate::web::guard::{self, LARGEST_BODY};
use crate::web::jobs::{Job, Progress};
use crate::web::turns::Way;
use crate::web::{Site, answer, forms, openapi, results, sound, sure, talks};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue, SET_COOKIE};
use axum::http::{Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response as Answer};
use axum::routing::{get, post};
use futures_util::stream::{self, Stream};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a client may take over the body of a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a job tells how far it is.
const EVERY: Duration = Duration::from_millis(100);

type Desked<T> = Result<T, Fault>;

/// The routes behind the guard.
pub fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/open/{ticket}", get(admit))
        .route("/api/scenarios", get(scenarios))
        .route("/api/schema", get(async || given(&forms::schema())))
        .route("/api/openapi.json", get(async || given(&openapi::description())))
        .route("/api/baseline", get(baseline))
        .route("/api/baseline/{name}", get(baseline_of))
        .route("/api/open", post(open))
        .route("/api/evaluate", post(evaluate))
        .route("/api/compare", post(compare))
        .route("/api/brief", post(brief))
        .route("/api/proposals", post(keep))
        .route("/api/rounds", post(rounds))
        .route("/api/batches", get(batches))
        .route("/api/batches/{name}", get(batch))
        .route("/api/explain", post(explain))
        .route("/api/negotiate", post(negotiate))
        .route("/api/intervals", post(intervals))
        .route("/api/provenance", post(provenance))
        .route("/api/jobs/{number}", get(watch).delete(stop))
        .fallback(get(page).post(async || Fault::unknown("nothing here takes a request")))
        .method_not_allowed_fallback(async || {
            Fault::new(StatusCode::METHOD_NOT_ALLOWED, "this address is asked in another way")
        })
        .layer(from_fn_with_state(Arc::clone(&site), guarded))
        .with_state(site)
}

/// Lets in who may come, and dresses every answer.
async fn guarded(State(site): State<Arc<Site>>, request: Request, next: Next) -> Answer {
    let mut answer = match site.guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(fault) => fault.into_response(),
    };
    guard::dress(&mut answer);
    answer
}

/// Sets the cookie. A page that leads on by itself, and no redirection: after one from another
/// site the browser would keep a strict cookie back.
async fn admit(State(site): State<Arc<Site>>, Path(ticket): Path<String>) -> Answer {
    let Some(cookie) = site.guard.admit(&ticket).and_then(|cookie| HeaderValue::from_str(&cookie).ok())
    else {
        let what = "this link has been used, or is not this server's; start the server again for a new one";
        return Fault::new(StatusCode::FORBIDDEN, what).into_response();
    };
    let page = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>zollverein</title>\
        <meta http-equiv=\"refresh\" content=\"0;url=/\"><p><a href=\"/\">zollverein</a></p></html>\n";
    let mut response = typed("text/html; charset=utf-8", page.as_bytes().to_vec());
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

async fn page(State(site): State<Arc<Site>>, request: Request) -> Answer {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    match site.page.find(&path) {
        Some((kind, bytes)) if !request.uri().path().starts_with("//") => typed(kind, bytes.into_owned()),
        _ => Fault::unknown("there is nothing at this address").into_response(),
    }
}

async fn scenarios(State(site): State<Arc<Site>>) -> Desked<Answer> {
    at_desk(&site, |desk| answer::bytes(&desk.scenarios())).await
}

async fn baseline(State(site): State<Arc<Site>>) -> Desked<Answer> {
    at_desk(&site, |desk| desk.baseline(None)).await
}

async fn baseline_of(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Desked<Answer> {
    at_desk(&site, move |desk| desk.baseline(Some(&name))).await
}

async fn open(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Open = read(request).await?;
    at_desk(&site, move |desk| answer::bytes(&desk.told(&asked.source)?)).await
}

async fn evaluate(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Evaluate = read(request).await?;
    // the page's evaluation draws no bands, and nothing that takes long holds it up
    let answer = match asked.layout {
        Layout::Columns => worked(&site, move |desk| desk.evaluate(&asked, &|_| true)).await?,
        Layout::Rows => worked_while(&site, move |desk, step| desk.evaluate(&asked, step)).await?,
    };
    Ok(typed("application/json", answer))
}

async fn compare(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Compare = read(request).await?;
    let answer = worked_while(&site, move |desk, step| answer::bytes(&desk.compare(&asked, step)?)).await?;
    Ok(typed("application/json", answer))
}

async fn brief(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Brief = read(request).await?;
    let kind = match asked.format {
        Sheet::Html => "text/html; charset=utf-8",
        Sheet::Pdf => "application/pdf",
    };
    Ok(typed(kind, worked_while(&site, move |desk, step| desk.brief(&asked, step)).await?))
}

async fn keep(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Keep = read(request).await?;
    at_desk(&site, move |desk| answer::bytes(&desk.keep(&asked.name, &asked.source)?)).await
}

async fn rounds(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Rounds = read(request).await?;
    let work = move |desk: &Desk, step: &Step<'_>| answer::bytes(&talks::rounds(desk, &asked, step)?);
    Ok(typed("application/json", worked_while(&site, work).await?))
}

async fn batches(State(site): State<Arc<Site>>) -> Desked<Answer> {
    at_desk(&site, |desk| answer::bytes(&results::list(&desk.results))).await
}

async fn batch(State(site): State<Arc<Site>>, Path(name): Path<String>) -> Desked<Answer> {
    at_desk(&site, move |desk| results::opened(&desk.results, &name)).await
}

async fn explain(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Explain = read(request).await?;
    begin(&site, move |desk, job| desk.explain(&asked, &|total| job.step(total)))
}

async fn negotiate(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Negotiate = read(request).await?;
    begin(&site, move |desk, job| talks::negotiate(desk, &asked, Arc::clone(&job.watch)))
}

async fn intervals(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Open = read(request).await?;
    begin(&site, move |desk, job| sure::intervals(desk, &asked, &|total| job.step(total)))
}

async fn provenance(State(site): State<Arc<Site>>, request: Request) -> Desked<Answer> {
    let asked: Provenance = read(request).await?;
    at_desk(&site, move |desk| answer::bytes(&sure::provenance(desk, &asked)?)).await
}

/// Begins a job and tells its number.
fn begin(site: &Site, work: impl FnOnce(&Desk, &Job) -> Desked<Value> + Send + 'static) -> Desked<Answer> {
    let (number, job) = site.jobs.begin()?;
    let desk = Arc::clone(&site.desk);
    let turns = site.turns.clone();
    tokio::spawn(async move {
        let mut coming = std::pin::pin!(Arc::clone(&turns.long).acquire_owned());
        let turn = loop {
            if job.is_stopped() {
                // what waits for its turn ends at once, and leaves its place among the jobs
                return job.finish(Fault::own("stopped").json());
            }
            if let Ok(turn) = tokio::time::timeout(EVERY, &mut coming).await {
                break turn;
            }
        };
        let worker = Arc::clone(&job);
        let work = move || {
            let _turn = turn;
            turns.apart(|| work(&desk, &worker))
        };
        job.finish(match tokio::task::spawn_blocking(work).await {
            Ok(Ok(result)) => json!({ "result": result }),
            Ok(Err(fault)) => fault.json(),
            Err(_) => Fault::own("the work has failed badly").json(),
        });
    });
    let mut answer = given(&json!({ "job": number }));
    *answer.status_mut() = StatusCode::ACCEPTED;
    Ok(answer)
}

/// The events of a job: `progress` with `done` and `total`, and at the end `done` with what came of it.
async fn watch(State(site): State<Arc<Site>>, Path(number): Path<usize>) -> Desked<Answer> {
    let job = site.jobs.find(number).ok_or_else(|| Fault::unknown("there is no such job"))?;
    Ok(Sse::new(events(job)).into_response())
}

fn events(job: Arc<Job>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some((job, true)), async |state| {
        let (job, first) = state?;
        if !first {
            tokio::time::sleep(EVERY).await;
        }
        Some(match job.progress() {
            Progress::Working(done, total) => {
                let told = json!({ "done": done, "total": total }).to_string();
                (Ok(Event::default().event("progress").data(told)), Some((job, false)))
            }
            Progress::Done(result) => (Ok(Event::default().event("done").data(result.to_string())), None),
        })
    })
}

async fn stop(State(site): State<Arc<Site>>, Path(number): Path<usize>) -> Desked<Answer> {
    site.jobs.find(number).ok_or_else(|| Fault::unknown("there is no such job"))?.stop();
    Ok(given(&json!({ "job": number })))
}

/// Reads a request's body within its limits.
async fn read<T: DeserializeOwned>(request: Request) -> Desked<T> {
    let body = tokio::time::timeout(PATIENCE, to_bytes(request.into_body(), LARGEST_BODY)).await;
    let slow = |_| Fault::new(StatusCode::REQUEST_TIMEOUT, "the request took too long to arrive");
    sound::read(&body.map_err(slow)?.map_err(|_| guard::too_large())?)
}

/// What comes of work, as JSON.
async fn at_desk(
    site: &Site,
    work: impl FnOnce(&Desk) -> Desked<Vec<u8>> + Send + 'static,
) -> Desked<Answer> {
    Ok(typed("application/json", worked(site, work).await?))
}

/// Lets short work be done where it holds up nobody, as many at once as the machine has cores; long work
/// lets it pass.
async fn worked(
    site: &Site,
    work: impl FnOnce(&Desk) -> Desked<Vec<u8>> + Send + 'static,
) -> Desked<Vec<u8>> {
    let desk = Arc::clone(&site.desk);
    let way = Arc::clone(&site.turns.way);
    let passing = move || {
        let _passing = way.pass();
        work(&desk)
    };
    seated(site, &site.turns.short, passing).await
}

/// Lets work of many steps be done beside what is short, on threads of its own: it ends when the client
/// has left.
async fn worked_while(
    site: &Site,
    work: impl FnOnce(&Desk, &Step<'_>) -> Desked<Vec<u8>> + Send + 'static,
) -> Desked<Vec<u8>> {
    let left = Left(Arc::new(AtomicBool::new(false)));
    let gone = Arc::clone(&left.0);
    let (desk, turns) = (Arc::clone(&site.desk), site.turns.clone());
    let step = move |way: &Way| {
        let here = || !gone.load(Ordering::Relaxed);
        if here() {
            way.give();
        }
        here()
    };
    let apart = move || turns.apart(|| work(&desk, &|_| step(&turns.way)));
    seated(site, &site.turns.long, apart).await
}

/// Work that takes a place among the requests, waits for its turn, and is then done on a thread.
async fn seated(
    site: &Site,
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> Desked<Vec<u8>> + Send + 'static,
) -> Desked<Vec<u8>> {
    let full = || Fault::new(StatusCode::SERVICE_UNAVAILABLE, "too much is asked at once; ask again");
    let place = Arc::clone(&site.places).try_acquire_owned().map_err(|_| full())?;
    let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| full())?;
    let done = tokio::task::spawn_blocking(move || {
        let _held = (place, turn);
        work()
    });
    done.await.map_err(|_| Fault::own("the work has failed badly; this is a fault of the program"))?
}

/// Says of a request that nobody waits for its answer any more: it is dropped then.
struct Left(Arc<AtomicBool>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn given(value: &Value) -> Answer {
    typed("application/json", value.to_string().into_bytes())
}

fn typed(kind: &'static str, bytes: Vec<u8>) -> Answer {
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
