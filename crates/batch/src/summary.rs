//! What a batch comes to: quantiles, the tornado, Sobol' indices and elementary effects, read back
//! from the parts a few figures at a time.
//!
//! Each column of figures is decoded once. As many of them are held together as fit into a bound, and one
//! at least: eight bytes for each evaluation of one figure, and some copies of them while it is summed up,
//! are all that grows with the number of draws.

use crate::figures::Named;
use crate::indices::{effects, quantile, sobol};
use crate::plan::Description;
use crate::points::{Points, STEP, Study};
use crate::stored::Parts;
use crate::target::Drawn;
use zollverein_tables::part::{Asked, Failed, figure_column};
use zollverein_tables::{Cell, Table};

/// Numbers held at once while parts are read, in bytes: eighty figures of a hundred thousand
/// evaluations, eight of a million. One figure is always read whole.
const HELD: usize = 64 << 20;
/// Failed evaluations that are listed.
const LISTED: usize = 1000;

/// What is read back.
struct Collected {
    /// By figure of those asked for, then by evaluation; NaN where not known.
    values: Vec<Vec<f64>>,
    failed: Vec<Failed>,
}

/// Makes tables of a batch.
pub struct Summary<'a, P> {
    description: &'a Description,
    points: Points,
    parts: &'a P,
    /// Numbers held at once, in bytes.
    held: usize,
}

/// Quantiles of the result file, with their columns.
pub const QUANTILES: [(&str, f64); 7] = [
    ("p2_5", 0.025),
    ("p5", 0.05),
    ("p25", 0.25),
    ("p50", 0.5),
    ("p75", 0.75),
    ("p95", 0.95),
    ("p97_5", 0.975),
];

impl<'a, P: Parts> Summary<'a, P> {
    /// A summary of parts.
    pub fn new(description: &'a Description, parts: &'a P) -> Self {
        Self { description, points: description.points(), parts, held: HELD }
    }

    /// Every table: `quantiles`, then `tornado`, `indices`, `effects` and `failures` where there is
    /// something to tell.
    ///
    /// # Errors
    /// A part cannot be read.
    pub fn tables(&self) -> Result<Vec<Table>, P::Error> {
        let figures = &self.description.figures;
        let at_once = (self.held / (8 * self.description.evaluations.max(1))).max(1);
        let (mut quantiles, mut tornado, mut indices, mut paths) = (vec![], vec![], vec![], vec![]);
        let mut failed = None;
        for (chunk, of) in figures.chunks(at_once).enumerate() {
            let collected = self.collect(of, chunk == 0)?;
            if chunk == 0 {
                failed = Some(collected.failed);
            }
            for (figure, values) in of.iter().zip(&collected.values) {
                for cell in 0..self.points.cells {
                    let start = cell * self.points.of_cell();
                    let values = &values[start..start + self.points.of_cell()];
                    self.quantiles(figure, cell, values, &mut quantiles);
                    self.tornado(figure, cell, values, &mut tornado);
                    match self.points.study {
                        Study::Indices => self.indices(figure, cell, values, &mut indices),
                        Study::Morris => self.effects(figure, cell, values, &mut paths),
                        Study::Sample | Study::Paired => {}
                    }
                }
            }
        }
        Ok(self.made(quantiles, tornado, indices, paths, failed.unwrap_or_default()))
    }

    fn made(
        &self,
        quantiles: Vec<Vec<Cell>>,
        tornado: Vec<Vec<Cell>>,
        indices: Vec<Vec<Cell>>,
        effects: Vec<Vec<Cell>>,
        failed: Vec<Failed>,
    ) -> Vec<Table> {
        let mut columns = vec!["draws", "not_known", "mean", "sd", "min"];
        columns.extend(QUANTILES.iter().map(|(name, _)| *name));
        columns.push("max");
        let mut tables = vec![];
        let mut put = |name: &str, columns: &[&str], rows: Vec<Vec<Cell>>| {
            if !rows.is_empty() {
                let varied = self.description.vary.iter().map(|varied| varied.what.as_str());
                let figure = ["group", "product", "indicator", "unit"];
                let all: Vec<&str> = varied.chain(figure).chain(columns.iter().copied()).collect();
                tables.push(Table::new(name, &all, rows));
            }
        };
        put("quantiles", &columns, quantiles);
        let input = ["input", "distribution", "low_value", "high_value"];
        let swing = ["central", "at_low", "at_high", "swing"];
        put("tornado", &[&input[..], &swing[..]].concat(), tornado);
        let of = ["input", "draws"];
        let first = ["first_order", "first_order_error", "first_order_p2_5", "first_order_p97_5"];
        let total = ["total_order", "total_order_error", "total_order_p2_5", "total_order_p97_5"];
        put("indices", &[&of[..], &first[..], &total[..]].concat(), indices);
        put("effects", &["input", "paths", "mean_effect", "mean_size", "deviation"], effects);
        if !failed.is_empty() {
            let rows = failed.into_iter().map(|failed| {
                vec![Cell::Number(failed.number as f64), failed.status.into(), failed.message.into()]
            });
            tables.push(Table::new("failures", &["number", "status", "message"], rows));
        }
        tables
    }

