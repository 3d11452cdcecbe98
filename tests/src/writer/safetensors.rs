//! Files of the format safetensors.

use checkpoint_core::{DType, Name, Tensor};
use serde_json::{Map, Value, json};

/// The dtypes that both the format and this project have, with their names in the format.
const DTYPES: [(&str, DType); 19] = [
    ("BOOL", DType::Bool),
    ("U8", DType::UInt8),
    ("I8", DType::Int8),
    ("F8_E5M2", DType::Float8E5M2),
    ("F8_E4M3", DType::Float8E4M3FN),
    ("F8_E8M0", DType::Float8E8M0FNU),
    ("F8_E4M3FNUZ", DType::Float8E4M3FNUZ),
    ("F8_E5M2FNUZ", DType::Float8E5M2FNUZ),
    ("I16", DType::Int16),
    ("U16", DType::UInt16),
    ("F16", DType::Float16),
    ("BF16", DType::BFloat16),
    ("I32", DType::Int32),
    ("U32", DType::UInt32),
    ("F32", DType::Float32),
    ("C64", DType::Complex64),
    ("F64", DType::Float64),
    ("I64", DType::Int64),
    ("U64", DType::UInt64),
];

/// Returns the name of a dtype in the format, or `None` if the format lacks it.
#[must_use]
pub fn dtype(dtype: DType) -> Option<&'static str> {
    DTYPES.iter().find(|row| row.1 == dtype).map(|row| row.0)
}

/// Returns a file with this header, which may be invalid, followed by these bytes.
#[must_use]
pub fn with_header(header: &[u8], data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header, data].concat()
}

/// Returns a file with these tensors in order. Its header ends at a multiple of 8 bytes.
///
/// # Panics
///
/// If the format lacks the dtype of one, or if a name is not UTF-8.
#[must_use]
pub fn safetensors(tensors: &[(Name, Tensor)]) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
    for (name, tensor) in tensors {
        let (begin, bytes) = (data.len(), little_endian(tensor));
        data.extend(bytes);
        let dtype = dtype(tensor.dtype()).expect("a dtype of the format");
        let entry = json!({"dtype": dtype, "shape": tensor.shape().dims(), "data_offsets": [begin, data.len()]});
        header.insert(name.as_str().expect("UTF-8").to_owned(), entry);
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    with_header(&header, &data)
}

/// Returns the index of several files, from pairs of tensor and file.
#[must_use]
pub fn index<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let map: Map<String, Value> =
        files.into_iter().map(|(tensor, file)| (tensor.to_owned(), file.into())).collect();
    json!({"metadata": {"total_size": 0}, "weight_map": map}).to_string()
}

fn little_endian(tensor: &Tensor) -> Vec<u8> {
    let mut bytes = tensor.as_bytes().to_vec();
    if let Some(unit) = tensor.dtype().swap_unit().filter(|_| cfg!(target_endian = "big")) {
        bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    }
    bytes
}
