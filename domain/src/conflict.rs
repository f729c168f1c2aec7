//! Conflicts that people settle: two devices said different things of one field, and neither knew of the other.
//!
//! Every replica shows the same one of the values; the others stay readable, with their authors, until somebody who may
//! edit the field says which one holds. That is one more edit, made with knowledge of all: it ends the conflict
//! everywhere. Not everything that is written at once asks for a person: statuses are sets of events, stamps and
//! marks are the program's own, and what was written equal contradicts nothing.

use crdt_store::{
    Actor, ChangeHash, Conflict, ConflictingValue, Document, DocumentId, Failure, Projection, Timestamp, Txn,
    Value, ViewRead,
};
use serde::{Deserialize, Serialize};

use crate::asset::Asset;
use crate::barcode::Barcode;
use crate::location::{self, Location};
use crate::permission::{Caller, Permission};
use crate::quantity::{Money, Quantity, Volume};
use crate::record::Record;
use crate::requisition::Requisition;
use crate::rnr::RnrForm;
use crate::shipment::Shipment;
use crate::stock_line::StockLine;
use crate::text::Key;
use crate::{reject, views};

// ---- types ----

/// What a value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// Text that somebody typed.
    Text,
    /// A stable word of the field, such as `stage2`.
    Word,
    /// A day.
    Day,
    /// Yes or no: `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// A quantity in base units.
    Quantity,
    /// An amount of money.
    Money,
    /// A room in litres.
    Volume,
    /// A location, by its id.
    Location,
    /// A type of locations, by its id.
    LocationType,
    /// An item, by its id.
    Item,
    /// A variant of an item, by its id.
    Variant,
    /// A programme, by its id.
    Programme,
    /// A store or a partner, by its id.
    End,
}

/// Whose field it is, and what one needs to edit it.
#[derive(Clone, Copy)]
enum Side {
    /// The document's own store's.
    Own(Permission),
    /// The sending store's, or the receiver's where a partner sends.
    Sender,
    /// The receiving store's, or the sender's where a partner receives.
    Receiver,
    /// The store's that asks.
    Customer,
    /// The store's that is asked, or the asking one's where a partner is.
    Supplier,
}

/// A field whose conflicts people settle.
#[derive(Clone, Copy)]
struct Field {
    class: &'static str,
    /// Keys from the root; a star is any key.
    path: &'static [&'static str],
    kind: FieldKind,
    side: Side,
}

/// A conflict as tasks keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConflictRow {
    /// Whose task it is.
    pub(crate) store: DocumentId,
    pub(crate) document: DocumentId,
    pub(crate) class: String,
    /// Where in the document, as a JSON pointer.
    pub(crate) pointer: String,
    pub(crate) kind: FieldKind,
    /// What one needs to settle it.
    pub(crate) permission: Permission,
    /// The document's number for people, if it has one.
    pub(crate) number: Option<String>,
    /// The line of the document that the field belongs to.
    pub(crate) line: Option<DocumentId>,
    pub(crate) item: Option<DocumentId>,
    pub(crate) stock_line: Option<DocumentId>,
    /// At least two different ones, that which is shown last.
    pub(crate) values: Vec<ValueRow>,
}

/// One of the values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ValueRow {
    /// As the API writes such a value; nothing where the field was emptied.
    pub(crate) value: Option<String>,
    pub(crate) change: ChangeHash,
    pub(crate) actor: Actor,
    pub(crate) at: Timestamp,
    /// The user; nothing for the system.
    pub(crate) by: Option<DocumentId>,
    pub(crate) current: bool,
}

/// Settles a conflict by one of its values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettleConflict {
    /// The field, as a JSON pointer into the document.
    pub pointer: String,
    /// The value, by the change that wrote it: what was not among the choices cannot be chosen.
    pub change: String,
}

// ---- rules ----

use FieldKind::{Day, End, Flag, Money as Price, Number, Text, Word};
use Side::{Customer, Own, Receiver, Sender, Supplier};

const LINE: Side = Own(Permission::StockEdit);
const PLACE: Side = Own(Permission::LocationEdit);
const REPORT: Side = Own(Permission::RnrForms);
const EQUIPMENT: Side = Own(Permission::AssetEdit);

