//! The frame of all pages: rail, head, foot; and the door before it.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use replication::LinkState;

use super::assets;
use super::icon::{icon, mark, turning_icon};
use super::visit::{Setting, TOAST_COOKIE, Visit};
use super::words::{Language, Words, t};

/// Where in the rail a page belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Dashboard,
    Stock,
    Issue,
    Receive,
    Outbound,
    Inbound,
    Orders,
    Forms,
    Requisitions,
    Adjustments,
    Stocktakes,
    Locations,
    Equipment,
    Tasks,
    National,
    Items,
    Programmes,
    Partners,
    Stores,
    Sites,
    Users,
    Sync,
    Other,
}

/// A place in the rail.
struct Place {
    section: Section,
    href: &'static str,
    icon: &'static str,
    word: String,
}

fn place(words: Words, section: Section) -> Place {
    let (href, icon, word) = match section {
        Section::Dashboard => ("/", "layout-dashboard", t!(words, "nav-dashboard")),
        Section::Stock => ("/stock", "package", t!(words, "nav-stock")),
        Section::Issue => ("/issue", "arrow-up-from-line", t!(words, "nav-issue")),
        Section::Receive => ("/receive", "arrow-down-to-line", t!(words, "nav-receive")),
        Section::Outbound => ("/outbound-shipments", "truck", t!(words, "nav-outbound-short")),
        Section::Inbound => ("/inbound-shipments", "package-check", t!(words, "nav-inbound-short")),
        Section::Orders => ("/internal-orders", "file-text", t!(words, "nav-orders-short")),
        Section::Forms => ("/rnr-forms", "calendar-clock", t!(words, "nav-rnr")),
        Section::Requisitions => ("/customer-requisitions", "clipboard-paste", t!(words, "nav-requisitions")),
        Section::Adjustments => ("/adjustments", "scale", t!(words, "nav-adjustments")),
        Section::Stocktakes => ("/stocktakes", "clipboard-check", t!(words, "nav-stocktakes")),
        Section::Locations => ("/locations", "warehouse", t!(words, "nav-locations")),
        Section::Equipment => ("/equipment", "snowflake", t!(words, "nav-equipment")),
        Section::Tasks => ("/tasks", "list-checks", t!(words, "nav-tasks")),
        Section::National => ("/national", "globe", t!(words, "nav-national")),
        Section::Items => ("/items", "boxes", t!(words, "nav-items")),
        Section::Programmes => ("/programmes", "layers", t!(words, "nav-programmes")),
        Section::Partners => ("/partners", "handshake", t!(words, "nav-partners")),
        Section::Stores => ("/stores", "store", t!(words, "nav-stores")),
        Section::Sites => ("/sites", "map-pin", t!(words, "nav-sites")),
        Section::Users => ("/users", "users", t!(words, "nav-users")),
        Section::Sync => ("/sync", "refresh-cw", t!(words, "nav-sync")),
        Section::Other => ("/help", "circle-help", t!(words, "help")),
    };
    Place { section, href, icon, word }
}

/// What the rail leads to: a name for each group, and its places.
fn groups(visit: &Visit) -> Vec<(String, Vec<Section>)> {
    use Section::*;

    let words = visit.words;
    let read_only = visit.own_store().is_none_or(|own| own.right.read_only);
    let flow = vec![Orders, Forms, Requisitions, Outbound, Inbound, Stocktakes, Adjustments, Locations];
    let data = vec![Items, Programmes, Partners, Stores, Sites, Users];
    let main = match (visit.is_central(), read_only) {
        (true, _) if visit.sees_country() => vec![Dashboard, National, Equipment, Tasks, Sync],
        (true, _) => vec![Dashboard, Equipment, Tasks, Sync],
        (false, true) => vec![Dashboard, Stock],
        (false, false) => vec![Dashboard, Stock, Issue, Receive],
    };
    let mut groups = vec![(String::new(), main)];
    match visit.own_store() {
        Some(own) if visit.is_central() => {
            let mut of_store = vec![Stock];
            if !own.right.read_only {
                of_store.extend([Issue, Receive]);
            }
            of_store.extend(flow);
            groups.push((own.name.clone(), of_store));
        }
        Some(_) => groups.push((t!(words, "nav-group-movements"), flow)),
        None => {}
    }
    if !visit.is_central() {
        groups.push((t!(words, "nav-group-follow"), vec![Equipment, Tasks, Sync]));
    }
    groups.push((t!(words, "nav-group-data"), data));
    groups
}

