//! The work of a load on each element of a matrix in memory, on one thread: checksum, conversion, and moving it to its place. The
//! counted bytes are those of the resulting matrix.

use std::io;
use std::path::Path;

use checkpoint_core::{Checkpoint, DType, FromCheckpoint, LoadOptions, Owned};
use checkpoint_tests::models::Single;
use checkpoint_tests::writer::{Bundle, Data};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ndarray::Array2;

/// The rows and the columns of the matrix.
const SIDE: usize = 2048;

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the matrix is only loaded")]
struct Transposed {
    #[ckpt(transpose)]
    matrix: Array2<f32>,
}

#[derive(FromCheckpoint)]
#[expect(dead_code, reason = "the matrices are only loaded")]
struct Split {
    #[ckpt(path = "matrix", split(axis = 1))]
    matrices: [Array2<f32>; 4],
}

#[derive(FromCheckpoint)]
#[ckpt(cast = "any")]
#[expect(dead_code, reason = "the matrix is only loaded")]
struct Cast {
    matrix: Array2<f32>,
}

#[divan::bench]
fn copy(bencher: Bencher<'_, '_>) {
    let elements = vec![0.5_f32; SIDE * SIDE];
    bencher.counter(BytesCount::of_slice(&elements)).bench_local(|| black_box(&elements).clone());
}

#[divan::bench]
fn as_it_is(bencher: Bencher<'_, '_>) {
    bench::<Single<Array2<f32>>>(bencher, DType::Float32, true);
}

#[divan::bench]
fn as_it_is_unverified(bencher: Bencher<'_, '_>) {
    bench::<Single<Array2<f32>>>(bencher, DType::Float32, false);
}

#[divan::bench]
fn transpose(bencher: Bencher<'_, '_>) {
    bench::<Transposed>(bencher, DType::Float32, true);
}

#[divan::bench]
fn split(bencher: Bencher<'_, '_>) {
    bench::<Split>(bencher, DType::Float32, true);
}

#[divan::bench(args = [DType::Float8E4M3FN, DType::BFloat16, DType::Float16, DType::Float64, DType::Int64])]
fn cast(bencher: Bencher<'_, '_>, dtype: DType) {
    bench::<Cast>(bencher, dtype, true);
}

fn bench<T: for<'c> FromCheckpoint<'c> + Owned>(
    bencher: Bencher<'_, '_>,
    dtype: DType,
    verify: bool,
) {
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let checkpoint = in_memory(dtype, folder.path()).expect("the checkpoint is written");
    bencher.counter(BytesCount::of_many::<f32>(SIDE * SIDE)).bench_local(|| {
        let options = LoadOptions::new().threads(1).verify(verify);
        T::load_with(&checkpoint, options).expect("it fits").0
    });
}

/// Returns a checkpoint of a matrix with elements of this type.
fn in_memory(dtype: DType, folder: &Path) -> io::Result<Checkpoint> {
    let prefix = folder.join("matrix");
    let bytes = vec![0; SIDE * SIDE * dtype.width().unwrap_or_default()];
    let shape = [SIDE as u64; 2];
    Bundle::new().tensor("matrix", dtype, &shape, Data::Bytes(bytes)).write(&prefix)?;
    Checkpoint::open_in_memory(&prefix).map_err(io::Error::other)
}
