//! `HiGHS`, with its model kept between solves.
//!
//! `good_lp` builds the model and would solve it once; taking the model out of it keeps the
//! basis, so that a changed program is solved from the last solution.

use super::{Column, ColumnId, LinearError, Program, Sense, Solution};
use ::highs::{HighsModelStatus, Model, RowProblem, SolvedModel};
use good_lp::SolverModel;

/// A model in `HiGHS`.
#[derive(Debug)]
pub(super) struct Warm {
    held: Option<State>,
    columns: Vec<::highs::Col>,
    steps: usize,
}

#[derive(Debug)]
enum State {
    Open(Model),
    Solved(SolvedModel),
}

impl Warm {
    pub fn new(program: &Program) -> Result<Self, LinearError> {
        let (variables, columns, objective) = program.modelled();
        let problem = match program.sense {
            Sense::Minimise => variables.minimise(objective),
            Sense::Maximise => variables.maximise(objective),
        };
        let mut problem = problem.using(good_lp::highs);
        for row in &program.rows {
            problem.add_constraint(row.modelled(&columns));
        }
        let mut model = problem.try_into_inner().map_err(|error| LinearError::Gave(error.to_string()))?;
        // `into_inner` drops all options. One thread and no presolve: the same bytes everywhere,
        // and presolve takes longer than it saves on programs of this shape.
        model.make_quiet();
        model.set_option("threads", 1);
        model.set_option("parallel", "off");
        model.set_option("presolve", "off");
        if program.whole.is_empty() {
            model.set_option("solver", "simplex");
        } else {
            // "simplex" would forget that columns are whole
            model.set_option("mip_rel_gap", 0.0);
            model.set_option("mip_abs_gap", 0.0);
        }
        model.set_option("random_seed", 0);
        // column handles are positions; a blank problem hands them out
        let mut blank = RowProblem::default();
        let columns = program.columns.iter().map(|_| blank.add_column(0.0, 0.0..)).collect();
        Ok(Self { held: Some(State::Open(model)), columns, steps: 0 })
    }

    fn open(&mut self) -> Option<Model> {
        match self.held.take()? {
            State::Open(model) => Some(model),
            State::Solved(solved) => Some(Model::from(solved)),
        }
    }

    pub fn change(&mut self, own: ColumnId, before: Column, column: Column) {
        let Some(mut model) = self.open() else { return };
        if before.cost != column.cost {
            model.change_column_cost(self.columns[own.0], column.cost);
        }
        if before.lower != column.lower || before.upper != column.upper {
            model.change_column_bounds(self.columns[own.0], column.lower..=column.upper);
        }
        self.held = Some(State::Open(model));
    }

    pub fn solve(&mut self) -> Result<Solution, LinearError> {
        let model = self.open().ok_or_else(|| LinearError::Gave("no model is left".to_owned()))?;
        let mut solved = model.try_solve().map_err(|status| LinearError::Gave(format!("{status:?}")))?;
        if solved.status() == HighsModelStatus::Unknown {
            // rare: numbers far apart; presolve scales them and starts without the old basis
            let mut model = Model::from(solved);
            model.set_option("presolve", "on");
            solved = model.try_solve().map_err(|status| LinearError::Gave(format!("{status:?}")))?;
        }
        self.steps = usize::try_from(solved.simplex_iteration_count()).unwrap_or(0);
        let found = match solved.status() {
            HighsModelStatus::Optimal => {
                let values = solved.get_solution();
                Ok(Solution {
                    objective: solved.objective_value(),
                    columns: values.columns().to_vec(),
                    prices: values.dual_rows().to_vec(),
                })
            }
            HighsModelStatus::ModelEmpty => Ok(Solution { objective: 0.0, columns: vec![], prices: vec![] }),
            HighsModelStatus::Infeasible => Err(LinearError::Infeasible(vec![])),
            HighsModelStatus::Unbounded => Err(LinearError::Unbounded),
            other => Err(LinearError::Gave(format!("{other:?}"))),
        };
        self.held = Some(State::Solved(solved));
        found
    }

    pub fn steps(&self) -> usize {
        self.steps
    }
}
