//! Many phrases as one tree of their bytes, entered where a word starts.

use crate::bytes::is_word;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// Phrases by their bytes; what two phrases begin with alike is kept once.
///
/// Most words of a text begin no phrase, and those that do begin several: so the first word of a
/// phrase is looked up as a whole, and only what follows it is compared byte by byte.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    /// Per node: the byte its label begins with, so that looking for a child touches little.
    firsts: Vec<u8>,
    labels: Vec<u8>,
    /// Phrases that end at a node, by their numbers.
    ending: Vec<u32>,
    /// First words by their hashes, with the nodes they lead to; a power of two, half of it empty.
    words: Vec<Option<Known>>,
    /// First words, one behind the other.
    written: Vec<u8>,
}

#[derive(Clone, Default)]
struct Node {
    label: Range<u32>,
    children: Range<u32>,
    ending: Range<u32>,
}

#[derive(Clone)]
struct Known {
    written: Range<u32>,
    node: u32,
}

/// Phrases with their numbers, sorted.
type Sorted<'a> = Vec<(&'a [u8], Vec<u32>)>;

/// Phrases that are alike in so many first bytes, and the node these lead to.
struct Group {
    node: usize,
    phrases: Range<usize>,
    depth: usize,
}

/// A word of a text.
pub(crate) struct Word<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) range: Range<usize>,
    pub(crate) hash: u64,
}

impl<'a> Word<'a> {
    pub(crate) fn new(text: &'a [u8], range: Range<usize>) -> Self {
        let hash = word_hash(&text[range.clone()], &text[range.start..]);
        Self { text, range, hash }
    }

    pub(crate) fn letters(&self) -> &'a [u8] {
        &self.text[self.range.clone()]
    }
}

impl Tree {
    /// Builds the tree; a phrase is known by its place in the list, and none is empty.
    pub(crate) fn new(phrases: &[String]) -> Self {
        let mut sorted: BTreeMap<&[u8], Vec<u32>> = BTreeMap::new();
        for (number, phrase) in phrases.iter().enumerate() {
            let numbers = sorted.entry(phrase.as_bytes()).or_default();
            numbers.push(short(number));
        }
        let sorted: Sorted<'_> = sorted.into_iter().collect();
        let mut tree = Self {
            nodes: vec![Node::default()],
            firsts: vec![0],
            labels: vec![],
            ending: vec![],
            words: vec![],
            written: vec![],
        };
        let mut words = Vec::new();
        // Nodes are laid out level by level, so that the children of one stand together.
        let all = Group {
            node: 0,
            phrases: 0..sorted.len(),
            depth: 0,
        };
        let mut waiting = VecDeque::from([all]);
        while let Some(group) = waiting.pop_front() {
            let first = sorted.get(group.phrases.start);
            let phrase = first.map_or(&[][..], |(phrase, _)| phrase);
            if group.depth > 0 && group.depth == word_end(phrase, 0) {
                words.push((&phrase[..group.depth], short(group.node)));
            }
            waiting.extend(tree.grow(group, &sorted));
        }
        tree.index(&words);
        tree
    }

    /// Adds the children of the node of a group.
    fn grow(&mut self, group: Group, sorted: &Sorted<'_>) -> Vec<Group> {
        let Group {
            node,
            mut phrases,
            depth,
        } = group;
        if let Some((_, numbers)) = sorted.get(phrases.start).filter(|(p, _)| p.len() == depth) {
            let from = short(self.ending.len());
            self.ending.extend(numbers);
            self.nodes[node].ending = from..short(self.ending.len());
            phrases.start += 1;
        }
        let first_child = short(self.nodes.len());
        let mut grown = Vec::new();
        while !phrases.is_empty() {
            let first = sorted[phrases.start].0;
            let is_alike = |(phrase, _): &(&[u8], _)| phrase[depth] == first[depth];
            let alike = sorted[phrases.clone()].partition_point(is_alike);
            let inside = phrases.start..phrases.start + alike;
            // Sorted: what the first and the last have in common, all between them have. A first
            // word ends at a node of its own.
            let last = sorted[inside.end - 1].0;
            let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
            let word = word_end(first, 0);
            let end = if depth < word {
                common.min(word)
            } else {
                common
            };
            let from = short(self.labels.len());
            self.labels.extend(&first[depth..end]);
            phrases.start = inside.end;
            grown.push(Group {
                node: self.nodes.len(),
                phrases: inside,
                depth: end,
            });
            self.firsts.push(first[depth]);
            self.nodes.push(Node {
                label: from..short(self.labels.len()),
                ..Node::default()
            });
        }
        self.nodes[node].children = first_child..short(self.nodes.len());
        grown
    }

