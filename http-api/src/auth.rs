//! Who is at the door: passwords, sessions, tokens, and what a person may do in which store.
//!
//! A session is an opaque token of 256 random bits. The server keeps its BLAKE3 hash with the user, so that a stolen
//! database opens nothing; whether the user is still allowed anything is read from the user's documents at every
//! request, so that what central takes away is gone as soon as it is heard of, and a new password ends old sessions.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::sync::OnceLock;

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crdt_store::{Author, DocumentId, Snapshot, Timestamp, ViewRead};
use domain::{Caller, Permission, Role};
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::rights::{self, Account, StoreChoice, StoreRight};
use crate::state::AppState;

/// Where sessions are kept on this device, by the hash of their token.
const SESSIONS: &str = "http-session";
/// A working day and its night shift: nobody has to log in twice a day.
pub const SESSION_MS: i64 = 12 * HOUR_MS;
/// The longest life of an API token: a forgotten one ends within a year.
pub const TOKEN_DAYS_MAX: u32 = 366;
/// Sessions and tokens of one user on one device; beyond it, the oldest ends.
const SESSIONS_PER_USER_MAX: usize = 20;
/// Sessions and tokens on one device, whoever has them.
const SESSIONS_MAX: usize = 5_000;
const HOUR_MS: i64 = 3_600_000;
/// What API tokens begin with, so that secret scanners know them.
const TOKEN_PREFIX: &str = "trb_";

/// What somebody types at the door.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The store to work in; may be chosen later.
    #[serde(default)]
    pub store: Option<DocumentId>,
}

/// A session or an API token, as this device keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    user: DocumentId,
    username: String,
    store: Option<DocumentId>,
    /// A name for API tokens; none for what a browser holds.
    name: Option<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Changes when the password does.
    password_mark: [u8; 8],
}

impl Session {
    fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    fn encode(&self) -> Vec<u8> {
        crdt_store::encode_row(self)
    }
}

/// Reads a session; nothing for what an earlier version wrote differently: its owner logs in again.
fn decode(bytes: &[u8]) -> Option<Session> {
    crdt_store::decode_row(crdt_store::View(SESSIONS), bytes).ok()
}

/// Key of a session: the hash of its token.
type SessionKey = [u8; 32];

fn key_of(token: &str) -> SessionKey {
    *blake3::hash(token.as_bytes()).as_bytes()
}

