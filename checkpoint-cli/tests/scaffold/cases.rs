//! Checkpoints to be scaffolded.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use checkpoint_core::DType;
use checkpoint_tests::architectures::albert::Albert;
use checkpoint_tests::architectures::bert::Bert;
use checkpoint_tests::architectures::keras::Classifier;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::minigo::MiniGo;
use checkpoint_tests::architectures::mobilenet::MobileNet;
use checkpoint_tests::architectures::t5::{LAYER_NORM, T5, Version};
use checkpoint_tests::corpus;
use checkpoint_tests::writer::{Bundle, Graph};
use tempfile::TempDir;

/// A checkpoint, and what is to be said of it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) arguments: &'static [&'static str],
    /// How many variables fields take, where that is not obvious.
    pub(crate) taken: Option<usize>,
    /// How many are let pass.
    pub(crate) unmapped: usize,
    /// Where it is, if that is only for now.
    _folder: Option<TempDir>,
}

impl Case {
    fn new(name: impl Into<String>, path: PathBuf) -> Self {
        let name = name.into();
        Self { name, path, arguments: &[], taken: None, unmapped: 0, _folder: None }
    }

    fn written(name: &str, bundle: Bundle) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.ckpt");
        bundle.write(&path).unwrap();
        Self { _folder: Some(folder), ..Self::new(name, path) }
    }

    fn listed(name: &str, listing: &Listing) -> Self {
        let (folder, checkpoint) = listing.checkpoint().unwrap();
        let path = checkpoint.path().to_owned();
        Self { _folder: Some(folder), ..Self::new(name, path) }
    }

    fn taking(self, taken: usize) -> Self {
        Self { taken: Some(taken), ..self }
    }

    fn with(self, arguments: &'static [&'static str]) -> Self {
        Self { arguments, ..self }
    }
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = stored();
    assert!(cases.len() > 15, "the search finds too little");
    cases.extend(architectures());
    cases.extend(numbers());
    cases.extend(lists());
    cases.extend(listed());
    cases.extend(names());
    cases.extend(kinds());
    cases
}

/// Those of the repository and of the folder beside it.
fn stored() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths: Vec<PathBuf> = corpus::cases()
        .unwrap()
        .into_iter()
        .chain(corpus::real_cases().unwrap())
        .map(|case| case.prefix)
        .collect();
    let shared = root.parent().unwrap().join("shared");
    if !shared.is_dir() {
        // A passing test does not hide what is written so.
        let _ = writeln!(io::stderr(), "skipped: the checkpoints of `{}`", shared.display());
    }
    // Other files in its folder `cases` are damaged, hostile or not whole.
    let shared =
        ["corpus", "gpt2-bard", "cases/checkpoints/wide_parts"].map(|folder| shared.join(folder));
    let own = ["tests/corpus", "examples/models"].map(|folder| root.join(folder));
    for folder in own.into_iter().chain(shared) {
        find(&folder, &mut paths);
    }
    paths.sort();
    paths.dedup();
    paths.into_iter().map(|path| Case::new(path.display().to_string(), path)).collect()
}

/// Finds all indexes below a folder.
fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.extension() {
            _ if path.is_dir() => find(&path, found),
            Some(extension) if extension == "index" => found.push(path.with_extension("")),
            _ => {}
        }
    }
}

/// Models as their programs write them, with the slots of their optimizers.
fn architectures() -> Vec<Case> {
    let bert = Bert { vocab: 40, positions: 16, types: 2, hidden: 12, intermediate: 48, layers: 3 };
    let albert =
        Albert { vocab: 40, positions: 16, types: 2, embedding: 8, hidden: 12, intermediate: 48 };
    let t5 = T5 {
        vocab: 40,
        d_model: 16,
        d_ff: 20,
        heads: 2,
        d_kv: 4,
        blocks: 3,
        version: Version::V1p1,
        norms: LAYER_NORM,
    };
    let minigo = MiniGo { board: 5, planes: 4, filters: 8, blocks: 2, hidden: 9 };
    let keras = Classifier { model: "model", inputs: 5, layers: 3, hidden: 8, classes: 3 };
    vec![
        Case::listed("bert to be saved", &bert.trained()).with(&["--save"]),
        Case::listed("a part of bert", &bert.trained()).with(&["--root", "bert/encoder"]),
        Case::listed("bert without heads", &bert.trained()).with(&["--ignore", "cls/**"]),
        Case::listed("bert", &bert.trained()).taking(bert.released().variables().len()),
        Case::listed("albert", &albert.trained()),
        Case::listed("t5", &t5.trained()),
        Case::listed("minigo", &minigo.listing()),
        Case::listed("mobilenet", &MobileNet { thinner: 64, classes: 3 }.listing()),
        Case::listed("keras", &keras.listing()).taking(20),
        Case::listed("keras by names", &keras.listing()).with(&["--naming", "full_name"]),
        Case::listed("keras by keys", &keras.listing()).with(&["--naming", "key"]),
    ]
}

