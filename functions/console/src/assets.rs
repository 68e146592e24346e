//! The files that the pages need. Their names hold a hash of their content, so that a browser may keep them
//! for good.

use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// Its content.
    pub(crate) text: &'static str,
}

const CSS: Asset =
    Asset { media_type: "text/css; charset=utf-8", text: include_str!("../assets/signoff.css") };
const ICON: Asset = Asset { media_type: "image/svg+xml", text: include_str!("../assets/signoff.svg") };

const JS: Asset =
    Asset { media_type: "text/javascript; charset=utf-8", text: include_str!("../assets/signoff.js") };

/// The reference of the rules language, as the repository has it.
const RULES: Asset =
    Asset { media_type: "text/plain; charset=utf-8", text: include_str!("../../../docs/rules.md") };

static CSS_HREF: LazyLock<String> = LazyLock::new(|| href(&CSS, "css"));
static ICON_HREF: LazyLock<String> = LazyLock::new(|| href(&ICON, "svg"));
static JS_HREF: LazyLock<String> = LazyLock::new(|| href(&JS, "js"));
static RULES_HREF: LazyLock<String> = LazyLock::new(|| href(&RULES, "md"));

fn href(asset: &Asset, extension: &str) -> String {
    let hash = Sha256::digest(asset.text);
    format!("/assets/signoff-{}.{extension}", hex::encode(&hash[..8]))
}

/// The style sheet's address.
pub(crate) fn css_href() -> &'static str {
    &CSS_HREF
}

/// The icon's address.
pub(crate) fn icon_href() -> &'static str {
    &ICON_HREF
}

/// The script's address.
pub(crate) fn js_href() -> &'static str {
    &JS_HREF
}

/// The address of the rules language's reference.
pub(crate) fn rules_href() -> &'static str {
    &RULES_HREF
}

/// The file with this name.
pub(crate) fn find(file: &str) -> Option<Asset> {
    let named = |href: &str| href.rsplit('/').next() == Some(file);
    if named(css_href()) {
        Some(CSS)
    } else if named(icon_href()) {
        Some(ICON)
    } else if named(js_href()) {
        Some(JS)
    } else if named(rules_href()) {
        Some(RULES)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_their_whole_name() {
        for (href, media_type) in [
            (css_href(), "text/css; charset=utf-8"),
            (icon_href(), "image/svg+xml"),
            (js_href(), "text/javascript; charset=utf-8"),
            (rules_href(), "text/plain; charset=utf-8"),
        ] {
            let file = href.strip_prefix("/assets/").unwrap();
            assert_eq!(find(file).map(|asset| asset.media_type), Some(media_type), "{file}");
        }
        for file in ["", "signoff.css", "signoff-0000000000000000.css", "../Cargo.toml"] {
            assert!(find(file).is_none(), "{file}");
        }
    }
}
