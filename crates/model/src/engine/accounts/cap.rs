//! Funds that pay no recipient more than it loses.

use super::{Accounts, duties, value};
use crate::baseline::{ArcId, Baseline};
use crate::engine::Equilibrium;
use crate::policy::Terms;
use crate::policy::terms::{Purpose, RevenueUse};

impl Accounts {
    /// By country: its loss of welfare before any use of revenue, million USD; zero for one that gains.
    pub(super) fn losses(&self, baseline: &Baseline, terms: &Terms, equilibrium: &Equilibrium) -> Vec<f64> {
        let mut gain = vec![0.0; self.countries];
        for (producer, state) in baseline.producers.iter().zip(&equilibrium.producers) {
            gain[producer.country.index()] += state.surplus.value();
        }
        for (position, duty) in duties(terms, equilibrium, baseline.arcs.len()).iter().enumerate() {
            let arc = ArcId::at(position);
            let (flow, tonnes) = (baseline.flow_of(arc), equilibrium.quantity[position]);
            let made = &baseline.producers[baseline.arcs[position].producer.index()];
            let in_force =
                baseline.arcs[position].quantity * baseline.customs_value(flow, made.price) * flow.duty;
            let border = value(baseline, equilibrium, arc, tonnes) * duty.rate + tonnes * duty.charge;
            gain[flow.importer.index()] += (border - in_force).value();
            gain[flow.exporter.index()] += (tonnes * duty.at_origin).value();
        }
        for country in baseline.country_ids() {
            for product in baseline.product_ids() {
                let account = self.get(country, product);
                let surplus = equilibrium.market(country, product).map_or(0.0, |m| m.surplus.value());
                let rents = account.quota_revenue + account.quota_rent + account.importers_rent;
                gain[country.index()] += surplus + rents - account.outlay;
            }
        }
        gain.into_iter().map(|gain| (-gain).max(0.0)).collect()
    }
}

/// What of a use's income is spent, and the keys by which it is paid. For a fund with a cap the keys
/// are the payments themselves, and `room` is what each country may still get.
pub(super) fn within(purpose: &RevenueUse, income: f64, keys: Vec<f64>, room: &mut [f64]) -> (f64, Vec<f64>) {
    let whole = income * (1.0 - purpose.overhead) * purpose.grant;
    let capped = purpose.at_most_loss && matches!(purpose.purpose, Purpose::Fund(..)) && purpose.flowing;
    if !capped || whole <= 0.0 || keys.iter().sum::<f64>() <= 0.0 {
        return (income, keys);
    }
    let paid = shared(whole, &keys, room);
    for (room, paid) in room.iter_mut().zip(&paid) {
        *room -= paid;
    }
    (income * (paid.iter().sum::<f64>() / whole).min(1.0), paid)
}

/// Shares a sum out by keys so that nobody gets more than its room; what somebody may not get goes to
/// the others by their keys.
fn shared(whole: f64, keys: &[f64], room: &[f64]) -> Vec<f64> {
    let mut paid = vec![0.0; keys.len()];
    let mut full: Vec<bool> = keys.iter().zip(room).map(|(key, room)| *key <= 0.0 || *room <= 0.0).collect();
    let mut rest = whole;
    loop {
        let open = || (0..keys.len()).filter(|i| !full[*i]);
        let weight: f64 = open().map(|i| keys[i]).sum();
        let over: Vec<usize> = open().filter(|i| rest * keys[*i] / weight >= room[*i]).collect();
        if weight <= 0.0 {
            return paid;
        }
        if over.is_empty() {
            for i in open() {
                paid[i] = rest * keys[i] / weight;
            }
            return paid;
        }
        for i in over {
            (paid[i], full[i]) = (room[i], true);
            rest -= room[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shared;

    #[test]
    fn what_one_may_not_get_goes_to_the_others_by_their_keys() {
        assert_eq!(shared(12.0, &[2.0, 1.0, 1.0, 0.0], &[3.0, 99.0, 99.0, 99.0]), [3.0, 4.5, 4.5, 0.0]);
        assert_eq!(shared(100.0, &[2.0, 1.0], &[3.0, 4.0]), [3.0, 4.0]);
        assert_eq!(shared(8.0, &[3.0, 1.0], &[99.0, 99.0]), [6.0, 2.0]);
        assert_eq!(shared(8.0, &[3.0, 1.0], &[0.0, 0.0]), [0.0, 0.0]);
    }
}
