//! The oracles: what must be true of the databases, looked at from outside of the code that keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crdt_store::{
    ChangeHash, Document, DocumentHeader, DocumentId, Heads, IncomingDocument, OpenOptions, Origin, Schema,
    Scope, Snapshot, Store, StoreError, Value, VerifiedChange, VerifiedSnapshot, ViewRead,
};
use domain::shipment::{Shipment, Status};
use replication::{Node, PeerStatus};
use std::sync::Arc;

use crate::counting::{self, CountKind};
use crate::forms::Forms;
use crate::look;
use crate::machine::{Machine, right_time};
use crate::network::MachineId;
use crate::orders::Orders;
use crate::people::FORGED;
use crate::recount::{self, Recount};
use crate::shares;
use crate::world::{CENTRAL, Fate, Held, World};

/// Documents taken into a twin in one transaction.
const TWIN_BATCH: usize = 200;

/// Whether a document stands at these heads, or has gone on from them.
pub(crate) fn holds(read: &Snapshot, id: DocumentId, heads: &Heads) -> Result<bool, StoreError> {
    let Some(header) = read.header(id)? else { return Ok(false) };
    if heads.iter().all(|head| header.heads.contains(head)) {
        return Ok(true);
    }
    let known: BTreeSet<ChangeHash> =
        read.history(id)?.into_iter().flatten().map(|entry| entry.hash).collect();
    Ok(heads.iter().all(|head| known.contains(head)))
}

/// The versions of documents after a node's latest commit.
pub(crate) fn heads_of(node: &Node, ids: &[DocumentId]) -> Result<Vec<(DocumentId, Heads)>, StoreError> {
    let read = node.reader().snapshot()?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(read.header(*id)?.map(|header| (*id, header.heads)));
    }
    Ok(found)
}

/// In which respect devices are not yet in sync with central; empty when all are, and know it.
pub(crate) fn differing(machines: &[Machine], central: MachineId) -> Result<Vec<String>, StoreError> {
    let hub = &machines[central];
    let Some(hub_node) = &hub.node else { return Ok(vec!["central is down".to_owned()]) };
    let hub_read = hub_node.reader().snapshot()?;
    let mut found = Vec::new();
    for machine in machines.iter().filter(|machine| machine.honest && !machine.central) {
        let Some(node) = &machine.node else {
            found.push(format!("{} is down", machine.name));
            continue;
        };
        let read = node.reader().snapshot()?;
        for scope in entitled(hub, &hub_read, machine, &read)? {
            let (here, there) = (read.fingerprint(&scope)?, hub_read.fingerprint(&scope)?);
            if here != there {
                let name = hub.schema.scope_name(&hub_read, &scope);
                found.push(format!(
                    "{} has {} documents of {name}, central {}",
                    machine.name, here.count, there.count
                ));
            }
        }
        for (own, peer) in [(node, hub.device), (hub_node, machine.device)] {
            let status = own.status();
            let peer = status.peer(peer);
            if !peer.is_some_and(|peer| peer.in_sync) {
                let state = peer.map(|peer| (peer.link, peer.scopes_differing, peer.last_error.clone()));
                found.push(format!(
                    "{} has no proof of being in sync with {}: {state:?}",
                    status.device, machine.name
                ));
            }
        }
    }
    Ok(found)
}

/// The scopes a device should hold, and those it does.
fn entitled(
    hub: &Machine,
    hub_read: &Snapshot,
    machine: &Machine,
    read: &Snapshot,
) -> Result<BTreeSet<Scope>, StoreError> {
    let mut scopes = BTreeSet::new();
    for scope in hub_read.scopes()? {
        if machine.central || hub.schema.may_read(hub_read, machine.device, &scope)? {
            scopes.insert(scope);
        }
    }
    scopes.extend(read.scopes()?);
    Ok(scopes)
}

