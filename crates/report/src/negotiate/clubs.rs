//! Clubs in words and tables.

use super::{Answer, chart, stopped};
use crate::aligned::{Lean, columns};
use crate::words;
use serde_json::json;
use std::fmt::Write as _;
use zollverein_games::stability::{Admission, Step, members};
use zollverein_negotiation::clubs::{Clubs, Whole};
use zollverein_negotiation::talks::Talks;
use zollverein_tables::{Cell, Table};

/// Stable clubs that are shown to people; files have all.
const SHOWN: usize = 12;

/// What each club means.
#[must_use]
pub fn clubs_answer(talks: &Talks, found: &Clubs) -> Answer {
    let named = Named { found };
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    // writing to a String cannot fail, here and below
    let _ = writeln!(
        text,
        "{} of founders and candidates looked at. Every figure is a change against no club, million USD a year. Those \
         outside a club keep their duties, form no club of their own and do not retaliate.\n",
        words::counted(found.payoffs.len(), "club", "clubs")
    );
    if let Some(whole) = &found.whole {
        named.stability(whole, &mut text);
        named.sharing(whole, &mut text);
    } else if let Some(sampled) = &found.sampled {
        let rows = found.players.iter().zip(sampled.values.iter().zip(&sampled.errors));
        let rows: Vec<Vec<String>> = rows
            .map(|(player, (value, error))| {
                let name = words::plain(&player.name);
                vec![name, words::change(*value), format!("± {}", words::figure(*error))]
            })
            .collect();
        let headings = [
            ("Shapley value, million USD a year", Lean::Left),
            ("estimate", Lean::Right),
            ("standard error", Lean::Right),
        ];
        text.push_str(&columns(&headings, &rows));
        let _ = writeln!(
            text,
            "\nToo many players to look at every club: {} drawn by chance. Stability and the core are not told.",
            words::counted(sampled.orders, "order was", "orders were")
        );
    }
    stopped(found.complete, &mut text);
    let mut facts = vec![("clubs", json!(found.payoffs.len()))];
    if let Some(whole) = &found.whole {
        let names = |set: usize| named.names(set);
        facts.extend([
            ("stable_clubs", json!(whole.stable.iter().map(|set| names(*set)).collect::<Vec<_>>())),
            (
                "accession_order",
                json!(whole.accession.iter().map(|step| named.name(step.player)).collect::<Vec<_>>()),
            ),
            (
                "better_accession_order",
                json!(whole.better_accession.iter().map(|step| named.name(step.player)).collect::<Vec<_>>()),
            ),
            ("refused", json!(whole.refused.iter().map(|step| named.name(step.player)).collect::<Vec<_>>())),
            ("has_core", json!(whole.core.exists(&whole.game))),
            ("least_core_million_usd", json!(whole.core.least)),
            ("shapley_in_core", json!(whole.game.in_core(&whole.shapley))),
            ("superadditive", json!(whole.facts.superadditive.is_none())),
            ("convex", json!(whole.facts.convex.is_none())),
            ("worth_of_all_million_usd", json!(whole.game.worth(whole.game.all()))),
        ]);
    }
    Answer {
        question: "coalition",
        text,
        tables: named.tables(),
        facts,
        charts: found.whole.as_ref().and_then(|whole| chart::lattice(found, whole)).into_iter().collect(),
        proposals: vec![],
        complete: found.complete,
    }
}

/// The rule of admission in words.
fn admission(rule: Admission) -> &'static str {
    match rule {
        Admission::Open => "whoever wants to can join",
        Admission::Unanimous => "founders and earlier entrants must all agree",
        Admission::Majority => "more than half of founders and earlier entrants must agree",
        Admission::FoundersVeto => "no founder may lose",
    }
}

/// What a step brings a member before it.
fn gain_of(step: &Step, member: usize) -> f64 {
    step.gains.iter().find(|(own, _)| *own == member).map_or(0.0, |(_, gain)| *gain)
}

struct Named<'a> {
    found: &'a Clubs,
}

