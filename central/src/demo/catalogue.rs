//! What the demo's stores hold: medicines, vaccines and supplies of the world of the WHO Model List of Essential
//! Medicines, in the forms a district meets them in. Prices are of the right order and no more.

/// How much a country cannot do without an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It saves lives.
    Vital,
    /// It is needed often.
    Essential,
    /// It is good to have.
    Necessary,
}

/// Where an item must be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    /// On a shelf.
    Shelf,
    /// Between +2 and +8 °C.
    Cold,
}

/// One thing that stores hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Article {
    pub code: &'static str,
    pub english: &'static str,
    pub french: &'static str,
    /// Base unit, as it is counted.
    pub unit: &'static str,
    pub strength: &'static str,
    pub need: Need,
    /// Units in the pack it is delivered in.
    pub pack: u32,
    /// Doses in a vial, when it is a vaccine; its base unit is then the dose.
    pub doses_per_vial: Option<u32>,
    pub keep: Keep,
    /// Price of a unit, in thousandths of a dollar.
    pub unit_price: u32,
    /// Units that one health centre uses in a month, about.
    pub monthly_use: u32,
}

impl Article {
    /// One name that both languages find: the English and the French one, or either where they are the same but
    /// for accents.
    pub fn name(&self) -> String {
        match domain::text::fold(self.english) == domain::text::fold(self.french) {
            true => self.french.to_owned(),
            false => format!("{} / {}", self.english, self.french),
        }
    }
}

const fn medicine(
    code: &'static str,
    names: (&'static str, &'static str),
    unit: &'static str,
    strength: &'static str,
    need: Need,
    (pack, unit_price, monthly_use): (u32, u32, u32),
) -> Article {
    let (english, french) = names;
    Article {
        code,
        english,
        french,
        unit,
        strength,
        need,
        pack,
        doses_per_vial: None,
        keep: Keep::Shelf,
        unit_price,
        monthly_use,
    }
}

const fn cold(article: Article) -> Article {
    Article { keep: Keep::Cold, ..article }
}

const fn vaccine(
    code: &'static str,
    names: (&'static str, &'static str),
    doses_per_vial: u32,
    (pack, unit_price, monthly_use): (u32, u32, u32),
) -> Article {
    let article = medicine(code, names, "dose", "", Need::Vital, (pack, unit_price, monthly_use));
    Article { doses_per_vial: Some(doses_per_vial), keep: Keep::Cold, ..article }
}

use Need::{Essential, Necessary, Vital};

