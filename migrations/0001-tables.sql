-- The tables of the first release. Partitioned by the month in which a row was first written, never by event time: old
-- data that arrives today must not open partitions of years ago. The deduplication window lets an insert be repeated
-- under its token after an unknown outcome; compact parts are the cheapest way to take many small inserts.
-- Keys hold the hour of a time and not the time as well: with both, a range of time is matched against the second and
-- skips nothing. Evidence is sorted by its place in the log behind that, so that rows arrive nearly sorted and parts merge
-- by whole runs: sorted by id, merging costs four times as much.
-- Partitions are what retention drops. Payloads have one a day, so that space can be given back in small steps.

-- One thing one layer saw. Append-only evidence: a row is never changed.
CREATE TABLE IF NOT EXISTS events (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `event_id` String,
  `realm` LowCardinality(String),
  `kind` LowCardinality(String),
  `layer` LowCardinality(String),
  `product` LowCardinality(String),
  `format` LowCardinality(String),
  `source` LowCardinality(String),
  `source_position` UInt64,
  `source_event_id` String,
  `time` DateTime64(6, 'UTC'),
  `end_time` Nullable(DateTime64(6, 'UTC')),
  `time_basis` LowCardinality(String),
  `time_precision_us` UInt32,
  `duration_us` Nullable(Int64),
  `observed_time` DateTime64(6, 'UTC'),
  `first_written` DateTime64(3, 'UTC'),
  `user_id` LowCardinality(String),
  `user_email` LowCardinality(String),
  `service_account_id` LowCardinality(String),
  `agent_id` LowCardinality(String),
  `agent_name` LowCardinality(String),
  `oauth_client_id` LowCardinality(String),
  `client_name` LowCardinality(String),
  `client_version` LowCardinality(String),
  `client_address` LowCardinality(String),
  `user_agent` LowCardinality(String),
  `explicit_session_id` String,
  `mcp_session_id` String,
  `auth_session_id` String,
  `trace_id` String,
  `span_id` String,
  `parent_span_id` String,
  `linked_trace_ids` Array(String),
  `http_request_id` String,
  `jsonrpc_id` String,
  `method` LowCardinality(String),
  `tool` LowCardinality(String),
  `tool_exposed` LowCardinality(String),
  `resource` String,
  `server` LowCardinality(String),
  `route_id` LowCardinality(String),
  `http_method` LowCardinality(String),
  `http_host` LowCardinality(String),
  `url_path` String,
  `http_status` Nullable(UInt16),
  `decision` LowCardinality(String),
  `decision_basis` LowCardinality(String),
  `decision_source` LowCardinality(String),
  `decision_reasons` Array(LowCardinality(String)),
  `policy_id` LowCardinality(String),
  `policy_version` LowCardinality(String),
  `outcome` LowCardinality(String),
  `error_type` LowCardinality(String),
  `error_message` String,
  `request_bytes` Nullable(UInt64),
  `response_bytes` Nullable(UInt64),
  `refresh_token_id` String,
  `previous_refresh_token_id` String,
  `attributes` Map(LowCardinality(String), String),
  `log_position` UInt64,
  `log_ordinal` UInt32,
  `record_hash` String,
  INDEX by_event_id event_id TYPE bloom_filter GRANULARITY 4,
  INDEX by_request http_request_id TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, toStartOfHour(time), product, log_position, log_ordinal)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- What may be large or private of an event: the redacted record, arguments, result. Lives shorter than its event.
