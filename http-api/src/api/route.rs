//! The table of addresses. Each entry says what it takes, what it gives and what it does; the router and the
//! description of the API are both made from the table, so that neither knows an address the other does not.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use crdt_store::{DocumentId, Failure, Rejection, Snapshot, Timestamp, Txn, ViewRead};
use domain::{Caller, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::input::{self, BODY_BYTES_MAX, Empty, Ids, Precondition};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::openapi::shape::{self, Description};
use crate::state::AppState;

/// Set to `true` on the answer to an update that was based on an earlier version and has been merged.
pub(crate) const MERGED: &str = "tributary-merged";
/// How many rows a file has, its heading not counted.
pub(crate) const ROW_COUNT: &str = "tributary-row-count";

/// One address and method.
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// The path, with parameters in braces.
    pub(crate) path: &'static str,
    /// The noun it belongs to.
    pub(crate) tag: &'static str,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    /// Whether nobody has to be logged in.
    pub(crate) open: bool,
    /// Whether it is refused on a site.
    pub(crate) central_only: bool,
    /// Its parameters.
    pub(crate) query: fn() -> Description,
    /// Its body.
    pub(crate) body: Option<fn() -> Description>,
    /// What it answers when all is well.
    pub(crate) reply: Reply,
    /// Codes of its own, besides those that any address may answer.
    pub(crate) codes: &'static [&'static str],
    handler: MethodRouter<AppState>,
}

/// What is answered when all is well.
#[derive(Clone, Copy)]
pub(crate) enum Reply {
    /// JSON, with this status.
    Json(u16, fn() -> Description),
    /// Nothing.
    Nothing,
    /// Something of this media type.
    Media(&'static str),
}

impl Route {
    fn new<H, A>(
        method: Method,
        path: &'static str,
        tag: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<A, AppState>,
        A: 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).expect("a method of HTTP");
        Self {
            method,
            path,
            tag,
            summary,
            open: false,
            central_only: false,
            query: shape::describe::<Empty>,
            body: None,
            reply: Reply::Nothing,
            codes: &[],
            handler: axum::routing::on(filter, handler),
        }
    }

    /// An address whose handler is written out; says what it takes and gives by the methods that follow.
    pub(crate) fn raw<H, A>(
        method: Method,
        path: &'static str,
        tag: &'static str,
        summary: &'static str,
        handler: H,
    ) -> Self
    where
        H: Handler<A, AppState>,
        A: 'static,
    {
        Self::new(method, path, tag, summary, handler)
    }

    /// Its parameters.
    pub(crate) fn asks<Q: Serialize + DeserializeOwned>(mut self) -> Self {
        self.query = shape::describe::<Q>;
        self
    }

    /// Nobody has to be logged in.
    pub(crate) fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// It is refused on a site; the handler sees to it.
    pub(crate) fn central_only(mut self) -> Self {
        self.central_only = true;
        self
    }

    /// Its body.
    pub(crate) fn takes<C: Serialize + DeserializeOwned>(mut self) -> Self {
        self.body = Some(shape::describe::<C>);
        self
    }

    /// Its answer as JSON.
    pub(crate) fn gives<T: Serialize + DeserializeOwned>(mut self, status: u16) -> Self {
        self.reply = Reply::Json(status, shape::describe::<T>);
        self
    }

    /// Its answer as something else.
    pub(crate) fn media(mut self, kind: &'static str) -> Self {
        self.reply = Reply::Media(kind);
        self
    }

    /// Codes of its own.
    pub(crate) fn codes(mut self, codes: &'static [&'static str]) -> Self {
        self.codes = codes;
        self
    }

    /// The path as the router knows it: it cannot tell `{id}.automerge` from `{id}`, so the server puts a slash there.
    fn routed_path(&self) -> String {
        self.path.replace("}.automerge", "}/automerge")
    }
}

/// The router of a table.
pub(crate) fn router(table: Vec<Route>) -> Router<AppState> {
    table.into_iter().fold(Router::new(), |router, route| router.route(&route.routed_path(), route.handler))
}

/// What a question has at hand: one moment of the store, and who asks.
pub(crate) struct Ask<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) visitor: &'a Visitor,
    pub(crate) read: &'a Snapshot,
    pub(crate) ids: &'a Ids,
}

