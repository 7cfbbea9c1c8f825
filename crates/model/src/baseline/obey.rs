//! Whether flows obey what was observed, and stay clear of what is banned.

use crate::baseline::Baseline;
use crate::baseline::ids::{CountryId, ProductId};
use crate::baseline::tables::{Row, Tables};
use crate::problem::{Place, Problems};

/// Sums of decimals are off by rounding in the last bits.
const ROUNDING: f64 = 1e-12;

/// Reports every observation that the flows of the tables do not meet to its last printed digit, and
/// every flow that a ban forbids.
pub(super) fn check(baseline: &Baseline, tables: &Tables, problems: &mut Problems) {
    let flows: Vec<Flow> = tables.flows.rows.iter().filter_map(|row| Flow::of(baseline, row)).collect();
    if let Some(table) = &tables.observations {
        // tables without a fault have an observation for each row
        for (observation, Row { line, row }) in baseline.observations.iter().zip(&table.rows) {
            let covered = flows.iter().filter(|f| observation.covers(f.product, f.exporter, f.importer));
            let shipped: f64 = covered.map(|flow| flow.quantity).sum();
            let observed = observation.quantity.value();
            let room = row.half_unit_kt + ROUNDING * observed.max(shipped);
            if (shipped - observed).abs() > room {
                problems.add(
                    Place::line(&table.file, *line),
                    format!("{observed} kt were observed and the flows add up to {} kt", rounded(shipped)),
                    format!(
                        "balance flows.csv again ({} kt are missing), or take the row out",
                        rounded(observed - shipped)
                    ),
                );
            }
        }
    }
    for flow in flows.iter().filter(|flow| flow.quantity > 0.0) {
        let forbids =
            |ban: &&crate::baseline::Embargo| ban.forbids(flow.product, flow.exporter, flow.importer);
        if baseline.embargoes.iter().any(|ban| forbids(&ban)) {
            let code = |country: CountryId| baseline.countries[country.index()].code.as_str();
            problems.add(
                Place::line(&tables.flows.file, flow.line),
                format!(
                    "{} kt of {} go from {} to {}, which embargoes.csv bans altogether",
                    flow.quantity,
                    baseline.products[flow.product.index()].code,
                    code(flow.exporter),
                    code(flow.importer)
                ),
                "set the flow to zero and balance again, or lower `banned_percent`",
            );
        }
    }
}

struct Flow {
    line: usize,
    exporter: CountryId,
    importer: CountryId,
    product: ProductId,
    quantity: f64, // kt, as printed
}

impl Flow {
    fn of(baseline: &Baseline, row: &Row<crate::baseline::tables::FlowRow>) -> Option<Self> {
        Some(Self {
            line: row.line,
            exporter: baseline.country(&row.row.exporter)?,
            importer: baseline.country(&row.row.importer)?,
            product: baseline.product(&row.row.product)?,
            quantity: row.row.quantity_kt,
        })
    }
}

/// A number of kt without digits that are rounding.
fn rounded(kt: f64) -> f64 {
    (kt * 1e6).round() / 1e6
}
