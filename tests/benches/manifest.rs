//! The compile time of checking structs against manifests.
//!
//! `cargo bench -p checkpoint-tests --bench manifest` writes crates, and checks each with and without the attribute `manifest` in
//! turn. It prints the minimum and the median of some rounds. Dependencies are compiled before, as by `cargo check`. A second
//! table compares structs of the examples in one dialect and in two. `-- --dialects` prints that one alone.

#[expect(dead_code, reason = "the sources are not changed as those of the mutants")]
#[path = "mutants/model.rs"]
mod model;
#[expect(dead_code, reason = "only the first dialect is alone")]
#[path = "mutants/variant.rs"]
mod variant;

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::time::Duration;

use checkpoint_tests::architectures::bert::Bert;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::architectures::resnet::ResNet;
use checkpoint_tests::gpt2::Hparams;
use checkpoint_tests::project::{Project, least_and_median};

use self::model::Model;

/// The number of rounds for each crate.
const ROUNDS: usize = 5;

/// A struct, with a manifest that it fits.
struct Case {
    name: &'static str,
    /// The source, with the text `MANIFEST` in place of the attribute.
    source: String,
    /// The text of the manifest, with a line for each variable.
    manifest: String,
}

fn main() -> io::Result<()> {
    // `cargo test --benches` runs it without measuring.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    if !std::env::args().any(|argument| argument == "--dialects") {
        println!(
            "| struct and manifest | variables | without | with | added | added, middle one |"
        );
        println!("| --- | --- | --- | --- | --- | --- |");
        for case in cases() {
            measure(&case)?;
        }
        println!();
    }
    println!("Processor time:\n");
    println!("| struct | no manifest | one dialect | two dialects | ratio |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, source) in WITH_DIALECTS {
        compare(name, source)?;
    }
    Ok(())
}

fn measure(case: &Case) -> io::Result<()> {
    let Case { name, source, manifest } = case;
    let project = Project::new(env!("CARGO_TARGET_TMPDIR"), "measured", "ndarray = \"0.17\"")?;
    project.write("model.txt", manifest)?;
    let sources = ["", "manifest = \"model.txt\", "].map(|word| source.replace("MANIFEST", word));
    let [without, with] = rounds(&sources, |source| project.time(source))?;
    let variables = manifest.lines().count();
    println!(
        "| {name} | {variables} | {:.2} s | {:.2} s | {:.2} s | {:.2} s |",
        without.0.as_secs_f64(),
        with.0.as_secs_f64(),
        with.0.saturating_sub(without.0).as_secs_f64(),
        with.1.saturating_sub(without.1).as_secs_f64(),
    );
    Ok(())
}

/// Returns the minimum and the median time of each source.
fn rounds<const N: usize>(
    sources: &[String; N],
    time: impl Fn(&str) -> io::Result<Duration>,
) -> io::Result<[(Duration, Duration); N]> {
    time(&sources[0])?;
    let mut times = [const { Vec::new() }; N];
    for _ in 0..ROUNDS {
        for (source, times) in sources.iter().zip(&mut times) {
            times.push(time(source)?);
        }
    }
    Ok(times.map(|times| least_and_median(&times)))
}

/// Structs of the examples with two dialects, and with one manifest for each of them and each size.
const WITH_DIALECTS: [(&str, &str); 4] = [
    ("GPT-2, two sizes", include_str!("../../examples/src/gpt2/model.rs")),
    ("BERT", include_str!("../../examples/src/bert.rs")),
    ("T5, two versions", include_str!("../../examples/src/t5.rs")),
    ("MobileNet v1", include_str!("../../examples/src/mobilenet.rs")),
];

/// Measures a struct without dialects and manifests, then with those of its first dialect, then as it is.
fn compare(name: &str, source: &str) -> io::Result<()> {
    let project = Project::new(env!("CARGO_TARGET_TMPDIR"), "measured", "ndarray = \"0.17\"")?;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").canonicalize()?;
    let both = Model::parse(&[source], None).without_functions();
    let sources = [one_dialect(&both, false), one_dialect(&both, true), both].map(|model| {
        let (source, _) = model.source();
        let at = |folder: &str| format!("\"{}/{folder}/", examples.display());
        source.replace("\"manifests/", &at("manifests")).replace("\"models/", &at("models"))
    });
    let times = rounds(&sources, |source| project.processor_time(source))?;
    let [without, one, two] = times.map(|(least, _)| least.as_secs_f64());
    println!("| {name} | {without:.2} s | {one:.2} s | {two:.2} s | {:.2} |", two / one);
    Ok(())
}

/// Returns the model in its first dialect, and keeps its manifests if `checked`.
fn one_dialect(model: &Model, checked: bool) -> Model {
    let mut model = model.first_dialect();
    for item in &mut model.structs {
        item.words.retain(|word| checked || word.name != "manifest");
    }
    model
}

