import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ConfigSource, loadConfig } from '../../src/config.ts'
import { describeConfig } from '../../src/describe-config.ts'
import { AgenttrailError } from '../../src/errors.ts'

const fileWith = async (text: string, name = 'agenttrail.yaml'): Promise<string> => {
  const path = join(await mkdtemp(join(tmpdir(), 'config-')), name)
  await writeFile(path, text)
  return path
}

const problemsOf = (source: ConfigSource): readonly string[] => {
  try {
    loadConfig(source)
  } catch (error) {
    if (!(error instanceof AgenttrailError)) throw error
    expect(error.code).toBe('AGT_CONFIG_INVALID')
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim())
  }
  return []
}

describe('loadConfig', () => {
  test('has safe defaults', () => {
    expect(loadConfig({ env: {} })).toMatchObject({
      dataDir: './data',
      httpAddress: { host: '127.0.0.1', port: 9470 },
      latenessMs: 120_000,
      response: 'dry-run',
      auth: 'none',
      storeUrl: null,
      token: null,
      logBytesMax: 2 * 1024 ** 3,
      retention: { eventsMs: 400 * 86_400_000, payloadsMs: 30 * 86_400_000, diskMax: { share: 0.8 } },
      collectors: [],
      agents: [],
      sessionPerCallClients: [],
    })
  })

  test('takes the environment before the file', async () => {
    const file = await fileWith(
      'lateness: 5m\nlogBytesMax: 1GiB\ncollectors:\n  - {type: file, path: /var/log/p.log}\n',
    )
    const config = loadConfig({ env: { AGENTTRAIL_LATENESS: '90s' }, file })
    expect(config).toMatchObject({ latenessMs: 90_000, logBytesMax: 1024 ** 3 })
    expect(config.collectors).toEqual([
      { type: 'file', path: '/var/log/p.log', format: 'auto', source: '', realm: 'default' },
    ])
  })

  test('keeps to a part of the disk or to a size, and refuses what is neither', () => {
    const diskMaxOf = (text: string) => loadConfig({ env: { AGENTTRAIL_RETENTION_DISK_MAX: text } }).retention.diskMax
    expect(diskMaxOf('62.5 %')).toEqual({ share: 0.625 })
    expect(diskMaxOf('500GB')).toEqual({ bytes: 500e9 })
    for (const text of ['0%', '101%', '0GB', 'most', '80']) {
      const problems = problemsOf({ env: { AGENTTRAIL_RETENTION_DISK_MAX: text } })
      expect(problems, text).toEqual([expect.stringContaining('use a part of the disk such as 80%')])
    }
  })

  test('takes standard input as a collector, once', async () => {
    const one = await fileWith('collectors:\n  - {type: stdin, format: pomerium, source: edge}\n')
    expect(loadConfig({ env: {}, file: one }).collectors).toEqual([
      { type: 'stdin', format: 'pomerium', source: 'edge', realm: 'default' },
    ])
    const two = await fileWith('collectors:\n  - {type: stdin}\n  - {type: stdin}\n')
    expect(problemsOf({ env: {}, file: two })).toEqual([expect.stringContaining('only one standard input')])
    const unknown = await fileWith('collectors:\n  - {type: stdout}\n  - {type: stdin, path: /x}\n')
    expect(problemsOf({ env: {}, file: unknown })).toEqual([
      expect.stringMatching(/collectors\[0\]\.type in .* is "stdout": use file, stdin or kafka/),
      expect.stringMatching(/collectors\[1\]\.path in .*no such setting/),
    ])
  })

  test('reads policy, levers and pages, with what is usual for the rest', async () => {
    const file = await fileWith(
      [
        'policy:',
        '  revoke: {severityMin: critical, ttl: 2h}',
        '  confidenceMin: 0.7',
        '  only: [triage, mira@example.com]',
        '  rules: [{id: deny-burst, response: [page]}]',
        'pages:',
        '  - {type: alertmanager, url: "http://127.0.0.1:9093"}',
        '  - {type: slack, name: night, urlFile: /run/secrets/slack, severityMin: critical}',
        'publicUrl: https://audit.example.com/',
      ].join('\n'),
    )
    const config = loadConfig({ env: {}, file })
    expect(config.policy).toMatchObject({
      page: { severityMin: 'medium', ttl: 24 * 3_600_000 },
      revoke: { severityMin: 'critical', ttl: 2 * 3_600_000 },
      confidenceMin: 700,
      quietPeriod: 30 * 60_000,
      only: ['triage', 'mira@example.com'],
      rules: [{ id: 'deny-burst', response: ['page'] }],
    })
    expect(config.levers).toEqual([{ type: 'decision-service' }])
    expect(config.pages.map(({ type, name, severityMin }) => [type, name, severityMin])).toEqual([
      ['alertmanager', 'alertmanager', 'info'],
      ['slack', 'night', 'critical'],
    ])
  })

  test('names every problem of policy, levers and pages at once', async () => {
    const file = await fileWith(
      [
        'policy:',
        '  revoke: {severityMin: awful, tll: 2h}',
        '  confidenceMin: 70',
        '  rules: [{id: deny-burst, response: [shout]}]',
        'levers: [{type: hammer}]',
        'pages:',
        '  - {type: alertmanager, url: here}',
        '  - {type: pagerduty, routingKey: abc}',
      ].join('\n'),
    )
    expect(problemsOf({ env: {}, file })).toEqual([
      expect.stringMatching(/policy\.revoke\.severityMin in .* is "awful": use info, low, medium, high or critical/),
      expect.stringMatching(/policy\.revoke\.tll in .*did you mean ttl\?/),
      expect.stringMatching(/policy\.confidenceMin in .* is 70: use a number between 0 and 1/),
      expect.stringMatching(/policy\.rules\[0\]\.response\[0\] in .* is "shout": use flag, page, hold or revoke/),
      expect.stringMatching(/levers\[0\]\.type in .* is "hammer": use decision-service/),
      expect.stringMatching(/pages\[0\]\.url in .* is "here": use the http\(s\) address of an Alertmanager/),
      expect.stringMatching(/pages\[1\]\.routingKeyFile in .* is not set: name a file/),
      // A secret that was written in the wrong place is not repeated.
      expect.stringMatching(
        /pages\[1\]\.routingKey in [^:]*: there is no such setting; remove it; known are type, name/,
      ),
    ])
    const twice = await fileWith('pages:\n  - {type: slack, urlFile: /a}\n  - {type: slack, urlFile: /b}\n')
    expect(problemsOf({ env: {}, file: twice })).toEqual([expect.stringContaining('two targets have the same name')])
  })

  test('reads Kafka topics, and the secrets of their cluster from files', async () => {
    const secret = await fileWith('example\n')
    const file = await fileWith(
      `collectors:
  - type: kafka
    brokers: [kafka-1:9092, kafka-2:9092]
    topics: [{topic: audit, format: pomerium}, {topic: other, realm: lab}]
    tls: {ca: ${secret}}
    sasl: {mechanism: scram-sha-512, username: reader, passwordFile: ${secret}}
`,
    )
    expect(loadConfig({ env: {}, file }).collectors).toEqual([
      {
        type: 'kafka',
        brokers: ['kafka-1:9092', 'kafka-2:9092'],
        group: 'agenttrail',
        topics: [
          { topic: 'audit', format: 'pomerium', source: '', realm: 'default' },
          { topic: 'other', format: 'auto', source: '', realm: 'lab' },
        ],
        tls: { ca: 'example\n' },
        sasl: { mechanism: 'scram-sha-512', username: 'reader', password: 'example' },
      },
    ])
    const wrong = await fileWith(
      `collectors:
  - {type: kafka, brokers: [kafka], topics: [], tls: {ca: /nowhere}}
  - {type: kafka, brokers: [kafka:1], topics: [{topic: a}], sasl: {mechanism: plain, username: u, password: x}}
`,
    )
    expect(problemsOf({ env: {}, file: wrong })).toEqual([
      expect.stringMatching(/collectors\[0\]\.topics in .* name at least one topic/),
      expect.stringMatching(/collectors\[0\]\.brokers\[0\] in .* is "kafka": use host:port/),
      expect.stringMatching(/collectors\[0\]\.tls\.ca in .* is "\/nowhere": the file cannot be read \(ENOENT\)/),
      expect.stringMatching(/collectors\[1\]\.sasl\.passwordFile in .* is not set/),
      expect.stringMatching(/collectors\[1\]\.sasl\.password in .*no such setting/),
    ])
  })

  test('reads agents and what layers call them, and says which of them is wrong', async () => {
    const file = await fileWith(
      'agents:\n  - {id: triage, identities: [client-1, sa-1]}\nsessionPerCallClients: [chat]\n',
    )
    const config = loadConfig({ env: {}, file })
    expect(config.agents).toEqual([{ id: 'triage', name: '', identities: ['client-1', 'sa-1'] }])
    expect(config.sessionPerCallClients).toEqual(['chat'])
    const wrong = await fileWith(
      'agents:\n  - {id: a, identities: [x]}\n  - {id: b, identitys: [y]}\nsessionPerCallClients: chat\n',
    )
    expect(problemsOf({ env: {}, file: wrong })).toEqual([
      expect.stringMatching(/agents\[1\]\.identities in .* is not set: use a list/),
      expect.stringMatching(/agents\[1\]\.identitys in .*did you mean identities\?/),
      expect.stringMatching(/sessionPerCallClients in .* is "chat": use a list of clients/),
    ])
    const twice = await fileWith('agents:\n  - {id: a, identities: [x]}\n  - {id: b, identities: [x]}\n')
    expect(problemsOf({ env: {}, file: twice })).toEqual([expect.stringContaining('one agent only')])
  })

  test('names every problem at once, each with its setting, value and advice', async () => {
    const file = await fileWith(
      'lateness: soon\nresponse: shout\ncollectors:\n  - {type: file, pth: /x}\nlatenes: 1s\n',
    )
    const problems = problemsOf({ env: { AGENTTRAIL_LOG_BYTES_MAX: 'lots', AGENTTRAIL_DATADIR: 'x' }, file })
    expect(problems).toHaveLength(7)
    const text = problems.join('\n')
    expect(text).toMatch(/AGENTTRAIL_LOG_BYTES_MAX is "lots": use a size/)
    expect(text).toMatch(/AGENTTRAIL_DATADIR: there is no such setting; did you mean AGENTTRAIL_DATA_DIR\?/)
    expect(text).toMatch(/lateness in .*agenttrail.yaml is "soon": use a duration/)
    expect(text).toMatch(/response in .* is "shout": use dry-run or enforce/)
    expect(text).toMatch(/collectors\[0\]\.path in .* is not set/)
    expect(text).toMatch(/collectors\[0\]\.pth in .*did you mean path\?/)
    expect(text).toMatch(/latenes in .*did you mean lateness\?/)
  })

  test.each(['0.0.0.0:9470', '[::]:9470', '192.0.2.7:80', 'example.com:80'])(
    'refuses %s without authentication',
    (address) => {
      const problems = problemsOf({ env: { AGENTTRAIL_HTTP_ADDRESS: address } })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toContain('only loopback is served')
    },
  )

  test('takes OTLP on loopback only, or not at all', () => {
    const addressOf = (text: string): unknown => loadConfig({ env: { AGENTTRAIL_OTLP_ADDRESS: text } }).otlpAddress
    expect(loadConfig({ env: {} }).otlpAddress).toEqual({ host: '127.0.0.1', port: 4318 })
    expect(addressOf('localhost:0')).toEqual({ host: 'localhost', port: 0 })
    expect(addressOf('off')).toBe('off')
    expect(problemsOf({ env: { AGENTTRAIL_OTLP_ADDRESS: '0.0.0.0:4318' } })[0]).toContain('only loopback is served')
    expect(problemsOf({ env: { AGENTTRAIL_OTLP_ADDRESS: 'no' } })[0]).toContain('or off')
  })

  test.each(['127.0.0.1:9470', '127.8.8.8:1', '[::1]:9470', 'localhost:0'])('serves %s', (address) => {
    expect(problemsOf({ env: { AGENTTRAIL_HTTP_ADDRESS: address } })).toEqual([])
  })

  test('serves other machines where callers are authenticated', () => {
    const env = {
      AGENTTRAIL_AUTH: 'tokens',
      AGENTTRAIL_HTTP_ADDRESS: '0.0.0.0:9470',
      AGENTTRAIL_OTLP_ADDRESS: '[::]:1',
    }
    expect(loadConfig({ env })).toMatchObject({ auth: 'tokens', httpAddress: { host: '0.0.0.0', port: 9470 } })
    expect(problemsOf({ env: { ...env, AGENTTRAIL_AUTH: 'none' } })).toHaveLength(2)
    expect(problemsOf({ env: { ...env, AGENTTRAIL_AUTH: 'token' } })[0]).toContain('use none')
  })

  test('takes a list with commas, and in a file as one', () => {
    const config = loadConfig({ env: { AGENTTRAIL_NEVER_REVOKE: 'agent-1, mira@acme.test,' } })
    expect(config.neverRevoke).toEqual(['agent-1', 'mira@acme.test'])
    expect(loadConfig({ env: {} }).neverRevoke).toEqual([])
    expect(loadConfig({ env: {} })).toMatchObject({ decisionFailure: 'open', revocationsPerMinuteMax: 10 })
  })

  test('takes secrets from files, and not from two places', async () => {
    const path = await fileWith('http://u:pw@h:8123/db\n', 'url')
    expect(loadConfig({ env: { AGENTTRAIL_STORE_URL_FILE: path } }).storeUrl).toBe('http://u:pw@h:8123/db')
    const both = { AGENTTRAIL_STORE_URL_FILE: path, AGENTTRAIL_STORE_URL: 'http://h/' }
    expect(problemsOf({ env: both })[0]).toContain('both set')
    expect(problemsOf({ env: { AGENTTRAIL_TOKEN_FILE: '/nowhere/token' } })[0]).toContain('cannot be read')
  })

  test('never shows a secret, not even in a problem', async () => {
    const env = {
      AGENTTRAIL_TOKEN: 'hush-hush',
      AGENTTRAIL_STORE_URL: 'https://u:hush-hush@h:8123/db?password=hush-hush',
    }
    expect(describeConfig(loadConfig({ env }))).not.toContain('hush-hush')
    expect(describeConfig(loadConfig({ env }))).toContain('https://u:••••••@h:8123/db')
    const wrong = problemsOf({ env: { AGENTTRAIL_STORE_URL: 'ftp://u:hush-hush@h' } })
    expect(wrong).toHaveLength(1)
    expect(wrong[0]).not.toContain('hush-hush')
  })

  test('describes where each setting came from', async () => {
    const file = await fileWith('lateness: 5m\n')
    const text = describeConfig(loadConfig({ env: { AGENTTRAIL_RESPONSE: 'enforce' }, file }))
    expect(text).toMatch(/lateness +5m +\S*agenttrail.yaml/)
    expect(text).toMatch(/response +enforce +AGENTTRAIL_RESPONSE/)
    expect(text).toMatch(/sessionIdle +30m +default/)
  })

  test('leaves alone what Kubernetes sets beside a service of our name, and empty variables', () => {
    const env = {
      AGENTTRAIL_SERVICE_HOST: '10.0.0.1',
      AGENTTRAIL_PORT_9470_TCP_ADDR: 'x',
      AGENTTRAIL_PORT: 'tcp://x',
      AGENTTRAIL_TOKEN: '',
    }
    expect(problemsOf({ env })).toEqual([])
  })

  test('says what is wrong with the file itself', async () => {
    expect(problemsOf({ env: {}, file: '/nowhere/a.yaml' })[0]).toMatch(/\/nowhere\/a.yaml cannot be read/)
    expect(problemsOf({ env: {}, file: await fileWith('a: [') })[0]).toMatch(/is not YAML/)
    expect(problemsOf({ env: {}, file: await fileWith('- a\n') })[0]).toMatch(/holds no settings/)
  })
})