/// Where a balance below zero and its task do not go together.
pub(crate) fn tasks_differ(read: &Snapshot) -> Result<Option<String>, StoreError> {
    let tasks: BTreeSet<_> = look::over_issues(read)?.into_iter().collect();
    let negative: BTreeSet<_> = look::balances(read)?
        .into_iter()
        .filter(|(_, _, on_hand)| *on_hand < 0)
        .map(|(store, line, _)| (store, line))
        .collect();
    Ok(tasks.symmetric_difference(&negative).next().map(|(store, line)| {
        let (what, not) = if tasks.contains(&(*store, *line)) {
            ("task", "balance below zero")
        } else {
            ("balance below zero", "task")
        };
        format!("stock line {line} of store {store} has a {what} and no {not}")
    }))
}

/// All that is checked when the world has come to rest. The power fails everywhere first: only what is durable counts.
pub(crate) fn at_rest(world: &mut World) -> Held {
    note_rare_states(world);
    let unbuilt = unbuilt(world);
    let replicas = reopen(world)?;
    let outcome = Inspection { world, replicas: &replicas }.run();
    match outcome {
        Ok(held) => held.and_then(|()| all_built(world, unbuilt)),
        Err(error) => Err(world.breach("I11", format!("reading a database at rest: {error}"))),
    }
}

fn note_rare_states(world: &mut World) {
    let counts = world.network.counts;
    world.tally.sometimes_many("loss in flight", counts.lost_in_flight);
    world.tally.sometimes_many("half-open connection", counts.half_open);
    world.tally.sometimes_many("pause nobody noticed", counts.pauses);
    let peers = |machine: &Machine| machine.node.as_ref().map(Node::status).map_or(Vec::new(), |it| it.peers);
    let peers: Vec<_> = world.machines.iter().flat_map(peers).collect();
    world.tally.sometimes_many("parked change", peers.iter().map(|peer| peer.parked).sum());
}

/// A device that could not put together what an honest one sent.
fn unbuilt(world: &World) -> Option<String> {
    let honest = |device| world.machines.iter().any(|machine| machine.honest && machine.device == device);
    world.machines.iter().filter(|machine| machine.honest).find_map(|machine| {
        let peers = machine.node.as_ref()?.status().peers;
        let counts = |peer: &&PeerStatus| honest(peer.device) && (peer.central || !machine.restored);
        let peer = peers.iter().find(|peer| peer.unbuilt > 0 && counts(peer))?;
        Some(format!("{} could not put together {} documents of {}", machine.name, peer.unbuilt, peer.device))
    })
}

/// W1: nobody here puts central back to a backup, so whatever is sent without what it continues finds that at the other
/// end. Otherwise the document would come whole later, and nothing but the bytes would tell. A device that was put back
/// is dialled by neighbours that do not know it yet, and what they send with HELLO may continue what it has lost.
fn all_built(world: &mut World, unbuilt: Option<String>) -> Held {
    world.tally.checked("W1");
    unbuilt.map_or(Ok(()), |detail| Err(world.breach("W1", detail)))
}

/// Cuts the power everywhere and opens all databases again.
fn reopen(world: &mut World) -> Held<Vec<(MachineId, Store)>> {
    let mut dice = world.seed.fork("the last power cut");
    let mut replicas = Vec::new();
    for machine in 0..world.machines.len() {
        let found = &mut world.machines[machine];
        found.disk.cut_power(&mut dice);
        found.node = None;
        if !found.honest {
            continue;
        }
        let (name, opened) = (found.name.clone(), found.open(world.seed));
        match opened {
            Ok(store) => replicas.push((machine, store)),
            Err(error) => return Err(world.breach("I11", format!("{name} does not open at rest: {error}"))),
        }
    }
    Ok(replicas)
}

/// The last look at everything.
struct Inspection<'a> {
    world: &'a mut World,
    replicas: &'a [(MachineId, Store)],
}

type Looked = Result<Held, StoreError>;

/// A step of the last look.
type Step<'a> = fn(&mut Inspection<'a>, &Snapshot, &BTreeMap<DocumentId, Document>) -> Looked;

