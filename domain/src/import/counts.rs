//! Counts of a stocktake from a table: its sheet as a file, filled in, or any list of what is on the shelf.
//!
//! A row is about the stock line it names; else about the line of its number on the sheet, if the item agrees; else about
//! the batch it describes. A batch on paper that is on no sheet is added to one; a batch that is not on paper is an error,
//! unless the row, or whoever imports, says that it was found. A row without a count says nothing yet.

use crdt_store::{DocumentId, Failure, Rejection, Txn, ViewRead, ViewReadExt, decode_row, encode_row};
use serde::{Deserialize, Serialize};

use super::check::{Outcome, Values};
use super::columns::{Column, ColumnKind, column};
use super::kind::{Acted, Before, Place, Rules};
use super::opening;
use crate::item::ItemRow;
use crate::stock_line::StockLineRow;
use crate::stocktake::{self, AddBatch, CountLine, Observation, Said, Stand, StocktakeLineRow, StocktakeRow};
use crate::text::{Key, fold};
use crate::{
    Caller, Permission, Quantity, location, query, reason, record, reject, stock_line, store, views,
};

const COLUMNS: &[Column] = &[
    column(
        "line",
        ColumnKind::Count,
        false,
        &["line id", "ligne id", "line on the sheet", "ligne de la feuille", "position", "numero de ligne"],
    ),
    column(
        "itemCode",
        ColumnKind::Text,
        false,
        &["code", "code article", "code de l'article", "code produit", "product code"],
    ),
    column(
        "itemName",
        ColumnKind::Text,
        false,
        &["item", "name", "article", "nom", "nom de l'article", "designation", "description", "produit"],
    ),
    column(
        "batch",
        ColumnKind::Text,
        false,
        &["batch number", "batch no", "lot", "lot number", "n de lot", "no de lot", "numero de lot"],
    ),
    column(
        "expiry",
        ColumnKind::LastDay,
        false,
        &["expiry date", "expiration", "peremption", "date de peremption", "date d'expiration"],
    ),
    column(
        "packSize",
        ColumnKind::Count,
        false,
        &["pack size", "conditionnement", "unites par conditionnement", "units per pack"],
    ),
    column("location", ColumnKind::Text, false, &["location code", "emplacement", "code emplacement"]),
    column(
        "counted",
        ColumnKind::Quantity,
        true,
        &[
            "compte",
            "counted quantity",
            "quantite comptee",
            "count",
            "physical count",
            "comptage",
            "quantity",
            "quantite",
            "qte",
        ],
    ),
    column("reason", ColumnKind::Text, false, &["motif"]),
    column("note", ColumnKind::Text, false, &["comment", "remarque", "commentaire"]),
    column("found", ColumnKind::Flag, false, &["found on the shelf", "trouve", "trouve sur l'etagere"]),
    column("stockLine", ColumnKind::Text, false, &["stock line id", "ligne de stock", "ligne de stock id"]),
];

pub(crate) const RULES: Rules = Rules {
    columns: COLUMNS,
    filled_in: Some("counted"),
    key,
    permit,
    check: |read, place, values| resolve(read, place, values).map(|found| found.outcome()),
    apply,
    unmake: |_, _, _| Ok(()),
    restore,
    label: opening::label,
};

fn permit(read: &dyn ViewRead, caller: &Caller, own: Option<DocumentId>) -> Result<(), Failure> {
    let own = own.ok_or_else(|| reject::validation("/store", "this needs a store"))?;
    caller.require(Permission::Stocktake, own)?;
    store::require_open(read, own).map(drop)
}

/// Refuses a stocktake that cannot be counted now, before any of its rows is looked at.
///
/// # Errors
/// `not-found`, `not-permitted`, `wrong-status`, `on-hold`, `not-arrived`.
pub fn require_stocktake(
    read: &dyn ViewRead,
    caller: &Caller,
    store: Option<DocumentId>,
    id: DocumentId,
) -> Result<(), Failure> {
    let row = stocktake::require(read, id)?;
    if Some(row.store) != store {
        return Err(reject::not_found("stocktake", id).into());
    }
    stocktake::require_counting(read, caller, id).map(drop)
}

