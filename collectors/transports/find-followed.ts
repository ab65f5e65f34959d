import { stat } from 'node:fs/promises'
import type { FilePosition } from './file-position.ts'
import { FollowedFile, hashOf, headBytesMax } from './followed-file.ts'
import { type OpenLogFileOptions, openLogFile, readHead } from './open-log-file.ts'
import { rotatedFiles } from './rotated-files.ts'

/**
 * The file that was being read, at its path or under the name that rotation gave it, compressed or not; null if it is
 * gone, `busy` if it may be among what is still being compressed.
 */
export const findFollowed = async (
  path: string,
  position: FilePosition,
  options: OpenLogFileOptions,
): Promise<FollowedFile | 'busy' | null> => {
  const rotated = (await rotatedFiles(path)).map((file) => file.path)
  const candidates = await Promise.all([path, ...rotated].map(async (file) => ({ file, inode: await inodeOf(file) })))
  const [same, others] = [
    candidates.filter(({ inode }) => inode === position.inode),
    candidates.filter(({ inode }) => inode !== position.inode),
  ]
  let isAnyBusy = false
  for (const { file } of [...same, ...others]) {
    const found = file === path ? await resumeAt(path, position, options) : await resumeRotated(file, position, options)
    if (found === 'busy') isAnyBusy = true
    else if (found !== null) return found
  }
  return isAnyBusy ? 'busy' : null
}

/**
 * The file at the path, if it is the one that was being read. A short head alone does not tell: the next file may begin
 * with the same line.
 */
export const resumeAt = async (
  path: string,
  position: FilePosition,
  options: OpenLogFileOptions,
): Promise<FollowedFile | 'busy' | null> =>
  position.headBytes < headBytesMax && (await inodeOf(path)) !== position.inode
    ? null
    : resumeRotated(path, position, options)

const resumeRotated = async (
  path: string,
  position: FilePosition,
  options: OpenLogFileOptions,
): Promise<FollowedFile | 'busy' | null> => {
  // Before it is decompressed: there may be many archives.
  if (hashOf(await readHead(path, position.headBytes)) !== position.headHash) return null
  const handle = await openLogFile(path, options)
  if (handle === null || handle === 'busy') return handle
  const file = await FollowedFile.resume(handle, position)
  if (file === null) await handle.close()
  return file
}

const inodeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ ino }) => ino,
    () => null,
  )
