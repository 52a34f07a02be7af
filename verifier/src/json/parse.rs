//! The parser. It reads every byte once and holds no more than the text it was given.

use unicode_normalization::is_nfc;

use super::{Object, SAFE_INTEGER_MAX, Value};

/// What a text may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// The profile of the proof format, §1: safe integers only, NFC, 32 levels.
    Profile,
    /// All of JSON except duplicate names and lone surrogates, 64 levels: for releases, whose
    /// amounts are numbers, and for answers of a chain node.
    Any,
}

impl Rules {
    const fn depth_max(self) -> usize {
        match self {
            Self::Profile => 32,
            Self::Any => 64,
        }
    }
}

/// Why a text was not accepted, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JSON at byte {at}: {fault}")]
pub struct JsonError {
    /// Offset in bytes from the start of the text.
    pub at: usize,
    /// What is wrong there.
    pub fault: JsonFault,
}

/// What can be wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The grammar of RFC 8259 expects something else.
    #[error("not JSON")]
    Syntax,
    /// The text goes on after the value.
    #[error("text after the value")]
    Trailing,
    /// Too many levels of arrays and objects.
    #[error("nested too deeply")]
    TooDeep,
    /// An object has a name twice.
    #[error("a member name occurs twice")]
    DuplicateName,
    /// A `\u` escape is half of a surrogate pair.
    #[error("a lone surrogate")]
    LoneSurrogate,
    /// A string is not in Unicode Normalization Form C.
    #[error("a string that is not in NFC")]
    NotNormalized,
    /// A number the rules do not allow.
    #[error("a number that is not an integer within 2^53 - 1")]
    Number,
}

/// Parses one JSON value that fills `bytes`.
///
/// # Errors
/// The first thing the rules do not allow.
pub fn parse(bytes: &[u8], rules: Rules) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError { at: error.valid_up_to(), fault: JsonFault::NotUtf8 })?;
    let mut parser = Parser { text, at: 0, rules };
    parser.skip_space();
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() { Err(parser.fault(JsonFault::Trailing)) } else { Ok(value) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    rules: Rules,
}

