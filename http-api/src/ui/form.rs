//! What people typed: names and values in the order of the page, in a body or in an address.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Query, RawForm, Request};
use axum::http::request::Parts;
use crdt_store::DocumentId;
use domain::{Date, Quantity};
use maud::{Markup, html};

use super::icon::icon;
use super::trouble::{self, Trouble};
use super::words::Words;
use crate::error::Problem;

/// More fields than the longest form of ours has: a shipment of 2,000 lines with four fields each.
const FIELDS_MAX: usize = 10_000;

/// Names and values, as they were sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    fn parse(bytes: &[u8]) -> Result<Self, Trouble> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(bytes)
            .take(FIELDS_MAX + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if fields.len() > FIELDS_MAX {
            return Err(Problem::new("body-too-large", format!("more than {FIELDS_MAX} fields")).into());
        }
        Ok(Self(fields))
    }

    /// A form that begins with these values.
    pub(super) fn with(fields: &[(&str, String)]) -> Self {
        Self(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    /// The value of a name, as it was typed; empty if there is none.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The value without spaces around it; nothing if it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        Some(self.raw(name).trim()).filter(|text| !text.is_empty())
    }

    /// The same, owned.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// The value read as something; nothing if it is empty or not such a thing.
    pub(super) fn read<T: FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// The value as an id.
    pub(super) fn id(&self, name: &str) -> Option<DocumentId> {
        self.read(name)
    }

    /// Whether a box was ticked, or a button of this name pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// All values of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The ids with which names of a kind end, in order: `quantity.ID` for `quantity`.
    pub(super) fn ids_of(&self, kind: &str) -> Vec<DocumentId> {
        let prefix = format!("{kind}.");
        self.0.iter().filter_map(|(name, _)| name.strip_prefix(&prefix)?.parse().ok()).collect()
    }

    /// The same for several kinds of names, in the order of the page.
    pub(super) fn ids_with_kind<'k>(&self, kinds: &[&'k str]) -> Vec<(&'k str, DocumentId)> {
        let of_kind = |name: &str| {
            let (kind, id) = name.split_once('.')?;
            Some((*kinds.iter().find(|wanted| **wanted == kind)?, id.parse().ok()?))
        };
        self.0.iter().filter_map(|(name, _)| of_kind(name)).collect()
    }

    /// A day; an error at the pointer when it is not one.
    pub(super) fn day(&self, name: &str, pointer: &str) -> Result<Option<Date>, Problem> {
        let read = |text: &str| {
            text.parse().map_err(|_| Problem::new("validation", "this is not a day").at(pointer))
        };
        self.text(name).map(read).transpose()
    }

    /// A quantity; an error at the pointer when it is not one or nothing.
    pub(super) fn quantity(&self, words: Words, name: &str, pointer: &str) -> Result<Quantity, Problem> {
        let quantity = words.parse_quantity(self.raw(name));
        quantity.ok_or_else(|| Problem::new("validation", "this is not a number").at(pointer))
    }

    /// A hash of everything that was typed.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for (name, value) in &self.0 {
            for part in [name, value] {
                hasher.update(&(part.len() as u64).to_be_bytes()).update(part.as_bytes());
            }
        }
        *hasher.finalize().as_bytes()
    }

    /// The same form with another value in place.
    pub(super) fn set(&mut self, name: &str, value: String) {
        self.0.retain(|(found, _)| found != name);
        self.0.push((name.to_owned(), value));
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &S) -> Result<Self, Trouble> {
        let unreadable = |detail: String| Trouble::from(Problem::new("body-too-large", detail));
        let RawForm(bytes) =
            RawForm::from_request(request, state).await.map_err(|error| unreadable(error.to_string()))?;
        Self::parse(&bytes)
    }
}

/// What an address asks for after its question mark.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(pub(super) Form);

impl std::ops::Deref for Asked {
    type Target = Form;

    fn deref(&self) -> &Form {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        Ok(Self(Form(query.map(|Query(fields)| fields).unwrap_or_default())))
    }
}

/// An address with the values that are not empty.
pub(super) fn address(path: &str, values: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    values.iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| {
        query.append_pair(name, value);
    });
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// A form as a page shows it: what was typed, and what was wrong with it.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) words: Words,
    pub(super) form: &'a Form,
    pub(super) problem: Option<&'a Problem>,
}

/// How an input wants to be filled.
#[derive(Clone, Copy, Default)]
pub(super) struct Input<'a> {
    /// Its `type`; text if empty.
    pub(super) kind: &'a str,
    /// Whether it must be filled.
    pub(super) required: bool,
    /// A sentence below it.
    pub(super) hint: Option<&'a str>,
    /// What a browser may fill it with.
    pub(super) autocomplete: Option<&'a str>,
    /// Which keys a tablet shows.
    pub(super) inputmode: Option<&'a str>,
    /// Most characters.
    pub(super) maxlength: Option<u32>,
    /// Whether the page opens with the cursor in it.
    pub(super) autofocus: bool,
}

