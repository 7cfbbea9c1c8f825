//! Clauses to terms on the toy world, against numbers worked by hand.
//!
//! Direct intensities of steel: ARD blast 1.9, electric 0.1; BOR blast 2.4, electric 0.1; COR electric 0.2.
//! Carbon prices: ARD 50, BOR and COR 0. Default values of steel: 3, COR 0.5.

use super::*;
use zollverein_model::policy::{ByIntensity, Duty, Terms};
use zollverein_model::units::Intensity;

fn toy() -> Baseline {
    read::folder(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The policy that a text states, or its faults, one a line.
fn policy(text: &str) -> Result<(Baseline, Policy), Vec<String>> {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("a.toml");
    assert!(std::fs::write(&path, text).is_ok());
    let faults =
        |problems: Problems| -> Vec<String> { problems.as_slice().iter().map(ToString::to_string).collect() };
    let scenario = Scenario::read(&path).map_err(faults)?;
    let baseline = toy();
    let policy = scenario.policy(&baseline).map_err(faults)?;
    Ok((baseline, policy))
}

/// The terms of a sound policy.
fn terms(text: &str) -> (Baseline, Policy, Terms) {
    let (baseline, policy) = policy(text).unwrap_or_else(|faults| panic!("{}", faults.join("\n")));
    let terms = policy.terms(&baseline);
    (baseline, policy, terms)
}

fn arc(baseline: &Baseline, from: &str, route: &str, to: &str) -> ArcId {
    let found = (0..baseline.arcs.len()).map(ArcId::at).find(|arc| {
        let (flow, producer) = (baseline.flow_of(*arc), baseline.producer_of(*arc));
        baseline.countries[flow.exporter.index()].code == from
            && baseline.countries[flow.importer.index()].code == to
            && baseline.routes[producer.route.index()].code == route
    });
    found.unwrap_or_else(|| panic!("no {route} from {from} to {to}"))
}

/// What a clause puts on an arc by intensity.
fn rule(baseline: &Baseline, policy: &Policy, arc: ArcId) -> Vec<ByIntensity> {
    let mut rules = vec![];
    for instrument in policy.instruments() {
        instrument.by_intensity(baseline, &mut |at, rule| {
            if at == arc {
                rules.push(rule);
            }
        });
    }
    rules
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-10, "{found}, by hand {expected}");
}

const CBAM: &str = "[[cbam]]\nname = \"b\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n\
    carbon_price_usd_per_tco2e = 100\n";
const FREE: &str = "free_allocation = { tco2e_per_t = { blast = 1.5, steel = 0.2 }, charged_percent = 40 }\n";

#[test]
fn a_border_adjustment_charges_imports_above_the_free_allocation() {
    let (baseline, policy, terms) = terms(&format!("{CBAM}{FREE}"));
    let charge = |from, route| terms.duty(arc(&baseline, from, route, "ARD")).charge.value();
    near(charge("BOR", "blast"), 100.0 * (2.4 - 0.6 * 1.5));
    near(charge("BOR", "electric"), 0.0);
    near(charge("COR", "electric"), 100.0 * (0.2 - 0.6 * 0.2));
    assert_eq!(terms.duty(arc(&baseline, "ARD", "blast", "ARD")), Duty::default());
    assert_eq!(terms.duty(arc(&baseline, "BOR", "blast", "COR")).charge.value(), 0.0);
    let rules = rule(&baseline, &policy, arc(&baseline, "BOR", "blast", "ARD"));
    assert_eq!(rules.len(), 1);
    assert_eq!((rules[0].counted, rules[0].response), (Intensity(2.4), Intensity(2.4)));
    near(rules[0].duty(0.5).charge.value(), 100.0 * (1.2 - 0.9));
    assert_eq!(policy.members(&baseline).count(), 1);
}

#[test]
fn own_makers_pay_what_the_price_and_lost_free_allocation_add() {
    let (baseline, policy, terms) = terms(&format!("{CBAM}{FREE}home = {{}}\n"));
    let home = arc(&baseline, "ARD", "blast", "ARD");
    // 100·(1.9 − 0.9) now, 50·(1.9 − 1.5) in the baseline
    near(terms.duty(home).at_origin.value(), 80.0);
    near(terms.duty(home).charge.value(), 0.0);
    assert_eq!(terms.duty(arc(&baseline, "ARD", "electric", "ARD")), Duty::default());
    let abroad = arc(&baseline, "ARD", "blast", "BOR");
    assert_eq!(terms.duty(abroad).at_origin.value(), 0.0);
    let rules = rule(&baseline, &policy, home);
    near(rules[0].duty(0.5).at_origin.value(), 100.0 * (0.95 - 0.9));
    let (_, _, with_exports) = self::terms(&format!("{CBAM}{FREE}home = {{ exports = true }}\n"));
    near(with_exports.duty(abroad).at_origin.value(), 80.0);
    // a lower price than today's lowers nothing
    let low = CBAM.replace("= 100", "= 10");
    let (_, policy, low) = self::terms(&format!("{low}{FREE}home = {{}}\n"));
    assert_eq!(low.duty(home).at_origin.value(), 0.0);
    assert!(rule(&baseline, &policy, home).is_empty());
}

#[test]
fn the_price_at_origin_is_taken_off_and_left_out_prices_are_the_datas() {
    let boria = CBAM.replace("ARD", "BOR");
    let (baseline, _, credited) = terms(&format!("{boria}{FREE}"));
    let arden = arc(&baseline, "ARD", "blast", "BOR");
    near(credited.duty(arden).charge.value(), (100.0 - 50.0) * (1.9 - 0.9));
    let (_, _, whole) = terms(&format!("{boria}{FREE}credit_origin_price = false\n"));
    near(whole.duty(arden).charge.value(), 100.0);
    let unpriced = CBAM.replace("carbon_price_usd_per_tco2e = 100\n", "");
    let (_, _, own) = terms(&format!("{unpriced}{FREE}"));
    near(own.duty(arc(&baseline, "BOR", "blast", "ARD")).charge.value(), 50.0 * 1.5);
    let faults = policy(&format!("{}{FREE}", unpriced.replace("ARD", "BOR"))).err().unwrap_or_default();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("no carbon price") && faults[0].contains("carbon_price_usd_per_tco2e = …"));
}

