//! What a policy means to hold back: shipments on which some clause means to put a higher duty.

use crate::baseline::{ArcId, Baseline};
use crate::policy::{Measure, Policy};

impl Policy {
    /// By arc: whether a clause, whatever other clauses and the duty in force make of it, means to put a
    /// duty on it or counts it in a quota.
    #[must_use]
    pub fn aims_at(&self, baseline: &Baseline) -> Vec<bool> {
        let mut aimed = vec![false; baseline.arcs.len()];
        for instrument in self.instruments() {
            instrument.measures(baseline, &mut |arc: ArcId, measure| {
                aimed[arc.index()] |= match measure {
                    Measure::Set(rate) | Measure::AtLeast(rate) => rate > 0.0,
                    Measure::Add(duty) => duty.rate > 0.0 || duty.charge.value() > 0.0,
                };
            });
            for limit in instrument.limits(baseline) {
                for arc in limit.arcs {
                    aimed[arc.index()] = true;
                }
            }
        }
        aimed
    }
}
