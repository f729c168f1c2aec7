//! The mapping file: which column means what, and what to do with cells that do not say it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::parse::{self, NumberStyle};

/// The format of mapping files this program reads.
pub const MAPPING_FORMAT: u32 = 1;

/// Longest mapping file, in bytes: mappings are written by hand, a larger one is another file by mistake.
pub const MAPPING_BYTES_MAX: usize = 256 * 1024;

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mapping file cannot be used: {0}")]
pub struct MappingError(pub(super) String);

impl MappingError {
    /// Stable code for interfaces and scripts.
    pub fn code(&self) -> &'static str {
        "mapping-invalid"
    }
}

/// How a file of deliveries is to be understood. See `docs/IMPORT.md` for every key.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Format of the mapping file, [`MAPPING_FORMAT`].
    pub format: u32,
    /// Name of the source: part of every identity, so the same file under the same name is the same data for ever.
    pub name: String,
    /// How the file is written.
    #[serde(default)]
    pub file: FileRules,
    /// The store that transfers come from.
    pub centre: CentreRules,
    /// Where each fact of a delivery stands.
    pub fields: Fields,
    /// Codes and kinds of stores.
    #[serde(default)]
    pub stores: StoreRules,
    /// How items are named.
    #[serde(default)]
    pub items: ItemRules,
}

/// How the file is written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileRules {
    /// Which bytes stand for which characters.
    pub encoding: Encoding,
    /// Between cells; one ASCII character.
    pub delimiter: char,
    /// Between whole part and fraction of a number.
    pub decimal_mark: char,
    /// Between groups of three digits, if numbers are grouped.
    pub grouping_mark: Option<char>,
    /// Cells that say "no value", in any column, compared without regard to case.
    pub missing: Vec<String>,
}

impl Default for FileRules {
    fn default() -> Self {
        Self {
            encoding: Encoding::Detect,
            delimiter: ',',
            decimal_mark: '.',
            grouping_mark: None,
            missing: vec![String::new()],
        }
    }
}

impl FileRules {
    pub(super) fn numbers(&self) -> NumberStyle {
        NumberStyle { decimal_mark: self.decimal_mark, grouping_mark: self.grouping_mark }
    }
}

/// Which bytes stand for which characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8 when the bytes are valid UTF-8, otherwise Windows-1252, which spreadsheets still write.
    Detect,
    /// UTF-8 with or without a byte order mark; anything else is an error.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// The distribution centre: one store that transfers come from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CentreRules {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Codes of the stores that deliveries go to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreRules {
    /// Name as in the file → code. A store that is not listed is given a code made of its name.
    pub codes: BTreeMap<String, String>,
}

/// How items are named.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ItemRules {
    /// Put before every code that is made from a description.
    pub code_prefix: String,
}

/// Where each fact of a delivery stands. The first eight must be there, the others may.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// What tells this row from every other.
    pub row: FieldRule,
    /// `transfer` (from the centre to the store) or `inbound` (from a vendor to the store), after `words`.
    pub kind: FieldRule,
    /// Number of the delivery; rows of one number, kind, store, vendor and date are one shipment.
    pub shipment: FieldRule,
    /// The day the goods arrived.
    pub date: FieldRule,
    /// The store that received them.
    pub store: FieldRule,
    /// The item's description, which is its identity.
    pub item: FieldRule,
    /// How many packs.
    pub packs: FieldRule,
    /// How many units are in a pack.
    pub units_per_pack: FieldRule,
    /// Who sold the goods; without it an inbound row cannot be taken.
    pub vendor: Option<FieldRule>,
    /// The item's own code, instead of one made from its description.
    pub item_code: Option<FieldRule>,
    /// What one unit is: tablet, ml, test.
    pub unit: Option<FieldRule>,
    /// Strength, such as `150/300mg`.
    pub strength: Option<FieldRule>,
    /// Price of one pack.
    pub pack_price: Option<FieldRule>,
    /// Batch number.
    pub batch: Option<FieldRule>,
    /// Last day of use.
    pub expiry: Option<FieldRule>,
    /// Their reference: a purchase order, a sales order.
    pub reference: Option<FieldRule>,
    /// How they travelled.
    pub transport: Option<FieldRule>,
    /// Weight of the row in kilograms.
    pub weight: Option<FieldRule>,
    /// Freight paid for the row.
    pub freight: Option<FieldRule>,
}

/// Where one fact stands and how it is read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRule {
    /// Header of the column. Exactly one of this and `constant` is given.
    pub column: Option<String>,
    /// The same value for every row.
    pub constant: Option<String>,
    /// What kind of value it is, where the fact leaves a choice.
    #[serde(rename = "type")]
    pub value_type: Option<ValueType>,
    /// Formats of a date, tried in order, in the notation of `strptime`.
    pub formats: Vec<String>,
    /// Further cells that say "no value" in this column.
    pub missing: Vec<String>,
    /// What a cell that cannot be read means.
    pub wrong: Option<Wrong>,
    /// What stands in the file → what it means, applied before anything else is read from it.
    pub words: BTreeMap<String, String>,
    /// What any cell means that is not among `words`.
    pub otherwise: Option<String>,
}

