//! The second layer: bytes in which ASCII means ASCII, and how to decode them.
//!
//! Records are cut on bytes, before decoding, so that a record's byte range points into the
//! decompressed file. UTF-16 has no such bytes: it is transcoded to UTF-8, and offsets are kept
//! exact by counting what each byte of UTF-8 takes up in UTF-16.

use crate::problem;
use crate::unpack::{BLOCK_BYTES, End, Unpacked};
use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Stands for a UTF-16 unit that is no character; never valid in UTF-8, so its record is refused.
const BAD_UNIT: u8 = 0xff;
/// Stands for half a UTF-16 unit at the end.
const HALF_UNIT: u8 = 0xfe;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    Windows1252,
}

/// An export as a stream of bytes in which line breaks, quotes and delimiters are single bytes.
pub struct Text<'a> {
    export: Unpacked<'a>,
    utf16: Option<Decoder>,
    charset: Option<Charset>,
    raw: Vec<u8>,
    block: Vec<u8>,
    at: usize,
    offset: u64,
    is_damage_taken: bool,
}

impl<'a> Text<'a> {
    /// Takes the first block of unpacked bytes for text.
    pub fn open(export: Unpacked<'a>) -> Self {
        let mut text = Self {
            export,
            utf16: None,
            charset: None,
            raw: vec![],
            block: vec![],
            at: 0,
            offset: 0,
            is_damage_taken: false,
        };
        text.export.read_block(&mut text.raw);
        let mark = text.read_byte_order_mark();
        text.raw.drain(..mark);
        text.offset = mark as u64;
        text.take_raw();
        text
    }

    /// Text of bytes that lie there as they are.
    #[cfg(test)]
    pub fn of(bytes: &'a [u8]) -> Self {
        let source = crate::unpack::Seekable::new(std::io::Cursor::new(bytes));
        Self::open(Unpacked::whole(&crate::unpack::Origin::of(source)))
    }

    /// The first block of the text.
    ///
    /// Shape: at most [`BLOCK_BYTES`] of the export; meaningful only before anything is consumed.
    pub fn head(&self) -> &[u8] {
        &self.block
    }

    /// Whether [`Text::head`] is all there is.
    pub fn head_is_all(&self) -> bool {
        self.export.end().is_some()
    }

    /// The bytes that come next; empty at the end.
    pub fn fill(&mut self) -> &[u8] {
        while self.at == self.block.len() && self.export.end().is_none() {
            self.export.read_block(&mut self.raw);
            self.take_raw();
        }
        if self.at == self.block.len() {
            self.offset = self.export.bytes();
        }
        &self.block[self.at..]
    }

    /// Goes on by `count` bytes of what [`Text::fill`] showed.
    pub fn consume(&mut self, count: usize) {
        let bytes = &self.block[self.at..self.at + count];
        self.offset += match self.utf16 {
            Some(_) => bytes.iter().map(|&byte| utf16_bytes(byte)).sum(),
            None => count as u64,
        };
        self.at += count;
    }

    /// Bytes that were read so far, decompressed.
    pub fn bytes_read(&self) -> u64 {
        self.export.bytes()
    }

    /// Where the next byte stands in the decompressed export. Units: bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads what is left; answers the size of the decompressed export.
    pub fn drain(&mut self) -> u64 {
        loop {
            match self.fill().len() {
                0 => return self.export.bytes(),
                left => self.consume(left),
            }
        }
    }

    /// Why the export breaks off; answered once, so that it ends in one refused record.
    pub fn take_damage(&mut self) -> Option<String> {
        match self.export.end() {
            Some(End::Damaged(reason)) if !self.is_damage_taken => {
                self.is_damage_taken = true;
                Some(reason.clone())
            }
            _ => None,
        }
    }

    /// What a line break takes up in the export. Units: bytes.
    pub fn unit_bytes(&self) -> u64 {
        if self.utf16.is_some() { 2 } else { 1 }
    }

    /// Whether the reader failed, so that nothing may be said about what follows.
    pub fn is_lost(&self) -> bool {
        self.export.end() == Some(&End::Lost)
    }

    /// Lets a whole record decide the encoding, if nothing before it had a byte beyond ASCII.
    pub fn settle(&mut self, record: &[u8]) {
        if self.charset.is_none() {
            self.charset = charset_of(record);
        }
    }

    /// Decodes a part of a record; `None` when it is not in the export's encoding.
    pub fn decode<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, str>> {
        match self.charset {
            Some(Charset::Windows1252) => Some(WINDOWS_1252.decode_without_bom_handling(bytes).0),
            _ => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        }
    }

    /// A record's beginning for a person to read, whatever it holds.
    pub fn excerpt(&self, bytes: &[u8]) -> String {
        let text = self
            .decode(bytes)
            .unwrap_or_else(|| String::from_utf8_lossy(bytes));
        problem::excerpt(&text)
    }

