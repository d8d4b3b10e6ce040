//! How much one mention asks for its skill.

use super::index::Index;
use crate::reading::Text;
use crate::sections::Section;
use jmip_core::event::{SkillTier, TextField};
use std::ops::Range;

/// How far around a mention, in its sentence, words that set the tier are looked for.
const CUE_MAX_BYTES: usize = 160;

/// How much one mention asks for the skill; nothing where it is denied or only a benefit.
pub(super) fn tier(index: &Index, text: &Text<'_>, range: &Range<usize>) -> Option<SkillTier> {
    let cues = &index.cues;
    let folded = text.folded();
    if text.field() == TextField::Title {
        return Some(SkillTier::Must);
    }
    let before = text.before(range.start, CUE_MAX_BYTES);
    let after = text.after(range.end, CUE_MAX_BYTES);
    if cues.denied.ends(folded, text.before(range.start, 16)) {
        return None;
    }
    if let Some(tier) = marked(index, text, range) {
        return Some(tier);
    }
    let near = text.after(range.end, 30);
    let is_asked = cues.asked.any(folded, before)
        || cues
            .asked_after
            .any(folded, near.start..near.end.min(after.end));
    match text.section(range.start) {
        Section::Title | Section::Requirements => Some(SkillTier::Must),
        Section::NiceToHave => Some(SkillTier::Nice),
        Section::Company => Some(SkillTier::Context),
        Section::Benefits | Section::Legal => is_asked.then_some(SkillTier::Context),
        Section::Duties | Section::Open if is_asked => Some(SkillTier::Must),
        Section::Duties | Section::Open => Some(SkillTier::Context),
    }
}

/// The tier that the sentence itself sets: the nearest marker that speaks of the mention.
fn marked(index: &Index, text: &Text<'_>, range: &Range<usize>) -> Option<SkillTier> {
    let cues = &index.cues;
    let folded = text.folded();
    let before = text.before(range.start, CUE_MAX_BYTES);
    let after = text.after(range.end, CUE_MAX_BYTES);
    let clause = folded[after.clone()]
        .find(';')
        .map_or(after.end, |at| after.start + at);
    let after = after.start..clause;
    let nice_trail = cues.nice_trail.first(folded, after.clone());
    let must_trail = cues.must_trail.first(folded, after);
    match (&nice_trail, &must_trail) {
        (Some(nice), Some(must)) if must.end <= nice.start => return Some(SkillTier::Must),
        (Some(_), _) => return Some(SkillTier::Nice),
        (None, Some(_)) => return Some(SkillTier::Must),
        (None, None) => {}
    }
    let start = folded[before.clone()]
        .rfind(';')
        .map_or(before.start, |at| before.start + at);
    let nice_lead = cues.nice_lead.last(folded, start..range.start);
    let must_lead = cues.must_lead.last(folded, start..range.start);
    match (nice_lead, must_lead) {
        (Some(nice), Some(must)) if must.start > nice.start => Some(SkillTier::Must),
        (Some(_), _) => Some(SkillTier::Nice),
        (None, Some(_)) if text.section(range.start) != Section::NiceToHave => {
            Some(SkillTier::Must)
        }
        _ => None,
    }
}
