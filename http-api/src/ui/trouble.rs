//! Answers «no» as pages: what happened, and what one can do instead, in the reader's language.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use crdt_store::{Failure, Rejection, StoreError};
use maud::{Markup, html};
use replication::shell::ExecuteError;

use super::icon::icon;
use super::words::{Arg, Words, t};
use crate::error::Problem;

/// A problem on its way to a page.
#[derive(Debug)]
pub(super) struct Trouble(pub(super) Box<Problem>);

macro_rules! trouble_from {
    ($($source:ty),*) => {
        $(impl From<$source> for Trouble {
            fn from(source: $source) -> Self {
                Self(Box::new(source.into()))
            }
        })*
    };
}
trouble_from!(Problem, Failure, StoreError, ExecuteError, Rejection);

impl Trouble {
    pub(super) fn not_found(what: &str) -> Self {
        Problem::not_found(what).into()
    }
}

/// A problem that a page has still to be made of.
#[derive(Clone)]
pub(super) struct Unexplained(pub(super) Problem);

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.0.status_code().into_response();
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Unexplained(*self.0));
        response
    }
}

/// What happened, in the reader's language.
pub(super) fn message(words: Words, problem: &Problem) -> String {
    let mut values: Vec<(&'static str, Arg<'_>)> = Vec::new();
    for name in [
        "available",
        "here",
        "code",
        "device",
        "what",
        "status",
        "expected",
        "quantity",
        "value",
        "days",
        "from",
    ] {
        if let Some(value) = problem.parameters.get(name) {
            let shown = match name {
                "from" => value.parse().map_or_else(|_| value.clone(), |day| words.day(day)),
                "available" | "here" | "expected" | "quantity" | "value" => {
                    value.parse().map_or_else(|_| value.clone(), |quantity| words.quantity(quantity))
                }
                "status" => words.code("status", value),
                "what" => words.code("what", &value.replace(' ', "-")),
                _ => value.clone(),
            };
            values.push((name, shown.into()));
        }
    }
    if let Some(permission) = problem.parameters.get("permission") {
        values.push(("permission", words.code("permission", permission).into()));
    }
    values.push(("seconds", Arg::from(problem.retry_after.unwrap_or(0))));
    if problem.code == "validation" {
        return detail(words, &problem.detail);
    }
    words.try_say(&format!("problem-{}", problem.code), &values).unwrap_or_else(|| problem.detail.clone())
}

/// A detail of a validation. The domain writes them in English; each sentence is the name of its translation, with
/// its numbers taken out.
pub(super) fn detail(words: Words, english: &str) -> String {
    let (slug, numbers) = slug_of(english);
    let first = numbers.first().map_or("", String::as_str);
    let second = numbers.get(1).map_or("", String::as_str);
    words
        .try_say(&format!("detail-{slug}"), &[("first", first.into()), ("second", second.into())])
        .unwrap_or_else(|| match words.language() {
            super::words::Language::French => t!(words, "detail-other"),
            _ => english.to_owned(),
        })
}

/// «at most 250 characters» is `at-most-n-characters` and 250.
fn slug_of(english: &str) -> (String, Vec<String>) {
    let (mut slug, mut numbers): (String, Vec<String>) = Default::default();
    for word in english.split(|letter: char| !(letter.is_alphanumeric() || letter == ',')) {
        let word = word.trim_matches(',');
        if word.is_empty() {
            continue;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        if word.starts_with(|first: char| first.is_ascii_digit()) {
            numbers.push(word.to_owned());
            slug.push('n');
        } else {
            slug.extend(word.to_lowercase().chars().filter(char::is_ascii_alphanumeric));
        }
    }
    (slug, numbers)
}

/// What is wrong at a field, if something is.
pub(super) fn at(words: Words, problem: Option<&Problem>, pointer: &str) -> Option<String> {
    let problem = problem?;
    let found = problem.errors.iter().find(|error| error.pointer == pointer)?;
    Some(match problem.code.as_str() {
        "validation" => detail(words, &found.detail),
        _ => message(words, problem),
    })
}

/// The answer to a cell that saved itself: a sentence, good or bad.
pub(super) fn cell(words: Words, result: Result<(), Problem>) -> Response {
    match result {
        Ok(()) => t!(words, "saved-now").into_response(),
        Err(problem) => (problem.status_code(), message(words, &problem)).into_response(),
    }
}

/// The alert for a rejection that belongs to no field on the page.
pub(super) fn alert(words: Words, problem: &Problem) -> Markup {
    if problem.code == "central-only" {
        return central_only(words, html! {});
    }
    html! {
        div class="alert bad" role="alert" {
            (icon("triangle-alert"))
            div {
                p class="strong" { (message(words, problem)) }
                @if let Some(advice) = words.try_say(&format!("advice-{}", problem.code), &[]) { p { (advice) } }
            }
        }
    }
}

/// The alert of what only the central server may do, and what the reader can do instead.
pub(super) fn central_only(words: Words, instead: Markup) -> Markup {
    let title = t!(words, "problem-central-only");
    html! {
        div class="alert central" role="alert" data-notice=(title) {
            (icon("lock"))
            div {
                p class="strong" { (title) }
                p { (t!(words, "advice-central-only")) }
                div class="row no-print" { (instead) button type="button" class="btn" data-close="" { (t!(words, "close")) } }
            }
        }
    }
}

/// The body of a page that is a problem and nothing else.
pub(super) fn body(words: Words, problem: &Problem) -> Markup {
    if problem.code == "central-only" {
        return html! {
            (central_only(words, html! { a class="btn primary" href="/" { (t!(words, "back-to-dashboard")) } }))
        };
    }
    let drawing = match problem.status_code() {
        StatusCode::FORBIDDEN => "lock",
        StatusCode::NOT_FOUND => "search",
        _ => "triangle-alert",
    };
    let advice =
        words.try_say(&format!("advice-{}", problem.code), &[]).unwrap_or_else(|| t!(words, "advice-other"));
    html! {
        div class="card" {
            div class="empty" {
                (icon(drawing))
                h1 { (message(words, problem)) }
                p { (advice) }
                p class="small" { (t!(words, "problem-code")) " " code { (problem.code) } }
                div class="row" { a class="btn primary" href="/" { (t!(words, "back-to-dashboard")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::words::Language;

    #[test]
    fn the_refusal_of_a_site_says_what_was_agreed() {
        let problem = Problem::from(domain::reject::central_only());
        assert_eq!(message(Words(Language::English), &problem), domain::reject::CENTRAL_ONLY_MESSAGE);
        assert_eq!(
            message(Words(Language::French), &problem),
            "Cette opération n'est permise que sur le serveur central"
        );
    }

    #[test]
    fn a_sentence_of_the_domain_is_named_by_its_words() {
        assert_eq!(
            slug_of("at most 250 characters"),
            ("at-most-n-characters".to_owned(), vec!["250".to_owned()])
        );
        assert_eq!(slug_of("a pack has 1 to 1,000,000 units").0, "a-pack-has-n-to-n-units");
    }
}
