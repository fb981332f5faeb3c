//! Against a mail server of a few lines.

use kernel::Timestamp;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::*;

/// Takes one mail, answers its recipient with `answer`, and returns what was said to it.
async fn server(answer: &'static str) -> (SecretUri, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("smtp://{}", listener.local_addr().unwrap());
    let said = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 test\r\n").await.unwrap();
        let (mut said, mut in_data) = (Vec::new(), false);
        while let Ok(Some(line)) = lines.next_line().await {
            said.push(line.clone());
            let reply = match line.split([' ', ':']).next().unwrap() {
                "." if in_data => {
                    in_data = false;
                    "250 taken"
                }
                _ if in_data => continue,
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "RCPT" => answer,
                "QUIT" => "221 bye",
                _ => "250 fine",
            };
            write
                .write_all(format!("{reply}\r\n").as_bytes())
                .await
                .unwrap();
            if line.starts_with("QUIT") {
                break;
            }
        }
        said
    });
    (uri.into(), said)
}

fn mail() -> Mail {
    Mail {
        id: Uuid::from_u128(7),
        at: Timestamp::from_millis(0),
        from: Address::parse("shop@example.com").unwrap(),
        to: Address::parse("ada@example.com").unwrap(),
        subject: "Größe".to_owned(),
        text: "One\n.\nTwo\n".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_server_is_given_the_whole_mail() {
    let (uri, said) = server("250 fine").await;
    let mailer = SmtpMailer::new(&uri).unwrap();
    mailer.send(&mail()).await.unwrap();
    drop(mailer);
    let said = said.await.unwrap();
    assert!(
        said.contains(&"MAIL FROM:<shop@example.com>".to_owned()),
        "{said:?}"
    );
    assert!(
        said.contains(&"RCPT TO:<ada@example.com>".to_owned()),
        "{said:?}"
    );
    let body = said.iter().skip_while(|line| !line.is_empty());
    let body: Vec<&str> = body.map(String::as_str).take(4).collect();
    assert_eq!(
        body,
        ["", "One", "..", "Two"],
        "a line of one dot does not end the mail"
    );
}

#[tokio::test]
async fn a_refusal_and_an_outage_are_told_apart_and_show_no_address() {
    for (answer, refused) in [
        ("550 no ada@example.com here", true),
        ("451 ada@example.com later", false),
    ] {
        let (uri, _said) = server(answer).await;
        let error = SmtpMailer::new(&uri)
            .unwrap()
            .send(&mail())
            .await
            .unwrap_err();
        assert_eq!(matches!(error, MailError::Refused(_)), refused, "{error}");
        assert!(!error.to_string().contains("ada"), "{error}");
    }
    let uri = "smtp://127.0.0.1:1".to_owned().into();
    let error = SmtpMailer::new(&uri)
        .unwrap()
        .send(&mail())
        .await
        .unwrap_err();
    assert!(matches!(error, MailError::Unavailable(_)), "{error}");
}
