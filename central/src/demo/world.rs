//! The demo's reference data: what central must say before anybody can work.

use std::collections::BTreeSet;

use crdt_store::{Batch, DocumentId, Failure, Txn};
use domain::asset_reason::CreateAssetReason;
use domain::item::{CreateItem, Ven};
use domain::partner::CreatePartner;
use domain::reason::{CreateReason, ReasonKind};
use domain::site::CreateSite;
use domain::store::CreateStore;
use domain::user::CreateUser;
use domain::{Caller, Preset, password};

use super::SeedError;
use super::cast::{
    DemoSite, DemoStore, DemoUser, PARTNERS, PASSWORD, Partner, PartnerRole, SITES, STORES, USERS, id_of,
};
use super::catalogue::{ARTICLES, Article, Need};
use super::equipment;
use super::script::execute;
use super::shelving;

/// Reasons of adjustments, returns and orders.
pub(super) const REASONS: &[(ReasonKind, &str)] = &[
    (ReasonKind::PositiveAdjustment, FOUND),
    (ReasonKind::PositiveAdjustment, "Erreur de saisie · Correction of an entry"),
    (ReasonKind::NegativeAdjustment, DAMAGED),
    (ReasonKind::NegativeAdjustment, EXPIRED),
    (ReasonKind::NegativeAdjustment, "Perdu ou volé · Lost or stolen"),
    (ReasonKind::NegativeAdjustment, "Écart d'inventaire · Count difference"),
    (ReasonKind::OpenVialWastage, OPEN_VIAL),
    (ReasonKind::ClosedVialWastage, "Flacon cassé · Broken vial"),
    (ReasonKind::ClosedVialWastage, "PCV au-delà du point limite · VVM beyond discard point"),
    (ReasonKind::ClosedVialWastage, "Congelé · Frozen"),
    (ReasonKind::Return, "Mauvais article · Wrong item"),
    (ReasonKind::Return, "Péremption courte · Short expiry"),
    (ReasonKind::RequisitionVariance, OUTBREAK),
    (ReasonKind::RequisitionVariance, "Saison · Season"),
];

pub(super) const FOUND: &str = "Trouvé à l'inventaire · Found in count";
pub(super) const DAMAGED: &str = "Avarié · Damaged";
pub(super) const EXPIRED: &str = "Périmé, détruit · Expired, destroyed";
pub(super) const OPEN_VIAL: &str = "Fin de séance, flacon ouvert · Open vial, end of session";
pub(super) const OUTBREAK: &str = "Épidémie · Outbreak";

/// Identity of the reason of a text.
pub(super) fn reason_id(text: &str) -> DocumentId {
    id_of("reason", text)
}

/// Identity of the item that an article is.
pub(super) fn item_id(article: &Article) -> DocumentId {
    id_of("item", article.code)
}

/// Identity of a partner.
pub(super) fn partner_id(code: &str) -> DocumentId {
    id_of("partner", code)
}

/// Makes all reference data but locations.
pub(super) fn make(batch: &mut Batch<'_>, seed: u64) -> Result<(), SeedError> {
    let system = DocumentId::NIL;
    for store in STORES {
        execute(batch, system, |txn, caller| make_store(txn, caller, store))?;
    }
    for site in SITES {
        execute(batch, system, |txn, caller| make_site(txn, caller, site))?;
    }
    for (number, user) in USERS.iter().enumerate() {
        let hash = password::hash(PASSWORD, &salt(seed, number)).expect("the demo's password is long enough");
        execute(batch, system, |txn, caller| make_user(txn, caller, user, hash))?;
    }
    for partner in PARTNERS {
        execute(batch, system, |txn, caller| make_partner(txn, caller, partner))?;
    }
    for (kind, text) in REASONS {
        let command = CreateReason { id: Some(reason_id(text)), kind: *kind, text: (*text).to_owned() };
        execute(batch, system, |txn, caller| domain::reason::create(txn, caller, &command))?;
    }
    for (status, text, comment_required) in equipment::REASONS {
        let id = Some(id_of("asset reason", text));
        let (text, comment_required) = ((*text).to_owned(), *comment_required);
        let command = CreateAssetReason { id, status: *status, text, comment_required };
        execute(batch, system, |txn, caller| domain::asset_reason::create(txn, caller, &command))?;
    }
    for article in ARTICLES {
        execute(batch, system, |txn, caller| make_item(txn, caller, article))?;
    }
    shelving::make(batch)
}

