//! What each mention of a place of work says, and what all of them come to.

use super::words::{PlaceWords, Words};
use crate::bytes::border;
use crate::reading::{Reading, Text};
use jmip_core::event::{Span, TextField, Workplace};
use std::ops::Range;

/// Most mentions that are looked at in one text; a posting has a dozen.
const MENTIONS_MAX: usize = 256;

/// How surely a mention speaks of this job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It speaks of a way of working.
    Weak,
    /// It names the job, or stands under a label.
    Strong,
    /// It counts the days.
    Counted,
}

impl Strength {
    /// Trust in a vote of this strength.
    pub fn confidence_bp(self) -> u32 {
        match self {
            Self::Weak => 7500,
            Self::Strong => 9000,
            Self::Counted => 9300,
        }
    }
}

/// What one mention says.
#[derive(Clone, Debug)]
pub struct Vote {
    /// Where the work is done.
    pub place: Workplace,
    /// How surely.
    pub strength: Strength,
    /// The words.
    pub span: Span,
    start: usize,
}

/// A mention of a place of work, before it is judged.
struct Mention<'a> {
    text: &'a Text<'a>,
    range: Range<usize>,
    words: &'a PlaceWords,
}

/// What title, location and description say together; nothing when they do not agree.
pub fn decide(words: &Words, reading: &Reading<'_>) -> Option<Vote> {
    let texts = [&reading.title, &reading.location, &reading.description];
    let votes: Vec<Vote> = texts
        .into_iter()
        .flat_map(|text| votes(words, text))
        .collect();
    let top = votes.iter().map(|vote| vote.strength).max()?;
    let first = |place: Workplace, least: Strength| {
        votes
            .iter()
            .filter(|vote| vote.place == place && vote.strength >= least)
            .max_by_key(|vote| vote.strength)
    };
    let top_vote = |place| first(place, top);
    // A share of the week is more exact than a label: "remote" may well mean three days of it.
    if let Some(vote) = top_vote(Workplace::Hybrid) {
        return Some(vote.clone());
    }
    let (remote, onsite) = (top_vote(Workplace::Remote), top_vote(Workplace::Onsite));
    match (remote, onsite) {
        (Some(remote), Some(onsite)) => both(remote, onsite).cloned(),
        (None, Some(onsite)) if top < Strength::Counted => first(Workplace::Hybrid, Strength::Weak)
            .or(Some(onsite))
            .cloned(),
        (one, other) => one.or(other).cloned(),
    }
}

/// "Remote or in person" offers remote; otherwise title and location go before the prose.
fn both<'a>(remote: &'a Vote, onsite: &'a Vote) -> Option<&'a Vote> {
    /// Farthest apart the two words of one offer stand.
    const OFFER_MAX_BYTES: usize = 40;
    let is_prose = |vote: &Vote| vote.span.field() == TextField::Description;
    if remote.span.field == onsite.span.field
        && remote.start.abs_diff(onsite.start) <= OFFER_MAX_BYTES
    {
        return Some(remote);
    }
    match (is_prose(remote), is_prose(onsite)) {
        (false, true) => Some(remote),
        (true, false) => Some(onsite),
        _ => None,
    }
}

fn votes(words: &Words, text: &Text<'_>) -> Vec<Vote> {
    let folded = text.folded();
    let mut mentions: Vec<Mention<'_>> = Vec::new();
    let mut stems: Vec<_> = text.mentions(&words.stems).iter().collect();
    stems.sort_by_key(|stem| (stem.range.end, stem.range.start));
    for stem in stems.into_iter().take(MENTIONS_MAX) {
        let range = stem.range.clone();
        match mentions.last() {
            // "Partly from home" speaks of both, "from home" of one: the longer counts.
            Some(last) if last.range.start < range.start && range.end <= last.range.end => continue,
            Some(last) if last.range.end > range.start => {
                mentions.pop();
            }
            _ => {}
        }
        let word_end = folded[range.end..]
            .find(|c: char| !c.is_ascii_alphanumeric())
            .map_or(folded.len(), |at| range.end + at);
        mentions.push(Mention {
            text,
            range: range.start..word_end,
            words: &words.places[*words.stems.of(stem)],
        });
    }
    let in_menu = menus(words, folded, &mentions);
    mentions
        .iter()
        .zip(in_menu)
        .filter(|(_, in_menu)| !in_menu)
        .filter_map(|(mention, _)| mention.vote(words))
        .collect()
}

