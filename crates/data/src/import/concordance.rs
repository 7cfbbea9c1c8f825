//! HS codes to products. Codes are strings: a leading zero counts.

use crate::import::faults::Faults;
use crate::import::plan::Plan;
use crate::import::scan::{Fields, short};
use std::collections::BTreeSet;
use zollverein_model::baseline::sheet::Sheet;
use zollverein_model::problem::{Place, Problems, instead};

/// HS6 codes, of which there are at most a million.
const CODES: usize = 1_000_000;

/// The product of each HS6 code.
#[derive(Debug, Clone)]
pub struct Concordance {
    /// By code as a number: one more than the product's position, 0 where none.
    product: Vec<u16>,
}

impl Concordance {
    /// The concordance that a plan names, for its products in their order.
    pub fn read(plan: &Plan, faults: &mut Faults) -> Self {
        let path = plan.path(&plan.concordance.file);
        let place = path.display().to_string();
        let mut found = Self { product: vec![0; CODES] };
        let mut problems = Problems::new();
        let Some(bytes) = super::bytes(&path, faults) else { return found };
        let sheet = Sheet::parse(&place, &bytes, &mut problems);
        sheet.require(&["edition", "code", "product"], &mut problems);
        let (mut groups, mut editions) = (BTreeSet::new(), BTreeSet::new());
        // longer codes speak before the shorter ones that hold them
        let mut rows: Vec<_> = sheet.rows().map(|row| (row.text("code", &mut problems), row)).collect();
        rows.sort_by_key(|(code, row)| (code.len(), row.line));
        let mut seen = BTreeSet::new();
        for (code, row) in rows {
            let edition = row.text("edition", &mut problems);
            let group = row.text("product", &mut problems);
            editions.insert(edition.clone());
            groups.insert(group.clone());
            if !(2..=6).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                problems.add(
                    row.place(),
                    format!("`code` is `{}`, no chapter, heading or code of the HS", short(&code)),
                    "give 2, 4 or 6 digits, as text, so that a leading zero stays",
                );
                continue;
            }
            if edition != plan.concordance.edition && edition != "*" {
                continue;
            }
            if !seen.insert(code.clone()) {
                problems.add(row.place(), format!("code {code} stands twice"), "keep one of the rows");
            }
            for (position, product) in plan.product.iter().enumerate() {
                let own = [product.code.clone()];
                if product.groups.as_deref().unwrap_or(&own).contains(&group) {
                    found.put(&code, position);
                }
            }
        }
        check(plan, &groups, &editions, &mut problems);
        faults.take(problems);
        found
    }

    fn put(&mut self, code: &str, product: usize) {
        let span = 10_usize.pow(u32::try_from(6 - code.len()).unwrap_or(0));
        let first = code.parse::<usize>().unwrap_or(0) * span;
        for code in first..first + span {
            self.product[code] = u16::try_from(product + 1).unwrap_or(0);
        }
    }

    /// The product of an HS6 code, by position.
    #[must_use]
    pub fn product(&self, code: u32) -> Option<u16> {
        self.product.get(code as usize).copied().filter(|found| *found > 0).map(|found| found - 1)
    }
}

/// The edition and the groups that the plan names must be there.
fn check(plan: &Plan, groups: &BTreeSet<String>, editions: &BTreeSet<String>, problems: &mut Problems) {
    let place = || Place::file(plan.file.display().to_string());
    let edition = &plan.concordance.edition;
    if !editions.contains(edition) && !editions.contains("*") && !editions.is_empty() {
        let known = instead(edition, editions.iter().map(String::as_str));
        problems.add(place(), format!("the concordance has no edition `{edition}`"), known);
    }
    for product in &plan.product {
        let own = [product.code.clone()];
        for group in product.groups.as_deref().unwrap_or(&own) {
            if !groups.contains(group) {
                let known = instead(group, groups.iter().map(String::as_str));
                problems.add(place(), format!("the concordance has no product `{group}`"), known);
            }
        }
    }
}

/// An HS6 code as a number; `None` where the text is none, which is a fault.
pub fn code(fields: &Fields<'_>, column: usize, name: &str, faults: &mut Faults) -> Option<u32> {
    let text = fields.text(column);
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let remedy = if text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        "a leading zero was lost: import the column as text, so that the code keeps six digits"
    } else {
        "give six digits"
    };
    faults.add(fields.place(), format!("`{name}` is `{}`, no HS6 code", short(text)), remedy);
    None
}
