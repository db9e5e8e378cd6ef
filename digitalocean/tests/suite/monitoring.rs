//! Monitoring, against the published examples and, of Droplets behind a load balancer, against the fake.

use std::time::Duration;

use howdah_digitalocean::{
    autoscale_pools::AutoscalePoolId,
    databases::DatabaseId,
    droplets::{DropletId, NewDroplet},
    load_balancers::{ForwardingRule, LoadBalancerId, NewLoadBalancer},
    monitoring::{
        AlertComparison, AlertKind, AlertPolicyId, AlertPolicySettings, AlertReceivers, AlertWindow,
        metrics::{
            Aggregate, AppMetric, AutoscaleMetric, Direction, DropletMetric, Interface, Load, LoadBalancerMetric,
            Metrics, MysqlMetric, MysqlUsage, Sample, Span, SqlOperation, TableAccess,
        },
        sinks::{
            Credentials, DestinationConfig, DestinationId, DestinationType, NewDestination, NewSink, SinkFilter,
            SinkId, SinkResource,
        },
    },
    testing::FakeDigitalOcean,
};
use jiff::Timestamp;

fn span() -> Span {
    Span::last_hour(Timestamp::from_second(1_635_390_000).unwrap())
}

fn check(metrics: &Metrics) {
    assert_eq!(metrics.data.result_type.as_deref(), Some("matrix"));
    let series = &metrics.data.result[0];
    assert!(series.latest().is_some_and(f64::is_finite), "{series:?}");
    assert!(series.values[0].at().unwrap() > Timestamp::UNIX_EPOCH);
}

#[tokio::test(start_paused = true)]
async fn every_measure_is_read() {
    let fake = FakeDigitalOcean::new();
    let monitoring = fake.client().monitoring();
    let droplet = DropletId::new(222_651_441);
    for metric in DropletMetric::ALL {
        check(&monitoring.droplet(*metric, droplet, span()).await.unwrap());
    }
    let (public, inbound) = (Interface::Public, Direction::Inbound);
    check(&monitoring.droplet_bandwidth(public, inbound, droplet, span()).await.unwrap());
    for metric in AppMetric::ALL {
        check(&monitoring.app(*metric, "2db3c021", Some("web"), span()).await.unwrap());
    }
    let balancer = LoadBalancerId::new("4de7ac8b-495b-4884-9a69-1050c6793cd6".to_owned());
    for metric in LoadBalancerMetric::ALL {
        check(&monitoring.load_balancer(*metric, &balancer, span()).await.unwrap());
    }
    let pool = AutoscalePoolId::new("0d3db13e-a604-4944-9827-7ec2642d32ac".to_owned());
    for metric in AutoscaleMetric::ALL {
        check(&monitoring.autoscale_pool(*metric, &pool, span()).await.unwrap());
    }
    let database = DatabaseId::new("9cc10173-e9ea-4176-9dbc-a4cee4c4ff30".to_owned());
    for metric in MysqlMetric::ALL {
        check(&monitoring.mysql(*metric, &database, span()).await.unwrap());
    }
    for usage in MysqlUsage::ALL {
        check(&monitoring.mysql_usage(*usage, Aggregate::Min, &database, span()).await.unwrap());
    }
    check(&monitoring.mysql_load(Load::Load15, Aggregate::Max, &database, span()).await.unwrap());
    check(&monitoring.mysql_op_rates(SqlOperation::Select, &database, span()).await.unwrap());
    let fetch = TableAccess::Fetch;
    check(&monitoring.mysql_schema_throughput("app", fetch.clone(), &database, span()).await.unwrap());
    check(&monitoring.mysql_schema_latency("app", fetch, &database, span()).await.unwrap());
    // Moments are seconds.
    let asked = fake.world().journal().pop().unwrap().query;
    assert!(asked.contains("start=1635386400&end=1635390000"), "{asked}");
}

