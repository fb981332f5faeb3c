//! What the use cases promise on every engine: the same bodies run as `sqlite::` and as `mongo::`.

mod case_moves;
mod cases;
mod erasures;
mod harness;
mod keys;
mod lists;
mod moves;
mod names;
mod refunds;
mod saga;
mod sales;
mod telling;

use harness::Subject;

use crate::domain::Message;

/// The wallet debited the buyer, and takes no commission.
const fn debited() -> Message {
    Message::Debited {
        commissions: Vec::new(),
    }
}

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
    moves:
        a_move_is_saved_with_its_command_its_fact_and_its_answer,
        a_move_that_is_refused_leaves_nothing_behind,
        a_move_waits_until_the_stock_is_sold,
        an_order_is_cancelled_with_a_refund_of_each_part,
        a_timeline_tells_everything_once_page_by_page;
    case_moves:
        a_return_is_received_in_parts_and_each_item_is_refunded_and_goes_back_once,
        items_of_a_return_that_are_received_a_hundred_times_at_once_are_received_once,
        an_open_case_keeps_its_part_from_the_sweep_until_it_ends,
        a_dispute_that_is_resolved_pays_whom_it_says,
        what_is_said_about_a_case_is_saved_with_its_fact_and_forgotten_with_its_author;
    refunds:
        a_hundred_refunds_at_once_give_back_the_part_and_not_a_unit_more,
        a_refund_that_the_wallet_answers_in_time_is_done_and_its_repeat_is_answered_so,
        a_refund_that_was_answered_unheard_is_found_in_the_store;
    names:
        the_latest_version_of_a_name_wins_whatever_the_order_of_messages,
        one_name_that_fails_takes_no_other_along;
    erasures:
        an_erased_buyer_is_in_no_order_and_what_was_sold_stays,
        an_erased_seller_is_in_no_sale,
        an_order_that_is_not_over_is_told_and_keeps_its_address_until_it_is,
        no_answer_tells_of_an_erased_user_and_no_move_of_others_is_made_again;
    telling:
        what_happens_is_told_once_where_mails_are_sent_and_not_at_all_elsewhere;
    sales:
        a_part_is_a_sale_once_its_stock_is_sold_and_moves_with_its_status,
        sales_come_newest_payment_first_page_by_page_over_all_statuses,
        sales_of_the_same_moment_are_neither_skipped_nor_repeated,
        sales_are_cut_to_a_span,
        a_search_of_sales_finds_words_and_goes_on_where_it_stopped,
        sales_are_summed_by_day_with_what_was_refunded_of_them;
    cases:
        a_case_is_listed_where_it_is_for_both_and_for_operators,
        cases_come_newest_first_page_by_page_over_all_their_states,
        disputed_orders_are_listed_until_they_are_decided,
        what_waits_for_a_decision_is_counted_with_the_oldest;
    lists:
        only_orders_whose_time_has_come_are_due,
        a_buyers_orders_come_newest_first_page_by_page_and_by_state,
        operators_list_orders_by_any_filter_newest_first,
        orders_to_review_are_listed_and_counted,
        unsettled_orders_are_counted_by_state_with_the_time_of_the_oldest,
        the_audit_reads_all_orders_or_the_one_asked_for;
}
