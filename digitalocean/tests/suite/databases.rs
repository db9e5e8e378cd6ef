//! Databases against the fake.

use howdah_core::{Outcome, testing::Fault};
use howdah_digitalocean::{
    databases::{
        BackupRestore, Database, DatabaseFilter, DatabaseId, DatabaseStatus, Databases, Engine, Migration, NewDatabase,
        Resize,
        config::{
            EngineConfig, KafkaConfig, MongoConfig, MysqlConfig, OpensearchConfig, PostgresConfig, RedisConfig,
            ValkeyConfig,
        },
        connection_limit,
        kafka::{CompatibilityLevel, NewSchema, NewTopic, SchemaType, TopicConfig, TopicState, TopicUpdate},
        logsinks::{Datadog, LogsinkConfig, LogsinkId, LogsinkType, NewLogsink, Rsyslog, Search},
        migrations::{MigrationSource, NewOnlineMigration, OnlineMigrationStatus},
        pools::{NewPool, PoolMode, PoolUpdate},
        replicas::NewReplica,
        settings::{
            Autoscale, DoSettings, EvictionPolicy, MaintenanceWindow, MetricsCredentials, StorageAutoscale,
            TrustedSource, TrustedSourceType,
        },
        users::{
            AuthPlugin, AuthReset, DatabaseUserRole, DatabaseUserUpdate, MysqlSettings, NewDatabaseUser, UserSettings,
        },
    },
    testing::FakeDigitalOcean,
};
use serde_json::Value;

fn pg(name: &str) -> NewDatabase {
    NewDatabase::new(name, Engine::Pg, 1u32, "db-s-2vcpu-4gb", "tor1").with_version("16")
}

async fn with(new: NewDatabase) -> (FakeDigitalOcean, Databases, Database) {
    let fake = FakeDigitalOcean::new();
    let databases = fake.client().databases();
    let ordered = databases.create(new).await.unwrap();
    let database = databases.follow(ordered.id).await.unwrap();
    (fake, databases, database)
}

async fn a_day() {
    tokio::time::sleep(std::time::Duration::from_secs(24 * 3600)).await;
}

