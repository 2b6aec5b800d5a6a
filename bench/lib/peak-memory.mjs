import fs from 'node:fs'

/**
 * Imported before a program (`node --import`), leaves in the file that `PEAK_MEMORY_FILE` names how much memory
 * the program held at most, in KiB: the peak of its resident set.
 */
process.on('exit', () => {
  const path = process.env.PEAK_MEMORY_FILE
  if (path !== undefined) fs.writeFileSync(path, String(process.resourceUsage().maxRSS))
})
