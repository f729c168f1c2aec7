//! Every answer «no», as RFC 9457 problem details with a stable code.
//!
//! Three kinds of failure meet here: a rejection of the domain, the world failing, and a request that cannot be read.
//! All leave the server as `application/problem+json`, with what happened and what to do about it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_store::{Failure, Rejection, StoreError};
use replication::enrolment::EnrolmentRefusal;
use replication::shell::ExecuteError;
use serde::{Deserialize, Serialize};

/// What is known of a code before it happens: its status, its title, and what a caller can do.
pub(crate) struct Known {
    /// The stable code.
    pub(crate) code: &'static str,
    /// The status of the response.
    pub(crate) status: u16,
    /// The same for every occurrence.
    pub(crate) title: &'static str,
    /// What to do about it.
    pub(crate) advice: &'static str,
}

const fn known(code: &'static str, status: u16, title: &'static str, advice: &'static str) -> Known {
    Known { code, status, title, advice }
}

/// The codes of this API. A code of the domain that is not listed is answered with 422.
pub(crate) const KNOWN: &[Known] = &[
    known(
        "malformed-json",
        400,
        "The body is not JSON",
        "Send a JSON document; the detail says where it breaks.",
    ),
    known(
        "unknown-parameter",
        400,
        "Unknown query parameter",
        "Remove it, or correct its name; the detail lists the names.",
    ),
    known("invalid-parameter", 400, "A parameter cannot be read", "Correct the value the detail names."),
    known("invalid-header", 400, "A header cannot be read", "Correct the header the detail names."),
    known(
        "invalid-cursor",
        400,
        "The cursor is not of this list",
        "Begin at the first page again, with the same filters.",
    ),
    known(
        "store-required",
        400,
        "No store chosen",
        "Name a store with the parameter storeId, or choose one at login.",
    ),
    known("unauthenticated", 401, "Not logged in", "Log in, or send a valid bearer token."),
    known(
        "wrong-credentials",
        401,
        "Wrong user name or password",
        "Correct them; the account is never locked, only slowed.",
    ),
    known(
        "lease-expired",
        401,
        "Too long without contact",
        "Connect this device to the network and let it sync with central once.",
    ),
    known(
        "central-only",
        403,
        "Central server only",
        "Do this on the central server; it reaches every site by itself.",
    ),
    known(
        "not-permitted",
        403,
        "Not permitted",
        "Ask an administrator for the permission that the parameters name.",
    ),
    known(
        "read-only-here",
        403,
        "Read-only here",
        "Central sees every store and changes none: do this at the store's own site.",
    ),
    known(
        "wrong-origin",
        403,
        "Request from another origin",
        "Send the request from this server's own pages, or use a bearer token.",
    ),
    known("not-found", 404, "Not found", "Correct the id; it may also belong to a store you cannot see."),
    known("no-such-route", 404, "No such address", "See /api/docs for the addresses there are."),
    known("method-not-allowed", 405, "The address does not do this", "Use a method of the header Allow."),
    known("not-acceptable", 406, "No such representation", "Ask for application/json."),
    known(
        "insufficient-stock",
        409,
        "Not enough stock",
        "Reduce the quantity to what is available, or correct the stock.",
    ),
    known(
        "share-exceeded",
        409,
        "Other devices hold it",
        "Ask for a share, or issue it on the device that holds it; `here` says how much this one holds.",
    ),
    known(
        "share-elsewhere",
        409,
        "Another device's share",
        "Change it on the device that the parameters name: it paid for it with its share.",
    ),
    known(
        "share-none",
        409,
        "Stock that is not shared",
        "Say at central, by the store's `shareKeeper`, which device holds what comes in.",
    ),
    known(
        "wrong-status",
        409,
        "Not at this status",
        "Read the document again and choose an action that its status allows.",
    ),
    known(
        "gs1-check-digit",
        422,
        "The check digit is wrong",
        "Scan again, or type the number below the bars.",
    ),
    known(
        "gs1-unknown-identifier",
        422,
        "Unknown application identifier",
        "Scan again; if it stays so, type the batch and the expiry by hand.",
    ),
    known(
        "gs1-bad-date",
        422,
        "The label says a day that does not exist",
        "Read the day on the box and type it by hand.",
    ),
    known(
        "gs1-bad-value",
        422,
        "A value that its identifier does not allow",
        "Scan again; if it stays so, type it by hand.",
    ),
    known("gs1-truncated", 422, "The label ends too early", "Scan again, the whole symbol in view."),
    known(
        "gs1-duplicate",
        422,
        "The label contradicts itself",
        "Read the box and type the batch and the expiry by hand.",
    ),
    known("on-hold", 409, "On hold", "Release the hold, or choose something else."),
    known(
        "stale-count",
        409,
        "Counted meanwhile",
        "Look at the count that is there now, then send yours again with the new state.",
    ),
    known(
        "counts-differ",
        409,
        "Counted differently on two devices",
        "Decide line by line, or finalise with acceptLatest.",
    ),
    known(
        "below-zero",
        409,
        "More has left than was counted",
        "Count the line again, or say that what left was counted in.",
    ),
    known("nothing-counted", 409, "Nothing has been counted", "Count at least one line first."),
    known(
        "nothing-remains",
        409,
        "Nothing remains to be sent",
        "Say that more is to be given, or cancel a shipment that is not needed.",
    ),
    known(
        "order-limit",
        409,
        "No more orders of this kind in this period",
        "Change one that is not sent yet, wait for the next period, or order in another kind.",
    ),
    known(
        "order-too-long",
        409,
        "More lines than this kind of order may have",
        "Strike some off, or order them in another kind.",
    ),
    known(
        "not-arrived",
        409,
        "A part has not arrived yet",
        "Wait for the next synchronisation of this device, then try again.",
    ),
    known(
        "batch-exists",
        409,
        "The batch is on paper already",
        "Count the stock line that the parameters name.",
    ),
    known(
        "too-many-lines",
        422,
        "Too many lines",
        "Choose a part of the store, such as a location or a programme.",
    ),
    known("duplicate-code", 409, "Taken already", "Choose another code."),
    known("duplicate-id", 409, "Exists already", "Leave the id out, or read the document that has it."),
    known("last-administrator", 409, "The last administrator", "Make another user an administrator first."),
    known("stale-conflict", 409, "Settled meanwhile", "Read the task again and choose among what is there."),
    known(
        "stale-cell",
        409,
        "Written meanwhile",
        "Look at the value that is there now, then send yours again with it as what was there.",
    ),
    known(
        "previous-form-open",
        409,
        "The form before is not finalised",
        "Finalise the form of the period that the parameters name, or throw it away.",
    ),
    known(
        "previous-form-missing",
        409,
        "A form is missing before",
        "Make the form of the period that the parameters name first.",
    ),
    known("form-follows", 409, "A later form exists", "Forms follow each other: make the next one."),
    known(
        "not-confirmed",
        409,
        "Lines are not confirmed",
        "Confirm the line that the pointer names, and the others.",
    ),
    known("negative-quantity", 409, "A quantity is below zero", "Correct the cell that the pointer names."),
    known(
        "does-not-add-up",
        409,
        "The line does not add up",
        "Correct the line that the pointer names: the parameters say what it adds up to.",
    ),
    known(
        "longer-than-period",
        409,
        "More days than the period has",
        "Correct the days out of stock that the pointer names.",
    ),
    known("stale-heads", 412, "Changed meanwhile", "Read it again, decide again, and send its new ETag."),
    known("store-disabled", 409, "The store is closed", "Choose another store, or ask central to open it."),
    known(
        "unknown-site",
        422,
        "No site of that name",
        "Check the spelling of the site's name as it is written at central.",
    ),
    known(
        "wrong-password",
        422,
        "Not the site's password",
        "Type the site's password again; central can give it a new one.",
    ),
    known(
        "site-without-store",
        409,
        "The site has no store",
        "Ask central to give the site a store, then try again.",
    ),
    known(
        "site-already-bound",
        409,
        "The site has its device",
        "Ask central to release the site's device, or to allow several devices.",
    ),
    known(
        "incompatible-version",
        409,
        "No common version",
        "Install the version of Tributary that central runs.",
    ),
    known(
        "already-enrolled",
        409,
        "Enrolled already",
        "This device belongs to a site; use it, or begin with an empty directory.",
    ),
    known("body-timeout", 408, "The body did not come", "Send the whole body within 20 seconds."),
    known(
        "unknown-position",
        410,
        "Not a position of this log",
        "This node began a new log: read everything anew, from position 0.",
    ),
    known("body-too-large", 413, "The body is too large", "Send less at a time."),
    known("uri-too-long", 414, "The address is too long", "Use shorter filters."),
    known("unsupported-media-type", 415, "Not a JSON body", "Send Content-Type: application/json."),
    known("validation", 422, "Not acceptable", "Correct the parts that the pointers name."),
    known("reason-required", 422, "A reason is required", "Choose a reason of the right kind."),
    known("idempotency-key-reused", 422, "Idempotency key reused", "Use a fresh key for another request."),
    known("export-too-large", 422, "Too many rows for one file", "Narrow the filter."),
    known(
        "import-lost",
        410,
        "No such import any more",
        "Send the file again: what was not applied is kept for an hour, and lost when the node starts anew.",
    ),
    known(
        "import-has-errors",
        409,
        "The file has errors",
        "Correct the file, or say that rows with errors are to be left out.",
    ),
    known(
        "import-empty",
        422,
        "Nothing to import",
        "Correct the rows that the errors name, and send the file again.",
    ),
    known(
        "missing-columns",
        422,
        "Columns are missing",
        "Say which column of the file holds each column that is needed.",
    ),
    known("file-empty", 422, "The file is empty", "Send a table whose first row is its heading."),
    known("file-too-large", 413, "The file is too large", "Cut it into several files."),
    known("file-too-many-rows", 422, "Too many rows", "Cut the file into several."),
    known("too-many-columns", 422, "Too many columns", "Leave out the columns that are not imported."),
    known("cell-too-long", 422, "A cell is too long", "Look for a quotation mark that is never closed."),
    known(
        "file-unreadable",
        422,
        "The file cannot be read",
        "Save it as .xlsx, .ods or .csv and send it again.",
    ),
    // Of a row of an import: such codes stand in its preview and in its reply, each with the row's line and column.
    known(
        "missing-value",
        422,
        "An empty cell where something is needed",
        "Fill it in; a template names the columns that are needed.",
    ),
    known("not-a-number", 422, "Not a number", "Write digits, with the decimal mark of the file."),
    known(
        "ambiguous-number",
        422,
        "This can be read as two numbers",
        "Say which decimal mark the file has, with decimalMark.",
    ),
    known("too-fine", 422, "More than three decimals", "Round it to three decimals."),
    known("out-of-range", 422, "More than can be counted", "Correct the number."),
    known("not-a-count", 422, "Not a whole number", "Write a whole number."),
    known("not-a-day", 422, "Not a day", "Write it as 2027-06-30."),
    known(
        "ambiguous-day",
        422,
        "This can be read as two days",
        "Say whether day or month comes first, with dayOrder, or write it as 2027-06-30.",
    ),
    known("not-yes-or-no", 422, "Neither yes nor no", "Write yes or no."),
    known("not-a-text", 422, "Not a text", "Write it as text."),
    known(
        "broken-cell",
        422,
        "The workbook could not calculate a cell",
        "Put the value in place of the formula.",
    ),
    known("unknown-word", 422, "Not a word of this column", "Use a word that the template's hint lists."),
    known("duplicate-row", 422, "Two rows are about the same", "Make one row of them."),
    known(
        "ragged-row",
        422,
        "A row has more cells than the heading",
        "Remove the cells, or name their columns.",
    ),
    known("unknown-item", 422, "No item with this code", "Correct the code; items are made at central."),
    known(
        "unknown-location",
        422,
        "No location with this code",
        "Correct the code, or make the location first.",
    ),
    known(
        "unknown-donor",
        422,
        "No partner with this code",
        "Correct the code; partners are made at central.",
    ),
    known(
        "unknown-programme",
        422,
        "No programme with this code or name",
        "Use the code of a programme that the store sees.",
    ),
    known("unknown-reason", 422, "No reason of this text", "Use the text of a reason that is there."),
    known(
        "unknown-line",
        422,
        "No such stock line in this store",
        "Leave it out, or correct it from a new sheet.",
    ),
    known(
        "unknown-batch",
        422,
        "The batch is not on paper",
        "Correct it, or say that it was found on the shelf.",
    ),
    known(
        "line-mismatch",
        422,
        "The line of the sheet is another item",
        "Correct the number of the line or the code of the item.",
    ),
    known(
        "ambiguous-line",
        422,
        "Several lines fit",
        "Add what tells them apart, such as the pack size or the number of the line.",
    ),
    known("counted-twice", 422, "Another row counts the same batch", "Make one row of them."),
    known("already-in-stock", 409, "The batch is in stock already", "Count it, or adjust it."),
    known("changed-since", 409, "Changed since", "Correct it by hand; somebody else's change stays."),
    known("counted-since", 409, "Counted since", "Count the line again, or let the newer count stand."),
    known("used-since", 409, "Used since", "Correct it by hand: an adjustment, a count."),
    known("not-a-bundle", 422, "Not a file of another node", "Send a file whose name ends in .tributary."),
    known(
        "bundle-version",
        422,
        "A file of another version",
        "Install the same version of the program on both sides.",
    ),
    known(
        "bundle-truncated",
        422,
        "The file ends too early",
        "Copy it again, and wait until it is written before the stick is pulled out.",
    ),
    known("bundle-too-large", 413, "The file is too large", "Save a new file on the other device."),
    known(
        "bundle-tampered",
        422,
        "The file was damaged or changed",
        "Have it saved again on the device that made it.",
    ),
    known(
        "bundle-other-system",
        422,
        "A file of another system",
        "Take files of devices that the same central has enrolled.",
    ),
    known(
        "bundle-certificate-expired",
        422,
        "The maker's certificate is not valid now",
        "Check this device's clock; if it is right, enrol the device that made the file again.",
    ),
    known(
        "bundle-for-other",
        422,
        "The file is for another device",
        "Load it there, or have one saved for this device.",
    ),
    known("bundle-own", 422, "This device's own file", "Load it on the other device."),
    known(
        "bundle-signer-unknown",
        422,
        "The maker is not known here",
        "Ask central whether the device that made the file is registered.",
    ),
    known(
        "bundle-signer-revoked",
        422,
        "The maker's rights have ended",
        "Ask central why the device that made the file was revoked.",
    ),
    known(
        "bundle-recipient-unknown",
        404,
        "Nobody of that name",
        "Name central, a site, or a device that this one knows.",
    ),
    known("bundle-not-signed", 503, "The file cannot be signed", "See the log of this node."),
    known("bundle-busy", 503, "Another file is being done", "Try again after Retry-After."),
    known("rate-limited", 429, "Too many attempts", "Wait as long as Retry-After says."),
    known("headers-too-large", 431, "The headers are too large", "Send fewer or shorter headers."),
    known(
        "internal-error",
        500,
        "A fault of this program",
        "Nothing was half done; report it with the time and the address.",
    ),
    known(
        "reply-unreadable",
        500,
        "A fault of this program",
        "The command was carried out; report it with the time and the address.",
    ),
    known("busy", 503, "Busy", "Try again after Retry-After; use the same Idempotency-Key."),
    known("timeout", 503, "Took too long", "Try again; use the same Idempotency-Key."),
    known("stopping", 503, "The server stops", "Try again when it has started again."),
    known("not-enrolled", 503, "Not enrolled yet", "Enrol this device first: POST /api/v1/enrolment."),
    known("storage-failed", 503, "Storage failed", "Check the disk; nothing acknowledged is lost."),
    known(
        "storage-corrupt",
        503,
        "A stored record is damaged",
        "Run tributary doctor; nothing acknowledged to a peer is lost.",
    ),
    known(
        "unreachable",
        503,
        "Central is not reached",
        "Check the address, that central is running, and that UDP is let through.",
    ),
    known("malformed", 502, "Not understood", "Check that the address is that of a Tributary central."),
    known(
        "central-failed",
        502,
        "Central could not carry it out",
        "Try again; if it stays so, look at central's log.",
    ),
    known("disk-full", 507, "The disk is full", "Free some space; nothing acknowledged is lost."),
];

