//! Linear programs: columns with bounds, rows, and one objective; solved by `HiGHS`, or by
//! microlp where `HiGHS` is not compiled in. Knows no economics.
//!
//! A [`Program`] is written once and can be read as text. A [`Solver`] holds it in the solver's
//! memory: costs and bounds may change between solves, and each solve starts where the last one
//! ended. The outside solvers are reached through `good_lp`; what it hides is in `linear/highs.rs`.

#[cfg(feature = "highs")]
mod highs;
mod micro;
mod text;

mod conflict;

use good_lp::{Expression, ProblemVariables, Variable, variable};

/// Whether the objective is to be small or large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// As small as can be.
    Minimise,
    /// As large as can be.
    Maximise,
}

/// How the left side of a row stands to its right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// ≤
    AtMost,
    /// ≥
    AtLeast,
    /// =
    Equal,
}

/// A variable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its coefficient in the objective.
    pub cost: f64,
    /// The least it may be; may be −∞.
    pub lower: f64,
    /// The most it may be; may be ∞.
    pub upper: f64,
}

/// A constraint: `Σ coefficient · column` against a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Columns and their coefficients, each column once.
    pub entries: Vec<(usize, f64)>,
    /// ≤, ≥ or =.
    pub relation: Relation,
    /// The right side.
    pub right: f64,
}

/// A linear program.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// Smallest or largest.
    pub sense: Sense,
    /// The variables.
    pub columns: Vec<Column>,
    /// The constraints.
    pub rows: Vec<Row>,
    /// Columns that take whole numbers only, in rising order.
    pub whole: Vec<usize>,
}

/// The solution of a linear program.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The objective.
    pub objective: f64,
    /// By column: its value.
    pub columns: Vec<f64>,
    /// By row: what one more unit on the right side adds to the objective; where columns are whole,
    /// with those held where they are.
    pub prices: Vec<f64>,
}

/// Why a linear program has no solution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinearError {
    /// No values meet all rows. These rows conflict; without any one of them the others can be met.
    #[error("{} constraints cannot all be met", .0.len())]
    Infeasible(Vec<usize>),
    /// The objective has no limit.
    #[error("the objective has no limit")]
    Unbounded,
    /// A coefficient or bound is not a number.
    #[error("{0} is not a finite number")]
    NotFinite(String),
    /// The solver gave up.
    #[error("the solver gave up: {0}")]
    Gave(String),
}

/// Which solver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// `HiGHS`, in C++; not in every build (feature `highs`).
    Highs,
    /// microlp, in Rust; for small programs.
    Microlp,
}

impl Default for Backend {
    fn default() -> Self {
        if cfg!(feature = "highs") { Self::Highs } else { Self::Microlp }
    }
}

impl Backend {
    /// Its name in the stamp of a result.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Highs => "highs",
            Self::Microlp => "microlp",
        }
    }
}

impl Program {
    /// A program without columns or rows.
    #[must_use]
    pub fn new(sense: Sense) -> Self {
        Self { sense, columns: vec![], rows: vec![], whole: vec![] }
    }

    /// Adds a column; its position.
    pub fn column(&mut self, cost: f64, lower: f64, upper: f64) -> usize {
        self.columns.push(Column { cost, lower, upper });
        self.columns.len() - 1
    }

    /// Adds a column that is 0 or 1; its position.
    pub fn binary(&mut self, cost: f64) -> usize {
        let position = self.column(cost, 0.0, 1.0);
        self.whole.push(position);
        position
    }

    /// Adds a row; its position.
    pub fn row(&mut self, entries: Vec<(usize, f64)>, relation: Relation, right: f64) -> usize {
        self.rows.push(Row { entries, relation, right });
        self.rows.len() - 1
    }

    /// The solution, found once.
    ///
    /// # Errors
    /// [`LinearError`]; of an infeasible program, the rows that conflict.
    pub fn solve(&self, backend: Backend) -> Result<Solution, LinearError> {
        Solver::new(self.clone(), backend)?.solve()
    }

    /// Refuses what solvers would take in silence: numbers that are none.
    fn check(&self) -> Result<(), LinearError> {
        for (position, column) in self.columns.iter().enumerate() {
            if !column.cost.is_finite() || column.lower.is_nan() || column.upper.is_nan() {
                return Err(LinearError::NotFinite(format!("column {position}")));
            }
        }
        for (position, row) in self.rows.iter().enumerate() {
            if !row.right.is_finite() || row.entries.iter().any(|(_, value)| !value.is_finite()) {
                return Err(LinearError::NotFinite(format!("row {position}")));
            }
        }
        Ok(())
    }

