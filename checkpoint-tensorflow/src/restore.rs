//! The graph that reads tensors.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use checkpoint_core::{DType, SourceError, Tensor};
use tensorflow::{
    DataType, Graph, Operation, OperationDescription, Session, SessionOptions, SessionRunArgs,
    Status, TensorType,
};

use crate::error::first_line;

/// A graph with an operation for each dtype, and its session. Any number of threads can use it at once.
///
/// Each operation returns bytes, whatever the dtype. Elements of a fixed width are bit-cast. Strings are encoded as base64,
/// because the crate `tensorflow` panics if one is not UTF-8.
#[derive(Debug)]
pub(crate) struct Restore {
    session: Session,
    /// The name of the requested tensor, in an array of one element.
    name: Operation,
    outputs: BTreeMap<u8, Operation>,
}

/// Returns the dtype in the crate `tensorflow`, or `None` if tensors of it cannot be read.
pub(crate) fn data_type(dtype: DType) -> Option<DataType> {
    Some(match dtype {
        DType::Float32 => DataType::Float,
        DType::Float64 => DataType::Double,
        DType::Int32 => DataType::Int32,
        DType::UInt8 => DataType::UInt8,
        DType::Int16 => DataType::Int16,
        DType::Int8 => DataType::Int8,
        DType::String => DataType::String,
        DType::Complex64 => DataType::Complex64,
        DType::Int64 => DataType::Int64,
        DType::Bool => DataType::Bool,
        DType::QInt8 => DataType::QInt8,
        DType::QUInt8 => DataType::QUInt8,
        DType::QInt32 => DataType::QInt32,
        DType::BFloat16 => DataType::BFloat16,
        DType::QInt16 => DataType::QInt16,
        DType::QUInt16 => DataType::QUInt16,
        DType::UInt16 => DataType::UInt16,
        DType::Complex128 => DataType::Complex128,
        DType::Float16 => DataType::Half,
        DType::UInt32 => DataType::UInt32,
        DType::UInt64 => DataType::UInt64,
        _ => return None,
    })
}

impl Restore {
    /// Creates a graph for tensors of these dtypes in the checkpoint `prefix`. Dtypes that cannot be read are skipped.
    pub(crate) fn new(
        prefix: &str,
        dtypes: impl IntoIterator<Item = DType>,
    ) -> Result<Self, Status> {
        let mut graph = Graph::new();
        let prefix = constant(&mut graph, "prefix", &[], prefix)?;
        let slices = constant(&mut graph, "slices", &[1], "")?;
        let name = operation(&mut graph, "Placeholder", "name", &[], |operation| {
            operation.set_attr_type("dtype", DataType::String)
        })?;
        let inputs = [&prefix, &name, &slices];
        let mut outputs = BTreeMap::new();
        for dtype in dtypes {
            if let Some(data_type) = data_type(dtype)
                && !outputs.contains_key(&dtype.number())
            {
                outputs.insert(dtype.number(), output(&mut graph, data_type, &inputs)?);
            }
        }
        let session = Session::new(&SessionOptions::new(), &graph)?;
        Ok(Self { session, name, outputs })
    }

    /// Reads a tensor whose dtype is in the graph.
    pub(crate) fn read(&self, name: &str, dtype: DType) -> Result<Tensor, SourceError> {
        let output = self.outputs.get(&dtype.number()).ok_or_else(|| not_read(dtype))?;
        if dtype == DType::String {
            self.strings(name, output)
        } else {
            self.elements(name, dtype, output)
        }
    }

    fn strings(&self, name: &str, output: &Operation) -> Result<Tensor, SourceError> {
        let encoded = self.run::<String>(name, output)?;
        let strings = taken(&encoded).iter().map(|string| URL_SAFE_NO_PAD.decode(string));
        let strings = strings.collect::<Result<Vec<_>, _>>().map_err(SourceError::other)?;
        Tensor::from_strings(encoded.dims(), strings).map_err(SourceError::other)
    }

    fn elements(
        &self,
        name: &str,
        dtype: DType,
        output: &Operation,
    ) -> Result<Tensor, SourceError> {
        let bytes = self.run::<u8>(name, output)?;
        // If an element has several bytes, they are an axis of their own.
        let dims = match (dtype.width(), bytes.dims().split_last()) {
            (Some(2..), Some((_, dims))) => dims,
            _ => bytes.dims(),
        };
        Tensor::from_bytes(dtype, dims, taken(&bytes)).map_err(SourceError::other)
    }

    fn run<T: TensorType>(
        &self,
        name: &str,
        output: &Operation,
    ) -> Result<tensorflow::Tensor<T>, SourceError> {
        let failed = |status: Status| {
            let message = first_line(status);
            SourceError::other(format!(
                "TensorFlow says {message}; `ckpt verify` tells whether a file is damaged"
            ))
        };
        let name = string(&[1], name).map_err(failed)?;
        let mut step = SessionRunArgs::new();
        step.add_feed(&self.name, 0, &name);
        let wanted = step.request_fetch(output, 0);
        self.session.run(&mut step).map_err(failed)?;
        step.fetch(wanted).map_err(failed)
    }
}

/// The error for a dtype that cannot be read.
pub(crate) fn not_read(dtype: DType) -> SourceError {
    SourceError::other(format!(
        "it is {dtype}, which cannot be read through TensorFlow's C API; read it natively"
    ))
}

/// Returns the elements. An empty tensor may have a null pointer, and the crate `tensorflow` would make a slice of it.
fn taken<T: TensorType>(tensor: &tensorflow::Tensor<T>) -> &[T] {
    if tensor.dims().contains(&0) { &[] } else { tensor }
}

/// Adds the operations that read a tensor of this dtype and convert it to bytes.
fn output(
    graph: &mut Graph,
    data_type: DataType,
    inputs: &[&Operation],
) -> Result<Operation, Status> {
    let named = |what: &str| format!("{what}_{data_type}");
    let restored = operation(graph, "RestoreV2", &named("restore"), inputs, |operation| {
        operation.set_attr_type_list("dtypes", &[data_type])
    })?;
    let inputs = [&restored];
    let name = named("bytes");
    match data_type {
        DataType::String => operation(graph, "EncodeBase64", &name, &inputs, |_| Ok(())),
        DataType::Bool => operation(graph, "Cast", &name, &inputs, |operation| {
            operation.set_attr_type("DstT", DataType::UInt8)
        }),
        _ => operation(graph, "Bitcast", &name, &inputs, |operation| {
            operation.set_attr_type("type", DataType::UInt8)
        }),
    }
}

/// Adds a constant string, in an array of this shape with one element.
fn constant(graph: &mut Graph, name: &str, dims: &[u64], value: &str) -> Result<Operation, Status> {
    let value = string(dims, value)?;
    let mut constant = graph.new_operation("Const", name)?;
    constant.set_attr_tensor("value", value)?;
    constant.set_attr_type("dtype", DataType::String)?;
    constant.finish()
}

fn string(dims: &[u64], value: &str) -> Result<tensorflow::Tensor<String>, Status> {
    tensorflow::Tensor::new(dims).with_values(&[value.to_owned()])
}

/// Adds an operation with these inputs and the attributes that `attributes` sets.
fn operation(
    graph: &mut Graph,
    kind: &str,
    name: &str,
    inputs: &[&Operation],
    attributes: impl FnOnce(&mut OperationDescription<'_>) -> Result<(), std::ffi::NulError>,
) -> Result<Operation, Status> {
    let mut operation = graph.new_operation(kind, name)?;
    for &input in inputs {
        operation.add_input(input.clone());
    }
    attributes(&mut operation)?;
    operation.finish()
}