const fn field(class: &'static str, path: &'static [&'static str], kind: FieldKind, side: Side) -> Field {
    Field { class, path, kind, side }
}

/// What was said together with a field, and is settled with it: when a vial monitor was looked at, and what was noted.
const COMPANIONS: [(&str, &str, &str); 2] =
    [(StockLine::CLASS, "vvm", "vvm_at"), (StockLine::CLASS, "vvm", "vvm_note")];

/// The fields that people settle. Not the store and the item of a document, which say what it is and never change.
const FIELDS: &[Field] = &[
    field(StockLine::CLASS, &["batch"], Text, LINE),
    field(StockLine::CLASS, &["expiry"], Day, LINE),
    field(StockLine::CLASS, &["manufactured"], Day, LINE),
    field(StockLine::CLASS, &["pack_size"], Number, LINE),
    field(StockLine::CLASS, &["location"], FieldKind::Location, LINE),
    field(StockLine::CLASS, &["on_hold"], Flag, LINE),
    field(StockLine::CLASS, &["vvm"], Word, LINE),
    field(StockLine::CLASS, &["variant"], FieldKind::Variant, LINE),
    field(StockLine::CLASS, &["programme"], FieldKind::Programme, LINE),
    field(StockLine::CLASS, &["cost_price"], Price, LINE),
    field(StockLine::CLASS, &["sell_price"], Price, LINE),
    field(StockLine::CLASS, &["supplier"], End, LINE),
    field(StockLine::CLASS, &["donor"], End, LINE),
    field(StockLine::CLASS, &["note"], Text, LINE),
    field(StockLine::CLASS, &["opening"], FieldKind::Quantity, LINE),
    field(Location::CLASS, &["code"], Text, PLACE),
    field(Location::CLASS, &["name"], Text, PLACE),
    field(Location::CLASS, &["kind"], Word, PLACE),
    field(Location::CLASS, &["on_hold"], Flag, PLACE),
    field(Location::CLASS, &["parent"], FieldKind::Location, PLACE),
    field(Location::CLASS, &["location_type"], FieldKind::LocationType, PLACE),
    field(Location::CLASS, &["volume"], FieldKind::Volume, PLACE),
    field(Barcode::CLASS, &["item"], FieldKind::Item, LINE),
    field(Barcode::CLASS, &["pack_size"], Number, LINE),
    field(Asset::CLASS, &["number"], Text, EQUIPMENT),
    field(Asset::CLASS, &["class_name"], Text, EQUIPMENT),
    field(Asset::CLASS, &["category"], Text, EQUIPMENT),
    field(Asset::CLASS, &["kind"], Text, EQUIPMENT),
    field(Asset::CLASS, &["manufacturer"], Text, EQUIPMENT),
    field(Asset::CLASS, &["model"], Text, EQUIPMENT),
    field(Asset::CLASS, &["serial"], Text, EQUIPMENT),
    field(Asset::CLASS, &["catalogue_code"], Text, EQUIPMENT),
    field(Asset::CLASS, &["location"], FieldKind::Location, EQUIPMENT),
    field(Asset::CLASS, &["installed"], Day, EQUIPMENT),
    field(Asset::CLASS, &["replacement"], Day, EQUIPMENT),
    field(Asset::CLASS, &["warranty_start"], Day, EQUIPMENT),
    field(Asset::CLASS, &["warranty_end"], Day, EQUIPMENT),
    field(Asset::CLASS, &["donor"], Text, EQUIPMENT),
    field(Asset::CLASS, &["needs_replacement"], Flag, EQUIPMENT),
    field(Asset::CLASS, &["note"], Text, EQUIPMENT),
    field(Shipment::CLASS, &["reference"], Text, Sender),
    field(Shipment::CLASS, &["comment"], Text, Sender),
    field(Shipment::CLASS, &["transport"], Text, Sender),
    field(Shipment::CLASS, &["expected"], Day, Sender),
    field(Shipment::CLASS, &["receiver_comment"], Text, Receiver),
    field(Shipment::CLASS, &["lines", "*", "received"], FieldKind::Quantity, Receiver),
    field(Shipment::CLASS, &["lines", "*", "received_note"], Text, Receiver),
    field(Requisition::CLASS, &["reference"], Text, Customer),
    field(Requisition::CLASS, &["comment"], Text, Customer),
    field(Requisition::CLASS, &["expected"], Day, Customer),
    field(Requisition::CLASS, &["requested", "*"], FieldKind::Quantity, Customer),
    field(Requisition::CLASS, &["notes", "*"], Text, Customer),
    field(Requisition::CLASS, &["supplier_comment"], Text, Supplier),
    field(Requisition::CLASS, &["supply", "*"], FieldKind::Quantity, Supplier),
    field(Requisition::CLASS, &["supply_notes", "*"], Text, Supplier),
    field(RnrForm::CLASS, &["comment"], Text, REPORT),
    field(RnrForm::CLASS, &["initial_balance", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["received", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["consumed", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["adjustments", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["losses", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["stock_out_days", "*"], Number, REPORT),
    field(RnrForm::CLASS, &["final_balance", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["requested", "*"], FieldKind::Quantity, REPORT),
    field(RnrForm::CLASS, &["expiry", "*"], Day, REPORT),
    field(RnrForm::CLASS, &["notes", "*"], Text, REPORT),
];

impl Field {
    /// The field at a place of a document, if its conflicts are settled by people.
    fn at(class: &str, path: &[String]) -> Option<&'static Self> {
        FIELDS.iter().find(|field| {
            field.class == class
                && field.path.len() == path.len()
                && field.path.iter().zip(path).all(|(wanted, key)| *wanted == "*" || wanted == key)
        })
    }

    /// The store whose field it is, and the permission it needs there.
    fn owner(&self, document: &Document) -> Option<(DocumentId, Permission)> {
        let store = |field: &str| id_of(document.root.get(field));
        let sends = || Some((store("sender_store")?, Permission::OutboundEdit));
        let receives = || Some((store("receiver_store")?, Permission::InboundEdit));
        match self.side {
            Own(permission) => Some((store("store")?, permission)),
            Sender => sends().or_else(receives),
            Receiver => receives().or_else(sends),
            Customer => Some((store("customer")?, Permission::RequisitionEdit)),
            Supplier => {
                let asked = store("supplier_store").or_else(|| store("customer"));
                Some((asked?, Permission::RequisitionEdit))
            }
        }
    }

    /// A value as the API writes it.
    fn text(&self, value: &Value) -> Option<String> {
        Some(match (value, self.kind) {
            (Value::Null | Value::List(_) | Value::Map(_), _) => return None,
            (Value::Int(amount), FieldKind::Quantity) => Quantity::from_thousandths(*amount).to_string(),
            (Value::Int(amount), FieldKind::Money) => Money::from_thousandths(*amount).to_string(),
            (Value::Int(amount), FieldKind::Volume) => Volume::from_thousandths(*amount).to_string(),
            (Value::Int(number), _) => number.to_string(),
            (Value::Bool(flag), _) => flag.to_string(),
            (Value::Text(text), _) => text.clone(),
            (Value::Bytes(_), _) => id_of(Some(value))?.to_string(),
        })
    }
}

fn id_of(value: Option<&Value>) -> Option<DocumentId> {
    DocumentId::try_from(value?.as_bytes()?).ok()
}

/// A path as a JSON pointer. Keys of our documents are words and ids: nothing in them has to be escaped.
fn pointer_of(path: &[String]) -> String {
    path.iter().map(|key| format!("/{key}")).collect()
}

/// A value of a field at the root of a document as the API writes it; nothing for an empty one, and for a field that is
/// not among those that people settle.
pub fn text_of(class: &str, field: &str, value: &Value) -> Option<String> {
    Field::at(class, &[field.to_owned()])?.text(value)
}

// ---- write ----

/// Settles a conflict: its chosen value is written again, by somebody who has seen all of them.
///
/// # Errors
/// `stale-conflict` when the value is no longer among the choices, or nothing is contested there any more; the
/// rejections of an edit of the document.
pub fn settle(
    txn: &mut Txn<'_>,
    caller: &Caller,
    id: DocumentId,
    command: &SettleConflict,
) -> Result<(), Failure> {
    let document = txn.document(id)?.ok_or_else(|| reject::not_found("document", id))?;
    let found = document.conflicts.iter().find(|conflict| pointer_of(&conflict.path) == command.pointer);
    let field = found.and_then(|conflict| Some((conflict, Field::at(&document.class, &conflict.path)?)));
    let (conflict, field) = field.ok_or_else(|| reject::stale_conflict("/pointer"))?;
    let (store, permission) = field.owner(&document).ok_or_else(|| reject::stale_conflict("/pointer"))?;
    caller.require(permission, store)?;
    let chosen = conflict.values.iter().find(|value| value.change.to_string() == command.change);
    let chosen = chosen.ok_or_else(|| reject::stale_conflict("/change"))?;
    if let (Location::CLASS, ["code"], Some(code)) = (field.class, field.path, chosen.value.as_text()) {
        location::require_free(txn, store, code, Some(id))?;
    }
    let path: Vec<&str> = conflict.path.iter().map(String::as_str).collect();
    txn.put(id, &path, chosen.value.clone());
    let with_it = COMPANIONS.iter().filter(|(class, of, _)| *class == field.class && [*of] == field.path);
    for (_, _, companion) in with_it {
        let rivals = document.conflicts.iter().find(|conflict| conflict.path == [*companion]);
        let said = rivals.and_then(|rivals| rivals.values.iter().find(|value| value.change == chosen.change));
        if let Some(said) = said {
            txn.put(id, &[companion], said.value.clone());
        }
    }
    Ok(())
}

// ---- project ----

/// Contributes the conflicts of a document that people settle, one task for each field.
pub(crate) fn project(document: &Document, projection: &mut Projection) {
    for conflict in &document.conflicts {
        if let Some(row) = row_of(document, conflict) {
            let key = Key::new().id(row.store).id(row.document).bytes(row.pointer.as_bytes()).build();
            projection.rows.push(views::row(views::TASK_CONFLICT, key, &row));
        }
    }
}

fn row_of(document: &Document, conflict: &Conflict) -> Option<ConflictRow> {
    let field = Field::at(&document.class, &conflict.path)?;
    let (store, permission) = field.owner(document)?;
    let has_columns = [Requisition::CLASS, RnrForm::CLASS].contains(&document.class.as_str());
    let is_closed = || {
        let discarded = document.root.get("discarded_at").and_then(Value::as_int);
        discarded.is_some() || document.at(&["events", "finalised"]).is_some()
    };
    if document.class == RnrForm::CLASS && is_closed() {
        // What it reports is frozen; what others would have it report is one task for all its cells.
        return None;
    }
    let line = match conflict.path.as_slice() {
        [lines, key, ..] if lines == "lines" => key.parse().ok(),
        // The lines of a requisition and of a form are columns, by item.
        [_, key] if has_columns => key.parse().ok(),
        _ => None,
    };
    let of_line = |name: &str| document.at(&["lines", conflict.path.get(1)?, name]);
    let item = id_of(document.root.get("item").or_else(|| of_line("item")));
    let value = |value: &ConflictingValue| ValueRow {
        value: field.text(&value.value),
        change: value.change,
        actor: value.actor,
        at: value.time,
        by: value
            .message
            .as_deref()
            .and_then(|user| user.parse().ok())
            .filter(|user| *user != DocumentId::NIL),
        current: value.current,
    };
    Some(ConflictRow {
        store,
        document: document.id,
        class: document.class.clone(),
        pointer: pointer_of(&conflict.path),
        kind: field.kind,
        permission,
        number: document.root.get("number").and_then(Value::as_text).map(str::to_owned),
        line,
        item: item.or(line.filter(|_| has_columns)),
        stock_line: (document.class == StockLine::CLASS).then_some(document.id),
        values: conflict.values.iter().map(value).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_place_and_by_nothing_like_it() {
        let path = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        assert!(Field::at("stock_line", &path(&["location"])).is_some());
        assert!(Field::at("shipment", &path(&["lines", "any", "received"])).is_some());
        for (class, keys) in [
            ("stock_line", &["created_at"][..]),
            ("location", &["location"]),
            ("shipment", &["lines", "any"]),
            ("shipment", &["events", "picked", "at"]),
            ("adjustment", &["comment"]),
        ] {
            assert!(Field::at(class, &path(keys)).is_none(), "{class} {keys:?}");
        }
    }

    #[test]
    fn a_value_reads_as_the_api_writes_it() {
        let text = |keys: &[&str], value: Value| {
            let path: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            Field::at("stock_line", &path).expect("a field").text(&value)
        };
        assert_eq!(text(&["opening"], Value::Int(1_500)).as_deref(), Some("1.5"));
        assert_eq!(text(&["pack_size"], Value::Int(100)).as_deref(), Some("100"));
        assert_eq!(text(&["on_hold"], Value::Bool(true)).as_deref(), Some("true"));
        assert_eq!(text(&["location"], Value::Null), None);
        let id = DocumentId::from_bytes([7; 16]);
        assert_eq!(text(&["location"], id.into()), Some(id.to_string()));
    }
}