fn nav_link(place: &Place, current: Section) -> Markup {
    html! {
        a href=(place.href) aria-current=[(place.section == current).then_some("page")] { (icon(place.icon)) span { (place.word) } }
    }
}

fn rail(visit: &Visit, current: Section) -> Markup {
    html! {
        div class="rail" {
            a class="brand" href="/" { (mark()) "Tributary" }
            nav aria-label=(t!(visit.words, "nav-main")) {
                @for (name, sections) in groups(visit) {
                    @if !name.is_empty() { h2 { (name) } }
                    ul { @for section in sections { li { (nav_link(&place(visit.words, section), current)) } } }
                }
            }
        }
    }
}

/// A place in the bar of small screens, where a fifth of a phone must hold its name.
fn tab(words: Words, section: Section) -> Place {
    let mut place = place(words, section);
    match section {
        Section::Dashboard => place.word = t!(words, "nav-home"),
        Section::National => place.word = t!(words, "nav-stock"),
        Section::Sync => place.word = t!(words, "nav-sync-short"),
        _ => {}
    }
    place
}

/// The bar of small screens: four places and the rest.
fn tab_bar(visit: &Visit, current: Section) -> Markup {
    let words = visit.words;
    let groups = groups(visit);
    let first: Vec<Section> = groups[0].1.iter().copied().take(4).collect();
    let rest =
        groups.iter().flat_map(|(_, sections)| sections).copied().filter(|section| !first.contains(section));
    html! {
        nav class="tabbar" aria-label=(t!(words, "nav-short")) {
            @for section in &first { (nav_link(&tab(words, *section), current)) }
            details class="menu" {
                summary { (icon("menu")) span { (t!(words, "nav-more")) } }
                div class="sheet" { @for section in rest { (nav_link(&place(words, section), current)) } }
            }
        }
    }
}

fn crumbs(words: Words, trail: &[(String, String)], title: &str) -> Markup {
    html! {
        nav class="crumbs" aria-label=(t!(words, "breadcrumb")) {
            ol {
                @for (name, href) in trail { li { a href=(href) { (name) } (turning_icon("chevron-right")) } }
                li { span aria-current="page" { (title) } }
            }
        }
    }
}

/// A form whose buttons change how this browser shows pages.
fn preference(here: &str, name: &str, value: &str, class: &str, content: Markup) -> Markup {
    html! {
        form method="post" action="/preferences" class=(class) {
            input type="hidden" name="back" value=(here);
            button class={ @if class.is_empty() { "tool" } } name=(name) value=(value) { (content) }
        }
    }
}

/// The switch of light and dark: an icon in the head, a line with words in a menu.
fn theme_switch(setting: &Setting, here: &str, in_menu: bool) -> Markup {
    let words = setting.words;
    let (value, drawing, label) = match setting.theme {
        Some("dark") => ("light", icon("sun"), t!(words, "theme-light")),
        _ => ("dark", icon("moon"), t!(words, "theme-dark")),
    };
    match in_menu {
        true => preference(here, "theme", value, "line", html! { (drawing) (label) }),
        false => {
            preference(here, "theme", value, "", html! { (drawing) span class="visually-hidden" { (label) } })
        }
    }
}

/// The language that the switch leads to.
fn other_language(words: Words) -> Language {
    if words.language() == Language::French { Language::English } else { Language::French }
}

fn head(visit: &Visit, page: &Page) -> Markup {
    let words = visit.words;
    let other = other_language(words);
    html! {
        header class="head" {
            (crumbs(words, &page.trail, &page.title))
            @if visit.own_store().is_some() && !page.searches {
                form class="seek" role="search" action="/stock" method="get" {
                    (icon("search"))
                    input type="search" name="search" aria-label=(t!(words, "search-stock")) placeholder=(t!(words, "search-stock")) autocomplete="off";
                    kbd aria-hidden="true" { "/" }
                }
                // A phone has no room for the field: there the page of the stock is one tap away, its search focused.
                a class="tool phone-only" href="/stock#list-search" { (icon("search")) span class="visually-hidden" { (t!(words, "search-stock")) } }
            }
            @if visit.own_store().is_some() {
                a class="tool scan" href="/scan" data-scan-open title={ (t!(words, "scan-title")) " (F2)" } { (icon("scan-barcode")) span class="wide-only" { (t!(words, "scan-open")) } span class="visually-hidden" { (t!(words, "scan-title")) } }
            }
            a class="tool wide-only" href="/help" data-dialog data-help title=(t!(words, "help")) { (icon("circle-help")) span class="visually-hidden" { (t!(words, "help")) } }
            span class="wide-only" { (theme_switch(&visit.setting, &visit.here, false)) }
            details class="menu" {
                summary class="tool" aria-label=(visit.visitor.name()) { (icon("user")) span class="wide-only" { (visit.visitor.name()) } (icon("chevron-down")) }
                div class="sheet" {
                    p class="note" { (visit.visitor.name()) br; (visit.visitor.username()) }
                    a href="/choose-store" { (icon("store")) (t!(words, "change-store")) }
                    (preference(&visit.here, "language", other.tag(), "line", html! { (icon("languages")) span lang=(other.tag()) { (other.own_name()) } }))
                    (theme_switch(&visit.setting, &visit.here, true))
                    a href="/help" { (icon("circle-help")) (t!(words, "help")) }
                    hr;
                    form method="post" action="/logout" class="line" { button { (icon("log-out")) (t!(words, "log-out")) } }
                }
            }
        }
    }
}