    /// Reads some figures back; in the first pass also which evaluations failed.
    fn collect(&self, figures: &[Named], statuses: bool) -> Result<Collected, P::Error> {
        let columns = self.description.columns();
        let wanted: Vec<String> = figures.iter().map(|figure| figure_column(&figure.name)).collect();
        let mut values = vec![Vec::with_capacity(self.description.evaluations); figures.len()];
        let mut failed = vec![];
        for block in 0..self.description.blocks() {
            let evaluations = self.description.block(block);
            let asked = Asked { evaluations, columns: &columns, wanted: &wanted, statuses };
            let found = self.parts.read(block, &asked)?;
            for (values, more) in values.iter_mut().zip(found.numbers) {
                values.extend(more.into_iter().map(|value| value.unwrap_or(f64::NAN)));
            }
            failed.extend(found.failed.into_iter().take(LISTED - failed.len()));
        }
        Ok(Collected { values, failed })
    }

    /// The first cells of a row: what is varied, and the figure.
    fn head(&self, figure: &Named, cell: usize) -> Vec<Cell> {
        let mut row: Vec<Cell> = self.description.cell(cell).into_iter().map(Cell::Number).collect();
        row.extend(
            [&figure.group, &figure.product, &figure.indicator, &figure.unit].map(|t| t.as_str().into()),
        );
        row
    }

    fn quantiles(&self, figure: &Named, cell: usize, values: &[f64], rows: &mut Vec<Vec<Cell>>) {
        if self.points.study == Study::Morris {
            return;
        }
        let sampled = &values[..self.points.sampled()];
        let is_draw =
            |number: &usize| self.points.study != Study::Indices || number % (self.points.inputs + 2) < 2;
        let drawn = (0..sampled.len()).filter(is_draw).map(|number| sampled[number]);
        rows.push([self.head(figure, cell), spread(drawn.collect())].concat());
    }

    fn tornado(&self, figure: &Named, cell: usize, values: &[f64], rows: &mut Vec<Vec<Cell>>) {
        let Some(ends) = values.get(self.points.sampled()..).filter(|ends| !ends.is_empty()) else { return };
        let mut made: Vec<(f64, Vec<Cell>)> = vec![];
        for (input, drawn) in self.description.inputs.iter().enumerate() {
            if Drawn::named(&drawn.what).is_some() {
                continue; // one table or another is neither low nor high
            }
            let (low, high) = (ends[1 + 2 * input], ends[2 + 2 * input]);
            let mut row = self.head(figure, cell);
            row.extend([drawn.what.as_str().into(), drawn.distribution.as_str().into()]);
            row.extend([drawn.low.into(), drawn.high.into()]);
            row.extend([ends[0], low, high, high - low].map(|number| Cell::Known(Some(number))));
            made.push(((high - low).abs(), row));
        }
        made.sort_by(|a, b| b.0.total_cmp(&a.0));
        rows.extend(made.into_iter().map(|(_, row)| row));
    }

    fn indices(&self, figure: &Named, cell: usize, values: &[f64], rows: &mut Vec<Vec<Cell>>) {
        let inputs = self.points.inputs;
        let (mut a, mut b, mut mixed) = (vec![], vec![], vec![vec![]; inputs]);
        for draw in values[..self.points.sampled()].chunks_exact(inputs + 2) {
            // a draw of which one evaluation gave no figure says nothing
            if draw.iter().all(|value| value.is_finite()) {
                a.push(draw[0]);
                b.push(draw[1]);
                mixed.iter_mut().zip(&draw[2..]).for_each(|(all, value)| all.push(*value));
            }
        }
        let found = if a.len() > 1 { sobol(&a, &b, &mixed, u64::from(self.description.seed)) } else { None };
        for (input, drawn) in self.description.inputs.iter().enumerate() {
            let mut row = self.head(figure, cell);
            row.extend([drawn.what.as_str().into(), (a.len() as f64).into()]);
            let of_input = found.as_ref().and_then(|found| found.get(input));
            let index = |of: Option<super::indices::Index>| {
                let parts = of.map(|index| [index.value, index.error, index.low, index.high]);
                (0..4).map(move |part| Cell::Known(parts.map(|parts| parts[part])))
            };
            row.extend(index(of_input.map(|found| found.first)));
            row.extend(index(of_input.map(|found| found.total)));
            rows.push(row);
        }
    }

    fn effects(&self, figure: &Named, cell: usize, values: &[f64], rows: &mut Vec<Vec<Cell>>) {
        let inputs = self.points.inputs;
        let mut found = vec![vec![]; inputs];
        for (path, steps) in values.chunks_exact(inputs + 1).enumerate() {
            for (step, input) in self.points.order(path).into_iter().enumerate() {
                let at = |step: usize| self.points.point(path * (inputs + 1) + step).at[input];
                let sign = if at(step + 1) > at(step) { 1.0 } else { -1.0 };
                let effect = sign * (steps[step + 1] - steps[step]) / STEP;
                if effect.is_finite() {
                    found[input].push(effect);
                }
            }
        }
        for (drawn, of_input) in self.description.inputs.iter().zip(&found) {
            let mut row = self.head(figure, cell);
            row.extend([drawn.what.as_str().into(), (of_input.len() as f64).into()]);
            let summed = effects(of_input);
            let parts = summed.map(|effects| [effects.mean, effects.size, effects.deviation]);
            row.extend((0..3).map(|part| Cell::Known(parts.map(|parts| parts[part]))));
            rows.push(row);
        }
    }
}

