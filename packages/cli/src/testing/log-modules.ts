import { register } from 'node:module'

/** Loaded before a program with `node --import`: names each module that it loads, on standard error. */
register('./log-modules-hook.js', import.meta.url)
