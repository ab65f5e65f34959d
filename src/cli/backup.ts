import { loadConfig } from '../config.ts'
import { type BackupManifest, checkBackup, makeBackup, restoreBackup } from '../run/backup.ts'
import { type Command, exitCodes, isSet, textOf, UsageError } from './command.ts'
import { configOption } from './serve.ts'

export const backup: Command = {
  name: 'backup',
  summary: 'Back up the data directory of a server that is stopped, check a backup, or put one back.',
  usage: 'DIR [--check | --restore]',
  details: `DIR becomes a copy of AGENTTRAIL_DATA_DIR as of one moment: log, snapshots, keys, tokens and the embedded store belong
together. It holds the keys, so keep it as safe as them. A store that is a ClickHouse server is backed up by its own means, while
agenttrail is stopped too. --restore writes to a data directory that is not there yet, after checking every file.`,
  options: {
    ...configOption,
    check: { type: 'boolean', summary: 'only check that every file of DIR is as it was' },
    restore: { type: 'boolean', summary: 'put DIR back as the data directory' },
    json: { type: 'boolean', summary: 'print what it holds as JSON' },
  },
  operandsMin: 1,
  operandsMax: 1,

  run: async ({ operands, options, io }) => {
    const [dir = ''] = operands
    if (isSet(options, 'check') && isSet(options, 'restore')) throw new UsageError('use --check or --restore, not both')
    const { dataDir, storeUrl } = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    const act = async (): Promise<readonly [BackupManifest, string]> => {
      if (isSet(options, 'check')) return [await checkBackup(dir), `${dir} is whole`]
      if (isSet(options, 'restore')) return [await restoreBackup({ dataDir, source: dir }), `Restored to ${dataDir}`]
      return [await makeBackup({ dataDir, target: dir, now: io.now() }), `Backed up to ${dir}`]
    }
    const [manifest, done] = await act()
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`)
    else io.stdout.write(`${done}: ${manifest.files.length} files, ${bytes} bytes, made ${manifest.madeAt}.\n`)
    if (storeUrl !== null) io.stderr.write("The store is a ClickHouse server's, and not in it.\n")
    return exitCodes.fine
  },
}
