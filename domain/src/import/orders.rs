//! Lines of an order from a table: what another system suggests, or the order's own file with quantities filled in.
//!
//! A row is about the item of its code. An item that is there already gets the row's quantity, as if it were asked for
//! again; a row without a quantity says nothing yet. All rows of an order are one change of its document.

use crdt_store::{DocumentId, Failure, Rejection, Txn, ViewRead, decode_row, encode_row};
use serde::{Deserialize, Serialize};

use super::check::{Outcome, Values};
use super::columns::{Column, ColumnKind, column};
use super::kind::{Acted, Before, Place, Rules};
use crate::requisition::{Asked, Draft};
use crate::text::fold;
use crate::{Caller, Permission, query, record, reject, stock_line, store, views};

const COLUMNS: &[Column] = &[
    column(
        "itemCode",
        ColumnKind::Text,
        true,
        &["code", "code article", "code de l'article", "code produit", "product code"],
    ),
    column(
        "itemName",
        ColumnKind::Text,
        false,
        &["item", "name", "article", "nom", "nom de l'article", "designation", "description", "produit"],
    ),
    column(
        "requested",
        ColumnKind::Quantity,
        true,
        &[
            "quantity",
            "quantity requested",
            "requested quantity",
            "order quantity",
            "quantite",
            "qte",
            "quantite demandee",
            "quantite commandee",
            "demande",
            "commande",
        ],
    ),
    column("note", ColumnKind::Text, false, &["comment", "remarque", "commentaire"]),
];

pub(crate) const RULES: Rules = Rules {
    columns: COLUMNS,
    filled_in: Some("requested"),
    key: |values| fold(values.text("itemCode").unwrap_or_default().trim()),
    permit,
    check: |read, place, values| resolve(read, place, values).map(|row| row.outcome()),
    apply,
    unmake: |_, _, _| Ok(()),
    restore,
    label,
};

fn permit(read: &dyn ViewRead, caller: &Caller, own: Option<DocumentId>) -> Result<(), Failure> {
    let own = own.ok_or_else(|| reject::validation("/store", "this needs a store"))?;
    caller.require(Permission::RequisitionEdit, own)?;
    store::require_open(read, own).map(drop)
}

/// Refuses an order that cannot be filled in now, before any of its rows is looked at.
///
/// # Errors
/// `not-found`, `not-permitted`, `wrong-status`.
pub fn require_order(
    read: &dyn ViewRead,
    caller: &Caller,
    store: Option<DocumentId>,
    id: DocumentId,
) -> Result<(), Failure> {
    Draft::load(read, caller, store.unwrap_or_default(), id).map(drop)
}

/// The draft that rows are about, read with the first of them: a command does not see its own edits anyway.
fn draft<'p>(read: &dyn ViewRead, place: &'p Place<'_>, order: DocumentId) -> Result<&'p Draft, Failure> {
    if let Some(draft) = place.draft.get() {
        return Ok(draft);
    }
    let draft = Draft::load(read, place.caller, place.store.unwrap_or_default(), order)?;
    Ok(place.draft.get_or_init(|| draft))
}

/// What a row comes to.
struct Row<'p> {
    draft: &'p Draft,
    order: DocumentId,
    item: DocumentId,
    before: Asked,
    after: Asked,
}

impl Row<'_> {
    fn outcome(&self) -> Outcome {
        match self.before.quantity {
            None => Outcome::Create,
            Some(_) if self.before == self.after => Outcome::Same,
            Some(_) => Outcome::Change,
        }
    }
}

fn resolve<'p>(read: &dyn ViewRead, place: &'p Place<'_>, values: &Values) -> Result<Row<'p>, Failure> {
    let order = values.text("order").and_then(|id| id.parse().ok());
    let order: DocumentId = order.ok_or_else(|| reject::validation("/order", "which order?"))?;
    let draft = draft(read, place, order)?;
    let code = values.text("itemCode").unwrap_or_default().trim();
    let unknown = || Rejection::new("unknown-item", "there is no item with this code").at("/itemCode");
    let item = query::items::by_code(read, code)?.ok_or_else(unknown)?;
    draft.require_room("/itemCode", item.id, place.added.get() as usize)?;
    let quantity =
        stock_line::valid_quantity("/requested", values.quantity("requested").unwrap_or_default())?;
    let note = record::valid_note("/note", values.text("note"))?;
    if draft.is_new(item.id) {
        place.added.set(place.added.get() + 1);
    }
    let before = draft.asked(item.id);
    let after = Asked { quantity: Some(quantity), note: note.or(before.note.clone()) };
    Ok(Row { draft, order, item: item.id, before, after })
}

/// What an import keeps of a line that it filled in.
#[derive(Serialize, Deserialize)]
struct Kept {
    order: DocumentId,
    before: Asked,
}

fn apply(txn: &mut Txn<'_>, place: &Place<'_>, values: &Values) -> Result<Acted, Failure> {
    let row = resolve(txn, place, values)?;
    let outcome = row.outcome();
    if outcome == Outcome::Same {
        return Ok((outcome, None));
    }
    row.draft.write(txn, row.item, &row.after);
    let kept = Kept { order: row.order, before: row.before };
    let before = Before { document: row.item, old: encode_row(&kept), new: encode_row(&row.after) };
    Ok((outcome, Some(before)))
}

fn restore(txn: &mut Txn<'_>, place: &Place<'_>, before: &Before) -> Result<(), Failure> {
    let kept: Kept = decode_row(views::IMPORT_MADE, &before.old)?;
    let after: Asked = decode_row(views::IMPORT_MADE, &before.new)?;
    let draft = draft(txn, place, kept.order)?;
    Ok(draft.put_back(txn, before.document, &kept.before, &after)?)
}

fn label(read: &dyn ViewRead, id: DocumentId) -> Result<String, Failure> {
    let item = query::items::detail(read, id)?;
    Ok(format!("{} {}", item.code, item.name))
}
