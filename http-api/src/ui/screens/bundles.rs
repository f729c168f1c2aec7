//! Files that somebody carries between devices: saving one for a peer, loading one, and what came of it in words.

use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use replication::code;

use super::sync;
use crate::api::bundles::attached;
use crate::api::sync::SyncPeer;
use crate::bundles::{self, BundleLoaded};
use crate::error::Problem;
use crate::ui::icon::icon;
use crate::ui::trouble::{self, Trouble};
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

/// The button that saves a file for a device. It has no input, which would keep what stands around it from being live.
fn save_button(to: &str, label: &str, title: &str, class: &str) -> Markup {
    html! {
        form method="post" action={ "/sync/bundles/save/" (to) } {
            button class=(class) title=(title) { (icon("download")) (label) }
        }
    }
}

/// What of a peer goes by files: the button that saves one, and when some went to and fro.
pub(super) fn of_peer(visit: &Visit, peer: &SyncPeer, name: &str) -> Markup {
    let words = visit.words;
    let is_offered = bundles::may_carry(&visit.state, &visit.visitor).is_ok();
    let times = [("bundle-saved", peer.bundle_saved_at), ("bundle-loaded", peer.bundle_loaded_at)];
    html! {
        @if is_offered || times.iter().any(|(_, at)| at.is_some()) {
            div class="files row muted small" {
                @for (key, at) in times {
                    @if let Some(at) = at { span { (told(words, key)) " " (words.ago_element(at, visit.now)) } }
                }
                @if is_offered {
                    span class="grow" {}
                    (save_button(&peer.device.to_string(), &t!(words, "bundle-save"), &t!(words, "bundle-save-for", name = name), "btn quiet"))
                }
            }
        }
    }
}

fn told(words: Words, key: &str) -> String {
    match key {
        "bundle-saved" => t!(words, "bundle-saved"),
        _ => t!(words, "bundle-loaded"),
    }
}

/// The card that takes a file; nothing for somebody who may not bring one.
pub(super) fn card(visit: &Visit) -> Markup {
    let words = visit.words;
    if bundles::may_carry(&visit.state, &visit.visitor).is_err() {
        return html! {};
    }
    html! {
        section class="card" aria-labelledby="bundles" {
            header { h2 id="bundles" { (t!(words, "bundle-title")) } }
            form class="pad stack" method="post" enctype="multipart/form-data" action="/sync/bundles/load" {
                p class="muted" { (t!(words, "bundle-text")) }
                div class="fields" {
                    div class="field" {
                        label for="f-bundle" { (t!(words, "bundle-file")) }
                        input class="input" id="f-bundle" type="file" name="file" accept=".tributary" aria-describedby="d-bundle";
                        span class="hint" id="d-bundle" { (t!(words, "bundle-open")) }
                    }
                }
                div { button class="btn primary" id="load-bundle" { (icon("upload")) (t!(words, "bundle-load")) } }
            }
        }
    }
}

/// A file for a device.
pub(in crate::ui) async fn save(visit: Visit, Path(to): Path<String>) -> Result<Response, Trouble> {
    bundles::may_carry(&visit.state, &visit.visitor)?;
    Ok(attached(bundles::save_bundle(&visit.state, &to).await?))
}

/// A file that was brought.
pub(in crate::ui) async fn load(visit: Visit, parts: Multipart) -> Result<Response, Trouble> {
    bundles::may_carry(&visit.state, &visit.visitor)?;
    let words = visit.words;
    let file = match sent(parts).await? {
        file if file.is_empty() => {
            let notice = bad(&t!(words, "bundle-none-chosen"), None);
            return answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, notice);
        }
        file => file,
    };
    match bundles::load_bundle(&visit.state, file).await {
        Ok(Some(loaded)) => answer(&visit, StatusCode::OK, outcome(words, &loaded)),
        Ok(None) => {
            let notice = html! { div class="alert" role="status" { (icon("info")) p { (t!(words, "bundle-goes-on")) } } };
            answer(&visit, StatusCode::ACCEPTED, notice)
        }
        Err(problem) => {
            let notice = bad(&trouble::message(words, &problem), advice(words, &problem));
            answer(&visit, problem.status_code(), notice)
        }
    }
}

fn answer(visit: &Visit, status: StatusCode, notice: Markup) -> Result<Response, Trouble> {
    let mut response = sync::page(visit, notice)?;
    *response.status_mut() = status;
    Ok(response)
}

async fn sent(mut parts: Multipart) -> Result<Vec<u8>, Problem> {
    let broken = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::advised(code::BUNDLE_TOO_LARGE, "The file is too large"),
        _ => Problem::advised(code::NOT_A_BUNDLE, error.body_text()),
    };
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if part.name() == Some("file") {
            return Ok(part.bytes().await.map_err(broken)?.into());
        }
    }
    Ok(Vec::new())
}

/// What to do about a file that was refused, as a sentence.
fn advice(words: Words, problem: &Problem) -> Option<String> {
    let step = words.try_say(&format!("next-step-{}", code::step(&problem.code).name), &[])?;
    let mut letters = step.chars();
    let first = letters.next()?;
    Some(format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn bad(what: &str, advice: Option<String>) -> Markup {
    html! {
        div class="alert bad" role="alert" {
            (icon("triangle-alert"))
            div {
                p class="strong" { (what) }
                @if let Some(advice) = advice { p { (advice) } }
            }
        }
    }
}

/// What came of a file, and what to do next.
fn outcome(words: Words, loaded: &BundleLoaded) -> Markup {
    let BundleLoaded { about, news, refused, parked, left_out, gap, outdated, nothing_to_return } = loaded;
    let from = match (&about.from_name, about.from_central) {
        (_, true) => t!(words, "central-server"),
        (Some(name), false) => name.clone(),
        (None, false) => about.from.to_string(),
    };
    let from = from.as_str();
    let is_good = refused + parked + left_out == 0 && !gap;
    html! {
        div class={ "alert " (if is_good { "good" } else { "warn" }) } role="status" id="bundle-outcome" {
            (icon(if is_good { "check" } else { "info" }))
            div class="grow" {
                p class="strong" { (t!(words, "bundle-came", documents = about.documents, from = from)) @if about.documents > 0 { " " (t!(words, "bundle-news", news = *news)) } }
                @if refused + parked > 0 { p { (t!(words, "bundle-refused", refused = *refused, parked = *parked)) } }
                @if *gap || *left_out > 0 { p { (t!(words, "bundle-gap")) } }
                @if *outdated { p { (t!(words, "bundle-outdated")) } }
                p { @if *nothing_to_return { (t!(words, "bundle-complete")) } @else { (t!(words, "bundle-return")) } }
            }
            @if !nothing_to_return {
                (save_button(&about.from.to_string(), &t!(words, "bundle-save"), &t!(words, "bundle-save-for", name = from), "btn"))
            }
        }
    }
}
