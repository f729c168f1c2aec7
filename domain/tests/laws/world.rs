//! A small country for the laws to be tried in: a central, a health centre with two devices, a district with one.
//!
//! Nodes are in-memory stores; `meet` carries what two of them lack, through the same checks as replication. Time
//! stands still but for one second per command, and each device may have its own clock.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crdt_store::{
    Author, DeviceId, Document, DocumentId, Failure, IncomingDocument, OpenOptions, Origin, Rejection,
    Schema, Snapshot, Store, Timestamp, Txn, VerifiedChange, VerifiedSnapshot, View, ViewRead,
};
use domain::item::CreateItem;
use domain::site::{CreateSite, EnrolDevice};
use domain::stock_line::CreateStockLine;
use domain::store::CreateStore;
use domain::{Caller, Date, DomainSchema, Preset, Quantity, Role, item, site, stock_line, store};

/// Sunday, 22 November 2026, 08:00 UTC.
pub const MORNING: i64 = 1_795_334_400_000;

pub const CENTRAL: usize = 0;
/// First device of the health centre.
pub const A: usize = 1;
/// Second device of the health centre.
pub const B: usize = 2;
/// The device of the district.
pub const D: usize = 3;

pub struct World {
    pub nodes: Vec<Store>,
    pub now: i64,
    /// The health centre's store, code KPU.
    pub centre: DocumentId,
    /// The district's store, code BON.
    pub district: DocumentId,
    pub amoxicillin: DocumentId,
    pub paracetamol: DocumentId,
    pub partner: DocumentId,
}

pub fn user(node: usize) -> DocumentId {
    DocumentId::from_bytes([0xa0 + node as u8; 16])
}