impl Inspection<'_> {
    fn run(mut self) -> Looked {
        let (_, hub) = &self.replicas[CENTRAL];
        let read = hub.reader().snapshot()?;
        let documents = documents_of(&read)?;
        self.world.tally.documents = documents.len() as u64;
        self.world
            .tally
            .sometimes_many("cancellation met picking", count_shipments(&documents, cancelled_late));
        self.world.tally.sometimes_many("late amendment", count_shipments(&documents, amended_late));
        self.world.tally.sometimes_many("discrepancy", count_shipments(&documents, differs));
        note_counts(self.world, &documents);
        let steps: [Step<'_>; 14] = [
            Self::promises,
            Self::effects,
            Self::numbers,
            Self::replicas_agree,
            Self::views_follow,
            Self::stock_adds_up,
            Self::shares_add_up,
            Self::orders_add_up,
            Self::forms_add_up,
            Self::returns_add_up,
            Self::counts_are_tasks,
            Self::conflicts_are_tasks,
            Self::authors_are_proven,
            Self::nothing_is_left_over,
        ];
        for step in steps {
            if let Err(breach) = step(&mut self, &read, &documents)? {
                return Ok(Err(breach));
            }
        }
        Ok(Ok(()))
    }

    /// I2: what any device has acknowledged is at central.
    fn promises(&mut self, read: &Snapshot, _: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("I2");
        let mut promised: BTreeMap<DocumentId, BTreeSet<ChangeHash>> = BTreeMap::new();
        let living = self.world.machines.iter().flat_map(|machine| &machine.promised);
        for (id, heads) in living.chain(&self.world.kept) {
            promised.entry(*id).or_default().extend(heads.iter().copied());
        }
        for (id, hashes) in promised {
            let hashes: Heads = hashes.into_iter().collect();
            if !holds(read, id, &hashes)? {
                return Ok(Err(self
                    .world
                    .breach("I2", format!("central lacks an acknowledged change of document {id}"))));
            }
        }
        Ok(Ok(()))
    }

    /// I2, I6 and I8: what was accepted has exactly one effect, what was not has at most the one of a lost answer.
    fn effects(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        let mut effects: BTreeMap<&str, u32> = BTreeMap::new();
        for token in documents.values().flat_map(tokens) {
            *effects.entry(token).or_default() += 1;
        }
        let mut found = None;
        for (number, Fate { token, accepted, unanswered, lost, .. }) in &self.world.fates {
            let Some(token) = token.as_deref().filter(|token| !token.starts_with(FORGED)) else { continue };
            let times = effects.get(token).copied().unwrap_or(0);
            if *lost && times == 1 {
                self.world.tally.sometimes("lost work came back from a neighbour");
            }
            let invariant = match (accepted.is_some(), times) {
                (true, 1) | (false, 0) => continue,
                (false, 1) if *unanswered > 0 => continue,
                (true, 0) if *lost => continue,
                (true, 0) => "I2",
                _ => "I6",
            };
            let answer = if accepted.is_some() { "accepted" } else { "not accepted" };
            found = Some((invariant, format!("wish {number} was {answer} and has {times} effects")));
            break;
        }
        self.world.tally.checked("I6");
        Ok(match found {
            Some((invariant, detail)) => Err(self.world.breach(invariant, detail)),
            None => Ok(()),
        })
    }

    /// I13: nothing anywhere contradicts what its author signed; of what central holds, everything is signed but its own
    /// latest, and no seal between is missing, unless a device was put back to a backup: what it lost of a chain is a gap.
    fn authors_are_proven(&mut self, _: &Snapshot, _: &BTreeMap<DocumentId, Document>) -> Looked {
        for (machine, store) in self.replicas {
            self.world.tally.checked("I13");
            let audit = store.reader().snapshot()?.audit(&mut |_| {})?;
            let gaps: u64 = match self.world.faults.restored_backups {
                true => 0,
                false => audit.chains.iter().map(|chain| chain.gaps).sum(),
            };
            let name = &self.world.machines[*machine].name;
            let wrong = match audit.contradictions.first() {
                Some(first) => Some(format!("{name}: {}, {}", first.code, first.detail)),
                None if *machine == CENTRAL && audit.unproven() + gaps > 0 => {
                    Some(format!("{name} has {} unproven changes, and {gaps} gaps", audit.unproven()))
                }
                None => None,
            };
            if let Some(detail) = wrong {
                return Ok(Err(self.world.breach("I13", detail)));
            }
        }
        Ok(Ok(()))
    }

    /// N1: no two documents carry the same number for people.
    fn numbers(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("N1");
        let mut given: BTreeMap<&str, DocumentId> = BTreeMap::new();
        for document in documents.values().filter(|document| document.class != "asset") {
            let Some(number) = document.root.get("number").and_then(Value::as_text) else { continue };
            if let Some(other) = given.insert(number, document.id) {
                let detail = format!("documents {other} and {} are both number {number}", document.id);
                return Ok(Err(self.world.breach("N1", detail)));
            }
        }
        Ok(Ok(()))
    }

    /// I1: the same documents at the same versions with the same content, in each scope that a device holds.
    fn replicas_agree(&mut self, read: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        for (machine, store) in self.replicas {
            self.world.tally.checked("I1");
            let (hub, found) = (&self.world.machines[CENTRAL], &self.world.machines[*machine]);
            let own = store.reader().snapshot()?;
            let scopes = entitled(hub, read, found, &own)?;
            let here = documents_of(&own)?;
            let there: BTreeMap<DocumentId, &Document> = documents
                .iter()
                .filter(|(_, document)| scopes.contains(&document.scope))
                .map(|(id, document)| (*id, document))
                .collect();
            let ids: BTreeSet<DocumentId> = here.keys().chain(there.keys()).copied().collect();
            for id in ids {
                if here.get(&id) != there.get(&id).copied() {
                    let detail = format!(
                        "{} and central differ in document {id}: {}",
                        found.name,
                        difference(here.get(&id), there.get(&id).copied())
                    );
                    return Ok(Err(self.world.breach("I1", detail)));
                }
            }
        }
        Ok(Ok(()))
    }

    /// I1: views are what a database that was given the documents anew computes, in one go and from nothing.
    fn views_follow(&mut self, read: &Snapshot, _: &BTreeMap<DocumentId, Document>) -> Looked {
        for (machine, store) in self.replicas {
            self.world.tally.checked("I1");
            let (hub, found) = (&self.world.machines[CENTRAL], &self.world.machines[*machine]);
            let own = store.reader().snapshot()?;
            let scopes = entitled(hub, read, found, &own)?;
            let live = own.dump_views()?;
            let mut twin = twin_of(hub, found, read, &scopes)?;
            let merged = twin.reader().snapshot()?.dump_views()?;
            twin.rebuild_views()?;
            let rebuilt = twin.reader().snapshot()?.dump_views()?;
            for (other, how) in [(merged, "merged anew"), (rebuilt, "rebuilt from nothing")] {
                if let Some(detail) = first_difference(&live, &other) {
                    let detail = format!("views of {} are not those {how}: {detail}", found.name);
                    return Ok(Err(self.world.breach("I1", detail)));
                }
            }
        }
        Ok(Ok(()))
    }

    /// I4 and I5: balances are what the documents add up to, and those below zero are tasks.
    fn stock_adds_up(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("I4");
        let mut recount = Recount::default();
        documents.values().for_each(|document| recount.add(document));
        if !recount.is_conserved() {
            let Recount { sent, received, under_way, discrepancy, .. } = recount;
            let detail =
                format!("sent {sent}, received {received}, under way {under_way}, discrepancy {discrepancy}");
            return Ok(Err(self.world.breach("I4", detail)));
        }
        for (machine, store) in self.replicas {
            let own = store.reader().snapshot()?;
            let found = &self.world.machines[*machine];
            let concerns = |store: DocumentId| found.store.is_none_or(|own| own == store);
            let balances: BTreeMap<_, i64> = look::balances(&own)?
                .into_iter()
                .filter(|(store, _, on_hand)| concerns(*store) && *on_hand != 0)
                .map(|(store, line, on_hand)| ((store, line), on_hand))
                .collect();
            let counted: BTreeMap<_, i64> = recount
                .on_hand
                .iter()
                .filter(|((store, _), sum)| concerns(*store) && **sum != 0)
                .map(|(key, sum)| (*key, *sum))
                .collect();
            if let Some(((_, line), _)) = counted
                .iter()
                .find(|(key, sum)| balances.get(key) != Some(sum))
                .or(balances.iter().find(|(key, _)| !counted.contains_key(key)))
            {
                let detail = format!(
                    "{} shows another balance of stock line {line} than its documents add up to",
                    found.name
                );
                return Ok(Err(self.world.breach("I4", detail)));
            }
            let units: BTreeMap<_, i64> = look::item_balances(&own)?
                .into_iter()
                .filter(|(store, _, on_hand)| concerns(*store) && *on_hand != 0)
                .map(|(store, item, on_hand)| ((store, item), on_hand))
                .collect();
            let mut counted = recount.units.clone();
            counted.retain(|(store, _), sum| concerns(*store) && *sum != 0);
            if units != counted {
                let detail =
                    format!("{} has other units of an item than came and went, repacks aside", found.name);
                return Ok(Err(self.world.breach("I4", detail)));
            }
            self.world.tally.checked("I5");
            if let Some(detail) = tasks_differ(&own)? {
                return Ok(Err(self
                    .world
                    .breach("I5", format!("{}: {detail}", self.world.machines[*machine].name))));
            }
        }
        Ok(Ok(()))
    }

    /// S1: shares are what the documents add up to, and keep stores from issuing what is not there.
    fn shares_add_up(&mut self, read: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("S1");
        let mut recount = Recount::default();
        documents.values().for_each(|document| recount.add(document));
        let held = recount.shares.values().filter(|quantity| **quantity > 0).count();
        self.world.tally.sometimes_many("share held by another than the keeper", held as u64);
        for store in self.world.country.stores.clone() {
            for (machine, replica) in self.replicas {
                let found = &self.world.machines[*machine];
                if found.store.is_some_and(|own| own != store) {
                    continue;
                }
                if let Some(detail) = shares::differ(&replica.reader().snapshot()?, store, &recount)? {
                    let detail = format!("{}: {detail}", found.name);
                    return Ok(Err(self.world.breach("S1", detail)));
                }
            }
            if self.is_spoilt(store) {
                continue;
            }
            if let Some(line) = shares::over_issued(read, store, documents)? {
                let detail = format!("more of stock line {line} was issued than its devices held");
                return Ok(Err(self.world.breach("S1", detail)));
            }
        }
        Ok(Ok(()))
    }

    /// I14: what is to be given for orders, and what shipments do about it, is what a recount of documents finds, on every
    /// device that sees all of it.
    fn orders_add_up(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("I14");
        let orders = Orders::of(documents);
        self.world.tally.sometimes_many("order amended after sending", orders.amended);
        self.world.tally.sometimes_many("order supplied twice", orders.supplied_twice().len() as u64);
        let regular = self.world.country.order_types.first().copied();
        let too_many = orders.too_many(|order_type| (Some(order_type) == regular).then_some(2));
        self.world.tally.sometimes_many("one order too many", too_many);
        for (machine, replica) in self.replicas {
            let read = replica.reader().snapshot()?;
            let name = self.world.machines[*machine].name.clone();
            let own = match *machine {
                CENTRAL => orders.differ(&read)?,
                _ => Orders::of(&documents_of(&read)?).differ(&read)?,
            };
            if let Some(detail) = own {
                return Ok(Err(self.world.breach("I14", format!("{name}: {detail}"))));
            }
        }
        Ok(Ok(()))
    }

    /// I15: what a finalised form reports adds up, whoever finalised it, and one order follows from it.
    fn forms_add_up(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("I15");
        let forms = Forms::of(documents);
        self.world.tally.sometimes_many("form finalised", forms.finalised);
        // The order goes to central in a scope of its own: a device whose disk dies in between takes it along.
        let is_lost = |form: &DocumentId| {
            let store = documents
                .get(form)
                .and_then(|form| DocumentId::try_from(form.root.get("store")?.as_bytes()?).ok());
            store.is_none_or(|store| self.is_spoilt(store))
        };
        let missing = forms.without_order.iter().find(|form| !is_lost(form));
        let missing = missing.map(|form| format!("form {form} was finalised and its order is nowhere"));
        match forms.wrong.or(missing) {
            Some(detail) => Ok(Err(self.world.breach("I15", detail))),
            None => Ok(Ok(())),
        }
    }

    /// I16: what was refused and what goes back is what a recount of raw documents finds, on every device.
    fn returns_add_up(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        self.world.tally.checked("I16");
        let recount = recount_of(documents);
        let back = |place: usize| recount.returns.values().filter(|by| by[place] > 0).count() as u64;
        self.world.tally.sometimes_many("refused goods sent back", back(1));
        self.world.tally.sometimes_many("received goods sent back", back(2));
        self.world
            .tally
            .sometimes_many("refused goods sent back twice", recount.returned_twice().len() as u64);
        for (machine, replica) in self.replicas {
            let read = replica.reader().snapshot()?;
            let name = self.world.machines[*machine].name.clone();
            let differs = match *machine {
                CENTRAL => returns_differ(&recount, &read)?,
                _ => returns_differ(&recount_of(&documents_of(&read)?), &read)?,
            };
            if let Some(detail) = differs {
                return Ok(Err(self.world.breach("I16", format!("{name}: {detail}"))));
            }
        }
        Ok(Ok(()))
    }

    /// Whether a device of the store forgot what it had issued, or never kept to the rules.
    fn is_spoilt(&self, store: DocumentId) -> bool {
        let forgot = |machine: MachineId| {
            let replica = self.replicas.iter().find(|(found, _)| *found == machine);
            replica.is_none_or(|(_, replica)| replica.origin().incarnation > 1)
        };
        let machines = self.world.machines.iter().enumerate();
        machines
            .filter(|(_, machine)| machine.store == Some(store))
            .any(|(index, machine)| !machine.honest || forgot(index))
    }

    /// I5: counts that differ, and counts that came late, are tasks; nothing else is.
    fn counts_are_tasks(&mut self, _: &Snapshot, documents: &BTreeMap<DocumentId, Document>) -> Looked {
        let called_for = counting::count_tasks(documents);
        for (machine, store) in self.replicas {
            self.world.tally.checked("I5");
            let found = &self.world.machines[*machine];
            let shown = counting::shown(&store.reader().snapshot()?)?;
            let concerns = |(store, kind, stocktake): &&counting::CountTask| {
                found.store.is_none_or(|own| own == *store)
                    && (*kind != CountKind::Late || !counting::is_silent(documents, *stocktake))
            };
            let expected: BTreeSet<_> = called_for.iter().filter(concerns).collect();
            let there: BTreeSet<_> = shown.iter().filter(concerns).collect();
            if let Some((_, kind, stocktake)) = expected.symmetric_difference(&there).next() {
                let detail =
                    format!("{}: stocktake {stocktake} and its task {kind:?} do not go together", found.name);
                return Ok(Err(self.world.breach("I5", detail)));
            }
        }
        Ok(Ok(()))
    }

    /// C1: a field that holds different values is a task, and nothing else is; on every device by its own documents.
    fn conflicts_are_tasks(&mut self, _: &Snapshot, _: &BTreeMap<DocumentId, Document>) -> Looked {
        for (machine, store) in self.replicas {
            self.world.tally.checked("C1");
            let own = store.reader().snapshot()?;
            let tasks: BTreeSet<(DocumentId, String)> = look::conflicts(&own, None)?
                .into_iter()
                .map(|(document, conflict)| (document, conflict.pointer))
                .collect();
            let mut counted = BTreeSet::new();
            for (id, document) in documents_of(&own)? {
                let file = own.save(id)?.unwrap_or_default();
                let contested = recount::contested(&document, &file).map_err(StoreError::Corrupt)?;
                counted.extend(contested.into_iter().map(|pointer| (id, pointer)));
            }
            self.world.tally.sometimes_many("conflicting values at rest", counted.len() as u64);
            if let Some((document, pointer)) = tasks.symmetric_difference(&counted).next() {
                let what = match counted.contains(&(*document, pointer.clone())) {
                    true => "holds several values and is no task",
                    false => "is a task and holds one value",
                };
                let name = &self.world.machines[*machine].name;
                let detail = format!("{name}: {pointer} of document {document} {what}");
                return Ok(Err(self.world.breach("C1", detail)));
            }
        }
        Ok(Ok(()))
    }

    /// I8 and I1: no forgery anywhere, nothing waits for what will never come, and nothing honest was refused.
    fn nothing_is_left_over(&mut self, _: &Snapshot, _: &BTreeMap<DocumentId, Document>) -> Looked {
        for (machine, store) in self.replicas {
            self.world.tally.checked("I8");
            let own = store.reader().snapshot()?;
            let name = self.world.machines[*machine].name.clone();
            let forged = documents_of(&own)?
                .into_values()
                .find(|document| tokens(document).any(|token| token.starts_with(FORGED)));
            if let Some(document) = forged {
                return Ok(Err(self
                    .world
                    .breach("I8", format!("{name} took in the forgery {}", document.id))));
            }
            let parked = own.parked_count()?;
            if parked > 0 {
                return Ok(Err(self
                    .world
                    .breach("I1", format!("{name} still waits for what {parked} changes depend on"))));
            }
            let honest =
                |device| self.world.machines.iter().any(|other| other.device == device && other.honest);
            if let Some(refused) =
                own.quarantined(usize::MAX)?.into_iter().find(|refused| honest(refused.device))
            {
                let detail = format!(
                    "{name} refused a change of an honest device: {}: {}",
                    refused.code, refused.detail
                );
                return Ok(Err(self.world.breach("I2", detail)));
            }
        }
        Ok(Ok(()))
    }
}

