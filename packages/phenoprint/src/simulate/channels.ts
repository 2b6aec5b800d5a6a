/** Nuclei, endoplasmic reticulum, actin, nucleoli (RNA), mitochondria, Golgi and membranes. */
export const channelCount = 6
