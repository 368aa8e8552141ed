//! Runs every function of the suite on every back end.

macro_rules! suite {
    ($($module:ident { $($test:ident,)* })*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    crate::$module::$test(crate::support::Fixture::sqlite().await).await;
                }
            )*)*
        }

        mod memory {
            $($(
                #[tokio::test(flavor = "multi_thread")]
                async fn $test() {
                    crate::$module::$test(crate::support::Fixture::memory()).await;
                }
            )*)*
        }
    };
}

suite! {
    journals {
        a_batch_is_appended_whole_or_not_at_all,
        an_empty_batch_only_asks,
        records_are_read_in_order_from_anywhere,
        a_reader_ahead_of_the_journal_is_told,
        records_of_another_shape_are_refused,
        only_the_epoch_that_owns_a_stream_appends,
        tenants_and_streams_do_not_mix,
        records_of_a_megabyte_are_kept,
        what_no_store_could_read_again_is_refused,
        snapshots_are_of_the_stream_as_it_is,
        sixty_four_tenants_append_at_once,
        many_writers_of_one_tenant_lose_nothing,
        a_whole_stream_verifies,
        after_closing_nothing_is_taken,
    }
    documents {
        a_write_happens_only_under_its_precondition,
        a_version_never_comes_again,
        many_writers_of_one_document_lose_nothing,
        queries_give_what_was_asked_for_page_by_page,
        paging_is_steady_while_documents_come_and_go,
        the_end_of_a_page_is_the_end_of_the_answer_only_when_it_is,
        expired_documents_are_absent,
        expired_documents_are_purged,
        tenants_and_product_do_not_mix,
        odd_characters_are_ordinary,
        documents_of_a_megabyte_are_kept,
        what_is_not_declared_is_refused,
        what_cannot_be_indexed_or_read_again_is_refused,
        tenants_are_listed_by_page,
    }
    leases {
        one_holds_it_until_it_runs_out,
        an_owner_renews_and_releases_its_own_only,
        of_many_contenders_one_gets_it,
        a_lost_lease_fences_its_holder,
    }
}
