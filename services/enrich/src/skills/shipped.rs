//! The dictionary files that are shipped, each with its name.

/// Words that decide about names and tiers.
pub(crate) const CUES: &str = include_str!("../../knowledge/skills/cues.toml");

/// The dictionary, a file per domain: name and text.
pub(crate) const SHIPPED: &[(&str, &str)] = &[
    (
        "business.toml",
        include_str!("../../knowledge/skills/business.toml"),
    ),
    (
        "data.toml",
        include_str!("../../knowledge/skills/data.toml"),
    ),
    (
        "design.toml",
        include_str!("../../knowledge/skills/design.toml"),
    ),
    (
        "education.toml",
        include_str!("../../knowledge/skills/education.toml"),
    ),
    (
        "engineering.toml",
        include_str!("../../knowledge/skills/engineering.toml"),
    ),
    (
        "finance.toml",
        include_str!("../../knowledge/skills/finance.toml"),
    ),
    (
        "health.toml",
        include_str!("../../knowledge/skills/health.toml"),
    ),
    (
        "infrastructure.toml",
        include_str!("../../knowledge/skills/infrastructure.toml"),
    ),
    (
        "logistics.toml",
        include_str!("../../knowledge/skills/logistics.toml"),
    ),
    (
        "marketing.toml",
        include_str!("../../knowledge/skills/marketing.toml"),
    ),
    (
        "office.toml",
        include_str!("../../knowledge/skills/office.toml"),
    ),
    (
        "sales.toml",
        include_str!("../../knowledge/skills/sales.toml"),
    ),
    (
        "software.toml",
        include_str!("../../knowledge/skills/software.toml"),
    ),
    (
        "trades.toml",
        include_str!("../../knowledge/skills/trades.toml"),
    ),
];
