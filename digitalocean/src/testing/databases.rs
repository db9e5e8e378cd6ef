use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64;
use howdah_core::{
    Secret,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FakeDigitalOcean, State as World, catalog, not_found, tags, unprocessable, vpcs};
use crate::{
    databases::{
        Backup, Backups, CREATE, Connection, DELETE, Database, DatabaseId, DatabaseOptions, DatabaseStatus, Engine,
        EngineOptions, Event, EventType, GET, LIST, LIST_BACKUPS, LIST_EVENTS, Layout, MIGRATE, NewDatabase, OPTIONS,
        RESIZE, ScheduledBackupTime, VersionAvailability, connection_limit,
        migrations::{
            GET_ONLINE_MIGRATION, OnlineMigration, OnlineMigrationId, OnlineMigrationStatus, START_ONLINE_MIGRATION,
            STOP_ONLINE_MIGRATION,
        },
        pools::{CREATE_POOL, DELETE_POOL, GET_POOL, LIST_POOLS, NewPool, Pool, PoolMode, UPDATE_POOL},
        replicas::{
            CREATE_REPLICA, DELETE_REPLICA, GET_REPLICA, LIST_REPLICAS, NewReplica, PROMOTE_REPLICA, Replica, ReplicaId,
        },
        settings::{
            Autoscale, CaCertificate, EvictionPolicy, GET_AUTOSCALE, GET_CA, GET_DO_SETTINGS, GET_EVICTION_POLICY,
            GET_METRICS_CREDENTIALS, GET_SQL_MODE, INSTALL_UPDATE, LIST_TRUSTED_SOURCES, MaintenanceWindow,
            MetricsCredentials, SET_AUTOSCALE, SET_DO_SETTINGS, SET_EVICTION_POLICY, SET_MAINTENANCE,
            SET_METRICS_CREDENTIALS, SET_SQL_MODE, SET_TRUSTED_SOURCES, TrustedSource, UPGRADE,
        },
        users::{
            CREATE_DB, CREATE_USER, DELETE_DB, DELETE_USER, DatabaseUser, DatabaseUserRole, Db, GET_DB, GET_USER,
            LIST_DBS, LIST_USERS, NewDatabaseUser, RESET_USER_AUTH, UPDATE_USER, UserSettings,
        },
    },
    regions::RegionSlug,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    clusters: BTreeMap<DatabaseId, Cluster>,
    metrics: Option<MetricsCredentials>,
}

