//! The clauses in words: one by one, or those of a kind that somebody applies together.

use crate::facts::Facts;
use crate::words;
use zollverein_model::baseline::group::normalised;

/// The clauses in words, each a sentence.
pub(super) fn each(facts: &Facts<'_>) -> Vec<String> {
    let said = facts.report.clauses.iter().map(|clause| quoted(&named(facts, &words::plain(clause))));
    said.filter(|clause| !clause.is_empty()).collect()
}

/// The same in fewer words: what a kind of clause of the same countries does stands behind them once,
/// without names. No clause is left out.
pub(super) fn together(facts: &Facts<'_>) -> Vec<String> {
    let mut found: Vec<(String, Vec<String>)> = vec![];
    for clause in &facts.report.clauses {
        let text = named(facts, &words::plain(clause));
        let (head, does) = split(&text).unwrap_or_default();
        let does = if head.is_empty() { quoted(&text) } else { does };
        match found.iter_mut().find(|(other, _)| *other == head) {
            Some((_, all)) => all.push(does),
            None => found.push((head, vec![does])),
        }
    }
    let said = found.into_iter().map(|(head, all)| match head.as_str() {
        "" => all.join(" "),
        _ => format!("{head}: {}.", all.join("; ")),
    });
    said.collect()
}

/// `Tariff `a`: USA on steel: …` as what it is and whose, and what it does; `None` where a sentence is
/// not of that form.
fn split(text: &str) -> Option<(String, String)> {
    let (head, does) = text.split_once("`: ")?;
    let (kind, _) = head.split_once(" `")?;
    let (whose, does) = does.split_once(" on ")?;
    Some((format!("{kind}, {whose}"), does.trim_end_matches('.').to_owned()))
}

/// Names of groups that are written with strokes, in words; names of clauses stay as they are.
fn named(facts: &Facts<'_>, text: &str) -> String {
    let is_group = |word: &str| word.contains('_') && facts.baseline.groups.contains_key(&normalised(word));
    let word = |word: &str| {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        if is_group(core) { word.replace('_', " ") } else { word.to_owned() }
    };
    let outside_marks = text.split('`').enumerate().map(|(position, piece)| match position % 2 {
        0 => piece.split(' ').map(word).collect::<Vec<_>>().join(" "),
        _ => piece.to_owned(),
    });
    outside_marks.collect::<Vec<_>>().join("`")
}

/// Names between backticks in quotation marks.
fn quoted(text: &str) -> String {
    let mut open = false;
    let marks = text.chars().map(|character| {
        if character != '`' {
            return character;
        }
        open = !open;
        if open { '“' } else { '”' }
    });
    marks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_split_into_whose_it_is_and_what_it_does() {
        let text = "Tariff `us-steel`: USA on steel from CHN: the duty is set to 50 %.";
        let (head, does) = split(text).unwrap_or_default();
        assert_eq!(
            (head.as_str(), does.as_str()),
            ("Tariff, USA", "steel from CHN: the duty is set to 50 %")
        );
        assert_eq!(split("Producers can abate."), None);
        assert_eq!(quoted("a `b`"), "a “b”");
    }
}
