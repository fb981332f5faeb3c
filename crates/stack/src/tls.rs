//! TLS to the servers, as in a deployment across machines: the stack's own certificate authority, and the certificates it signs.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};

use crate::state::{Dir, unusable};

/// The TLS files in a stack's directory.
#[derive(Debug)]
pub(crate) struct Files {
    /// The authority's certificate, for clients.
    pub(crate) authority: PathBuf,
    /// The servers' certificate and key in one file: MongoDB requires that, and RabbitMQ accepts it.
    pub(crate) server: PathBuf,
}

impl Files {
    pub(crate) fn of(dir: &Dir) -> Self {
        Self {
            authority: dir.join("tls/ca.pem"),
            server: dir.join("tls/server.pem"),
        }
    }

    /// Creates them if they are missing.
    pub(crate) fn ensure(&self, dir: &Dir) -> anyhow::Result<()> {
        if self.authority.exists() && self.server.exists() {
            return Ok(());
        }
        let (authority, server) = certificates().context("the certificates cannot be made")?;
        let tls = dir.join("tls");
        fs::create_dir_all(&tls).with_context(unusable(&tls))?;
        write(&self.server, &server).with_context(unusable(&self.server))?;
        write(&self.authority, &authority).with_context(unusable(&self.authority))
    }
}

/// The contents of both files. The authority's key is discarded: it never signs anything else.
fn certificates() -> Result<(String, String), rcgen::Error> {
    let named = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut params = named("MarketPlace stack authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = named("MarketPlace stack server");
    params.subject_alt_names = vec![
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::DnsName("localhost".try_into()?),
    ];
    // Members of a replica set are also clients of each other.
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let key = KeyPair::generate()?;
    let server = params.signed_by(&key, &authority)?;
    Ok((authority.pem(), server.pem() + &key.serialize_pem()))
}

/// Writes a file that only the current user can read.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}
