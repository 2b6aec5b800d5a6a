import { exitCodes, SetupFault } from './fault.mjs'

/**
 * @typedef {object} SetupOptions
 * @property {boolean} systemPackages `apt-get` may be used for what is missing.
 * @property {boolean} usePythonTorch a Python `torch` that is already there may be used.
 */

export const setupHelp = `  --system-packages    install what the system lacks with apt-get; without it the line to type is printed
  --use-python-torch   use the torch of the Python that is found first, when there is no private copy

Environment:
  PHENOPRINT_LIBTORCH     a libtorch to use: the folder that holds lib/ and include/
  PHENOPRINT_TORCH_WHEEL  a torch wheel file to make the private copy from
  PHENOPRINT_TORCH_INDEX  the package index that pip asks for torch
  PHENOPRINT_CACHE        where the private copy and the build tools are kept (default: .cache)
  CXX                     the C++ compiler (default: c++ or g++, whichever is found first)`

/**
 * Takes the set-up's own flags out of a command line; the rest belongs to whoever called.
 *
 * @param {string[]} args
 * @returns {{ options: SetupOptions, rest: string[] }}
 */
export function takeSetupOptions(args) {
  return {
    options: {
      systemPackages: args.includes('--system-packages'),
      usePythonTorch: args.includes('--use-python-torch'),
    },
    rest: args.filter((arg) => arg !== '--system-packages' && arg !== '--use-python-torch'),
  }
}

/**
 * @param {string[]} rest what is left of a command line that takes nothing else.
 * @param {string} command as the user types it.
 * @throws {SetupFault} exit code 2.
 */
export function refuseUnknown(rest, command) {
  if (rest.length === 0) return
  throw new SetupFault(`unknown option ${rest.map((arg) => `"${arg}"`).join(', ')}`, {
    cures: [`${command} -- --help lists every option`],
    exitCode: exitCodes.usage,
  })
}
