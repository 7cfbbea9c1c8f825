//! What a scenario says about itself: its title, what it is about, and what of it is assumed.

use super::{Scenario, spatial, words, words_programmes};
use zollverein_model::policy::Reading;
use zollverein_model::problem::instead;
use zollverein_model::units::UsdPerTonneCo2e;

impl Scenario {
    /// Its title; a file without one lends its name.
    #[must_use]
    pub fn title(&self) -> String {
        let stem =
            || self.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        self.form.title.clone().unwrap_or_else(stem)
    }

    /// What it is about; empty if it does not say.
    #[must_use]
    pub fn description(&self) -> &str {
        self.form.description.as_deref().unwrap_or_default()
    }

    /// A sentence for each clause that is switched on.
    #[must_use]
    pub fn clauses(&self) -> Vec<String> {
        let mut all = words::clauses(&self.form);
        all.extend(words_programmes::clauses(&self.form));
        all.extend(spatial::sentences(&self.form));
        all
    }

    /// What a change in emissions is valued at, if the scenario says.
    #[must_use]
    pub fn social_cost(&self) -> Option<UsdPerTonneCo2e> {
        self.form.social_cost_usd_per_tco2e.map(UsdPerTonneCo2e)
    }

    /// What of the proposal is assumed, in words; `None` where nothing is said to be.
    #[must_use]
    pub fn assumptions(&self) -> Option<&str> {
        self.form.assumptions.as_deref().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The clauses and keys that are marked as assumed, by path.
    #[must_use]
    pub fn assumed(&self) -> &[String] {
        &self.form.assumed
    }

    /// What is marked as assumed must be in the scenario, and must be said in words.
    pub(super) fn require_assumptions(&self, reading: &Reading<'_>) {
        let places = self.tree.places();
        for (position, path) in self.form.assumed.iter().enumerate() {
            if path.is_empty() || !places.contains_key(path) {
                let known = places.keys().map(String::as_str).filter(|known| known.contains('.'));
                let what = format!("`{path}` leads to nothing in this scenario");
                reading.problem(&format!("assumed[{position}]"), what, instead(path, known));
            }
        }
        if !self.form.assumed.is_empty() && self.assumptions().is_none() {
            reading.problem(
                "assumed",
                "clauses are marked as assumed, and nothing says what of them is",
                "add assumptions = \"…\", a sentence or two that every brief prints whole",
            );
        }
    }
}
