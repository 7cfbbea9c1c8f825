//! What funds pay against what their recipients lose.

use crate::baseline::{Baseline, CountryId};
use crate::indicator::{Indicator, Indicators, Level};
use crate::policy::Terms;
use crate::policy::terms::Purpose;

/// Paid beyond a loss by less than this part of what is paid: the arithmetic's own.
const NOTHING: f64 = 1e-9;

/// A recipient of a fund that gets more than it loses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaidAboveLoss {
    /// Who.
    pub country: CountryId,
    /// What it receives less what it pays into uses of revenue, million USD a year.
    pub received: f64,
    /// Its loss of welfare before transfers, million USD a year; zero if it gains.
    pub loss: f64,
}

impl PaidAboveLoss {
    /// What it gets beyond its loss, million USD a year.
    #[must_use]
    pub fn above(&self) -> f64 {
        self.received - self.loss
    }
}

/// The recipients of funds that get more than they lose, most beyond their loss first.
#[must_use]
pub fn paid_above_loss(baseline: &Baseline, terms: &Terms, indicators: &Indicators) -> Vec<PaidAboveLoss> {
    let is_recipient = |country: CountryId| {
        terms.uses.iter().any(|purpose| match &purpose.purpose {
            Purpose::Fund(recipients, _) => recipients.contains(country),
            Purpose::Rebate | Purpose::Support => false,
        })
    };
    let change = |indicator, country| indicators.get(indicator, country, None).map_or(0.0, Level::change);
    let mut found: Vec<PaidAboveLoss> = baseline
        .country_ids()
        .filter(|country| is_recipient(*country))
        .map(|country| PaidAboveLoss {
            country,
            received: change(Indicator::Transfers, country),
            loss: (-change(Indicator::WelfareBeforeTransfers, country)).max(0.0),
        })
        .filter(|paid| paid.received > 0.0 && paid.above() > NOTHING * paid.received)
        .collect();
    found.sort_by(|a, b| b.above().total_cmp(&a.above()).then(a.country.cmp(&b.country)));
    found
}
