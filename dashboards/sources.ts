/** The provisioned data sources, by the ids that `deploy/grafana/provisioning` gives them. */
export const clickhouseSource = { type: 'grafana-clickhouse-datasource', uid: 'agenttrail-clickhouse' }
export const prometheusSource = { type: 'prometheus', uid: 'agenttrail-prometheus' }
