//! The demo's equipment, and how it fared.

use domain::asset::AssetStatus;

use super::cast::DemoStore;

/// A kind of equipment. The makers are invented; the categories are those of the WHO PQS catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Model {
    pub class: &'static str,
    pub category: &'static str,
    pub kind: &'static str,
    pub manufacturer: &'static str,
    pub model: &'static str,
    pub catalogue_code: &'static str,
}

const COLD_CHAIN: &str = "Cold chain equipment";

const COLD_ROOM: Model = Model {
    class: COLD_CHAIN,
    category: "Cold rooms and freezer rooms",
    kind: "Walk-in cold room, +2 to +8 °C",
    manufacturer: "Norrsken Kyl",
    model: "Rum 30",
    catalogue_code: "E001/D01",
};
const ICE_LINED: Model = Model {
    class: COLD_CHAIN,
    category: "Refrigerators and freezers",
    kind: "Ice-lined refrigerator",
    manufacturer: "Polaris Froid",
    model: "Glacière 120",
    catalogue_code: "E003/D02",
};
const SOLAR: Model = Model {
    class: COLD_CHAIN,
    category: "Refrigerators and freezers",
    kind: "Solar direct drive refrigerator",
    manufacturer: "Heliokold",
    model: "SDD 55",
    catalogue_code: "E003/D03",
};
const FREEZER: Model = Model {
    class: COLD_CHAIN,
    category: "Refrigerators and freezers",
    kind: "Vaccine and ice pack freezer",
    manufacturer: "Polaris Froid",
    model: "Banquise 200",
    catalogue_code: "E003/D04",
};
const COLD_BOX: Model = Model {
    class: COLD_CHAIN,
    category: "Insulated containers",
    kind: "Cold box, long range",
    manufacturer: "Isotherma",
    model: "Coffre 22",
    catalogue_code: "E004/D05",
};
const LOGGER: Model = Model {
    class: COLD_CHAIN,
    category: "Temperature monitoring devices",
    kind: "30-day temperature recorder",
    manufacturer: "Thermograph",
    model: "TG 30",
    catalogue_code: "E006/D06",
};
const GENERATOR: Model = Model {
    class: "Power",
    category: "Generators",
    kind: "Diesel generator",
    manufacturer: "Sahel Énergie",
    model: "GE 12",
    catalogue_code: "E007/D07",
};

/// One piece of equipment and what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub store: &'static str,
    pub number: &'static str,
    pub serial: &'static str,
    pub model: Model,
    /// Years since it was installed.
    pub age_years: i16,
    pub needs_replacement: bool,
    /// Status entries: days ago, status, text of the reason, comment.
    pub log: &'static [(i64, AssetStatus, Option<&'static str>, Option<&'static str>)],
}

const fn piece(
    store: &'static str,
    number: &'static str,
    serial: &'static str,
    model: Model,
    age_years: i16,
    log: &'static [(i64, AssetStatus, Option<&'static str>, Option<&'static str>)],
) -> Piece {
    Piece { store, number, serial, model, age_years, needs_replacement: age_years >= 10, log }
}

/// Reasons of statuses: status, text, whether a comment is needed.
pub(super) const REASONS: &[(AssetStatus, &str, bool)] = &[
    (AssetStatus::NotInUse, STORED, false),
    (AssetStatus::FunctioningNeedsAttention, WEAR, false),
    (AssetStatus::FunctioningNeedsAttention, "Entretien à faire · Service due", false),
    (AssetStatus::NotFunctioning, NO_POWER, false),
    (AssetStatus::NotFunctioning, COMPRESSOR, false),
    (AssetStatus::NotFunctioning, "Pièce manquante · Spare part missing", true),
    (AssetStatus::Decommissioned, "Remplacé · Replaced", false),
    (AssetStatus::Unserviceable, BEYOND_REPAIR, true),
];

const STORED: &str = "En réserve · Kept in reserve";
const WEAR: &str = "Joint usé · Worn gasket";
const NO_POWER: &str = "Panne de courant · Power failure";
const COMPRESSOR: &str = "Compresseur en panne · Compressor failed";
const BEYOND_REPAIR: &str = "Irréparable · Beyond repair";

use AssetStatus::{Functioning, FunctioningNeedsAttention, NotFunctioning, NotInUse, Unserviceable};

