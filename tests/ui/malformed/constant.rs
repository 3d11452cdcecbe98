use checkpoint_core::FromCheckpoint;
use ndarray::Array1;

#[derive(FromCheckpoint)]
#[ckpt(constant, constant = 0, constant())]
#[ckpt(constant(value = 0, dtype = i64), constant(path = count, value = 0, dtype = i64))]
#[ckpt(constant(path = "", value = 0, dtype = i64), constant(path = "a{i}", value = 0, dtype = i64))]
#[ckpt(constant(path = "a", dtype = i64), constant(path = "a", value = 0))]
#[ckpt(constant(path = "a", value = 0, dtype = i46), constant(path = "a", value = 0, dtype = "i64"))]
#[ckpt(constant(path = "a", value = "0", dtype = i64), constant(path = "a", value = -true, dtype = bool))]
#[ckpt(constant(path = "a", value = 256, dtype = u8), constant(path = "a", value = -1, dtype = u64))]
#[ckpt(constant(path = "a", value = 0.5, dtype = i64), constant(path = "a", value = true, dtype = i64))]
#[ckpt(constant(path = "a", value = 0, dtype = bool), constant(path = "a", value = 1e5, dtype = f16))]
#[ckpt(constant(path = "a", value = 0, dtype = i64, shape = 2))]
#[ckpt(constant(path = "a", value = 0, dtype = i64, shape = [2, _]))]
#[ckpt(constant(path = "a", value = 0, dtype = i64, dialect(hf, transpose)))]
#[ckpt(constant(path = "a", values = 0, dtype = i64))]
pub struct Malformed {
    pub g: Array1<f32>,
}

#[derive(FromCheckpoint)]
#[ckpt(constant(path = "g", value = 0, dtype = i64))]
#[ckpt(constant(path = "count", value = 0, dtype = i64))]
#[ckpt(constant(path = "count", value = 1, dtype = i64))]
#[ckpt(constant(path = "other", value = 1, dtype = i64, dialect(hf, absent)))]
#[ckpt(dialects(tf, hf(constant(path = "count", value = 0, dtype = i64))))]
#[ckpt(dialect(hf, constant(path = "weight", value = 0, dtype = i64)))]
#[ckpt(dialect(hf, constant(path = "other", value = 0, dtype = i64)))]
#[ckpt(dialect(hf, constant(path = "new", value = 0, dtype = i64, dialect(hf, absent))))]
pub struct Twice {
    #[ckpt(dialect(hf, path = "weight"))]
    pub g: Array1<f32>,
    #[ckpt(constant(path = "of_field", value = 0, dtype = i64))]
    pub h: Array1<f32>,
}

fn main() {}
