//! How what is short is shared among the customers that wait for it, shown before it is done.

use axum::extract::Path;
use axum::response::Response;
use crdt_store::DocumentId;
use domain::Permission;
use domain::query::names::Names;
use domain::requisition::{self, ItemShares, LineSelection, RequisitionShare, Side};
use maud::{Markup, html};

use super::{after, load, path_of, section_of};
use crate::ui::icon::icon;
use crate::ui::layout::{self, Page};
use crate::ui::parts::{Tone, chip, empty, title};
use crate::ui::trouble::Trouble;
use crate::ui::visit::Visit;
use crate::ui::words::{Words, t};

fn share_row(words: Words, share: &RequisitionShare, customer: &str, is_own: bool) -> Markup {
    html! {
        tr {
            td {
                a class="row-link nowrap" href={ (path_of(Side::Supplier)) "/" (share.requisition) } { @if is_own { b { (customer) } } @else { (customer) } }
                span class="two" { (share.number) @if share.emergency { " " (chip(Tone::Bad, "flag", &t!(words, "emergency"))) } }
            }
            td class="num" { (words.quantity(share.on_shipments)) }
            td class="num" { (words.quantity(share.need)) }
            td class="num phone-hide" { (words.quantity(share.proportional)) }
            td class="num strong" { (words.quantity(share.quantity)) }
        }
    }
}

fn item_card<R: crdt_store::ViewRead + ?Sized>(
    words: Words,
    names: &mut Names<'_, R>,
    shares: &ItemShares,
    own: DocumentId,
) -> Result<Markup, Trouble> {
    let item = names.item(shares.item)?.cloned();
    let (name, unit) = item.map_or_else(Default::default, |row| (row.name, row.unit));
    let mut rows = Vec::new();
    for share in &shares.shares {
        let customer = names.store_or_partner(share.customer)?.unwrap_or_default().to_owned();
        rows.push(share_row(words, share, &customer, share.requisition == own));
    }
    Ok(html! {
        section class="card" {
            header { h2 class="grow" { (name) } span class="muted" { (t!(words, "available-of", quantity = words.quantity(shares.available), unit = unit)) } }
            div class="scroll" { table {
                thead { tr {
                    th scope="col" { (t!(words, "partner-customer")) }
                    th scope="col" class="num" { (t!(words, "in-shipments")) }
                    th scope="col" class="num" { (t!(words, "still-needed")) }
                    th scope="col" class="num phone-hide" { (t!(words, "in-proportion")) }
                    th scope="col" class="num" { (t!(words, "in-packs-of", n = shares.pack_size)) }
                } }
                tbody { @for row in rows { (row) } }
            } }
        }
    })
}

/// How the items that are short are shared.
pub(in crate::ui) async fn shares(visit: Visit, Path(id): Path<DocumentId>) -> Result<Response, Trouble> {
    let words = visit.words;
    let detail = load(&visit, id, Side::Supplier)?;
    let read = visit.read()?;
    let short = requisition::fair_shares(&read, id)?;
    let mut names = Names::new(&read);
    let cards: Vec<Markup> =
        short.iter().map(|shares| item_card(words, &mut names, shares, id)).collect::<Result<_, _>>()?;
    let base = format!("{}/{id}", path_of(Side::Supplier));
    let give = visit.may(Permission::RequisitionEdit) && !short.is_empty();
    let name = t!(words, "fair-share");
    let body = html! {
        (title(&name, html! { (detail.customer_name) " · " (t!(words, "fair-share-text")) }, html! {}))
        @if cards.is_empty() { div class="card" { (empty("circle-check", &t!(words, "nothing-short"), &t!(words, "nothing-short-text"), html! {})) } }
        @for card in cards { (card) }
        @if give {
            form method="post" action={ (base) "/supply-fairly" } class="bar" {
                button class="btn primary" { (icon("check")) (t!(words, "give-fairly")) }
                a class="btn quiet" href=(base) { (t!(words, "cancel")) }
            }
        }
    };
    let number = detail.requisition.number;
    Ok(layout::page(&visit, Page::new(section_of(Side::Supplier), name, body).below(number, &base)))
}

/// Gives the fair share of what is short, and all that is asked for of the rest.
pub(in crate::ui) async fn give_fairly(
    visit: Visit,
    Path(id): Path<DocumentId>,
) -> Result<Response, Trouble> {
    let all = LineSelection::default();
    let result = visit.carry_out(move |txn, caller| requisition::supply_fairly(txn, caller, id, &all)).await;
    after(&visit, id, Side::Supplier, result, /*key*/ "toast-saved")
}
