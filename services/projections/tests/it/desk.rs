//! Profiles, policies and runs.

use crate::database::{feed, with_store};
use crate::world::{TENANT, World, day, job_id, posting};
use jmip_core::event::{
    Evidence, Factor, FilteredOut, PolicyAdopted, Preferences, Profile, ProfileSaved,
    Recommendation, RecommendationsRanked, RecommendationsRequested,
};
use jmip_core::{Event, ids};
use jmip_projections::desk::{policy, profile, recommendation};
use jmip_projections::{Store, audit, desk, market};
use uuid::Uuid;

fn save(world: &mut World, revision: u32, headline: &str) {
    let profile = Profile {
        headline: headline.into(),
        preferences: Some(Preferences {
            pay_min_minor: Some(5_000_000),
            ..Default::default()
        }),
        ..Default::default()
    };
    let event = Event::ProfileSaved(ProfileSaved {
        revision,
        profile: Some(profile),
    });
    world.ground("user", Uuid::from_u128(revision.into()), event);
}

fn adopt(world: &mut World, toml: &str) {
    let event = Event::PolicyAdopted(PolicyAdopted {
        policy_sha256: ids::sha256(toml.as_bytes()).to_vec(),
        toml: toml.into(),
    });
    let id = Uuid::from_u128(1000 + world.log.len() as u128);
    world.ground("user", id, event);
}

const RUN: Uuid = Uuid::from_u128(77);

fn request(world: &mut World) -> jmip_core::Cause {
    let event = Event::RecommendationsRequested(RecommendationsRequested {
        run_id: RUN.as_bytes().to_vec(),
        on: "2024-09-08".into(),
        profile_revision: 2,
        policy_sha256: vec![1; 32],
        ingest_sequence: 1,
        limit: 10,
    });
    world.ground("user", RUN, event)
}

fn ranked(problem: &str, items: Vec<Recommendation>) -> Event {
    Event::RecommendationsRanked(RecommendationsRanked {
        run_id: RUN.as_bytes().to_vec(),
        position: 9,
        considered: 2,
        filtered_out: vec![FilteredOut {
            filter: "country".into(),
            jobs: 1,
        }],
        items,
        problem: problem.into(),
        ..Default::default()
    })
}

fn item(key: &str, text: &str) -> Recommendation {
    Recommendation {
        rank: 1,
        job_id: job_id(key).as_bytes().to_vec(),
        revision: 1,
        content_sha256: ids::sha256(text.as_bytes()).to_vec(),
        score_bp: 7300,
        factors: vec![Factor {
            name: "skills".into(),
            weight_bp: 4000,
            evidence: vec![Evidence {
                text: "Rust (must)".into(),
                ..Default::default()
            }],
            ..Default::default()
        }],
        portfolio_item_ids: vec!["jmip".into()],
        ..Default::default()
    }
}

#[tokio::test]
async fn the_latest_profile_and_the_last_adopted_policy_are_in_force() {
    with_store(async |store: Store, client: tokio_postgres::Client| {
        let mut world = World::default();
        assert_eq!(profile::current(&store.reader(TENANT)).await.unwrap(), None);
        assert_eq!(policy::current(&store.reader(TENANT)).await.unwrap(), None);
        save(&mut world, 1, "Clerk");
        save(&mut world, 2, "Engineer");
        for toml in ["a = 1", "b = 2", "a = 1"] {
            adopt(&mut world, toml);
        }
        feed(&mut desk::sink(&store), &world.log, 2).await;
        feed(&mut audit::sink(&store), &world.log, 2).await;
        let now = profile::current(&store.reader(TENANT))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(now.revision, 2);
        assert_eq!(now.profile["headline"], "Engineer");
        assert_eq!(now.profile["preferences"]["pay_min_minor"], "5000000");
        let policy = policy::current(&store.reader(TENANT))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(policy.toml, "a = 1");
        let trail = "SELECT kind FROM api.audit_log ORDER BY from_seq";
        let trail = client.query(trail, &[]).await.unwrap();
        let kinds: Vec<&str> = trail.iter().map(|row| row.get(0)).collect();
        assert_eq!(
            kinds[..3],
            ["profile.saved", "profile.saved", "policy.adopted"]
        );
        assert_eq!(kinds.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_run_waits_then_shows_its_items_with_titles_and_links() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        world.publish("one.csv", day(0), &[posting("a", "one")]);
        let cause = request(&mut world);
        let mut sink = desk::sink(&store);
        feed(&mut sink, &world.log, 100).await;
        feed(&mut market::sink(&store), &world.log, 100).await;
        let run = recommendation::run(&store.reader(TENANT), RUN)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((run.status.as_str(), run.items.len()), ("WAITING", 0));

        let before = world.log.len();
        let answer = ranked("", vec![item("a", "one")]);
        world.push("score", answer.into(), &cause);
        feed(&mut sink, &world.log[before..], 100).await;
        let run = recommendation::run(&store.reader(TENANT), RUN)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((run.status.as_str(), run.position), ("RANKED", Some(9)));
        assert_eq!(run.filtered_out.unwrap()[0]["filter"], "country");
        let first = &run.items[0];
        assert_eq!((first.rank, first.score_bp), (1, 7300));
        assert_eq!(first.title.as_deref(), Some("Engineer one"));
        assert_eq!(first.url.as_deref(), Some("https://board.example/a"));
        assert_eq!(first.breakdown["factors"][0]["score_bp"], 0);
        assert_eq!(first.breakdown["portfolio_item_ids"][0], "jmip");
        let other = recommendation::run(&store.reader("other"), RUN)
            .await
            .unwrap();
        assert_eq!(other, None);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_cannot_be_answered_says_why() {
    with_store(async |store: Store, _| {
        let mut world = World::default();
        let cause = request(&mut world);
        world.push(
            "score",
            ranked("profile revision 2 is unknown", vec![]).into(),
            &cause,
        );
        feed(&mut desk::sink(&store), &world.log, 100).await;
        let run = recommendation::run(&store.reader(TENANT), RUN)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(run.status, "FAILED");
        assert_eq!(
            run.problem.as_deref(),
            Some("profile revision 2 is unknown")
        );
    })
    .await;
}
