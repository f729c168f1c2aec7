//! From a plan to the database: one command for each document or shipment, each of which may be given again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crdt_store::{
    Author, Batch, Document, DocumentId, Failure, Rejection, Store, StoreError, Timestamp, Txn, ViewRead,
};
use domain::item::CreateItem;
use domain::partner::CreatePartner;
use domain::shipment::{End, RecordLine, RecordShipment, Status};
use domain::stock_line::CreateStockLine;
use domain::store::CreateStore;
use domain::text::{day_of, start_of_day};
use domain::{Caller, Date, Money, Quantity, Role};
use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use super::plan::{self, Opening, Plan, PlannedItem, PlannedPartner, PlannedShipment, PlannedStore};
use super::read::FileError;
use super::report::{Report, StoreTotals};
use super::rows::{self, Kind, RejectedRow};

/// Commands in one transaction: enough that the disk is not waited for, few enough that memory stays flat and a cut
/// loses seconds.
pub const BATCH_STEPS: usize = 200;

/// Milliseconds from midnight to noon UTC, the instant at which what happened on a day is dated.
const NOON_MS: i64 = 12 * 60 * 60 * 1_000;

/// What a step found or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It made the document.
    Created,
    /// The document was there, and stays as it is.
    AlreadyThere,
    /// The document was there, and was corrected.
    Corrected,
    /// The shipment was there, without these rows.
    Lacks(BTreeSet<String>),
}

/// A command of an import.
pub type StepCommand = Box<dyn FnOnce(&mut Txn<'_>) -> Result<Outcome, Failure> + Send>;

/// One command of an import, and what it is about.
struct Step {
    command: StepCommand,
    pending: Pending,
}

/// Whether others depend on what a step makes, or rows of the file on it.
enum Subject {
    Reference,
    Shipment(Box<PlannedShipment>),
}

/// What a step is about; kept while its command is carried out, wherever that is.
pub struct Pending {
    class: &'static str,
    name: String,
    subject: Subject,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows of the file that are settled: in the database, or rejected.
    pub rows_done: u64,
    /// Rows of the file.
    pub rows: u64,
}

/// The end of an import before its time.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The database does not take a document that others depend on.
    #[error(
        "the {class} «{name}» is refused: {rejection}; correct the file or the mapping, then import again"
    )]
    Refused {
        /// Its kind.
        class: &'static str,
        /// Its name.
        name: String,
        /// The database's answer.
        rejection: Rejection,
    },
    /// The database failed. What was committed stays; importing again continues.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// Stable code for interfaces and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Refused { .. } => "document-refused",
            Self::Store(error) => error.code(),
        }
    }
}

/// An import under way: the steps that are left, and the report so far.
pub struct Import {
    steps: VecDeque<Step>,
    report: Report,
    store_names: BTreeMap<DocumentId, (String, String)>,
    totals: BTreeMap<DocumentId, BTreeMap<DocumentId, i64>>,
    rows_of_store: BTreeMap<DocumentId, u64>,
}

impl Import {
    /// Reads a file and plans what to do. Pure; nothing is written.
    pub fn prepare(bytes: &[u8], mapping: &Mapping) -> Result<Self, FileError> {
        let rows = rows::read_rows(bytes, mapping)?;
        let plan = plan::plan(&rows, mapping);
        let report = Report::begin(&rows, &plan, &mapping.name);
        let names = |store: &PlannedStore| (store.id, (store.code.clone(), store.name.clone()));
        Ok(Self {
            store_names: plan.stores.iter().map(names).collect(),
            steps: steps(plan),
            report,
            totals: BTreeMap::new(),
            rows_of_store: BTreeMap::new(),
        })
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let report = &self.report;
        let rows_done = report.accepted + report.already_there + report.rejected.len() as u64;
        Progress { rows_done, rows: report.rows }
    }

    /// The next step: a command, to be carried out once on central's store, and what is to be given to
    /// [`settle`](Self::settle) with its outcome. Commands are carried out in the order they are given out; those of
    /// a batch may share a transaction.
    pub fn next_step(&mut self) -> Option<(StepCommand, Pending)> {
        let Step { command, pending } = self.steps.pop_front()?;
        Some((command, pending))
    }

