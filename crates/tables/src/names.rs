//! What things are called in result tables.

use zollverein_model::baseline::{Baseline, ProductId};

/// What a product is called in result tables; `None`: all products together.
#[must_use]
pub fn product_name(baseline: &Baseline, product: Option<ProductId>) -> &str {
    product.map_or("all", |product| baseline.products[product.index()].code.as_str())
}
