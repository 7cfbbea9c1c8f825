//! The use of revenue on the toy world, by hand.

use super::*;

const TARIFFS: &str = "[[tariff]]\nname = \"a\"\nimporters = [\"ARD\"]\nadditional_percent = 20\n\
    [[tariff]]\nname = \"b\"\nimporters = [\"ARD\"]\nproducts = [\"steel\"]\nadditional_percent = 5\n\
    additional_usd_per_t = 10\n[[quota]]\nname = \"q\"\nimporters = [\"BOR\"]\nquota_percent = 50\n\
    out_of_quota_percent = 30\n";
const FUND: &str = "[[revenue.use]]\nname = \"fund\"\nshare_percent = 40\nto = \"fund\"\nrecipients = [\"LDC\"]\nkey = \"duty_paid\"\n";

fn with(head: &str, uses: &str) -> String {
    format!("{TARIFFS}[revenue]\n{head}\n{uses}")
}

#[test]
fn the_revenue_of_named_clauses_is_earmarked_and_no_other() {
    let (baseline, named) = terms(&with("clauses = [\"tariff.b\"]", FUND));
    let shown: Vec<String> = named.earmarked.iter().map(|(arc, _)| shown(&baseline, *arc)).collect();
    assert_eq!(shown, STEEL_INTO_ARDEN);
    let duty = named.earmarked[0].1;
    near(duty.rate, 0.05);
    near(duty.charge.value(), 10.0);
    assert!(named.quotas.iter().all(|quota| !quota.earmarked));
    let (_, all) = terms(&with("", FUND));
    let at = arc(&baseline, "BOR>ARD blast");
    let whole = all.earmarked.iter().find(|(arc, _)| *arc == at);
    near(whole.map_or(0.0, |(_, duty)| duty.rate), 0.25);
    assert!(all.quotas.iter().all(|quota| quota.earmarked));
}

#[test]
fn uses_come_in_the_order_of_names_with_their_purpose() {
    let more = "[[revenue.use]]\nname = \"back\"\nshare_percent = 10\nto = \"rebate\"\noverhead_percent = 2\n\
        [[revenue.use]]\nname = \"off\"\nenabled = false\nshare_percent = 90\nto = \"rebate\"\n";
    let (baseline, terms) = terms(&with("", &format!("{FUND}grant_equivalent_percent = 75\n{more}")));
    let [back, fund] = terms.uses.as_slice() else { panic!("{:?}", terms.uses) };
    assert_eq!((back.clause.as_str(), &back.purpose), ("revenue.use.back", &Purpose::Rebate));
    assert_eq!((back.share, back.overhead, back.grant, back.flowing), (0.1, 0.02, 1.0, true));
    let Purpose::Fund(recipients, key) = &fund.purpose else { panic!("{fund:?}") };
    assert_eq!((*key, fund.grant), (Key::DutyPaid, 0.75));
    assert_eq!(recipients.iter().next(), baseline.country("COR"));
}

#[test]
fn a_fund_may_leave_recipients_out_and_pay_none_more_than_it_loses() {
    let wide = FUND.replace("[\"LDC\"]", "[\"LDC\", \"BOR\"]");
    let (baseline, terms) = terms(&with("", &format!("{wide}except = [\"BOR\"]\ncap = \"loss\"\n")));
    let Purpose::Fund(recipients, _) = &terms.uses[0].purpose else { panic!("{:?}", terms.uses) };
    assert_eq!(
        recipients.iter().collect::<Vec<_>>(),
        baseline.country("COR").into_iter().collect::<Vec<_>>()
    );
    assert!(terms.uses[0].at_most_loss);
    one_fault(
        &with("", &format!("{FUND}except = [\"LDC\"]\n")),
        "revenue.use.fund.except: it leaves no recipient",
    );
    let rebate = "[[revenue.use]]\nname = \"r\"\nshare_percent = 7\nto = \"rebate\"\ncap = \"loss\"\n";
    one_fault(&with("", rebate), "revenue.use.r.cap: it goes with to = \"fund\" only");
}

#[test]
fn a_fund_holds_its_money_until_the_delay_is_over() {
    let text = |year: i32| {
        format!("year = {year}\n{}", with("", &format!("{FUND}start_year = 2026\ndelay_years = 2\n")))
    };
    assert!(!terms(&text(2027)).1.uses[0].flowing);
    assert!(terms(&text(2028)).1.uses[0].flowing);
}

#[test]
fn recipients_are_no_members() {
    let (baseline, policy) = policy(&with("", FUND));
    let members: Vec<usize> = policy.members(&baseline).iter().map(CountryId::index).collect();
    assert_eq!(members, [0, 1], "Arden with its tariffs, Boria with its quota");
}

