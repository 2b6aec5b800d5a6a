import { nn } from '@phenoprint/torch'
import type { Flavour } from './flavour.js'

/**
 * Draws fresh weights: convolutions normal with variance 2 / fan-out (He et al. 2015,
 * arXiv:1502.01852), the classifier uniform within 1 / sqrt(classes), biases 0, batch norms 1 and 0
 * (as they are made).
 *
 * The fan-out of a depthwise convolution is that of one channel in the TensorFlow models
 * (github.com/tensorflow/tpu, models/official/efficientnet/efficientnet_model.py) and that of all
 * channels in torchvision's. Batch norm makes the scale irrelevant to what is computed, but not to
 * how far one step of the optimiser turns the kernel.
 */
export function initialiseEfficientNet(network: nn.Module, { fanOut }: Flavour): void {
  for (const module of network.modules()) {
    if (module instanceof nn.Conv2d) initialiseConvolution(module, fanOut)
    else if (module instanceof nn.Linear) initialiseClassifier(module)
  }
}

function initialiseConvolution(
  { weight, bias, groups }: nn.Conv2d,
  reached: Flavour['fanOut'],
): void {
  const [outChannels = 1, , height = 1, width = 1] = weight.shape
  const outputs = reached === 'group' ? Math.floor(outChannels / groups) : outChannels
  nn.init.normal(weight, 0, Math.sqrt(2 / (height * width * outputs)))
  if (bias !== null) nn.init.constant(bias, 0)
}

function initialiseClassifier({ weight, bias }: nn.Linear): void {
  const [classes = 1] = weight.shape
  const bound = 1 / Math.sqrt(classes)
  nn.init.uniform(weight, -bound, bound)
  if (bias !== null) nn.init.constant(bias, 0)
}
