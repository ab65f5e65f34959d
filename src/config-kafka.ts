import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { nonEmptyText, oneOf, parseAddress } from './config-values.ts'

/** A file that is read when the settings are: its content takes the place of its path. */
const contentOf = (what: string) =>
  nonEmptyText(`give the path of a file with ${what}`).transform((path, context) => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      context.addIssue({ code: 'custom', message: `the file cannot be read (${reason}); name a readable file` })
      return z.NEVER
    }
  })

const tlsFiles = z.strictObject(
  {
    ca: contentOf('the authorities that sign the brokers, as PEM').optional(),
    cert: contentOf('the certificate of this client, as PEM').optional(),
    key: contentOf('its key, as PEM').optional(),
  },
  { error: 'use true, or the files ca, cert and key' },
)

/** `true` stands for no files, so that what is wrong with one of them is told by its name. */
const tls = z
  .preprocess((value) => (value === true ? {} : value === false ? null : value), tlsFiles.nullable())
  .transform((files) => {
    if (files === null) return null
    const { ca, cert, key } = files
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  })

const sasl = z
  .strictObject({
    mechanism: oneOf(['plain', 'scram-sha-256', 'scram-sha-512']),
    username: nonEmptyText('give the name of the user'),
    // Not the password itself: settings are printed, copied and kept in repositories.
    passwordFile: contentOf('the password'),
  })
  .transform(({ mechanism, username, passwordFile }) => ({ mechanism, username, password: passwordFile.trim() }))

const broker = nonEmptyText('give host:port of a broker').refine((text) => parseAddress(text) !== null, {
  error: 'use host:port, such as kafka-1:9092',
})

/** How a Kafka cluster is reached; `tls` and `sasl` are as a client takes them. */
export const kafkaSettings = {
  brokers: z.array(broker, { error: 'use a list of host:port' }).min(1, { error: 'name at least one broker' }),
  tls: tls.prefault(false),
  sasl: sasl.optional().transform((value) => value ?? null),
}

/** How the cluster that holds the log is reached, besides its address. */
export const kafkaSchema = z
  .strictObject({ tls: kafkaSettings.tls, sasl: kafkaSettings.sasl }, { error: 'use the settings tls and sasl' })
  .prefault({})
