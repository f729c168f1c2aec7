//! Stocktakes: what people do with them, and an oracle that reads the sheets again without the domain's code.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{Document, DocumentId, Map, Snapshot, StoreError, Value};
use domain::Quantity;
use domain::query::PageRequest;
use domain::query::stocktakes::{self, LineFilter, LinePart, StocktakeFilter, StocktakeLine};
use domain::stocktake::{
    CountLine, CountLines, CreateStocktake, Finalise, KeepCount, Selection, SettleLate, SheetOrder,
    StocktakeStatus, Whether,
};

use crate::look;
use crate::people::Person;
use crate::wish::Deed;

type Activity = Result<Option<(Deed, bool)>, StoreError>;

/// What a query could not read is a fault of the store; that something is not there is none.
fn read<T>(found: Result<T, crdt_store::Failure>) -> Result<Option<T>, StoreError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(crdt_store::Failure::Rejected(_)) => Ok(None),
        Err(crdt_store::Failure::Store(error)) => Err(error),
    }
}

impl Person<'_> {
    /// Counts: begins a stocktake, counts a line of an open one, decides what is in doubt, closes it.
    pub(crate) fn count(&mut self, store: DocumentId) -> Activity {
        let page = PageRequest::first(50);
        let Some(found) = read(stocktakes::list(self.read, store, &StocktakeFilter::default(), &page))?
        else {
            return Ok(None);
        };
        let late = found.rows.iter().find(|entry| entry.late);
        if let Some(entry) = late.filter(|_| self.dice.chance(400)) {
            let settle = SettleLate { stock_lines: None, apply: self.dice.chance(500) };
            return Ok(Some((Deed::SettleLate(entry.stocktake.id, settle), false)));
        }
        let open: Vec<_> = found
            .rows
            .iter()
            .filter(|entry| entry.stocktake.status == StocktakeStatus::Counting && entry.counts.lines > 0)
            .collect();
        let Some(entry) = self.dice.pick(&open).filter(|_| open.len() > 1 || !self.dice.chance(150)) else {
            return Ok(self.begin_stocktake(store));
        };
        let id = entry.stocktake.id;
        match self.dice.between(0, 19) {
            0..=1 => Ok(Some((Deed::Finalise(id, Finalise { accept_latest: self.dice.chance(700) }), false))),
            2 if self.dice.chance(300) => Ok(Some((Deed::CancelStocktake(id), false))),
            3..=5 => self.decide(id),
            _ => self.count_line(id),
        }
    }

    fn begin_stocktake(&mut self, store: DocumentId) -> Option<(Deed, bool)> {
        let item = self.dice.pick(&self.country.items).copied()?;
        let one = self.dice.chance(600);
        let command = CreateStocktake {
            store,
            description: None,
            comment: self.token(),
            selection: Selection { item: one.then_some(item), include_empty: true, ..Selection::default() },
            order: SheetOrder::Item,
            blind: false,
            initial: self.dice.chance(100),
        };
        Some((Deed::BeginStocktake(command), true))
    }

    fn lines_of(&mut self, id: DocumentId, part: Option<LinePart>) -> Result<Vec<StocktakeLine>, StoreError> {
        let filter = LineFilter { part, ..LineFilter::default() };
        let page = read(stocktakes::lines(self.read, id, &filter, &PageRequest::first(100)))?;
        Ok(page.map_or_else(Vec::new, |page| page.rows))
    }

    fn count_line(&mut self, id: DocumentId) -> Activity {
        let lines = self.lines_of(id, None)?;
        // Mostly the first ones, so that two devices meet.
        let few = if self.dice.chance(600) { &lines[..lines.len().min(2)] } else { &lines[..] };
        let Some(line) = self.dice.pick(few) else { return Ok(None) };
        let there = look::whole_units(line.on_hand.thousandths()).max(0);
        let seen = if self.dice.chance(500) { there } else { (there + self.dice.signed(-4, 4)).max(0) };
        let reason = if seen > there { self.country.found } else { self.country.broken };
        let quantity = if self.dice.chance(40) { None } else { Some(Quantity::whole(seen)) };
        let count = CountLine {
            stock_line: line.stock_line,
            quantity: Some(quantity),
            reason: (seen != there).then_some(Some(reason)),
            note: None,
            state: self.dice.chance(500).then(|| line.state.clone()),
        };
        Ok(Some((Deed::Count(id, CountLines { lines: vec![count] }), false)))
    }

    fn decide(&mut self, id: DocumentId) -> Activity {
        let lines = self.lines_of(id, Some(LinePart::Doubtful))?;
        let Some(line) = self.dice.pick(&lines) else { return Ok(None) };
        let counts: Vec<_> = line.count.iter().chain(&line.rivals).map(|count| count.id).collect();
        let movements = if self.dice.chance(500) { Whether::Before } else { Whether::After };
        let command = KeepCount {
            stock_line: line.stock_line,
            count: self.dice.pick(&counts).copied(),
            movements,
            state: Some(line.state.clone()),
        };
        Ok(Some((Deed::KeepCount(id, command), false)))
    }
}

// ---- the oracle ----

/// A task about counts: the store, the kind as it stands in keys, the stocktake or stock line.
pub(crate) type CountTask = (DocumentId, CountKind, DocumentId);

/// What a task about counts says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CountKind {
    /// Counted differently by devices that did not know of each other.
    Differ,
    /// Counted after the end.
    Late,
}

