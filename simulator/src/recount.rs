//! Stock and conflicts, counted again from nothing but documents: a short program that shares no code with the domain.
//!
//! It reads the raw maps of the documents as they were merged and adds up what they say moved; of conflicts it asks the
//! library itself, with the documents' files. If it and the views ever differ, one of the two is wrong about what
//! happened.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ObjId, ObjType, ROOT, ReadDoc};
use crdt_store::{Document, DocumentId, Map, Value};

/// The steps of a shipment that matter to stock, in their order.
const WAY: [&str; 7] = ["new", "allocated", "picked", "shipped", "delivered", "received", "verified"];

/// What the documents add up to. Amounts in thousandths of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recount {
    /// On hand by store and stock line.
    pub(crate) on_hand: BTreeMap<(DocumentId, DocumentId), i64>,
    /// Units by store and item, counted without a look at repacks.
    pub(crate) units: BTreeMap<(DocumentId, DocumentId), i64>,
    /// What devices hold of stock lines by what they did themselves and were given, by stock line and device block.
    pub(crate) shares: BTreeMap<(DocumentId, i64), i64>,
    /// What stores sent to stores.
    pub(crate) sent: i64,
    /// What of it stores received.
    pub(crate) received: i64,
    /// What of it is still under way.
    pub(crate) under_way: i64,
    /// What of it arrived differently than it was sent.
    pub(crate) discrepancy: i64,
    /// By store, shipment returned and line: refused, given back without having been in stock, given back of stock.
    pub(crate) returns: BTreeMap<(DocumentId, DocumentId, DocumentId), [i64; 3]>,
}

impl Recount {
    /// Whether what was sent was received, is under way, or is known not to have arrived.
    pub(crate) fn is_conserved(&self) -> bool {
        self.sent == self.received + self.under_way + self.discrepancy
    }

    /// Adds what one document says.
    pub(crate) fn add(&mut self, document: &Document) {
        let root = &document.root;
        if root.get("deleted") == Some(&Value::Bool(true)) {
            return;
        }
        match text(root, "class") {
            // An opening that was taken back has come and gone.
            Some("stock_line") if matches!(root.get("withdrawn_at"), Some(Value::Int(_))) => {}
            Some("stock_line") => {
                self.moved(id(root, "store"), Some(document.id), int(root, "opening"));
                self.came(id(root, "store"), id(root, "item"), int(root, "opening"));
                self.paid(block(root, "device"), Some(document.id), int(root, "opening"));
            }
            Some("adjustment") => {
                for (_, line) in entries(root, "lines") {
                    self.moved(id(root, "store"), id(line, "stock_line"), int(line, "quantity"));
                    self.came(id(root, "store"), id(line, "item"), int(line, "quantity"));
                    self.paid(block(root, "device"), id(line, "stock_line"), int(line, "quantity"));
                }
            }
            Some("stocktake") if entries(root, "events").any(|(word, _)| word == "finalised") => {
                for (line, adjusted) in entries(root, "adjusted") {
                    self.moved(id(root, "store"), line.parse().ok(), int(adjusted, "quantity"));
                    self.came(id(root, "store"), id(adjusted, "item"), int(adjusted, "quantity"));
                }
            }
            Some("repack") => self.add_repack(document),
            Some("shipment") => self.add_shipment(document.id, root),
            Some("share") => {
                let line = id(root, "stock_line");
                let given = root.get("given").and_then(Value::as_map);
                for (to, quantity) in given.into_iter().flatten() {
                    let quantity = quantity.as_int().unwrap_or(0);
                    self.paid(to.parse().ok(), line, quantity);
                    self.paid(block(root, "device"), line, -quantity);
                }
            }
            _ => {}
        }
    }

    /// What leaves one stock line comes into another, the one named or the one it made: no unit comes or goes, so the
    /// units of the item are counted as if there were no repacks at all.
    fn add_repack(&mut self, document: &Document) {
        let root = &document.root;
        let (store, quantity) = (id(root, "store"), int(root, "quantity"));
        let to = id(root, "into").unwrap_or(document.id.derived("repack"));
        self.moved(store, id(root, "from"), -quantity);
        self.moved(store, Some(to), quantity);
        self.paid(block(root, "device"), id(root, "from"), -quantity);
        self.paid(block(root, "device"), Some(to), quantity);
    }

    /// Lines that were refused, and more of them on their way back than were.
    pub(crate) fn returned_twice(&self) -> BTreeSet<(DocumentId, DocumentId, DocumentId)> {
        let twice = self.returns.iter().filter(|(_, [refused, back, _])| *refused > 0 && back > refused);
        twice.map(|(key, _)| *key).collect()
    }

