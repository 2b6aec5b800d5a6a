import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const python = fileURLToPath(new URL('../../../../.cache/oracles/bin/python', import.meta.url))
/** Where `ip` lies, and an ordinary user's path does not lead. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
const ip = async (...words: string[]) => void (await promisify(execFile)('ip', words, { env }))

let opened = 0

/**
 * Two network namespaces, and between them a way that is slow and loses packets. Not every kernel can do that by
 * itself (netem), so a program passes packets on between two TUN devices. Needs root, and `ip` of iproute2.
 */
export class SlowNetwork implements AsyncDisposable {
  /** Of both ends. */
  readonly addresses = ['10.77.0.1', '10.77.0.2'] as const
  readonly #number = opened++
  readonly #relay: ChildProcess
  readonly #counted: Promise<string>

  /** @param delay in milliseconds, of each packet. @param loss share of packets that never come. */
  static async open({ delay, loss }: { delay: number; loss: number }): Promise<SlowNetwork> {
    const network = new SlowNetwork(delay, loss)
    try {
      await network.#layOut()
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
    return network
  }

  private constructor(delay: number, loss: number) {
    const devices = [0, 1].map((end) => this.#device(end))
    const words = [String(delay / 1000), String(loss), ...devices]
    this.#relay = spawn(python, ['-c', relay, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#counted = new Promise((resolve) => {
      let said = ''
      this.#relay.stdout?.setEncoding('utf8').on('data', (text: string) => {
        said += text
      })
      this.#relay.once('close', () => resolve(said))
    })
  }

  /** What stands before a command that runs at an end. */
  at(end: number): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#namespace(end)]
  }

  /** From now on nothing passes, and nobody is told. */
  async fallSilent(): Promise<{ readonly passed: number; readonly lost: number }> {
    this.#relay.stdin?.end()
    const [passed = 0, lost = 0] = (await this.#counted).trim().split(/\s+/).slice(1).map(Number)
    return { passed, lost }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fallSilent()
    for (const end of [0, 1]) await ip('netns', 'delete', this.#namespace(end)).catch(() => {})
  }

  #namespace(end: number): string {
    return `phenoprint-${process.pid}-${this.#number}-${end}`
  }

  #device(end: number): string {
    return `pp${process.pid}.${this.#number}.${end}`
  }

  async #layOut(): Promise<void> {
    const { stdout } = this.#relay
    if (stdout === null) throw new Error('the relay has no output')
    await Promise.race([once(stdout, 'data'), once(this.#relay, 'close')])
    for (const [end, address] of this.addresses.entries()) {
      const [namespace, device] = [this.#namespace(end), this.#device(end)]
      await ip('netns', 'add', namespace)
      await ip('link', 'set', device, 'netns', namespace)
      await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', device)
      await ip('-n', namespace, 'link', 'set', device, 'mtu', '65000', 'up')
      await ip('-n', namespace, 'link', 'set', 'lo', 'up')
    }
  }
}

/** Says when its devices are there; at the end of its input, how many packets it passed on and how many it lost. */
const relay = `
import fcntl, heapq, os, random, select, struct, sys, time
delay, loss = float(sys.argv[1]), float(sys.argv[2])
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000

def device(name):
    end = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TUN | IFF_NO_PI))
    return end

first, second = (device(name) for name in sys.argv[3:])
other = {first: second, second: first}
draw = random.Random(1)
on_the_way, passed, lost, count = [], 0, 0, 0
print('ready', flush=True)
while True:
    wait = max(0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
    ready, _, _ = select.select([first, second, sys.stdin], [], [], wait)
    if sys.stdin in ready:
        break
    for end in ready:
        packet = os.read(end, 1 << 17)
        count += 1
        if draw.random() < loss:
            lost += 1
        else:
            heapq.heappush(on_the_way, (time.monotonic() + delay, count, other[end], packet))
    while on_the_way and on_the_way[0][0] <= time.monotonic():
        _, _, end, packet = heapq.heappop(on_the_way)
        try:
            os.write(end, packet)
            passed += 1
        except OSError:
            lost += 1
print(passed, lost)
`
