//! What people think of doing next, given what their device shows them.

use crdt_store::{DocumentId, Snapshot, StoreError, Timestamp, ViewRead};
use domain::adjustment::{AdjustLine, CreateAdjustment};
use domain::arrangement::{HoldLines, MoveContents, MoveLines};
use domain::asset::{AddAssetLog, AssetDetails, AssetStatus, CreateAsset};
use domain::barcode::{CorrectBarcode, LearnBarcode};
use domain::conflict::SettleConflict;
use domain::import::{self, Begin, ImportKind, ImportRow, Raw, Style, Table, TableRow, Tally, Undo, Values};
use domain::item::{CreateItem, UpdateItem};
use domain::item_variant::CreateItemVariant;
use domain::location::{CreateLocation, UpdateLocation};
use domain::location_type::CreateLocationType;
use domain::period_schedule::CreatePeriodSchedule;
use domain::programme::CreateProgramme;
use domain::programme::order_type::CreateOrderType;
use domain::repack::CreateRepack;
use domain::share::{AskShare, GiveShare};
use domain::shipment::{
    AddLine, CreateInbound, CreateOutbound, Direction, End, Issue, Receive, ReceiveLine, SetReceived,
    SetStatus, SettleLine, Shipment, ShipmentRow, Status, UpdateLine, Verdict,
};
use domain::stock_line::{CreateStockLine, ObserveVvm, UpdateStockLine, Vvm};
use domain::{Date, Quantity};

use crate::look::{self, Shelf};
use crate::seed::Dice;
use crate::setup::Country;
use crate::wish::{Deed, Wisher};

/// Begins the token of what an honest person makes.
pub(crate) const HONEST: &str = "wish-";
/// Begins the token of what must never be seen anywhere.
pub(crate) const FORGED: &str = "forged-";

/// Somebody about to act.
pub(crate) struct Person<'a> {
    pub(crate) country: &'a Country,
    pub(crate) read: &'a Snapshot,
    pub(crate) dice: &'a mut Dice,
    /// The wish's number, for tokens.
    pub(crate) number: u64,
    pub(crate) now: Timestamp,
}

/// What somebody decided to do: who as, what, and the token in what it makes.
pub(crate) type Decision = Option<(Wisher, Deed, Option<String>)>;

