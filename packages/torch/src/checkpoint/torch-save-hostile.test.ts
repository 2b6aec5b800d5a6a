import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory, readTorchSave, TorchError } from '../index.js'
import { mutations } from '../testing/mutations.test.support.js'
import { runPython } from '../testing/python.test.support.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phenoprint-malicious-'))
  runPython(writer, folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

const writer = `
import json, os, struct, sys, warnings, zipfile, torch
from collections import OrderedDict
warnings.simplefilter('ignore')
folder = json.load(sys.stdin)
flag = folder + '/executed'

class Touch:
    def __reduce__(self): return os.system, ('touch ' + flag,)
class Evaluate:
    def __reduce__(self): return eval, (f'open({flag!r}, "w")',)
class State:
    def __setstate__(self, state): open(flag, 'w')
    def __getstate__(self): return {'a': 1}
for name, value in {'system': Touch(), 'eval': Evaluate(), 'object': State(), 'module': torch.nn.Linear(1, 1),
                    'sparse': torch.eye(2).to_sparse(), 'quantised': torch.quantize_per_tensor(torch.ones(2), 1, 0, torch.qint8),
                    'set': {1}, 'bytes': b'x', 'tuple-key': {(1, 2): torch.ones(1)}}.items():
    for protocol in (2, 5):
        torch.save({'w': torch.ones(1), 'v': value}, f'{folder}/{name}{protocol}', pickle_protocol=protocol)
torch.save({'a.b': torch.ones(1), 'a': {'b': torch.ones(1)}}, folder + '/two-names')
torch.save({1: torch.ones(1), '1': torch.ones(1)}, folder + '/two-keys')
loop = [torch.ones(1)]; loop.append(loop)
torch.save(loop, folder + '/loop')
laughs = torch.ones(1)
for _ in range(40): laughs = [laughs, laughs]
torch.save(laughs, folder + '/laughs')
deep = []
for _ in range(300): deep = [deep]
torch.save(deep, folder + '/deep')
torch.save({'w': torch.ones(1)}, folder + '/legacy', _use_new_zipfile_serialization=False)
script = torch.jit.script(torch.nn.Linear(1, 1)); script.save(folder + '/script')

good = folder + '/good'
torch.save(OrderedDict(w=torch.arange(6.), b=torch.ones(2)), good)
bytes_ = open(good, 'rb').read()
open(folder + '/cut', 'wb').write(bytes_[:len(bytes_) // 2])
at = bytes_.index(struct.pack('<f', 5.0))
open(folder + '/changed', 'wb').write(bytes_[:at] + b'\\xff' + bytes_[at + 1:])
source = zipfile.ZipFile(good)

def rebuild(name, replace={}, leave=(), method=zipfile.ZIP_STORED, twice=False):
    with zipfile.ZipFile(f'{folder}/{name}', 'w', method) as target:
        for info in source.infolist():
            short = info.filename.split('/', 1)[1]
            if short in leave: continue
            target.writestr(info.filename, replace.get(short, source.read(info.filename)))
            if twice and short == 'data/0': target.writestr(info.filename, source.read(info.filename))
pickle = source.read('good/data.pkl')
rebuild('rebuilt')
rebuild('deflated', method=zipfile.ZIP_DEFLATED)
zipfile.ZIP64_LIMIT = 8
rebuild('wide')
zipfile.ZIP64_LIMIT = (1 << 31) - 1
assert b'PK\\x06\\x06' in open(folder + '/wide', 'rb').read()
rebuild('no-storage', leave=['data/0'])
rebuild('short-storage', {'data/0': b'\\0' * 20})
rebuild('long-storage', {'data/0': b'\\0' * 28})
rebuild('big-endian', {'byteorder': b'big'})
rebuild('no-pickle', leave=['data.pkl'])
rebuild('twice', twice=True)
open(folder + '/nothing.zip', 'wb').write(b'PK\\x05\\x06' + b'\\0' * 18)

def swap(name, old, new):
    assert pickle.count(old) >= 1, (name, old)
    rebuild(name, {'data.pkl': pickle.replace(old, new, 1)})
swap('long-shape', b'K\\x06\\x85', b'K\\x07\\x85')
swap('negative-shape', b'K\\x06\\x85', b'J\\xff\\xff\\xff\\xff\\x85')
swap('wide-stride', b'K\\x01\\x85', b'K\\x02\\x85')
swap('two-sizes', b'K\\x06\\x85', b'K\\x02K\\x03\\x86')
swap('huge-shape', b'K\\x06\\x85', b'\\x8a\\x08' + b'\\xff' * 6 + b'\\x1f\\x00' + b'\\x85')
swap('huge-storage', b'K\\x06t', b'\\x8a\\x07' + b'\\xff' * 6 + b'\\x00t')
swap('other-storage', b'storage', b'syringe')
swap('dtype-as-storage', b'torch\\nFloatStorage', b'torch\\nfloat32')
swap('look-alike', b'torch\\nFloatStorage', b'tarch\\nFloatStorage')
swap('hidden', b'collections\\nOrderedDict', b'collections\\nOrderedDict.__class__')
raw = lambda name, code: rebuild(name, {'data.pkl': code})
raw('empty', b'')
raw('stop', b'\\x80\\x02.')
raw('unfinished', b'\\x80\\x02}')
raw('protocol', b'\\x80\\x63}.')
raw('inst', b'\\x80\\x02(S"id"\\nios\\nsystem\\n.')
raw('newobj', b'\\x80\\x02ccollections\\nOrderedDict\\n)\\x81.')
raw('extension', b'\\x80\\x02\\x82\\x01.')
raw('text-id', b'\\x80\\x02P0\\n.')
raw('no-mark', b'\\x80\\x02t.')
raw('no-memo', b'\\x80\\x02h\\x07.')
raw('long-text', b'\\x80\\x02X\\xff\\xff\\xff\\xff.')
raw('longer-text', b'\\x80\\x04\\x8d' + b'\\xff' * 8 + b'.')
raw('bad-text', b'\\x80\\x02X\\x01\\0\\0\\0\\xff.')
raw('append', b'\\x80\\x02}K\\x01a.')
raw('odd', b'\\x80\\x02}(K\\x01u.')
raw('build', b'\\x80\\x02]}b.')
raw('call-data', b'\\x80\\x02}) R.'.replace(b' ', b''))
raw('call-list', b'\\x80\\x02ccollections\\nOrderedDict\\n]R.')
raw('filled-dict', b'\\x80\\x02ccollections\\nOrderedDict\\n]\\x85R.')
raw('parameter', b'\\x80\\x02ctorch._utils\\n_rebuild_parameter\\n}\\x85R.')
raw('no-storage-tensor', b'\\x80\\x02ctorch._utils\\n_rebuild_tensor_v2\\n)R.')
raw('proto-name', b'\\x80\\x02ctorch\\n__proto__\\n.')

torch.serialization.set_crc32_options(False)
torch.save({'w': torch.arange(6.), 'n': [torch.ones(2).t(), {'k': 1.5}]}, folder + '/unchecked')
`

const refused: readonly [string, RegExp][] = [
  ['system2', /the global "posix\.system", which is not run/],
  ['system5', /the global "posix\.system", which is not run/],
  ['eval2', /the global "__builtin__\.eval"/],
  ['eval5', /the global "builtins\.eval"/],
  ['object2', /the global "(copy_reg\._reconstructor|__main__\.State)"/],
  ['object5', /the global "__main__\.State"/],
  ['module2', /the global "torch\.nn\.modules\.linear\.Linear".*state_dict\(\)/],
  ['sparse2', /the global "torch\._utils\._rebuild_sparse_tensor"/],
  ['quantised2', /the global "torch\._utils\._rebuild_qtensor"/],
  ['set2', /the global "__builtin__\.set"/],
  ['set5', /the opcode 0x8f/],
  ['bytes2', /the global "_codecs\.encode"/],
  ['tuple-key2', /a structure as a key/],
  ['two-names', /two tensors named "a\.b"/],
  ['two-keys', /two tensors named "1"/],
  ['loop', /a structure in itself/],
  ['laughs', /at most 100000/],
  ['deep', /64 levels/],
  [
    'legacy',
    /no end of a ZIP archive, expected an archive as torch\.save writes since PyTorch 1\.6/,
  ],
  ['script', /compressed bytes \(method 8\)/],
  ['cut', /no end of a ZIP archive/],
  ['changed', /"good\/data\/0" in it: got the checksum/],
  ['deflated', /compressed bytes \(method 8\)/],
  ['no-storage', /storage "0": got no such file/],
  ['short-storage', /storage "0": got 20 bytes, expected 24 bytes/],
  ['long-storage', /storage "0": got 28 bytes, expected 24 bytes/],
  ['big-endian', /its byte order: got "big"/],
  ['no-pickle', /0 folders with a data\.pkl/],
  ['nothing.zip', /0 folders with a data\.pkl/],
  ['twice', /"good\/data\/0": got it twice/],
  [
    'long-shape',
    /a tensor \[7\] with strides \[1\] from element 0 of float32, expected one within its storage of 24 bytes/,
  ],
  ['negative-shape', /got -1, expected a whole number/],
  ['wide-stride', /a tensor \[6\] with strides \[2\]/],
  ['two-sizes', /a tensor \[2, 3\] with strides \[1\]/],
  ['huge-shape', /a tensor \[9007199254740991\]/],
  ['huge-storage', /storage "0": got 24 bytes, expected/],
  ['other-storage', /a reference to something else/],
  ['dtype-as-storage', /a reference to something else/],
  ['look-alike', /the global "tarch\.FloatStorage"/],
  ['hidden', /the global "collections\.OrderedDict\.__class__"/],
  ['empty', /got its end/],
  ['stop', /an empty stack/],
  ['unfinished', /got its end/],
  ['protocol', /protocol 99/],
  ['inst', /the opcode 0x53 at byte 3/],
  ['newobj', /the opcode 0x81/],
  ['extension', /the opcode 0x82/],
  ['text-id', /the opcode 0x50/],
  ['no-mark', /expected a mark/],
  ['no-memo', /place 7 of the memo/],
  ['long-text', /expected 4294967295 more bytes/],
  ['longer-text', /got its end/],
  ['bad-text', /not UTF-8/],
  ['append', /a list to append to/],
  ['odd', /a key without a value/],
  ['build', /attributes of something else/],
  ['call-data', /a call of plain data/],
  ['call-list', /a function and a tuple/],
  ['filled-dict', /an OrderedDict made of values/],
  ['parameter', /a parameter of something else/],
  ['no-storage-tensor', /a tensor without storage or dtype/],
  ['proto-name', /the global "torch\.__proto__"/],
]

describe('refuses, and executes nothing of', () => {
  it.each(refused)('%s', (name, message) => {
    const path = join(folder, name)
    const live = memory.live().tensors
    let error: unknown
    try {
      readTorchSave(path)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TorchError)
    expect(error).toMatchObject({ kind: 'checkpoint', message: expect.stringMatching(message) })
    expect(error).toMatchObject({ message: expect.stringContaining(`checkpoint ${path}: `) })
    expect(memory.live().tensors).toBe(live)
    expect(existsSync(join(folder, 'executed'))).toBe(false)
  })

  it('files of which Python does execute something', () => {
    runPython(
      `import json, sys, torch; torch.load(json.load(sys.stdin) + '/system2', weights_only=False)`,
      folder,
    )
    expect(existsSync(join(folder, 'executed'))).toBe(true)
  })
})

it.each(['rebuilt', 'wide'])("reads the same archive by Python's zipfile, %s", (name) => {
  const tensors = readTorchSave(join(folder, name))
  expect(tensors.get('w')?.toNumbers()).toEqual([0, 1, 2, 3, 4, 5])
})

it.each([
  { name: 'good', count: 500, least: 400 },
  { name: 'wide', count: 500, least: 400 },
  // Without checksums the damage reaches the pickle.
  { name: 'unchecked', count: 2500, least: 1250 },
])('reads a mutated $name file, or refuses it, and leaks nothing', ({ name, count, least }) => {
  const good = readFileSync(join(folder, name))
  const path = join(folder, 'mutated')
  const live = memory.live().tensors
  let refusals = 0
  for (const bad of mutations(good, { seed: 7, count })) {
    writeFileSync(path, bad)
    try {
      for (const value of readTorchSave(path).values()) value.dispose()
    } catch (error) {
      if (!(error instanceof TorchError) || error.kind !== 'checkpoint') throw error
      refusals++
    }
  }
  expect(refusals).toBeGreaterThan(least)
  expect(memory.live().tensors).toBe(live)
})
