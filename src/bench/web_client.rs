//! A client for benchmarks: one connection, one request at a time, as little work as possible beside the server's.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::exit::Failure;

/// A connection to a node's API.
pub struct WebClient {
    stream: BufReader<TcpStream>,
    host: String,
    cookie: Option<String>,
}

/// What was answered.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    cookie: Option<String>,
}

impl WebClient {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_string(), cookie: None })
    }

    /// Connects as somebody who has logged in.
    pub async fn connect_as(address: SocketAddr, cookie: &str) -> Result<Self, Failure> {
        let client = Self::connect(address).await?;
        Ok(Self { cookie: Some(cookie.to_owned()), ..client })
    }

    /// Logs in, and gives the cookie of the session.
    pub async fn log_in(&mut self, username: &str, password: &str, store: &str) -> Result<String, Failure> {
        let body = serde_json::json!({ "username": username, "password": password, "store": store });
        let answer = self.send("POST", "/api/v1/session", Some(body.to_string().as_bytes())).await?;
        let cookie = answer.cookie.clone();
        self.cookie.clone_from(&cookie);
        match cookie.filter(|_| answer.status == 200) {
            Some(cookie) => Ok(cookie),
            None => Err(Failure::failed("benchmark", format!("log-in: {}", answer.text()))),
        }
    }

    /// Sends a request and waits for the whole answer.
    pub async fn send(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> Result<Answer, Failure> {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nOrigin: http://{}\r\n", self.host, self.host);
        if let Some(cookie) = &self.cookie {
            request.push_str(&format!("Cookie: {cookie}\r\n"));
        }
        if let Some(body) = body {
            request
                .push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body.unwrap_or_default());
        self.stream.get_mut().write_all(&bytes).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer, Failure> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| Failure::failed("benchmark", "not an HTTP answer"))?;
        let (mut length, mut chunked, mut cookie) = (0, false, None);
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap_or(0),
                "transfer-encoding" => chunked = value == "chunked",
                "set-cookie" => cookie = value.split(';').next().map(str::to_owned),
                _ => {}
            }
        }
        let body = if chunked { self.chunks().await? } else { self.exactly(length).await? };
        Ok(Answer { status, body, cookie })
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let length = usize::from_str_radix(line.trim(), 16)
                .map_err(|_| Failure::failed("benchmark", "not a chunked answer"))?;
            body.append(&mut self.exactly(length).await?);
            self.line().await?;
            if length == 0 {
                return Ok(body);
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }

    async fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await? == 0 {
            return Err(Failure::failed("benchmark", "the server closed the connection"));
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Answer {
    /// The body as text, for messages.
    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    /// The body, if the request was carried out.
    pub fn expect_success(self) -> Result<Vec<u8>, Failure> {
        match self.status {
            200..=299 => Ok(self.body),
            _ => Err(Failure::failed("benchmark", self.text())),
        }
    }
}