/// What is known of a code.
pub(crate) fn known_code(code: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.code == code)
}

/// An answer «no», as it leaves the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every occurrence of the code.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// The stable code.
    pub code: String,
    /// Which parts of the body are at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The values that a translated message needs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// Seconds after which trying again makes sense; also the header Retry-After.
    #[serde(rename = "retryAfter", default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// A part of the body that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer into the body.
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl Problem {
    /// A problem with a code of the table; another code is answered with 422.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let (status, title) =
            known_code(code).map_or((422, "Not acceptable"), |known| (known.status, known.title));
        Self {
            kind: format!("/api/docs#problem-{code}"),
            title: title.into(),
            status,
            detail: detail.into(),
            code: code.to_owned(),
            errors: Vec::new(),
            parameters: BTreeMap::new(),
            retry_after: None,
        }
    }

    /// The same, whose detail ends with what to do.
    pub(crate) fn advised(code: &str, detail: impl std::fmt::Display) -> Self {
        let advice = known_code(code).map_or("", |known| known.advice);
        Self::new(code, format!("{detail}. {advice}"))
    }

    /// The same, pointing at a part of the body.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), detail: self.detail.clone() });
        self
    }

    /// The same, to be tried again after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// `unauthenticated`.
    pub fn unauthenticated() -> Self {
        Self::advised("unauthenticated", "This needs a session or a bearer token")
    }

    /// `not-found`: no such thing, or not for this caller; the answer is the same.
    pub fn not_found(what: &str) -> Self {
        Self::advised("not-found", format_args!("There is no such {what}"))
    }

    /// The status of the response.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let mut problem = Self::new(&rejection.code, rejection.message.clone());
        problem.parameters = rejection.parameters;
        problem
            .errors
            .extend(rejection.pointer.map(|pointer| FieldError { pointer, detail: rejection.message }));
        problem
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(code = error.code(), %error, "the store failed a request");
        match error {
            // It says itself what to do.
            StoreError::DiskFull => Self::new(error.code(), error.to_string()),
            _ => Self::advised(error.code(), &error),
        }
        .retry_after(RETRY_STORAGE_S)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => rejection.into(),
            Failure::Store(error) => error.into(),
        }
    }
}