/// The public half of a session's name: enough to tell a user's tokens apart and to revoke one.
fn short(key: &[u8]) -> String {
    key.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn mark_of(password_hash: &str) -> [u8; 8] {
    let hash = blake3::hash(password_hash.as_bytes());
    let mut mark = [0; 8];
    mark.copy_from_slice(&hash.as_bytes()[..8]);
    mark
}

/// Somebody who is logged in, with what they may do at this moment.
#[derive(Clone, Debug)]
pub struct Visitor {
    account: Account,
    /// The store chosen at login or since; or the only one there is.
    store: Option<DocumentId>,
    role: Role,
    key: SessionKey,
    token_name: Option<String>,
    expires_at: Timestamp,
}

impl Visitor {
    /// The user.
    pub fn user(&self) -> DocumentId {
        self.account.user
    }

    /// The user name.
    pub fn username(&self) -> &str {
        &self.account.username
    }

    /// What people call them.
    pub fn name(&self) -> &str {
        &self.account.name
    }

    /// The language they prefer, such as `fr`.
    pub fn language(&self) -> &str {
        &self.account.language
    }

    /// When they have to log in again.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The stores they may enter, those they may work in first, then by name; on central all, read-only but for
    /// central's own.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn stores(&self, read: &Snapshot) -> Result<Vec<StoreChoice>, Problem> {
        self.account.choices(read)
    }

    /// The store they work in, if they have chosen one or there is only one.
    pub fn store(&self) -> Option<DocumentId> {
        self.store
    }

    /// What they may do in a store; nothing if they may not enter it.
    pub fn right(&self, store: DocumentId) -> Option<StoreRight> {
        self.account.right(store)
    }

    /// Whether they may do this in the store they work in (or, with none chosen, anywhere).
    pub fn may(&self, permission: Permission) -> bool {
        match self.store.and_then(|store| self.right(store)) {
            Some(right) => right.permissions.contains(&permission),
            None => self.account.everywhere.contains(&permission),
        }
    }

    /// The store named, or the one they work in; an error when neither is there or they may not enter it.
    ///
    /// # Errors
    /// `store-required`, or `not-permitted` for a store they may not enter (whether it exists or not).
    pub fn enter(&self, named: Option<DocumentId>) -> Result<DocumentId, Problem> {
        let store = named.or(self.store).ok_or_else(|| {
            Problem::advised("store-required", "This is done in one store, and none is chosen")
        })?;
        self.right(store).map(|_| store).ok_or_else(|| missing(Permission::StoreAccess))
    }

    /// The same, for looking at something that needs a permission there.
    ///
    /// # Errors
    /// As [`enter`](Self::enter), and `not-permitted` without the permission.
    pub fn look(&self, named: Option<DocumentId>, permission: Permission) -> Result<DocumentId, Problem> {
        let store = self.enter(named)?;
        let permitted = self.right(store).is_some_and(|right| right.permissions.contains(&permission));
        if permitted { Ok(store) } else { Err(missing(permission)) }
    }

    /// The caller of commands in a store.
    ///
    /// # Errors
    /// As [`enter`](Self::enter), and `read-only-here` on central for a store that another site hosts.
    pub fn caller_in(&self, named: Option<DocumentId>) -> Result<Caller, Problem> {
        let store = self.enter(named)?;
        let right = self.right(store).ok_or_else(|| missing(Permission::StoreAccess))?;
        if right.read_only {
            return Err(Problem::advised("read-only-here", "This store is worked on at its own site"));
        }
        Ok(Caller {
            user: self.account.user,
            store: Some(store),
            permissions: right.permissions,
            role: self.role,
        })
    }

    /// The caller of commands on central data, which belong to no store.
    pub fn central_caller(&self) -> Caller {
        let permissions = self.account.everywhere.clone();
        Caller { user: self.account.user, store: None, permissions, role: self.role }
    }

    /// Refuses unless they have a permission that belongs to no store, such as to administer the server.
    ///
    /// # Errors
    /// `not-permitted`.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.account.everywhere.contains(&permission) { Ok(()) } else { Err(missing(permission)) }
    }

    /// What is written into the history of what they change.
    pub fn author(&self) -> Author {
        Author { message: Some(self.account.user.to_string()) }
    }

    /// What their API token is called; nothing for a browser session.
    pub fn token_name(&self) -> Option<&str> {
        self.token_name.as_deref()
    }
}

fn missing(permission: Permission) -> Problem {
    let mut problem =
        Problem::advised("not-permitted", format_args!("This needs the permission «{}»", permission.code()));
    problem.parameters.insert("permission".to_owned(), permission.code().to_owned());
    problem
}

/// A hash of a password nobody has: verified for users that do not exist, so that they take as long as those that do.
fn nobody() -> &'static str {
    static NOBODY: OnceLock<String> = OnceLock::new();
    NOBODY
        .get_or_init(|| domain::password::hash("a password that nobody has", &[0x5a; 16]).unwrap_or_default())
}

/// Whether the password is that of the hash; one at a time per core, off the threads that serve.
async fn verify(state: &AppState, password: String, hash: Option<String>) -> Result<bool, Problem> {
    let stopping = || Problem::advised("stopping", "The server stops");
    let _permit = state.hashing().acquire().await.map_err(|_| stopping())?;
    let verified = tokio::task::spawn_blocking(move || {
        let right = domain::password::verify(&password, hash.as_deref().unwrap_or_else(|| nobody()));
        right && hash.is_some()
    });
    verified.await.map_err(|_| stopping())
}

/// The hash of a new password, made off the threads that serve.
///
/// # Errors
/// `validation` for a password that is too short or too long.
pub async fn hash_password(state: &AppState, password: String) -> Result<String, Problem> {
    let stopping = || Problem::advised("stopping", "The server stops");
    let _permit = state.hashing().acquire().await.map_err(|_| stopping())?;
    let salt: [u8; 16] = rand::random();
    let hashed = tokio::task::spawn_blocking(move || domain::password::hash(&password, &salt));
    Ok(hashed.await.map_err(|_| stopping())??)
}

