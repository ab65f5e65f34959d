-- What people asked of this server: commands, judgements of findings, and reads of audit data. Append-only evidence.
CREATE TABLE IF NOT EXISTS commands (
  `log_epoch` LowCardinality(String),
  `log_mark` UInt64,
  INDEX by_mark log_mark TYPE minmax GRANULARITY 1,
  `id` String,
  `realm` LowCardinality(String),
  `time` DateTime64(3, 'UTC'),
  `by` LowCardinality(String),
  `type` LowCardinality(String),
  `target` String,
  `detail` String,
  `log_position` UInt64,
  `first_written` DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(first_written)
ORDER BY (realm, toStartOfHour(time), log_position, id)
SETTINGS non_replicated_deduplication_window = 10000, min_bytes_for_wide_part = 1073741824,
  fsync_after_insert = 1, fsync_part_directory = 1;

-- Ids of sessions that retention leaves: the newest word on each counts, and a session that was merged into another is
-- held under the other's id.
CREATE VIEW IF NOT EXISTS held_sessions AS
WITH holds AS (
  SELECT substring(target, length('session:') + 1) AS id FROM commands
  WHERE type IN ('legalHold', 'legalRelease')
  GROUP BY realm, target HAVING argMax(type, (log_epoch, log_position)) = 'legalHold'
)
SELECT id FROM holds
UNION DISTINCT
SELECT id FROM agent_sessions WHERE hasAny(aliases, (SELECT groupArray(id) FROM holds));
