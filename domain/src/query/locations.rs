//! The locations of a store as a tree, and what lies in them.
//!
//! Each document names the location it stands in; what two devices said independently may make a circle, or name a
//! place that is not there (yet). A location whose surrounding is not there stands at the top. A circle is cut at its
//! smallest id, which then stands at the top: the same place on every device.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};

use crdt_store::{DocumentId, Failure, StoreError, ViewRead, ViewReadExt, prefix_end};
use serde::{Deserialize, Serialize};

use crate::effect::Balance;
use crate::item_variant::ItemVariantRow;
use crate::location::LocationRow;
use crate::quantity::{Quantity, Volume};
use crate::stock_line::StockLineRow;
use crate::text::id_at_end;
use crate::{reject, views};

/// The locations of a store, each where it stands.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    rows: BTreeMap<DocumentId, LocationRow>,
    /// What each stands in, circles cut; absent at the top.
    parents: BTreeMap<DocumentId, DocumentId>,
    /// What stands at the top or in each, by code.
    children: BTreeMap<Option<DocumentId>, Vec<DocumentId>>,
}

impl Tree {
    /// The tree of these locations, which are sorted by code.
    pub fn of(sorted: Vec<LocationRow>) -> Self {
        let order: Vec<DocumentId> = sorted.iter().map(|row| row.id).collect();
        let rows: BTreeMap<DocumentId, LocationRow> = sorted.into_iter().map(|row| (row.id, row)).collect();
        let parents = cut_circles(&rows);
        let mut children: BTreeMap<Option<DocumentId>, Vec<DocumentId>> = BTreeMap::new();
        for id in order {
            children.entry(parents.get(&id).copied()).or_default().push(id);
        }
        Self { rows, parents, children }
    }

    /// The tree of a store.
    pub fn of_store(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<Self, StoreError> {
        Ok(Self::of(read.rows(views::LOCATION_CODE, store.as_bytes())?))
    }

    /// A location.
    pub fn row(&self, id: DocumentId) -> Option<&LocationRow> {
        self.rows.get(&id)
    }

    /// A location and all that it stands in, the outermost first.
    pub fn path(&self, id: DocumentId) -> Vec<&LocationRow> {
        let mut path: Vec<&LocationRow> = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            path.extend(self.rows.get(&id));
            next = self.parents.get(&id).copied();
        }
        path.reverse();
        path
    }

    /// A location and all that stands in it.
    pub fn with_all_below(&self, id: DocumentId) -> BTreeSet<DocumentId> {
        let mut found = BTreeSet::from([id]);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for child in self.children.get(&Some(id)).into_iter().flatten() {
                if found.insert(*child) {
                    open.push(*child);
                }
            }
        }
        found
    }

    /// How many levels a location has with what stands in it; one if nothing does.
    pub(crate) fn height(&self, id: DocumentId) -> usize {
        let depth = |below: &DocumentId| self.path(*below).len();
        let own = depth(&id);
        self.with_all_below(id).iter().map(depth).max().map_or(1, |deepest| deepest + 1 - own)
    }

    /// Whether nothing may be taken from a location: it is on hold, or something it stands in is.
    pub fn is_held(&self, id: DocumentId) -> bool {
        self.path(id).iter().any(|row| row.on_hold)
    }

    /// All locations from which nothing may be taken.
    pub(crate) fn held(&self) -> BTreeSet<DocumentId> {
        let mut held = BTreeSet::new();
        for row in self.rows.values().filter(|row| row.on_hold) {
            held.extend(self.with_all_below(row.id));
        }
        held
    }

    /// All locations in the order of a page: each before what stands in it, side by side by code; with how deep it
    /// stands, from 0.
    pub fn in_order(&self) -> Vec<(usize, &LocationRow)> {
        let mut ordered = Vec::with_capacity(self.rows.len());
        let children = |of: Option<DocumentId>| self.children.get(&of).into_iter().flatten().rev();
        let mut open: Vec<(usize, DocumentId)> = children(None).map(|id| (0, *id)).collect();
        while let Some((depth, id)) = open.pop() {
            ordered.extend(self.rows.get(&id).map(|row| (depth, row)));
            open.extend(children(Some(id)).map(|child| (depth + 1, *child)));
        }
        ordered
    }
}

