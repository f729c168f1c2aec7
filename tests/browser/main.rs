//! The web interface in a real browser, against the running demo: what no test of a function can see.
//!
//! Each scenario states a law of the interface. They share one demo (a central and two sites) and run one after the
//! other, because they change it; each has a browser of its own. They never skip: without a browser they fail and name
//! `scripts/install-browser.sh`. Run one with
//! `cargo test --workspace --test browser -- PART-OF-NAME`.

mod carrying;
#[path = "../common/mod.rs"]
mod common;
mod counting;
mod harness;
mod month;
mod scenarios;
mod sharing;

use std::process::ExitCode;
use std::time::Instant;

use futures_util::FutureExt;
use harness::World;

type Scenario = for<'w> fn(&'w World) -> futures_util::future::LocalBoxFuture<'w, ()>;

macro_rules! scenarios {
    ($($module:ident: $($name:ident,)*;)*) => {
        &[$($((stringify!($name), |world| $module::$name(world).boxed_local()),)*)*]
    };
}

/// In the order in which they run.
const SCENARIOS: &[(&str, Scenario)] = scenarios! {
    scenarios:
    people_log_in_in_their_own_language,
    a_wrong_password_keeps_the_name_and_says_so,
    every_figure_opens_the_list_it_counts,
    a_list_is_filtered_while_one_types_and_the_address_keeps_it,
    the_stock_opens_on_what_is_there_and_everything_is_one_press_away,
    a_page_about_one_store_asks_which_one,
    pages_never_scroll_sideways,
    axe_finds_nothing_on_the_main_pages,
    central_wears_its_colour_and_its_name,
    an_attempt_at_central_data_on_a_site_shows_the_alert,
    stock_is_issued_in_three_taps_and_first_expired_goes_first,
    an_unfinished_issue_survives_a_reload,
    goods_are_received_line_by_line_and_a_difference_is_kept,
    forms_work_without_scripts,
    a_push_never_destroys_what_is_being_typed,
    equipment_gets_a_status_with_a_reason_of_that_status,
    a_scanner_works_on_any_page_and_never_eats_what_a_person_types,
    labels_are_read_back_by_the_scan_box,
    keys_that_act_alone_can_be_switched_off,
    work_on_both_sides_of_a_cut_merges_when_it_ends,
    ;
    counting:
    a_stocktake_is_counted_walking_down_explained_and_finalised,
    a_push_never_destroys_what_is_being_counted,
    a_scanned_box_leads_to_its_count,
    new_screens_fit_a_tablet_and_axe_finds_nothing_in_both_languages,
    three_thousand_lines_open_and_are_counted_on_a_slow_tablet,
    ;
    carrying:
    a_cut_site_and_central_merge_by_files,
    ;
    month:
    a_month_of_orders_with_the_link_cut_for_most_of_it,
    ;
    sharing:
    two_devices_that_share_issue_only_what_each_holds,
    ;
};

fn main() -> ExitCode {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let listing = std::env::args().any(|argument| argument == "--list");
    let chosen: Vec<_> = SCENARIOS
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|part| name.contains(part)))
        .collect();
    if listing {
        chosen.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    if chosen.is_empty() {
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let world = World::start();
    let mut failed = Vec::new();
    for (name, scenario) in chosen {
        let began = Instant::now();
        let outcome = runtime.block_on(std::panic::AssertUnwindSafe(scenario(&world)).catch_unwind());
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("test {name} ... {verdict} ({:.1} s)", began.elapsed().as_secs_f32());
        if outcome.is_err() {
            failed.push(name);
        }
    }
    drop(world);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
