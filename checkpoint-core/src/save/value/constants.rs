//! Variables that no field holds: `constant`.

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::{Constant, Number};

use crate::save;
use crate::save::error::SaveError;
use crate::tensor::cast::Conversion;

/// One value, for each element of a variable.
pub(super) struct Filled {
    /// The bytes of an element.
    element: Vec<u8>,
}

impl Filled {
    pub(super) fn of(constant: &Constant) -> Self {
        Self { element: element(constant).unwrap_or_default() }
    }
}

/// The bytes of the value in its dtype. The derive checks that the dtype has the value.
fn element(constant: &Constant) -> Option<Vec<u8>> {
    let (dtype, bytes) = match constant.value {
        Number::Float(value) => (DType::Float64, value.to_ne_bytes()),
        Number::Integer(value) => match i64::try_from(value) {
            Ok(value) => (DType::Int64, value.to_ne_bytes()),
            Err(_) => (DType::UInt64, u64::try_from(value).ok()?.to_ne_bytes()),
        },
    };
    if dtype == constant.dtype {
        return Some(bytes.to_vec());
    }
    let conversion = Conversion::of(dtype, constant.dtype)?;
    let mut element = vec![0; conversion.into_width];
    conversion.run(&bytes, &mut element).ok()?;
    Some(element)
}

impl save::Elements for Filled {
    fn read(&self, _: u64, into: &mut [u8]) -> Result<(), SaveError> {
        for (byte, of) in into.iter_mut().zip(self.element.iter().cycle()) {
            *byte = *of;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(dtype: DType, value: Number) -> Option<Vec<u8>> {
        element(&Constant { dtype, value })
    }

    #[test]
    fn a_value_has_the_bytes_of_its_dtype() {
        assert_eq!(bytes(DType::Int64, Number::Integer(-2)), Some((-2_i64).to_ne_bytes().into()));
        assert_eq!(bytes(DType::UInt8, Number::Integer(255)), Some(vec![255]));
        let most = u64::MAX;
        assert_eq!(
            bytes(DType::UInt64, Number::Integer(most.into())),
            Some(most.to_ne_bytes().into())
        );
        assert_eq!(bytes(DType::Float32, Number::Integer(3)), Some(3_f32.to_ne_bytes().into()));
        assert_eq!(
            bytes(DType::BFloat16, Number::Float(1.0)),
            Some(0x3f80_u16.to_ne_bytes().into())
        );
        assert_eq!(bytes(DType::Bool, Number::Integer(1)), Some(vec![1]));
        assert_eq!(bytes(DType::Int8, Number::Integer(128)), None);
    }
}