/// A cluster, and what its answer does not show.
#[derive(Debug, Serialize, Deserialize)]
struct Cluster {
    database: Database,
    users: Vec<DatabaseUser>,
    dbs: BTreeSet<String>,
    pools: BTreeMap<String, Pool>,
    replicas: BTreeMap<String, Replica>,
    backups: Vec<Backup>,
    events: Vec<Event>,
    eviction_policy: EvictionPolicy,
    sql_mode: String,
    autoscale: Autoscale,
    migration: Option<OnlineMigration>,
    /// When the work that goes on ends, and what the cluster is then.
    work: Option<Work>,
    /// When each replica that is being made is there.
    replicas_due: BTreeMap<String, Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Work {
    due: Timestamp,
    region: Option<RegionSlug>,
    size: Option<(String, u32)>,
}

const CREATING: SignedDuration = SignedDuration::from_secs(4 * 60);
const RESIZING: SignedDuration = SignedDuration::from_secs(6 * 60);
const MIGRATING: SignedDuration = SignedDuration::from_secs(15 * 60);
const BETWEEN_BACKUPS: SignedDuration = SignedDuration::from_hours(24);
const BACKUPS_KEPT: usize = 7;

const SIZES: &[&str] = &["db-s-1vcpu-1gb", "db-s-1vcpu-2gb", "db-s-2vcpu-4gb", "db-s-4vcpu-8gb", "db-s-6vcpu-16gb"];
const ENGINES: &[(Engine, &[&str])] = &[
    (Engine::Pg, &["14", "15", "16", "17"]),
    (Engine::Mysql, &["8"]),
    (Engine::Valkey, &["8"]),
    (Engine::Mongodb, &["7.0", "8.0"]),
    (Engine::Kafka, &["3.8"]),
    (Engine::Opensearch, &["2"]),
];

/// The user and the database that come with a cluster.
const ADMIN: &str = "doadmin";
const FIRST_DB: &str = "defaultdb";

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&OPTIONS, |_, [], ()| Ok(options()))
        .on(&LIST, |world, [], filter| {
            let clusters = world.databases.clusters.values().map(shown);
            Ok(clusters
                .filter(|database| filter.tag_name.as_ref().is_none_or(|tag| database.tags.contains(tag)))
                .collect())
        })
        .on(&CREATE, |world, [], new| create(world, new))
        .on(&GET, |world, [id], ()| find(world, id).map(|cluster| shown(cluster)))
        .on(&DELETE, |world, [id], ()| {
            find(world, id)?;
            world.databases.clusters.remove(&DatabaseId::new(id.to_owned()));
            Ok(())
        })
        .on(&MIGRATE, |world, [id], to| {
            let now = world.now();
            let cluster = online(world, id)?;
            if catalog::region(&to.region).is_none() {
                return Err(unprocessable("region is not valid"));
            }
            cluster.database.status = Some(DatabaseStatus::Migrating);
            cluster.work = Some(Work { due: now + MIGRATING, region: Some(to.region), size: None });
            Ok(())
        })
        .on(&RESIZE, |world, [id], to| {
            let now = world.now();
            let cluster = online(world, id)?;
            sized(&to.size, to.num_nodes)?;
            if to.storage_size_mib.is_some_and(|size| Some(size) < cluster.database.storage_size_mib) {
                return Err(unprocessable("storage cannot be made smaller"));
            }
            cluster.database.storage_size_mib = to.storage_size_mib.or(cluster.database.storage_size_mib);
            cluster.database.status = Some(DatabaseStatus::Resizing);
            cluster.work = Some(Work { due: now + RESIZING, region: None, size: Some((to.size, to.num_nodes)) });
            Ok(())
        })
        .on(&LIST_BACKUPS, |world, [id], ()| {
            let cluster = find(world, id)?;
            if is_cache(cluster) {
                return Err(unprocessable("backups are not supported for this engine"));
            }
            let created = cluster.database.created_at.map(|at| at.to_zoned(jiff::tz::TimeZone::UTC));
            let at = |of: fn(&jiff::Zoned) -> i8| created.as_ref().and_then(|at| of(at).try_into().ok());
            let scheduled = ScheduledBackupTime {
                backup_hour: at(jiff::Zoned::hour),
                backup_minute: at(jiff::Zoned::minute),
                backup_interval_hours: Some(24),
            };
            Ok(Backups {
                backups: cluster.backups.clone(),
                scheduled_backup_time: Some(scheduled),
                backup_progress: None,
            })
        })
        .on(&LIST_EVENTS, |world, [id], ()| find(world, id).map(|cluster| cluster.events.clone()));
    serve_settings(serve_parts(fake))
}

