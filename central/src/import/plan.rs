//! From deliveries to what has to be there: items, stores, partners, the centre's opening stock, shipments.
//!
//! Every identity is derived from the mapping's name and natural keys, so that the same rows are the same
//! documents whenever and wherever they are imported.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::DocumentId;
use jiff::ToSpan;
use jiff::civil::Date;

use super::mapping::Mapping;
use super::rows::{Delivery, Kind, RejectedRow, Rows};

/// Most lines in a shipment: documents have natural ends, and at a thousand lines one takes 3 ms to load. A longer
/// delivery becomes several shipments.
pub const SHIPMENT_LINES_MAX: usize = 500;

/// Longest code made of a name, before what makes it unique, in characters.
const CODE_STEM_CHARS: usize = 8;

/// What has to be there when the rows of a file have been imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The distribution centre.
    pub centre: PlannedStore,
    /// The stores that deliveries went to, by code.
    pub stores: Vec<PlannedStore>,
    /// The vendors, by code.
    pub partners: Vec<PlannedPartner>,
    /// The items, by code.
    pub items: Vec<PlannedItem>,
    /// What the centre must have had, so that it could send what it sent.
    pub openings: Vec<Opening>,
    /// The shipments, by day.
    pub shipments: Vec<PlannedShipment>,
    /// Rows that are understood and cannot be planned.
    pub rejected: Vec<RejectedRow>,
}

/// A store to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStore {
    /// Its identity.
    pub id: DocumentId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A partner to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPartner {
    /// Its identity.
    pub id: DocumentId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// An item to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedItem {
    /// Its identity.
    pub id: DocumentId,
    /// Its code.
    pub code: String,
    /// Its name: the description in the file.
    pub name: String,
    /// What one unit is.
    pub unit: Option<String>,
    /// Strength.
    pub strength: Option<String>,
    /// Units in the pack it most often came in.
    pub pack_size: u32,
}

/// Stock that can be told apart on a shelf.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lot {
    /// The item.
    pub item: DocumentId,
    /// Units in a pack.
    pub pack_size: u32,
    /// Batch number.
    pub batch: Option<String>,
    /// Last day of use.
    pub expiry: Option<Date>,
}

/// A stock line of the centre, opened with exactly what transfers took from it afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Identity of the stock line.
    pub stock_line: DocumentId,
    /// What lies there.
    pub lot: Lot,
    /// The day before the first transfer.
    pub date: Date,
    /// What each transfer takes: shipment → units, in thousandths.
    pub transfers: BTreeMap<DocumentId, i64>,
    /// Price of a pack, in thousandths, as in the first transfer.
    pub pack_price: Option<i64>,
}

/// A shipment to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedShipment {
    /// Its identity.
    pub id: DocumentId,
    /// Its number in the file.
    pub number: String,
    /// Which way it went.
    pub kind: Kind,
    /// The centre, or the vendor.
    pub from: DocumentId,
    /// The store that received it.
    pub to: DocumentId,
    /// The day it arrived.
    pub date: Date,
    /// How it travelled.
    pub transport: Option<String>,
    /// Orders, weight and freight.
    pub comment: Option<String>,
    /// Its lines, in the order of the file.
    pub lines: Vec<PlannedLine>,
}

/// A line of a shipment to be: one row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLine {
    /// The line of the file.
    pub file_line: u64,
    /// What tells the row from the others.
    pub row: String,
    /// What was shipped.
    pub lot: Lot,
    /// The stock line of the centre it was taken from, for transfers.
    pub taken_from: Option<DocumentId>,
    /// Units, in thousandths.
    pub units: i64,
    /// Price of a pack, in thousandths.
    pub pack_price: Option<i64>,
}

/// The identities of one source.
#[derive(Clone, Copy, Debug)]
struct Namespace(DocumentId);

impl Namespace {
    fn of(mapping: &Mapping) -> Self {
        Self(DocumentId::NIL.derived("tributary import of deliveries").derived(mapping.name.trim()))
    }

    /// Parts are laid end to end with a separator that no text of a row contains.
    fn id(self, kind: &str, parts: &[&str]) -> DocumentId {
        self.0.derived(&std::iter::once(kind).chain(parts.iter().copied()).collect::<Vec<_>>().join("\u{1f}"))
    }
}

