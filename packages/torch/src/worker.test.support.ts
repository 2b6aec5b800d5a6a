import { parentPort, workerData } from 'node:worker_threads'
import { aten, manualSeed, memory, rand, randn, setThreads, tidy } from './index.js'

// Work for worker threads, by the name that the test gives.
const { task, seconds }: { task: string; seconds?: number } = workerData

/** A few steps of a small network: the losses. */
function train(): number[] {
  setThreads(1)
  const weight = aten.linspace(-1, 1, 40).reshape([5, 8]).keep()
  weight.requiresGrad = true
  const x = aten.linspace(-3, 3, 128).reshape([16, 8])
  const y = aten.arange(16).remainder(5)
  return Array.from({ length: 20 }, () =>
    tidy(() => {
      const loss = aten.crossEntropyLoss(aten.linear(x, weight), y)
      loss.backward()
      const gradient = weight.grad
      if (gradient !== null) weight.detach().sub_(gradient, { alpha: 0.5 })
      weight.grad = null
      return loss.item()
    }),
  )
}

function multiplyFor(seconds: number): void {
  setThreads(1)
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) tidy(() => rand([700, 700]).mm(rand([700, 700])))
}

switch (task) {
  case 'train':
    parentPort?.postMessage(train())
    break
  case 'multiply':
    multiplyFor(seconds ?? 1)
    parentPort?.postMessage('done')
    break
  case 'leave tensors':
    for (let count = 0; count < 10; count++) randn([1 << 20])
    parentPort?.postMessage(memory.live())
    break
  case 'fail':
    manualSeed(1)
    rand([2, 3]).mm(rand([2, 3]))
}
