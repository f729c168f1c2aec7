//! The table of addresses. Each entry says what it takes, what it gives and what it does; the router and the
//! description of the API are both made from the table, so that neither knows an address the other does not.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use crdt_store::{DocumentId, Failure, Rejection, Snapshot, Txn, ViewRead};
use domain::{Caller, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::input::{self, BODY_BYTES_MAX, Empty, Ids, Precondition};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::openapi::shape::{self, Description, Field, Named, Shape};
use crate::sheets::{About, Cell, Column, Format, Writer};
use crate::state::AppState;
use crate::ui;

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
    /// The columns of a file.
    pub(crate) columns: Vec<&'static str>,
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
            columns: Vec::new(),
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

/// The ends of the addresses of a list's files.
macro_rules! files {
    ($stem:literal) => {
        [concat!($stem, ".csv"), concat!($stem, ".xlsx")]
    };
}
pub(crate) use files;

/// Takes the rows of a list, one after the other.
pub(crate) type Take<'a, T> = dyn FnMut(T) -> Result<(), Problem> + 'a;

/// A list as files, CSV and Excel: the same filter as the list, all rows.
///
/// `HEAD` says how many rows there are and writes none of them.
pub(crate) fn sheets<Q, T>(
    paths: [&'static str; 2],
    tag: &'static str,
    columns: &'static [Column<T>],
    run: fn(&Ask<'_>, Q, &mut Take<'_, T>) -> Result<(), Problem>,
) -> [Route; 2]
where
    Q: Serialize + DeserializeOwned + 'static,
    T: 'static,
{
    let walk: Walk = Arc::new(move |ask, uri, take| {
        let wish = input::parameters::<Q>(uri)?;
        run(ask, wish, &mut |row| take(&mut || columns.iter().map(|column| (column.cell)(&row)).collect()))
    });
    let file = File {
        walk,
        columns: columns.iter().map(|column| column.name).collect(),
        of_store: shape::field_names::<Q>().contains(&"storeId"),
    };
    let route = |path: &'static str, format: Format, summary: &'static str| {
        let file = file.clone();
        let handler = move |State(state): State<AppState>,
                            visitor: Visitor,
                            ids: Ids,
                            method: Method,
                            uri: Uri| async move {
            // All rows of a list may take a second: not on a thread that answers others meanwhile.
            let name = path.rsplit('/').next().unwrap_or("list");
            let written = tokio::task::spawn_blocking(move || {
                let read = state.snapshot()?;
                let ask = Ask { state: &state, visitor: &visitor, read: &read, ids: &ids };
                match method == Method::HEAD {
                    true => file.counted(&ask, &uri, format),
                    false => file.written(&ask, &uri, format, name),
                }
            });
            written.await.map_err(|_| Problem::advised("internal-error", "The file could not be written"))?
        };
        let mut route = Route::new(Method::GET, path, tag, summary, handler)
            .media(format.media_type())
            .codes(&["export-too-large"]);
        route.query = || described_file(shape::describe::<Q>());
        route.columns = columns.iter().map(|column| column.name).collect();
        route
    };
    let [csv, xlsx] = paths;
    [
        route(csv, Format::Csv, "The same as a file of comma-separated values, all rows"),
        route(xlsx, Format::Xlsx, "The same as an Excel workbook, all rows"),
    ]
}

/// Makes the cells of a row.
type Cells<'a> = &'a mut dyn FnMut() -> Vec<Cell>;
/// Walks over all rows of a list.
type Walk = Arc<
    dyn Fn(&Ask<'_>, &Uri, &mut dyn FnMut(Cells<'_>) -> Result<(), Problem>) -> Result<(), Problem>
        + Send
        + Sync,
>;

/// The parameters of a list, and the language of the headings of its file.
fn described_file(mut description: Description) -> Description {
    let language = Field {
        name: "language",
        shape: Shape::Optional(Box::new(Shape::Text(None))),
        required: false,
        decimal_as_text: false,
    };
    match &description.root {
        Shape::Named(name) => {
            if let Some(Named::Fields(fields)) = description.named.get_mut(name) {
                fields.push(language);
            }
        }
        _ => debug_assert!(false, "parameters are a struct"),
    }
    description
}

/// A list that can be written to a file, without its types.
#[derive(Clone)]
struct File {
    walk: Walk,
    columns: Vec<&'static str>,
    of_store: bool,
}

impl File {
    fn counted(&self, ask: &Ask<'_>, uri: &Uri, format: Format) -> Result<Response, Problem> {
        let (_, uri) = input::with_language(uri)?;
        let mut rows = 0_usize;
        (self.walk)(ask, &uri, &mut |_| {
            rows += 1;
            Ok(())
        })?;
        let mut response = Response::new(axum::body::Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(ROW_COUNT, HeaderValue::from(rows));
        Ok(response)
    }

    fn written(&self, ask: &Ask<'_>, uri: &Uri, format: Format, name: &str) -> Result<Response, Problem> {
        let (language, uri) = input::with_language(uri)?;
        let heading: Vec<String> = match &language {
            Some(language) => self.columns.iter().map(|name| ui::heading(language, name)).collect(),
            None => self.columns.iter().map(|name| (*name).to_owned()).collect(),
        };
        let stem = name.split('.').next().unwrap_or(name);
        let about = self.about(ask, &uri, language.as_deref().unwrap_or("en"), stem)?;
        let mut writer = Writer::new(format, &heading, about)?;
        (self.walk)(ask, &uri, &mut |cells| writer.row(&cells()))?;
        let rows = writer.rows();
        let name = format!("{stem}-{}.{}", ask.state.today(), format.ending());
        let mut response = attachment(format.media_type(), &name, writer.finish()?);
        response.headers_mut().insert(ROW_COUNT, HeaderValue::from(rows));
        Ok(response)
    }

    fn about(&self, ask: &Ask<'_>, uri: &Uri, language: &str, stem: &str) -> Result<About, Problem> {
        let say = |name: &str| ui::heading(language, name);
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let named = pairs.iter().find(|(name, _)| name == "storeId").and_then(|(_, id)| id.parse().ok());
        let mut facts = vec![(say("list"), Cell::Word(ui::heading(language, stem)))];
        if let Some(store) = named.or(ask.visitor.store()).filter(|_| self.of_store) {
            let row = domain::query::reference::store(ask.read, store)?;
            facts.push((say("store"), Cell::text(format!("{} ({})", row.name, row.code))));
        }
        let filters = pairs.iter().filter(|(name, value)| name != "storeId" && !value.is_empty());
        facts.extend(filters.map(|(name, value)| (format!("{}: {name}", say("filter")), Cell::text(value))));
        facts.push((say("made at"), Cell::Instant(ask.state.now())));
        facts.push((say("made by"), Cell::text(ask.visitor.name())));
        facts.push((say("made on"), Cell::text(&ask.state.settings().system_name)));
        Ok(About { table: ui::heading(language, stem), title: say("about"), facts, rows: Some(say("rows")) })
    }
}

/// A file to be saved under a name.
pub(crate) fn attachment(media_type: &'static str, name: &str, body: Vec<u8>) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    disposition.into_iter().for_each(|value| drop(headers.insert(header::CONTENT_DISPOSITION, value)));
    response
}

/// Gives all rows of a short list.
pub(crate) fn each<T>(rows: impl IntoIterator<Item = T>, take: &mut Take<'_, T>) -> Result<(), Problem> {
    rows.into_iter().try_for_each(take)
}

/// Every page of a list, one after the other.
pub(crate) fn all_pages<T>(
    mut page: impl FnMut(&domain::query::PageRequest) -> Result<domain::query::Page<T>, Failure>,
    take: &mut Take<'_, T>,
) -> Result<(), Problem> {
    let mut request = input::page(Some(input::PAGE_ROWS_MAX), None)?;
    loop {
        let found = page(&request)?;
        each(found.rows, take)?;
        match found.next {
            Some(next) => request.cursor = Some(next),
            None => return Ok(()),
        }
    }
}
