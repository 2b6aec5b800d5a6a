import { nn } from '@phenoprint/torch'
import type { Flavour } from './flavour.js'
import { LinearHead } from './linear-head.js'

/**
 * Draws fresh weights: convolutions normal with variance 2 / fan-out (He et al. 2015,
 * arXiv:1502.01852), the classifier uniform, biases 0, batch norms 1 and 0 (as they are made).
 *
 * `tensorflow`: as the TensorFlow models (github.com/tensorflow/tpu,
 * models/official/efficientnet/efficientnet_model.py): the fan-out of a depthwise convolution is that
 * of one channel, the classifier lies within 1 / sqrt(classes).
 *
 * `torch`: the fan-out of a depthwise convolution is that of all channels, as in torchvision, and the
 * classifier lies within 1 / sqrt(features), as PyTorch's linear layers do. Batch norm makes the
 * scale of a convolution irrelevant to what it computes, but not to how far one step of the optimiser
 * turns it; and a classifier of few classes within 1 / sqrt(classes) begins with a loss well above
 * that of a guess, which takes hundreds of steps to undo.
 */
export function initialiseEfficientNet(
  network: nn.Module,
  { fanOut, classifierFan }: Flavour,
): void {
  for (const module of network.modules()) {
    if (module instanceof nn.Conv2d) initialiseConvolution(module, fanOut)
    else if (module instanceof LinearHead) initialiseClassifier(module, classifierFan)
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

function initialiseClassifier({ weight, bias }: LinearHead, fan: Flavour['classifierFan']): void {
  const [classes = 1, features = 1] = weight.shape
  const bound = 1 / Math.sqrt(fan === 'classes' ? classes : features)
  nn.init.uniform(weight, -bound, bound)
  if (bias !== null) nn.init.constant(bias, 0)
}
