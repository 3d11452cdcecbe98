//! What the program's own code makes of fields before they are saved: the other sides of `with`, `map` and `try_from`.

use std::fmt::Display;

use crate::save::SaveError;
use crate::to_checkpoint::ToCheckpoint;
use crate::to_checkpoint::values::Values;

/// Gives what the function `save` of the module of `with` makes of a field.
///
/// # Errors
/// If the function says so, or if what it makes cannot be given.
pub fn save_with<T, A: ToCheckpoint, E: Display>(
    save: impl Fn(&T) -> Result<A, E>,
    field: &'static str,
    value: &T,
    values: &mut Values<'_>,
) -> Result<(), SaveError> {
    let made = save(value);
    values.owned(&made.map_err(|error| SaveError::refused(field, &error))?)
}

/// Gives what the function of `unmap` makes of a field.
///
/// # Errors
/// If what it makes cannot be given.
pub fn unmap<T, A: ToCheckpoint>(
    function: impl Fn(&T) -> A,
    value: &T,
    values: &mut Values<'_>,
) -> Result<(), SaveError> {
    values.owned(&function(value))
}

/// Gives the `A` that `TryFrom` makes of a field.
///
/// # Errors
/// If `TryFrom` refuses it, or if the `A` cannot be given.
pub fn save_try_from<'v, A, T>(
    field: &'static str,
    value: &'v T,
    values: &mut Values<'_>,
) -> Result<(), SaveError>
where
    A: ToCheckpoint + TryFrom<&'v T, Error: Display>,
{
    let made = A::try_from(value);
    values.owned(&made.map_err(|error| SaveError::refused(field, &error))?)
}
