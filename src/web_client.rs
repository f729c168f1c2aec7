//! A client of a node's own interface: for `tributary status`, and for benchmarks.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, header};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::exit::Failure;

/// Largest answer that is read, in bytes: a page of a list has 50 KB, a bundle at most this.
const ANSWER_BYTES_MAX: usize = replication::bundle::BUNDLE_BYTES_MAX;

/// One connection to a node's interface; one request at a time.
pub struct WebClient {
    sender: SendRequest<Body>,
    host: String,
    credential: Option<(HeaderName, HeaderValue)>,
}

/// What was answered.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it says that there is more than it could hold.
    pub is_partial: bool,
    cookie: Option<String>,
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::failed("web-client", error)
}

impl WebClient {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
        tokio::spawn(async move {
            // The request that was under way says what went wrong.
            let _ = connection.await;
        });
        Ok(Self { sender, host: address.to_string(), credential: None })
    }

    /// Connects as somebody who has logged in.
    pub async fn connect_with_cookie(address: SocketAddr, cookie: &str) -> Result<Self, Failure> {
        let value = HeaderValue::from_str(cookie).map_err(failed)?;
        Ok(Self { credential: Some((header::COOKIE, value)), ..Self::connect(address).await? })
    }

    /// Connects as somebody who holds a key.
    pub async fn connect_with_key(address: SocketAddr, key: &str) -> Result<Self, Failure> {
        let value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(failed)?;
        Ok(Self { credential: Some((header::AUTHORIZATION, value)), ..Self::connect(address).await? })
    }

    /// Logs in, and gives the cookie of the session.
    pub async fn log_in(&mut self, username: &str, password: &str, store: &str) -> Result<String, Failure> {
        let body = serde_json::json!({ "username": username, "password": password, "store": store });
        let answer = self.send(Method::POST, "/api/v1/session", Some(body.to_string().as_bytes())).await?;
        match answer.cookie.clone().filter(|_| answer.status == 200) {
            Some(cookie) => Ok(cookie),
            None => Err(failed(format!("log-in: {}", answer.text()))),
        }
    }

    /// Sends a request with a JSON body, if any, and waits for the whole answer.
    pub async fn send(&mut self, method: Method, path: &str, body: Option<&[u8]>) -> Result<Answer, Failure> {
        let headers: &[_] = match body {
            Some(_) => &[(header::CONTENT_TYPE, "application/json")],
            None => &[],
        };
        self.send_with(method, path, headers, body).await
    }

    /// Sends a form as a page does; a cell that saves itself says that it wants a `part` of a page only.
    pub async fn submit(
        &mut self,
        path: &str,
        form: &str,
        part: Option<&'static str>,
    ) -> Result<Answer, Failure> {
        let mut headers = vec![(header::CONTENT_TYPE, "application/x-www-form-urlencoded")];
        headers.extend(part.map(|part| (HeaderName::from_static("x-part"), part)));
        self.send_with(Method::POST, path, &headers, Some(form.as_bytes())).await
    }

    /// Sends a file.
    pub async fn upload(&mut self, path: &str, file: Vec<u8>) -> Result<Answer, Failure> {
        let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
        self.send_with(Method::POST, path, &kind, Some(&file)).await
    }

    /// Asks for what is there, compressed; the body stays so.
    pub async fn compressed(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send_with(Method::GET, path, &[(header::ACCEPT_ENCODING, "gzip")], None).await
    }

    async fn send_with(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &'static str)],
        body: Option<&[u8]>,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if let Some((name, value)) = &self.credential {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_vec()));
        self.sender.ready().await.map_err(failed)?;
        let answer = self.sender.send_request(request.body(body).map_err(failed)?).await.map_err(failed)?;
        let cookie = answer.headers().get(header::SET_COOKIE).and_then(|value| value.to_str().ok());
        let cookie = cookie.and_then(|value| value.split(';').next()).map(str::to_owned);
        let is_partial = answer.headers().contains_key(http_api::PARTIAL);
        let status = answer.status().as_u16();
        let body =
            axum::body::to_bytes(Body::new(answer.into_body()), ANSWER_BYTES_MAX).await.map_err(failed)?;
        Ok(Answer { status, body: body.to_vec(), is_partial, cookie })
    }
}

impl Answer {
    /// The body as text, for messages.
    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    /// The same for a form that was carried out: pages answer with where to go on.
    pub fn expect_done(self) -> Result<(), Failure> {
        match self.status {
            303 => Ok(()),
            _ => Err(failed(self.text())),
        }
    }

    /// The body, if the request was carried out.
    pub fn expect_success(self) -> Result<Vec<u8>, Failure> {
        match self.status {
            200..=299 => Ok(self.body),
            _ => Err(failed(self.text())),
        }
    }
}
