// Loads the engine and adds two tensors; probe.mjs runs this in a process of its own.
try {
  const { tensor } = await import(
    new URL('../../packages/torch/dist/index.js', import.meta.url).href
  )
  const sum = tensor([1, 2])
    .add(tensor([3, 4]))
    .toNumbers()
  if (String(sum) !== '4,6') throw new Error(`[1, 2] + [3, 4] gave [${sum}]`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
