//! The contents of a value, in the order of its `NODE`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::save::Held;
use checkpoint_schema::strided::Order;
use ndarray::{ArrayView, Dimension};

use crate::save::SaveError;
use crate::system::number::as_u64;
use crate::tensor::buffer::Buffer;
use crate::tensor::element::Element;
use crate::tensor::strings::Strings;
use crate::tensor::{Tensor, TensorError, shape_of};

/// The contents of a value to save, in the order of its `NODE`: see [`ToCheckpoint::put`](crate::ToCheckpoint::put).
#[derive(Debug)]
pub struct Values<'v, C = ()> {
    pub(crate) held: Vec<Held>,
    pub(crate) arrays: Vec<Elements<'v>>,
    /// The context type of the value. A save does not use it.
    context: PhantomData<fn(&C)>,
}

/// The elements of an array.
#[derive(Debug)]
pub(crate) enum Elements<'v> {
    /// Elements with a fixed width in bytes, as in a tensor.
    Bytes {
        bytes: Bytes<'v>,
        /// The order in memory, unless it is row-major.
        strides: Option<Strided>,
    },
    /// Strings, or the messages of variants, in row-major order.
    Strings(Cow<'v, Strings>),
}

/// The bytes of an array, borrowed or owned.
pub(crate) enum Bytes<'v> {
    Borrowed(&'v [u8]),
    /// Bytes that are borrowed from their owner on demand, for example behind a lock.
    Held(Box<dyn AsRef<[u8]> + Sync + 'v>),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Held(bytes) => (**bytes).as_ref(),
        }
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// The order of the elements of an array in memory.
#[derive(Clone, Debug)]
pub(crate) struct Strided {
    /// The lengths of the axes.
    pub(crate) dims: Vec<u64>,
    pub(crate) order: Order,
}

impl<'v, C> Values<'v, C> {
    pub(crate) fn new() -> Self {
        Self { held: Vec::new(), arrays: Vec::new(), context: PhantomData }
    }

    /// Adds an array. It is borrowed if its elements are contiguous in memory, with axes in any order, but forwards; otherwise it is
    /// copied.
    ///
    /// # Errors
    /// Returns an error if the array has more axes than a tensor can have.
    pub fn array<T: Element, D: Dimension>(
        &mut self,
        array: ArrayView<'v, T, D>,
    ) -> Result<(), SaveError> {
        let shape = shape_of(array.shape()).map_err(SaveError::Array)?;
        self.held.push(Held::Array(Spec { dtype: T::DTYPE, shape }));
        let memory = strided(&array);
        let bytes = array.to_slice_memory_order().and_then(T::bytes);
        let elements = match (bytes, memory) {
            (Some(bytes), Some(memory)) => {
                let strides = (!array.is_standard_layout()).then_some(memory);
                Elements::Bytes { bytes: Bytes::Borrowed(bytes), strides }
            }
            _ => match T::into_buffer(array.iter().cloned().collect()) {
                Buffer::Strings(strings) => Elements::Strings(Cow::Owned(strings)),
                buffer => {
                    let bytes = Bytes::Held(Box::new(buffer.bytes().to_vec()));
                    Elements::Bytes { bytes, strides: None }
                }
            },
        };
        self.arrays.push(elements);
        Ok(())
    }

    /// Adds a borrowed tensor.
    pub fn tensor(&mut self, tensor: &'v Tensor) {
        self.held.push(Held::Array(tensor.spec().clone()));
        self.arrays.push(match tensor.as_strings() {
            Some(strings) => Elements::Strings(Cow::Borrowed(strings)),
            None => Elements::Bytes { bytes: Bytes::Borrowed(tensor.as_bytes()), strides: None },
        });
    }

    /// Adds a tensor of another crate without a copy. Its elements are in row-major order, each as in [`Tensor::as_bytes`].
    ///
    /// # Errors
    /// Returns an error if the number of bytes does not match `spec`, or if its dtype has no fixed width.
    pub fn bytes(
        &mut self,
        spec: Spec,
        bytes: impl AsRef<[u8]> + Sync + 'v,
    ) -> Result<(), SaveError> {
        TensorError::check_len(&spec, bytes.as_ref().len()).map_err(SaveError::Array)?;
        self.held.push(Held::Array(spec));
        self.arrays.push(Elements::Bytes { bytes: Bytes::Held(Box::new(bytes)), strides: None });
        Ok(())
    }

    /// Adds the arrays of a value that lives shorter, as copies.
    pub(super) fn add_owned(&mut self, values: Values<'_, C>) {
        self.held.extend(values.held);
        for elements in values.arrays {
            self.arrays.push(elements.into_owned());
        }
    }

    /// Adds the presence of an option. If it is `true`, the value must follow.
    pub fn present(&mut self, present: bool) {
        self.held.push(Held::Present(present));
    }

    /// Adds the number of items of a list. The items must follow.
    pub fn list(&mut self, elements: usize) {
        self.held.push(Held::Elements(elements));
    }

    /// Adds the keys of a map. Its values must follow.
    pub fn keys(&mut self, keys: impl IntoIterator<Item = usize>) {
        self.held.push(Held::Keys(keys.into_iter().collect()));
    }

    /// Adds the value of a symbol, from a field with `dim`.
    pub fn dim(&mut self, value: usize) {
        self.held.push(Held::Dim(as_u64(value)));
    }
}

impl Elements<'_> {
    fn into_owned(self) -> Elements<'static> {
        match self {
            Self::Bytes { bytes, strides } => {
                Elements::Bytes { bytes: Bytes::Held(Box::new(bytes.to_vec())), strides }
            }
            Self::Strings(strings) => Elements::Strings(Cow::Owned(strings.into_owned())),
        }
    }
}