/// Lets somebody in: the visitor, and the token of a browser session for [`cookie`].
///
/// # Errors
/// `wrong-credentials` for an unknown user and for a wrong password alike, `rate-limited`, `not-permitted` for a
/// store they may not enter.
pub async fn login(
    state: &AppState,
    wish: Login,
    address: Option<IpAddr>,
) -> Result<(Visitor, String), Problem> {
    let account_name = domain::text::fold(&wish.username);
    state.logins().admit(&account_name, address, state.uptime_ms()).map_err(|seconds| {
        Problem::new("rate-limited", format!("Too many attempts: try again in {seconds} s"))
            .retry_after(seconds)
    })?;
    let found = rights::account_by_name(state, &state.snapshot()?, &wish.username)?;
    let hash = found.as_ref().map(|account| account.password_hash.clone());
    let right = verify(state, wish.password, hash).await?;
    state.logins().ended(&account_name, address, right, state.uptime_ms());
    let Some(account) = found.filter(|_| right) else {
        return Err(Problem::advised("wrong-credentials", "The user name or the password is wrong"));
    };
    rights::check_lease(state, &account)?;
    let expires_at = state.now().plus_millis(SESSION_MS);
    open_session(state, account, wish.store, None, expires_at).await
}

/// Makes a session or a token for an account, and ends the oldest where there are too many.
async fn open_session(
    state: &AppState,
    account: Account,
    store: Option<DocumentId>,
    name: Option<String>,
    expires_at: Timestamp,
) -> Result<(Visitor, String), Problem> {
    let secret: [u8; 32] = rand::random();
    let prefix = if name.is_some() { TOKEN_PREFIX } else { "" };
    let token = format!("{prefix}{}", URL_SAFE_NO_PAD.encode(secret));
    let key = key_of(&token);
    let session = Session {
        user: account.user,
        username: account.username.clone(),
        store,
        name,
        created_at: state.now(),
        expires_at,
        password_mark: mark_of(&account.password_hash),
    };
    let visitor = visitor(state, key, &session, account);
    if let Some(store) = store {
        visitor.enter(Some(store))?;
    }
    let ended = superfluous(&state.snapshot()?, session.user, state.now())?;
    let bytes = session.encode();
    put_sessions(
        state,
        &visitor,
        vec![(key, Some(bytes))].into_iter().chain(ended.into_iter().map(|key| (key, None))),
    )
    .await?;
    Ok((visitor, token))
}

async fn put_sessions(
    state: &AppState,
    visitor: &Visitor,
    sessions: impl Iterator<Item = (SessionKey, Option<Vec<u8>>)>,
) -> Result<(), Problem> {
    let sessions: Vec<_> = sessions.collect();
    let written = state.node().execute(None, visitor.author(), move |txn| {
        sessions.iter().for_each(|(key, value)| txn.set_local(SESSIONS, key, value.as_deref()));
        Ok(())
    });
    Ok(written.await?)
}

fn all_sessions(snapshot: &Snapshot) -> Result<Vec<(SessionKey, Session)>, Problem> {
    let mut sessions = Vec::new();
    snapshot.scan_local(SESSIONS, &[], &mut |key, value| {
        // The key may come with the namespace before it; the hash is its end.
        if let (Some(key), Some(session)) = (key.last_chunk::<32>(), decode(value)) {
            sessions.push((*key, session));
        }
        ControlFlow::Continue(())
    })?;
    Ok(sessions)
}

/// Sessions to end when a new one begins: those that have expired, and the oldest beyond the limits.
fn superfluous(snapshot: &Snapshot, user: DocumentId, now: Timestamp) -> Result<Vec<SessionKey>, Problem> {
    let (mut live, expired): (Vec<_>, Vec<_>) =
        all_sessions(snapshot)?.into_iter().partition(|(_, session)| session.is_live(now));
    live.sort_by_key(|(_, session)| session.created_at);
    let own = live.iter().filter(|(_, session)| session.user == user).count();
    let mut too_many_own = (own + 1).saturating_sub(SESSIONS_PER_USER_MAX);
    let mut too_many = (live.len() + 1).saturating_sub(SESSIONS_MAX);
    let mut ended: Vec<_> = expired.into_iter().map(|(key, _)| key).collect();
    for (key, session) in live {
        let own = session.user == user;
        if too_many > 0 || (own && too_many_own > 0) {
            ended.push(key);
            too_many = too_many.saturating_sub(1);
            too_many_own = too_many_own.saturating_sub(usize::from(own));
        }
    }
    Ok(ended)
}

/// Ends the visitor's session or token.
///
/// # Errors
/// When it cannot be written.
pub async fn logout(state: &AppState, visitor: &Visitor) -> Result<(), Problem> {
    put_sessions(state, visitor, std::iter::once((visitor.key, None))).await
}

