//! The tables that decide, compiled once from the files under `knowledge/`.

use crate::rules::RULES;
use crate::rules::{
    applicant_location, applicants, benefits, description_language, education, employment_type,
    experience_months, industry, job_duration, languages_asked, onsite_days, pay_in_text,
    role_family, security_clearance, seniority, skills, work_eligibility, working_time, workplace,
};
use crate::sections::Headings;
use crate::topics::{Topic, Topics};
use jmip_core::Knowledge;

const HEADINGS: &str = include_str!("../knowledge/headings.toml");
const PAY: &str = include_str!("../knowledge/pay.toml");
const EXPERIENCE: &str = include_str!("../knowledge/experience.toml");
const WORKPLACE: &str = include_str!("../knowledge/workplace.toml");
const APPLICANTS: &str = include_str!("../knowledge/applicants.toml");
const BENEFITS: &str = include_str!("../knowledge/benefits.toml");
const DESCRIPTION_LANGUAGE: &str = include_str!("../knowledge/description_language.toml");
const ELIGIBILITY: &str = include_str!("../knowledge/eligibility.toml");
const LANGUAGES: &str = include_str!("../knowledge/languages.toml");
const ONSITE_DAYS: &str = include_str!("../knowledge/onsite_days.toml");
const RESIDENCE: &str = include_str!("../knowledge/residence.toml");
const SENIORITY: &str = include_str!("../knowledge/seniority.toml");
const EMPLOYMENT_TYPE: &str = include_str!("../knowledge/employment_type.toml");
const WORKING_TIME: &str = include_str!("../knowledge/working_time.toml");
const JOB_DURATION: &str = include_str!("../knowledge/job_duration.toml");
const EDUCATION: &str = include_str!("../knowledge/education.toml");
const ROLE_FAMILIES: &str = include_str!("../knowledge/role_families.toml");
const INDUSTRIES: &str = include_str!("../knowledge/industries.toml");

/// Everything the rules know, compiled.
pub struct Dictionaries {
    /// Headings that open sections.
    pub headings: Headings,
    /// Words about pay.
    pub pay: pay_in_text::Words,
    /// Words about experience.
    pub experience: experience_months::Words,
    /// Words about the place of work.
    pub workplace: workplace::Words,
    /// Words about seniority.
    pub seniority: seniority::Words,
    /// Words about employment types.
    pub employment_type: employment_type::Words,
    /// Words about working time.
    pub working_time: working_time::Words,
    /// Words about terms of jobs.
    pub job_duration: job_duration::Words,
    /// Words about schooling.
    pub education: education::Words,
    /// Families of roles.
    pub role_families: role_family::Families,
    /// Branches of employers.
    pub industries: industry::Industries,
    /// The skill dictionary.
    pub skills: skills::Index,
    /// Words of badges that count who applied.
    pub applicants: applicants::Words,
    /// Names of benefits.
    pub benefits: benefits::Words,
    /// Frequent words of languages.
    pub description_language: description_language::Words,
    /// Words about the right to work.
    pub eligibility: work_eligibility::Words,
    /// Words about clearances.
    pub clearance: security_clearance::Words,
    /// Names of languages.
    pub languages: languages_asked::Words,
    /// Words around counts of days.
    pub onsite_days: onsite_days::Words,
    /// Names of places and time zones.
    pub residence: applicant_location::Words,
    /// What the rules start from, found in one pass.
    pub topics: Topics,
}

/// Compiles the knowledge that is shipped with this version; its hash names the bytes of the files
/// and the version of every rule.
///
/// Takes some ten milliseconds: done once per process.
pub fn knowledge() -> Knowledge<Dictionaries> {
    compiled(skills::Index::extended(&[]).expect(SHIPPED), &[])
}

const SHIPPED: &str = "the shipped knowledge files compile: the tests compile them";

/// What every file was compiled from, in the order that is hashed.
const SOURCES: [&str; 19] = [
    HEADINGS,
    PAY,
    EXPERIENCE,
    WORKPLACE,
    APPLICANTS,
    BENEFITS,
    DESCRIPTION_LANGUAGE,
    ELIGIBILITY,
    LANGUAGES,
    ONSITE_DAYS,
    RESIDENCE,
    SENIORITY,
    EMPLOYMENT_TYPE,
    WORKING_TIME,
    JOB_DURATION,
    EDUCATION,
    ROLE_FAMILIES,
    INDUSTRIES,
    skills::CUES,
];