/// All equipment.
pub(super) const PIECES: &[Piece] = &[
    piece("CMS", "CMS-CR-01", "NK-30-2281", COLD_ROOM, 6, &[(88, Functioning, None, None)]),
    piece(
        "CMS",
        "CMS-CR-02",
        "NK-30-2294",
        COLD_ROOM,
        6,
        &[
            (88, Functioning, None, None),
            (33, NotFunctioning, Some(COMPRESSOR), Some("Vaccines moved to room 1. Technicien appelé.")),
            (27, Functioning, None, Some("Compressor replaced")),
        ],
    ),
    piece(
        "CMS",
        "CMS-FR-01",
        "PF-200-0117",
        FREEZER,
        9,
        &[
            (87, Functioning, None, None),
            (12, FunctioningNeedsAttention, Some(WEAR), Some("Le joint laisse passer l'air")),
        ],
    ),
    piece("CMS", "CMS-GE-01", "SE-12-905", GENERATOR, 4, &[(86, Functioning, None, None)]),
    piece("LOK", "LOK-RF-01", "PF-120-4410", ICE_LINED, 5, &[(85, Functioning, None, None)]),
    piece(
        "LOK",
        "LOK-RF-02",
        "PF-120-4411",
        ICE_LINED,
        11,
        &[
            (85, FunctioningNeedsAttention, Some(WEAR), None),
            (9, NotFunctioning, Some(COMPRESSOR), Some("+14 °C ce matin, vaccins déplacés au n° 1")),
        ],
    ),
    piece("LOK", "LOK-FR-01", "PF-200-0308", FREEZER, 3, &[(85, Functioning, None, None)]),
    piece(
        "LOK",
        "LOK-GE-01",
        "SE-12-713",
        GENERATOR,
        8,
        &[
            (85, Functioning, None, None),
            (20, FunctioningNeedsAttention, Some("Entretien à faire · Service due"), None),
        ],
    ),
    piece("LOK", "LOK-CB-01", "IS-22-100", COLD_BOX, 2, &[(85, Functioning, None, None)]),
    piece(
        "KPU",
        "KPU-RF-01",
        "HK-55-0092",
        SOLAR,
        3,
        &[
            (84, Functioning, None, None),
            (41, NotFunctioning, Some(NO_POWER), Some("Panneau débranché par l'orage")),
            (39, Functioning, None, None),
        ],
    ),
    piece(
        "KPU",
        "KPU-RF-02",
        "PF-120-2057",
        ICE_LINED,
        12,
        &[
            (84, FunctioningNeedsAttention, Some(WEAR), None),
            (30, Unserviceable, Some(BEYOND_REPAIR), Some("Fuite du circuit; not worth the repair")),
        ],
    ),
    piece("KPU", "KPU-CB-01", "IS-22-184", COLD_BOX, 2, &[(84, Functioning, None, None)]),
    piece("KPU", "KPU-CB-02", "IS-22-185", COLD_BOX, 2, &[(84, NotInUse, Some(STORED), None)]),
    piece("KPU", "KPU-TR-01", "TG-30-7781", LOGGER, 1, &[(84, Functioning, None, None)]),
    piece("BES", "BES-RF-01", "PF-120-4502", ICE_LINED, 4, &[(83, Functioning, None, None)]),
    piece("BES", "BES-RF-02", "PF-120-4503", ICE_LINED, 4, &[(83, Functioning, None, None)]),
    piece("TAM", "TAM-RF-01", "HK-55-0093", SOLAR, 3, &[(83, Functioning, None, None)]),
    piece(
        "NDA",
        "NDA-RF-01",
        "HK-55-0101",
        SOLAR,
        2,
        &[
            (83, Functioning, None, None),
            (
                16,
                NotFunctioning,
                Some("Pièce manquante · Spare part missing"),
                Some("Fan ordered, ventilateur commandé"),
            ),
        ],
    ),
    piece("SUA", "SUA-RF-01", "HK-55-0104", SOLAR, 2, &[(82, Functioning, None, None)]),
    piece(
        "MER",
        "MER-RF-01",
        "PF-120-1999",
        ICE_LINED,
        10,
        &[(82, FunctioningNeedsAttention, Some(WEAR), None)],
    ),
];

impl Piece {
    pub fn store(&self) -> &'static DemoStore {
        DemoStore::of(self.store)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::timeline::DAYS;

    #[test]
    fn every_entry_has_a_reason_of_its_status_and_lies_within_the_records() {
        for piece in PIECES {
            assert!(piece.store().level > 0 && piece.log.is_sorted_by(|a, b| a.0 > b.0), "{}", piece.number);
            for (days_ago, status, reason, comment) in piece.log {
                assert!(*days_ago < DAYS - 1, "{}", piece.number);
                let fits = |text: &str| {
                    REASONS.iter().any(|(of, known, needs)| {
                        of == status && *known == text && (!needs || comment.is_some())
                    })
                };
                assert!(reason.is_none_or(fits), "{}", piece.number);
                assert!(reason.is_some() || *status != NotFunctioning, "{}", piece.number);
            }
        }
    }

    #[test]
    fn numbers_and_serials_are_given_once() {
        let distinct = |of: fn(&Piece) -> &'static str| PIECES.iter().map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(
            (distinct(|piece| piece.number), distinct(|piece| piece.serial)),
            (PIECES.len(), PIECES.len())
        );
    }
}