pub fn units(count: i64) -> Quantity {
    Quantity::whole(count)
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

pub fn today() -> Date {
    day("2026-11-22")
}

pub fn device(node: usize) -> DeviceId {
    DeviceId::from_bytes([node as u8 + 1; 16])
}

pub fn open(node: usize) -> Store {
    let options = OpenOptions::memory().device(device(node)).central(node == CENTRAL).seed([node as u8; 32]);
    Store::open(options, Arc::new(DomainSchema)).expect("memory opens")
}

impl World {
    pub fn new() -> Self {
        let mut world = Self {
            nodes: (0..4).map(open).collect(),
            now: MORNING,
            centre: DocumentId::NIL,
            district: DocumentId::NIL,
            amoxicillin: DocumentId::NIL,
            paracetamol: DocumentId::NIL,
            partner: DocumentId::NIL,
        };
        world.found();
        world.meet_all();
        world
    }

    fn found(&mut self) {
        let stores = [("BON", "District Bongor", 2), ("KPU", "Centre Koundoul", 3)];
        let [district, centre] = stores.map(|(code, name, level)| self.make_store(code, name, level));
        (self.district, self.centre) = (district, centre);
        self.make_site("Central", true, &[], &[CENTRAL]);
        self.make_site("Koundoul", false, &[centre], &[A, B]);
        self.make_site("Bongor", false, &[district], &[D]);
        self.amoxicillin = self.make_item("AMX250", "Amoxicilline 250 mg", 100);
        self.paracetamol = self.make_item("PCM500", "Paracétamol 500 mg", 1_000);
        let partner = domain::partner::CreatePartner {
            id: None,
            code: "MAT".into(),
            name: "Maternité".into(),
            customer: true,
            supplier: true,
            manufacturer: false,
            donor: false,
        };
        self.partner = self.central(|txn, caller| domain::partner::create(txn, caller, &partner)).id;
    }

    pub fn make_store(&mut self, code: &str, name: &str, level: u8) -> DocumentId {
        let command =
            CreateStore { id: None, code: code.into(), name: name.into(), level, supplier: None, site: None };
        self.central(|txn, caller| store::create(txn, caller, &command)).id
    }

    fn make_site(&mut self, name: &str, is_central: bool, stores: &[DocumentId], nodes: &[usize]) {
        let command = CreateSite {
            id: None,
            name: name.into(),
            is_central,
            multi_device: true,
            stores: stores.to_vec(),
        };
        let site = self.central(|txn, caller| site::create(txn, caller, &command)).id;
        for node in nodes {
            let command = EnrolDevice { device: device(*node), name: format!("device {node}") };
            self.central(|txn, caller| site::enrol_device(txn, caller, site, &command));
        }
    }

    pub fn make_item(&mut self, code: &str, name: &str, pack_size: u32) -> DocumentId {
        let command = CreateItem {
            id: None,
            code: code.into(),
            name: name.into(),
            unit: "comprimé".into(),
            strength: None,
            ven: None,
            default_pack_size: Some(pack_size),
            is_vaccine: false,
            doses_per_unit: None,
            universal_code: None,
        };
        self.central(|txn, caller| item::create(txn, caller, &command)).id
    }

    /// One more device of the health centre; gives its node.
    pub fn third_device(&mut self) -> usize {
        let node = self.nodes.len();
        self.nodes.push(open(node));
        let site = domain::query::reference::store(&self.read(CENTRAL), self.centre).expect("a store").site;
        let command = EnrolDevice { device: device(node), name: format!("device {node}") };
        self.central(|txn, caller| site::enrol_device(txn, caller, site.expect("a site"), &command));
        self.meet(node, CENTRAL);
        node
    }

    /// The store a node works for.
    pub fn store_of(&self, node: usize) -> DocumentId {
        if node == D { self.district } else { self.centre }
    }

    /// A manager at work on this node.
    pub fn caller(&self, node: usize) -> Caller {
        match node {
            CENTRAL => Caller::system(Role::Central),
            _ => Caller {
                user: user(node),
                store: Some(self.store_of(node)),
                permissions: Preset::Manager.permissions(),
                role: Role::Site,
            },
        }
    }

    /// Has a node carry out a command a second later.
    pub fn try_at<R>(
        &mut self,
        node: usize,
        command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<R, Failure>,
    ) -> Result<R, Rejection> {
        let caller = self.caller(node);
        self.try_as(node, &caller, command)
    }

    pub fn try_as<R>(
        &mut self,
        node: usize,
        caller: &Caller,
        command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<R, Failure>,
    ) -> Result<R, Rejection> {
        self.now += 1_000;
        let author = Author { message: Some(caller.user.to_string()) };
        let now = Timestamp::from_millis(self.now);
        self.nodes[node].execute(now, &author, |txn| command(txn, caller)).expect("memory does not fail")
    }

    pub fn at<R>(
        &mut self,
        node: usize,
        command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<R, Failure>,
    ) -> R {
        self.try_at(node, command).unwrap_or_else(|rejection| panic!("rejected at node {node}: {rejection}"))
    }

    pub fn central<R>(&mut self, command: impl FnOnce(&mut Txn<'_>, &Caller) -> Result<R, Failure>) -> R {
        self.at(CENTRAL, command)
    }

    pub fn read(&self, node: usize) -> Snapshot {
        self.nodes[node].reader().snapshot().expect("memory reads")
    }

    /// Opens a stock line with this many units of amoxicillin.
    pub fn open_stock(&mut self, node: usize, batch: &str, expiry: &str, count: i64) -> DocumentId {
        let command = self.stock(node, batch, expiry, count);
        self.at(node, |txn, caller| stock_line::create(txn, caller, &command)).id
    }

    pub fn stock(&self, node: usize, batch: &str, expiry: &str, count: i64) -> CreateStockLine {
        CreateStockLine {
            id: None,
            store: self.store_of(node),
            item: self.amoxicillin,
            batch: Some(batch.into()),
            expiry: (!expiry.is_empty()).then(|| day(expiry)),
            manufactured: None,
            pack_size: None,
            location: None,
            vvm: None,
            cost_price: None,
            sell_price: None,
            supplier: None,
            donor: None,
            note: None,
            quantity: units(count),
            at: None,
            variant: None,
            programme: None,
        }
    }

    /// On hand and available of a stock line, as a node sees it.
    pub fn balance(&self, node: usize, line: DocumentId) -> (Quantity, Quantity) {
        let row = domain::query::stock::line(&self.read(node), line, today()).expect("a stock line");
        (row.on_hand, row.available)
    }

    /// On hand of amoxicillin in a store, as a node sees it.
    pub fn on_hand(&self, node: usize, store: DocumentId) -> Quantity {
        domain::query::stock::item_balance(&self.read(node), store, self.amoxicillin)
            .expect("memory reads")
            .on_hand
    }

    // ---- replication in a nutshell ----

    /// Everybody meets the centre, twice, so that what one brought reaches all.
    pub fn meet_all(&mut self) {
        for _ in 0..2 {
            for node in [A, B, D] {
                self.meet(node, CENTRAL);
            }
        }
    }

    /// Two nodes exchange all they have and the other may have.
    pub fn meet(&mut self, one: usize, other: usize) {
        self.carry(one, other);
        self.carry(other, one);
    }

    /// One node gives another all the other may have. What a peer other than the centre did not write itself is left
    /// out: only the centre passes on.
    pub fn carry(&mut self, from: usize, to: usize) -> Vec<&'static str> {
        self.carry_some(from, to, &|_| true)
    }

    /// Only these documents get through.
    pub fn carry_only(&mut self, from: usize, to: usize, documents: &[DocumentId]) {
        self.carry_some(from, to, &|id| documents.contains(&id));
    }

    fn carry_some(
        &mut self,
        from: usize,
        to: usize,
        wanted: &dyn Fn(DocumentId) -> bool,
    ) -> Vec<&'static str> {
        let snapshot = self.read(from);
        let origin = self.nodes[from].origin();
        let receiver = self.nodes[to].device();
        let mut parcels = Vec::new();
        for scope in snapshot.scopes().expect("memory reads") {
            if to != CENTRAL && !DomainSchema.may_read(&snapshot, receiver, &scope).expect("memory reads") {
                continue;
            }
            for (_, id) in snapshot.scope_log_after(&scope, 0, usize::MAX).expect("memory reads") {
                if wanted(id) {
                    parcels.push((scope.clone(), parcel(&snapshot, &origin, id)));
                }
            }
        }
        let now = Timestamp::from_millis(self.now);
        let (refused, _) = self.nodes[to]
            .write(now, |batch| {
                let mut refused = Vec::new();
                for (scope, document) in parcels {
                    let ingested = batch.ingest(&origin, &scope, document)?;
                    refused.extend(ingested.refused.into_iter().map(|(_, code)| code));
                }
                Ok(refused)
            })
            .expect("memory does not fail");
        refused
    }

    /// All documents of a node.
    pub fn documents(&self, node: usize) -> BTreeMap<DocumentId, Document> {
        let snapshot = self.read(node);
        let mut ids = Vec::new();
        snapshot
            .headers(&mut |header| {
                ids.push(header.id);
                ControlFlow::Continue(())
            })
            .expect("memory reads");
        let load = |id| snapshot.document(id).expect("memory reads").expect("a document that was listed");
        ids.into_iter().map(|id| (id, load(id))).collect()
    }

    pub fn views(&self, node: usize) -> BTreeMap<(View, Vec<u8>), Vec<u8>> {
        self.read(node).dump_views().expect("memory reads")
    }

    /// The views of a node are what its documents say when they are all read anew.
    pub fn assert_views_follow_from_documents(&mut self, node: usize) {
        let live = self.views(node);
        self.nodes[node].rebuild_views().expect("memory does not fail");
        assert_eq!(live, self.views(node), "views of node {node}");
    }

    /// The two devices of the health centre hold the same documents and views, and the centre the same documents.
    pub fn assert_converged(&mut self) {
        let (a, b, central) = (self.documents(A), self.documents(B), self.documents(CENTRAL));
        assert_eq!(a, b, "documents of A and B");
        for node in [A, D] {
            for (id, document) in self.documents(node) {
                assert_eq!(Some(&document), central.get(&id), "node {node} and the centre");
            }
        }
        assert_eq!(self.views(A), self.views(B), "views of A and B");
        for node in [CENTRAL, A, B, D] {
            self.assert_views_follow_from_documents(node);
        }
    }
}

fn parcel(snapshot: &Snapshot, origin: &Origin, id: DocumentId) -> IncomingDocument {
    let outgoing = snapshot.outgoing(id, 0, None).expect("memory reads");
    let verify = |bytes| VerifiedChange::verify(bytes).expect("a change of our own");
    let changes = outgoing.changes.into_iter().map(verify);
    let snapshot =
        outgoing.snapshot.map(|bytes| VerifiedSnapshot::verify(bytes).expect("a snapshot of our own"));
    // A device that passes on what others wrote would be refused; in this country only the centre does.
    let changes = changes.filter(|change| origin.central || origin.wrote_as(change.actor())).collect();
    IncomingDocument { id, snapshot, changes }
}