fn serve_parts(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_USERS, |world, [id], ()| find(world, id).map(|cluster| cluster.users.clone()))
        .on(&CREATE_USER, |world, [id], new| {
            let password = password(world);
            create_user(find(world, id)?, new, password)
        })
        .on(&GET_USER, |world, [id, name], ()| user(find(world, id)?, name).cloned())
        .on(&UPDATE_USER, |world, [id, name], update| {
            let user = user(find(world, id)?, name)?;
            user.settings = Some(update.settings);
            Ok(user.clone())
        })
        .on(&DELETE_USER, |world, [id, name], ()| {
            let cluster = find(world, id)?;
            if user(cluster, name)?.role == Some(DatabaseUserRole::Primary) {
                return Err(unprocessable("the primary user cannot be deleted"));
            }
            cluster.users.retain(|user| user.name != name);
            Ok(())
        })
        .on(&RESET_USER_AUTH, |world, [id, name], reset| {
            let password = password(world);
            let cluster = find(world, id)?;
            let (primary, mysql) = (name == ADMIN, cluster.database.engine == Engine::Mysql);
            let user = user(cluster, name)?;
            user.password = Some(password.clone());
            user.mysql_settings = reset.mysql_settings.filter(|_| mysql).or(user.mysql_settings.take());
            let user = user.clone();
            if primary {
                connect(cluster, &password);
            }
            Ok(user)
        })
        .on(&LIST_DBS, |world, [id], ()| {
            find(world, id).map(|cluster| cluster.dbs.iter().map(|name| Db { name: name.clone() }).collect())
        })
        .on(&CREATE_DB, |world, [id], db| {
            let cluster = find(world, id)?;
            has_dbs(cluster)?;
            if !cluster.dbs.insert(db.name.clone()) {
                return Err(unprocessable("database name is not available"));
            }
            Ok(db)
        })
        .on(&GET_DB, |world, [id, name], ()| {
            find(world, id)?.dbs.get(name).map(|name| Db { name: name.clone() }).ok_or_else(not_found)
        })
        .on(&DELETE_DB, |world, [id, name], ()| {
            let cluster = find(world, id)?;
            if cluster.pools.values().any(|pool| pool.db == name) {
                return Err(unprocessable("the database is used by a connection pool"));
            }
            if name == FIRST_DB {
                return Err(unprocessable("the default database cannot be deleted"));
            }
            cluster.dbs.remove(name).then_some(()).ok_or_else(not_found)
        })
        .on(&LIST_POOLS, |world, [id], ()| find(world, id).map(|cluster| cluster.pools.values().cloned().collect()))
        .on(&CREATE_POOL, |world, [id], new| create_pool(find(world, id)?, new))
        .on(&GET_POOL, |world, [id, name], ()| find(world, id)?.pools.get(name).cloned().ok_or_else(not_found))
        .on(&UPDATE_POOL, |world, [id, name], update| {
            let cluster = find(world, id)?;
            let old = cluster.pools.remove(name).ok_or_else(not_found)?;
            let mut new = NewPool::new(name, update.mode, update.size, update.db);
            new.user = update.user;
            if let Err(refusal) = create_pool(cluster, new) {
                cluster.pools.insert(name.to_owned(), old);
                return Err(refusal);
            }
            Ok(())
        })
        .on(&DELETE_POOL, |world, [id, name], ()| find(world, id)?.pools.remove(name).map(drop).ok_or_else(not_found))
        .on(&LIST_REPLICAS, |world, [id], ()| {
            find(world, id).map(|cluster| cluster.replicas.values().cloned().collect())
        })
        .on(&CREATE_REPLICA, |world, [id], new| create_replica(world, id, new))
        .on(&GET_REPLICA, |world, [id, name], ()| find(world, id)?.replicas.get(name).cloned().ok_or_else(not_found))
        .on(&DELETE_REPLICA, |world, [id, name], ()| {
            find(world, id)?.replicas.remove(name).map(drop).ok_or_else(not_found)
        })
        .on(&PROMOTE_REPLICA, |world, [id, name], ()| promote(world, id, name))
        .on(&GET_ONLINE_MIGRATION, |world, [id], ()| find(world, id)?.migration.clone().ok_or_else(not_found))
        .on(&START_ONLINE_MIGRATION, |world, [id], new| {
            let (migration, now) = (OnlineMigrationId::new(world.new_uuid()), world.now());
            let cluster = online(world, id)?;
            if new.source.host.is_empty() {
                return Err(unprocessable("source host is not valid"));
            }
            let status = Some(OnlineMigrationStatus::Running);
            let migration = OnlineMigration { id: migration, status, created_at: Some(now.to_string()) };
            cluster.migration = Some(migration.clone());
            Ok(migration)
        })
        .on(&STOP_ONLINE_MIGRATION, |world, [id, migration], ()| {
            let running = find(world, id)?.migration.as_mut().filter(|one| one.id.get() == migration);
            running.ok_or_else(not_found)?.status = Some(OnlineMigrationStatus::Canceled);
            Ok(())
        })
}