/// Lets the visitor work in another store from now on.
///
/// # Errors
/// `not-permitted` for a store they may not enter.
pub async fn choose_store(state: &AppState, visitor: &Visitor, store: DocumentId) -> Result<(), Problem> {
    visitor.enter(Some(store))?;
    let found = state.snapshot()?.local(SESSIONS, &visitor.key)?;
    let mut session = found.as_deref().and_then(decode).ok_or_else(Problem::unauthenticated)?;
    session.store = Some(store);
    put_sessions(state, visitor, std::iter::once((visitor.key, Some(session.encode())))).await
}

/// An API token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenRow {
    /// Its name for revoking it.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The store it works in, if it is bound to one.
    pub store: Option<DocumentId>,
    /// When it was made.
    #[serde(with = "domain::instant")]
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(with = "domain::instant")]
    pub expires_at: Timestamp,
}

/// Asks for an API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateToken {
    /// What its owner calls it.
    pub name: String,
    /// The store it works in.
    #[serde(default)]
    pub store: Option<DocumentId>,
    /// Days until it ends: 1 to 366.
    pub days: u32,
}

/// A new API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewToken {
    /// Its name for revoking it.
    pub id: String,
    /// The secret; shown this once.
    pub token: String,
    /// When it ends.
    #[serde(with = "domain::instant")]
    pub expires_at: Timestamp,
}

/// Makes an API token for the visitor.
///
/// # Errors
/// `validation`, and `not-permitted` for a store they may not enter.
pub async fn create_token(
    state: &AppState,
    visitor: &Visitor,
    wish: CreateToken,
) -> Result<NewToken, Problem> {
    let name = wish.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(Problem::new("validation", "a name has 1 to 100 characters").at("/name"));
    }
    if !(1..=TOKEN_DAYS_MAX).contains(&wish.days) {
        return Err(Problem::new("validation", format!("1 to {TOKEN_DAYS_MAX} days")).at("/days"));
    }
    let expires_at = state.now().plus_millis(i64::from(wish.days) * 24 * HOUR_MS);
    let (made, token) =
        open_session(state, visitor.account.clone(), wish.store, Some(name), expires_at).await?;
    Ok(NewToken { id: short(&made.key), token, expires_at })
}

/// The visitor's API tokens on this device, newest first.
///
/// # Errors
/// When they cannot be read.
pub fn tokens(state: &AppState, visitor: &Visitor) -> Result<Vec<TokenRow>, Problem> {
    let mut rows: Vec<_> = all_sessions(&state.snapshot()?)?
        .into_iter()
        .filter(|(_, session)| session.user == visitor.user() && session.is_live(state.now()))
        .filter_map(|(key, session)| {
            let Session { name, store, created_at, expires_at, .. } = session;
            name.map(|name| TokenRow { id: short(&key), name, store, created_at, expires_at })
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.created_at));
    Ok(rows)
}

/// Ends one of the visitor's API tokens.
///
/// # Errors
/// `not-found`.
pub async fn revoke_token(state: &AppState, visitor: &Visitor, id: &str) -> Result<(), Problem> {
    let found = all_sessions(&state.snapshot()?)?
        .into_iter()
        .find(|(key, session)| session.user == visitor.user() && session.name.is_some() && short(key) == id);
    let (key, _) = found.ok_or_else(|| Problem::not_found("token"))?;
    put_sessions(state, visitor, std::iter::once((key, None))).await
}

fn visitor(state: &AppState, key: SessionKey, session: &Session, account: Account) -> Visitor {
    Visitor {
        store: session.store.filter(|store| account.right(*store).is_some()).or_else(|| account.only_store()),
        account,
        role: state.role(),
        key,
        token_name: session.name.clone(),
        expires_at: session.expires_at,
    }
}

/// The visitor who holds this token, if it is one, is live, and the user still may enter anything.
///
/// # Errors
/// `unauthenticated`, or what the store says.
pub fn recognise(state: &AppState, token: &str) -> Result<Visitor, Problem> {
    let key = key_of(token);
    let snapshot = state.snapshot()?;
    let session = snapshot.local(SESSIONS, &key)?.as_deref().and_then(decode);
    let session =
        session.filter(|session| session.is_live(state.now())).ok_or_else(Problem::unauthenticated)?;
    let account = rights::account_by_name(state, &snapshot, &session.username)?
        .filter(|account| {
            account.user == session.user && mark_of(&account.password_hash) == session.password_mark
        })
        .ok_or_else(Problem::unauthenticated)?;
    rights::check_lease(state, &account)?;
    Ok(visitor(state, key, &session, account))
}

/// The header that gives a browser its session.
pub fn cookie(state: &AppState, token: &str) -> HeaderValue {
    cookie_header(state, token, SESSION_MS / 1_000)
}

