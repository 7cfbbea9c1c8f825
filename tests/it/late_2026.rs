//! The regimes of late 2026 as law stands: scenarios 20 and 21.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use zollverein::baseline::Baseline;
use zollverein::model::Outcome;
use zollverein::scenario::Scenario;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn run(name: &str) -> (Arc<Baseline>, Outcome) {
    let scenario = Scenario::read(&scenarios().join(name)).unwrap_or_else(|problems| panic!("{problems}"));
    let folder = scenario.data_folder().unwrap_or_else(|problems| panic!("{problems}"));
    let world = Arc::new(scenario.world(&folder).unwrap_or_else(|problems| panic!("{problems}")));
    let model = scenario.model(Arc::clone(&world)).unwrap_or_else(|error| panic!("{error}"));
    let policy = scenario.policy(&world).unwrap_or_else(|problems| panic!("{problems}"));
    let outcome = model.evaluate(&policy).unwrap_or_else(|error| panic!("{error}"));
    (world, outcome)
}

#[test]
fn every_clause_says_in_a_comment_how_far_it_is_known() {
    let file = scenarios().join("20-regimes-late-2026.toml");
    let text = std::fs::read_to_string(&file).expect("the scenario");
    let words = ["read:", "reported:", "known:", "assumed:"];
    let mut comment = String::new();
    let (mut clauses, mut silent) = (0, vec![]);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("# ----") || line.is_empty() {
            comment.clear();
        } else if line.starts_with('#') {
            comment.push_str(line);
        } else if line.starts_with("[[") {
            clauses += 1;
            if !words.iter().any(|word| comment.contains(word)) {
                silent.push(lines.peek().copied().unwrap_or_default().to_owned());
            }
        }
    }
    assert!(clauses > 35, "{clauses}");
    assert!(silent.is_empty(), "no word on how far these are known: {silent:?}");
}

#[test]
fn the_border_adjustment_sanctions_and_partial_quotas_are_in_force() {
    let (world, outcome) = run("20-regimes-late-2026.toml");
    let kt = |from: &str, to: &dyn Fn(&str) -> bool, product: &str| -> (f64, f64) {
        let (mut before, mut after) = (0.0, 0.0);
        for (position, arc) in world.arcs.iter().enumerate() {
            let flow = world.trade.flow(arc.flow);
            let code =
                |country: zollverein::baseline::CountryId| world.countries[country.index()].code.as_str();
            if code(flow.exporter) == from
                && to(code(flow.importer))
                && world.products[flow.product.index()].code == product
            {
                before += arc.quantity.value();
                after += outcome.equilibrium.quantity[position].value();
            }
        }
        (before, after)
    };
    let union = world.groups.get("eu27").expect("EU27").members.clone();
    let in_union = |code: &str| world.country(code).is_some_and(|country| union.contains(country));
    // bans: nothing that anyone would notice
    for (from, to, product) in
        [("TUR", "ISR", "steel"), ("RUS", "GBR", "aluminium"), ("RUS", "USA", "aluminium")]
    {
        let (before, after) = kt(from, &|code| code == to, product);
        assert!(before > 1.0 && after < 0.001 * before, "{from} {to} {product}: {before} to {after}");
    }
    let (before, after) = kt("IRN", &in_union, "steel");
    assert!(before > 1.0 && after < 0.001 * before, "{before} to {after}");
    // what is left of Russia's metal
    assert!(kt("RUS", &in_union, "steel").1 <= 2730.0 + 1e-3);
    assert!(kt("RUS", &in_union, "aluminium").1 <= 50.0 + 1e-3);
    // the quota on what the regulation covers; the premium is far from the 50 points
    let quotas = outcome.terms.quotas.iter().zip(&outcome.equilibrium.quotas);
    let (quota, state) =
        quotas.into_iter().find(|(q, _)| q.clause == "quota.eu-steel").expect("the EU's quota");
    assert!(
        ((quota.quantity - quota.beside).value() - 18350.0).abs() < 1e-9 && quota.beside.value() > 5000.0
    );
    assert!(state.premium > 0.0 && state.premium < 0.2, "{}", state.premium);
    // the border adjustment is charged on Chinese steel in Germany, not on Norwegian
    let charge = |from: &str| {
        let arcs = (0..world.arcs.len()).map(zollverein::baseline::ArcId::at).filter(|arc| {
            let flow = world.flow_of(*arc);
            Some(flow.exporter) == world.country(from)
                && Some(flow.importer) == world.country("DEU")
                && Some(flow.product) == world.product("steel")
        });
        arcs.map(|arc| outcome.terms.duty(arc).charge.value()).fold(0.0, f64::max)
    };
    assert!(charge("CHN") > 50.0 && charge("NOR") == 0.0, "{} {}", charge("CHN"), charge("NOR"));
}

#[test]
fn members_of_the_arrangement_leave_each_other_s_quota() {
    let (world, outcome) = run("21-gassa-on-2026.toml");
    let quota = outcome.terms.quotas.iter().find(|q| q.clause == "quota.eu-steel").expect("the EU's quota");
    let american =
        quota.arcs.iter().filter(|(arc, _)| Some(world.flow_of(*arc).exporter) == world.country("USA"));
    assert_eq!(american.count(), 0);
}
