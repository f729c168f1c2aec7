//! What an import did, for people and for programs.

use std::collections::BTreeMap;

use domain::Quantity;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use super::rows::{Kind, RejectedRow, Rows};

/// What became of every row of a file, and of the documents that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Name of the mapping.
    pub mapping: String,
    /// The encoding the file turned out to have.
    pub encoding: String,
    /// Rows of the file, the header left out. Always `accepted` + `already_there` + the length of `rejected`.
    pub rows: u64,
    /// Rows that are in the database now and were not before.
    pub accepted: u64,
    /// Rows that an earlier import had brought.
    pub already_there: u64,
    /// Rows that are not in the database, each with its reason, in the order of the file.
    pub rejected: Vec<RejectedRow>,
    /// Accepted and already there: rows from the distribution centre to a store.
    pub transfer_rows: u64,
    /// Accepted and already there: rows from a vendor to a store.
    pub inbound_rows: u64,
    /// Column → cells that could not be read and count as empty because the mapping says so.
    pub taken_as_missing: BTreeMap<String, u64>,
    /// Kind of document → how many.
    pub documents: BTreeMap<String, DocumentCounts>,
    /// What each store received by the accepted rows and those already there, by code.
    pub stores: Vec<StoreTotals>,
    /// Units in all.
    pub units: Quantity,
}

/// Documents of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentCounts {
    /// Made by this import.
    pub created: u64,
    /// There before, as they were.
    pub already_there: u64,
    /// There before, and corrected by this import: opening stock that further transfers need.
    pub corrected: u64,
    /// Not made; their rows are among the rejected.
    pub refused: u64,
}

/// What one store received.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreTotals {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Distinct items.
    pub items: u64,
    /// Units.
    pub units: Quantity,
}

impl Report {
    /// Whether the import changed nothing, because everything was there already.
    pub fn changed_nothing(&self) -> bool {
        self.documents.values().all(|counts| counts.created == 0 && counts.corrected == 0)
    }

    pub(super) fn begin(rows: &Rows, plan: &Plan, mapping: &str) -> Self {
        let mut rejected = rows.rejected.clone();
        rejected.extend(plan.rejected.iter().cloned());
        Self {
            mapping: mapping.to_owned(),
            encoding: rows.encoding.clone(),
            rows: rows.total,
            rejected,
            taken_as_missing: rows.taken_as_missing.clone(),
            ..Self::default()
        }
    }

    pub(super) fn counts(&mut self, class: &str) -> &mut DocumentCounts {
        self.documents.entry(class.to_owned()).or_default()
    }

    pub(super) fn add_taken(&mut self, kind: Kind, rows: u64, units: i64) {
        match kind {
            Kind::Transfer => self.transfer_rows += rows,
            Kind::Inbound => self.inbound_rows += rows,
        }
        self.units = self.units + Quantity::from_thousandths(units);
    }

    /// Puts lists into their final order and checks that no row has been forgotten.
    pub(super) fn finish(&mut self) {
        self.rejected.sort_by_key(|row| row.line);
        self.stores.sort_by(|a, b| a.code.cmp(&b.code));
        let known = self.accepted + self.already_there + self.rejected.len() as u64;
        assert_eq!(known, self.rows, "every row is accepted, already there, or listed with a reason");
    }
}