    /// Takes note of what came of a step. Ends the import if a document was refused that others depend on.
    pub fn settle(&mut self, pending: Pending, reply: Result<Outcome, Rejection>) -> Result<(), ImportError> {
        let Pending { class, name, subject } = pending;
        let counts = self.report.counts(class);
        match &reply {
            Ok(Outcome::Created) => counts.created += 1,
            Ok(Outcome::AlreadyThere | Outcome::Lacks(_)) => counts.already_there += 1,
            Ok(Outcome::Corrected) => counts.corrected += 1,
            Err(_) => counts.refused += 1,
        }
        match (subject, reply) {
            (Subject::Shipment(shipment), reply) => self.settle_rows(&shipment, reply),
            (Subject::Reference, Ok(_)) => {}
            (Subject::Reference, Err(rejection)) => {
                return Err(ImportError::Refused { class, name, rejection });
            }
        }
        Ok(())
    }

    fn settle_rows(&mut self, shipment: &PlannedShipment, reply: Result<Outcome, Rejection>) {
        for line in &shipment.lines {
            let reason = match &reply {
                Err(rejection) => Some((rejection.code.clone(), rejection.message.clone())),
                Ok(Outcome::Lacks(rows)) if rows.contains(&line.row) => Some((
                    "shipment-closed".to_owned(),
                    format!(
                        "the shipment {} is there already, and verified without this row",
                        shipment.number
                    ),
                )),
                Ok(_) => None,
            };
            match (reason, &reply) {
                (Some((code, message)), _) => self.report.rejected.push(RejectedRow {
                    line: line.file_line,
                    row: Some(line.row.clone()),
                    code,
                    column: None,
                    value: None,
                    message,
                }),
                (None, Ok(Outcome::Created)) => self.take(shipment, line, true),
                (None, _) => self.take(shipment, line, false),
            }
        }
    }

    fn take(&mut self, shipment: &PlannedShipment, line: &plan::PlannedLine, new: bool) {
        match new {
            true => self.report.accepted += 1,
            false => self.report.already_there += 1,
        }
        self.report.add_taken(shipment.kind, 1, line.units);
        *self.rows_of_store.entry(shipment.to).or_default() += 1;
        *self.totals.entry(shipment.to).or_default().entry(line.lot.item).or_default() += line.units;
    }

    /// The report of an import whose steps are all settled.
    ///
    /// # Panics
    ///
    /// If steps are left.
    pub fn finish(mut self) -> Report {
        assert!(self.steps.is_empty(), "an import is finished when its steps are");
        for (id, (code, name)) in self.store_names {
            let items = self.totals.remove(&id).unwrap_or_default();
            self.report.stores.push(StoreTotals {
                code,
                name,
                rows: self.rows_of_store.get(&id).copied().unwrap_or(0),
                items: items.len() as u64,
                units: Quantity::from_thousandths(items.values().sum()),
            });
        }
        self.report.finish();
        self.report
    }
}

