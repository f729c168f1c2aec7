//! Laws of rights: who may do what, who may write where, who may read what.

use std::collections::{BTreeMap, BTreeSet};

use crdt_store::{Author, DocumentId, Failure, Schema, Timestamp, Txn, ViewRead};
use domain::item::{self, CreateItem, UpdateItem};
use domain::site::{self, RevokeDevice};
use domain::store::{self, UpdateStore};
use domain::user::{self, CreateUser, GrantAccess, SetPassword, UpdateUser};
use domain::{Caller, DomainSchema, Permission, Preset, Role, ScopeKind, query, reject};

use crate::world::{A, B, CENTRAL, D, World, today, units};

fn hash() -> String {
    domain::password::hash("koundoul-2026", &[7; 16]).expect("a password")
}

fn new_user(world: &World, name: &str) -> CreateUser {
    CreateUser {
        id: None,
        username: name.into(),
        name: Some("Awa M.".into()),
        password_hash: hash(),
        language: Some("fr".into()),
        lease_days: None,
        central: BTreeSet::new(),
        stores: BTreeMap::from([(world.centre, Preset::Storekeeper.permissions())]),
    }
}

#[test]
fn reference_data_is_edited_on_the_central_server_only() {
    let mut world = World::new();
    let rename = UpdateItem { name: Some("Amoxi".into()), ..UpdateItem::default() };
    let everything = Caller { store: None, ..Caller::system(Role::Site) };
    let id = world.amoxicillin;
    let rejection = world.try_as(A, &everything, |txn, caller| item::update(txn, caller, id, &rename));
    let rejection = rejection.expect_err("a site");
    assert_eq!(
        (rejection.code.as_str(), rejection.message.as_str()),
        ("central-only", reject::CENTRAL_ONLY_MESSAGE)
    );
    let nobody = Caller { permissions: Preset::Viewer.permissions(), ..Caller::system(Role::Central) };
    let rejection = world.try_as(CENTRAL, &nobody, |txn, caller| item::update(txn, caller, id, &rename));
    assert_eq!(rejection.expect_err("a viewer").code, "not-permitted");
}

#[test]
fn a_modified_site_that_writes_reference_data_is_refused_when_it_replicates() {
    let mut world = World::new();
    // A program that believes it is central, on a device that is not.
    let liar = Caller::system(Role::Central);
    let id = world.amoxicillin;
    let rename = UpdateItem { name: Some("Poison".into()), ..UpdateItem::default() };
    let rejection = world.try_as(A, &liar, |txn, caller| item::update(txn, caller, id, &rename));
    assert_eq!(rejection.expect_err("its own store knows better").code, "central-only");
    let forged = forge(&world, id);
    let (origin, scope) = (world.nodes[A].origin(), ScopeKind::Reference.scope());
    let read = world.read(CENTRAL);
    let before = read.document(id).expect("memory reads").expect("an item");
    let verdict = DomainSchema.check(&read, &origin, Some(&before), &forged).expect("memory reads");
    let refusal = verdict.expect_err("not from there");
    assert_eq!((refusal.code, refusal.detail.as_str()), ("central-only", reject::CENTRAL_ONLY_MESSAGE));
    assert_eq!(forged.scope, scope);
}

fn forge(world: &World, id: DocumentId) -> crdt_store::Document {
    let mut forged = world.read(A).document(id).expect("memory reads").expect("an item");
    forged.root.insert("name".into(), "Poison".into());
    forged
}

#[test]
fn a_device_writes_for_the_stores_its_site_hosts_and_for_no_other() {
    let world = World::new();
    let read = world.read(CENTRAL);
    let (centre, district) = (world.centre, world.district);
    let verdict = |node: usize, scope: ScopeKind| {
        let origin = world.nodes[node].origin();
        let mut document = read.document(world.amoxicillin).expect("memory reads").expect("an item");
        document.scope = scope.scope();
        document.root.insert("class".into(), "of a later version".into());
        let verdict = DomainSchema.check(&read, &origin, None, &document).expect("memory reads");
        verdict.map_err(|refusal| refusal.code)
    };
    for node in [A, B] {
        assert_eq!(verdict(node, ScopeKind::Store(centre)), Ok(()));
        assert_eq!(verdict(node, ScopeKind::Transfer(district, centre)), Ok(()));
        assert_eq!(verdict(node, ScopeKind::Store(district)), Err("not-entitled"));
    }
    assert_eq!(verdict(D, ScopeKind::Store(centre)), Err("not-entitled"));
    for scope in [ScopeKind::Central, ScopeKind::Reference, ScopeKind::StoreConfig(centre)] {
        assert_eq!(verdict(A, scope), Err("central-only"));
        assert_eq!(verdict(CENTRAL, scope), Ok(()));
    }
    assert_eq!(verdict(CENTRAL, ScopeKind::Store(centre)), Ok(()));
}

