use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

pub struct Plain;

mod module {
    pub(crate) fn load(step: i64) -> i64 {
        step
    }
}

mod empty {}

#[derive(FromCheckpoint)]
pub struct Model {
    #[ckpt(map = "of_plain")]
    pub argument: i64,
    #[ckpt(map = "of_step")]
    pub value: i64,
    #[ckpt(map = "of_two")]
    pub two: i64,
    #[ckpt(path = "list<i>", repeat, map = "of_list")]
    pub list: Vec<i64>,
    #[ckpt(map = "unknown")]
    pub unknown: i64,
    #[ckpt(with = "module")]
    pub no_result: i64,
    #[ckpt(with = "empty")]
    pub empty: i64,
    #[ckpt(try_from = "Array1<f32>")]
    pub no_impl: Plain,
    #[ckpt(try_from = "Plain")]
    pub plain: Plain,
    #[ckpt(dim)]
    pub n_embd: u64,
}

fn of_plain(_: Plain) -> i64 {
    0
}

fn of_list(list: Vec<i64>) -> Vec<i64> {
    list
}

fn of_step(step: i64) -> String {
    step.to_string()
}

fn of_two(first: i64, second: i64) -> i64 {
    first + second
}

fn main() {}
