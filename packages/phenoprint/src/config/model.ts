import { z } from 'zod'

/** The section that says what the network is. */
const name = z.string().min(1)
const positiveInteger = z.int().positive()
const fraction = z.number().min(0).max(1)

const head = z
  .strictObject({
    name: z
      .enum(['linear', 'embedding', 'cosine'])
      .default('linear')
      .describe(
        'linear: one layer; embedding: two layers between batch norms make an embedding, and one layer the classes of it; cosine: scale x cosine of the angle to a direction for each class',
      ),
    size: positiveInteger
      .optional()
      .describe(
        'Of the embedding; without it, embedding: 1024; cosine: the features themselves are it',
      ),
    scale: z.number().positive().default(30).describe('cosine: what cosines are multiplied by'),
  })
  .prefault({})
  .describe('From features to classes')

export const model = z
  .strictObject({
    architecture: z
      .enum([
        'efficientnet-b0',
        'efficientnet-b1',
        'efficientnet-b2',
        'efficientnet-b3',
        'efficientnet-b4',
        'efficientnet-b5',
        'efficientnet-b6',
        'efficientnet-b7',
        'resnet18',
        'resnet34',
        'resnet50',
        'resnet101',
        'resnet152',
        'resnext50-32x4d',
        'densenet121',
        'densenet161',
        'densenet169',
        'densenet201',
      ])
      .default('efficientnet-b0')
      .describe('Network'),
    activation: z
      .enum(['relu', 'silu', 'mish'])
      .optional()
      .describe(
        "Activation throughout; without it, the architecture's own: silu in EfficientNets, relu in others",
      ),
    flavour: z
      .enum(['torch', 'tensorflow'])
      .default('torch')
      .describe(
        'torch: symmetric padding, batch norm eps 1e-5, momentum 0.1; tensorflow (EfficientNets): "same" padding, 1e-3, 0.01',
      ),
    normMomentum: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "Weight of a batch in batch norm's running statistics; without it, the flavour's own",
      ),
    head,
    cellTypeInput: z
      .boolean()
      .default(false)
      .describe('The cell type of an image stands beside its features, before the head'),
    finalActivation: z
      .boolean()
      .default(true)
      .describe('DenseNets: activate the last maps before they are averaged'),
    dropout: fraction
      .optional()
      .describe("Before the classifier; without it, the architecture's own"),
    dropConnect: fraction
      .optional()
      .describe(
        'Greatest rate of dropped residual branches; without it, 0.2 in EfficientNets and 0 in ResNets',
      ),
    weights: name
      .optional()
      .describe("safetensors file to start from, in timm's names or torchvision's"),
    stemWeights: z
      .enum(['scaled', 'copied', 'fresh'])
      .default('scaled')
      .describe(
        "The file's first convolution where images have another number of channels: its channels repeated in turn and scaled by their count over the new one; repeated as they are; or drawn afresh (then for any number)",
      ),
    kernels: z
      .enum(['auto', 'stock', 'fused'])
      .default('auto')
      .describe(
        'auto: fused where this build has such an operator for a block, else stock; stock: libtorch operators only; fused: an error where there is none',
      ),
  })
  .prefault({})
  .describe('The network')
