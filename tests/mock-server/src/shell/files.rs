//! Decides which file answers a GET, with which type and policy.

use std::path::{Path, PathBuf};

use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};

use super::Options;
use super::answer::Body;

/// What the application sends with its pages. WebAssembly does not compile under it.
const CSP: &str = "default-src 'self'; connect-src 'self'; script-src 'self' 'unsafe-inline'; \
                   style-src 'self' 'unsafe-inline'; worker-src blob:; img-src 'self' data:; \
                   font-src 'self' data:; object-src 'none'; base-uri 'self'; \
                   frame-ancestors 'self'; form-action 'self'";

/// Sections of the application; a page for one of them serves all addresses below it.
const SECTIONS: [&str; 4] = ["progress", "results", "research", "benchmark"];

/// The answer to a request for a file, if there is one at this path. Files are only read.
pub(super) async fn find(
    options: &Options,
    method: &str,
    path: &str,
) -> Option<hyper::Response<Body>> {
    for file in candidates(options, path) {
        if let Ok(bytes) = tokio::fs::read(&file).await {
            if !matches!(method, "GET" | "HEAD") {
                let answer = hyper::Response::builder()
                    .status(405)
                    .header(ALLOW, "GET, HEAD");
                return answer.body(Body::whole("Files are only read\n")).ok();
            }
            let mime = mime_guess::from_path(&file).first_or_octet_stream();
            let text = mime.type_() == mime_guess::mime::TEXT;
            let mime = if text {
                format!("{mime}; charset=utf-8")
            } else {
                mime.to_string()
            };
            let mut answer = hyper::Response::builder()
                .header(CONTENT_TYPE, mime)
                .header(CACHE_CONTROL, "no-store")
                .header(X_CONTENT_TYPE_OPTIONS, "nosniff");
            if options.csp {
                answer = answer.header(CONTENT_SECURITY_POLICY, CSP);
            }
            return answer.body(Body::whole(bytes)).ok();
        }
    }
    None
}

fn candidates(options: &Options, path: &str) -> Vec<PathBuf> {
    // Names in our folders are plain; anything else is nobody's file.
    let plain = |part: &str| !part.starts_with('.') && !part.contains(['%', '\\', ':']);
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if !parts.iter().all(|part| plain(part)) {
        return Vec::new();
    }
    let join = |folder: &Path, parts: &[&str]| {
        let mut file = folder.to_path_buf();
        file.extend(parts);
        if path.ends_with('/') {
            file.join("index.html")
        } else {
            file
        }
    };
    let mut files = Vec::new();
    if let (Some(pkg), Some(("pkg", rest))) =
        (&options.pkg, parts.split_first().map(|(a, b)| (*a, b)))
    {
        files.push(join(pkg, rest));
    }
    if let Some(www) = &options.www {
        files.push(join(www, &parts));
        if let Some(section) = parts.first().filter(|first| SECTIONS.contains(first)) {
            files.push(www.join(format!("{section}.html")));
            files.push(www.join("index.html"));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            www: Some("w".into()),
            pkg: Some("p".into()),
            ..Options::default()
        }
    }

    #[test]
    fn a_folder_means_its_index_and_pkg_is_a_folder_of_its_own() {
        assert_eq!(candidates(&options(), "/"), [PathBuf::from("w/index.html")]);
        let files = candidates(&options(), "/pkg/a/b.wasm");
        assert_eq!(files.first(), Some(&PathBuf::from("p/a/b.wasm")));
    }

    #[test]
    fn a_page_serves_all_addresses_of_its_section() {
        let files = candidates(&options(), "/progress/42");
        assert!(
            files.contains(&PathBuf::from("w/progress.html")),
            "{files:?}"
        );
    }

    #[test]
    fn nothing_outside_the_folders_is_found() {
        for path in ["/../secret", "/%2e%2e/secret", "/.git/config", "/a\\..\\b"] {
            assert!(candidates(&options(), path).is_empty(), "{path}");
        }
    }
}
