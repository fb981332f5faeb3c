//! Styles, scripts and pictures. Their addresses have a part of their digest, so that browsers keep them as long as they like.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::files::Files;

struct Asset {
    bytes: Cow<'static, [u8]>,
    version: String,
}

/// All of them, by name.
pub(crate) struct Assets(BTreeMap<&'static str, Asset>);

impl Assets {
    pub(crate) fn new(files: &Files) -> anyhow::Result<Self> {
        let all = Files::own("assets/").map(|path| {
            let bytes = files.read(path)?.context("an asset is missing")?;
            let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
            let version = digest.chars().take(10).collect();
            let name = path.trim_start_matches("assets/");
            Ok((name, Asset { bytes, version }))
        });
        Ok(Self(all.collect::<anyhow::Result<_>>()?))
    }

    /// Its content.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(|asset| &*asset.bytes)
    }

    /// The address of an asset.
    pub(crate) fn path(&self, name: &str) -> Option<String> {
        let asset = self.0.get(name)?;
        Some(format!("/assets/{name}?v={}", asset.version))
    }
}