CREATE TABLE IF NOT EXISTS payloads (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `event_id` String,
  `realm` LowCardinality(String),
  `time` DateTime64(6, 'UTC'),
  `first_written` DateTime64(3, 'UTC'),
  `raw` String CODEC(ZSTD(1)),
  `arguments` String CODEC(ZSTD(1)),
  `result` String CODEC(ZSTD(1)),
  INDEX by_event_id event_id TYPE bloom_filter GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(first_written)
ORDER BY (realm, toStartOfHour(time), log_mark)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- Records that no format could read, with the reason.
CREATE TABLE IF NOT EXISTS dead_letters (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `record_id` String,
  `realm` LowCardinality(String),
  `source` LowCardinality(String),
  `format` LowCardinality(String),
  `source_position` UInt64,
  `first_written` DateTime64(3, 'UTC'),
  `reason` String,
  `raw` String CODEC(ZSTD(1)),
  `raw_bytes` UInt64,
  `record_hash` String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, first_written, record_id)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- What an agent asked for once, merged from all layers. A changed call takes back its row (sign -1) and writes a new one.
CREATE TABLE IF NOT EXISTS calls (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `sign` Int8,
  `id` String,
  `realm` LowCardinality(String),
  `time` DateTime64(6, 'UTC'),
  `end_time` DateTime64(6, 'UTC'),
  `duration_us` Nullable(Int64),
  `session_id` String,
  `explicit_session_id` String,
  `mcp_session_id` String,
  `auth_session_id` String,
  `service_account_id` LowCardinality(String),
  `agent_id` LowCardinality(String),
  `agent_name` LowCardinality(String),
  `agent_basis` LowCardinality(String),
  `user_id` LowCardinality(String),
  `user_email` LowCardinality(String),
  `client_name` LowCardinality(String),
  `client_version` LowCardinality(String),
  `client_address` LowCardinality(String),
  `user_agent` LowCardinality(String),
  `server` LowCardinality(String),
  `method` LowCardinality(String),
  `tool` LowCardinality(String),
  `tool_exposed` LowCardinality(String),
  `resource` String,
  `decision` LowCardinality(String),
  `decision_basis` LowCardinality(String),
  `decision_source` LowCardinality(String),
  `layers` String,
  `outcome` LowCardinality(String),
  `http_status` Nullable(UInt16),
  `error_type` LowCardinality(String),
  `http_request_id` String,
  `jsonrpc_id` String,
  `trace_id` String,
  `arguments_event_id` String,
  `disagreements` Array(LowCardinality(String)),
  `aliases` Array(String),
  `is_orphan` Bool,
  `is_late_changed` Bool,
  `first_written` DateTime64(3, 'UTC'),
  `version` UInt64,
  INDEX by_id id TYPE bloom_filter GRANULARITY 4,
  INDEX by_alias aliases TYPE bloom_filter GRANULARITY 4,
  INDEX by_session session_id TYPE bloom_filter GRANULARITY 4
)
ENGINE = VersionedCollapsingMergeTree(sign, version)
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, toStartOfHour(time), agent_id, session_id, id)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- The calls of one agent for one principal that belong together.
CREATE TABLE IF NOT EXISTS sessions (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `sign` Int8,
  `id` String,
  `realm` LowCardinality(String),
  `aliases` Array(String),
  `explicit_id` String,
  `start_time` DateTime64(6, 'UTC'),
  `end_time` DateTime64(6, 'UTC'),
  `agent_id` LowCardinality(String),
  `agent_name` LowCardinality(String),
  `agent_basis` LowCardinality(String),
  `user_id` LowCardinality(String),
  `user_email` LowCardinality(String),
  `client_name` LowCardinality(String),
  `client_version` LowCardinality(String),
  `client_address` LowCardinality(String),
  `user_agent` LowCardinality(String),
  `calls` UInt64,
  `denies` UInt64,
  `tools` Array(LowCardinality(String)),
  `servers` Array(LowCardinality(String)),
  `basis` LowCardinality(String),
  `confidence_milli` UInt16,
  `risk` UInt64,
  `status` LowCardinality(String),
  `findings` Array(String),
  `first_written` DateTime64(3, 'UTC'),
  `version` UInt64,
  INDEX by_id id TYPE bloom_filter GRANULARITY 4,
  INDEX by_alias aliases TYPE bloom_filter GRANULARITY 4
)
ENGINE = VersionedCollapsingMergeTree(sign, version)
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, toStartOfHour(start_time), id)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- A rule's claim about an agent and principal, with the calls that prove it.
CREATE TABLE IF NOT EXISTS findings (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `sign` Int8,
  `id` String,
  `incident_id` String,
  `realm` LowCardinality(String),
  `rule_id` LowCardinality(String),
  `rule_title` LowCardinality(String),
  `severity` LowCardinality(String),
  `time` DateTime64(6, 'UTC'),
  `state` LowCardinality(String),
  `agent_id` LowCardinality(String),
  `user_id` LowCardinality(String),
  `user_email` LowCardinality(String),
  `session_ids` Array(String),
  `calls` Array(String),
  `explanation` String,
  `is_shadow` Bool,
  `status` LowCardinality(String),
  `note` String,
  `actions` Array(String),
  `is_late` Bool,
  `first_written` DateTime64(3, 'UTC'),
  `version` UInt64,
  INDEX by_id id TYPE bloom_filter GRANULARITY 4
)
ENGINE = VersionedCollapsingMergeTree(sign, version)
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, toStartOfHour(time), id)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- What was done about a finding, with every transition.
CREATE TABLE IF NOT EXISTS actions (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `sign` Int8,
  `id` String,
  `incident_id` String,
  `finding_id` String,
  `realm` LowCardinality(String),
  `kind` LowCardinality(String),
  `target` String,
  `lever` LowCardinality(String),
  `state` LowCardinality(String),
  `reason` String,
  `by` LowCardinality(String),
  `expires_at` Nullable(DateTime64(3, 'UTC')),
  `is_evidence_pending` Bool,
  `transitions` String,
  `first_written` DateTime64(3, 'UTC'),
  `version` UInt64
)
ENGINE = VersionedCollapsingMergeTree(sign, version)
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, incident_id, id)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- Rows as they are now: what was taken back does not show. Sums over many rows are cheaper over the tables, as sum(sign).
CREATE VIEW IF NOT EXISTS agent_calls AS SELECT * FROM calls FINAL WHERE sign = 1;
CREATE VIEW IF NOT EXISTS agent_sessions AS SELECT * FROM sessions FINAL WHERE sign = 1;
CREATE VIEW IF NOT EXISTS agent_findings AS SELECT * FROM findings FINAL WHERE sign = 1;
CREATE VIEW IF NOT EXISTS agent_actions AS SELECT * FROM actions FINAL WHERE sign = 1;
