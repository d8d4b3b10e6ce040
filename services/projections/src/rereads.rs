//! Where a batch says that revisions were read again.
//!
//! From there on a revision has the name of its new reading, so what comes before is written under the
//! old name and what comes after under the new one.

use jmip_core::event::JobReread;
use jmip_core::{Event, Stored};

/// Events of a batch, one after another.
pub(crate) enum Stretch<'a> {
    /// All of them are `job.reread`, each of another revision.
    Rereads(&'a [Stored]),
    /// None of them is.
    Others(&'a [Stored]),
}

/// Which row `t` of a table a reread `r` replaces: that of the reading it supersedes. One whose new
/// name is another revision's already stays as it is: two that an older rule told apart.
///
/// Shape: a condition of SQL.
pub(crate) fn superseded(table: &str) -> String {
    format!(
        "(t.tenant_id, t.job_id, t.content_sha256)
            = (r.tenant_id, r.job_id, r.superseded_sha256)
        AND t.from_seq < r.from_seq
        AND (r.content_sha256 = r.superseded_sha256
            OR NOT EXISTS (SELECT FROM {table} AS s
                WHERE (s.tenant_id, s.job_id, s.content_sha256)
                    = (r.tenant_id, r.job_id, r.content_sha256)))"
    )
}

/// A batch in stretches, in order.
pub(crate) fn stretches(batch: &[Stored]) -> impl Iterator<Item = Stretch<'_>> {
    batch
        .chunk_by(|one, next| is_reread(one) == is_reread(next))
        .flat_map(|chunk| match chunk.first().is_some_and(is_reread) {
            true => of_other_revisions(chunk),
            false => vec![Stretch::Others(chunk)],
        })
}

/// The event of a reread.
pub(crate) fn reread(stored: &Stored) -> Option<&JobReread> {
    match &stored.envelope.event {
        Some(Event::JobReread(event)) => Some(event),
        _ => None,
    }
}

fn is_reread(stored: &Stored) -> bool {
    reread(stored).is_some()
}

/// Cuts where a revision comes again: a statement changes a row once.
fn of_other_revisions(chunk: &[Stored]) -> Vec<Stretch<'_>> {
    let mut known = std::collections::BTreeSet::new();
    let mut stretches = vec![];
    let mut from = 0;
    for (at, stored) in chunk.iter().enumerate() {
        let job = reread(stored).and_then(|event| event.job.as_ref());
        let Some(job) = job else { continue };
        let revision = (&stored.envelope.tenant, &job.job_id, job.revision);
        if known.contains(&revision) {
            stretches.push(Stretch::Rereads(&chunk[from..at]));
            known.clear();
            from = at;
        }
        known.insert(revision);
    }
    stretches.push(Stretch::Rereads(&chunk[from..]));
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;
    use jmip_core::event::Job;
    use jmip_core::{Envelope, Micros};

    fn stored(revision: Option<u32>) -> Stored {
        let event = revision.map(|revision| {
            let job = Job {
                revision,
                ..Default::default()
            };
            Event::JobReread(JobReread {
                job: Some(job),
                ..Default::default()
            })
        });
        Stored {
            sequence: 1,
            stored_at: Micros(0),
            envelope: Envelope {
                event,
                ..Default::default()
            }
            .into(),
        }
    }

    #[test]
    fn a_batch_is_cut_around_rereads_and_where_a_revision_comes_again() {
        let batch = [None, None, Some(1), Some(2), Some(1), None].map(stored);
        let sizes: Vec<(bool, usize)> = stretches(&batch)
            .map(|stretch| match stretch {
                Stretch::Rereads(part) => (true, part.len()),
                Stretch::Others(part) => (false, part.len()),
            })
            .collect();
        assert_eq!(sizes, [(false, 2), (true, 2), (true, 1), (false, 1)]);
    }
}
