//! Whether headline figures carry bands.

use crate::Scenario;
use crate::form::EngineName;

impl Scenario {
    /// Why headline figures carry no band; `None` where they do.
    #[must_use]
    pub fn without_bands(&self) -> Option<&'static str> {
        let form = self.form();
        if form.bands == Some(false) {
            return Some("the scenario says bands = false");
        }
        if !self.years().is_empty() {
            return Some("it is about several years; a single one has bands: --year 2030, for instance");
        }
        if form.uncertainty.is_none() && form.bands.is_none() && self.engine() == EngineName::Spatial {
            return Some(
                "the spatial engine takes seconds for each draw; bands = true in the scenario asks for them",
            );
        }
        None
    }
}