/// Which mentions belong to a list of all three places: boilerplate that says nothing.
fn menus(words: &Words, folded: &str, mentions: &[Mention<'_>]) -> Vec<bool> {
    let is_listed = |pair: &[Mention<'_>]| {
        let gap = pair[0].range.end..pair[1].range.start;
        let glue = folded
            .get(gap)
            .map(|gap| gap.trim_matches([' ', ',', '/', '-', '|']));
        glue.is_some_and(|glue| glue.is_empty() || words.menu_joins.iter().any(|join| join == glue))
    };
    let mut in_menu = vec![false; mentions.len()];
    for at in 2..mentions.len() {
        let run = &mentions[at - 2..=at];
        let differ = run[0].words.place != run[1].words.place
            && run[1].words.place != run[2].words.place
            && run[0].words.place != run[2].words.place;
        if differ && is_listed(&run[..2]) && is_listed(&run[1..]) {
            in_menu[at - 2..=at].fill(true);
        }
    }
    in_menu
}

impl Mention<'_> {
    fn vote(&self, words: &Words) -> Option<Vote> {
        let folded = self.text.folded();
        let before = self.text.before(self.range.start, 40);
        let after = self.text.after(self.range.end, 40);
        if words
            .unless
            .any(folded, self.text.before(self.range.start, 60))
        {
            return None;
        }
        let is_denied =
            self.is_denied(words, &before, &after) || self.is_denied_in_list(words, &before);
        if self.is_trapped_behind(words, &after) || self.is_answered_otherwise(words) {
            return None;
        }
        if is_denied {
            return (self.words.place == Workplace::Remote && !self.is_partly(words, &before))
                .then(|| self.cast(Workplace::Onsite, Strength::Strong));
        }
        if let Some(place) = self.shared(words) {
            return Some(self.cast(place, Strength::Counted));
        }
        let is_label = self.text.field() != TextField::Description;
        let names_job = self.words.strong_after.begins(folded, after.clone());
        if !is_label && !names_job && self.words.traps_before.ends(folded, before.clone()) {
            return None;
        }
        let strength = self.strength(words, &before, &after)?;
        Some(self.cast(self.words.place, strength))
    }

    /// "Not fully remote" leaves room for some.
    fn is_partly(&self, words: &Words, before: &Range<usize>) -> bool {
        let left = self.text.folded()[before.clone()].trim_end();
        words
            .wholly
            .iter()
            .any(|word| left.ends_with(word.as_str()))
    }

    /// The words before, without "fully" and the like, so that a "not" before them is seen.
    fn before_job_words(&self, words: &Words, before: &Range<usize>) -> Range<usize> {
        let left = self.text.folded()[before.clone()].trim_end();
        let mut cuts = words.wholly.iter().chain(&words.now);
        let cut = cuts
            .find_map(|word| left.strip_suffix(word.as_str()))
            .unwrap_or(left);
        before.start..before.start + cut.len()
    }

    /// "Not a remote role", "telecommuting: not allowed"; the sentence may be over at the answer.
    fn is_denied(&self, words: &Words, before: &Range<usize>, after: &Range<usize>) -> bool {
        let folded = self.text.folded();
        let answer = self.range.end..border(folded, (self.range.end + 24).min(folded.len()));
        let is_before = words
            .denied_before
            .ends(folded, self.before_job_words(words, before));
        is_before && words.denied_about.any(folded, before.start..after.end)
            || words.denied_after.hits(folded, answer.clone()).any(|hit| {
                folded[answer.start..hit.start]
                    .trim_matches([' ', ':', '-'])
                    .is_empty()
            })
    }

    /// "We do not offer relocation or remote roles".
    fn is_denied_in_list(&self, words: &Words, before: &Range<usize>) -> bool {
        let folded = self.text.folded();
        let left = folded[before.clone()].trim_end();
        let mut ends = words.list_ends.iter();
        let Some(list) = ends.find_map(|end| left.strip_suffix(end.as_str())?.strip_suffix(' '))
        else {
            return false;
        };
        let item = list.rfind(' ').map_or(0, |at| at + 1);
        self.words.place == Workplace::Remote
            && words
                .denied_before
                .ends(folded, before.start..before.start + item)
            && !left.contains(',')
    }

    /// "Remote job: hybrid": the word is a label, and another one is its answer.
    fn is_answered_otherwise(&self, words: &Words) -> bool {
        let folded = self.text.folded();
        let end = border(folded, (self.range.end + 32).min(folded.len()));
        let right = &folded[self.range.end..end];
        let Some(colon) = right.find(':').filter(|colon| *colon <= 8) else {
            return false;
        };
        let from = self.range.end + colon;
        let stems = self.text.mentions(&words.stems);
        let behind = stems.partition_point(|stem| stem.range.start < from);
        let mut near = stems[behind..]
            .iter()
            .take_while(|stem| stem.range.start < end);
        let answer = near.find(|stem| stem.range.end <= end);
        answer.is_some_and(|answer| {
            folded[from + 1..answer.range.start]
                .trim_matches([' ', '\n', '-', '['])
                .is_empty()
        })
    }

    fn is_trapped_behind(&self, words: &Words, after: &Range<usize>) -> bool {
        let folded = self.text.folded();
        self.words.traps_after.begins(folded, after.clone())
            || self
                .words
                .perks_after
                .begins(folded, self.perk_window(words, after))
    }

    /// Perks stand behind the next word too: "remotely for 2 weeks", "remote options if".
    fn perk_window(&self, words: &Words, after: &Range<usize>) -> Range<usize> {
        let right = self.text.folded()[after.clone()].trim_start();
        let mut leads = words.perk_leads.iter();
        let skipped = leads
            .find_map(|lead| right.strip_prefix(lead.as_str())?.strip_prefix(' '))
            .unwrap_or(right);
        let skipped = skipped.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        after.end - skipped.len()..after.end
    }

    /// What a share of the week around the stem makes of it.
    fn shared(&self, words: &Words) -> Option<Workplace> {
        let folded = self.text.folded();
        let near =
            self.text.before(self.range.start, 32).start..self.text.after(self.range.end, 48).end;
        let near = near.start..border(folded, near.end);
        let found = words.share.captures(&folded[near.clone()])?;
        let whole = found.get(0)?.range();
        if let Some(percent) = found.name("percent") {
            let percent: u32 = percent.as_str().parse().ok()?;
            let is_home = self.words.place != Workplace::Onsite;
            let behind = border(folded, near.start + whole.end);
            let is_other = words
                .other_share
                .any(folded, behind..self.text.after(behind, 24).end);
            let is_share = (1..100).contains(&percent) && is_home && !is_other;
            return is_share.then_some(Workplace::Hybrid);
        }
        let days = words.days(found.name("high").or_else(|| found.name("low"))?.as_str());
        let low = words.days(found.name("low")?.as_str());
        let behind = near.start + whole.end;
        let window = behind..border(folded, (behind + 32).min(near.end));
        let per_year = words
            .per_year
            .iter()
            .any(|year| folded[window.clone()].contains(year.as_str()));
        if per_year {
            return None;
        }
        let is_office = words.office.any(folded, window.clone())
            || (self.words.place == Workplace::Onsite && !words.home.any(folded, window));
        match self.words.place {
            Workplace::Onsite | Workplace::Hybrid if is_office && low >= 5 => {
                Some(Workplace::Onsite)
            }
            Workplace::Remote if !is_office && low >= 5 => Some(Workplace::Remote),
            _ if days < 5 || low < 5 => Some(Workplace::Hybrid),
            _ => None,
        }
    }

    fn strength(
        &self,
        words: &Words,
        before: &Range<usize>,
        after: &Range<usize>,
    ) -> Option<Strength> {
        let folded = self.text.folded();
        if self.text.field() != TextField::Description
            || self.is_tag(words)
            || self.is_labelled(words)
        {
            return Some(Strength::Strong);
        }
        let is_strong = self.words.strong_before.ends(folded, before.clone())
            || self.words.strong_after.begins(folded, after.clone());
        if is_strong {
            return Some(Strength::Strong);
        }
        let is_closed = folded[after.clone()].trim_start().is_empty();
        let is_weak = self.words.weak_after.begins(folded, after.clone())
            || (self.words.place == Workplace::Hybrid && (is_closed || self.ends_clause(after)));
        is_weak.then_some(Strength::Weak)
    }

    /// "Location: Reading, PA - Onsite", also where the export glued the label to the line before.
    fn is_labelled(&self, words: &Words) -> bool {
        /// Longest place between a label and the word.
        const PLACE_MAX_BYTES: usize = 64;
        let folded = self.text.folded();
        let before = self.text.before(self.range.start, PLACE_MAX_BYTES);
        let Some(label) = words.labels.last(folded, before) else {
            return false;
        };
        let place = &folded[label.end..self.range.start];
        let is_value = place.trim_start().starts_with(':') && place.matches(':').count() == 1;
        let left = place.trim_end();
        is_value && (left.ends_with([':', '-', '(', ',', '/', '[', '|']) || place.len() <= 24)
    }

    fn ends_clause(&self, after: &Range<usize>) -> bool {
        self.text.folded()[after.clone()]
            .trim_start()
            .starts_with([',', '.', ';', ')', '-', '(', '|', '/', ':'])
    }

    /// Alone in its line, in brackets or between bars: `(remote)`, `| ONSITE |`.
    fn is_tag(&self, words: &Words) -> bool {
        /// Longest header of a thread: "Bakery | Delft | Full-time, onsite | https://…".
        const HEADER_MAX_BYTES: usize = 240;
        /// A remark in brackets belongs to what stands right before it, not to a long sentence.
        const HEAD_MAX_BYTES: usize = 60;
        let folded = self.text.folded();
        let left = &folded[self.text.before(self.range.start, HEADER_MAX_BYTES)];
        let right = &folded[self.text.after(self.range.end, HEADER_MAX_BYTES)];
        let (left, right) = (left.trim_end(), right.trim());
        let tag = &words.tag;
        if left.contains('|') || right.contains('|') {
            let opens = left.is_empty()
                || left.ends_with(['|', ',', '/', '(', '&', '-', ';', '['])
                || tag.before.iter().any(|word| {
                    let before = left.strip_suffix(word.as_str());
                    before.is_some_and(|before| before.ends_with(' '))
                });
            let closes = right.is_empty()
                || right.starts_with(['|', ',', '/', ')', '&', '(', ';', ']', '-'])
                || tag
                    .behind
                    .iter()
                    .any(|word| right.starts_with(word.as_str()));
            return opens && closes;
        }
        let opens = left.is_empty() || left.ends_with(['(', '|', '[', '#', ':']);
        let closes = right.is_empty() || right.starts_with([')', '|', ']']);
        let is_line = left.trim_matches(['-', '*', ' ', '#']).is_empty();
        (opens && closes && left.len() <= HEAD_MAX_BYTES)
            || (is_line
                && (right.starts_with(['(', '-', ',', ':', '.'])
                    || tag
                        .behind_in_line
                        .iter()
                        .any(|word| right.starts_with(word.as_str()))))
    }

    fn cast(&self, place: Workplace, strength: Strength) -> Vote {
        Vote {
            place,
            strength,
            span: self.text.span(&self.quoted()),
            start: self.range.start,
        }
    }

    /// The mention with a few words around it, as far as its sentence goes.
    fn quoted(&self) -> Range<usize> {
        let folded = self.text.folded();
        let before = self.text.before(self.range.start, 24);
        let after = self.text.after(self.range.end, 32);
        let left = &folded[before.clone()];
        let start = before.start
            + left
                .find(' ')
                .map_or(left.len(), |at| at + 1)
                .min(left.len());
        let start = if before.start == self.text.sentence(self.range.start).start {
            before.start
        } else {
            start
        };
        let right = &folded[after.clone()];
        let end = after.start
            + right.rfind(' ').unwrap_or(if right.ends_with('\n') {
                0
            } else {
                right.len()
            });
        let whole = start.min(self.range.start)..end.max(self.range.end);
        let text = &folded[whole.clone()];
        let lead = text.len() - text.trim_start().len();
        whole.start + lead..whole.start + text.trim_end().len()
    }
}
