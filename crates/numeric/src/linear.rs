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

/// The handle of a column: what a program gives back when the column is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(usize);

/// The handle of a row: what a program gives back when the row is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(usize);

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
    pub entries: Vec<(ColumnId, f64)>,
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
    columns: Vec<Column>,
    /// The constraints.
    rows: Vec<Row>,
    /// Columns that take whole numbers only, in rising order.
    whole: Vec<ColumnId>,
}

/// The solution of a linear program.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The objective.
    pub objective: f64,
    columns: Vec<f64>,
    prices: Vec<f64>,
}

impl Solution {
    /// The value of a column.
    ///
    /// # Panics
    /// On the handle of another program.
    #[must_use]
    pub fn value(&self, column: ColumnId) -> f64 {
        self.columns[column.0]
    }

    /// The values of some columns, in their order.
    #[must_use]
    pub fn values(&self, columns: &[ColumnId]) -> Vec<f64> {
        columns.iter().map(|column| self.value(*column)).collect()
    }

    /// What one more unit on the right side of a row adds to the objective; where columns are whole,
    /// with those held where they are.
    ///
    /// # Panics
    /// On the handle of another program.
    #[must_use]
    pub fn price(&self, row: RowId) -> f64 {
        self.prices[row.0]
    }
}

/// Why a linear program has no solution.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinearError {
    /// No values meet all rows. These rows conflict; without any one of them the others can be met.
    #[error("{} constraints cannot all be met", .0.len())]
    Infeasible(Vec<RowId>),
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

    /// Adds a column; its handle.
    pub fn column(&mut self, cost: f64, lower: f64, upper: f64) -> ColumnId {
        self.add(Column { cost, lower, upper })
    }

    /// Adds a column; its handle.
    pub fn add(&mut self, column: Column) -> ColumnId {
        self.columns.push(column);
        ColumnId(self.columns.len() - 1)
    }

    /// Adds a column that is 0 or 1; its handle.
    pub fn binary(&mut self, cost: f64) -> ColumnId {
        let column = self.column(cost, 0.0, 1.0);
        self.whole.push(column);
        column
    }

    /// Adds a row; its handle.
    pub fn row(&mut self, entries: Vec<(ColumnId, f64)>, relation: Relation, right: f64) -> RowId {
        self.rows.push(Row { entries, relation, right });
        RowId(self.rows.len() - 1)
    }

    /// The columns with their handles, in the order in which they were added.
    #[must_use]
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (ColumnId, &Column)> {
        self.columns.iter().enumerate().map(|(position, column)| (ColumnId(position), column))
    }

    /// The rows with their handles, in the order in which they were added.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (RowId, &Row)> {
        self.rows.iter().enumerate().map(|(position, row)| (RowId(position), row))
    }

    /// A column.
    ///
    /// # Panics
    /// On the handle of another program.
    #[must_use]
    pub fn column_of(&self, column: ColumnId) -> &Column {
        &self.columns[column.0]
    }

    /// A row.
    ///
    /// # Panics
    /// On the handle of another program.
    #[must_use]
    pub fn row_of(&self, row: RowId) -> &Row {
        &self.rows[row.0]
    }

    /// Puts another number on the right side of a row.
    ///
    /// # Panics
    /// On the handle of another program.
    pub fn set_right(&mut self, row: RowId, right: f64) {
        self.rows[row.0].right = right;
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
            let whole = self.whole.binary_search(&ColumnId(position)).is_ok();
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
            left.add_mul(*coefficient, columns[column.0]);
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
    ///
    /// # Panics
    /// On the handle of another program.
    pub fn change(&mut self, own: ColumnId, column: Column) -> Result<(), LinearError> {
        if !column.cost.is_finite() || column.lower.is_nan() || column.upper.is_nan() {
            return Err(LinearError::NotFinite(format!("column {}", own.0)));
        }
        let before = self.program.columns[own.0];
        #[cfg(feature = "highs")]
        if let Held::Highs(warm) = &mut self.backend {
            warm.change(own, before, column);
        }
        #[cfg(not(feature = "highs"))]
        let _ = before;
        self.program.columns[own.0] = column;
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
            let value = found.value(*column).round();
            (held.columns[column.0].lower, held.columns[column.0].upper) = (value, value);
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
