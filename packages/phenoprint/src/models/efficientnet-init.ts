import { nn } from '@phenoprint/torch'

/**
 * Draws fresh weights as EfficientNet's authors do: convolutions normal with variance 2 / fan-out
 * (fan-out counted within a group), the classifier uniform within 1 / sqrt(classes), biases 0, batch
 * norms 1 and 0 (as they are made).
 *
 * @see The initialisers of the TensorFlow TPU models
 *   (github.com/tensorflow/tpu, models/official/efficientnet/efficientnet_model.py), which timm's
 *   `_init_weight_goog` follows with the fan-out of a group; the variance is that of He et al. 2015
 *   (arXiv:1502.01852).
 */
export function initialiseEfficientNet(network: nn.Module): void {
  for (const module of network.modules()) {
    if (module instanceof nn.Conv2d) initialiseConvolution(module)
    else if (module instanceof nn.Linear) initialiseClassifier(module)
  }
}

function initialiseConvolution({ weight, bias, groups }: nn.Conv2d): void {
  const [outChannels = 1, , height = 1, width = 1] = weight.shape
  const fanOut = Math.floor((height * width * outChannels) / groups)
  nn.init.normal(weight, 0, Math.sqrt(2 / fanOut))
  if (bias !== null) nn.init.constant(bias, 0)
}

function initialiseClassifier({ weight, bias }: nn.Linear): void {
  const [classes = 1] = weight.shape
  const bound = 1 / Math.sqrt(classes)
  nn.init.uniform(weight, -bound, bound)
  if (bias !== null) nn.init.constant(bias, 0)
}
