import { native } from './addon.js'
import type { AllocatorStatistics } from './addon-interface.js'

/** What tensors hold, and the allocator under them. */
export const memory = {
  /** The tensors that this thread's JavaScript holds, and the bytes of their storages, shared ones counted once. */
  live(): { tensors: number; bytes: number } {
    return native().live()
  },

  /** The process's CPU allocator, in bytes. */
  allocator(): AllocatorStatistics {
    return native().allocator()
  },

  /**
   * Bounds what the CPU allocator keeps for later tensors; it is in use from the first tensor on.
   *
   * @param options.limitBytes what tensors and the cache together may hold while anything is cached; 0
   *   caches nothing. Without a call it is half of the memory that the process may use.
   */
  useCachingAllocator({ limitBytes }: { limitBytes?: number } = {}): void {
    if (limitBytes !== undefined) native().setAllocatorLimit(limitBytes)
  },

  /** Gives cached memory back to the system; the bytes. */
  trim(): number {
    return native().trim()
  },
}
