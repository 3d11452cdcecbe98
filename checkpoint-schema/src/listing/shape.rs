//! Shapes of tensors.

use std::fmt;

use smallvec::SmallVec;

/// The maximum rank in `TensorFlow`.
pub const MAX_RANK: usize = 254;

/// The lengths of a tensor's axes, in row-major order. The number of elements fits an `i64`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Shape(SmallVec<[u64; 2]>);

impl Shape {
    /// A shape with these axes. `None` if there are more than [`MAX_RANK`] axes, or if an axis or the number of elements
    /// exceeds an `i64`.
    #[must_use]
    pub fn new(dims: impl AsRef<[u64]>) -> Option<Self> {
        let dims = dims.as_ref();
        let counted = |product: u64| i64::try_from(product).is_ok();
        let product = || dims.iter().try_fold(1, |product: u64, &dim| product.checked_mul(dim));
        let fits = dims.len() <= MAX_RANK
            && dims.iter().all(|&dim| counted(dim))
            && (dims.contains(&0) || product().is_some_and(counted));
        fits.then(|| Self(dims.into()))
    }

    /// The lengths of the axes.
    #[must_use]
    pub fn dims(&self) -> &[u64] {
        &self.0
    }

    /// The number of axes; 0 for a scalar.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements; 1 for a scalar.
    #[must_use]
    pub fn elements(&self) -> u64 {
        // `new` checks the product, so this saturates only before an axis of length 0.
        self.0.iter().fold(1, |product: u64, &dim| product.saturating_mul(dim))
    }
}

/// Prints the shape as NumPy does: `[1, 768, 2304]`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter()).finish()
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Shape {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_whose_elements_cannot_be_counted_is_refused() {
        assert_eq!(Shape::new([1 << 32, 1 << 31]), None);
        assert_eq!(Shape::new([u64::MAX, 0]), None);
        assert_eq!(Shape::new(vec![1; MAX_RANK + 1]), None);
    }

    #[test]
    fn elements_are_counted_and_a_scalar_has_one() {
        assert_eq!(Shape::new([]).map(|shape| shape.elements()), Some(1));
        assert_eq!(Shape::new([1 << 40, 1 << 40, 0]).map(|shape| shape.elements()), Some(0));
        assert_eq!(Shape::new([3, 0, 5]).map(|shape| shape.elements()), Some(0));
        assert_eq!(Shape::new([1, 768, 2304]).map(|shape| shape.elements()), Some(768 * 2304));
    }

    #[test]
    fn it_prints_as_numpy_does() {
        assert_eq!(Shape::default().to_string(), "[]");
        assert_eq!(
            Shape::new([1, 768]).map(|shape| shape.to_string()).as_deref(),
            Some("[1, 768]")
        );
    }
}