/// How many values are known and how many not, their mean, standard deviation, least, quantiles and most.
pub fn spread(mut values: Vec<f64>) -> Vec<Cell> {
    let all = values.len();
    values.retain(|value| value.is_finite());
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len() as f64;
    let known = |number: f64| Cell::Known((!values.is_empty()).then_some(number));
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = if values.len() > 1 { (squares / (count - 1.0)).sqrt() } else { f64::NAN };
    let mut cells = vec![count.into(), ((all - values.len()) as f64).into(), known(mean), known(deviation)];
    cells.push(known(quantile(&values, 0.0)));
    cells.extend(QUANTILES.map(|(_, share)| known(quantile(&values, share))));
    cells.push(known(quantile(&values, 1.0)));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use zollverein_tables::part::{Found, LAYOUT};

    /// A plan of 64 draws for Sobol' indices of two inputs, with five figures.
    fn description() -> Description {
        let input = |what: &str| crate::plan::Drawn {
            what: what.to_owned(),
            distribution: "uniform".to_owned(),
            central: 0.5,
            low: 0.05,
            high: 0.95,
        };
        let figure = |indicator: &str| Named {
            name: format!("world.{indicator}"),
            group: "world".to_owned(),
            product: "all".to_owned(),
            indicator: indicator.to_owned(),
            unit: "million_usd".to_owned(),
        };
        let mut description = Description {
            version: "0".to_owned(),
            git: None,
            layout: LAYOUT,
            title: "made up".to_owned(),
            scenario_sha256: String::new(),
            year: None,
            data: BTreeMap::new(),
            design: "sobol".to_owned(),
            indices: true,
            seed: 1,
            draws: 64,
            block: 50,
            evaluations: 0,
            vary: vec![],
            inputs: ["a", "b"].map(input).to_vec(),
            figures: ["welfare", "exports", "output", "emissions", "leakage"].map(figure).to_vec(),
        };
        description.evaluations = description.points().total();
        description
    }

    /// Made-up parts that count what is asked of them.
    #[derive(Default)]
    struct Counted {
        /// By block and column: how often it was read.
        columns: RefCell<BTreeMap<(usize, String), usize>>,
        /// By block: how often statuses were read.
        statuses: RefCell<BTreeMap<usize, usize>>,
    }

    impl Parts for Counted {
        type Error = String;

        fn read(&self, block: usize, asked: &Asked<'_>) -> Result<Found, String> {
            for column in asked.wanted {
                *self.columns.borrow_mut().entry((block, column.clone())).or_default() += 1;
            }
            *self.statuses.borrow_mut().entry(block).or_default() += usize::from(asked.statuses);
            let fails = |number: &usize| number % 11 == 3;
            let made_up = |column: &String| {
                let value =
                    |number| (!fails(&number)).then_some((number * 7919 % (column.len() * 13)) as f64);
                asked.evaluations.clone().map(value).collect()
            };
            let failed = |number| Failed {
                number: i64::try_from(number).unwrap_or(i64::MAX),
                status: "input".to_owned(),
                message: "no world".to_owned(),
            };
            let all = asked.evaluations.clone().filter(|_| asked.statuses);
            Ok(Found {
                numbers: asked.wanted.iter().map(made_up).collect(),
                failed: all.filter(fails).map(failed).collect(),
            })
        }
    }

    #[test]
    fn every_figure_is_read_once_however_few_are_held_at_once() {
        let description = description();
        let blocks = description.blocks();
        assert!(
            blocks > 3 && !description.evaluations.is_multiple_of(description.block),
            "the last part is shorter"
        );
        let of_one = 8 * description.evaluations;
        let mut told = vec![];
        for held in [1, of_one, 2 * of_one + 1, HELD] {
            let parts = Counted::default();
            let summary = Summary { held, ..Summary::new(&description, &parts) };
            let tables = summary.tables().expect("they are read");
            let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
            assert_eq!(names, ["quantiles", "tornado", "indices", "failures"]);
            let failed = (0..description.evaluations).filter(|number| number % 11 == 3);
            assert_eq!(tables[3].rows(), failed.count());
            told.push(format!("{tables:?}"));
            let columns = parts.columns.into_inner();
            assert_eq!(columns.len(), blocks * description.figures.len(), "held {held}");
            assert!(columns.iter().all(|((_, name), reads)| name.starts_with("figure.") && *reads == 1));
            assert!(parts.statuses.into_inner().values().all(|reads| *reads == 1), "held {held}");
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "the same tables, {}", told[0]);
    }
}
