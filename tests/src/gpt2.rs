//! Checkpoints of GPT-2 of any size, as OpenAI released them, with pseudo-random values.

use std::io::{self, Write};
use std::path::Path;
use std::{fs, iter};

use checkpoint_schema::listing::dtype::DType;
use serde::{Deserialize, Serialize};

use crate::writer::{Bundle, Data, StateFile};

/// The hyper-parameters of a model: the contents of `hparams.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hparams {
    /// The number of tokens.
    pub n_vocab: u64,
    /// The number of positions.
    pub n_ctx: u64,
    /// The width of the model.
    pub n_embd: u64,
    /// The number of attention heads.
    pub n_head: u64,
    /// The number of blocks.
    pub n_layer: u64,
}

/// The released models: name, width, heads and layers.
const RELEASED: [(&str, u64, u64, u64); 4] = [
    ("124M", 768, 12, 12),
    ("355M", 1024, 16, 24),
    ("774M", 1280, 20, 36),
    ("1558M", 1600, 25, 48),
];

impl Hparams {
    /// The names of the released models.
    pub const SIZES: [&'static str; 4] =
        [RELEASED[0].0, RELEASED[1].0, RELEASED[2].0, RELEASED[3].0];

    /// Returns the hyper-parameters of the released model with this name, such as `124M`.
    #[must_use]
    pub fn released(size: &str) -> Option<Self> {
        let &(_, n_embd, n_head, n_layer) = RELEASED.iter().find(|(name, ..)| *name == size)?;
        Some(Self { n_vocab: 50_257, n_ctx: 1024, n_embd, n_head, n_layer })
    }

    /// Returns the names and shapes of all tensors, sorted by name, as in the released data files.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<u64>)> {
        let width = self.n_embd;
        let outside = [
            ("wte", vec![self.n_vocab, width]),
            ("wpe", vec![self.n_ctx, width]),
            ("ln_f/g", vec![width]),
            ("ln_f/b", vec![width]),
        ];
        let outside = outside.map(|(name, shape)| (format!("model/{name}"), shape));
        let mut tensors: Vec<_> =
            (0..self.n_layer).flat_map(|layer| block(layer, width)).chain(outside).collect();
        tensors.sort();
        tensors
    }

    /// Returns the number of all elements.
    #[must_use]
    pub fn parameters(&self) -> u64 {
        self.tensors().iter().map(|(_, shape)| shape.iter().product::<u64>()).sum()
    }
}

/// Returns the names and shapes of one block.
fn block(layer: u64, width: u64) -> impl Iterator<Item = (String, Vec<u64>)> {
    let norms = ["ln_1", "ln_2"]
        .into_iter()
        .flat_map(move |norm| ["g", "b"].map(|part| (format!("{norm}/{part}"), vec![width])));
    let layers = [
        ("attn/c_attn", width, 3 * width),
        ("attn/c_proj", width, width),
        ("mlp/c_fc", width, 4 * width),
        ("mlp/c_proj", 4 * width, width),
    ];
    let layers = layers.into_iter().flat_map(|(name, from, to)| {
        [(format!("{name}/w"), vec![1, from, to]), (format!("{name}/b"), vec![to])]
    });
    norms.chain(layers).map(move |(name, shape)| (format!("model/h{layer}/{name}"), shape))
}

/// Writes a checkpoint into `dir` with the files of OpenAI's: `checkpoint`, `hparams.json`, `model.ckpt.index` and one data file.
/// The same hyper-parameters give the same bytes.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(hparams: &Hparams, dir: &Path) -> io::Result<()> {
    write_as(hparams, DType::Float32, dir)
}

/// The same with elements of another type: `bfloat16`, to which the numbers are truncated.
///
/// # Errors
///
/// When a file cannot be written, or when the type is not supported.
pub fn write_as(hparams: &Hparams, dtype: DType, dir: &Path) -> io::Result<()> {
    let encode: fn(f32, &mut Vec<u8>) = match dtype {
        DType::Float32 => |value: f32, out: &mut Vec<u8>| out.extend(value.to_le_bytes()),
        DType::BFloat16 => |value: f32, out: &mut Vec<u8>| out.extend(&value.to_le_bytes()[2..]),
        _ => return Err(io::ErrorKind::Unsupported.into()),
    };
    fs::create_dir_all(dir)?;
    let bundle = hparams.tensors().into_iter().fold(Bundle::new(), |bundle, (name, shape)| {
        let elements = shape.iter().product();
        let data = match name.clone() {
            name if name.ends_with("/g") => {
                Data::stream(move |out| write_values(out, elements, iter::repeat(1.0), encode))
            }
            name => Data::stream(move |out| write_values(out, elements, noise(&name), encode)),
        };
        bundle.tensor(name, dtype, &shape, data)
    });
    bundle.write(dir.join("model.ckpt"))?;
    fs::write(dir.join("hparams.json"), serde_json::to_string_pretty(hparams)? + "\n")?;
    StateFile::of("model.ckpt").write(dir)
}

