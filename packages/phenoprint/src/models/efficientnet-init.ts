import { nn, noGrad } from '@phenoprint/torch'

/**
 * Draws fresh weights as EfficientNet's authors do: convolutions normal with variance 2 / fan-out
 * (fan-out counted within a group), the classifier uniform within 1 / sqrt(classes), biases 0, batch
 * norms 1 and 0.
 *
 * @see The initialisers of the TensorFlow TPU models
 *   (github.com/tensorflow/tpu, models/official/efficientnet/efficientnet_model.py), which timm's
 *   `_init_weight_goog` follows with the fan-out of a group; the variance is that of He et al. 2015
 *   (arXiv:1502.01852).
 */
export function initialiseEfficientNet(network: nn.Module): void {
  noGrad(() => {
    for (const module of network.modules()) {
      if (module instanceof nn.Conv2d) {
        const [outChannels = 1, , height = 1, width = 1] = module.weight.shape
        const fanOut = Math.floor((height * width * outChannels) / module.groups)
        nn.init.normal(module.weight, { std: Math.sqrt(2 / fanOut) })
        if (module.bias !== null) nn.init.zeros(module.bias)
      } else if (module instanceof nn.BatchNorm2d) {
        nn.init.ones(module.weight)
        nn.init.zeros(module.bias)
      } else if (module instanceof nn.Linear) {
        initialiseClassifier(module)
      }
    }
  })
}

/** Draws a classifier afresh: weights uniform within 1 / sqrt(classes), bias 0. */
export function initialiseClassifier(layer: nn.Linear): void {
  noGrad(() => {
    const [classes = 1] = layer.weight.shape
    const bound = 1 / Math.sqrt(classes)
    nn.init.uniform(layer.weight, { low: -bound, high: bound })
    if (layer.bias !== null) nn.init.zeros(layer.bias)
  })
}
