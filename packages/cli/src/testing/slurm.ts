import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { hostname, tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const runProgram = promisify(execFile)

/** A Slurm cluster of this machine alone, which lives as long as a test. */
export interface Cluster {
  /** With which its programs, and those that call them, are run. */
  readonly env: NodeJS.ProcessEnv
  /** When its controller was started, as `performance.now()` counts. */
  readonly started: number
  /** What one of its programs prints. */
  ask(program: string, ...words: string[]): Promise<string>
  stop(): Promise<void>
}

/**
 * Starts munged, slurmctld and slurmd with a configuration of their own, without systemd.
 *
 * @throws {Error} when Slurm is not installed, or does not come up.
 */
export async function startSlurm(): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'slurm-'))
  const at = (name: string) => join(folder, name)
  for (const name of ['munge', 'state', 'spool']) mkdirSync(at(name), { mode: 0o700 })
  writeFileSync(at('munge/key'), randomBytes(128), { mode: 0o400 })
  writeFileSync(at('slurm.conf'), await configuration(folder))
  const env = { ...process.env, SLURM_CONF: at('slurm.conf') }
  const children: ChildProcess[] = []
  const daemon = (name: string, ...words: string[]) => {
    const child = spawn(programPath(name), words, { env, stdio: 'ignore' })
    child.on('error', () => {})
    children.push(child)
  }
  const ask = async (program: string, ...words: string[]) =>
    (await runProgram(programPath(program), words, { env })).stdout
  const stop = async () => {
    await ask('scancel', '--me').catch(() => {})
    const idle = async () => (await ask('squeue', '--me', '--noheader')).trim() === ''
    await until('the jobs to end', idle, 15).catch(() => {})
    for (const child of children.reverse()) await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const files = ['key', 'socket', 'pid', 'log', 'seed'].map((name) => [name, at(`munge/${name}`)])
    const words = files.map(([name, path]) =>
      name === 'socket' ? `--socket=${path}` : `--${name}-file=${path}`,
    )
    daemon('munged', '--foreground', '--force', '--num-threads=1', ...words)
    await until('munged', async () => existsSync(at('munge/socket')), 10)
    const started = performance.now()
    daemon('slurmctld', '-D')
    daemon('slurmd', '-D')
    const isIdle = async () => (await ask('sinfo', '--noheader', '--format=%T')).trim() === 'idle'
    await until('slurmctld and slurmd', isIdle, 30)
    return { env, started, ask, stop }
  } catch (cause) {
    const logs = ['slurmctld.log', 'slurmd.log', 'munge/log'].map((name) =>
      existsSync(at(name)) ? readFileSync(at(name), 'utf8').slice(-1500) : `no ${name}`,
    )
    await stop()
    throw new Error(`Slurm did not start:\n${logs.join('\n')}`, { cause })
  }
}

/** Asks twice a second until something holds. */
export async function until(
  what: string,
  holds: () => Promise<boolean>,
  seconds: number,
): Promise<void> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    if (await holds().catch(() => false)) return
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`)
    await sleep(500)
  }
}

/** Four cores are claimed, whatever the machine has, so that jobs run beside each other. */
async function configuration(folder: string): Promise<string> {
  const [controller, node] = await Promise.all([freePort(), freePort()])
  const [name = 'localhost'] = hostname().split('.')
  const user = userInfo().username
  return `ClusterName=test
SlurmctldHost=${name}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=5
SchedulerParameters=bf_interval=1
SlurmdParameters=config_overrides
NodeName=${name} NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Daemons lie where an ordinary user's path does not lead. */
function programPath(name: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  if (path !== undefined) return path
  throw new Error(
    `there is no ${name}: apt-get install slurm-wlm munge (npm test -- --system-packages does it)`,
  )
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(kill)
}
