//! Fewer page faults for large tensors.
//!
//! The first touch of a page of new memory costs the system more than copying into it. Linux gives memory in pages of
//! 2 MiB instead of 4 KiB where a program asks for it.

/// Memory of fewer bytes than this is left as it is: no page of 2 MiB is sure to fit in.
const LARGE: usize = 4 << 20;

/// Asks the system for large pages behind memory that was not touched yet. It is a hint: nothing is lost if it is not
/// heard.
#[cfg(target_os = "linux")]
pub(crate) fn prefer(memory: &mut [u8]) {
    /// A multiple of the size of pages on all systems that there are.
    const ALIGNED: usize = 64 << 10;

    let before = memory.as_ptr().align_offset(ALIGNED);
    let Some(inside) = memory.get_mut(before..) else { return };
    let len = inside.len() / ALIGNED * ALIGNED;
    if inside.len() >= LARGE {
        // SAFETY: the range is within memory that is borrowed exclusively here, it starts at a multiple of the page
        // size, and `MADV_HUGEPAGE` changes nothing of what it holds.
        #[expect(unsafe_code, reason = "the system's call takes an address")]
        let _ = unsafe { libc::madvise(inside.as_mut_ptr().cast(), len, libc::MADV_HUGEPAGE) };
    }
}

/// Elsewhere the system decides by itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prefer(_memory: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_any_size_keeps_what_it_holds() {
        for len in [0, 1, 4096, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE + 12_345] {
            let mut memory: Vec<u8> =
                (0..len).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect();
            let before = memory.clone();
            prefer(&mut memory);
            assert_eq!(memory, before);
            prefer(memory.get_mut(1..).unwrap_or_default());
            assert_eq!(memory, before);
        }
    }
}
