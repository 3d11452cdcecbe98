//! Tensors made by hand, and errors of invalid ones.

use checkpoint_core::{DType, Tensor, TensorError};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, ArrayD, IxDyn, arr0, array, s};

#[test]
fn the_elements_of_an_array_are_in_row_major_order_whatever_its_own() {
    let rows = array![[1_u8, 2, 3], [4, 5, 6]];
    let all = Tensor::from_array(rows.clone()).unwrap();
    assert_eq!((all.dtype(), all.shape().dims()), (DType::UInt8, &[2, 3][..]));
    assert_eq!(all.as_bytes(), [1, 2, 3, 4, 5, 6]);
    let columns = Tensor::from_array(rows.clone().reversed_axes()).unwrap();
    assert_eq!(
        (columns.shape().dims(), columns.as_bytes()),
        (&[3, 2][..], &[1, 4, 2, 5, 3, 6][..])
    );
    let part = Tensor::from_array(rows.clone().slice_move(s![1.., ..])).unwrap();
    assert_eq!((part.shape().dims(), part.as_bytes()), (&[1, 3][..], &[4, 5, 6][..]));
    let backwards = Tensor::from_array(rows.slice_move(s![..;-1, 1..])).unwrap();
    assert_eq!(backwards.as_bytes(), [5, 6, 2, 3]);
    let none = Tensor::from_array(Array2::<f32>::zeros((5, 3)).slice_move(s![2..2, ..])).unwrap();
    assert_eq!((none.shape().dims(), none.as_bytes()), (&[0, 3][..], &[][..]));
}

#[test]
fn an_array_comes_back_as_it_was() {
    let flags = Array1::from(vec![true, false]).into_dyn();
    let tensor = Tensor::from_array(flags.clone()).unwrap();
    assert_eq!(tensor.as_bytes(), [1, 0]);
    assert_eq!(tensor.into_array::<bool>().unwrap(), flags);
    let scalar = Tensor::from_array(arr0(-1_i64)).unwrap();
    assert_eq!(scalar.clone().into_array::<i64>().unwrap(), arr0(-1).into_dyn());
    assert_eq!(scalar, Tensor::from_bytes(DType::Int64, [], &[0xff; 8]).unwrap());
    assert_ne!(scalar, Tensor::from_bytes(DType::UInt64, [], &[0xff; 8]).unwrap());
}

#[test]
fn bits_that_are_no_part_of_an_element_are_cleared() {
    let bytes = |dtype| Tensor::from_bytes(dtype, [2], &[0x80, 0xf7]).unwrap().as_bytes().to_vec();
    assert_eq!(bytes(DType::Bool), [1, 1]);
    assert_eq!(bytes(DType::Int4), [0x00, 0x07]);
    assert_eq!(bytes(DType::UInt2), [0x00, 0x03]);
    assert_eq!(bytes(DType::Int8), [0x80, 0xf7]);
}

#[test]
fn bits_are_integers_of_the_same_width() {
    let halves =
        Tensor::from_bytes(DType::Float16, [2, 1], &0x3c00_bf80_u32.to_ne_bytes()).unwrap();
    let bits: ArrayD<u16> = halves.clone().into_bits().unwrap();
    assert_eq!((bits.shape(), bits.sum()), (&[2, 1][..], 0xfb80));
    let quantized = Tensor::from_bytes(DType::QInt32, [], &(-7_i32).to_ne_bytes()).unwrap();
    assert_eq!(quantized.into_bits::<i32>().unwrap(), arr0(-7).into_dyn());
    let refused = |tensor: Tensor| tensor.into_bits::<u8>().unwrap_err();
    assert!(matches!(refused(halves), TensorError::DType { found: DType::Float16, .. }));
    let strings = Tensor::from_strings([1], ["a"]).unwrap();
    assert!(matches!(refused(strings), TensorError::DType { found: DType::String, .. }));
}

#[test]
fn what_is_no_tensor_is_said_with_the_way_out() {
    fn says<T>(result: Result<T, TensorError>, expected: Expect) {
        expected.assert_eq(&result.err().unwrap().to_string());
    }
    let floats = || Tensor::from_array(array![0.5_f32]).unwrap();
    says(
        floats().into_array::<i32>(),
        expect![
            "its elements are f32, not i32, and nothing is converted; ask for f32, or take `Tensor::as_bytes` or `Tensor::as_strings`"
        ],
    );
    says(
        Tensor::from_bytes(DType::BFloat16, [2, 2], &[0; 6]),
        expect!["expected 8 bytes for a tensor bf16 [2, 2], found 6"],
    );
    says(
        Tensor::from_bytes(DType::String, [1], b"hi"),
        expect!["elements of string have no fixed width; use `Tensor::from_strings`"],
    );
    says(
        Tensor::from_bytes(DType::Variant, [1], b"hi"),
        expect!["elements of variant have no fixed width; use `Tensor::from_variants`"],
    );
    says(
        Tensor::from_strings([3], ["a"]),
        expect!["expected 3 strings for a tensor string [3], found 1"],
    );
    says(
        Tensor::from_variants([], ["a", "b"]),
        expect!["expected 1 messages for a tensor variant [], found 2"],
    );
    says(
        Tensor::from_bytes(DType::Int8, [1 << 40, 1 << 40], &[]),
        expect![
            "no tensor has the shape [1099511627776, 1099511627776]: too many axes or elements; take fewer"
        ],
    );
    let deep = ArrayD::<u8>::zeros(IxDyn(&[1; 255]));
    assert!(
        matches!(Tensor::from_array(deep), Err(TensorError::Shape { dims }) if dims.len() == 255)
    );
    let long = Tensor::from_bytes(DType::Int8, [i64::MAX as u64, 3, 0], &[]).unwrap();
    says(
        long.into_array::<i8>(),
        expect![
            "`ndarray` cannot hold the shape [9223372036854775807, 3, 0]; take `Tensor::as_bytes`"
        ],
    );
}