/// What each location stands in, without circles.
fn cut_circles(rows: &BTreeMap<DocumentId, LocationRow>) -> BTreeMap<DocumentId, DocumentId> {
    let parent_of = |id: DocumentId| {
        let row = rows.get(&id)?;
        row.parent.filter(|parent| rows.get(parent).is_some_and(|above| above.store == row.store))
    };
    let mut parents: BTreeMap<DocumentId, DocumentId> =
        rows.keys().filter_map(|id| Some((*id, parent_of(*id)?))).collect();
    let mut settled: BTreeSet<DocumentId> = BTreeSet::new();
    for start in rows.keys() {
        let mut way = Vec::new();
        let mut next = Some(*start);
        while let Some(id) = next.filter(|id| !settled.contains(id)) {
            if let Some(begin) = way.iter().position(|passed| *passed == id) {
                // The way has come back to itself: what lies between is a circle.
                if let Some(smallest) = way[begin..].iter().min() {
                    parents.remove(smallest);
                }
                break;
            }
            way.push(id);
            next = parents.get(&id).copied();
        }
        settled.extend(way);
    }
    parents
}

/// What lies in a location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Stock lines that lie there and are not empty.
    pub lines: u32,
    /// How many of them take a room that nobody knows: no variant, or no volume for packs of their size.
    pub unmeasured: u32,
    /// The room that the others take.
    pub used: Volume,
}

impl Contents {
    fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.unmeasured += other.unmeasured;
        self.used = self.used + other.used;
    }
}

/// A location with where it stands and what lies in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationDetail {
    /// Id.
    pub id: DocumentId,
    /// The store.
    pub store: DocumentId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// At what temperature it keeps things.
    pub kind: crate::location::LocationKind,
    /// Whether it is on hold itself.
    pub on_hold: bool,
    /// Whether it, or something it stands in, is on hold: nothing may be taken from it.
    pub held: bool,
    /// The location it stands in, as its document says.
    pub parent: Option<DocumentId>,
    /// The location it stands in, circles cut.
    pub within: Option<DocumentId>,
    /// How deep it stands, from 0.
    pub depth: u32,
    /// Its type.
    pub location_type: Option<DocumentId>,
    /// The name of its type.
    pub type_name: Option<String>,
    /// The room there is in it, in litres.
    pub volume: Option<Volume>,
    /// The room that is taken in it and in all that stands in it, in litres, as far as it is known.
    pub volume_used: Volume,
    /// Stock lines that lie in it, not in what stands in it.
    pub lines: u32,
    /// Stock lines that lie in it or in anything that stands in it.
    pub lines_below: u32,
    /// How many of those take a room that nobody knows.
    pub unmeasured: u32,
}

/// The locations of a store, each before what stands in it, with what lies in them. Walks the store's balances once.
pub fn tree(read: &(impl ViewRead + ?Sized), store: DocumentId) -> Result<Vec<LocationDetail>, StoreError> {
    let tree = Tree::of_store(read, store)?;
    let own = contents(read, store)?;
    let mut types: BTreeMap<DocumentId, Option<String>> = BTreeMap::new();
    let mut details = Vec::new();
    for (depth, row) in tree.in_order() {
        let mut below = Contents::default();
        tree.with_all_below(row.id).iter().filter_map(|id| own.get(id)).for_each(|more| below.add(*more));
        let type_name = match row.location_type {
            Some(id) => super::reference::location_type_name(read, &mut types, id)?,
            None => None,
        };
        details.push(LocationDetail {
            id: row.id,
            store: row.store,
            code: row.code.clone(),
            name: row.name.clone(),
            kind: row.kind,
            on_hold: row.on_hold,
            held: tree.is_held(row.id),
            parent: row.parent,
            within: tree.parents.get(&row.id).copied(),
            depth: depth as u32,
            location_type: row.location_type,
            type_name,
            volume: row.volume,
            volume_used: below.used,
            lines: own.get(&row.id).map_or(0, |own| own.lines),
            lines_below: below.lines,
            unmeasured: below.unmeasured,
        });
    }
    Ok(details)
}