    fn index(&mut self, words: &[(&[u8], u32)]) {
        self.words = vec![None; (2 * words.len()).next_power_of_two()];
        for (word, node) in words {
            let start = short(self.written.len());
            self.written.extend_from_slice(word);
            let mut slot = self.slot(word_hash(word, word));
            while self.words[slot].is_some() {
                slot = (slot + 1) % self.words.len();
            }
            self.words[slot] = Some(Known {
                written: start..short(self.written.len()),
                node: *node,
            });
        }
    }

    fn slot(&self, hash: u64) -> usize {
        // The high bits are the well mixed ones.
        (hash >> 32) as usize % self.words.len()
    }

    /// The phrases whose first word is this word of a text, the shortest first, as number and end.
    pub(crate) fn of_word(&self, word: &Word<'_>, mut found: impl FnMut(u32, usize)) {
        let mut slot = self.slot(word.hash);
        while let Some(known) = &self.words[slot] {
            if self.written[as_usize(&known.written)] == *word.letters() {
                let (node, end) = (known.node as usize, word.range.end);
                self.follow(node, &word.text[end..], |number, length| {
                    found(number, end + length)
                });
                return;
            }
            slot = (slot + 1) % self.words.len();
        }
    }

    /// The phrases that begin at a place, whatever word stands there, as [`Tree::of_word`].
    pub(crate) fn walk(&self, text: &[u8], start: usize, mut found: impl FnMut(u32, usize)) {
        self.follow(0, &text[start..], |number, length| {
            found(number, start + length)
        });
    }

    fn follow(&self, node: usize, text: &[u8], mut found: impl FnMut(u32, usize)) {
        let (mut node, mut at) = (&self.nodes[node], 0);
        loop {
            for number in &self.ending[as_usize(&node.ending)] {
                found(*number, at);
            }
            let children = as_usize(&node.children);
            let firsts = &self.firsts[children.clone()];
            let child = text
                .get(at)
                .and_then(|byte| firsts.iter().position(|first| first == byte));
            let Some(child) = child else {
                return;
            };
            node = &self.nodes[children.start + child];
            // The first byte was just compared; most labels have few others.
            let label = &self.labels[as_usize(&node.label)][1..];
            let rest = &text[at + 1..];
            if rest.len() < label.len() || !label.iter().zip(rest).all(|(a, b)| a == b) {
                return;
            }
            at += 1 + label.len();
        }
    }
}

/// Where the word that starts at a place ends; a mark is a word of its own.
pub(crate) fn word_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..];
    let length = rest.iter().position(|byte| !is_word(*byte));
    start + length.unwrap_or(rest.len()).max(rest.len().min(1))
}

/// A hash of the first letters of a word and of its length; `rest` is the text from the word on.
fn word_hash(word: &[u8], rest: &[u8]) -> u64 {
    const LETTERS: usize = 8;
    let letters = word.len().min(LETTERS);
    let kept = match rest.first_chunk() {
        Some(eight) if letters > 0 => {
            u64::from_le_bytes(*eight) & (u64::MAX >> (8 * (LETTERS - letters)))
        }
        _ => word
            .iter()
            .take(letters)
            .rev()
            .fold(0, |kept, byte| kept << 8 | u64::from(*byte)),
    };
    spread(kept ^ (word.len() as u64).rotate_right(8))
}

/// Spreads numbers over 64 bits: 2^64 divided by the golden ratio.
pub(crate) fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn as_usize(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

fn short(number: usize) -> u32 {
    u32::try_from(number).expect("some thousand short phrases need no more")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(phrases: &[String], text: &str, start: usize, by_word: bool) -> Vec<(u32, usize)> {
        let (mut found, bytes) = (vec![], text.as_bytes());
        let tree = Tree::new(phrases);
        if by_word {
            let word = Word::new(bytes, start..word_end(bytes, start));
            tree.of_word(&word, |number, end| found.push((number, end)));
        } else {
            tree.walk(bytes, start, |number, end| found.push((number, end)));
        }
        found
    }

    proptest! {
        #[test]
        fn a_walk_finds_what_the_text_begins_with(
            phrases in proptest::collection::vec("[ab +]{1,12}", 0..12),
            text in "[ab +]{1,20}",
            start in 0_usize..9,
            by_word in any::<bool>(),
        ) {
            let start = start.min(text.len() - 1);
            let word = &text[start..word_end(text.as_bytes(), start)];
            let begins = |phrase: &String| {
                let first = &phrase[..word_end(phrase.as_bytes(), 0)];
                text[start..].starts_with(phrase.as_str()) && (!by_word || first == word)
            };
            let mut expected: Vec<(u32, usize)> = (0_u32..)
                .zip(&phrases)
                .filter(|(_, phrase)| begins(phrase))
                .map(|(number, phrase)| (number, start + phrase.len()))
                .collect();
            expected.sort_by_key(|(number, end)| (*end, *number));
            prop_assert_eq!(found(&phrases, &text, start, by_word), expected);
        }
    }
}
