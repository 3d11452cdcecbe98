//! All sources conform.

use std::fs;
use std::path::Path;

use checkpoint_core::{Checkpoint, DType, Memory, Name, SaveOptions, Tensor, Writer};
use checkpoint_tests::conformance::{Named, bundle, check, data};
use checkpoint_tests::writer::npy::{self, Order, npy};
use checkpoint_tests::writer::torch;
use checkpoint_tests::writer::zip::{Entry, zip};
use checkpoint_tests::writer::{Bundle, Data, Extent, TableOptions, V1, safetensors};

fn opened(folder: &Path, bundle: Bundle) -> Checkpoint {
    let prefix = folder.join("model.ckpt");
    bundle.write(&prefix).unwrap();
    Checkpoint::open(prefix).unwrap()
}

#[test]
fn memory_conforms() {
    check(|_| true, |_, tensors| Checkpoint::from_source("memory", Memory::new(tensors.to_vec())));
}

#[test]
fn v2_conforms() {
    check(|_| true, |folder, tensors| opened(folder, bundle(tensors)));
}

#[test]
fn v2_conforms_where_the_index_is_compressed_and_in_small_blocks() {
    let table = TableOptions { block_size: 300, restart_interval: 3, snappy: true };
    check(|_| true, |folder, tensors| opened(folder, bundle(tensors).table(table)));
}

/// Checks that each format reads back its own files, in each way to write them.
fn saves_conform(
    path: &str,
    options: impl Fn() -> SaveOptions<'static>,
    holds: impl Fn(DType) -> bool,
) {
    let options = || options().sync(false);
    check(&holds, |folder, tensors| {
        let mut writer = Writer::create_with(folder.join(path), options()).unwrap();
        for (name, tensor) in tensors {
            writer.add_tensor(name.clone(), tensor).unwrap();
        }
        Checkpoint::open(writer.finish().unwrap().checkpoint).unwrap()
    });
    for threads in [1, 3] {
        check(&holds, |folder, tensors| {
            let source = Checkpoint::from_source("memory", Memory::new(tensors.to_vec()));
            let options = options().threads(threads).overwrite(true);
            Checkpoint::open(source.save_as(folder.join(path), options).unwrap().checkpoint)
                .unwrap()
        });
    }
    check(&holds, |folder, tensors| {
        let source = opened(folder, bundle(tensors));
        let options = options().overwrite(true);
        Checkpoint::open(source.save_as(folder.join(path), options).unwrap().checkpoint).unwrap()
    });
}

#[test]
fn saves_of_tensorflow_conform() {
    saves_conform("new/model", SaveOptions::new, |_| true);
    saves_conform(
        "new/",
        || SaveOptions::new().format("tensorflow").max_shard_size(100_000).align(64),
        |_| true,
    );
}

#[test]
fn saves_of_safetensors_conform() {
    let holds = |dtype| safetensors::dtype(dtype).is_some();
    saves_conform("model.safetensors", SaveOptions::new, holds);
    let options = || SaveOptions::new().format("safetensors").max_shard_size(1000);
    saves_conform("new/weights", options, holds);
}

#[test]
fn saves_of_numpy_conform() {
    use DType::{
        Bool, Complex64, Complex128, Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8,
        UInt16, UInt32, UInt64,
    };
    let floats = [Float16, Float32, Float64, Complex64, Complex128];
    let integers = [Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Bool];
    let holds = |dtype| floats.contains(&dtype) || integers.contains(&dtype);
    saves_conform("model.npz", SaveOptions::new, holds);
    saves_conform("model/", SaveOptions::new, holds);
}

/// `TensorFlow` cannot read variants of big-endian checkpoints either.
#[test]
fn big_endian_v2_conforms() {
    check(
        |dtype| dtype != DType::Variant,
        |folder, tensors| opened(folder, bundle(tensors).big_endian()),
    );
}

#[test]
fn safetensors_conforms() {
    let holds = |dtype| safetensors::dtype(dtype).is_some();
    let write = |folder: &Path, tensors: &[Named]| {
        let path = folder.join("model.safetensors");
        fs::write(&path, safetensors::safetensors(tensors)).unwrap();
        path
    };
    check(holds, |folder, tensors| Checkpoint::open(write(folder, tensors)).unwrap());
    check(holds, |folder, tensors| Checkpoint::open_in_memory(write(folder, tensors)).unwrap());
}

