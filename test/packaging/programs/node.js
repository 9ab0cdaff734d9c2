/** In Node, and what is like it. */
import { train } from './train.js'

console.log(JSON.stringify(await train()))
