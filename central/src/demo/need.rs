//! How much of what is needed where. Pure.

use super::cast::{DemoStore, MATERNITY, OUTPATIENTS, VACCINATION, WARDS};
use super::catalogue::Article;

/// Weeks in a year, months in a year.
const WEEKS: i64 = 52;
const MONTHS: i64 = 12;

/// What the last three months had in store for an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Supplied as needed.
    Steady,
    /// The country ran out of it.
    Scarce,
    /// Less is sent than is needed.
    Short,
    /// More is sent than is needed.
    Plenty,
}

const SCARCE: &[&str] = &["RUTF92", "MORP10I", "DTG10D", "HPV1", "GLOVM", "CEFT1GI", "CANN20"];
const SHORT: &[&str] = &["AMOX250D", "PARA120S", "MRDT25", "OXYT10I", "ADS05", "METF500T", "ORS1L"];
const PLENTY: &[&str] = &["IBUP400T", "ASA300T", "CHLO1K", "URIN10", "MEBE500T", "COND144"];

/// What only hospitals use; health centres do not hold it.
const HOSPITAL: &[&str] = &[
    "MORP10I", "TRAM50C", "AMPI1GI", "CLOX500C", "METR500I", "FLUC200C", "ARTS60I", "RHZE4T", "F75",
    "INSM10", "INSR10", "GLIC80T", "CARB200T", "DEXA4I", "HYDC100", "GLUC500", "CHLO1K",
];

const OF_MATERNITY: &[&str] = &[
    "OXYT10I", "MISO200T", "MGSO4I", "FEFO60T", "CHX7G", "DMPA150", "COC28", "IMPL2", "PREGT", "SYPRDT",
    "SP525T", "LLIN1", "VITA200C", "COND144",
];

const WITH_VACCINES: &[&str] = &["DILMR", "ADS05", "RUP2", "SAFEBX"];

impl Article {
    pub fn fate(&self) -> Fate {
        match self.code {
            code if SCARCE.contains(&code) => Fate::Scarce,
            code if SHORT.contains(&code) => Fate::Short,
            code if PLENTY.contains(&code) => Fate::Plenty,
            _ => Fate::Steady,
        }
    }

    pub fn is_vaccine(&self) -> bool {
        self.doses_per_vial.is_some()
    }

    pub fn is_for_hospitals(&self) -> bool {
        HOSPITAL.contains(&self.code)
    }

    /// Where a health centre issues it to.
    pub fn used_at(&self) -> &'static str {
        match self.code {
            _ if self.is_vaccine() => VACCINATION,
            code if WITH_VACCINES.contains(&code) => VACCINATION,
            code if OF_MATERNITY.contains(&code) => MATERNITY,
            _ => OUTPATIENTS,
        }
    }

    /// Units that a store gives to patients' care in a month.
    pub fn monthly_use(&self, store: &DemoStore) -> i64 {
        let middling = i64::from(self.monthly_use);
        match store.level {
            3 if self.is_for_hospitals() => 0,
            3 => middling * i64::from(store.size) / 100,
            2 if self.is_for_hospitals() => middling * 2,
            // Wards use a little of everything but vaccines.
            2 if !self.is_vaccine() => middling / 4,
            _ => 0,
        }
    }

    /// Units that a store needs in a month, for itself and for those it supplies.
    pub fn monthly_need(&self, store: &DemoStore) -> i64 {
        self.monthly_use(store) + store.customers().map(|customer| self.monthly_need(customer)).sum::<i64>()
    }

    /// Units that a store issues in a week to one of the places where it is used.
    pub fn weekly_use(&self, store: &DemoStore, to: &str) -> i64 {
        match to == WARDS || to == self.used_at() {
            true => self.monthly_use(store) * MONTHS / WEEKS,
            false => 0,
        }
    }

    /// Units, rounded up to whole packs.
    pub fn packs(&self, units: i64) -> i64 {
        let pack = i64::from(self.pack);
        (units + pack - 1) / pack * pack
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::cast::STORES;
    use crate::demo::catalogue::ARTICLES;

    #[test]
    fn every_code_in_a_list_is_in_the_catalogue() {
        for code in [SCARCE, SHORT, PLENTY, HOSPITAL, OF_MATERNITY, WITH_VACCINES].into_iter().flatten() {
            assert!(ARTICLES.iter().any(|article| article.code == *code), "{code}");
        }
    }

    #[test]
    fn a_store_needs_what_it_uses_and_what_those_it_supplies_need() {
        for article in ARTICLES {
            let total: i64 = STORES.iter().map(|store| article.monthly_use(store)).sum();
            assert_eq!(article.monthly_need(DemoStore::of("CMS")), total, "{}", article.code);
            assert!(total > 0, "{}", article.code);
        }
    }

    #[test]
    fn a_health_centre_issues_each_article_at_one_place() {
        let centre = DemoStore::of("KPU");
        for article in ARTICLES.iter().filter(|article| article.monthly_use(centre) >= 5) {
            let places = [OUTPATIENTS, MATERNITY, VACCINATION].map(|to| article.weekly_use(centre, to));
            assert_eq!(places.iter().filter(|weekly| **weekly > 0).count(), 1, "{}", article.code);
        }
    }

    #[test]
    fn quantities_round_up_to_packs() {
        let article = &ARTICLES[0];
        assert_eq!((article.packs(0), article.packs(1), article.packs(1_000)), (0, 1_000, 1_000));
    }
}
