//! What the use cases promise on every engine: the same bodies run as `sqlite::` and as `mongo::`.

mod harness;
mod keys;
mod lists;
mod saga;

use harness::Subject;

macro_rules! promises {
    ($($group:ident: $($promise:ident),+ $(,)?;)+) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            $($(#[tokio::test]
            async fn $promise() {
                super::$group::$promise(super::Subject::on_sqlite()).await;
            })+)+
        }

        #[cfg(feature = "mongo")]
        mod mongo {
            $($(#[tokio::test]
            async fn $promise() {
                super::$group::$promise(super::Subject::on_mongo()).await;
            })+)+
        }
    };
}

promises! {
    saga:
        a_placed_order_reads_back_as_it_was_and_its_command_waits_in_the_outbox,
        an_order_reads_back_as_messages_and_its_answer_have_left_it,
        an_order_is_placed_once,
        a_message_is_handled_once_however_often_it_comes,
        a_message_that_changes_nothing_is_handled_too,
        a_resend_of_a_command_that_still_waits_adds_no_second_one,
        a_batch_tells_each_order_its_own_message_and_unknown_orders_nothing,
        an_order_settles_with_the_message_that_ends_its_saga_and_with_no_other,
        a_row_that_does_not_decode_is_an_error_and_is_never_skipped,
        a_message_that_fails_takes_no_other_along,
        an_order_that_cannot_act_is_passed_over_by_the_sweep;
    keys:
        a_key_is_claimed_by_one_request_and_freed_by_its_lease,
        a_claim_given_up_is_free_at_once_with_or_without_its_order,
        a_lost_claim_can_neither_be_answered_nor_given_up,
        the_first_answer_is_final,
        a_request_that_does_not_wait_is_answered_with_its_order,
        a_key_whose_order_is_answered_says_so_to_its_own_body_alone,
        an_order_without_a_key_has_no_answer,
        answers_are_forgotten_after_forty_eight_hours;
    lists:
        only_orders_whose_time_has_come_are_due,
        a_buyers_orders_come_newest_first_page_by_page_and_by_state,
        orders_to_review_are_listed_and_counted,
        unsettled_orders_are_counted_by_state_with_the_time_of_the_oldest,
        the_audit_reads_all_orders_or_the_one_asked_for;
}
