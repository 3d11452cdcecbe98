//! Fields that user code converts before they are saved: the reverse of `with`, `map` and `try_from`.

use std::fmt::Display;

use crate::save::SaveError;
use crate::traits::to_checkpoint::ToCheckpoint;
use crate::traits::values::Values;

/// Adds the result of the `save` function of a `with` module.
///
/// # Errors
/// Returns an error if the function returns one, or if its value cannot be added.
pub fn save_with<T, A: ToCheckpoint<C>, E: Display, C>(
    save: impl Fn(&T) -> Result<A, E>,
    field: &'static str,
    value: &T,
    values: &mut Values<'_, C>,
) -> Result<(), SaveError> {
    let made = save(value);
    values.owned(&made.map_err(|error| SaveError::refused(field, &error))?)
}

/// Adds the result of an `unmap` function.
///
/// # Errors
/// Returns an error if the value cannot be added.
pub fn unmap<T, A: ToCheckpoint<C>, C>(
    function: impl Fn(&T) -> A,
    value: &T,
    values: &mut Values<'_, C>,
) -> Result<(), SaveError> {
    values.owned(&function(value))
}

/// Adds the `A` that `TryFrom` makes of a field.
///
/// # Errors
/// Returns an error if `TryFrom` rejects the field, or if the `A` cannot be added.
pub fn save_try_from<'v, A, T, C>(
    field: &'static str,
    value: &'v T,
    values: &mut Values<'_, C>,
) -> Result<(), SaveError>
where
    A: ToCheckpoint<C> + TryFrom<&'v T, Error: Display>,
{
    let made = A::try_from(value);
    values.owned(&made.map_err(|error| SaveError::refused(field, &error))?)
}