impl Person<'_> {
    pub(crate) fn token(&self) -> Option<String> {
        Some(format!("{HONEST}{}", self.number))
    }

    pub(crate) fn units(&mut self, low: u64, high: u64) -> Quantity {
        Quantity::whole(self.dice.between(low, high.max(low)) as i64)
    }

    /// The administrator at central.
    pub(crate) fn administer(&mut self) -> Result<Decision, StoreError> {
        let deed = match self.dice.between(0, 9) {
            0..=6 => {
                let Some(item) = self.dice.pick(&self.country.items).copied() else { return Ok(None) };
                let name = Some(format!("Item renamed by {}", self.number));
                let size = self.dice.chance(300).then(|| self.dice.between(1, 100) as u32);
                return Ok(Some((
                    Wisher::Administrator,
                    Deed::EditItem(
                        item,
                        UpdateItem { name, default_pack_size: size, ..UpdateItem::default() },
                    ),
                    None,
                )));
            }
            7 => return Ok(self.describe().map(|deed| (Wisher::Administrator, deed, None))),
            _ => Deed::CreateItem(create_item(&format!("{HONEST}{}", self.number))),
        };
        Ok(Some((Wisher::Administrator, deed, self.token())))
    }

    /// What else is said of items and places, for all to know.
    fn describe(&mut self) -> Option<Deed> {
        let item = *self.dice.pick(&self.country.items)?;
        let (number, stores) = (self.number, self.dice.pick(&self.country.stores).copied());
        Some(match self.dice.between(0, 4) {
            0 => Deed::CreateProgramme(CreateProgramme {
                id: None,
                code: format!("P-{number}"),
                name: format!("Programme {number}"),
                immunisation: false,
                items: vec![item],
                stores: stores.into_iter().collect(),
                schedule: None,
            }),
            1 => Deed::CreateOrderType(
                self.country.programme,
                CreateOrderType {
                    id: None,
                    name: format!("Kind {number}"),
                    emergency: false,
                    min_months: Quantity::whole(1),
                    max_months: Quantity::whole(2),
                    max_orders: None,
                    max_lines: None,
                },
            ),
            2 => Deed::CreatePeriodSchedule(CreatePeriodSchedule {
                id: None,
                name: format!("Periods {number}"),
                months: 1,
                first: Date::constant(2020, 1, 1),
            }),
            3 => Deed::CreateVariant(CreateItemVariant {
                id: None,
                item,
                name: format!("Variant {number}"),
                manufacturer: None,
                vvm_type: None,
                location_type: None,
                primary: None,
                secondary: None,
                tertiary: None,
            }),
            _ => Deed::CreateLocationType(CreateLocationType {
                id: None,
                name: format!("Room {number}"),
                min: None,
                max: None,
            }),
        })
    }

    /// Somebody at a site who tries what only central may do, openly or under a false flag.
    pub(crate) fn intrude(&mut self) -> Decision {
        let token = format!("{FORGED}{}", self.number);
        let wisher = if self.dice.chance(500) { Wisher::Intruder } else { Wisher::Impostor };
        Some((wisher, Deed::CreateItem(create_item(&token)), Some(token)))
    }

    /// A modified program that writes where it may not: central's data, or another store's stock.
    pub(crate) fn forge(&mut self, own: DocumentId) -> Decision {
        let token = format!("{FORGED}{}", self.number);
        let others: Vec<DocumentId> =
            self.country.stores.iter().copied().filter(|store| *store != own).collect();
        let other = self.dice.pick(&others).copied();
        match other {
            Some(store) if self.dice.chance(500) => {
                let item = *self.dice.pick(&self.country.items)?;
                let line = open_line(store, item, Quantity::whole(1_000_000), token.clone(), None);
                Some((Wisher::Impostor, Deed::OpenLine(line), Some(token)))
            }
            _ => Some((Wisher::Impostor, Deed::CreateItem(create_item(&token)), Some(token))),
        }
    }

    /// Somebody at work in a store.
    pub(crate) fn work(&mut self, store: DocumentId) -> Result<Decision, StoreError> {
        if !look::knows_store(self.read, store)? {
            return Ok(None);
        }
        type Activity<'a> = fn(&mut Person<'a>, DocumentId) -> Result<Option<(Deed, bool)>, StoreError>;
        let activity: Activity<'_> = self.dice.weighted(&[
            (Person::issue as Activity<'_>, 30),
            (Person::adjust, 18),
            (Person::send, 30),
            (Person::take_in, 22),
            (Person::draft, 6),
            (Person::order, 14),
            (Person::supply, 12),
            (Person::report, 12),
            (Person::enter_delivery, 5),
            (Person::give_back, 5),
            (Person::take_back, 2),
            (Person::check_boxes, 2),
            (Person::open, 2),
            (Person::hold, 4),
            (Person::count, 22),
            (Person::annotate, 8),
            (Person::settle, 6),
            (Person::arrange, 5),
            (Person::look_at_monitor, 2),
            (Person::repack, 5),
            (Person::share, 10),
            (Person::scan, 4),
            (Person::bring_table, 5),
            (Person::equipment, 8),
        ]);
        let Some((deed, makes)) = activity(self, store)? else { return Ok(None) };
        let token = if makes { self.token() } else { None };
        Ok(Some((Wisher::Storekeeper(store), deed, token)))
    }

    /// Gives goods to a customer or to a store further down: much at a time, so that shelves run empty.
    fn issue(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let Some(line) = self.own_line(store)? else { return Ok(None) };
        let status =
            self.dice.weighted(&[(None, 3), (Some(Status::Allocated), 4), (Some(Status::Shipped), 2)]);
        let (to, comment) = (self.destination(store), self.token());
        Ok(Some((
            Deed::Issue(Issue { store, to, lines: vec![line], status, reference: None, comment }),
            true,
        )))
    }

    /// Counts and corrects.
    fn adjust(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let shelves = look::shelves(self.read, store)?;
        let Some(shelf) = self.dice.pick(&shelves) else { return Ok(None) };
        // An over-issue is settled by a count.
        let change = match look::whole_units(shelf.on_hand) {
            below @ ..0 if self.dice.chance(700) => -below,
            some => match self.dice.signed(-some.clamp(0, 30) - 1, 20) {
                0 => 1,
                change => change,
            },
        };
        let reason = if change > 0 { self.country.found } else { self.country.broken };
        let line = AdjustLine {
            stock_line: shelf.line.id,
            quantity: Quantity::whole(change),
            reason: (!self.dice.chance(50)).then_some(reason),
            note: None,
        };
        Ok(Some((Deed::Adjust(CreateAdjustment { store, lines: vec![line], comment: self.token() }), true)))
    }

    /// Moves an outbound shipment on, changes it, or calls it off.
    fn send(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let open = [Status::New, Status::Allocated, Status::Allocated, Status::Allocated, Status::Picked];
        let Some((row, shipment)) = self.shipment(store, Direction::Outbound, &open)? else {
            return Ok(None);
        };
        if row.cancel_requested && self.dice.chance(500) {
            return Ok(Some((Deed::SettleCancel(row.id), false)));
        }
        let lines: Vec<DocumentId> = shipment.lines.keys().copied().collect();
        let line = self.dice.pick(&lines).copied();
        if let Some(id) = line
            && shipment.late_amendment(&shipment.lines[&id]).is_some()
            && self.dice.chance(500)
        {
            return Ok(Some((
                Deed::SettleLine(row.id, id, SettleLine { accept: self.dice.chance(500) }),
                false,
            )));
        }
        let next = match row.status {
            Status::New => Status::Allocated,
            Status::Allocated => Status::Picked,
            _ => Status::Shipped,
        };
        let deed = match (self.dice.between(0, 19), line) {
            (0..=8, _) => Deed::Advance(row.id, SetStatus { status: next }),
            (9..=11, _) => Deed::Cancel(row.id),
            (12..=13, _) => Deed::Allocate(row.id),
            (14..=16, Some(line)) => {
                let quantity = Some(self.units(1, 60));
                Deed::UpdateLine(row.id, line, UpdateLine { quantity, ..UpdateLine::default() })
            }
            (17, Some(line)) => Deed::RemoveLine(row.id, line),
            _ => match self.own_line(store)? {
                Some(line) => Deed::AddLine(row.id, line),
                None => return Ok(None),
            },
        };
        Ok(Some((deed, false)))
    }

    /// Takes in what arrives, not always as it was sent.
    fn take_in(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let coming = [Status::New, Status::Picked, Status::Shipped, Status::Delivered, Status::Received];
        let Some((row, shipment)) = self.shipment(store, Direction::Inbound, &coming)? else {
            return Ok(None);
        };
        let lines: Vec<DocumentId> = shipment.lines.keys().copied().collect();
        let line = self.dice.pick(&lines).copied();
        let deed = match (self.dice.between(0, 11), line) {
            (0..=1, _) => Deed::Advance(row.id, SetStatus { status: Status::Delivered }),
            (2..=5, Some(line)) => {
                let quantity = self.dice.chance(300).then(|| self.units(0, 40));
                let verdict = self.dice.chance(150).then_some(Verdict::Rejected);
                let line = ReceiveLine { line, quantity, location: None, verdict, note: None };
                let lines = if self.dice.chance(600) { vec![line] } else { Vec::new() };
                Deed::Receive(row.id, Receive { lines })
            }
            (6..=7, Some(line)) => {
                let quantity = Some(self.units(0, 40));
                Deed::SetReceived(row.id, line, SetReceived { quantity, ..SetReceived::default() })
            }
            _ => Deed::Verify(row.id),
        };
        Ok(Some((deed, false)))
    }

    /// Writes down what is to be sent some day.
    fn draft(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let (to, comment) = (self.destination(store), self.token());
        let mut lines = Vec::new();
        for _ in 0..self.dice.between(1, 3) {
            lines.extend(self.own_line(store)?);
        }
        Ok(Some((
            Deed::Draft(CreateOutbound { store, to, lines, reference: None, comment, expected: None }),
            true,
        )))
    }

    /// Enters what a partner brought.
    fn enter_delivery(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let (Some(item), comment) = (self.dice.pick(&self.country.items).copied(), self.token()) else {
            return Ok(None);
        };
        let line = AddLine {
            item: Some(item),
            stock_line: None,
            quantity: self.units(10, 80),
            batch: Some(format!("B{}", self.number)),
            expiry: expiry(self.dice),
            manufactured: None,
            pack_size: None,
            price: None,
            note: None,
            whole_packs: false,
            returns: None,
            reason: None,
        };
        let from = self.country.supplier;
        let inbound =
            CreateInbound { store, from, lines: vec![line], reference: None, comment, expected: None };
        Ok(Some((Deed::Inbound(inbound), true)))
    }

    fn open(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let Some(item) = self.dice.pick(&self.country.items).copied() else { return Ok(None) };
        let quantity = self.units(5, 60);
        let note = self.token().unwrap_or_default();
        Ok(Some((Deed::OpenLine(open_line(store, item, quantity, note, expiry(self.dice))), true)))
    }

    fn hold(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let shelves = look::shelves(self.read, store)?;
        let Some(shelf) = self.dice.pick(&shelves) else { return Ok(None) };
        // Mostly let go again, or nothing could be issued in the end.
        let on_hold = Some(!shelf.line.on_hold && self.dice.chance(300));
        Ok(Some((
            Deed::HoldLine(shelf.line.id, UpdateStockLine { on_hold, ..UpdateStockLine::default() }),
            false,
        )))
    }

    /// Writes down what one sees of a batch: few batches and few words, so that two devices say different things of one.
    fn annotate(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let shelves = look::shelves(self.read, store)?;
        let Some(shelf) = shelves.get(self.dice.between(0, 2) as usize) else { return Ok(None) };
        let command = match self.dice.between(0, 2) {
            0 => UpdateStockLine { expiry: Some(expiry(self.dice)), ..UpdateStockLine::default() },
            1 => {
                let batch = self.dice.chance(800).then(|| format!("L{}", self.dice.between(1, 3)));
                UpdateStockLine { batch: Some(batch), ..UpdateStockLine::default() }
            }
            _ => {
                let stages = [Vvm::Stage1, Vvm::Stage2, Vvm::Stage3];
                UpdateStockLine { vvm: Some(self.dice.pick(&stages).copied()), ..UpdateStockLine::default() }
            }
        };
        Ok(Some((Deed::AnnotateLine(shelf.line.id, command), false)))
    }

    /// Says which of several values holds.
    fn settle(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let conflicts = look::conflicts(self.read, Some(store))?;
        let Some((document, conflict)) = self.dice.pick(&conflicts) else { return Ok(None) };
        let Some(choice) = self.dice.pick(&conflict.choices) else { return Ok(None) };
        let command = SettleConflict { pointer: conflict.pointer.clone(), change: choice.change.clone() };
        Ok(Some((Deed::SettleConflict(*document, command), false)))
    }

    /// Makes a place, puts places one in another (so that circles come about), moves and holds what lies there.
    fn arrange(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let places: Vec<DocumentId> =
            look::locations(self.read, store)?.iter().map(|place| place.id).collect();
        let (one, other) = (self.dice.pick(&places).copied(), self.dice.pick(&places).copied());
        let shelves = look::shelves(self.read, store)?;
        let lines: Vec<DocumentId> = shelves.iter().map(|shelf| shelf.line.id).collect();
        let (Some(one), Some(other)) = (one.filter(|_| places.len() > 1), other) else {
            return Ok(Some((Deed::MakeLocation(self.place(store, one)), false)));
        };
        let count = self.dice.between(1, 4) as usize;
        let some: Vec<DocumentId> = (0..count).filter_map(|_| self.dice.pick(&lines).copied()).collect();
        let deed = match self.dice.between(0, 9) {
            0 => Deed::MakeLocation(self.place(store, Some(one))),
            1..=2 => {
                let parent = Some(Some(other));
                Deed::ChangeLocation(one, UpdateLocation { parent, ..UpdateLocation::default() })
            }
            // Mostly let go again, or nothing could be issued in the end.
            3 => {
                let on_hold = Some(self.dice.chance(200));
                Deed::ChangeLocation(one, UpdateLocation { on_hold, ..UpdateLocation::default() })
            }
            4 => Deed::MoveContents(one, MoveContents { to: other }),
            5 => Deed::HoldLines(HoldLines { store, lines: some, on_hold: self.dice.chance(200) }),
            _ => Deed::MoveLines(MoveLines { store, lines: some, to: Some(other) }),
        };
        Ok(Some((deed, false)))
    }

    fn place(&self, store: DocumentId, parent: Option<DocumentId>) -> CreateLocation {
        CreateLocation {
            store,
            code: format!("P-{}", self.number),
            name: format!("Place {}", self.number),
            kind: Default::default(),
            parent,
            location_type: None,
            volume: None,
        }
    }

    /// Looks at a vial monitor: of a vaccine it is written down, of anything else refused.
    fn look_at_monitor(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let shelves = look::shelves(self.read, store)?;
        let vaccines: Vec<&Shelf> =
            shelves.iter().filter(|shelf| Some(shelf.line.item) == self.country.vaccine()).collect();
        let Some(shelf) = self.dice.pick(&vaccines) else { return Ok(None) };
        let vvm = self.dice.weighted(&[(Vvm::Stage1, 6), (Vvm::Stage2, 3), (Vvm::Stage3, 1)]);
        Ok(Some((Deed::ObserveVvm(shelf.line.id, ObserveVvm { vvm, at: None, note: None }), false)))
    }

    /// Packs anew, or splits over two places.
    fn repack(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let shelves = look::shelves(self.read, store)?;
        let filled: Vec<&Shelf> = shelves.iter().filter(|shelf| shelf.available() >= 1000).collect();
        let Some(shelf) = self.dice.pick(&filled) else { return Ok(None) };
        let places: Vec<DocumentId> =
            look::locations(self.read, store)?.iter().map(|place| place.id).collect();
        let location = if self.dice.chance(400) { self.dice.pick(&places).copied() } else { None };
        let size = self.dice.between(1, 12) as u32;
        let most = (look::whole_units(shelf.available()) as u64 / u64::from(size)).max(1);
        let packs = self.dice.between(1, most);
        let into = match self.dice.chance(150) {
            true => self.dice.pick(&filled).map(|other| other.line.id),
            false => None,
        };
        Ok(Some((
            Deed::Repack(CreateRepack {
                store,
                from: shelf.line.id,
                quantity: Quantity::whole((packs * u64::from(size)) as i64),
                pack_size: Some(size),
                location,
                into,
                comment: self.token(),
            }),
            true,
        )))
    }

    /// Teaches the store what the bars on a box mean: few numbers, so that two devices learn different things of one.
    fn scan(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let Some(item) = self.dice.pick(&self.country.items).copied() else { return Ok(None) };
        let known = look::barcodes(self.read, store)?;
        let pack_size = self.dice.chance(600).then(|| self.dice.between(1, 3) as u32 * 10);
        let deed = match (self.dice.between(0, 9), self.dice.pick(&known)) {
            (0, Some(row)) => Deed::ForgetBarcode(row.id),
            (1..=5, Some(row)) => {
                let item = self.dice.chance(500).then_some(item);
                Deed::CorrectBarcode(row.id, CorrectBarcode { item, pack_size: Some(pack_size) })
            }
            _ => {
                let gtin = (*self.dice.pick(&ARTICLES).expect("some numbers")).to_owned();
                Deed::LearnBarcode(LearnBarcode { store, gtin, item, pack_size })
            }
        };
        Ok(Some((deed, false)))
    }

    /// Brings opening stock in a table, goes on with one that was begun, or takes one back: few tables, so that two
    /// devices bring the same.
    fn bring_table(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let imports = look::imports(self.read, store)?;
        let table = match self.dice.pick(&imports) {
            None => self.dice.between(0, TABLES - 1),
            Some(row) if self.dice.chance(700) => return Ok(self.go_on(row)),
            Some(_) => self.dice.between(0, TABLES - 1),
        };
        let rows = table_rows(table);
        let kind = ImportKind::OpeningStock;
        let id = import::id_of(self.read, kind, Some(store), rows.iter().map(|(_, values)| values))?;
        let (file, rows) = (format!("{table}"), rows.len() as u32);
        Ok(Some((Deed::BeginImport(Begin { kind, store: Some(store), file, about: None, id, rows }), false)))
    }

    fn go_on(&mut self, row: &ImportRow) -> Option<(Deed, bool)> {
        let deed = match (row.finished_at, row.undone_at) {
            (None, _) if self.dice.chance(600) => {
                Deed::ApplyImport(row.id, table_rows(row.file.parse().ok()?))
            }
            (None, _) => Deed::FinishImport(row.id, Tally::default()),
            (Some(_), None) if self.dice.chance(500) => {
                let reason = Some(self.country.broken);
                Deed::UndoImport(row.id, Undo { reason, after: None })
            }
            (Some(_), None) => Deed::SettleUndo(row.id),
            (Some(_), Some(_)) => return None,
        };
        Some((deed, false))
    }

    /// Asks for a share, gives some of one's own, divides all of it, or lets the program answer what others ask.
    fn share(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let devices = look::sharing_devices(self.read, store)?;
        let shelves = look::shelves(self.read, store)?;
        let (Some(to), Some(shelf)) = (self.dice.pick(&devices).copied(), self.dice.pick(&shelves)) else {
            return Ok(None);
        };
        let line = shelf.line.id;
        let there = look::whole_units(shelf.on_hand).max(1) as u64;
        let deed = match self.dice.between(0, 9) {
            0 => Deed::DivideShares(store),
            1..=4 => Deed::AnswerShares(store),
            5..=7 => Deed::AskShare(line, AskShare { quantity: self.units(1, there) }),
            _ => Deed::GiveShare(line, GiveShare { to, quantity: self.units(1, there / 2) }),
        };
        Ok(Some((deed, false)))
    }

    fn equipment(&mut self, store: DocumentId) -> Result<Option<(Deed, bool)>, StoreError> {
        let assets = look::assets(self.read, store)?;
        let asset = self.dice.pick(&assets).map(|asset| asset.id);
        let (token, new) = (self.token(), assets.len() < 3 && self.dice.chance(500));
        Ok(Some(match asset.filter(|_| !new) {
            None => {
                let details = AssetDetails { note: Some(token), ..AssetDetails::default() };
                (
                    Deed::RegisterAsset(CreateAsset {
                        id: None,
                        store,
                        number: format!("F-{}", self.number),
                        details,
                    }),
                    true,
                )
            }
            Some(asset) => {
                let (status, reason) = self.dice.weighted(&[
                    ((AssetStatus::Functioning, None), 5),
                    ((AssetStatus::FunctioningNeedsAttention, None), 2),
                    ((AssetStatus::NotFunctioning, Some(self.country.out_of_order)), 3),
                    ((AssetStatus::NotFunctioning, None), 1),
                ]);
                let at = self
                    .dice
                    .chance(300)
                    .then(|| self.now.plus_millis(self.dice.signed(-3_600_000, 900_000)));
                (Deed::LogAsset(asset, AddAssetLog { status, reason, comment: token, at }), true)
            }
        }))
    }

    /// A line of goods of one's own: by item or by batch, often nearly all there is.
    pub(crate) fn own_line(&mut self, store: DocumentId) -> Result<Option<AddLine>, StoreError> {
        let shelves: Vec<Shelf> = look::shelves(self.read, store)?;
        let filled: Vec<&Shelf> = shelves.iter().filter(|shelf| shelf.available() >= 1000).collect();
        let shelf = match self.dice.chance(950) {
            true => self.dice.pick(&filled).copied(),
            false => self.dice.pick(&shelves),
        };
        let Some(shelf) = shelf else { return Ok(None) };
        let there = look::whole_units(shelf.available()).max(1) as u64;
        let by_item = self.dice.chance(400);
        // Sometimes more than there is.
        let quantity = self.units(1, there + there / 6);
        Ok(Some(AddLine {
            item: by_item.then_some(shelf.line.item),
            stock_line: (!by_item).then_some(shelf.line.id),
            quantity,
            batch: None,
            expiry: None,
            manufactured: None,
            pack_size: None,
            price: None,
            note: None,
            whole_packs: self.dice.chance(300),
            returns: None,
            reason: None,
        }))
    }

    /// Who gets it: a store that this one supplies, or somebody outside.
    fn destination(&mut self, store: DocumentId) -> End {
        let below = self.country.supplied_by(store);
        match self.dice.pick(&below) {
            Some(other) if self.dice.chance(650) => End::Store(*other),
            _ => End::Partner(self.country.customer),
        }
    }

    pub(crate) fn shipment(
        &mut self,
        store: DocumentId,
        direction: Direction,
        statuses: &[Status],
    ) -> Result<Option<(ShipmentRow, Shipment)>, StoreError> {
        let Some(status) = self.dice.pick(statuses).copied() else { return Ok(None) };
        let rows = look::shipments(self.read, store, direction, status)?;
        // Often the oldest: that is where people on two devices meet.
        let row = if self.dice.chance(600) { rows.first() } else { self.dice.pick(&rows) };
        let Some(row) = row.cloned() else { return Ok(None) };
        let document = self.read.document(row.id)?.ok_or_else(|| missing(row.id))?;
        let shipment = document.data().map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Some((row, shipment)))
    }
}

