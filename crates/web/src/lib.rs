//! The web app as bytes: what `web/` builds, embedded in the binary when Rust builds it.
//!
//! It knows neither HTTP nor the rest of Jobline, and has no dependency, so that its build script can run Node while
//! Rust compiles the others. Where Node is not there, or the build of the app fails, [`ASSETS`] is empty, [`ABSENT`]
//! says why, and the build of the server goes on: the API needs no app.
//!
//! | variable, while building | does |
//! |---|---|
//! | `JOBLINE_WEB=on` | a build without the app is an error, not a warning |
//! | `JOBLINE_WEB=off` | leaves the app out, and runs nothing but Rust |
//! | `JOBLINE_WEB_DIST=FOLDER` | embeds what is in this folder, built elsewhere; needs no Node |

/// A file of the app.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Where it is served, relative to the app's root: `index.html`, `assets/app-BxV3.js`.
    pub path: &'static str,
    /// Its bytes.
    pub identity: &'static [u8],
    /// The same in Brotli, where that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// The same in gzip, where that is smaller.
    pub gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));
