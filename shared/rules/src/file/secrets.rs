//! Secrets that somebody wrote into a rules file, by the names and forms that they have.

use crate::template::texts_in_code;

/// Words in the names of headers whose values are secret.
const WORDS: [&str; 12] = [
    "auth",
    "authentication",
    "bearer",
    "jwt",
    "key",
    "passphrase",
    "passwd",
    "pin",
    "private",
    "pwd",
    "signature",
    "signing",
];
/// Parts of such names, wherever they stand.
const PARTS: [&str; 8] =
    ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey", "credential"];
/// Names with such a word that hold no secret.
const PLAIN: [&str; 11] = [
    "dedup-key",
    "idempotency-key",
    "partition-key",
    "project-key",
    "surrogate-key",
    // Jira takes it with the value `no-check`.
    "x-atlassian-token",
    "x-auth-type",
    "x-idempotency-key",
    "x-issue-key",
    "x-project-key",
    "x-routing-key",
];
/// The beginnings of the tokens of well-known services.
///
/// Sources:
/// <https://docs.github.com/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>,
/// <https://docs.gitlab.com/security/tokens/>, <https://docs.slack.dev/authentication/tokens>,
/// <https://docs.stripe.com/keys>.
const TOKENS: [&str; 16] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "whsec_",
];
/// The shortest rest of a token behind what it begins with, in characters.
const SHORTEST: usize = 8;

/// True if the value `text` of a header of this name is a secret: a value of variables alone is none.
pub(super) fn is_secret_header(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['_', '.'], "-");
    let is_named_so =
        || PARTS.iter().any(|part| name.contains(part)) || name.split('-').any(|word| WORDS.contains(&word));
    !PLAIN.contains(&name.as_str()) && is_named_so() && fixed(text).chars().any(char::is_alphanumeric)
}

/// True if a text, in which variables stand in braces, has the form of a secret: a token of a well-known
/// service, or what stands behind `Bearer` or `Basic`.
pub(super) fn holds_secret(text: &str) -> bool {
    let fixed = fixed(text);
    let is_token = |word: &str| {
        let rest = TOKENS.iter().find_map(|start| word.strip_prefix(start));
        // Words have no digits, and a token has hardly none.
        let has_digit = |rest: &str| rest.bytes().any(|byte| byte.is_ascii_digit());
        let length = |rest: &str| rest.chars().take_while(char::is_ascii_alphanumeric).count();
        rest.is_some_and(|rest| has_digit(rest) && length(rest) >= SHORTEST)
    };
    let words = || fixed.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
    let mut schemes = fixed.split_whitespace();
    let is_scheme = schemes
        .next()
        .is_some_and(|word| ["bearer", "basic"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme)));
    // One word of letters alone is a word of a sentence: "Basic support".
    let is_code = |word: &str| word.bytes().any(|byte| byte.is_ascii_digit() || byte == b'=');
    let has_code = schemes.next().is_some_and(is_code) && schemes.next().is_none();
    words().any(is_token) || (is_scheme && has_code)
}

/// True if an address has a name or a password before its host.
pub(super) fn has_login(address: &str) -> bool {
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(login, _)| !fixed(login).trim_matches(':').is_empty())
}

/// The part of a text that is the same for every deploy: what stands around its code, and the texts in that.
fn fixed(text: &str) -> String {
    let mut fixed = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        fixed.push_str(before);
        rest = behind.split_once("}}").map_or("", |(_, behind)| behind);
    }
    fixed.push_str(rest);
    for text in texts_in_code(text) {
        fixed.push(' ');
        fixed.push_str(text);
    }
    fixed
}

/// Parameters of an address that hold what lets their sender in.
const KEYS_IN_ADDRESSES: [&str; 7] =
    ["api_key", "apikey", "api-key", "access_token", "auth_token", "token", "sig"];

/// True for an address that is itself what lets its caller in: an incoming webhook of Slack or Discord, or
/// one with a key among its parameters. A template in its place is none.
pub(super) fn is_key_to_a_receiver(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let is_long = |path: &str| path.len() > 20 && !path.contains("{{");
    let of_hooks = ["hooks.slack.com/services/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"];
    let is_hook = of_hooks.iter().any(|hook| place.strip_prefix(hook).is_some_and(is_long));
    is_hook
        || parameters.split('&').any(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let is_key = KEYS_IN_ADDRESSES.iter().any(|key| name.eq_ignore_ascii_case(key));
            is_key && !value.is_empty() && !value.contains("{{")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_in_a_template_is_a_secret_as_elsewhere() {
        for (name, value) in [
            ("Authorization", "{{ 'Bearer abc123' }}"),
            ("Authorization", "{{ 'Bearer ' ~ 'abc' }}"),
            ("X-Api-Key", "{{ \"s3cret\" }}"),
            ("X-Api-Key", "{{ deploy_name | default('s3cret') }}"),
        ] {
            assert!(is_secret_header(name, value), "{value}");
        }
        assert!(holds_secret("{{ 'ghp_0123456789abcdef' }}"));
        for value in ["{{ tags | join(' and ') }}", "{{ prs[0]['title'] }}", "{{ revision[:7] }}"] {
            assert!(!is_secret_header("X-Api-Key", value), "{value}");
        }
    }

    #[test]
    fn header_is_secret_by_its_name() {
        for name in [
            "Authorization",
            "api_key",
            "X_API_KEY",
            "X-Auth",
            "X-Auth-Key",
            "X-Access-Key",
            "Private-Key",
            "X-Hub-Signature-256",
            "X.Api.Token",
        ] {
            assert!(is_secret_header(name, "s"), "{name}");
            assert!(!is_secret_header(name, "{{ deploy_name }}"), "{name}");
        }
        for name in [
            "Dedup-Key",
            "X-Atlassian-Token",
            "X-Issue-Key",
            "X-Team",
            "X-Author",
            "Idempotency-Key",
            "X-Keyword",
            "Content-Type",
            "X-Environment",
        ] {
            assert!(!is_secret_header(name, "s"), "{name}");
        }
    }

    #[test]
    fn text_holds_a_secret_by_its_form() {
        for text in [
            "Bearer s3cret",
            "basic dXNlcjpwdw==",
            "ghp_0123456789abcdefghij",
            "token glpat-0123456789abcdefghij",
            "https://x.example/?t=xoxb-0123456789-abc",
            "{{ revision }}:sk_live_0123456789abcdef",
        ] {
            assert!(holds_secret(text), "{text}");
        }
        for text in [
            "payments",
            "Bearer",
            "Bearer {{ revision }}",
            "{{ deploy_name }}",
            "ghp_x",
            "basic",
            "Basic support",
            "Basic checks passed for 2 of 2",
            "Bearer of good news: it is out",
            "https://xapp-production.example.com/h",
            "ghs_deployments and sk_test_environment",
        ] {
            assert!(!holds_secret(text), "{text}");
        }
    }

    #[test]
    fn login_before_a_host_is_seen() {
        for (address, expected) in [
            ("https://me:pw@x.example/hook", true),
            ("https://token@x.example", true),
            ("https://x.example/@me", false),
            ("https://x.example?mail=ana@example.com", false),
            ("https://{{ deployer }}@x.example", false),
            ("x.example", false),
        ] {
            assert_eq!(has_login(address), expected, "{address}");
        }
    }
}
