//! What comes in: parameters, ids, bodies, conditions. Everything is read to the end or refused with a reason.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use crdt_store::{DeviceId, DocumentHeader, DocumentId, Rejection};
use domain::query::PageRequest;
use replication::IdempotencyKey;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::openapi::shape;

/// Largest body of a command: a shipment of 2,000 lines has 200 KB.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;
/// By when a body has come: 100 bytes a second would do.
const BODY_WITHIN: Duration = Duration::from_secs(20);
/// Deepest nesting of a body; no command needs more than five levels.
pub(crate) const JSON_DEPTH_MAX: usize = 32;
/// Most rows of a page: beyond it, answers take longer than people wait.
pub(crate) const PAGE_ROWS_MAX: u32 = 500;
/// Rows of a page where nothing else is asked for: a screen and a bit.
pub(crate) const PAGE_ROWS: u32 = 100;
/// Longest idempotency key, in bytes: a UUID has 36.
const KEY_BYTES_MAX: usize = 128;

/// No parameters, no fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// The assurance that a request has no parameters.
pub(crate) struct Bare;

impl<S: Send + Sync> FromRequestParts<S> for Bare {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        check_names(&parts.uri, &[]).map(|()| Self)
    }
}

/// The ids in the path of a request; those that the path does not have are nil or empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    /// `{id}`: the subject.
    pub(crate) id: DocumentId,
    /// `{line}`: a part of it.
    pub(crate) line: DocumentId,
    /// `{item}`: the part of it that is about this item.
    pub(crate) item: DocumentId,
    /// `{store}`.
    pub(crate) store: DocumentId,
    /// `{device}`.
    pub(crate) device: DeviceId,
    /// `{name}`: a name that is no id.
    pub(crate) name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unreadable = |value: &str| Problem::not_found(&format!("thing as «{value}»: that is no id"));
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::advised("no-such-route", "The address cannot be read"))?;
        let mut ids = Self::default();
        for (name, value) in &params {
            match name {
                "id" => ids.id = value.parse().map_err(|_| unreadable(value))?,
                "line" => ids.line = value.parse().map_err(|_| unreadable(value))?,
                "item" => ids.item = value.parse().map_err(|_| unreadable(value))?,
                "store" => ids.store = value.parse().map_err(|_| unreadable(value))?,
                "device" => ids.device = value.parse().map_err(|_| unreadable(value))?,
                _ => ids.name = value.to_owned(),
            }
        }
        Ok(ids)
    }
}

/// Reads the parameters of a query into a flat struct; a name it does not have is an error, and so is one twice.
pub(crate) fn parameters<Q: DeserializeOwned>(uri: &Uri) -> Result<Q, Problem> {
    check_names(uri, shape::field_names::<Q>())?;
    Query::try_from_uri(uri)
        .map(|Query(query)| query)
        .map_err(|error| unreadable_parameter(&error.body_text()))
}

fn unreadable_parameter(text: &str) -> Problem {
    let detail = text.rsplit_once("string: ").map_or(text, |(_, detail)| detail);
    Problem::advised("invalid-parameter", detail)
}

fn check_names(uri: &Uri, known: &[&str]) -> Result<(), Problem> {
    let pairs: Query<Vec<(String, String)>> =
        Query::try_from_uri(uri).map_err(|error| unreadable_parameter(&error.body_text()))?;
    let mut seen = BTreeSet::new();
    for (name, _) in &pairs.0 {
        if !known.contains(&name.as_str()) {
            let list = if known.is_empty() { "there are none here".to_owned() } else { known.join(", ") };
            let detail = format!("There is no parameter «{name}»; the parameters are: {list}");
            let mut problem = Problem::advised("unknown-parameter", detail);
            problem.parameters.insert("parameter".to_owned(), name.clone());
            return Err(problem);
        }
        if !seen.insert(name) {
            return Err(Problem::advised("invalid-parameter", format_args!("«{name}» is given twice")));
        }
    }
    Ok(())
}

/// Takes the language out of the parameters of a file: `language=fr`.
///
/// # Errors
/// `invalid-parameter` for a language that headings are not written in, or two of them.
pub(crate) fn with_language(uri: &Uri) -> Result<(Option<String>, Uri), Problem> {
    let (mut language, mut rest) = (None, form_urlencoded::Serializer::new(String::new()));
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "language" if language.is_none() && crate::ui::is_language(&value) => {
                language = Some(value.into_owned());
            }
            "language" => return Err(Problem::advised("invalid-parameter", "language is en or fr, once")),
            _ => drop(rest.append_pair(&name, &value)),
        }
    }
    let rest = rest.finish();
    let target = if rest.is_empty() { uri.path().to_owned() } else { format!("{}?{rest}", uri.path()) };
    let uri =
        target.parse().map_err(|_| Problem::advised("invalid-parameter", "The address cannot be read"))?;
    Ok((language, uri))
}