/// Imports a file into central's store, [`BATCH_STEPS`] commands to a transaction. `progress` is called after each.
pub fn import(
    store: &mut Store,
    bytes: &[u8],
    mapping: &Mapping,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, ImportError> {
    let mut import = Import::prepare(bytes, mapping)?;
    progress(import.progress());
    while !import.steps.is_empty() {
        let (settled, _) = store.write(now, |batch| apply_batch(batch, &mut import))?;
        for (pending, reply) in settled {
            import.settle(pending, reply)?;
        }
        progress(import.progress());
    }
    Ok(import.finish())
}

/// A step carried out, and what came of it.
type Settled = (Pending, Result<Outcome, Rejection>);

/// Carries out a batch of steps. After a refusal that ends the import, the batch keeps what came before it.
fn apply_batch(batch: &mut Batch<'_>, import: &mut Import) -> Result<Vec<Settled>, StoreError> {
    let author = Author { message: Some(AUTHOR.to_owned()) };
    let mut settled = Vec::new();
    while settled.len() < BATCH_STEPS {
        let Some((command, pending)) = import.next_step() else { break };
        let reply = batch.execute(&author, command)?;
        let ends = reply.is_err() && matches!(pending.subject, Subject::Reference);
        settled.push((pending, reply));
        if ends {
            break;
        }
    }
    Ok(settled)
}

/// Who the changes of an import say that they are by.
pub const AUTHOR: &str = "import of deliveries";

/// The commands that make what a plan's shipments are about: stores, partners and items.
pub(super) fn reference_commands(plan: Plan) -> impl Iterator<Item = StepCommand> {
    let plan = Plan { openings: Vec::new(), shipments: Vec::new(), ..plan };
    steps(plan).into_iter().map(|step| step.command)
}

fn steps(plan: Plan) -> VecDeque<Step> {
    let centre = plan.centre.id;
    let mut steps = VecDeque::new();
    steps.push_back(store_step(plan.centre, 1, None));
    steps.extend(plan.stores.into_iter().map(|store| store_step(store, 2, Some(centre))));
    steps.extend(plan.partners.into_iter().map(partner_step));
    steps.extend(plan.items.into_iter().map(item_step));
    steps.extend(plan.openings.into_iter().map(|opening| opening_step(opening, centre)));
    steps.extend(plan.shipments.into_iter().map(shipment_step));
    steps
}

/// Makes a document unless it is there.
fn reference_step(
    class: &'static str,
    id: DocumentId,
    name: String,
    create: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<(), Failure> + Send + 'static,
) -> Step {
    let command = move |txn: &mut Txn<'_>| match txn.header(id)?.is_some() {
        true => Ok(Outcome::AlreadyThere),
        false => create(txn, &Caller::system(Role::Central)).map(|()| Outcome::Created),
    };
    Step { command: Box::new(command), pending: Pending { class, name, subject: Subject::Reference } }
}

fn store_step(store: PlannedStore, level: u8, supplier: Option<DocumentId>) -> Step {
    let PlannedStore { id, code, name } = store;
    reference_step("store", id, name.clone(), move |txn, caller| {
        let command = CreateStore { id: Some(id), code, name, level, supplier, site: None };
        domain::store::create(txn, caller, &command).map(drop)
    })
}

fn partner_step(partner: PlannedPartner) -> Step {
    let PlannedPartner { id, code, name } = partner;
    reference_step("partner", id, name.clone(), move |txn, caller| {
        let (customer, manufacturer, donor) = (false, false, false);
        let command =
            CreatePartner { id: Some(id), code, name, customer, supplier: true, manufacturer, donor };
        domain::partner::create(txn, caller, &command).map(drop)
    })
}

fn item_step(item: PlannedItem) -> Step {
    let id = item.id;
    reference_step("item", id, item.name.clone(), move |txn, caller| {
        let command = CreateItem {
            id: Some(id),
            code: item.code,
            name: item.name,
            unit: item.unit.unwrap_or_else(|| "unit".to_owned()),
            strength: item.strength,
            ven: None,
            default_pack_size: Some(item.pack_size),
            is_vaccine: false,
            doses_per_unit: None,
            universal_code: None,
        };
        domain::item::create(txn, caller, &command).map(drop)
    })
}

fn opening_step(opening: Opening, centre: DocumentId) -> Step {
    let command = move |txn: &mut Txn<'_>| open(txn, &opening, centre);
    let name = "opening stock of the distribution centre".to_owned();
    Step {
        command: Box::new(command),
        pending: Pending { class: "stock_line", name, subject: Subject::Reference },
    }
}

/// Opens a stock line of the centre with what the transfers that are still to be recorded will take from it, or raises
/// an opening of an earlier import by what is missing.
fn open(txn: &mut Txn<'_>, opening: &Opening, centre: DocumentId) -> Result<Outcome, Failure> {
    let mut needed = 0;
    for (shipment, units) in &opening.transfers {
        if txn.header(*shipment)?.is_none() {
            needed += units;
        }
    }
    let Some(document) = txn.document(opening.stock_line)? else {
        let command = opening_command(opening, centre, Quantity::from_thousandths(needed));
        return domain::stock_line::create(txn, &Caller::system(Role::Central), &command)
            .map(|_| Outcome::Created);
    };
    let on_hand =
        domain::query::stock::line(txn, opening.stock_line, day_of(txn.now()))?.on_hand.thousandths();
    match needed - on_hand {
        missing @ 1.. => raise(txn, &document, missing, noon(opening.date)).map(|()| Outcome::Corrected),
        _ => Ok(Outcome::AlreadyThere),
    }
}

