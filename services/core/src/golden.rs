//! Holds golden answers to the version of what gives them: an answer that changes raises a version.
//!
//! Two events with one id must be one event, and an id covers the versions of what decides. So a
//! stage, or a rule of one, keeps a lock file beside its golden cases: of each case the version
//! that answered it, what was given, and the hash of the answer. The tests of a crate read and
//! write that file; what it must say is decided here.

use crate::event::Envelope;
use crate::ids;
use jmip_proto::Message;
use std::collections::BTreeMap;
use std::fmt::Write;

/// First line of a lock file.
const HEAD: &str = "# name, version, case, hash of what is given, hash of the answer; \
                    written by UPDATE_GOLDEN=1\n";
/// How many digits name what is given: enough to tell one writing of a case from another.
const GIVEN_DIGITS: usize = 16;

/// What one golden case came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    name: String,
    version: u32,
    case: String,
    given: String,
    then: String,
}

impl Answer {
    /// The answer of a stage or rule, in its version, to a case.
    ///
    /// Shape: `name` and `case` hold no white space. Of `then` the events alone count: ids and
    /// producers follow from versions, which is what the lock is about.
    pub fn new(
        (name, version): (&str, u32),
        case: &str,
        given: &[&[u8]],
        then: &[Envelope],
    ) -> Self {
        let events = then.iter().map(|envelope| {
            let event = envelope.event.clone();
            let bare = Envelope {
                event,
                ..Envelope::default()
            };
            bare.encode_to_vec()
        });
        let events: Vec<Vec<u8>> = events.collect();
        let events: Vec<&[u8]> = events.iter().map(Vec::as_slice).collect();
        let mut given = ids::hex(&ids::sha256_of(given));
        given.truncate(GIVEN_DIGITS);
        Self {
            name: name.to_owned(),
            version,
            case: case.to_owned(),
            given,
            then: ids::hex(&ids::sha256_of(&events)),
        }
    }

    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ').map(str::to_owned);
        Some(Self {
            name: words.next()?,
            version: words.next()?.parse().ok()?,
            case: words.next()?,
            given: words.next()?,
            then: words.next()?,
        })
    }

    /// What stands against this answer, given the one that is locked.
    fn problem(&self, locked: &Self) -> Option<String> {
        let Self {
            name,
            version,
            case,
            ..
        } = self;
        if *version < locked.version {
            let known = locked.version;
            return Some(format!(
                "`{name}` is version {version}, but version {known} is locked: a version never goes back"
            ));
        }
        let is_changed =
            *version == locked.version && self.given == locked.given && self.then != locked.then;
        let next = version + 1;
        is_changed.then(|| {
            format!(
                "`{name}` answers the case `{case}` otherwise than its version {version} did: \
                 raise its version to {next}, so that no two events share an id"
            )
        })
    }
}

/// What the lock file of these answers says, which is what it says already unless it is written
/// anew.
///
/// Shape: a line each, by name and case; lines of cases that are gone are left out.
/// Errors: every answer that differs from the locked one of the same version to the same case,
/// every version below the locked one, a line that is none, and, unless `rewrites`, a lock that is
/// not whole; for a person to read.
///
/// ```
/// use jmip_core::golden::{Answer, lock};
///
/// let text = lock("", &[Answer::new(("baker", 1), "bread", &[b"flour"], &[])], true)?;
/// assert!(text.contains("baker 1 bread"));
/// # Ok::<(), String>(())
/// ```
pub fn lock(held: &str, answers: &[Answer], rewrites: bool) -> Result<String, String> {
    let mut locked: BTreeMap<(String, String), Answer> = BTreeMap::new();
    for line in held.lines().filter(|line| !line.starts_with('#')) {
        let answer = Answer::read(line).ok_or_else(|| format!("{line:?} locks nothing"))?;
        locked.insert((answer.name.clone(), answer.case.clone()), answer);
    }
    let mut sorted: BTreeMap<(&str, &str), &Answer> = BTreeMap::new();
    let mut problems = Vec::new();
    for answer in answers {
        let known = locked.get(&(answer.name.clone(), answer.case.clone()));
        problems.extend(known.and_then(|known| answer.problem(known)));
        sorted.insert((&answer.name, &answer.case), answer);
    }
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    let mut text = HEAD.to_owned();
    for answer in sorted.values() {
        let Answer {
            name,
            version,
            case,
            given,
            then,
        } = answer;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} {version} {case} {given} {then}");
    }
    if rewrites || text == held {
        return Ok(text);
    }
    Err("a case or a version is not locked yet: UPDATE_GOLDEN=1 with this test locks it".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::envelope::Event;
    use crate::event::{JobSeen, Producer};

    fn seen(revision: u32) -> Envelope {
        Envelope {
            event: Some(Event::JobSeen(JobSeen {
                revision,
                ..Default::default()
            })),
            ..Default::default()
        }
    }

    fn answer(version: u32, given: &str, revision: u32) -> Answer {
        Answer::new(
            ("normalize", version),
            "seen",
            &[given.as_bytes()],
            &[seen(revision)],
        )
    }

    fn relock(held: &str, answer: Answer) -> Result<String, String> {
        lock(held, &[answer], true)
    }

    fn locked() -> String {
        relock("", answer(3, "posting", 1)).unwrap()
    }

    #[test]
    fn a_changed_answer_without_a_raised_version_is_refused_and_says_what_to_raise() {
        let problem = relock(&locked(), answer(3, "posting", 2)).unwrap_err();
        assert_eq!(
            problem,
            "`normalize` answers the case `seen` otherwise than its version 3 did: raise its \
             version to 4, so that no two events share an id"
        );
    }

    #[test]
    fn a_changed_answer_of_a_raised_version_replaces_the_locked_one() {
        let relocked = relock(&locked(), answer(4, "posting", 2)).unwrap();
        assert_eq!(relocked, relock("", answer(4, "posting", 2)).unwrap());
        assert_ne!(relocked, locked());
    }

    #[test]
    fn a_version_that_goes_back_is_refused() {
        assert!(relock(&locked(), answer(2, "posting", 1)).is_err());
    }

    #[test]
    fn new_and_rewritten_cases_raise_nothing() {
        assert!(relock(&locked(), answer(3, "another posting", 2)).is_ok());
        assert_eq!(relock(&locked(), answer(3, "posting", 1)), Ok(locked()));
    }

    #[test]
    fn a_lock_that_is_not_whole_is_refused_until_it_is_written() {
        assert!(lock("", &[answer(1, "posting", 1)], false).is_err());
        assert!(lock(&locked(), &[answer(3, "posting", 1)], false).is_ok());
        let torn = format!("{}<<<<<<< HEAD\n", locked());
        assert!(relock(&torn, answer(3, "posting", 1)).is_err());
    }

    #[test]
    fn ids_and_producers_are_no_part_of_an_answer() {
        let mut sealed = seen(1);
        sealed.id = vec![1; 16];
        sealed.producer = Some(Producer {
            version: 9,
            ..Default::default()
        });
        let answer = Answer::new(("normalize", 3), "seen", &[b"posting"], &[sealed]);
        assert_eq!(relock(&locked(), answer), Ok(locked()));
    }
}
