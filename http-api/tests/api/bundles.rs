//! Who may carry files between devices, and what is said of files that are none.

use axum::http::Method;

use crate::world::{self, LOCAL_KEY, call};

const LOAD: &str = "/api/v1/sync/bundles/load";

fn save() -> world::Call {
    call(Method::POST, format!("/api/v1/sync/bundles/save?to={}", world::other_device()))
}

#[tokio::test]
async fn files_are_carried_by_whoever_administers_central_and_by_whoever_works_at_a_site() {
    let world = world::central().await;
    save().send(&world.router).await.refused(401, "unauthenticated");
    let keeper = world.token("keeper").await;
    save().by(&keeper).send(&world.router).await.refused(403, "not-permitted");
    call(Method::POST, LOAD).by(&keeper).raw("x").send(&world.router).await.refused(403, "not-permitted");
    let admin = world.token("admin").await;
    // They may; but the node of these tests has no key to sign with.
    for token in [admin.as_str(), LOCAL_KEY] {
        save().by(token).send(&world.router).await.refused(503, "bundle-not-signed");
    }

    let directory = tempfile::tempdir().expect("a directory");
    let site = world::site(directory.path()).await;
    let keeper = site.token("keeper").await;
    save().by(&keeper).send(&site.router).await.refused(503, "bundle-not-signed");
}

#[tokio::test]
async fn whom_a_file_is_for_has_to_be_somebody() {
    let world = world::central().await;
    let admin = world.token("admin").await;
    let to = |name: &str| call(Method::POST, format!("/api/v1/sync/bundles/save?to={name}")).by(&admin);
    to("Nowhere").send(&world.router).await.refused(404, "bundle-recipient-unknown");
    call(Method::POST, "/api/v1/sync/bundles/save")
        .by(&admin)
        .send(&world.router)
        .await
        .refused(400, "invalid-parameter");
}
