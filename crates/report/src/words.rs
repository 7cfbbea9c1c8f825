//! Numbers as people read them.

use zollverein_model::baseline::{Basis, DutyConfidence};
use zollverein_model::units::percent;

/// The minus sign.
const MINUS: char = '\u{2212}';

/// A number with thousands separators and about three significant digits: no
/// decimals from 100 up, two significant ones below 1, `0` below a millionth.
pub(super) fn figure(number: f64) -> String {
    let size = number.abs();
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.995 => 2,
        s if s >= 0.0995 => 2,
        s if s >= 0.00995 => 3,
        s if s >= 0.000_995 => 4,
        s if s >= 0.000_099_5 => 5,
        _ => 6,
    };
    let digits = format!("{size:.decimals$}");
    if digits.chars().all(|c| matches!(c, '0' | '.')) {
        return "0".to_owned();
    }
    let grouped = grouped(&digits);
    if number < 0.0 { format!("{MINUS}{grouped}") } else { grouped }
}

/// A change: a number with its sign, whichever it is.
pub(super) fn change(number: f64) -> String {
    let text = figure(number);
    if number > 0.0 && text != "0" { format!("+{text}") } else { text }
}

/// A change rounded to a step, a power of ten; to about three significant digits where none is given.
/// What is rounded away has no sign.
pub(super) fn rounded(number: f64, step: Option<f64>) -> String {
    let Some(step) = step else { return change(number) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to 9
    let decimals = (-step.log10()).round().clamp(0.0, 9.0) as usize;
    let text = grouped(&format!("{:.*}", decimals, ((number / step).round() * step).abs()));
    let sign = match number {
        _ if text.chars().all(|c| matches!(c, '0' | '.')) => return "0".to_owned(),
        n if n < 0.0 => MINUS,
        _ => '+',
    };
    format!("{sign}{text}")
}

/// A share in whole percent: never 0 or 100 where it is neither.
pub(super) fn share(share: f64) -> String {
    let whole = (100.0 * share).round();
    let said = match share {
        s if s > 0.0 && whole < 1.0 => "under 1".to_owned(),
        s if s < 1.0 && whole > 99.0 => "over 99".to_owned(),
        _ => format!("{whole}"),
    };
    format!("{said} %")
}

/// The unit in which an amount of kilotonnes is read, and what turns kilotonnes into it.
pub(super) fn unit_of(kt: f64) -> (&'static str, f64) {
    if kt.abs() < 1000.0 { ("kt", 1.0) } else { ("Mt", 1e-3) }
}

/// An amount of kilotonnes without sign, with its unit: `120 kt`, `10.6 Mt`.
pub(super) fn mass(kt: f64) -> String {
    let (unit, factor) = unit_of(kt);
    format!("{} {unit}", amount(kt * factor))
}

/// A change over the whole, with its sign: `−0.45 %`; no digits where it is less than 0.01 %.
pub(super) fn percent_of(ratio: f64) -> String {
    match percent(ratio) {
        small if !is_nothing(small) && small.abs() < 0.01 => "less than 0.01 %".to_owned(),
        percent => format!("{} %", change(percent)),
    }
}

/// The amount of a change, without sign.
pub(super) fn amount(number: f64) -> String {
    figure(number.abs())
}

/// Whether a number is shown as zero.
pub(super) fn is_nothing(number: f64) -> bool {
    figure(number) == "0"
}

fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::new();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

/// A count with the words for one or for several: `1 country gains`, `2 countries gain`.
pub(super) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// Parts of a sentence as one: `a, b and c`.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The text of a user without control characters, on one line.
pub(super) fn plain(text: &str) -> String {
    text.split(char::is_whitespace)
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().filter(|c| !c.is_control()).collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A label cut to some characters.
pub(super) fn cut(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text for HTML and SVG in which nothing is taken for markup.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other if other.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// Shares by what figures rest on, the best first: `12 % on pairs observed, 88 % on estimates`.
pub(super) fn bases(on: &[f64; Basis::ALL.len()], unsaid: f64) -> String {
    let named = Basis::ALL.iter().zip(on).map(|(basis, share)| (basis.label(), *share));
    let parts = named.chain([("figures of which the data do not say it", unsaid)]);
    let shown = parts.filter(|(_, share)| *share >= 5e-4);
    shown.map(|(label, share)| format!("{} % {label}", figure(percent(share)))).collect::<Vec<_>>().join(", ")
}

/// Shares by how well duties are known: `2 % read, 96 % general knowledge`.
pub(super) fn confidences(duties: &[f64; DutyConfidence::ALL.len()], unsaid: f64) -> String {
    let label = |confidence: DutyConfidence| match confidence {
        DutyConfidence::Read => "read",
        DutyConfidence::Reported => "reported",
        DutyConfidence::Estimated => "estimated",
        DutyConfidence::General => "general knowledge",
    };
    let said = 1.0 - unsaid;
    let named = DutyConfidence::ALL.iter().zip(duties).map(|(known, share)| (label(*known), share / said));
    let shown = named.filter(|(_, share)| *share >= 5e-4);
    shown.map(|(label, share)| format!("{} % {label}", figure(percent(share)))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_carry_separators_and_a_true_minus() {
        assert_eq!(figure(-1_234_567.8), "\u{2212}1,234,568");
        assert_eq!(figure(999.6), "1,000");
        assert_eq!(figure(99.96), "100");
        assert_eq!(figure(12.34), "12.3");
        assert_eq!(figure(1.234), "1.23");
        assert_eq!(figure(0.012_34), "0.012");
        assert_eq!(change(0.5), "+0.50");
        assert_eq!(change(-0.5), "\u{2212}0.50");
    }

    #[test]
    fn a_change_is_rounded_to_a_step() {
        assert_eq!(rounded(-1416.2, Some(100.0)), "\u{2212}1,400");
        assert_eq!(rounded(532.0, Some(10.0)), "+530");
        assert_eq!(rounded(0.4567, Some(0.01)), "+0.46");
        assert_eq!(rounded(0.4567, Some(0.1)), "+0.5");
        assert_eq!(rounded(-3.0, Some(10.0)), "0");
        assert_eq!(rounded(-0.0013, Some(0.0001)), "\u{2212}0.0013");
        assert_eq!(rounded(12.34, None), "+12.3");
        assert_eq!(
            [0.004, 0.47, 0.996, 1.0, 0.0].map(share),
            ["under 1 %", "47 %", "over 99 %", "100 %", "0 %"]
        );
    }

    #[test]
    fn large_amounts_are_in_megatonnes_and_small_shares_have_no_digits() {
        assert_eq!([999.0, 10_607.0, -1_301.0].map(mass), ["999 kt", "10.6 Mt", "1.30 Mt"]);
        assert_eq!(
            [-0.000_015, 0.000_099, -0.0045, 0.0].map(percent_of),
            ["less than 0.01 %", "less than 0.01 %", "\u{2212}0.45 %", "0 %"]
        );
    }

    #[test]
    fn what_rounds_to_nothing_has_no_sign() {
        assert_eq!(figure(-1e-9), "0");
        assert_eq!(change(3e-12), "0");
        assert_eq!(change(0.0), "0");
    }

    #[test]
    fn control_characters_of_a_user_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31m  b\nc"), "a[31m b c");
    }

    #[test]
    fn lists_read_as_sentences() {
        let parts = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(listed(&parts), "a, b and c");
        assert_eq!(cut("Small island developing states", 12), "Small islan…");
    }
}
