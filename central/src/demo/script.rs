//! Carries the timeline out, act by act, through the same commands that people's screens use.

use std::collections::BTreeMap;

use crdt_store::{Author, Batch, Document, DocumentId, Failure, StoreError, Timestamp, Txn, ViewRead};
use domain::adjustment::{AdjustLine, CreateAdjustment};
use domain::arrangement::{self, MoveLines};
use domain::asset::{AddAssetLog, AssetDetails, CreateAsset};
use domain::shipment::{
    AddLine, CreateInbound, CreateOutbound, End, Issue, Receive, ReceiveLine, Shipment, Status,
};
use domain::stock_line::{CreateStockLine, ObserveVvm, UpdateStockLine, Vvm};
use domain::text::day_of;
use domain::{Caller, Date, Money, Quantity, Role};
use jiff::ToSpan;

use super::SeedError;
use super::cast::{self, DemoStore, USERS, id_of};
use super::catalogue::{ARTICLES, Article};
use super::dice::Dice;
use super::equipment::{PIECES, Piece};
use super::need::Fate;
use super::orders;
use super::reporting;
use super::shelf::{OnShelf, Shelf};
use super::shelving::{self, Places};
use super::timeline::Act;
use super::world::{self, item_id, partner_id, reason_id};

/// Carries out one command in somebody's name.
pub(super) fn execute<R>(
    batch: &mut Batch<'_>,
    who: DocumentId,
    command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<R, Failure>,
) -> Result<R, SeedError> {
    let caller = Caller { user: who, ..Caller::system(Role::Central) };
    let author = Author { message: Some(who.to_string()) };
    batch.execute(&author, |txn| command(txn, &caller))?.map_err(SeedError::Refused)
}

/// The person whose work a store's history is.
pub(super) fn keeper(store: &DemoStore) -> DocumentId {
    let user = USERS.iter().find(|user| user.username == store.keeper);
    user.expect("the cast names its keepers rightly").id()
}

/// Who carries the timeline out: what they remember between acts.
pub(super) struct Script {
    dice: Dice,
    now: Timestamp,
    today: Date,
    places: Places,
    /// Shipments that somebody has still to receive, by the code of who and the round.
    under_way: BTreeMap<(&'static str, u32), DocumentId>,
}

impl Script {
    pub fn new(seed: u64, now: Timestamp) -> Self {
        Self {
            dice: Dice::new(seed),
            now,
            today: day_of(now),
            places: Places::default(),
            under_way: BTreeMap::new(),
        }
    }

    /// Carries out one act, at the batch's own time.
    pub fn perform(&mut self, batch: &mut Batch<'_>, at: Timestamp, act: Act) -> Result<(), SeedError> {
        match act {
            Act::Open(store) => self.open(batch, at, store),
            Act::Order { supplier, round } => self.order(batch, supplier, round),
            Act::Arrive { supplier, round } => {
                self.receive(batch, DemoStore::of("CMS"), supplier, round, false)
            }
            Act::Send { to, round } => self.send(batch, at, to, round),
            Act::Receive { to, round, short } => self.receive(batch, to, to.code, round, short),
            Act::Issue { store, to, week } => self.issue(batch, at, store, to, week),
            Act::Correct { store } => self.correct(batch, at, store),
            Act::Hold { store } => self.hold(batch, at, store),
            Act::Draft { to } => self.draft(batch, to),
            Act::Promise { to } => self.promise(batch, at, to),
            Act::ReportMonth { store, back } => {
                let (month, _) = reporting::month_before(self.now, back);
                reporting::report(batch, keeper(store), store, month)
            }
            Act::BeginReport { store, back } => {
                let (month, _) = reporting::month_before(self.now, back);
                reporting::begin(batch, keeper(store), store, month)
            }
            Act::Ask { store, stage } => orders::ask(batch, self.today, store, stage),
            Act::Equip => self.equip(batch),
            Act::Report { piece, entry } => report(batch, piece, entry),
        }
    }

    // ---- stock at the beginning ----

