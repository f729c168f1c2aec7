//! The first page: what is to be done, what is wrong, and the way to it. Each figure opens the list it counts.

use axum::response::Response;
use crdt_store::Snapshot;
use domain::consumption::Window;
use domain::query::shipments::{self, ShipmentFilter};
use domain::query::stock_items::ItemFacet;
use domain::query::{PageRequest, consumption, dashboard, dashboard::Figure, reference};
use domain::shipment::Direction;
use domain::store::Preferences;
use domain::{Date, Permission};
use maud::{Markup, html};

use crate::ui::chart;
use crate::ui::form::address;
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page, Section};
use crate::ui::parts::title;
use crate::ui::trouble::Trouble;
use crate::ui::visit::{OwnStore, Visit};
use crate::ui::words::{Words, t};

/// How a figure is shown: what it counts and by which rule, where it leads, and how worried to look when it is not zero.
struct Card {
    code: &'static str,
    /// What it is called, where that is not said with other figures.
    name: Option<String>,
    /// The rule in words, where it has a number of the store's in it.
    rule: Option<String>,
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
            span class="label" { @if let Some(name) = &card.name { (name) } @else { (words.code("figure", card.code)) } span class="rule" { @if let Some(rule) = &card.rule { (rule) } @else { (words.code("figure-rule", card.code)) } } }
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
        Card {
            code,
            name: None,
            rule: None,
            count: self.count(&[code]),
            href: address(path, filter),
            icon: drawing,
            tone,
        }
    }

    /// A card of a part of the store's items.
    fn item_card(
        &self,
        code: &'static str,
        facet: ItemFacet,
        rule: Option<String>,
        drawing: &'static str,
        tone: &'static str,
    ) -> Card {
        Card { rule, ..self.card(code, "/stock/items", &[("facet", facet.code())], drawing, tone) }
    }
}

/// What is to be done today: what comes, what is asked for, what is to leave. What there is none of stays away, but for
/// what everybody looks for.
fn to_do(visit: &Visit, figures: &Figures) -> Vec<Card> {
    let coming = figures.count(&["inbound-picked", "inbound-shipped", "inbound-delivered"]);
    let receive = Card {
        code: "to-receive",
        name: None,
        rule: None,
        count: coming,
        href: "/receive".to_owned(),
        icon: "package-check",
        tone: "warn",
    };
    let mut rest = flow(figures);
    if visit.may(Permission::RequisitionView) {
        rest.extend(asked_for(figures));
    }
    let mut cards = vec![receive];
    cards.extend(rest.into_iter().filter(|card| card.count > 0));
    cards.push(figures.card("tasks", "/tasks", &[], "list-checks", "warn"));
    cards
}

/// Goods on their way.
fn flow(figures: &Figures) -> Vec<Card> {
    let coming = |code, part: &str, drawing, tone| {
        figures.card(code, "/inbound-shipments", &[("part", part)], drawing, tone)
    };
    vec![
        coming("inbound-overdue", "overdue", "clock", "warn"),
        coming("inbound-due-today", "due-today", "calendar-clock", ""),
        coming("inbound-due-this-week", "due-this-week", "calendar-clock", ""),
        coming("inbound-not-delivered", "not-delivered", "truck", ""),
        figures.card(
            "inbound-received",
            "/inbound-shipments",
            &[("status", "received")],
            "clipboard-check",
            "",
        ),
        figures.card(
            "outbound-not-shipped",
            "/outbound-shipments",
            &[("part", "not-shipped")],
            "arrow-up-from-line",
            "",
        ),
    ]
}

/// Orders: those of customers first, for somebody waits for them.
fn asked_for(figures: &Figures) -> Vec<Card> {
    let sent = |code, path, more, drawing, tone| {
        figures.card(code, path, &[("status", "sent"), more], drawing, tone)
    };
    let (asked, asking) = ("/customer-requisitions", "/internal-orders");
    vec![
        sent("requisitions-emergency", asked, ("emergency", "true"), "triangle-alert", "bad"),
        sent("requisitions-new", asked, ("answer", "none"), "clipboard-check", "warn"),
        sent("requisitions-approved", asked, ("answer", "approved"), "circle-check", ""),
        figures.card("orders-draft", asking, &[("status", "draft")], "pencil", ""),
        sent("orders-denied", asking, ("answer", "denied"), "ban", "warn"),
        sent("orders-approved", asking, ("answer", "approved"), "circle-check", ""),
        figures.card("orders-waiting", asking, &[("status", "sent")], "file-text", ""),
    ]
}

