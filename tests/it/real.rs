//! Real exports, where the folder that holds them lies beside the checkout.

use jmip_projections::digest::{CURRENT_JOBS, TableDigest};
use jmip_tests::{Servers, assert_conserved, digests, publish_and_wait, real_exports};
use std::path::PathBuf;

/// The weekly files in order, each with its capture time, read off its name.
fn weekly() -> Option<Vec<(PathBuf, String)>> {
    let folder = real_exports()?.join("jobspy/weekly_snapshots");
    let mut files = vec![];
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(day) = name
            .strip_suffix(".csv.gz")
            .and_then(|stem| stem.rsplit('_').next())
        {
            files.push((path.clone(), format!("{day}T12:00:00Z")));
        }
    }
    files.sort();
    Some(files)
}

fn current(digests: Vec<TableDigest>) -> TableDigest {
    digests
        .into_iter()
        .find(|one| one.table == CURRENT_JOBS)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_weeks_twice_and_backwards_are_the_same_market() {
    let Some(files) = weekly() else { return };
    let servers = Servers::start().await;
    let system = servers.system().await;
    let mut records = 0;
    for round in 0..2 {
        for (path, at) in &files {
            let bytes = std::fs::read(path).unwrap();
            let status = publish_and_wait(&system, "jobspy", at, &bytes).await;
            assert_conserved(&status);
            assert_eq!(status.refused, 0, "{}", path.display());
            records += if round == 0 { status.records } else { 0 };
            assert!(
                round == 0 || (status.new, status.changed) == (0, 0),
                "{}",
                path.display()
            );
        }
    }
    assert_eq!(records, 6836);
    let forwards = current(digests(&system).await);
    system.stop().await;
    servers.stop().await;

    let servers = Servers::start().await;
    let system = servers.system().await;
    for (path, at) in files.iter().rev() {
        let bytes = std::fs::read(path).unwrap();
        publish_and_wait(&system, "jobspy", at, &bytes).await;
    }
    assert_eq!(current(digests(&system).await), forwards);
    system.stop().await;
    servers.stop().await;
}