fn key(values: &Values) -> String {
    let text = |column: &str| fold(values.text(column).unwrap_or_default());
    let count = |column: &str| values.count(column).map(|count| count.to_string()).unwrap_or_default();
    let expiry = values.day("expiry").map(|day| day.to_string()).unwrap_or_default();
    match (values.text("stockLine"), values.count("line")) {
        (Some(line), _) => format!("stock line/{}", fold(line)),
        (None, Some(line)) => format!("line/{line}/{}", text("itemCode")),
        (None, None) => [&text("itemCode"), &text("batch"), &expiry, &count("packSize"), &text("location")]
            .map(String::as_str)
            .join("\u{1f}"),
    }
}

// ---- what a row is about ----

/// What a row comes to.
struct Found {
    stocktake: StocktakeRow,
    said: Said,
    quantity: Quantity,
    about: About,
}

enum About {
    /// A stock line, of which this is said now.
    Line(DocumentId, Box<Stand>),
    /// A batch that is not on paper, to be opened with this id.
    Batch(DocumentId, Box<AddBatch>),
}

impl Found {
    fn outcome(&self) -> Outcome {
        let About::Line(_, stand) = &self.about else { return Outcome::Create };
        let Some(count) = &stand.count else { return Outcome::Create };
        let is_silent_or = |said: bool, same: bool| !said || same;
        let same = stand.on_sheet
            && count.quantity == Some(self.quantity)
            && is_silent_or(self.said.reason.is_some(), self.said.reason == stand.reason)
            && is_silent_or(self.said.note.is_some(), self.said.note == stand.note);
        if same { Outcome::Same } else { Outcome::Change }
    }
}

fn resolve(read: &dyn ViewRead, place: &Place<'_>, values: &Values) -> Result<Found, Failure> {
    let own = place.store.unwrap_or_default();
    let id = values.text("stocktake").and_then(|id| id.parse().ok());
    let id: DocumentId = id.ok_or_else(|| reject::validation("/stocktake", "which stocktake?"))?;
    let stocktake = stocktake::load_open(read, place.caller, id)?;
    if stocktake.store != own {
        return Err(reject::not_found("stocktake", id).into());
    }
    let quantity = values.quantity("counted").unwrap_or_default();
    stock_line::valid_quantity("/counted", quantity)?;
    let note = record::valid_note("/note", values.text("note"))?;
    let (about, on_hand, chosen) = match line_of(read, &stocktake, values)? {
        Some(line) => {
            if !place.seen.borrow_mut().insert(line) {
                let twice = "another row counts the same batch; make one row of them";
                return Err(Rejection::new("counted-twice", twice).at("/batch").into());
            }
            let stand = stocktake::stand(read, &stocktake, line)?;
            let on_hand = stock_line::balance(read, own, line)?.on_hand;
            let chosen = stand.reason;
            (About::Line(line, Box::new(stand)), on_hand, chosen)
        }
        None => {
            let (line, batch) = found_batch(read, &stocktake, values)?;
            (About::Batch(line, Box::new(batch)), Quantity::ZERO, None)
        }
    };
    let reason = match values.text("reason") {
        None => None,
        Some(text) => Some(reason_of(read, text, chosen, quantity - on_hand)?),
    };
    Ok(Found { stocktake, said: Said { reason, note }, quantity, about })
}

/// The reason that a text names, among those that explain the difference first.
fn reason_of(
    read: &dyn ViewRead,
    text: &str,
    chosen: Option<DocumentId>,
    difference: Quantity,
) -> Result<DocumentId, Failure> {
    let named: Vec<_> = query::reference::reasons(read)?
        .into_iter()
        .filter(|row| fold(&row.text) == fold(text) && (row.active || Some(row.id) == chosen))
        .collect();
    let explains = |row: &&reason::ReasonRow| {
        difference == Quantity::ZERO || row.kind.explains(difference.is_positive())
    };
    let found = named.iter().find(|row| Some(row.id) == chosen).or_else(|| named.iter().find(explains));
    let Some(found) = found.or(named.first()) else {
        return Err(Rejection::new("unknown-reason", "there is no reason of this text").at("/reason").into());
    };
    if Some(found.id) != chosen {
        reason::require_known(read, "/reason", found.id, Some(difference))?;
    }
    Ok(found.id)
}