    fn open(
        &mut self,
        batch: &mut Batch<'_>,
        at: Timestamp,
        store: &'static DemoStore,
    ) -> Result<(), SeedError> {
        let who = keeper(store);
        shelving::make_locations(batch, who, store, &mut self.places)?;
        for article in ARTICLES {
            for (units, expiry) in self.opening(store, article) {
                let command = self.opened_line(at, store, article, units, expiry);
                execute(batch, who, |txn, caller| domain::stock_line::create(txn, caller, &command))?;
            }
        }
        Ok(())
    }

    /// Batches on the shelf when the records begin: units and last day of use.
    fn opening(&mut self, store: &DemoStore, article: &Article) -> Vec<(i64, Date)> {
        let need = article.monthly_need(store);
        if need == 0 {
            return Vec::new();
        }
        let (low, high) = match (store.level, article.fate()) {
            (1, Fate::Scarce) => (20, 40),
            (1, _) => (260, 380),
            (2, Fate::Scarce) => (40, 60),
            (2, _) => (130, 190),
            (_, Fate::Plenty) => (350, 500),
            (_, _) => (90, 150),
        };
        let units = article.packs(self.dice.scaled(need, low, high).max(1));
        let far = self.expiry(200, 800);
        // A slow batch that is past its day by now, one that soon will be: they were too much to be used up in time.
        match self.dice.between(1, 24) {
            1 if store.level > 1 => vec![(article.packs(need * 3), self.day(-40, -4)), (units, far)],
            2 | 3 if store.level > 1 => vec![(article.packs(need * 5), self.day(8, 80)), (units, far)],
            4..=12 => {
                vec![(article.packs(units / 2), self.expiry(120, 300)), (article.packs(units / 2), far)]
            }
            _ => vec![(units, far)],
        }
    }

    /// A last day of use: the end of a month, so many days from today.
    fn expiry(&mut self, low: i64, high: i64) -> Date {
        self.day(low, high).last_of_month()
    }

    fn day(&mut self, low: i64, high: i64) -> Date {
        self.today.saturating_add(self.dice.between(low, high).days())
    }

    /// What is printed on a box.
    fn batch_number(&mut self, expiry: Date) -> String {
        let maker = char::from(b'A' + self.dice.between(0, 20) as u8);
        format!("{maker}{:02}{:02}-{}", expiry.year() % 100, expiry.month(), self.dice.between(100, 999))
    }

    fn opened_line(
        &mut self,
        at: Timestamp,
        store: &'static DemoStore,
        article: &Article,
        units: i64,
        expiry: Date,
    ) -> CreateStockLine {
        let price = Money::from_thousandths(i64::from(article.unit_price) * i64::from(article.pack));
        CreateStockLine {
            id: None,
            store: store.id(),
            item: item_id(article),
            batch: Some(self.batch_number(expiry)),
            expiry: Some(expiry),
            manufactured: Some(expiry.saturating_sub(2.years())),
            pack_size: Some(article.pack),
            location: self.places.of(store, article),
            vvm: article.is_vaccine().then_some(Vvm::Stage1),
            cost_price: Some(price),
            sell_price: Some(price),
            supplier: None,
            donor: shelving::donor_of(article),
            note: None,
            quantity: Quantity::whole(units),
            at: Some(at),
            variant: Some(shelving::variant_id(article)),
            programme: shelving::programme_of(article),
        }
    }

    // ---- supply ----

    fn order(&mut self, batch: &mut Batch<'_>, supplier: &'static str, round: u32) -> Result<(), SeedError> {
        let store = DemoStore::of("CMS");
        let mut lines = Vec::new();
        for article in ARTICLES {
            let theirs = article.is_vaccine() == (supplier == cast::VACCINE_SUPPLIER);
            if theirs && article.fate() != Fate::Scarce && self.dice.percent(70) {
                lines.push(self.ordered_line(store, article));
            }
        }
        let command = CreateInbound {
            store: store.id(),
            from: partner_id(supplier),
            lines,
            reference: Some(format!("PO-{supplier}-{round:03}")),
            comment: None,
            expected: Some(self.today.saturating_add(6.days())).filter(|_| round == 4),
        };
        let made = execute(batch, keeper(store), |txn, caller| {
            domain::shipment::create_inbound(txn, caller, &command)
        })?;
        self.under_way.insert((supplier, round), made.id);
        Ok(())
    }

