//! Traits of types that can be loaded, and their implementations.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use checkpoint_schema::manifest::Shapes;
use checkpoint_schema::model::description::{self, Borrow, List, Node};
use ndarray::{ArcArray, Array, ArrayView, CowArray, Dimension, Ix0, Ix1};

use crate::checkpoint::Checkpoint;
use crate::load::error::LoadError;
use crate::load::options::LoadOptions;
use crate::load::parts::{BuildError, Parts};
use crate::load::report::LoadReport;
use crate::load::run::load_with;
use crate::tensor::Tensor;
use crate::tensor::element::Element;
use crate::traits::custom::items::Items;

/// A type that can be loaded from a checkpoint.
///
/// Derive it for structs. `'c` is the lifetime of the checkpoint that the value may borrow from. Types that own their tensors
/// implement the trait for every `'c`.
///
/// Implement it by hand for a type that is not a struct of variables. [`NODE`](Self::NODE) is that of the type to read, and
/// [`build`](Self::build) converts its value. `build` must take exactly the parts that `NODE` describes.
///
/// ```
/// use std::collections::HashMap;
///
/// use checkpoint_core::{BuildError, Checkpoint, FromCheckpoint, LoadOptions, Memory, Node, Parts, Tensor};
///
/// /// Tokens, with their numbers.
/// struct Vocabulary(HashMap<String, usize>);
///
/// impl<'c> FromCheckpoint<'c> for Vocabulary {
///     const NODE: Node = <Vec<String> as FromCheckpoint<'c>>::NODE;
///
///     fn build(parts: &mut Parts<'c>) -> Result<Self, BuildError> {
///         let tokens = Vec::<String>::build(parts)?;
///         Ok(Self(tokens.into_iter().enumerate().map(|(id, token)| (token, id)).collect()))
///     }
/// }
///
/// #[derive(FromCheckpoint)]
/// struct Tokenizer {
///     tokens: Vocabulary,
/// }
///
/// let tokens = Tensor::from_strings([2], ["a", "b"])?;
/// let checkpoint = Checkpoint::from_source("a test", Memory::new([("tokens", tokens)]));
/// let (tokenizer, _) = Tokenizer::load_with(&checkpoint, LoadOptions::new())?;
/// assert_eq!(tokenizer.tokens.0["b"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Context
///
/// `C` is the context of a load, such as the device of its tensors. Most types need none and are implemented for every `C`. A
/// derived struct has `()`, or the type in its `context` attribute. [`Parts::context`] returns the context.
/// [`LoadOptions::context`] sets it.
///
/// ```
/// use checkpoint_core::{
///     BuildError, Checkpoint, FromCheckpoint, LoadOptions, Memory, Node, Parts, Tensor,
/// };
///
/// /// A unit of length, in metres.
/// struct Unit(f64);
///
/// /// A length in that unit.
/// struct Length(f64);
///
/// impl<'c> FromCheckpoint<'c, Unit> for Length {
///     const NODE: Node = <f64 as FromCheckpoint<'c>>::NODE;
///
///     fn build(parts: &mut Parts<'c, Unit>) -> Result<Self, BuildError> {
///         let metres = f64::build(parts)?;
///         Ok(Self(metres / parts.context().0))
///     }
/// }
///
/// #[derive(FromCheckpoint)]
/// #[ckpt(context = "Unit")]
/// struct Road {
///     length: Length,
///     lanes: i64,
/// }
///
/// let length = Tensor::from_array(ndarray::arr0(5000_f64))?;
/// let lanes = Tensor::from_array(ndarray::arr0(2_i64))?;
/// let checkpoint = Checkpoint::from_source("a test", Memory::new([("length", length), ("lanes", lanes)]));
/// let options = LoadOptions::new().context(Unit(1000.0));
/// let (road, _) = Road::load_with(&checkpoint, options)?;
/// assert_eq!((road.length.0, road.lanes), (5.0, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded from a checkpoint",
    label = "the checkpoint has no way to fill this",
    note = "if it is a struct, derive it: `#[derive(FromCheckpoint)]`",
    note = "if it holds several variables or structs, write `#[ckpt(repeat)]` on the field",
    note = "if it is not in the checkpoint, write `#[ckpt(skip)]` on the field",
    note = "if it needs a context, such as a device, write `#[ckpt(context = \"...\")]` on the struct"
)]
pub trait FromCheckpoint<'c, C = ()>: Sized {
    /// The description of the variables that a load reads for the value.
    const NODE: Node;

    /// The shapes in the manifests that a derived struct is checked against.
    #[doc(hidden)]
    const SHAPES: &'static [Shapes<'static>] = &[];

    /// Builds the value from the parts that [`NODE`](Self::NODE) describes, in that order.
    ///
    /// # Errors
    /// Returns an error if the value cannot be built.
    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError>;

    /// Loads the value from the checkpoint at `path`. [`Checkpoint::open`] lists the paths that are accepted.
    ///
    /// An index without a `repeat` is a compile error:
    ///
    /// ```compile_fail,E0080
    /// use checkpoint_core::FromCheckpoint;
    ///
    /// #[derive(FromCheckpoint)]
    /// struct Block {
    ///     #[ckpt(path = "h<i>/w")]
    ///     w: Vec<f32>,
    /// }
    ///
    /// // field `Block.w`: unbound index `<i>`; write `repeat(i)` on the field that repeats
    /// let block = Block::load("model.ckpt");
    /// ```
    ///
    /// # Errors
    /// Returns an error if there is no checkpoint, if it is damaged, or if it does not fit. All problems of a checkpoint that does
    /// not fit are reported together, before any tensor is read.
    fn load(path: impl AsRef<Path>) -> Result<Self, LoadError>
    where
        Self: Owned<C>,
    {
        Self::load_owned(path.as_ref())
    }

    /// Loads the value from an open checkpoint, and returns it with a report.
    ///
    /// # Errors
    /// Returns the errors of [`load`](Self::load).
    fn load_with(
        checkpoint: &'c Checkpoint,
        options: LoadOptions<'_, C>,
    ) -> Result<(Self, LoadReport), LoadError> {
        load_with(checkpoint, options)
    }
}

