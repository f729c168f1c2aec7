//! A request for a page: who asks, in which language, in which store.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum_extra::extract::CookieJar;
use crdt_store::{DeviceId, DocumentId, Failure, Snapshot, Timestamp, Txn};
use domain::{Caller, Date, Permission};
use replication::IdempotencyKey;
use replication::shell::ExecuteError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::form::Form;
use super::trouble::Trouble;
use super::words::{Language, Words};
use crate::auth::Visitor;
use crate::error::Problem;
use crate::rights::StoreRight;

/// Where a request leaves who made it, so that a problem can be shown in their frame and language.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<Option<Visit>>>);

impl Slot {
    fn put(&self, visit: &Visit) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(visit.clone());
    }

    /// Who made the request, if anybody was recognised.
    pub(super) fn take(&self) -> Option<Visit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The store somebody works in.
#[derive(Clone)]
pub(super) struct OwnStore {
    pub(super) id: DocumentId,
    pub(super) name: String,
    /// What they may do there, and whether it is only looked at from here.
    pub(super) right: StoreRight,
}
use crate::state::AppState;

/// Where a browser keeps the language its user chose.
pub(super) const LANGUAGE_COOKIE: &str = "tributary-language";
/// Where it keeps light or dark.
pub(super) const THEME_COOKIE: &str = "tributary-theme";
/// Where it keeps a sentence for the next page.
pub(super) const TOAST_COOKIE: &str = "tributary-toast";

/// What a page is shown with, whoever looks.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) words: Words,
    /// `light` or `dark`; what the system prefers if none.
    pub(super) theme: Option<&'static str>,
    /// A sentence about what was just done: a key of the locales, and a number in it.
    pub(super) toast: Option<(String, String)>,
    /// Which part of the page is asked for by a script.
    pub(super) part: Option<String>,
}

impl Setting {
    /// The language chosen in this browser, else the user's own, else what the browser asks for.
    pub(super) fn of(headers: &HeaderMap, own: Option<&str>) -> Self {
        let jar = CookieJar::from_headers(headers);
        let cookie = |name: &str| jar.get(name).map(|cookie| cookie.value().to_owned());
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let language = cookie(LANGUAGE_COOKIE)
            .and_then(|tag| Language::of_tag(&tag))
            .or_else(|| own.and_then(Language::of_tag))
            .unwrap_or_else(|| {
                text(header::ACCEPT_LANGUAGE.as_str()).map_or(Language::English, Language::accepted)
            });
        let theme = match cookie(THEME_COOKIE).as_deref() {
            Some("dark") => Some("dark"),
            Some("light") => Some("light"),
            _ => None,
        };
        let toast = cookie(TOAST_COOKIE).and_then(|toast| {
            let (key, value) = toast.split_once('|')?;
            Some((key.to_owned(), value.to_owned()))
        });
        Self { words: Words(language), theme, toast, part: text("x-part").map(str::to_owned) }
    }
}

/// Somebody before the door.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) state: AppState,
    pub(super) setting: Setting,
}

impl FromRequestParts<AppState> for Guest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self { state: state.clone(), setting: Setting::of(&parts.headers, None) })
    }
}

/// Somebody who is logged in and asks for a page.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) state: AppState,
    pub(super) setting: Setting,
    pub(super) words: Words,
    pub(super) visitor: Visitor,
    pub(super) now: Timestamp,
    store: Option<OwnStore>,
    /// The address asked for, with its question.
    pub(super) here: String,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Trouble> {
        let visitor = <Visitor as FromRequestParts<AppState>>::from_request_parts(parts, state).await?;
        let setting = Setting::of(&parts.headers, Some(visitor.language()));
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let store = own_store(state, &visitor)?;
        let visit = Self {
            state: state.clone(),
            words: setting.words,
            setting,
            visitor,
            now: state.now(),
            store,
            here,
        };
        if let Some(slot) = parts.extensions.get::<Slot>() {
            slot.put(&visit);
        }
        Ok(visit)
    }
}

impl Visit {
    /// The store's data as of now.
    pub(super) fn read(&self) -> Result<Snapshot, Trouble> {
        Ok(self.state.snapshot()?)
    }

    /// The device that answers.
    pub(super) fn device(&self) -> DeviceId {
        self.state.settings().device
    }

    /// The day it is.
    pub(super) fn today(&self) -> Date {
        domain::text::day_of(self.now)
    }

    /// The store they work in; a problem if they may not look at this there.
    pub(super) fn store(&self, permission: Permission) -> Result<&OwnStore, Trouble> {
        self.visitor.look(None, permission)?;
        self.store.as_ref().ok_or_else(|| Trouble::not_found("store"))
    }

    /// The store they work in, if they have chosen one.
    pub(super) fn own_store(&self) -> Option<&OwnStore> {
        self.store.as_ref()
    }

    /// Whether they may change this in the store they work in, from this device.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.store
            .as_ref()
            .is_some_and(|own| !own.right.read_only && own.right.permissions.contains(&permission))
    }

    /// Who commands in the store they work in.
    pub(super) fn caller(&self) -> Result<Caller, Trouble> {
        Ok(self.visitor.caller_in(None)?)
    }

    /// Carries out a command of theirs.
    pub(super) async fn execute<T>(
        &self,
        command: impl FnOnce(&mut Txn<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, ExecuteError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        self.state.node().execute(None, self.visitor.author(), command).await
    }

    /// Carries out a command of theirs in the store they work in.
    pub(super) async fn carry_out<T>(
        &self,
        command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let caller = self.visitor.caller_in(None)?;
        Ok(self.execute(move |txn| command(txn, &caller)).await?)
    }

    /// Carries out a command of a form that may be sent twice: the second time gives the first reply.
    pub(super) async fn execute_once<T>(
        &self,
        form: &Form,
        command: impl FnOnce(&mut Txn<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, ExecuteError>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        let key = form.text("once").map(|once| IdempotencyKey {
            key: format!("page/{}/{once}", self.visitor.user()),
            request_digest: form.digest(),
        });
        self.state.node().execute(key, self.visitor.author(), command).await
    }

    /// Whether they look at the whole country from here: on central, with rights that belong to no store.
    pub(super) fn sees_country(&self) -> bool {
        self.is_central() && self.visitor.require(Permission::StockView).is_ok()
    }

    pub(super) fn is_central(&self) -> bool {
        self.state.is_central()
    }
}

fn own_store(state: &AppState, visitor: &Visitor) -> Result<Option<OwnStore>, Trouble> {
    let Some((id, right)) = visitor.store().and_then(|id| Some((id, visitor.right(id)?))) else {
        return Ok(None);
    };
    let name = domain::query::reference::store(&state.snapshot()?, id)?.name;
    Ok(Some(OwnStore { id, name, right }))
}