/// A question without its types: from parameters to JSON. One handler serves all questions; a handler for each would
/// be compiled a hundred times.
type Look = Arc<dyn Fn(&Ask<'_>, &Uri) -> Result<Vec<u8>, Problem> + Send + Sync>;

/// Something to read, answered as JSON from one snapshot. What is about one document, `{id}`, has its version as an
/// entity tag.
///
/// `M` is the shape of the reply as a client reads it; `T` is what is written, often the same.
pub(crate) fn query<Q, M, T>(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    run: fn(&Ask<'_>, Q) -> Result<T, Problem>,
) -> Route
where
    Q: Serialize + DeserializeOwned + 'static,
    M: Serialize + DeserializeOwned,
    T: Serialize + 'static,
{
    let look: Look = Arc::new(move |ask, uri| {
        let reply = run(ask, input::parameters::<Q>(uri)?)?;
        serde_json::to_vec(&reply).map_err(unwritable)
    });
    let is_document = path.ends_with("/{id}");
    let handler = move |State(state): State<AppState>,
                        visitor: Visitor,
                        ids: Ids,
                        uri: Uri,
                        headers: HeaderMap| async move {
        looked(&state, &visitor, &ids, &uri, &headers, is_document, &look)
    };
    Route::new(Method::GET, path, tag, summary, handler).asks::<Q>().gives::<M>(200)
}

fn looked(
    state: &AppState,
    visitor: &Visitor,
    ids: &Ids,
    uri: &Uri,
    headers: &HeaderMap,
    is_document: bool,
    look: &Look,
) -> Result<Response, Problem> {
    let read = state.snapshot()?;
    let reply = look(&Ask { state, visitor, read: &read, ids }, uri)?;
    let tag = if is_document { read.header(ids.id)?.as_ref().map(input::etag) } else { None };
    let known = headers.get(header::IF_NONE_MATCH).map(HeaderValue::as_bytes);
    match tag.as_deref() {
        Some(tag) if known == Some(tag.as_bytes()) => {
            Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), Some(tag)))
        }
        tag => Ok(tagged(json_text(StatusCode::OK, reply), tag)),
    }
}

