//! Quantities and money: whole thousandths, so that a balance is exact for ever.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text or a number that is not an amount this system can count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Not a decimal number.
    #[error("«{0}» is not a decimal number")]
    NotANumber(String),
    /// Finer than a thousandth.
    #[error("«{0}» is finer than a thousandth")]
    TooFine(String),
    /// Beyond [`AMOUNT_MAX`].
    #[error("«{0}» is beyond {max}", max = AMOUNT_MAX / 1000)]
    TooLarge(String),
    /// Below zero where only zero and more make sense.
    #[error("{0} is below zero")]
    Negative(String),
}

/// Largest amount, in thousandths: 10¹² whole ones. More than any country holds of any item, few enough that
/// nine thousand of them still add up within 64 bits and that a JSON number carries every one exactly.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// Parses a decimal number into thousandths, exactly: an optional sign, digits, and at most three decimals that
/// are not zero. No exponent, no grouping.
fn parse_thousandths(text: &str) -> Result<i64, InvalidAmount> {
    let not_a_number = || InvalidAmount::NotANumber(text.to_owned());
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return Err(not_a_number());
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 3 {
        return Err(InvalidAmount::TooFine(text.to_owned()));
    }
    let too_large = || InvalidAmount::TooLarge(text.to_owned());
    let whole = whole.trim_start_matches('0');
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_large())? };
    let fraction: i64 = format!("{fraction:0<3}").parse().map_err(|_| not_a_number())?;
    let thousandths =
        whole.checked_mul(1000).and_then(|all| all.checked_add(fraction)).ok_or_else(too_large)?;
    if thousandths > AMOUNT_MAX {
        return Err(too_large());
    }
    Ok(if negative { -thousandths } else { thousandths })
}

fn format_thousandths(thousandths: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, fraction) = (thousandths.unsigned_abs() / 1000, thousandths.unsigned_abs() % 1000);
    match fraction {
        0 => write!(f, "{sign}{whole}"),
        _ => write!(f, "{sign}{whole}.{}", format!("{fraction:03}").trim_end_matches('0')),
    }
}