/// The tokens in all documents.
pub(crate) fn all_tokens(read: &Snapshot) -> Result<BTreeSet<String>, StoreError> {
    let documents = documents_of(read)?;
    Ok(documents.values().flat_map(tokens).map(str::to_owned).collect())
}

fn documents_of(read: &Snapshot) -> Result<BTreeMap<DocumentId, Document>, StoreError> {
    let mut headers: Vec<DocumentHeader> = Vec::new();
    read.headers(&mut |header| {
        headers.push(header);
        ControlFlow::Continue(())
    })?;
    let mut documents = BTreeMap::new();
    for header in headers {
        let document = read.document(header.id)?;
        let document = document
            .ok_or_else(|| StoreError::Corrupt(format!("document {} is listed and not there", header.id)))?;
        documents.insert(header.id, document);
    }
    Ok(documents)
}

/// The tokens of people's wishes that stand in a document. A stock line that a repack made carries the note of the one
/// it was taken from, which is no effect of its own.
fn tokens(document: &Document) -> impl Iterator<Item = &str> {
    let is_made =
        document.class == "stock_line" && matches!(document.root.get("opened_at"), Some(Value::Null));
    ["comment", "note", "code"]
        .into_iter()
        .filter(move |field| !(is_made && *field == "note"))
        .filter_map(|field| document.root.get(field)?.as_text())
        .filter(|text| text.starts_with(crate::people::HONEST) || text.starts_with(FORGED))
}

