//! Elements of every dtype, one by one, with every bit pattern of the small dtypes.

use checkpoint_core::Value;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::corpus::sha256;
use expect_test::expect;

/// Returns the SHA-256 of the numbers with these bits as `f32`, little-endian, and the number of NaNs. Each NaN is hashed as the
/// canonical one.
fn floats(dtype: DType, bits: u32) -> (String, usize) {
    let width = dtype.width().unwrap();
    let value = |bits: u32| match Value::decode(dtype, &bits.to_le_bytes()[..width]).unwrap() {
        Value::Single(value) if value.is_nan() => f32::from_bits(0x7fc0_0000),
        Value::Single(value) => value,
        other => panic!("{dtype} is {other}"),
    };
    let values: Vec<f32> = (0..1 << bits).map(value).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    (sha256(&bytes), values.iter().filter(|value| value.is_nan()).count())
}

/// The hashes are of NumPy 2 and `ml_dtypes` 0.6, which `TensorFlow` uses.
#[test]
fn small_floats_are_the_numbers_that_numpy_reads() {
    for (dtype, bits, hash, nans) in [
        (
            DType::Float16,
            16,
            "385ff5fe69182797cda5f1827e20cf423f4416bc9246f27d0eec27cac9039259",
            2046,
        ),
        (
            DType::BFloat16,
            16,
            "f12e27efe34841dfd6391497b86f389096b03a376586e1d9691bba0a8de3980a",
            254,
        ),
        (
            DType::Float8E5M2,
            8,
            "229a94c5f728edf2259da970a0e1dfb45cc1d69cce2b30e37659f3212ec4b8b9",
            6,
        ),
        (
            DType::Float8E4M3FN,
            8,
            "422eccfaa21e72a6b26855bb10cdcfead6c1ce3262ecd813c99d8cbf9677f2e2",
            2,
        ),
        (
            DType::Float8E4M3FNUZ,
            8,
            "ac4866f772a7c08077713fde1fa54131d49c26339c885e971a24fc0fac6e33f4",
            1,
        ),
        (
            DType::Float8E4M3B11FNUZ,
            8,
            "74505330e3c9cb738d787c6bcd5d5a61a2090f98e302b7b0812c7faf29f4e1fe",
            1,
        ),
        (
            DType::Float8E5M2FNUZ,
            8,
            "aac12d2730bf26ca53bfa107a7a6a8df192aba8cf58b971eec9126f83991e6d4",
            1,
        ),
        (
            DType::Float4E2M1FN,
            4,
            "c736c7e2e761e08975d601fab3563265be14d8df46628e596c0989b97735b5f5",
            0,
        ),
    ] {
        assert_eq!(floats(dtype, bits), (hash.to_owned(), nans), "{dtype}");
    }
}

#[test]
fn the_high_bits_of_small_integers_are_no_part_of_them() {
    for (dtype, hash) in [
        (DType::Int4, "1f05c23b892c15cd7152aa03a216c53f65306d62678e517656e838936ed23929"),
        (DType::UInt4, "fe1074aaec4c28727cdc5820b2edfb3bffbfc41cc47b0ee587c38aba2a4954ed"),
        (DType::Int2, "9ccfb0c25fd8efb324837dd5274c7b7e37f8b280b7e1723255082200273c4e1c"),
        (DType::UInt2, "c709faa7d08bbfafc87e29d350f3947c9b7b2ec5a498f2dcfda45fe87435a383"),
    ] {
        let integers = (0..=u8::MAX).map(|byte| match Value::decode(dtype, &[byte]).unwrap() {
            Value::Integer(value) => i8::try_from(value).unwrap().to_le_bytes()[0],
            other => panic!("{dtype} is {other}"),
        });
        assert_eq!(sha256(&integers.collect::<Vec<_>>()), hash, "{dtype}");
    }
}

#[test]
fn every_dtype_of_a_width_has_values_and_a_short_form() {
    let shown = |bytes: [u8; 16]| -> Vec<String> {
        let value = |dtype: DType| {
            let value = Value::decode(dtype, &bytes[..dtype.width()?])?;
            assert_eq!(Value::decode(dtype, &bytes[1..]), None, "{dtype}");
            Some(format!("{dtype} {value}"))
        };
        DType::all().filter_map(value).collect()
    };
    let mut bytes = [0; 16];
    (bytes[0], bytes[1], bytes[3], bytes[7], bytes[11], bytes[15]) =
        (0xfe, 0x3b, 1, 0xbf, 0x80, 0x40);
    expect![[r#"
        f32 2.355293e-38
        f64 -3.051757823879091e-5
        i32 16792574
        u8 254
        i16 15358
        i8 -2
        c64 (2.355293e-38, -0.5)
        i64 -4683743612448523266
        bool true
        qint8 -2
        quint8 254
        qint32 16792574
        bf16 0.007751465
        qint16 15358
        quint16 15358
        u16 15358
        c128 (-3.051757823879091e-5, 2.0000009536743164)
        f16 0.99902344
        u32 16792574
        u64 13763000461261028350
        f8_e5m2 NaN
        f8_e4m3fn -448.0
        f8_e4m3fnuz -224.0
        f8_e4m3b11fnuz -28.0
        f8_e5m2fnuz -49152.0
        i4 -2
        u4 14
        i2 -2
        u2 2
        f4_e2m1fn -4.0"#]]
    .assert_eq(&shown(bytes).join("\n"));
}

#[test]
fn what_has_no_width_has_no_values() {
    assert_eq!(Value::decode(DType::String, b"a"), None);
    assert_eq!(Value::decode(DType::Variant, b"a"), None);
    assert_eq!(Value::decode(DType::Bool, &[7]), Some(Value::Bool(true)));
}