/// The order of the elements of an array in its memory; `None` if an axis runs backwards.
fn strided<T, D: Dimension>(array: &ArrayView<'_, T, D>) -> Option<Strided> {
    let axes = array.shape().iter().zip(array.strides());
    // An axis of length 1 can have any stride.
    let stride = |(&len, &stride): (&usize, &isize)| {
        if len > 1 { u64::try_from(stride).ok() } else { Some(0) }
    };
    let strides = axes.map(stride).collect::<Option<_>>()?;
    let dims = array.shape().iter().copied().map(as_u64).collect();
    Some(Strided { dims, order: Order { first: 0, strides } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, s};

    /// Returns the elements in row-major order, read through their positions.
    fn read(values: &Values<'_>) -> Vec<f32> {
        let Some(Elements::Bytes { bytes, strides }) = values.arrays.first() else { panic!() };
        let elements: &[f32] = bytemuck::cast_slice(bytes);
        let at = |number: usize| {
            let Some(Strided { dims, order }) = strides else { return number };
            usize::try_from(order.position(dims, number as u64).unwrap()).unwrap()
        };
        (0..elements.len()).map(|number| elements[at(number)]).collect()
    }

    #[test]
    fn arrays_are_borrowed_in_any_order_of_memory() {
        let whole = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| {
            u8::try_from(100 * i + 10 * j + k).map(f32::from).unwrap()
        });
        for view in [whole.view(), whole.t(), whole.view().permuted_axes([1, 0, 2])] {
            let mut values = Values::<'_>::new();
            values.array(view).unwrap();
            assert_eq!(read(&values), view.iter().copied().collect::<Vec<_>>());
            assert!(matches!(values.arrays[0], Elements::Bytes { bytes: Bytes::Borrowed(_), .. }));
        }
        for view in [whole.slice(s![.., ..2, 1..]), whole.slice(s![..;-1, .., ..;-1])] {
            let mut values = Values::<'_>::new();
            values.array(view).unwrap();
            assert_eq!(read(&values), view.iter().copied().collect::<Vec<_>>());
        }
    }
}