impl Named<'_> {
    fn name(&self, player: usize) -> String {
        words::plain(&self.found.players[player].name)
    }

    fn names(&self, set: usize) -> Vec<String> {
        members(set, self.found.players.len()).map(|player| self.name(player)).collect()
    }

    fn said(&self, set: usize) -> String {
        let names = self.names(set);
        if names.is_empty() { "nobody: no club".to_owned() } else { names.join(", ") }
    }

    fn stability(&self, whole: &Whole, text: &mut String) {
        let _ = match whole.stable.len() {
            0 => writeln!(
                text,
                "No club is stable: from each somebody would leave, or somebody would join it."
            ),
            count => writeln!(
                text,
                "{} stable: nobody in it would be better off outside, nobody outside would be better off in it.",
                words::counted(count, "club is", "clubs are")
            ),
        };
        let mut largest = whole.stable.clone();
        largest.sort_by_key(|set| (std::cmp::Reverse(set.count_ones()), *set));
        for set in largest.iter().take(SHOWN) {
            let _ = writeln!(text, "  {}", self.said(*set));
        }
        if largest.len() > SHOWN {
            let _ = writeln!(text, "  … and {} more, in the files", largest.len() - SHOWN);
        }
        let all = &whole.standings[whole.game.all()];
        if all.leave.is_empty() {
            text.push_str("From the club of all nobody would leave.\n");
        } else {
            let leave: Vec<String> = all
                .leave
                .iter()
                .map(|(player, gain)| format!("{} ({})", self.name(*player), words::change(*gain)))
                .collect();
            let _ = writeln!(
                text,
                "From the club of all these would leave, and gain by it, million USD a year: {}.",
                leave.join(", ")
            );
            let _ = writeln!(
                text,
                "{}",
                if all.spare >= 0.0 {
                    "Its members together have enough to pay each of them to stay."
                } else {
                    "Its members together do not have enough to pay each of them to stay."
                }
            );
        }
        let rule = admission(whole.admission);
        if whole.accession.is_empty() {
            let _ = writeln!(
                text,
                "\nNobody joins the founders: no candidate gains by it and is let in ({rule})."
            );
        } else {
            let _ = writeln!(
                text,
                "\nWho should be asked next, each time whoever adds most among those let in ({rule}):"
            );
            let rows: Vec<Vec<String>> = whole
                .accession
                .iter()
                .enumerate()
                .map(|(at, step)| {
                    let mut row =
                        vec![(at + 1).to_string(), self.name(step.player), words::change(step.gain)];
                    row.extend(self.founders().map(|founder| words::change(gain_of(step, founder))));
                    row.push(words::change(step.members_gain));
                    row
                })
                .collect();
            let founders: Vec<String> =
                self.founders().map(|founder| format!("{} gains", self.name(founder))).collect();
            let mut headings = vec![("", Lean::Right), ("joins", Lean::Left), ("gains", Lean::Right)];
            headings.extend(founders.iter().map(|name| (name.as_str(), Lean::Right)));
            headings.push(("members before it gain", Lean::Right));
            text.push_str(&columns(&headings, &rows));
        }
        if !whole.better_accession.is_empty() {
            let order: Vec<String> =
                whole.better_accession.iter().map(|step| self.name(step.player)).collect();
            let _ = writeln!(
                text,
                "Another order ends at a club whose members have more together, although its first steps add \
                 less: {}.",
                order.join(", then ")
            );
        }
        for step in &whole.refused {
            let losing: Vec<String> = step
                .gains
                .iter()
                .filter(|(_, gain)| *gain < 0.0)
                .map(|(member, gain)| format!("{} {}", self.name(*member), words::change(*gain)))
                .collect();
            let _ = writeln!(
                text,
                "{} would gain {} by joining {} and is not let in: {}.",
                self.name(step.player),
                words::change(step.gain),
                self.said(step.set & !(1 << step.player)),
                words::listed(&losing)
            );
        }
    }

    /// The founders, by position.
    fn founders(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.found.players.len()).filter(|player| self.found.players[*player].is_founder)
    }

    fn sharing(&self, whole: &Whole, text: &mut String) {
        let exists = whole.core.exists(&whole.game);
        let _ = writeln!(
            text,
            "\nTogether all players, founders and candidates, gain {} million USD a year against no club. {}",
            words::change(whole.game.worth(whole.game.all())),
            if exists {
                "It can be shared so that no set of them would rather go alone (the core is not empty)."
            } else {
                "It cannot be shared so that no set of them would rather go alone (the core is empty)."
            }
        );
        if !exists {
            let _ = writeln!(
                text,
                "At least one set misses {} million USD a year.",
                words::figure(whole.core.least)
            );
        }
        let rows: Vec<Vec<String>> = (0..self.found.players.len())
            .map(|player| {
                vec![
                    self.name(player),
                    words::change(whole.game.worth(1 << player)),
                    words::change(self.found.payoffs[&whole.game.all()][player]),
                    words::change(whole.shapley[player]),
                    whole.nucleolus.as_ref().map_or_else(|| "–".to_owned(), |all| words::change(all[player])),
                    words::change(whole.core.point[player]),
                ]
            })
            .collect();
        let headings = [
            ("Million USD a year against no club", Lean::Left),
            ("as a club of one", Lean::Right),
            ("in the club of all", Lean::Right),
            ("Shapley", Lean::Right),
            ("nucleolus", Lean::Right),
            (if exists { "in the core" } else { "least core" }, Lean::Right),
        ];
        text.push_str(&columns(&headings, &rows));
        if whole.nucleolus.is_none() {
            let alone: f64 = (0..self.found.players.len()).map(|player| whole.game.worth(1 << player)).sum();
            let _ = writeln!(
                text,
                "There is no nucleolus: as clubs of one the players have {} together, and all of them in one club {}, \
                 so no sharing gives each what it has alone.",
                words::change(alone),
                words::change(whole.game.worth(whole.game.all()))
            );
        }
    }

    fn tables(&self) -> Vec<Table> {
        let mut rows: Vec<Vec<Cell>> = vec![];
        for (set, payoffs) in &self.found.payoffs {
            let standing = self.found.whole.as_ref().map(|whole| &whole.standings[*set]);
            let state = |yes: Option<bool>| match yes {
                Some(true) => "yes",
                Some(false) => "no",
                None => "",
            };
            for (player, payoff) in payoffs.iter().enumerate() {
                rows.push(vec![
                    (*set as f64).into(),
                    self.names(*set).join(" ").into(),
                    self.name(player).into(),
                    if set >> player & 1 == 1 { "yes" } else { "no" }.into(),
                    (*payoff).into(),
                    state(standing.map(zollverein_games::stability::Standing::is_internal)).into(),
                    state(standing.map(zollverein_games::stability::Standing::is_external)).into(),
                ]);
            }
        }
        let names =
            ["club", "members", "party", "is_member", "gain_million_usd", "nobody_leaves", "nobody_joins"];
        let mut tables = vec![Table::new("clubs", &names, rows)];
        let mut shares: Vec<Vec<Cell>> = vec![];
        for player in 0..self.found.players.len() {
            if let Some(whole) = &self.found.whole {
                shares.push(vec![
                    self.name(player).into(),
                    whole.shapley[player].into(),
                    None.into(),
                    whole.nucleolus.as_ref().map(|all| all[player]).into(),
                    Some(whole.core.point[player]).into(),
                ]);
            } else if let Some(sampled) = &self.found.sampled {
                shares.push(vec![
                    self.name(player).into(),
                    sampled.values[player].into(),
                    Some(sampled.errors[player]).into(),
                    None.into(),
                    None.into(),
                ]);
            }
        }
        let names = [
            "party",
            "shapley_million_usd",
            "standard_error_million_usd",
            "nucleolus_million_usd",
            "least_core_million_usd",
        ];
        tables.push(Table::new("sharing", &names, shares));
        tables
    }
}
