//! Traits of types that can be saved, and their implementations.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use checkpoint_schema::listing::catalog::Name;
use checkpoint_schema::manifest::Shapes;
use checkpoint_schema::model::description::Node;
use ndarray::{ArcArray, Array, ArrayView, ArrayView1, CowArray, Dimension};

use crate::save::{SaveError, SaveOptions, SaveReport, value};
use crate::tensor::Tensor;
use crate::tensor::element::Element;
use crate::traits::custom::items::Items as _;
use crate::traits::from_checkpoint::FromCheckpoint;
use crate::traits::values::Values;

/// A type that can be saved as a checkpoint: the opposite of [`FromCheckpoint`].
///
/// Derive it for structs, beside `FromCheckpoint`, whose attributes it shares:
///
/// ```
/// use checkpoint_core::{FromCheckpoint, ToCheckpoint};
/// use ndarray::{Array1, Array2, array};
///
/// #[derive(FromCheckpoint, ToCheckpoint)]
/// struct Dense {
///     #[ckpt(transpose)]
///     kernel: Array2<f32>,
///     bias: Array1<f32>,
/// }
///
/// # let path = std::env::temp_dir().join(format!("to-checkpoint-{}", std::process::id())).join("dense.ckpt");
/// let dense = Dense { kernel: array![[1.0, 2.0, 3.0]], bias: array![0.5] };
/// dense.save(&path)?;
/// assert_eq!(Dense::load(&path)?.kernel, dense.kernel);
/// # std::fs::remove_dir_all(path.parent().unwrap())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Other types implement it by hand, as they implement `FromCheckpoint`: [`put`](Self::put) adds the values that
/// [`NODE`](Self::NODE) describes to [`Values`], in that order.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use checkpoint_core::{Node, SaveError, ToCheckpoint, Values};
///
/// /// Tokens, with their numbers.
/// struct Vocabulary(BTreeMap<usize, String>);
///
/// impl ToCheckpoint for Vocabulary {
///     const NODE: Node = <Vec<String> as ToCheckpoint>::NODE;
///
///     fn put<'v>(&'v self, values: &mut Values<'v>) -> Result<(), SaveError> {
///         let tokens: Vec<String> = self.0.values().cloned().collect();
///         values.owned(&tokens)
///     }
/// }
/// # let _ = <Vocabulary as ToCheckpoint>::NODE;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved to a checkpoint",
    label = "`ToCheckpoint` is not implemented for this type",
    note = "if it is a struct, derive `ToCheckpoint` for it, beside `FromCheckpoint`",
    note = "if it is not in the checkpoint, write `#[ckpt(skip)]` on the field"
)]
pub trait ToCheckpoint<C = ()> {
    /// The description of the variables of the value: those that a load reads and a save writes.
    const NODE: Node;

    /// The shapes in the manifests that a derived struct is checked against.
    #[doc(hidden)]
    const SHAPES: &'static [Shapes<'static>] = &[];

    /// Adds the values that [`NODE`](Self::NODE) describes, in that order.
    ///
    /// # Errors
    /// Returns an error if your own code fails, such as the `save` function of `with`.
    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError>;

    /// Saves the value as a checkpoint at `path`. The path determines the format: see [`SaveOptions::format`].
    ///
    /// # Errors
    /// Returns the errors of [`save_with`](Self::save_with).
    fn save(&self, path: impl AsRef<Path>) -> Result<SaveReport, SaveError>
    where
        Self: Sized,
    {
        self.save_with(path, SaveOptions::new())
    }

    /// Saves the value as a checkpoint at `path`, with options, and returns a report.
    ///
    /// # Errors
    /// Returns an error if the arrays do not fit together, or if a step cannot be reversed. All such problems are reported
    /// together, before anything is written.
    ///
    /// Returns an error if there is a checkpoint at `path` and [`SaveOptions::overwrite`] is not set, or if files cannot be
    /// written. An existing checkpoint is unchanged.
    fn save_with(
        &self,
        path: impl AsRef<Path>,
        options: SaveOptions<'_>,
    ) -> Result<SaveReport, SaveError>
    where
        Self: Sized,
    {
        value::save(self, path.as_ref(), &options)
    }

    /// Completes a save by ranks, after all of them have saved their parts with [`SaveOptions::rank`]. One rank calls it.
    ///
    /// Until then nothing opens the checkpoint, and an existing one is unchanged. The options must be those of the parts.
    ///
    /// # Errors
    /// Returns an error if the part of a rank is missing, or is of another model or other options. Also returns an error if ranks
    /// have different elements of a variable without `parallel`, if there is a checkpoint at `path` and
    /// [`SaveOptions::overwrite`] is not set, or if files cannot be written.
    fn save_finish(
        &self,
        path: impl AsRef<Path>,
        options: SaveOptions<'_>,
    ) -> Result<SaveReport, SaveError>
    where
        Self: Sized,
    {
        value::finish(self, path.as_ref(), &options)
    }

    /// Returns the variables that a save would write, as tensors, in the same order.
    ///
    /// ```
    /// use checkpoint_core::{FromCheckpoint, SaveOptions, ToCheckpoint};
    ///
    /// #[derive(FromCheckpoint, ToCheckpoint)]
    /// struct Counter {
    ///     #[ckpt(path = "global_step")]
    ///     step: i64,
    /// }
    ///
    /// let tensors = Counter { step: 3 }.to_tensors(SaveOptions::new().prefix("train"))?;
    /// let [(name, tensor)] = &tensors[..] else { panic!() };
    /// assert_eq!((name.to_string(), tensor.spec().to_string()), ("train/global_step".into(), "i64 []".into()));
    /// # Ok::<(), checkpoint_core::SaveError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`save_with`](Self::save_with), without the errors of files. Also returns an error with
    /// [`SaveOptions::rank`].
    fn to_tensors(&self, options: SaveOptions<'_>) -> Result<Vec<(Name, Tensor)>, SaveError>
    where
        Self: Sized,
    {
        value::tensors(self, &options)
    }
}