    fn ordered_line(&mut self, store: &DemoStore, article: &Article) -> AddLine {
        let units = article.packs(self.dice.scaled(article.monthly_need(store), 110, 170));
        let expiry = self.expiry(400, 1_000);
        let price = Money::from_thousandths(i64::from(article.unit_price) * i64::from(article.pack));
        AddLine {
            batch: Some(self.batch_number(expiry)),
            expiry: Some(expiry),
            manufactured: Some(expiry.saturating_sub(3.years())),
            pack_size: Some(article.pack),
            price: Some(price),
            ..wish(article, units)
        }
    }

    fn send(
        &mut self,
        batch: &mut Batch<'_>,
        at: Timestamp,
        to: &'static DemoStore,
        round: u32,
    ) -> Result<(), SeedError> {
        let from = supplier_of(to);
        let mut shelf = Shelf::read(batch, from.id(), day_of(at))?;
        let lines = self.share(&mut shelf, to);
        let command = Issue {
            store: from.id(),
            to: End::Store(to.id()),
            lines,
            status: Some(Status::Shipped),
            reference: None,
            comment: (round == 99).then(|| "Camion du mardi · Tuesday's truck".to_owned()),
        };
        let made =
            execute(batch, keeper(from), |txn, caller| domain::shipment::issue(txn, caller, &command))?;
        self.under_way.insert((to.code, round), made.id);
        Ok(())
    }

    /// What a store is sent: what it needs until the next delivery, as far as there is any.
    fn share(&mut self, shelf: &mut Shelf, to: &DemoStore) -> Vec<AddLine> {
        let interval = if to.level == 2 { 28 } else { 14 };
        let mut lines = Vec::new();
        for article in ARTICLES {
            let (low, high) = match article.fate() {
                // A district is given a little more than it needs: its health centres are sent whole packs.
                Fate::Steady if to.level == 2 => (105, 130),
                Fate::Steady => (85, 115),
                Fate::Scarce => (90, 130),
                Fate::Short => (35, 60),
                Fate::Plenty => (130, 180),
            };
            let wanted = self.dice.scaled(article.monthly_need(to) * interval / 30, low, high);
            let units = shelf.take(item_id(article), article.packs(wanted));
            if units > 0 {
                lines.push(wish(article, units));
            }
        }
        lines
    }

    fn receive(
        &mut self,
        batch: &mut Batch<'_>,
        store: &'static DemoStore,
        key: &'static str,
        round: u32,
        short: bool,
    ) -> Result<(), SeedError> {
        let id = self.under_way.remove(&(key, round)).expect("the timeline sends before it receives");
        let shipment: Shipment = read_document(batch.document(id)?, id)?;
        let mut missing = if short { 2 } else { 0 };
        let mut lines = Vec::new();
        for (line, sent) in &shipment.lines {
            let article = ARTICLES.iter().find(|article| item_id(article) == sent.item).expect("an article");
            let lost = missing > 0 && sent.quantity > Quantity::whole(2 * i64::from(article.pack));
            missing -= i64::from(lost);
            lines.push(ReceiveLine {
                line: *line,
                quantity: lost.then(|| sent.quantity - Quantity::whole(i64::from(article.pack))),
                location: self.places.of(store, article),
                verdict: None,
                note: lost.then(|| "Un carton manque · one carton missing".to_owned()),
            });
        }
        let command = Receive { lines };
        execute(batch, keeper(store), |txn, caller| domain::shipment::receive(txn, caller, id, &command))?;
        execute(batch, keeper(store), |txn, caller| domain::shipment::verify(txn, caller, id))
    }

    // ---- use ----