#[test]
fn a_device_receives_what_its_site_needs_and_nothing_else() {
    let world = World::new();
    let read = world.read(CENTRAL);
    let may = |node: usize, scope: ScopeKind| {
        DomainSchema.may_read(&read, world.nodes[node].device(), &scope.scope()).expect("memory reads")
    };
    let (centre, district) = (world.centre, world.district);
    for scope in [ScopeKind::Reference, ScopeKind::Store(centre), ScopeKind::StoreConfig(centre)] {
        assert!(may(A, scope) && may(CENTRAL, scope), "{scope:?}");
    }
    assert!(may(A, ScopeKind::Transfer(district, centre)) && may(D, ScopeKind::Transfer(district, centre)));
    for scope in [ScopeKind::Central, ScopeKind::Store(district), ScopeKind::StoreConfig(district)] {
        assert!(!may(A, scope) && may(CENTRAL, scope), "{scope:?}");
    }
    assert_eq!(DomainSchema.scope_name(&read, &ScopeKind::Store(centre).scope()), "store/KPU");
}

#[test]
fn a_revoked_device_neither_writes_nor_reads() {
    let mut world = World::new();
    let device = world.nodes[B].device();
    let site =
        query::reference::device(&world.read(CENTRAL), device).expect("memory reads").expect("enrolled").site;
    world.central(|txn, caller| site::revoke_device(txn, caller, site, &RevokeDevice { device }));
    let stock = world.stock(B, "L1", "2027-06-30", 5);
    world.at(B, |txn, caller| domain::stock_line::create(txn, caller, &stock));
    assert_eq!(world.carry(B, CENTRAL), ["device-revoked"]);
    let read = world.read(CENTRAL);
    assert!(!DomainSchema.may_read(&read, device, &ScopeKind::Reference.scope()).expect("memory reads"));
    assert_eq!(world.on_hand(CENTRAL, world.centre), units(0));
}

#[test]
fn what_a_site_did_for_a_store_before_it_moved_away_is_never_refused() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 5);
    let bongor = query::reference::site_by_name(&world.read(CENTRAL), "bongor")
        .expect("memory reads")
        .expect("a site");
    let moved = UpdateStore { site: Some(Some(bongor.id)), ..UpdateStore::default() };
    let centre = world.centre;
    world.central(|txn, caller| store::update(txn, caller, centre, &moved));
    assert_eq!(world.carry(A, CENTRAL), Vec::<&str>::new());
    world.meet(D, CENTRAL);
    assert_eq!(world.balance(D, line).0, units(5));
}

#[test]
fn a_document_stays_what_and_where_it_is() {
    let world = World::new();
    let read = world.read(CENTRAL);
    let before = read.document(world.amoxicillin).expect("memory reads").expect("an item");
    let central = world.nodes[CENTRAL].origin();
    let verdict = |change: &dyn Fn(&mut crdt_store::Document)| {
        let mut after = before.clone();
        change(&mut after);
        let verdict = DomainSchema.check(&read, &central, Some(&before), &after).expect("memory reads");
        verdict.map_err(|refusal| refusal.code)
    };
    let store = world.centre;
    assert_eq!(verdict(&|_| ()), Ok(()));
    assert_eq!(verdict(&|after| after.scope = ScopeKind::Store(store).scope()), Err("scope-changed"));
    assert_eq!(
        verdict(&|after| drop(after.root.insert("class".into(), "partner".into()))),
        Err("class-changed")
    );
    assert_eq!(verdict(&|after| drop(after.root.insert("name".into(), 7.into()))), Err("malformed"));
    assert_eq!(verdict(&|after| drop(after.root.remove("code"))), Err("malformed"));
    // A later version knows more of it: kept, passed on, not interpreted.
    assert_eq!(verdict(&|after| drop(after.root.insert("schema".into(), 2.into()))), Ok(()));
    assert_eq!(verdict(&|after| drop(after.root.insert("colour".into(), "red".into()))), Ok(()));
}

#[test]
fn a_user_made_at_the_centre_logs_in_at_the_site_without_ever_having_been_there() {
    let mut world = World::new();
    let command = new_user(&world, "Awa");
    let id = world.central(|txn, caller| user::create(txn, caller, &command)).id;
    assert!(query::access::login(&world.read(A), Role::Site, "awa").expect("memory reads").is_none());
    world.meet_all();
    let login =
        query::access::login(&world.read(A), Role::Site, "AWA").expect("memory reads").expect("known here");
    assert_eq!((login.user, login.language.as_str(), login.lease_days), (id, "fr", 30));
    assert!(domain::password::verify("koundoul-2026", &login.password_hash));
    let caller = login.caller(Role::Site, Some(world.centre)).expect("access here");
    assert!(
        caller.may(Permission::OutboundEdit, world.centre) && !caller.may(Permission::AuditLog, world.centre)
    );
    assert!(login.caller(Role::Site, Some(world.district)).is_none());
    // The district's devices do not even know the name; nor does the master record leave the centre.
    assert!(query::access::login(&world.read(D), Role::Site, "awa").expect("memory reads").is_none());
    assert!(query::access::master(&world.read(A), "awa").expect("memory reads").is_none());
}

