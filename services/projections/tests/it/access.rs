//! Keys: what the database itself keeps true about them.

use crate::database::with_store;
use jmip_projections::Store;
use jmip_projections::access::{self, KeyRow, NewKey, Scope};
use jmip_projections::audit::audit_log::{self, AuditQuestion};

fn key(number: u8, name: &str) -> NewKey {
    NewKey {
        key_id: format!("{number:016x}"),
        tenant: "default".into(),
        name: name.into(),
        scopes: vec![Scope::Read, Scope::Admin],
        secret_sha256: [number; 32],
        requests_per_second: Some(5),
        upload_max_bytes: None,
    }
}

async fn created(store: &Store, number: u8, name: &str) -> Option<KeyRow> {
    access::create(store, &key(number, name)).await.unwrap()
}

#[tokio::test]
async fn a_name_has_at_most_two_active_keys_so_that_one_can_replace_the_other() {
    with_store(async |store: Store, _| {
        assert!(created(&store, 1, "crawler").await.is_some());
        let (second, third) = tokio::join!(created(&store, 2, "crawler"), async {
            created(&store, 3, "crawler").await
        });
        assert_eq!(second.iter().chain(&third).count(), 1);
        assert!(created(&store, 4, "other").await.is_some());

        let old = format!("{:016x}", 1);
        let revoked = access::revoke(&store, &old).await.unwrap().unwrap();
        assert!(revoked.revoked_at.is_some());
        assert_eq!(access::revoke(&store, &old).await.unwrap(), None);
        assert!(created(&store, 5, "crawler").await.is_some());
        let active = access::list(&store, Some("default"), false).await.unwrap();
        assert_eq!(active.len(), 3);
        assert!(active.iter().all(|key| key.revoked_at.is_none()));
        assert_eq!(access::list(&store, None, true).await.unwrap().len(), 4);
        assert_eq!(
            access::list(&store, Some("else"), true).await.unwrap(),
            vec![]
        );
    })
    .await;
}

#[tokio::test]
async fn what_happens_to_a_key_is_on_record_whoever_does_it() {
    with_store(async |store: Store, client: tokio_postgres::Client| {
        created(&store, 1, "crawler").await.unwrap();
        access::revoke(&store, &format!("{:016x}", 1))
            .await
            .unwrap();
        let by_hand = "INSERT INTO access.api_key
            (key_id, tenant_id, name, slot, scopes, secret_sha256)
            VALUES ('00000000000000ff', 'default', 'x', 1, '{read}', sha256('x'))";
        client.batch_execute(by_hand).await.unwrap();
        for tampering in [
            "DELETE FROM access.key_event",
            "UPDATE access.key_event SET kind = 'key.created'",
            "DELETE FROM access.api_key",
            "UPDATE access.api_key SET revoked_at = NULL",
            "UPDATE access.api_key SET scopes = '{admin}'",
        ] {
            assert!(
                client.batch_execute(tampering).await.is_err(),
                "{tampering}"
            );
        }

        let mut seen = vec![];
        let mut cursor = None;
        loop {
            let page = AuditQuestion {
                limit: Some(1),
                cursor,
            };
            let ask = page.check().unwrap();
            let page = audit_log::page(&store.reader("default"), &ask)
                .await
                .unwrap();
            seen.extend(page.rows);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let kinds: Vec<_> = seen.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(kinds, ["key.created", "key.revoked", "key.created"]);
        assert_eq!(seen[1].detail.as_ref().unwrap()["name"], "crawler");
        let all = AuditQuestion::default().check().unwrap();
        let other = audit_log::page(&store.reader("other"), &all).await.unwrap();
        assert_eq!(other.rows, vec![]);
        let made_up = AuditQuestion {
            limit: None,
            cursor: Some("zz".to_owned()),
        };
        assert_eq!(made_up.check().unwrap_err().field, "cursor");
    })
    .await;
}
