use expect_test::{Expect, expect};

use crate::listing::catalog::{Catalog, Name, Place, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;
use crate::rules::{Decided, Rules};

/// A catalog with one variable on each line: the name and the shape.
fn catalog(lines: &str) -> Catalog {
    let variable = |line: &str| {
        let (name, shape) = line.split_once(' ').unwrap_or((line, ""));
        let dims: Vec<u64> = shape.split(' ').filter_map(|dim| dim.parse().ok()).collect();
        let (name, shape) = (Name::from(name), Shape::new(dims).unwrap());
        Variable { name, dtype: DType::Float32, shape, place: Place::Opaque }
    };
    Catalog::new(lines.lines().map(variable).collect(), 0)
}

fn shown(decided: &Decided, catalog: &Catalog) -> String {
    let line = |target: &crate::rules::Target| {
        let of: Vec<String> = target
            .sources
            .iter()
            .map(|source| catalog.variables()[source.variable].name.to_string())
            .collect();
        let how = if target.as_it_is { "=" } else { "<" };
        format!("{} {} {how} {}\n", target.name, target.spec, of.join(", "))
    };
    decided.targets.iter().map(line).collect()
}

fn check(rules: &str, variables: &str, expected: Expect) {
    let catalog = catalog(variables);
    let said = match Rules::parse(rules).and_then(|rules| rules.decide(&catalog)) {
        Ok(decided) => shown(&decided, &catalog),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&said);
}

const GPT2: &str = "
    # A comment.
    model/wte -> wte.weight  # another
    model/h<i>/c/w -> h.<i>.c.weight : squeeze(0), transpose
    model/h<i:02>/qkv -> h.<i>.q, h.<i>.k, h.<i>.v : split(axis = 1)
    ignore optimizer, \"global_step\"
    keep \"extra/**\"
";

#[test]
fn variables_get_other_names_and_layouts() {
    check(
        GPT2,
        "model/wte 5 4\nmodel/h0/c/w 1 2 3\nmodel/h10/c/w 1 2 3\nmodel/h00/qkv 4 6\nglobal_step\nextra/x 2\nmodel/wte/adam_m 5 4",
        expect![[r#"
            extra/x f32 [2] = extra/x
            h.0.c.weight f32 [3, 2] < model/h0/c/w
            h.0.k f32 [4, 2] < model/h00/qkv
            h.0.q f32 [4, 2] < model/h00/qkv
            h.0.v f32 [4, 2] < model/h00/qkv
            h.10.c.weight f32 [3, 2] < model/h10/c/w
            wte.weight f32 [5, 4] = model/wte
        "#]],
    );
}

#[test]
fn variables_are_joined_and_parts_put_together() {
    check(
        "a<i>, b<i> -> ab.<i> : transpose, concat(axis = 0)\nw -> first : slice(axis = 0, range = ..1)\nw -> rest : slice(axis = 0, range = 1..)",
        "a0 2 3\nb0 2 4\na1 2 1\nb1 2 1\nw 3 2",
        expect![[r#"
            ab.0 f32 [7, 2] < a0, b0
            ab.1 f32 [2, 2] < a1, b1
            first f32 [1, 2] < w
            rest f32 [2, 2] < w
        "#]],
    );
}

#[test]
fn all_problems_of_lines_are_said_at_once() {
    check(
        "a\na -> b<i>\na<i> -> b\n -> b\na -> b : rotate\na -> b : squeeze(\na -> b : permute(1 0)\na, b -> c\na -> b, c\n\
         a -> b : concat(axis = 0)\na -> b : split(axis = 0)\nignore adam\nkeep all\nkeep \"[\"\na -> \"b\na<i>b<j>> -> c\n\
         a -> b : chunk(axis = 0, index = 2, of = 2)\na -> b : split(ax = 0)\na, b -> c : concat(axis = 0), transpose\na -> b : slice(axis = 0, range = 0..1\n\
         a -> -> b\na -> b -> c\n\"a -> b\" -> \"b\" -> c\na<2^i> -> b",
        "a 1",
        expect![[r#"
            the rules have 24 problems
            - line 1: a rule is written `from -> to`, or `from -> to : steps`; write one, or `ignore` or `keep`
            - line 2: the index `<i>` of `b<i>` is not in the other path; write it in each path of the rule
            - line 3: `b` does not use `<i>`; write it where the number stands
            - line 4: a name is missing; write one between commas, and beside the arrow
            - line 5: unknown step `rotate`; steps are `squeeze`, `squeeze(0)`, `expand(0)`, `transpose`, `permute(1, 0)`, `shape = [2, 3]`, `reshape[2, 3]`, `slice(axis = 0, range = 0..2)`, `chunk(axis = 0, index = 0, of = 2)`, `reorder(axis = 0, order = [1, 0])`, `split(axis = 0)` and `concat(axis = 0)`
            - line 6: `` does not begin with a number; write one
            - line 7: `0)` does not begin with `,`; write it
            - line 8: several variables are joined by `concat(axis = 0)`; write it
            - line 9: a variable is cut by `split(axis = 0)`; write it
            - line 10: `concat` joins several variables; name them before `->`
            - line 11: `split` makes several variables; name them after `->`
            - line 12: unknown list `adam`; write one of optimizer, bookkeeping, ema, or a glob in quotes
            - line 13: `keep` takes globs in quotes; write `keep "extra/**"`
            - line 14: `[` is not a glob: `[` is not closed by `]`
            - line 15: a quote is not closed; write `"` at its end
            - line 16: `c` does not use `<i>`; write it where the number stands
            - line 17: there is no part 2 of 2; parts are counted from 0
            - line 18: `ax = 0)` does not say `axis`; write `axis = ...`
            - line 19: `transpose` cannot follow `concat`; write it before, where it applies to each variable
            - line 20: the steps end where `)` should be; write it
            - line 21: a rule has one arrow; write `from -> to`, and quotes around a name with `->`
            - line 22: a rule has one arrow; write `from -> to`, and quotes around a name with `->`
            - line 23: a rule has one arrow; write `from -> to`, and quotes around a name with `->`
            - line 24: `2^i` is more than a factor and an offset, as in `<2*i+1>`; write `<r>` for the whole number, and list its values in a struct: `repeat(r in [8, 16, 32])`
              a<2^i>
                ^^^"#]],
    );
}

#[test]
fn names_with_arrows_and_colons_are_quoted() {
    let rules = "\"a->b\"   -> \"c -> d\"\n\"a,c<i>\" -> \"d : <i>\" : squeeze(0)\n";
    check(
        rules,
        "a->b 2\na,c3 1 2",
        expect![[r#"
            c -> d f32 [2] = a->b
            d : 3 f32 [2] = a,c3
        "#]],
    );
    assert_eq!(Rules::parse(rules).unwrap().to_string(), rules);
}

#[test]
fn variables_that_are_taken_and_ignored_are_folded() {
    check(
        "h<i>/w -> w.<i>\nh<i>/b -> b.<i>\nignore \"h*/w\", \"h1/b\"",
        "h0/w 1\nh1/w 1\nh2/w 1\nh0/b 1\nh1/b 1",
        expect![[r#"
            the rules have 2 problems
            - line 1 takes the 3 variables `h<0..3>/w`, but `h*/w` ignores them; remove one of the two
            - line 2 takes `h1/b`, but `h1/b` ignores it; remove one of the two"#]],
    );
}

#[test]
fn all_problems_with_a_checkpoint_are_said_at_once() {
    check(
        "model/wqe -> wpe\nmodel/wte -> t : squeeze(0)\nmodel/h<i>/w -> w.<i>\nmodel/h0/w -> zero\nglobal_step -> step\n\
         a<i>, b<i> -> ab.<i> : concat(axis = 0)\nc -> same\nd -> same\npart -> half : chunk(axis = 0, index = 0, of = 2)\nignore bookkeeping",
        "model/wpe 3 4\nmodel/wte 5 4\nmodel/h0/w 2\nmodel/h1/w 2\nglobal_step\na0 1\na1 1\nb0 1\nc 1\nd 1\npart 4\nx/0/y 1\nx/1/y 1",
        expect![[r#"
            the rules have 9 problems
            - line 1: missing variable `model/wqe`; did you mean `model/wpe`?
            - line 5 takes `global_step`, but `bookkeeping` ignores it; remove one of the two
            - line 2: `model/wte` is f32 [5, 4], but `squeeze` cannot remove axis 0; only axes of length 1 can be removed
            - lines 3 and 4 take `model/h0/w`; leave one of them
            - line 6: missing variable `b1` to join with the others; remove it
            - line 9: `part` is f32 [4], but no field takes 2 of its elements; take the other parts too
            - no rule takes `model/wpe`, f32 [3, 4]; write one, or `ignore` it
            - no rule takes the 2 variables `x/<0..2>/y`, f32 [1]; write one, or `ignore` them
            - two variables would be called `same` (line 7, and line 8); give each a name of its own"#]],
    );
}

#[test]
fn rules_go_the_other_way() {
    let forward = "w<i> -> v.<i> : squeeze(0), permute(1, 2, 0)\nq -> a, b : transpose, split(axis = 0)\nr -> s : shape = [6], reshape[2, 3]";
    let rules = Rules::parse(forward).unwrap();
    let there = catalog("w0 1 2 3 4\nq 4 6\nr 6");
    let decided = rules.decide(&there).unwrap();
    let variable = |target: &crate::rules::Target| Variable {
        name: target.name.clone(),
        dtype: target.spec.dtype,
        shape: target.spec.shape.clone(),
        place: Place::Opaque,
    };
    let back = Catalog::new(decided.targets.iter().map(variable).collect(), 0);
    let again = rules.reversed().unwrap().decide(&back).unwrap();
    expect![[r#"
        a f32 [3, 4] < q
        b f32 [3, 4] < q
        s f32 [2, 3] = r
        v.0 f32 [3, 4, 2] < w0
        q f32 [6, 4] < a, b
        r f32 [6] = s
        w0 f32 [1, 2, 3, 4] < v.0
    "#]]
    .assert_eq(&(shown(&decided, &there) + &shown(&again, &back)));
    let lossy = Rules::parse(
        "a -> b : squeeze\nc -> d : reshape[2, _]\ne -> f : chunk(axis = 0, index = 0, of = 2)",
    )
    .unwrap();
    expect![[r#"
        the rules have 3 problems
        - line 1: `squeeze` has no way back; write its axes, as in `squeeze(0)`
        - line 2: `reshape[2, _]` has no way back; write the shape before it, as in `shape = [6], reshape[2, 3]`
        - line 3: `chunk(axis = 0, index = 0, of = 2)` has no way back; name all parts in one rule, with `split`"#]].assert_eq(&lossy.reversed().unwrap_err().to_string());
}

#[test]
fn everything_is_kept_where_that_is_said() {
    let catalog = catalog("a 1\nb/c 2");
    let decided = Rules::default().keep_all().decide(&catalog).unwrap();
    assert_eq!(shown(&decided, &catalog), "a f32 [1] = a\nb/c f32 [2] = b/c\n");
    let decided = Rules::default().keep("a").unwrap().decide(&catalog).unwrap_err();
    expect![[r#"
        the rules have 1 problem
        - no rule takes `b/c`, f32 [2]; write one, or `ignore` it"#]]
    .assert_eq(&decided.to_string());
}

#[test]
fn rules_for_another_checkpoint_are_one_problem() {
    check(
        "a -> b\nc<i> -> d<i>\nignore \"x\"",
        "u 1\nv 2\nx 3",
        expect![[r#"
        the rules have 1 problem
        - no rule takes any variable, such as `u`; the rules are for another checkpoint"#]],
    );
}

#[test]
fn reversed_rules_take_names_by_an_alias_and_write_the_first() {
    let rules = Rules::parse(
        "model/w -> body.w.weight : transpose
         model/h<i> -> body.h.<i>
         optional model/head -> head.w
         ignore \"step\"
         alias to \"body.\", \"\", \"m.body.\"
         reverse ignore \"**.mask\"",
    )
    .unwrap();
    let reversed = rules.reversed().unwrap();
    let from = |lines: &str| {
        let catalog = catalog(lines);
        match reversed.decide(&catalog) {
            Ok(decided) => {
                let ignored = decided.ignored.values().map(Vec::len).sum::<usize>();
                format!("{}{ignored} ignored", shown(&decided, &catalog))
            }
            Err(error) => error.to_string(),
        }
    };
    let made = |body: &str, tail: &str| {
        format!(
            "model/h1 f32 [2] = {body}h.1\n{tail}model/w f32 [3, 2] < {body}w.weight\n1 ignored"
        )
    };
    for body in ["body.", "", "m.body."] {
        let lines = format!("{body}w.weight 2 3\n{body}h.1 2\n{body}h.1.mask 4\nhead.w 5");
        let head = "model/head f32 [5] = head.w\n";
        assert_eq!(from(&lines), made(body, head));
    }
    // All names have the same prefix.
    expect![[r#"
        the rules have 2 problems
        - line 2: missing variable `body.h.<i>`; remove the line
        - no rule takes `h.1`, f32 [2]; write one, or `ignore` it"#]]
    .assert_eq(&from("body.w.weight 2 3\nh.1 2"));
    // The rules themselves write the first prefix.
    let catalog = catalog("model/w 3 2\nmodel/h0 2\nstep");
    assert_eq!(
        shown(&rules.decide(&catalog).unwrap(), &catalog),
        "body.h.0 f32 [2] = model/h0\nbody.w.weight f32 [2, 3] < model/w\n"
    );
    assert!(rules.reversed().unwrap().reversed().unwrap().decide(&catalog).is_ok());
}

#[test]
fn an_alias_has_two_texts() {
    check(
        "a -> b\nalias to \"b\"\nalias from b, c",
        "a",
        expect![[r#"
            the rules have 2 problems
            - line 2: `alias` takes two or more texts in quotes; write `alias to "", "transformer."`
            - line 3: `alias` takes two or more texts in quotes; write `alias to "", "transformer."`"#]],
    );
}

#[test]
fn numbers_are_added_and_subtracted_and_none_is_negative() {
    check(
        "block_<i> -> layer.<i-1>\nConv<i>_d -> l.<2*i-2>\nConv<i>_p -> l.<2*i-1>",
        "block_1 1\nblock_12 2\nConv1_d 3\nConv1_p 4\nConv2_d 5\nConv2_p 6",
        expect![[r#"
            l.0 f32 [3] = Conv1_d
            l.1 f32 [4] = Conv1_p
            l.2 f32 [5] = Conv2_d
            l.3 f32 [6] = Conv2_p
            layer.0 f32 [1] = block_1
            layer.11 f32 [2] = block_12
        "#]],
    );
    check(
        "block_<i> -> layer.<i-1>\na<i>, b<i-1> -> c<i> : concat(axis = 0)",
        "block_0 1\nblock_1 2\na0 1\na1 1\nb0 1",
        expect![[r#"
            the rules have 2 problems
            - line 1: a number in `layer.<i-1>` would be negative for `block_0`; write a rule of its own for that
            - line 2: a number in `b<i-1>` would be negative for `a0`; write a rule of its own for that"#]],
    );
}

#[test]
fn gates_of_an_lstm_are_reordered_and_back() {
    let rules = Rules::parse(
        "kernel -> ih, hh : split(axis = 0, sizes = [3, 2]), transpose, reorder(axis = 0, order = [0, 2, 1, 3])
         bias -> b : reorder(axis = 0, order = [1, 2, 0])",
    )
    .unwrap();
    let there = catalog("kernel 5 8\nbias 6");
    let decided = rules.decide(&there).unwrap();
    let variable = |target: &crate::rules::Target| Variable {
        name: target.name.clone(),
        dtype: target.spec.dtype,
        shape: target.spec.shape.clone(),
        place: Place::Opaque,
    };
    let back = Catalog::new(decided.targets.iter().map(variable).collect(), 0);
    let again = rules.reversed().unwrap().decide(&back).unwrap();
    expect![[r#"
        b f32 [6] < bias, bias, bias
        hh f32 [8, 2] < kernel, kernel, kernel, kernel
        ih f32 [8, 3] < kernel, kernel, kernel, kernel
        bias f32 [6] < b, b, b
        kernel f32 [5, 8] < ih, ih, ih, ih, hh, hh, hh, hh
    "#]]
    .assert_eq(&(shown(&decided, &there) + &shown(&again, &back)));
    let order = rules.reversed().unwrap().lines[1].steps[0].to_string();
    assert_eq!(order, "reorder(axis = 0, order = [2, 0, 1])");
    check(
        "a -> b : reorder(axis = 0, order = [0, 2])\nc -> d : reorder(axis = 0, order = [0, 1])",
        "a 4",
        expect![[r#"
            the rules have 2 problems
            - line 1: `order` has 2 blocks, but no block 1; write all of them, as in `order = [0, 2, 1, 3]`
            - line 2: `order` changes nothing; remove `reorder`, or write all of them, as in `order = [0, 2, 1, 3]`"#]],
    );
    check(
        "a -> b : reorder(axis = 0, order = [1, 2, 0])",
        "a 4",
        expect![[r#"
            the rules have 1 problem
            - line 1: `a` is f32 [4], but `reorder(axis = 0, order = [1, 2, 0])` cannot divide axis 0, of length 4, into 3 equal blocks; change the number of blocks"#]],
    );
}

#[test]
fn a_preferred_variable_is_taken_in_place_of_another() {
    let rules =
        "a -> x : transpose\nprefer a/average -> x : transpose\nb -> y\nprefer b/average -> y";
    check(
        rules,
        "a 2 3\na/average 2 3\nb 1",
        expect![[r#"
        x f32 [3, 2] < a/average
        y f32 [1] = b
    "#]],
    );
    // Works in both directions. The names without averages are written.
    let rules = Rules::parse(rules).unwrap();
    let back = rules.reversed().unwrap();
    let there = catalog("x 3 2\ny 1");
    assert_eq!(shown(&back.decide(&there).unwrap(), &there), "a f32 [2, 3] < x\nb f32 [1] = y\n");
    let decided = rules.decide(&catalog("a 2 3\na/average 2 3\nb 1")).unwrap();
    assert_eq!(decided.ignored["prefer"], [0]);
    // An average without a rule is unexpected.
    check(
        "a -> x\nprefer a/average -> x",
        "a 1\nb/average 1",
        expect![[r#"
        the rules have 1 problem
        - no rule takes `b/average`, f32 [1]; write one, or `ignore` it"#]],
    );
}