/// What kind of value a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueType {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number with up to three decimals.
    Decimal,
    /// A day.
    Date,
}

/// What a cell that cannot be read means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// The row is not taken, and listed with the reason.
    Reject,
    /// The cell is taken for empty, and counted.
    Missing,
}

/// What the importer needs of a fact, whatever the mapping says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its key under `[fields]`.
    pub name: &'static str,
    /// The types it can be read as; the first is the one it has when the mapping is silent.
    pub types: &'static [ValueType],
    /// Whether a row makes no sense without it.
    pub essential: bool,
    /// Whether it must be above zero.
    pub positive: bool,
}

const fn text(name: &'static str, essential: bool) -> Target {
    Target { name, types: &[ValueType::Text], essential, positive: false }
}

const fn day(name: &'static str, essential: bool) -> Target {
    Target { name, types: &[ValueType::Date], essential, positive: false }
}

const fn number(name: &'static str, types: &'static [ValueType], essential: bool) -> Target {
    Target { name, types, essential, positive: essential }
}

pub(super) const ROW: Target = text("row", true);
pub(super) const KIND: Target = text("kind", true);
pub(super) const SHIPMENT: Target = text("shipment", true);
pub(super) const DATE: Target = day("date", true);
pub(super) const STORE: Target = text("store", true);
pub(super) const ITEM: Target = text("item", true);
pub(super) const PACKS: Target = number("packs", &[ValueType::Integer, ValueType::Decimal], true);
pub(super) const UNITS_PER_PACK: Target = number("units_per_pack", &[ValueType::Integer], true);
pub(super) const VENDOR: Target = text("vendor", false);
pub(super) const ITEM_CODE: Target = text("item_code", false);
pub(super) const UNIT: Target = text("unit", false);
pub(super) const STRENGTH: Target = text("strength", false);
pub(super) const PACK_PRICE: Target = number("pack_price", &[ValueType::Decimal, ValueType::Integer], false);
pub(super) const BATCH: Target = text("batch", false);
pub(super) const EXPIRY: Target = day("expiry", false);
pub(super) const REFERENCE: Target = text("reference", false);
pub(super) const TRANSPORT: Target = text("transport", false);
pub(super) const WEIGHT: Target = number("weight", &[ValueType::Decimal, ValueType::Integer], false);
pub(super) const FREIGHT: Target = number("freight", &[ValueType::Decimal, ValueType::Integer], false);

impl Fields {
    /// Every rule that the mapping gives, with what the importer needs of it.
    pub(super) fn rules(&self) -> Vec<(Target, &FieldRule)> {
        let essential = [
            (ROW, &self.row),
            (KIND, &self.kind),
            (SHIPMENT, &self.shipment),
            (DATE, &self.date),
            (STORE, &self.store),
            (ITEM, &self.item),
            (PACKS, &self.packs),
            (UNITS_PER_PACK, &self.units_per_pack),
        ];
        let optional = [
            (VENDOR, &self.vendor),
            (ITEM_CODE, &self.item_code),
            (UNIT, &self.unit),
            (STRENGTH, &self.strength),
            (PACK_PRICE, &self.pack_price),
            (BATCH, &self.batch),
            (EXPIRY, &self.expiry),
            (REFERENCE, &self.reference),
            (TRANSPORT, &self.transport),
            (WEIGHT, &self.weight),
            (FREIGHT, &self.freight),
        ];
        let optional = optional.into_iter().filter_map(|(target, rule)| Some((target, rule.as_ref()?)));
        essential.into_iter().chain(optional).collect()
    }
}

impl FieldRule {
    pub(super) fn value_type(&self, target: Target) -> ValueType {
        self.value_type.unwrap_or(target.types[0])
    }

    pub(super) fn wrong(&self) -> Wrong {
        self.wrong.unwrap_or(Wrong::Reject)
    }
}

impl Mapping {
    /// Reads and checks a mapping file.
    pub fn parse(toml: &str) -> Result<Self, MappingError> {
        if toml.len() > MAPPING_BYTES_MAX {
            return Err(MappingError(format!("it is larger than {MAPPING_BYTES_MAX} bytes")));
        }
        let mapping: Self = toml::from_str(toml).map_err(|error| MappingError(error.to_string()))?;
        mapping.check()?;
        Ok(mapping)
    }