/// A count as it stands on a sheet, read from the raw map.
struct Count<'a> {
    key: &'a str,
    line: &'a [u8],
    quantity: i64,
    balance: i64,
    at: i64,
}

/// The tasks about counts that the documents call for.
pub(crate) fn count_tasks(documents: &BTreeMap<DocumentId, Document>) -> BTreeSet<CountTask> {
    let mut tasks = BTreeSet::new();
    let mut now: BTreeMap<(DocumentId, DocumentId), BTreeMap<String, (i64, i64)>> = BTreeMap::new();
    for sheet in documents.values().filter(|document| document.class == "stocktake_sheet") {
        let (Some(store), Some(stocktake)) = (id(&sheet.root, "store"), id(&sheet.root, "stocktake")) else {
            continue;
        };
        let head = documents.get(&stocktake).map(|document| &document.root);
        let closed = head.and_then(|root| map(root, "events")).is_some_and(|events| !events.is_empty());
        for (line, counts) in standing(&sheet.root) {
            let Some(chosen) = counts.last() else { continue };
            let difference = chosen.quantity - chosen.balance;
            if !closed && counts.iter().any(|count| count.quantity - count.balance != difference) {
                tasks.insert((store, CountKind::Differ, stocktake));
            }
            now.entry((store, stocktake)).or_default().insert(line, (chosen.quantity, difference));
        }
    }
    for document in documents.values().filter(|document| document.class == "stocktake") {
        let (root, Some(store)) = (&document.root, id(&document.root, "store")) else { continue };
        if map(root, "events").is_some_and(|events| events.contains_key("finalised"))
            && outcomes(root) != now.remove(&(store, document.id)).unwrap_or_default()
        {
            tasks.insert((store, CountKind::Late, document.id));
        }
    }
    tasks
}

/// What a finalised stocktake made of its lines: what was counted, and by how much stock changed.
fn outcomes(stocktake: &Map) -> BTreeMap<String, (i64, i64)> {
    let confirmed =
        entries(stocktake, "confirmed").map(|(line, of)| (line.to_owned(), (int(of, "counted"), 0)));
    let mut found: BTreeMap<String, (i64, i64)> = confirmed.collect();
    let adjusted = entries(stocktake, "adjusted");
    found.extend(adjusted.map(|(line, of)| (line.to_owned(), (int(of, "counted"), int(of, "quantity")))));
    found
}

/// The counts of each line that no other was made knowing, the one that stands last.
fn standing(sheet: &Map) -> BTreeMap<String, Vec<Count<'_>>> {
    let all: Vec<(&str, &Map)> = entries(sheet, "counts").collect();
    let seen = |by: &Map, key: &str| map(by, "seen").map_or(0, |seen| int(seen, key));
    let mut found: BTreeMap<String, Vec<Count<'_>>> = BTreeMap::new();
    for (line, _) in entries(sheet, "lines") {
        if map(sheet, "struck").and_then(|struck| struck.get(line)) == Some(&Value::Bool(true)) {
            continue;
        }
        for (key, count) in &all {
            let about = count.get("line").and_then(Value::as_bytes).unwrap_or_default();
            if line.parse::<DocumentId>().map(|id| *id.as_bytes()).ok().as_ref().map(|id| &id[..])
                != Some(about)
            {
                continue;
            }
            let outdone =
                all.iter().any(|(other, by)| other != key && seen(by, key) >= int(count, "revision"));
            if let (false, Some(quantity)) = (outdone, count.get("quantity").and_then(Value::as_int)) {
                let count = Count {
                    key,
                    line: about,
                    quantity,
                    balance: int(count, "balance"),
                    at: int(count, "at"),
                };
                found.entry(line.to_owned()).or_default().push(count);
            }
        }
    }
    for counts in found.values_mut() {
        counts.sort_by_key(|count| (count.at, count.key));
        debug_assert!(counts.iter().all(|count| count.line.len() == 16));
    }
    found
}

/// Whether a stocktake ever had a late count put aside: then the mark decides, and this oracle is silent about it.
pub(crate) fn is_silent(documents: &BTreeMap<DocumentId, Document>, stocktake: DocumentId) -> bool {
    let root = documents.get(&stocktake).map(|document| &document.root);
    root.and_then(|root| map(root, "put_aside")).is_some_and(|lines| !lines.is_empty())
}

/// The tasks about counts that a device shows.
pub(crate) fn shown(read: &Snapshot) -> Result<BTreeSet<CountTask>, StoreError> {
    let mut found = BTreeSet::new();
    for task in look::count_tasks(read)? {
        let kind = match task.kind {
            domain::TaskKind::CountsDiffer => CountKind::Differ,
            domain::TaskKind::LateCounts => CountKind::Late,
            _ => continue,
        };
        found.insert((task.store, kind, task.document));
    }
    Ok(found)
}

fn map<'a>(root: &'a Map, field: &str) -> Option<&'a Map> {
    root.get(field).and_then(Value::as_map)
}

fn entries<'a>(root: &'a Map, field: &str) -> impl Iterator<Item = (&'a str, &'a Map)> {
    map(root, field).into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_map()?)))
}

fn int(root: &Map, field: &str) -> i64 {
    root.get(field).and_then(Value::as_int).unwrap_or(0)
}

fn id(root: &Map, field: &str) -> Option<DocumentId> {
    DocumentId::try_from(root.get(field)?.as_bytes()?).ok()
}
