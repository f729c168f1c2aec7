//! How the demo's shelves are arranged: types and sizes of places, what boxes look like, which programme wants what.

use std::collections::BTreeMap;

use crdt_store::{Batch, DocumentId, Failure, Txn};
use domain::item_variant::{CreateItemVariant, Packaging, VvmType};
use domain::location::{CreateLocation, LocationKind, UpdateLocation};
use domain::location_type::CreateLocationType;
use domain::programme::CreateProgramme;
use domain::programme::order_type::{self, CreateOrderType};
use domain::{Caller, Quantity, Temperature, Volume};

use super::SeedError;
use super::cast::{DemoStore, id_of};
use super::catalogue::{ARTICLES, Article, Keep};
use super::script::execute;
use super::world::{item_id, partner_id};

/// The usual types of places: code, name, coldest and warmest in degrees Celsius.
const TYPES: &[(&str, &str, i64, i64)] = &[
    (ROOM, "Température ambiante · Room temperature, +15 … +30 °C", 15, 30),
    (COLD, "Réfrigérateur · Refrigerator, +2 … +8 °C", 2, 8),
    (FROZEN, "Congélateur · Freezer, −25 … −15 °C", -25, -15),
    ("ULTRA", "Ultra-froid · Ultra-cold, −80 … −60 °C", -80, -60),
];
const ROOM: &str = "ROOM";
const COLD: &str = "COLD";
const FROZEN: &str = "FROZEN";

/// Programmes: code, name, whether they immunise, and the codes of items that are not found otherwise.
const PROGRAMMES: &[(&str, &str, bool, &[&str])] = &[
    (EPI, "PEV · Immunisation (EPI)", true, &["DILMR", "ADS05", "RUP2", "SAFEBX"]),
    (
        MALARIA,
        "Paludisme · Malaria",
        false,
        &["AL6T", "AL24T", "ARTS60I", "ARTS100R", "SP525T", "MRDT25", "LLIN1"],
    ),
    (
        "TBHIV",
        "VIH et tuberculose · HIV and tuberculosis",
        false,
        &["TLD90T", "ABLA120D", "DTG10D", "NVP50S", "RHZE4T", "RH2T", "INH300T", "HIVRDT"],
    ),
    (
        "MNCH",
        "Mère et enfant · Mother and child",
        false,
        &["OXYT10I", "MISO200T", "MGSO4I", "FEFO60T", "ORS1L", "ZINC20D", "VITA200C"],
    ),
];
pub(super) const EPI: &str = "EPI";
const MALARIA: &str = "MALARIA";

fn type_id(code: &str) -> DocumentId {
    id_of("location type", code)
}

/// Identity of the variant in which an article is delivered.
pub(super) fn variant_id(article: &Article) -> DocumentId {
    id_of("item variant", article.code)
}

/// The programme an article is kept for, if one pays for it.
pub(super) fn programme_of(article: &Article) -> Option<DocumentId> {
    let listed = |(code, _, immunises, codes): &&(&str, &str, bool, &[&str])| {
        [EPI, MALARIA].contains(code)
            && ((*immunises && article.is_vaccine()) || codes.contains(&article.code))
    };
    PROGRAMMES.iter().find(listed).map(|(code, ..)| id_of("programme", code))
}

/// Who paid for an article, if it was a gift.
pub(super) fn donor_of(article: &Article) -> Option<DocumentId> {
    let of_malaria =
        PROGRAMMES.iter().any(|(code, _, _, codes)| *code == MALARIA && codes.contains(&article.code));
    of_malaria.then(|| partner_id("HEALTHFD"))
}

/// Makes what central says of shelves and boxes.
pub(super) fn make(batch: &mut Batch<'_>) -> Result<(), SeedError> {
    let system = DocumentId::NIL;
    for (code, name, min, max) in TYPES {
        let degrees = |whole: i64| Some(Temperature::whole(whole));
        let (id, name) = (Some(type_id(code)), (*name).to_owned());
        let command = CreateLocationType { id, name, min: degrees(*min), max: degrees(*max) };
        execute(batch, system, |txn, caller| domain::location_type::create(txn, caller, &command))?;
    }
    for article in ARTICLES {
        execute(batch, system, |txn, caller| make_variant(txn, caller, article))?;
    }
    super::reporting::make(batch)?;
    for (code, name, immunisation, codes) in PROGRAMMES {
        let wanted =
            |article: &&Article| codes.contains(&article.code) || (*immunisation && article.is_vaccine());
        let command = CreateProgramme {
            id: Some(id_of("programme", code)),
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            immunisation: *immunisation,
            items: ARTICLES.iter().filter(wanted).map(item_id).collect(),
            stores: Vec::new(),
            schedule: (*immunisation || *code == MALARIA).then(super::reporting::months),
        };
        execute(batch, system, |txn, caller| domain::programme::create(txn, caller, &command))?;
    }
    order_types(batch)
}

