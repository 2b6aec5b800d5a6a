/**
 * Stands for linkedom in the bundle: plots that are drawn in a browser use its own document.
 */
export function parseHTML(_html: string): { readonly document: Document } {
  return { document }
}