/// A location.
pub fn row(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<LocationRow, Failure> {
    read.row(views::LOCATION, id.as_bytes())?.ok_or_else(|| reject::not_found("location", id).into())
}

/// One location with what lies in it.
pub fn detail(read: &(impl ViewRead + ?Sized), id: DocumentId) -> Result<LocationDetail, Failure> {
    let row = row(read, id)?;
    let found = tree(read, row.store)?.into_iter().find(|detail| detail.id == id);
    found.ok_or_else(|| reject::not_found("location", id).into())
}

/// What lies in each location of a store, not in what stands in it.
fn contents(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
) -> Result<BTreeMap<DocumentId, Contents>, StoreError> {
    let mut variants: BTreeMap<DocumentId, Option<ItemVariantRow>> = BTreeMap::new();
    let mut found: BTreeMap<DocumentId, Contents> = BTreeMap::new();
    for (id, on_hand) in filled_lines(read, store)? {
        let Some(line) = read.row::<StockLineRow>(views::STOCK_LINE, id.as_bytes())? else { continue };
        let Some(place) = line.location else { continue };
        let volume = match line.variant {
            Some(variant) => {
                if let std::collections::btree_map::Entry::Vacant(vacant) = variants.entry(variant) {
                    vacant.insert(read.row(views::ITEM_VARIANT, variant.as_bytes())?);
                }
                let known = variants.get(&variant).and_then(Option::as_ref);
                known.and_then(|variant| variant.volume_of_pack(line.pack_size))
            }
            None => None,
        };
        found.entry(place).or_default().add(Contents {
            lines: 1,
            unmeasured: u32::from(volume.is_none()),
            used: volume.map_or(Volume::ZERO, |volume| volume.of_units(on_hand, line.pack_size)),
        });
    }
    Ok(found)
}

/// The stock lines of a store whose balance is not zero, with it: one walk over the sums.
pub(crate) fn filled_lines(
    read: &(impl ViewRead + ?Sized),
    store: DocumentId,
) -> Result<BTreeMap<DocumentId, Quantity>, StoreError> {
    let end = prefix_end(store.as_bytes());
    let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut lines = BTreeMap::new();
    read.scan_totals(views::SUM_LINE, (Bound::Included(store.as_bytes()), upper), &mut |key, totals| {
        let on_hand = Balance::of(totals).on_hand;
        if on_hand != Quantity::ZERO {
            lines.extend(id_at_end(key).map(|line| (line, on_hand)));
        }
        ControlFlow::Continue(())
    })?;
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::location::LocationKind;

    fn id(number: u8) -> DocumentId {
        DocumentId::from_bytes([number; 16])
    }

    fn place(number: u8, parent: Option<u8>, on_hold: bool) -> LocationRow {
        LocationRow {
            id: id(number),
            store: id(200),
            code: format!("L{number:03}"),
            name: String::new(),
            kind: LocationKind::Ambient,
            on_hold,
            parent: parent.map(id),
            location_type: None,
            volume: None,
        }
    }

    #[test]
    fn what_stands_in_a_held_location_is_held() {
        let tree = Tree::of(vec![
            place(1, None, true),
            place(2, Some(1), false),
            place(3, Some(2), false),
            place(4, None, false),
        ]);
        assert_eq!(tree.held(), [1, 2, 3].map(id).into());
        assert!(tree.is_held(id(3)) && !tree.is_held(id(4)));
        assert_eq!((tree.height(id(1)), tree.height(id(3))), (3, 1));
    }

    #[test]
    fn a_circle_is_cut_at_its_smallest_id() {
        let tree =
            Tree::of(vec![place(3, Some(2), false), place(2, Some(3), false), place(9, Some(3), false)]);
        let order: Vec<(usize, DocumentId)> =
            tree.in_order().iter().map(|(depth, row)| (*depth, row.id)).collect();
        assert_eq!(order, [(0, id(2)), (1, id(3)), (2, id(9))]);
    }

    #[test]
    fn a_location_in_a_place_that_is_not_there_stands_at_the_top() {
        let tree = Tree::of(vec![place(1, Some(77), false)]);
        assert_eq!(tree.in_order().len(), 1);
    }

    proptest! {
        #[test]
        fn whatever_the_documents_say_every_location_stands_once_in_a_tree(
            parents in proptest::collection::vec(proptest::option::of(0u8..12), 1..12),
            order in any::<bool>(),
        ) {
            let mut rows: Vec<LocationRow> =
                parents.iter().enumerate().map(|(at, parent)| place(at as u8, *parent, false)).collect();
            let straight = Tree::of(rows.clone());
            if order { rows.reverse(); }
            let tree = Tree::of(rows);
            prop_assert_eq!(tree.in_order().len(), parents.len());
            prop_assert_eq!(&tree.parents, &straight.parents);
            for at in 0..parents.len() {
                prop_assert!(tree.path(id(at as u8)).len() <= parents.len());
                prop_assert!(tree.with_all_below(id(at as u8)).len() <= parents.len());
            }
        }
    }
}
