import { z } from 'zod'

const word = z.string().regex(/^[^\s]+$/, 'expected one word')

const resources = {
  partition: word.optional().describe('Partition; without it, the default of the cluster'),
  account: word.optional().describe('Account that is charged; without it, the default'),
  cpus: z.int().positive().optional().describe('Cores of a job; without it, the default'),
  memory: z
    .string()
    .regex(/^\d+[KMGT]?$/, 'expected a number and K, M, G or T, such as 32G')
    .optional()
    .describe('Memory of a job: 32G; without it, the default'),
  gpus: z.int().nonnegative().optional().describe('GPUs of a job; without it, none'),
  time: z
    .string()
    .regex(
      /^(\d+|\d+:\d{2}(:\d{2})?|\d+-\d{1,2}(:\d{2}){0,2})$/,
      'expected such as 90 (minutes), 4:00:00 or 2-12',
    )
    .optional()
    .describe('Time limit of a job as Slurm takes it: minutes, h:mm:ss or d-hh:mm:ss'),
  tasks: z
    .int()
    .positive()
    .max(1000)
    .optional()
    .describe(
      'Into how many tasks of an array preprocess and infer (plates) and fine-tune (cell types) fall; without it, one a plate or cell type where the tables can be read on submission, else 8',
    ),
  options: z
    .array(z.string().regex(/^--[a-z][a-z-]*(=\S+)?$/, 'expected one option, such as --qos=low'))
    .optional()
    .describe('More options of sbatch: [--qos=low]'),
}

const ofVerb = z.strictObject(resources).optional()

export const cluster = z
  .strictObject({
    folder: z
      .string()
      .min(1)
      .default('slurm')
      .describe('Folder for scripts, logs and what was submitted'),
    ...resources,
    saveSeconds: z
      .int()
      .min(10)
      .max(3600)
      .default(120)
      .describe('How long before its time limit a job is told to save itself and queue again'),
    stages: z
      .strictObject({
        simulate: ofVerb,
        preprocess: ofVerb,
        audit: ofVerb,
        export: ofVerb,
        train: ofVerb,
        'fine-tune': ofVerb,
        infer: ofVerb,
        ensemble: ofVerb,
        assign: ofVerb,
        submit: ofVerb,
        explain: ofVerb,
        evaluate: ofVerb,
        choose: ofVerb,
        embed: ofVerb,
        'pseudo-label': ofVerb,
      })
      .prefault({})
      .describe('What differs by verb: {train: {gpus: 1, time: 1-00}}'),
  })
  .describe('What jobs of `phenoprint run --slurm` ask of the cluster')
