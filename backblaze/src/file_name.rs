//! The names of files: what they may be, and how they are written in a header.

use std::fmt::Write as _;

use howdah_core::{Error, Result};

/// Checks a name: 1 to 1,024 bytes of UTF-8 without control characters, no slash at either end and no two in a row, and at
/// most 250 bytes between two slashes.
pub fn check(name: &str) -> Result<()> {
    let wrong = |why: &str| {
        let shown: String = name.chars().take(100).collect();
        Err(Error::invalid(format!("the file name `{}` {why}", shown.escape_debug())))
    };
    match name {
        "" => wrong("is empty"),
        _ if name.len() > 1024 => wrong("has more than 1,024 bytes"),
        _ if name.chars().any(|c| c < ' ' || c == '\u{7f}') => wrong("has a control character"),
        _ if name.starts_with('/') || name.ends_with('/') => wrong("begins or ends with a slash"),
        _ if name.contains("//") => wrong("has two slashes in a row"),
        _ if name.split('/').any(|segment| segment.len() > 250) => wrong("has more than 250 bytes between two slashes"),
        _ => Ok(()),
    }
}

/// Percent-encodes a name or a value of file info for a header: everything but letters, digits and `-._~/`.
///
/// ```
/// use howdah_backblaze::file_name;
///
/// assert_eq!(file_name::encode("a b/ü+.txt"), "a%20b/%C3%BC%2B.txt");
/// ```
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => encoded.push(byte.into()),
            _ => {
                // Writing to a string does not fail.
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Reads what [`encode`] or another client wrote: `+` is a space. `None` when it is not UTF-8 or an escape is broken.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? << 4 | digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_checked() {
        let long = "x".repeat(251);
        for name in ["", "/a", "a/", "a//b", "a\nb", "a\u{7f}", &long, &"ab/".repeat(400)] {
            assert!(check(name).unwrap_err().is_invalid(), "{name:?}");
        }
        for name in ["a", "a/b c+ü", "..", "日本語", &"x".repeat(250)] {
            check(name).unwrap();
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in "\\PC*") {
            let encoded = encode(&text);
            prop_assert!(encoded.is_ascii() && !encoded.contains(['+', ' ']));
            prop_assert_eq!(decode(&encoded), Some(text));
        }
    }
}