/// A type that can be loaded from a path: it neither borrows from the checkpoint nor needs a context. It implements
/// [`FromCheckpoint`] for every lifetime.
#[diagnostic::on_unimplemented(
    message = "`{Self}` borrows from the checkpoint, needs a context, or cannot be loaded from one",
    label = "loading from a path opens the checkpoint only while it loads",
    note = "open it first, with `Checkpoint::open_in_memory` if it borrows, and use `load_with`",
    note = "if its struct has a `context`, use `load_with` and `LoadOptions::context`"
)]
pub trait Owned<C = ()>: Sized {
    /// Implements [`FromCheckpoint::load`].
    #[doc(hidden)]
    fn load_owned(path: &Path) -> Result<Self, LoadError>;
}

impl<T: for<'a> FromCheckpoint<'a>> Owned for T {
    fn load_owned(path: &Path) -> Result<Self, LoadError> {
        let checkpoint = Checkpoint::open(path)?;
        load_with(&checkpoint, LoadOptions::new()).map(|(value, _)| value)
    }
}

/// A type that a field with `#[ckpt(repeat)]` can have: `Vec<T>`, `[T; N]`, `BTreeMap<usize, T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold what `repeat` loads",
    label = "one value for each index does not fit in here",
    note = "a field with `repeat` is a `Vec<T>`, `[T; N]` or `BTreeMap<usize, T>`, or an `Option`, `Box` or `Arc` of these"
)]
pub trait Repeated<'c, C = ()>: Sized {
    /// The description of the variables that a load reads for the list.
    const NODE: Node;

    /// Builds the list from its parts.
    ///
    /// # Errors
    /// Returns an error if a value cannot be built.
    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError>;
}

const fn tensor<T: Element>(rank: Option<usize>) -> Node {
    borrowing::<T>(rank, Borrow::Never)
}

const fn borrowing<T: Element>(rank: Option<usize>, borrow: Borrow) -> Node {
    Node::Tensor(description::Tensor { dtype: Some(T::DTYPE), rank, or_string: false, borrow })
}

fn array<T: Element, D: Dimension, C>(parts: &mut Parts<'_, C>) -> Result<Array<T, D>, BuildError> {
    parts
        .tensor()?
        .into_dimensionality()
        .map_err(|_| BuildError::Order { wanted: "a tensor of another rank" })
}

impl<'c, T: Element, D: Dimension, C> FromCheckpoint<'c, C> for Array<T, D> {
    const NODE: Node = tensor::<T>(D::NDIM);

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        array(parts)
    }
}

impl<'c, T: Element, D: Dimension, C> FromCheckpoint<'c, C> for ArcArray<T, D> {
    const NODE: Node = tensor::<T>(D::NDIM);

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        array(parts).map(Array::into_shared)
    }
}

/// Borrows its elements from a checkpoint in memory ([`Checkpoint::open_in_memory`], or `open_mapped`). The checkpoint must store
/// them as this machine does; otherwise the load fails with the reason. Steps of the field only change strides.
///
/// ```
/// use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
/// use ndarray::ArrayView2;
///
/// #[derive(FromCheckpoint)]
/// #[ckpt(allow_unmapped)]
/// struct Embedding<'a> {
///     #[ckpt(path = "model/wte", transpose)]
///     wte: ArrayView2<'a, f32>,
/// }
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus/models/gpt2-nano");
/// let checkpoint = Checkpoint::open_in_memory(path)?;
/// let (embedding, _) = Embedding::load_with(&checkpoint, LoadOptions::new())?;
/// assert_eq!(embedding.wte.dim(), (16, 300));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<'a, 'c: 'a, T: Element, D: Dimension, C> FromCheckpoint<'c, C> for ArrayView<'a, T, D> {
    const NODE: Node = borrowing::<T>(D::NDIM, Borrow::Must);

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        parts.borrowed()
    }
}

