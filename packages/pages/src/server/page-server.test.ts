import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeKeptFolders } from '../../../phenoprint/dist/testing/kept-folder.js'
import { contentsSchema } from '../api/contents.js'
import { callsSchema, predictionSchema, runSchema } from '../api/run.js'
import { plateContentsSchema, storeSchema } from '../api/store.js'
import { askRaw } from './ask.test.support.js'
import { PageServer } from './page-server.js'
import { places, type ServedRuns, servedRuns } from './served.test.support.js'

let runs: ServedRuns
let server: PageServer
const here = { host: '127.0.0.1', port: 0 }
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  askRaw(server.address, path, headers, method)
const json = async (path: string): Promise<unknown> => JSON.parse(String((await get(path)).body))

beforeAll(async () => {
  runs = await servedRuns()
  server = await PageServer.start(runs.folder, here)
})
afterAll(async () => {
  await server?.close()
  runs?.training.close()
  removeKeptFolders()
})

describe('hostile paths', () => {
  const out = '/secret/password.txt'
  const names = [
    `/files/..${out}`,
    `/files/../../../../../../etc/passwd`,
    `/files/%2e%2e${out}`,
    `/files/.%2e${out}`,
    `/files/%2E%2E%2fsecret%2fpassword.txt`,
    `/files/%252e%252e${out}`,
    `/files/..%5csecret%5cpassword.txt`,
    `/files/..\\secret\\password.txt`,
    `/files/runs/..%2f..%2fsecret%2fpassword.txt`,
    `/files/runs/../..${out}`,
    `/files//etc/passwd`,
    `/files/%2fetc%2fpasswd`,
    `/files/%00/etc/passwd`,
    `/files/runs%00.json`,
    `/files/%c0%ae%c0%ae${out}`,
    `/files/%ff`,
    `/files/%`,
    `/files/leading-out/password.txt`,
    `/files/file-leading-out`,
    `/files/.hidden`,
    `/files/${places.store}/HUVEC.ozx/../../../../secret/password.txt`,
    `/files/${places.store}/E1__1.ozx/../../../../secret/password.txt`,
    `/files/${places.store}/E1__1.ozx/..%2f..%2f..%2fsecret%2fpassword.txt`,
    `/assets/../package.json`,
    `/assets/%2e%2e/package.json`,
    `/assets/inputs.sha256`,
    `/../package.json`,
    `//etc/passwd`,
    `/etc/passwd`,
    `/api/run?path=../secret`,
    `/api/run?path=%2e%2e/secret`,
    `/api/run?path=/etc`,
    `/api/run?path=leading-out`,
    `/api/run?path=runs%00`,
    `/api/store?path=../../stores/demo`,
    `/api/calls?run=..%2fsecret`,
    `/api/events?run=../secret`,
    `/api/events?run=leading-out`,
    `/api/prediction?run=${places.infer}&split=../../../secret/password&unit=x`,
    `/api/plate?store=leading-out&plate=E1/1`,
    `/api/__proto__`,
    `/api/constructor`,
    `http://elsewhere/files${out}`,
    `*`,
  ]
  it.each(names)('%s is refused', async (path) => {
    const { status, body } = await get(path)
    expect([400, 403, 404]).toContain(status)
    expect(String(body)).not.toMatch(/hunter2|root:/)
  })

  it('are refused although the same names, honestly written, are served', async () => {
    expect((await get(`/files/${places.infer}/calls.csv`)).status).toBe(200)
    expect((await get(`/files/${places.infer}/%63alls.csv`)).status).toBe(200)
  })

  it('of archives that are links leading out, folders and pipes are refused', async () => {
    symlinkSync('/etc', join(runs.folder, 'etc.ozx'))
    mkdirSync(join(runs.folder, 'folder.ozx'))
    execFileSync('mkfifo', [join(runs.folder, 'pipe.json')])
    for (const path of ['etc.ozx/passwd', 'etc.ozx', 'folder.ozx', 'pipe.json', 'runs', '']) {
      expect((await get(`/files/${path}`)).status, path).toBe(404)
    }
  })

  it('of an archive that is none are told as such, and the server goes on', async () => {
    writeFileSync(join(runs.folder, 'no.ozx'), 'no archive')
    const { status, body } = await get('/files/no.ozx/zarr.json')
    expect(status).toBe(500)
    expect(String(body)).toContain('no ZIP archive')
    expect((await get('/')).status).toBe(200)
  })
})

