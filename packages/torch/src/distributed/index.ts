export { GradientBuckets } from './gradient-buckets.js'
export { Group, hasRanks, type Reduction, type Rendezvous } from './group.js'
