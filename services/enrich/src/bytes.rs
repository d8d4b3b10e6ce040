//! Bytes of a text: which belong to words, where characters begin, and where the next of a kind
//! stands, looked for a block at a time so that the bytes between cost little.

/// How many bytes are asked at once; the compiler turns the question into a few wide instructions.
const BLOCK: usize = 32;

/// The first place at or behind `from` whose byte is of a kind.
///
/// Meant for kinds that are a few comparisons and that stand some dozens of bytes apart.
pub(crate) fn next(bytes: &[u8], from: usize, is_kind: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = from;
    for block in bytes.get(from..)?.chunks_exact(BLOCK) {
        let is_here = block.iter().fold(false, |any, byte| any | is_kind(*byte));
        if is_here {
            break;
        }
        at += BLOCK;
    }
    let rest = bytes[at..].iter().position(|byte| is_kind(*byte))?;
    Some(at + rest)
}

/// Whether a byte of folded text belongs to a word.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// The next character border at or behind a byte.
pub(crate) fn border(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|place| text.is_char_boundary(*place))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_byte_of_a_kind_is_found(text in "[a.]{0,120}", from in 0_usize..130) {
            let expected = text.get(from..).and_then(|rest| rest.find('.')).map(|at| from + at);
            prop_assert_eq!(next(text.as_bytes(), from, |byte| byte == b'.'), expected);
        }
    }
}