#[test]
fn what_is_no_number_is_not_a_number() {
    let sample: Sample = serde_json::from_str(r#"[1635386880, "NaN"]"#).unwrap();
    assert!(sample.value().is_nan());
    let sample: Sample = serde_json::from_str(r#"[1635386880.781, "+Inf"]"#).unwrap();
    assert!(sample.value().is_infinite());
    assert_eq!(sample.at(), Timestamp::from_second(1_635_386_881).ok());
}

#[tokio::test(start_paused = true)]
async fn the_health_of_droplets_is_told() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
    let droplet = ocean.droplets().create(new).await.unwrap().droplet.id;
    ocean.droplets().follow(droplet).await.unwrap();
    let rule = ForwardingRule::new("http", 80u16, "http", 80u16);
    let new = NewLoadBalancer::new("web", vec![rule]).with_region("tor1").with_droplet_ids([droplet]);
    let balancer = ocean.load_balancers().create(new).await.unwrap().id;
    let monitoring = ocean.monitoring();
    let checks = async || monitoring.droplets_health_checks(&balancer, span()).await.unwrap().data.result;
    assert_eq!(checks().await[0].latest(), Some(0.0));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let series = checks().await;
    assert_eq!((series[0].latest(), &series[0].metric["droplet_id"]), (Some(1.0), &droplet.to_string()));
    fake.set_ailing(droplet, true);
    let down = monitoring.droplets_downtime(&balancer, span()).await.unwrap();
    assert_eq!(down.data.result[0].latest(), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn alert_policies_are_said_in_full() {
    let monitoring = FakeDigitalOcean::new().client().monitoring();
    let id = AlertPolicyId::new("78b3da62-27e5-49ba-ac70-5db0b5935c64".to_owned());
    let settings = AlertPolicySettings::new("CPU Alert", AlertKind::DropletCpu, AlertComparison::GreaterThan, 80.0)
        .over(AlertWindow::FiveMinutes)
        .on_entities(["192018292".to_owned()])
        .on_tags(["droplet_tag".to_owned()])
        .telling(AlertReceivers::by_email(["bob@example.com".to_owned()]));
    let made = monitoring.create_alert(settings).await.unwrap();
    assert_eq!((&made.uuid, &made.settings.kind), (&id, &AlertKind::DropletCpu));
    assert!(!format!("{made:?}").contains("hooks.slack.com"));
    let read = monitoring.get_alert(&id).await.unwrap();
    assert_eq!(monitoring.update_alert(&id, read.clone().into_settings()).await.unwrap(), read);
    assert_eq!(monitoring.list_alerts().all().await.unwrap()[0].settings.window, AlertWindow::FiveMinutes);
    monitoring.delete_alert(&id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn logs_go_to_their_destinations() {
    let monitoring = FakeDigitalOcean::new().client().monitoring();
    let id = DestinationId::new("01f30bfa-319a-4769-ba95-9d43971fb514".to_owned());
    let config = DestinationConfig::new("example.com").with_credentials(Credentials::new("ops", "hush"));
    let new = NewDestination::new(DestinationType::OpensearchExt, config).with_name("logs");
    assert!(!format!("{new:?}").contains("hush"));
    let made = monitoring.create_destination(new.clone()).await.unwrap();
    assert_eq!((made.id.as_ref(), made.config.unwrap().retention_days), (Some(&id), Some(14)));
    monitoring.update_destination(&id, new).await.unwrap();
    assert_eq!(monitoring.get_destination(&id).await.unwrap().id.as_ref(), Some(&id));
    assert_eq!(monitoring.list_destinations().await.unwrap().len(), 1);
    let cluster = SinkResource::new("do:kubernetes:f453aa14").with_name("managed_kubernetes_cluster");
    monitoring.create_sink(NewSink::new(id.clone(), vec![cluster])).await.unwrap();
    let sinks = monitoring.list_sinks(SinkFilter::new().with_resource_id("do:kubernetes:f453aa14")).await.unwrap();
    assert!(!format!("{sinks:?}").contains("\"password\""));
    let sink = SinkId::new("78b3da62-27e5-49ba-ac70-5db0b5935c64".to_owned());
    assert_eq!(monitoring.get_sink(&sink).await.unwrap(), sinks[0]);
    monitoring.delete_sink(&sink).await.unwrap();
    monitoring.delete_destination(&id).await.unwrap();
}