/// A variable of zeros.
fn zeros(bundle: Bundle, name: &str, shape: &[u64]) -> Bundle {
    let elements: u64 = shape.iter().product();
    bundle.f32(name, shape, &vec![0.0; usize::try_from(elements).unwrap()])
}

fn all_zeros(variables: &[(&str, &[u64])]) -> Bundle {
    variables.iter().fold(Bundle::new(), |bundle, (name, shape)| zeros(bundle, name, shape))
}

/// Numbers in names.
fn numbers() -> Vec<Case> {
    let holes = [("h0/w", &[2, 3][..]), ("h1/w", &[2, 3]), ("h3/w", &[2, 3]), ("h0/b", &[3])];
    let forms = [
        ("a000/w", &[9][..]),
        ("a001/w", &[9]),
        ("a010/w", &[9]),
        ("b_000", &[2]),
        ("b_001", &[3]),
        ("c", &[2]),
        ("c_1", &[2]),
        ("c_2", &[2]),
        ("d_x", &[2]),
        ("d_1_x", &[2]),
        ("d_2_x", &[2]),
        ("e09", &[2]),
        ("e10", &[2]),
        ("e11", &[2]),
        ("f1", &[2]),
        ("f01", &[2]),
        ("f2", &[2]),
        ("f3", &[2]),
        ("g<0>", &[2]),
        ("g<1>", &[2]),
        ("i7", &[]),
        ("i8", &[]),
        ("i9", &[]),
        ("k1_2", &[4]),
        ("k1_3", &[4]),
        ("k1_4", &[4]),
        ("k2_2", &[4]),
        ("l99999999999999999999", &[1]),
        ("l99999999999999999998", &[1]),
    ];
    vec![
        Case::written("holes", all_zeros(&holes)),
        Case::written("forms", all_zeros(&forms)).taking(forms.len()),
    ]
}

/// Lists, and what is nearly one.
fn lists() -> Vec<Case> {
    let turns = (0..3).fold(Bundle::new(), |bundle, turn| {
        let (dense, norm) = (2 * turn, 2 * turn + 1);
        let bundle = zeros(bundle, &format!("layer-{dense}/kernel"), &[4, 5 + turn]);
        let bundle = zeros(bundle, &format!("layer-{dense}/bias"), &[5 + turn]);
        let bundle = zeros(bundle, &format!("layer-{norm}/gamma"), &[5 + turn]);
        zeros(bundle, &format!("layer-{norm}/beta"), &[5 + turn])
    });
    let turns = [1, 4, 7]
        .iter()
        .fold(turns, |bundle, step| zeros(bundle, &format!("stage{step:02}/w"), &[2]));
    // The first three differ from the others, which go on with the same numbers.
    let parts = (0..7).fold(Bundle::new(), |bundle, number| {
        let name = format!("n{number}/w");
        if number < 3 { zeros(bundle, &name, &[2, 2]) } else { zeros(bundle, &name, &[2, 2, 2]) }
    });
    let nested = (0..2).fold(Bundle::new(), |bundle, layer| {
        let bundle = zeros(bundle, &format!("l{layer}/gate"), &[6]);
        (0..2 + layer).fold(bundle, |bundle, expert| {
            let name = format!("l{layer}/e_{expert}");
            let bundle = zeros(bundle, &format!("{name}/up"), &[6, 10 + layer]);
            zeros(bundle, &format!("{name}/down"), &[10 + layer, 6])
        })
    });
    let optional = (0..4).fold(Bundle::new(), |bundle, layer| {
        let names = ["q", "k", "v", "o", "norm/g", "norm/b"];
        let bundle = names.iter().fold(bundle, |bundle, name| {
            zeros(bundle, &format!("b{layer}/{name}"), &[8, 8 + layer])
        });
        if layer == 2 { zeros(bundle, "b2/bias", &[3, 8]) } else { bundle }
    });
    // Norms are numbered through all layers, and the first unit of each has a shortcut.
    let running = (0..3).fold(Bundle::new(), |bundle, layer| {
        let norms = ["attention/norm", "norm"].iter().zip(2 * layer + 1..);
        let bundle = norms.fold(bundle, |bundle, (name, number)| {
            let bundle = zeros(bundle, &format!("layer_{layer}/{name}_{number}/g"), &[8]);
            zeros(bundle, &format!("layer_{layer}/{name}_{number}/b"), &[8])
        });
        let bundle = zeros(bundle, &format!("layer_{layer}/unit_1/shortcut"), &[8, 8]);
        (1..4 + layer).fold(bundle, |bundle, unit| {
            let name = format!("layer_{layer}/unit_{unit}/conv_{layer}");
            let bundle = zeros(bundle, &format!("{name}/w"), &[3, 3, 8, 8]);
            let bundle = zeros(bundle, &format!("{name}/b"), &[8]);
            zeros(bundle, &format!("{name}/c"), &[8])
        })
    });
    let tail = (0..7).fold(Bundle::new(), |bundle, number| {
        let shape = if number % 2 == 0 && number < 6 { &[8, 8][..] } else { &[8] };
        zeros(bundle, &format!("net/{number}/w"), shape)
    });
    vec![
        Case::written("running", running),
        Case::written("tail", tail),
        Case::written("turns", turns),
        Case::written("parts", parts),
        Case::written("nested", nested),
        Case::written("optional", optional),
    ]
}