    fn issue(
        &mut self,
        batch: &mut Batch<'_>,
        at: Timestamp,
        store: &DemoStore,
        to: &str,
        week: u32,
    ) -> Result<(), SeedError> {
        let mut shelf = Shelf::read(batch, store.id(), day_of(at))?;
        let mut lines = Vec::new();
        for article in ARTICLES {
            // The rains: more malaria, more diarrhoea in the last weeks.
            let season = if week > 8 && matches!(article.code, "MRDT25" | "AL24T" | "AL6T" | "ORS1L") {
                140
            } else {
                100
            };
            let wanted = round(self.dice.scaled(article.weekly_use(store, to), 70, 130) * season / 100);
            let units = shelf.take(item_id(article), wanted);
            if units > 0 {
                lines.push(AddLine { whole_packs: false, ..wish(article, units) });
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        let (store_id, to) = (store.id(), End::Partner(partner_id(to)));
        let command = Issue {
            store: store_id,
            to,
            lines,
            status: Some(Status::Shipped),
            reference: None,
            comment: None,
        };
        execute(batch, keeper(store), |txn, caller| domain::shipment::issue(txn, caller, &command)).map(drop)
    }

    fn correct(&mut self, batch: &mut Batch<'_>, at: Timestamp, store: &DemoStore) -> Result<(), SeedError> {
        let shelf = Shelf::read(batch, store.id(), day_of(at))?;
        let mut lines = Vec::new();
        for _ in 0..3 {
            let line = shelf.any(&mut self.dice);
            if let Some(line) = line.filter(|line| lines.iter().all(|l: &AdjustLine| l.stock_line != line.id))
            {
                lines.push(self.correction(line));
            }
        }
        if self.dice.percent(40) {
            lines.extend(shelf.expired().next().map(|line| adjust(line, -line.units, world::EXPIRED)));
        }
        lines.retain(|line| line.quantity != Quantity::ZERO);
        if lines.is_empty() {
            return Ok(());
        }
        let command = CreateAdjustment { store: store.id(), lines, comment: None };
        execute(batch, keeper(store), |txn, caller| domain::adjustment::create(txn, caller, &command))
            .map(drop)
    }

    fn correction(&mut self, line: &OnShelf) -> AdjustLine {
        let some = (line.units / 40).clamp(1, 50).min(line.units);
        match self.dice.between(1, 4) {
            1 => adjust(line, some, world::FOUND),
            _ if line.is_vaccine => adjust(line, -some.min(9), world::OPEN_VIAL),
            _ => adjust(line, -some, world::DAMAGED),
        }
    }

    fn hold(&mut self, batch: &mut Batch<'_>, at: Timestamp, store: &DemoStore) -> Result<(), SeedError> {
        let shelf = Shelf::read(batch, store.id(), day_of(at))?;
        let Some(line) = shelf.any(&mut self.dice) else { return Ok(()) };
        let note = Some(Some(
            "Alerte qualité, attendre l'analyse · quality alert, wait for the analysis".to_owned(),
        ));
        let command = UpdateStockLine { on_hold: Some(true), note, ..UpdateStockLine::default() };
        execute(batch, keeper(store), |txn, caller| {
            domain::stock_line::update(txn, caller, line.id, &command)
        })?;
        let aside = MoveLines { store: store.id(), lines: vec![line.id], to: self.places.quarantine(store) };
        execute(batch, keeper(store), |txn, caller| arrangement::move_lines(txn, caller, &aside))?;
        self.look_at_a_monitor(batch, store, &shelf)
    }

    /// The refrigerator was warm for a night: one vaccine shows it.
    fn look_at_a_monitor(
        &self,
        batch: &mut Batch<'_>,
        store: &DemoStore,
        shelf: &Shelf,
    ) -> Result<(), SeedError> {
        let Some(line) = shelf.first_vaccine() else { return Ok(()) };
        let note = Some("Panne de courant cette nuit · power cut last night".to_owned());
        let seen = ObserveVvm { vvm: Vvm::Stage2, at: None, note };
        execute(batch, keeper(store), |txn, caller| {
            domain::stock_line::observe_vvm(txn, caller, line.id, &seen)
        })
    }

    // ---- loose ends ----

    fn draft(&mut self, batch: &mut Batch<'_>, to: &DemoStore) -> Result<(), SeedError> {
        let from = supplier_of(to);
        let some = ARTICLES.iter().filter(|article| article.monthly_need(to) > 0).step_by(9);
        let lines = some.map(|article| wish(article, article.packs(article.monthly_need(to)))).collect();
        let command = CreateOutbound {
            store: from.id(),
            to: End::Store(to.id()),
            lines,
            reference: None,
            comment: Some("À compléter · to be completed".to_owned()),
            expected: Some(self.today.saturating_add(3.days())),
        };
        execute(batch, keeper(from), |txn, caller| domain::shipment::create_outbound(txn, caller, &command))
            .map(drop)
    }

    fn promise(&mut self, batch: &mut Batch<'_>, at: Timestamp, to: &DemoStore) -> Result<(), SeedError> {
        let from = supplier_of(to);
        let mut shelf = Shelf::read(batch, from.id(), day_of(at))?;
        let mut lines = self.share(&mut shelf, to);
        lines.truncate(12);
        let (store, to) = (from.id(), End::Store(to.id()));
        let command =
            Issue { store, to, lines, status: Some(Status::Allocated), reference: None, comment: None };
        execute(batch, keeper(from), |txn, caller| domain::shipment::issue(txn, caller, &command)).map(drop)
    }

    // ---- equipment ----

    fn equip(&mut self, batch: &mut Batch<'_>) -> Result<(), SeedError> {
        for piece in PIECES {
            let (id, who) = (id_of("asset", piece.number), keeper(piece.store()));
            let command = self.registered(piece, id);
            execute(batch, who, |txn, caller| domain::asset::create(txn, caller, &command))?;
        }
        Ok(())
    }

    fn registered(&self, piece: &Piece, id: DocumentId) -> CreateAsset {
        let text = |text: &str| Some(Some(text.to_owned()));
        let installed = self.today.saturating_sub(piece.age_years.years());
        let cold = piece.model.kind.contains("refrigerator") || piece.model.kind.contains("cold room");
        let place = self.places.cold(piece.store());
        let details = AssetDetails {
            class_name: text(piece.model.class),
            category: text(piece.model.category),
            kind: text(piece.model.kind),
            manufacturer: text(piece.model.manufacturer),
            model: text(piece.model.model),
            serial: text(piece.serial),
            catalogue_code: text(piece.model.catalogue_code),
            location: Some(place.filter(|_| cold && piece.number.ends_with("01"))),
            installed: Some(Some(installed)),
            replacement: Some(Some(installed.saturating_add(10.years()))),
            warranty_start: Some(Some(installed)),
            warranty_end: Some(Some(installed.saturating_add(2.years()))),
            donor: (piece.age_years < 4).then(|| Some("Health for the District Fund".to_owned())),
            needs_replacement: Some(piece.needs_replacement),
            note: None,
        };
        CreateAsset { id: Some(id), store: piece.store().id(), number: piece.number.to_owned(), details }
    }
}

/// Writes an entry into the log of a piece of equipment.
fn report(batch: &mut Batch<'_>, piece: &Piece, entry: usize) -> Result<(), SeedError> {
    let (_, status, reason, comment) = piece.log[entry];
    let reason = reason.map(|text| id_of("asset reason", text));
    let entry = AddAssetLog { status, reason, comment: comment.map(str::to_owned), at: None };
    let id = id_of("asset", piece.number);
    execute(batch, keeper(piece.store()), |txn, caller| domain::asset::log(txn, caller, id, &entry)).map(drop)
}

pub(super) fn supplier_of(store: &DemoStore) -> &'static DemoStore {
    DemoStore::of(store.supplier.expect("only the central store has no supplier"))
}

fn wish(article: &Article, units: i64) -> AddLine {
    AddLine {
        item: Some(item_id(article)),
        stock_line: None,
        quantity: Quantity::whole(units),
        batch: None,
        expiry: None,
        manufactured: None,
        pack_size: None,
        price: None,
        note: None,
        whole_packs: true,
        returns: None,
        reason: None,
    }
}

fn adjust(line: &OnShelf, units: i64, reason: &str) -> AdjustLine {
    let (stock_line, quantity) = (line.id, Quantity::whole(units));
    AdjustLine { stock_line, quantity, reason: Some(reason_id(reason)), note: None }
}

/// People write round numbers.
fn round(units: i64) -> i64 {
    match units {
        200.. => units / 10 * 10,
        50.. => units / 5 * 5,
        _ => units,
    }
}

/// The content of a document that an act before this one made.
pub(super) fn read_document<T: serde::de::DeserializeOwned>(
    document: Option<Document>,
    id: DocumentId,
) -> Result<T, SeedError> {
    let read = document.and_then(|document| document.data().ok());
    read.ok_or_else(|| StoreError::Corrupt(format!("{id} is not there")).into())
}