#[test]
fn safetensors_in_several_files_conforms() {
    let file = |number: usize| format!("model-{:05}-of-00003.safetensors", number % 3 + 1);
    check(
        |dtype| safetensors::dtype(dtype).is_some(),
        |folder, tensors| {
            for number in 0..3 {
                let part: Vec<Named> = tensors.iter().skip(number).step_by(3).cloned().collect();
                fs::write(folder.join(file(number)), safetensors::safetensors(&part)).unwrap();
            }
            let files: Vec<String> = (0..tensors.len()).map(file).collect();
            let names = tensors.iter().map(|(name, _)| name.as_str().unwrap());
            let index = safetensors::index(names.zip(files.iter().map(String::as_str)));
            fs::write(folder.join("model.safetensors.index.json"), index).unwrap();
            Checkpoint::open(folder).unwrap()
        },
    );
}

const ORDERS: [Order; 3] = [
    Order { is_fortran: false, is_big: false },
    Order { is_fortran: true, is_big: false },
    Order { is_fortran: true, is_big: true },
];

#[test]
fn npz_conforms() {
    let write = |folder: &Path, tensors: &[Named], order: Order| {
        let entries = tensors.iter().map(|(name, tensor)| {
            Entry::stored(&format!("{}.npy", name.as_str().unwrap()), &npy(tensor, order))
        });
        let path = folder.join("model");
        fs::write(&path, zip(&entries.collect::<Vec<_>>(), order.is_big)).unwrap();
        path
    };
    let holds = |dtype| npy::dtype(dtype).is_some();
    for order in ORDERS {
        check(holds, |folder, tensors| Checkpoint::open(write(folder, tensors, order)).unwrap());
        check(holds, |folder, tensors| {
            Checkpoint::open_in_memory(write(folder, tensors, order)).unwrap()
        });
    }
}

#[test]
fn compressed_npz_conforms() {
    check(
        |dtype| npy::dtype(dtype).is_some(),
        |folder, tensors| {
            let entries = tensors.iter().zip(ORDERS.into_iter().cycle());
            let entries = entries.map(|((name, tensor), order)| {
                Entry::deflated(&format!("{}.npy", name.as_str().unwrap()), &npy(tensor, order))
            });
            let path = folder.join("model");
            fs::write(&path, zip(&entries.collect::<Vec<_>>(), false)).unwrap();
            Checkpoint::open(path).unwrap()
        },
    );
}

#[test]
fn pytorch_conforms() {
    let write = |folder: &Path, tensors: &[Named], order| {
        let path = folder.join("model");
        fs::write(&path, torch::archive(tensors, order)).unwrap();
        path
    };
    for order in ORDERS {
        check(torch::is_held, |folder, tensors| {
            Checkpoint::open(write(folder, tensors, order)).unwrap()
        });
    }
    check(torch::is_held, |folder, tensors| {
        Checkpoint::open_in_memory(write(folder, tensors, Order::default())).unwrap()
    });
}

#[test]
fn pytorch_in_several_files_conforms() {
    let file = |number: usize| format!("pytorch_model-{:05}-of-00003.bin", number % 3 + 1);
    check(torch::is_held, |folder, tensors| {
        for (number, order) in ORDERS.into_iter().enumerate() {
            let part: Vec<Named> = tensors.iter().skip(number).step_by(3).cloned().collect();
            fs::write(folder.join(file(number)), torch::archive(&part, order)).unwrap();
        }
        let files: Vec<String> = (0..tensors.len()).map(file).collect();
        let names = tensors.iter().map(|(name, _)| name.as_str().unwrap());
        let index = safetensors::index(names.zip(files.iter().map(String::as_str)));
        fs::write(folder.join("pytorch_model.bin.index.json"), index).unwrap();
        Checkpoint::open(folder).unwrap()
    });
}

