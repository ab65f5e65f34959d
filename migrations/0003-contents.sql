-- What arguments and results show (told without keeping them), and what the analyser made of a call: what kind of tool it
-- is, and how its arguments stand to earlier results of the session and to what the user said.
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `features_version` UInt32;
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `arguments_bytes` Nullable(Int64);
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `arguments_secrets` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `arguments_pii` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `arguments_encodings` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `arguments_hidden` UInt32;
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `arguments_entropy_milli` UInt32;
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `destinations` Array(String);
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `result_bytes` Nullable(Int64);
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `result_secrets` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `result_pii` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `result_encodings` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `result_hidden` UInt32;
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `result_instructions` UInt32;
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `tool_classes` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `flow` Array(LowCardinality(String));
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `flow_percent` UInt32;
ALTER TABLE calls ADD COLUMN IF NOT EXISTS `flow_from` Array(String);

-- A view has the columns that its table had when it was made.
CREATE OR REPLACE VIEW agent_calls AS SELECT * FROM calls FINAL WHERE sign = 1;
