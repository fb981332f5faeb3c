//! `serve`, in the cases where it refuses to start.

use std::path::Path;

use marketplace::DataDir;
use rusqlite::Connection;

use crate::directory::Directory;
use crate::run::run;

#[test]
fn a_file_of_a_later_version_is_refused_in_words_and_left_as_it_is() {
    for file in [
        DataDir::users,
        DataDir::products,
        DataDir::orders,
        DataDir::wallet,
    ] {
        let directory = Directory::new();
        let path = file(&directory.dir);
        let version = |path: &Path| -> i64 {
            let file = Connection::open(path).unwrap();
            file.query_row("PRAGMA user_version", [], |row| row.get(0))
                .unwrap()
        };
        let future = version(&path) + 1;
        let database = Connection::open(&path).unwrap();
        database
            .pragma_update(None, "user_version", future)
            .unwrap();
        drop(database);

        let refused = directory.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        let name = path.file_name().unwrap().to_str().unwrap();
        for part in [name, "was written by a later version of this program"] {
            assert!(refused.stderr.contains(part), "{part}: {refused:?}");
        }
        assert_eq!(version(&path), future);
    }
}

#[test]
fn a_template_of_a_mail_that_cannot_be_rendered_is_refused_by_name() {
    let temp = tempfile::tempdir().unwrap();
    let (data, templates) = (temp.path().join("data"), temp.path().join("mails"));
    std::fs::create_dir_all(templates.join("en")).unwrap();
    let broken = "A package\n\n{{ carrier }} has it for {{ buyer }}\n";
    std::fs::write(templates.join("en/shipped.txt"), broken).unwrap();
    let data = data.to_str().unwrap();
    let refused = run(
        &["serve", "--listen", "127.0.0.1:0", "--data-dir", data],
        &[
            ("MARKETPLACE__MAIL__TRANSPORT", "file"),
            ("MARKETPLACE__MAIL__TEMPLATES", templates.to_str().unwrap()),
            ("MARKETPLACE__SERVER__PUBLIC_URL", "https://shop.example"),
        ],
    );
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for part in ["mail.templates", "en/shipped.txt", "undefined"] {
        assert!(refused.stderr.contains(part), "{part}: {refused:?}");
    }
}
