//! Clubs in words and tables.

use super::{Answer, chart, stopped};
use crate::brief::aligned::{Lean, columns};
use crate::brief::words;
use crate::negotiation::clubs::{Clubs, Whole};
use crate::negotiation::stability::members;
use crate::negotiation::talks::Talks;
use crate::table::{Cell, Table};
use serde_json::json;
use std::fmt::Write as _;

/// Stable clubs that are shown to people; files have all.
const SHOWN: usize = 12;

/// What each club means.
#[must_use]
pub fn clubs_answer(talks: &Talks, found: &Clubs) -> Answer {
    let named = Named { talks, found };
    let mut text = format!("{}\n", words::plain(&talks.scenario.title()));
    // writing to a String cannot fail, here and below
    let _ = writeln!(
        text,
        "{} looked at. Those outside a club keep their duties, form no club of their own and do not retaliate.\n",
        words::counted(found.payoffs.len(), "club", "clubs")
    );
    if let Some(whole) = &found.whole {
        named.stability(whole, &mut text);
        named.sharing(whole, &mut text);
    } else if let Some(sampled) = &found.sampled {
        let rows = found.candidates.iter().zip(sampled.values.iter().zip(&sampled.errors));
        let rows: Vec<Vec<String>> = rows
            .map(|(party, (value, error))| {
                let name = words::plain(&talks.parties[*party].name);
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
            "\nToo many candidates to look at every club: {} drawn by chance. Stability and the core are not told.",
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
            ("has_core", json!(whole.core.exists(&whole.game))),
            ("least_core_million_usd", json!(whole.core.least)),
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
        charts: found
            .whole
            .as_ref()
            .and_then(|whole| chart::lattice(talks, found, whole))
            .into_iter()
            .collect(),
        proposals: vec![],
        complete: found.complete,
    }
}

struct Named<'a> {
    talks: &'a Talks,
    found: &'a Clubs,
}

impl Named<'_> {
    fn name(&self, player: usize) -> String {
        words::plain(&self.talks.parties[self.found.candidates[player]].name)
    }

    fn names(&self, set: usize) -> Vec<String> {
        members(set, self.found.candidates.len()).map(|player| self.name(player)).collect()
    }

    fn said(&self, set: usize) -> String {
        let names = self.names(set);
        if names.is_empty() { "nobody of the candidates".to_owned() } else { names.join(", ") }
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
        if whole.accession.is_empty() {
            text.push_str("\nNobody can be asked first: no candidate gains by beginning the club.\n");
        } else {
            text.push_str("\nWho should be asked next, each time whoever gains most among those let in:\n");
            let rows: Vec<Vec<String>> = whole
                .accession
                .iter()
                .enumerate()
                .map(|(at, step)| {
                    vec![
                        (at + 1).to_string(),
                        self.name(step.player),
                        words::change(step.gain),
                        words::change(step.members_gain),
                    ]
                })
                .collect();
            let headings = [
                ("", Lean::Right),
                ("joins", Lean::Left),
                ("gains", Lean::Right),
                ("members before it gain", Lean::Right),
            ];
            text.push_str(&columns(&headings, &rows));
        }
    }

    fn sharing(&self, whole: &Whole, text: &mut String) {
        let exists = whole.core.exists(&whole.game);
        let _ = writeln!(
            text,
            "\nTogether all candidates gain {} million USD a year. {}",
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
        let rows: Vec<Vec<String>> = (0..self.found.candidates.len())
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
            ("Million USD a year", Lean::Left),
            ("alone", Lean::Right),
            ("in the club of all", Lean::Right),
            ("Shapley", Lean::Right),
            ("nucleolus", Lean::Right),
            (if exists { "in the core" } else { "least core" }, Lean::Right),
        ];
        text.push_str(&columns(&headings, &rows));
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
                    state(standing.map(crate::negotiation::stability::Standing::is_internal)).into(),
                    state(standing.map(crate::negotiation::stability::Standing::is_external)).into(),
                ]);
            }
        }
        let names =
            ["club", "members", "party", "is_member", "payoff_million_usd", "nobody_leaves", "nobody_joins"];
        let mut tables = vec![Table::new("clubs", &names, rows)];
        let mut shares: Vec<Vec<Cell>> = vec![];
        for player in 0..self.found.candidates.len() {
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