fn opening_command(opening: &Opening, centre: DocumentId, quantity: Quantity) -> CreateStockLine {
    let price = opening.pack_price.map(Money::from_thousandths);
    CreateStockLine {
        id: Some(opening.stock_line),
        store: centre,
        item: opening.lot.item,
        batch: opening.lot.batch.clone(),
        expiry: opening.lot.expiry,
        manufactured: None,
        pack_size: Some(opening.lot.pack_size),
        location: None,
        vvm: None,
        cost_price: price,
        sell_price: price,
        supplier: None,
        donor: None,
        note: None,
        quantity,
        at: Some(noon(opening.date)),
        variant: None,
        programme: None,
    }
}

/// Raises the opening quantity of a stock line, and puts its day back if transfers begin earlier than was known.
fn raise(txn: &mut Txn<'_>, line: &Document, missing: i64, at: Timestamp) -> Result<(), Failure> {
    let number = |field| line.at(&[field]).and_then(crdt_store::Value::as_int);
    let opened = number("opening")
        .ok_or_else(|| StoreError::Corrupt(format!("stock line {} has no opening", line.id)))?;
    txn.put(line.id, &["opening"], opened + missing);
    if number("opened_at").is_none_or(|opened_at| opened_at > at.as_millis()) {
        txn.put(line.id, &["opened_at"], at);
    }
    Ok(())
}

fn shipment_step(shipment: PlannedShipment) -> Step {
    let (id, name) = (shipment.id, shipment.number.clone());
    let rows: BTreeSet<String> = shipment.lines.iter().map(|line| line.row.clone()).collect();
    let command = record_command(&shipment);
    let run = move |txn: &mut Txn<'_>| match txn.document(id)? {
        Some(document) => Ok(compare(&document, rows)),
        None => {
            domain::shipment::record(txn, &Caller::system(Role::Central), &command).map(|_| Outcome::Created)
        }
    };
    let subject = Subject::Shipment(Box::new(shipment));
    Step { command: Box::new(run), pending: Pending { class: "shipment", name, subject } }
}

/// Which of the rows a shipment that is there already does not have.
fn compare(document: &Document, mut rows: BTreeSet<String>) -> Outcome {
    let lines = document.at(&["lines"]).and_then(crdt_store::Value::as_map);
    for line in lines.into_iter().flat_map(|lines| lines.values()) {
        if let Some(row) = line.at(&["note"]).and_then(crdt_store::Value::as_text).and_then(row_of_note) {
            rows.remove(row);
        }
    }
    if rows.is_empty() { Outcome::AlreadyThere } else { Outcome::Lacks(rows) }
}

const NOTE: &str = "row ";

fn row_of_note(note: &str) -> Option<&str> {
    note.strip_prefix(NOTE)
}

fn record_command(shipment: &PlannedShipment) -> RecordShipment {
    let from = match shipment.kind {
        Kind::Transfer => End::Store(shipment.from),
        Kind::Inbound => End::Partner(shipment.from),
    };
    let lines = shipment.lines.iter().map(|line| RecordLine {
        item: line.lot.item,
        stock_line: line.taken_from,
        quantity: Quantity::from_thousandths(line.units),
        batch: line.lot.batch.clone(),
        expiry: line.lot.expiry,
        pack_size: Some(line.lot.pack_size),
        price: line.pack_price.map(Money::from_thousandths),
        note: Some(format!("{NOTE}{}", line.row)),
    });
    RecordShipment {
        id: Some(shipment.id),
        from,
        to: End::Store(shipment.to),
        lines: lines.collect(),
        status: Status::Verified,
        sent_at: noon(shipment.date),
        received_at: Some(noon(shipment.date)),
        reference: Some(shipment.number.clone()),
        comment: shipment.comment.clone(),
        transport: shipment.transport.clone(),
    }
}

fn noon(date: Date) -> Timestamp {
    start_of_day(date).plus_millis(NOON_MS)
}