#[test]
fn a_users_change_of_password_rights_or_activity_reaches_the_sites() {
    let mut world = World::new();
    let command = new_user(&world, "awa");
    let id = world.central(|txn, caller| user::create(txn, caller, &command)).id;
    let other = domain::password::hash("another-one", &[8; 16]).expect("a password");
    let set = SetPassword { password_hash: other };
    world.central(|txn, caller| user::set_password(txn, caller, id, &set));
    let viewer = GrantAccess { store: world.centre, permissions: Preset::Viewer.permissions() };
    world.central(|txn, caller| user::grant(txn, caller, id, &viewer));
    world.meet_all();
    let login =
        |world: &World| query::access::login(&world.read(A), Role::Site, "awa").expect("memory reads");
    let known = login(&world).expect("active");
    assert!(domain::password::verify("another-one", &known.password_hash));
    let caller = known.caller(Role::Site, Some(world.centre)).expect("access here");
    assert!(
        caller.may(Permission::StockView, world.centre) && !caller.may(Permission::StockEdit, world.centre)
    );
    let ended = UpdateUser { active: Some(false), ..UpdateUser::default() };
    world.central(|txn, caller| user::update(txn, caller, id, &ended));
    world.meet_all();
    assert!(login(&world).is_none());
}

#[test]
fn the_last_administrator_stays_one() {
    let mut world = World::new();
    let rights = Preset::Administrator.permissions();
    let administrator = |world: &mut World, name: &str| {
        let command = CreateUser { central: rights.clone(), ..new_user(world, name) };
        world.central(|txn, caller| user::create(txn, caller, &command)).id
    };
    let ended = UpdateUser { active: Some(false), ..UpdateUser::default() };
    let looks = UpdateUser { central: Some(Preset::Viewer.permissions()), ..UpdateUser::default() };
    let code = |world: &mut World, id, update: &UpdateUser| {
        let done =
            world.try_at(CENTRAL, |txn, _| user::update(txn, &Caller::system(Role::Central), id, update));
        done.err().map(|rejection| (rejection.code, rejection.pointer.unwrap_or_default()))
    };
    let refused = |pointer: &str| Some(("last-administrator".to_owned(), pointer.to_owned()));
    let ines = administrator(&mut world, "ines");
    assert_eq!(code(&mut world, ines, &ended), refused("/active"));
    assert_eq!(code(&mut world, ines, &looks), refused("/central"));
    // Two users with half of it each are as good as one with all.
    let server = UpdateUser { central: Some([Permission::ServerAdmin].into()), ..UpdateUser::default() };
    assert_eq!(code(&mut world, ines, &server), refused("/central"));
    let omar = administrator(&mut world, "omar");
    assert_eq!(code(&mut world, ines, &server), None);
    assert_eq!(code(&mut world, omar, &ended), refused("/active"));
    let data = UpdateUser { central: Some([Permission::EditCentralData].into()), ..UpdateUser::default() };
    assert_eq!(code(&mut world, omar, &data), None);
    // Everything else of the last one may change.
    let renamed = UpdateUser { name: Some("Omar D.".into()), ..UpdateUser::default() };
    assert_eq!(code(&mut world, omar, &renamed), None);
    let dora = administrator(&mut world, "dora");
    assert_eq!(code(&mut world, ines, &ended), None);
    assert_eq!(code(&mut world, omar, &ended), None);
    assert_eq!(code(&mut world, dora, &ended), refused("/active"));
}

#[test]
fn no_name_holds_what_cannot_be_seen_and_no_user_name_a_space() {
    let mut world = World::new();
    let complaint = |world: &mut World, username: &str, name: &str| {
        let command = CreateUser { name: Some(name.into()), ..new_user(world, username) };
        let made = world.try_at(CENTRAL, |txn, caller| user::create(txn, caller, &command));
        made.err().map(|rejection| (rejection.code, rejection.pointer.unwrap_or_default()))
    };
    let refused = |pointer: &str| Some(("validation".to_owned(), pointer.to_owned()));
    for letter in ['\u{202e}', '\u{2066}', '\u{200e}', '\u{200f}', '\u{200b}', '\u{feff}', '\u{ad}'] {
        assert_eq!(complaint(&mut world, "awa", &format!("Awa{letter} M.")), refused("/name"), "{letter:?}");
        assert_eq!(complaint(&mut world, &format!("a{letter}wa"), "Awa"), refused("/username"), "{letter:?}");
    }
    for username in ["awa m", "awa\u{a0}m", "awa\tm", " "] {
        assert_eq!(complaint(&mut world, username, "Awa"), refused("/username"), "{username:?}");
    }
    // What joins letters is part of a name in Persian, and stays.
    assert_eq!(complaint(&mut world, "mina", "می\u{200c}نا"), None);
}