fn difference(here: Option<&Document>, there: Option<&Document>) -> String {
    match (here, there) {
        (None, Some(there)) => format!("the device lacks this {}", there.class),
        (Some(here), None) => format!("central lacks this {}", here.class),
        (Some(here), Some(there)) if here.heads != there.heads => format!("a {} at other heads", here.class),
        (Some(here), Some(there)) => {
            let field = here.root.iter().find(|(field, value)| there.root.get(*field) != Some(value));
            format!(
                "a {} with the same heads and another content at {:?}",
                here.class,
                field.map(|(field, _)| field)
            )
        }
        (None, None) => "neither has it".to_owned(),
    }
}

type Views = BTreeMap<(crdt_store::View, Vec<u8>), Vec<u8>>;

fn first_difference(live: &Views, other: &Views) -> Option<String> {
    let missing = other
        .iter()
        .find(|(key, value)| live.get(*key) != Some(*value))
        .map(|(key, _)| (key, "misses or shows otherwise"));
    let extra = || live.keys().find(|key| !other.contains_key(*key)).map(|key| (key, "shows too much"));
    let ((view, key), what) = missing.or_else(extra)?;
    Some(format!("{} {what} a row at {key:02x?}", view.0))
}

/// A database in memory that is given everything a device should hold, from central, at once.
fn twin_of(
    hub: &Machine,
    machine: &Machine,
    read: &Snapshot,
    scopes: &BTreeSet<Scope>,
) -> Result<Store, StoreError> {
    let options = OpenOptions::memory().device(machine.device).central(machine.central);
    let mut twin = Store::open(options, Arc::new(machine.schema))
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let origin = Origin { device: hub.device, incarnation: 1, central: true };
    let mut all = Vec::new();
    for scope in scopes {
        for (_, id) in read.scope_log_after(scope, 0, usize::MAX)? {
            all.push((scope.clone(), id));
        }
    }
    for part in all.chunks(TWIN_BATCH) {
        let mut incoming = Vec::new();
        for (scope, id) in part {
            incoming.push((scope, exported(read, *id)?));
        }
        twin.write(right_time(Default::default()), |batch| {
            for (scope, document) in incoming {
                batch.ingest(&origin, scope, document)?;
            }
            Ok(())
        })?;
    }
    Ok(twin)
}

