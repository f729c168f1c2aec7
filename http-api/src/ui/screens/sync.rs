//! What this device and the others have told each other: per peer, never better than it is known.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crdt_store::{DeviceId, Timestamp};
use domain::{Permission, Role};
use maud::{Markup, html};
use replication::shell::{FoundBy, LanState};
use replication::{TO_SEND_MAX, code};

use super::bundles;
use crate::api::sync::{self, Link, SyncConnection, SyncDial, SyncError, SyncLan, SyncNeighbour, SyncPeer};
use crate::state::DemoNodeStatus;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section, done};
use crate::ui::parts::{Tone, chip, empty, fact, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn link_chip(words: Words, peer: &SyncPeer) -> Markup {
    match peer.link {
        Link::Offline => chip(Tone::Calm, "wifi-off", &t!(words, "link-offline")),
        Link::Greeting => chip(Tone::Accent, "refresh-cw", &t!(words, "link-greeting")),
        Link::Syncing => chip(Tone::Accent, "refresh-cw", &t!(words, "link-syncing")),
        Link::Quiet if peer.in_sync => chip(Tone::Good, "check", &t!(words, "link-in-sync")),
        Link::Quiet => chip(Tone::Calm, "check", &t!(words, "link-quiet")),
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

/// How good the connection is: time of a round trip, and how much of what was sent got lost; TCP does not tell.
fn quality(words: Words, connection: &SyncConnection) -> Markup {
    let (Some(millis), Some(sent), Some(lost)) =
        (connection.round_trip_ms, connection.packets_sent, connection.packets_lost)
    else {
        return html! { span title=(connection.address) { (t!(words, "link-tcp")) } };
    };
    // Thousandths of a percent, of which one decimal is shown.
    let lost = 1_000 * lost / sent.max(1) * 100;
    html! {
        span title=(connection.address) {
            @if millis < 1.0 { "< 1" } @else { (words.whole(millis.round() as i64)) }
            " ms · " (words.thousandths(lost as i64, 0)) " %"
        }
    }
}

/// How a device was found that is met without central.
fn found_by(words: Words, found_by: FoundBy) -> Markup {
    let text = match found_by {
        FoundBy::Lan => t!(words, "found-on-lan"),
        FoundBy::Hand => t!(words, "found-by-hand"),
    };
    html! { span class="muted small" { (text) } }
}

fn peer_row(
    visit: &Visit,
    peer: &SyncPeer,
    name: &str,
    neighbour: Option<&SyncNeighbour>,
    next_visit: Option<Timestamp>,
) -> Markup {
    let words = visit.words;
    html! {
        div class="peer" id={ "peer-" (peer.device) } {
            div class="row" {
                (icon(if peer.central { "server" } else { "monitor" }))
                span class="strong" { (name) }
                (link_chip(words, peer))
                @if let Some(neighbour) = neighbour { (found_by(words, neighbour.found_by)) }
            }
            (value(&t!(words, "last-contact"), html! {
                @match (peer.link, peer.last_contact) {
                    (_, None) => (t!(words, "never")),
                    (Link::Offline, Some(at)) => (words.ago_element(at, visit.now)),
                    (_, Some(_)) => (t!(words, "chip-now")),
                }
            }))
            @if let Some(at) = next_visit { (value(&t!(words, "next-visit"), words.brief_instant(at))) }
            (value(&t!(words, "to-send"), pending(words, peer.to_send)))
            (value(&t!(words, "to-receive"), pending(words, peer.to_receive)))
            (value(&t!(words, "sent-received"), html! { (words.bytes(peer.bytes_sent)) " / " (words.bytes(peer.bytes_received)) }))
            @if let Some(connection) = &peer.connection { (value(&t!(words, "link-quality"), quality(words, connection))) }
            @if peer.refused_here + peer.refused_there > 0 {
                p class="cause t-warn" { (icon("triangle-alert")) " " (t!(words, "sync-refused", here = peer.refused_here, there = peer.refused_there)) }
            }
            @if let Some(error) = peer.last_error.as_ref() { (cause(visit, error)) }
            (bundles::of_peer(visit, peer, name))
        }
    }
}

/// What went wrong last, when, and what to do.
fn cause(visit: &Visit, error: &SyncError) -> Markup {
    let words = visit.words;
    let step = words.try_say(&format!("next-step-{}", code::step(&error.code).name), &[]);
    html! {
        p class="cause muted" title=(error.detail) {
            (icon("info")) " " (t!(words, "last-error")) " " code { (error.code) } " · " (words.ago_element(error.at, visit.now))
            " · " (step.unwrap_or_else(|| error.next_step.clone()))
        }
    }
}

/// A central that is dialled and has never answered: there is no peer to show yet.
fn never_reached(visit: &Visit, dial: &SyncDial) -> Markup {
    let words = visit.words;
    html! {
        div class="peer" {
            div class="row" {
                (icon("server"))
                span class="strong" { (t!(words, "central-at", address = dial.address.as_str())) }
                (chip(Tone::Calm, "wifi-off", &t!(words, "never-reached")))
            }
            @if let Some(error) = &dial.last_error { (cause(visit, error)) }
        }
    }
}

/// A device that is named, or found nearby, and has not been in contact yet.
fn not_met(visit: &Visit, neighbour: &SyncNeighbour) -> Markup {
    let words = visit.words;
    let name = device_name(neighbour.site_name.as_deref(), neighbour.name.as_deref());
    let name = name.unwrap_or_else(|| t!(words, "device-at", address = neighbour.address.as_str()));
    html! {
        div class="peer" {
            div class="row" {
                (icon("monitor"))
                span class="strong" title=(neighbour.address) { (name) }
                (chip(Tone::Calm, "wifi-off", &t!(words, "not-met")))
                (found_by(words, neighbour.found_by))
            }
            @if let Some(error) = &neighbour.last_error { (cause(visit, error)) }
        }
    }
}

fn peer_name(words: Words, peer: &SyncPeer) -> String {
    match peer.central {
        true => t!(words, "central-server"),
        false => device_name(peer.site_name.as_deref(), peer.name.as_deref())
            .unwrap_or_else(|| peer.device.to_string()),
    }
}

fn device_name(site: Option<&str>, name: Option<&str>) -> Option<String> {
    match (site, name) {
        (Some(site), Some(name)) if name != site => Some(format!("{site} · {name}")),
        (Some(site), _) => Some(site.to_owned()),
        (None, name) => name.map(str::to_owned),
    }
}

/// Whether others are looked for nearby.
fn lan(visit: &Visit, lan: &SyncLan) -> Markup {
    let words = visit.words;
    let state = match lan.state {
        LanState::Off => t!(words, "lan-off"),
        LanState::Searching => t!(words, "lan-searching"),
        LanState::Waiting => t!(words, "lan-waiting"),
    };
    html! { (state) @if let Some(error) = &lan.last_error { (cause(visit, error)) } }
}

fn cables(visit: &Visit, nodes: &[DemoNodeStatus]) -> Markup {
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
    let status = sync::status(&visit.state, &visit.read()?)?;
    let mut peers: Vec<_> = status.peers.iter().filter(|peer| peer.device != status.device).collect();
    let reached = peers.iter().any(|peer| peer.central);
    let unreached: Vec<_> = status.dials.iter().filter(|_| !reached).collect();
    // Those that wait longest come first on central; at a site the central server does.
    peers.sort_by_key(|peer| (!peer.central, peer.link, peer.last_contact));
    let neighbour = |device| status.neighbours.iter().find(|neighbour| neighbour.device == Some(device));
    let next_visit = |peer: &SyncPeer| {
        let dial = status.dials.iter().find(|dial| peer.central && dial.device == Some(peer.device));
        dial.and_then(|dial| dial.next_at)
    };
    let is_met = |neighbour: &&SyncNeighbour| {
        neighbour.device.is_some_and(|device| peers.iter().any(|peer| peer.device == device))
    };
    let not_yet: Vec<_> = status.neighbours.iter().filter(|neighbour| !is_met(neighbour)).collect();
    Ok(html! {
        @for dial in &unreached { (never_reached(visit, dial)) }
        @if peers.is_empty() && unreached.is_empty() && not_yet.is_empty() {
            (empty("refresh-cw", &t!(words, "no-peers"), &t!(words, "no-peers-text"), html! {}))
        }
        @for peer in &peers { (peer_row(visit, peer, &peer_name(words, peer), neighbour(peer.device), next_visit(peer))) }
        @for neighbour in &not_yet { (not_met(visit, neighbour)) }
    })
}

/// The page.
pub(in crate::ui) async fn show(visit: Visit) -> Result<Response, Trouble> {
    page(&visit, html! {})
}

/// The page, with a notice on it.
pub(super) fn page(visit: &Visit, notice: Markup) -> Result<Response, Trouble> {
    let words = visit.words;
    let (status, network) = (visit.state.node().status(), visit.state.node().network());
    let settings = visit.state.settings();
    let name = t!(words, "nav-sync");
    let demo = visit.state.demo().map(|demo| demo.status(settings.device));
    let body = html! {
        (title(&name, html! { (t!(words, "sync-text")) }, html! {
            form method="post" action="/sync/now" { button class="btn primary" { (icon("refresh-cw")) (t!(words, "sync-now")) } }
        }))
        (notice)
        div class="stack" {
            section class="card" aria-labelledby="peers" {
                header { h2 id="peers" { (t!(words, "peers")) } }
                div data-live="peers" data-quiet { (peers(visit)?) }
            }
            (bundles::card(visit))
            @if let Some(nodes) = demo { div data-live="network" data-quiet { (cables(visit, &nodes)) } }
            section class="card pad" {
                h2 { (t!(words, "this-device")) }
                dl class="facts" data-live="device" data-quiet {
                    (fact(&t!(words, "documents"), html! { span class="tabular" { (words.whole(status.documents as i64)) } }))
                    (fact(&t!(words, "changes-position"), html! { span class="tabular" { (words.whole(status.head_seq as i64)) } }))
                    @if let (Some(network), false) = (&network, visit.is_central()) {
                        (fact(&t!(words, "nearby-devices"), lan(visit, &SyncLan::from(&network.lan))))
                    }
                    (fact(&t!(words, "version"), html! { (settings.version) }))
                    (fact(&t!(words, "device"), html! { code { (short(settings.device)) } }))
                    (fact(&t!(words, "role"), html! { (t!(words, "role-name", central = if visit.is_central() { "yes" } else { "no" })) }))
                }
            }
        }
    };
    Ok(layout::page(visit, Page::new(Section::Sync, name, body)))
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
