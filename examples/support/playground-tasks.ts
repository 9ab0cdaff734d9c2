/** Points of two classes in a plane, with coordinates from about -1 to 1. */
import { RandomKey } from 'gradstream'

export interface Point {
  readonly x: readonly [number, number]
  readonly label: 0 | 1
}

type Task = (count: number, seed: number) => Point[]

/** Creates points from positions along a figure, from 0 to 1, and adds noise. */
function task(
  noise: number,
  place: (along: number, label: 0 | 1, random: number) => readonly [number, number, (0 | 1)?],
): Task {
  return (count, seed) => {
    const key = RandomKey.of(seed)
    const [along, random] = [key.child('along').uniform(count), key.child('random').uniform(count)]
    const noises = key.child('noise').normal(2 * count)
    return Array.from({ length: count }, (_, i): Point => {
      const label = (i % 2) as 0 | 1
      const [a, b, other = label] = place(along[i] as number, label, random[i] as number)
      const [da, db] = [noises[2 * i] as number, noises[2 * i + 1] as number]
      return { x: [a + noise * da, b + noise * db], label: other }
    })
  }
}

export const TASKS: Readonly<Record<string, Task>> = {
  spirals: task(0.02, (along, label) => {
    const [radius, angle] = [0.1 + 0.9 * along, 1.6 * Math.PI * along * 2 + label * Math.PI]
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  }),
  circles: task(0.06, (along, label) => {
    const radius = label === 0 ? 0.35 : 0.9
    return [radius * Math.cos(2 * Math.PI * along), radius * Math.sin(2 * Math.PI * along)]
  }),
  moons: task(0.08, (along, label) => {
    const angle = Math.PI * along
    const sign = label === 0 ? 1 : -1
    return [sign * (0.6 * Math.cos(angle) - 0.3), sign * (0.7 * Math.sin(angle) - 0.2)]
  }),
  xor: task(0.02, (along, _, random) => {
    const [a, b] = [2 * along - 1, 2 * random - 1]
    return [a, b, a * b > 0 ? 1 : 0]
  }),
}
