//! The first page: what is to be done, what is wrong, and the way to it. Each figure opens the list it counts.

use axum::response::Response;
use crdt_store::Snapshot;
use domain::Permission;
use domain::query::shipments::{self, ShipmentFilter};
use domain::query::{PageRequest, dashboard, dashboard::Figure};
use domain::shipment::Direction;
use maud::{Markup, html};

use crate::ui::form::address;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::parts::title;
use crate::ui::trouble::Trouble;
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

/// How a figure is shown: what it counts, where it leads, and how worried to look when it is not zero.
struct Card {
    code: &'static str,
    count: u64,
    href: String,
    icon: &'static str,
    tone: &'static str,
}

fn card(words: Words, card: &Card) -> Markup {
    let tone = if card.count == 0 { "zero" } else { card.tone };
    html! {
        a class={ "figure " (tone) } href=(card.href) id={ "figure-" (card.code) } {
            (icon(card.icon))
            span class="label" { (words.code("figure", card.code)) span class="rule" { (words.code("figure-rule", card.code)) } }
            span class="value" data-live={ "figure-" (card.code) } { (words.whole(card.count as i64)) }
        }
    }
}

fn cards(words: Words, heading: &str, shown: &[Card]) -> Markup {
    html! {
        @if !shown.is_empty() {
            section class="card" {
                header { h2 { (heading) } }
                div class="figures" { @for one in shown { (card(words, one)) } }
            }
        }
    }
}

/// Looks up figures by their codes.
struct Figures(Vec<Figure>);

impl Figures {
    fn count(&self, codes: &[&str]) -> u64 {
        self.0.iter().filter(|figure| codes.contains(&figure.code)).map(|figure| figure.count).sum()
    }

    /// A card of one figure that opens a page of ours with the figure's own filter.
    fn card(
        &self,
        code: &'static str,
        path: &str,
        filter: &[(&str, &str)],
        drawing: &'static str,
        tone: &'static str,
    ) -> Card {
        Card { code, count: self.count(&[code]), href: address(path, filter), icon: drawing, tone }
    }
}

fn to_do(figures: &Figures) -> Vec<Card> {
    let receive = figures.count(&["inbound-picked", "inbound-shipped", "inbound-delivered"]);
    let mut cards = vec![
        Card {
            code: "to-receive",
            count: receive,
            href: "/receive".to_owned(),
            icon: "package-check",
            tone: "warn",
        },
        figures.card(
            "inbound-received",
            "/inbound-shipments",
            &[("status", "received")],
            "clipboard-check",
            "",
        ),
    ];
    let outbound =
        [("outbound-new", "new"), ("outbound-allocated", "allocated"), ("outbound-picked", "picked")];
    cards.extend(
        outbound
            .map(|(code, status)| {
                figures.card(code, "/outbound-shipments", &[("status", status)], "truck", "")
            })
            .into_iter()
            .filter(|card| card.count > 0),
    );
    cards.push(figures.card("tasks", "/tasks", &[], "list-checks", "warn"));
    cards
}

fn alerts(figures: &Figures) -> Vec<Card> {
    vec![
        figures.card(
            "items-out-of-stock",
            "/stock",
            &[("view", "items"), ("facet", "zero")],
            "package",
            "bad",
        ),
        figures.card("batches-expired", "/stock", &[("facet", "expired")], "circle-x", "bad"),
        figures.card("batches-expiring", "/stock", &[("facet", "expiring")], "hourglass", "warn"),
        figures.card(
            "assets-not-functioning",
            "/equipment",
            &[("status", "not-functioning")],
            "snowflake",
            "bad",
        ),
        figures.card(
            "assets-needing-attention",
            "/equipment",
            &[("status", "functioning-needs-attention")],
            "snowflake",
            "warn",
        ),
    ]
}

fn kept(figures: &Figures) -> Vec<Card> {
    vec![
        figures.card("items-kept", "/stock", &[("view", "items"), ("facet", "all")], "boxes", ""),
        figures.card("assets-functioning", "/equipment", &[("status", "functioning")], "snowflake", ""),
    ]
}

fn tile(href: &str, drawing: &str, name: &str, text: &str, class: &str) -> Markup {
    html! { a class={ "tile " (class) } href=(href) { (icon(drawing)) span { b { (name) } small { (text) } } } }
}

/// What most people come for, one tap away.
fn quick(visit: &Visit) -> Markup {
    let words = visit.words;
    html! {
        nav class="quick" aria-label=(t!(words, "quick")) {
            @if visit.may(Permission::OutboundEdit) { (tile("/issue", "arrow-up-from-line", &t!(words, "nav-issue"), &t!(words, "quick-issue"), "primary")) }
            @if visit.may(Permission::InboundEdit) { (tile("/receive", "arrow-down-to-line", &t!(words, "nav-receive"), &t!(words, "quick-receive"), "")) }
            @if visit.may(Permission::Adjust) { (tile("/adjustments/new", "scale", &t!(words, "quick-adjust-name"), &t!(words, "quick-adjust"), "")) }
            @if visit.may(Permission::AssetStatus) { (tile("/equipment", "snowflake", &t!(words, "nav-equipment"), &t!(words, "quick-equipment"), "")) }
        }
    }
}

