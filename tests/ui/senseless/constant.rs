use checkpoint_core::FromCheckpoint;

#[derive(FromCheckpoint)]
pub struct Lists {
    #[ckpt(path = "h<i>", repeat)]
    pub layers: Vec<Layer>,
}

#[derive(FromCheckpoint)]
#[ckpt(constant(path = "/count", value = 0, dtype = i64))]
pub struct Layer {
    pub w: f32,
}

#[derive(FromCheckpoint)]
#[ckpt(dialects(tf, hf), dialect(tf, prefix = "model"))]
#[ckpt(constant(path = "count", value = 0, dtype = i64, dialect(tf, absent)))]
pub struct First {
    pub w: f32,
}

fn main() {}