impl Fields<'_> {
    /// What is wrong at a pointer.
    pub(super) fn error(&self, pointer: &str) -> Option<String> {
        trouble::at(self.words, self.problem, pointer)
    }

    /// A labelled input. The pointer of its errors is `/name`.
    pub(super) fn input(&self, name: &str, label: &str, input: Input<'_>) -> Markup {
        let error = self.error(&format!("/{name}"));
        let described = error.is_some() || input.hint.is_some();
        let kind = if input.kind.is_empty() { "text" } else { input.kind };
        html! {
            div class="field" {
                label for={ "f-" (name) } { (label) }
                input class="input" id={ "f-" (name) } name=(name) type=(kind) value=(self.form.raw(name))
                    required[input.required] autocomplete=[input.autocomplete.or(Some("off"))] inputmode=[input.inputmode]
                    maxlength=[input.maxlength] autofocus[input.autofocus] aria-invalid=[error.is_some().then_some("true")]
                    aria-describedby=[described.then(|| format!("d-{name}"))];
                (self.below(name, error.as_deref(), input.hint))
            }
        }
    }

    fn below(&self, name: &str, error: Option<&str>, hint: Option<&str>) -> Markup {
        html! {
            @if error.is_some() || hint.is_some() {
                div id={ "d-" (name) } {
                    @if let Some(error) = error { div class="error" { (icon("triangle-alert")) span { (error) } } }
                    @if let Some(hint) = hint { span class="hint" { (hint) } }
                }
            }
        }
    }

    /// A labelled choice of one of many.
    pub(super) fn select(
        &self,
        name: &str,
        label: &str,
        required: bool,
        options: &[(String, String)],
    ) -> Markup {
        let error = self.error(&format!("/{name}"));
        let chosen = self.form.raw(name);
        html! {
            div class="field" {
                label for={ "f-" (name) } { (label) }
                select class="input" id={ "f-" (name) } name=(name) required[required] aria-invalid=[error.is_some().then_some("true")]
                    aria-describedby=[error.is_some().then(|| format!("d-{name}"))] {
                    @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
                }
                (self.below(name, error.as_deref(), None))
            }
        }
    }

    /// A labelled text of several lines.
    pub(super) fn area(&self, name: &str, label: &str) -> Markup {
        let error = self.error(&format!("/{name}"));
        html! {
            div class="field full" {
                label for={ "f-" (name) } { (label) }
                textarea class="input" id={ "f-" (name) } name=(name) rows="2" aria-invalid=[error.is_some().then_some("true")]
                    aria-describedby=[error.is_some().then(|| format!("d-{name}"))] { (self.form.raw(name)) }
                (self.below(name, error.as_deref(), None))
            }
        }
    }

    /// A box to tick.
    pub(super) fn check(&self, name: &str, label: &str) -> Markup {
        html! {
            label class="check" { input type="checkbox" name=(name) value="yes" checked[self.form.has(name)]; span { (label) } }
        }
    }

    /// The alert above a form, when something is wrong that no field of it shows.
    pub(super) fn alert(&self, fields: &[&str]) -> Markup {
        let unseen = |problem: &&Problem| {
            problem.errors.is_empty()
                || problem
                    .errors
                    .iter()
                    .any(|error| !fields.iter().any(|name| error.pointer == format!("/{name}")))
        };
        html! {
            @if let Some(problem) = self.problem.filter(unseen) { (trouble::alert(self.words, problem)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::words::Language;

    #[test]
    fn an_address_keeps_what_is_asked_and_leaves_out_what_is_empty() {
        assert_eq!(address("/stock", &[("search", "a&b"), ("facet", "")]), "/stock?search=a%26b");
        assert_eq!(address("/stock", &[]), "/stock");
    }

    #[test]
    fn a_rejected_form_keeps_what_was_typed_and_shows_the_error_at_its_field() {
        let form = Form::with(&[("code", "<M-1>".to_owned())]);
        let problem = Problem::new("validation", "at most 50 characters").at("/code");
        let fields = Fields { words: Words(Language::English), form: &form, problem: Some(&problem) };
        let shown = fields.input("code", "Code", Input::default()).into_string();
        assert!(
            shown.contains("value=\"&lt;M-1&gt;\"") && shown.contains("aria-invalid=\"true\""),
            "{shown}"
        );
        assert!(shown.contains("50"), "{shown}");
        assert!(fields.alert(&["code"]).into_string().is_empty());
        assert!(!fields.alert(&["name"]).into_string().is_empty());
    }
}