/// Plans what the rows ask for. Pure.
pub fn plan(rows: &Rows, mapping: &Mapping) -> Plan {
    let ids = Namespace::of(mapping);
    let (deliveries, rejected) = plannable(&rows.deliveries, mapping);
    let centre = PlannedStore {
        id: ids.id("centre", &[]),
        code: mapping.centre.code.trim().to_owned(),
        name: mapping.centre.name.trim().to_owned(),
    };
    let items = items(&deliveries, mapping, ids);
    let item_ids: BTreeMap<&str, DocumentId> =
        items.iter().map(|item| (item.name.as_str(), item.id)).collect();
    let shipments = shipments(&deliveries, &item_ids, centre.id, ids);
    Plan {
        stores: stores(&deliveries, mapping, ids),
        partners: partners(&deliveries, ids),
        openings: openings(&shipments),
        centre,
        items,
        shipments,
        rejected,
    }
}

/// Sets aside what contradicts the rest of the file.
fn plannable<'a>(deliveries: &'a [Delivery], mapping: &Mapping) -> (Vec<&'a Delivery>, Vec<RejectedRow>) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut taken, mut rejected) = (Vec::new(), Vec::new());
    for delivery in deliveries {
        let owner = delivery.item_code.as_deref().map(|code| *owners.entry(code).or_insert(&delivery.item));
        let reason = match owner {
            Some(owner) if owner != delivery.item => Some((
                "item-code-taken",
                format!("the code {} is «{owner}»'s", delivery.item_code.as_deref().unwrap_or("")),
            )),
            _ if delivery.store == mapping.centre.name => {
                Some(("to-the-centre", "the distribution centre cannot be the receiver".to_owned()))
            }
            _ => None,
        };
        match reason {
            None => taken.push(delivery),
            Some((code, message)) => rejected.push(RejectedRow {
                line: delivery.line,
                row: Some(delivery.row.clone()),
                code: code.to_owned(),
                column: None,
                value: None,
                message,
            }),
        }
    }
    (taken, rejected)
}

fn items(deliveries: &[&Delivery], mapping: &Mapping, ids: Namespace) -> Vec<PlannedItem> {
    let mut by_name: BTreeMap<&str, Vec<&Delivery>> = BTreeMap::new();
    for delivery in deliveries {
        by_name.entry(&delivery.item).or_default().push(delivery);
    }
    let mut codes = Codes::default();
    for rows in by_name.values() {
        codes.given.extend(rows.iter().find_map(|row| row.item_code.clone()));
    }
    let prefix = mapping.items.code_prefix.trim();
    let mut items: Vec<PlannedItem> = by_name
        .into_iter()
        .map(|(name, rows)| {
            let id = ids.id("item", &[name]);
            let code = rows.iter().find_map(|row| row.item_code.clone());
            PlannedItem {
                id,
                code: code.unwrap_or_else(|| codes.make(prefix, name, id)),
                name: name.to_owned(),
                unit: rows.iter().find_map(|row| row.unit.clone()),
                strength: rows.iter().find_map(|row| row.strength.clone()),
                pack_size: commonest(rows.iter().map(|row| row.units_per_pack)),
            }
        })
        .collect();
    items.sort_by(|a, b| a.code.cmp(&b.code));
    items
}

/// The value that occurs most often, the smallest of several.
fn commonest(values: impl Iterator<Item = u32>) -> u32 {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts
        .into_iter()
        .max_by_key(|(value, count)| (*count, std::cmp::Reverse(*value)))
        .map_or(1, |(value, _)| value)
}

fn stores(deliveries: &[&Delivery], mapping: &Mapping, ids: Namespace) -> Vec<PlannedStore> {
    let names: BTreeSet<&str> = deliveries.iter().map(|delivery| delivery.store.as_str()).collect();
    let mut codes = Codes::default();
    codes.given.insert(mapping.centre.code.trim().to_owned());
    codes.given.extend(mapping.stores.codes.values().cloned());
    let mut stores: Vec<PlannedStore> = names
        .into_iter()
        .map(|name| {
            let id = ids.id("store", &[name]);
            let code = mapping.stores.codes.get(name).cloned();
            PlannedStore { id, code: code.unwrap_or_else(|| codes.make("", name, id)), name: name.to_owned() }
        })
        .collect();
    stores.sort_by(|a, b| a.code.cmp(&b.code));
    stores
}