fn within_limits(thousandths: i64) -> Result<i64, InvalidAmount> {
    match thousandths.unsigned_abs() <= AMOUNT_MAX.unsigned_abs() {
        true => Ok(thousandths),
        false => Err(InvalidAmount::TooLarge(thousandths.to_string())),
    }
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// This many thousandths.
            pub const fn from_thousandths(thousandths: i64) -> Self {
                Self(thousandths)
            }

            /// How many thousandths.
            pub const fn thousandths(self) -> i64 {
                self.0
            }

            /// This many whole ones.
            pub const fn whole(count: i64) -> Self {
                Self(count.saturating_mul(1000))
            }

            /// Whether it is below zero.
            pub const fn is_negative(self) -> bool {
                self.0 < 0
            }

            /// Whether it is above zero.
            pub const fn is_positive(self) -> bool {
                self.0 > 0
            }

            /// Itself, or the largest (smallest) amount that can be written down: sums may be larger than that.
            pub fn clamped(self) -> Self {
                Self(self.0.clamp(-AMOUNT_MAX, AMOUNT_MAX))
            }

            /// Itself, unless it is below zero.
            pub fn not_negative(self) -> Result<Self, InvalidAmount> {
                if self.is_negative() { Err(InvalidAmount::Negative(self.to_string())) } else { Ok(self) }
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;

            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl std::ops::Sub for $name {
            type Output = Self;

            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl std::ops::Neg for $name {
            type Output = Self;

            fn neg(self) -> Self {
                Self(self.0.saturating_neg())
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, |sum, amount| sum + amount)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                format_thousandths(self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidAmount;

            fn from_str(text: &str) -> Result<Self, InvalidAmount> {
                parse_thousandths(text.trim()).map(Self)
            }
        }

        impl From<$name> for crdt_store::Value {
            fn from(amount: $name) -> Self {
                Self::Int(amount.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match deserializer.is_human_readable() {
                    true => deserializer.deserialize_any(DecimalVisitor).map(Self),
                    false => within_limits(i64::deserialize(deserializer)?).map(Self).map_err(de::Error::custom),
                }
            }
        }
    };
}

amount! {
    /// A quantity of an item, counted in thousandths of its base unit (a tablet, a dose). In JSON a decimal number
    /// of base units; in documents the thousandths.
    Quantity
}

amount! {
    /// An amount of money, counted in thousandths of the currency unit. In JSON a decimal in a string; in documents
    /// the thousandths.
    Money
}

amount! {
    /// A volume, counted in thousandths of a litre. In JSON a decimal number of litres; in documents the thousandths.
    Volume
}

amount! {
    /// A temperature, counted in thousandths of a degree Celsius. In JSON a decimal number of degrees; in documents
    /// the thousandths.
    Temperature
}

amount! {
    /// A percentage (a share, a coverage, a growth), counted in thousandths of a percent: 100 % are 100,000 of them. In
    /// JSON a decimal number of percent; in documents the thousandths.
    Percent
}

impl Volume {
    /// The volume of so many units in packs of `pack_size`, each of this volume: a part of a pack takes its part,
    /// rounded up to a thousandth of a litre. Less than nothing takes no room.
    pub fn of_units(self, quantity: Quantity, pack_size: u32) -> Self {
        let pack = i128::from(pack_size.max(1)) * 1000;
        let taken = (i128::from(self.0) * i128::from(quantity.0.max(0)) + pack - 1) / pack;
        Self(i64::try_from(taken).unwrap_or(i64::MAX))
    }
}

impl Money {
    /// The price of a pack of `to` units where a pack of `from` units has this price: exact where it can be, else
    /// rounded to the nearest thousandth, halves up.
    pub fn of_pack(self, from: u32, to: u32) -> Self {
        let (from, to) = (i128::from(from.max(1)), i128::from(to.max(1)));
        let rescaled = (i128::from(self.0) * to * 2 + from).div_euclid(from * 2);
        Self(i64::try_from(rescaled).unwrap_or(i64::MAX)).clamped()
    }

    /// What so many units are worth where a pack of `pack_size` of them has this price: a part of a pack costs its part,
    /// rounded to the nearest thousandth, halves up.
    pub fn of_units(self, quantity: Quantity, pack_size: u32) -> Self {
        let pack = i128::from(pack_size.max(1)) * 1000;
        let worth = (i128::from(self.0) * i128::from(quantity.0) * 2 + pack).div_euclid(pack * 2);
        Self(i64::try_from(worth).unwrap_or(i64::MAX)).clamped()
    }
}

impl Quantity {
    /// The smallest number of whole packs of `pack_size` units that holds this quantity, as units. Zero or less
    /// stays as it is.
    pub fn round_up_to_packs(self, pack_size: u32) -> Self {
        let pack = i64::from(pack_size.max(1)) * 1000;
        match self.0 % pack {
            _ if self.0 <= 0 => self,
            0 => self,
            rest => Self(self.0.saturating_add(pack - rest)),
        }
    }

    /// The largest number of whole packs of `pack_size` units within this quantity, as units. Zero or less is zero.
    pub fn round_down_to_packs(self, pack_size: u32) -> Self {
        let pack = i64::from(pack_size.max(1)) * 1000;
        if self.0 <= 0 { Self::ZERO } else { Self(self.0 - self.0 % pack) }
    }
}

/// A number in JSON: below [`AMOUNT_MAX`] a double carries three decimals exactly.
macro_rules! number_in_json {
    ($($name:ident),*) => {
        $(impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match (serializer.is_human_readable(), self.0 % 1000) {
                    (false, _) => serializer.serialize_i64(self.0),
                    (true, 0) => serializer.serialize_i64(self.0 / 1000),
                    (true, _) => serializer.serialize_f64(self.to_string().parse().unwrap_or(f64::NAN)),
                }
            }
        })*
    };
}
number_in_json!(Quantity, Volume, Temperature, Percent);

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            false => serializer.serialize_i64(self.0),
            true => serializer.collect_str(self),
        }
    }
}

/// Reads a JSON number or string as thousandths, exactly or not at all.
struct DecimalVisitor;