fn compiled(skills: skills::Index, own: &[(&str, &str)]) -> Knowledge<Dictionaries> {
    let mut dictionaries = Dictionaries {
        headings: Headings::parse(HEADINGS).expect(SHIPPED),
        pay: pay_in_text::Words::parse(PAY).expect(SHIPPED),
        experience: experience_months::Words::parse(EXPERIENCE).expect(SHIPPED),
        workplace: workplace::Words::parse(WORKPLACE).expect(SHIPPED),
        seniority: seniority::Words::parse(SENIORITY).expect(SHIPPED),
        employment_type: employment_type::Words::parse(EMPLOYMENT_TYPE).expect(SHIPPED),
        working_time: working_time::Words::parse(WORKING_TIME).expect(SHIPPED),
        job_duration: job_duration::Words::parse(JOB_DURATION).expect(SHIPPED),
        education: education::Words::parse(EDUCATION).expect(SHIPPED),
        role_families: role_family::Families::parse(ROLE_FAMILIES).expect(SHIPPED),
        industries: industry::Industries::parse(INDUSTRIES).expect(SHIPPED),
        applicants: applicants::Words::parse(APPLICANTS).expect(SHIPPED),
        benefits: benefits::Words::parse(BENEFITS).expect(SHIPPED),
        description_language: description_language::Words::parse(DESCRIPTION_LANGUAGE)
            .expect(SHIPPED),
        eligibility: work_eligibility::Words::parse(ELIGIBILITY).expect(SHIPPED),
        clearance: security_clearance::Words::parse(ELIGIBILITY).expect(SHIPPED),
        languages: languages_asked::Words::parse(LANGUAGES).expect(SHIPPED),
        onsite_days: onsite_days::Words::parse(ONSITE_DAYS).expect(SHIPPED),
        residence: applicant_location::Words::parse(RESIDENCE).expect(SHIPPED),
        skills,
        topics: Topics::default(),
    };
    dictionaries.topics = Topics::new(&dictionaries.lists());
    let mut sources = SOURCES.map(str::as_bytes).to_vec();
    let files = skills::SHIPPED.iter().chain(own);
    sources.extend(files.map(|(_, text)| text.as_bytes()));
    // A rule decides by its code as much as by its words: two versions of it are two knowledges.
    let versions = RULES
        .iter()
        .map(|rule| format!("{} {}", rule.name, rule.version));
    let versions: Vec<String> = versions.collect();
    sources.extend(versions.iter().map(|version| version.as_bytes()));
    Knowledge::new(dictionaries, &sources)
}

impl Dictionaries {
    /// What each rule looks for, for the one pass that finds it.
    fn lists(&self) -> [(Topic, Vec<&str>); 19] {
        [
            (Topic::Applicants, self.applicants.topic()),
            (Topic::Benefits, self.benefits.topic()),
            (Topic::Eligibility, self.eligibility.topic()),
            (Topic::Clearance, self.clearance.topic()),
            (Topic::Languages, self.languages.topic()),
            (Topic::Days, self.onsite_days.topic()),
            (Topic::Residence, self.residence.topic()),
            (Topic::Headings, self.headings.topic()),
            (Topic::Workplace, self.workplace.topic()),
            (Topic::Seniority, self.seniority.topic()),
            (Topic::EmploymentType, self.employment_type.topic()),
            (Topic::WorkingTime, self.working_time.topic()),
            (Topic::JobDuration, self.job_duration.topic()),
            (Topic::Education, self.education.topic()),
            (Topic::Times, self.experience.topic()),
            (Topic::Countries, self.pay.topic()),
            (Topic::Industry, self.industries.topic()),
            (Topic::Cues, self.skills.cues()),
            (Topic::Skills, self.skills.spellings()),
        ]
    }

    /// The shipped knowledge with a user's own skill files on top, each given as name and text.
    ///
    /// Shape: entries of an id that is shipped add to it, others are new; the schema is that of
    /// the shipped files (`knowledge/skills/README.md`). The hash covers the files' texts.
    /// Errors: the first entry that breaks the schema or takes another skill's name.
    ///
    /// ```
    /// use jmip_enrich::{Dictionaries, resolve_skill};
    ///
    /// let own = "domain = \"weaving\"\n[concept]\nbasket-weaving = [\"Basket Weaving\"]";
    /// let knowledge = Dictionaries::extended(&[("own.toml", own)])?;
    /// let id = resolve_skill(&knowledge.value, "basket weaving").map(|(id, _)| id);
    /// assert_eq!(id, Some("basket-weaving"));
    ///
    /// let taken = own.replace("Basket Weaving", "Python");
    /// let error = Dictionaries::extended(&[("own.toml", &taken)]).err().unwrap();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "own.toml: skill `basket-weaving`: the name \"Python\" belongs to the skill `python`"
    /// );
    /// # Ok::<(), jmip_enrich::DictionaryError>(())
    /// ```
    pub fn extended(
        files: &[(&str, &str)],
    ) -> Result<Knowledge<Dictionaries>, skills::DictionaryError> {
        Ok(compiled(skills::Index::extended(files)?, files))
    }
}

/// Finds a skill of the dictionary by any of its names, whatever the case and punctuation.
///
/// Shape: id and usual name. For names that people give on purpose (a profile, a filter): the
/// guards that keep "go" in prose from being a language do not apply.
///
/// ```
/// let knowledge = jmip_enrich::knowledge();
/// assert_eq!(
///     jmip_enrich::resolve_skill(&knowledge.value, "node JS"),
///     Some(("node-js", "Node.js"))
/// );
/// ```
pub fn resolve_skill<'a>(dictionaries: &'a Dictionaries, name: &str) -> Option<(&'a str, &'a str)> {
    dictionaries.skills.resolve(name)
}