#[test]
fn the_schedule_in_law_counts_to_the_scenarios_year() {
    let schedule = FREE.replace("charged_percent = 40", "schedule = \"eu_2026_2034\"");
    let at = |year: i32| {
        let (baseline, _, terms) = terms(&format!("year = {year}\n{CBAM}{schedule}home = {{}}\n"));
        let home = terms.duty(arc(&baseline, "ARD", "blast", "ARD")).at_origin.value();
        (terms.duty(arc(&baseline, "BOR", "blast", "ARD")).charge.value(), home)
    };
    near(at(2030).0, 100.0 * (2.4 - 0.515 * 1.5));
    near(at(2026).0, 100.0 * (2.4 - 0.975 * 1.5));
    near(at(2040).0, 240.0);
    assert_eq!(at(2025), (0.0, 0.0));
    let own = FREE.replace(
        "charged_percent = 40",
        "charged = [{ year = 2026, percent = 0 }, { year = 2028, percent = 80 }]",
    );
    let (baseline, _, terms) = terms(&format!("year = 2027\n{CBAM}{own}"));
    near(terms.duty(arc(&baseline, "BOR", "blast", "ARD")).charge.value(), 150.0);
    let faults = policy(&format!("{CBAM}{schedule}")).err().unwrap_or_default();
    assert!(faults.len() == 1 && faults[0].contains("names no year"), "{faults:?}");
}

#[test]
fn default_values_with_their_mark_up_count_for_every_route_and_show_no_effort() {
    let text =
        format!("year = 2028\n{CBAM}{FREE}default_values = true\nmarkup_schedule = \"eu_2026_2028\"\n");
    let (baseline, policy, terms) = terms(&text);
    let charge = |from, route| terms.duty(arc(&baseline, from, route, "ARD")).charge.value();
    near(charge("BOR", "blast"), 100.0 * (3.0 * 1.3 - 0.9));
    near(charge("BOR", "electric"), 100.0 * (3.0 * 1.3 - 0.12));
    near(charge("COR", "electric"), 100.0 * (0.5 * 1.3 - 0.12));
    let rules = rule(&baseline, &policy, arc(&baseline, "BOR", "blast", "ARD"));
    assert_eq!(rules[0].response, Intensity::ZERO);
    let mut without = toy();
    without.intensity_defaults.clear();
    let scenario = Scenario::checked(
        Path::new("a.toml"),
        Node::parse("a.toml", &text, &mut Problems::new()).unwrap_or_else(|| panic!("it parses")),
        true,
        Problems::new(),
    );
    let faults = scenario.and_then(|scenario| scenario.policy(&without)).err().unwrap_or_default();
    assert!(faults.to_string().contains("the data folder has none"), "{faults}");
}

