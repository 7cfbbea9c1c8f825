//! The parts of clauses that can be switched off by themselves.

use super::Scenario;
use zollverein_model::policy::ArrangementPart;
use zollverein_model::policy::arrangement::ArrangementForm;

/// The key that lists the parts of an arrangement that are off.
const KEY: &str = "without_parts";

impl Scenario {
    /// The parts of a clause that are on, in order; none where the clause has no parts.
    #[must_use]
    pub fn parts_of(&self, clause: &str) -> Vec<ArrangementPart> {
        let form = clause
            .strip_prefix("arrangement.")
            .and_then(|name| self.form.arrangement.iter().find(|arrangement| arrangement.name == name));
        form.map(ArrangementForm::parts).unwrap_or_default()
    }

    /// The change of this scenario's tree that switches parts of a clause off, beside those that are
    /// off already.
    #[must_use]
    pub fn without_parts(&self, clause: &str, off: &[ArrangementPart]) -> Option<(String, super::Patch)> {
        let name = clause.strip_prefix("arrangement.")?;
        let form = self.form.arrangement.iter().find(|arrangement| arrangement.name == name)?;
        let all = form.without_parts.iter().chain(off).map(|part| part.name());
        let patch = super::Patch::from_json(&all.collect::<Vec<_>>().into())?;
        Some((format!("{clause}.{KEY}"), patch))
    }
}