fn partners(deliveries: &[&Delivery], ids: Namespace) -> Vec<PlannedPartner> {
    let inbound = deliveries.iter().filter(|delivery| delivery.kind == Kind::Inbound);
    let names: BTreeSet<&str> = inbound.filter_map(|delivery| delivery.vendor.as_deref()).collect();
    let mut codes = Codes::default();
    let mut partners: Vec<PlannedPartner> = names
        .into_iter()
        .map(|name| {
            let id = ids.id("partner", &[name]);
            PlannedPartner { id, code: codes.make("", name, id), name: name.to_owned() }
        })
        .collect();
    partners.sort_by(|a, b| a.code.cmp(&b.code));
    partners
}

/// Makes codes of names: eight letters and digits, and three that come from the identity, so that a code does not
/// depend on which other rows are in the file.
#[derive(Default)]
struct Codes {
    given: BTreeSet<String>,
}

impl Codes {
    fn make(&mut self, prefix: &str, name: &str, id: DocumentId) -> String {
        let folded = domain::text::fold(name).to_uppercase();
        let stem: String = folded.chars().filter(char::is_ascii_alphanumeric).take(CODE_STEM_CHARS).collect();
        let mark = base_32(id);
        let lengths = 3..=mark.len();
        let code = lengths
            .map(|length| format!("{prefix}{stem}-{}", &mark[..length]))
            .find(|code| !self.given.contains(code))
            .expect("identities differ within their first hundred bits");
        self.given.insert(code.clone());
        code
    }
}

/// Twenty letters and digits without those that look alike (Crockford's alphabet), from the first hundred bits.
fn base_32(id: DocumentId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = u128::from_be_bytes(*id.as_bytes());
    (0..20).map(|place| char::from(ALPHABET[((bits >> (123 - 5 * place)) & 31) as usize])).collect()
}

/// What the rows of one shipment have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ShipmentKey<'a> {
    date: Date,
    number: &'a str,
    kind: Kind,
    store: &'a str,
    vendor: Option<&'a str>,
}

fn shipments(
    deliveries: &[&Delivery],
    items: &BTreeMap<&str, DocumentId>,
    centre: DocumentId,
    ids: Namespace,
) -> Vec<PlannedShipment> {
    let mut groups: BTreeMap<ShipmentKey<'_>, Vec<&Delivery>> = BTreeMap::new();
    for delivery in deliveries {
        let vendor = delivery.vendor.as_deref().filter(|_| delivery.kind == Kind::Inbound);
        let (date, number, store) = (delivery.date, delivery.shipment.as_str(), delivery.store.as_str());
        let key = ShipmentKey { date, number, kind: delivery.kind, store, vendor };
        groups.entry(key).or_default().push(delivery);
    }
    let mut shipments = Vec::new();
    for (key, rows) in groups {
        for (part, rows) in rows.chunks(SHIPMENT_LINES_MAX).enumerate() {
            shipments.push(shipment(&key, part, rows, items, centre, ids));
        }
    }
    shipments
}

fn shipment(
    key: &ShipmentKey<'_>,
    part: usize,
    rows: &[&Delivery],
    items: &BTreeMap<&str, DocumentId>,
    centre: DocumentId,
    ids: Namespace,
) -> PlannedShipment {
    let (date, part) = (key.date.to_string(), part.to_string());
    let (kind, other_end) = match key.kind {
        Kind::Transfer => ("transfer", ""),
        Kind::Inbound => ("inbound", key.vendor.unwrap_or("")),
    };
    let id = ids.id("shipment", &[kind, key.number, key.store, other_end, &date, &part]);
    let from = match key.kind {
        Kind::Transfer => centre,
        Kind::Inbound => ids.id("partner", &[other_end]),
    };
    PlannedShipment {
        id,
        number: key.number.to_owned(),
        kind: key.kind,
        from,
        to: ids.id("store", &[key.store]),
        date: key.date,
        transport: joined(rows.iter().filter_map(|row| row.transport.clone())),
        comment: comment(rows),
        lines: rows.iter().map(|row| line(row, items[row.item.as_str()], centre)).collect(),
    }
}

fn line(row: &Delivery, item: DocumentId, centre: DocumentId) -> PlannedLine {
    let lot = Lot { item, pack_size: row.units_per_pack, batch: row.batch.clone(), expiry: row.expiry };
    PlannedLine {
        file_line: row.line,
        row: row.row.clone(),
        taken_from: (row.kind == Kind::Transfer).then(|| stock_line_of_centre(centre, &lot)),
        lot,
        units: row.units,
        pack_price: row.pack_price,
    }
}