fn item_of(read: &dyn ViewRead, values: &Values) -> Result<ItemRow, Failure> {
    let missing = || Rejection::new("missing-value", "which item?").at("/itemCode");
    let code = values.text("itemCode").map(str::trim).ok_or_else(missing)?;
    let unknown = || Rejection::new("unknown-item", "there is no item with this code").at("/itemCode");
    query::items::by_code(read, code)?.ok_or_else(|| unknown().into())
}

/// The stock line that a row is about; none where it is a batch that is not on paper.
fn line_of(
    read: &dyn ViewRead,
    stocktake: &StocktakeRow,
    values: &Values,
) -> Result<Option<DocumentId>, Failure> {
    let agrees = |item: DocumentId| -> Result<bool, Failure> {
        Ok(values.text("itemCode").is_none() || item_of(read, values)?.id == item)
    };
    let mismatch = |column: &str| {
        Rejection::new("line-mismatch", "this line of the sheet is another item").at(format!("/{column}"))
    };
    if let Some(id) = values.text("stockLine") {
        let unknown =
            || Rejection::new("unknown-line", "there is no such line in this store").at("/stockLine");
        let id: DocumentId = id.trim().parse().map_err(|_| unknown())?;
        let row: Option<StockLineRow> = read.row(views::STOCK_LINE, id.as_bytes())?;
        let row = row.filter(|row| row.store == stocktake.store).ok_or_else(unknown)?;
        return if agrees(row.item)? { Ok(Some(id)) } else { Err(mismatch("itemCode").into()) };
    }
    if let Some(position) = values.count("line") {
        let item = item_of(read, values)?.id;
        let prefix = Key::new().id(stocktake.id).number(position.into()).build();
        let rows: Vec<StocktakeLineRow> = read.rows(views::STOCKTAKE_LINE, &prefix)?;
        let lines: Vec<DocumentId> =
            rows.into_iter().filter(|row| row.item == item).map(|row| row.line).collect();
        return match &lines[..] {
            [] => Err(mismatch("line").into()),
            [line] => Ok(Some(*line)),
            several => Err(ambiguous(read, stocktake, several)?.into()),
        };
    }
    let alike = alike(read, stocktake, values)?;
    let mut on_sheet = Vec::new();
    for line in &alike {
        if stocktake::stand(read, stocktake, *line)?.on_sheet {
            on_sheet.push(*line);
        }
    }
    match (&on_sheet[..], &alike[..]) {
        ([line], _) | ([], [line]) => Ok(Some(*line)),
        ([], []) => Ok(None),
        ([], several) | (several, _) => Err(ambiguous(read, stocktake, several)?.into()),
    }
}

/// Stock lines that are as a row describes them; what it does not say of pack and place may be anything.
fn alike(read: &dyn ViewRead, stocktake: &StocktakeRow, values: &Values) -> Result<Vec<DocumentId>, Failure> {
    let item = item_of(read, values)?;
    let place = place_of(read, stocktake.store, values)?;
    let batch = fold(values.text("batch").unwrap_or_default());
    let fits = |row: &StockLineRow| {
        row.withdrawn.is_none()
            && fold(row.batch.as_deref().unwrap_or_default()) == batch
            && row.expiry == values.day("expiry")
            && values.count("packSize").is_none_or(|size| size == row.pack_size)
            && (place.is_none() || place == row.location)
    };
    let rows = query::stock::lines_of_item(read, stocktake.store, item.id)?;
    Ok(rows.into_iter().filter(fits).map(|row| row.id).collect())
}

fn place_of(read: &dyn ViewRead, own: DocumentId, values: &Values) -> Result<Option<DocumentId>, Failure> {
    let Some(code) = values.text("location") else { return Ok(None) };
    let unknown =
        || Rejection::new("unknown-location", "this store has no location with this code").at("/location");
    Ok(Some(location::by_code(read, own, code)?.ok_or_else(unknown)?.id))
}