fn cases() -> Vec<Case> {
    let large = Bert { hidden: 1024, intermediate: 4096, layers: 24, ..Bert::BASE };
    let deep = Bert { layers: 937, ..Bert::BASE };
    let xl = Hparams::released("1558M").unwrap_or_else(|| unreachable!("it was released"));
    let loaded: Vec<(String, Vec<u64>)> = xl.tensors();
    let others = names(15_000 - loaded.len()).map(|name| (name, vec![1600]));
    let many: Vec<_> = loaded.iter().cloned().chain(others).collect();
    let bert = bert();
    let case = |name, source: &str, manifest| Case { name, source: source.to_owned(), manifest };
    vec![
        case("GPT-2 XL", &gpt2(), lines(&loaded)),
        case("BERT-Large with the slots of Adam", &bert, of_listing(&large.trained())),
        case("BERT of 937 layers", &bert, of_listing(&deep.released())),
        resnet("ResNet-50, lists in lists with symbols of their own", ResNet::OF_50),
        resnet("ResNet-152, the same structs", ResNet::OF_152),
        case("GPT-2 XL beside names of no pattern, which it ignores", &gpt2(), lines(&many)),
        case("1,000 fields of names of no pattern, beside others", &fields(), lines(&flat())),
    ]
}

fn lines(variables: &[(String, Vec<u64>)]) -> String {
    variables.iter().fold(String::new(), |mut text, (name, shape)| {
        let _ = writeln!(text, "{name}  f32 {shape:?}");
        text
    })
}

fn of_listing(listing: &Listing) -> String {
    listing.variables().iter().fold(String::new(), |mut text, listed| {
        let _ = writeln!(text, "{}  {} {:?}", listed.name, listed.dtype, listed.shape);
        text
    })
}

/// Nested lists, whose elements have symbols of their own.
fn resnet(name: &'static str, network: ResNet) -> Case {
    let source = include_str!("compiled/resnet.rs");
    let root = format!(
        "#[ckpt(MANIFEST prefix = \"resnet_v1_{}\", ignore(\"/global_step\"))]",
        network.depth
    );
    let source = source
        .replace("DERIVE", "#[derive(checkpoint_core::FromCheckpoint)]")
        .replace("ROOT", &root);
    let source = format!("use ndarray::{{Array1, Array4}};\n{source}");
    Case { name, source, manifest: of_listing(&network.listing()) }
}

/// The structs of GPT-2.
fn gpt2() -> String {
    let source = include_str!("compiled/gpt2.rs");
    let source = source
        .replace("DERIVE", "#[derive(checkpoint_core::FromCheckpoint)]")
        .replace("ROOT", "#[ckpt(MANIFEST prefix = \"model\", ignore(optional(\"other/**\")))]")
        .replace("BLOCKS", "#[ckpt(path = \"h<i>\", repeat)]")
        .replace("SQUEEZE", "#[ckpt(squeeze)]");
    format!("use ndarray::{{Array1, Array2}};\n{source}")
}

/// The structs of BERT in the examples.
fn bert() -> String {
    let mut bert =
        one_dialect(&Model::parse(&[include_str!("../../examples/src/bert.rs")], None), false);
    bert.structs[0].words[0].name.insert_str(0, "MANIFEST ");
    bert.source().0
}

/// The number of structs, and the number of fields in each.
const FLAT: (usize, usize) = (50, 20);

/// Returns structs whose fields have names that are not similar.
fn fields() -> String {
    let (structs, fields) = FLAT;
    let mut source = String::from("use ndarray::Array1;\n");
    let parts = (0..structs).fold(String::new(), |mut parts, part| {
        let _ = writeln!(parts, "#[ckpt(flatten)] pub part_{part}: Part{part},");
        parts
    });
    let derive = "#[derive(checkpoint_core::FromCheckpoint)]";
    let _ = writeln!(
        source,
        "{derive}\n#[ckpt(MANIFEST ignore(\"other/**\"))]\npub struct Model {{\n{parts}}}"
    );
    let mut names = names(structs * fields);
    for part in 0..structs {
        let fields = names.by_ref().take(fields).enumerate();
        let fields = fields.fold(String::new(), |mut written, (number, name)| {
            let name = name.replacen("other", "mine", 1);
            let _ = writeln!(written, "#[ckpt(path = \"{name}\")] pub w{number}: Array1<f32>,");
            written
        });
        let _ = writeln!(source, "{derive}\npub struct Part{part} {{\n{fields}}}");
    }
    source
}

/// Returns the variables of these fields, and others.
fn flat() -> Vec<(String, Vec<u64>)> {
    let taken = FLAT.0 * FLAT.1;
    let mine = names(taken).map(|name| name.replacen("other", "mine", 1));
    mine.chain(names(15_000 - taken)).map(|name| (name, vec![1600])).collect()
}

/// Returns this many names without a common number.
fn names(count: usize) -> impl Iterator<Item = String> {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwx";
    (0..count).map(|number| {
        let letter = |place: u32| char::from(LETTERS[number / 24_usize.pow(place) % 24]);
        let word: String = (0..4).map(letter).collect();
        format!("other/{word}/{}weight", letter(1))
    })
}
