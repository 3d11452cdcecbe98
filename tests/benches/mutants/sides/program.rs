//! A program that loads a checkpoint, saves it, and compares both. Functions convert the values of its structs on either side.

use std::process::ExitCode;

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, SaveOptions, Tensor, ToCheckpoint,
};
use ndarray::{Array1, Array2, arr0, arr1, arr2};

#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(manifest = "benches/mutants/sides/manifest.txt")]
pub struct Model {
    #[ckpt(with = "halves")]
    pub halves: Array1<f32>,
    #[ckpt(path = "layer_<i>/halves", repeat, with = "halves")]
    pub all_halves: Vec<Array1<f32>>,
    #[ckpt(map = "squares", unmap = "roots")]
    pub squares: Array1<f32>,
    #[ckpt(path = "layer_<i>/squares", repeat, map = "squares", unmap = "roots")]
    pub all_squares: Vec<Array1<f32>>,
    #[ckpt(transpose, map = "rows", unmap = "table")]
    pub rows: Vec<Array1<f32>>,
    #[ckpt(try_from = "i64")]
    pub epoch: Epoch,
    #[ckpt(path = "layer_<i>/epoch", repeat, try_from = "i64")]
    pub epochs: Vec<Epoch>,
}

/// Stored halves are whole in memory.
mod halves {
    use ndarray::Array1;

    pub fn load(stored: Array1<f32>) -> Result<Array1<f32>, &'static str> {
        Ok(stored * 2.0)
    }

    pub fn save(held: &Array1<f32>) -> Result<Array1<f32>, &'static str> {
        Ok(held / 2.0)
    }
}

fn squares(stored: Array1<f32>) -> Array1<f32> {
    stored.mapv(|root| root * root)
}

fn roots(held: &Array1<f32>) -> Array1<f32> {
    held.mapv(f32::sqrt)
}

fn rows(stored: Array2<f32>) -> Vec<Array1<f32>> {
    stored.rows().into_iter().map(|row| row.to_owned()).collect()
}

fn table(held: &Vec<Array1<f32>>) -> Array2<f32> {
    let rows: Vec<_> = held.iter().map(|row| row.view()).collect();
    ndarray::stack(ndarray::Axis(0), &rows).unwrap()
}

pub struct Epoch(u64);

impl TryFrom<i64> for Epoch {
    type Error = std::num::TryFromIntError;

    fn try_from(stored: i64) -> Result<Self, Self::Error> {
        u64::try_from(stored).map(|epoch| Self(epoch + 1))
    }
}

impl TryFrom<&Epoch> for i64 {
    type Error = std::num::TryFromIntError;

    fn try_from(held: &Epoch) -> Result<Self, Self::Error> {
        i64::try_from(held.0 - 1)
    }
}

fn main() -> ExitCode {
    let vector = |numbers: [f32; 3]| Tensor::from_array(arr1(&numbers)).unwrap();
    let epoch = |number: i64| Tensor::from_array(arr0(number)).unwrap();
    let first: Vec<(&str, Tensor)> = vec![
        ("halves", vector([3.0, 5.0, 7.0])),
        ("layer_0/halves", vector([9.0, 11.0, 13.0])),
        ("layer_1/halves", vector([15.0, 17.0, 19.0])),
        ("squares", vector([2.0, 3.0, 4.0])),
        ("layer_0/squares", vector([5.0, 6.0, 7.0])),
        ("layer_1/squares", vector([8.0, 9.0, 10.0])),
        ("rows", Tensor::from_array(arr2(&[[1.0_f32, 2.0], [3.0, 4.0]])).unwrap()),
        ("epoch", epoch(7)),
        ("layer_0/epoch", epoch(8)),
        ("layer_1/epoch", epoch(9)),
    ];
    let checkpoint = Checkpoint::from_source("first", Memory::new(first.clone()));
    let model = match Model::load_with(&checkpoint, LoadOptions::new()) {
        Ok((model, _)) => model,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(3);
        }
    };
    match model.to_tensors(SaveOptions::new()) {
        Ok(mut saved) => {
            saved.retain(|(name, tensor)| {
                first.iter().any(|(own, it)| name.to_string() == *own && it == tensor)
            });
            ExitCode::from(if saved.len() == first.len() { 0 } else { 5 })
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(4)
        }
    }
}