/// What is told in the foot of every page about the work of others: calm, grey, true.
fn sync_chip(visit: &Visit) -> Markup {
    let words = visit.words;
    let status = visit.state.node().status();
    let central = status.peers.iter().find(|peer| peer.central);
    let content = match central {
        _ if visit.is_central() => {
            let connected = status.peers.iter().filter(|peer| peer.link != LinkState::Offline).count();
            html! { (icon("check")) (t!(words, "chip-saved-central")) " · " (t!(words, "chip-connected", n = connected)) }
        }
        None => html! { (icon("check")) (t!(words, "chip-saved")) },
        Some(peer) => html! {
            (icon(if peer.link == LinkState::Offline { "wifi-off" } else { "check" }))
            (t!(words, "chip-saved")) " · "
            (match peer.to_send {
                Some(0) => t!(words, "chip-sent"),
                Some(count) => t!(words, "chip-to-send", n = count),
                None => t!(words, "chip-unknown"),
            })
            " · " (t!(words, "chip-central")) " "
            @match (peer.link, peer.last_contact) {
                (LinkState::Offline, Some(at)) => (words.ago(at, visit.now)),
                (LinkState::Offline, None) => (t!(words, "chip-never")),
                _ => (t!(words, "chip-now")),
            }
        },
    };
    html! { a class="sync-chip" href="/sync" data-live="chip" data-quiet { (content) } }
}

fn foot(visit: &Visit) -> Markup {
    let words = visit.words;
    let settings = visit.state.settings();
    html! {
        footer class="foot" {
            @if visit.is_central() { span class="central-mark" { (icon("server")) (t!(words, "central-server")) } }
            span class="who" {
                @match visit.own_store() {
                    Some(own) => { b { (own.name) } " · " (settings.site_name) }
                    None => { b { (settings.system_name) } }
                }
            }
            (sync_chip(visit))
        }
    }
}

/// A page inside the frame.
pub(super) struct Page {
    pub(super) section: Section,
    /// Pages above it: name and address.
    pub(super) trail: Vec<(String, String)>,
    /// Its name.
    pub(super) title: String,
    /// What stands on it.
    pub(super) body: Markup,
    /// Whether it has a search of its own, and needs none in the head.
    searches: bool,
}

impl Page {
    /// A page at the top of its section.
    pub(super) fn new(section: Section, title: impl Into<String>, body: Markup) -> Self {
        Self { section, trail: Vec::new(), title: title.into(), body, searches: false }
    }

    /// The same, with a search of its own.
    pub(super) fn searching(mut self) -> Self {
        self.searches = true;
        self
    }

    /// The same, below another.
    pub(super) fn below(mut self, name: impl Into<String>, href: impl Into<String>) -> Self {
        self.trail.push((name.into(), href.into()));
        self
    }
}

fn head_element(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            title { (title) " · Tributary" }
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="htmx-config" content=r#"{"includeIndicatorStyles":false,"allowEval":false,"historyCacheSize":0,"refreshOnHistoryMiss":true}"#;
            link rel="icon" type="image/svg+xml" href=(assets::address("mark.svg"));
            link rel="stylesheet" href=(assets::address("app.css"));
            script src=(assets::address("htmx.min.js")) defer {}
            script type="module" src=(assets::address("ui.js")) {}
            script type="module" src=(assets::address("grid.js")) {}
            script type="module" src=(assets::address("scan.js")) {}
        }
    }
}