    /// Answers the length of the mark.
    fn read_byte_order_mark(&mut self) -> usize {
        if self.raw.starts_with(&[0xef, 0xbb, 0xbf]) {
            self.charset = Some(Charset::Utf8);
            return 3;
        }
        let utf16 = match self.raw.as_slice() {
            [0xff, 0xfe, ..] => UTF_16LE,
            [0xfe, 0xff, ..] => UTF_16BE,
            _ => {
                self.charset = charset_of(whole_characters(&self.raw));
                return 0;
            }
        };
        self.charset = Some(Charset::Utf8);
        self.utf16 = Some(utf16.new_decoder_without_bom_handling());
        2
    }

    /// Makes the raw block the current one.
    fn take_raw(&mut self) {
        self.at = 0;
        let Some(decoder) = &mut self.utf16 else {
            std::mem::swap(&mut self.raw, &mut self.block);
            return;
        };
        let is_last = self.export.end().is_some();
        transcode(decoder, &self.raw, is_last, &mut self.block);
    }
}

/// Windows-1252 when more places are wrong in UTF-8 than right; `None` when all is ASCII.
fn charset_of(bytes: &[u8]) -> Option<Charset> {
    if bytes.is_ascii() {
        return None;
    }
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    Some(if wrong > right {
        Charset::Windows1252
    } else {
        Charset::Utf8
    })
}

/// A full block without its end, where it may have cut a character.
fn whole_characters(block: &[u8]) -> &[u8] {
    if block.len() < BLOCK_BYTES {
        return block;
    }
    let last_ascii = block.iter().rposition(u8::is_ascii);
    last_ascii.map_or(block, |at| &block[..=at])
}

fn transcode(decoder: &mut Decoder, raw: &[u8], is_last: bool, out: &mut Vec<u8>) {
    let most = decoder
        .max_utf8_buffer_length_without_replacement(raw.len())
        .expect("three times a block fits into memory");
    let mut read = 0;
    out.clear();
    loop {
        let start = out.len();
        out.resize(start + most, 0);
        let (result, used, written) =
            decoder.decode_to_utf8_without_replacement(&raw[read..], &mut out[start..], is_last);
        read += used;
        out.truncate(start + written);
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(1, _) => out.push(HALF_UNIT),
            DecoderResult::Malformed(..) => out.push(BAD_UNIT),
        }
    }
}

/// What a byte of the transcoded text takes up in UTF-16: a character's size counts at its first
/// byte.
fn utf16_bytes(byte: u8) -> u64 {
    match byte {
        0x80..=0xbf => 0,
        HALF_UNIT => 1,
        0xf0..=0xf7 => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16le(text: &str) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    }

    #[test]
    fn offsets_into_utf16_are_exact() {
        let written = "aé€😀b".repeat(20_000);
        let bytes = utf16le(&written);
        let mut text = Text::of(&bytes);
        let mut seen = String::new();
        loop {
            let expected = 2 + 2 * seen.encode_utf16().count() as u64;
            assert_eq!(text.offset(), expected);
            let ready = text.fill().to_vec();
            if ready.is_empty() {
                break;
            }
            seen.push_str(str::from_utf8(&ready).unwrap());
            text.consume(ready.len());
        }
        assert_eq!(seen, written);
        assert_eq!(text.drain(), bytes.len() as u64);
    }

    #[test]
    fn a_unit_that_is_no_character_can_not_be_decoded() {
        for tail in [&b"\x00\xd8x\0"[..], b"x"] {
            let mut bytes = utf16le("ab");
            bytes.extend_from_slice(tail);
            let mut text = Text::of(&bytes);
            let head = text.head().to_vec();
            assert!(head.starts_with(b"ab"));
            assert_eq!(text.decode(&head), None);
            text.consume(head.len());
            assert_eq!(text.offset(), bytes.len() as u64);
        }
    }

    #[test]
    fn a_mark_is_skipped_and_counted() {
        let text = Text::of(b"\xef\xbb\xbfx");
        assert_eq!((text.head(), text.offset()), (&b"x"[..], 3));
    }

    #[test]
    fn the_encoding_is_told_by_the_first_bytes_beyond_ascii() {
        assert_eq!(charset_of(b"plain"), None);
        assert_eq!(charset_of("Köln".as_bytes()), Some(Charset::Utf8));
        assert_eq!(charset_of(b"K\xf6ln"), Some(Charset::Windows1252));
        let with_one_fault = ["Köln, Zürich ".as_bytes(), b"\xff"].concat();
        assert_eq!(charset_of(&with_one_fault), Some(Charset::Utf8));
    }

    #[test]
    fn a_late_accent_still_decides() {
        let bytes = [vec![b'x'; 100_000], b"\nK\xf6ln".to_vec()].concat();
        let mut text = Text::of(&bytes);
        text.settle(b"xxx");
        text.settle(b"K\xf6ln");
        assert_eq!(text.decode(b"K\xf6ln").as_deref(), Some("Köln"));
    }
}