/// Writes values as `f32`.
pub(crate) fn write_singles(
    out: &mut dyn Write,
    count: u64,
    values: impl Iterator<Item = f32>,
) -> io::Result<()> {
    write_values(out, count, values, |value, out| out.extend(value.to_le_bytes()))
}

fn write_values(
    out: &mut dyn Write,
    mut count: u64,
    mut values: impl Iterator<Item = f32>,
    encode: fn(f32, &mut Vec<u8>),
) -> io::Result<()> {
    const PIECE: usize = 1 << 16;
    let mut piece = Vec::with_capacity(4 * PIECE);
    while count > 0 {
        let now = usize::try_from(count).unwrap_or(PIECE).min(PIECE);
        piece.clear();
        values.by_ref().take(now).for_each(|value| encode(value, &mut piece));
        out.write_all(&piece)?;
        count -= now as u64;
    }
    Ok(())
}

/// Returns nearly normal values around 0 with a standard deviation of 0.02. They depend on the name alone.
pub(crate) fn noise(name: &str) -> impl Iterator<Item = f32> + use<> {
    // FNV-1a of the name seeds SplitMix64.
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let states =
        iter::successors(Some(seed), |state| Some(state.wrapping_add(0x9e37_79b9_7f4a_7c15)));
    states.map(|state| {
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bytes = (mixed ^ (mixed >> 31)).to_le_bytes();
        // The sum of four uniform numbers of 16 bits; its standard deviation is 2^16 / sqrt(3).
        let sum: f32 = [0, 2, 4, 6]
            .map(|at| f32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]])))
            .iter()
            .sum();
        (sum - 131_070.0) * (0.02 / 37_837.2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::case;

    #[test]
    fn the_released_models_have_their_numbers_of_tensors_and_bytes() {
        let sizes = Hparams::SIZES.map(|size| Hparams::released(size).unwrap());
        assert_eq!(sizes.map(|hparams| hparams.tensors().len()), [148, 292, 436, 580]);
        let bytes = [497_759_232, 1_419_292_672, 3_096_120_320, 6_230_444_800];
        assert_eq!(sizes.map(|hparams| 4 * hparams.parameters()), bytes);
    }

    #[test]
    fn the_names_and_shapes_are_those_of_a_trained_model() {
        let case = case("models/gpt2-nano").unwrap();
        let hparams = fs::read(case.prefix.with_file_name("hparams.json")).unwrap();
        let hparams: Hparams = serde_json::from_slice(&hparams).unwrap();
        let expected: Vec<_> =
            case.truth.tensors.into_iter().map(|tensor| (tensor.name, tensor.shape)).collect();
        assert_eq!(hparams.tensors(), expected);
    }

    #[test]
    fn the_noise_is_small_centred_and_of_its_name() {
        let (mut sum, mut squares) = (0.0, 0.0);
        for value in noise("model/wte").take(10_000).map(f64::from) {
            sum += value;
            squares += value * value;
        }
        assert!((sum / 10_000.0).abs() < 0.001, "the mean is {}", sum / 10_000.0);
        let deviation = (squares / 10_000.0_f64).sqrt();
        assert!((deviation - 0.02).abs() < 0.001, "the standard deviation is {deviation}");
        assert_ne!(noise("model/wte").next(), noise("model/wpe").next());
    }

    #[test]
    fn a_checkpoint_has_the_files_of_a_release() {
        let dir = tempfile::tempdir().unwrap();
        let hparams = Hparams { n_vocab: 70_000, n_ctx: 3, n_embd: 2, n_head: 1, n_layer: 11 };
        write(&hparams, dir.path()).unwrap();
        let file = |name: &str| fs::read(dir.path().join(name)).unwrap();
        assert_eq!(serde_json::from_slice::<Hparams>(&file("hparams.json")).unwrap(), hparams);
        assert!(file("checkpoint").starts_with(b"model_checkpoint_path: \"model.ckpt\"\n"));
        let data = file("model.ckpt.data-00000-of-00001");
        assert_eq!(data.len() as u64, 4 * hparams.parameters());
        assert_eq!(data[..4], noise("model/h0/attn/c_attn/b").next().unwrap().to_le_bytes());
        // Before the first gain there are 6 + 12 + 2 + 4 + 2 elements.
        assert_eq!(data[4 * 26..4 * 28], [1.0_f32.to_le_bytes(); 2].concat());
        assert!(file("model.ckpt.index").ends_with(b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"));
    }
}
