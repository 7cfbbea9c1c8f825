//! Compensation on a model (N7): what a fund would have to pay so that no recipient loses, and how a
//! given one is shared.

use super::talks::{Talks, TalksError};
use zollverein_games::compensation::{Recipient, Shares, cheapest, leximin};
use zollverein_model::baseline::CountryId;
use zollverein_model::indicator::{Indicator, Totals};
use zollverein_numeric::linear::Backend;

/// What a fund does for its recipients at a negotiation's proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct Fund {
    /// The recipients whose figures are known, with their changes and products.
    pub recipients: Vec<(CountryId, Recipient)>,
    /// Recipients without a known gross domestic product: they get nothing here.
    pub not_known: Vec<CountryId>,
    /// The least that leaves no recipient worse off, administration included, million USD a year.
    pub cheapest: f64,
    /// What there is, administration included, million USD a year.
    pub fund: f64,
    /// What administration takes of it, million USD a year.
    pub overhead: f64,
    /// Who gets what.
    pub shares: Shares,
    /// By party: its change of government revenue, million USD a year, to set the fund against.
    pub revenue: Vec<f64>,
}

/// The fund of an agenda at the scenario's proposal. Transfers do not feed back into trade.
///
/// # Errors
/// Nobody is to be compensated; faults of the proposal, no equilibrium at it.
pub fn fund(talks: &Talks) -> Result<Fund, TalksError> {
    let asked = &talks.agenda.compensation;
    talks.require(
        !asked.recipients.is_empty(),
        "nobody is to be compensated",
        "add [negotiation.compensation] with recipients = [ … ]",
    )?;
    let outcome = talks.outcome_of(&talks.scenario)?;
    let (mut recipients, mut not_known) = (vec![], vec![]);
    for country in asked.recipients.iter() {
        let level = outcome.indicators.get(Indicator::Welfare, country, None);
        match talks.baseline.countries[country.index()].gdp_usd.filter(|gdp| *gdp > 0.0) {
            Some(gdp) => {
                let change = level.map_or(0.0, zollverein_model::indicator::Level::change);
                recipients.push((country, Recipient { change, gdp: gdp * 1e-6 }));
            }
            None => not_known.push(country),
        }
    }
    let all: Vec<Recipient> = recipients.iter().map(|(_, recipient)| *recipient).collect();
    let least = cheapest(&all, asked.overhead);
    let fund = asked.fund.unwrap_or(least);
    let to_pay = if asked.fund.is_some() { fund * (1.0 - asked.overhead) } else { cheapest(&all, 0.0) };
    let shares =
        leximin(&all, to_pay, Backend::default()).map_err(|error| TalksError::Linear(error.to_string()))?;
    let totals = Totals::new(&talks.baseline, &outcome.indicators, &outcome.equilibrium);
    let revenue = |party: &zollverein_scenario::Party| {
        let total = totals.get(&party.members, Indicator::GovernmentRevenue, None);
        total.level.map_or(0.0, zollverein_model::indicator::Level::change)
    };
    Ok(Fund {
        recipients,
        not_known,
        cheapest: least,
        fund,
        overhead: fund - to_pay,
        shares,
        revenue: talks.parties.iter().map(revenue).collect(),
    })
}
