//! Files with much content in few bytes, of each kind, compressed and not. Opening them, and using their contents, takes no more
//! memory than their length justifies.

use std::fs;
use std::path::Path;

use checkpoint_core::OpenOptions;
use checkpoint_scaffold::{Options, Scaffold};
use checkpoint_schema::format::Limits;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::manifest::Listing;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::model::family::families;
use checkpoint_schema::naming::Names;
use checkpoint_tests::fuzz::{check_message, scratch};
use checkpoint_tests::writer::table::write_table;
use checkpoint_tests::writer::wire::{bytes_field, int_field};
use checkpoint_tests::writer::{Bundle, Entry, Header, TableOptions};

use crate::memory::counted;

/// The keys and values of a table.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Returns a tenth of the default limits, so that small files exceed them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.memory /= 10;
    limits
}

/// Writes a table, compressed and not, and checks the memory of everything. Returns true if it was read.
fn check_table(what: &str, file: &str, pairs: &Pairs) -> bool {
    let mut all_read = true;
    for (snappy, block_size) in [(false, 262_144), (true, 262_144), (true, 1)] {
        let options = TableOptions { snappy, block_size, ..TableOptions::default() };
        let table = write_table(Vec::new(), options, pairs.iter().map(|(k, v)| (k, v))).unwrap();
        let folder = scratch().unwrap();
        fs::write(folder.path().join(file), &table).unwrap();
        let prefix = folder.path().join("model");
        all_read &= check(&format!("{what}, snappy: {snappy}"), table.len(), || open(&prefix));
    }
    all_read
}

/// Checks the memory of some work on files of this length. `work` returns true if they are read.
fn check(what: &str, len: usize, work: impl FnOnce() -> bool) -> bool {
    let (read, peak) = counted(work);
    let Limits { memory, memory_per_byte, .. } = limits();
    let most = memory + memory_per_byte * len as u64;
    println!("{what}: {len} bytes, read: {read}, take {peak} of {most} bytes of memory");
    assert!(peak as u64 <= most, "{what}: {peak} bytes of memory are more than {most}");
    read
}

/// Opens a checkpoint, and runs everything that the command line does with it.
fn open(prefix: &Path) -> bool {
    let checkpoint = match OpenOptions::new().limits(limits()).open(prefix) {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            check_message(&error);
            return false;
        }
    };
    let graph = match checkpoint.object_graph() {
        Ok(graph) => graph,
        Err(error) => {
            check_message(&error);
            None
        }
    };
    let all =
        graph.is_some().then_some([Naming::ObjectPath, Naming::FullName]).into_iter().flatten();
    for naming in all.chain([Naming::Key]) {
        let names = Names::new(naming, checkpoint.catalog(), graph.as_ref()).unwrap();
        drop(families(checkpoint.variables().iter()));
        drop(Listing::of(&names).to_string());
        let budget = checkpoint.budget();
        let options = Options::new("Model", "model", budget);
        if let Err(error) = Scaffold::new(&names, options) {
            check_message(&error);
        }
    }
    true
}

fn header() -> (Vec<u8>, Vec<u8>) {
    (Vec::new(), Header { num_shards: 1, ..Header::default() }.to_bytes())
}

/// Returns a field of bytes.
fn field(number: u64, value: &[u8]) -> Vec<u8> {
    let mut field = Vec::new();
    bytes_field(&mut field, number, value);
    field
}

/// Returns an entry of `f32`, with these additional bytes.
fn entry(more: &[u8]) -> Vec<u8> {
    let mut entry = Vec::new();
    int_field(&mut entry, 1, 1);
    entry.extend(more);
    entry
}

/// Returns an index of scalars with these names, in any order.
fn scalars(names: impl IntoIterator<Item = String>) -> Pairs {
    let scalar = Entry { size: 4, ..Entry::new(DType::Float32, &[]) }.to_bytes();
    let scalars = names.into_iter().map(|name| (name.into_bytes(), scalar.clone()));
    let mut pairs: Pairs = scalars.chain([header()]).collect();
    pairs.sort();
    pairs.dedup_by(|one, other| one.0 == other.0);
    pairs
}

