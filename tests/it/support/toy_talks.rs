//! Negotiations on the toy world.

use std::path::Path;
use std::sync::Arc;
use zollverein::baseline::{Baseline, read};
use zollverein::negotiation::talks::Talks;
use zollverein::scenario::Scenario;

/// Three countries, three rates and a choice; no party may lose more than it says.
pub const TOY: &str = "
[[tariff]]
name = \"a\"
importers = [\"ARD\"]
products = [\"aluminium\"]
additional_percent = 3
[[tariff]]
name = \"b\"
importers = [\"BOR\"]
products = [\"aluminium\"]
additional_percent = 3
[[tariff]]
name = \"s\"
importers = [\"ARD\"]
exporters = [\"BOR\"]
products = [\"steel\"]
additional_percent = 2
[[exemption]]
name = \"poor\"
exporters = [\"COR\"]
enabled = false
[[party]]
name = \"arden\"
members = [\"ARD\"]
[[party]]
name = \"boria\"
members = [\"BOR\"]
producers_weight = 1.4
bargaining_power = 2
[[party]]
name = \"corin\"
members = [\"COR\"]
[[party.red_line]]
name = \"exports\"
indicator = \"export_value\"
product = \"aluminium\"
measure = \"percent\"
at_least = -1
[negotiation]
nobody_loses = false
[[negotiation.number]]
name = \"arden-aluminium\"
what = \"tariff.a.additional_percent\"
from = 0
to = 10
[[negotiation.number]]
name = \"boria-aluminium\"
what = \"tariff.b.additional_percent\"
from = 0
to = 10
[[negotiation.number]]
name = \"arden-steel\"
what = \"tariff.s.additional_percent\"
from = 0
to = 10
[[negotiation.menu]]
name = \"poor-exempt\"
what = \"exemption.poor.enabled\"
values = [false, true]
[[negotiation.objective]]
name = \"arden-and-boria\"
indicator = \"welfare\"
of = [\"ARD\", \"BOR\"]
[[negotiation.objective]]
name = \"corin-exports\"
indicator = \"export_value\"
of = [\"COR\"]
weight = 0.01
";

/// A club that three countries may be in.
pub const CLUB: &str = "
[[arrangement]]
name = \"club\"
members = [\"ARD\"]
products = [\"aluminium\"]
benchmark = { basis = \"fixed\", tco2e_per_t = { aluminium = 20 } }
[arrangement.outside]
floor_percent = 10
[[party]]
name = \"arden\"
members = [\"ARD\"]
[[party]]
name = \"boria\"
members = [\"BOR\"]
[[party]]
name = \"corin\"
members = [\"COR\"]
[negotiation.coalition]
members = \"arrangement.club.members\"
candidates = [\"arden\", \"boria\", \"corin\"]
";

/// A scenario of a text.
pub fn scenario(text: &str) -> Scenario {
    Scenario::parse(Path::new("talks.toml"), text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A negotiation of a text on a world.
pub fn talks_on(baseline: Baseline, text: &str) -> Talks {
    Talks::open(&scenario(text), Arc::new(baseline), Arc::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// A negotiation of a text on the toy world.
pub fn toy(text: &str) -> Talks {
    let baseline = read::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/toy"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    talks_on(baseline, text)
}
