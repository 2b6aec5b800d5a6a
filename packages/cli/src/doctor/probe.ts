import { distributed, engine, fused, tensor, threads } from '@phenoprint/torch'

// A process of its own: a libtorch for another processor or with a library missing may end it. The
// parent reads the last line.
try {
  const sum = tensor([1, 2])
    .add(tensor([3, 4]))
    .toNumbers()
  const adds = sum[0] === 4 && sum[1] === 6
  const { version, path, cpuCapability, cuda } = engine
  const facts = {
    version,
    path,
    cpuCapability,
    cuda,
    devices: engine.devices(),
    threads: threads(),
    kernels: fused.usableKernels()[0] ?? null,
    ranks: distributed.hasRanks(),
  }
  console.log(JSON.stringify(adds ? { facts } : { fault: `1 + 3 gave ${sum[0]}, expected 4` }))
} catch (error) {
  console.log(JSON.stringify({ fault: error instanceof Error ? error.message : String(error) }))
}