    /// The program in `good_lp`'s terms.
    fn modelled(&self) -> (ProblemVariables, Vec<Variable>, Expression) {
        let mut variables = ProblemVariables::new();
        let mut columns = Vec::with_capacity(self.columns.len());
        for (position, column) in self.columns.iter().enumerate() {
            let define = variable().min(column.lower).max(column.upper);
            let whole = self.whole.binary_search(&position).is_ok();
            columns.push(variables.add(if whole { define.integer() } else { define }));
        }
        let mut objective = Expression::with_capacity(self.columns.len());
        for (column, variable) in self.columns.iter().zip(&columns) {
            objective.add_mul(column.cost, *variable);
        }
        (variables, columns, objective)
    }
}

impl Row {
    fn modelled(&self, columns: &[Variable]) -> good_lp::Constraint {
        let mut left = Expression::with_capacity(self.entries.len());
        for (column, coefficient) in &self.entries {
            left.add_mul(*coefficient, columns[*column]);
        }
        match self.relation {
            Relation::AtMost => left.leq(self.right),
            Relation::AtLeast => left.geq(self.right),
            Relation::Equal => left.eq(self.right),
        }
    }
}

/// A program in a solver's memory.
#[derive(Debug)]
pub struct Solver {
    program: Program,
    backend: Held,
}

#[derive(Debug)]
enum Held {
    #[cfg(feature = "highs")]
    Highs(Box<highs::Warm>),
    Micro,
}

impl Solver {
    /// Passes a program to a solver. Where `HiGHS` is not compiled in, microlp stands in for it.
    ///
    /// # Errors
    /// A number that is not finite.
    pub fn new(program: Program, backend: Backend) -> Result<Self, LinearError> {
        program.check()?;
        let backend = match backend {
            #[cfg(feature = "highs")]
            Backend::Highs => Held::Highs(Box::new(highs::Warm::new(&program)?)),
            #[cfg(not(feature = "highs"))]
            Backend::Highs => Held::Micro,
            Backend::Microlp => Held::Micro,
        };
        Ok(Self { program, backend })
    }

    /// The program as it now is.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Changes a column. The next solve starts from the last solution.
    ///
    /// # Errors
    /// A cost that is not finite, a bound that is no number.
    pub fn change(&mut self, position: usize, column: Column) -> Result<(), LinearError> {
        if !column.cost.is_finite() || column.lower.is_nan() || column.upper.is_nan() {
            return Err(LinearError::NotFinite(format!("column {position}")));
        }
        let before = self.program.columns[position];
        #[cfg(feature = "highs")]
        if let Held::Highs(warm) = &mut self.backend {
            warm.change(position, before, column);
        }
        #[cfg(not(feature = "highs"))]
        let _ = before;
        self.program.columns[position] = column;
        Ok(())
    }

    /// The solution.
    ///
    /// # Errors
    /// [`LinearError`]; of an infeasible program, the rows that conflict.
    pub fn solve(&mut self) -> Result<Solution, LinearError> {
        match self.solve_plainly() {
            Err(LinearError::Infeasible(_)) => {
                Err(LinearError::Infeasible(conflict::rows(&self.program, self.backend.name())))
            }
            other => other,
        }
    }

    /// The solution, or that there is none, without asking why.
    fn solve_plainly(&mut self) -> Result<Solution, LinearError> {
        let found = match &mut self.backend {
            #[cfg(feature = "highs")]
            Held::Highs(warm) => warm.solve(),
            Held::Micro => micro::solve(&self.program),
        }?;
        if self.program.whole.is_empty() {
            return Ok(found);
        }
        // solvers meet whole numbers to a tolerance only, and give no prices beside them
        let mut held = Program { whole: vec![], ..self.program.clone() };
        for column in &self.program.whole {
            let value = found.columns[*column].round();
            (held.columns[*column].lower, held.columns[*column].upper) = (value, value);
        }
        Self::new(held, self.backend.name())?.solve_plainly()
    }

    /// Simplex steps of the last solve; 0 where the solver does not count them.
    #[must_use]
    pub fn steps(&self) -> usize {
        match &self.backend {
            #[cfg(feature = "highs")]
            Held::Highs(warm) => warm.steps(),
            Held::Micro => 0,
        }
    }
}

impl Held {
    fn name(&self) -> Backend {
        match self {
            #[cfg(feature = "highs")]
            Self::Highs(_) => Backend::Highs,
            Self::Micro => Backend::Microlp,
        }
    }
}
