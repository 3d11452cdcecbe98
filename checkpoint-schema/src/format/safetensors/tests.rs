use expect_test::{Expect, expect};

use super::*;
use crate::format::{Budget, Limits};
use crate::listing::catalog::Variable;

/// Reads a file with this header, followed by `data` bytes.
fn read(json: &str, data: u64) -> Result<Vec<Variable>, HeaderError> {
    let size = PREFIX + json.len() as u64 + data;
    let limits = Limits { key_bytes: 20, ..Limits::default() };
    Header::read(json.as_bytes(), size, &Budget::new(&limits, size)).map(|header| header.variables)
}

fn check<const N: usize>(headers: [(&str, u64); N], expected: &Expect) {
    let line = |(json, data)| match read(json, data) {
        Ok(variables) => {
            variables.iter().flat_map(|variable| [place(variable), "\n".to_owned()]).collect()
        }
        Err(error) => format!("{error}\n"),
    };
    expected.assert_eq(&headers.map(line).concat());
}

fn place(variable: &Variable) -> String {
    format!("{}: {} {:?}", variable.name, variable.spec(), variable.place)
}

#[test]
fn lengths_of_headers_are_those_of_files() {
    let len = |len: u64, size| Header::len(&len.to_le_bytes(), size);
    assert_eq!(len(2, 10), Ok(2));
    assert_eq!(len(2, u64::MAX), Ok(2));
    let errors = [
        Header::len(&[2, 0, 0], 3),
        Header::len(&[], 0),
        len(3, 10),
        len(MAX_HEADER + 1, u64::MAX),
        len(u64::MAX, 1 << 40),
    ];
    let errors = errors.map(|error| format!("{}\n", error.unwrap_err()));
    expect![[r#"
        the file has 3 bytes, but it begins with the length of its header, of 8; the file is damaged, fetch it again
        the file has 0 bytes, but it begins with the length of its header, of 8; the file is damaged, fetch it again
        the header has 3 bytes by the first 8, but the file has only 2 more; the file is damaged, fetch it again
        the header has 100000001 bytes by the first 8, but the format allows 100000000; the file is damaged, fetch it again
        the header has 18446744073709551615 bytes by the first 8, but the format allows 100000000; the file is damaged, fetch it again
    "#]]
    .assert_eq(&errors.concat());
}

#[test]
fn files_of_the_format_begin_with_a_length_and_an_object() {
    let start = |len: u64, rest: &str| [&len.to_le_bytes(), rest.as_bytes()].concat();
    assert!(Header::is_there(&start(2, "{}"), 10));
    assert!(Header::is_there(&start(1000, "{\"a"), 11));
    assert!(!Header::is_there(&start(MAX_HEADER + 1, "{\"a"), 11));
    assert!(!Header::is_there(&start(2, " {"), 10));
    assert!(!Header::is_there(b"{\"a\": 1}", 8));
    assert!(!Header::is_there(b"", 0));
}

#[test]
fn tensors_of_every_dtype_and_shape_are_read() {
    check(
        [
            ("{}  ", 0),
            (r#"{"__metadata__":{"format":"pt","":"\u00fc"}}"#, 0),
            (
                r#"{"b":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},"a/\u00fc":{"data_offsets":[0,8],"shape":[],"dtype":"I64","more":[{}]}}"#,
                32,
            ),
            (
                r#"{"none":{"dtype":"U8","shape":[3,0],"data_offsets":[1,1]},"one":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}"#,
                1,
            ),
            (r#"{"f4":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}"#, 1),
        ],
        &expect![[r#"
            a/ü: i64 [] Whole(Extent { shard: 0, offset: 136, size: 8, endianness: Little, checksum: None })
            b: f32 [2, 3] Whole(Extent { shard: 0, offset: 144, size: 24, endianness: Little, checksum: None })
            none: u8 [3, 0] Whole(Extent { shard: 0, offset: 123, size: 0, endianness: Little, checksum: None })
            one: bool [1] Whole(Extent { shard: 0, offset: 122, size: 1, endianness: Little, checksum: None })
            f4: f4_e2m1fn [2] Unreadable(Unsupported { reason: "its elements are F4, several in a byte; load the others without it" })
        "#]],
    );
}

#[test]
fn what_is_not_the_json_of_a_header_is_told_where_it_is() {
    check(
        [
            ("", 0),
            (" {}", 0),
            ("{", 0),
            ("{}\n", 0),
            ("{}{}", 0),
            ("{\"a\":1}", 0),
            ("{\"a\":{}}", 0),
            (r#"{"a":{"dtype":"U8"}}"#, 0),
            (r#"{"a":{"dtype":"U8","shape":[1]}}"#, 0),
            (r#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, 1),
            (r#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, 1),
            (r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, 1),
            (r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}"#, 1),
            (r#"{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}"#, 1),
            (r#"{"__metadata__":{"format":1}}"#, 0),
            (r#"{"__metadata__":null}"#, 0),
            ("{\n\"a\":\n tru}", 0),
            (r#"{"\ud800":1}"#, 0),
        ],
        &expect![[r#"
            the header must begin with `{` at byte 8; the file is damaged, fetch it again
            the header must begin with `{` at byte 8; the file is damaged, fetch it again
            the header is wrong: EOF while parsing an object at byte 8; write the file again
            the header is wrong: only spaces may follow the object, but there is another character at byte 10; write the file again
            the header is wrong: trailing characters at byte 10; write the file again
            the header is wrong: invalid type: integer `1`, expected an object with `dtype`, `shape` and `data_offsets` at byte 13; write the file again
            the header is wrong: missing field `dtype` at byte 15; write the file again
            the header is wrong: missing field `shape` at byte 27; write the file again
            the header is wrong: missing field `data_offsets` at byte 39; write the file again
            the header is wrong: invalid value: integer `-1`, expected u64 at byte 37; write the file again
            the header is wrong: invalid type: floating point `1.0`, expected u64 at byte 38; write the file again
            the header is wrong: invalid length 1, expected two offsets at byte 58; write the file again
            the header is wrong: invalid length 3, expected two offsets at byte 62; write the file again
            the header is wrong: invalid type: integer `8`, expected a string at byte 22; write the file again
            the header is wrong: invalid type: integer `1`, expected a string at byte 34; write the file again
            the header is wrong: invalid type: null, expected an object of strings at byte 27; write the file again
            the header is wrong: expected ident at byte 19; write the file again
            the header is wrong: unexpected end of hex escape at byte 16; write the file again
        "#]],
    );
    let bytes = b"{\"\xff\":1}";
    let error = Header::read(bytes, 8 + 8, &Budget::new(&Limits::default(), 0)).unwrap_err();
    expect!["the header is wrong: invalid unicode code point at byte 10; write the file again"]
        .assert_eq(&error.to_string());
}

#[test]
fn keys_that_are_there_twice_are_refused() {
    check(
        [
            (
                r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
                1,
            ),
            (r#"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 1),
            (r#"{"__metadata__":{},"__metadata__":{}}"#, 0),
            (r#"{"__metadata__":{"a":"1","b":"","a":"2"}}"#, 0),
        ],
        &expect![[r#"
            the header is wrong: the key `a` appears twice; write the file again
            the header is wrong: the key `dtype` appears twice; write the file again
            the header is wrong: the key `__metadata__` appears twice; write the file again
            the header is wrong: the key `a` appears twice; write the file again
        "#]],
    );
}

#[test]
fn tensors_are_all_bytes_of_the_file_once() {
    let two = |first: &str, second: &str| {
        format!(
            r#"{{"a":{{"dtype":"U8","shape":[2],"data_offsets":[{first}]}},"b":{{"dtype":"U8","shape":[2],"data_offsets":[{second}]}}}}"#
        )
    };
    assert!(read(&two("2,4", "0,2"), 4).is_ok());
    let max = u64::MAX;
    check(
        [
            (&two("0,2", "2,4"), 5),
            (&two("0,2", "2,4"), 3),
            (&two("0,2", "3,5"), 5),
            (&two("1,3", "3,5"), 5),
            (&two("0,2", "1,3"), 3),
            (&two("0,2", "0,2"), 2),
            (&two("2,0", "0,2"), 2),
            (&two("0,2", &format!("2,{max}")), 4),
            ("{}", 1),
        ],
        &expect![[r#"
            the tensors have 4 bytes after the header, but the file has 5; the file is damaged, fetch it again
            the tensors have 4 bytes after the header, but the file has 3; the file is damaged, fetch it again
            the tensor `b` begins at byte 3 of the data, but what is before it ends at byte 2: no holes are allowed; write the file again
            the tensor `a` begins at byte 1 of the data, but what is before it ends at byte 0: no holes are allowed; write the file again
            the tensor `b` begins at byte 1 of the data, within `a`: no two can share bytes; write the file again
            the tensor `b` begins at byte 0 of the data, within `a`: no two can share bytes; write the file again
            the tensor `a` ends at byte 0 of the data, before it begins at byte 2; write the file again
            the tensors have 18446744073709551615 bytes after the header, but the file has 4; the file is damaged, fetch it again
            the tensors have 0 bytes after the header, but the file has 1; the file is damaged, fetch it again
        "#]],
    );
}

#[test]
fn what_cannot_be_is_told_with_the_tensor() {
    let tensor = |dtype: &str, shape: &str, end: u64| {
        format!(r#"{{"w":{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[0,{end}]}}}}"#)
    };
    let axes = vec!["1"; 255].join(",");
    check(
        [
            (&tensor("F32", "2,3", 23), 23),
            (&tensor("F32", "", 0), 0),
            (&tensor("f32", "1", 4), 4),
            (&tensor("F16\\n", "1", 4), 4),
            (&tensor("F4", "3", 2), 2),
            (&tensor("F6_E2M3", "4", 3), 3),
            (&tensor("F32", "4294967296,4294967296", 0), 0),
            (&tensor("F64", "2305843009213693952", 0), 0),
            (&tensor("U8", &axes, 1), 1),
            (r#"{"a name that is too long":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#, 0),
        ],
        &expect![[r#"
            the tensor `w` is F32 [2, 3], of 24 bytes, but has 23; write the file again
            the tensor `w` is F32 [], of 4 bytes, but has 0; write the file again
            the tensor `w` has the dtype `f32`, which the format does not have; write the file again
            the tensor `w` has the dtype `F16\n`, which the format does not have; write the file again
            the tensor `w` is F4 [3], which ends within a byte; write the file again
            w: unknown Unreadable(Unsupported { reason: "its elements are F6_E2M3, several in a byte; load the others without it" })
            the tensor `w` has a shape of more than 254 axes or of more elements than can be counted; write the file again
            the tensor `w` has a shape of more than 254 axes or of more elements than can be counted; write the file again
            the tensor `w` has a shape of more than 254 axes or of more elements than can be counted; write the file again
            the tensor `a name that is too long` has a name of 23 bytes, and the limit is 20 (`Limits::key_bytes`); write the file again
        "#]],
    );
}

#[test]
fn messages_show_the_start_of_long_texts() {
    let long = "x".repeat(10_000);
    let tensor = |dtype: &str, shape: &str| {
        format!(r#"{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,0]}}"#)
    };
    for json in [
        format!(r#"{{"w":{}}}"#, tensor(&long, "[0]")),
        format!(r#"{{"w":{}}}"#, tensor("U8", &format!("\"{long}\""))),
        format!(r#"{{"{long}":{}}}"#, tensor("U8", "[1]")),
        format!(r#"{{"{long}":{0},"{long}":{0}}}"#, tensor("U8", "[0]")),
        format!(r#"{{"w":"{long}"}}"#),
    ] {
        let size = PREFIX + json.len() as u64;
        let budget = Budget::new(&Limits::default(), size);
        let said = Header::read(json.as_bytes(), size, &budget).unwrap_err().to_string();
        assert!(said.len() < 500 && said.contains("xxx"), "{said}");
    }
}

#[test]
fn memory_is_charged_before_it_is_taken() {
    let tensors: Vec<String> = (0..1000)
        .map(|number| format!(r#""{number}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#))
        .collect();
    let json = format!("{{{}}}", tensors.join(","));
    let limits = Limits { memory: 1000, memory_per_byte: 1, ..Limits::default() };
    let size = PREFIX + json.len() as u64;
    let error = Header::read(json.as_bytes(), size, &Budget::new(&limits, size)).unwrap_err();
    expect!["the header is wrong: too much memory for the variables: 55360 bytes needed up to here, and the limit for a file of this length is 54899; if you trust the file, raise `Limits::memory`"].assert_eq(&error.to_string());
}

/// Reads an index, and files with tensors of these names.
fn shards(json: &str, files: &[&[&str]]) -> String {
    let limits = Limits { shards: 3, ..Limits::default() };
    let budget = Budget::new(&limits, json.len() as u64);
    let variables = |names: &&[&str]| {
        let tensors: Vec<String> = names
            .iter()
            .map(|name| format!(r#""{name}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#))
            .collect();
        read(&format!("{{{}}}", tensors.join(",")), 0).unwrap()
    };
    let read = Shards::read(json.as_bytes(), &budget);
    let all = read.and_then(|index| {
        let variables = index.variables(files.iter().map(variables))?;
        let places: Vec<_> = variables.iter().map(place).collect();
        Ok(format!("{:?}\n{}", index.files(), places.join("\n")))
    });
    all.unwrap_or_else(|error| error.to_string()) + "\n"
}

#[test]
fn indexes_and_files_agree() {
    let index = r#"{"metadata":{"total_size":0},"weight_map":{"b":"2","a":"1","c":"2"}}"#;
    let shown = [
        shards(index, &[&["a"], &["b", "c"]]),
        shards(index, &[&["a"], &["b"]]),
        shards(index, &[&["a", "d"], &["b", "c"]]),
        shards(index, &[&["a", "b"], &["b", "c"]]),
        shards(index, &[&["b"], &["a", "c"]]),
        shards(r#"{"weight_map":{}}"#, &[]),
    ];
    expect![[r#"
        ["1", "2"]
        a: u8 [0] Whole(Extent { shard: 0, offset: 61, size: 0, endianness: Little, checksum: None })
        b: u8 [0] Whole(Extent { shard: 1, offset: 113, size: 0, endianness: Little, checksum: None })
        c: u8 [0] Whole(Extent { shard: 1, offset: 113, size: 0, endianness: Little, checksum: None })
        it says that `c` is in `2`, which does not have it; fetch all files of one revision
        `1` has `d`, which the index does not name there; fetch all files of one revision
        `1` has `b`, which the index does not name there; fetch all files of one revision
        `1` has `b`, which the index does not name there; fetch all files of one revision
        []

    "#]].assert_eq(&shown.concat());
}

#[test]
fn what_is_wrong_with_an_index_is_told() {
    let shown = [
        "",
        "[]",
        "{}",
        r#"{"weight_map":{"a":1}}"#,
        r#"{"weight_map":{"a":"1","a":"2"}}"#,
        r#"{"weight_map":{},"weight_map":{}}"#,
        r#"{"weight_map":{"a":"../1"}}"#,
        r#"{"weight_map":{"a":"/etc/passwd"}}"#,
        r#"{"weight_map":{"a":"c:\\1"}}"#,
        r#"{"weight_map":{"a":""}}"#,
        r#"{"weight_map":{"a":"1","b":"2","c":"3","d":"4"}}"#,
    ];
    expect![[r#"
        EOF while parsing a value at byte 0; write the file again
        invalid type: sequence, expected an object with `weight_map` at byte 0; write the file again
        it has no `weight_map` from tensors to files; fetch it again
        invalid type: integer `1`, expected a string at byte 19; write the file again
        the key `a` appears twice; write the file again
        the key `weight_map` appears twice; write the file again
        it refers to the file `../1` for `a`, but only names of files beside it are allowed; write it again
        it refers to the file `/etc/passwd` for `a`, but only names of files beside it are allowed; write it again
        it refers to the file `c:\1` for `a`, but only names of files beside it are allowed; write it again
        it refers to the file `` for `a`, but only names of files beside it are allowed; write it again
        it names 4 files, and the limit is 3 (`Limits::shards`)
    "#]].assert_eq(&shown.map(|json| shards(json, &[])).concat());
}
