//! Values that user code makes from loaded values: `with`, `map` and `try_from`.
//!
//! The derive calls these functions so that the compiler infers the argument type of the user's function. A type mismatch is
//! reported at that function.

use std::fmt::Display;

use checkpoint_schema::model::description::Node;

use crate::load::parts::{BuildError, Parts};
use crate::traits::from_checkpoint::FromCheckpoint;

/// The description of the argument of a `map` or `with` function.
#[must_use]
pub const fn map_node<'c, A: FromCheckpoint<'c, C>, R, C>(_: &impl Fn(A) -> R) -> Node {
    A::NODE
}

/// Loads the argument of a `map` function and returns its result.
///
/// # Errors
/// Returns an error if the argument cannot be built.
pub fn map<'c, A: FromCheckpoint<'c, C>, T, C>(
    function: impl Fn(A) -> T,
    parts: &mut Parts<'c, C>,
) -> Result<T, BuildError> {
    A::build(parts).map(function)
}

/// Loads the argument of the `load` function of a `with` module and returns its result.
///
/// # Errors
/// Returns an error if the argument cannot be built, or if the function returns one.
pub fn with<'c, A: FromCheckpoint<'c, C>, T, E: Display, C>(
    load: impl Fn(A) -> Result<T, E>,
    field: &'static str,
    parts: &mut Parts<'c, C>,
) -> Result<T, BuildError> {
    load(A::build(parts)?).map_err(|error| BuildError::refused(field, &error))
}

/// Loads an `A` and converts it with `TryFrom`.
///
/// # Errors
/// Returns an error if the `A` cannot be built, or if `TryFrom` rejects it.
pub fn try_from<'c, A: FromCheckpoint<'c, C>, T: TryFrom<A, Error: Display>, C>(
    field: &'static str,
    parts: &mut Parts<'c, C>,
) -> Result<T, BuildError> {
    with(T::try_from, field, parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::parts::Part;
    use crate::tensor::Tensor;
    use ndarray::arr0;

    fn parts(step: i64) -> Parts<'static> {
        Parts::new(vec![Part::Tensor(Tensor::from_array(arr0(step)).unwrap())], ())
    }

    fn half(step: i64) -> Result<i64, String> {
        if step % 2 == 0 { Ok(step / 2) } else { Err(format!("{step} is odd")) }
    }

    #[test]
    fn a_function_takes_what_is_loaded() {
        assert!(
            matches!(map_node::<_, _, ()>(&half), Node::Tensor(tensor) if tensor.rank == Some(0))
        );
        assert_eq!(map(|step: i64| step + 1, &mut parts(4)).unwrap(), 5);
        assert_eq!(with(half, "Model.step", &mut parts(4)).unwrap(), 2);
        assert_eq!(try_from::<i64, u8, ()>("Model.step", &mut parts(4)).unwrap(), 4);
    }

    #[test]
    fn what_a_function_refuses_is_said_with_the_field() {
        let refused = with(half, "Model.step", &mut parts(3)).unwrap_err();
        assert_eq!(refused.to_string(), "field `Model.step`: 3 is odd");
        let refused = try_from::<i64, u8, ()>("Model.step", &mut parts(256)).unwrap_err();
        let sentence = "field `Model.step`: out of range integral type conversion attempted";
        assert_eq!(refused.to_string(), sentence);
    }
}
