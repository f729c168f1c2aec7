//! A node's web interface: a port, and what comes in by it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use http_api::AppState;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::exit::Failure;

/// How long open pages may keep the web interface when the node stops; their streams would never end by themselves.
const GOODBYE_MAX: Duration = Duration::from_secs(1);
/// By when the headers of a request have come, on a new connection or on one that waits for its next request. Whoever
/// opens connections and says nothing holds them no longer.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Connections at once: browsers of a large warehouse, six each. More wait in the listener's queue.
const CONNECTIONS_MAX: usize = 512;
/// After the system refused a connection (no file descriptor is left), how long before the next is asked for.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// A node's open web interface.
pub struct Interface {
    /// Where it answers.
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Interface {
    /// Opens the interface of a node.
    pub fn open(listener: TcpListener, state: AppState) -> Result<Self, Failure> {
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let task = tokio::spawn(accept(listener, http_api::router(state), stopping));
        Ok(Self { address, stop, task })
    }

    /// Its address for a browser.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes it: requests under way are answered, streams are cut.
    pub async fn close(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GOODBYE_MAX, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// Takes connections until told to stop; then lets those under way finish.
async fn accept(listener: TcpListener, router: Router, mut stopping: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let open = GracefulShutdown::new();
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        let accepted = tokio::select! {
            // An error means that whoever could say so is gone: stop too.
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = open.watch(connection(stream, from, router.clone()));
                tokio::spawn(async move {
                    // A browser that goes away is no failure of the server.
                    let _ = connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the web interface could not be taken");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
    drop(listener);
    open.shutdown().await;
}

fn connection(
    stream: TcpStream,
    from: SocketAddr,
    router: Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> {
    // Without it, small answers wait for the acknowledgement of the last; a stream that refuses it works all the same.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(ConnectInfo(from));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .serve_connection(TokioIo::new(stream), service)
}

/// Takes a web port, saying what to do when it is taken: `port` and `ip` are the options that choose another.
pub async fn listen(address: SocketAddr, port: &str, ip: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| Failure::socket("http", address, &error, port, ip))
}
