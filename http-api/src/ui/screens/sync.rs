//! What this device and the others have told each other: per peer, never better than it is known.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::DeviceId;
use domain::{Permission, Role, query};
use maud::{Markup, html};
use replication::{LinkState, PeerStatus, TO_SEND_MAX};

use crate::state::DemoNodeStatus;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, chip, empty, fact, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn link_chip(words: Words, peer: &PeerStatus) -> Markup {
    match peer.link {
        LinkState::Offline => chip(Tone::Calm, "wifi-off", &t!(words, "link-offline")),
        LinkState::Greeting => chip(Tone::Accent, "refresh-cw", &t!(words, "link-greeting")),
        LinkState::Syncing => chip(Tone::Accent, "refresh-cw", &t!(words, "link-syncing")),
        LinkState::Quiet if peer.in_sync => chip(Tone::Good, "check", &t!(words, "link-in-sync")),
        LinkState::Quiet => chip(Tone::Calm, "check", &t!(words, "link-quiet")),
    }
}

/// How much is still to go or to come; a question mark where nobody knows.
fn pending(words: Words, count: Option<u64>) -> Markup {
    match count {
        None => html! { abbr title=(t!(words, "sync-unknown")) { "?" } },
        Some(count) if count >= TO_SEND_MAX => html! { "> " (words.whole(TO_SEND_MAX as i64)) },
        Some(count) => html! { (words.whole(count as i64)) },
    }
}

fn value(name: &str, content: Markup) -> Markup {
    html! { div { span class="k" { (name) } span class="v" { (content) } } }
}

fn peer_row(visit: &Visit, peer: &PeerStatus, name: &str) -> Markup {
    let words = visit.words;
    html! {
        div class="peer" id={ "peer-" (peer.device) } {
            div class="row" {
                (icon(if peer.central { "server" } else { "monitor" }))
                span class="strong" { (name) }
                (link_chip(words, peer))
            }
            (value(&t!(words, "last-contact"), html! {
                @match (peer.link, peer.last_contact) {
                    (_, None) => (t!(words, "never")),
                    (LinkState::Offline, Some(at)) => (words.ago_element(at, visit.now)),
                    (_, Some(_)) => (t!(words, "chip-now")),
                }
            }))
            (value(&t!(words, "to-send"), pending(words, peer.to_send)))
            (value(&t!(words, "to-receive"), pending(words, peer.to_receive)))
            (value(&t!(words, "sent-received"), html! { (words.bytes(peer.bytes_out)) " / " (words.bytes(peer.bytes_in)) }))
            @if peer.refused_here + peer.refused_there > 0 {
                p class="cause t-warn" { (icon("triangle-alert")) " " (t!(words, "sync-refused", here = peer.refused_here, there = peer.refused_there)) }
            }
            @if let Some(error) = peer.last_error.as_ref() {
                p class="cause muted" {
                    (icon("info")) " " (t!(words, "last-error")) " " code { (error.code) } " · " (words.ago_element(error.at, visit.now))
                    " · " (words.try_say(&format!("next-step-{}", slug(error.next_step)), &[]).unwrap_or_else(|| error.next_step.to_owned()))
                }
            }
        }
    }
}

