//! `config`.

use crate::run::run;

#[test]
fn the_printed_configuration_is_toml_that_loads_as_what_it_was() {
    let set = [
        ("MARKETPLACE__CURRENCY", "EUR"),
        ("MARKETPLACE__CATALOGUE__PUBLIC", "true"),
        ("MARKETPLACE__ORDERS__WAIT_SECONDS", "7"),
        ("MARKETPLACE__WALLET__TOPUPS", "trusted"),
        ("MARKETPLACE__WALLET__COMMISSION_BASIS_POINTS", "250"),
        ("MARKETPLACE__LOG__FILTER", "warn,[request{id=\"1\"}]=debug"),
    ];
    for environment in [&[][..], &set[..]] {
        let printed = run(&["config"], environment);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &printed.stdout).unwrap();
        let again = run(&["config", "--config", file.path().to_str().unwrap()], &[]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert_eq!(again.stdout, printed.stdout);
    }
}