#[test]
fn a_folder_of_npy_conforms() {
    let write = |folder: &Path, tensors: &[Named], order| {
        for (name, tensor) in tensors {
            let path = folder.join(format!("{}.npy", name.as_str().unwrap()));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, npy(tensor, order)).unwrap();
        }
    };
    for order in ORDERS {
        check(
            |dtype| npy::dtype(dtype).is_some(),
            |folder, tensors| {
                write(folder, tensors, order);
                Checkpoint::open(folder).unwrap()
            },
        );
    }
}

#[test]
fn v2_in_several_data_files_conforms() {
    let spread = |tensors: &[Named]| {
        let add = |bundle: Bundle, (number, (name, tensor)): (u32, &Named)| {
            let bundle = bundle.in_shard(2 - number % 3).gap([7; 3]);
            bundle.tensor(name, tensor.dtype(), tensor.shape().dims(), data(tensor))
        };
        (0..).zip(tensors).fold(Bundle::new(), add)
    };
    check(|_| true, |folder, tensors| opened(folder, spread(tensors)));
}

/// Adds a tensor in two slices, along an axis that varies with the number. A tensor without an axis of length 2 is added whole.
fn add_slices(bundle: Bundle, (number, (name, tensor)): (usize, &Named)) -> Bundle {
    let (dtype, dims) = (tensor.dtype(), tensor.shape().dims());
    let long = (0..dims.len()).filter(|&axis| dims[axis] > 1 && !dims.contains(&0));
    let long: Vec<_> = long.collect();
    let bundle = bundle.in_shard(u32::try_from(number % 2).unwrap());
    match (data(tensor), &long[..]) {
        (data, []) => bundle.tensor(name, dtype, dims, data),
        (Data::Bytes(bytes), long) => {
            let axis = long[number % long.len()];
            bundle.partition(name, dtype, dims, (axis, &[1, dims[axis] - 1]), &bytes)
        }
        _ => [0..1, 1..dims[0]].into_iter().fold(bundle, |bundle, rows| {
            let length = (rows.end - rows.start).cast_signed();
            let mut extents = vec![Extent::WHOLE; dims.len()];
            extents[0] = Extent::part(rows.start.cast_signed(), length);
            bundle.slice(name, dtype, dims, &extents, strings(tensor, rows.start, rows.end))
        }),
    }
}

/// Returns the strings or messages in some rows of a tensor.
fn strings(tensor: &Tensor, start: u64, end: u64) -> Data {
    let row: u64 = tensor.shape().dims()[1..].iter().product();
    let range = usize::try_from(start * row).unwrap()..usize::try_from(end * row).unwrap();
    match data(tensor) {
        Data::Variants(messages) => Data::Variants(messages[range].to_vec()),
        Data::Strings(strings) => Data::Strings(strings[range].to_vec()),
        other => panic!("{other:?} has a width"),
    }
}

#[test]
fn partitioned_v2_conforms() {
    let sliced = |tensors: &[Named]| tensors.iter().enumerate().fold(Bundle::new(), add_slices);
    check(|_| true, |folder, tensors| opened(folder, sliced(tensors)));
    check(
        |dtype| dtype != DType::Variant,
        |folder, tensors| opened(folder, sliced(tensors).big_endian()),
    );
}

/// True for dtypes that V1 checkpoints have fields for.
fn v1_holds(dtype: DType) -> bool {
    let few_bits = [DType::Int4, DType::UInt4, DType::Int2, DType::UInt2, DType::Float4E2M1FN];
    !dtype.name().starts_with("float8") && dtype != DType::Variant && !few_bits.contains(&dtype)
}

fn opened_v1(folder: &Path, tensors: &[Named], table: TableOptions) -> Checkpoint {
    let add = |v1: V1, (name, tensor): &(Name, Tensor)| {
        v1.tensor(name, tensor.dtype(), tensor.shape().dims(), data(tensor))
    };
    let path = folder.join("model.ckpt");
    tensors.iter().fold(V1::new().table(table), add).write(&path).unwrap();
    Checkpoint::open(path).unwrap()
}

#[test]
fn v1_conforms() {
    check(v1_holds, |folder, tensors| opened_v1(folder, tensors, TableOptions::default()));
}

#[test]
fn compressed_v1_conforms() {
    let table = TableOptions { block_size: 500, snappy: true, ..TableOptions::default() };
    check(v1_holds, |folder, tensors| opened_v1(folder, tensors, table));
}