/// A sentence's first words as the name of its translation.
fn slug(sentence: &str) -> String {
    let words =
        sentence.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.take(5).map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

fn peer_name(visit: &Visit, read: &crdt_store::Snapshot, peer: &PeerStatus) -> String {
    let device = query::reference::device(read, peer.device).ok().flatten();
    let site = device.as_ref().and_then(|row| query::reference::site(read, row.site).ok());
    match (peer.central, site, peer.name.as_ref()) {
        (true, _, _) => t!(visit.words, "central-server"),
        (false, Some(site), _) => match device {
            Some(device) if device.name != site.name => format!("{} · {}", site.name, device.name),
            _ => site.name,
        },
        (false, None, Some(name)) => name.clone(),
        (false, None, None) => peer.device.to_string(),
    }
}

fn network(visit: &Visit, nodes: &[DemoNodeStatus]) -> Markup {
    let words = visit.words;
    html! {
        section class="card" aria-labelledby="network" {
            header { h2 id="network" { (t!(words, "demo-network")) } p class="muted" { (t!(words, "demo-network-text")) } }
            @for node in nodes {
                div class={ "network" @if !node.up { " cut" } } {
                    (icon(if node.up { "wifi" } else { "unplug" }))
                    div class="grow" {
                        div class="row" {
                            span class="strong" { (node.name) }
                            @if node.role == Role::Central { (chip(Tone::Central, "server", &t!(words, "central-server"))) }
                            @if node.this { (chip(Tone::Accent, "monitor", &t!(words, "this-device"))) }
                            @if node.up { span class="muted" { (t!(words, "network-up")) } } @else { span class="t-bad strong" { (t!(words, "network-cut")) } }
                        }
                        @if !node.this { a class="small" href=(node.url) { (node.url) } }
                    }
                    @if node.can_cut {
                        form method="post" action={ "/sync/network/" (node.site) "/" (if node.up { "cut" } else { "restore" }) } {
                            @if node.up { button class="btn danger" id={ "cut-" (node.site) } { (icon("unplug")) (t!(words, "network-do-cut")) } }
                            @else { button class="btn primary" id={ "restore-" (node.site) } { (icon("plug")) (t!(words, "network-do-restore")) } }
                        }
                    }
                }
            }
        }
    }
}

/// The others, those that wait longest first.
pub(in crate::ui) fn peers(visit: &Visit) -> Result<Markup, Trouble> {
    let words = visit.words;
    let status = visit.state.node().status();
    let read = visit.read()?;
    let mut peers: Vec<_> = status.peers.iter().filter(|peer| peer.device != status.device).collect();
    // Those that wait longest come first on central; at a site the central server does.
    peers.sort_by_key(|peer| (!peer.central, peer.link, peer.last_contact));
    Ok(html! {
        @if peers.is_empty() { (empty("refresh-cw", &t!(words, "no-peers"), &t!(words, "no-peers-text"), html! {})) }
        @for peer in peers { (peer_row(visit, peer, &peer_name(visit, &read, peer))) }
    })
}

/// The page.
pub(in crate::ui) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let status = visit.state.node().status();
    let settings = visit.state.settings();
    let name = t!(words, "nav-sync");
    let demo = visit.state.demo().map(|demo| demo.status(settings.device));
    let body = html! {
        (title(&name, html! { (t!(words, "sync-text")) }, html! {
            form method="post" action="/sync/now" { button class="btn primary" { (icon("refresh-cw")) (t!(words, "sync-now")) } }
        }))
        div class="stack" {
            section class="card" aria-labelledby="peers" {
                header { h2 id="peers" { (t!(words, "peers")) } }
                div data-live="peers" data-quiet { (peers(&visit)?) }
            }
            @if let Some(nodes) = demo { div data-live="network" data-quiet { (network(&visit, &nodes)) } }
            section class="card pad" {
                h2 { (t!(words, "this-device")) }
                dl class="facts" data-live="device" data-quiet {
                    (fact(&t!(words, "documents"), html! { span class="tabular" { (words.whole(status.documents as i64)) } }))
                    (fact(&t!(words, "changes-position"), html! { span class="tabular" { (words.whole(status.head_seq as i64)) } }))
                    (fact(&t!(words, "version"), html! { (settings.version) }))
                    (fact(&t!(words, "device"), html! { code { (short(settings.device)) } }))
                    (fact(&t!(words, "role"), html! { (t!(words, "role-name", central = if visit.is_central() { "yes" } else { "no" })) }))
                }
            }
        }
    };
    Ok(layout::page(&visit, Page::new(Section::Sync, name, body)))
}

fn short(device: DeviceId) -> String {
    device.to_string().chars().take(8).collect()
}

/// Looks for the others now.
pub(in crate::ui) async fn now(visit: Visit) -> Response {
    visit.state.node().sync_now();
    done("/sync", /*key*/ "toast-sync-asked", "")
}

/// Cuts or restores the network of a node of the demo.
pub(in crate::ui) async fn switch(
    visit: Visit,
    Path((site, act)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let demo = visit.state.demo().ok_or_else(|| Trouble::not_found("network switch"))?;
    let switch = demo.switch(&site).ok_or_else(|| Trouble::not_found("network switch"))?;
    visit.visitor.enter(None).map(|_| ()).or_else(|_| visit.visitor.require(Permission::ServerAdmin))?;
    match act.as_str() {
        "cut" => switch.cut(),
        "restore" => switch.restore(),
        _ => return Ok(StatusCode::NOT_FOUND.into_response()),
    }
    Ok(done(
        "/sync",
        if act == "cut" {
            /*key*/
            "toast-cut"
        } else {
            /*key*/
            "toast-restored"
        },
        "",
    ))
}