fn exported(read: &Snapshot, id: DocumentId) -> Result<IncomingDocument, StoreError> {
    let whole = read.outgoing(id, 0, None)?;
    let wrong = |error: crdt_store::InvalidChange| {
        StoreError::Corrupt(format!("document {id} exports what does not verify: {error}"))
    };
    Ok(IncomingDocument {
        id,
        snapshot: whole.snapshot.map(VerifiedSnapshot::verify).transpose().map_err(wrong)?,
        changes: whole
            .changes
            .into_iter()
            .map(VerifiedChange::verify)
            .collect::<Result<_, _>>()
            .map_err(wrong)?,
    })
}

fn count_shipments(documents: &BTreeMap<DocumentId, Document>, state: fn(&Shipment) -> bool) -> u64 {
    let shipments = documents.values().filter(|document| document.class == "shipment");
    shipments.filter_map(|document| document.data::<Shipment>().ok()).filter(state).count() as u64
}

fn note_counts(world: &mut World, documents: &BTreeMap<DocumentId, Document>) {
    let tasks = counting::count_tasks(documents);
    let of = |kind: CountKind| tasks.iter().filter(|(_, found, _)| *found == kind).count() as u64;
    world.tally.sometimes_many("counts differed", of(CountKind::Differ));
    world.tally.sometimes_many("counts came late", of(CountKind::Late));
    let mut adjusted: BTreeMap<&str, u64> = BTreeMap::new();
    for document in documents.values().filter(|document| document.class == "stocktake") {
        let lines = document.root.get("adjusted").and_then(Value::as_map).into_iter().flatten();
        lines.for_each(|(line, _)| *adjusted.entry(line).or_default() += 1);
    }
    let twice = adjusted.values().filter(|times| **times > 1).count() as u64;
    world.tally.sometimes_many("line counted by two stocktakes", twice);
}