/// Lists of numbers that do not follow one another, and parts of variables.
fn listed() -> Vec<Case> {
    let listed = all_zeros(&[
        ("g/4x4/const", &[8, 4, 4]),
        ("g/8x8/conv8/w", &[3, 3, 8, 8]),
        ("g/8x8/b", &[8]),
        ("g/16x16/conv16/w", &[3, 3, 8, 9]),
        ("g/16x16/b", &[9]),
        ("g/32x32/conv32/w", &[3, 3, 9, 8]),
        ("g/32x32/b", &[8]),
        ("a_2<3_2", &[2]),
        ("a_4<3_4", &[2]),
        ("a_5<3_5", &[2]),
        ("h0/w", &[2, 3]),
        ("h1/w", &[2, 3]),
        ("h2/w", &[2, 3]),
        ("h3/w", &[2, 3]),
    ]);
    let joined = (0..3).fold(Bundle::new(), |bundle, layer| {
        let bundle = zeros(bundle, &format!("layer_{layer}/kernel/part_0"), &[9 + layer, 8]);
        let bundle = zeros(bundle, &format!("layer_{layer}/kernel/part_1"), &[8, 8]);
        let bundle = zeros(bundle, &format!("layer_{layer}/norm/beta"), &[8]);
        let bundle = zeros(bundle, &format!("layer_{layer}/norm/gamma"), &[8]);
        if layer == 1 {
            return bundle;
        }
        let bundle = zeros(bundle, &format!("layer_{layer}/extra/part_0"), &[2, 3]);
        zeros(bundle, &format!("layer_{layer}/extra/part_1"), &[2, 2])
    });
    vec![
        Case::written("listed", listed).with(&["--save", "--ignore", "h2/**"]).taking(13),
        Case::written("joined", joined).with(&["--save"]),
    ]
}