/// Shipments shown below the figures: what somebody comes back to today.
const LATEST_MAX: usize = 5;

/// The newest shipments that leave, which people mostly come back to.
fn latest(visit: &Visit, read: &Snapshot, own: &OwnStore) -> Result<Markup, Trouble> {
    let words = visit.words;
    let filter = ShipmentFilter::default();
    let request = PageRequest::first(LATEST_MAX);
    let rows = shipments::list(read, own.id, Direction::Outbound, &filter, &request)?.rows;
    Ok(html! {
        @if !rows.is_empty() {
            section class="card" {
                header { h2 class="grow" { (t!(words, "latest-outbound")) } a href="/outbound-shipments" { (t!(words, "show-all")) } }
                (super::shipments::table(visit, &rows, Direction::Outbound))
            }
        }
    })
}

fn of_store(visit: &Visit, read: &Snapshot, own: &OwnStore) -> Result<Markup, Trouble> {
    let words = visit.words;
    let figures = Figures(dashboard::of_store(read, own.id, visit.today())?);
    Ok(html! {
        (quick(visit))
        div class="panels" {
            (cards(words, &t!(words, "to-do"), &to_do(&figures)))
            (cards(words, &t!(words, "alerts"), &alerts(&figures)))
            (cards(words, &t!(words, "in-store"), &kept(&figures)))
        }
        (latest(visit, read, own)?)
    })
}

fn national(visit: &Visit, read: &Snapshot) -> Result<Markup, Trouble> {
    let words = visit.words;
    let figures = Figures(dashboard::national(read)?);
    let status = visit.state.node().status();
    let offline =
        status.peers.iter().filter(|peer| peer.link == replication::LinkState::Offline).count() as u64;
    let system = [
        figures.card("stores", "/stores", &[], "store", ""),
        figures.card("sites", "/sites", &[], "map-pin", ""),
        Card {
            code: "devices-offline",
            count: offline,
            href: "/sync".to_owned(),
            icon: "wifi-off",
            tone: "",
        },
    ];
    let stock = [
        figures.card("items-kept", "/national", &[], "boxes", ""),
        figures.card("items-out-of-stock", "/national", &[("facet", "zero")], "package", "bad"),
    ];
    let follow = [
        figures.card("tasks", "/tasks", &[], "list-checks", "warn"),
        figures.card(
            "assets-not-functioning",
            "/equipment",
            &[("status", "not-functioning")],
            "snowflake",
            "bad",
        ),
        figures.card(
            "assets-needing-attention",
            "/equipment",
            &[("status", "functioning-needs-attention")],
            "snowflake",
            "warn",
        ),
        figures.card("assets-functioning", "/equipment", &[("status", "functioning")], "snowflake", ""),
    ];
    Ok(html! {
        div class="panels" {
            (cards(words, &t!(words, "national-system"), &system))
            (cards(words, &t!(words, "nav-group-follow"), &follow))
            (cards(words, &t!(words, "nav-national"), &stock))
        }
        section class="card" {
            header { h2 class="grow" { (t!(words, "devices")) } a href="/sync" { (t!(words, "nav-sync")) } }
            div data-live="peers" data-quiet { (super::sync::peers(visit)?) }
        }
    })
}

/// The page.
pub(in crate::ui) async fn show(visit: Visit) -> Result<Response, Trouble> {
    let words = visit.words;
    let read = visit.read()?;
    let today = words.day(visit.today());
    let place =
        visit.own_store().map_or_else(|| visit.state.settings().system_name.clone(), |own| own.name.clone());
    let content = match visit.own_store().filter(|_| !visit.sees_country()) {
        Some(own) => of_store(&visit, &read, own)?,
        None if visit.sees_country() => national(&visit, &read)?,
        None => {
            let choices = visit.visitor.stores(&read)?.len();
            html! { div class="card pad" { p { (t!(words, "choose-store-first", n = choices)) } a class="btn primary" href="/choose-store" { (icon("store")) (t!(words, "choose-store")) } } }
        }
    };
    let sub = if visit.sees_country() { visit.state.settings().system_name.clone() } else { place };
    let body = html! {
        (title(&t!(words, "hello", name = first_name(visit.visitor.name())), html! { (sub) " · " (today) }, html! {}))
        (content)
    };
    Ok(layout::page(&visit, Page::new(Section::Dashboard, t!(words, "nav-dashboard"), body)))
}

fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}