fn serve_settings(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET_CA, |world, [id], ()| {
        let name = &find(world, id)?.database.name;
        let pem =
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64.encode(name.as_bytes()));
        Ok(CaCertificate { certificate: BASE64.encode(pem.as_bytes()) })
    })
    .on(&LIST_TRUSTED_SOURCES, |world, [id], ()| find(world, id).map(|cluster| cluster.database.rules.clone()))
    .on(&SET_TRUSTED_SOURCES, |world, [id], sources| {
        let rules = trusted(world, id, sources.rules);
        find(world, id)?.database.rules = rules;
        Ok(())
    })
    .on(&GET_DO_SETTINGS, |world, [id], ()| Ok(find(world, id)?.database.do_settings.clone().unwrap_or_default()))
    .on(&SET_DO_SETTINGS, |world, [id], settings| {
        find(world, id)?.database.do_settings = Some(settings.do_settings);
        Ok(())
    })
    .on(&SET_MAINTENANCE, |world, [id], window| {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let cluster = find(world, id)?;
        let hour = window.hour.get(..5).and_then(|text| text.parse::<jiff::civil::Time>().ok());
        let Some(hour) = hour.filter(|_| days.contains(&window.day.to_lowercase().as_str())) else {
            return Err(unprocessable("maintenance window is not valid"));
        };
        let MaintenanceWindow { pending, description, .. } = maintenance();
        let (day, hour) = (window.day.to_lowercase(), hour.to_string());
        cluster.database.maintenance_window = Some(MaintenanceWindow { day, hour, pending, description });
        Ok(())
    })
    .on(&INSTALL_UPDATE, |world, [id], ()| {
        let now = world.now();
        let cluster = online(world, id)?;
        if let Some(window) = &mut cluster.database.maintenance_window {
            window.pending = Some(false);
            window.description.clear();
        }
        happened(cluster, EventType::MaintenancePerform, now);
        Ok(())
    })
    .on(&GET_EVICTION_POLICY, |world, [id], ()| cache(world, id).map(|cluster| cluster.eviction_policy.clone()))
    .on(&SET_EVICTION_POLICY, |world, [id], policy| {
        let cluster = cache(world, id)?;
        if let EvictionPolicy::Other(policy) = policy.eviction_policy {
            return Err(unprocessable(format!("{policy} is not an eviction policy")));
        }
        cluster.eviction_policy = policy.eviction_policy;
        Ok(())
    })
    .on(&GET_SQL_MODE, |world, [id], ()| mysql(world, id).map(|cluster| cluster.sql_mode.clone()))
    .on(&SET_SQL_MODE, |world, [id], modes| {
        mysql(world, id)?.sql_mode = modes.sql_mode;
        Ok(())
    })
    .on(&UPGRADE, |world, [id], upgrade| {
        let now = world.now();
        let cluster = online(world, id)?;
        let versions =
            ENGINES.iter().find(|(engine, _)| *engine == cluster.database.engine).map(|(_, versions)| *versions);
        let place = |version: &str| versions?.iter().position(|one| *one == version);
        let now_at = cluster.database.version.as_deref().and_then(place);
        if place(&upgrade.version).is_none_or(|wanted| Some(wanted) <= now_at) {
            return Err(unprocessable("version is not available for an upgrade"));
        }
        cluster.database.semantic_version = Some(format!("{}.1", upgrade.version));
        cluster.database.version = Some(upgrade.version);
        happened(cluster, EventType::Update, now);
        Ok(())
    })
    .on(&GET_AUTOSCALE, |world, [id], ()| find(world, id).map(|cluster| cluster.autoscale.clone()))
    .on(&SET_AUTOSCALE, |world, [id], autoscale| {
        let out_of_range = autoscale.storage.as_ref().is_some_and(|storage| {
            storage.threshold_percent.is_some_and(|percent| !(15..=95).contains(&percent))
                || storage.increment_gib.is_some_and(|increment| !(10..=500).contains(&increment))
        });
        if out_of_range {
            return Err(unprocessable("autoscale is out of range"));
        }
        find(world, id)?.autoscale = autoscale;
        Ok(())
    })
    .on(&GET_METRICS_CREDENTIALS, |world, [], ()| {
        if world.databases.metrics.is_none() {
            let basic_auth_password = password(world);
            let basic_auth_username = "metrics".to_owned();
            world.databases.metrics = Some(MetricsCredentials { basic_auth_username, basic_auth_password });
        }
        world.databases.metrics.clone().ok_or_else(not_found)
    })
    .on(&SET_METRICS_CREDENTIALS, |world, [], new| {
        world.databases.metrics = Some(new.credentials);
        Ok(())
    })
}

/// What completes by itself.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    for cluster in world.databases.clusters.values_mut() {
        if let Some(work) = cluster.work.take_if(|work| work.due <= now) {
            cluster.database.status = Some(DatabaseStatus::Online);
            if let Some(region) = work.region {
                cluster.database.region = Some(region);
            }
            if let Some((size, num_nodes)) = work.size {
                cluster.database.size = Some(size);
                cluster.database.num_nodes = Some(num_nodes);
            }
            happened(cluster, EventType::Update, work.due);
        }
        let due: Vec<_> =
            cluster.replicas_due.iter().filter(|(_, due)| **due <= now).map(|(name, _)| name.clone()).collect();
        for name in due {
            cluster.replicas_due.remove(&name);
            if let Some(replica) = cluster.replicas.get_mut(&name) {
                replica.status = Some(DatabaseStatus::Online);
            }
        }
        if cluster.database.status != Some(DatabaseStatus::Creating) && !is_cache(cluster) {
            back_up(cluster, now);
        }
    }
}

/// A backup a day, of which the last seven are kept.
fn back_up(cluster: &mut Cluster, now: Timestamp) {
    let Some(first) = cluster.database.created_at.map(|created| created + CREATING) else { return };
    let mut next = cluster.backups.last().map_or(first, |last| last.created_at + BETWEEN_BACKUPS);
    while next <= now {
        let incremental = !cluster.backups.is_empty();
        cluster.backups.push(Backup { created_at: next, size_gigabytes: Some(0.034), incremental: Some(incremental) });
        next += BETWEEN_BACKUPS;
    }
    let superfluous = cluster.backups.len().saturating_sub(BACKUPS_KEPT);
    cluster.backups.drain(..superfluous);
}