/// `ambiguous-line`, with what the row could be about: batch, expiry, pack and place of each.
fn ambiguous(
    read: &dyn ViewRead,
    stocktake: &StocktakeRow,
    lines: &[DocumentId],
) -> Result<Rejection, Failure> {
    let mut names = Vec::new();
    for line in lines {
        let row = stock_line::require(read, "/batch", stocktake.store, *line)?;
        let place = match row.location {
            Some(place) => query::names::Names::new(read).location(place)?.map(|place| place.code.clone()),
            None => None,
        };
        let expiry = row.expiry.map(|day| day.to_string());
        let pack = Some(format!("× {}", row.pack_size));
        names.push([row.batch, expiry, pack, place].into_iter().flatten().collect::<Vec<_>>().join(" "));
    }
    let message = format!("this could be several lines: {}", names.join("; "));
    Ok(Rejection::new("ambiguous-line", message).at("/batch").with("candidates", names.join("; ")))
}

/// A batch that is not on paper, if somebody says that it was found.
fn found_batch(
    read: &dyn ViewRead,
    stocktake: &StocktakeRow,
    values: &Values,
) -> Result<(DocumentId, AddBatch), Failure> {
    if values.flag("found") != Some(true) {
        let message = "this batch is not on paper; say that it was found, or correct what is written";
        return Err(Rejection::new("unknown-batch", message).at("/batch").into());
    }
    let item = item_of(read, values)?;
    let pack_size =
        record::valid_pack_size("/packSize", values.count("packSize").unwrap_or(item.default_pack_size))?;
    let batch = AddBatch {
        item: item.id,
        batch: record::valid_label("/batch", values.text("batch"))?,
        expiry: values.day("expiry"),
        pack_size: Some(pack_size),
        location: place_of(read, stocktake.store, values)?,
        cost_price: None,
        quantity: values.quantity("counted"),
        reason: None,
        note: None,
    };
    let place = batch.location.map(|place| place.to_string()).unwrap_or_default();
    let expiry = batch.expiry.map(|day| day.to_string()).unwrap_or_default();
    let name = fold(batch.batch.as_deref().unwrap_or_default());
    let role = format!("found/{}/{name}/{expiry}/{pack_size}/{place}", batch.item);
    Ok((stocktake.id.derived(&role), batch))
}

// ---- write ----

/// What an import keeps of a line that it counted.
#[derive(Serialize, Deserialize)]
struct Kept {
    stocktake: DocumentId,
    stand: Stand,
}

fn apply(txn: &mut Txn<'_>, place: &Place<'_>, values: &Values) -> Result<Acted, Failure> {
    let found = resolve(txn, place, values)?;
    let outcome = found.outcome();
    let Found { stocktake, said, quantity, about } = found;
    let (line, stand) = match about {
        _ if outcome == Outcome::Same => return Ok((outcome, None)),
        About::Line(line, stand) => {
            let stood = stand.count.as_ref().and_then(|count: &Observation| count.quantity);
            let wish = CountLine {
                stock_line: line,
                quantity: (stood != Some(quantity)).then_some(Some(quantity)),
                reason: said.reason.map(Some),
                note: said.note.clone().map(Some),
                state: None,
            };
            stocktake::count_imported(txn, place.caller, &stocktake, place.import, &wish, &place.added)?;
            (line, *stand)
        }
        About::Batch(line, batch) => {
            let batch = AddBatch { reason: said.reason, note: said.note.clone(), ..*batch };
            let named = (line, &batch);
            stocktake::open_batch(txn, place.caller, &stocktake, place.import, named, &place.added)?;
            (line, Stand::default())
        }
    };
    let kept = Kept { stocktake: stocktake.id, stand };
    Ok((outcome, Some(Before { document: line, old: encode_row(&kept), new: encode_row(&said) })))
}

fn restore(txn: &mut Txn<'_>, place: &Place<'_>, before: &Before) -> Result<(), Failure> {
    let kept: Kept = decode_row(views::IMPORT_MADE, &before.old)?;
    let said: Said = decode_row(views::IMPORT_MADE, &before.new)?;
    let of = (kept.stocktake, place.import);
    stocktake::uncount(txn, place.caller, of, before.document, &kept.stand, &said)
}