/// The number of parts in an entry, each of two bytes.
const PARTS: usize = 300_000;

#[test]
fn entries_of_very_many_parts() {
    let (slices, extents) = (field(7, &[]).repeat(PARTS), field(1, &[]).repeat(PARTS));
    let dims = field(2, &field(2, &[]).repeat(PARTS));
    let of_axes = [field(2, &field(2, &[]).repeat(254)), slices.clone()].concat();
    let entries = [
        ("slices", slices),
        ("slices of 254 axes", of_axes),
        ("extents", field(7, &extents)),
        ("axes", dims),
    ];
    for (what, parts) in entries {
        let pairs = vec![header(), (b"x".to_vec(), entry(&parts))];
        check_table(what, "model.index", &pairs);
    }
    // The same in the header of a V1 checkpoint.
    let (slices, dims) = (field(4, &[]).repeat(PARTS), field(2, &[]).repeat(PARTS));
    let tensor = |parts: &[u8]| field(1, &[field(1, b"x"), parts.to_vec()].concat());
    let extents = field(4, &extents);
    let tensors = [
        ("V1 slices", tensor(&slices)),
        ("V1 extents", tensor(&extents)),
        ("V1 axes", tensor(&field(2, &dims))),
        ("V1 variables", field(1, &[]).repeat(PARTS)),
    ];
    for (what, tensors) in tensors {
        check_table(what, "model", &vec![(Vec::new(), field(1, &tensors))]);
    }
}

#[test]
fn names_of_very_many_kinds() {
    let numbers = |count: u32| (0..count).map(|number| number.to_string());
    let deep = "/a".repeat(23);
    let digits = "1a".repeat(40);
    let kinds: Vec<(&str, Vec<String>)> = vec![
        ("short names", (0..15_000).map(|number| format!("{number:x}")).collect()),
        ("a comb of prefixes", (1..2000).map(|len| "a".repeat(len)).collect()),
        ("a comb of segments", (1..900).map(|len| "a/".repeat(len) + "b").collect()),
        ("deep names", numbers(6000).map(|number| format!("x{number}y{deep}")).collect()),
        ("deep other names", (0..4000).map(|number| format!("{number:x}/").repeat(20)).collect()),
        ("numbers", numbers(8000).map(|number| format!("{digits}{number}x")).collect()),
        ("numbers in turns", numbers(9000).map(|number| format!("{number}_").repeat(8)).collect()),
        ("long names of numbers", ["w", "v", "u"].map(|end| "2/".repeat(32_000) + end).into()),
        ("words", (0..2000).map(|number| format!("a_b_{number}_").repeat(20)).collect()),
        (
            "no letters",
            (0..9000).filter_map(|at| char::from_u32(0x4e00 + at)).map(String::from).collect(),
        ),
        ("slots", (0..9000).flat_map(|at| [format!("v{at}"), format!("o{at}/v{at}/m")]).collect()),
    ];
    for (what, names) in kinds {
        // Halves their number until they are read.
        let parts = (0..8).map(|halves| names.len() >> halves);
        let read = parts.take_while(|len| *len > 0).any(|len| {
            let names = names.iter().take(len).cloned();
            check_table(what, "model.index", &scalars(names))
        });
        assert!(read, "{what} cannot be read at all");
    }
}

