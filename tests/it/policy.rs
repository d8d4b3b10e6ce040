//! Scoring policies: adopted, compared, and taken back.

use jmip_tests::binary::Place;
use jmip_tests::eventually;
use serde_json::{Value, json};

fn names(place: &Place) -> Vec<String> {
    let listed = place.json(&["policy", "list", "--json"]);
    let rows = listed.as_array().unwrap();
    rows.iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

fn doctors_word(place: &Place) -> Value {
    let report = place.json(&["doctor", "--json"]);
    let mut checks = report["checks"].as_array().unwrap().iter();
    checks
        .find(|check| check["name"] == "policy")
        .unwrap()
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_adopted_compared_and_taken_back() {
    let place = Place::new();
    place.succeed(&["up", "--detach"]);
    eventually(async || (names(&place) == ["default"]).then_some(())).await;
    assert_eq!(doctors_word(&place)["state"], "ok");
    let shown = place.succeed(&["policy", "show"]).stdout;
    let shipped = String::from_utf8(shown).unwrap();

    // One of one's own that does without a factor.
    let own = shipped
        .replacen("name = \"default\"", "name = \"mine\"", 1)
        .replacen("weight_bp = 5000", "weight_bp = 5700", 1)
        .replacen("[[factors]]\nname = \"pay\"\nweight_bp = 700\n", "", 1);
    std::fs::write(place.path().join("mine.toml"), &own).unwrap();
    place.succeed(&["policy", "adopt", "mine.toml"]);
    eventually(async || (names(&place) == ["mine", "default"]).then_some(())).await;
    let said = place.succeed(&["policy", "adopt", "mine.toml"]).stdout;
    assert!(String::from_utf8_lossy(&said).contains("in force already"));
    let differs = place.json(&["policy", "diff", "shipped", "current", "--json"]);
    assert_eq!(
        differs,
        json!([
            {"key": "factors.pay.name", "before": "\"pay\"", "after": null},
            {"key": "factors.pay.weight_bp", "before": "700", "after": null},
            {"key": "factors.skills.weight_bp", "before": "5000", "after": "5700"},
            {"key": "name", "before": "\"default\"", "after": "\"mine\""},
        ])
    );
    assert_eq!(doctors_word(&place)["state"], "ok", "it is one's own");

    // The default as an earlier program had it: doctor offers the new one and forces nothing.
    let earlier = shipped.replacen("weight_bp = 5000", "weight_bp = 4900", 1);
    let earlier = earlier.replacen("weight_bp = 1300", "weight_bp = 1400", 1);
    std::fs::write(place.path().join("earlier.toml"), earlier).unwrap();
    place.succeed(&["policy", "adopt", "earlier.toml"]);
    eventually(async || (names(&place).len() == 3).then_some(())).await;
    let offer = doctors_word(&place);
    assert_eq!(offer["state"], "warning", "{offer}");
    let remedy = offer["remedy"].as_str().unwrap();
    assert!(remedy.ends_with("jmip policy adopt shipped"), "{remedy}");

    // Undone by adopting the one before again, by its hash.
    let listed = place.json(&["policy", "list", "--json"]);
    let hash = listed[1]["policy_sha256"].as_str().unwrap();
    place.succeed(&["policy", "adopt", &hash[..12]]);
    eventually(async || (names(&place)[0] == "mine").then_some(())).await;

    std::fs::write(place.path().join("later.toml"), "schema = 9\nwonder = 1\n").unwrap();
    let (code, said) = place.ending(&["policy", "adopt", "later.toml"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("older than the policy"), "{said}");
    let (code, _) = place.ending(&["policy", "show", "abcdef0123"]);
    assert_eq!(code, Some(5));
    place.succeed(&["down"]);
}
