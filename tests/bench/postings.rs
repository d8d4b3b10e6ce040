//! A seeded generator of exports that look like real ones, written for this purpose.
//!
//! JobSpy CSV as boards of several countries give it: descriptions of about 4 KB in Markdown with
//! escapes, pay, skills, experience and workplace in the phrases that postings use. One posting in
//! five was seen before and one in fifty comes with a changed text, whatever the size, so that runs
//! of different sizes are of the same mix.

use std::fmt::Write as _;

/// Postings of one export: a week of one search.
pub const EXPORT: u64 = 5000;
/// Of a hundred postings so many are seen again, unchanged.
const SEEN_AGAIN: u64 = 20;
/// Of a hundred postings so many are known jobs with a new text.
const CHANGED: u64 = 2;
/// How far back the job of a repeated posting lies at most.
const REACH: u64 = 10_000;
/// The columns of a JobSpy file of 2025, as far as they say anything here.
const HEADER: &str = "id,site,job_url,job_url_direct,title,company,location,date_posted,job_type,\
salary_source,interval,min_amount,max_amount,currency,is_remote,job_level,description\n";

const LEVELS: [&str; 8] = [
    "",
    "",
    "",
    "Junior ",
    "Senior ",
    "Lead ",
    "Medior ",
    "Principal ",
];
const ROLES: [&str; 24] = [
    "Data Engineer",
    "Backend Developer",
    "Site Reliability Engineer",
    "Product Manager",
    "Financial Controller",
    "Data Analyst",
    "Frontend Engineer",
    "Warehouse Planner",
    "Machine Learning Engineer",
    "Security Officer",
    "Nurse Practitioner",
    "Sales Engineer",
    "Platform Engineer",
    "Mechanical Engineer",
    "Business Analyst",
    "Customer Success Manager",
    "Cloud Architect",
    "Embedded Software Engineer",
    "HR Business Partner",
    "Test Automation Engineer",
    "Supply Chain Analyst",
    "Full Stack Developer",
    "Scrum Master",
    "Database Administrator",
];
const PLACES: [(&str, &str); 14] = [
    ("Utrecht, UT, NL", "EUR"),
    ("Amsterdam, NH, NL", "EUR"),
    ("Rotterdam, ZH, NL", "EUR"),
    ("Eindhoven, NB, NL", "EUR"),
    ("Berlin, BE, DE", "EUR"),
    ("Hamburg, HH, DE", "EUR"),
    ("London, ENG, GB", "GBP"),
    ("Leeds, ENG, GB", "GBP"),
    ("Austin, TX, US", "USD"),
    ("Denver, CO, US", "USD"),
    ("Boston, MA, US", "USD"),
    ("Lyon, ARA, FR", "EUR"),
    ("Ghent, VOV, BE", "EUR"),
    ("Zurich, ZH, CH", "CHF"),
];
const SYLLABLES: [&str; 24] = [
    "vel", "mar", "tor", "bin", "kel", "sol", "dra", "nim", "oro", "pan", "ryk", "sta", "ulm",
    "wer", "zen", "alt", "bor", "cas", "dun", "eik", "fen", "gra", "hol", "ist",
];
const SUFFIXES: [&str; 8] = [
    "B.V.",
    "GmbH",
    "Ltd",
    "Inc.",
    "Group",
    "Logistics",
    "Health",
    "Labs",
];
const SKILLS: [&str; 40] = [
    "Python",
    "SQL",
    "Java",
    "Kubernetes",
    "Docker",
    "Terraform",
    "React",
    "TypeScript",
    "Rust",
    "Go",
    "PostgreSQL",
    "Kafka",
    "Spark",
    "Airflow",
    "dbt",
    "Snowflake",
    "AWS",
    "Azure",
    "Google Cloud",
    "Linux",
    "Git",
    "Jenkins",
    "Ansible",
    "Redis",
    "GraphQL",
    "Node.js",
    "Power BI",
    "Tableau",
    "Excel",
    "SAP",
    "Salesforce",
    "Scrum",
    "Jira",
    "C++",
    "C#",
    "MongoDB",
    "Elasticsearch",
    "Prometheus",
    "Grafana",
    "PyTorch",
];
const VERBS: [&str; 24] = [
    "build",
    "maintain",
    "improve",
    "review",
    "plan",
    "document",
    "measure",
    "coordinate",
    "test",
    "simplify",
    "migrate",
    "monitor",
    "explain",
    "prepare",
    "design",
    "discuss",
    "automate",
    "support",
    "inspect",
    "compare",
    "schedule",
    "negotiate",
    "repair",
    "publish",
];
const ADJECTIVES: [&str; 24] = [
    "reliable",
    "daily",
    "regional",
    "shared",
    "growing",
    "internal",
    "seasonal",
    "complex",
    "careful",
    "open",
    "critical",
    "modern",
    "quarterly",
    "technical",
    "public",
    "secure",
    "honest",
    "weekly",
    "distributed",
    "practical",
    "remote",
    "medical",
    "automated",
    "legacy",
];
const NOUNS: [&str; 40] = [
    "pipelines",
    "dashboards",
    "deliveries",
    "contracts",
    "services",
    "warehouses",
    "forecasts",
    "interfaces",
    "reports",
    "machines",
    "releases",
    "invoices",
    "routes",
    "incidents",
    "budgets",
    "experiments",
    "shipments",
    "patients",
    "archives",
    "models",
    "procedures",
    "audits",
    "campaigns",
    "suppliers",
    "prototypes",
    "backlogs",
    "clusters",
    "sensors",
    "ledgers",
    "schedules",
    "customers",
    "colleagues",
    "standards",
    "permits",
    "workshops",
    "tickets",
    "platforms",
    "stocks",
    "decisions",
    "measurements",
];
const OPENINGS: [&str; 10] = [
    "Every week you",
    "Together with the team you",
    "In this role you",
    "From the first month on you",
    "With people of three departments you",
    "As the one who knows best you",
    "Between two releases you",
    "Whenever it is needed you",
    "On our main site you",
    "For clients in four countries you",
];
const BENEFITS: [&str; 14] = [
    "a pension scheme to which we pay the larger part",
    "28 days off and the option of buying ten more",
    "a training budget of your own",
    "a laptop of your choice",
    "travel costs paid in full",
    "lunch made by our own cooks",
    "a yearly bonus that depends on all of us",
    "flexible hours around a short core",
    "help with moving house",
    "a bicycle lease",
    "a quiet floor and a loud one",
    "paid time for open source",
    "a mentor for the first half year",
    "health insurance at group rates",
];