/// The header that takes it away.
pub fn forget_cookie(state: &AppState) -> HeaderValue {
    cookie_header(state, "", 0)
}

fn cookie_header(state: &AppState, token: &str, seconds: i64) -> HeaderValue {
    let secure = if state.settings().tls { "; Secure" } else { "" };
    let name = state.cookie_name();
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// The token in the request, if there is one: a bearer token before a cookie.
fn token_of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned());
    }
    let jar = axum_extra::extract::CookieJar::from_headers(headers);
    jar.get(&state.cookie_name()).map(|cookie| cookie.value().to_owned()).filter(|token| !token.is_empty())
}

/// Who the headers of a request say it is from.
///
/// # Errors
/// `not-enrolled`, `unauthenticated`, or what the store says.
pub(crate) fn visitor_of(state: &AppState, headers: &HeaderMap) -> Result<Visitor, Problem> {
    if !state.is_enrolled() {
        return Err(Problem::advised("not-enrolled", "This device belongs to no site yet"));
    }
    let token = token_of(state, headers).ok_or_else(Problem::unauthenticated)?;
    recognise(state, &token)
}

/// Whether a request brings the secret that lies in the node's directory. Compared by hash, so that the time it takes
/// says nothing of the secret.
pub(crate) fn has_local_key(state: &AppState, headers: &HeaderMap) -> bool {
    let brought = token_of(state, headers).map(|token| key_of(&token));
    brought.is_some() && brought == state.settings().local_key.as_deref().map(key_of)
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        visitor_of(state, &parts.headers)
    }
}

impl OptionalFromRequestParts<AppState> for Visitor {
    type Rejection = Problem;

    /// The visitor, or nobody: for pages that send people to the login.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Problem> {
        match <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await {
            Ok(visitor) => Ok(Some(visitor)),
            Err(problem) if problem.status == 401 || problem.code == "not-enrolled" => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// Where a request comes from, as far as the connection says.
#[derive(Clone, Copy, Debug)]
pub struct RemoteAddress(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for RemoteAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(connection.map(|ConnectInfo(address)| address.ip())))
    }
}

/// Whether a request may change something: it carries its own credentials, or comes from our own pages.
///
/// A browser adds a cookie to what any page sends here; it also says which page that was. SameSite=Strict keeps
/// modern browsers from adding it, this keeps the others out.
pub(crate) fn is_same_origin(method: &Method, headers: &HeaderMap) -> bool {
    if method.is_safe() || headers.contains_key(header::AUTHORIZATION) {
        return true;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("origin"), text("host"), text("sec-fetch-site")) {
        (Some(origin), host, _) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == host
        }
        (None, _, Some(site)) => matches!(site, "same-origin" | "none"),
        (None, _, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| ((*name).parse().expect("a name"), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn a_change_from_another_origin_is_refused_unless_it_brings_its_own_token() {
        let post = |pairs: &[(&'static str, &str)]| is_same_origin(&Method::POST, &headers(pairs));
        assert!(post(&[("host", "127.0.0.1:8101"), ("origin", "http://127.0.0.1:8101")]));
        assert!(!post(&[("host", "127.0.0.1:8101"), ("origin", "http://127.0.0.1:8102")]));
        assert!(!post(&[("host", "127.0.0.1:8101"), ("origin", "null")]));
        assert!(!post(&[("host", "127.0.0.1:8101"), ("sec-fetch-site", "cross-site")]));
        assert!(post(&[("host", "127.0.0.1:8101")]), "a script that is no browser");
        assert!(post(&[("host", "a"), ("origin", "http://b"), ("authorization", "Bearer x")]));
        assert!(is_same_origin(&Method::GET, &headers(&[("host", "a"), ("origin", "http://b")])));
    }

    #[test]
    fn a_session_ends_on_time_and_reads_back_as_written() {
        let session = Session {
            user: DocumentId::from_bytes([1; 16]),
            username: "amina".to_owned(),
            store: None,
            name: None,
            created_at: Timestamp::from_millis(0),
            expires_at: Timestamp::from_millis(SESSION_MS),
            password_mark: mark_of("$argon2id$…"),
        };
        assert_eq!(decode(&session.encode()), Some(session.clone()));
        assert!(session.is_live(Timestamp::from_millis(SESSION_MS - 1)));
        assert!(!session.is_live(Timestamp::from_millis(SESSION_MS)));
        assert_eq!(decode(b"something else"), None);
    }
}
