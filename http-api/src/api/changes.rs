//! What changed: a feed to poll, and a stream to listen to. Both speak of documents by id; their content is read at
//! its own address.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use crdt_store::{Class, DocumentId, Scope, Snapshot, ViewRead};
use domain::ScopeKind;
use futures_util::stream::{self, Stream, StreamExt};
use replication::Event;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::documents::may_see;
use super::input::{self, Bare, PAGE_ROWS_MAX};
use super::route::{Ask, Route, query};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::state::AppState;

const TAG: &str = "Changes";
/// A proxy closes what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Event streams open at once: each costs a task and a buffer; browsers open one per window.
const LISTENERS_MAX: u64 = 256;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Since {
    #[serde(default)]
    since: Option<u64>,
    #[serde(default)]
    limit: Option<u32>,
}

/// Documents that changed, in the order of their latest change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Changes {
    rows: Vec<Change>,
    /// What to ask for next.
    next: u64,
    /// Whether there is more at this moment.
    more: bool,
}

/// A document that changed; however often, it is here once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Change {
    /// Position of its latest change in this node's log.
    seq: u64,
    /// Its kind.
    class: Class,
    /// The document.
    id: DocumentId,
}

fn sees(visitor: &Visitor, scope: &Scope) -> bool {
    may_see(visitor, ScopeKind::of(scope))
}

fn since(read: &Snapshot, visitor: &Visitor, after: u64, limit: usize) -> Result<Changes, Problem> {
    let mut found: Vec<(u64, DocumentId)> = Vec::new();
    for scope in read.scopes()?.iter().filter(|scope| sees(visitor, scope)) {
        found.extend(read.scope_log_after(scope, after, limit + 1)?);
    }
    found.sort_unstable();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = if more { found.last().map_or(after, |(seq, _)| *seq) } else { read.head_seq()?.max(after) };
    let mut rows = Vec::with_capacity(found.len());
    for (seq, id) in found {
        rows.extend(read.header(id)?.map(|header| Change { seq, class: header.class, id }));
    }
    Ok(Changes { rows, next, more })
}

fn changes(ask: &Ask<'_>, wish: &Since) -> Result<Changes, Problem> {
    let limit = input::page(wish.limit, None)?.limit.unwrap_or(PAGE_ROWS_MAX as usize);
    let after = wish.since.unwrap_or(0);
    let head = ask.read.head_seq()?;
    if after > head {
        let detail = format!("This node's log ends at {head}, and {after} lies beyond it");
        return Err(Problem::advised("unknown-position", detail));
    }
    since(ask.read, ask.visitor, after, limit)
}

/// What is sent when documents changed.
#[derive(Serialize)]
struct Changed {
    seq: u64,
    classes: Vec<Class>,
    documents: Vec<DocumentId>,
}

/// An open stream, counted.
struct Listener {
    state: AppState,
    visitor: Visitor,
    events: broadcast::Receiver<Event>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.state.metrics().listeners().fetch_sub(1, Ordering::Relaxed);
    }
}

async fn events(
    State(state): State<AppState>,
    visitor: Visitor,
    _: Bare,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last =
        headers.get("last-event-id").map(|id| id.to_str().ok().and_then(|id| id.trim().parse::<u64>().ok()));
    let last = match last {
        Some(None) => {
            return Err(Problem::advised(
                "invalid-header",
                "Last-Event-ID is the id of an event of this stream",
            ));
        }
        Some(Some(id)) => Some(id),
        None => None,
    };
    if state.metrics().listeners().fetch_add(1, Ordering::Relaxed) >= LISTENERS_MAX {
        state.metrics().listeners().fetch_sub(1, Ordering::Relaxed);
        return Err(Problem::advised("busy", "Too many event streams are open").retry_after(30));
    }
    // Listening begins before the past is read, so that nothing falls between; what is in both is said twice.
    let events = state.node().subscribe();
    let listener = Listener { state, visitor, events };
    let past = last.map(|after| past(&listener, after)).transpose()?;
    let stream = stream::iter(past).chain(future(listener)).map(Ok::<_, Infallible>);
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// What was missed since an event, as one; or the request to look at everything anew.
fn past(listener: &Listener, after: u64) -> Result<Message, Problem> {
    let read = listener.state.snapshot()?;
    let head = read.head_seq()?;
    if after > head {
        return Ok(reset(head));
    }
    let missed = since(&read, &listener.visitor, after, PAGE_ROWS_MAX as usize)?;
    if missed.more {
        return Ok(reset(head));
    }
    let mut classes: Vec<_> = missed.rows.iter().map(|row| row.class.clone()).collect();
    classes.sort();
    classes.dedup();
    let documents = missed.rows.into_iter().map(|row| row.id).collect();
    Ok(message("changed", Some(missed.next), &Changed { seq: missed.next, classes, documents }))
}

fn reset(seq: u64) -> Message {
    message("reset", Some(seq), &serde_json::json!({ "seq": seq }))
}

fn message(name: &str, id: Option<u64>, data: &impl Serialize) -> Message {
    let message = Message::default().event(name);
    let message = message.data(serde_json::to_string(data).unwrap_or_default());
    id.into_iter().fold(message, |message, id| message.id(id.to_string()))
}

fn future(listener: Listener) -> impl Stream<Item = Message> {
    stream::unfold(listener, |mut listener| async move {
        loop {
            let message = match listener.events.recv().await {
                Ok(event) => describe(&listener, &event),
                Err(RecvError::Lagged(_)) => Some(reset(listener.state.node().status().head_seq)),
                Err(RecvError::Closed) => return None,
            };
            if let Some(message) = message {
                return Some((message, listener));
            }
        }
    })
}

/// An event as the listener may know it; nothing when it is not about what they see.
fn describe(listener: &Listener, event: &Event) -> Option<Message> {
    match event {
        Event::Committed(committed) => {
            let read = listener.state.snapshot().ok()?;
            let seen = |id: &DocumentId| {
                let header = read.header(*id).ok().flatten()?;
                sees(&listener.visitor, &header.scope).then_some((*id, header.class))
            };
            let (documents, mut classes): (Vec<_>, Vec<_>) =
                committed.documents.iter().filter_map(seen).unzip();
            classes.sort();
            classes.dedup();
            let changed = Changed { seq: committed.seq, classes, documents };
            (!changed.documents.is_empty()).then(|| message("changed", Some(committed.seq), &changed))
        }
        Event::PeerChanged { device } => {
            Some(message("sync", None, &serde_json::json!({ "device": device })))
        }
        Event::Refused(refused) => {
            let told = serde_json::json!({ "document": refused.document, "code": refused.code, "here": refused.here });
            Some(message("refused", None, &told))
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        query::<Since, Changes, _>(
            "/api/v1/changes",
            TAG,
            "Documents that changed since a position of this node's log",
            |ask, wish| changes(ask, &wish),
        )
        .codes(&["unknown-position"]),
        Route::raw(
            Method::GET,
            "/api/v1/events",
            TAG,
            "Events as they happen (server-sent): changed, sync, refused, reset; takes Last-Event-ID",
            events,
        )
        .media("text/event-stream")
        .codes(&["busy", "invalid-header"]),
    ]
}