/// Tasks by kind, each with the way to those of its kind.
fn tasks_by_kind(words: Words, figures: &Figures) -> Vec<Card> {
    let of_kind = |figure: &Figure| {
        let kind = *figure.filter.get("kind")?;
        Some(Card {
            code: figure.code,
            name: Some(words.code("task", kind)),
            rule: Some(t!(words, "figure-rule-tasks-of-kind")),
            count: figure.count,
            href: address("/tasks", &[("kind", kind)]),
            icon: "flag",
            tone: "warn",
        })
    };
    figures.0.iter().filter(|figure| figure.list == "tasks").filter_map(of_kind).collect()
}

/// What is wrong with stock and equipment; rules say the store's own thresholds.
fn alerts(words: Words, figures: &Figures, preferences: &Preferences, today: Date) -> Vec<Card> {
    let window = Window::of(preferences, today).days;
    let within = |days: u32| t!(words, "rule-within-days", n = days);
    let with_consumption = t!(words, "rule-out-with-consumption", n = window);
    let low = t!(words, "rule-low", n = preferences.understock_months);
    let over = t!(words, "rule-over", n = preferences.overstock_months);
    let expiring_later =
        figures.card("batches-expiring-later", "/stock", &[("facet", "expiring-later")], "hourglass", "");
    let expiring = figures.card("batches-expiring", "/stock", &[("facet", "expiring")], "hourglass", "warn");
    vec![
        figures.item_card(
            "items-out-with-consumption",
            ItemFacet::OutWithConsumption,
            Some(with_consumption),
            "package",
            "bad",
        ),
        figures.item_card("items-low", ItemFacet::Low, Some(low), "triangle-alert", "warn"),
        figures.item_card("items-over", ItemFacet::Over, Some(over), "boxes", ""),
        figures.card("batches-expired", "/stock", &[("facet", "expired")], "circle-x", "bad"),
        Card { rule: Some(within(preferences.expiring_days)), ..expiring },
        Card { rule: Some(within(preferences.expiring_later_days)), ..expiring_later },
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
        figures.card(
            "assets-needing-replacement",
            "/equipment",
            &[("needsReplacement", "true")],
            "snowflake",
            "",
        ),
    ]
}

fn kept(figures: &Figures) -> Vec<Card> {
    vec![
        figures.card("items-kept", "/stock/items", &[], "boxes", ""),
        figures.item_card("items-out-of-stock", ItemFacet::OutOfStock, None, "package", "bad"),
        figures.item_card("items-on-order", ItemFacet::OnOrder, None, "truck", ""),
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

/// Months of consumption that are drawn.
const MONTHS: u32 = 12;

/// How old the figures are: what other devices did is in them up to the last contact with central.
fn age(visit: &Visit) -> Markup {
    let words = visit.words;
    let central = visit.state.node().status().peers.into_iter().find(|peer| peer.central);
    let heard = central.and_then(|peer| peer.last_contact);
    html! {
        p class="muted small" {
            (icon("clock")) " " (t!(words, "figures-from-here")) " " (words.brief_instant(visit.now))
            @if !visit.is_central() { " · " @match heard { Some(then) => { (t!(words, "central-heard")) " " (words.ago_element(then, visit.now)) }, None => (t!(words, "central-not-heard")) } }
        }
    }
}

fn of_store(visit: &Visit, read: &Snapshot, own: &OwnStore) -> Result<Markup, Trouble> {
    let words = visit.words;
    let figures = Figures(dashboard::of_store(read, own.id, visit.today())?);
    let preferences = reference::store(read, own.id)?.preferences();
    let months = consumption::months_of_store(read, own.id, visit.today(), MONTHS)?;
    Ok(html! {
        (quick(visit))
        div class="panels" {
            (cards(words, &t!(words, "to-do"), &to_do(visit, &figures)))
            (cards(words, &t!(words, "alerts"), &alerts(words, &figures, &preferences, visit.today())))
            (cards(words, &t!(words, "in-store"), &kept(&figures)))
            (cards(words, &t!(words, "tasks-by-kind"), &tasks_by_kind(words, &figures)))
        }
        div class="card pad" { (age(visit)) }
        section class="card pad stack" {
            h2 { (t!(words, "consumption-12")) }
            (chart::consumption(words, &months, ""))
            p class="muted small" { (t!(words, "consumption-12-rule")) }
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
            name: None,
            rule: None,
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
    let by_kind = tasks_by_kind(words, &figures);
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
        figures.card(
            "assets-needing-replacement",
            "/equipment",
            &[("needsReplacement", "true")],
            "snowflake",
            "",
        ),
        figures.card("assets-functioning", "/equipment", &[("status", "functioning")], "snowflake", ""),
    ];
    Ok(html! {
        div class="panels" {
            (cards(words, &t!(words, "national-system"), &system))
            (cards(words, &t!(words, "nav-group-follow"), &follow))
            (cards(words, &t!(words, "nav-national"), &stock))
            (cards(words, &t!(words, "tasks-by-kind"), &by_kind))
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
