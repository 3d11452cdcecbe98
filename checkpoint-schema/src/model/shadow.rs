//! The choice between a variable and its average: `shadow`.

/// The choice between a variable and its average, for structs with `shadow`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shadow {
    /// The average where the checkpoint has one, and the plain variable elsewhere.
    #[default]
    PreferAverage,
    /// The average. A variable without one is missing.
    Average,
    /// The plain variable.
    Plain,
}
