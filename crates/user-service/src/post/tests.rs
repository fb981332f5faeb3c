//! Templates: each is there and renders, and an operator's takes the place of ours.

use contracts::order_notices::OrderNotice;
use mail::{MailConfig, Transport};

use super::*;

fn settings(templates: Option<&Path>) -> Settings {
    let mut settings = Settings {
        mail: MailConfig {
            transport: Transport::Log,
            templates: templates.map(Path::to_owned),
            ..MailConfig::default()
        },
        ..Settings::default()
    };
    settings.server.public_url = "https://shop.example".to_owned().try_into().ok();
    settings
}

#[test]
fn each_mail_has_a_template_in_each_language() {
    let paths: Vec<&str> = TEMPLATES.iter().map(|(path, _)| *path).collect();
    for language in Language::ALL {
        for notice in Notice::all() {
            let path = format!("{}/{}.txt", language.code(), notice.as_str());
            assert!(paths.contains(&path.as_str()), "{path}");
        }
    }
    let post = Post::of(&settings(None)).unwrap().unwrap();
    for notice in Notice::all() {
        let (full, token) = (samples::full(), "the-token");
        let about = match notice.topic() {
            None => About::Account { token },
            Some(_) => About::Order(&full),
        };
        let (subject, text) = post.render(Language::De, notice, about).unwrap();
        assert!(!subject.is_empty() && !subject.contains('\n'));
        assert!(text.contains("https://shop.example"));
        let has_token = text.contains("?token=the-token");
        assert_eq!(has_token, notice.purpose().is_some(), "{notice:?}");
        let says_how_to_switch_it_off = text.contains("https://shop.example/account/mails");
        assert_eq!(says_how_to_switch_it_off, notice.topic().is_some());
    }
}

#[test]
fn a_mail_about_an_order_writes_amounts_and_days_in_its_language() {
    let post = Post::of(&settings(None)).unwrap().unwrap();
    let full = samples::full();
    let about = About::Order(&full);
    let (subject, text) = post
        .render(Language::En, Notice::Order(OrderNotice::Sold), about)
        .unwrap();
    assert_eq!(subject, "You have sold something");
    assert_eq!(
        text,
        "Hello,\n\nsomeone has bought from you at https://shop.example:\n\n2 x Lamp\n1 x Shade\n\nTotal: $1,299.00\n\n\
         Ship it by 25 February 2026. What is not shipped by then is cancelled and refunded.\n\n\
         See the order and where it goes:\n\n\
         https://shop.example/sell/orders/00000000-0000-0000-0000-000000000000\n\n\
         You choose which mails you get at https://shop.example/account/mails\n"
    );
    let (subject, text) = post
        .render(Language::De, Notice::Order(OrderNotice::PaidOut), about)
        .unwrap();
    assert_eq!(subject, "Sie haben 1.299,00\u{a0}$ verdient");
    assert!(text.contains("1.299,00\u{a0}$ davon"), "{text}");
    let (_, text) = post
        .render(Language::De, Notice::Order(OrderNotice::Sold), about)
        .unwrap();
    assert!(text.contains("bis zum 25. Februar 2026."), "{text}");
}

#[test]
fn a_buyer_reads_of_a_cancellation_what_they_get_and_a_seller_what_not_to_ship() {
    let post = Post::of(&settings(None)).unwrap().unwrap();
    let seller = samples::full();
    let buyer = OrderNews {
        as_seller: false,
        ..samples::full()
    };
    let read = |news| {
        let rendered = post.render(
            Language::En,
            Notice::Order(OrderNotice::Cancelled),
            About::Order(news),
        );
        rendered.unwrap().1
    };
    assert!(
        read(&seller)
            .contains("Do not ship any more of them:\n\n2 x Lamp\n1 x Shade\n\nThe buyer gets")
    );
    let read = read(&buyer);
    assert!(read.contains("are cancelled:\n\n2 x Lamp\n1 x Shade\n\nYou get $1,299.00 back."));
    assert!(read.contains("https://shop.example/orders/"));
}

#[test]
fn an_operators_template_takes_the_place_of_ours_and_a_fault_in_it_is_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("en")).unwrap();
    let place = dir.path().join("en/reset.txt");
    std::fs::write(
        &place,
        "Lamps: {{ minutes }} minutes\n\nFollow {{ site }}/x/{{ token }}\n",
    )
    .unwrap();
    let post = Post::of(&settings(Some(dir.path()))).unwrap().unwrap();
    let about = About::Account { token: "abc" };
    let (subject, text) = post.render(Language::En, Notice::Reset, about).unwrap();
    assert_eq!(
        (subject.as_str(), text.as_str()),
        ("Lamps: 15 minutes", "Follow https://shop.example/x/abc\n")
    );
    let of_order = dir.path().join("en/shipped.txt");
    for (place, fault) in [
        (&place, "Hello {{ nobody }}"),
        (&place, "Hello {{"),
        (&place, "Hello {{ order }}"),
        (&of_order, "Hello {{ token }}"),
        (
            &of_order,
            "Hello {% for item in items %}{{ item.price }}{% endfor %}",
        ),
    ] {
        let before = std::fs::read(place).unwrap_or_default();
        std::fs::write(place, fault).unwrap();
        let refused = Post::of(&settings(Some(dir.path()))).map(drop).unwrap_err();
        assert_eq!(refused.keys, ["mail.templates"], "{fault}");
        let name = place.file_name().unwrap().to_str().unwrap();
        assert!(refused.reason.contains(name), "{refused:?}");
        std::fs::write(place, before).unwrap();
    }
}
