/**
 * A grey TIFF of 16 bits, little-endian, in one strip without compression (TIFF 6.0, section 4): as
 * instruments write them.
 *
 * @param pixels `[y, x]`.
 */
export function encodeTiff(pixels: ArrayLike<number>, width: number, height: number): Uint8Array {
  const short = 3
  const long = 4
  const strip = 8
  const directory = strip + 2 * width * height
  const tags: readonly (readonly [tag: number, type: number, value: number])[] = [
    [256, long, width],
    [257, long, height],
    [258, short, 16],
    [259, short, 1],
    [262, short, 1],
    [273, long, strip],
    [277, short, 1],
    [278, long, height],
    [279, long, 2 * width * height],
  ]
  const file = Buffer.alloc(directory + 2 + 12 * tags.length + 4)
  file.write('II*\0', 0, 'latin1')
  file.writeUInt32LE(directory, 4)
  for (let i = 0; i < width * height; i++) file.writeUInt16LE(pixels[i] ?? 0, strip + 2 * i)
  file.writeUInt16LE(tags.length, directory)
  for (const [i, [tag, type, value]] of tags.entries()) {
    const at = directory + 2 + 12 * i
    file.writeUInt16LE(tag, at)
    file.writeUInt16LE(type, at + 2)
    file.writeUInt32LE(1, at + 4)
    if (type === short) file.writeUInt16LE(value, at + 8)
    else file.writeUInt32LE(value, at + 8)
  }
  return file
}
