//! The order of the layers, and what a wrong value is told.

use super::*;
use serde::Deserialize;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    server: Server,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Server {
    port: u16,
    open: bool,
    secret: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: Server {
                port: 8080,
                open: false,
                secret: Some(String::new()),
            },
        }
    }
}

fn env(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

fn load(
    file: Option<&Path>,
    environment: Vec<(String, String)>,
    flags: Option<Flag>,
) -> Result<Settings, SettingsError> {
    Layers::read(file, environment, flags)?.beside(&[])
}

#[test]
fn later_layers_win() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.toml");
    std::fs::write(&file, "[server]\nport = 1\nopen = true\n").unwrap();
    let settings: Settings =
        load(Some(&file), env("MARKETPLACE__SERVER__PORT", "2"), None).unwrap();
    assert_eq!((settings.server.port, settings.server.open), (2, true));
    let flag = ("--port", "server.port", Some("3".to_owned()));
    let settings: Settings = load(
        Some(&file),
        env("MARKETPLACE__SERVER__PORT", "2"),
        Some(flag),
    )
    .unwrap();
    assert_eq!(settings.server.port, 3);
}

#[test]
fn an_unknown_key_is_refused_with_its_origin_and_what_is_allowed() {
    let error = load(None, env("MARKETPLACE__SERVER__PROT", "2"), None)
        .unwrap_err()
        .to_string();
    for part in ["server.prot", "MARKETPLACE__SERVER__PROT", "server.port"] {
        assert!(error.contains(part), "{error}");
    }
    let error = load(None, env("MARKETPLACE__SEVRER__PORT", "2"), None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("the sections server"), "{error}");
}

#[test]
fn a_bad_value_is_refused_with_its_key_and_origin() {
    let error = load(None, env("MARKETPLACE__SERVER__PORT", "99999"), None)
        .unwrap_err()
        .to_string();
    for part in ["server.port", "MARKETPLACE__SERVER__PORT"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn processes_that_share_a_file_read_their_part_and_refuse_what_nobody_knows() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("m.toml");
    std::fs::write(&file, "[server]\nport = 7\n[wallet]\nfee = 1\n").unwrap();
    let layers = Layers::read(Some(&file), env("OTHER", ""), None).unwrap();
    let settings: Settings = layers.beside(&["wallet"]).unwrap();
    assert_eq!(settings.server.port, 7);
    assert!(load(Some(&file), env("OTHER", ""), None).is_err());
    let server: Server = layers.section("server").unwrap();
    assert_eq!(server.port, 7);
    let typo = Layers::read(None, env("MARKETPLACE__SERVER__PROT", "2"), None).unwrap();
    let error = typo.section::<Server>("server").unwrap_err().to_string();
    for part in ["server.prot", "server.open, server.port"] {
        assert!(error.contains(part), "{error}");
    }
    let typo = Layers::read(None, env("MARKETPLACE__WALET__FEE", "2"), None).unwrap();
    let error = typo.beside::<Settings>(&["wallet"]).unwrap_err();
    assert!(
        error.to_string().contains("the sections server, wallet"),
        "{error}"
    );
}

#[test]
fn other_variables_are_none_of_our_business() {
    assert!(load(None, env("MARKETPLACES", "1"), None).is_ok());
}
#[test]
fn the_origin_of_a_value_from_a_file_is_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.toml");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        load(Some(&path), env("OTHER", ""), None)
            .unwrap_err()
            .to_string()
    };
    for (text, parts) in [
        (
            "\n[server]\nport = 70000\n",
            vec!["server.port", "m.toml:3"],
        ),
        ("\n\nserver.prot = 1\n", vec!["server.prot", "m.toml:3"]),
        (
            "[server]\nopen = 18446744073709551616\n",
            vec!["server.open", "m.toml:2", "18446744073709551616"],
        ),
        ("[server]\nport = 1\nopen =\n", vec!["m.toml", "line 3"]),
    ] {
        let error = refused(text);
        for part in parts {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }
    let error = refused("[server]\nsecret = \"s3cret\" nonsense\n");
    assert!(!error.contains("s3cret"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_environment_of_other_programs_may_be_anything_and_ours_has_to_be_utf_8() {
    use std::os::unix::ffi::OsStringExt as _;
    let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
    let with = |name: &[u8], value: &[u8]| {
        let layers = Layers::read(None, [(bytes(name), bytes(value))], None)?;
        layers.beside::<Settings>(&[])
    };
    assert_eq!(with(b"CAF\xe9", b"caf\xe9").unwrap(), Settings::default());
    let error = with(b"MARKETPLACE__SERVER__SECRET", b"caf\xe9").unwrap_err();
    let sentence = "the setting server.secret (from MARKETPLACE__SERVER__SECRET) is wrong: its value is not UTF-8";
    assert_eq!(error.to_string(), sentence);
    let error = with(b"MARKETPLACE__CAF\xe9", b"1").unwrap_err();
    assert!(error.to_string().contains("MARKETPLACE__CAF"), "{error}");
}

#[test]
fn a_broken_rule_is_told_with_the_origin_of_each_value() {
    let layers = Layers::read(None, env("MARKETPLACE__SERVER__PORT", "2"), None).unwrap();
    let rule = WrongSetting::together(&["server.port", "server.open"], "no");
    assert_eq!(
        layers.check(Err(rule)).unwrap_err().to_string(),
        "the setting server.port (from MARKETPLACE__SERVER__PORT) with server.open (from the defaults) is wrong: no"
    );
}
