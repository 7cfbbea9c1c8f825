//! Dense linear algebra: a matrix factorised once and applied many times.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Mat, prelude::Solve};
use pulp::{Arch, Simd, WithSimd};

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    size: usize,
    cells: Vec<f64>,
}

impl Matrix {
    /// A matrix of zeros.
    #[must_use]
    pub fn zeros(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * size] }
    }

    /// Rows and columns.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// A row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.size..(row + 1) * self.size]
    }

    /// A row, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.cells[row * self.size..(row + 1) * self.size]
    }

    /// `A += factor · B`, of matrices of one size.
    pub fn add(&mut self, factor: f64, other: &Self) {
        add_multiple(&mut self.cells, factor, &other.cells);
    }

    fn faer(&self) -> Mat<f64> {
        Mat::from_fn(self.size, self.size, |row, column| self.cells[row * self.size + column])
    }

    /// The solution of `A x = b`; `None` if the matrix is singular.
    #[must_use]
    pub fn solve(&self, right: &[f64]) -> Option<Vec<f64>> {
        self.solved(right, false)
    }

    /// The solution of `Aᵀ x = b`; `None` if the matrix is singular.
    #[must_use]
    pub fn solve_transposed(&self, right: &[f64]) -> Option<Vec<f64>> {
        self.solved(right, true)
    }

    fn solved(&self, right: &[f64], transposed: bool) -> Option<Vec<f64>> {
        let matrix = if transposed { self.faer().transpose().to_owned() } else { self.faer() };
        let right = Mat::from_fn(self.size, 1, |row, _| right[row]);
        let solution = matrix.partial_piv_lu().solve(&right);
        let solution: Vec<f64> = (0..self.size).map(|row| solution[(row, 0)]).collect();
        solution.iter().all(|value| value.is_finite()).then_some(solution)
    }

    /// The inverse; `None` if the matrix is singular.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let inverse = self.faer().partial_piv_lu().inverse();
        let mut result = Self::zeros(self.size);
        for row in 0..self.size {
            for (column, cell) in result.row_mut(row).iter_mut().enumerate() {
                *cell = inverse[(row, column)];
            }
        }
        result.cells.iter().all(|value| value.is_finite()).then_some(result)
    }

    /// `out = A x`.
    pub fn apply(&self, x: &[f64], out: &mut [f64]) {
        if self.size > 0 {
            Arch::new().dispatch(Apply { matrix: self, x, out });
        }
    }
}

/// The scalar product, summed in sixteen strands: the same order, and so the same
/// bits, whatever the width of the machine's registers.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    Arch::new().dispatch(Dot { a, b })
}

/// `y += factor · x`.
pub fn add_multiple(y: &mut [f64], factor: f64, x: &[f64]) {
    Arch::new().dispatch(AddMultiple { y, factor, x });
}

// Work compiled for the registers that `dispatch` finds: it must be inlined there.

struct Apply<'a> {
    matrix: &'a Matrix,
    x: &'a [f64],
    out: &'a mut [f64],
}

struct Dot<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

struct AddMultiple<'a> {
    y: &'a mut [f64],
    factor: f64,
    x: &'a [f64],
}

#[allow(clippy::inline_always)]
impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (row, out) in self.matrix.cells.chunks_exact(self.matrix.size).zip(self.out) {
            *out = strands(row, self.x);
        }
    }
}

#[allow(clippy::inline_always)]
impl WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        strands(self.a, self.b)
    }
}

#[allow(clippy::inline_always)]
impl WithSimd for AddMultiple<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (y, x) in self.y.iter_mut().zip(self.x) {
            *y += self.factor * x;
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always)]
fn strands(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 16];
    let (wide_a, wide_b) = (a.chunks_exact(16), b.chunks_exact(16));
    let (rest_a, rest_b) = (wide_a.remainder().chunks_exact(4), wide_b.remainder().chunks_exact(4));
    for (a, b) in wide_a.zip(wide_b) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let last: f64 = rest_a.remainder().iter().zip(rest_b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in rest_a.zip(rest_b) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let mut four = [0.0; 4];
    for (lane, sum) in sums.iter().enumerate() {
        four[lane % 4] += sum;
    }
    (four[0] + four[1]) + (four[2] + four[3]) + last
}

