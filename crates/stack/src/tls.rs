//! TLS to the servers, as in a deployment across machines: the stack's own certificate authority, and the certificates it signs.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType,
};

use crate::error::StackError;
use crate::options::Tls;
use crate::state::{Dir, State};

/// The TLS files in a stack's directory.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The authority's certificate, for clients.
    pub(crate) authority: PathBuf,
    /// The servers' certificate and key in one file: MongoDB requires that, and RabbitMQ accepts it.
    pub(crate) server: PathBuf,
}

impl Files {
    pub(crate) fn of(dir: &Dir) -> Self {
        Self {
            authority: dir.tls().join("ca.pem"),
            server: dir.tls().join("server.pem"),
        }
    }

    /// Creates them if they are missing.
    pub(crate) fn ensure(dir: &Dir) -> Result<Self, StackError> {
        let files = Self::of(dir);
        if files.authority.exists() && files.server.exists() {
            return Ok(files);
        }
        let made = certificates().map_err(|error| StackError::Failed {
            command: "certificates".to_owned(),
            reason: error.to_string(),
        })?;
        fs::create_dir_all(dir.tls()).map_err(StackError::io(&dir.tls()))?;
        write(&files.server, &made.server)?;
        write(&files.authority, &made.authority)?;
        Ok(files)
    }
}

/// The certificate that clients of the servers trust, if TLS is on.
pub(crate) fn authority(dir: &Dir, state: &State) -> Option<PathBuf> {
    match state.shape.tls {
        Tls::On => Some(Files::of(dir).authority),
        Tls::Off => None,
    }
}

struct Made {
    authority: String,
    server: String,
}

/// The authority's key is discarded: it never signs anything else.
fn certificates() -> Result<Made, rcgen::Error> {
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
    Ok(Made {
        authority: authority.pem(),
        server: server.pem() + &key.serialize_pem(),
    })
}

/// Writes a file that only the current user can read.
fn write(path: &Path, text: &str) -> Result<(), StackError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path).map_err(StackError::io(path))?;
    file.write_all(text.as_bytes())
        .map_err(StackError::io(path))
}
