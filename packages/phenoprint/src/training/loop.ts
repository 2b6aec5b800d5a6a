import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { manualSeed, memory, optim, setThreads } from '@phenoprint/torch'
import { augmentationSettings } from '../augmentation/settings.js'
import { BatchLoader } from '../batches/batch-loader.js'
import { type BatchOrder, batchesPerEpoch, epochBatches } from '../batches/epoch-batches.js'
import { normControls } from '../batches/norm-controls.js'
import { viewLoader } from '../batches/paired-loader.js'
import { PlateControls } from '../batches/plate-controls.js'
import { samplePool } from '../batches/sample-pool.js'
import type { Sample } from '../batches/samples.js'
import type { Config } from '../config/config.js'
import { DivergedError, InterruptedError } from '../errors.js'
import { freezeStatistics, retakeStatistics } from '../models/batch-norms.js'
import { cellTypeInput } from '../models/cell-type-input.js'
import { saveCheckpoint } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import { createNetwork } from '../models/create-network.js'
import {
  describeNetwork,
  type Network,
  type NetworkDescription,
  type NetworkShape,
} from '../models/network.js'
import { imageValues } from '../models/precision.js'
import { checkAdaptation } from '../prediction/adapted-network.js'
import { isLostRank } from '../ranks/lost-rank.js'
import type { Ranks } from '../ranks/ranks.js'
import { refuseUnfitRanks } from '../ranks/refuse-unfit-ranks.js'
import { writeJson } from '../run/files.js'
import type { OpenRun } from '../run/followed-run.js'
import type { Reporter } from '../run/reporter.js'
import type { Store } from '../store/store.js'
import { averageEpoch, averageStep, whileAveraged } from './averaged.js'
import { classGroups } from './class-groups.js'
import { createOptimiser, setLearningRate } from './create-optimiser.js'
import { diverged, divergedCheckpoint } from './diverged.js'
import { judgeEpoch } from './early-stopping.js'
import { brokenTensor, requireFiniteWeights } from './finite-weights.js'
import { refuseUntaughtLogits, TrainingLoss } from './loss.js'
import { LossWatch } from './loss-watch.js'
import { checkStepMemory } from './measure-step.js'
import { outcomeOf, readOutcome, type TrainingOutcome } from './outcome.js'
import { Pace } from './pace.js'
import { parameterParts } from './parameter-parts.js'
import { loadResumePoint, removeResumePoint, saveResumePoint } from './resume.js'
import { saveEpoch } from './save-epoch.js'
import { dataLine, epochLine, memoryLine, networkLine, paceLine } from './say.js'
import { learningRateAt, momentumAt } from './schedule.js'
import { accumulateGradients, passBatch } from './step.js'
import { takeStep } from './take-step.js'
import { afterEpoch, firstState } from './training-state.js'
import { validate } from './validate.js'

/** What is trained on what, and where it is kept. */
export interface TrainingTask {
  readonly config: Config
  readonly store: Store
  /** Indices into the screen's units. */
  readonly train: readonly number[]
  readonly validation: readonly number[]
  readonly shape: NetworkShape
  /** Puts into the freshly drawn network what it starts from. */
  readonly begin: (network: Network, description: NetworkDescription) => void
  /** Where `checkpoints/` and `metrics.json` go. */
  readonly folder: string
  readonly run: OpenRun
  readonly reporter: Reporter
  /** Who trains it together; the first of them writes. */
  readonly ranks: Ranks
  /** Set when the network is for one cell type alone. */
  readonly cellType: string | null
}

/**
 * Trains a network from the start, or from where it was when it was stopped: in the end the files
 * are the same to the byte.
 *
 * @throws {InterruptedError} when the reporter's signal was aborted, after saving.
 * @throws {DivergedError} when the loss is not finite or explodes ({@link LossWatch}), or the weights are
 *   not finite; after saving the weights, with those of the last good epoch still there.
 * @throws {MachineError} when a step does not fit in memory, or the disk is full.
 * @throws {StoreError} {CheckpointError}
 */