/// Numbers that only depend on where they started.
struct Dice(u64);

impl Dice {
    fn of(seed: u64, number: u64) -> Self {
        Self(seed ^ number.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// The next number. Source: `SplitMix64`, Steele, Lea and Flood, OOPSLA 2014.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[(self.next() % of.len() as u64) as usize]
    }
}

/// Which job the posting with this number shows, and which edition of its text.
fn job_of(seed: u64, number: u64) -> (u64, u64) {
    let mut dice = Dice::of(seed ^ 0x5EED, number);
    let drawn = dice.below(100);
    if number == 0 || drawn >= SEEN_AGAIN + CHANGED {
        return (number, 0);
    }
    let back = 1 + dice.below(number.min(REACH));
    let edition = if drawn < SEEN_AGAIN { 0 } else { number };
    (number - back, edition)
}

/// The `week`-th export, from 0: postings `week * EXPORT` and following, fewer than [`EXPORT`] when
/// `until` comes first.
///
/// Shape: JobSpy CSV with a header. The same seed, week and end give the same bytes.
pub fn export(seed: u64, week: u64, until: u64) -> Vec<u8> {
    let first = week * EXPORT;
    let mut csv = String::from(HEADER);
    for number in first..until.min(first + EXPORT) {
        let (job, edition) = job_of(seed, number);
        row(&mut csv, seed, job, edition);
    }
    csv.into_bytes()
}

/// When the `week`-th export was captured (RFC 3339).
pub fn captured_at(week: u64) -> String {
    let (year, week) = (2021 + week / 48, week % 48);
    let (month, day) = (1 + week / 4, 1 + 7 * (week % 4));
    format!("{year}-{month:02}-{day:02}T08:00:00Z")
}

/// One export with one posting nobody has seen.
pub fn lone(seed: u64, number: u64) -> Vec<u8> {
    let mut csv = String::from(HEADER);
    row(&mut csv, seed, u64::MAX / 2 + number, 0);
    csv.into_bytes()
}

fn row(csv: &mut String, seed: u64, job: u64, edition: u64) {
    let dice = &mut Dice::of(seed, job);
    let site = dice.one(&["indeed", "linkedin"]);
    let (id, url) = match site {
        "indeed" => {
            let id = format!("{:016x}", dice.next());
            let url = format!("https://nl.indeed.com/viewjob?jk={id}");
            (format!("in-{id}"), url)
        }
        _ => {
            let id = 3_000_000_000 + job % 1_000_000_000;
            let url = format!("https://www.linkedin.com/jobs/view/{id}");
            (format!("li-{id}"), url)
        }
    };
    let title = format!("{}{}", dice.one(&LEVELS), dice.one(&ROLES));
    let company = employer(&mut Dice::of(seed ^ 0xC0, job / 8));
    let (place, currency) = dice.one(&PLACES);
    let low = 30_000 + 500 * dice.below(140);
    let pay = match dice.below(5) {
        0 => format!("direct_data,yearly,{low},{},{currency}", low + 12_000),
        1 => format!("direct_data,monthly,{},{},{currency}", low / 12, low / 9),
        _ => ",,,,".to_owned(),
    };
    let kind = dice.one(&["fulltime", "fulltime", "parttime", "contract", ""]);
    let level = dice.one(&["", "mid-senior level", "associate", "not applicable"]);
    let apply = match dice.below(3) {
        0 => format!("https://careers.example.org/apply/{:x}", dice.next()),
        _ => String::new(),
    };
    let day = 1 + dice.below(28);
    let text = description(dice, &company, (low, currency), edition);
    writeln!(
        csv,
        "{id},{site},{url},{apply},{title},{company},\"{place}\",2021-01-{day:02},{kind},{pay},\
         {},{level},\"{text}\"",
        if dice.below(6) == 0 { "True" } else { "False" },
    )
    .expect("a string takes what is written");
}

fn employer(dice: &mut Dice) -> String {
    let mut name: String = (0..3).map(|_| dice.one(&SYLLABLES)).collect();
    name[..1].make_ascii_uppercase();
    format!("{name} {}", dice.one(&SUFFIXES))
}

fn description(
    dice: &mut Dice,
    company: &str,
    (low, currency): (u64, &str),
    edition: u64,
) -> String {
    let mut text = format!("**About {company}**\n\n");
    for _ in 0..4 + dice.below(4) {
        sentence(&mut text, dice);
    }
    text.push_str("\n\n**What you will do**\n\n");
    for _ in 0..6 + dice.below(6) {
        text.push_str("* ");
        sentence(&mut text, dice);
        text.push('\n');
    }
    let years = 1 + dice.below(8);
    let (first, second) = (dice.one(&SKILLS), dice.one(&SKILLS));
    write!(
        text,
        "\n**What we ask**\n\n* At least {years} years of experience with {first} and {second}\n\
         * A bachelor's degree or comparable working experience\n"
    )
    .expect("a string takes what is written");
    for _ in 0..4 + dice.below(5) {
        let skill = dice.one(&SKILLS);
        let line = match dice.below(4) {
            0 => format!("* Strong knowledge of {skill}\n"),
            1 => format!("* You have worked with {skill} in production\n"),
            2 => format!("* Experience with {skill} is a plus\n"),
            _ => format!("* {skill} or something like it is nice to have\n"),
        };
        text.push_str(&line);
    }
    text.push_str("\n**What we offer**\n\n");
    if dice.below(2) == 0 {
        let high = low + 8000 + 500 * dice.below(30);
        writeln!(text, "* A salary of {currency} {low} to {high} per year")
            .expect("a string takes what is written");
    }
    for _ in 0..4 + dice.below(5) {
        writeln!(text, "* {}", dice.one(&BENEFITS)).expect("a string takes what is written");
    }
    text.push_str(dice.one(&[
        "\nHybrid: two days a week in our office, the rest at home\\.\n\n",
        "\nThis position is fully remote within the country\\.\n\n",
        "\nThe work is on\\-site, five days a week\\.\n\n",
        "\n",
    ]));
    for _ in 0..6 + dice.below(10) {
        sentence(&mut text, dice);
    }
    if edition > 0 {
        write!(text, " This text was revised in round {edition}\\.").expect("as above");
    }
    text
}

fn sentence(text: &mut String, dice: &mut Dice) {
    write!(
        text,
        "{} {} {} {} and {} {}, so that {} {} stay {} for {}\\. ",
        dice.one(&OPENINGS),
        dice.one(&VERBS),
        dice.one(&ADJECTIVES),
        dice.one(&NOUNS),
        dice.one(&VERBS),
        dice.one(&NOUNS),
        dice.one(&ADJECTIVES),
        dice.one(&NOUNS),
        dice.one(&ADJECTIVES),
        dice.one(&NOUNS),
    )
    .expect("a string takes what is written");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_gives_others() {
        assert_eq!(export(7, 1, 6000), export(7, 1, 6000));
        assert_ne!(export(7, 1, 6000), export(8, 1, 6000));
        assert_eq!(export(7, 2, 6000), HEADER.as_bytes());
    }

    #[test]
    fn postings_are_as_long_and_repeat_as_often_as_promised() {
        let known = |number: &u64| job_of(7, *number).0 != *number;
        let again = (0..20_000).filter(known).count();
        assert!((4000..4800).contains(&again), "{again}");
        let bytes = export(7, 0, 400).len() / 400;
        assert!((3000..5000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn weeks_follow_each_other() {
        assert_eq!(captured_at(0), "2021-01-01T08:00:00Z");
        assert_eq!(captured_at(47), "2021-12-22T08:00:00Z");
        assert!((1..400).all(|week| captured_at(week) > captured_at(week - 1)));
    }
}
