//! Help that is there without a network: keys, words, what the colours mean.

use axum::response::Response;
use maud::{Markup, html};

use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::parts::title;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn keys(words: Words) -> Markup {
    html! {
        table {
            tbody {
                tr { td { kbd { "/" } } td { (t!(words, "key-search")) } }
                tr { td { kbd { "Enter" } " " kbd { "↓" } } td { (t!(words, "key-next")) } }
                tr { td { kbd { "↑" } } td { (t!(words, "key-previous")) } }
                tr { td { kbd { "F2" } } td { (t!(words, "key-scan")) } }
                tr { td { kbd { "?" } } td { (t!(words, "key-help")) } }
                tr { td { kbd { "Esc" } } td { (t!(words, "key-close")) } }
            }
        }
        label class="check" { input type="checkbox" data-setting="keys" data-default="on" checked; (t!(words, "keys-on")) }
    }
}

/// The page, whose first part is also shown as a dialog.
pub(in crate::ui) async fn show(visit: Visit) -> Response {
    let words = visit.words;
    let name = t!(words, "help");
    let body = html! {
        (title(&name, html! { (t!(words, "help-text")) }, html! {}))
        div class="grid" {
            section class="card pad stack" data-notice=(name) {
                h2 { (t!(words, "help-keys")) }
                (keys(words))
                button type="button" class="btn" data-close="" { (t!(words, "close")) }
            }
            section class="card pad stack" {
                h2 { (t!(words, "help-glossary")) }
                dl class="stack" {
                    @for (term, meaning) in glossary(words) { div { dt class="strong" { (term) } dd class="muted" { (meaning) } } }
                }
            }
            section class="card pad stack" {
                h2 { (t!(words, "help-sync")) }
                p { (icon("check")) " " (t!(words, "help-sync-saved")) }
                p { (icon("wifi-off")) " " (t!(words, "help-sync-offline")) }
                p { (icon("flag")) " " (t!(words, "help-sync-tasks")) }
            }
        }
    };
    layout::page(&visit, Page::new(Section::Other, name, body))
}

fn glossary(words: Words) -> Vec<(String, String)> {
    vec![
        (t!(words, "on-hand"), t!(words, "meaning-on-hand")),
        (t!(words, "available"), t!(words, "meaning-available")),
        (t!(words, "batch"), t!(words, "meaning-batch")),
        (t!(words, "term-fefo"), t!(words, "meaning-fefo")),
        (t!(words, "nav-outbound"), t!(words, "meaning-outbound")),
        (t!(words, "nav-inbound"), t!(words, "meaning-inbound")),
        (t!(words, "nav-tasks"), t!(words, "meaning-tasks")),
    ]
}
