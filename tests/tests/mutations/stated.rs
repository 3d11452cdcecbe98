//! The index's description of a variable, compared with the variable as read.

use std::path::PathBuf;

use checkpoint_core::{Strings, Tensor};
use checkpoint_schema::listing::catalog::{Checksum, Endianness, Extent, Place, Variable};
use checkpoint_schema::listing::checksum::unmask;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::{Bundle, Data, masked_crc};

/// Returns the bytes of an extent, if the file is long enough.
pub(crate) fn stored<'b>(bytes: &'b [u8], extent: &Extent) -> Option<&'b [u8]> {
    let start = usize::try_from(extent.offset).ok()?;
    bytes.get(start..)?.get(..usize::try_from(extent.size).ok()?)
}

/// Checks that a tensor has the dtype, the shape and the size in the index, and that its bytes have the checksum in the index.
pub(crate) fn check(variable: &Variable, tensor: &Tensor, data: &[(PathBuf, Vec<u8>)]) {
    assert_eq!(*tensor.spec(), variable.spec());
    if let Some(strings) = tensor.as_strings() {
        assert_eq!(strings.len() as u64, variable.shape.elements());
        return check_strings(variable, strings);
    }
    let bytes = variable.bytes().unwrap();
    assert_eq!(tensor.as_bytes().len() as u64, bytes);
    let stored = |extent: &Extent| stored(&data[extent.shard as usize].1, extent);
    let check_extent = |extent: &Extent| {
        let bytes = stored(extent).unwrap_or_default();
        assert_eq!(bytes.len() as u64, extent.size, "{variable:?}");
        let expected = Checksum::Crc32c(unmask(masked_crc(bytes)));
        assert_eq!(expected, extent.checksum, "{variable:?}");
    };
    match &variable.place {
        Place::Whole(extent) => {
            check_extent(extent);
            let as_stored = extent.endianness == Endianness::Little && !is_narrow(variable.dtype);
            if as_stored && cfg!(target_endian = "little") {
                assert!(tensor.as_bytes() == stored(extent).unwrap_or_default(), "{variable:?}");
            }
        }
        Place::Strided(strided) => check_extent(&strided.extent),
        Place::Slices(slices) => {
            let size: u64 = slices.iter().map(|slice| slice.extent.size).sum();
            assert_eq!(size, bytes, "{variable:?}");
            slices.iter().for_each(|slice| check_extent(&slice.extent));
        }
        // A block of a V1 checkpoint has a checksum, which is valid.
        Place::Opaque => {}
        Place::Unreadable(defect) => panic!("{variable:?} is read, though it is {}", defect.word()),
    }
}

/// True if elements have a byte with unused bits.
fn is_narrow(dtype: DType) -> bool {
    dtype.width() == Some(1)
}

/// Checks that the strings, encoded again, have the checksum in the index.
fn check_strings(variable: &Variable, strings: &Strings) {
    let Place::Whole(extent) = &variable.place else { return };
    let all = strings.iter().map(<[u8]>::to_vec).collect();
    let data =
        if variable.dtype == DType::String { Data::Strings(all) } else { Data::Variants(all) };
    let bundle = Bundle::new().tensor("again", variable.dtype, variable.shape.dims(), data);
    let bundle = if extent.endianness == Endianness::Big { bundle.big_endian() } else { bundle };
    let crc = bundle.in_memory().unwrap().0.entry("again").crc32c.unwrap();
    assert_eq!(Checksum::Crc32c(unmask(crc)), extent.checksum, "{variable:?}");
}