export async function trainNetwork(task: TrainingTask): Promise<TrainingOutcome> {
  const { config, store, run, reporter, ranks, folder, cellType } = task
  const device = ranks.device ?? config.device
  const { training: settings, seed } = config
  const { screen, tilesPerSite } = store
  const { signal } = reporter
  const resumePoint = checkpointFile(folder, 'resume')
  const resumes = ranks.saysFirst(existsSync(resumePoint))
  const outcomeFile = join(folder, 'metrics.json')
  if (ranks.saysFirst(existsSync(outcomeFile))) {
    const done = readOutcome(outcomeFile)
    ranks.meet()
    if (ranks.isFirst) removeResumePoint(resumePoint)
    if (done !== null) return done
  }

  // The samples: as many an epoch as there are sites.
  const sites = task.train.flatMap((unit) => screen.units[unit]?.sites ?? [])
  const { batchSize } = settings
  const { symmetries, pairs } = config.batches
  const order: BatchOrder = {
    ...{ seed, tilesPerSite, symmetries, batchSize },
    pool: samplePool(screen, sites, config.batches, batchSize),
    controls: pairs === 'none' ? null : new PlateControls(screen, pairs),
    augmentation: augmentationSettings(config, store),
  }
  const controls = normControls(screen, config)
  const controlsBeside = (samples: readonly Sample[], epoch: number, step: number) =>
    controls?.beside(order, samples, epoch, step) ?? []
  const sizes = epochBatches(order, 1).map((batch) => batch.length)
  refuseUnfitRanks(config, ranks, sizes)
  const samplesPerEpoch = order.pool.draws
  const stepsPerEpoch = batchesPerEpoch(order)
  const totalSteps = settings.epochs * stepsPerEpoch
  await using loader = new BatchLoader(store, config.normalise, {
    values: imageValues(settings.precision),
  })
  const views = viewLoader(loader, store, pairs, seed)

  // The network, drawn at the seed, and what moves it.
  setThreads(settings.threads ?? ranks.coresEach)
  manualSeed(seed)
  const { shape } = task
  using network = createNetwork(config.model, shape)
  const description = describeNetwork(network, config.model, shape)
  if (!resumes) task.begin(network, description)
  network.to({ device, memoryFormat: 'channelsLast' })
  if (!resumes) ranks.shareNetwork(network)
  const parts = parameterParts(network, settings)
  using optimiser = createOptimiser(settings, parts)
  const averaging = settings.average
  const decay = averaging?.name === 'ema' ? averaging.decay : null
  using average = averaging ? new optim.WeightAverage(network.namedParameters(), decay) : null
  const scaler = settings.precision === 'fp16' ? new optim.GradScaler() : null
  const learner = { network, optimiser, device, average, scaler }
  const rateAt = (step: number) =>
    learningRateAt(
      settings.schedule,
      settings.optimiser.learningRate,
      step,
      totalSteps,
      stepsPerEpoch,
    )
  const microBatch = Math.min(settings.microBatch ?? batchSize, ranks.greatestPart(batchSize))
  const { precision } = settings
  const { controlWeight } = settings.loss
  const heads = pairs === 'none' ? null : { treatments: screen.classes, controlWeight }
  refuseUntaughtLogits(config)
  checkAdaptation(settings.batchNorm.validation, pairs, 'training.batchNorm.validation')
  const classes = heads?.treatments ?? shape.classes
  const loss = new TrainingLoss(settings.loss, classGroups(screen, task.train, classes))
  const watch = new LossWatch({ loss: settings.loss, classes, pairs: pairs !== 'none' }, folder)
  const stepSettings = {
    ...{ device, precision, microBatch, pairs: heads, scaler },
    cellTypes: cellTypeInput(screen, shape.cellTypes),
  }
  reporter.say(networkLine(description, network))
  reporter.say(dataLine(sites.length, task.train.length, task.validation.length))

  // Does a step fit in memory?
  const atOnce = Math.min(microBatch, samplesPerEpoch)
  const someSamples = epochBatches(order, 1).flat().slice(0, 8)
  const some = await loader.load(someSamples, controlsBeside(someSamples, 1, 0))
  const estimate = checkStepMemory(learner, some, {
    ...stepSettings,
    loss: loss.at(0, totalSteps),
    microBatch: atOnce,
    optimiser: settings.optimiser,
    average: averaging,
  })
  if (estimate !== null) {
    // What the allocator keeps for later steps stays within what was free, too.
    const { reserved, limit } = memory.allocator()
    memory.useCachingAllocator({ limitBytes: Math.min(limit, reserved + estimate.freeBytes) })
    reporter.say(memoryLine(estimate))
    reporter.event({ type: 'memory', ...estimate })
  }

  // Others take part from here on: what was computed so far, each did alone.
  const synchronised = settings.ranks.batchNorm === 'synchronised'
  if (synchronised) ranks.synchroniseNorms(network)
  const averagesNorms = !synchronised && settings.batchNorm.statistics !== 'frozen'
  using gradients = ranks.gradientBuckets(network.parameters())

  // Where it starts, or goes on.
  let state = { ...firstState, events: run.eventsLength }
  let savedAt = performance.now()
  const save = () => {
    if (!ranks.isFirst) return
    requireFiniteWeights(network, folder)
    state = { ...state, events: run.eventsLength }
    saveResumePoint(resumePoint, learner, state)
    savedAt = performance.now()
  }
  if (resumes) {
    state = loadResumePoint(resumePoint, learner)
    run.rewindEvents(state.events)
    reporter.say(`Goes on in epoch ${state.epoch}, after step ${state.step} of ${stepsPerEpoch}.`)
  } else {
    save()
  }
  ranks.meet()
  const stepsBefore = (state.epoch - 1) * stepsPerEpoch + state.step
  const pace = new Pace(stepsPerEpoch, totalSteps - stepsBefore)

  try {
    while (state.epoch <= settings.epochs && !state.stopped) {
      const { epoch } = state
      const batches = epochBatches(order, epoch)
      const load = async (step: number) => {
        const samples = batches[step]
        if (samples === undefined) return null
        return await loader.load(ranks.part(samples), controlsBeside(samples, epoch, step))
      }
      const label = `${cellType ?? 'epoch'} ${epoch}/${settings.epochs}`
      const progress = reporter.progress(label, samplesPerEpoch, 'images')
      progress.advance(state.samples)

      network.train()
      if (settings.batchNorm.statistics === 'frozen') freezeStatistics(network)
      let coming = load(state.step)
      let since = performance.now()
      for (let batch = await coming; batch !== null; batch = await coming) {
        // The next batch is read while this one is computed; between steps the thread listens.
        coming = load(state.step + 1)
        coming.catch(() => {})
        await setImmediate()
        ranks.stopTogether(signal)
        const step = (epoch - 1) * stepsPerEpoch + state.step
        ranks.seed(seed, step)
        setLearningRate(optimiser, parts, rateAt(step))
        const momentum = momentumAt(settings.schedule, step, totalSteps)
        if (momentum !== null) optimiser.momentum = momentum

        const count = batches[state.step]?.length ?? 0
        const ownLoss = accumulateGradients(network, batch, {
          ...stepSettings,
          loss: loss.at(step, totalSteps),
          ...(gradients !== null && { joined: { count, gradients } }),
        })
        const [meanLoss = Number.NaN] = ranks.sums([ownLoss])
        const where = `epoch ${epoch}, step ${state.step + 1}`
        const recentLosses = watch.after(state.recentLosses, meanLoss, where)
        if (!takeStep(learner, settings.clipNorm)) {
          throw diverged(`gradients overflow in ${where}, expected finite numbers`, folder)
        }
        averageStep(average, averaging, epoch)
        if (averagesNorms) ranks.averageStatistics(network)
        batch.release()

        const seconds = (performance.now() - since) / 1000
        state = {
          ...state,
          step: state.step + 1,
          lossSum: state.lossSum + meanLoss * count,
          samples: state.samples + count,
          seconds: state.seconds + seconds,
          recentLosses,
        }
        progress.advance(count, `loss ${(state.lossSum / state.samples).toFixed(3)}`)
        const report = pace.step(seconds)
        if (report !== null) {
          reporter.say(paceLine(report, task.validation.length > 0))
          reporter.event({ type: 'pace', ...report })
        }
        const minutes = (performance.now() - savedAt) / 60_000
        if (minutes >= settings.checkpointMinutes) save()
        since = performance.now()
      }
      progress.done()

      // One row of logits a unit, averaged over tiles and sites: is it the best so far? Where weights are
      // averaged, it is the average that is validated and saved.
      averageEpoch(average, averaging, epoch)
      const refresh = async () => {
        if (settings.batchNorm.statistics === 'frozen') return
        await retakeStatistics(network, async () => {
          const count = Math.min(averaging?.refreshBatches ?? stepsPerEpoch, stepsPerEpoch)
          for (let step = 0; step < count; step++) {
            signal.throwIfAborted()
            const batch = await load(step)
            if (batch === null) continue
            passBatch(network, batch, stepSettings)
            batch.release()
          }
          if (averagesNorms) ranks.averageStatistics(network)
        })
      }
      const { validation, verdict } = await whileAveraged(network, average, refresh, async () => {
        const batchNorm = settings.batchNorm.validation
        const on = { store, units: task.validation, folder, signal, batchNorm, seed, ranks }
        const validation = await validate(network, views, { ...stepSettings, ...on })
        const rule = settings.earlyStopping
        const settled = watch.isSettled(state.recentLosses)
        if (epoch === settings.epochs) watch.requireSettled(state.recentLosses)
        const verdict =
          validation !== null && settled
            ? judgeEpoch(state.stopping, epoch, validation, rule)
            : null
        const facts = {
          epoch,
          epochs: settings.epochs,
          loss: state.lossSum / state.samples,
          learningRate: rateAt(epoch * stepsPerEpoch - 1),
          validation,
          seconds: state.seconds,
          imagesPerSecond: state.samples / state.seconds,
        }
        run.event({ type: 'epoch', cellType, ...facts, memory: memory.allocator() })
        reporter.say(epochLine(facts, verdict))
        const checkpoint = { description, config, epoch, trainingLoss: facts.loss, validation }
        if (settled) {
          requireFiniteWeights(network, folder)
          if (ranks.isFirst) saveEpoch(folder, network, checkpoint, verdict)
        } else {
          reporter.say(
            `Epoch ${epoch} is not kept: its last loss is too high for a healthy training.`,
          )
        }
        return { validation, verdict }
      })
      state = afterEpoch(state, validation, verdict)
      save()
    }
  } catch (error) {
    // Between two steps, and all through validation, what is saved stands still.
    // What is broken does not take the place of what was good.
    const broken = error instanceof DivergedError
    // A rank that was lost in the middle of a step leaves it half done: the last checkpoint stands.
    const whole = !broken && !isLostRank(error)
    const stopped = signal.aborted || error instanceof InterruptedError
    if (stopped && whole && brokenTensor(network) === null) save()
    if (broken && ranks.isFirst) {
      const { epoch } = state
      const checkpoint = { description, config, epoch, trainingLoss: null, validation: null }
      saveCheckpoint(checkpointFile(folder, divergedCheckpoint), network, checkpoint)
    }
    throw error
  }

  const outcome = outcomeOf(state)
  if (ranks.isFirst) {
    writeJson(outcomeFile, outcome)
    removeResumePoint(resumePoint)
  }
  return outcome
}
