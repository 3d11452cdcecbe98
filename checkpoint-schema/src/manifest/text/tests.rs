use expect_test::{Expect, expect};

use crate::format::Limits;
use crate::listing::catalog::{Name, Spec};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;
use crate::manifest::{Listed, Listing, ListingError};
use crate::model::description::{Ignore, Naming, Preset};

/// Texts whose last or only line is invalid.
const WRONG: [&str; 35] = [
    "w",
    "w f32",
    "w f32 3",
    "version https://git-lfs.github.com/spec/v1",
    "<!DOCTYPE html>",
    "w float32 []",
    "w f32 [1, x]",
    "w f32 [1, +2]",
    "w f32 [1,,2]",
    "w f32 [9223372036854775807, 9223372036854775807]",
    "w f32 [1] [2]",
    "w f32 [1] key",
    "w f32 [1] key a b",
    "w = f32 []",
    "w<3..3> f32 []",
    "w<3..1> f32 []",
    "w<i> f32 []",
    "w<0..+2> f32 []",
    "w<0 f32 []",
    "w<0..2:03x> f32 []",
    "w<99999999999999999999> f32 []",
    "w\\q f32 []",
    "w\\u{d800} f32 []",
    "w\\x+1 f32 []",
    "w\\",
    "w\\ f32 []",
    "a = b<0..2> f32 []",
    "w f32 []\nb f32 []\nw f32 []",
    "w<0,0> f32 []",
    "a = a f32 []",
    "w f32 []\nnaming = \"object_path\"",
    "naming = \"key\"\nnaming = \"key\"",
    "naming = \"object_paths\"",
    "naming = \"object_path",
    "naming = object_path",
];

fn listed(names: &[&[u8]], key: &[u8], dims: &[u64]) -> Listed {
    let spec = Spec { dtype: DType::Float32, shape: Shape::new(dims).unwrap() };
    Listed {
        names: names.iter().map(|name| Name::from(*name)).collect(),
        key: Name::from(key),
        spec,
    }
}

/// A variable named by its key.
fn of_key(name: &[u8], dims: &[u64]) -> Listed {
    listed(&[name], name, dims)
}

fn by_keys(variables: &[Listed]) -> Listing {
    Listing::new(Naming::Key, variables.to_vec())
}

fn read(text: &str) -> Result<Listing, ListingError> {
    Listing::read(text.as_bytes(), &Limits::default())
}

/// Checks the text of a listing, and reads it back.
fn check(listing: &Listing, expected: Expect) {
    let text = listing.to_string();
    let (_, lines) = text.split_once('\n').unwrap();
    expected.assert_eq(lines);
    assert_eq!(read(&text).unwrap(), *listing);
    let windows = text.replace('\n', "  \r\n");
    assert_eq!(read(&windows).unwrap(), *listing);
}

