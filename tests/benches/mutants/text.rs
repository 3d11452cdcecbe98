//! Texts with one mistake: paths, globs, expressions.

/// A kind of mistake, and the text with it.
pub(crate) type Wrong = (&'static str, String);

/// Returns misspellings of letters: one changed, dropped, doubled, or in another case; two swapped. The first has one changed.
pub(crate) fn letters(path: &str) -> Vec<Wrong> {
    let letters: Vec<char> = path.chars().collect();
    let outside = |at: &usize| {
        let depth = |depth: i32, letter: &char| match letter {
            '<' => depth + 1,
            '>' => depth - 1,
            _ => depth,
        };
        letters[*at].is_alphabetic() && letters[..*at].iter().fold(0, depth) == 0
    };
    let places: Vec<usize> = (0..letters.len()).filter(outside).collect();
    let Some(&middle) = places.get(places.len() / 2) else { return Vec::new() };
    let letter = letters[middle];
    let with = |range: std::ops::RangeInclusive<usize>, put: &[char]| {
        let mut letters = letters.clone();
        letters.splice(range, put.iter().copied());
        letters.into_iter().collect::<String>()
    };
    let other = if letter == 'x' { 'y' } else { 'x' };
    let case = if letter.is_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    };
    let mut wrong = vec![
        ("letter changed", with(middle..=middle, &[other])),
        ("letter dropped", with(middle..=middle, &[])),
        ("letter doubled", with(middle..=middle, &[letter, letter])),
        ("letter of another case", with(middle..=middle, &[case])),
    ];
    let differ = |&&at: &&usize| places.contains(&(at + 1)) && letters[at] != letters[at + 1];
    if let Some(&at) = places.iter().find(differ) {
        wrong.push(("letters swapped", with(at..=at + 1, &[letters[at + 1], letters[at]])));
    }
    wrong
}

/// Returns the separator of a path: `/`, or the `.` of `PyTorch`. A `/` at the start is none.
fn separator(path: &str) -> char {
    if path.contains('.') && !path[1..].contains('/') { '.' } else { '/' }
}

/// Returns changes of segments: one dropped, doubled or added; two swapped; a leading `/`.
pub(crate) fn segments(path: &str) -> Vec<Wrong> {
    let joined_by = separator(path);
    let parts: Vec<&str> = path.split(joined_by).collect();
    let joined_by = &joined_by.to_string();
    let mut wrong = Vec::new();
    for at in 0..parts.len() {
        let mut fewer = parts.clone();
        fewer.remove(at);
        if !fewer.is_empty() {
            wrong.push(("word dropped", fewer.join(joined_by)));
        }
        let mut more = parts.clone();
        more.insert(at, parts[at]);
        wrong.push(("word doubled", more.join(joined_by)));
    }
    for at in 1..parts.len() {
        let mut turned = parts.clone();
        turned.swap(at - 1, at);
        wrong.push(("words swapped", turned.join(joined_by)));
    }
    wrong.push(("word added", format!("{path}{joined_by}weights")));
    wrong.push(("word added", format!("model{joined_by}{path}")));
    wrong.push(("word added", format!("/{path}")));
    wrong
}

/// Returns changes of one separator.
pub(crate) fn separators(path: &str) -> Vec<Wrong> {
    let (own, other) = if separator(path) == '/' { ('/', ".") } else { ('.', "/") };
    let places = path.match_indices(own).map(|(at, _)| at);
    let with = |at: usize, put| format!("{}{put}{}", &path[..at], &path[at + 1..]);
    places.flat_map(|at| [other, "_", "//"].map(|put| ("separator wrong", with(at, put)))).collect()
}

/// Returns changes of an index: its numbers or its form, without it, or with a constant.
pub(crate) fn indices(path: &str) -> Vec<Wrong> {
    let Some((before, rest)) = path.split_once('<') else { return Vec::new() };
    let Some((index, after)) = rest.split_once('>') else { return Vec::new() };
    let name = index.split(':').next().unwrap_or_default();
    let written = ["", "0", &format!("<{name}>"), &format!("<{name}:02>"), &format!("<{name}:03>")]
        .map(str::to_owned);
    let counted = [":_", ""].map(|format| format!("<2*{name}{format}>"));
    let moved = ["+1", "-1"].map(|by| index.replacen(name, &format!("{name}{by}"), 1));
    let moved = moved.map(|index| format!("<{index}>"));
    let kept: Vec<String> = written.into_iter().chain(counted).chain(moved).collect();
    let others = kept.into_iter().chain([format!("<{name}:_>"), "<j>".to_owned()]);
    others.map(|index| ("index wrong", format!("{before}{index}{after}"))).collect()
}

/// Returns changes of one letter or star in a quoted glob.
pub(crate) fn globs(item: &str) -> Vec<String> {
    let Some(glob) = item.strip_prefix('"').and_then(|glob| glob.strip_suffix('"')) else {
        return Vec::new();
    };
    let spelled = letters(glob).into_iter().map(|(_, glob)| glob);
    let stars = glob.contains("**").then(|| glob.replacen("**", "*", 1));
    spelled.chain(stars).map(|glob| format!("{glob:?}")).collect()
}

/// Returns changes of a length: another symbol, an undeclared one, another number or factor.
pub(crate) fn expressions(expression: &str, symbols: &[String]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let Some(value) = number(expression) {
        wrong.push(("length wrong", (value + 1).to_string()));
        return wrong;
    }
    let (factor, symbol) = match expression.split_once('*') {
        Some((factor, symbol)) => (number(factor), symbol.trim()),
        None => (None, expression.trim()),
    };
    match factor {
        Some(factor) => {
            wrong.push(("length wrong", format!("{} * {symbol}", factor + 1)));
            wrong.push(("length wrong", symbol.to_owned()));
        }
        None => wrong.push(("length wrong", format!("2 * {symbol}"))),
    }
    wrong.push(("length wrong", format!("{expression} + 1")));
    wrong.push(("length wrong", "7".to_owned()));
    wrong.push(("symbol misspelled", format!("{symbol}s")));
    // The symbols declared next to it.
    let at = symbols.iter().position(|other| other == symbol).unwrap_or_default();
    for other in [at + 1, at + symbols.len() - 1].map(|at| &symbols[at % symbols.len()]) {
        wrong.push(("symbol wrong", expression.replace(symbol, other)));
    }
    wrong
}