/// The page that parameters ask for.
pub(crate) fn page(limit: Option<u32>, cursor: Option<String>) -> Result<PageRequest, Problem> {
    let limit = limit.unwrap_or(PAGE_ROWS);
    if !(1..=PAGE_ROWS_MAX).contains(&limit) {
        return Err(Problem::advised("invalid-parameter", format_args!("limit is 1 to {PAGE_ROWS_MAX}")));
    }
    Ok(PageRequest { limit: Some(limit as usize), cursor })
}

/// Reads a body whole, up to a limit.
pub(crate) async fn body(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let too_large =
        || Problem::advised("body-too-large", format_args!("At most {bytes_max} bytes are taken here"));
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    // Without an announced length, the limit is met while reading; a connection that broke has nobody to tell.
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, bytes_max)).await {
        Ok(read) => read.map(|bytes| bytes.to_vec()).map_err(|_| too_large()),
        Err(_) => Err(Problem::advised("body-timeout", "The body took too long")),
    }
}

/// Reads a command from a body of JSON; an empty body is an empty object.
pub(crate) fn command<C: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<C, Problem> {
    if body.is_empty() {
        return parse(b"{}");
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let detail = format!("«{kind}» is not application/json");
        return Err(Problem::advised("unsupported-media-type", detail));
    }
    parse(body)
}

fn parse<C: DeserializeOwned>(body: &[u8]) -> Result<C, Problem> {
    if depth(body) > JSON_DEPTH_MAX {
        let detail = format!("The body is nested deeper than {JSON_DEPTH_MAX} levels");
        return Err(Problem::advised("malformed-json", detail));
    }
    // A list would be taken for the fields in their order: nobody means that.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::new("validation", "The body is an object").at(""));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer(error.path());
        unreadable(error.into_inner(), &pointer)
    })?;
    deserializer.end().map_err(|error| unreadable(error, ""))?;
    Ok(parsed)
}

fn unreadable(error: serde_json::Error, pointer: &str) -> Problem {
    match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            // The place in the text helps nobody who has the pointer.
            let detail = text.rsplit_once(" at line ").map_or(text.as_str(), |(detail, _)| detail);
            Problem::new("validation", detail).at(pointer)
        }
        _ => Problem::advised("malformed-json", error),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;

    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// How deeply objects and lists are nested in a text of JSON.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The idempotency key of a request, bound to who sends it, where to, and what.
pub(crate) fn idempotency(
    headers: &HeaderMap,
    user: DocumentId,
    method: &Method,
    uri: &Uri,
    body: &[u8],
) -> Result<Option<IdempotencyKey>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let invalid = || {
        let detail = format!("Idempotency-Key has 1 to {KEY_BYTES_MAX} printable ASCII characters");
        Problem::advised("invalid-header", detail)
    };
    let key = value.to_str().map_err(|_| invalid())?.trim();
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(invalid());
    }
    let mut digest = blake3::Hasher::new_derive_key("tributary 2026 digest of a command over http");
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    for part in [method.as_str().as_bytes(), target.as_bytes(), body] {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let request_digest = *digest.finalize().as_bytes();
    Ok(Some(IdempotencyKey { key: format!("{user}/{key}"), request_digest }))
}

/// What the sender believed the subject's version to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Precondition {
    tag: Option<String>,
    strict: bool,
}

impl Precondition {
    /// Reads `If-Match` and `Prefer: handling=strict`.
    ///
    /// # Errors
    /// `invalid-header` for an `If-Match` that is neither `*` nor entity tags.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let tag = match headers.get(header::IF_MATCH) {
            None => None,
            Some(value) => {
                let is_tag = |tag: &str| tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"');
                let text = value.to_str().unwrap_or_default().trim();
                if text != "*" && !text.split(',').all(|tag| is_tag(tag.trim().trim_start_matches("W/"))) {
                    return Err(Problem::advised("invalid-header", "If-Match is an ETag in quotes, or *"));
                }
                Some(text.to_owned()).filter(|text| text != "*")
            }
        };
        let strict = headers.get_all("prefer").iter().any(|value| {
            value.to_str().is_ok_and(|value| {
                value.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case("handling=strict"))
            })
        });
        Ok(Self { tag, strict })
    }

    /// Whether the subject has changed since the sender read it.
    pub(crate) fn is_stale(&self, header: Option<&DocumentHeader>) -> bool {
        match (&self.tag, header) {
            (None, _) => false,
            (Some(tag), header) => {
                header.is_none_or(|header| !tag.split(',').any(|tag| tag.trim() == etag(header)))
            }
        }
    }

    /// Refuses a stale sender who asked to be refused; others are merged, as two devices would be.
    pub(crate) fn check(&self, header: Option<&DocumentHeader>) -> Result<(), Rejection> {
        match self.strict && self.is_stale(header) {
            true => Err(Rejection::new(
                "stale-heads",
                "it was changed since you read it: read it again and decide anew",
            )),
            false => Ok(()),
        }
    }
}

/// The version of a document as an entity tag: a hash of its heads.
pub(crate) fn etag(header: &DocumentHeader) -> String {
    let mut hasher = blake3::Hasher::new();
    for head in &header.heads {
        hasher.update(&head.0);
    }
    format!("\"{}\"", &hasher.finalize().to_hex()[..32])
}