/// Borrows its elements as an `ArrayView` does if possible, and owns a copy otherwise.
impl<'a, 'c: 'a, T: Element, D: Dimension, C> FromCheckpoint<'c, C> for CowArray<'a, T, D> {
    const NODE: Node = borrowing::<T>(D::NDIM, Borrow::May);

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        parts.view()
    }
}

/// A variable with one axis. `Vec<u8>` can also hold the bytes of a string variable without axes.
impl<'c, T: Element, C> FromCheckpoint<'c, C> for Vec<T> {
    const NODE: Node = Node::Tensor(description::Tensor {
        dtype: Some(T::DTYPE),
        rank: Ix1::NDIM,
        or_string: T::OR_STRING,
        borrow: Borrow::Never,
    });

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        Ok(parts.elements()?.1)
    }
}

/// A variable of any dtype and any rank.
impl<'c, C> FromCheckpoint<'c, C> for Tensor {
    const NODE: Node = Node::Tensor(description::Tensor {
        dtype: None,
        rank: None,
        or_string: false,
        borrow: Borrow::Never,
    });

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        parts.any()
    }
}

macro_rules! scalars {
    ($($scalar:ty)*) => {$(
        /// A variable without axes.
        impl<'c, C> FromCheckpoint<'c, C> for $scalar {
            const NODE: Node = tensor::<Self>(Ix0::NDIM);

            fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
                array::<Self, Ix0, C>(parts).map(Array::into_scalar)
            }
        }
    )*};
}

scalars!(f32 f64 i8 i16 i32 i64 u8 u16 u32 u64 bool String);

#[cfg(feature = "half")]
scalars!(half::f16 half::bf16);

#[cfg(feature = "num-complex")]
scalars!(num_complex::Complex<f32> num_complex::Complex<f64>);

/// The parts of one variable that `split` divides.
impl<'c, T: FromCheckpoint<'c, C>, const N: usize, C> FromCheckpoint<'c, C> for [T; N] {
    const NODE: Node = Node::Split(&[T::NODE; N]);

    fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
        let elements: Vec<T> = (0..N).map(|_| T::build(parts)).collect::<Result<_, _>>()?;
        elements.try_into().map_err(|_| BuildError::Order { wanted: "as many parts" })
    }
}

macro_rules! tuples {
    ($(($($part:ident)*))*) => {$(
        /// The parts of one variable that `split` divides.
        #[diagnostic::do_not_recommend]
        impl<'c, $($part: FromCheckpoint<'c, X>,)* X> FromCheckpoint<'c, X> for ($($part,)*) {
            const NODE: Node = Node::Split(&[$($part::NODE),*]);

            fn build(parts: &mut Parts<'c, X>) -> Result<Self, BuildError> {
                Ok(($($part::build(parts)?,)*))
            }
        }
    )*};
}

tuples! {
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}

/// `Option`, `Box` and `Arc` wrap any type that either trait loads.
macro_rules! wrappers {
    ($($of:ident)*) => {$(
        /// `None` if the checkpoint has none of the variables of `T`. If it has one of them, it must have all.
        impl<'c, T: $of<'c, C>, C> $of<'c, C> for Option<T> {
            const NODE: Node = Node::Optional(&T::NODE);

            fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
                if parts.present()? { T::build(parts).map(Some) } else { Ok(None) }
            }
        }

        impl<'c, T: $of<'c, C>, C> $of<'c, C> for Box<T> {
            const NODE: Node = T::NODE;

            fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
                T::build(parts).map(Self::new)
            }
        }

        impl<'c, T: $of<'c, C>, C> $of<'c, C> for Arc<T> {
            const NODE: Node = T::NODE;

            fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
                T::build(parts).map(Self::new)
            }
        }
    )*};
}

wrappers!(FromCheckpoint Repeated);

macro_rules! lists {
    ($(($($parameter:tt)*) $list:ty),*) => {$(
        impl<'c, T: FromCheckpoint<'c, C>, C, $($parameter)*> Repeated<'c, C> for $list {
            const NODE: Node = Node::List(&List {
                element: T::NODE,
                len: <Self as Items>::LEN,
                is_keyed: <Self as Items>::IS_KEYED,
            });

            fn build(parts: &mut Parts<'c, C>) -> Result<Self, BuildError> {
                Self::gather(parts, T::build)
            }
        }
    )*};
}

lists!(() Vec<T>, (const N: usize) [T; N], () BTreeMap<usize, T>);