impl Parser<'_> {
    const fn fault(&self, fault: JsonFault) -> JsonError {
        JsonError { at: self.at, fault }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, token: &str) -> Result<(), JsonError> {
        if !self.text.as_bytes()[self.at..].starts_with(token.as_bytes()) {
            return Err(self.fault(JsonFault::Syntax));
        }
        self.at += token.len();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        match self.peek() {
            Some(b'n') => self.take("null").map(|()| Value::Null),
            Some(b't') => self.take("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.take("false").map(|()| Value::Bool(false)),
            Some(b'"') => self.string().map(Value::String),
            Some(b'[') => self.array(self.deeper(depth)?),
            Some(b'{') => self.object(self.deeper(depth)?),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.fault(JsonFault::Syntax)),
        }
    }

    const fn deeper(&self, depth: usize) -> Result<usize, JsonError> {
        if depth >= self.rules.depth_max() {
            return Err(self.fault(JsonFault::TooDeep));
        }
        Ok(depth + 1)
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut elements = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(elements));
        }
        loop {
            self.skip_space();
            elements.push(self.value(depth)?);
            self.skip_space();
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Value::Array(elements));
            }
            self.take(",")?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut members = Object::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            let name_at = self.at;
            let name = self.string()?;
            self.skip_space();
            self.take(":")?;
            self.skip_space();
            let value = self.value(depth)?;
            if members.insert(name, value).is_some() {
                return Err(JsonError { at: name_at, fault: JsonFault::DuplicateName });
            }
            self.skip_space();
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Value::Object(members));
            }
            self.take(",")?;
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.take("\"")?;
        let mut out = String::new();
        loop {
            let run = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.push_str(&self.text[run..self.at]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.fault(JsonFault::Syntax)),
            }
        }
        self.at += 1;
        if self.rules == Rules::Profile && !out.is_ascii() && !is_nfc(&out) {
            return Err(JsonError { at: start, fault: JsonFault::NotNormalized });
        }
        Ok(out)
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.take("\\")?;
        let Some(letter) = self.peek() else { return Err(self.fault(JsonFault::Syntax)) };
        let character = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.fault(JsonFault::Syntax)),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.code_unit()?;
        if !(0xd800..=0xdfff).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.fault(JsonFault::LoneSurrogate));
        }
        if first >= 0xdc00 || !self.text[self.at..].starts_with("\\u") {
            return Err(self.fault(JsonFault::LoneSurrogate));
        }
        self.at += 1;
        let second = self.code_unit()?;
        if !(0xdc00..=0xdfff).contains(&second) {
            return Err(self.fault(JsonFault::LoneSurrogate));
        }
        char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
            .ok_or_else(|| self.fault(JsonFault::LoneSurrogate))
    }

    /// Reads `uXXXX`.
    fn code_unit(&mut self) -> Result<u32, JsonError> {
        self.take("u")?;
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let mut unit = 0;
        for digit in digits.ok_or_else(|| self.fault(JsonFault::Syntax))? {
            let value = char::from(*digit).to_digit(16);
            unit = unit * 16 + value.ok_or_else(|| self.fault(JsonFault::Syntax))?;
        }
        self.at += 4;
        Ok(unit)
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.fault(JsonFault::Syntax)) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let integer_at = self.at;
        self.digits()?;
        if leading_zero && self.at > integer_at + 1 {
            return Err(JsonError { at: integer_at, fault: JsonFault::Syntax });
        }
        let integer_end = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let token = &self.text[start..self.at];
        let refused = JsonError { at: start, fault: JsonFault::Number };
        let plain = self.at == integer_end && token != "-0";
        let integer = if plain { token.parse::<i64>().ok() } else { None };
        match (integer, self.rules) {
            (Some(n), _) if n.unsigned_abs() <= SAFE_INTEGER_MAX.unsigned_abs() => {
                Ok(Value::Integer(n))
            }
            (_, Rules::Profile) => Err(refused),
            (_, Rules::Any) => match token.parse::<f64>() {
                Ok(n) if n.is_finite() => Ok(Value::Float(n)),
                _ => Err(refused),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str, rules: Rules) -> Option<JsonFault> {
        parse(text.as_bytes(), rules).err().map(|error| error.fault)
    }

    #[test]
    fn the_profile_refuses_what_two_readers_could_read_differently() {
        for (text, expected) in [
            (r#"{"a":1,"a":2}"#, JsonFault::DuplicateName),
            (r#"{"a":1,"\u0061":2}"#, JsonFault::DuplicateName),
            ("9007199254740992", JsonFault::Number),
            ("-9007199254740992", JsonFault::Number),
            ("99999999999999999999999999", JsonFault::Number),
            ("1.0", JsonFault::Number),
            ("1e0", JsonFault::Number),
            ("-0", JsonFault::Number),
            ("01", JsonFault::Syntax),
            ("+1", JsonFault::Syntax),
            ("1.", JsonFault::Syntax),
            (".5", JsonFault::Syntax),
            ("NaN", JsonFault::Syntax),
            (r#""\ud800""#, JsonFault::LoneSurrogate),
            (r#""\udc00\ud800""#, JsonFault::LoneSurrogate),
            (r#""\ud800\u0041""#, JsonFault::LoneSurrogate),
            ("\"e\u{301}\"", JsonFault::NotNormalized),
            ("{\"e\u{301}\":1}", JsonFault::NotNormalized),
            ("\"a\u{1}\"", JsonFault::Syntax),
            ("\"a", JsonFault::Syntax),
            (r#""\x""#, JsonFault::Syntax),
            (r#""\u12""#, JsonFault::Syntax),
            ("[1,]", JsonFault::Syntax),
            ("{\"a\":1,}", JsonFault::Syntax),
            ("1 2", JsonFault::Trailing),
            ("\u{feff}1", JsonFault::Syntax),
            ("", JsonFault::Syntax),
            ("nul", JsonFault::Syntax),
        ] {
            assert_eq!(fault(text, Rules::Profile), Some(expected), "{text:?}");
        }
        assert_eq!(parse(b"\"\xff\"", Rules::Profile).unwrap_err().fault, JsonFault::NotUtf8);
    }

    #[test]
    fn the_profile_keeps_the_largest_safe_integers() {
        for n in [0, SAFE_INTEGER_MAX, -SAFE_INTEGER_MAX] {
            assert_eq!(parse(n.to_string().as_bytes(), Rules::Profile), Ok(Value::Integer(n)));
        }
    }

    #[test]
    fn thirty_two_levels_are_read_and_thirty_three_refused() {
        let nested = |levels| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(fault(&nested(32), Rules::Profile), None);
        assert_eq!(fault(&nested(33), Rules::Profile), Some(JsonFault::TooDeep));
        assert_eq!(fault(&"[".repeat(1_000_000), Rules::Any), Some(JsonFault::TooDeep));
    }

    #[test]
    fn surrogate_pairs_become_one_character() {
        let text = r#""\ud83d\ude00\u00e9""#;
        assert_eq!(parse(text.as_bytes(), Rules::Profile), Ok(Value::from("😀é")));
    }
}
