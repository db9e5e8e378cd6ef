//! The database of a site.

use howdah_core::ErrorKind;
use howdah_netlify::{
    databases::{
        BranchReset, BranchState, ComputeSettings, DatabaseRole, MigrationFilter, MigrationRun, NewBranch, NewDatabase,
        NewSnapshot, ResetOptions, RoleOption, SnapshotMetadata, SnapshotRestore,
    },
    deploys::DeployId,
    testing::FakeNetlify,
};

use crate::site;

#[tokio::test(start_paused = true)]
async fn a_database_its_branches_and_snapshots() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let databases = netlify.databases();
    let readonly = || RoleOption::new().with_role(DatabaseRole::NetlifydbReadonly);
    assert_eq!(databases.get(&id, readonly()).await.unwrap_err().kind(), ErrorKind::NotFound);
    let made = databases.create(&id, NewDatabase::new().with_region("us-east-2")).await.unwrap();
    assert!(made.connection_string.as_ref().unwrap().expose().starts_with("postgresql://"));
    assert!(!format!("{made:?}").contains("postgresql"));
    databases.get(&id, readonly()).await.unwrap();

    databases.create_branch(&id, NewBranch::new("next").with_parent_branch_id("main")).await.unwrap();
    let branches = databases.list_branches(&id).await.unwrap();
    assert_eq!(branches[0].state, Some(BranchState::Ready));
    databases.get_branch(&id, "next", RoleOption::new()).await.unwrap();
    let reset = ResetOptions::new().with_force(true);
    let reset =
        databases.reset_branch(&id, "next", reset, BranchReset::new().with_source_branch_id("main")).await.unwrap();
    assert_eq!(reset.reset, Some(true));

    let settings = ComputeSettings::new().with_min_cu(0.5).with_max_cu(4.0).with_sleep_timeout_seconds(-1);
    databases.set_branch_compute_settings(&id, "next", settings.clone()).await.unwrap();
    assert_eq!(databases.set_compute_settings(&id, settings.clone()).await.unwrap(), settings);
    assert_eq!(databases.compute_settings(&id).await.unwrap().max_cu, Some(4.0));
    databases.clear_compute_settings(&id).await.unwrap();
    assert_eq!(databases.compute_settings(&id).await.unwrap().max_cu, Some(2.0));

    let all = MigrationFilter::new().with_branch("main");
    let migration = databases.list_migrations(&id, all.clone()).await.unwrap().remove(0);
    let detail = databases.get_migration(&id, migration.name.as_deref().unwrap(), all.clone()).await.unwrap();
    assert!(detail.content.unwrap().starts_with("CREATE TABLE"));
    databases.run_migrations(&id, &DeployId::from("5f"), MigrationRun::new().with_dry_run(false)).await.unwrap();
    assert_eq!(databases.list_migrations(&id, all).await.unwrap()[0].applied, Some(true));

    let new = NewSnapshot::new().with_name("before").with_metadata(SnapshotMetadata::new().with_source("howdah"));
    let snapshot = databases.create_snapshot(&id, new).await.unwrap();
    assert_eq!(databases.list_snapshots(&id).await.unwrap().len(), 1);
    databases.restore_snapshot(&id, &snapshot.id, SnapshotRestore::new().with_branch_id("main")).await.unwrap();
    databases.delete_snapshot(&id, &snapshot.id).await.unwrap();
    databases.delete_branch(&id, "next").await.unwrap();
    databases.delete(&id).await.unwrap();
    assert_eq!(databases.compute_settings(&id).await.unwrap_err().kind(), ErrorKind::NotFound);
}