fn stock_line_of_centre(centre: DocumentId, lot: &Lot) -> DocumentId {
    let expiry = lot.expiry.map(|date| date.to_string()).unwrap_or_default();
    let parts =
        [lot.item.to_string(), lot.pack_size.to_string(), lot.batch.clone().unwrap_or_default(), expiry];
    centre.derived(&format!("stock line\u{1f}{}", parts.join("\u{1f}")))
}

/// Distinct texts in the order they were met.
fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    (!found.is_empty()).then(|| found.join(", "))
}

fn comment(rows: &[&Delivery]) -> Option<String> {
    let total = |of: fn(&Delivery) -> Option<i64>| {
        let amounts: Vec<i64> = rows.iter().filter_map(|row| of(row)).collect();
        (!amounts.is_empty()).then(|| domain::Quantity::from_thousandths(amounts.iter().sum()).to_string())
    };
    let orders = joined(rows.iter().filter_map(|row| row.reference.clone()));
    let weight = total(|row| row.weight).map(|kilograms| format!("{kilograms} kg"));
    let freight = total(|row| row.freight).map(|amount| format!("freight {amount}"));
    let parts: Vec<String> = [orders, weight, freight].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// For each lot that the centre sent, what it sent of it, there since the day before the first time.
fn openings(shipments: &[PlannedShipment]) -> Vec<Opening> {
    let mut openings: BTreeMap<DocumentId, Opening> = BTreeMap::new();
    for shipment in shipments {
        for line in &shipment.lines {
            let Some(stock_line) = line.taken_from else { continue };
            let opening = openings.entry(stock_line).or_insert_with(|| Opening {
                stock_line,
                lot: line.lot.clone(),
                date: shipment.date.saturating_sub(1.day()),
                transfers: BTreeMap::new(),
                pack_price: line.pack_price,
            });
            *opening.transfers.entry(shipment.id).or_default() += line.units;
        }
    }
    openings.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::rows::read_rows;

    const MAPPING: &str = r#"
        format = 1
        name = "test"
        [centre]
        code = "RDC"
        name = "Distribution centre"
        [stores.codes]
        "Haiti" = "HTI"
        [fields]
        row = { column = "ID" }
        kind = { column = "Kind" }
        shipment = { column = "Note" }
        date = { column = "Day", formats = ["%Y-%m-%d"] }
        store = { column = "Store" }
        vendor = { column = "Vendor" }
        item = { column = "Item" }
        item_code = { column = "Code" }
        packs = { column = "Packs" }
        units_per_pack = { column = "Size" }
    "#;

    fn planned(lines: &[&str]) -> Plan {
        let mapping = Mapping::parse(MAPPING).expect("a good mapping");
        let text = format!("ID,Kind,Note,Day,Store,Vendor,Item,Code,Packs,Size\n{}\n", lines.join("\n"));
        let rows = read_rows(text.as_bytes(), &mapping).expect("a readable file");
        assert_eq!(rows.rejected, []);
        plan(&rows, &mapping)
    }

    #[test]
    fn rows_of_one_note_one_store_and_one_day_are_one_shipment() {
        let plan = planned(&[
            "1,transfer,DN-1,2010-03-02,Haiti,,Aspirin,,10,100",
            "2,transfer,DN-1,2010-03-02,Haiti,,Zinc,,5,20",
            "3,transfer,DN-1,2010-03-02,Mali,,Zinc,,5,20",
            "4,transfer,DN-1,2010-03-03,Haiti,,Zinc,,5,20",
            "5,inbound,DN-1,2010-03-02,Haiti,Acme,Zinc,,5,20",
        ]);
        let lines: Vec<usize> = plan.shipments.iter().map(|shipment| shipment.lines.len()).collect();
        assert_eq!(lines, [2, 1, 1, 1]);
        assert!(plan.shipments.is_sorted_by_key(|shipment| shipment.date));
    }

    #[test]
    fn a_delivery_longer_than_a_document_may_be_becomes_several_shipments() {
        let rows: Vec<String> = (0..=SHIPMENT_LINES_MAX)
            .map(|row| format!("{row},transfer,DN-1,2010-03-02,Haiti,,Zinc,,1,20"))
            .collect();
        let plan = planned(&rows.iter().map(String::as_str).collect::<Vec<_>>());
        let lines: Vec<usize> = plan.shipments.iter().map(|shipment| shipment.lines.len()).collect();
        assert_eq!(lines, [SHIPMENT_LINES_MAX, 1]);
        assert_ne!(plan.shipments[0].id, plan.shipments[1].id);
    }

    #[test]
    fn the_centre_is_opened_the_day_before_with_exactly_what_it_sent() {
        let plan = planned(&[
            "1,transfer,DN-2,2010-04-02,Mali,,Zinc,,5,20",
            "2,transfer,DN-1,2010-03-02,Haiti,,Zinc,,7,20",
            "3,transfer,DN-3,2010-05-02,Haiti,,Zinc,,1,100",
            "4,inbound,AN-1,2010-01-02,Haiti,Acme,Zinc,,50,20",
        ]);
        let sent = |opening: &Opening| opening.transfers.values().sum::<i64>();
        let mut openings: Vec<_> = plan.openings.iter().map(|o| (o.lot.pack_size, sent(o), o.date)).collect();
        openings.sort();
        assert_eq!(
            openings,
            [(20, 240_000, Date::constant(2010, 3, 1)), (100, 100_000, Date::constant(2010, 5, 1))]
        );
        let sent_from =
            plan.shipments.iter().flat_map(|shipment| &shipment.lines).filter_map(|line| line.taken_from);
        assert!(sent_from.into_iter().all(|id| plan.openings.iter().any(|opening| opening.stock_line == id)));
    }

    #[test]
    fn identities_and_codes_do_not_depend_on_the_order_or_the_rest_of_the_file() {
        let rows = [
            "1,transfer,DN-1,2010-03-02,Haiti,,Aspirin,,10,100",
            "2,inbound,AN-1,2010-03-02,Mali,Acme,Zinc,,5,20",
        ];
        let (forward, backward) = (planned(&rows), planned(&[rows[1], rows[0]]));
        assert_eq!((&forward.items, &forward.stores), (&backward.items, &backward.stores));
        let ids = |plan: &Plan| plan.shipments.iter().map(|shipment| shipment.id).collect::<BTreeSet<_>>();
        assert_eq!(ids(&forward), ids(&backward));
        let alone = planned(&rows[1..]);
        assert!(alone.items.iter().all(|item| forward.items.contains(item)));
        assert!(alone.shipments.iter().all(|shipment| ids(&forward).contains(&shipment.id)));
    }

    #[test]
    fn codes_are_those_of_the_mapping_or_made_of_the_name() {
        let plan = planned(&[
            "1,inbound,A,2010-03-02,Haiti,Acme & Sons,Zinc,ZN20,5,20",
            "2,inbound,B,2010-03-02,Côte d'Or,Acme & Sons,Aspirin 300mg,,5,20",
        ]);
        let stores: Vec<&str> = plan.stores.iter().map(|store| store.code.as_str()).collect();
        assert!(stores[0].starts_with("COTEDOR-") && stores[1] == "HTI", "{stores:?}");
        assert!(plan.items.iter().any(|item| item.code == "ZN20"));
        assert!(plan.items.iter().any(|item| item.code.starts_with("ASPIRIN3-") && item.code.len() == 12));
        assert!(plan.partners.iter().all(|partner| partner.code.starts_with("ACMESONS-")));
    }

    #[test]
    fn a_row_that_contradicts_the_file_is_set_aside_with_its_reason() {
        let plan = planned(&[
            "1,inbound,A,2010-03-02,Haiti,Acme,Zinc,C1,5,20",
            "2,inbound,B,2010-03-02,Haiti,Acme,Aspirin,C1,5,20",
            "3,transfer,C,2010-03-02,Distribution centre,,Zinc,C1,5,20",
        ]);
        let codes: Vec<_> = plan.rejected.iter().map(|row| (row.line, row.code.as_str())).collect();
        assert_eq!(codes, [(3, "item-code-taken"), (4, "to-the-centre")]);
        assert_eq!((plan.items.len(), plan.shipments.len()), (1, 1));
    }

    #[test]
    fn an_item_has_the_pack_size_it_most_often_came_in() {
        assert_eq!(commonest([30, 60, 60].into_iter()), 60);
        assert_eq!(commonest([90, 30].into_iter()), 30);
    }
}
