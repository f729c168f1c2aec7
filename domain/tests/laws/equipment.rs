//! Laws of equipment: the log tells the status, whoever wrote first.

use crdt_store::{DocumentId, Timestamp};
use domain::asset::{self, AddAssetLog, AssetDetails, AssetStatus, CreateAsset, UpdateAsset};
use domain::asset_reason::{self, CreateAssetReason};
use domain::query;
use query::PageRequest;
use query::assets::AssetFilter;

use crate::world::{A, B, CENTRAL, World};

fn fridge(world: &mut World) -> DocumentId {
    let details = AssetDetails { serial: Some(Some("SN-77".into())), ..AssetDetails::default() };
    let command = CreateAsset { id: None, store: world.centre, number: "F-02".into(), details };
    world.at(A, |txn, caller| asset::create(txn, caller, &command)).id
}

fn entry(status: AssetStatus) -> AddAssetLog {
    AddAssetLog { status, reason: None, comment: None, at: None }
}

fn reason(world: &mut World, status: AssetStatus, comment_required: bool) -> DocumentId {
    let command = CreateAssetReason { id: None, status, text: "Compresseur".into(), comment_required };
    let id = world.central(|txn, caller| asset_reason::create(txn, caller, &command)).id;
    world.meet_all();
    id
}

fn status(world: &World, node: usize, id: DocumentId) -> Option<AssetStatus> {
    query::assets::detail(&world.read(node), id).expect("an asset").asset.status
}

#[test]
fn what_does_not_work_needs_a_reason_that_belongs_to_it() {
    let mut world = World::new();
    let id = fridge(&mut world);
    let broken = reason(&mut world, AssetStatus::NotFunctioning, true);
    let mut log = |command: AddAssetLog| world.try_at(A, |txn, caller| asset::log(txn, caller, id, &command));
    let rejection = log(entry(AssetStatus::NotFunctioning)).expect_err("no reason");
    assert_eq!(rejection.code, "reason-required");
    let mismatched = AddAssetLog { reason: Some(broken), ..entry(AssetStatus::Functioning) };
    assert_eq!(log(mismatched).expect_err("another status").pointer.as_deref(), Some("/reason"));
    let silent = AddAssetLog { reason: Some(broken), ..entry(AssetStatus::NotFunctioning) };
    assert_eq!(log(silent.clone()).expect_err("no comment").pointer.as_deref(), Some("/comment"));
    log(AddAssetLog { comment: Some("bruit".into()), ..silent }).expect("all there");
    assert_eq!(status(&world, A, id), Some(AssetStatus::NotFunctioning));
}

#[test]
fn the_status_is_the_latest_entry_by_its_own_time_on_every_device() {
    let mut world = World::new();
    let id = fridge(&mut world);
    world.meet_all();
    let hour = 3_600_000;
    let at = |millis: i64| Some(Timestamp::from_millis(millis));
    // B records first what happened last; A later what happened earlier.
    let late = AddAssetLog { at: at(world.now - hour), ..entry(AssetStatus::FunctioningNeedsAttention) };
    world.at(B, |txn, caller| asset::log(txn, caller, id, &late));
    let early = AddAssetLog { at: at(world.now - 2 * hour), ..entry(AssetStatus::Functioning) };
    world.at(A, |txn, caller| asset::log(txn, caller, id, &early));
    assert_eq!(status(&world, A, id), Some(AssetStatus::Functioning));
    world.meet_all();
    for node in [A, B, CENTRAL] {
        assert_eq!(status(&world, node, id), Some(AssetStatus::FunctioningNeedsAttention), "node {node}");
    }
    assert_eq!(query::assets::detail(&world.read(A), id).expect("an asset").log.len(), 2);
    world.assert_converged();
}

#[test]
fn a_status_of_the_future_is_refused() {
    let mut world = World::new();
    let id = fridge(&mut world);
    let tomorrow = Some(Timestamp::from_millis(world.now + 86_400_000));
    let command = AddAssetLog { at: tomorrow, ..entry(AssetStatus::Functioning) };
    let rejection =
        world.try_at(A, |txn, caller| asset::log(txn, caller, id, &command)).expect_err("tomorrow");
    assert_eq!(rejection.pointer.as_deref(), Some("/at"));
}

#[test]
fn equipment_is_found_by_its_status_and_by_its_serial_number() {
    let mut world = World::new();
    let id = fridge(&mut world);
    world.at(A, |txn, caller| asset::log(txn, caller, id, &entry(AssetStatus::Functioning)));
    let count = |filter: AssetFilter| {
        query::assets::list(&world.read(A), Some(world.centre), &filter, &PageRequest::default())
            .expect("a list")
            .rows
            .len()
    };
    assert_eq!(count(AssetFilter { status: Some(AssetStatus::Functioning), ..Default::default() }), 1);
    assert_eq!(count(AssetFilter { status: Some(AssetStatus::Unserviceable), ..Default::default() }), 0);
    assert_eq!(count(AssetFilter { search: Some("sn-77".into()), ..Default::default() }), 1);
    let figures =
        query::dashboard::of_store(&world.read(A), world.centre, crate::world::today()).expect("figures");
    let functioning = figures.iter().find(|figure| figure.code == "assets-functioning").expect("the figure");
    assert_eq!((functioning.count, functioning.filter.get("status")), (1, Some(&"functioning")));
}

#[test]
fn null_clears_a_field_and_absence_leaves_it() {
    let mut world = World::new();
    let id = fridge(&mut world);
    let command: UpdateAsset = UpdateAsset {
        number: None,
        details: AssetDetails { model: Some(Some("TCW 40".into())), ..AssetDetails::default() },
    };
    world.at(A, |txn, caller| asset::update(txn, caller, id, &command));
    let clear =
        UpdateAsset { number: None, details: AssetDetails { serial: Some(None), ..AssetDetails::default() } };
    world.at(A, |txn, caller| asset::update(txn, caller, id, &clear));
    let seen = query::assets::detail(&world.read(A), id).expect("an asset").asset.asset;
    assert_eq!((seen.serial, seen.model.as_deref()), (None, Some("TCW 40")));
}