/// In which store a command is given.
pub(crate) enum Place<C> {
    /// In none: central data, which the central server alone changes.
    Central,
    /// In the store that the body names.
    Named(fn(&C) -> DocumentId),
    /// In the store that the subject belongs to.
    Of(fn(&Ask<'_>) -> Result<DocumentId, Problem>),
}

/// The same, without the type of the body.
#[derive(Clone, Copy)]
enum Ground {
    Central,
    Named,
    Of(fn(&Ask<'_>) -> Result<DocumentId, Problem>),
}

/// A command read from a body, without its types: its reply is JSON.
struct Prepared {
    /// The store that the body names.
    store: Option<DocumentId>,
    run: Box<dyn FnOnce(&mut Txn<'_>, &Caller, &Ids) -> Result<String, Failure> + Send>,
}

type Prepare = Arc<dyn Fn(&HeaderMap, &[u8]) -> Result<Prepared, Problem> + Send + Sync>;

/// What is done to many members of a collection at once, and makes none.
const ACTS: [&str; 3] = ["/move", "/put-back", "/hold"];

/// Something to do: a command of the domain, carried out by the node in its next transaction.
///
/// A command on a collection makes something and is answered with 201; one on a subject is answered with 200, or 204
/// when there is nothing to say. `If-Match` is honoured where there is a subject, `Idempotency-Key` everywhere.
pub(crate) fn command<C, T>(
    method: Method,
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    place: Place<C>,
    run: fn(&mut Txn<'_>, &Caller, &Ids, &C) -> Result<T, Failure>,
) -> Route
where
    C: Serialize + DeserializeOwned + Send + 'static,
    T: Serialize + DeserializeOwned + 'static,
{
    let makes = method == Method::POST && !path.contains('{') && !ACTS.iter().any(|act| path.ends_with(act));
    let is_unit = std::any::TypeId::of::<T>() == std::any::TypeId::of::<()>();
    let (ground, named) = match place {
        Place::Central => (Ground::Central, None),
        Place::Named(store) => (Ground::Named, Some(store)),
        Place::Of(store) => (Ground::Of(store), None),
    };
    let prepare: Prepare = Arc::new(move |headers, body| {
        let command: C = input::command(headers, body)?;
        let store = named.map(|store| store(&command));
        let carried_out = move |txn: &mut Txn<'_>, caller: &Caller, ids: &Ids| -> Result<String, Failure> {
            let reply = run(txn, caller, ids, &command)?;
            serde_json::to_string(&reply)
                .map_err(|error| Rejection::new("reply-unreadable", error.to_string()).into())
        };
        Ok(Prepared { store, run: Box::new(carried_out) })
    });
    let handler = move |State(state): State<AppState>, visitor: Visitor, ids: Ids, request: Request| {
        carry_out(state, visitor, ids, request, ground, makes, prepare)
    };
    let route = Route::new(method, path, tag, summary, handler).takes::<C>();
    let route = if matches!(ground, Ground::Central) { route.central_only() } else { route };
    if is_unit { route } else { route.gives::<T>(if makes { 201 } else { 200 }) }
}

async fn carry_out(
    state: AppState,
    visitor: Visitor,
    ids: Ids,
    request: Request,
    ground: Ground,
    makes: bool,
    prepare: Prepare,
) -> Result<Response, Problem> {
    if matches!(ground, Ground::Central) {
        require_central(&state)?;
    }
    let (parts, body) = request.into_parts();
    input::parameters::<Empty>(&parts.uri)?;
    let body = input::body(&parts.headers, body, BODY_BYTES_MAX).await?;
    let prepared = prepare(&parts.headers, &body)?;
    let caller = caller_of(&state, &visitor, &ids, ground, prepared.store)?;
    let key = input::idempotency(&parts.headers, visitor.user(), &parts.method, &parts.uri, &body)?;
    let precondition = Precondition::of(&parts.headers)?;
    let stale = precondition.is_stale(state.snapshot()?.header(ids.id)?.as_ref());
    let subject = ids.clone();
    let reply = state
        .node()
        .execute(key, visitor.author(), move |txn| {
            precondition.check(txn.header(subject.id)?.as_ref())?;
            (prepared.run)(txn, &caller, &subject)
        })
        .await?;
    let tag = state.snapshot()?.header(ids.id)?.as_ref().map(input::etag);
    let mut response = tagged(answer(&parts.uri, makes, reply), tag.as_deref());
    if stale {
        response.headers_mut().insert(MERGED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn caller_of(
    state: &AppState,
    visitor: &Visitor,
    ids: &Ids,
    ground: Ground,
    named: Option<DocumentId>,
) -> Result<Caller, Problem> {
    match ground {
        Ground::Central => Ok(visitor.central_caller()),
        Ground::Named => visitor.caller_in(named),
        Ground::Of(store) => {
            let read = state.snapshot()?;
            let store = store(&Ask { state, visitor, read: &read, ids })?;
            visitor.caller_in(Some(store))
        }
    }
}

/// Refuses on a site what the central server alone may do, before anything else is looked at.
pub(crate) fn require_central(state: &AppState) -> Result<(), Problem> {
    match state.role() {
        Role::Central => Ok(()),
        Role::Site => Err(domain::reject::central_only().into()),
    }
}

/// The answer to a command: where it made something, that thing's address.
fn answer(uri: &Uri, makes: bool, reply: String) -> Response {
    if reply == "null" {
        return StatusCode::NO_CONTENT.into_response();
    }
    let made: serde_json::Value = serde_json::from_str(&reply).unwrap_or_default();
    let mut response =
        json_text(if makes { StatusCode::CREATED } else { StatusCode::OK }, reply.into_bytes());
    if let (true, Some(id)) = (makes, made.get("id").and_then(serde_json::Value::as_str)) {
        let collection = uri.path().trim_end_matches("/issue");
        let location = HeaderValue::try_from(format!("{collection}/{id}"));
        location
            .into_iter()
            .for_each(|location| drop(response.headers_mut().insert(header::LOCATION, location)));
    }
    response
}

fn unwritable(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "a reply cannot be written as JSON");
    Problem::advised("internal-error", "The answer cannot be written")
}

/// A response of JSON. What one person may see is not for a cache that others use.
pub(crate) fn json<T: Serialize>(status: StatusCode, reply: &T) -> Result<Response, Problem> {
    Ok(json_text(status, serde_json::to_vec(reply).map_err(unwritable)?))
}

fn json_text(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "private, no-cache")];
    (status, headers, body).into_response()
}

fn tagged(mut response: Response, tag: Option<&str>) -> Response {
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// A table as it is written to a file.
pub(crate) struct Sheet {
    writer: csv::Writer<Vec<u8>>,
    rows: usize,
}

/// Most rows of a file: a store's history of years; about 40 MB.
const SHEET_ROWS_MAX: usize = 200_000;
/// By which Excel knows that a file is UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Sheet {
    /// A table with this heading.
    pub(crate) fn new(heading: &[&str]) -> Result<Self, Problem> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(heading).map_err(|error| Problem::advised("internal-error", error))?;
        Ok(Self { writer, rows: 0 })
    }

    /// Adds a row. A text that a spreadsheet would take for a formula is written as text.
    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) -> Result<(), Problem> {
        self.rows += 1;
        if self.rows > SHEET_ROWS_MAX {
            let detail = format!("A file has at most {SHEET_ROWS_MAX} rows");
            return Err(Problem::advised("export-too-large", detail));
        }
        let written = self.writer.write_record(cells.iter().map(Cell::written));
        written.map_err(|error| Problem::advised("internal-error", error))
    }

    fn response(self, name: &str) -> Result<Response, Problem> {
        let rows = self.rows;
        let body = self.writer.into_inner().map_err(|error| Problem::advised("internal-error", error))?;
        let mut response = [BYTE_ORDER_MARK, &body].concat().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(ROW_COUNT, HeaderValue::from(rows));
        let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
        disposition.into_iter().for_each(|value| drop(headers.insert(header::CONTENT_DISPOSITION, value)));
        Ok(response)
    }
}

/// A cell of a table.
pub(crate) enum Cell {
    /// What somebody typed.
    Text(String),
    /// A number, a date, a word of ours.
    Plain(String),
}

impl Cell {
    /// What somebody typed.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// What somebody typed, or nothing.
    pub(crate) fn maybe(text: Option<&String>) -> Self {
        Self::Text(text.cloned().unwrap_or_default())
    }

    /// A number, a date, a word of ours.
    pub(crate) fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    /// The same, or nothing.
    pub(crate) fn plain_or_empty(value: Option<impl ToString>) -> Self {
        Self::Plain(value.map(|value| value.to_string()).unwrap_or_default())
    }

    /// An instant, as RFC 3339.
    pub(crate) fn instant(time: Timestamp) -> Self {
        let time = jiff::Timestamp::from_millisecond(time.as_millis());
        Self::Plain(time.map(|time| time.to_string()).unwrap_or_default())
    }

    /// A word of ours, as JSON writes it.
    pub(crate) fn word(word: &impl Serialize) -> Self {
        let word = serde_json::to_value(word).unwrap_or_default();
        Self::Plain(word.as_str().unwrap_or_default().to_owned())
    }

    fn written(&self) -> Vec<u8> {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
                format!("'{text}").into_bytes()
            }
            Self::Text(text) | Self::Plain(text) => text.clone().into_bytes(),
        }
    }
}

/// A list as a file: the same filter as the list, all rows.
pub(crate) fn sheet<Q>(
    path: &'static str,
    tag: &'static str,
    summary: &'static str,
    run: fn(&Ask<'_>, Q) -> Result<Sheet, Problem>,
) -> Route
where
    Q: Serialize + DeserializeOwned + 'static,
{
    let name = path.rsplit('/').next().unwrap_or("list.csv");
    let write: Write = Arc::new(move |ask, uri| run(ask, input::parameters::<Q>(uri)?));
    let handler = move |State(state): State<AppState>, visitor: Visitor, ids: Ids, uri: Uri| async move {
        // All rows of a list may take a second: not on a thread that answers others meanwhile.
        let written = tokio::task::spawn_blocking(move || {
            let read = state.snapshot()?;
            write(&Ask { state: &state, visitor: &visitor, read: &read, ids: &ids }, &uri)?.response(name)
        });
        written.await.map_err(|_| Problem::advised("internal-error", "The file could not be written"))?
    };
    Route::new(Method::GET, path, tag, summary, handler)
        .asks::<Q>()
        .media("text/csv")
        .codes(&["export-too-large"])
}

type Write = Arc<dyn Fn(&Ask<'_>, &Uri) -> Result<Sheet, Problem> + Send + Sync>;

/// Every page of a list, one after the other.
pub(crate) fn all_pages<T>(
    mut page: impl FnMut(&domain::query::PageRequest) -> Result<domain::query::Page<T>, Failure>,
    mut visit: impl FnMut(T) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut request = input::page(Some(input::PAGE_ROWS_MAX), None)?;
    loop {
        let found = page(&request)?;
        found.rows.into_iter().try_for_each(&mut visit)?;
        match found.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula_and_a_negative_number_stays_one() {
        assert_eq!(Cell::text("=1+1").written(), b"'=1+1");
        assert_eq!(Cell::text("@cmd").written(), b"'@cmd");
        assert_eq!(Cell::plain(-5).written(), b"-5");
        assert_eq!(Cell::text("Amoxicillin 500 mg").written(), b"Amoxicillin 500 mg");
    }
}
