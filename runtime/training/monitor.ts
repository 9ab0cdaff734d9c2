/** The figure of the epochs that something watches. */
import { check, didYouMean, GradstreamError, listOf, show } from '../../core/index.ts'

/** @throws GradstreamError `UNKNOWN_NAME` */
export function demandFigure(place: string, monitor: string, figures: readonly string[]): void {
  check.text({ monitor })
  if (figures.includes(monitor)) return
  throw new GradstreamError('UNKNOWN_NAME', {
    place,
    expected: `a figure of the epochs: ${listOf(figures)}`,
    got: show(monitor),
    ...(isOfValidation(monitor) && !figures.some(isOfValidation)
      ? { hint: 'Pass the trainer validation data: createTrainer(model, { data, validation }).' }
      : didYouMean(monitor, figures)),
  })
}

const isOfValidation = (figure: string) => /^val(idation)?[_A-Z]/.test(figure)
