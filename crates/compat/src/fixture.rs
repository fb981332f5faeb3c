//! Where recordings lie: `fixtures/<release>/`, each with `proto/`, `internal.json`, and the files of one scenario on either store
//! in `sqlite/` and `mongo/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One release's recording.
#[derive(Debug, Clone)]
pub struct Fixture {
    dir: PathBuf,
}

impl Fixture {
    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
    }

    /// All that were recorded.
    ///
    /// # Panics
    /// If there is none: then nothing is tested.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let found = fs::read_dir(Self::root()).expect("the folder of recordings");
        let mut all: Vec<Self> = found
            .map(|entry| Self {
                dir: entry.expect("an entry").path(),
            })
            .collect();
        all.sort_by_key(|fixture| fixture.dir.clone());
        assert!(!all.is_empty(), "no release was recorded");
        all
    }

    /// The one of `release`, empty.
    #[must_use]
    pub fn anew(release: &str) -> Self {
        let dir = Self::root().join(release);
        if dir.exists() {
            fs::remove_dir_all(&dir).expect("the old recording can be removed");
        }
        Self { dir }
    }

    /// Which release it is of.
    #[must_use]
    pub fn release(&self) -> String {
        let name = self.dir.file_name().expect("a name");
        name.to_string_lossy().into_owned()
    }

    /// Where a file of it is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// A file's text.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A file's value.
    #[must_use]
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        fs::write(&path, text).expect("a file can be written");
    }

    /// Writes a file's value.
    pub fn write_json(&self, name: &str, value: &impl Serialize) {
        let mut text = serde_json::to_string_pretty(value).expect("JSON");
        text.push('\n');
        self.write(name, &text);
    }
}
