//! Autoscale pools, against the published examples.

use howdah_digitalocean::{
    autoscale_pools::{
        AutoscalePoolFilter, AutoscalePoolId, AutoscalePoolSpec, DropletTemplate, MemberHealth, PoolConfig, PoolStatus,
        ScalingReason,
    },
    testing::FakeDigitalOcean,
};

#[tokio::test(start_paused = true)]
async fn pools_are_made_changed_and_destroyed() {
    let pools = FakeDigitalOcean::new().client().autoscale_pools();
    let id = AutoscalePoolId::new("0d3db13e-a604-4944-9827-7ec2642d32ac".to_owned());
    let template = DropletTemplate::new("nyc3", "c-2", "ubuntu-20-04-x64", ["1".to_owned()]);
    let config = PoolConfig::between(1, 5).with_target_cpu_utilization(0.5);
    let made = pools.create(AutoscalePoolSpec::new("my-autoscale-pool", config, template)).await.unwrap();
    assert_eq!((made.id.clone(), made.status.clone()), (id.clone(), Some(PoolStatus::Active)));
    assert_eq!(made.config.max_instances, Some(5));
    assert_eq!(PoolConfig::fixed(3).target_number_instances, Some(3));

    let listed = pools.list(AutoscalePoolFilter::new().with_name("my")).all().await.unwrap();
    assert!(listed.iter().any(|pool| pool.id == id));
    let pool = pools.get(&id).await.unwrap();
    assert_eq!(pool.droplet_template.size, "c-2");
    assert_eq!(pools.update(&id, pool.into_spec()).await.unwrap().id, id);
    let members = pools.list_members(&id).all().await.unwrap();
    assert_eq!(members[0].health_status, Some(MemberHealth::Healthy));
    let history = pools.list_history(&id).all().await.unwrap();
    assert_eq!(history[0].reason, Some(ScalingReason::ConfigurationChange));
    pools.delete(&id).await.unwrap();
    pools.delete_with_droplets(&id).await.unwrap();
}