// The fields of an answer, one by one.
#[allow(clippy::too_many_lines)]
fn create(world: &mut World, new: NewDatabase) -> Result<Database, Answer> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(3..=63).contains(&new.name.len()) || !new.name.chars().all(legal) {
        return Err(unprocessable("invalid cluster name"));
    }
    if world.databases.clusters.values().any(|cluster| cluster.database.name == new.name) {
        return Err(unprocessable("cluster name is not available"));
    }
    let offered = ENGINES.iter().find(|(engine, _)| *engine == new.engine);
    let Some((engine, versions)) = offered else {
        return Err(unprocessable("invalid engine"));
    };
    let version = new.version.unwrap_or_else(|| versions.last().copied().unwrap_or_default().to_owned());
    if !versions.contains(&version.as_str()) {
        return Err(unprocessable("invalid version"));
    }
    sized(&new.size, new.num_nodes)?;
    if catalog::region(&new.region).is_none() {
        return Err(unprocessable("invalid region"));
    }
    let vpc = match new.private_network_uuid {
        Some(uuid) if vpcs::exists(world, &uuid, &new.region) => uuid,
        Some(_) => return Err(unprocessable("invalid private network")),
        None => vpcs::default_of(world, &new.region),
    };
    let tags = new.tags.unwrap_or_default();
    tags::used(world, &tags)?;
    let (mut users, mut dbs) = (Vec::new(), BTreeSet::from([FIRST_DB.to_owned()]));
    if let Some(restore) = &new.backup_restore {
        let mut clusters = world.databases.clusters.values();
        let from = clusters.find(|cluster| cluster.database.name == restore.database_name);
        let wanted = |backup: &Backup| restore.backup_created_at.is_none_or(|at| at == backup.created_at);
        let from = from.filter(|from| from.backups.iter().any(wanted)).ok_or_else(not_found)?;
        dbs.clone_from(&from.dbs);
        users = from.users.iter().filter(|user| user.name != ADMIN).cloned().collect();
    }

    let (id, now) = (DatabaseId::new(world.new_uuid()), world.now());
    let password = password(world);
    users.insert(
        0,
        DatabaseUser {
            name: ADMIN.to_owned(),
            role: Some(DatabaseUserRole::Primary),
            password: Some(password.clone()),
            access_cert: None,
            access_key: None,
            mysql_settings: None,
            settings: None,
        },
    );
    let forked = new.backup_restore.is_some();
    let database = Database {
        id: id.clone(),
        name: new.name,
        engine: engine.clone(),
        semantic_version: Some(format!("{version}.1")),
        version: Some(version),
        num_nodes: Some(new.num_nodes),
        size: Some(new.size),
        region: Some(new.region),
        status: Some(if forked { DatabaseStatus::Forking } else { DatabaseStatus::Creating }),
        created_at: Some(now),
        private_network_uuid: Some(vpc),
        tags,
        db_names: Vec::new(),
        ui_connection: None,
        schema_registry_connection: None,
        connection: None,
        private_connection: None,
        standby_connection: None,
        standby_private_connection: None,
        users: Vec::new(),
        maintenance_window: Some(new.maintenance_window.unwrap_or_else(maintenance)),
        project_id: new.project_id,
        rules: Vec::new(),
        version_end_of_life: None,
        version_end_of_availability: None,
        storage_size_mib: Some(new.storage_size_mib.unwrap_or(61_440)),
        metrics_endpoints: Vec::new(),
        do_settings: new.do_settings,
    };
    let mut cluster = Cluster {
        database,
        users,
        dbs,
        pools: BTreeMap::new(),
        replicas: BTreeMap::new(),
        backups: Vec::new(),
        events: Vec::new(),
        eviction_policy: EvictionPolicy::AllkeysLru,
        sql_mode: "ANSI,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES".to_owned(),
        autoscale: new.autoscale.unwrap_or_default(),
        migration: None,
        work: Some(Work { due: now + CREATING, region: None, size: None }),
        replicas_due: BTreeMap::new(),
    };
    connect(&mut cluster, &password);
    happened(&mut cluster, EventType::Create, now);
    let shown = shown(&cluster);
    world.databases.clusters.insert(id.clone(), cluster);
    let rules = trusted(world, id.get(), new.rules.unwrap_or_default());
    find(world, id.get())?.database.rules = rules;
    Ok(shown)
}

/// A cluster as it is answered.
fn shown(cluster: &Cluster) -> Database {
    let has_dbs = has_dbs(cluster).is_ok();
    Database {
        users: if is_cache(cluster) { Vec::new() } else { cluster.users.clone() },
        db_names: if has_dbs { cluster.dbs.iter().cloned().collect() } else { Vec::new() },
        ..cluster.database.clone()
    }
}

