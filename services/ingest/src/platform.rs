//! Boards, told by the address of a page.

/// Names of a board's site and what the board is called. Source: hosts and `site` values of JobSpy
/// 1.1 (2025-03).
const BOARDS: &[(&str, &str)] = &[
    ("bayt", "bayt"),
    ("bdjobs", "bdjobs"),
    ("glassdoor", "glassdoor"),
    ("google", "google"),
    ("indeed", "indeed"),
    ("linkedin", "linkedin"),
    ("naukri", "naukri"),
    ("upwork", "upwork"),
    ("ziprecruiter", "zip_recruiter"),
];

/// The board a page belongs to; empty when its host is none that is known.
pub fn of_url(url: &str) -> &'static str {
    let Some((_, rest)) = url.split_once("://") else {
        return "";
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    // The board's name stands before the country or the top level: uk.indeed.com, glassdoor.co.uk.
    let name = match labels.as_slice() {
        [.., name, "co" | "com", _] => name,
        [.., name, _] => name,
        _ => return "",
    };
    BOARDS
        .iter()
        .find(|(site, _)| site == name)
        .map_or("", |(_, board)| board)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_told_by_its_host() {
        let cases = [
            ("https://nl.indeed.com/viewjob?jk=1", "indeed"),
            ("https://www.linkedin.com/jobs/view/1", "linkedin"),
            ("https://www.glassdoor.nl/job-listing/j?jl=1", "glassdoor"),
            ("https://www.glassdoor.co.uk/job", "glassdoor"),
            ("https://www.glassdoor.com.au/job", "glassdoor"),
            ("https://www.ziprecruiter.com/c/x", "zip_recruiter"),
            ("HTTPS://WWW.GOOGLE.COM/search", "google"),
        ];
        for (url, board) in cases {
            assert_eq!(of_url(url), board, "{url}");
        }
    }

    #[test]
    fn a_host_that_only_looks_like_a_board_is_none() {
        let cases = [
            "https://indeed.com.example.org/x",
            "https://notindeed.com/x",
            "https://example.org/indeed.com",
            "indeed.com",
            "",
        ];
        for url in cases {
            assert_eq!(of_url(url), "", "{url}");
        }
    }
}
