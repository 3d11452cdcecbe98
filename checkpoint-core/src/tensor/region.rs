//! Copies of the bytes of a slice to their places in the variable.

use checkpoint_schema::listing::catalog::Variable;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::strided::{Layout, Run};

use crate::system::number::as_u64;

/// The places of the bytes of a slice in its variable; `None` if the slice is out of bounds. Each element without a fixed width
/// counts as one byte.
pub(crate) fn region(variable: &Variable, start: &[u64], shape: &Shape) -> Option<Layout> {
    let width = as_u64(variable.dtype.width().unwrap_or(1));
    Layout::slice(start, shape.dims(), variable.shape.dims(), width)
}

/// Copies bytes of a slice, from its offset `at`, to their places in `into`, which is the variable from offset `from`.
pub(crate) fn scatter(region: &Layout, mut at: u64, mut bytes: &[u8], from: u64, into: &mut [u8]) {
    while !bytes.is_empty() {
        let Run { from: place, len, .. } = region.run(at);
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(bytes.len());
        let (run, rest) = bytes.split_at(len);
        let Some(into) = run_of(into, from, place, len) else { return };
        into.copy_from_slice(run);
        at = at.saturating_add(as_u64(len));
        bytes = rest;
    }
}

/// The `len` bytes at offset `place` of a variable, where `bytes` is the variable from offset `from`. `None` if they are out of
/// range or empty.
pub(crate) fn run_of(bytes: &mut [u8], from: u64, place: u64, len: usize) -> Option<&mut [u8]> {
    let start = usize::try_from(place.checked_sub(from)?).ok()?;
    bytes.get_mut(start..)?.get_mut(..len).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_copied_to_their_places_from_anywhere_on() {
        let region = Layout::slice(&[0, 1], &[3, 2], &[3, 4], 2).unwrap();
        let bytes: Vec<u8> = (1..=12).collect();
        let mut into = [0; 16];
        scatter(&region, 4, &bytes[4..], 8, &mut into);
        assert_eq!(into, [0, 0, 5, 6, 7, 8, 0, 0, 0, 0, 9, 10, 11, 12, 0, 0]);
    }
}
