//! The checkpoints to load.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, DType, Place, Variable};
use checkpoint_tests::architectures::bert::Bert;
use checkpoint_tests::architectures::listing::Listing;
use clap::ValueEnum;
use memmap2::Mmap;
use safetensors::tensor::{Dtype, TensorView};

use crate::system;

/// A checkpoint that the program can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// GPT-2 of 124M parameters.
    #[value(name = "124M")]
    Small,
    /// The same in bfloat16.
    #[value(name = "124M-bf16")]
    SmallHalves,
    /// GPT-2 of 1558M parameters.
    #[value(name = "1558M")]
    Large,
    /// BERT-Large with the moments of each weight.
    BertLarge,
    /// Many variables of 32 bytes.
    #[value(name = "variables-200")]
    Variables200,
    /// Ten times as many.
    #[value(name = "variables-2000")]
    Variables2000,
    /// A hundred times as many.
    #[value(name = "variables-20000")]
    Variables20000,
    /// One variable of 43 MB.
    #[value(name = "tensor-40M")]
    Tensor40M,
    /// Ten times as large.
    #[value(name = "tensor-400M")]
    Tensor400M,
    /// A hundred times as large.
    #[value(name = "tensor-4G")]
    Tensor4G,
}

/// The struct of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    Gpt2,
    Gpt2Halves,
    Bert,
    Layers,
    Single,
}

impl Subject {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Small => "GPT-2 124M",
            Self::SmallHalves => "GPT-2 124M in bf16",
            Self::Large => "GPT-2 1558M",
            Self::BertLarge => "BERT-Large with Adam's moments",
            Self::Variables200 => "200 small variables",
            Self::Variables2000 => "2,000 small variables",
            Self::Variables20000 => "20,000 small variables",
            Self::Tensor40M => "one tensor of 43 MB",
            Self::Tensor400M => "one tensor of 430 MB",
            Self::Tensor4G => "one tensor of 4.3 GB",
        }
    }

    pub(crate) fn model(self) -> Model {
        match self {
            Self::Small | Self::Large => Model::Gpt2,
            Self::SmallHalves => Model::Gpt2Halves,
            Self::BertLarge => Model::Bert,
            Self::Variables200 | Self::Variables2000 | Self::Variables20000 => Model::Layers,
            Self::Tensor40M | Self::Tensor400M | Self::Tensor4G => Model::Single,
        }
    }

    /// True if the subject is only there for comparison with another one, of which it is a tenth, a hundredth or half.
    pub(crate) fn is_fraction(self) -> bool {
        use Subject::{SmallHalves, Tensor40M, Tensor400M, Variables200, Variables2000};
        matches!(self, SmallHalves | Variables200 | Variables2000 | Tensor40M | Tensor400M)
    }

    /// Returns its variables.
    pub(crate) fn listing(self) -> Listing {
        match self {
            Self::Small => Listing::gpt2("124M"),
            Self::SmallHalves => Listing::gpt2("124M").retyped(DType::BFloat16, |_| true),
            Self::Large => Listing::gpt2("1558M"),
            Self::BertLarge => Bert::LARGE.trained(),
            Self::Variables200 => Listing::layers(200),
            Self::Variables2000 => Listing::layers(2_000),
            Self::Variables20000 => Listing::layers(20_000),
            Self::Tensor40M => single(10_486),
            Self::Tensor400M => single(104_860),
            Self::Tensor4G => single(1_048_600),
        }
    }
}

fn single(rows: u64) -> Listing {
    let mut listing = Listing::default();
    listing.weight("matrix", &[rows, 1024]);
    listing
}

/// The files of a subject, in a folder of its own.
pub(crate) struct Files {
    pub(crate) prefix: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) safetensors: PathBuf,
    pub(crate) variables: usize,
    /// The total bytes of all tensors.
    pub(crate) bytes: u64,
}

impl Files {
    pub(crate) fn new(subject: Subject, folder: &Path) -> Self {
        let listing = subject.listing();
        let bytes = listing.variables().iter().map(|listed| {
            let width = listed.dtype.width().unwrap_or_default() as u64;
            listed.shape.iter().product::<u64>() * width
        });
        Self {
            prefix: folder.join("model.ckpt"),
            data: folder.join("model.ckpt.data-00000-of-00001"),
            safetensors: folder.join("model.safetensors"),
            variables: listing.variables().len(),
            bytes: bytes.sum(),
        }
    }

    /// Returns the same files with the safetensors file as the checkpoint.
    pub(crate) fn of_safetensors(&self) -> Self {
        let file = || self.safetensors.clone();
        Self { prefix: file(), data: file(), safetensors: file(), ..*self }
    }

    /// Returns all files to drop from the cache.
    pub(crate) fn all(&self) -> [PathBuf; 3] {
        let index = self.prefix.with_extension("ckpt.index");
        [index, self.data.clone(), self.safetensors.clone()]
    }

    /// Writes missing files: the checkpoint, and the same tensors for `safetensors`.
    pub(crate) fn write(&self, subject: Subject) -> io::Result<()> {
        if self.all().iter().all(|file| file.exists()) {
            return Ok(());
        }
        fs::create_dir_all(self.prefix.parent().ok_or(io::ErrorKind::NotFound)?)?;
        subject.listing().write(&self.prefix)?;
        self.convert()?;
        self.all().iter().try_for_each(|file| fs::File::open(file)?.sync_all())
    }

    fn convert(&self) -> io::Result<()> {
        let checkpoint = Checkpoint::open(&self.prefix).map_err(io::Error::other)?;
        let map = system::map(&self.data)?;
        let views: io::Result<Vec<_>> =
            checkpoint.variables().iter().map(|variable| view(variable, &map)).collect();
        let written = safetensors::serialize_to_file(views?, None, &self.safetensors);
        written.map_err(io::Error::other)
    }
}

/// Returns the name of a variable, and its view of a data file.
fn view<'m>(variable: &Variable, data: &'m Mmap) -> io::Result<(String, TensorView<'m>)> {
    let place = |number: u64| usize::try_from(number).map_err(io::Error::other);
    let Place::Whole(extent) = &variable.place else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let (start, size) = (place(extent.offset)?, place(extent.size)?);
    let bytes = data.get(start..start + size).ok_or(io::ErrorKind::UnexpectedEof)?;
    let dtype = match variable.dtype {
        DType::Int64 => Dtype::I64,
        DType::BFloat16 => Dtype::BF16,
        _ => Dtype::F32,
    };
    let dims = variable.shape.dims().iter().map(|&dim| place(dim)).collect::<io::Result<_>>()?;
    let view = TensorView::new(dtype, dims, bytes).map_err(io::Error::other)?;
    Ok((variable.name.to_string(), view))
}