/// A full inbox drains within a flush or two.
const RETRY_BUSY_S: u64 = 1;
/// A store is opened anew, or a person frees space: neither takes less.
const RETRY_STORAGE_S: u64 = 10;

impl From<ExecuteError> for Problem {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Rejected(rejection) => rejection.into(),
            ExecuteError::Busy => Self::advised("busy", "More commands wait than this device takes at once")
                .retry_after(RETRY_BUSY_S),
            ExecuteError::Store { code: code @ "disk-full", message } => {
                Self::new(code, message).retry_after(RETRY_STORAGE_S)
            }
            ExecuteError::Store { code, message } => {
                Self::advised(code, message).retry_after(RETRY_STORAGE_S)
            }
            ExecuteError::Stopped => Self::advised("stopping", "The node does not take commands any more")
                .retry_after(RETRY_STORAGE_S),
        }
    }
}

impl From<EnrolmentRefusal> for Problem {
    fn from(refusal: EnrolmentRefusal) -> Self {
        let problem = Self::advised(refusal.code.as_str(), &refusal.detail);
        match refusal.retry_after_ms {
            Some(millis) => problem.retry_after(millis.div_ceil(1_000)),
            None => problem,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status_code();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once_and_says_what_to_do() {
        for (at, known) in KNOWN.iter().enumerate() {
            assert!(KNOWN[..at].iter().all(|earlier| earlier.code != known.code), "{}", known.code);
            assert!(known.advice.ends_with('.') && !known.title.is_empty(), "{}", known.code);
            assert!(StatusCode::from_u16(known.status).is_ok_and(|status| status.as_u16() >= 400));
        }
    }

    #[test]
    fn a_rejection_keeps_its_code_pointer_and_parameters() {
        let rejection = Rejection::new("insufficient-stock", "only 3 available")
            .at("/lines/0/quantity")
            .with("available", 3);
        let problem = Problem::from(rejection);
        assert_eq!((problem.status, problem.code.as_str()), (409, "insufficient-stock"));
        assert_eq!(problem.errors[0].pointer, "/lines/0/quantity");
        assert_eq!(problem.parameters["available"], "3");
    }
}