/// Malaria is ordered once a month, and in an emergency in few lines at any time.
fn order_types(batch: &mut Batch<'_>) -> Result<(), SeedError> {
    let half = Quantity::from_thousandths(500);
    let kinds = [
        ("Régulière · Regular", false, [Quantity::whole(1), Quantity::whole(3)], Some(1), None),
        ("Urgente · Emergency", true, [half, Quantity::whole(1)], None, Some(5)),
    ];
    for (name, emergency, [min_months, max_months], max_orders, max_lines) in kinds {
        let command = CreateOrderType {
            id: Some(id_of("order type", name)),
            name: name.to_owned(),
            emergency,
            min_months,
            max_months,
            max_orders,
            max_lines,
        };
        let programme = id_of("programme", MALARIA);
        execute(batch, DocumentId::NIL, |txn, caller| order_type::create(txn, caller, programme, &command))?;
    }
    Ok(())
}

fn make_variant(txn: &mut Txn<'_>, caller: &Caller, article: &Article) -> Result<(), Failure> {
    let maker = match article.code.bytes().map(u32::from).sum::<u32>() % 2 {
        _ if article.is_vaccine() => "OCEANBIO",
        0 => "HARMATTAN",
        _ => "SAVANE",
    };
    // A box of boxes loses a tenth of its room to cardboard.
    let boxed = |units: u32| Packaging {
        units,
        volume: Some(Volume::from_thousandths(micro_litres(article) * i64::from(units) * 11 / 10_000 + 1)),
        gtin: None,
    };
    let kept = if article.keep == Keep::Cold { COLD } else { ROOM };
    let command = CreateItemVariant {
        id: Some(variant_id(article)),
        item: item_id(article),
        name: match article.doses_per_vial {
            Some(doses) => format!("Flacon · Vial × {doses}"),
            None => format!("Boîte · Box × {}", article.pack),
        },
        manufacturer: Some(partner_id(maker)),
        vvm_type: article.is_vaccine().then_some(match article.code {
            "BOPV20" => VvmType::Vvm2,
            "PENTA10" | "TD10" | "BCG20" => VvmType::Vvm14,
            "HPV1" | "PCV4" => VvmType::Vvm30,
            _ => VvmType::Vvm7,
        }),
        location_type: Some(type_id(kept)),
        primary: Some(boxed(article.pack)),
        secondary: Some(boxed(article.pack * 10)),
        tertiary: None,
    };
    domain::item_variant::create(txn, caller, &command).map(drop)
}

/// The room that a unit takes, in thousandths of a millilitre; of the right order and no more.
fn micro_litres(article: &Article) -> i64 {
    match (article.unit, article.code) {
        (_, "ROTA1") => 17_000,
        (_, "HPV1") => 15_000,
        (_, "LLIN1") => 4_000_000,
        ("dose", _) => 2_600,
        ("tablet" | "capsule", _) => 900,
        ("ml", _) => 1_700,
        ("ampoule", _) => 14_000,
        ("vial" | "test", _) => 24_000,
        ("bag", _) => 1_200_000,
        ("tin" | "roll" | "kg", _) => 900_000,
        _ => 30_000,
    }
}

/// The places where stores keep things, each with several to choose from.
#[derive(Default)]
pub(super) struct Places {
    kept: BTreeMap<(&'static str, Keep), Vec<DocumentId>>,
    quarantine: BTreeMap<&'static str, DocumentId>,
}

impl Places {
    /// Where a store keeps an article.
    pub(super) fn of(&self, store: &DemoStore, article: &Article) -> Option<DocumentId> {
        let places = self.kept.get(&(store.code, article.keep))?;
        let at = article.code.bytes().map(usize::from).sum::<usize>() % places.len().max(1);
        places.get(at).copied()
    }

