//! Slopes and curvature of a function at a point of the unit box: the function's own where it knows them,
//! else by differences of exact answers.

use crate::space::{Asker, Here, Values};
use zollverein_numeric::dense::Matrix;

/// How far apart points of a difference are, as a share of a number's range.
const APART: f64 = 0.003;

/// How far apart points of a difference of known slopes are, as a share of a number's range.
const CLOSE: f64 = 0.001;

/// Weights of five points one step apart for the slope at one of them, over 12 steps
/// (Fornberg 1988, fourth order); the other two are these mirrored.
const FIVE: [[f64; 5]; 3] =
    [[-25.0, 48.0, -36.0, 16.0, -3.0], [-3.0, -10.0, 18.0, -6.0, 1.0], [1.0, -8.0, 0.0, 8.0, -1.0]];

/// Slopes across the whole range of each number, and what other choices are worth.
#[derive(Debug, Clone)]
pub(super) struct Slopes {
    /// By number.
    pub objective: Vec<f64>,
    /// By limit and number.
    pub limits: Vec<Vec<f64>>,
    /// Every single other choice.
    pub others: Vec<Other>,
    /// Whether the function knew all of its slopes.
    pub exact: bool,
}

/// Another choice from one menu, all else as it is.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// The menu.
    pub menu: usize,
    /// The choice.
    pub choice: usize,
    /// What it is worth.
    pub values: Values,
}

impl Slopes {
    /// The largest slope of the objective.
    pub fn size(&self) -> f64 {
        let changes = self.objective.iter().map(|slope| slope.abs());
        changes.fold(0.0, f64::max).max(f64::MIN_POSITIVE)
    }

    /// The largest slope of a limit.
    pub fn of_limit(&self, at: usize) -> f64 {
        self.limits[at].iter().fold(0.0, |most, slope| f64::max(most, slope.abs())).max(f64::MIN_POSITIVE)
    }
}

/// Slopes at a point, and other choices if asked for.
pub(super) fn around<E: Send>(
    asker: &mut Asker<'_, E>,
    unit: &[f64],
    choices: &[usize],
    values: &Values,
    menus: bool,
) -> Result<Slopes, E> {
    let all: Vec<usize> = (0..unit.len()).collect();
    let own = asker.slopes(&[(unit.to_vec(), choices.to_vec())], &all)?.pop().unwrap_or_default();
    let known = |i: usize| own.get(i).and_then(Option::as_ref);
    let mut points = vec![];
    let mut weights = vec![];
    for (i, u) in unit.iter().enumerate().filter(|(i, _)| known(*i).is_none()) {
        // the point's place among five that all lie in the box
        let below = (0..=2_usize).rev().find(|k| u - APART * *k as f64 >= 0.0).unwrap_or(0);
        let above = (0..=2_usize).rev().find(|k| u + APART * *k as f64 <= 1.0).unwrap_or(0);
        let place = if above < 2 { 4 - above } else { below };
        for k in 0..5_usize {
            let weight = if place <= 2 { FIVE[place][k] } else { -FIVE[4 - place][4 - k] };
            if weight == 0.0 || k == place {
                continue;
            }
            let mut point = unit.to_vec();
            point[i] = (u + APART * (k as f64 - place as f64)).clamp(0.0, 1.0);
            points.push((point, choices.to_vec()));
            weights.push((i, weight / (12.0 * APART)));
        }
        let own = if place <= 2 { FIVE[place][place] } else { -FIVE[4 - place][4 - place] };
        weights.push((i, own / (12.0 * APART)));
        points.push((unit.to_vec(), choices.to_vec()));
    }
    // the point itself is known
    let asked: Vec<_> = points.iter().filter(|(point, _)| point != unit).cloned().collect();
    let mut found = asker.each(&asked)?.into_iter();
    let mut slopes = Slopes {
        objective: vec![0.0; unit.len()],
        limits: vec![vec![0.0; unit.len()]; values.limits.len()],
        others: vec![],
        exact: (0..unit.len()).all(|i| known(i).is_some()),
    };
    for (i, own) in (0..unit.len()).filter_map(|i| Some((i, known(i)?))) {
        slopes.objective[i] = own.objective;
        for (slope, limit) in slopes.limits.iter_mut().zip(&own.limits) {
            slope[i] = *limit;
        }
    }
    for ((point, _), (i, weight)) in points.iter().zip(&weights) {
        let next = if point == unit { None } else { found.next() };
        let at = next.as_ref().unwrap_or(values);
        slopes.objective[*i] += weight * at.objective;
        for (slope, limit) in slopes.limits.iter_mut().zip(&at.limits) {
            slope[*i] += weight * limit;
        }
    }
    asker.steepest = asker.steepest.max(slopes.size());
    if menus {
        slopes.others = others(asker, unit, choices)?;
    }
    Ok(slopes)
}

