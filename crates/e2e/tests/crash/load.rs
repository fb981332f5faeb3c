//! SIGKILLs the serving process again and again under load. In the end every response that the clients received is true, and nothing
//! was applied twice.

use std::time::Duration;

use e2e::{Crew, Launch, rounds};

#[tokio::test(flavor = "multi_thread")]
async fn after_crashes_under_load_every_answer_is_true_and_every_order_settles() {
    let crashes = rounds(3, 20);
    let data_dir = tempfile::tempdir().unwrap();
    // Sellers are paid while the clients go on: refunds come before the release of their part and after it.
    let launch = Launch::on(data_dir.path())
        .set("WALLET__COMMISSION_BASIS_POINTS", "1000")
        .set("WALLET__PAYOUT_HOLD_SECONDS", "1")
        .set("ORDERS__RELEASE_AFTER_SECONDS", "1")
        .set("ORDERS__RETURN_WINDOW_SECONDS", "1");
    let server = launch.serve();
    let mut crew = Crew::gather(&server.client()).await;
    assert_eq!(server.terminate(), Some(0));

    for crash in 0..crashes {
        let server = launch.serve();
        let busy = crew.start(&server.client());
        // A different moment each time, measured in responses, so that on a slow machine it is not killed before it has done anything.
        busy.answered(15 + crash * 37 % 160, Duration::from_secs(30))
            .await;
        server.kill();
        crew = busy.stop().await;
    }

    let server = launch.serve();
    let paid = crew.finish_and_check(&server.client()).await;
    launch.assert_audit_is_clean();
    assert_eq!(server.terminate(), Some(0));
    launch.assert_audit_is_clean();
    println!("{paid} orders were answered as paid across {crashes} crashes");
}
