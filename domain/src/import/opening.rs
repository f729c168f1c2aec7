//! Opening stock from a table: what is on the shelves of a store when its records begin.
//!
//! The id of a stock line follows from its store and from what tells a batch from every other: item, batch, expiry, pack
//! size, place. Not from its quantity: two devices that import two versions of one table offline make one line of it,
//! with one of the two quantities, and never the sum of both. After an undo, what a row makes has the next id in turn.

use crdt_store::{DocumentId, Failure, Rejection, Timestamp, ViewRead};

use super::check::{Outcome, Values};
use super::columns::{Column, ColumnKind, column};
use super::kind::{Place, Rules};
use crate::quantity::Quantity;
use crate::stock_line::{self, CreateStockLine, StockLineRow};
use crate::text::fold;
use crate::{Caller, Permission, location, query, reject, store};

const COLUMNS: &[Column] = &[
    column(
        "itemCode",
        ColumnKind::Text,
        true,
        &["code", "item code", "code article", "code de l'article", "code produit", "product code"],
    ),
    column(
        "itemName",
        ColumnKind::Text,
        false,
        &[
            "item",
            "item name",
            "article",
            "nom",
            "nom de l'article",
            "designation",
            "description",
            "product",
            "produit",
        ],
    ),
    column(
        "batch",
        ColumnKind::Text,
        false,
        &[
            "batch number",
            "batch no",
            "lot",
            "lot number",
            "n de lot",
            "no de lot",
            "numero de lot",
            "numero du lot",
        ],
    ),
    column(
        "expiry",
        ColumnKind::LastDay,
        false,
        &[
            "expiry date",
            "expiration",
            "expires",
            "peremption",
            "date de peremption",
            "date d'expiration",
            "date peremption",
        ],
    ),
    column(
        "packSize",
        ColumnKind::Count,
        false,
        &["pack size", "conditionnement", "unites par conditionnement", "unites/cond.", "units per pack"],
    ),
    column(
        "quantity",
        ColumnKind::Quantity,
        true,
        &["qty", "on hand", "stock on hand", "soh", "quantite", "qte", "en stock", "stock", "units"],
    ),
    column(
        "location",
        ColumnKind::Text,
        false,
        &["location code", "emplacement", "code emplacement", "shelf", "bin"],
    ),
    column(
        "costPrice",
        ColumnKind::Money,
        false,
        &[
            "cost",
            "cost price",
            "unit cost",
            "cost per pack",
            "cout par conditionnement",
            "prix d'achat",
            "cout",
            "prix",
        ],
    ),
    column("donor", ColumnKind::Text, false, &["donor code", "donateur", "bailleur", "code donateur"]),
    column(
        "programme",
        ColumnKind::Text,
        false,
        &["programme code", "program", "program code", "code programme", "code du programme"],
    ),
    column("note", ColumnKind::Text, false, &["comment", "remarque", "commentaire"]),
];

pub(crate) const RULES: Rules = Rules {
    columns: COLUMNS,
    filled_in: None,
    key: |values| key(values).text(),
    permit,
    check: |read, place, values| resolve(read, place, values).map(|found| found.outcome()),
    apply: |txn, place, values| {
        let found = resolve(txn, place, values)?;
        if let Found::New(id, command) = &found {
            let command = CreateStockLine { id: Some(*id), ..(**command).clone() };
            stock_line::create_imported(txn, place.caller, &command, place.import)?;
        }
        Ok((found.outcome(), None))
    },
    unmake: |txn, place, id| stock_line::withdraw(txn, place.caller, id, place.reason),
    restore: |_, _, _| Ok(()),
    label,
};

/// What people call a stock line.
pub(super) fn label(read: &dyn ViewRead, id: DocumentId) -> Result<String, Failure> {
    let row = query::stock::line_row(read, id)?;
    let item = query::items::detail(read, row.item)?;
    Ok(format!("{} {} {}", item.code, item.name, row.batch.unwrap_or_default()).trim_end().to_owned())
}

fn permit(read: &dyn ViewRead, caller: &Caller, own: Option<DocumentId>) -> Result<(), Failure> {
    let own = own.ok_or_else(|| reject::validation("/store", "this needs a store"))?;
    caller.require(Permission::StockEdit, own)?;
    store::require_open(read, own).map(drop)
}

/// What tells a batch from every other, as the table says it.
struct Key<'a> {
    item: &'a str,
    batch: &'a str,
    expiry: String,
    pack_size: String,
    location: &'a str,
}

fn key(values: &Values) -> Key<'_> {
    Key {
        item: values.text("itemCode").unwrap_or_default(),
        batch: values.text("batch").unwrap_or_default(),
        expiry: values.day("expiry").map(|day| day.to_string()).unwrap_or_default(),
        pack_size: values.count("packSize").map(|size| size.to_string()).unwrap_or_default(),
        location: values.text("location").unwrap_or_default(),
    }
}