/// A type that a saved field with `#[ckpt(repeat)]` can have: `Vec<T>`, `[T; N]`, `BTreeMap<usize, T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved as what `repeat` loads",
    label = "one value for each index is not in here, or cannot be saved",
    note = "a field with `repeat` is a `Vec<T>`, `[T; N]` or `BTreeMap<usize, T>`, or an `Option`, `Box` or `Arc` of these",
    note = "if its elements are structs, derive `ToCheckpoint` for them, beside `FromCheckpoint`"
)]
pub trait ToRepeated<C = ()> {
    /// Adds the number of items, or the keys, and then the items.
    ///
    /// # Errors
    /// Returns an error if your own code fails, such as the `save` function of `with`.
    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError>;
}

impl<C> Values<'_, C> {
    /// Adds the contents of a shorter-lived value, such as one made in [`ToCheckpoint::put`]. Its arrays are copied.
    ///
    /// # Errors
    /// Returns the errors of the [`ToCheckpoint::put`] of the value.
    pub fn owned<T: ToCheckpoint<C>>(&mut self, value: &T) -> Result<(), SaveError> {
        let mut values = Values::new();
        value.put(&mut values)?;
        self.add_owned(values);
        Ok(())
    }
}

macro_rules! arrays {
    ($($array:ident)*) => {$(
        impl<T: Element, D: Dimension, C> ToCheckpoint<C> for $array<T, D> {
            const NODE: Node = <Array<T, D> as FromCheckpoint<'static, C>>::NODE;

            fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
                values.array(self.view())
            }
        }
    )*};
}

arrays!(Array ArcArray);

macro_rules! views {
    ($($array:ident)*) => {$(
        impl<T: Element, D: Dimension, C> ToCheckpoint<C> for $array<'_, T, D> {
            const NODE: Node = <$array<'static, T, D> as FromCheckpoint<'static, C>>::NODE;

            fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
                values.array(self.view())
            }
        }
    )*};
}

views!(ArrayView CowArray);

impl<T: Element, C> ToCheckpoint<C> for Vec<T> {
    const NODE: Node = <Self as FromCheckpoint<'static, C>>::NODE;

    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
        values.array(ArrayView1::from(self))
    }
}

impl<C> ToCheckpoint<C> for Tensor {
    const NODE: Node = <Self as FromCheckpoint<'static, C>>::NODE;

    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
        values.tensor(self);
        Ok(())
    }
}

macro_rules! scalars {
    ($($scalar:ty)*) => {$(
        impl<C> ToCheckpoint<C> for $scalar {
            const NODE: Node = <Self as FromCheckpoint<'static, C>>::NODE;

            fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
                values.array(ndarray::aview0(self))
            }
        }
    )*};
}

scalars!(f32 f64 i8 i16 i32 i64 u8 u16 u32 u64 bool String);

#[cfg(feature = "half")]
scalars!(half::f16 half::bf16);

#[cfg(feature = "num-complex")]
scalars!(num_complex::Complex<f32> num_complex::Complex<f64>);

/// The parts of one variable that `split` divided.
impl<T: ToCheckpoint<C>, const N: usize, C> ToCheckpoint<C> for [T; N] {
    const NODE: Node = Node::Split(&[T::NODE; N]);

    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
        self.iter().try_for_each(|part| part.put(values))
    }
}

macro_rules! tuples {
    ($(($($part:ident $at:tt)*))*) => {$(
        /// The parts of one variable that `split` divided.
        #[diagnostic::do_not_recommend]
        impl<$($part: ToCheckpoint<X>,)* X> ToCheckpoint<X> for ($($part,)*) {
            const NODE: Node = Node::Split(&[$($part::NODE),*]);

            fn put<'v>(&'v self, values: &mut Values<'v, X>) -> Result<(), SaveError> {
                $(self.$at.put(values)?;)*
                Ok(())
            }
        }
    )*};
}

tuples! {
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6)
    (A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7)
}

impl<T: ToCheckpoint<C>, C> ToCheckpoint<C> for Option<T> {
    const NODE: Node = Node::Optional(&T::NODE);

    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
        values.present(self.is_some());
        self.iter().try_for_each(|value| value.put(values))
    }
}

impl<T: ToRepeated<C>, C> ToRepeated<C> for Option<T> {
    fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
        values.present(self.is_some());
        self.iter().try_for_each(|value| value.put(values))
    }
}

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<T: ToCheckpoint<C>, C> ToCheckpoint<C> for $pointer<T> {
            const NODE: Node = T::NODE;

            fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
                (**self).put(values)
            }
        }

        impl<T: ToRepeated<C>, C> ToRepeated<C> for $pointer<T> {
            fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
                (**self).put(values)
            }
        }
    )*};
}

pointers!(Box Arc);

macro_rules! lists {
    ($(($($parameter:tt)*) $list:ty),*) => {$(
        impl<T: ToCheckpoint<C>, C, $($parameter)*> ToRepeated<C> for $list {
            fn put<'v>(&'v self, values: &mut Values<'v, C>) -> Result<(), SaveError> {
                self.put_each(values, T::put)
            }
        }
    )*};
}

lists!(() Vec<T>, (const N: usize) [T; N], () BTreeMap<usize, T>);
