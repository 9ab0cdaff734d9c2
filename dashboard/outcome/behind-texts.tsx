/** What is said of the samples behind a cell of the confusion matrix, and behind a part of the plot of a regression. */
import { figures } from '../format.ts'
import type { SaidOfSamples } from '../look.ts'
import { sourceText, type Told } from '../told.ts'
import { type Chosen, probabilityOf, samplesBehind } from './behind.ts'
import { type ChosenErrors, errorOf, samplesWithin } from './errors.ts'
import type { Behind } from './samples.tsx'

export function behindCell(
  told: Told,
  chosen: Chosen,
  names: readonly string[],
  samples: SaidOfSamples,
): Behind {
  const of = sourceText(samples, told.actual.length)
  return {
    label: 'Samples behind the cell',
    back: 'Back to the confusion matrix',
    headline: count =>
      chosen === 'mistakes' ? (
        <>
          <b>{count}</b> {count === 1 ? 'mistake' : 'mistakes'} in {of}
        </>
      ) : (
        <>
          <b>{count}</b> of {of}: true <b>{names[chosen.actual]}</b>, predicted{' '}
          <b>{names[chosen.predicted]}</b>
        </>
      ),
    order:
      chosen === 'mistakes' || chosen.actual !== chosen.predicted ? 'most wrong first' : 'least sure first',
    places: isWorstFirst => samplesBehind(told, chosen, isWorstFirst),
    figure: 'probability',
    describe: place => {
      const predicted = told.predicted[place] ?? -1
      const probability = probabilityOf(told, place, predicted)
      return {
        actual: names[told.actual[place] ?? -1] ?? '–',
        predicted: names[predicted] ?? '–',
        figure: Number.isFinite(probability) ? `${(100 * probability).toFixed(1)} %` : '–',
      }
    },
  }
}

export function behindRegion(told: Told, chosen: ChosenErrors, name: string, samples: SaidOfSamples): Behind {
  const of = sourceText(samples, told.targets.length)
  const ends = ([from, to]: readonly [number, number]) => `${figures(from)} to ${figures(to)}`
  return {
    label: 'Samples behind the points',
    back: 'Back to all points',
    headline: count =>
      chosen === 'errors' ? (
        `Errors of ${of}`
      ) : (
        <>
          <b>{count}</b> of {of}: true {name} <b>{ends(chosen.actual)}</b>, predicted{' '}
          <b>{ends(chosen.predicted)}</b>
        </>
      ),
    order: 'largest errors first',
    places: isWorstFirst => samplesWithin(told, chosen, isWorstFirst),
    figure: 'error',
    describe: place => {
      const error = errorOf(told, place)
      return {
        actual: figures(told.targets[place]?.[0]),
        predicted: figures(told.meanings[place]?.[0]),
        figure: error > 0 ? `+${figures(error)}` : figures(error),
      }
    },
  }
}