/// Names that are not what names are usually.
fn names() -> Vec<Case> {
    let names = [
        "a", "a/b", "a//b", "a/", "/a", "//a", "/", "a<i>", "<", "type", "Type", "self", "Self/x",
        "Self/y", "1", "2d", "x y", "x-y", "x_y", "xY", "value", "é", "名", "\u{202e}", "w\n",
        "Array2/x", "Array2/y", "Vec/x", "Vec/y", "Model/x", "Model/y", "a*b", "a[b", "dim/x",
        "dim/y",
    ];
    let odd = names.iter().fold(Bundle::new(), |bundle, name| zeros(bundle, name, &[2]));
    let unwritable = zeros(zeros(Bundle::new(), "w", &[2]), "{i}", &[2]);
    // The last two are printed alike, so that no glob names one of them.
    let unwritable = unwritable.f32(b"b\xff*", &[1], &[1.0]).f32(b"a\xff", &[1], &[1.0]);
    let unwritable = zeros(unwritable, "a\\xff", &[2]);
    let deep = (1..60).fold(Bundle::new(), |bundle, depth| {
        let bundle = zeros(bundle, &vec!["d"; depth].join("/"), &[2]);
        zeros(bundle, &(vec!["e"; depth].join("/") + "//x"), &[2])
    });
    let long = "x".repeat(300);
    let long = (0..20).fold(Bundle::new(), |bundle, number| {
        let width = 10 + 10_u64.pow(number % 5) * u64::from(number);
        let bundle = zeros(bundle, &format!("{long}{number}y/{number}"), &[1, width]);
        zeros(
            bundle,
            &format!("scope_{number}_of_a_name/{}", "y".repeat(50 + number as usize)),
            &[width],
        )
    });
    let dots = ["h.0.w", "h.1.w", "h.0.b", "h.1.b", "ln.g", "ln.b", "wte"];
    let dots = dots.iter().fold(Bundle::new(), |bundle, name| zeros(bundle, name, &[2]));
    vec![
        Case::written("odd names", odd).taking(names.len()),
        Case { unmapped: 1, ..Case::written("unwritable names", unwritable).taking(2) },
        Case::written("deep names", deep).taking(118),
        Case::written("long names", long).taking(40),
        Case::written("dots", dots).taking(7),
    ]
}

/// Dtypes, ranks, slots and object graphs.
fn kinds() -> Vec<Case> {
    let dtypes = DType::all().filter_map(|dtype| Some((dtype, dtype.width()?)));
    let dtypes = dtypes.fold(Bundle::new(), |bundle, (dtype, width)| {
        let bundle = bundle.tensor(format!("{dtype}/scalar"), dtype, &[], vec![0; width]);
        (0..9).fold(bundle, |bundle, rank| {
            let shape = vec![1; rank];
            bundle.tensor(format!("{dtype}/of_{rank}_axes"), dtype, &shape, vec![0; width])
        })
    });
    let dtypes = dtypes.variants("variants", &[1], &[b""]).strings("text", &[], &[b"\xff"]);
    let counters = Bundle::new().i64("global_step", &[], &[7]);
    let slots = all_zeros(&[
        ("w", &[2, 3]),
        ("b", &[3]),
        ("w/slot", &[2, 3]),
        ("b/slot", &[3]),
        ("train/x/w/m", &[2, 3]),
        ("train/x/b/m", &[3]),
        ("train/x/rate", &[]),
        ("w/Adam_2", &[2, 3]),
        ("scope/beta1_power_1", &[]),
        ("SGD/iter", &[]),
    ]);
    let value = |path: &str| format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
    let graph = Graph::new()
        .child(0, "a.b", 1)
        .child(0, "optimizer", 2)
        .child(1, "x/y", 3)
        .child(1, "self", 0)
        .child(2, "inner", 4)
        .child(4, "_trainable_variables", 5)
        .child(5, "0", 3)
        .child(2, "rate", 6)
        .variable(3, "xy", &value("a..b/x.Sy"))
        .variable(6, "rate", &value("optimizer/rate"));
    let objects = all_zeros(&[
        (&value("a..b/x.Sy"), &[2]),
        (&value("optimizer/rate"), &[]),
        ("unknown", &[2]),
    ])
    .strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph.to_bytes()]);
    vec![
        Case::written("dtypes", dtypes),
        Case::written("counters", counters).taking(1),
        Case::written("slots", slots).taking(2),
        Case::written("aliases", aliases()).taking(4),
        Case::written("objects", objects).taking(2),
    ]
}

/// A list that ends before a further name of a variable that another field takes.
fn aliases() -> Bundle {
    let value = |path: &str| format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
    let graph = Graph::new()
        .child(0, "k", 4)
        .child(0, "variables", 5)
        .child(5, "0", 1)
        .child(5, "1", 2)
        .child(5, "2", 3)
        .child(5, "3", 4)
        .variable(1, "v0", &value("variables/0"))
        .variable(2, "v1", &value("variables/1"))
        .variable(3, "v2", &value("variables/2"))
        .variable(4, "v3", &value("k"));
    all_zeros(&[
        (&value("variables/0"), &[4]),
        (&value("variables/1"), &[4]),
        (&value("variables/2"), &[4]),
        (&value("k"), &[4, 4]),
    ])
    .strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph.to_bytes()])
}
