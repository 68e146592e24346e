//! Public address of this stack: the setting `PUBLIC_URL`.

use lambda_http::http::Uri;
use signoff_core::deploy::Slug;
use signoff_core::id::DeployId;

/// The console's own address.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Scheme and authority, without a slash at the end.
    origin: String,
    authority: String,
    https: bool,
}

impl Site {
    /// Reads the address. Error: what is wrong with it, to follow the setting's name.
    pub(crate) fn new(public_url: &str) -> Result<Self, String> {
        let problem = || {
            format!(
                "is `{public_url}`; it must be an address without a path, such as https://signoff.example.com"
            )
        };
        let uri: Uri = public_url.trim().parse().map_err(|_| problem())?;
        let authority = uri.authority().ok_or_else(problem)?.as_str().to_ascii_lowercase();
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(problem()),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(problem());
        }
        let scheme = if https { "https" } else { "http" };
        Ok(Self { origin: format!("{scheme}://{authority}"), authority, https })
    }

    /// True if browsers reach it over TLS.
    pub(crate) fn https(&self) -> bool {
        self.https
    }

    /// Scheme and authority, without a slash at the end.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The address of a deploy's page.
    pub(crate) fn deploy_url(&self, deploy: &DeployId) -> String {
        format!("{}/deploys/{deploy}", self.origin)
    }

    /// The address of a deployment's page.
    pub(crate) fn deployment_url(&self, deployment: &Slug) -> String {
        format!("{}/deployments/{deployment}", self.origin)
    }

    /// Address to which Slack sends people back once they signed in there; one of the Slack app's redirect
    /// URLs.
    pub(crate) fn sign_in_callback(&self) -> String {
        format!("{}/sign-in/slack/callback", self.origin)
    }

    /// True if a page of `origin` (a browser's `Origin` header) belongs to this console: it has the public
    /// address, or the very host that the request was sent to (a second domain, `localhost` for `127.0.0.1`).
    pub(crate) fn is_own_origin(&self, origin: &str, host: Option<&str>) -> bool {
        let Some((_, authority)) = origin.split_once("://") else { return false };
        let same = |other: &str| authority.eq_ignore_ascii_case(other);
        same(&self.authority) || host.is_some_and(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_is_taken() {
        for (url, origin, https) in [
            ("https://Signoff.example.com/", "https://signoff.example.com", true),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000", false),
        ] {
            let site = Site::new(url).unwrap();
            assert_eq!((site.origin.as_str(), site.https()), (origin, https));
        }
        for url in ["signoff.example.com", "ftp://x", "https://x.example/console", "https://x.example/?a", ""]
        {
            assert!(Site::new(url).unwrap_err().contains("must be an address"), "{url}");
        }
    }

    #[test]
    fn only_its_own_pages_are_its_own() {
        let site = Site::new("https://signoff.example.com").unwrap();
        for (origin, host, own) in [
            ("https://signoff.example.com", None, true),
            ("http://localhost:4000", Some("localhost:4000"), true),
            ("https://signoff.example.com.evil.example", Some("signoff.example.com"), false),
            ("https://evil.example", Some("signoff.example.com"), false),
            ("null", Some("signoff.example.com"), false),
            ("", None, false),
        ] {
            assert_eq!(site.is_own_origin(origin, host), own, "{origin}");
        }
    }
}
