import fs from 'node:fs'
import { join } from 'node:path'
import { root } from './setup/paths.mjs'

/** Writes docs/scale.md: what full RxRx1 takes, from the figures in bench/results and the assumptions below. */

/**
 * @param {string} bench
 * @returns {Record<'ours' | 'peer' | 'ratio', Record<string, number>>} medians.
 */
const results = (bench) =>
  JSON.parse(fs.readFileSync(join(root, `bench/results/${bench}.json`), 'utf8'))
/** @param {string} bench */
const measured = (bench) => results(bench).ours

/** What nobody measured here. */
const assumed = {
  gpuTeraflops: 20,
  gpuPrice: 2.5,
  nodeCores: 64,
  nodeEfficiency: 0.7,
  nodePrice: 2.5,
  denseGigaflops: 150,
  networkGigabytes: 2.5,
}
const screen = { sites: 125_510, trainedOn: 61_950, withControls: 87_930, plates: 204 }
/** Samples of the train-step benches, on two cores. */
const benchBatch = 16
const benchCores = 2

/**
 * Multiply-adds of a forward pass in billions, as published for a side in pixels (Tan & Le 2019, arXiv:1905.11946;
 * torchvision's table for DenseNet), and weights in millions with RxRx1's classes.
 *
 * @typedef {{ name: string, macs: number, at: number, side: number, weights: number, bench?: string }} Model
 */
const b2 = { name: 'B2, Mish', macs: 1.0, at: 260, side: 256, weights: 9.3, bench: 'b2-mish' }
const b3 = { name: 'B3, Mish', macs: 1.8, at: 300, side: 256, weights: 12.4, bench: 'b3-mish' }
const b4 = { name: 'B4', macs: 4.2, at: 380, side: 256, weights: 19.5, bench: 'b4' }
const b4Mish = { ...b4, name: 'B4, Mish', bench: 'b4-mish' }
const dense = { name: 'DenseNet-161', macs: 7.73, at: 224, side: 512, weights: 32.1 }

/** Operations of a training step's sample: two a multiply-add, and a backward pass of twice the forward one. @param {Model} of */
const operations = ({ macs, at, side }) => 6 * macs * 1e9 * (side / at) ** 2
/** Seconds a sample on two cores. @param {Model} of */
const onCores = (of) =>
  of.bench === undefined
    ? operations(of) / (assumed.denseGigaflops * 1e9)
    : measured(`train-step-${of.bench}`).bf16 / benchBatch
/** @param {Model} of */
const onGpu = (of) => operations(of) / (assumed.gpuTeraflops * 1e12)
/** @param {Model} of */
const onNode = (of) => (onCores(of) * benchCores) / (assumed.nodeCores * assumed.nodeEfficiency)

const hour = 3600
/** @param {number} seconds */
function time(seconds) {
  if (seconds < 2 * hour) return `${Math.round(seconds / 60)} min`
  return seconds < 72 * hour
    ? `${(seconds / hour).toFixed(1)} h`
    : `${(seconds / hour / 24).toFixed(1)} days`
}
/** @param {number} seconds @param {number} price an hour */
const cost = (seconds, price) => `${Math.round((seconds / hour) * price).toLocaleString('en')}`
/** @param {string[]} head @param {string[][]} rows */
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** Samples of one network of the 26th place, trained and fine-tuned to the last epoch allowed. */
const samples26 = (200 + 100) * screen.trainedOn
const samples1 = 130 * screen.withControls
const networks = [b4, b4Mish, b3, b3, b3, b2]
const recipes = [
  ...[b4, b4Mish, b3, b2].map((of) => ({
    name: `26th place: one ${of.name}`,
    of: [of],
    samples: samples26,
  })),
  { name: '26th place: its six networks', of: networks, samples: samples26 },
  { name: '1st place: one DenseNet-161', of: [dense], samples: samples1 },
]

/**
 * Time on so many machines where a network is a job on one of them: jobs go in turn to whatever is free, longest first.
 *
 * @param {number[]} jobs @param {number} machines
 */
function inJobs(jobs, machines) {
  const busy = Array.from({ length: machines }, () => 0)
  for (const job of jobs.toSorted((a, b) => b - a)) {
    busy[busy.indexOf(Math.min(...busy))] += job
  }
  return Math.max(...busy)
}