#[test]
fn a_code_or_username_belongs_to_one() {
    let mut world = World::new();
    let command = CreateItem {
        id: None,
        code: " amx250 ".into(),
        name: "Autre".into(),
        unit: "cp".into(),
        strength: None,
        ven: None,
        default_pack_size: None,
        is_vaccine: false,
        doses_per_unit: None,
        universal_code: None,
    };
    let rejection =
        world.try_at(CENTRAL, |txn, caller| item::create(txn, caller, &command)).expect_err("taken");
    assert_eq!((rejection.code.as_str(), rejection.pointer.as_deref()), ("duplicate-code", Some("/code")));
    let command = new_user(&world, "Awa");
    world.central(|txn, caller| user::create(txn, caller, &command));
    let command = new_user(&world, "AWA");
    let rejection =
        world.try_at(CENTRAL, |txn, caller| user::create(txn, caller, &command)).expect_err("taken");
    assert_eq!(rejection.code, "duplicate-code");
}

/// Every command on a store, tried by somebody who may only look.
#[test]
fn every_command_asks_for_its_permission() {
    let mut world = World::new();
    let line = world.open_stock(A, "L1", "2027-06-30", 100);
    let viewer = Caller { permissions: Preset::Viewer.permissions(), ..world.caller(A) };
    let to = domain::shipment::End::Partner(world.partner);
    let add = crate::shipments::of_stock(line, 1);
    let outbound = crate::shipments::outbound(&world, A, to, vec![add.clone()]);
    let shipment = world.at(A, |txn, caller| domain::shipment::create_outbound(txn, caller, &outbound)).id;
    let opening = world.stock(A, "L2", "2027-06-30", 1);
    let adjustment = crate::stock::adjust(&world, line, units(1));
    let location = domain::location::CreateLocation {
        store: world.centre,
        code: "E1".into(),
        name: "Étagère 1".into(),
        kind: Default::default(),
        parent: None,
        location_type: None,
        volume: None,
    };
    let asset = domain::asset::CreateAsset {
        id: None,
        store: world.centre,
        number: "F-01".into(),
        details: Default::default(),
    };
    let picked = domain::shipment::SetStatus { status: domain::shipment::Status::Picked };
    type Attempt<'c> = Box<dyn FnOnce(&mut Txn<'_>, &Caller) -> Result<(), Failure> + 'c>;
    let attempts: Vec<Attempt<'_>> = vec![
        Box::new(|txn, caller| domain::stock_line::create(txn, caller, &opening).map(drop)),
        Box::new(|txn, caller| domain::stock_line::update(txn, caller, line, &Default::default())),
        Box::new(|txn, caller| domain::adjustment::create(txn, caller, &adjustment).map(drop)),
        Box::new(|txn, caller| domain::location::create(txn, caller, &location).map(drop)),
        Box::new(|txn, caller| domain::asset::create(txn, caller, &asset).map(drop)),
        Box::new(|txn, caller| domain::shipment::create_outbound(txn, caller, &outbound).map(drop)),
        Box::new(|txn, caller| domain::shipment::add_line(txn, caller, shipment, &add).map(drop)),
        Box::new(|txn, caller| domain::shipment::set_status(txn, caller, shipment, &picked)),
        Box::new(|txn, caller| domain::shipment::cancel(txn, caller, shipment)),
        Box::new(|txn, caller| domain::shipment::verify(txn, caller, shipment)),
    ];
    for (at, attempt) in attempts.into_iter().enumerate() {
        let rejection = world.try_as(A, &viewer, attempt).expect_err("only looking");
        assert_eq!(rejection.code, "not-permitted", "attempt {at}");
    }
    let before = query::stock::line(&world.read(A), line, today()).expect("a line");
    assert_eq!(before.on_hand, units(100));
}

#[test]
fn a_device_of_no_site_writes_nothing() {
    let mut stranger = crate::world::open(9);
    let world = World::new();
    let stock = world.stock(A, "L1", "2027-06-30", 5);
    let caller = Caller { user: DocumentId::NIL, store: None, ..Caller::system(Role::Site) };
    let author = Author::default();
    let now = Timestamp::from_millis(world.now);
    let outcome = stranger.execute(now, &author, |txn| domain::stock_line::create(txn, &caller, &stock));
    assert_eq!(outcome.expect("memory does not fail").expect_err("no store here").code, "not-found");
}