#[test]
fn object_graphs_of_very_many_names() {
    let child = |name: &[u8], other: u64| {
        let mut child = Vec::new();
        int_field(&mut child, 1, i64::try_from(other).unwrap());
        bytes_field(&mut child, 2, name);
        field(1, &child)
    };
    let value = field(2, &[field(1, b"VARIABLE_VALUE"), field(3, b"w")].concat());
    let fan: Vec<u8> = (0..20_000_u32).flat_map(|name| child(&name.to_be_bytes(), 1)).collect();
    // Each object leads to the next one by three names.
    let ladder =
        (1..60).map(|next| [child(b"a", next), child(b"b", next), child(b"c", next)].concat());
    let graphs = [
        ("a fan", vec![fan, value.clone()]),
        ("a ladder", ladder.chain([value.clone()]).collect()),
        (
            "long steps",
            (1..60).map(|next| child(&b"a".repeat(60_000), next)).chain([value]).collect(),
        ),
    ];
    for (what, objects) in graphs {
        let graph: Vec<u8> = objects.iter().flat_map(|object| field(1, object)).collect();
        let folder = scratch().unwrap();
        let prefix = folder.path().join("model");
        let bundle = Bundle::new().strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[&graph]);
        bundle.f32("w", &[], &[1.0]).write(&prefix).unwrap();
        check(what, graph.len(), || open(&prefix));
    }
}

#[test]
fn safetensors_of_very_many_parts() {
    let tensor = |name: usize| {
        format!(r#""t{name}": {{"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}"#)
    };
    let tensors = |count: usize| (0..count).map(tensor).collect::<Vec<_>>().join(",");
    let pairs = |count: usize, value: &str| {
        let pair = |number: usize| format!(r#""k{number}": "{value}""#);
        (0..count).map(pair).collect::<Vec<_>>().join(",")
    };
    let axes = |length: usize| {
        let shape = "1,".repeat(length) + "0";
        format!(r#""t": {{"dtype": "F32", "shape": [{shape}], "data_offsets": [0, 0]}}"#)
    };
    let headers = [
        ("few tensors", tensors(5000)),
        ("tensors", tensors(40_000)),
        ("axes", axes(500_000)),
        ("metadata", format!(r#""__metadata__": {{{}}}"#, pairs(100_000, "v"))),
        ("depth", format!(r#""t": {}"#, "[".repeat(500_000))),
        ("escapes", format!(r#""{}": 1"#, r"\u0061".repeat(50_000))),
    ];
    for (what, header) in headers {
        let json = format!("{{{header}}}");
        let file = [&(json.len() as u64).to_le_bytes(), json.as_bytes()].concat();
        let folder = scratch().unwrap();
        let path = folder.path().join("model.safetensors");
        fs::write(&path, &file).unwrap();
        check(what, file.len(), || open(&path));
        // The same number of names in the index of several files.
        let index =
            format!(r#"{{"weight_map": {{{}}}}}"#, pairs(header.len() / 40, "model.safetensors"));
        let path = folder.path().join("model.safetensors.index.json");
        fs::write(&path, &index).unwrap();
        check(&format!("{what}, index"), file.len() + index.len(), || open(&path));
    }
}

#[test]
fn manifests_of_very_many_names() {
    let ranges: Vec<String> = (0..100_000).map(|number| (2 * number).to_string()).collect();
    let texts = [
        ("a family", "w<0..1000>/<0..1000> f32 []".to_owned()),
        ("ranges", format!("w<{}> f32 []", ranges.join(","))),
        (
            "families of one",
            (0..9000)
                .map(|line| format!("<{line}>_<1>_<2>_<3> f32 []\n"))
                .collect::<Vec<_>>()
                .concat(),
        ),
        ("wide numbers", "<0..2:065536> f32 [4]".to_owned()),
        ("numbers in a name", format!("{} f32 []", "<0>a".repeat(100_000))),
        ("names of one", format!("a{} f32 []", " = a".repeat(200_000))),
        ("axes", format!("w f32 [{}1]", "1,".repeat(500_000))),
        ("a long name", format!("{}<0..1000> f32 []", "n".repeat(65_000))),
    ];
    for (what, text) in texts {
        check(what, text.len(), || match Listing::read(text.as_bytes(), &limits()) {
            Ok(listing) => {
                drop(listing.to_string());
                true
            }
            Err(error) => {
                assert!(error.to_string().len() < 1000, "{error}");
                check_message(&error);
                false
            }
        });
    }
}