    fn goes_back(
        &mut self,
        store: Option<DocumentId>,
        shipment: Option<DocumentId>,
        line: Option<DocumentId>,
        by: [i64; 3],
    ) {
        if let (Some(store), Some(shipment), Some(line), true) = (store, shipment, line, by != [0; 3]) {
            let sum = self.returns.entry((store, shipment, line)).or_default();
            sum.iter_mut().zip(by).for_each(|(sum, by)| *sum += by);
        }
    }

    fn add_shipment(&mut self, own: DocumentId, root: &Map) {
        let step = |word: &str| WAY.iter().position(|known| *known == word);
        let reached = entries(root, "events").filter_map(|(word, _)| step(word)).max().unwrap_or(0);
        let (sender, receiver) = (id(root, "sender_store"), id(root, "receiver_store"));
        let goes_back = text(root, "kind") == Some("return");
        let called_off = reached < 2 && entries(root, "events").any(|(word, _)| word == "cancelled");
        for (key, line) in entries(root, "lines") {
            let spent = line.get("spent").and_then(Value::as_map);
            let left = match (sender, id(line, "stock_line")) {
                (None, _) if line.get("removed") == Some(&Value::Bool(true)) => 0,
                (None, _) => int(line, "quantity"),
                (Some(_), Some(_)) if reached >= 2 => match spent {
                    Some(spent) => int(spent, "quantity"),
                    None => int(line, "issued"),
                },
                // What was refused goes back and was never on this shelf.
                (Some(_), None) if goes_back && id(line, "returns").is_some() && reached >= 2 => {
                    int(line, "issued")
                }
                (Some(_), _) => 0,
            };
            let struck = line.get("removed") == Some(&Value::Bool(true));
            let coming = match sender.is_none() || reached >= 2 {
                true => left,
                false if struck => 0,
                false => int(line, "quantity"),
            };
            if goes_back && !called_off {
                let of_stock = id(line, "stock_line").is_some();
                let by = if of_stock { [0, 0, coming] } else { [0, coming, 0] };
                self.goes_back(sender.or(receiver), id(root, "returns"), id(line, "returns"), by);
            }
            let refused = reached >= 5 && text(line, "verdict") == Some("rejected");
            if refused {
                let by = line.get("received").and_then(Value::as_int).unwrap_or(left);
                self.goes_back(receiver, Some(own), key.parse().ok(), [by, 0, 0]);
            }
            let taken = reached >= 5 && text(line, "verdict") != Some("rejected");
            let arrived = if taken { int(line, "received") } else { 0 };
            self.moved(sender, id(line, "stock_line"), -left);
            self.paid(spent.and_then(|spent| block(spent, "device")), id(line, "stock_line"), -left);
            self.came(sender.filter(|_| id(line, "stock_line").is_some()), id(line, "item"), -left);
            if let Ok(key) = key.parse::<DocumentId>() {
                self.moved(receiver, Some(key.derived("receive")), arrived);
                self.came(receiver, id(line, "item"), arrived);
            }
            if sender.is_some() && receiver.is_some() {
                self.sent += left;
                match reached >= 5 {
                    true => {
                        (self.received, self.discrepancy) =
                            (self.received + arrived, self.discrepancy + left - arrived)
                    }
                    false => self.under_way += left,
                }
            }
        }
    }

    fn came(&mut self, store: Option<DocumentId>, item: Option<DocumentId>, by: i64) {
        if let (Some(store), Some(item)) = (store, item)
            && by != 0
        {
            *self.units.entry((store, item)).or_default() += by;
        }
    }

    fn paid(&mut self, device: Option<i64>, line: Option<DocumentId>, by: i64) {
        if let (Some(device), Some(line)) = (device, line)
            && by != 0
        {
            *self.shares.entry((line, device)).or_default() += by;
        }
    }

    fn moved(&mut self, store: Option<DocumentId>, line: Option<DocumentId>, by: i64) {
        if let (Some(store), Some(line)) = (store, line)
            && by != 0
        {
            *self.on_hand.entry((store, line)).or_default() += by;
        }
    }
}

fn text<'a>(map: &'a Map, field: &str) -> Option<&'a str> {
    map.get(field)?.as_text()
}

fn int(map: &Map, field: &str) -> i64 {
    map.get(field).and_then(Value::as_int).unwrap_or(0)
}

fn block(map: &Map, field: &str) -> Option<i64> {
    map.get(field)?.as_int()
}

fn id(map: &Map, field: &str) -> Option<DocumentId> {
    DocumentId::try_from(map.get(field)?.as_bytes()?).ok()
}

fn entries<'a>(map: &'a Map, field: &str) -> impl Iterator<Item = (&'a str, &'a Map)> {
    let inner = map.get(field).and_then(Value::as_map);
    inner.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_map()?)))
}