/// Writes the connections that hold the primary user's password.
fn connect(cluster: &mut Cluster, password: &Secret) {
    let engine = cluster.database.engine.clone();
    let name = format!("db-{engine}-{}-do-user-1010-0.db.ondigitalocean.com", cluster.database.name);
    let port = if matches!(engine, Engine::Valkey | Engine::Redis) { 25061 } else { 25060 };
    let db = if has_dbs(cluster).is_ok() { FIRST_DB } else { "" };
    let user = if is_cache(cluster) { "default" } else { ADMIN };
    let at = |host: String| connection(&engine, host, port, db, user, password);
    cluster.database.private_connection = Some(at(format!("private-{name}")));
    cluster.database.connection = Some(at(name));
}

fn connection(engine: &Engine, host: String, port: u16, db: &str, user: &str, password: &Secret) -> Connection {
    let (scheme, query) = match engine {
        Engine::Pg => ("postgresql", "?sslmode=require"),
        Engine::Mysql => ("mysql", "?ssl-mode=REQUIRED"),
        Engine::Valkey => ("valkeys", ""),
        Engine::Redis => ("rediss", ""),
        other => (other.as_str(), ""),
    };
    let uri = format!("{scheme}://{user}:{}@{host}:{port}/{db}{query}", password.expose());
    Connection {
        uri: Some(uri.into()),
        database: Some(db.to_owned()),
        host: Some(host),
        port: Some(port),
        user: Some(user.to_owned()),
        password: Some(password.clone()),
        ssl: Some(true),
        protocol: Some(scheme.to_owned()),
    }
}

fn create_user(cluster: &mut Cluster, new: NewDatabaseUser, password: Secret) -> Result<DatabaseUser, Answer> {
    if is_cache(cluster) {
        return Err(unprocessable("users are not supported for this engine"));
    }
    if new.name.is_empty() || new.name.len() > 63 {
        return Err(unprocessable("invalid user name"));
    }
    if cluster.users.iter().any(|user| user.name == new.name) {
        return Err(unprocessable("user name is not available"));
    }
    let user = DatabaseUser {
        name: new.name,
        role: Some(DatabaseUserRole::Normal),
        password: Some(password),
        access_cert: None,
        access_key: None,
        mysql_settings: new.mysql_settings,
        settings: new.settings.filter(|settings| *settings != UserSettings::default()),
    };
    cluster.users.push(user.clone());
    Ok(user)
}

/// Pools share what the size of the cluster gives.
fn create_pool(cluster: &mut Cluster, new: NewPool) -> Result<Pool, Answer> {
    if cluster.database.engine != Engine::Pg {
        return Err(unprocessable("connection pools are supported for PostgreSQL only"));
    }
    if cluster.pools.contains_key(&new.name) {
        return Err(unprocessable("pool name is not available"));
    }
    if new.name.is_empty() || matches!(new.mode, PoolMode::Other(_)) {
        return Err(unprocessable("invalid pool"));
    }
    if !cluster.dbs.contains(&new.db) {
        return Err(unprocessable("database does not exist"));
    }
    if new.user.as_ref().is_some_and(|name| !cluster.users.iter().any(|user| user.name == *name)) {
        return Err(unprocessable("user does not exist"));
    }
    let limit = cluster.database.size.as_deref().and_then(connection_limit).unwrap_or(u32::MAX);
    let taken: u32 = cluster.pools.values().map(|pool| pool.size).sum();
    if new.size == 0 || taken.saturating_add(new.size) > limit {
        return Err(unprocessable(format!(
            "pool size is not valid: {} connections are left",
            limit.saturating_sub(taken)
        )));
    }
    let through = |to: &Option<Connection>| {
        let Connection { host, password, .. } = to.clone()?;
        let logged_in = new.user.as_deref().unwrap_or(ADMIN);
        let user = cluster.users.iter().find(|user| user.name == logged_in);
        let password = user.and_then(|user| user.password.clone()).or(password)?;
        Some(connection(&Engine::Pg, host?, 25061, &new.name, logged_in, &password))
    };
    let (connection, private_connection) =
        (through(&cluster.database.connection), through(&cluster.database.private_connection));
    let pool = Pool {
        name: new.name,
        mode: new.mode,
        size: new.size,
        db: new.db,
        user: new.user,
        connection,
        private_connection,
        standby_connection: None,
        standby_private_connection: None,
    };
    cluster.pools.insert(pool.name.clone(), pool.clone());
    Ok(pool)
}

