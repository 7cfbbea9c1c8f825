//! Who is let in: nobody from elsewhere, no page of another origin, and no one without the key.

use crate::web::fault::Fault;
use axum::body::Body;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Request, Response, StatusCode};
use std::net::SocketAddr;
use std::sync::Mutex;

/// What every answer carries: nothing inline, nothing from elsewhere, kept nowhere.
const HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    (header::CACHE_CONTROL, "no-store"),
];

/// The largest body of a request, in bytes.
pub const LARGEST_BODY: usize = 1 << 20;

/// The key of a server, and where it stands.
pub struct Guard {
    address: SocketAddr,
    /// The key that the page's cookie holds.
    key: String,
    /// What the link that opens the page ends in; gone once it was used.
    ticket: Mutex<Option<String>>,
}

impl Guard {
    /// A guard with a new key.
    pub fn new(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self { address, key: random()?, ticket: Mutex::new(Some(random()?)) })
    }

    /// What the link ends in; empty once it was used.
    pub fn ticket(&self) -> String {
        self.ticket.lock().map_or_else(|_| String::new(), |ticket| ticket.clone().unwrap_or_default())
    }

    /// Takes the ticket of the link, once; the cookie to be set.
    pub fn admit(&self, shown: &str) -> Option<String> {
        let mut ticket = self.ticket.lock().ok()?;
        if !ticket.as_ref().is_some_and(|known| same(known.as_bytes(), shown.as_bytes())) {
            return None;
        }
        *ticket = None;
        Some(format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie(), self.key))
    }

    /// The cookie's name; ports share cookies, so each server has its own.
    fn cookie(&self) -> String {
        format!("zollverein_{}", self.address.port())
    }

    /// Whether a request is let in.
    ///
    /// # Errors
    /// The fault that it is answered with.
    pub fn check(&self, request: &Request<Body>) -> Result<(), Fault> {
        let headers = request.headers();
        self.is_meant(request)?;
        if ![Method::GET, Method::POST, Method::DELETE].contains(request.method()) {
            return Err(Fault::new(StatusCode::METHOD_NOT_ALLOWED, "only GET, POST and DELETE are answered"));
        }
        let opens = request.uri().path().starts_with("/open/") && request.method() == Method::GET;
        self.is_own(headers, opens)?;
        if !opens && !self.has_key(headers) {
            return Err(Fault::new(
                StatusCode::UNAUTHORIZED,
                "the key is missing: open the link that the server printed; it works once",
            ));
        }
        if request.method() == Method::POST {
            is_json(headers)?;
        }
        match length(headers)? {
            Some(length) if length > LARGEST_BODY as u64 => Err(too_large()),
            _ => Ok(()),
        }
    }

    /// Whether the request names this server, and no other that points here.
    fn is_meant(&self, request: &Request<Body>) -> Result<(), Fault> {
        let port = self.address.port();
        let own = |name: &str| name == format!("127.0.0.1:{port}") || name == format!("localhost:{port}");
        let named: Vec<Option<&str>> =
            request.headers().get_all(header::HOST).iter().map(|value| value.to_str().ok()).collect();
        let [Some(host)] = named.as_slice() else {
            return Err(Fault::new(StatusCode::BAD_REQUEST, "a request names one host"));
        };
        let authority = request.uri().authority().is_none_or(|authority| own(authority.as_str()));
        if own(host) && authority {
            return Ok(());
        }
        Err(Fault::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!("this server is http://127.0.0.1:{port} and answers to no other name"),
        ))
    }

    /// Whether the request comes from this server's page or from no page at all.
    fn is_own(&self, headers: &HeaderMap, opens: bool) -> Result<(), Fault> {
        let port = self.address.port();
        let own = [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")];
        let origin = headers
            .get_all(header::ORIGIN)
            .iter()
            .all(|origin| own.iter().any(|own| origin.as_bytes() == own.as_bytes()));
        let site = headers
            .get_all("sec-fetch-site")
            .iter()
            .all(|site| opens || [&b"same-origin"[..], b"none"].contains(&site.as_bytes()));
        if origin && site {
            return Ok(());
        }
        Err(Fault::new(StatusCode::FORBIDDEN, "requests from pages of another origin are not answered"))
    }

    fn has_key(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie();
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(key, value)| key == name && same(value.as_bytes(), self.key.as_bytes()))
    }
}

/// Puts the headers on an answer.
pub fn dress(response: &mut Response<Body>) {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
}

/// The fault of a body that is too large.
pub fn too_large() -> Fault {
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a request holds at most {LARGEST_BODY} bytes"))
}

fn is_json(headers: &HeaderMap) -> Result<(), Fault> {
    let types: Vec<&HeaderValue> = headers.get_all(header::CONTENT_TYPE).iter().collect();
    let plain = |value: &HeaderValue| {
        let said = value.to_str().unwrap_or("").to_ascii_lowercase();
        let mut parts = said.split(';').map(str::trim);
        parts.next() == Some("application/json") && parts.all(|part| part == "charset=utf-8")
    };
    if types.len() == 1 && plain(types[0]) && headers.get(header::CONTENT_ENCODING).is_none() {
        return Ok(());
    }
    Err(Fault::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON: Content-Type: application/json"))
}

fn length(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|value| value.parse().ok());
    number.map(Some).ok_or_else(|| Fault::new(StatusCode::BAD_REQUEST, "Content-Length is no number"))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |gap, (a, b)| gap | (a ^ b)) == 0
}

/// 128 random bits of the operating system, in hexadecimal.
fn random() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard() -> Guard {
        Guard::new(SocketAddr::from(([127, 0, 0, 1], 4711))).expect("random bytes")
    }

    #[test]
    fn the_ticket_is_taken_once_and_no_other() {
        let guard = guard();
        let ticket = guard.ticket();
        assert_eq!(ticket.len(), 32);
        assert!(guard.admit("0").is_none() && guard.admit("").is_none());
        let cookie = guard.admit(&ticket).expect("the ticket of the link");
        assert!(cookie.starts_with("zollverein_4711=") && cookie.contains("HttpOnly; SameSite=Strict"));
        assert!(guard.admit(&ticket).is_none() && guard.admit("").is_none());
    }

    #[test]
    fn the_key_is_told_from_a_part_of_it_and_from_another_servers() {
        let guard = guard();
        let with = |cookie: String| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(&cookie).expect("a header"));
            guard.has_key(&headers)
        };
        assert!(with(format!("a=b; zollverein_4711={}", guard.key)));
        assert!(!with(format!("zollverein_4711={}", &guard.key[..31])));
        assert!(!with(format!("zollverein_4712={}", guard.key)));
    }
}
