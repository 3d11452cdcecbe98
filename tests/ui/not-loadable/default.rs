use checkpoint_core::FromCheckpoint;

pub struct Plain;

#[derive(FromCheckpoint)]
pub struct Model {
    #[ckpt(skip)]
    pub skipped: Plain,
    #[ckpt(default = "text")]
    pub text: i64,
    #[ckpt(default = "no_shape")]
    pub no_shape: i64,
    #[ckpt(default = "unknown")]
    pub unknown: i64,
}

fn text(_shape: &[usize]) -> String {
    String::new()
}

fn no_shape() -> i64 {
    0
}

fn main() {}