    /// The coldest place of a store: its refrigerator or cold room.
    pub(super) fn cold(&self, store: &DemoStore) -> Option<DocumentId> {
        self.kept.get(&(store.code, Keep::Cold))?.first().copied()
    }

    /// Where a store puts what nobody may take.
    pub(super) fn quarantine(&self, store: &DemoStore) -> Option<DocumentId> {
        self.quarantine.get(store.code).copied()
    }
}

/// A place to make: what is kept there, what it stands in, code, name, type, litres.
type Wanted = (Option<Keep>, Option<&'static str>, &'static str, &'static str, &'static str, i64);

fn wanted(level: u8) -> Vec<Wanted> {
    let (shelf, cold) = (Some(Keep::Shelf), Some(Keep::Cold));
    match level {
        1 => vec![
            (None, None, "HALL", "Hall de stockage · Warehouse hall", ROOM, 900_000),
            (shelf, Some("HALL"), "H1", "Rayonnage 1 · Racks 1", ROOM, 300_000),
            (shelf, Some("HALL"), "H2", "Rayonnage 2 · Racks 2", ROOM, 300_000),
            (shelf, Some("HALL"), "H3", "Rayonnage 3 · Racks 3", ROOM, 300_000),
            (cold, None, "CR1", "Chambre froide 1 · Cold room 1", COLD, 20_000),
            (None, None, "FZ", "Congélateur · Freezer", FROZEN, 500),
        ],
        2 => vec![
            (None, None, "A", "Magasin · Store room", ROOM, 90_000),
            (shelf, Some("A"), "A1", "Étagère 1 · Shelf 1", ROOM, 30_000),
            (shelf, Some("A"), "A2", "Étagère 2 · Shelf 2", ROOM, 30_000),
            (shelf, Some("A"), "A3", "Étagère 3 · Shelf 3", ROOM, 30_000),
            (cold, None, "RF1", "Réfrigérateur 1 · Refrigerator 1", COLD, 400),
            (None, None, "FZ", "Congélateur · Freezer", FROZEN, 200),
        ],
        _ => vec![
            (None, None, "A", "Pharmacie · Pharmacy", ROOM, 24_000),
            (shelf, Some("A"), "A1", "Étagère 1 · Shelf 1", ROOM, 12_000),
            (shelf, Some("A"), "A2", "Étagère 2 · Shelf 2", ROOM, 12_000),
            (cold, None, "RF", "Réfrigérateur · Refrigerator", COLD, 120),
        ],
    }
}

/// Makes the places where a store keeps things: shelves in a room, a cold room or a refrigerator, a quarantine.
pub(super) fn make_locations(
    batch: &mut Batch<'_>,
    who: DocumentId,
    store: &'static DemoStore,
    places: &mut Places,
) -> Result<(), SeedError> {
    let mut made: BTreeMap<&str, DocumentId> = BTreeMap::new();
    let quarantine: Wanted = (None, None, QUARANTINE, "Quarantaine · Quarantine", ROOM, 2_000);
    for (keep, within, code, name, kept, litres) in wanted(store.level).into_iter().chain([quarantine]) {
        let command = CreateLocation {
            store: store.id(),
            code: code.to_owned(),
            name: name.to_owned(),
            kind: match kept {
                COLD => LocationKind::Cold,
                FROZEN => LocationKind::Frozen,
                _ => LocationKind::Ambient,
            },
            parent: within.and_then(|code| made.get(code).copied()),
            location_type: Some(type_id(kept)),
            volume: Some(Volume::whole(litres)),
        };
        let id = execute(batch, who, |txn, caller| domain::location::create(txn, caller, &command))?.id;
        made.insert(code, id);
        if let Some(keep) = keep {
            places.kept.entry((store.code, keep)).or_default().push(id);
        }
    }
    if let Some(id) = made.get(QUARANTINE).copied() {
        let hold = UpdateLocation { on_hold: Some(true), ..UpdateLocation::default() };
        execute(batch, who, |txn, caller| domain::location::update(txn, caller, id, &hold))?;
        places.quarantine.insert(store.code, id);
    }
    Ok(())
}

const QUARANTINE: &str = "Q";
