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
