//! A user's profile from their JSON Resume, with skills named as the dictionary names them.

use jmip_core::event::Profile;
use jmip_core::fold::fold;
use jmip_enrich::Rules;
use std::sync::LazyLock;

static DICTIONARIES: LazyLock<Rules> = LazyLock::new(|| jmip_enrich::knowledge().value);

/// Reads a JSON Resume with our extension, as `services/score/PROFILE.md` describes it.
///
/// Jobs without an end date count until today. Errors: where in the document, and why.
pub fn import(json: &[u8]) -> Result<Profile, String> {
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let resolve = |name: &str| {
        let (id, name) = jmip_enrich::resolve_skill(&DICTIONARIES, name)?;
        Some((id.to_owned(), name.to_owned()))
    };
    jmip_score::resume::import(json, &today, &resolve).map_err(|error| error.to_string())
}

/// Id of a skill by its name, for filters; the folded name when the dictionary does not know it.
pub fn skill_id(name: &str) -> String {
    jmip_enrich::resolve_skill(&DICTIONARIES, name)
        .map_or_else(|| fold(name), |(id, _)| id.to_owned())
}