fn create_replica(world: &mut World, id: &str, new: NewReplica) -> Result<Replica, Answer> {
    let (replica, now) = (ReplicaId::new(world.new_uuid()), world.now());
    let cluster = online(world, id)?;
    if is_cache(cluster) {
        return Err(unprocessable("replicas are not supported for this engine"));
    }
    if cluster.replicas.contains_key(&new.name) || new.name.is_empty() {
        return Err(unprocessable("replica name is not available"));
    }
    let password = cluster.database.connection.as_ref().and_then(|connection| connection.password.clone());
    let password = password.unwrap_or_else(|| Secret::from(""));
    let host = format!("{}-do-user-1010-0.db.ondigitalocean.com", new.name);
    let engine = cluster.database.engine.clone();
    let at = |host: String| connection(&engine, host, 25060, FIRST_DB, ADMIN, &password);
    let replica = Replica {
        id: Some(replica),
        region: new.region.or(cluster.database.region.clone()),
        size: Some(new.size),
        status: Some(DatabaseStatus::Creating),
        tags: new.tags.unwrap_or_default(),
        created_at: Some(now),
        private_network_uuid: new.private_network_uuid.or(cluster.database.private_network_uuid.clone()),
        private_connection: Some(at(format!("private-{host}"))),
        connection: Some(at(host)),
        storage_size_mib: new.storage_size_mib.or(cluster.database.storage_size_mib),
        do_settings: new.do_settings,
        name: new.name,
    };
    cluster.replicas_due.insert(replica.name.clone(), now + CREATING);
    cluster.replicas.insert(replica.name.clone(), replica.clone());
    Ok(replica)
}

/// A replica becomes a cluster of its own, with what was in the one it followed.
fn promote(world: &mut World, id: &str, name: &str) -> Result<(), Answer> {
    let now = world.now();
    let cluster = find(world, id)?;
    let replica = cluster.replicas.get(name).ok_or_else(not_found)?;
    if replica.status != Some(DatabaseStatus::Online) {
        return Err(unprocessable("the replica is not online"));
    }
    let (users, dbs) = (cluster.users.clone(), cluster.dbs.clone());
    let Some(replica) = cluster.replicas.remove(name) else { return Err(not_found()) };
    let database = Database {
        id: DatabaseId::new(replica.id.map(|id| id.get().clone()).unwrap_or_default()),
        name: replica.name,
        region: replica.region,
        size: replica.size,
        num_nodes: Some(1),
        status: replica.status,
        created_at: Some(now),
        tags: replica.tags,
        connection: replica.connection,
        private_connection: replica.private_connection,
        rules: Vec::new(),
        ..cluster.database.clone()
    };
    let mut promoted = Cluster {
        users,
        dbs,
        pools: BTreeMap::new(),
        replicas: BTreeMap::new(),
        backups: Vec::new(),
        events: Vec::new(),
        eviction_policy: cluster.eviction_policy.clone(),
        sql_mode: cluster.sql_mode.clone(),
        autoscale: Autoscale::default(),
        migration: None,
        work: None,
        replicas_due: BTreeMap::new(),
        database,
    };
    happened(&mut promoted, EventType::Create, now);
    world.databases.clusters.insert(promoted.database.id.clone(), promoted);
    Ok(())
}

fn options() -> DatabaseOptions {
    let layouts = || {
        let sizes = SIZES.iter().map(ToString::to_string).collect();
        let standby = SIZES.iter().skip(1).map(ToString::to_string).collect();
        vec![Layout { num_nodes: 1, sizes }, Layout { num_nodes: 2, sizes: standby }]
    };
    let of = |versions: &[&str]| EngineOptions {
        regions: catalog::regions().into_iter().map(|region| region.slug).collect(),
        versions: versions.iter().map(ToString::to_string).collect(),
        layouts: layouts(),
        default_version: versions.last().map(ToString::to_string),
    };
    let available = |versions: &[&str]| {
        let one = |version: &&str| VersionAvailability {
            version: (*version).to_owned(),
            end_of_life: None,
            end_of_availability: None,
            default: Some(versions.last() == Some(version)),
        };
        versions.iter().map(one).collect()
    };
    let named = |engine: &Engine| engine.as_str().to_owned();
    DatabaseOptions {
        options: ENGINES.iter().map(|(engine, versions)| (named(engine), of(versions))).collect(),
        version_availability: ENGINES.iter().map(|(engine, versions)| (named(engine), available(versions))).collect(),
    }
}

fn sized(size: &str, num_nodes: u32) -> Result<(), Answer> {
    if !SIZES.contains(&size) {
        return Err(unprocessable("invalid size"));
    }
    if !(1..=3).contains(&num_nodes) || (num_nodes > 1 && SIZES.first() == Some(&size)) {
        return Err(unprocessable("invalid number of nodes for the size"));
    }
    Ok(())
}

