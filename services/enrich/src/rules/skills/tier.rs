//! How much one mention asks for its skill.

use crate::reading::Text;
use crate::sections::Section;
use crate::skills::cues::{Cue, CueHits, Hit};
use jmip_core::event::{SkillTier, TextField};
use std::ops::Range;

/// How far around a mention, in its sentence, words that set the tier are looked for.
const CUE_MAX_BYTES: usize = 160;
/// How far behind a mention a word like "developer" speaks of it.
const NEAR_MAX_BYTES: usize = 30;
/// How far before a mention its role may stand ("Engineer (mostly Python)").
const ROLE_MAX_BYTES: usize = 16;

/// How much one mention asks for the skill; nothing where it is denied or only a benefit.
pub(super) fn tier(cues: &CueHits, text: &Text<'_>, range: &Range<usize>) -> Option<SkillTier> {
    if text.field() == TextField::Title {
        return Some(SkillTier::Must);
    }
    let folded = text.folded();
    let clause = clause(cues, text, range);
    let before = clause.start..range.start;
    let denied = cues
        .within(before.clone())
        .any(|hit| hit.cue == Cue::Denied && folded[hit.end..range.start].trim().is_empty());
    if denied {
        return None;
    }
    match marked(cues, text, range, &clause) {
        Some(Mark::Denied) => return None,
        Some(Mark::Nice) => return Some(SkillTier::Nice),
        Some(Mark::Must) => return Some(SkillTier::Must),
        None => {}
    }
    let near = range.end..clause.end.min(range.end + NEAR_MAX_BYTES);
    let is_asked = cues.any(Cue::Asked, before.clone())
        || cues.any(Cue::AskedAfter, near)
        || is_of_role(cues, text, range, &before);
    if !is_asked && is_branch(cues, text, range, clause.end) {
        return None;
    }
    let is_stack = || {
        let folded = text.folded();
        let mut leads = cues.within(before.clone());
        leads.any(|hit| hit.cue == Cue::Stack && !is_closed(folded, hit, range.start))
    };
    match text.section(range.start) {
        Section::Requirements if is_stack() => Some(SkillTier::Context),
        Section::Title | Section::Requirements => Some(SkillTier::Must),
        Section::NiceToHave => Some(SkillTier::Nice),
        Section::Company | Section::Learning => Some(SkillTier::Context),
        Section::Benefits | Section::Legal => is_asked.then_some(SkillTier::Context),
        Section::Duties | Section::Open if is_asked => Some(SkillTier::Must),
        Section::Duties | Section::Open => Some(SkillTier::Context),
    }
}

/// Whether a mention names what the employer does: "a home care agency", outside of what is asked.
fn is_branch(cues: &CueHits, text: &Text<'_>, range: &Range<usize>, end: usize) -> bool {
    let section = text.section(range.start);
    let is_asked = matches!(section, Section::Requirements | Section::NiceToHave);
    let behind = range.end..end.min(range.end + NEAR_MAX_BYTES);
    !is_asked
        && cues.within(behind).any(|hit| {
            let between = &text.folded()[range.end..hit.start];
            hit.cue == Cue::Branch && between.trim().is_empty()
        })
}

/// What a marker in the sentence says of a mention.
enum Mark {
    Must,
    Nice,
    Denied,
}

/// The part of the sentence that speaks of a mention: up to semicolons and seams of glued lines.
fn clause(cues: &CueHits, text: &Text<'_>, range: &Range<usize>) -> Range<usize> {
    let folded = text.folded();
    let before = text.before(range.start, CUE_MAX_BYTES);
    let after = text.after(range.end, CUE_MAX_BYTES);
    let start = folded[before.clone()]
        .rfind(';')
        .map_or(before.start, |at| before.start + at);
    let end = folded[after.clone()]
        .find(';')
        .map_or(after.end, |at| after.start + at);
    cues.unglued(start..end, range)
}