#[test]
fn names_that_differ_in_numbers_are_one_line_if_they_hold_the_same() {
    let layers = (0..12).flat_map(|layer| {
        ["w", "b"].map(|end| of_key(format!("h{layer}/{end}").as_bytes(), &[2, 3]))
    });
    let padded = (7..12).map(|block| of_key(format!("block_{block:03}/w").as_bytes(), &[]));
    let keras = ["conv2d/k", "conv2d_1/k", "conv2d_2/k", "conv2d_9/k"];
    let keras = keras.into_iter().map(|name| of_key(name.as_bytes(), &[1]));
    check(
        &by_keys(&layers.chain(padded).chain(keras).collect::<Vec<_>>()),
        expect![[r#"
            block_<7..12:03>/w  f32 []
            conv2d/k  f32 [1]
            conv2d_<1..3,9>/k  f32 [1]
            h<0..12>/b  f32 [2, 3]
            h<0..12>/w  f32 [2, 3]
        "#]],
    );
}

#[test]
fn every_name_has_a_line_of_its_own() {
    let names: [&[u8]; 18] = [
        b"",
        b" ",
        b"#1",
        b"=",
        b"= x",
        b"<",
        b"<0..2>",
        b"\\u{20}",
        b"a b ",
        b"a\nb\x1b\t",
        b"\xff\xfe/1",
        "ß/层/\u{202e}\u{a0}\u{3000}".as_bytes(),
        b"key",
        b"naming",
        b"00",
        b"18446744073709551616",
        b"999999999999999999",
        b"x>",
    ];
    let variables = names.map(|name| of_key(name, &[]));
    check(
        &by_keys(&variables),
        expect![[r#"
            <>  f32 []
            \u{20}  f32 []
            \u{23}1  f32 []
            00  f32 []
            18446744073709551616  f32 []
            999999999999999999  f32 []
            <<  f32 []
            <<0..2>  f32 []
            \u{3d}  f32 []
            \u{3d}\u{20}x  f32 []
            \\u{20}  f32 []
            a\u{a}b\u{1b}\u{9}  f32 []
            a\u{20}b\u{20}  f32 []
            key  f32 []
            naming  f32 []
            x>  f32 []
            ß/层/\u{202e}\u{a0}\u{3000}  f32 []
            \xff\xfe/1  f32 []
        "#]],
    );
}

#[test]
fn names_of_other_kinds_have_the_key_where_it_does_not_follow() {
    let usual = |name: &str| format!("{name}/.ATTRIBUTES/VARIABLE_VALUE");
    let objects = [
        listed(&[b"a/0/w"], usual("a/0/w").as_bytes(), &[2]),
        listed(&[b"a/1/w"], usual("a/1/w").as_bytes(), &[2]),
        listed(&[b"a/2/w", b"b/w", b"c<1>"], usual("a/2/w").as_bytes(), &[2]),
        listed(&[b"d"], b"d", &[2]),
    ];
    check(
        &Listing::new(Naming::ObjectPath, objects.to_vec()),
        expect![[r#"
            naming = "object_path"
            a/<0..2>/w  f32 [2]
            a/2/w = b/w = c<<1>  f32 [2]
            d  f32 [2]  key d
        "#]],
    );
    let full_names = [listed(&[b"dense/kernel"], usual("a 1").as_bytes(), &[2])];
    check(
        &Listing::new(Naming::FullName, full_names.to_vec()),
        expect![[r#"
            naming = "full_name"
            dense/kernel  f32 [2]  key a\u{20}1/.ATTRIBUTES/VARIABLE_VALUE
        "#]],
    );
    check(&Listing::new(Naming::Key, Vec::new()), expect![""]);
}

#[test]
fn a_variable_whose_entry_is_wrong_is_listed_without_a_shape() {
    let spec = Spec { dtype: DType::Unknown, shape: Shape::default() };
    let unknown = Listed { spec, ..of_key(b"x", &[]) };
    check(
        &by_keys(&[of_key(b"w", &[2]), unknown]),
        expect![[r#"
        w  f32 [2]
        x  unknown
    "#]],
    );
}

#[test]
fn a_text_by_hand_may_be_laid_out_as_one_likes() {
    let text = "  keys/a   f32\t[ ]\n\n# comment\n x<3>   bf16 [ 1,2 ]   key   y\n";
    let error = read(text).unwrap_err().to_string();
    expect!["line 4: what has several names or a key is one variable; write a line for each, without `<`"]
        .assert_eq(&error);
    let listing = read(&text.replace("<3>", "3")).unwrap();
    assert_eq!(listing.variables()[0].names, [Name::from("keys/a")]);
    assert_eq!(listing.variables()[1].key, Name::from("y"));
    assert_eq!(listing.variables()[1].spec.to_string(), "bf16 [1, 2]");
    let overlapping = read("x<3,1..2:02>  f32 []").unwrap();
    let names: Vec<String> =
        overlapping.variables().iter().map(|listed| listed.names[0].to_string()).collect();
    assert_eq!(names, ["x01", "x03"]);
}

#[test]
fn a_wrong_line_is_named_with_what_to_write() {
    let errors: Vec<String> = WRONG
        .iter()
        .map(|text| {
            let error = read(text).unwrap_err();
            assert_eq!(error.to_string().lines().count(), 1, "{text}");
            format!("{}: {error}\n", text.escape_debug())
        })
        .collect();
    expect![[r#"
        w: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
        w f32: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
        w f32 3: line 1: `3` is not a shape; write the lengths of the axes: `[1, 768]`, or `[]` if there are none
        version https://git-lfs.github.com/spec/v1: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
        <!DOCTYPE html>: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
        w float32 []: line 1: unknown dtype `float32`; write it as in messages: `f32`, `bf16`, `i64`, `string`
        w f32 [1, x]: line 1: `[1, x]` is not a shape; write the lengths of the axes: `[1, 768]`, or `[]` if there are none
        w f32 [1, +2]: line 1: `[1, +2]` is not a shape; write the lengths of the axes: `[1, 768]`, or `[]` if there are none
        w f32 [1,,2]: line 1: `[1,,2]` is not a shape; write the lengths of the axes: `[1, 768]`, or `[]` if there are none
        w f32 [9223372036854775807, 9223372036854775807]: line 1: `[9223372036854775807, 9223372036854775807]` has more axes or elements than a tensor can have; write the shape of the variable
        w f32 [1] [2]: line 1: unexpected `[2]` after the variable; write `key NAME`, or nothing
        w f32 [1] key: line 1: unexpected `key` after the variable; write `key NAME`, or nothing
        w f32 [1] key a b: line 1: unexpected `b` after the variable; write `key NAME`, or nothing
        w = f32 []: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
        w<3..3> f32 []: line 1: `<3..3>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w<3..1> f32 []: line 1: `<3..1>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w<i> f32 []: line 1: `<i>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w<0..+2> f32 []: line 1: `<0..+2>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w<0 f32 []: line 1: `<0` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w<0..2:03x> f32 []: line 1: `<0..2:03x>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w<99999999999999999999> f32 []: line 1: `<99999999999999999999>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        w\\q f32 []: line 1: `\q` is not an escape; write `\\` for a backslash, `\u{20}` for a blank, or `\xff` for a byte
        w\\u{d800} f32 []: line 1: `\u` is not an escape; write `\\` for a backslash, `\u{20}` for a blank, or `\xff` for a byte
        w\\x+1 f32 []: line 1: `\x` is not an escape; write `\\` for a backslash, `\u{20}` for a blank, or `\xff` for a byte
        w\\: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
        w\\ f32 []: line 1: `\` is not an escape; write `\\` for a backslash, `\u{20}` for a blank, or `\xff` for a byte
        a = b<0..2> f32 []: line 1: what has several names or a key is one variable; write a line for each, without `<`
        w f32 []\nb f32 []\nw f32 []: line 3: `w` is in line 1 already; remove one of them
        w<0,0> f32 []: line 1: `w0` is in line 1 already; remove one of them
        a = a f32 []: line 1: `a` is in line 1 already; remove one of them
        w f32 []\nnaming = \"object_path\": line 2: `naming` must appear once, before all variables; move or remove it
        naming = \"key\"\nnaming = \"key\": line 2: `naming` must appear once, before all variables; move or remove it
        naming = \"object_paths\": line 1: unknown naming "object_paths"; write `naming = "key"`, `"object_path"` or `"full_name"`
        naming = \"object_path: line 1: unknown naming "object_path; write `naming = "key"`, `"object_path"` or `"full_name"`
        naming = object_path: line 1: this is not a variable; write its name, dtype and shape: `model/wte  f32 [50257, 768]`
    "#]]
    .assert_eq(&errors.concat());
}

#[test]
fn a_text_that_asks_for_much_is_refused_before_it_gets_it() {
    let texts = [
        "w<0..1000000000> f32 []",
        "w<0..1000>/<0..1001> f32 []",
        &format!("w{}", "<0..2>".repeat(100)),
        "w<0..2:099999999999> f32 []",
        "a f32 []\nw<0..1000000> f32 []",
    ];
    let errors: Vec<String> = texts
        .iter()
        .map(|text| match text.strip_suffix(" f32 []") {
            Some(_) => read(text),
            None => read(&format!("{text} f32 []")),
        })
        .map(|read| format!("{}\n", read.unwrap_err()))
        .collect();
    expect![[r#"
        line 1: too much memory for the variables: 880000000320 bytes needed up to here, and the limit for a file of this length is 64000184; if you trust the file, raise `Limits::memory`
        line 1: too much memory for the variables: 872872640 bytes needed up to here, and the limit for a file of this length is 64000216; if you trust the file, raise `Limits::memory`
        line 1: too much memory for the variables: 18446744073709551615 bytes needed up to here, and the limit for a file of this length is 64004864; if you trust the file, raise `Limits::memory`
        line 1: `<0..2:099999999999>` is not a set of numbers; write `<0..12>`, `<0,2..5>` or `<0..12:03>`, of at most 20 digits, and `<<` for a `<`
        line 2: too much memory for the variables: 856001128 bytes needed up to here, and the limit for a file of this length is 64000232; if you trust the file, raise `Limits::memory`
    "#]]
    .assert_eq(&errors.concat());
    let limits = Limits { memory: 3000, memory_per_byte: 0, ..Limits::default() };
    let error = Listing::read(b"aaaa f32 []\nbb<0..3> f32 []", &limits).unwrap_err().to_string();
    expect!["line 2: too much memory for the variables: 3624 bytes needed up to here, and the limit for a file of this length is 3000; if you trust the file, raise `Limits::memory`"]
        .assert_eq(&error);
}

#[test]
fn what_is_not_text_is_read_as_an_index() {
    let error = Listing::read(b"w f32 []\xff", &Limits::default()).unwrap_err();
    expect!["the length of the file is 9, less than the 48 bytes in which an index ends; it is cut or something else, so check the path or fetch the file again"].assert_eq(&error.to_string());
}

#[test]
fn what_differs_is_said_by_lines() {
    let before = read("h<0..3>/w f32 [2]\nh<0..3>/b f32 []\nold i64 []").unwrap();
    let now = read("h<0..3>/w f32 [3]\nh<0..4>/b f32 []").unwrap();
    let difference = now.difference(&before).unwrap();
    assert_eq!((difference.gone, difference.new, difference.changed), (1, 1, 3));
    expect![[r#"
        - h<0..3>/w  f32 [2]
        + h<0..3>/w  f32 [3]
        + h3/b  f32 []
        - old  i64 []"#]]
    .assert_eq(&difference.to_string());
    assert_eq!(now.difference(&now), None);
    assert!(
        read("naming = \"object_path\"\nw f32 []")
            .unwrap()
            .difference(&read("w f32 []").unwrap())
            .is_some()
    );
}

#[test]
fn what_a_struct_ignores_is_found_by_names_and_keys() {
    let variables = [
        of_key(b"model/w", &[]),
        of_key(b"model/w/Adam", &[]),
        of_key(b"step", &[]),
        listed(&[b"kernel"], b"w/.OPTIMIZER_SLOT/o/m/.ATTRIBUTES/VARIABLE_VALUE", &[]),
    ];
    let ignore = [Ignore::Glob("/st*"), Ignore::Preset(Preset::Optimizer), Ignore::Glob("**/w")];
    let entries = by_keys(&variables).entries(&ignore);
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.names[0].to_string(), entry.ignored.as_deref(), entry.preset))
        .collect();
    let name = |name: &str| name.to_owned();
    assert_eq!(
        found,
        [
            (name("kernel"), Some("optimizer"), Some(Preset::Optimizer)),
            (name("model/w"), Some("**/w"), None),
            (name("model/w/Adam"), Some("optimizer"), Some(Preset::Optimizer)),
            (name("step"), Some("/st*"), None),
        ]
    );
}