impl Visitor<'_> for DecimalVisitor {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number with at most three decimals")
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<i64, E> {
        self.visit_str(&whole.to_string())
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<i64, E> {
        self.visit_str(&whole.to_string())
    }

    /// The shortest decimal that reads back as this double is what was typed, as long as it is within the limit.
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<i64, E> {
        parse_thousandths(text.trim()).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_quantity_finer_than_a_thousandth_or_absurdly_large_is_refused() {
        for text in ["", "-", ".", "1e3", "1,5", "NaN", "inf", "١", "1.2.3", "--1"] {
            assert!(matches!(text.parse::<Quantity>(), Err(InvalidAmount::NotANumber(_))), "{text}");
        }
        assert!(matches!("0.0001".parse::<Quantity>(), Err(InvalidAmount::TooFine(_))));
        assert_eq!("0.1000".parse::<Quantity>(), Ok(Quantity::from_thousandths(100)));
        assert!(matches!("1000000000000.001".parse::<Quantity>(), Err(InvalidAmount::TooLarge(_))));
        assert!(matches!("99999999999999999999".parse::<Quantity>(), Err(InvalidAmount::TooLarge(_))));
        assert!("-1".parse::<Quantity>().expect("a number").not_negative().is_err());
    }

    #[test]
    fn quantities_round_up_to_whole_packs() {
        assert_eq!(Quantity::whole(101).round_up_to_packs(100), Quantity::whole(200));
        assert_eq!(Quantity::whole(200).round_up_to_packs(100), Quantity::whole(200));
        assert_eq!(Quantity::whole(199).round_down_to_packs(100), Quantity::whole(100));
        assert_eq!(Quantity::ZERO.round_up_to_packs(100), Quantity::ZERO);
    }

    #[test]
    fn a_price_follows_the_size_of_the_pack_to_the_nearest_thousandth() {
        let price = |thousandths| Money::from_thousandths(thousandths);
        assert_eq!(price(12_000).of_pack(1_000, 100), price(1_200));
        assert_eq!(price(1_200).of_pack(100, 1_000), price(12_000));
        assert_eq!(price(10).of_pack(3, 1), price(3));
        assert_eq!(price(5).of_pack(2, 1), price(3), "halves are rounded up");
        assert_eq!(price(0).of_pack(7, 3), price(0));
    }

    #[test]
    fn units_are_worth_their_part_of_a_pack_rounded_once() {
        let price = |thousandths| Money::from_thousandths(thousandths);
        assert_eq!(price(12_500).of_units(Quantity::whole(300), 100), price(37_500));
        assert_eq!(price(10).of_units(Quantity::whole(1), 3), price(3));
        assert_eq!(price(5).of_units(Quantity::whole(1), 2), price(3), "halves are rounded up");
        assert_eq!(price(1_000).of_units(Quantity::from_thousandths(1), 1), price(1));
        assert_eq!(price(7).of_units(Quantity::ZERO, 10), price(0));
        let most = Money::from_thousandths(AMOUNT_MAX).of_units(Quantity::from_thousandths(AMOUNT_MAX), 1);
        assert_eq!(most, Money::from_thousandths(AMOUNT_MAX), "no sum is too large to be written");
    }

    #[test]
    fn a_part_of_a_pack_takes_its_part_of_the_room() {
        let litres = |thousandths| Volume::from_thousandths(thousandths);
        assert_eq!(litres(500).of_units(Quantity::whole(250), 100), litres(1_250));
        assert_eq!(litres(1).of_units(Quantity::whole(1), 100), litres(1));
        assert_eq!(litres(500).of_units(Quantity::whole(-4), 100), Volume::ZERO);
    }

    proptest! {
        #[test]
        fn every_amount_reads_back_as_it_was_written(thousandths in -AMOUNT_MAX..=AMOUNT_MAX) {
            let quantity = Quantity::from_thousandths(thousandths);
            prop_assert_eq!(quantity.to_string().parse::<Quantity>().expect("own text"), quantity);
            // JSON carries it as a double, whose shortest decimal is what a client sends back.
            let double: f64 = quantity.to_string().parse().expect("a double");
            prop_assert_eq!(double.to_string().parse::<Quantity>().expect("a double's text"), quantity);
        }
    }
}