/// Everything the demo's stores hold: a table, one article to a line.
#[rustfmt::skip]
pub(super) const ARTICLES: &[Article] = &[
    // Pain, fever, inflammation.
    medicine("PARA500T", ("Paracetamol", "Paracétamol"), "tablet", "500 mg", Essential, (1000, 6, 4200)),
    medicine("PARA120S", ("Paracetamol suspension", "Paracétamol suspension"), "ml", "120 mg/5 ml", Essential, (100, 8, 3600)),
    medicine("IBUP400T", ("Ibuprofen", "Ibuprofène"), "tablet", "400 mg", Essential, (500, 11, 1500)),
    medicine("ASA300T", ("Acetylsalicylic acid", "Acide acétylsalicylique"), "tablet", "300 mg", Necessary, (1000, 5, 500)),
    medicine("DICL75I", ("Diclofenac injection", "Diclofénac injectable"), "ampoule", "75 mg/3 ml", Necessary, (10, 90, 40)),
    medicine("MORP10I", ("Morphine injection", "Morphine injectable"), "ampoule", "10 mg/ml", Vital, (10, 650, 12)),
    medicine("TRAM50C", ("Tramadol", "Tramadol"), "capsule", "50 mg", Essential, (100, 22, 160)),
    medicine("LIDO2I", ("Lidocaine injection", "Lidocaïne injectable"), "ml", "2 %", Vital, (50, 24, 300)),
    // Infections.
    medicine("AMOX250D", ("Amoxicillin, dispersible", "Amoxicilline, dispersible"), "tablet", "250 mg", Vital, (100, 18, 2400)),
    medicine("AMOX500C", ("Amoxicillin", "Amoxicilline"), "capsule", "500 mg", Vital, (1000, 31, 1800)),
    medicine("AMCL625T", ("Co-amoxiclav", "Co-amoxiclav"), "tablet", "500 mg + 125 mg", Essential, (14, 130, 210)),
    medicine("AMPI1GI", ("Ampicillin injection", "Ampicilline injectable"), "vial", "1 g", Vital, (50, 260, 60)),
    medicine("BENZ24I", ("Benzathine benzylpenicillin", "Benzathine benzylpénicilline"), "vial", "2.4 MIU", Vital, (50, 340, 20)),
    medicine("CEFT1GI", ("Ceftriaxone injection", "Ceftriaxone injectable"), "vial", "1 g", Vital, (10, 420, 90)),
    medicine("CLOX500C", ("Cloxacillin", "Cloxacilline"), "capsule", "500 mg", Essential, (500, 48, 400)),
    medicine("GENT80I", ("Gentamicin injection", "Gentamicine injectable"), "ampoule", "80 mg/2 ml", Vital, (50, 85, 100)),
    medicine("COTR480T", ("Cotrimoxazole", "Cotrimoxazole"), "tablet", "400 mg + 80 mg", Vital, (1000, 12, 2100)),
    medicine("COTR240S", ("Cotrimoxazole suspension", "Cotrimoxazole suspension"), "ml", "240 mg/5 ml", Essential, (100, 7, 2400)),
    medicine("METR250T", ("Metronidazole", "Métronidazole"), "tablet", "250 mg", Essential, (1000, 9, 1600)),
    medicine("METR500I", ("Metronidazole infusion", "Métronidazole perfusion"), "bag", "500 mg/100 ml", Vital, (20, 390, 24)),
    medicine("CIPR500T", ("Ciprofloxacin", "Ciprofloxacine"), "tablet", "500 mg", Essential, (100, 34, 500)),
    medicine("DOXY100T", ("Doxycycline", "Doxycycline"), "tablet", "100 mg", Essential, (1000, 16, 700)),
    medicine("AZIT250T", ("Azithromycin", "Azithromycine"), "tablet", "250 mg", Essential, (30, 120, 120)),
    medicine("ERYT250T", ("Erythromycin", "Érythromycine"), "tablet", "250 mg", Essential, (1000, 42, 300)),
    medicine("NYST100S", ("Nystatin suspension", "Nystatine suspension"), "ml", "100,000 IU/ml", Essential, (30, 31, 240)),
    medicine("FLUC200C", ("Fluconazole", "Fluconazole"), "capsule", "200 mg", Essential, (100, 58, 90)),
    medicine("ACIC200T", ("Aciclovir", "Aciclovir"), "tablet", "200 mg", Essential, (100, 40, 60)),
    medicine("TETR1O", ("Tetracycline eye ointment", "Tétracycline pommade ophtalmique"), "tube", "1 %", Vital, (50, 210, 80)),
    // Parasites.
    medicine("ALBE400T", ("Albendazole", "Albendazole"), "tablet", "400 mg", Essential, (1000, 19, 800)),
    medicine("MEBE500T", ("Mebendazole", "Mébendazole"), "tablet", "500 mg", Essential, (1000, 21, 300)),
    medicine("IVER3T", ("Ivermectin", "Ivermectine"), "tablet", "3 mg", Essential, (500, 60, 200)),
    medicine("PRAZ600T", ("Praziquantel", "Praziquantel"), "tablet", "600 mg", Essential, (1000, 95, 150)),
    medicine("BBEN25L", ("Benzyl benzoate lotion", "Benzoate de benzyle lotion"), "ml", "25 %", Necessary, (1000, 4, 700)),
    // Malaria.
    medicine("AL6T", ("Artemether + lumefantrine, 6", "Artéméther + luméfantrine, 6"), "tablet", "20 mg + 120 mg", Vital, (180, 62, 1500)),
    medicine("AL24T", ("Artemether + lumefantrine, 24", "Artéméther + luméfantrine, 24"), "tablet", "20 mg + 120 mg", Vital, (720, 55, 4300)),
    medicine("ARTS60I", ("Artesunate injection", "Artésunate injectable"), "vial", "60 mg", Vital, (10, 1800, 45)),
    medicine("ARTS100R", ("Artesunate, rectal", "Artésunate, rectal"), "capsule", "100 mg", Vital, (2, 480, 20)),
    medicine("SP525T", ("Sulfadoxine + pyrimethamine", "Sulfadoxine + pyriméthamine"), "tablet", "500 mg + 25 mg", Vital, (1000, 38, 420)),
    medicine("MRDT25", ("Malaria rapid test", "Test rapide du paludisme"), "test", "Pf/Pan", Vital, (25, 350, 1300)),
    medicine("LLIN1", ("Insecticide-treated net", "Moustiquaire imprégnée"), "piece", "180 × 160 × 150 cm", Essential, (50, 2200, 90)),
    // HIV, tuberculosis, tests.
    medicine("TLD90T", ("TLD (tenofovir, lamivudine, dolutegravir)", "TLD (ténofovir, lamivudine, dolutégravir)"), "tablet", "300 mg + 300 mg + 50 mg", Vital, (90, 110, 5400)),
    medicine("ABLA120D", ("Abacavir + lamivudine, dispersible", "Abacavir + lamivudine, dispersible"), "tablet", "120 mg + 60 mg", Vital, (60, 90, 500)),
    medicine("DTG10D", ("Dolutegravir, dispersible", "Dolutégravir, dispersible"), "tablet", "10 mg", Vital, (90, 70, 500)),
    medicine("NVP50S", ("Nevirapine suspension", "Névirapine suspension"), "ml", "50 mg/5 ml", Vital, (100, 17, 600)),
    medicine("RHZE4T", ("RHZE (tuberculosis, 4 drugs)", "RHZE (tuberculose, 4 produits)"), "tablet", "150 + 75 + 400 + 275 mg", Vital, (672, 62, 700)),
    medicine("RH2T", ("RH (tuberculosis, 2 drugs)", "RH (tuberculose, 2 produits)"), "tablet", "150 mg + 75 mg", Vital, (672, 31, 1100)),
    medicine("INH300T", ("Isoniazid", "Isoniazide"), "tablet", "300 mg", Vital, (672, 14, 600)),
    medicine("HIVRDT", ("HIV rapid test", "Test rapide du VIH"), "test", "", Vital, (100, 800, 350)),
    medicine("SYPRDT", ("Syphilis rapid test", "Test rapide de la syphilis"), "test", "", Essential, (30, 550, 120)),
    medicine("PREGT", ("Pregnancy test", "Test de grossesse"), "test", "", Essential, (50, 90, 150)),
    medicine("GLUCT", ("Blood glucose test strip", "Bandelette de glycémie"), "test", "", Essential, (50, 180, 200)),
    medicine("URIN10", ("Urine test strip", "Bandelette urinaire"), "test", "", Necessary, (100, 60, 150)),
    // Children, nutrition, rehydration.
    medicine("ORS1L", ("Oral rehydration salts", "Sels de réhydratation orale"), "sachet", "20.5 g/l", Vital, (100, 85, 900)),
    medicine("ZINC20D", ("Zinc, dispersible", "Zinc, dispersible"), "tablet", "20 mg", Vital, (100, 17, 1600)),
    medicine("VITA200C", ("Vitamin A", "Vitamine A"), "capsule", "200,000 IU", Essential, (500, 22, 260)),
    medicine("RUTF92", ("Ready-to-use therapeutic food", "Aliment thérapeutique (ATPE)"), "sachet", "92 g", Vital, (150, 330, 1200)),
    medicine("F75", ("Therapeutic milk F-75", "Lait thérapeutique F-75"), "tin", "400 g", Vital, (24, 4200, 12)),
    // Mothers.
    cold(medicine("OXYT10I", ("Oxytocin injection", "Ocytocine injectable"), "ampoule", "10 IU/ml", Vital, (10, 310, 90))),
    medicine("MISO200T", ("Misoprostol", "Misoprostol"), "tablet", "200 µg", Vital, (100, 260, 40)),
    medicine("MGSO4I", ("Magnesium sulfate injection", "Sulfate de magnésium injectable"), "ampoule", "5 g/10 ml", Vital, (10, 540, 18)),
    medicine("FEFO60T", ("Ferrous salt + folic acid", "Sel ferreux + acide folique"), "tablet", "60 mg + 0.4 mg", Essential, (1000, 5, 5200)),
    medicine("CHX7G", ("Chlorhexidine gel", "Chlorhexidine gel"), "tube", "7.1 %", Vital, (40, 420, 70)),
    medicine("DMPA150", ("Medroxyprogesterone injection", "Médroxyprogestérone injectable"), "vial", "150 mg/ml", Essential, (25, 830, 180)),
    medicine("COC28", ("Combined oral contraceptive", "Contraceptif oral combiné"), "cycle", "0.03 mg + 0.15 mg", Essential, (100, 270, 240)),
    medicine("IMPL2", ("Levonorgestrel implant", "Implant au lévonorgestrel"), "piece", "2 × 75 mg", Essential, (10, 8500, 16)),
    medicine("COND144", ("Male condom", "Préservatif masculin"), "piece", "", Essential, (144, 28, 2600)),
    // Long illnesses, emergencies.
    medicine("AMLO5T", ("Amlodipine", "Amlodipine"), "tablet", "5 mg", Essential, (100, 9, 1500)),
    medicine("ENAL10T", ("Enalapril", "Énalapril"), "tablet", "10 mg", Essential, (100, 13, 700)),
    medicine("HCTZ25T", ("Hydrochlorothiazide", "Hydrochlorothiazide"), "tablet", "25 mg", Essential, (1000, 6, 900)),
    medicine("FURO40T", ("Furosemide", "Furosémide"), "tablet", "40 mg", Vital, (1000, 8, 300)),
    medicine("METF500T", ("Metformin", "Metformine"), "tablet", "500 mg", Vital, (1000, 11, 1900)),
    medicine("GLIC80T", ("Gliclazide", "Gliclazide"), "tablet", "80 mg", Essential, (100, 15, 400)),
    cold(medicine("INSM10", ("Insulin, intermediate", "Insuline intermédiaire"), "vial", "100 IU/ml, 10 ml", Vital, (1, 4100, 14))),
    cold(medicine("INSR10", ("Insulin, rapid", "Insuline rapide"), "vial", "100 IU/ml, 10 ml", Vital, (1, 4200, 6))),
    medicine("SALB100", ("Salbutamol inhaler", "Salbutamol aérosol"), "inhaler", "100 µg/dose", Vital, (10, 1600, 22)),
    medicine("PHEB60T", ("Phenobarbital", "Phénobarbital"), "tablet", "60 mg", Vital, (1000, 10, 500)),
    medicine("CARB200T", ("Carbamazepine", "Carbamazépine"), "tablet", "200 mg", Essential, (500, 21, 400)),
    medicine("AMIT25T", ("Amitriptyline", "Amitriptyline"), "tablet", "25 mg", Essential, (500, 12, 200)),
    medicine("DIAZ10I", ("Diazepam injection", "Diazépam injectable"), "ampoule", "10 mg/2 ml", Vital, (10, 180, 24)),
    medicine("EPIN1I", ("Epinephrine injection", "Épinéphrine injectable"), "ampoule", "1 mg/ml", Vital, (10, 240, 14)),
    medicine("DEXA4I", ("Dexamethasone injection", "Dexaméthasone injectable"), "ampoule", "4 mg/ml", Vital, (10, 160, 30)),
    medicine("HYDC100", ("Hydrocortisone injection", "Hydrocortisone injectable"), "vial", "100 mg", Vital, (25, 480, 12)),
    medicine("OMEP20C", ("Omeprazole", "Oméprazole"), "capsule", "20 mg", Essential, (100, 15, 600)),
    // Infusions.
    medicine("RLAC1L", ("Ringer's lactate", "Lactate de Ringer"), "bag", "1 l", Vital, (10, 780, 70)),
    medicine("NACL1L", ("Sodium chloride infusion", "Chlorure de sodium perfusion"), "bag", "0.9 %, 1 l", Vital, (10, 720, 50)),
    medicine("GLUC500", ("Glucose infusion", "Glucose perfusion"), "bag", "5 %, 500 ml", Vital, (10, 640, 40)),
    medicine("WFI10", ("Water for injection", "Eau pour injection"), "ampoule", "10 ml", Essential, (100, 32, 350)),
    // Vaccines and what goes with them.
    vaccine("BCG20", ("BCG vaccine", "Vaccin BCG"), 20, (20, 120, 260)),
    vaccine("BOPV20", ("Oral polio vaccine (bOPV)", "Vaccin polio oral (VPOb)"), 20, (20, 160, 620)),
    vaccine("IPV5", ("Inactivated polio vaccine (IPV)", "Vaccin polio inactivé (VPI)"), 5, (5, 1900, 150)),
    vaccine("PENTA10", ("Pentavalent vaccine", "Vaccin pentavalent"), 10, (10, 950, 430)),
    vaccine("PCV4", ("Pneumococcal vaccine (PCV)", "Vaccin pneumocoque (VPC)"), 4, (4, 2900, 400)),
    vaccine("ROTA1", ("Rotavirus vaccine", "Vaccin antirotavirus"), 1, (10, 2100, 260)),
    vaccine("MR10", ("Measles-rubella vaccine", "Vaccin rougeole-rubéole"), 10, (10, 680, 300)),
    vaccine("YF10", ("Yellow fever vaccine", "Vaccin antiamaril"), 10, (10, 1150, 160)),
    vaccine("TD10", ("Tetanus-diphtheria vaccine", "Vaccin tétanos-diphtérie"), 10, (10, 140, 240)),
    vaccine("HPV1", ("HPV vaccine", "Vaccin HPV"), 1, (10, 4500, 60)),
    medicine("DILMR", ("Diluent, measles-rubella", "Solvant, rougeole-rubéole"), "ampoule", "5 ml", Vital, (50, 60, 30)),
    medicine("ADS05", ("Auto-disable syringe", "Seringue autobloquante"), "piece", "0.5 ml", Vital, (100, 45, 1700)),
    medicine("RUP2", ("Reconstitution syringe", "Seringue de reconstitution"), "piece", "2 ml", Vital, (100, 40, 90)),
    medicine("SAFEBX", ("Safety box", "Boîte de sécurité"), "piece", "5 l", Vital, (25, 700, 18)),
    // Supplies.
    medicine("SYR5", ("Syringe with needle", "Seringue avec aiguille"), "piece", "5 ml", Essential, (100, 50, 1000)),
    medicine("IVGS", ("Infusion set", "Perfuseur"), "piece", "", Essential, (25, 230, 120)),
    medicine("CANN20", ("Intravenous cannula", "Cathéter intraveineux"), "piece", "20 G", Essential, (50, 260, 130)),
    medicine("GLOVM", ("Examination gloves", "Gants d'examen"), "pair", "medium", Essential, (50, 70, 1500)),
    medicine("GAUZ90", ("Gauze bandage", "Bande de gaze"), "roll", "8 cm × 4 m", Essential, (12, 160, 220)),
    medicine("COTT500", ("Absorbent cotton", "Coton hydrophile"), "roll", "500 g", Essential, (20, 1900, 14)),
    medicine("PVI200", ("Povidone iodine", "Polyvidone iodée"), "ml", "10 %", Essential, (200, 9, 1800)),
    medicine("CHLO1K", ("Chlorine granules", "Chlore en granulés"), "kg", "65 %", Necessary, (1, 4800, 3)),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_large_enough_and_names_nothing_twice() {
        assert!(ARTICLES.len() >= 90, "{}", ARTICLES.len());
        let distinct =
            |of: fn(&Article) -> (&str, &str)| ARTICLES.iter().map(of).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|article| (article.code, "")), ARTICLES.len());
        assert_eq!(distinct(|article| (article.english, article.strength)), ARTICLES.len());
        assert_eq!(distinct(|article| (article.french, article.strength)), ARTICLES.len());
    }

    #[test]
    fn names_serve_both_languages_and_still_fit_a_line() {
        let name = |code| ARTICLES.iter().find(|article| article.code == code).expect("an article").name();
        assert_eq!(name("PARA500T"), "Paracétamol");
        assert_eq!(name("AMOX500C"), "Amoxicillin / Amoxicilline");
        for article in ARTICLES {
            assert!(article.name().chars().count() <= 64, "{}", article.name());
        }
    }

    #[test]
    fn every_article_can_be_bought_and_used() {
        for article in ARTICLES {
            assert!(
                article.pack > 0 && article.unit_price > 0 && article.monthly_use > 0,
                "{}",
                article.code
            );
        }
    }

    #[test]
    fn vaccines_are_counted_in_doses_and_kept_cold() {
        let vaccines: Vec<_> = ARTICLES.iter().filter(|article| article.doses_per_vial.is_some()).collect();
        assert!(vaccines.len() >= 10);
        for article in vaccines {
            assert_eq!((article.unit, article.keep), ("dose", Keep::Cold), "{}", article.code);
            assert_eq!(article.pack % article.doses_per_vial.expect("a vaccine"), 0, "{}", article.code);
        }
    }
}