const spent = recipes.map(({ name, of, samples }) => {
  const gpu = of.map((one) => samples * onGpu(one))
  const node = of.map((one) => samples * onNode(one))
  const sum = (/** @type {number[]} */ jobs) => jobs.reduce((total, job) => total + job, 0)
  const two = sum(of.map((one) => samples * onCores(one)))
  return [
    name,
    time(two),
    time(sum(node)),
    time(inJobs(node, 8)),
    cost(sum(node), assumed.nodePrice),
    time(sum(gpu)),
    time(inJobs(gpu, 8)),
    cost(sum(gpu), assumed.gpuPrice),
  ]
})

const reduce = measured('allreduce')['21.7 MB'] / 1000
/** Bytes a second that two ranks of one machine add up. */
const loopback = 21.7e6 / reduce
/** Seconds in which N ranks on a ring sum a network's gradients. @param {Model} of @param {number} n @param {number} rate */
const summed = ({ weights }, n, rate) => ((2 * (n - 1)) / n) * ((weights * 4e6) / rate)
const recipeBatch = 20
/** A third is the forward pass, behind which nothing is sent. @param {number} alone @param {number} n @param {number} sum */
const stepOver = (alone, n, sum) => alone / n / 3 + Math.max((alone / n) * (2 / 3), sum)
const network = assumed.networkGigabytes * 1e9
const overRanks = [1, 2, 4, 8, 10].map((n) => {
  const cells = [onCores(b4) * recipeBatch, onGpu(b4) * recipeBatch].flatMap((alone) => {
    const step = stepOver(alone, n, summed(b4, n, network))
    return [`${(1000 * step).toFixed(0)} ms`, `${(alone / step).toFixed(1)}x`]
  })
  return [
    String(n),
    String(recipeBatch / n),
    `${(1000 * summed(b4, n, network)).toFixed(0)} ms`,
    ...cells,
  ]
})

const tiles = measured('loader').dataloader
const site = measured('store-size').png
const gpuTiles = 1 / onGpu(b4)
const store = (site * screen.sites) / 1024 ** 2
const sites = measured('ingest').zstd
const perTile = site / 4