/// Numbers below bars.
const ARTICLES: [&str; 3] = ["09521234543213", "04006381333931", "05449000000996"];

/// Tables of opening stock in the country.
const TABLES: u64 = 3;

/// The rows of a table, as they are typed.
fn table_rows(table: u64) -> Vec<(u32, Values)> {
    let text = |text: String| Raw::Text(text);
    let row = |at: u64| TableRow {
        line: at as u32 + 2,
        cells: vec![
            text(format!("ITEM-{}", (table + at) % 4)),
            text(format!("T{at}")),
            text("2028-06-30".to_owned()),
            text("10".to_owned()),
            text(format!("{}", 20 + 10 * table + at)),
        ],
    };
    let header = ["itemCode", "batch", "expiry", "packSize", "quantity"].map(str::to_owned).to_vec();
    let table = Table { header, rows: (0..2).map(row).collect(), errors: Vec::new() };
    let mapping = import::recognise(ImportKind::OpeningStock.columns(), &table.header);
    import::typed(ImportKind::OpeningStock, &table, &mapping, Style::default()).rows
}

fn missing(id: DocumentId) -> StoreError {
    StoreError::Corrupt(format!("shipment {id} is listed and not there"))
}

fn expiry(dice: &mut Dice) -> Option<Date> {
    match dice.between(0, 3) {
        0 => None,
        1 => Some(Date::constant(2026, 3, 31)),
        2 => Some(Date::constant(2026, 12, 31)),
        _ => Some(Date::constant(2028, 6, 30)),
    }
}

fn open_line(
    store: DocumentId,
    item: DocumentId,
    quantity: Quantity,
    note: String,
    expiry: Option<Date>,
) -> CreateStockLine {
    CreateStockLine {
        id: None,
        store,
        item,
        batch: None,
        expiry,
        manufactured: None,
        pack_size: None,
        location: None,
        vvm: None,
        cost_price: None,
        sell_price: None,
        supplier: None,
        donor: None,
        note: Some(note),
        quantity,
        at: None,
        variant: None,
        programme: None,
    }
}

/// An item whose code is a token.
pub(crate) fn create_item(code: &str) -> CreateItem {
    CreateItem {
        id: None,
        code: code.to_owned(),
        name: format!("Item {code}"),
        unit: "tablet".to_owned(),
        strength: None,
        ven: None,
        default_pack_size: Some(10),
        is_vaccine: false,
        doses_per_unit: None,
        universal_code: None,
    }
}
