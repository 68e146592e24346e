use super::*;

#[test]
fn spellings_of_a_deployment_have_the_same_keys() {
    let of = |name: &str, environment_name: &str| {
        let slug = Slug::new("acme", name)?;
        let keys = [
            newest(&slug, environment_name, "promote"),
            base(&slug, "production"),
            latest(&slug, environment_name),
            repository_id(&slug, "acme/checkout"),
            deployment(&slug),
            rules_in_force(&slug),
            rules_piece(&slug, "f", 0),
            without_rules(&slug, false),
            without_rules(&slug, true),
            owed_reviews(&slug),
            newest_of(&slug, environment_name),
        ];
        let texts = [
            drift(&slug, environment_name),
            revisions(&slug),
            environment(&slug, environment_name),
            end(&slug),
            deploys_of(&slug),
            evaluations_of(&slug),
            approvals_of(&slug),
        ];
        Some((keys, texts))
    };
    assert!(of("checkout", "staging").is_some());
    assert_eq!(of("Checkout", "Staging"), of("checkout", "staging"));
}

#[test]
fn times_sort_as_text() {
    let at = |text: &str| text.parse::<Timestamp>().map(sortable).ok();
    assert_eq!(at("2026-11-23T10:00:00Z").as_deref(), Some("2026-11-23T10:00:00.000000Z"));
    assert!(at("2026-11-23T10:00:00Z") < at("2026-11-23T10:00:00.5Z"));
}