#[test]
fn support_is_paid_from_the_use_that_it_names() {
    let uses = "[[revenue.use]]\nname = \"z\"\nshare_percent = 30\nto = \"support\"\n";
    let (_, terms) = terms(&format!(
        "{}{}",
        with("", &format!("{uses}{FUND}")),
        support("share_percent = 50\nfrom_revenue = \"z\"")
    ));
    assert_eq!(terms.uses[1].purpose, Purpose::Support);
    assert_eq!(terms.supports[0].payer, Payer::Revenue(1));
}

#[test]
fn clauses_that_build_on_one_that_is_switched_off_have_no_effect() {
    let uses = "[[revenue.use]]\nname = \"z\"\nshare_percent = 30\nto = \"support\"\n";
    let head = "clauses = [\"tariff.a\", \"tariff.b\"]";
    let supported = support("share_percent = 50\nfrom_revenue = \"z\"");
    let whole = format!("{}{supported}", with(head, &format!("{uses}{FUND}")));
    let switched = |kind: &str, name: &str| {
        whole.replace(
            &format!("[[{kind}]]\nname = \"{name}\""),
            &format!("[[{kind}]]\nname = \"{name}\"\nenabled = false"),
        )
    };
    let use_off = switched("revenue.use", "z");
    let revenue_off = whole.replace("[revenue]\n", "[revenue]\nenabled = false\n");
    for off in [&use_off, &revenue_off] {
        assert_ne!(*off, whole);
        assert!(faults(off).is_empty(), "{:?}", faults(off));
        let (_, terms) = terms(off);
        assert!(terms.supports.is_empty() && terms.abaters.iter().all(|abater| abater.supports.is_empty()));
        assert!(!terms.abaters.is_empty());
    }
    let tariff_off = switched("tariff", "a");
    assert_ne!(tariff_off, whole);
    let (_, less) = terms(&tariff_off);
    assert_eq!(less.supports.len(), 1);
    near(less.earmarked[0].1.rate, 0.05);
    let other = whole.replace("from_revenue = \"z\"", "from_revenue = \"fund\"");
    one_fault(&other, "`fund` is no [[revenue.use]] with to = \"support\"");
}

#[test]
fn uses_that_cannot_be_meant_are_refused_with_a_remedy() {
    one_fault("[revenue]\n", "revenue: it does not say what revenue is used for");
    one_fault(
        &with("clauses = [\"tariff.c\"]", FUND),
        "`tariff.c` is no clause of this scenario that brings in revenue",
    );
    let over = "[[revenue.use]]\nname = \"r\"\nshare_percent = 70\nto = \"rebate\"\n";
    one_fault(&with("", &format!("{FUND}{over}")), "the uses take 110 % of revenue together");
    one_fault(
        &with("", &FUND.replace("key = \"duty_paid\"\n", "")),
        "it does not say how the fund is shared out",
    );
    one_fault(&with("", &FUND.replace("recipients = [\"LDC\"]\n", "")), "the fund pays nobody");
    one_fault(
        &with("", &format!("{over}key = \"per_head\"\n")),
        "revenue.use.r.key: it goes with to = \"fund\" only",
    );
    one_fault(
        &with("", &format!("{FUND}start_year = 2026\n")),
        "revenue.use.fund.start_year: the scenario names no year",
    );
    let mut baseline = toy();
    baseline.countries[2].population = None;
    let per_head = with("", &FUND.replace("duty_paid", "per_head"));
    let problems = scenario(&per_head).policy(&baseline).err().unwrap_or_default();
    assert!(problems.to_string().contains("the population of no recipient is known"), "{problems}");
}

#[test]
fn a_second_use_of_the_same_name_is_refused() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = folder.path().join("a.toml");
    assert!(std::fs::write(&path, with("", &format!("{FUND}{FUND}"))).is_ok());
    let problems = Scenario::read(&path).err().unwrap_or_default().to_string();
    assert!(problems.contains("a second [[revenue.use]] is named `fund`"), "{problems}");
}

#[test]
fn an_extension_changes_a_use_by_its_name() {
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let write = |name: &str, text: &str| assert!(std::fs::write(folder.path().join(name), text).is_ok());
    write("base.toml", &with("", FUND));
    write("over.toml", "extends = \"base.toml\"\n[[revenue.use]]\nname = \"fund\"\nshare_percent = 15\n");
    let read =
        Scenario::read(&folder.path().join("over.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(read.number("revenue.use.fund.share_percent"), Some(15.0));
    assert_eq!(read.form().revenue.as_ref().map(|revenue| revenue.uses.len()), Some(1));
}