#[tokio::test(start_paused = true)]
async fn a_cluster_lives() {
    let fake = FakeDigitalOcean::new();
    let databases = fake.client().databases();
    let options = databases.options().await.unwrap();
    assert!(options.of(&Engine::Pg).unwrap().versions.contains(&"16".to_owned()));

    let new = pg("mastodon").with_tags(["db".to_owned()]);
    let ordered = databases.create(new).await.unwrap();
    assert_eq!(ordered.status, Some(DatabaseStatus::Creating));
    let early = databases.resize(&ordered.id, Resize::new("db-s-4vcpu-8gb", 1u32)).await.unwrap_err();
    assert!(early.is_invalid());
    let database = databases.follow(ordered.id.clone()).await.unwrap();
    assert_eq!(database.db_names, ["defaultdb"]);
    let shown = format!("{database:?}");
    assert!(!shown.contains(database.connection.unwrap().password.unwrap().expose()), "{shown}");

    let tagged = databases.list(DatabaseFilter::new().with_tag_name("db")).await.unwrap();
    assert_eq!(tagged.len(), 1);
    assert_eq!(databases.list(DatabaseFilter::new().with_tag_name("web")).await.unwrap(), []);

    databases.resize(&database.id, Resize::new("db-s-4vcpu-8gb", 2u32)).await.unwrap();
    let resized = databases.follow(database.id.clone()).await.unwrap();
    assert_eq!((resized.size.as_deref(), resized.num_nodes), (Some("db-s-4vcpu-8gb"), Some(2)));
    databases.migrate(&database.id, Migration::new("nyc3")).await.unwrap();
    assert_eq!(databases.get(&database.id).await.unwrap().status, Some(DatabaseStatus::Migrating));
    assert_eq!(databases.follow(database.id.clone()).await.unwrap().region, Some("nyc3".into()));
    let events = databases.list_events(&database.id).await.unwrap();
    assert_eq!(events.len(), 4, "{events:?}");

    databases.delete(&database.id).await.unwrap();
    assert!(databases.get(&database.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_ordered_is_refused_and_nothing_is_ordered_twice() {
    let (fake, databases, _) = with(pg("mastodon")).await;
    let wrong = [
        pg("mastodon"),
        pg("With Spaces"),
        pg("old").with_version("9.6"),
        pg("far").with_private_network_uuid("nowhere"),
        NewDatabase::new("cache", Engine::Redis, 1u32, "db-s-1vcpu-1gb", "tor1"),
        NewDatabase::new("small", Engine::Pg, 2u32, "db-s-1vcpu-1gb", "tor1"),
        NewDatabase::new("huge", Engine::Pg, 1u32, "db-s-99vcpu", "tor1"),
    ];
    for new in wrong {
        let error = databases.create(new.clone()).await.unwrap_err();
        assert!(error.is_invalid(), "{new:?}: {error}");
    }
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = databases.create(pg("second")).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    assert_eq!(databases.list(DatabaseFilter::new()).await.unwrap().len(), 2);
    let second = databases.list(DatabaseFilter::new()).await.unwrap().into_iter().find(|one| one.name == "second");
    fake.world().fail_next(Fault::Lost { applied: true });
    let resize = databases.migrate(&second.unwrap().id, Migration::new("nyc3")).await.unwrap_err();
    assert_eq!((resize.outcome(), resize.attempts()), (Outcome::Unknown, 1));
}

#[tokio::test(start_paused = true)]
async fn backups_are_made_daily_and_make_another_cluster() {
    let (_, databases, database) = with(pg("mastodon")).await;
    databases.create_db(&database.id, "mastodon_production").await.unwrap();
    a_day().await;
    a_day().await;
    let backups = databases.list_backups(&database.id).await.unwrap();
    let made = backups.backups.iter().map(|backup| backup.incremental).collect::<Vec<_>>();
    assert_eq!(made, [Some(false), Some(true), Some(true)]);
    assert_eq!(backups.scheduled_backup_time.unwrap().backup_interval_hours, Some(24));

    let restore = BackupRestore::new("mastodon").with_backup_created_at(backups.backups[1].created_at);
    let fork = databases.create(pg("restored").with_backup_restore(restore)).await.unwrap();
    assert_eq!(fork.status, Some(DatabaseStatus::Forking));
    let fork = databases.follow(fork.id).await.unwrap();
    assert!(fork.db_names.contains(&"mastodon_production".to_owned()));
    let restore = BackupRestore::new("nonesuch");
    assert!(databases.create(pg("other").with_backup_restore(restore)).await.unwrap_err().is_not_found());
    for _ in 0..9 {
        a_day().await;
    }
    assert_eq!(databases.list_backups(&database.id).await.unwrap().backups.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn users_and_databases_come_and_go() {
    let (_, databases, Database { id, .. }) = with(pg("mastodon")).await;
    let settings = UserSettings { pg_allow_replication: Some(true), ..UserSettings::default() };
    let user = databases.create_user(&id, NewDatabaseUser::new("mastodon")).await.unwrap();
    assert_eq!(user.role, Some(DatabaseUserRole::Normal));
    assert!(databases.create_user(&id, NewDatabaseUser::new("mastodon")).await.unwrap_err().is_invalid());
    let updated = databases.update_user(&id, "mastodon", DatabaseUserUpdate::new(settings.clone())).await.unwrap();
    assert_eq!(updated.settings, Some(settings));
    let reset = databases.reset_user_auth(&id, "mastodon", AuthReset::new()).await.unwrap();
    assert_ne!(reset.password.as_ref().unwrap().expose(), user.password.unwrap().expose());
    assert_eq!(databases.user(&id, "mastodon").await.unwrap(), reset);
    let names: Vec<_> = databases.list_users(&id).await.unwrap().into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["doadmin", "mastodon"]);
    assert!(databases.delete_user(&id, "doadmin").await.unwrap_err().is_invalid());
    databases.delete_user(&id, "mastodon").await.unwrap();
    assert!(databases.user(&id, "mastodon").await.unwrap_err().is_not_found());

    databases.create_db(&id, "production").await.unwrap();
    assert!(databases.create_db(&id, "production").await.unwrap_err().is_invalid());
    assert_eq!(databases.db(&id, "production").await.unwrap().name, "production");
    assert_eq!(databases.list_dbs(&id).await.unwrap().len(), 2);
    assert!(databases.delete_db(&id, "defaultdb").await.unwrap_err().is_invalid());
    databases.delete_db(&id, "production").await.unwrap();
    assert!(databases.db(&id, "production").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn the_primary_user_s_password_is_that_of_the_connections() {
    let (_, databases, Database { id, connection, .. }) = with(pg("mastodon")).await;
    let old = connection.unwrap().password.unwrap();
    let reset = databases.reset_user_auth(&id, "doadmin", AuthReset::new()).await.unwrap();
    let now = databases.get(&id).await.unwrap().connection.unwrap();
    assert_eq!(now.password, reset.password);
    assert_ne!(now.password.as_ref().unwrap().expose(), old.expose());
    assert!(now.uri.unwrap().expose().contains(now.password.unwrap().expose()));
}

#[tokio::test(start_paused = true)]
async fn pools_share_the_connections_of_the_size() {
    let (_, databases, Database { id, size, .. }) = with(pg("mastodon")).await;
    let limit = connection_limit(&size.unwrap()).unwrap();
    assert_eq!(limit, 97);
    let web = databases.create_pool(&id, NewPool::new("web", "transaction", 60u32, "defaultdb")).await.unwrap();
    assert_eq!(web.connection.unwrap().port, Some(25061));
    let more = NewPool::new("jobs", PoolMode::Transaction, 38u32, "defaultdb");
    let error = databases.create_pool(&id, more).await.unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("37"), "{error}");
    let jobs = NewPool::new("jobs", PoolMode::Session, 37u32, "defaultdb").with_user("doadmin");
    databases.create_pool(&id, jobs).await.unwrap();
    for wrong in [
        NewPool::new("web", "transaction", 1u32, "defaultdb"),
        NewPool::new("x", "transaction", 1u32, "nonesuch"),
        NewPool::new("x", "transaction", 1u32, "defaultdb").with_user("nobody"),
        NewPool::new("x", "sometimes", 1u32, "defaultdb"),
    ] {
        assert!(databases.create_pool(&id, wrong).await.unwrap_err().is_invalid());
    }
    databases.update_pool(&id, "web", PoolUpdate::new("session", 50u32, "defaultdb")).await.unwrap();
    let web = databases.pool(&id, "web").await.unwrap();
    assert_eq!((web.mode, web.size), (PoolMode::Session, 50));
    let error = databases.update_pool(&id, "web", PoolUpdate::new("session", 99u32, "defaultdb")).await.unwrap_err();
    assert!(error.is_invalid());
    assert_eq!(databases.list_pools(&id).await.unwrap().iter().map(|pool| pool.size).sum::<u32>(), 87);
    databases.delete_pool(&id, "web").await.unwrap();
    assert!(databases.pool(&id, "web").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_replica_becomes_a_cluster_of_its_own() {
    let (_, databases, Database { id, .. }) = with(pg("mastodon")).await;
    let ordered =
        databases.create_replica(&id, NewReplica::new("reader", "db-s-2vcpu-4gb").with_region("nyc3")).await.unwrap();
    assert_eq!(ordered.status, Some(DatabaseStatus::Creating));
    assert!(databases.promote_replica(&id, "reader").await.unwrap_err().is_invalid());
    let replica = databases.follow_replica(id.clone(), "reader").await.unwrap();
    assert_eq!(databases.replica(&id, "reader").await.unwrap(), replica);
    databases.create_replica(&id, NewReplica::new("spare", "db-s-2vcpu-4gb")).await.unwrap();
    databases.delete_replica(&id, "spare").await.unwrap();
    assert_eq!(databases.list_replicas(&id).await.unwrap(), [replica]);
    databases.promote_replica(&id, "reader").await.unwrap();
    assert_eq!(databases.list_replicas(&id).await.unwrap(), []);
    let clusters = databases.list(DatabaseFilter::new()).await.unwrap();
    let promoted = clusters.iter().find(|cluster| cluster.name == "reader").unwrap();
    assert_eq!((promoted.region.clone(), promoted.status.clone()), (Some("nyc3".into()), Some(DatabaseStatus::Online)));
}

#[tokio::test(start_paused = true)]
async fn settings_are_kept() {
    let (_, databases, Database { id, .. }) = with(pg("mastodon")).await;
    assert!(databases.ca(&id).await.unwrap().certificate.len() > 40);
    let web = TrustedSource::new(TrustedSourceType::Tag, "web");
    databases.set_trusted_sources(&id, vec![web]).await.unwrap();
    let kept = databases.trusted_sources(&id).await.unwrap();
    assert!(kept[0].uuid.is_some() && kept[0].value == "web");
    databases.set_trusted_sources(&id, kept.clone()).await.unwrap();
    assert_eq!(databases.trusted_sources(&id).await.unwrap()[0].uuid, kept[0].uuid);

    let settings = DoSettings { service_cnames: vec!["db.example.com".to_owned()] };
    databases.set_do_settings(&id, settings.clone()).await.unwrap();
    assert_eq!(databases.do_settings(&id).await.unwrap(), settings);
    databases.set_maintenance(&id, MaintenanceWindow::new("sunday", "03:00")).await.unwrap();
    assert!(databases.set_maintenance(&id, MaintenanceWindow::new("someday", "03:00")).await.unwrap_err().is_invalid());
    let window = databases.get(&id).await.unwrap().maintenance_window.unwrap();
    assert_eq!((window.day.as_str(), window.pending), ("sunday", Some(true)));
    databases.install_update(&id).await.unwrap();
    assert_eq!(databases.get(&id).await.unwrap().maintenance_window.unwrap().pending, Some(false));

    let storage = StorageAutoscale::new(true).with_threshold_percent(80u32).with_increment_gib(20u32);
    databases.set_autoscale(&id, Autoscale { storage: Some(storage.clone()) }).await.unwrap();
    assert_eq!(databases.autoscale(&id).await.unwrap().storage, Some(storage));
    let wrong = Autoscale { storage: Some(StorageAutoscale::new(true).with_threshold_percent(5u32)) };
    assert!(databases.set_autoscale(&id, wrong).await.unwrap_err().is_invalid());

    databases.upgrade(&id, "17").await.unwrap();
    assert_eq!(databases.get(&id).await.unwrap().version.as_deref(), Some("17"));
    assert!(databases.upgrade(&id, "16").await.unwrap_err().is_invalid());

    let basic_auth_password = "hush".into();
    let credentials = MetricsCredentials { basic_auth_username: "prometheus".to_owned(), basic_auth_password };
    assert_eq!(databases.metrics_credentials().await.unwrap().basic_auth_username, "metrics");
    databases.set_metrics_credentials(credentials.clone()).await.unwrap();
    assert_eq!(databases.metrics_credentials().await.unwrap(), credentials);
}

#[tokio::test(start_paused = true)]
async fn each_engine_has_what_is_its_own() {
    let new = NewDatabase::new("cache", Engine::Valkey, 1u32, "db-s-1vcpu-1gb", "tor1");
    let (_, databases, Database { id, users, .. }) = with(new).await;
    assert_eq!(users, []);
    databases.set_eviction_policy(&id, EvictionPolicy::Noeviction).await.unwrap();
    assert_eq!(databases.eviction_policy(&id).await.unwrap(), EvictionPolicy::Noeviction);
    assert!(databases.list_backups(&id).await.unwrap_err().is_invalid());
    let pool = NewPool::new("web", "transaction", 1u32, "defaultdb");
    assert!(databases.create_pool(&id, pool).await.unwrap_err().is_invalid());
    assert!(databases.create_db(&id, "x").await.unwrap_err().is_invalid());

    let new = NewDatabase::new("ghost", Engine::Mysql, 1u32, "db-s-1vcpu-1gb", "tor1");
    let (_, databases, Database { id, .. }) = with(new).await;
    databases.set_sql_mode(&id, "ANSI").await.unwrap();
    assert_eq!(databases.sql_mode(&id).await.unwrap(), "ANSI");
    assert!(databases.eviction_policy(&id).await.unwrap_err().is_invalid());
    databases.create_user(&id, NewDatabaseUser::new("ghost")).await.unwrap();
    let plugin = MysqlSettings { auth_plugin: AuthPlugin::CachingSha2Password };
    let reset = AuthReset::new().with_mysql_settings(plugin.clone());
    assert_eq!(databases.reset_user_auth(&id, "ghost", reset).await.unwrap().mysql_settings, Some(plugin));
}

#[tokio::test(start_paused = true)]
async fn a_migration_is_followed() {
    let (fake, databases, Database { id, .. }) = with(pg("mastodon")).await;
    let source = || MigrationSource::new("db.example.com", 5432u16, "production", "admin", "hush");
    assert!(databases.online_migration(&id).await.unwrap_err().is_not_found());
    let begun = databases.start_online_migration(&id, NewOnlineMigration::new(source())).await.unwrap();
    databases.stop_online_migration(&id, &begun.id).await.unwrap();
    let error = databases.follow_online_migration(id.clone()).await.unwrap_err();
    assert!(error.to_string().contains("canceled"), "{error}");
    databases.start_online_migration(&id, NewOnlineMigration::new(source())).await.unwrap();
    assert_eq!(databases.online_migration(&id).await.unwrap().status, Some(OnlineMigrationStatus::Running));
    fake.set_online_migration(&id, OnlineMigrationStatus::Syncing);
    databases.follow_online_migration(id).await.unwrap();
}

/// The settings of an engine, all of them, as the service writes them.
fn round_trip<C: EngineConfig>(all: &Value, engine: &str) {
    let written = &all[engine];
    let read: C = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), *written, "{engine}");
}

#[test]
fn every_setting_has_its_type() {
    let all: Value = serde_json::from_str(include_str!("database_configs.json")).unwrap();
    round_trip::<PostgresConfig>(&all, "PostgresConfig");
    round_trip::<MysqlConfig>(&all, "MysqlConfig");
    round_trip::<ValkeyConfig>(&all, "ValkeyConfig");
    round_trip::<RedisConfig>(&all, "RedisConfig");
    round_trip::<MongoConfig>(&all, "MongoConfig");
    round_trip::<KafkaConfig>(&all, "KafkaConfig");
    round_trip::<OpensearchConfig>(&all, "OpensearchConfig");
}

/// What the fake does not hold, it answers from the published examples.
fn from_examples() -> (FakeDigitalOcean, Databases, DatabaseId) {
    let fake = FakeDigitalOcean::new();
    let databases = fake.client().databases();
    (fake, databases, DatabaseId::new("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn settings_of_the_software_are_read_as_those_of_an_engine() {
    let (fake, databases, id) = from_examples();
    let any = databases.any_config(&id).await.unwrap();
    assert!(!any.0.is_empty());
    let mysql = databases.config::<MysqlConfig>(&id).await.unwrap();
    assert_eq!(serde_json::to_value(&mysql).unwrap(), Value::Object(any.0));
    let wanted = PostgresConfig::new().with_work_mem(8u32).with_pg_stat_statements_track("all");
    databases.update_config(&id, &wanted).await.unwrap();
    let sent = fake.world().journal().last().unwrap().request.clone();
    assert_eq!(sent, serde_json::json!({ "config": { "work_mem": 8, "pg_stat_statements.track": "all" } }));
}

#[tokio::test(start_paused = true)]
async fn topics_and_their_schemas() {
    let (_, databases, id) = from_examples();
    let topics = databases.list_topics(&id).await.unwrap();
    assert_eq!(topics[1].state, Some(TopicState::Configuring));
    let config = || TopicConfig::new().with_retention_ms(-1i64).with_cleanup_policy("compact");
    let new = NewTopic::new().with_name("customer-events").with_partition_count(3u32).with_config(config());
    let topic = databases.create_topic(&id, new).await.unwrap();
    assert_eq!(topic.partitions[0].consumer_groups[1].name.as_deref(), Some("consumer-group-2"));
    assert_eq!(topic.partitions[1].consumer_groups, []);
    assert_eq!(topic.config.unwrap().flush_ms, Some(9_223_372_036_854_776_000));
    assert_eq!(databases.topic(&id, "customer-events").await.unwrap().name, "customer-events");
    let update = TopicUpdate::new().with_replication_factor(3u32).with_config(config());
    assert_eq!(databases.update_topic(&id, "customer-events", update).await.unwrap().replication_factor, Some(3));
    databases.delete_topic(&id, "customer-events").await.unwrap();

    let schema = || NewSchema::new("customer-schema", SchemaType::Avro, "{}");
    assert!(!databases.list_subjects(&id).await.unwrap().is_empty());
    assert_eq!(databases.create_schema(&id, schema()).await.unwrap().schema_type, Some(SchemaType::Avro));
    assert!(databases.schema(&id, "customer-schema").await.unwrap().version.is_some());
    assert!(databases.schema_version(&id, "customer-schema", "1").await.unwrap().schema.is_some());
    databases.delete_schema(&id, "customer-schema").await.unwrap();
    let level = || CompatibilityLevel::Backward;
    assert_eq!(databases.compatibility(&id).await.unwrap().compatibility_level, level());
    assert_eq!(databases.set_compatibility(&id, level()).await.unwrap().compatibility_level, level());
    let subject = "my-schema-subject";
    assert_eq!(databases.subject_compatibility(&id, subject).await.unwrap().subject_name.as_deref(), Some(subject));
    let set = databases.set_subject_compatibility(&id, subject, level()).await.unwrap();
    assert_eq!(set.compatibility_level, level());
}

#[tokio::test(start_paused = true)]
async fn logs_go_to_any_kind_of_place() {
    let (fake, databases, id) = from_examples();
    let sinks = databases.list_logsinks(&id).await.unwrap();
    assert!(matches!(&sinks[1].config, Some(LogsinkConfig::Rsyslog(sink)) if sink.format == "rfc3164"));
    let search = LogsinkConfig::Search(Search::new("https://user:hush@logs.example.com", "logs"));
    let shown = format!("{search:?}");
    assert!(!shown.contains("hush"), "{shown}");
    for (kind, config) in [
        (LogsinkType::Rsyslog, LogsinkConfig::Rsyslog(Rsyslog::new("logs.example.com", 514u16, false, "rfc5424"))),
        (LogsinkType::Opensearch, search.clone()),
        (LogsinkType::Datadog, LogsinkConfig::Datadog(Datadog::new("http-intake.logs.datadoghq.com", "hush"))),
    ] {
        databases.create_logsink(&id, NewLogsink::new("logs", kind, config.clone())).await.unwrap();
        let sent = fake.world().journal().last().unwrap().request.clone();
        assert_eq!(serde_json::from_value::<LogsinkConfig>(sent["config"].clone()).unwrap(), config);
    }
    let sink = LogsinkId::new("dfcc9f57d86bf58e321c2c6c31c7a971be244ac7".to_owned());
    assert!(matches!(databases.logsink(&id, &sink).await.unwrap().config, Some(LogsinkConfig::Rsyslog(_))));
    databases.update_logsink(&id, &sink, search).await.unwrap();
    databases.delete_logsink(&id, &sink).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn indexes_are_listed_and_deleted() {
    let (_, databases, id) = from_examples();
    let indexes = databases.list_indexes(&id).await.unwrap();
    assert_eq!((indexes[0].index_name.as_str(), indexes[0].size), ("sample-data", Some(208)));
    databases.delete_index(&id, "sample-data").await.unwrap();
}
