//! Which block of a product's trade a failure is in. Blocks are solved together, as one system: apart
//! they would be summed in another order, and answers would differ in their last digits.

use crate::baseline::{Baseline, CountryId, ProductId, blocks, graph};
use crate::engine::SolveError;
use zollverein_numeric::dense::Matrix;

/// The error of a system without a single solution, with the block that has none. The first unknowns are
/// the prices of makers, by position among the producers; those behind are of conditions.
#[must_use]
pub fn singular(baseline: &Baseline, product: ProductId, makers: &[usize], matrix: &Matrix) -> SolveError {
    let block = singular_block(matrix).map(|block| {
        let own = block.iter().filter_map(|at| makers.get(*at));
        let mut countries: Vec<CountryId> = own.map(|maker| baseline.producers[*maker].country).collect();
        countries.sort_unstable();
        countries.dedup();
        blocks::in_words(baseline, &countries)
    });
    SolveError::Singular { product: baseline.products[product.index()].code.clone(), block }
}

/// The unknowns of the first block of a system that has no single solution; `None` where all is one block.
fn singular_block(matrix: &Matrix) -> Option<Vec<usize>> {
    let size = matrix.size();
    let entries = (0..size).flat_map(|row| {
        let used = matrix.row(row).iter().enumerate().filter(|(_, value)| **value != 0.0);
        used.map(move |(column, _)| (row, column))
    });
    let all = graph::blocks(size, entries);
    if all.len() < 2 {
        return None;
    }
    all.into_iter().find(|block| {
        let mut own = Matrix::zeros(block.len());
        for (row, from) in block.iter().enumerate() {
            for (column, to) in block.iter().enumerate() {
                own.row_mut(row)[column] = matrix.row(*from)[*to];
            }
        }
        own.solve(&vec![1.0; block.len()]).is_none()
    })
}

/// What a product's worst place is called, with the block it is in where there are several.
#[must_use]
pub fn within(baseline: &Baseline, product: ProductId, country: CountryId, place: String) -> String {
    match baseline.block_in_words(product, country) {
        Some(block) => format!("{place} (in the block of trade of {block})"),
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::read;

    #[test]
    fn a_singular_system_names_the_block_that_has_no_solution() {
        let toy = read::folder(std::path::Path::new("../../data/toy"))
            .unwrap_or_else(|problems| panic!("{problems}"));
        let steel = toy.product("steel").expect("steel");
        let makers: Vec<usize> =
            (0..toy.producers.len()).filter(|at| toy.producers[*at].product == steel).collect();
        let [first, second] = [makers[0], *makers.last().expect("makers")];
        let code = |maker: usize| toy.countries[toy.producers[maker].country.index()].code.clone();
        let mut matrix = Matrix::zeros(3);
        matrix.row_mut(0)[0] = 2.0;
        for row in [1, 2] {
            matrix.row_mut(row)[1..].copy_from_slice(&[1.0, 1.0]);
        }
        let error = singular(&toy, steel, &[first, second, second], &matrix);
        let block = Some(code(second));
        assert_eq!(error, SolveError::Singular { product: "steel".to_owned(), block });
        assert!(error.to_string().contains(&format!("steel is singular in the block of {}", code(second))));
        // one block is all there is: the product says it
        matrix.row_mut(0)[1] = 1.0;
        let error = singular(&toy, steel, &[first, second, second], &matrix);
        assert_eq!(error, SolveError::Singular { product: "steel".to_owned(), block: None });
    }
}
