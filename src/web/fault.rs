//! What a request is refused with: a status, a sentence, and the problems of the input.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use zollverein_batch::BatchError;
use zollverein_model::engine::SolveError;
use zollverein_model::problem::{Place, Problems};

/// A refusal.
#[derive(Debug)]
pub struct Fault {
    status: StatusCode,
    what: String,
    problems: Problems,
}

impl Fault {
    /// A refusal with a status and a sentence.
    pub fn new(status: StatusCode, what: impl Into<String>) -> Self {
        Self { status, what: what.into(), problems: Problems::new() }
    }

    /// What is asked for does not exist.
    pub fn unknown(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, what)
    }

    /// One value of a request is at fault.
    pub fn of(place: &str, what: &str, remedy: &str) -> Self {
        Problems::one(Place::file(place), what, remedy).into()
    }

    /// The program itself is at fault.
    pub fn own(what: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, what)
    }

    /// The refusal as JSON.
    pub fn json(&self) -> Value {
        let problems: Vec<Value> = self
            .problems
            .as_slice()
            .iter()
            .map(|problem| {
                json!({
                    "place": problem.place.file,
                    "line": problem.place.line,
                    "column": problem.place.column,
                    "what": problem.what,
                    "remedy": problem.remedy,
                })
            })
            .collect();
        json!({ "error": self.what, "problems": problems })
    }
}

impl From<Problems> for Fault {
    fn from(problems: Problems) -> Self {
        let what = problems.to_string();
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, what, problems }
    }
}

impl From<BatchError> for Fault {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Input(problems) => problems.into(),
            other => Self::own(other.to_string()),
        }
    }
}

impl From<SolveError> for Fault {
    fn from(error: SolveError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.json().to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
