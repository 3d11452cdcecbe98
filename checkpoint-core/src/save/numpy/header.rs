//! The header of an array, as `numpy.save` writes it.

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::listing::dtype::DType;

/// The alignment of the elements in bytes.
const ALIGNMENT: usize = 64;

/// The digits that NumPy reserves for the first axis to grow.
const GROWTH: usize = 21;

/// The magic number and the version.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// The NumPy name of a little-endian dtype; `None` if it has none.
pub(super) fn kind(dtype: DType) -> Option<&'static str> {
    Some(match dtype {
        DType::Bool => "|b1",
        DType::Int8 => "|i1",
        DType::UInt8 => "|u1",
        DType::Int16 => "<i2",
        DType::UInt16 => "<u2",
        DType::Int32 => "<i4",
        DType::UInt32 => "<u4",
        DType::Int64 => "<i8",
        DType::UInt64 => "<u8",
        DType::Float16 => "<f2",
        DType::Float32 => "<f4",
        DType::Float64 => "<f8",
        DType::Complex64 => "<c8",
        DType::Complex128 => "<c16",
        _ => return None,
    })
}

/// The bytes before the elements of an array.
pub(super) fn header(spec: &Spec) -> Vec<u8> {
    let kind = kind(spec.dtype).unwrap_or_default();
    let dims: Vec<String> = spec.shape.dims().iter().map(u64::to_string).collect();
    let shape = match &dims[..] {
        [only] => format!("({only},)"),
        all => format!("({})", all.join(", ")),
    };
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
    if let Some(first) = dims.first() {
        text.extend(std::iter::repeat_n(' ', GROWTH.saturating_sub(first.len())));
    }
    // The header length field, and a trailing line feed.
    let len = MAGIC.len().saturating_add(2).saturating_add(text.len()).saturating_add(1);
    let rest = len.checked_rem(ALIGNMENT).unwrap_or(0);
    text.extend(std::iter::repeat_n(' ', ALIGNMENT.saturating_sub(rest)));
    text.push('\n');
    // 254 axes of 20 digits each are far below the maximum.
    let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [MAGIC, &len.to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use checkpoint_schema::listing::shape::Shape;

    use super::*;

    #[test]
    fn headers_are_those_of_numpy() {
        let header = |dtype, dims: &[u64]| {
            let shape = Shape::new(dims).unwrap();
            String::from_utf8_lossy(&header(&Spec { dtype, shape })[8..]).into_owned()
        };
        let matrix = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        assert_eq!(header(DType::Float32, &[2, 3]), format!("v\0{matrix:<117}\n"));
        let scalar = "{'descr': '<f2', 'fortran_order': False, 'shape': (), }";
        assert_eq!(header(DType::Float16, &[]), format!("v\0{scalar:<117}\n"));
        let list = "{'descr': '|b1', 'fortran_order': False, 'shape': (5,), }";
        assert_eq!(header(DType::Bool, &[5]), format!("v\0{list:<117}\n"));
    }
}