/// What the program writes of a document, what says which document it is, and what follows from the way it was made; and
/// when a vial monitor was looked at, of which the log keeps every time.
const NOT_FOR_PEOPLE: [&str; 15] = [
    "class",
    "schema",
    "created_at",
    "created_by",
    "deleted",
    "store",
    "item",
    "opened_at",
    "import",
    "withdrawn_at",
    "withdrawn_by",
    "withdrawn_reason",
    "vvm_at",
    "vvm_note",
    "device",
];
/// Fields of a shipment that people settle, and those of its lines.
const OF_SHIPMENT: [&str; 5] = ["reference", "comment", "transport", "expected", "receiver_comment"];
/// Fields of a requisition that people settle, and the columns of its lines.
const OF_REQUISITION: [&str; 4] = ["reference", "comment", "expected", "supplier_comment"];
const OF_REQUISITION_LINE: [&str; 4] = ["requested", "notes", "supply", "supply_notes"];
/// The columns of the lines of an R&R form that people settle while it is a draft.
const OF_FORM_LINE: [&str; 10] = [
    "initial_balance",
    "received",
    "consumed",
    "adjustments",
    "losses",
    "stock_out_days",
    "final_balance",
    "requested",
    "expiry",
    "notes",
];
const OF_BARCODE: [&str; 2] = ["item", "pack_size"];
const OF_SHIPMENT_LINE: [&str; 2] = ["received", "received_note"];

/// The fields of a document, as pointers, that hold different values and are people's to settle.
pub(crate) fn contested(document: &Document, file: &[u8]) -> Result<BTreeSet<String>, String> {
    let raw = Automerge::load(file).map_err(|error| error.to_string())?;
    let mut found = BTreeSet::new();
    if document.root.get("deleted") == Some(&Value::Bool(true)) {
        return Ok(found);
    }
    let mut ask_all = |objects: &[ObjId], key: &str, pointer: String| {
        let values = objects.iter().flat_map(|object| raw.get_all(object, key).unwrap_or_default());
        let different: BTreeSet<String> =
            values.filter_map(|(value, _)| Some(format!("{:?}", value.as_scalar()?))).collect();
        if different.len() > 1 {
            found.insert(pointer);
        }
    };
    // Where several devices made a document, each has a map of its own at a column.
    let column = |key: &str| -> Vec<ObjId> {
        let all = raw.get_all(ROOT, key).unwrap_or_default().into_iter();
        all.filter(|(value, _)| matches!(value, automerge::Value::Object(ObjType::Map)))
            .map(|(_, id)| id)
            .collect()
    };
    let ask_column = |key: &str, ask: &mut dyn FnMut(&[ObjId], &str, String)| {
        let maps = column(key);
        let items: BTreeSet<String> = maps.iter().flat_map(|items| raw.keys(items)).collect();
        items.iter().for_each(|item| ask(&maps, item, format!("/{key}/{item}")));
    };
    let object = |parent: &ObjId, key: &str| match raw.get(parent, key) {
        Ok(Some((automerge::Value::Object(ObjType::Map), id))) => Some(id),
        _ => None,
    };
    match document.class.as_str() {
        "stock_line" | "location" | "asset" => {
            for key in raw.keys(ROOT).filter(|key| !NOT_FOR_PEOPLE.contains(&key.as_str())) {
                ask_all(&[ROOT], &key, format!("/{key}"));
            }
        }
        "barcode" => OF_BARCODE.iter().for_each(|key| ask_all(&[ROOT], key, format!("/{key}"))),
        "shipment" => {
            OF_SHIPMENT.iter().for_each(|key| ask_all(&[ROOT], key, format!("/{key}")));
            let lines = object(&ROOT, "lines");
            for (lines, line) in lines.iter().flat_map(|lines| raw.keys(lines).map(move |line| (lines, line)))
            {
                if let Some(id) = object(lines, &line) {
                    OF_SHIPMENT_LINE.iter().for_each(|key| {
                        ask_all(std::slice::from_ref(&id), key, format!("/lines/{line}/{key}"))
                    });
                }
            }
        }
        "requisition" => {
            OF_REQUISITION.iter().for_each(|key| ask_all(&[ROOT], key, format!("/{key}")));
            OF_REQUISITION_LINE.iter().for_each(|key| ask_column(key, &mut ask_all));
        }
        "rnr_form" if is_draft(&document.root) => {
            ask_all(&[ROOT], "comment", "/comment".to_owned());
            OF_FORM_LINE.iter().for_each(|key| ask_column(key, &mut ask_all));
        }
        _ => {}
    }
    Ok(found)
}

/// Whether a form is neither finalised nor thrown away.
fn is_draft(form: &Map) -> bool {
    let finalised =
        form.get("events").and_then(Value::as_map).is_some_and(|all| all.contains_key("finalised"));
    !finalised && !matches!(form.get("discarded_at"), Some(Value::Int(_)))
}