const page = `<!-- Generated by: node scripts/write-scale.mjs -->
# Past the machines at hand

What full RxRx1 takes on one machine, on 8 and on 64, and where more of them gain nothing. **Measured**: the step
times, the loader, the store and the all-reduce, in \`bench/results\` (two cores of an Intel Xeon with AVX-512 and AMX;
the all-reduce on two cores of an AMD EPYC). **Assumed**, for no such machine was at hand: all that is in the next
table. A GPU's figure is its share of the formula: put in what \`bench/train-step\` gives on yours.

${table(
  ['assumed', 'value', 'why'],
  [
    [
      'what a GPU achieves in training',
      `${assumed.gpuTeraflops} TFLOP/s`,
      'far below the peak of a data-centre card: depthwise convolutions wait for memory',
    ],
    [
      'an hour of a GPU',
      `${assumed.gpuPrice}`,
      'in the currency of your cloud; times scale with it',
    ],
    [
      `a CPU node of ${assumed.nodeCores} cores`,
      `${assumed.nodeEfficiency} of ${assumed.nodeCores / benchCores} times two cores`,
      'cores share the memory and the third level cache',
    ],
    ['an hour of such a node', `${assumed.nodePrice}`, ''],
    [
      'DenseNet-161 on two cores',
      `${assumed.denseGigaflops} GFLOP/s`,
      'stock kernels in float32: somewhat under half of what a large product reaches there (333)',
    ],
    [
      'between machines',
      `${assumed.networkGigabytes} GB/s`,
      `TCP on 25 Gbit/s; on one machine two ranks sum ${(loopback / 1e9).toFixed(1)} GB/s (measured)`,
    ],
  ],
)}

## Time and cost

Training and fine-tuning to the last epoch that the recipe allows (200 and 100 of ${screen.trainedOn.toLocaleString('en')} sites; early
stopping takes less), in bfloat16 with the fused kernels; 130 epochs of ${screen.withControls.toLocaleString('en')} sites for the 1st place. Validation adds
about 5 %. On 8 machines each network is a job (\`phenoprint run --slurm\`). Samples x seconds a sample; a GPU's seconds are
6 x multiply-adds / its rate.

${table(
  ['recipe', 'two cores', '1 node', '8 nodes', 'cost, nodes', '1 GPU', '8 GPUs', 'cost, GPUs'],
  spent,
)}

**64 machines.** The six networks keep six of them busy in training and 24 in fine-tuning (one job for each cell
type), so the ensemble takes as long as its longest network: the 8-machine column. The rest is of use to more seeds, folds and
candidates, which are jobs too: 64 machines try ten times as many networks in that time. One network over 64 ranks
gains nothing (below).

Preparing: ${time(screen.sites / sites)} on one core (${sites.toFixed(0)} sites a second, measured) and, as an array over ${screen.plates} plates, minutes on 8
nodes. Predicting all test sites with B0, four symmetries, ${time((39_798 * 4 * 4) / measured('inference')['bf16/pytorch'])} on two cores (measured rate).

## One network over ranks

The joined batch is the recipe's ${recipeBatch}; ranks divide it. A step is a third of the computing, then the rest or the sum of
the gradients, whichever is longer, for they overlap: 2 (N - 1) / N x ${(b4.weights * 4).toFixed(0)} MB (B4) over the network.

${table(
  ['ranks', 'samples each', 'sum', 'two cores each', 'gain', 'a GPU each', 'gain'],
  overRanks,
)}

Where it stops:

- **Batch norm.** \`each\` needs two samples a rank: ${recipeBatch / 2} ranks at a batch of ${recipeBatch}, ${48 / 2} at the 1st place's 48. With fewer than
  about eight samples its statistics are not those of the recipe; \`synchronised\` keeps them, for two more sums a norm.
- **The sum of the gradients.** On CPUs it hides behind the backward pass until that is shorter than the sum. For B0's 21.7 MB it takes
  ${(reduce * 1000).toFixed(0)} ms between two ranks of one machine (measured; PyTorch's own group ${results('allreduce').peer['21.7 MB'].toFixed(0)} ms). A GPU is done with a batch of ${recipeBatch} before
  Gloo has summed anything: there ranks lose, and a network belongs on one GPU. NCCL over NVLink (used where
  [set-up found it](guide/ranks.md), not measured) would change that: it is some hundred times as fast.
- **The loader.** ${tiles.toFixed(0)} tiles a second and core (measured): one core feeds a GPU at up to ${tiles.toFixed(0)} samples a second, B4 on the GPU
  assumed wants ${gpuTiles.toFixed(0)}, so ${Math.ceil(gpuTiles / tiles)} cores a GPU. It never holds CPU training: two cores take ${(1 / onCores(b4)).toFixed(0)} a second.
- **Cores of one machine.** Two one-thread ranks on two cores gain ${(measured('ranks')['one rank'] / measured('ranks')['two ranks']).toFixed(2)}x over one (measured, B0 at 128x128, 16 samples; two ranks of
  DistributedDataParallel take ${results('ranks').ratio['two ranks'].toFixed(1)} times as long a step): cores that share their memory are not two machines.

## Where the store lies

${store.toFixed(0)} GiB in ${screen.plates} files, one a plate (${site.toFixed(0)} KiB a site, measured), ${perTile.toFixed(0)} KiB a tile.

- **A shared file system.** Training reads tiles in random order: samples a second x ${perTile.toFixed(0)} KiB, ${((gpuTiles * perTile) / 1024).toFixed(0)} MiB/s for a GPU as
  above, ${((gpuTiles * perTile * 64) / 1024 ** 2).toFixed(0)} GiB/s for 64 of them, ${(perTile / 1024 / onCores(b4)).toFixed(0)} MiB/s for two cores. A node whose memory holds the store reads it once; else copy it to the node's own
  disk first, which takes ${time((store * 1024) / 1000)} at 1 GB/s. Locks and renames are those of POSIX: NFS 4 and Lustre have them.
- **S3 and its like.** One \`.ozx\` is one object, so ${screen.plates} objects are the whole screen, and a task of an array over plates fetches its
  own alone. Phenoprint reads files and not objects: copy them to a local disk, or mount the bucket. Reading tiles straight from a bucket
  would be a request each: ${((200 * screen.trainedOn) / 1e6).toFixed(1)} million for a training of 200 epochs, each some tens of milliseconds late; the copy is
  ${screen.plates} requests.
`
fs.writeFileSync(join(root, 'docs/scale.md'), page)
