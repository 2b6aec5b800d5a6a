/** Plots as SVG text: the report draws them on its way to the disk, other pages in the browser. */

export { seriesTones } from './report/plots/colours.js'
export { accuracyCurves, type CurvePoint, lossCurves } from './report/plots/learning-curves.js'
export { isPlaced, type MappedWell, plateMap } from './report/plots/plate-map.js'
export {
  extent,
  type MapScale,
  mapLegend,
  type ShownWell,
  wellMap,
} from './report/plots/well-map.js'
