import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

/** Enough of a log to hold what ended it. */
const tailBytes = 16384

/** What a log says went wrong: the command's own last error, else Slurm's, else its last line. */
export function lastError(log: string): string | null {
  if (!existsSync(log)) return null
  const text = tail(log)
  const lines = text.split('\n').map((line) => line.trim())
  const found =
    lines.findLast((line) => line.startsWith('phenoprint: ')) ??
    lines.findLast((line) => /^slurmstepd.*: error: /.test(line))
  return found ?? lastLine(text)
}

/** The last line that says anything. */
export function lastLine(text: string): string | null {
  return (
    text
      .split('\n')
      .findLast((line) => line.trim() !== '')
      ?.trim() ?? null
  )
}

function tail(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const start = Math.max(0, size - tailBytes)
    const bytes = Buffer.alloc(size - start)
    readSync(file, bytes, 0, bytes.length, start)
    return bytes.toString()
  } finally {
    closeSync(file)
  }
}
