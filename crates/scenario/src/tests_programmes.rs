//! Quotas, procurement, abatement, support and revenue on the toy world, by hand.

use super::*;
use zollverein_model::baseline::{ArcId, CountryId, ProducerId};
use zollverein_model::policy::terms::{CarbonDuty, Collected, Key, Mandate, Payer, Promise, Purpose, Quota};
use zollverein_model::policy::{ByIntensity, Terms};
use zollverein_model::units::UsdPerTonneCo2e;
use zollverein_model::units::{Intensity, Kilotonnes, MillionUsd, UsdPerTonne};

fn scenario(text: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("a.toml");
    assert!(std::fs::write(&path, text).is_ok());
    Scenario::read(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn toy() -> Baseline {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/toy");
    read::folder(&folder).unwrap_or_else(|problems| panic!("{problems}"))
}

fn policy(text: &str) -> (Baseline, Policy) {
    let baseline = toy();
    let policy = scenario(text).policy(&baseline).unwrap_or_else(|problems| panic!("{problems}"));
    (baseline, policy)
}

fn terms(text: &str) -> (Baseline, Terms) {
    let (baseline, policy) = policy(text);
    let terms = policy.terms(&baseline);
    (baseline, terms)
}

/// The faults of a scenario on the toy world: what is wrong | what to do.
fn faults(text: &str) -> Vec<String> {
    let problems = scenario(text).policy(&toy()).err().unwrap_or_default();
    problems.as_slice().iter().map(|p| format!("{} | {}", p.what, p.remedy)).collect()
}

fn one_fault(text: &str, expected: &str) {
    let found = faults(text);
    assert!(found.len() == 1 && found[0].contains(expected), "expected {expected:?}, found {found:?}");
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found}, by hand {expected}");
}

/// `EXPORTER>IMPORTER route` of an arc.
fn shown(baseline: &Baseline, arc: ArcId) -> String {
    let (flow, producer) = (baseline.flow_of(arc), baseline.producer_of(arc));
    format!(
        "{}>{} {}",
        baseline.countries[flow.exporter.index()].code,
        baseline.countries[flow.importer.index()].code,
        baseline.routes[producer.route.index()].code
    )
}

fn arc(baseline: &Baseline, name: &str) -> ArcId {
    let found = (0..baseline.arcs.len()).map(ArcId::at).find(|arc| shown(baseline, *arc) == name);
    found.unwrap_or_else(|| panic!("no arc {name}"))
}

fn users(baseline: &Baseline, quota: &Quota) -> Vec<String> {
    quota.arcs.iter().map(|(arc, _)| shown(baseline, *arc)).collect()
}

const STEEL_INTO_ARDEN: [&str; 3] = ["BOR>ARD blast", "BOR>ARD electric", "COR>ARD electric"];

fn quota(keys: &str) -> String {
    format!("[[quota]]\nname = \"q\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\n{keys}\n")
}

mod quotas {
    use super::*;

    #[test]
    fn a_shared_quota_leaves_the_duty_and_states_the_gap() {
        let (baseline, terms) = terms(&quota("quota_kt = 5000\nout_of_quota_percent = 50"));
        let [quota] = terms.quotas.as_slice() else { panic!("{:?}", terms.quotas) };
        assert_eq!((quota.label.as_str(), quota.clause.as_str()), ("ARD: steel", "quota.q"));
        assert_eq!((quota.quantity, quota.gap), (Kilotonnes(5000.0), Some(0.5)));
        assert_eq!((quota.rent_to_exporters, quota.earmarked), (0.0, false));
        assert_eq!(users(&baseline, quota), STEEL_INTO_ARDEN);
        assert!(quota.arcs.iter().all(|(_, share)| *share == 1.0));
        assert!(terms.changed().is_empty(), "the duties in force hold within the quota");
    }

    #[test]
    fn rates_add_to_the_duties_in_force_or_replace_them() {
        // Corin charges 10 percent on steel
        let text = "[[quota]]\nname = \"q\"\nimporters = [\"COR\"]\nproducts = [\"steel\"]\nquota_kt = 500\n\
            in_quota_percent = 5\nout_of_quota_percent = 30\nrent_to_exporters_percent = 25\n";
        let (baseline, added) = terms(text);
        near(added.duty(arc(&baseline, "BOR>COR blast")).rate, 0.15);
        near(added.quotas[0].gap.unwrap_or_default(), 0.25);
        near(added.quotas[0].rent_to_exporters, 0.25);
        let (_, replaced) = terms(&format!("{text}duties_in_force = \"replace\"\n"));
        near(replaced.duty(arc(&baseline, "BOR>COR blast")).rate, 0.05);
        near(replaced.quotas[0].gap.unwrap_or_default(), 0.25);
    }

    #[test]
    fn the_rent_of_a_quota_goes_by_how_it_is_administered_and_never_to_revenue_unasked() {
        let shares = |more: &str| {
            let (_, terms) = terms(&quota(&format!("quota_kt = 5000\nout_of_quota_percent = 50\n{more}")));
            let quota = &terms.quotas[0];
            [quota.rent_to_importers(), quota.rent_to_treasury, quota.rent_to_exporters]
        };
        assert_eq!(shares(""), [1.0, 0.0, 0.0]);
        assert_eq!(shares("administration = \"first_come_first_served\""), [1.0, 0.0, 0.0]);
        assert_eq!(shares("administration = \"importer_licences\""), [1.0, 0.0, 0.0]);
        assert_eq!(shares("administration = \"auction\""), [0.0, 1.0, 0.0]);
        assert_eq!(shares("administration = \"exporter_licences\""), [0.0, 0.0, 1.0]);
        assert_eq!(shares("rent_to_exporters_percent = 25"), [0.75, 0.0, 0.25]);
    }

    #[test]
    fn a_share_of_the_rent_that_its_administration_rules_out_is_a_problem() {
        for administration in ["auction", "exporter_licences"] {
            let text = quota(&format!(
                "quota_kt = 5000\nadministration = \"{administration}\"\nrent_to_exporters_percent = 20"
            ));
            one_fault(&text, "exporters get 20 % of the rent");
        }
    }

    #[test]
    fn exporters_with_a_quota_of_their_own_leave_the_rest_out_or_to_share() {
        let (baseline, own) = terms(&quota("exporters_kt = { BOR = 3000 }\nout_of_quota_percent = 25"));
        let [bor] = own.quotas.as_slice() else { panic!("{:?}", own.quotas) };
        assert_eq!((bor.label.as_str(), bor.quantity), ("ARD: steel from BOR", Kilotonnes(3000.0)));
        assert_eq!(users(&baseline, bor), STEEL_INTO_ARDEN[..2]);
        let (baseline, both) =
            terms(&quota("exporters_kt = { BOR = 3000 }\nquota_percent = 50\nout_of_quota_percent = 25"));
        let [_, rest] = both.quotas.as_slice() else { panic!("{:?}", both.quotas) };
        assert_eq!((rest.label.as_str(), rest.quantity), ("ARD: steel from others", Kilotonnes(196.0)));
        assert_eq!(users(&baseline, rest), STEEL_INTO_ARDEN[2..]);
    }

    #[test]
    fn those_outside_a_quota_of_named_exporters_pay_nothing_by_it() {
        let text = quota("exporters_kt = { BOR = 3000 }\nin_quota_percent = 7\nout_of_quota_percent = 25");
        let (baseline, terms) = terms(&text);
        near(terms.duty(arc(&baseline, "BOR>ARD blast")).rate, 0.07);
        near(terms.duty(arc(&baseline, "COR>ARD electric")).rate, 0.0);
    }

    #[test]
    fn a_quota_by_exporter_follows_past_shipments() {
        // half of 4,875 and of 392
        let (_, terms) =
            terms(&quota("quota_kt = 2633.5\nallocation = \"per_exporter\"\nout_of_quota_percent = 25"));
        let [bor, cor] = terms.quotas.as_slice() else { panic!("{:?}", terms.quotas) };
        assert_eq!((bor.label.as_str(), cor.label.as_str()), ("ARD: steel from BOR", "ARD: steel from COR"));
        near(bor.quantity.value(), 2437.5);
        near(cor.quantity.value(), 196.0);
    }

    #[test]
    fn percent_gives_each_territory_and_product_its_own() {
        // Arden ships 200 + 300 kt of steel and 100 + 100 kt of aluminium to the two others
        let (baseline, terms) = terms(
            "[[quota]]\nname = \"q\"\nimporters = [\"Neighbours\", \"ARD\"]\nquota_percent = 20\n\
             exporters = [\"ARD\"]\n",
        );
        let shown: Vec<(&str, f64, Option<f64>)> =
            terms.quotas.iter().map(|q| (q.label.as_str(), q.quantity.value(), q.gap)).collect();
        let expected =
            [("neighbours: aluminium from ARD", 40.0, None), ("neighbours: steel from ARD", 100.0, None)];
        assert_eq!(shown, expected, "{:?}", baseline.groups.keys());
    }

    #[test]
    fn a_quota_of_nothing_is_the_rate_above_it() {
        let (_, zero) = terms(&quota("quota_kt = 0\nin_quota_percent = 5\nout_of_quota_percent = 50"));
        let tariff = "[[tariff]]\nname = \"t\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nadditional_percent = 50\n";
        assert_eq!(zero, terms(tariff).1);
        one_fault(
            &quota("quota_kt = 0"),
            "ARD: steel: a quota of 0 kt above which nothing enters forbids trade",
        );
    }

    #[test]
    fn an_exemption_softens_the_gap_of_those_it_spares() {
        let exemption = "[[exemption]]\nname = \"e\"\nexporters = [\"COR\"]\nshare_percent = 60\n";
        for (above, gap) in [("out_of_quota_percent = 50", Some(0.5)), ("", None)] {
            let (_, terms) = terms(&format!("{}{exemption}", quota(&format!("quota_kt = 5000\n{above}"))));
            let [quota] = terms.quotas.as_slice() else { panic!("{:?}", terms.quotas) };
            assert_eq!(quota.gap, gap);
            let shares: Vec<f64> = quota.arcs.iter().map(|(_, share)| *share).collect();
            near(shares[0], 1.0);
            near(shares[2], 0.4);
        }
    }

    #[test]
    fn quotas_that_cannot_be_meant_are_refused_with_a_remedy() {
        one_fault(&quota("out_of_quota_percent = 50"), "quota.q: it does not say how much may enter");
        one_fault(
            &quota("quota_kt = 1\nquota_percent = 1\nout_of_quota_percent = 50"),
            "quota.q.quota_percent: both quota_kt and quota_percent are given",
        );
        one_fault(
            &quota("quota_kt = 1\nin_quota_percent = 10\nout_of_quota_percent = 5"),
            "quota.q.out_of_quota_percent: 5 is below the rate within the quota",
        );
        one_fault(
            "[[quota]]\nname = \"q\"\nimporters = [\"ARD\"]\nquota_kt = 9\nout_of_quota_percent = 5\n",
            "quota.q.quota_kt: tonnes are given for 1 customs territories and 2 products",
        );
        let above = "out_of_quota_percent = 5";
        one_fault(&quota(&format!("exporters_kt = {{ XXX = 3 }}\n{above}")), "`XXX` is no country or group");
        one_fault(
            &quota(&format!("exporters_kt = {{ BOR = 3 }}\nexcept = [\"BOR\"]\n{above}")),
            "quota.q.exporters_kt.BOR: the clause is not on exports of BOR",
        );
        one_fault(
            &quota(&format!("exporters_kt = {{ BOR = 3, neighbours = 4 }}\n{above}")),
            "quota.q.exporters_kt.neighbours: `neighbours` names BOR a second time",
        );
        one_fault(
            &quota(&format!("exporters_kt = {{ COR = 3 }}\nroutes = [\"blast\"]\n{above}")),
            "no trade of the baseline would use the quota of `COR`",
        );
        one_fault(
            &quota(&format!("exporters_kt = {{ COR = 3 }}\nallocation = \"shared\"\n{above}")),
            "quota.q.allocation: there is no quota to allocate",
        );
        one_fault(&quota("quota_kt = -1\nout_of_quota_percent = 5"), "quota.q.quota_kt: -1 is out of range");
    }
}

mod procurement {
    use super::*;

    fn clause(keys: &str) -> String {
        format!("[[procurement]]\nname = \"p\"\n{keys}\n")
    }

    fn green(baseline: &Baseline, mandate: &Mandate) -> Vec<String> {
        mandate.green.iter().map(|arc| shown(baseline, *arc)).collect()
    }

    #[test]
    fn a_market_counts_shipments_at_or_below_the_limit_home_included() {
        let keys =
            "countries = [\"ARD\"]\nproducts = [\"steel\"]\nshare_percent = 30\nmax_premium_usd_per_t = 100";
        let (baseline, total) = terms(&clause(&format!("{keys}\ngreen_tco2e_per_t = {{ steel = 0.8 }}")));
        let [mandate] = total.mandates.as_slice() else { panic!("{:?}", total.mandates) };
        assert_eq!(mandate.clause, "procurement.p");
        assert_eq!((mandate.promise, mandate.cap), (Promise::Share(0.3), UsdPerTonne(100.0)));
        assert_eq!(green(&baseline, mandate), ["ARD>ARD electric", "BOR>ARD electric"]);
        let (baseline, direct) =
            terms(&clause(&format!("{keys}\ngreen_tco2e_per_t = {{ steel = 0.2 }}\nintensity = \"direct\"")));
        assert_eq!(
            green(&baseline, &direct.mandates[0]),
            ["ARD>ARD electric", "BOR>ARD electric", "COR>ARD electric"]
        );
    }

    #[test]
    fn a_market_without_anything_green_still_has_its_mandate() {
        let (baseline, terms) = terms(&clause(
            "countries = [\"neighbours\"]\nshare_percent = 5\nmax_premium_usd_per_t = 100\n\
             green_tco2e_per_t = { steel = 0.1, aluminium = 0.6 }",
        ));
        let shown: Vec<(&str, &str, usize)> = terms
            .mandates
            .iter()
            .map(|m| {
                let product = &baseline.products[m.product.index()].code;
                (baseline.countries[m.importer.index()].code.as_str(), product.as_str(), m.green.len())
            })
            .collect();
        let expected =
            [("BOR", "aluminium", 2), ("COR", "aluminium", 2), ("BOR", "steel", 0), ("COR", "steel", 0)];
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_advance_commitment_holds_from_its_year_and_makes_members_before() {
        let text = clause(
            "countries = [\"ARD\"]\nproducts = [\"steel\"]\ncommitment_kt = 250\nfrom_year = 2030\n\
             max_premium_usd_per_t = 400\ngreen_tco2e_per_t = { steel = 0.8 }",
        );
        let (baseline, early) = policy(&format!("year = 2029\n{text}"));
        assert!(early.terms(&baseline).mandates.is_empty());
        assert_eq!(early.members(&baseline).count(), 1);
        let (_, held) = terms(&format!("year = 2030\n{text}"));
        assert_eq!(held.mandates[0].promise, Promise::Tonnes(Kilotonnes(250.0)));
        one_fault(&text, "procurement.p.from_year: the scenario names no year");
    }

    #[test]
    fn procurement_that_cannot_be_meant_is_refused_with_a_remedy() {
        let keys = "countries = [\"ARD\"]\nproducts = [\"steel\"]\ngreen_tco2e_per_t = { steel = 0.8 }\n";
        let with = |more: &str| clause(&format!("{keys}{more}"));
        one_fault(
            &with("share_percent = 5\nmax_premium_usd_per_t = 401"),
            "401 USD/t is more than half the lowest mill price of a green shipment (800 USD/t for steel of BOR)",
        );
        one_fault(
            &with("share_percent = 5\nmax_premium_usd_per_t = 0"),
            "a premium of 0 USD/t moves nothing",
        );
        one_fault(&with("max_premium_usd_per_t = 1"), "it does not say how much is to be green");
        one_fault(
            &with("share_percent = 5\ncommitment_kt = 5\nmax_premium_usd_per_t = 1"),
            "both share_percent and commitment_kt are given",
        );
        one_fault(
            &clause(
                "countries = [\"ARD\", \"BOR\"]\nproducts = [\"steel\"]\ncommitment_kt = 5\n\
                 max_premium_usd_per_t = 1\ngreen_tco2e_per_t = { steel = 0.8 }",
            ),
            "tonnes are given for 2 countries and 1 products",
        );
        one_fault(
            &clause(
                "countries = [\"ARD\"]\nshare_percent = 5\nmax_premium_usd_per_t = 1\n\
                 green_tco2e_per_t = { steel = 0.8 }",
            ),
            "it does not say which aluminium is green",
        );
    }
}

const ABATEMENT: &str = "[abatement]\n";

fn support(keys: &str) -> String {
    format!(
        "{ABATEMENT}[[support]]\nname = \"s\"\ncountries = [\"neighbours\"]\nproducts = [\"steel\"]\n{keys}\n"
    )
}

mod abatement_and_support {
    use super::*;

    fn producers(baseline: &Baseline, terms: &Terms) -> Vec<String> {
        let name = |producer: ProducerId| {
            let made = &baseline.producers[producer.index()];
            let country = &baseline.countries[made.country.index()].code;
            format!("{country} {}", baseline.routes[made.route.index()].code)
        };
        terms.abaters.iter().map(|abater| name(abater.producer)).collect()
    }

    #[test]
    fn producers_with_an_option_can_abate_in_the_order_of_the_baseline() {
        let (baseline, terms) = terms(ABATEMENT);
        let expected = [
            "ARD smelter",
            "BOR smelter",
            "COR smelter",
            "ARD blast",
            "ARD electric",
            "BOR blast",
            "BOR electric",
            "COR electric",
        ];
        assert_eq!(producers(&baseline, &terms), expected);
        let (blast, cor) = (&terms.abaters[5], &terms.abaters[7]);
        assert_eq!((blast.cost.value(), blast.limit, blast.intensity), (200.0, 0.8, Intensity(2.5)));
        assert_eq!((cor.cost.value(), cor.limit), (80.0, 0.5), "a country's own row comes first");
        assert!(blast.supports.is_empty() && blast.duties.is_empty());
    }

    #[test]
    fn costs_fall_with_each_doubling_and_never_rise() {
        // two doublings at 20 percent leave 0.8 x 0.8
        let learning = |deployed: f64| {
            format!(
                "[abatement]\nlearning_percent = 20\ndeployed_kt_co2e = {deployed}\nreference_kt_co2e = 1000\n"
            )
        };
        near(terms(&learning(4000.0)).1.abaters[5].cost.value(), 128.0);
        near(terms(&learning(500.0)).1.abaters[5].cost.value(), 200.0);
        one_fault(
            "[abatement]\nlearning_percent = 20\ndeployed_kt_co2e = 1\n",
            "learning_percent needs reference_kt_co2e",
        );
        one_fault("[abatement]\ndeployed_kt_co2e = 1\n", "deployment means nothing where costs do not fall");
    }

    #[test]
    fn duties_by_intensity_go_to_their_producer_in_the_order_of_arcs() {
        let (baseline, policy) = policy(ABATEMENT);
        let rule = ByIntensity {
            counted: Intensity(2.5),
            response: Intensity(2.5),
            per_tonne_co2e: UsdPerTonneCo2e(50.0),
            free: Intensity(1.0),
            at_most: None,
            steps: vec![],
            collected: Collected::ByImporter,
        };
        let on = |name: &str| CarbonDuty {
            arc: arc(&baseline, name),
            rule: rule.clone(),
            stays: 1.0,
            earmarked: false,
        };
        let (first, second) = (on("BOR>ARD blast"), on("BOR>COR blast"));
        let producer = baseline.arcs[first.arc.index()].producer;
        let duties = BTreeMap::from([(producer, vec![second.clone(), first.clone()])]);
        let Some(abatement) = policy.abatement else { panic!("abatement is on") };
        let abaters = abatement.abaters(&baseline, duties, &|_| vec![]);
        let with: Vec<usize> = abaters.iter().map(|abater| abater.duties.len()).collect();
        assert_eq!(with, [0, 0, 0, 0, 0, 2, 0, 0]);
        assert_eq!(abaters[5].duties, [first, second]);
    }

    #[test]
    fn payers_share_by_gdp_and_only_the_grant_reaches_the_producer() {
        // Arden has 1,000 and Boria 800 thousand million USD
        let (baseline, policy) = policy(&support(
            "share_percent = 50\ngrant_equivalent_percent = 60\noverhead_percent = 10\n\
             payers = [\"ARD\", \"BOR\"]\nbudget_million_usd = 300",
        ));
        let terms = policy.terms(&baseline);
        let [support] = terms.supports.as_slice() else { panic!("{:?}", terms.supports) };
        let Payer::Budget(shares, most) = &support.payer else { panic!("{support:?}") };
        assert_eq!((support.clause.as_str(), support.grant, support.overhead), ("support.s", 0.6, 0.1));
        assert_eq!(*most, Some(MillionUsd(300.0)));
        let found: Vec<usize> = shares.iter().map(|(country, _)| country.index()).collect();
        assert_eq!(found, [0, 1]);
        near(shares[0].1, 5.0 / 9.0);
        near(shares[1].1, 4.0 / 9.0);
        let supported: Vec<usize> = terms.abaters.iter().map(|abater| abater.supports.len()).collect();
        assert_eq!(supported, [0, 0, 0, 0, 0, 1, 1, 1]);
        assert_eq!(terms.abaters[5].supports[0].0, 0);
        near(terms.abaters[5].supports[0].1, 0.3);
        assert_eq!(policy.members(&baseline).count(), 2, "payers are members");
    }

    #[test]
    fn support_waits_for_its_year_and_delay() {
        let keys = "share_percent = 50\npayers = [\"ARD\"]\nstart_year = 2026\ndelay_years = 3";
        let supports = |year: i32| terms(&format!("year = {year}\n{}", support(keys))).1.supports.len();
        assert_eq!((supports(2028), supports(2029)), (0, 1));
        one_fault(&support(keys), "support.s.start_year: the scenario names no year");
        one_fault(
            &support("share_percent = 50\npayers = [\"ARD\"]\ndelay_years = 3"),
            "support.s.delay_years: the delay counts from no year",
        );
    }

    #[test]
    fn support_beyond_the_cost_is_refused_naming_the_clauses() {
        let more =
            "[[support]]\nname = \"more\"\ncountries = [\"COR\"]\nshare_percent = 60\npayers = [\"ARD\"]\n";
        one_fault(
            &format!("{}{more}", support("share_percent = 60\npayers = [\"BOR\"]")),
            "support.more and support.s together pay 120 % of the abatement cost of steel by electric in COR",
        );
        let half = "share_percent = 60\ngrant_equivalent_percent = 50\npayers = [\"BOR\"]";
        assert!(faults(&format!("{}{more}", support(half))).is_empty(), "loans are no part of it");
    }

    #[test]
    fn support_that_cannot_be_meant_is_refused_with_a_remedy() {
        let without = support("share_percent = 5\npayers = [\"ARD\"]").replace(ABATEMENT, "");
        one_fault(&without, "support pays for abatement, and producers cannot abate in this scenario");
        one_fault(&support("share_percent = 5"), "support.s: nobody pays");
        one_fault(
            &support("share_percent = 5\nfrom_revenue = \"x\""),
            "support.s.from_revenue: `x` is no [[revenue.use]] with to = \"support\"",
        );
        one_fault(
            &support("share_percent = 500\npayers = [\"ARD\"]"),
            "support.s.share_percent: 500 is out of range",
        );
        one_fault(
            &support("share_percent = 5\npayers = [\"ARD\"]")
                .replace("[\"steel\"]", "[\"aluminium\"]\nroutes = [\"remelt\"]"),
            "support.s: no producer in its scope can abate",
        );
    }

    #[test]
    fn support_has_no_effect_where_abatement_is_switched_off() {
        let text = support("share_percent = 50\npayers = [\"BOR\"]");
        let off = text.replace(ABATEMENT, "[abatement]\nenabled = false\n");
        assert!(faults(&off).is_empty(), "{:?}", faults(&off));
        let (_, without) = terms(&off);
        assert!(without.supports.is_empty() && without.abaters.is_empty());
        assert_eq!(terms(&text).1.supports.len(), 1);
    }

    #[test]
    fn a_folder_that_does_not_say_what_abatement_costs_is_told_from_no_cost() {
        let mut baseline = toy();
        baseline.abatement.clear();
        let problems = scenario(ABATEMENT).policy(&baseline).err().unwrap_or_default();
        let found: Vec<String> = problems.as_slice().iter().map(ToString::to_string).collect();
        assert!(found.len() == 1 && found[0].contains("does not say what abatement costs"), "{found:?}");
        let gdp = support("share_percent = 5\npayers = [\"ARD\"]");
        let mut baseline = toy();
        baseline.countries[0].gdp_usd = None;
        let problems = scenario(&gdp).policy(&baseline).err().unwrap_or_default();
        assert!(
            problems.to_string().contains("payers share by GDP, and that of ARD is not known"),
            "{problems}"
        );
    }

    #[test]
    fn other_prices_scale_the_cost_of_abatement() {
        let (baseline, policy) = policy(ABATEMENT);
        let scaled = baseline.scaled(3.0, 2.0);
        near(policy.terms(&scaled).abaters[5].cost.value(), 400.0);
    }
}

#[cfg(test)]
mod revenue;

#[test]
fn every_number_of_these_clauses_has_a_path() {
    let text = format!(
        "{}{}[revenue]\n[[revenue.use]]\nname = \"y\"\nshare_percent = 10\nto = \"rebate\"\n",
        quota("exporters_kt = { BOR = 3000 }\nout_of_quota_percent = 25"),
        support("share_percent = 50\npayers = [\"ARD\"]")
    );
    let scenario = scenario(&text);
    for path in ["quota.q.exporters_kt.BOR", "support.s.share_percent", "revenue.use.y.share_percent"] {
        assert!(scenario.numbers().contains(&path.to_owned()), "{path}: {:?}", scenario.numbers());
        let changed = scenario.with(path, 33.0).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(changed.number(path), Some(33.0));
    }
    let changed = scenario.with("revenue.use.y.share_percent", 33.0);
    let policy =
        changed.and_then(|changed| changed.policy(&toy())).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(policy.revenue.is_some_and(|revenue| revenue.uses[0].share == 0.33));
}

#[test]
fn the_order_of_clauses_changes_nothing() {
    let clauses = [
        "[[tariff]]\nname = \"t\"\nimporters = [\"ARD\"]\nadditional_percent = 20\n",
        "[[quota]]\nname = \"a\"\nimporters = [\"ARD\"]\nquota_percent = 50\nout_of_quota_percent = 30\n",
        "[[quota]]\nname = \"b\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nexporters_kt = { COR = 300 }\n",
        "[[exemption]]\nname = \"e\"\nexporters = [\"LDC\"]\nshare_percent = 50\n",
        "[[procurement]]\nname = \"p\"\ncountries = [\"ARD\"]\nproducts = [\"steel\"]\nshare_percent = 30\n\
         max_premium_usd_per_t = 50\ngreen_tco2e_per_t = { steel = 0.8 }\n",
        "[[procurement]]\nname = \"o\"\ncountries = [\"BOR\"]\nproducts = [\"steel\"]\nshare_percent = 20\n\
         max_premium_usd_per_t = 50\ngreen_tco2e_per_t = { steel = 0.8 }\n",
        "[[support]]\nname = \"y\"\ncountries = [\"BOR\"]\nshare_percent = 20\npayers = [\"ARD\"]\n",
        "[[support]]\nname = \"x\"\ncountries = [\"neighbours\"]\nshare_percent = 20\nfrom_revenue = \"n\"\n",
        "[[revenue.use]]\nname = \"n\"\nshare_percent = 30\nto = \"support\"\n",
        "[[revenue.use]]\nname = \"m\"\nshare_percent = 30\nto = \"rebate\"\n",
        "[abatement]\nlearning_percent = 10\ndeployed_kt_co2e = 2\nreference_kt_co2e = 1\n",
    ];
    let straight: String = clauses.concat();
    let reversed: String = clauses.iter().rev().copied().collect();
    assert_eq!(scenario(&straight).digest(), scenario(&reversed).digest());
    let (baseline, policy) = policy(&straight);
    let expected = policy.terms(&baseline);
    assert_eq!(expected, terms(&reversed).1);
    assert_eq!(expected.quotas.len(), 3);
    assert_eq!(expected.mandates[0].clause, "procurement.o");
    assert_eq!(expected.supports[0].clause, "support.x");
    assert_eq!(expected.abaters[5].supports.len(), 2);
}
