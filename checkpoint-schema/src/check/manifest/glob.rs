//! Globs over names, in a constant: those of [`Glob`](crate::glob::Glob), which the derive made sure can be read.

/// Whether the whole name matches.
pub(super) const fn matches(glob: &[u8], name: &[u8]) -> bool {
    from(glob, name, true)
}

/// Whether the rest of a name matches the rest of a glob, which may stand where a segment starts.
const fn from(glob: &[u8], name: &[u8], segment: bool) -> bool {
    match glob {
        [] => name.is_empty(),
        [b'*', b'*', b'/', rest @ ..] if segment => any_segments(rest, name),
        [b'*', b'*', rest @ ..] => any(rest, name, true),
        [b'*', rest @ ..] => any(rest, name, false),
        [b'[', rest @ ..] => class(rest, name),
        [b'?', rest @ ..] => match letter(name) {
            Some((_, name)) => from(rest, name, false),
            None => false,
        },
        [letter, rest @ ..] => match name {
            [first, name @ ..] if *first == *letter => from(rest, name, *letter == b'/'),
            _ => false,
        },
    }
}

/// `**/`: any number of whole segments.
const fn any_segments(rest: &[u8], name: &[u8]) -> bool {
    if from(rest, name, true) {
        return true;
    }
    let mut name = name;
    while let [letter, left @ ..] = name {
        name = left;
        if *letter == b'/' && from(rest, name, true) {
            return true;
        }
    }
    false
}

/// `*` or, across segments, `**`.
const fn any(rest: &[u8], name: &[u8], across: bool) -> bool {
    if rest.is_empty() && across {
        return true;
    }
    let mut name = name;
    loop {
        if from(rest, name, false) {
            return true;
        }
        match name {
            [b'/', ..] if !across => return false,
            [_, left @ ..] => name = left,
            [] => return false,
        }
    }
}

/// `[ab0-9]` or `[!ab]`, behind the `[`.
const fn class(glob: &[u8], name: &[u8]) -> bool {
    let Some((found, name)) = letter(name) else { return false };
    let (negated, mut glob) = match glob {
        [b'!', rest @ ..] => (true, rest),
        _ => (false, glob),
    };
    let mut inside = false;
    while let Some((low, rest)) = character(glob) {
        if low == ']' {
            glob = rest;
            break;
        }
        (inside, glob) = match rest {
            [b'-', after @ ..] if !matches!(after, [b']', ..]) => match character(after) {
                Some((high, after)) => (inside || low <= found && found <= high, after),
                None => return false,
            },
            _ => (inside || low == found, rest),
        };
    }
    inside != negated && from(glob, name, false)
}

/// The first character of a name within its segment, and the rest.
const fn letter(name: &[u8]) -> Option<(char, &[u8])> {
    match character(name) {
        Some(('/', _)) => None,
        other => other,
    }
}

/// The first character, and the rest.
const fn character(text: &[u8]) -> Option<(char, &[u8])> {
    let [first, ..] = text else { return None };
    let len = match *first {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let Some((letter, rest)) = text.split_at_checked(len) else { return None };
    let (mut value, mut at) = (0_u32, 0);
    while at < len {
        let bits = if len == 1 {
            *first as u32
        } else if at == 0 {
            *first as u32 & (0x7f >> len)
        } else {
            letter[at] as u32 & 0x3f
        };
        value = value << 6 | bits;
        at += 1;
    }
    match char::from_u32(value) {
        Some(letter) => Some((letter, rest)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::glob::Glob;

    #[test]
    fn it_is_the_glob_of_the_run_time() {
        let globs = "**/adam_[mv] ** * */b a/** a/**/b a?c [!a]* [a-c]b **b a** é? [é-ü] optimizer/[!_]** **_slot_v[rc] a/*/ **/ x*y*z [a-]b";
        let names = " a b a/b a/x/b a/x/y/b abc a/adam_m adam_v x/adam_w ]x ax bb cb -b éa ü optimizer/x optimizer/_x w_slot_vr a/b/ xyz xaybz xy/z";
        let mut matched = 0;
        for glob in globs.split(' ') {
            let parsed = Glob::parse(glob).unwrap();
            for name in names.split(' ') {
                let expected = parsed.matches(name);
                matched += usize::from(expected);
                assert_eq!(
                    super::matches(glob.as_bytes(), name.as_bytes()),
                    expected,
                    "{glob} {name}"
                );
            }
        }
        assert!(matched > 50, "{matched}");
    }
}