impl Key<'_> {
    fn text(&self) -> String {
        [&fold(self.item), &fold(self.batch), &self.expiry, &self.pack_size, &fold(self.location)]
            .map(String::as_str)
            .join("\u{1f}")
    }
}

/// What a row comes to.
enum Found {
    /// A line with this id is to be made.
    New(DocumentId, Box<CreateStockLine>),
    /// It is there already, as the row says.
    Same,
}

impl Found {
    fn outcome(&self) -> Outcome {
        match self {
            Self::New(..) => Outcome::Create,
            Self::Same => Outcome::Same,
        }
    }
}

/// Finds what a row names, and whether its line is there.
fn resolve(read: &dyn ViewRead, place: &Place<'_>, values: &Values) -> Result<Found, Failure> {
    let own = place.store.unwrap_or_default();
    let command = creation(read, own, values)?;
    let wanted = stock_line::checked(read, place.caller, Timestamp::default(), &command)?;
    let lines = query::stock::lines_of_item(read, own, command.item)?;
    let is_alike = |row: &&StockLineRow| {
        fold(row.batch.as_deref().unwrap_or_default()) == fold(wanted.batch.as_deref().unwrap_or_default())
            && (row.expiry, row.pack_size, row.location) == (wanted.expiry, wanted.pack_size, wanted.location)
    };
    for row in lines.iter().filter(is_alike).filter(|row| row.withdrawn.is_none()) {
        if row.import.is_some() && row.opening == wanted.opening {
            return Ok(Found::Same);
        }
        let on_hand = stock_line::balance(read, own, row.id)?.on_hand;
        if row.import.is_some() || on_hand != Quantity::ZERO {
            let message = format!("this batch is in stock already, with {on_hand}; count it, or adjust it");
            return Err(Rejection::new("already-in-stock", message)
                .at("/quantity")
                .with("onHand", on_hand)
                .into());
        }
    }
    Ok(Found::New(free_id(read, own, &command, &wanted)?, Box::new(command)))
}

/// The first id in turn that nothing has.
fn free_id(
    read: &dyn ViewRead,
    own: DocumentId,
    command: &CreateStockLine,
    wanted: &stock_line::StockLine,
) -> Result<DocumentId, Failure> {
    let place = wanted.location.map(|place| place.to_string()).unwrap_or_default();
    let expiry = wanted.expiry.map(|day| day.to_string()).unwrap_or_default();
    let batch = fold(wanted.batch.as_deref().unwrap_or_default());
    let role = format!("opening/{}/{batch}/{expiry}/{}/{place}", command.item, wanted.pack_size);
    let mut turn = 0_u32;
    loop {
        let id = own.derived(&format!("{role}/{turn}"));
        if read.header(id)?.is_none() {
            return Ok(id);
        }
        turn += 1;
    }
}

fn creation(read: &dyn ViewRead, own: DocumentId, values: &Values) -> Result<CreateStockLine, Failure> {
    let code = values.text("itemCode").unwrap_or_default().trim();
    let item = query::items::by_code(read, code)?
        .ok_or_else(|| Rejection::new("unknown-item", "there is no item with this code").at("/itemCode"))?;
    let place = match values.text("location") {
        None => None,
        Some(code) => Some(location::by_code(read, own, code)?.ok_or_else(|| {
            Rejection::new("unknown-location", "this store has no location with this code").at("/location")
        })?),
    };
    let donor = match values.text("donor") {
        None => None,
        Some(code) => Some(query::reference::partner_by_code(read, code.trim())?.ok_or_else(|| {
            Rejection::new("unknown-donor", "there is no partner with this code").at("/donor")
        })?),
    };
    let programme = match values.text("programme") {
        None => None,
        Some(text) => Some(programme_of(read, own, text)?),
    };
    Ok(CreateStockLine {
        id: None,
        store: own,
        item: item.id,
        batch: values.owned("batch"),
        expiry: values.day("expiry"),
        manufactured: None,
        pack_size: Some(values.count("packSize").unwrap_or(item.default_pack_size)),
        location: place.map(|place| place.id),
        vvm: None,
        cost_price: values.money("costPrice"),
        sell_price: None,
        supplier: None,
        donor: donor.map(|donor| donor.id),
        note: values.owned("note"),
        quantity: values.quantity("quantity").unwrap_or(Quantity::ZERO),
        at: None,
        variant: None,
        programme,
    })
}

/// The programme that a text means among those the store sees: by its code, else by a name that only one of them has.
fn programme_of(read: &dyn ViewRead, own: DocumentId, text: &str) -> Result<DocumentId, Failure> {
    let seen = query::programmes::of_store(read, own)?;
    let wanted = fold(text);
    if let Some(row) = seen.iter().find(|row| fold(&row.code) == wanted) {
        return Ok(row.id);
    }
    let mut named = seen.iter().filter(|row| fold(&row.name) == wanted);
    match (named.next(), named.next()) {
        (Some(row), None) => Ok(row.id),
        _ => {
            let message = "this store sees no programme with this code, and not one alone with this name";
            Err(Rejection::new("unknown-programme", message).at("/programme").into())
        }
    }
}