fn maintenance() -> MaintenanceWindow {
    MaintenanceWindow {
        day: "tuesday".to_owned(),
        hour: "14:00:00".to_owned(),
        pending: Some(true),
        description: vec!["Update to the latest minor version".to_owned()],
    }
}

/// Each rule is given what the service adds to it.
fn trusted(world: &mut World, cluster: &str, rules: Vec<TrustedSource>) -> Vec<TrustedSource> {
    let now = world.now();
    let rules = rules.into_iter().map(|rule| TrustedSource {
        uuid: rule.uuid.filter(|uuid| !uuid.is_empty()).or_else(|| Some(world.new_uuid())),
        cluster_uuid: Some(cluster.to_owned()),
        created_at: Some(now),
        ..rule
    });
    rules.collect()
}

fn happened(cluster: &mut Cluster, event_type: EventType, at: Timestamp) {
    cluster.events.push(Event {
        id: format!("e{:07}", cluster.events.len() + 1),
        cluster_name: Some(cluster.database.name.clone()),
        event_type: Some(event_type),
        create_time: Some(at.to_string()),
    });
}

fn password(world: &mut World) -> Secret {
    format!("AVNS_{}", world.new_uuid().replace('-', "")).into()
}

fn is_cache(cluster: &Cluster) -> bool {
    matches!(cluster.database.engine, Engine::Valkey | Engine::Redis)
}

fn has_dbs(cluster: &Cluster) -> Result<(), Answer> {
    match cluster.database.engine {
        Engine::Pg | Engine::Mysql | Engine::Mongodb => Ok(()),
        _ => Err(unprocessable("databases are not supported for this engine")),
    }
}

fn find<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Cluster, Answer> {
    world.databases.clusters.get_mut(&DatabaseId::new(id.to_owned())).ok_or_else(not_found)
}

/// A cluster on which no work goes on.
fn online<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Cluster, Answer> {
    let cluster = find(world, id)?;
    if cluster.database.status == Some(DatabaseStatus::Online) {
        return Ok(cluster);
    }
    Err(unprocessable("the cluster is not online"))
}

fn cache<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Cluster, Answer> {
    let cluster = find(world, id)?;
    if is_cache(cluster) { Ok(cluster) } else { Err(unprocessable("eviction policies are for caches only")) }
}

fn mysql<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Cluster, Answer> {
    let cluster = find(world, id)?;
    let is_mysql = cluster.database.engine == Engine::Mysql;
    if is_mysql { Ok(cluster) } else { Err(unprocessable("SQL modes are for MySQL only")) }
}

fn user<'c>(cluster: &'c mut Cluster, name: &str) -> Result<&'c mut DatabaseUser, Answer> {
    cluster.users.iter_mut().find(|user| user.name == name).ok_or_else(not_found)
}

/// The clusters that are in a VPC.
pub(super) fn in_vpc<'w>(world: &'w World, vpc: &str) -> impl Iterator<Item = &'w Database> {
    let clusters = world.databases.clusters.values().map(|cluster| &cluster.database);
    clusters.filter(move |database| database.private_network_uuid.as_deref() == Some(vpc))
}

/// The clusters that have a tag.
pub(super) fn tagged(world: &World, tag: &str) -> Vec<String> {
    let clusters = world.databases.clusters.values().map(|cluster| &cluster.database);
    let tagged = clusters.filter(|database| database.tags.iter().any(|one| one == tag));
    tagged.map(|database| database.id.to_string()).collect()
}

/// Tags a cluster, or takes the tag away.
pub(super) fn set_tag(world: &mut World, id: &str, tag: &str, on: bool) -> Result<(), Answer> {
    let cluster = world.databases.clusters.get_mut(&DatabaseId::new(id.to_owned())).ok_or_else(not_found)?;
    tags::set(&mut cluster.database.tags, tag, on);
    Ok(())
}

/// Is there such a cluster?
pub(super) fn exists(world: &World, id: &str) -> bool {
    world.databases.clusters.contains_key(&DatabaseId::new(id.to_owned()))
}

impl FakeDigitalOcean {
    /// Lets the migration into a cluster come to another state.
    pub fn set_online_migration(&self, database: &DatabaseId, status: OnlineMigrationStatus) {
        self.world().state(|world| {
            let cluster = world.databases.clusters.get_mut(database);
            if let Some(migration) = cluster.and_then(|cluster| cluster.migration.as_mut()) {
                migration.status = Some(status);
            }
        });
    }
}