#[cfg(test)]
mod tests {
    use crdt_store::{ChangeHash, Scope};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Sample {
        lines: Vec<SampleLine>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct SampleLine {
        pack_size: u32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct SampleQuery {
        store_id: Option<DocumentId>,
        limit: Option<u32>,
        active: Option<bool>,
    }

    fn json() -> HeaderMap {
        HeaderMap::from_iter([(
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".parse().expect("a value"),
        )])
    }

    #[test]
    fn what_is_wrong_in_a_body_is_pointed_at() {
        let error = |body: &str| command::<Sample>(&json(), body.as_bytes()).expect_err(body);
        let problem = error(r#"{"lines":[{"packSize":1},{"packSize":"many"}]}"#);
        assert_eq!(
            (problem.code.as_str(), problem.errors[0].pointer.as_str()),
            ("validation", "/lines/1/packSize")
        );
        assert_eq!(error(r#"{"lines":[{"packSize":1,"colour":2}]}"#).errors[0].pointer, "/lines/0/colour");
        assert_eq!(error(r#"{"lines":[}"#).code, "malformed-json");
        assert_eq!(error(r#"{"lines":[]} x"#).code, "malformed-json");
        assert_eq!(error("").code, "validation");
        let nested = format!("{{\"lines\":{}{}}}", "[".repeat(100), "]".repeat(100));
        assert_eq!(error(&nested).code, "malformed-json");
        assert_eq!(
            command::<Sample>(&HeaderMap::new(), b"{}").expect_err("no type").code,
            "unsupported-media-type"
        );
    }

    #[test]
    fn brackets_in_texts_are_not_nesting() {
        assert_eq!(depth(br#"{"a":"[[[[\"[[[","b":[{}]}"#), 3);
    }

    #[test]
    fn parameters_are_known_single_and_readable() {
        let read = |query: &str| parameters::<SampleQuery>(&format!("/x?{query}").parse().expect("a uri"));
        assert_eq!(read("limit=5&active=true").expect("fine").limit, Some(5));
        assert_eq!(read("storeId=00000000-0000-0000-0000-000000000001").expect("fine").active, None);
        let unknown = read("color=red").expect_err("unknown");
        assert_eq!(unknown.code, "unknown-parameter");
        assert!(unknown.detail.contains("storeId, limit, active"), "{}", unknown.detail);
        for query in ["limit=5&limit=6", "limit=many", "active=yes", "storeId=kpu"] {
            assert_eq!(read(query).expect_err(query).code, "invalid-parameter", "{query}");
        }
        assert!(page(Some(0), None).is_err() && page(Some(501), None).is_err() && page(None, None).is_ok());
    }

    #[test]
    fn a_key_is_bound_to_the_request() {
        let headers = HeaderMap::from_iter([(
            "idempotency-key".parse().expect("a name"),
            "k1".parse().expect("a value"),
        )]);
        let key = |user: u8, uri: &str, body: &[u8]| {
            let user = DocumentId::from_bytes([user; 16]);
            let uri = uri.parse().expect("a uri");
            idempotency(&headers, user, &Method::POST, &uri, body).expect("fine").expect("a key")
        };
        let first = key(1, "/a", b"{}");
        assert_eq!(first.request_digest, key(1, "/a", b"{}").request_digest);
        assert_ne!(first.request_digest, key(1, "/b", b"{}").request_digest);
        assert_ne!(first.request_digest, key(1, "/a", b"{ }").request_digest);
        assert_ne!(first.key, key(2, "/a", b"{}").key, "one user's key is not another's");
    }

    #[test]
    fn only_a_strict_and_stale_sender_is_refused() {
        let header = DocumentHeader {
            id: DocumentId::NIL,
            class: "item".to_owned(),
            scope: Scope::new(&[1]).expect("short"),
            heads: vec![ChangeHash([1; 32])],
            last_seq: 1,
        };
        let of = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                (name.parse::<header::HeaderName>().expect("a name"), value.parse().expect("a value"))
            });
            Precondition::of(&pairs.collect())
        };
        assert_eq!(of(&[("if-match", "old")]).expect_err("no quotes").code, "invalid-header");
        let of = |pairs: &[(&str, &str)]| of(pairs).expect("entity tags");
        let tag = etag(&header);
        let current = of(&[("if-match", &tag), ("prefer", "return=minimal, handling=strict")]);
        assert!(current.check(Some(&header)).is_ok());
        let stale = of(&[("if-match", "\"old\""), ("prefer", "handling=strict")]);
        assert_eq!(stale.check(Some(&header)).expect_err("stale").code, "stale-heads");
        let lenient = of(&[("if-match", "\"old\"")]);
        assert!(lenient.is_stale(Some(&header)) && lenient.check(Some(&header)).is_ok());
        assert!(!of(&[]).is_stale(Some(&header)) && !of(&[("if-match", "*")]).is_stale(Some(&header)));
    }
}