describe('who may ask', () => {
  it('is this machine under a name of its own: a name that was made to point here is refused', async () => {
    const { port } = new URL(server.address)
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'localhost']) {
      expect((await get('/', { host })).status, host).toBe(200)
    }
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.nip.io',
      '',
    ]) {
      expect((await get('/api/contents', { host })).status, host).toBe(403)
    }
  })

  it('changes nothing: every other method is refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE']) {
      const { status, headers } = await get('/api/contents', {}, method)
      expect([status, headers.allow], method).toEqual([405, 'GET, HEAD'])
    }
  })

  it('beyond this machine needs the token, which goes into a cookie', async () => {
    await using open = await PageServer.start(runs.folder, { host: '0.0.0.0', port: 0 })
    const { port, searchParams } = new URL(open.address)
    const token = searchParams.get('token') ?? ''
    expect(token.length).toBeGreaterThanOrEqual(32)
    const address = `http://127.0.0.1:${port}/`
    for (const path of [
      '/',
      '/api/contents',
      '/assets/index.html',
      `/files/${places.infer}/calls.csv`,
      '/?token=',
      `/?token=${token}x`,
    ]) {
      expect((await askRaw(address, path)).status, path).toBe(401)
    }
    const bearer = { authorization: `Bearer ${token}` }
    expect((await askRaw(address, '/api/contents', bearer)).status).toBe(200)
    const first = await askRaw(address, `//elsewhere/run?path=a%26b&token=${token}`)
    expect([first.status, first.headers.location]).toEqual([303, '/elsewhere/run?path=a%26b'])
    const setCookie = first.headers['set-cookie'] ?? ''
    expect(setCookie).toContain('HttpOnly; SameSite=Lax')
    const cookie = setCookie.split(';')[0] ?? ''
    expect((await askRaw(address, '/api/contents', { cookie })).status).toBe(200)
    expect((await askRaw(address, '/api/contents', { cookie: `${cookie}x` })).status).toBe(401)
  })
})

