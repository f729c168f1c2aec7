//! stub
use crate::consumption::Consumption;
use crate::quantity::Quantity;
/// stub
pub struct Levels {
    /// a
    pub min_months: Quantity,
    /// b
    pub max_months: Quantity,
}
/// stub
pub fn suggested(consumption: &Consumption, on_hand: Quantity, levels: &Levels) -> Quantity {
    let amc = consumption.monthly();
    let max = levels.max_months.thousandths() as i128 * amc.thousandths() as i128 / 1000;
    let min = levels.min_months.thousandths() as i128 * amc.thousandths() as i128 / 1000;
    if (on_hand.thousandths() as i128) > min {
        return Quantity::ZERO;
    }
    let need = (max - on_hand.thousandths() as i128 + 999).div_euclid(1000);
    Quantity::whole(need as i64)
}