/// What the sentence itself says: the first marker behind the mention that speaks of it, else the
/// last before it.
fn marked(
    cues: &CueHits,
    text: &Text<'_>,
    range: &Range<usize>,
    clause: &Range<usize>,
) -> Option<Mark> {
    let folded = text.folded();
    let (before, after) = (clause.start..range.start, range.end..clause.end);
    let is_wished = || {
        cues.within(clause.clone())
            .any(|hit| matches!(hit.cue, Cue::NiceLead | Cue::NiceTrail))
    };
    let trail = cues
        .within(after)
        .filter(|hit| reaches_back(cues, folded, range.end, hit))
        .find_map(|hit| match hit.cue {
            Cue::NiceTrail => Some(Mark::Nice),
            Cue::MustTrail => Some(Mark::Must),
            Cue::DeniedTrail if is_wished() => Some(Mark::Nice),
            Cue::DeniedTrail => Some(Mark::Denied),
            _ => None,
        });
    if trail.is_some() {
        return trail;
    }
    let is_nice = text.section(range.start) == Section::NiceToHave;
    cues.within(before)
        .rev()
        .filter(|hit| opens(folded, clause, hit) || reaches_on(folded, hit, range.start))
        .find_map(|hit| match hit.cue {
            Cue::NiceLead => Some(Mark::Nice),
            Cue::MustLead if !is_nice => Some(Mark::Must),
            _ => None,
        })
}

/// Whether a marker behind a mention speaks of it: not one in brackets behind a later item, nor one
/// of a later part of the sentence that asks for something itself ("Java, knowledge of Go a plus").
fn reaches_back(cues: &CueHits, folded: &str, from: usize, hit: &Hit) -> bool {
    let between = &folded[from..hit.start];
    let bracket = between
        .rfind('(')
        .filter(|at| !between[*at..].contains(')'));
    if bracket.is_some_and(|at| between[..at].contains(',')) {
        return false;
    }
    // "(Python, Docker nice to have, testing)": the list goes on, so the mark is its last item's.
    let is_bare = !matches!(
        folded[hit.start..hit.end].split(' ').next(),
        Some("is" | "are" | "would")
    );
    if is_bare && hit.cue == Cue::NiceTrail && between.contains(',') {
        let rest = &folded[hit.end..];
        if rest.starts_with(',')
            && bracket.is_none()
            && rest.contains(')')
            && !between.contains(')')
        {
            return false;
        }
    }
    let starts_anew = |other: &Hit| {
        let until = folded[from..other.start].trim_end();
        let joins = [",", " and", " und", " en", " et", " y", " e", ")"];
        other.cue == Cue::Asked && joins.iter().any(|join| until.ends_with(join))
    };
    !cues.within(from..hit.start).any(starts_anew)
}

/// Whether a marker before a mention speaks of it: not one inside brackets that are closed by then,
/// nor one that ends what stands before it ("a degree preferred, Java").
fn reaches_on(folded: &str, hit: &Hit, to: usize) -> bool {
    let between = &folded[hit.end..to];
    !is_closed(folded, hit, to) && !between.trim_start().starts_with([',', ')', ';'])
}

/// Whether a marker stands in brackets that are closed before a place.
fn is_closed(folded: &str, hit: &Hit, to: usize) -> bool {
    let between = &folded[hit.end..to];
    let opened = between.find('(').unwrap_or(between.len());
    between.find(')').is_some_and(|at| at < opened)
}

/// Whether a marker opens its sentence with a comma behind it ("Ideally, you know Java").
fn opens(folded: &str, clause: &Range<usize>, hit: &Hit) -> bool {
    let is_first = !folded[clause.start..hit.start].contains(|c: char| c.is_alphanumeric());
    is_first && folded[hit.end..].starts_with(',')
}

/// Whether the mention names the kind of a role: "Engineer (mostly Python)", "Developer - Java".
fn is_of_role(
    cues: &CueHits,
    text: &Text<'_>,
    range: &Range<usize>,
    before: &Range<usize>,
) -> bool {
    let folded = text.folded();
    cues.within(before.clone()).any(|hit| {
        let between = &folded[hit.end..range.start];
        hit.cue == Cue::Role
            && between.len() <= ROLE_MAX_BYTES
            && between.contains(['(', '-', '|', ':', '/'])
    })
}
