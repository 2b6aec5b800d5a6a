import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../phenoprint/dist/testing/folder.js'
import { type FileNews, followFile } from './follow-file.js'

/** Takes news until there are so many. */
async function take(news: AsyncGenerator<FileNews>, count: number): Promise<string[]> {
  const taken: string[] = []
  for (let i = 0; i < count; i++) {
    const { value, done } = await news.next()
    if (done === true) break
    taken.push(value.kind === 'line' ? value.text : value.kind)
  }
  return taken
}

describe('a file that is followed', () => {
  it('is told from its beginning, then line by line as it grows; half a line waits', async () => {
    const path = join(temporaryFolder(), 'events.jsonl')
    const stop = new AbortController()
    const news = followFile(path, 0, stop.signal)
    expect(await take(news, 1)).toEqual(['upToDate'])
    writeFileSync(path, 'one\ntwo\nthr')
    expect(await take(news, 2)).toEqual(['one', 'two'])
    appendFileSync(path, 'ee\n')
    expect(await take(news, 1)).toEqual(['three'])
    stop.abort()
    expect(await take(news, 1)).toEqual([])
  })

  it('that was cut is told again, even where it is as long as before', async () => {
    const path = join(temporaryFolder(), 'events.jsonl')
    writeFileSync(path, 'one\ntwo\nthree\n')
    const stop = new AbortController()
    const news = followFile(path, 0, stop.signal)
    expect(await take(news, 4)).toEqual(['one', 'two', 'three', 'upToDate'])
    truncateSync(path, 4)
    expect(await take(news, 3)).toEqual(['rewind', 'one', 'upToDate'])
    writeFileSync(path, 'uno\ndue\ntre\n')
    expect(await take(news, 5)).toEqual(['rewind', 'uno', 'due', 'tre', 'upToDate'])
    stop.abort()
  })

  it('goes on behind what is known', async () => {
    const path = join(temporaryFolder(), 'events.jsonl')
    writeFileSync(path, 'one\ntwo\n')
    const stop = new AbortController()
    expect(await take(followFile(path, 4, stop.signal), 2)).toEqual(['two', 'upToDate'])
    expect(await take(followFile(path, 99, stop.signal), 3)).toEqual(['rewind', 'one', 'two'])
    stop.abort()
  })
})