/// The largest of some values and of `least`; not a number if one of them is not, which `f64::max`
/// would drop, so that what is unknown would pass for met.
#[must_use]
pub fn greatest(least: f64, values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(least, |most, value| if value > most || value.is_nan() { value } else { most })
}

/// The smallest of some values and of `most`; not a number if one of them is not.
#[must_use]
pub fn smallest(most: f64, values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(most, |least, value| if value < least || value.is_nan() { value } else { least })
}

/// The largest absolute value and where it stands.
#[must_use]
pub fn largest(values: &[f64]) -> (f64, usize) {
    let mut worst = (0.0, 0);
    for (position, value) in values.iter().enumerate() {
        let size = if value.is_nan() { f64::INFINITY } else { value.abs() };
        if size > worst.0 {
            worst = (size, position);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_never_dropped_from_extremes() {
        assert_eq!((greatest(0.0, [1.0, 3.0, 2.0]), smallest(9.0, [3.0, 1.0, 2.0])), (3.0, 1.0));
        assert_eq!((greatest(5.0, []), smallest(5.0, [])), (5.0, 5.0));
        for values in [[f64::NAN, 1.0, 2.0], [1.0, f64::NAN, 2.0], [1.0, 2.0, f64::NAN]] {
            assert!(greatest(0.0, values).is_nan() && smallest(9.0, values).is_nan());
            assert!(largest(&values).0 == f64::INFINITY);
        }
    }

    #[test]
    fn a_small_system_is_solved_both_ways() {
        let mut matrix = Matrix::zeros(2);
        matrix.row_mut(0).copy_from_slice(&[2.0, 1.0]);
        matrix.row_mut(1).copy_from_slice(&[0.0, 4.0]);
        assert_eq!(matrix.solve(&[4.0, 8.0]), Some(vec![1.0, 2.0]));
        assert_eq!(matrix.solve_transposed(&[2.0, 9.0]), Some(vec![1.0, 2.0]));
        let mut out = [0.0; 2];
        matrix.inverse().expect("regular").apply(&[4.0, 8.0], &mut out);
        assert_eq!(out, [1.0, 2.0]);
    }

    #[test]
    fn a_singular_matrix_has_no_inverse() {
        assert_eq!(Matrix::zeros(3).inverse(), None);
    }

    #[test]
    fn not_a_number_is_the_worst_of_all() {
        assert_eq!(largest(&[1.0, f64::NAN, -3.0]), (f64::INFINITY, 1));
    }

    #[test]
    fn sums_of_every_length_are_those_of_plain_loops() {
        for length in 0..70_u32 {
            let a: Vec<f64> = (0..length).map(f64::from).collect();
            let b: Vec<f64> = a.iter().map(|a| 3.0 - a * a).collect();
            let plain: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert_eq!(dot(&a, &b), plain, "{length}"); // whole numbers add up without rounding
            let mut y = a.clone();
            add_multiple(&mut y, -2.0, &b);
            assert!(y.iter().zip(a.iter().zip(&b)).all(|(y, (a, b))| *y == a - 2.0 * b), "{length}");
        }
    }

    #[test]
    fn a_multiple_of_a_matrix_is_added_cell_by_cell() {
        let (mut a, mut b) = (Matrix::zeros(2), Matrix::zeros(2));
        a.row_mut(0).copy_from_slice(&[1.0, 2.0]);
        b.row_mut(0).copy_from_slice(&[10.0, 0.0]);
        b.row_mut(1).copy_from_slice(&[0.0, 3.0]);
        a.add(0.5, &b);
        assert_eq!((a.row(0), a.row(1), a.size()), (&[6.0, 2.0][..], &[0.0, 1.5][..], 2));
        assert_eq!(largest(&[1.0, -3.0, 3.0, 2.0]), (3.0, 1));
    }
}