describe('policy', () => {
  it('lets the application load from here alone, and run no text', async () => {
    const { headers } = await get('/')
    const policy = headers['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:|\*/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('lets files of the folder be nothing but data', async () => {
    writeFileSync(join(runs.folder, 'evil.html'), '<script>alert(1)</script>')
    writeFileSync(join(runs.folder, 'evil.js'), 'alert(1)')
    writeFileSync(join(runs.folder, 'evil.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    const page = await get('/files/evil.html')
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/)
    for (const name of ['evil.js', 'evil.svg']) {
      const { headers } = await get(`/files/${name}`)
      expect(headers['content-type']).toBe('application/octet-stream')
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })
})

describe('files', () => {
  it('come whole, in part, and not at all when they are known', async () => {
    const path = `/files/${places.store}/E1__1.ozx`
    const bytes = readFileSync(join(runs.folder, places.store, 'E1__1.ozx'))
    const whole = await get(path)
    expect(whole.body.equals(bytes)).toBe(true)
    const part = await get(path, { range: 'bytes=-30' })
    expect(part.status).toBe(206)
    expect(part.headers['content-range']).toBe(
      `bytes ${bytes.length - 30}-${bytes.length - 1}/${bytes.length}`,
    )
    expect(part.body.equals(bytes.subarray(-30))).toBe(true)
    expect((await get(path, { range: `bytes=${bytes.length}-` })).status).toBe(416)
    const tag = whole.headers.etag ?? ''
    expect((await get(path, { 'if-none-match': tag })).status).toBe(304)
    expect((await get(path, { range: 'bytes=0-1', 'if-range': '"old"' })).status).toBe(200)
    const head = await get(path, {}, 'HEAD')
    expect([head.body.length, head.headers['content-length']]).toEqual([0, String(bytes.length)])
  })

  it('of an archive come entry by entry, in part too', async () => {
    const entry = `/files/${places.store}/E1__1.ozx/B/02/0/0`
    const array: unknown = await json(`${entry}/zarr.json`)
    expect(array).toMatchObject({ node_type: 'array', shape: [2, 20, 24] })
    const whole = (await get(`${entry}/c/0/0/0`)).body
    const part = await get(`${entry}/c/0/0/0`, { range: 'bytes=5-9' })
    expect(part.body.equals(whole.subarray(5, 10))).toBe(true)
    expect((await get(`${entry}/c/9/9/9`)).status).toBe(404)
  })
})

describe('the interface', () => {
  it('lists runs and stores, finished or not', async () => {
    const { runs: found, stores } = contentsSchema.parse(await json('/api/contents'))
    expect(found.map(({ path, verb, state }) => [path, verb, state])).toEqual([
      [places.infer, 'infer', 'finished'],
      [places.train, 'train', 'running'],
    ])
    expect(stores).toEqual([{ path: places.store }])
  })

  it('describes a run, and finds its store', async () => {
    const run = runSchema.parse(await json(`/api/run?path=${places.infer}`))
    expect(run).toMatchObject({ store: places.store, calls: true, splits: ['test'] })
    expect(run.config).toContain('phenoprint infer')
    expect((await get('/api/run?path=stores')).status).toBe(404)
    expect((await get('/api/run')).status).toBe(400)
  })

  it('tells what a run called each well, and how sure it was', async () => {
    const calls = callsSchema.parse(await json(`/api/calls?run=${places.infer}`))
    expect(calls.unit).toEqual(runs.made.screen.units.map(({ id }) => id))
    expect(calls.outcome.filter((outcome) => outcome === 'wrong')).toHaveLength(1)
    const unit = encodeURIComponent(calls.unit[3] ?? '')
    const { classes, probabilities } = predictionSchema.parse(
      await json(`/api/prediction?run=${places.infer}&split=test&unit=${unit}`),
    )
    // The fourth well: logits 4, and 0 twice; its call is the class behind its label.
    const top = Math.exp(4) / (Math.exp(4) + 2)
    expect(probabilities).toBe(true)
    expect(classes[0]).toEqual({ name: calls.call[3], score: expect.closeTo(top, 6) })
    expect(classes).toHaveLength(3)
    const nobody = `/api/prediction?run=${places.infer}&split=test&unit=nobody`
    expect((await get(nobody)).status).toBe(404)
  })

  it('leads from a store to its plates, wells and sites', async () => {
    const store = storeSchema.parse(await json(`/api/store?path=${places.store}`))
    expect(store.plates.map(({ id, units, sites }) => [id, units, sites])).toEqual([
      ['E1/1', 3, 6],
      ['E1/2', 3, 6],
    ])
    const plate = plateContentsSchema.parse(
      await json(`/api/plate?store=${places.store}&plate=${encodeURIComponent('E1/2')}`),
    )
    const { pixels } = runs.made
    const site = plate.units[2]?.sites[1]
    expect(plate.units.map(({ well }) => well)).toEqual(['B02', 'B03', 'C02'])
    expect(site?.field).toBe(`${places.store}/E1__2.ozx/C/02/1`)
    const own = pixels[11]?.subarray(0, 480) ?? []
    expect(site?.means[0]).toBeCloseTo([...own].reduce((sum, value) => sum + value, 0) / 480, 9)
    expect((await get(`/api/plate?store=${places.store}&plate=E9`)).status).toBe(404)
  })
})

describe('starting', () => {
  it('names a folder that is none, and a port that is taken', async () => {
    await expect(PageServer.start(join(runs.folder, 'nowhere'), here)).rejects.toThrow('is missing')
    const { port } = new URL(server.address)
    await expect(
      PageServer.start(runs.folder, { host: '127.0.0.1', port: Number(port) }),
    ).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`)
  })
})