fn others<E: Send>(asker: &mut Asker<'_, E>, unit: &[f64], choices: &[usize]) -> Result<Vec<Other>, E> {
    let mut points = vec![];
    let mut places = vec![];
    for (menu, count) in asker.menus().iter().enumerate() {
        for choice in (0..*count).filter(|choice| *choice != choices[menu]) {
            let mut chosen = choices.to_vec();
            chosen[menu] = choice;
            points.push((unit.to_vec(), chosen));
            places.push((menu, choice));
        }
    }
    let found = asker.each(&points)?;
    Ok(places.into_iter().zip(found).map(|((menu, choice), values)| Other { menu, choice, values }).collect())
}

/// Second slopes of the Lagrangian `f + Σ price · limit` in some numbers.
pub(super) fn curvature<E: Send>(
    asker: &mut Asker<'_, E>,
    here: &Here,
    slopes: &Slopes,
    free: &[usize],
    prices: &[f64],
) -> Result<Matrix, E> {
    match by_slopes(asker, here, slopes, free, prices)? {
        Some(known) => Ok(known),
        None => by_values(asker, &here.unit, &here.choices, free, prices),
    }
}

/// The same by differences of the function's own slopes; `None` where it does not know them.
fn by_slopes<E: Send>(
    asker: &mut Asker<'_, E>,
    here: &Here,
    slopes: &Slopes,
    free: &[usize],
    prices: &[f64],
) -> Result<Option<Matrix>, E> {
    if !slopes.exact {
        return Ok(None);
    }
    let aside = |i: usize| if here.unit[i] + CLOSE <= 1.0 { CLOSE } else { -CLOSE };
    let point = |i: &usize| {
        let mut unit = here.unit.clone();
        unit[*i] += aside(*i);
        (unit, here.choices.clone())
    };
    let points: Vec<_> = free.iter().map(point).collect();
    asker.each(&points)?;
    let there = asker.slopes(&points, free)?;
    let mut matrix = Matrix::zeros(free.len());
    for (row, (i, there)) in free.iter().zip(&there).enumerate() {
        for (column, j) in free.iter().enumerate() {
            let Some(Some(own)) = there.get(*j) else { return Ok(None) };
            let limits = own.limits.iter().zip(&slopes.limits).zip(prices);
            let bent: f64 = limits.map(|((there, here), price)| price * (there - here[*j])).sum();
            let second = (own.objective - slopes.objective[*j] + bent) / aside(*i);
            // the mean of both halves, which differ by the error of the difference
            matrix.row_mut(row)[column] += 0.5 * second;
            matrix.row_mut(column)[row] += 0.5 * second;
        }
    }
    Ok(Some(matrix))
}

/// The same by second differences of values.
fn by_values<E: Send>(
    asker: &mut Asker<'_, E>,
    unit: &[f64],
    choices: &[usize],
    free: &[usize],
    prices: &[f64],
) -> Result<Matrix, E> {
    let lagrangian = |values: &Values| {
        values.objective + values.limits.iter().zip(prices).map(|(l, p)| l * p).sum::<f64>()
    };
    // centres of differences are moved into the box
    let centre = |i: usize| unit[i].clamp(APART, 1.0 - APART);
    let mut points = vec![];
    let mut put = |moves: &[(usize, f64)]| {
        let mut point = unit.to_vec();
        for (i, by) in moves {
            point[*i] = centre(*i) + by;
        }
        points.push((point, choices.to_vec()));
    };
    for (row, i) in free.iter().enumerate() {
        put(&[(*i, APART)]);
        put(&[(*i, -APART)]);
        put(&[(*i, 0.0)]);
        for j in &free[..row] {
            for (a, b) in [(APART, APART), (APART, -APART), (-APART, APART), (-APART, -APART)] {
                put(&[(*i, a), (*j, b)]);
            }
        }
    }
    let found: Vec<f64> = asker.each(&points)?.iter().map(lagrangian).collect();
    let mut matrix = Matrix::zeros(free.len());
    let mut at = 0;
    for row in 0..free.len() {
        matrix.row_mut(row)[row] = (found[at] + found[at + 1] - 2.0 * found[at + 2]) / (APART * APART);
        at += 3;
        for column in 0..row {
            let cross = (found[at] - found[at + 1] - found[at + 2] + found[at + 3]) / (4.0 * APART * APART);
            matrix.row_mut(row)[column] = cross;
            matrix.row_mut(column)[row] = cross;
            at += 4;
        }
    }
    Ok(matrix)
}