#[test]
fn the_faults_of_a_border_adjustment_come_all_at_once() {
    let faults = policy(
        "[[cbam]]\nname = \"b\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\ncarbon_price_usd_per_tco2e = -1\n\
         markup_percent = 10\n[cbam.free_allocation]\ntco2e_per_t = { blats = 1.5 }\n\
         charged_percent = 40\nschedule = \"eu_2026_2034\"\n",
    );
    let Err(faults) = faults.map(|_| ()) else { panic!("it is faulty") };
    // [cbam.free_allocation] under [[cbam]] belongs to the last one
    let told = faults.join("\n");
    for part in [
        "-1 is out of range",
        "a mark-up is given and default values do not count",
        "`blats` is no route or product",
        "did you mean `blast`?",
        "no number for route `electric` of `steel`",
        "exactly one of charged_percent, charged and schedule",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}

const TARIFF: &str = "[[carbon_tariff]]\nname = \"c\"\nimporters = [\"ARD\", \"COR\"]\nexporters = [\"all\"]\n\
    products = [\"steel\"]\nintensity = \"direct\"\nusd_per_tco2e = 100\n\
    benchmark = { basis = \"fixed\", tco2e_per_t = { steel = 0.5 } }\n";

#[test]
fn country_averages_count_by_output_and_a_route_moves_them_by_its_share() {
    let (baseline, policy, terms) = terms(&format!("{TARIFF}[standard]\nmethod = \"country_average\"\n"));
    // (8000·2.4 + 2000·0.1)/10000 = 1.94
    for (route, response) in [("blast", 0.8 * 2.4), ("electric", 0.2 * 0.1)] {
        let at = arc(&baseline, "BOR", route, "ARD");
        near(terms.duty(at).charge.value(), 100.0 * (1.94 - 0.5));
        near(rule(&baseline, &policy, at)[0].response.value(), response);
    }
}

#[test]
fn those_not_recognised_get_default_values() {
    let (baseline, _, terms) =
        terms(&format!("{TARIFF}[standard]\nrecognises = [\"COR\"]\nmarkup_percent = 10\n"));
    near(terms.duty(arc(&baseline, "BOR", "electric", "ARD")).charge.value(), 100.0 * (3.3 - 0.5));
    near(terms.duty(arc(&baseline, "COR", "electric", "ARD")).charge.value(), 0.0);
    let total = TARIFF.replace("direct", "total");
    let faults = policy(&format!("{total}[standard]\nmethod = \"default\"\n")).err().unwrap_or_default();
    assert!(faults.len() == 1 && faults[0].contains("default values are of direct emissions"), "{faults:?}");
}

#[test]
fn proof_is_paid_once_under_one_standard_and_for_each_of_several() {
    let members = "[[standard.member]]\nname = \"a\"\nimporters = [\"ARD\"]\n\
        [[standard.member]]\nname = \"c\"\nimporters = [\"COR\"]\n";
    let second = TARIFF.replace("\"c\"", "\"again\"");
    let text = |harmonised: bool| {
        format!(
            "{TARIFF}{second}[standard]\nverification_usd_per_t = 2\nharmonised = {harmonised}\n{members}"
        )
    };
    let proof = |terms: &Terms, baseline: &Baseline, from, to| {
        terms.duty(arc(baseline, from, "electric", to)).proof.value()
    };
    let (baseline, policy, one) = terms(&text(true));
    assert_eq!(proof(&one, &baseline, "BOR", "ARD"), 2.0);
    assert_eq!(proof(&one, &baseline, "BOR", "BOR"), 0.0);
    assert!(policy.contributions(&baseline).iter().any(|part| part.clause == "standard"));
    let (_, _, two) = terms(&text(false));
    assert_eq!(proof(&two, &baseline, "BOR", "ARD"), 4.0);
    assert_eq!(proof(&two, &baseline, "BOR", "COR"), 4.0);
    assert_eq!(proof(&two, &baseline, "COR", "ARD"), 2.0);
    assert_eq!(proof(&two, &baseline, "ARD", "COR"), 2.0);
}

#[test]
fn a_scenario_with_standards_apart_can_be_harmonised() {
    let read = |text: &str| {
        let node = Node::parse("a.toml", text, &mut Problems::new()).unwrap_or_else(|| panic!("it parses"));
        Scenario::checked(Path::new("a.toml"), node, true, Problems::new())
            .unwrap_or_else(|problems| panic!("{problems}"))
    };
    let apart = read("[standard]\nharmonised = false\n");
    let whole = apart.harmonised().unwrap_or_else(|| panic!("it is apart"));
    assert_eq!(whole.form().standard.as_ref().and_then(|standard| standard.harmonised), Some(true));
    assert_eq!(whole.harmonised(), None);
    assert_eq!(read("year = 2030\n").harmonised(), None);
}

#[test]
fn answers_add_duties_and_make_no_members() {
    let text = "year = 2027\n[[tariff]]\nname = \"t\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nrate_percent = 50\n\
        phase_in = [{ year = 2027, percent = 50 }, { year = 2028, percent = 100 }]\n\
        [[counter_duty]]\nname = \"a\"\nimporters = [\"BOR\"]\nexporters = [\"ARD\"]\nadditional_percent = 20\n\
        additional_usd_per_t = 8\nphase_in = [{ year = 2026, percent = 50 }, { year = 2028, percent = 100 }]\n";
    let (baseline, policy, terms) = terms(text);
    let answer = terms.duty(arc(&baseline, "ARD", "blast", "BOR"));
    near(answer.rate, 0.75 * 0.2);
    near(answer.charge.value(), 0.75 * 8.0);
    near(terms.duty(arc(&baseline, "BOR", "blast", "ARD")).rate, 0.25);
    let members: Vec<_> = policy.members(&baseline).iter().collect();
    assert_eq!(members, baseline.country("ARD").into_iter().collect::<Vec<_>>());
    let early = text.replace("year = 2027\n[[tariff]]", "year = 2025\n[[tariff]]");
    let (baseline, _, early) = self::terms(&early);
    assert_eq!(
        early.changed(),
        [],
        "{:?}",
        baseline.flow_of(early.changed().first().copied().unwrap_or(ArcId::at(0)))
    );
    let faults =
        self::policy(&text.replace("year = 2027\n[[tariff]]", "[[tariff]]")).err().unwrap_or_default();
    assert!(faults.len() == 2 && faults.iter().all(|fault| fault.contains("names no year")), "{faults:?}");
}

#[test]
fn a_counter_duty_without_a_duty_is_refused() {
    let faults = policy("[[counter_duty]]\nname = \"a\"\nimporters = [\"BOR\"]\nexporters = [\"ARD\"]\n");
    let Err(faults) = faults.map(|_| ()) else { panic!("it is faulty") };
    assert!(
        faults.len() == 1 && faults[0].contains("counter_duty.a: it neither sets nor adds"),
        "{faults:?}"
    );
}

#[test]
fn tiers_of_an_arrangement_are_thresholds_of_intensity() {
    let text = "[[arrangement]]\nname = \"g\"\nmembers = [\"ARD\"]\nproducts = [\"steel\"]\nintensity = \"direct\"\n\
        benchmark = { basis = \"fixed\", tco2e_per_t = { steel = 1.0 } }\n[arrangement.outside]\nfloor_percent = 5\n\
        tiers = [{ above = 1.0, additional_percent = 5 }, { above = 2.0, additional_percent = 15 }]\nusd_per_tco2e = 10\n";
    let (baseline, policy, terms) = terms(text);
    let at = arc(&baseline, "BOR", "blast", "ARD");
    near(terms.duty(at).rate, 0.2);
    near(terms.duty(at).charge.value(), 14.0);
    let rules = rule(&baseline, &policy, at);
    assert_eq!(rules[0].steps, [(Intensity(1.0), 0.05), (Intensity(2.0), 0.15)]);
    // at 25 % abated the intensity is 1.8: below the second threshold, above the first
    near(rules[0].duty(0.25).rate, 0.05);
    near(rules[0].duty(0.25).charge.value(), 8.0);
}

#[test]
fn default_values_hold_for_every_country_without_its_own() {
    let baseline = toy();
    let value = |country: &str, product: &str| {
        let key = (baseline.country(country)?, baseline.product(product)?);
        baseline.intensity_defaults.get(&key).map(|value| value.intensity)
    };
    assert_eq!(value("BOR", "aluminium"), Some(Intensity(2.5)));
    assert_eq!(value("ARD", "aluminium"), Some(Intensity(2.0)));
    assert_eq!(value("COR", "steel"), Some(Intensity(0.5)));
    assert_eq!(baseline.intensity_defaults.len(), 6);
}

/// The terms on a world in which the benchmark of blast furnaces goes with every default value of steel.
fn terms_with_default_benchmark(text: &str) -> (Baseline, Terms) {
    let mut baseline = toy();
    let steel = baseline.product("steel");
    let is_blast = |producer: &&zollverein_model::baseline::Producer| {
        baseline.routes[producer.route.index()].code == "blast"
    };
    let blast = baseline.producers.iter().find(is_blast).map(|producer| producer.route);
    for ((_, product), value) in &mut baseline.intensity_defaults {
        value.benchmark_route = blast.filter(|_| Some(*product) == steel);
    }
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("a.toml");
    assert!(std::fs::write(&path, text).is_ok());
    let scenario = Scenario::read(&path).unwrap_or_else(|faults| panic!("{faults}"));
    let policy = scenario.policy(&baseline).unwrap_or_else(|faults| panic!("{faults}"));
    let terms = policy.terms(&baseline);
    (baseline, terms)
}

#[test]
fn with_a_default_value_goes_the_benchmark_of_the_good_so_that_no_clean_route_pays_most() {
    let text = format!("{CBAM}{FREE}values = \"default\"\nmarkup_percent = 30\n");
    let (baseline, terms) = terms_with_default_benchmark(&text);
    let charge = |route| terms.duty(arc(&baseline, "BOR", route, "ARD")).charge.value();
    near(charge("blast"), 100.0 * (3.0 * 1.3 - 0.9));
    near(charge("electric"), charge("blast"));
}

#[test]
fn a_declarant_uses_the_own_or_the_default_value_whichever_costs_less() {
    let cheaper = |markup: i32| format!("{CBAM}{FREE}values = \"cheaper\"\nmarkup_percent = {markup}\n");
    let (baseline, low) = terms_with_default_benchmark(&cheaper(0));
    let charge = |terms: &Terms, from, route| terms.duty(arc(&baseline, from, route, "ARD")).charge.value();
    // own: 2.4 less 0.9 and 0.1 less 0.12; default 3 less 0.9
    near(charge(&low, "BOR", "blast"), 150.0);
    near(charge(&low, "BOR", "electric"), 0.0);
    // Corin's own 0.2 less 0.12; default 0.5 less 0.9
    near(charge(&low, "COR", "electric"), 0.0);
    let (_, high) = terms_with_default_benchmark(&cheaper(100));
    near(charge(&high, "COR", "electric"), 8.0);
    let own = terms(&format!("{CBAM}{FREE}")).2;
    for (from, route) in [("BOR", "blast"), ("BOR", "electric"), ("COR", "electric")] {
        for terms in [&low, &high] {
            assert!(charge(terms, from, route) <= charge(&own, from, route) + 1e-12, "{from} {route}");
        }
    }
}

#[test]
fn who_declares_the_default_value_bears_no_cost_of_proof() {
    let proof = "[standard]\nverification_usd_per_t = 1\n";
    let text = format!("{CBAM}{FREE}values = \"cheaper\"\n{proof}");
    let (baseline, terms) = terms_with_default_benchmark(&text);
    let cost = |from, route| terms.duty(arc(&baseline, from, route, "ARD")).proof.value();
    near(cost("BOR", "blast"), 1.0);
    near(cost("COR", "electric"), 0.0);
}

#[test]
fn two_words_on_which_values_count_must_agree() {
    let text = format!("{CBAM}{FREE}values = \"cheaper\"\ndefault_values = true\n");
    let faults = policy(&text).err().unwrap_or_default();
    assert!(faults.len() == 1 && faults[0].contains("different things"), "{faults:?}");
    let (_, _, flag) = terms(&format!("{CBAM}{FREE}default_values = true\n"));
    let (_, _, word) = terms(&format!("{CBAM}{FREE}values = \"default\"\n"));
    assert_eq!(flag, word);
}

#[test]
fn the_price_effectively_paid_at_origin_is_taken_off_on_all_emissions() {
    // Arden's price is 50; where it leaves 40 % of emissions free, 30 is paid on each tonne
    let boria = CBAM.replace("ARD", "BOR");
    let (baseline, _, net) = terms(&format!("{boria}{FREE}origin_free_percent = 40\n"));
    let charge = |terms: &Terms, route| terms.duty(arc(&baseline, "ARD", route, "BOR")).charge.value();
    near(charge(&net, "blast"), 100.0 * (1.9 - 0.9) - 30.0 * 1.9);
    near(charge(&net, "electric"), 0.0);
    let (_, _, nothing_paid) = terms(&format!("{boria}{FREE}origin_free_percent = 100\n"));
    near(charge(&nothing_paid, "blast"), 100.0);
    // a price that was paid in full on all emissions may outweigh the charge, and is not paid back
    let (_, _, paid) = terms(&format!("{}{FREE}origin_free_percent = 0\n", boria.replace("= 100", "= 60")));
    near(charge(&paid, "blast"), 0.0);
    let contrary = format!("{boria}{FREE}origin_free_percent = 40\ncredit_origin_price = false\n");
    let faults = policy(&contrary).err().unwrap_or_default();
    assert!(faults.len() == 1 && faults[0].contains("not taken off"), "{faults:?}");
}

#[test]
fn the_home_price_alone_charges_own_makers_as_much_and_nobody_at_the_border() {
    let tariff = "[[tariff]]\nname = \"t\"\nimporters = [\"COR\"]\nadditional_percent = 10\n";
    let (baseline, _, whole) = terms(&format!("{CBAM}{FREE}home = {{}}\n{tariff}"));
    let alone = whole.home_price_alone(&baseline).unwrap_or_else(|| panic!("own makers are charged"));
    let home = arc(&baseline, "ARD", "blast", "ARD");
    near(alone.duty(home).at_origin.value(), 80.0);
    for position in (0..baseline.arcs.len()).map(ArcId::at).filter(|arc| *arc != home) {
        let in_force = Duty::new(baseline.flow_of(position).duty, whole.duty(home).charge);
        assert_eq!(alone.duty(position), in_force, "{position:?}");
    }
    let (baseline, _, border) = terms(&format!("{CBAM}{FREE}"));
    assert_eq!(border.home_price_alone(&baseline), None);
}

#[test]
fn by_route_smelted_metal_is_measured_against_smelted_metal() {
    let text = |by_route: &str| {
        format!(
            "[[carbon_tariff]]\nname = \"c\"\nimporters = [\"ARD\"]\nproducts = [\"aluminium\"]\nusd_per_tco2e = 10\n\
             benchmark = {{ basis = \"importer_average\"{by_route} }}\n"
        )
    };
    let (baseline, _, mixed) = terms(&text(""));
    let (_, _, split) = terms(&text(", by_route = [\"aluminium\"]"));
    let (importer, product) = (baseline.country("ARD"), baseline.product("aluminium"));
    let (importer, product) = importer.zip(product).unwrap_or_else(|| panic!("the toy has both"));
    let own = |route| {
        let made = baseline.producers.iter().filter(move |p| {
            p.country == importer && p.product == product && (p.route == route) && p.output.value() > 0.0
        });
        let sums = made.fold((0.0, 0.0), |(output, emitted), p| {
            let intensity = p.intensity.map_or(0.0, Intensity::value);
            (output + p.output.value(), emitted + p.output.value() * intensity)
        });
        (sums.0 > 0.0).then(|| sums.1 / sums.0)
    };
    let mut measured = 0;
    for at in baseline.arcs_into(importer, product).map(ArcId::at) {
        let (maker, flow) = (baseline.producer_of(at), baseline.flow_of(at));
        let Some(level) = own(maker.route).filter(|_| !flow.is_home()) else { continue };
        let excess = (maker.intensity.map_or(0.0, Intensity::value) - level).max(0.0);
        near(split.duty(at).charge.value(), 10.0 * excess);
        measured += usize::from((mixed.duty(at).charge.value() - 10.0 * excess).abs() > 1e-6);
    }
    assert!(measured > 0, "one average for all is the same here: the test says nothing");
    let fixed = text(", by_route = [\"aluminium\"]")
        .replace("importer_average\"", "fixed\", tco2e_per_t = { aluminium = 4 }");
    let faults = policy(&fixed).err().unwrap_or_default();
    assert!(faults.len() == 1 && faults[0].contains("by product"), "{faults:?}");
}

#[test]
fn the_order_of_clauses_changes_no_term() {
    let other = "[[cbam]]\nname = \"z\"\nimporters = [\"COR\"]\ncarbon_price_usd_per_tco2e = 30\n";
    let (_, _, a) = terms(&format!("{CBAM}{FREE}{other}{TARIFF}"));
    let (_, _, b) = terms(&format!("{TARIFF}{other}{CBAM}{FREE}"));
    assert_eq!(a, b);
}

#[test]
fn the_faults_of_a_standard_come_all_at_once() {
    let tariff = TARIFF.replace("[\"ARD\", \"COR\"]", "[\"neighbours\"]");
    let text = format!(
        "{tariff}[standard]\nharmonised = false\nmarkup_percent = -1\n\
         [[standard.member]]\nname = \"a\"\nimporters = [\"BOR\"]\n\
         [[standard.member]]\nname = \"a\"\nimporters = [\"BOR\", \"XXX\"]\n"
    );
    let Err(faults) = policy(&text).map(|_| ()) else { panic!("it is faulty") };
    let told = faults.join("\n");
    for part in [
        "standard.markup_percent: -1 is out of range",
        "a second member is named `a`",
        "`XXX` is no country or group",
        "BOR already has the rules of another member",
        "is split between two standards",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let alone = policy("[standard]\nharmonised = false\n").err().unwrap_or_default();
    assert!(alone.len() == 1 && alone[0].contains("no member has rules of its own"), "{alone:?}");
}

/// Who joins an arrangement of Arden's on a world of which some figures are not known.
fn joined(condition: &str, change: impl Fn(&mut zollverein_model::baseline::tables::Tables)) -> Vec<String> {
    let mut tables =
        read::tables(Path::new("../../data/toy")).unwrap_or_else(|problems| panic!("{problems}"));
    change(&mut tables);
    let baseline = Baseline::new(&tables).unwrap_or_else(|problems| panic!("{problems}"));
    let text = format!(
        "[[arrangement]]\nname = \"a\"\nmembers = [\"ARD\"]\nproducts = [\"steel\"]\nduties_in_force = \"replace\"\n\
         accession = {{ open_to = [\"BOR\", \"COR\"], {condition} }}\noutside = {{ floor_percent = 3 }}\n"
    );
    let node = Node::parse("a.toml", &text, &mut Problems::new()).unwrap_or_else(|| panic!("it parses"));
    let scenario = Scenario::checked(Path::new("a.toml"), node, true, Problems::new());
    let policy = scenario.and_then(|scenario| scenario.policy(&baseline));
    let policy = policy.unwrap_or_else(|problems| panic!("{problems}"));
    let bloc = policy.arrangements[0].bloc().unwrap_or_else(|| panic!("it acts"));
    bloc.iter().map(|country| baseline.countries[country.index()].code.clone()).collect()
}

#[test]
fn what_is_not_known_is_not_shown_to_meet_a_condition_of_accession() {
    let of = |tables: &mut zollverein_model::baseline::tables::Tables, country: &str, capacity: bool| {
        let rows = tables.production.rows.iter_mut().map(|row| &mut row.row);
        for row in rows.filter(|row| row.country == country && row.product == "steel") {
            if capacity {
                row.capacity_kt = None;
            } else {
                (row.intensity, row.direct_intensity) = (None, None);
            }
        }
    };
    let (idle, clean) = ("max_excess_percent = 100", "max_intensity_multiple = 1000");
    for condition in [idle, clean] {
        assert_eq!(joined(condition, |_| ()), ["ARD", "BOR", "COR"], "{condition}");
    }
    assert_eq!(joined(idle, |tables| of(tables, "COR", true)), ["ARD", "BOR"]);
    assert_eq!(joined(clean, |tables| of(tables, "COR", false)), ["ARD", "BOR"]);
    // the founders' mean is what the others are measured against
    assert_eq!(joined(clean, |tables| of(tables, "ARD", false)), ["ARD"]);
    // a condition on idle capacity alone asks for no intensity, and the reverse
    assert_eq!(joined(idle, |tables| of(tables, "COR", false)), ["ARD", "BOR", "COR"]);
    assert_eq!(joined(clean, |tables| of(tables, "COR", true)), ["ARD", "BOR", "COR"]);
}
