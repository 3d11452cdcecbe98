//! The subset of Python syntax in the headers of `.npy` files.

use checkpoint_schema::listing::shape::MAX_RANK;

use crate::source::npy::header::HeaderError;
use crate::system::number::as_u64;

/// The value of `descr`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literal<'a> {
    Text(&'a [u8]),
    /// A list with any contents.
    List,
}

/// The dictionary of a header.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) descr: Option<Literal<'a>>,
    pub(super) is_fortran: Option<bool>,
    pub(super) shape: Option<Vec<u64>>,
}

/// The bytes of a header, and the parse position.
pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    /// Creates a parser at offset `at`, where the dictionary starts.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Parses the dictionary.
    pub(super) fn fields(&mut self) -> Result<Fields<'a>, HeaderError> {
        let mut fields = Fields::default();
        self.expect(b'{', "a dictionary")?;
        while !self.takes(b'}') {
            let key_at = self.at;
            let key = self.text("a key in quotes")?;
            self.expect(b':', "`:`")?;
            let is_again = match key {
                b"descr" => fields.descr.replace(self.descr()?).is_some(),
                b"fortran_order" => fields.is_fortran.replace(self.bool()?).is_some(),
                b"shape" => fields.shape.replace(self.shape()?).is_some(),
                _ => true,
            };
            if is_again {
                self.at = key_at;
                return Err(self.expected("one each of `descr`, `fortran_order` and `shape`"));
            }
            if !self.takes(b',') {
                self.expect(b'}', "`,` or `}`")?;
                break;
            }
        }
        self.skip_space();
        if self.at == self.bytes.len() { Ok(fields) } else { Err(self.expected("nothing more")) }
    }

    fn descr(&mut self) -> Result<Literal<'a>, HeaderError> {
        if !self.takes(b'[') {
            return self.text("a dtype").map(Literal::Text);
        }
        let mut depth = 1_usize;
        while depth > 0 {
            match self.peek() {
                Some(b'[' | b'(') => depth = depth.saturating_add(1),
                Some(b']' | b')') => depth = depth.saturating_sub(1),
                Some(b'\'' | b'"') => {
                    self.text("a text")?;
                    continue;
                }
                Some(_) => {}
                None => return Err(self.expected("the end of the list")),
            }
            self.at = self.at.saturating_add(1);
        }
        Ok(Literal::List)
    }

    fn bool(&mut self) -> Result<bool, HeaderError> {
        self.skip_space();
        let rest = self.rest();
        let (value, len) = if rest.starts_with(b"True") {
            (true, 4)
        } else if rest.starts_with(b"False") {
            (false, 5)
        } else {
            return Err(self.expected("`True` or `False`"));
        };
        self.at = self.at.saturating_add(len);
        Ok(value)
    }

    fn shape(&mut self) -> Result<Vec<u64>, HeaderError> {
        let mut dims = Vec::new();
        self.expect(b'(', "a tuple of lengths")?;
        while !self.takes(b')') {
            // One more axis than allowed is enough to detect too many.
            if dims.len() > MAX_RANK {
                return Err(self.expected("fewer axes"));
            }
            dims.push(self.number()?);
            if !self.takes(b',') {
                self.expect(b')', "`,` or `)`")?;
                break;
            }
        }
        Ok(dims)
    }

    fn number(&mut self) -> Result<u64, HeaderError> {
        self.skip_space();
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = self.rest().get(..digits).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = number.and_then(|digits| digits.parse().ok());
        let number = number.ok_or_else(|| self.expected("a length"))?;
        self.at = self.at.saturating_add(digits);
        // Python 2 writes some numbers with an `L`.
        if self.rest().first() == Some(&b'L') {
            self.at = self.at.saturating_add(1);
        }
        Ok(number)
    }

    /// Parses a quoted string without escapes.
    fn text(&mut self, expected: &'static str) -> Result<&'a [u8], HeaderError> {
        self.skip_space();
        let rest = self.rest();
        let Some((quote @ (b'\'' | b'"'), rest)) = rest.split_first() else {
            return Err(self.expected(expected));
        };
        let len = rest.iter().position(|byte| byte == quote);
        let text = len.and_then(|len| rest.get(..len));
        let text = text.ok_or_else(|| self.expected("the end of the text"))?;
        self.at = self.at.saturating_add(text.len()).saturating_add(2);
        Ok(text)
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), HeaderError> {
        if self.takes(byte) { Ok(()) } else { Err(self.expected(expected)) }
    }

    /// Consumes a byte if it comes next, after any spaces.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at = self.at.saturating_add(usize::from(is_next));
        is_next
    }

    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.rest().first().copied()
    }

    fn skip_space(&mut self) {
        let space = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at = self.at.saturating_add(space);
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn expected(&self, expected: &'static str) -> HeaderError {
        HeaderError::Syntax { at: as_u64(self.at), expected }
    }
}