/// A salt need not be secret, only different for every hash.
fn salt(seed: u64, number: usize) -> [u8; 16] {
    *id_of("salt", &format!("{seed} {number}")).as_bytes()
}

fn make_store(txn: &mut Txn<'_>, caller: &Caller, store: &DemoStore) -> Result<(), Failure> {
    let command = CreateStore {
        id: Some(store.id()),
        code: store.code.to_owned(),
        name: store.name.to_owned(),
        level: store.level,
        supplier: store.supplier.map(|code| DemoStore::of(code).id()),
        site: None,
    };
    domain::store::create(txn, caller, &command).map(drop)
}

/// Makes a site. The central one may be there already: whoever opened the database made it.
fn make_site(txn: &mut Txn<'_>, caller: &Caller, site: &DemoSite) -> Result<(), Failure> {
    let stores: Vec<DocumentId> = site.stores.iter().map(|code| DemoStore::of(code).id()).collect();
    let central =
        domain::query::reference::sites(txn)?.into_iter().find(|row| row.is_central && site.is_central);
    if let Some(row) = central {
        let command = domain::site::UpdateSite { stores: Some(stores), ..Default::default() };
        return domain::site::update(txn, caller, row.id, &command);
    }
    let (id, name) = (Some(site.id()), site.name.to_owned());
    // Several devices, so that whoever deletes a site's directory gets the site again.
    let command =
        CreateSite { id, name, is_central: site.is_central, multi_device: !site.is_central, stores };
    domain::site::create(txn, caller, &command).map(drop)
}

fn make_user(
    txn: &mut Txn<'_>,
    caller: &Caller,
    user: &DemoUser,
    password_hash: String,
) -> Result<(), Failure> {
    let rights = user.preset.permissions();
    let central = if user.preset == Preset::Administrator { rights.clone() } else { BTreeSet::new() };
    let command = CreateUser {
        id: Some(user.id()),
        username: user.username.to_owned(),
        name: Some(user.name.to_owned()),
        password_hash,
        language: Some(user.language.to_owned()),
        lease_days: None,
        central,
        stores: user.stores.iter().map(|code| (DemoStore::of(code).id(), rights.clone())).collect(),
    };
    domain::user::create(txn, caller, &command).map(drop)
}

fn make_partner(txn: &mut Txn<'_>, caller: &Caller, partner: &Partner) -> Result<(), Failure> {
    let command = CreatePartner {
        id: Some(partner_id(partner.code)),
        code: partner.code.to_owned(),
        name: partner.name.to_owned(),
        customer: partner.role == PartnerRole::Customer,
        supplier: partner.role == PartnerRole::Supplier,
        manufacturer: partner.role == PartnerRole::Manufacturer,
        donor: partner.role == PartnerRole::Donor,
    };
    domain::partner::create(txn, caller, &command).map(drop)
}

fn make_item(txn: &mut Txn<'_>, caller: &Caller, article: &Article) -> Result<(), Failure> {
    let command = CreateItem {
        id: Some(item_id(article)),
        code: article.code.to_owned(),
        name: article.name(),
        unit: article.unit.to_owned(),
        strength: (!article.strength.is_empty()).then(|| article.strength.to_owned()),
        ven: Some(match article.need {
            Need::Vital => Ven::Vital,
            Need::Essential => Ven::Essential,
            Need::Necessary => Ven::NonEssential,
        }),
        default_pack_size: Some(article.pack),
        is_vaccine: article.is_vaccine(),
        doses_per_unit: article.doses_per_vial,
        universal_code: None,
    };
    domain::item::create(txn, caller, &command).map(drop)
}