fn cancelled_late(shipment: &Shipment) -> bool {
    shipment.goods_moved() && shipment.events.contains_key(&Status::Cancelled)
}

fn amended_late(shipment: &Shipment) -> bool {
    shipment.lines.values().any(|line| shipment.late_amendment(line).is_some())
}

fn differs(shipment: &Shipment) -> bool {
    shipment.lines.values().any(|line| shipment.discrepancy(line))
}

fn recount_of(documents: &BTreeMap<DocumentId, Document>) -> Recount {
    let mut recount = Recount::default();
    documents.values().for_each(|document| recount.add(document));
    recount
}

/// Where views say otherwise of what goes back.
fn returns_differ(recount: &Recount, read: &Snapshot) -> Result<Option<String>, StoreError> {
    let shown: BTreeMap<_, _> = look::returns(read)?
        .into_iter()
        .map(|(key, [refused, back, of_stock, _])| (key, [refused, back, of_stock]))
        .filter(|(_, by)| *by != [0; 3])
        .collect();
    let mut counted = recount.returns.clone();
    counted.retain(|_, by| *by != [0; 3]);
    if shown != counted {
        return Ok(Some(format!("views say {shown:?}, documents {counted:?} of what goes back")));
    }
    let (tasks, twice) = (look::returned_twice(read)?, recount.returned_twice());
    Ok((tasks != twice).then(|| format!("tasks name {tasks:?}, documents {twice:?}")))
}
