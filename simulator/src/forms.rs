//! R&R forms recounted from raw documents: what a finalised one reports adds up line by line, and one order follows.

use std::collections::BTreeMap;

use crdt_store::{Document, DocumentId, Map, Value};

fn map<'a>(map: &'a Map, field: &str) -> Option<&'a Map> {
    map.get(field)?.as_map()
}

fn int(map: &Map, field: &str) -> i64 {
    map.get(field).and_then(Value::as_int).unwrap_or(0)
}

fn id(map: &Map, field: &str) -> Option<DocumentId> {
    DocumentId::try_from(map.get(field)?.as_bytes()?).ok()
}

/// What is wrong with a line that was finalised, if something is.
fn wrong(line: &Map, period_days: i64) -> Option<String> {
    let report = map(line, "report")?;
    let [initial, received, consumed, adjusted, lost] =
        ["initialBalance", "received", "consumed", "adjustments", "losses"].map(|field| int(report, field));
    let (left, requested) = (int(line, "finalBalance"), int(line, "requested"));
    let expected = initial + received - consumed + adjusted - lost;
    if left != expected {
        return Some(format!("ends with {left} and adds up to {expected}"));
    }
    if [initial, received, consumed, lost, left, requested].iter().any(|amount| *amount < 0) {
        return Some(format!("has an amount below zero: {report:?}"));
    }
    let days = int(report, "stockOutDays");
    (days > period_days).then(|| format!("was out for {days} of {period_days} days"))
}

/// What is found of the forms in some documents.
#[derive(Default)]
pub(crate) struct Forms {
    pub(crate) finalised: u64,
    /// Finalised forms whose order is not there: it was lost with the disk of the only device that had it.
    pub(crate) without_order: Vec<DocumentId>,
    /// The first thing that is wrong.
    pub(crate) wrong: Option<String>,
}

impl Forms {
    pub(crate) fn of(documents: &BTreeMap<DocumentId, Document>) -> Self {
        let mut orders: BTreeMap<DocumentId, Vec<DocumentId>> = BTreeMap::new();
        for document in documents.values().filter(|document| document.class == "requisition") {
            if let Some(form) = id(&document.root, "rnr_form") {
                orders.entry(form).or_default().push(document.id);
            }
        }
        let mut found = Self::default();
        for document in documents.values().filter(|document| document.class == "rnr_form") {
            let made = orders.get(&document.id).map_or(&[][..], Vec::as_slice);
            found.add(document, made);
        }
        found
    }

    fn add(&mut self, form: &Document, orders: &[DocumentId]) {
        let root = &form.root;
        let mut say =
            |what: String| self.wrong = self.wrong.take().or(Some(format!("form {} {what}", form.id)));
        if map(root, "events").is_none_or(|events| !events.contains_key("finalised")) {
            return;
        }
        self.finalised += 1;
        let period_days = map(root, "terms").map_or(0, |terms| int(terms, "periodDays"));
        let reported = map(root, "reported").into_iter().flatten();
        let lines: Vec<(&String, &Map)> =
            reported.filter_map(|(item, line)| Some((item, line.as_map()?))).collect();
        for (item, line) in &lines {
            if let Some(what) = wrong(line, period_days) {
                say(format!("reports item {item}, which {what}"));
            }
        }
        let named = id(root, "requisition");
        match (named, orders) {
            (None, []) => {}
            (Some(named), [only]) if named == *only => {}
            (Some(_), []) => self.without_order.push(form.id),
            _ => say(format!("names the order {named:?}, and there are {orders:?}")),
        }
        if named.is_some() && !lines.iter().any(|(_, line)| int(line, "requested") > 0) {
            say("has an order and requests nothing".to_owned());
        }
    }
}