    fn check(&self) -> Result<(), MappingError> {
        let wrong = |message: String| Err(MappingError(message));
        if self.format != MAPPING_FORMAT {
            return wrong(format!("its format is {}, this program reads {MAPPING_FORMAT}", self.format));
        }
        for (key, value) in
            [("name", &self.name), ("centre.code", &self.centre.code), ("centre.name", &self.centre.name)]
        {
            if value.trim().is_empty() {
                return wrong(format!("`{key}` is empty"));
            }
        }
        if !self.file.delimiter.is_ascii() || self.file.delimiter == '"' {
            return wrong(
                "`file.delimiter` must be one ASCII character other than a quotation mark".to_owned(),
            );
        }
        if self.file.grouping_mark == Some(self.file.decimal_mark) {
            return wrong("`file.grouping_mark` and `file.decimal_mark` are the same character".to_owned());
        }
        self.check_store_codes()?;
        self.fields.rules().into_iter().try_for_each(|(target, rule)| check_rule(target, rule))
    }

    fn check_store_codes(&self) -> Result<(), MappingError> {
        let mut names = BTreeMap::from([(self.centre.code.as_str(), self.centre.name.as_str())]);
        for (name, code) in &self.stores.codes {
            if let Some(other) = names.insert(code, name) {
                return Err(MappingError(format!("stores «{other}» and «{name}» have the same code {code}")));
            }
        }
        Ok(())
    }
}

fn check_rule(target: Target, rule: &FieldRule) -> Result<(), MappingError> {
    let wrong = |message: &str| Err(MappingError(format!("`fields.{}` {message}", target.name)));
    let value_type = rule.value_type(target);
    if rule.column.is_some() == rule.constant.is_some() {
        return wrong("needs either `column` or `constant`");
    }
    if !target.types.contains(&value_type) {
        return wrong(&format!("cannot be of type {value_type:?}; possible: {:?}", target.types));
    }
    if value_type == ValueType::Date && rule.formats.is_empty() {
        return wrong("is a date and needs `formats`, such as [\"%Y-%m-%d\"]");
    }
    for format in &rule.formats {
        if let Err(reason) = parse::check_date_format(format) {
            return wrong(&format!("has the format «{format}», by which no date can be read: {reason}"));
        }
    }
    if value_type != ValueType::Date && !rule.formats.is_empty() {
        return wrong("has `formats` and is not a date");
    }
    if target.essential && rule.wrong == Some(Wrong::Missing) {
        return wrong("is essential: `wrong` cannot be \"missing\"");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        format = 1
        name = "small"
        [centre]
        code = "RDC"
        name = "Distribution centre"
        [fields]
        row = { column = "ID" }
        kind = { constant = "inbound" }
        shipment = { column = "Note" }
        date = { column = "Day", formats = ["%Y-%m-%d"] }
        store = { column = "Country" }
        item = { column = "Item" }
        packs = { column = "Packs", type = "decimal" }
        units_per_pack = { column = "Pack size" }
        vendor = { column = "Vendor" }
    "#;

    fn complaint(from: &str, to: &str) -> String {
        assert!(SMALL.contains(from));
        Mapping::parse(&SMALL.replace(from, to)).expect_err("a wrong mapping").to_string()
    }

    #[test]
    fn a_small_mapping_takes_the_defaults_for_all_it_leaves_out() {
        let mapping = Mapping::parse(SMALL).expect("a good mapping");
        assert_eq!(mapping.file, FileRules::default());
        assert_eq!(mapping.fields.packs.value_type(PACKS), ValueType::Decimal);
        assert_eq!(mapping.fields.units_per_pack.value_type(UNITS_PER_PACK), ValueType::Integer);
        assert_eq!(mapping.fields.rules().len(), 9);
    }

    #[test]
    fn a_mapping_that_cannot_work_is_refused_with_its_reason() {
        assert!(complaint("format = 1", "format = 2").contains("format is 2"));
        assert!(complaint("name = \"small\"", "name = \" \"").contains("`name` is empty"));
        assert!(complaint("row = { column = \"ID\" }", "").contains("row"));
        assert!(complaint("{ constant = \"inbound\" }", "{ }").contains("either `column` or `constant`"));
        assert!(complaint(", type = \"decimal\"", ", type = \"date\"").contains("cannot be of type"));
        assert!(complaint(", formats = [\"%Y-%m-%d\"]", "").contains("needs `formats`"));
        assert!(complaint("%Y-%m-%d", "%Y-%Q-%d").contains("the format «%Y-%Q-%d»"));
        assert!(complaint("column = \"ID\"", "column = \"ID\", wrong = \"missing\"").contains("essential"));
        assert!(complaint("column = \"ID\"", "colum = \"ID\"").contains("colum"));
        assert!(Mapping::parse(&" ".repeat(MAPPING_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn two_stores_of_one_code_are_refused() {
        let doubled =
            format!("{SMALL}\n[stores.codes]\n\"Côte d'Ivoire\" = \"CIV\"\n\"Ivory Coast\" = \"CIV\"\n");
        assert!(Mapping::parse(&doubled).expect_err("a wrong mapping").to_string().contains("same code CIV"));
    }
}