fn toasts(setting: &Setting) -> Markup {
    let words = setting.words;
    let said = setting.toast.as_ref().and_then(|(key, value)| words.try_say(key, &[("value", value.into())]));
    html! {
        div class="toasts" role="status" aria-live="polite" {
            @if let Some(said) = said { div class="toast" { (icon("check")) (said) } }
        }
    }
}

/// The whole document of a page in the frame.
pub(super) fn page(visit: &Visit, page: Page) -> Response {
    let words = visit.words;
    let direction = if words.is_right_to_left() { "rtl" } else { "ltr" };
    let document = html! {
        (DOCTYPE)
        html lang=(words.language().tag()) dir=(direction) data-theme=[visit.setting.theme] {
            (head_element(&page.title))
            body class={ @if visit.is_central() { "is-central" } } data-user=(visit.visitor.username()) data-resume=(t!(words, "resume")) data-cancel=(t!(words, "cancel")) data-failed=(t!(words, "request-failed")) data-undo=(t!(words, "scan-undo"))
                data-changes=(t!(words, "live-changes")) data-elsewhere=(t!(words, "live-elsewhere")) data-keep=(t!(words, "live-keep")) data-take=(t!(words, "live-take")) data-unsaved=(t!(words, "live-unsaved")) {
                a class="skip" href="#main" { (t!(words, "skip")) }
                div class="frame" {
                    @if visit.is_central() { div class="band" {} }
                    (rail(visit, page.section))
                    (head(visit, &page))
                    main class="main" id="main" tabindex="-1" {
                        div class="refresh" id="refresh" hidden role="status" { button type="button" {} }
                        (page.body)
                    }
                    (foot(visit))
                    (tab_bar(visit, page.section))
                }
                (toasts(&visit.setting))
                script type="module" src=(assets::address("live.js")) {}
            }
        }
    };
    answer(&visit.setting, document)
}

/// The whole document of a page before the door.
pub(super) fn door(setting: &Setting, central: bool, here: &str, title: &str, body: Markup) -> Response {
    let words = setting.words;
    let direction = if words.is_right_to_left() { "rtl" } else { "ltr" };
    let document = html! {
        (DOCTYPE)
        html lang=(words.language().tag()) dir=(direction) data-theme=[setting.theme] {
            (head_element(title))
            body class={ @if central { "is-central" } } data-cancel=(t!(words, "cancel")) data-failed=(t!(words, "request-failed")) {
                @if central { div class="band" {} }
                div class={ "door" @if central { " is-central" } } {
                    header {
                        span class="brand" { (mark()) "Tributary" }
                        span class="end" {}
                        form method="post" action="/preferences" {
                            input type="hidden" name="back" value=(here);
                            span class="switch" role="group" aria-label=(t!(words, "language")) {
                                @for language in Language::OFFERED {
                                    button name="language" value=(language.tag()) lang=(language.tag()) aria-pressed=(words.language() == language) { (language.own_name()) }
                                }
                            }
                        }
                        (theme_switch(setting, here, false))
                    }
                    main id="main" { (body) }
                    (waves())
                }
                (toasts(setting))
            }
        }
    };
    answer(setting, document)
}

/// Streams that run together, behind the door.
fn waves() -> Markup {
    html! {
        svg class="waves" viewBox="0 0 1200 300" preserveAspectRatio="none" fill="none" stroke="currentColor" aria-hidden="true" focusable="false" {
            path d="M-20 60 C 300 40 420 210 640 210 S 1000 190 1220 200" stroke-width="26" {}
            path d="M-20 190 C 260 220 420 220 640 216 S 1000 200 1220 206" stroke-width="40" {}
            path d="M-20 290 C 240 290 400 226 640 222 S 1000 212 1220 212" stroke-width="18" {}
        }
    }
}

fn answer(setting: &Setting, document: Markup) -> Response {
    let mut response = document.into_response();
    if setting.toast.is_some() && setting.part.is_none() {
        let gone = format!("{TOAST_COOKIE}=; Path=/; Max-Age=0; SameSite=Strict");
        if let Ok(value) = HeaderValue::from_str(&gone) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A redirect after something was done, with a sentence for the next page.
pub(super) fn done(to: &str, toast: &str, value: &str) -> Response {
    let mut response = axum::response::Redirect::to(to).into_response();
    let value: String =
        value.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    let cookie = format!("{TOAST_COOKIE}={toast}|{value}; Path=/; Max-Age=30; HttpOnly; SameSite=Strict");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
