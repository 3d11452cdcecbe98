//! `ckpt report`: the page, and what a browser makes of it.

mod browser;

use std::fs;
use std::path::Path;

use checkpoint_tests::writer::Bundle;
use expect_test::{Expect, expect};
use serde_json::Value;

use crate::{ckpt, data_file, flip, three, write};

/// The page of a checkpoint.
fn page(prefix: &Path, options: &[&str]) -> String {
    ckpt(["report", prefix.to_str().unwrap()].iter().chain(options)).good()
}

/// The text between the tags of the block of data.
fn json(page: &str) -> &str {
    let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
    rest.split_once("</script>").unwrap().0
}

/// The data of a page: a line for each part, and one for each variable or family.
fn shown(page: &str) -> String {
    let data: Value = serde_json::from_str(json(page)).unwrap();
    let Value::Object(parts) = data else { panic!("{data}") };
    let line = |(key, value): (&String, &Value)| match value {
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(|item| format!("  {item}\n")).collect();
            format!("{key}\n{}", items.concat())
        }
        value => format!("{key}  {value}\n"),
    };
    parts.iter().map(line).collect()
}

#[test]
fn a_page_has_what_is_known_of_every_variable() {
    expect![[r#"
        dtypes
          "f32"
          "f64"
          "i64"
          "i32"
        families  []
        path  "gen/v1-basic/model.ckpt"
        problems  {}
        shapes
          [5]
          [3,3,2,5]
          [3]
          []
          [6]
        structs  {"text":"use checkpoint_core::FromCheckpoint;\nuse ndarray::{Array1, Array4};\n\n/// 4 of the 5 variables of `gen/v1-basic/model.ckpt`.\n#[derive(Debug, FromCheckpoint)]\n#[ckpt(ignore(bookkeeping))]\npub struct Model {\n    pub conv: Conv2d,\n    #[ckpt(shape = [3])]\n    pub d: Array1<f64>,\n    #[ckpt(shape = [6])]\n    pub i32: Array1<i32>,\n}\n\n/// `conv`\n#[derive(Debug, FromCheckpoint)]\npub struct Conv2d {\n    #[ckpt(shape = [5])]\n    pub b: Array1<f32>,\n    #[ckpt(shape = [3, 3, 2, 5])]\n    pub w: Array4<f32>,\n}\n"}
        values
          [0.006837241,0.030109359,0.0180884,0.00979131,0,0,0,[0,0],null,null,["0.029605584","0.006837241","0.0121956","0.011694183","0.030109359"]]
          [-0.044500098,0.055867627,0.00243783,0.0177352,0,0,0,[0,0],[-9,-23,"GZAAGZAAAAAAAAGZAAGZGZZmGZAAZmGZZmTMTMTMZmMzZm//MzTMZmf/ZmZmGZMzMzMzMzMzGZMzAAMzGZGZAAAAGZAAAAAAAAAAAAGZ"],null,null]
          [-0.647705443749147,0.7918571001589852,-0.166255,0.67749,0,0,0,[0,0],null,null,["-0.6429152307118525","-0.647705443749147","0.7918571001589852"]]
          [1000,1000,1000.0,0.0,0,0,0,[0,0],null,null,["1000"]]
          [-9,3,-2.83333,4.52462,0,0,0,[0,0],null,null,["-8","-9","-3","3","-2","2"]]
        variables
          ["conv/b",0,0,20]
          ["conv/w",0,1,360]
          ["d",1,2,24]
          ["global_step",2,3,8]
          ["i32",3,4,24]
        version  "0.1.0"
    "#]].assert_eq(&shown(&page(Path::new("gen/v1-basic/model.ckpt"), &[])));
}

#[test]
fn without_values_nothing_is_read() {
    let (_folder, prefix) = write(three());
    fs::remove_file(data_file(&prefix)).unwrap();
    let shown = shown(&page(&prefix, &["--no-values"]));
    expect![[r#"
        dtypes
          "f32"
          "i64"
        families  []
        path  "model.ckpt"
        problems  {}
        shapes
          [2]
          [300,1000]
          []
        structs  {"text":"use checkpoint_core::FromCheckpoint;\nuse ndarray::{Array1, Array2};\n\n/// The 3 variables of `model.ckpt`.\n#[derive(Debug, FromCheckpoint)]\n#[ckpt(dims(dim_300, dim_1000))]\npub struct Model {\n    #[ckpt(shape = [2])]\n    pub a: Array1<f32>,\n    #[ckpt(path = \"b/w\", shape = [dim_300, dim_1000])]\n    pub b: Array2<f32>,\n    pub step: i64,\n}\n"}
        values  []
        variables
          ["a",0,0,8]
          ["b/w",0,1,1200000]
          ["step",1,2,8]
        version  "0.1.0"
    "#]].assert_eq(&shown.replace(prefix.to_str().unwrap(), "model.ckpt"));
}

#[test]
fn families_are_folded_and_have_their_members() {
    let shown = shown(&page(Path::new("models/gpt2-nano"), &["--no-values"]));
    let families: Vec<&str> = shown.lines().skip_while(|line| *line != "families").collect();
    expect![[r#"
        families
          ["model/h<0..2>/attn/c_attn/b",[0,12]]
          ["model/h<0..2>/attn/c_attn/w",[1,13]]
          ["model/h<0..2>/attn/c_proj/b",[2,14]]
          ["model/h<0..2>/attn/c_proj/w",[3,15]]
          ["model/h<0..2>/ln_<1..3>/b",[4,6,16,18]]
          ["model/h<0..2>/ln_<1..3>/g",[5,7,17,19]]
          ["model/h<0..2>/mlp/c_fc/b",[8,20]]
          ["model/h<0..2>/mlp/c_fc/w",[9,21]]
          ["model/h<0..2>/mlp/c_proj/b",[10,22]]
          ["model/h<0..2>/mlp/c_proj/w",[11,23]]
        path  "models/gpt2-nano/model.ckpt"
        problems  {}
        shapes
          [48]"#]]
    .assert_eq(&families[..15].join("\n"));
}

/// The row of what is known of the elements of a variable.
fn values(bundle: Bundle, expected: Expect) {
    let (_folder, prefix) = write(bundle);
    let data: Value = serde_json::from_str(json(&page(&prefix, &[]))).unwrap();
    let rows: Vec<String> =
        data["values"].as_array().unwrap().iter().map(Value::to_string).collect();
    expected.assert_eq(&rows.join("\n"));
}

#[test]
fn what_is_unusual_is_counted() {
    let mut matrix = vec![1.0_f32; 12];
    matrix[4..8].fill(0.0);
    matrix[2] = 0.0;
    matrix[10] = 0.0;
    values(
        Bundle::new()
            .f32("dead", &[3, 1, 4], &matrix)
            .f32("nan", &[2], &[f32::NAN, f32::NEG_INFINITY])
            .f32("nans", &[9], &[[1.5; 3], [f32::NAN; 3], [f32::INFINITY; 3]].concat())
            .f32("zeros", &[3, 3], &[0.0; 9]),
        expect![[r#"
            [0.0,1.0,0.5,0.5,0,0,6,[1,1],[-5,0,"//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//"],[3,4,1.0,"++A+AAAA++A+"],null]
            [null,null,null,null,1,1,0,[0,0],null,null,["NaN","-inf"]]
            [1.5,1.5,1.5,0.0,3,3,0,[0,0],[-50,1688849860263936,"//"],null,null]
            [0.0,0.0,0.0,0.0,0,0,9,[3,3],[-1000,0,"//"],[3,3,0.0,"AAAAAAAAA"],null]"#]],
    );
}

#[test]
fn each_kind_of_elements_has_its_own_statistics() {
    let large = [i64::MIN, i64::MAX, 0, 1, 2, 3, 4, 5, 6];
    values(
        Bundle::new()
            .bool("bool", &[9], &[true; 9])
            .f64("double", &[9], &[f64::MAX, f64::MIN, 0.1, 0.2, 0.3, 1e-300, 5e-324, -0.0, 7.0])
            .i64("large", &[9], &large)
            .f32("none", &[0, 3], &[])
            .strings("text", &[5], &[&b"a"[..], b"</script>", b"\xff", b"", b"five"]),
        expect![[r#"
            [null,null,1.0,0.0,0,0,0,[0,0],[0,1,"//"],null,null]
            [-1.7976931348623157e+308,1.7976931348623157e+308,0.844444,null,0,0,1,[0,0],[1019,-32,"JJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAJJ"],null,null]
            ["-9223372036854775808","9223372036854775807",2.33333,4.34794e+18,0,0,1,[0,0],[59,-16,"JJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAJJ"],null,null]
            [null,null,null,null,0,0,0,[0,0],null,null,[]]
            [null,null,null,null,0,0,0,[0,0],null,null,["\"a\"","\"</script>\"","\"\\xff\"","\"\""]]"#]],
    );
}

#[test]
fn a_variable_that_cannot_be_read_is_told_in_the_page_and_on_standard_error() {
    let (folder, prefix) = write(three());
    flip(&data_file(&prefix), 100);
    let file = folder.path().join("page.html");
    let run = ckpt(["report".as_ref(), prefix.as_os_str(), "-o".as_ref(), file.as_os_str()]);
    let without_folder = |text: &str| text.replace(&folder.path().display().to_string(), "folder");
    expect![[r#"
        status 1
        error: cannot read `b/w`: the checksum of its 1200000 bytes at byte 8 of the data file `folder/model.ckpt.data-00000-of-00001` is 4063c2df, but the checkpoint says 8401c680; the file is damaged or of another checkpoint, fetch it again
    "#]].assert_eq(&without_folder(&run.shown()));
    let data: Value = serde_json::from_str(json(&fs::read_to_string(&file).unwrap())).unwrap();
    expect![[r#"{"1":"cannot read `b/w`: the checksum of its 1200000 bytes at byte 8 of the data file `folder/model.ckpt.data-00000-of-00001` is 4063c2df, but the checkpoint says 8401c680; the file is damaged or of another checkpoint, fetch it again"}"#]].assert_eq(&without_folder(&data["problems"].to_string()));
    assert!(data["values"][1].is_null() && data["values"][0].is_array());
}

/// Names that would be more than text, where they could.
const HOSTILE: [&str; 6] = [
    "</script><script>document.title = 'owned'</script>",
    "<!--<script>",
    "<img src=x onerror=\"document.title = 'owned'\">/w",
    "__proto__/constructor",
    "\u{202e}txet/\u{0}\u{1b}[2J",
    "{{script}}",
];

fn hostile() -> Bundle {
    HOSTILE.iter().fold(Bundle::new(), |bundle, name| bundle.f32(name, &[2], &[0.0, 1.0]))
}

#[test]
fn names_end_no_element_and_are_no_markup() {
    let (_folder, prefix) = write(hostile());
    let page = page(&prefix, &[]);
    assert_eq!(page.matches("<script").count(), 2, "one of data, one that runs");
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<!--").count(), 0);
    assert!(!json(&page).contains('<'));
    let data: Value = serde_json::from_str(json(&page)).unwrap();
    let names: Vec<&str> =
        data["variables"].as_array().unwrap().iter().map(|row| row[0].as_str().unwrap()).collect();
    expect![[r#"
        <!--<script>
        </script><script>document.title = 'owned'</script>
        <img src=x onerror="document.title = 'owned'">/w
        \u{202e}txet/\u{0}\u{1b}[2J
        __proto__/constructor
        {{script}}"#]]
    .assert_eq(&names.join("\n"));
}

#[test]
fn the_policy_allows_what_is_in_the_page_alone() {
    let page = page(Path::new("models/gpt2-nano"), &["--no-values"]);
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
    let policy = policy.split('"').next().unwrap();
    let without_hashes: Vec<&str> =
        policy.split(' ').map(|word| word.split("sha256-").next().unwrap()).collect();
    expect!["default-src 'none'; style-src ' script-src ' base-uri 'none'; form-action 'none'"]
        .assert_eq(&without_hashes.join(" "));
}

/// The attention of a BERT of 625 layers, with the slots of Adam: 15,000 variables.
fn many() -> Bundle {
    let mut bundle = Bundle::new();
    let numbers = |count: usize, seed: usize| -> Vec<f32> {
        let mixed = |at: usize| u16::try_from((at * 7919 + seed * 104_729) % 65_521).unwrap();
        (0..count).map(|at| f32::from(mixed(at)) / 65_521.0 - 0.5).collect()
    };
    for layer in 0..625 {
        for (number, part) in ["query", "key", "value", "output"].into_iter().enumerate() {
            for (slot, ending) in ["", "/adam_m", "/adam_v"].into_iter().enumerate() {
                let name = format!("bert/encoder/layer_{layer}/attention/self/{part}");
                let seed = 12 * layer + 3 * number + slot;
                bundle = bundle
                    .f32(format!("{name}/kernel{ending}"), &[10, 10], &numbers(100, seed))
                    .f32(format!("{name}/bias{ending}"), &[12], &numbers(12, seed));
            }
        }
    }
    bundle
}

#[test]
fn a_page_of_15_000_variables_is_small() {
    let (_folder, prefix) = write(many());
    let page = page(&prefix, &[]);
    let data: Value = serde_json::from_str(json(&page)).unwrap();
    assert_eq!(data["variables"].as_array().unwrap().len(), 15_000);
    assert_eq!(data["values"][0][8][2].as_str().unwrap().len() % 2, 0);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
}

#[test]
fn names_can_be_those_of_the_object_graph() {
    let shown =
        shown(&page(Path::new("gen/object-based"), &["--no-values", "--naming", "full_name"]));
    let first: Vec<&str> = shown.lines().skip_while(|line| *line != "variables").take(4).collect();
    expect![[r#"
        variables
          ["Variable",0,0,8]
          ["_CHECKPOINTABLE_OBJECT_GRAPH",1,0,3641]
          ["adam/iteration",0,0,8]"#]]
    .assert_eq(&first.join("\n"));
}

#[test]
fn a_file_is_written_as_that_of_a_manifest() {
    let (folder, prefix) = write(three());
    let file = folder.path().join("page.html");
    fs::write(&file, "as it was").unwrap();
    let to = |file: &Path| {
        ckpt(["report".as_ref(), prefix.as_os_str(), "-o".as_ref(), file.as_os_str()])
    };
    assert_eq!(to(&file).good(), "");
    assert_eq!(fs::read_to_string(&file).unwrap(), to(Path::new("-")).good());
    let shown = to(folder.path()).shown() + &to(&folder.path().join("none/page.html")).shown();
    expect![[r#"
        status 2
        error: cannot write `folder`: is a directory; name another file
        status 2
        error: cannot write `folder/none/page.html`: no such file; name another file
    "#]]
    .assert_eq(&shown.replace(&folder.path().display().to_string(), "folder"));
}

/// Two checkpoints that differ in a name, a shape, and elements.
fn two() -> [Bundle; 2] {
    let matrix = |value: f32| [[0.0, 1.0], [2.0, value]].concat();
    [
        Bundle::new()
            .f32("h0/w", &[2, 2], &matrix(3.0))
            .f32("h1/w", &[2, 2], &matrix(3.0))
            .f32("old", &[1], &[1.0])
            .f32("same", &[2], &[1.0, 2.0])
            .f32("wte", &[3], &[0.0; 3]),
        Bundle::new()
            .f32("h0/w", &[2, 2], &matrix(3.5))
            .f32("h1/w", &[2, 2], &matrix(f32::NAN))
            .f32("new", &[1], &[1.0])
            .f32("same", &[2], &[1.0, 2.0])
            .f64("wte", &[4], &[0.0; 4]),
    ]
}

/// The page of a comparison, with the paths as `first` and `second`.
fn compared(options: &[&str]) -> String {
    let [(_one, first), (_other, second)] = two().map(write);
    let [first, second] = [first, second].map(|path| path.to_str().unwrap().to_owned());
    let page = ckpt(["report", &first, &second].iter().chain(options)).good();
    page.replace(&first, "first").replace(&second, "second")
}

#[test]
fn a_page_of_two_checkpoints_has_their_differences() {
    let differences = |options: &[&str]| -> String {
        let data: Value = serde_json::from_str(json(&compared(options))).unwrap();
        let names: Vec<&Value> =
            data["variables"].as_array().unwrap().iter().map(|row| &row[0]).collect();
        let compared = &data["compared"];
        let lines = compared["differences"].as_object().unwrap().iter();
        let line = |(number, difference): (&String, &Value)| {
            format!("{}  {difference}\n", names[number.parse::<usize>().unwrap()])
        };
        format!("{}\n{}", compared["path"], lines.map(line).collect::<String>())
    };
    expect![[r#"
        "second"
        "h0/w"  {"both":{"elements":{"different":1,"index":[1,1],"most":["0.5","1.43e-1"],"nans":0,"values":["3.0","3.5"]}}}
        "h1/w"  {"both":{"elements":{"different":1,"index":[1,1],"nans":1,"values":["3.0","NaN"]}}}
        "new"  "only_second"
        "old"  "only_first"
        "wte"  {"both":{"spec":"f64 [4]"}}
    "#]].assert_eq(&differences(&[]));
    expect![[r#"
        "second"
        "new"  "only_second"
        "old"  "only_first"
        "wte"  {"both":{"spec":"f64 [4]"}}
    "#]]
    .assert_eq(&differences(&["--no-values"]));
    expect![[r#"
        "second"
        "h0/w"  {"both":{"elements":{"different":1,"index":[1,1],"most":["0.5","1.43e-1"],"nans":0,"values":["3.0","3.5"]}}}
        "h1/w"  {"both":{"elements":{"different":1,"index":[1,1],"nans":1,"values":["3.0","NaN"]}}}
        "wte"  {"both":{"spec":"f64 [4]"}}
    "#]].assert_eq(&differences(&["--rule", "old -> new", "--keep", "**"]));
}

#[test]
fn a_damaged_second_checkpoint_is_told() {
    let [(_one, first), (_other, second)] = [three(), three()].map(write);
    flip(&data_file(&second), 100);
    let run = ckpt(["report".as_ref(), first.as_os_str(), second.as_os_str()]);
    let shown = run.shown();
    assert!(shown.starts_with("status 1") && shown.contains("cannot read `b/w`"), "{shown}");
}
