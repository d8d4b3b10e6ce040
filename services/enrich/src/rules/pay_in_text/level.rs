//! For whom a range is, where a posting states several: "Technician II: ...", "(scale 9)".

use super::offer::Offer;
use super::words::Words;
use crate::reading::Text;
use std::ops::Range;

/// Longest words that name a level or a place; longer ones are a sentence.
const NAME_MAX_BYTES: usize = 60;

/// The level or place, as written; empty when the posting does not name one beside the amounts.
pub(super) fn named(words: &Words, text: &Text<'_>, offer: &Offer) -> String {
    behind(words, text, offer)
        .or_else(|| before(words, text, offer))
        .map(|name| text.written(&name).to_owned())
        .unwrap_or_default()
}

/// "... (scale 9)", "... for California", "... in Zone A".
fn behind(words: &Words, text: &Text<'_>, offer: &Offer) -> Option<Range<usize>> {
    let folded = text.folded();
    let window = text.after(offer.place.end, NAME_MAX_BYTES);
    let start = skip(folded, &window);
    if folded[start..window.end].starts_with('(') {
        let close = folded[start..window.end].find(')')?;
        return name(words, folded, start + 1..start + close);
    }
    let lead = ["for ", "in ", "voor ", "fur ", "pour ", "para "];
    let lead = lead
        .iter()
        .find(|lead| folded[start..window.end].starts_with(**lead))?;
    let rest = start + lead.len()..window.end;
    let end = folded[rest.clone()]
        .find([',', ';', '.', '(', '|', '\n', ':'])
        .map_or(rest.end, |at| rest.start + at);
    name(words, folded, rest.start..end)
}

/// "Technician II: ...", "California salary range: ...", "Tech Lead (18) - ...".
fn before(words: &Words, text: &Text<'_>, offer: &Offer) -> Option<Range<usize>> {
    let folded = text.folded();
    let mut end = offer.place.start;
    let mut start = offer.label_from;
    // What belongs to the number before ends with its clause.
    if let Some(at) = folded[start..end].rfind([';', '|', '\n']) {
        start += at + 1;
    }
    let trim = [' ', ':', '-', '(', '~', ','];
    end = start + folded[start..end].trim_end_matches(trim).len();
    if let Some(label) = words.labels.first(folded, start..end) {
        end = label.start;
    }
    let is_set_off =
        end < offer.place.start && folded[end..offer.place.start].contains([':', '-', '(']);
    if !is_set_off {
        return None;
    }
    end = start + folded[start..end].trim_end_matches(trim).len();
    let clause = folded[start..end].rfind(['.', ',', ')']);
    if let Some(at) = clause {
        start += at + 1;
    }
    name(words, folded, start..end)
}

/// A range that is short, has letters and says nothing about money.
fn name(words: &Words, folded: &str, range: Range<usize>) -> Option<Range<usize>> {
    let text = &folded[range.clone()];
    let start = range.start + text.len() - text.trim_start().len();
    let end = range.start + text.trim_end().len();
    if start >= end || end - start > NAME_MAX_BYTES {
        return None;
    }
    let is_article =
        ["the", "this", "our", "a", "de", "die", "and", "or"].contains(&&folded[start..end]);
    let is_period = words.unit_after(folded, start..end).is_some();
    let is_name = !is_article
        && !is_period
        && folded[start..end].contains(|c: char| c.is_alphabetic())
        && !words.labels.any(folded, start..end)
        && !words.traps_before.any(folded, start..end);
    is_name.then_some(start..end)
}

fn skip(folded: &str, window: &Range<usize>) -> usize {
    let text = &folded[window.clone()];
    window.start + text.len() - text.trim_start().len()
}
